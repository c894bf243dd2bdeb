"""The codes of set-up over the network, and of its end."""

from amt.codes.entry import explain

GROUP = "Provisioning"
SKIPPED = ("skipped",)

PROVISIONED_ALREADY = explain(
    "provisioned-already",
    GROUP,
    "The device is set up: it answers with a certificate and a login of its own. Only a device "
    "that waits to be set up can be provisioned.",
    "If this console set it up: nothing. If somebody else did: unprovision it there, or in MEBx.",
    "The device's page: is it in Enterprise Mode here?",
    "Another console that manages it: SMB settings with its login make it manageable here too.",
    ends=SKIPPED,
    sentence="It is provisioned already. Nothing sent.",
)
ENTRY_ENDED = explain(
    "entry-ended",
    GROUP,
    "The device was last heard of too long ago (zone setting Discovered entry validity); it may be "
    "gone, or have another address by now.",
    "Rediscover it, then provision.",
    "Is the PC plugged in and on the wired network?",
    "After its set-up period (24 hours, later 6) a device says hello no more until it is started "
    "from MEBx, a USB stick or its own agent.",
    ends=SKIPPED,
    settings=("amt.discovered_hours_external",),
    sentence="Its entry is no longer valid. Nothing sent.",
)
EXTERNAL_ONLY = explain(
    "external-only",
    GROUP,
    "The first validity of the entry is over: from then on only an external certificate is offered "
    "for it (zone settings Discovered entry validity).",
    "Rediscover it, or provision it with an external certificate.",
    "The two times in the list of discovered devices.",
    ends=SKIPPED,
    settings=("amt.discovered_hours", "amt.discovered_hours_external"),
    sentence="Its entry is valid for an external certificate only. Nothing sent.",
)
PSK_NOT_SUPPORTED = explain(
    "psk-not-supported",
    GROUP,
    "Its hello is of version 2: the device wants to be set up with a pre-shared key (PID and PPS). "
    "Python before 3.13 has no TLS with pre-shared keys.",
    "Enter the hash of our CA in MEBx and switch to PKI, or set the device up by hand (SMB Mode).",
    "MEBx: TLS PSK against TLS PKI; a device with both says hello of version 3 once PKI is set.",
    ends=SKIPPED,
    sentence="It wants a pre-shared key, which is not supported on this Python. Nothing sent.",
)
PSK_UNKNOWN = explain(
    "psk-unknown",
    GROUP,
    "Its hello is of version 2: the device wants to be set up with the pre-shared key (PPS) that "
    "belongs to its key id (PID), and this console keeps none.",
    "Enter the hash of our CA in MEBx and switch to PKI, or set the device up by hand (SMB Mode).",
    "MEBx: TLS PSK against TLS PKI; a device with both says hello of version 3 once PKI is set.",
    ends=SKIPPED,
    sentence="It wants a pre-shared key, and none is kept for its key id. Nothing sent.",
)
NO_MANAGEMENT_CERTIFICATE = explain(
    "no-management-certificate",
    GROUP,
    "No server has a management certificate with its key, a whole chain and time left. Without one "
    "a device cannot know that it is we who set it up.",
    "Create or import a management certificate under Configuration > Certificates.",
    "Has the only one expired? Is its root in the trust store?",
    ends=SKIPPED,
    sentence="No server has a management certificate to set it up with. Nothing sent.",
)
NEEDS_EXTERNAL = explain(
    "needs-external",
    GROUP,
    "The management certificate was made with isCA false: it may not issue certificates for "
    "devices, so each device needs its own from outside.",
    "Provision with Use External Certificate, one device at a time, or make a management "
    "certificate that is an authority.",
    "The certificate's page says whether it is an authority.",
    ends=SKIPPED,
    sentence="Our certificate may not issue one for it: use an external certificate. Nothing sent.",
)
HASH_MISSING = explain(
    "hash-missing",
    GROUP,
    "In its hello the device named the roots that it trusts. The one above our management "
    "certificate is not among them, so it would break off.",
    "Enter the hash in MEBx, or bring it by setup.bin; the hash page shows it in MEBx's groups.",
    "Was the hash of the management certificate entered instead of its root's?",
    "Was the authority replaced since? Then the old hash is in it.",
    "Does the device's firmware take this kind of hash?",
    ends=SKIPPED,
    sentence="The device does not hold the hash of our CA; it would refuse to be provisioned.",
)
NOT_PROVISIONED = explain(
    "not-provisioned",
    GROUP,
    "Only a device that was provisioned can be unprovisioned (it is in Enterprise Mode). One in "
    "Small Business Mode was set up by hand, and is reset by hand in MEBx.",
    "Leave it as it is, or delete its settings.",
    "The mode on the device's page.",
    ends=SKIPPED,
    sentence="It was not provisioned by this console. Nothing sent.",
)
explain(
    "still-there",
    GROUP,
    "The device said yes to Unprovision, and still answers with the certificate and login that it "
    "had. Some firmware takes minutes, and some needs a power drain before it lets go.",
    "Wait two minutes, then test the connection; if it is refused, ask once more.",
    "Test connection: does it still accept the credential?",
    "Unplug the PC for 30 s, then ask once more.",
    sent="order",
    step="test-connection",
    ends=("accepted",),
    sentence="The device said yes to Unprovision, and still answers as before.",
)
explain(
    "plain-still-open",
    GROUP,
    "The device took the TLS settings, and its port 16992 still answers: some firmware closes it "
    "only at the next start of the Management Engine.",
    "Unplug the PC for 30 s, or let it be if plain HTTP is allowed in your network.",
    "Does port 16992 still answer in five minutes?",
    sent="order",
    step="test-connection",
    ends=("accepted",),
    sentence="It is set up and in use, but its plain port 16992 is still open.",
)
explain(
    "chain-refused",
    GROUP,
    "The device asked for our certificate and broke off when it saw it: it does not trust the "
    "root, or the name, kind, key or signature of our certificate is not what its firmware wants.",
    "Let the doctor examine it: it names the most likely cause with its proof.",
    "The hash of our root in MEBx: of the root, not of the certificate itself.",
    "The DNS suffix: of MEBx, else of DHCP (option 15), against the name in our certificate.",
    "Does the firmware take our key size and signature? The certificate's page says so.",
    sent="hello",
)
explain(
    "set-up-already",
    GROUP,
    "The device answers with a login instead of asking for our certificate: somebody set it up.",
    "If this console set it up earlier: nothing. Else unprovision it where it was set up, or in "
    "MEBx, and rediscover it.",
    "Another console or server that says hello is sent to.",
    "MEBx: Unconfigure Network Access.",
    sent="question",
)
explain(
    "other-device",
    GROUP,
    "The device at this address says another UUID than the one that was discovered there: the "
    "address went to another PC.",
    "Rediscover, then provision the entry with the UUID you mean.",
    "DHCP leases of this address.",
    sent="question",
)
explain(
    "no-uuid",
    GROUP,
    "Neither a hello nor the firmware told the UUID. Passwords of devices are kept by it, so that "
    "they are not lost when an address changes.",
    "Wait for the device's hello, or update its firmware.",
    "Firmware before 3.2 does not know the question.",
    sent="question",
)
explain(
    "key-not-ready",
    GROUP,
    "A Management Engine takes a minute or two to make an RSA key, and longer while it lacks "
    "random numbers.",
    "Provision again: a key that is ready by then is used.",
    "Was the PC just plugged in? Leave it for five minutes.",
    sent="order",
)
explain(
    "clock-not-taken",
    GROUP,
    "The clock of the Management Engine is off and did not take the time that we set; without it "
    "certificates cannot be judged.",
    "Unplug the PC for 30 s and provision again.",
    "Is the clock of the server itself right?",
    "A worn-out battery on the board.",
    sent="order",
)
explain(
    "tls-not-taken",
    GROUP,
    "The device reads back other TLS settings than it was given. Nothing was committed, so it "
    "waits to be set up as before.",
    "Look at the device's own answer; allow the plain port if its firmware keeps it open.",
    "Firmware from 16.1 on has no plain port any more and refuses to be told about it.",
    sent="order",
    settings=("amt.plain_allowed_enterprise",),
)
explain(
    "not-back",
    GROUP,
    "After the commit the Management Engine restarts its network, which takes some seconds. It did "
    "not come back in time, so nobody knows whether the changes count. Its password is in the "
    "vault.",
    "Provision again in a minute: it goes on where it stopped.",
    "Is the PC plugged in, and its network cable?",
    "Did its address change? DHCP may have given it another name with another lease.",
    "Unplug the PC for 30 s.",
    sent="perhaps",
    ends=("unknown",),
)
explain(
    "not-committed",
    GROUP,
    "The device is back on the network and shows another certificate or state than it was told.",
    "Rediscover it, then provision again.",
    "Does it wait to be set up again? Then its hello comes.",
    sent="order",
    ends=("failed", "unknown"),
)
explain(
    "password-not-taken",
    GROUP,
    "The device shows the certificate that it was given, and refuses the password that it was "
    "given with it. It was shown once, so nothing is locked.",
    "Unprovision the device in MEBx, rediscover it and provision again.",
    "The credential's page keeps the password as a candidate: Test credential shows it once more.",
    sent="order",
)
