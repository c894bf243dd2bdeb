import socket
import time

import pytest

from amt.simulator import http as web_server

from .client import IDENTIFY, Client, get, talk

PROBE = b"GET / HTTP/1.1\r\nhost: x\r\n\r\n"
SETTINGS = get("AMT_GeneralSettings")


def test_the_probe_tells_the_firmware_version_and_where_the_pages_are(device):
    answer = talk(device.address, PROBE[:-2] + b"connection: close\r\n\r\n").decode()

    assert answer.startswith("HTTP/1.1 303 See Other\r\n")
    assert "\r\nServer: Intel(R) Active Management Technology 16.1.25.1917\r\n" in answer
    assert "\r\nLocation: /logon.htm\r\n" in answer


def test_a_stranger_gets_a_challenge_with_every_value_quoted_and_is_cut_off(device):
    answer = talk(device.address, b"POST /wsman HTTP/1.1\r\nContent-Length: 0\r\n\r\n").decode()

    assert answer.startswith("HTTP/1.1 401 Unauthorized\r\n")
    assert "\r\nConnection: close\r\n" in answer
    assert f'WWW-Authenticate: Digest realm="{device.realm}", nonce="' in answer
    assert ',stale="false",qop="auth-int, auth"\r\n' in answer


def test_nonce_and_realm_have_no_equals_sign(client):
    client.post(SETTINGS)

    assert "=" not in client.challenge["nonce"] + client.challenge["realm"]
    assert len(client.challenge["nonce"]) == 32


@pytest.mark.parametrize("profile", ["9.5", "11.8", "16.1", "16.1-no-records"])
@pytest.mark.parametrize("tls", [False, True], ids=["plain", "tls"])
def test_the_right_password_is_admitted(simulated, profile, tls):
    device = simulated(profile=profile)

    answer = Client(device.address, tls=tls).post(SETTINGS)

    assert answer.status == 200
    assert answer.one("DigestRealm") == device.realm


@pytest.mark.parametrize(
    "oddity",
    [
        {"qop": "auth-int"},
        {"quote": '"'},
        {"quote": '"', "nc": 2},
        {"nc": 77},
        {"cnonce": "MTIzNA=="},
    ],
    ids=str,
)
def test_each_dialect_of_digest_is_admitted(device, oddity):
    assert Client(device.address, **oddity).post(SETTINGS).status == 200


@pytest.mark.parametrize("wrong", [{"password": "other"}, {"username": "root"}], ids=str)
def test_other_credentials_are_refused_each_time(device, wrong):
    client = Client(device.address, **wrong)

    assert [client.post(SETTINGS).status for _ in range(3)] == [401, 401, 401]


def test_three_refused_log_ins_are_written_to_the_event_log(device):
    client = Client(device.address, password="other")
    before = len(device.event_log)

    for _ in range(3):
        client.post(SETTINGS)

    assert len(device.event_log) == before + 1


def test_a_body_that_was_changed_on_the_way_is_refused_with_auth_int(device):
    client = Client(device.address, qop="auth-int")
    client.post(SETTINGS)

    signed = client.authorization(SETTINGS)

    assert client.send(SETTINGS + " ", Authorization=signed).status == 401


def test_auth_int_is_refused_by_firmware_that_does_not_offer_it(simulated):
    client = Client(simulated(profile="11.8").address, qop="auth-int")

    assert client.post(SETTINGS).status == 401


def test_a_nonce_of_another_device_is_refused(device, simulated):
    client, other = Client(device.address), Client(simulated().address)
    client.post(SETTINGS)
    other.post(SETTINGS)

    client.challenge["nonce"] = other.challenge["nonce"]

    assert client.post(SETTINGS).status == 401


def test_a_connection_serves_request_after_request(client):
    client.post(SETTINGS)
    connection = client.connect()
    for _ in range(3):
        signed = client.authorization(SETTINGS)
        connection.request("POST", "/wsman", SETTINGS, {"Authorization": signed})
        response = connection.getresponse()
        assert b"PullResponse" not in response.read()
        assert response.status == 200
        assert response.getheader("Transfer-Encoding") == "chunked"
    connection.close()


def test_a_chunked_request_is_understood(client):
    client.post(SETTINGS)
    connection = client.connect()
    pieces = [SETTINGS[:100].encode(), SETTINGS[100:].encode()]

    headers = {"Authorization": client.authorization(SETTINGS), "Transfer-Encoding": "chunked"}
    connection.request("POST", "/wsman", iter(pieces), headers, encode_chunked=True)

    assert connection.getresponse().status == 200
    connection.close()


def test_a_client_that_waits_for_100_continue_is_told_to_go_on(client, device):
    client.post(SETTINGS)
    head = (
        f"POST /wsman HTTP/1.1\r\nAuthorization: {client.authorization(SETTINGS)}\r\n"
        f"Content-Length: {len(SETTINGS)}\r\nConnection: close\r\nExpect: 100-continue\r\n\r\n"
    )
    with socket.create_connection((device.address, 16992), timeout=5) as connection:
        connection.sendall(head.encode())
        assert connection.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(SETTINGS.encode())
        assert connection.recv(100).startswith(b"HTTP/1.1 200")


def test_a_stranger_who_waits_for_100_continue_gets_the_challenge(device):
    head = b"POST /wsman HTTP/1.1\r\nContent-Length: 9\r\nExpect: 100-continue\r\n\r\n"

    assert talk(device.address, head).startswith(b"HTTP/1.1 401")


def test_anybody_may_ask_what_this_is(client):
    answer = client.send(IDENTIFY, target="/wsman-anon/identify")

    assert (answer.status, answer.one("ProductVersion")) == (200, "AMT 16.1")


def test_identify_of_one_who_signed_in_is_answered_too(client):
    assert client.post(IDENTIFY).one("ProductVendor") == "Intel(r)"


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"nonsense\r\n\r\n", 400),
        (b"POST /wsman HTTP/1.1\r\nContent-Length: x\r\n\r\n", 400),
        (b"POST /wsman HTTP/1.1\r\nContent-Length: -1\r\n\r\n", 400),
        (b"POST /wsman HTTP/1.1\r\nno colon\r\n\r\n", 400),
        (b"POST /wsman HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 400),
        (b"POST /wsman HTTP/1.1\r\nContent-Length: 999999999\r\n\r\n", 413),
        (b"POST /wsman HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFF\r\n", 413),
        (b"POST /wsman HTTP/1.1\r\nX: " + b"x" * 20_000, 431),
    ],
    ids=["words", "length", "negative", "header", "chunk", "huge", "huge-chunk", "long-header"],
)
def test_what_is_no_request_is_refused_and_cut_off(device, data, status):
    assert talk(device.address, data).startswith(f"HTTP/1.1 {status} ".encode())


def test_half_a_request_is_not_waited_for(device, monkeypatch):
    monkeypatch.setattr(web_server, "REQUEST_SECONDS", 0.2)
    started = time.monotonic()

    assert talk(device.address, b"POST /wsman HTTP/1.1\r\nContent-") == b""

    assert time.monotonic() - started < 3


def test_a_device_has_few_connections_to_give(device):
    held = [socket.create_connection((device.address, 16992), timeout=5) for _ in range(64)]
    try:
        try:
            answer = talk(device.address, PROBE + PROBE)
        except OSError:  # reset or broken, as it comes
            answer = b""
        assert answer == b""
    finally:
        for connection in held:
            connection.close()
