import http.client
import socket
import ssl
import time
from hashlib import sha256

import pytest

from amt.simulator import MEANING, Device, Fault

from .client import Client, get, power, talk, tls_context

GENERAL = get("AMT_GeneralSettings")
RESET = 10
GONE = (ConnectionError, http.client.RemoteDisconnected)


def shown_certificate(device: Device) -> str:
    with (
        socket.create_connection((device.address, 16993), timeout=5) as plain,
        tls_context().wrap_socket(plain) as secure,
    ):
        der = secure.getpeercert(binary_form=True)
        assert der
        return sha256(der).hexdigest()


def test_each_fault_has_a_meaning():
    assert set(MEANING) == set(Fault)


def test_slow_answers_come_late(device):
    device.slow_seconds = 0.3
    device.set_faults("slow")
    started = time.monotonic()

    assert Client(device.address).post(GENERAL).status == 200

    assert time.monotonic() - started >= 0.6  # the challenge is late too


def test_latency_is_before_each_answer(simulated):
    started = time.monotonic()

    Client(simulated(latency_ms=100).address).post(GENERAL)

    assert 0.2 <= time.monotonic() - started < 1


def test_silent_accepts_and_never_answers(device):
    device.set_faults(Fault.SILENT)

    with pytest.raises(TimeoutError):
        Client(device.address, seconds=0.3).post(GENERAL)


def test_refuses_connections(device):
    device.set_faults(Fault.REFUSES)

    for tls in (False, True):
        with pytest.raises(ConnectionRefusedError):
            Client(device.address, tls=tls).post(GENERAL)


def test_unplugged_connections_time_out(device):
    device.set_faults(Fault.UNPLUGGED)

    for port in (16992, 16993):
        with pytest.raises(TimeoutError):
            socket.create_connection((device.address, port), timeout=0.5)


@pytest.mark.parametrize("fault", [Fault.REFUSES, Fault.UNPLUGGED, Fault.SILENT])
def test_a_device_heals(device, fault):
    device.set_faults(fault)
    device.set_faults()

    assert Client(device.address).post(GENERAL).status == 200


def test_drops_before_executing(device, client):
    device.set_faults(Fault.DROPS_BEFORE_EXECUTING)

    assert client.power_state() == 2
    with pytest.raises(GONE):
        client.order(RESET)
    assert device.orders == []


def test_drops_after_executing(device, client):
    device.set_faults(Fault.DROPS_AFTER_EXECUTING)

    assert client.power_state() == 2
    with pytest.raises(GONE):
        client.order(RESET)
    assert [order.requested for order in device.orders] == [RESET]


def test_hangs_after_executing(device, client):
    device.set_faults(Fault.HANGS_AFTER_EXECUTING)
    client.seconds = 0.5

    with pytest.raises(TimeoutError):
        client.order(RESET)
    assert [order.requested for order in device.orders] == [RESET]


def test_the_right_password_is_wrong(device, client):
    device.set_faults(Fault.WRONG_PASSWORD)

    assert [client.post(GENERAL).status, client.post(GENERAL).status] == [401, 401]


def test_a_changed_realm_ends_what_was_known(device, client):
    client.post(GENERAL)
    old = device.realm

    device.set_faults(Fault.CHANGED_REALM)

    refused = client.send(GENERAL, Authorization=client.authorization(GENERAL))
    assert refused.status == 401
    client.learn(refused)
    assert client.challenge["realm"] == device.realm != old
    assert client.post(GENERAL).one("DigestRealm") == device.realm


def test_a_changed_certificate_is_shown_at_once(device):
    first = shown_certificate(device)
    assert first == device.certificate_sha256

    device.set_faults(Fault.CHANGED_CERTIFICATE)

    assert shown_certificate(device) == device.certificate_sha256 != first
    device.set_faults()
    assert shown_certificate(device) == first


def test_accepts_and_ignores(device, client):
    device.set_faults(Fault.ACCEPTS_AND_IGNORES)

    assert client.order(8) == 0
    assert client.power_state() == 2
    assert device.orders == []


def test_refuses_the_order(device, client):
    device.set_faults(Fault.REFUSES_ORDER)

    assert client.order(8) == 2
    assert device.orders == []


def test_the_state_is_unreadable_and_orders_work(device, client):
    device.set_faults(Fault.STATE_UNREADABLE)

    answer = client.post(get("CIM_AssociatedPowerManagementService"))

    assert (answer.status, answer.subcode) == (500, "InternalError")
    assert client.order(8) == 0


def test_truncated_xml_ends_in_the_middle(device, client):
    device.set_faults(Fault.TRUNCATED_XML)

    answer = client.post(GENERAL)

    assert answer.status == 200
    assert answer.text.startswith("<?xml")
    assert "</a:Envelope>" not in answer.text


def test_oversized_xml_goes_on_for_50_mb(device, client):
    device.set_faults(Fault.OVERSIZED_XML)

    assert 49_000_000 < len(client.post(GENERAL).text) < 51_000_000


def test_a_client_may_leave_an_oversized_answer(device, client):
    client.post(GENERAL)
    device.set_faults(Fault.OVERSIZED_XML)
    connection = client.connect()
    connection.request("POST", "/wsman", GENERAL, {"Authorization": client.authorization(GENERAL)})
    connection.getresponse().read(1000)
    connection.close()
    device.set_faults()

    assert client.post(GENERAL).status == 200


def test_answers_html(device, client):
    device.set_faults(Fault.ANSWERS_HTML)

    answer = client.post(GENERAL)

    assert (answer.status, answer.headers["content-type"]) == (200, "text/html")


def test_answers_hostile_xml(device, client):
    device.set_faults(Fault.ANSWERS_HOSTILE_XML)

    assert "<!ENTITY" in client.post(GENERAL).text


def test_closes_silently_after_the_401(device):
    device.set_faults(Fault.CLOSES_SILENTLY_AFTER_401)

    answer = talk(device.address, b"POST /wsman HTTP/1.1\r\nContent-Length: 0\r\n\r\n")

    assert answer.startswith(b"HTTP/1.1 401")
    assert b"Connection: close" not in answer


def test_a_fault_can_be_there_from_the_start(simulated):
    device = simulated(faults=frozenset({Fault.REFUSES}))

    with pytest.raises(ConnectionRefusedError):
        Client(device.address).post(power(8))


def test_a_name_that_is_no_fault_is_an_error(device):
    with pytest.raises(ValueError, match="thunder"):
        device.set_faults("thunder")


@pytest.mark.parametrize(
    ("profile", "version"), [("9.5", "TLSv1.1"), ("11.8", "TLSv1.1"), ("16.1", "TLSv1.2")]
)
def test_each_profile_speaks_the_tls_of_its_time(simulated, profile, version):
    device = simulated(profile=profile)

    with (
        socket.create_connection((device.address, 16993), timeout=5) as plain,
        tls_context().wrap_socket(plain) as secure,
    ):
        assert secure.version() == version


def test_new_firmware_refuses_old_tls(device):
    context = tls_context()
    with pytest.warns(DeprecationWarning, match="TLSv1_1"):
        context.maximum_version = ssl.TLSVersion.TLSv1_1

    with (
        socket.create_connection((device.address, 16993), timeout=5) as plain,
        pytest.raises((ssl.SSLError, ConnectionError)),
    ):
        context.wrap_socket(plain)
