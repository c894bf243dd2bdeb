"""The codes of the way to a device: set-up and policy, network, TLS, sign-in."""

from ipaddress import ip_address

from amt import addresses
from amt.codes.entry import explain
from amt.protocol.meanings import ALERTS
from amt.protocol.sentences import say

POLICY, NETWORK, TLS, SIGN_IN = "Set-up and policy", "Network", "TLS", "Sign-in"
CONNECTIONS = ("amt.plain_allowed", "amt.legacy_tls_allowed")

NOT_SET_UP = explain(
    "not-set-up",
    POLICY,
    "The console does not know how to reach this device: it has no SMB settings and was not "
    "provisioned.",
    "Set it up.",
    "The device's SMB Mode Settings: address, credential, server.",
    "Many devices at once: a CSV file may bring these columns too.",
    step="set-up",
    ends=("skipped", "failed"),
)
explain(
    "no-alert-address",
    POLICY,
    "A device sends its events to an address. Which one leads to this console from the devices' "
    "network, nobody but you can tell.",
    "Set ZCC_ALERT_URL for the console and for its workers, and start them anew.",
    "ZCC_ALERT_URL is set where the console runs, and not where this worker runs?",
    step="",
)
explain(
    "alerts-need-http",
    POLICY,
    "Sending events by https came with AMT 11.0. Older devices sign in by digest, and what they "
    "tell goes over the network in the clear.",
    "Have the proxy take /amt/events/ by plain http too, and name that in ZCC_ALERT_URL.",
    "The AMT version on the device's page.",
    sent="question",
    step="",
)
explain(
    "device-deleted",
    POLICY,
    "The device was taken out of the console after the task was asked for.",
    "Nothing, if that was meant; the line and the audit stay.",
    "The audit: who deleted it, and when.",
    step="",
)
explain(
    "password-missing",
    POLICY,
    "The credential has candidates or retired passwords only, so there is nothing to sign in with.",
    "Give the credential an active password, or choose another credential.",
    "The credential's page: is a candidate waiting to be used?",
    "Was the password retired by hand?",
    step="credential",
)
explain(
    "plain-not-allowed",
    POLICY,
    "Only port 16992 answers, and the setting Plain HTTP allowed is off here.",
    "Set up TLS on the device, or allow plain HTTP for its folder.",
    "Does the device have TLS at all? Test connection shows which ports answer.",
    "The setting, and where it comes from: zone, folder or device.",
    sent="connection",
    step="allow",
    settings=CONNECTIONS,
)
explain(
    "address-not-allowed",
    POLICY,
    "Loopback addresses outside a practice zone (and all others inside one), link-local, "
    "multicast and broadcast addresses are never signed in to.",
    "Change the address.",
    "The address in the SMB settings.",
    "If it is a name: what do your name servers say it is?",
    sent="connection",
    step="settings",
    sentence=addresses.refusal(ip_address("224.0.0.1"), practice=False),
)
explain(
    "held-up",
    POLICY,
    "The lease of the line ended before its bytes could go out, so they were held back: another "
    "server may have the line by then.",
    "Order again.",
    "The load of the server, and of its database.",
    "Its clock: does it jump?",
    sent="question",
    step="order-again",
)
explain(
    "unreachable",
    NETWORK,
    "Nobody answered at this address, twice. It says nothing about the operating system.",
    "Check the plug, then test the connection.",
    "Plug, socket strip and the switch at the back: AMT needs standby power.",
    "The network cable, and the lamp beside it.",
    "The address: does DHCP give the machine another one now?",
    "A firewall on the way: ports 16992 and 16993 from the server to the device.",
    "Deep sleep or an energy-saving package in the BIOS that switches AMT off too.",
    step="test-connection",
)
explain(
    "name-unknown",
    NETWORK,
    "The name servers that the sending server asks do not know the name.",
    "Correct the name, have it registered, or use the address.",
    "The spelling in the SMB settings.",
    "On the sending server: does it ask the right name servers?",
    "Has the name gone stale, because DHCP no longer registers it?",
    step="settings",
)
explain(
    "no-route",
    NETWORK,
    "The network itself said no: no machine has this address, or no way leads there.",
    "Check the address, then the network between server and device.",
    "The address in the SMB settings.",
    "Other devices of the same network: do they answer?",
    "The sending server's own network and its gateway.",
    step="test-connection",
)
explain(
    "port-closed",
    NETWORK,
    "A machine answers at this address and refuses the port. AMT is not enabled or not set up "
    "there, or DHCP gave the address to something else.",
    "See whether AMT is set up in MEBx, and whether the address is the device's.",
    "MEBx: is AMT enabled, and is network access active?",
    "The address: whose is it now?",
    "A firewall that refuses instead of dropping.",
    "Firmware from 16.1 on has no plain ports: TLS has to be set up.",
    step="settings",
)
explain(
    "tls-failed",
    TLS,
    "The port is open, and TLS ended without a reason that is known.",
    "Check the port and the TLS profile.",
    "Test connection: what does the port show?",
    "Is something between server and device that opens TLS?",
    sent="hello",
    step="test-connection",
    settings=CONNECTIONS,
)
explain(
    "tls-too-old",
    TLS,
    "Firmware before about 2015 knows TLS 1.0 and 1.1 only, with keys and hashes that are weak "
    "today. It is spoken only where the setting says so.",
    "Allow older TLS for this device, or update its firmware.",
    "Is there newer firmware for this board?",
    "The setting TLS 1.0 and 1.1 allowed, and where it comes from.",
    sent="hello",
    step="allow",
    settings=("amt.legacy_tls_allowed",),
)
explain(
    "tls-alert",
    TLS,
    "The device took part in the handshake and ended it with an alert of its own.",
    "Look at the alert in Details.",
    "Handshake failure: no common cipher, or mutual TLS is set up on the device.",
    "Internal error: the device may need a power drain.",
    "Bytes changed on the way: something between server and device opens TLS.",
    sent="hello",
    step="test-connection",
    sentence=say("tls-alert", words=ALERTS["PROTOCOL_VERSION"].words),
)
explain(
    "tls-dropped",
    TLS,
    "The connection was made, and the other end closed it before TLS was agreed on.",
    "Wait a minute and test the connection.",
    "Was the device being set up, or its TLS changed? Its web server restarts then.",
    "Does another console hold its few connections?",
    "Is mutual TLS set up on the device? It may just hang up on whoever has no certificate.",
    "If it stays so: unplug the PC for 30 s.",
    sent="hello",
    step="test-connection",
)
explain(
    "no-tls",
    TLS,
    "Something else than TLS speaks at the TLS port.",
    "Check the address.",
    "Is another service at this address and port?",
    "Is a proxy or a captive portal between server and device?",
    sent="hello",
    step="settings",
)
explain(
    "tls-gone",
    TLS,
    "The device showed a certificate before, and offers no TLS now, or its setting wants TLS. "
    "A device that was reached by TLS is never talked to in the clear.",
    "See what happened to the device; then choose its connection anew.",
    "Was it unprovisioned, or set up again without TLS?",
    "Is it the same machine?",
    "The field Connection of its SMB settings.",
    sent="connection",
    step="settings",
    settings=("amt.plain_allowed",),
)
explain(
    "client-certificate",
    TLS,
    "Mutual TLS is set up on the device: it demands a certificate of whoever connects.",
    "Have the console that set it up switch mutual TLS off.",
    "Which console set the device up, and which root certificates did it put there?",
    "The device's clock: a certificate may look expired to it.",
    sent="hello",
    step="look",
)
explain(
    "certificate-changed",
    TLS,
    "After a new set-up or a new mainboard that is expected. Otherwise another machine may be "
    "answering at this address.",
    "Compare both fingerprints and confirm.",
    "Was the device set up again, or its board replaced?",
    "Is its address another machine's now?",
    "The fingerprint at the device itself, or in the console that set it up.",
    sent="hello",
    step="confirm",
)
explain(
    "realm-changed",
    SIGN_IN,
    "Each set-up of AMT gives the device a new realm. An unknown realm may also be another "
    "machine, and it would learn something from our answer, so we gave none.",
    "Compare and confirm.",
    "Was the device set up again, or its board replaced?",
    "Is its address another machine's now?",
    sent="question",
    step="confirm",
)
explain(
    "sign-in-refused",
    SIGN_IN,
    "The device answered and judged the login: wrong password, a user name it does not know, or "
    "an account that is locked for a while. It does not say which.",
    "Choose another credential.",
    "Was the password changed in MEBx, or by another console?",
    "Other devices with this credential: do they refuse it too?",
    "An older password of the vault, tested from the credential's page.",
    "Were wrong passwords tried from elsewhere? Then wait before the next try.",
    sent="login",
    step="credential",
)
explain(
    "sign-in-stopped",
    SIGN_IN,
    "The device refused this version of its credential as often in a row as we let it, so orders, "
    "readings, the poll and tests leave it alone. Another password, another credential, another "
    "address or Try again on its page begin anew.",
    "Find the right password, prove it with Test credential, then use it.",
    "Was the password changed in MEBx, or by another console?",
    "An older or a new password of the vault: Test credential shows it to the device once.",
    "Is the account locked by now? Then wait before the next try.",
    step="test-credential",
)
explain(
    "no-digest",
    SIGN_IN,
    "AMT answers, and none of the ways to sign in that it offers is digest.",
    "Set up an account with digest sign-in on the device.",
    "Is the device joined to a domain with Kerberos only?",
    sent="question",
    step="look",
)
