"""Events as devices send them: read, put into words, acknowledged, and refused if they are none."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from amt.protocol.errors import AmtBadAnswer
from amt.protocol.wsman.alert_text import describe
from amt.protocol.wsman.indication import MAX_BYTES, Event, read_event

SOAP = "http://www.w3.org/2003/05/soap-envelope"
ADDRESSING = "http://schemas.xmlsoap.org/ws/2004/08/addressing"
WSMAN = "http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd"
EVENT = "http://schemas.dmtf.org/wbem/wsman/1/wsman/Event"
ALERT = "http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/CIM_AlertIndication"
SENT_AS = "uuid:00000000-8086-8086-8086-000000000013"
PLACES: dict[str, Any] = {
    "MessageID": "iAMT0005",
    "MessageArguments": ["0", "Interop:CIM_ComputerSystem.Name=Intel(r) AMT"],
    "Message": "",
    "PerceivedSeverity": "2",
    "IndicationIdentifier": "Intel(r):2950234687",
    "IndicationTime": (
        '<h:Datetime xmlns:h="http://schemas.dmtf.org/wbem/wscim/1/common">'
        "2017-01-31T15:40:09.000Z</h:Datetime>"
    ),
}


def event(*, acked: bool = True, action: str = EVENT, body: str = "", **changes: Any) -> bytes:
    """Return an event with the parts of amt-protocol 10.5, changed as told; None leaves one out."""
    properties = "".join(
        f"<g:{name}>{one}</g:{name}>"
        for name, value in (PLACES | changes).items()
        if value is not None
        for one in (value if isinstance(value, list) else [value])
    )
    ack = "<c:AckRequested></c:AckRequested>" if acked else ""
    inside = body or f"<g:CIM_AlertIndication>{properties}</g:CIM_AlertIndication>"
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><a:Envelope xmlns:a="{SOAP}"'
        f' xmlns:b="{ADDRESSING}" xmlns:c="{WSMAN}" xmlns:g="{ALERT}"><a:Header>'
        f"<b:To>{ADDRESSING}/role/anonymous</b:To><b:ReplyTo><b:Address>"
        f"{ADDRESSING}/role/anonymous</b:Address></b:ReplyTo>{ack}"
        f'<b:Action a:mustUnderstand="true">{action}</b:Action>'
        f"<b:MessageID>{SENT_AS}</b:MessageID></a:Header><a:Body>{inside}</a:Body></a:Envelope>"
    ).encode()


def alert(**changes: Any) -> Any:
    return read_event(event(**changes)).alert


def test_an_event_says_what_happened_when_and_how_bad() -> None:
    found = alert()

    assert found.message_id == "iAMT0005"
    assert found.text == "Agent watchdog expired"
    assert found.arguments == ("0", "Interop:CIM_ComputerSystem.Name=Intel(r) AMT")
    assert found.severity == 2
    assert not found.is_serious
    assert found.at == datetime(2017, 1, 31, 15, 40, 9, tzinfo=UTC)
    assert found.identifier == "Intel(r):2950234687"


@pytest.mark.parametrize(
    ("severity", "is_serious", "is_grave"),
    [("0", False, False), ("3", True, False), ("5", True, True), ("7", True, True)],
)
def test_severity_is_that_of_cim(severity, is_serious, is_grave) -> None:
    found = alert(PerceivedSeverity=severity)
    assert (found.is_serious, found.is_grave) == (is_serious, is_grave)


def test_the_acknowledgement_is_related_to_the_event() -> None:
    answer = etree.fromstring(read_event(event()).ack)

    def header(name: str) -> str | None:
        return answer.findtext(f"{{{SOAP}}}Header/{{{ADDRESSING}}}{name}")

    assert header("Action") == "http://schemas.dmtf.org/wbem/wsman/1/wsman/Ack"
    assert header("RelatesTo") == SENT_AS
    assert header("To") == f"{ADDRESSING}/role/anonymous"
    assert header("MessageID") not in (None, SENT_AS)
    body = answer.find(f"{{{SOAP}}}Body")
    assert body is not None
    assert len(body) == 0


def test_where_none_is_asked_for_there_is_no_acknowledgement() -> None:
    assert read_event(event(acked=False)).ack == b""


def test_an_event_of_another_kind_only_says_that_the_device_is_there() -> None:
    found = read_event(event(body='<m:Presence xmlns:m="urn:any"></m:Presence>'))
    assert found.alert is None
    assert found.ack


@pytest.mark.parametrize(
    "changes",
    [
        {"IndicationTime": None},
        {"IndicationTime": "yesterday"},
        {"IndicationTime": "0001-01-01T00:00:00+23:00"},
        {"PerceivedSeverity": "bad"},
        {"PerceivedSeverity": "9" * 5000},
        {"MessageArguments": None},
        {"MessageArguments": ["7"] * 1000},
        {"Message": None, "IndicationIdentifier": None},
    ],
)
def test_what_is_missing_or_odd_does_not_lose_the_event(changes) -> None:
    found = alert(**changes)
    assert found.text == "Agent watchdog expired"
    assert len(found.arguments) <= 20


def test_a_time_without_a_zone_is_taken_as_utc() -> None:
    assert alert(IndicationTime="2026-11-29T10:00:00").at.utcoffset().total_seconds() == 0


def test_texts_are_one_printable_line_of_a_bounded_length() -> None:
    found = alert(MessageID="x" * 9000, Message="two\nlines\u202e " + "y" * 9000)
    assert len(found.message_id) == 200
    assert len(found.text) < 1000
    assert found.text.isprintable()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"no XML at all",
        b"<html><body>a page</body></html>",
        event()[:-40],
        b"<Envelope/>",
        f'<a:Envelope xmlns:a="{SOAP}"><a:Header/></a:Envelope>'.encode(),
        event(action="http://schemas.xmlsoap.org/ws/2004/09/transfer/Get", body="<g:Other/>"),
        event().replace(b"<a:Envelope", b"<!DOCTYPE x [<!ENTITY e 'e'>]><a:Envelope", 1),
        event(Message="z" * MAX_BYTES),
        event(body="<g:a>" * 300 + "</g:a>" * 300),
    ],
    ids=["nothing", "text", "html", "cut", "not-soap", "no-body", "get", "dtd", "big", "deep"],
)
def test_what_is_no_event_is_refused(body) -> None:
    with pytest.raises(AmtBadAnswer):
        read_event(body)


@given(st.binary(max_size=300), st.integers(0, 1200))
def test_damage_is_refused_or_read_and_nothing_else(noise: bytes, at: int) -> None:
    whole = event()
    try:
        found = read_event(whole[:at] + noise + whole[at + len(noise) :])
    except AmtBadAnswer:
        return
    assert isinstance(found, Event)


@pytest.mark.parametrize(
    ("message_id", "arguments", "message", "text"),
    [
        ("iAMT0050", ["48"], "SOL", "Notification for the user: serial over LAN opened"),
        ("iAMT0050", ["200"], "", "Notification for the user"),
        ("iAMT0052", [" 1 "], "", "KVM session: opened"),
        ("PLAT0286", [], "", "No bootable medium"),
        ("iAMT9999", ["1"], "", "iAMT9999"),
        ("iAMT9999", [], "Something new", "iAMT9999: Something new"),
        ("", [], "", "Alert"),
    ],
)
def test_words_for_ids(message_id, arguments, message, text) -> None:
    assert describe(message_id, arguments, message) == text
