"""Live alerts of simulated firmware, seen by a listener of plain sockets."""

import hashlib
import http.server
import re
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from amt.simulator import Device
from amt.simulator.postman import WAITING

from .client import Client, enumerate_, envelope, pull, values

EVENTING = "http://schemas.xmlsoap.org/ws/2004/08/eventing"
PUSH = f"{EVENTING}/DeliveryModes/Push"
PUSH_WITH_ACK = "http://schemas.dmtf.org/wbem/wsman/1/wsman/PushWithAck"
ALL = '<w:Selector Name="InstanceID">Intel(r) AMT:All</w:Selector>'
SECONDS = 10
TOKENS = (
    '<t:IssuedTokens xmlns:t="http://schemas.xmlsoap.org/ws/2005/02/trust"'
    ' xmlns:se="http://docs.oasis-open.org/wss/2004/01/'
    'oasis-200401-wss-wssecurity-secext-1.0.xsd" s:mustUnderstand="true">'
    "<t:RequestSecurityTokenResponse><t:TokenType>any</t:TokenType><t:RequestedSecurityToken>"
    "<se:UsernameToken><se:Username>John</se:Username><se:Password>doe-pass</se:Password>"
    "</se:UsernameToken></t:RequestedSecurityToken></t:RequestSecurityTokenResponse>"
    "</t:IssuedTokens>"
)
ACK = (
    '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"'
    ' xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing"><s:Header>'
    "<a:Action>http://schemas.dmtf.org/wbem/wsman/1/wsman/Ack</a:Action>"
    "<a:RelatesTo>{}</a:RelatesTo></s:Header><s:Body/></s:Envelope>"
)


@dataclass
class Listener:
    """A web server that takes events; ``wants_login`` challenges, ``acks`` acknowledges."""

    url: str = ""
    wants_login: bool = False
    acks: bool = False
    hangs: bool = False
    events: list[str] = field(default_factory=list)
    requests: int = 0

    def answer(self, handler: Any) -> tuple[int, bytes]:
        body = handler.rfile.read(int(handler.headers["Content-Length"])).decode()
        self.requests += 1
        if self.hangs:
            time.sleep(SECONDS)
        if self.wants_login and not self.is_signed(handler):
            return 401, b""
        self.events.append(body)
        message_id = re.findall(r"<b:MessageID>([^<]*)<", body)[0]
        return 200, ACK.format(message_id).encode() if self.acks else b""

    def is_signed(self, handler: Any) -> bool:
        said = handler.headers.get("Authorization", "")
        login = dict(re.findall(r'(\w+)="?([^",]*)"?', said))
        if not login:
            return False
        first, second = md5("John:here:doe-pass"), md5(f"POST:{handler.path}")
        middle = f"{login['nonce']}:{login['nc']}:{login['cnonce']}:{login['qop']}"
        return bool(login["response"] == md5(f"{first}:{middle}:{second}"))


def md5(text: str) -> str:
    return hashlib.md5(text.encode()).hexdigest()


