"""The codes of set-up over the network, and of its end."""

from amt.codes.entry import explain

GROUP = "Provisioning"
SKIPPED = ("skipped",)

PROVISIONED_ALREADY = explain(
    "provisioned-already",
    GROUP,
    "The device is set up: it answers with a certificate and a login of its own. Only a device that "
    "waits to be set up can be provisioned.",
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
    "Python before 3.13 has no TLS with pre-shared keys, and this console keeps none.",
    "Enter the hash of our CA in MEBx and switch to PKI, or set the device up by hand (SMB Mode).",
    "MEBx: TLS PSK against TLS PKI; a device with both says hello of version 3 once PKI is set.",
    ends=SKIPPED,
    sentence="It wants a pre-shared key, which is not supported on this Python. Nothing sent.",
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
