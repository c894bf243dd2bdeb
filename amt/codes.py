"""The codes of errors between us and a Management Engine; their sentences are the protocol's."""

from ipaddress import ip_address

from amt import addresses
from amt.protocol.errors import AmtFault, AmtReturnValue
from amt.protocol.meanings import ALERTS
from amt.protocol.sentences import say
from devices.codes import Code, declare

POLICY, NETWORK, TLS, SIGN_IN, ANSWER = (
    "Set-up and policy",
    "Network",
    "TLS",
    "Sign-in",
    "The device's answer",
)
FAILED = ("failed",)
CONNECTIONS = ("amt.plain_allowed", "amt.legacy_tls_allowed")


def _explain(
    code: str,
    group: str,
    cause: str,
    next_step: str,
    *checks: str,
    sent: str = "nothing",
    step: str = "look",
    ends: tuple[str, ...] = FAILED,
    settings: tuple[str, ...] = (),
    sentence: str = "",
) -> Code:
    said = sentence or say(code)
    return declare(Code(code, ends, said, cause, next_step, group, sent, step, checks, settings))


def _fault(subcode: str) -> str:
    return str(AmtFault(subcode, ""))


NOT_SET_UP = _explain(
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
_explain(
    "device-deleted",
    POLICY,
    "The device was taken out of the console after the task was asked for.",
    "Nothing, if that was meant; the line and the audit stay.",
    "The audit: who deleted it, and when.",
    step="",
)
_explain(
    "password-missing",
    POLICY,
    "The credential has candidates or retired passwords only, so there is nothing to sign in with.",
    "Give the credential an active password, or choose another credential.",
    "The credential's page: is a candidate waiting to be used?",
    "Was the password retired by hand?",
    step="credential",
)
_explain(
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
_explain(
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
_explain(
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
_explain(
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
_explain(
    "name-unknown",
    NETWORK,
    "The name servers that the sending server asks do not know the name.",
    "Correct the name, have it registered, or use the address.",
    "The spelling in the SMB settings.",
    "On the sending server: does it ask the right name servers?",
    "Has the name gone stale, because DHCP no longer registers it?",
    step="settings",
)
_explain(
    "no-route",
    NETWORK,
    "The network itself said no: no machine has this address, or no way leads there.",
    "Check the address, then the network between server and device.",
    "The address in the SMB settings.",
    "Other devices of the same network: do they answer?",
    "The sending server's own network and its gateway.",
    step="test-connection",
)
_explain(
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
_explain(
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
_explain(
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
_explain(
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
_explain(
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
_explain(
    "no-tls",
    TLS,
    "Something else than TLS speaks at the TLS port.",
    "Check the address.",
    "Is another service at this address and port?",
    "Is a proxy or a captive portal between server and device?",
    sent="hello",
    step="settings",
)
_explain(
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
_explain(
    "client-certificate",
    TLS,
    "Mutual TLS is set up on the device: it demands a certificate of whoever connects.",
    "Have the console that set it up switch mutual TLS off.",
    "Which console set the device up, and which root certificates did it put there?",
    "The device's clock: a certificate may look expired to it.",
    sent="hello",
    step="look",
)
_explain(
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
_explain(
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
_explain(
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
_explain(
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
_explain(
    "no-digest",
    SIGN_IN,
    "AMT answers, and none of the ways to sign in that it offers is digest.",
    "Set up an account with digest sign-in on the device.",
    "Is the device joined to a domain with Kerberos only?",
    sent="question",
    step="look",
)
_explain(
    "device-busy",
    ANSWER,
    "A Management Engine serves very few connections and one change at a time. Another console, "
    "or an open remote control session, may hold it; some orders wait for keys to be made.",
    "Wait a minute, then try again.",
    "Another console, or a script that polls this device.",
    "An open session of remote control: Off and Power Cycle are refused meanwhile.",
    "If it stays so: unplug the PC for 30 s.",
    sent="login",
    step="look",
)
_explain(
    "access-denied",
    ANSWER,
    "The login is right, and the account may not do this: its realms do not include it, a policy "
    "bars it, or client control mode wants somebody at the PC to consent.",
    "Use an account with the right, or have the consent code read to you.",
    "The rights of this account on the device; admin has all of them.",
    "Client or admin control mode: the first wants consent for remote control.",
    "User consent in MEBx.",
    sent="order",
    step="credential",
    sentence=_fault("wsman:AccessDenied"),
)
_explain(
    "consent-needed",
    ANSWER,
    "The device does this only after somebody at the PC has read out the code on its screen.",
    "Have the consent code read to you, or switch user consent off in MEBx.",
    "User consent in MEBx: none, for KVM, or for all.",
    "Client control mode always wants consent; admin control mode may do without.",
    sent="order",
    step="look",
    sentence=str(AmtReturnValue("RequestStateChange", 2081, is_pt_status=True)),
)
_explain(
    "not-supported",
    ANSWER,
    "This firmware lacks the class or the method that was asked for.",
    "Use what this firmware knows, or update it.",
    "The AMT version on the device's page.",
    "Is there newer firmware for this board?",
    sent="order",
    step="look",
    sentence=_fault("wsa:DestinationUnreachable"),
)
_explain(
    "device-fault",
    ANSWER,
    "The Management Engine reports an error inside itself.",
    "Try again in a minute; if it stays so, unplug the PC for 30 s.",
    "Does the same happen again? Then a power drain is what helps.",
    "Newer firmware for this board.",
    sent="order",
    step="look",
    sentence=_fault("wsman:InternalError"),
)
_explain(
    "fault",
    ANSWER,
    "The device understood the request and refused to process it. Its own words are in Details.",
    "Look at the device's own answer.",
    "Does the firmware's version explain it?",
    "Other devices with the same version: the same answer?",
    sent="order",
    step="look",
)
_explain(
    "unresponsive",
    ANSWER,
    "The network part of the Management Engine takes connections, and its web server is stuck: "
    "after a firmware update, after sleep, or because all its connections are half open.",
    "Wait two minutes and test the connection; if it stays so, unplug the PC for 30 s.",
    "Does another console poll it? Leave it alone for two minutes.",
    "Twice in a row: only a power drain helps. Shut the PC down, unplug it, wait 30 s.",
    "Newer firmware for this board.",
    sent="question",
    step="test-connection",
)
_explain(
    "bad-answer",
    ANSWER,
    "What answers there is not a Management Engine.",
    "Check the address.",
    "The address in the SMB settings: whose is it now?",
    "A proxy or a captive portal between server and device.",
    sent="question",
    step="settings",
)
_explain(
    "damaged-answer",
    ANSWER,
    "The answer began as AMT's and broke off, or holds bytes that no XML has.",
    "Read the state, then try again.",
    "Does it happen again? A bad cable or switch port damages more than one answer.",
    "Newer firmware for this board.",
    sent="perhaps",
    step="read-state",
)
_explain(
    "hostile-answer",
    ANSWER,
    "The answer was far too large, or built so that reading it would use up memory.",
    "Find out which machine this is before anybody signs in to it again.",
    "The address, and the machine at it: is it the device?",
    "Its certificate: is it the pinned one?",
    sent="perhaps",
    step="look",
)
_explain(
    "unexpected-answer",
    ANSWER,
    "The answer is WS-Management, and something in it is missing or not as the class promises.",
    "Read the state; report code, firmware and Details.",
    "The firmware's version: do its sisters answer alike?",
    sent="perhaps",
    step="read-state",
)
_explain(
    "boot-not-offered",
    ANSWER,
    "The device lists from where it can be told to boot, and this is not on the list. Nothing was "
    "changed and nothing was sent.",
    "Choose another place to boot from, or none.",
    "The BIOS: is booting from there switched off, or is there no such drive?",
    "The firmware's version: older ones know fewer places.",
    sent="login",
    step="order-again",
)
_explain(
    "no-ws-management",
    ANSWER,
    "Firmware before 3.2 has an older interface for power and nothing else. The device's settings "
    "name WS-Management all the same, or what was asked for needs it.",
    "Set Interface to Found by probing.",
    "The AMT version on the device's page.",
    "Is there newer firmware for this board?",
    sent="question",
    step="look",
)
_explain(
    "http-status",
    ANSWER,
    "AMT's web server answered, but not with WS-Management. Its number is in Details.",
    "Try again in a minute.",
    "Status 500: the engine has a fault of its own; a power drain helps if it stays.",
    "Status 3xx: WS-Management is switched off, or a proxy answers.",
    sent="question",
    step="test-connection",
)
