"""The codes of what a device answers, once it has let us in."""

from amt.codes.entry import explain
from amt.protocol.errors import AmtFault, AmtReturnValue

GROUP = "The device's answer"


def _fault(subcode: str) -> str:
    return str(AmtFault(subcode, ""))


explain(
    "device-busy",
    GROUP,
    "A Management Engine serves very few connections and one change at a time. Another console, "
    "or an open remote control session, may hold it; some orders wait for keys to be made.",
    "Wait a minute, then try again.",
    "Another console, or a script that polls this device.",
    "An open session of remote control: Off and Power Cycle are refused meanwhile.",
    "If it stays so: unplug the PC for 30 s.",
    sent="login",
    step="look",
)
explain(
    "access-denied",
    GROUP,
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
explain(
    "consent-needed",
    GROUP,
    "The device does this only after somebody at the PC has read out the code on its screen.",
    "Have the consent code read to you, or switch user consent off in MEBx.",
    "User consent in MEBx: none, for KVM, or for all.",
    "Client control mode always wants consent; admin control mode may do without.",
    sent="order",
    step="look",
    sentence=str(AmtReturnValue("RequestStateChange", 2081, is_pt_status=True)),
)
explain(
    "not-supported",
    GROUP,
    "This firmware lacks the class or the method that was asked for.",
    "Use what this firmware knows, or update it.",
    "The AMT version on the device's page.",
    "Is there newer firmware for this board?",
    sent="order",
    step="look",
    sentence=_fault("wsa:DestinationUnreachable"),
)
explain(
    "device-fault",
    GROUP,
    "The Management Engine reports an error inside itself.",
    "Try again in a minute; if it stays so, unplug the PC for 30 s.",
    "Does the same happen again? Then a power drain is what helps.",
    "Newer firmware for this board.",
    sent="order",
    step="look",
    sentence=_fault("wsman:InternalError"),
)
explain(
    "fault",
    GROUP,
    "The device understood the request and refused to process it. Its own words are in Details.",
    "Look at the device's own answer.",
    "Does the firmware's version explain it?",
    "Other devices with the same version: the same answer?",
    sent="order",
    step="look",
)
explain(
    "unresponsive",
    GROUP,
    "The network part of the Management Engine takes connections, and its web server is stuck: "
    "after a firmware update, after sleep, or because all its connections are half open.",
    "Wait two minutes and test the connection; if it stays so, unplug the PC for 30 s.",
    "Does another console poll it? Leave it alone for two minutes.",
    "Twice in a row: only a power drain helps. Shut the PC down, unplug it, wait 30 s.",
    "Newer firmware for this board.",
    sent="question",
    step="test-connection",
)
explain(
    "bad-answer",
    GROUP,
    "What answers there is not a Management Engine.",
    "Check the address.",
    "The address in the SMB settings: whose is it now?",
    "A proxy or a captive portal between server and device.",
    sent="question",
    step="settings",
)
explain(
    "damaged-answer",
    GROUP,
    "The answer began as AMT's and broke off, or holds bytes that no XML has.",
    "Read the state, then try again.",
    "Does it happen again? A bad cable or switch port damages more than one answer.",
    "Newer firmware for this board.",
    sent="perhaps",
    step="read-state",
)
explain(
    "hostile-answer",
    GROUP,
    "The answer was far too large, or built so that reading it would use up memory.",
    "Find out which machine this is before anybody signs in to it again.",
    "The address, and the machine at it: is it the device?",
    "Its certificate: is it the pinned one?",
    sent="perhaps",
    step="look",
)
explain(
    "unexpected-answer",
    GROUP,
    "The answer is WS-Management, and something in it is missing or not as the class promises.",
    "Read the state; report code, firmware and Details.",
    "The firmware's version: do its sisters answer alike?",
    sent="perhaps",
    step="read-state",
)
explain(
    "boot-not-offered",
    GROUP,
    "The device lists from where it can be told to boot, and this is not on the list. Nothing was "
    "changed and nothing was sent.",
    "Choose another place to boot from, or none.",
    "The BIOS: is booting from there switched off, or is there no such drive?",
    "The firmware's version: older ones know fewer places.",
    sent="login",
    step="order-again",
)
explain(
    "no-older-interface",
    GROUP,
    "The device's settings name the older SOAP interface, which ended with AMT 8.",
    "Set Interface to Found by probing.",
    "The AMT version on the device's page: was the firmware updated?",
    sent="question",
    step="settings",
)
explain(
    "no-ws-management",
    GROUP,
    "Firmware before 3.2 has an older interface for power and nothing else. The device's settings "
    "name WS-Management all the same, or what was asked for needs it.",
    "Set Interface to Found by probing.",
    "The AMT version on the device's page.",
    "Is there newer firmware for this board?",
    sent="question",
    step="settings",
)
explain(
    "http-status",
    GROUP,
    "AMT's web server answered, but not with WS-Management. Its number is in Details.",
    "Try again in a minute.",
    "Status 500: the engine has a fault of its own; a power drain helps if it stays.",
    "Status 3xx: WS-Management is switched off, or a proxy answers.",
    sent="question",
    step="test-connection",
)