@pytest.fixture
def listener() -> Iterator[Listener]:
    """Run a listener on a free port."""
    told = Listener()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            status, body = told.answer(self)
            self.send_response(status)
            if status == 401:
                nonce = f"n{told.requests}"
                self.send_header(
                    "WWW-Authenticate", f'Digest realm="here", nonce="{nonce}", qop="auth"'
                )
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            """Print nothing."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads, server.block_on_close = True, False
    threading.Thread(target=server.serve_forever, daemon=True).start()
    told.url = f"http://127.0.0.1:{server.server_address[1]}/events/?of=1"
    yield told
    server.shutdown()
    server.server_close()


def subscribe(
    url: str, *, mode: str = PUSH, selectors: str = ALL, more: str = "", inside: str = ""
) -> str:
    body = (
        f'<e:Subscribe xmlns:e="{EVENTING}"><e:Delivery Mode="{mode}"><e:NotifyTo>'
        f"<a:Address>{url}</a:Address>{inside}</e:NotifyTo></e:Delivery></e:Subscribe>"
    )
    action = f"{EVENTING}/Subscribe"
    return envelope(action, "CIM_FilterCollection", body, selectors=selectors, more=more)


def unsubscribe(name: str) -> str:
    uri = "http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/"

    def epr(key: str, class_name: str, selectors: str) -> str:
        return (
            f'<w:Selector Name="{key}"><a:EndpointReference><a:Address>default</a:Address>'
            f"<a:ReferenceParameters><w:ResourceURI>{uri}{class_name}</w:ResourceURI>"
            f"<w:SelectorSet>{selectors}</w:SelectorSet></a:ReferenceParameters>"
            "</a:EndpointReference></w:Selector>"
        )

    selectors = epr("Filter", "CIM_FilterCollection", ALL) + epr(
        "Handler",
        "CIM_ListenerDestinationWSManagement",
        f'<w:Selector Name="Name">{name}</w:Selector>',
    )
    body = f'<e:Unsubscribe xmlns:e="{EVENTING}"/>'
    action, class_name = f"{EVENTING}/Unsubscribe", "CIM_FilterCollectionSubscription"
    return envelope(action, class_name, body, selectors=selectors)


def listed(client: Client, class_name: str) -> str:
    context = client.post(enumerate_(class_name)).one("EnumerationContext")
    return client.post(pull(class_name, context)).text


def open_case(device: Device) -> None:
    device.event_log.add(1_700_000_000, 5, 0, 16, 23, ())


def until(check: Any) -> None:
    ends = time.monotonic() + SECONDS
    while not check():
        assert time.monotonic() < ends
        time.sleep(0.01)


def test_what_may_be_subscribed_to_is_listed(client):
    names = values(listed(client, "CIM_FilterCollection"), "InstanceID")
    assert {"Intel(r) AMT:All", "Intel(r) AMT:Features", "Intel(r) AMT:Platform"} <= set(names)


def test_a_subscription_is_listed_with_its_filter_and_listener(client):
    answer = client.post(subscribe("http://127.0.0.1:9/x", mode=PUSH_WITH_ACK))
    assert answer.status == 200
    assert "SubscriptionManager" in answer.text
    listeners = listed(client, "CIM_ListenerDestinationWSManagement")
    assert values(listeners, "Destination") == ["http://127.0.0.1:9/x"]
    assert values(listeners, "DeliveryMode") == ["3"]
    assert listed(client, "CIM_ListenerDestination") != ""
    kept = listed(client, "CIM_FilterCollectionSubscription")
    assert "Intel(r) AMT:All</c:Selector>" in kept
    name = values(listeners, "Name")[0]
    assert name in kept
    assert client.post(unsubscribe(name)).status == 200
    assert client.post(unsubscribe(name)).subcode == "InvalidSelectors"
    assert values(listed(client, "CIM_FilterCollectionSubscription"), "Filter") == []


@pytest.mark.parametrize(
    ("wrong", "subcode"),
    [
        ({"mode": f"{EVENTING}/DeliveryModes/Pull"}, "DeliveryModeRequestedUnavailable"),
        ({"url": "ftp://127.0.0.1/x"}, "InvalidParameter"),
        ({"url": ""}, "InvalidParameter"),
        ({"selectors": ""}, "InvalidSelectors"),
        (
            {"inside": f"<a:ReferenceParameters><x>{'y' * 300}</x></a:ReferenceParameters>"},
            "InvalidParameter",
        ),
    ],
)
def test_what_cannot_be_is_refused(client, device, wrong, subcode):
    answer = client.post(subscribe(**({"url": "http://127.0.0.1:9/x"} | wrong)))
    assert (answer.status, answer.subcode) == (400, subcode)
    assert len(device.subscriptions) == 0


def test_https_came_with_amt_11(simulated):
    wish = subscribe("https://127.0.0.1:9/x")
    assert Client(simulated(profile="9.5").address).post(wish).subcode == "InvalidParameter"
    assert Client(simulated(profile="11.8").address).post(wish).status == 200


def test_other_classes_send_no_events(client):
    body = f'<e:Subscribe xmlns:e="{EVENTING}"/>'
    answer = client.post(envelope(f"{EVENTING}/Subscribe", "AMT_GeneralSettings", body))
    assert answer.subcode == "ActionNotSupported"


def test_too_long_an_address_is_passed_over_in_silence(client, device):
    assert client.post(subscribe("http://127.0.0.1/" + "x" * 240)).status == 200
    assert len(device.subscriptions) == 0


def test_ten_are_too_many(client):
    for number in range(9):
        assert client.post(subscribe(f"http://127.0.0.1:9/{number}")).status == 200
    assert client.post(subscribe("http://127.0.0.1:9/x")).subcode == "EventSourceUnableToProcess"


def test_an_event_reaches_the_listener_with_what_it_was_given(client, device, listener):
    inside = '<a:ReferenceParameters><m:arg xmlns:m="http://x.com">mine</m:arg>'
    client.post(subscribe(listener.url, inside=inside + "</a:ReferenceParameters>"))
    open_case(device)
    until(lambda: device.postman.delivered)
    (event,) = listener.events
    assert values(event, "MessageID")[-1] == "PLAT0004"
    assert values(event, "PerceivedSeverity") == ["6"]
    assert values(event, "Datetime") == ["2023-11-14T22:13:20.000Z"]
    assert ">mine<" in event
    assert "AckRequested" not in event


def test_a_challenge_is_answered_by_digest(client, device, listener):
    listener.wants_login, listener.acks = True, True
    client.post(subscribe(listener.url, mode=PUSH_WITH_ACK, more=TOKENS))
    open_case(device)
    until(lambda: device.postman.delivered)
    assert (listener.requests, len(listener.events)) == (2, 1)
    assert "<c:AckRequested>" in listener.events[0]


def test_without_a_login_a_challenge_is_the_end(client, device, listener):
    listener.wants_login = True
    client.post(subscribe(listener.url))
    open_case(device)
    until(lambda: device.postman.lost)
    assert listener.events == []
    assert set(device.postman.statuses) == {401}


def test_what_is_not_acknowledged_is_sent_again(client, device, listener):
    client.post(subscribe(listener.url, mode=PUSH_WITH_ACK))
    open_case(device)
    until(lambda: device.postman.lost)
    first, *others = listener.events
    assert others == [first, first]


def test_the_device_does_not_wait_for_a_listener_that_hangs(client, device, listener):
    listener.hangs = True
    client.post(subscribe(listener.url))
    began = time.monotonic()
    for _ in range(3 * WAITING):
        open_case(device)
    assert time.monotonic() - began < 1
    assert client.post(enumerate_("CIM_FilterCollection")).status == 200
    assert device.postman.lost >= WAITING
    listener.hangs = False


def test_nothing_is_sent_off_this_machine(client, device):
    client.post(subscribe("http://192.0.2.1/x"))
    began = time.monotonic()
    open_case(device)
    until(lambda: device.postman.lost)
    assert time.monotonic() - began < 3
    assert set(device.postman.statuses) == {0}


@pytest.mark.parametrize(
    ("event", "message_id"),
    [
        ((6, 5, 8, 35, (0xAA, 3, 0)), "PLAT0032"),
        ((15, 2, 1, 34, (0x40, 19)), "PLAT0188"),
        ((18, 0, 8, 35, (0xAA, 0, 0, 0, 0, 0, 0, 8)), "iAMT0005"),
        ((192, 0, 1, 35, (0xAA, 0x30, 0)), "iAMT0050"),
    ],
)
def test_events_are_told_by_their_message(client, device, listener, event, message_id):
    client.post(subscribe(listener.url))
    device.event_log.add(1_700_000_000, *event)
    until(lambda: listener.events)
    assert values(listener.events[0], "MessageID")[-1] == message_id


def test_the_hang_of_a_bios_is_told_to_nobody(client, device, listener):
    client.post(subscribe(listener.url))
    device.event_log.add(1_700_000_000, 15, 1, 16, 34, (0x40, 7))
    open_case(device)
    until(lambda: device.postman.delivered)
    assert [values(event, "MessageID")[-1] for event in listener.events] == ["PLAT0004"]


def test_whoever_wants_some_events_gets_no_others(client, device, listener):
    features = ALL.replace(":All", ":Features")
    client.post(subscribe(listener.url, selectors=features))
    open_case(device)
    device.event_log.add(1_700_000_000, 36, 0, 8, 35, (0xAA,))
    until(lambda: device.postman.delivered)
    assert [values(event, "MessageID")[-1] for event in listener.events] == ["iAMT0001"]


def test_a_device_that_is_unprovisioned_forgets_who_subscribed(client, device):
    client.post(subscribe("http://127.0.0.1:9/x"))
    device.make_as_new()
    assert list(device.subscriptions) == []


def test_subscriptions_are_in_the_audit_log(client, device):
    before = len(device.audit_log.records)
    client.post(subscribe("http://127.0.0.1:9/x"))
    name = next(iter(device.subscriptions)).name
    client.post(unsubscribe(name))
    assert [record[:4] for record in device.audit_log.records[before:]] == [
        bytes([0, 24, 0, 0]),
        bytes([0, 24, 0, 1]),
    ]
