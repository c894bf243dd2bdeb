"""What a subscribed device sends by itself: one event, and the answer that acknowledges it.

Whoever calls has let the device sign in; what is inside may be hostile all the same.
Source: amt-protocol.md 10.5; DSP0226 10.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import uuid4

from lxml import etree

from amt.constants import ACTION_ACK, ACTION_EVENT, NS_SOAP, NS_WSMAN
from amt.protocol.errors import bounded
from amt.protocol.safe_xml import parse
from amt.protocol.wsman.alert_text import ROUTINE, describe
from amt.protocol.wsman.codec import not_soap
from amt.protocol.wsman.decoder import local, plain
from amt.protocol.wsman.envelope import ADDRESSING, leaf
from amt.protocol.wsman.instance import unexpected

CLASS = "CIM_AlertIndication"
MAX_BYTES = 64 * 1024  # an event has about two thousand
MAX_ARGUMENTS = 20
YEARS = range(1990, 2200)  # of a clock that was ever set
LONGEST_ID = 200  # characters of a header that goes back
SERIOUS, GRAVE = 3, 5  # PerceivedSeverity from which on it is degraded, or a major fault

_SOAP, _WSMAN = f"{{{NS_SOAP}}}", f"{{{NS_WSMAN}}}"


@dataclass(frozen=True, slots=True)
class Alert:
    """One event, in words. ``at`` is by the clock of the Management Engine; None if it had none.

    ``identifier`` is the same when the same event is sent again.
    """

    message_id: str
    text: str
    arguments: tuple[str, ...]
    severity: int  # CIM's PerceivedSeverity: 2 information, 3 degraded … 7 fatal
    at: datetime | None
    identifier: str

    @property
    def is_routine(self) -> bool:
        """Return whether it tells no more than that a PC starts, stops or sleeps."""
        return not self.is_serious and self.message_id in ROUTINE

    @property
    def is_serious(self) -> bool:
        """Return whether something is worse than it was."""
        return self.severity >= SERIOUS

    @property
    def is_grave(self) -> bool:
        """Return whether something has failed."""
        return self.severity >= GRAVE


@dataclass(frozen=True, slots=True)
class Event:
    """What came with one POST: an alert, or only a sign that the device is there (``None``).

    ``ack`` is the answer that it asks for, empty if it asks for none.
    """

    alert: Alert | None
    ack: bytes


def read_event(body: bytes) -> Event:
    """Return the event in the body of a POST.

    Raises:
        AmtBadAnswer: too big, not XML, built to exhaust its reader, or no event.
    """
    root = parse(body, max_bytes=MAX_BYTES)
    header, content = root.find(_SOAP + "Header"), root.find(_SOAP + "Body")
    if root.tag != _SOAP + "Envelope" or header is None or content is None:
        raise not_soap(root)
    found = next((one for one in content if local(one) == CLASS), None)
    action = (header.findtext(ADDRESSING + "Action") or "").strip()
    if found is None and action != ACTION_EVENT:
        raise unexpected("event", f"no {CLASS}, and its action is {action or 'missing'}")
    return Event(None if found is None else _alert(found), _ack(header))


def _alert(element: etree._Element) -> Alert:
    values: dict[str, list[str]] = {}
    for child in element:
        values.setdefault(local(child), []).append(bounded(plain(child)))
    first = {name: texts[0] for name, texts in values.items()}
    arguments = tuple(values.get("MessageArguments", ())[:MAX_ARGUMENTS])
    message_id = first.get("MessageID", "")[:LONGEST_ID]
    return Alert(
        message_id=message_id,
        text=describe(message_id, arguments, first.get("Message", "")),
        arguments=arguments,
        severity=_number(first.get("PerceivedSeverity", "")),
        at=_moment(first.get("IndicationTime", "")),
        identifier=first.get("IndicationIdentifier", "")[:LONGEST_ID],
    )


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 5 else 0


def _moment(text: str) -> datetime | None:
    try:
        at = datetime.fromisoformat(text)
        moment = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return moment if moment.year in YEARS else None


def _ack(header: etree._Element) -> bytes:
    """Return the acknowledgement that an event asks for: empty body, related to its message."""
    if header.find(_WSMAN + "AckRequested") is None:
        return b""
    to = header.findtext(f"{ADDRESSING}ReplyTo/{ADDRESSING}Address") or ""
    envelope = etree.Element(_SOAP + "Envelope", nsmap={"s": NS_SOAP, "a": ADDRESSING[1:-1]})
    answer = etree.SubElement(envelope, _SOAP + "Header")
    answer.append(leaf(ADDRESSING + "To", to.strip()[:LONGEST_ID]))
    answer.append(leaf(ADDRESSING + "Action", ACTION_ACK))
    of = (header.findtext(ADDRESSING + "MessageID") or "").strip()[:LONGEST_ID]
    answer.append(leaf(ADDRESSING + "MessageID", f"uuid:{uuid4()}"))
    answer.append(leaf(ADDRESSING + "RelatesTo", of))
    etree.SubElement(envelope, _SOAP + "Body")
    return b'<?xml version="1.0" encoding="UTF-8"?>' + etree.tostring(envelope)
