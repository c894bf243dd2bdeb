"""What a device tells by itself: which event is which message, and the envelope around it."""

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from xml.sax.saxutils import escape

from amt.constants import (
    ACTION_EVENT,
    ANONYMOUS,
    BASE_CIM,
    NS_ADDRESSING,
    NS_CIM_BINDING,
    NS_CIM_COMMON,
    NS_SECEXT,
    NS_SOAP,
    NS_TRUST,
    NS_WSMAN,
    NS_XSI,
)

from .subscriptions import Subscription

CLASS = "CIM_AlertIndication"
SYSTEM = 'Interop:CIM_ComputerSystem.CreationClassName="CIM_ComputerSystem",Name="Intel(r) AMT"'
BY_SENSOR = {  # sensor and offset of the log; the hang of a BIOS is told to nobody
    (5, 0): "PLAT0004",
    (6, 5): "PLAT0032",
    (15, 0): "PLAT0184",
    (15, 2): "PLAT0188",
    (30, 0): "PLAT0286",
    (32, 0): "PLAT0320",
    (32, 1): "PLAT0322",
    (35, 0): "PLAT0368",
    (36, 0): "iAMT0001",
}
WATCHDOG = {1: "iAMT0002", 2: "iAMT0003", 4: "iAMT0004", 8: "iAMT0005", 16: "iAMT0006"}
SESSIONS = {0: "48", 1: "49", 2: "50", 3: "51"}  # the first argument of iAMT0050
SEVERITIES = {0: 0, 1: 2, 2: 2, 4: 2, 8: 3, 16: 6, 32: 7}  # of the log: of CIM
_numbers = itertools.count(1)
_letters = itertools.count(0x12)


@dataclass(frozen=True, slots=True)
class Alert:
    """One event as a message."""

    message_id: str
    arguments: tuple[str, ...]
    severity: int
    when: int
    number: int


@dataclass(frozen=True, slots=True)
class Letter:
    """An event on its way to one subscriber."""

    to: Subscription
    message_id: str  # of the envelope, to which the answer relates
    body: bytes


def alert_of(record: bytes) -> Alert | None:
    """Return the message that a record of the log is sent as, None if it is not sent."""
    sensor, offset, data = record[5], record[7], record[13:]
    message_id, first = BY_SENSOR.get((sensor, offset), ""), "0"
    if sensor == 18:
        message_id = WATCHDOG.get(data[7], "")
    elif sensor == 192 and offset == 0 and data[2] in SESSIONS:
        message_id, first = "iAMT0050", SESSIONS[data[2]]
    if not message_id:
        return None
    return Alert(
        message_id,
        (first, SYSTEM.replace('"', "")),
        SEVERITIES.get(record[9], 0),
        int.from_bytes(record[:4], "little"),
        next(_numbers),
    )


def letters(alert: Alert, subscriptions: Iterable[Subscription]) -> Iterator[Letter]:
    """Yield what goes to each subscriber who wants it."""
    for to in subscriptions:
        if to.wants(alert.message_id):
            message_id = f"uuid:00000000-8086-8086-8086-{next(_letters):012X}"
            yield Letter(to, message_id, _envelope(alert, to, message_id).encode())


def _envelope(alert: Alert, to: Subscription, message_id: str) -> str:
    uri = BASE_CIM + CLASS
    spaces = {
        **{"a": NS_SOAP, "b": NS_ADDRESSING, "c": NS_WSMAN, "d": NS_TRUST, "e": NS_SECEXT},
        **{"f": NS_CIM_BINDING, "g": uri, "h": NS_CIM_COMMON, "xsi": NS_XSI},
    }
    declared = "".join(f' xmlns:{prefix}="{space}"' for prefix, space in spaces.items())
    ack = "<c:AckRequested></c:AckRequested>" if to.is_acked else ""
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><a:Envelope{declared}><a:Header>'
        f"<b:To>{ANONYMOUS}</b:To><b:ReplyTo><b:Address>{ANONYMOUS}</b:Address></b:ReplyTo>{ack}"
        f'<b:Action a:mustUnderstand="true">{ACTION_EVENT}</b:Action>'
        f"<b:MessageID>{message_id}</b:MessageID><c:ResourceURI>{uri}</c:ResourceURI>"
        f"{to.parameters}</a:Header><a:Body><g:{CLASS}>{_properties(alert)}</g:{CLASS}></a:Body>"
        "</a:Envelope>"
    )


def _properties(alert: Alert) -> str:
    at = datetime.fromtimestamp(alert.when, UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    arguments = "".join(
        f"<g:MessageArguments>{escape(one)}</g:MessageArguments>" for one in alert.arguments
    )
    return (
        "<g:AlertType>8</g:AlertType><g:AlertingElementFormat>2</g:AlertingElementFormat>"
        f"<g:AlertingManagedElement>{escape(SYSTEM)}</g:AlertingManagedElement>"
        "<g:IndicationFilterName>Intel(r) AMT:AllEvents</g:IndicationFilterName>"
        f"<g:IndicationIdentifier>Intel(r):{alert.number}</g:IndicationIdentifier>"
        f"<g:IndicationTime><h:Datetime>{at}</h:Datetime></g:IndicationTime>"
        f"<g:Message></g:Message>{arguments}<g:MessageID>{alert.message_id}</g:MessageID>"
        "<g:OtherAlertingElementFormat></g:OtherAlertingElementFormat>"
        "<g:OtherSeverity></g:OtherSeverity><g:OwningEntity>Intel(r) AMT</g:OwningEntity>"
        f"<g:PerceivedSeverity>{alert.severity}</g:PerceivedSeverity>"
        "<g:ProbableCause>0</g:ProbableCause><g:SystemName>Intel(r) AMT</g:SystemName>"
    )
