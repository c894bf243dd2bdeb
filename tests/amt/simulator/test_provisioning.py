"""A device from the factory is set up over the network, call by call, as firmware does it."""

import base64
import http.client
import ssl
import time
from hashlib import sha256

import pytest
from cryptography.hazmat.primitives.hashes import SHA384

from amt.simulator import PROFILES, ControlMode, Refusal, State, hello, trusted_hashes
from amt.simulator.rmcp import pong

from . import provisioning as p
from .authority import server
from .client import Client, get
from .provisioning import MEBX_PASSWORD, PASSWORD, Session, listens, trusting, wait_until

GONE = (ConnectionError, http.client.HTTPException, ssl.SSLError, TimeoutError)
GENERAL = get("AMT_GeneralSettings")
PROFILES_OF_RSA_2048 = [
    name for name, one in PROFILES.items() if one.has_wsman and one.major_minor < (22, 0)
]


@pytest.fixture(scope="module")
def one():
    """Return a provisioning server."""
    return server()


@pytest.fixture
def waiting(simulated, one):
    """Start a device that waits for that server."""
    return lambda **like: simulated(**trusting(one.root, **like))


def session(device, one):
    return Session(device.address, server=one)


@pytest.mark.parametrize("profile", PROFILES_OF_RSA_2048)
def test_each_firmware_is_set_up(waiting, one, profile):
    device = waiting(profile=profile)
    assert device.set_up.state is State.IN
    old_realm = device.realm

    made = session(device, one).provision()

    assert device.set_up.state is State.POST
    assert device.set_up.control_mode is ControlMode.ADMIN
    assert device.set_up.password == MEBX_PASSWORD
    assert device.has_password(PASSWORD)
    wait_until(lambda: not device.is_restarting)
    assert p.shown_certificate(device.address) == made
    assert device.certificate_sha256 == sha256(made).hexdigest()
    assert device.realm == old_realm
    answer = Client(device.address, password=PASSWORD).post(GENERAL)
    assert answer.status == 200
    assert Client(device.address, password="admin").post(GENERAL).status == 401


def test_amt_22_takes_what_is_strong_enough(simulated):
    strong = server(bits=3072, root_bits=3072, digest=SHA384())
    device = simulated(**trusting(strong.root, profile="22.0"))

    session(device, strong).provision()

    assert device.set_up.state is State.POST


def test_ports_and_hello_follow_the_state(waiting, one):
    device = waiting()
    assert [listens(device.address, port) for port in (16992, 16993)] == [False, True]
    assert device.says_hello

    session(device, one).provision()

    wait_until(lambda: not device.is_restarting)
    assert listens(device.address, 16993)
    assert not device.says_hello


def test_the_network_is_gone_for_a_moment_after_the_commit(waiting, one):
    device = waiting(restart_ms=600)

    session(device, one).provision()

    time.sleep(0.2)
    assert [listens(device.address, port) for port in (16992, 16993)] == [False, False]
    wait_until(lambda: not device.is_restarting)


def test_the_connection_of_the_commit_dies(waiting, one):
    device = waiting()
    connected = session(device, one)
    connected.prepare()
    connection = connected.connect()
    connection.request("POST", "/wsman", p.invoke(p.SETUP, "CommitChanges"))
    assert b"<g:ReturnValue>0<" in connection.getresponse().read()

    connection.sock.settimeout(3)
    assert connection.sock.recv(1) == b""
    connection.close()


@pytest.mark.parametrize(
    "like",
    [{"is_activated": False}, {"remote_configuration": False}, {"dhcp": False}],
    ids=["not-activated", "no-remote-configuration", "no-dhcp"],
)
def test_nothing_listens_where_no_server_is_looked_for(waiting, like):
    device = waiting(**like)

    assert device.set_up.state is State.PRE
    assert not any(listens(device.address, port) for port in (16992, 16993))
    assert not device.says_hello


def test_the_window_closes_and_is_opened_again(waiting, one):
    device = waiting()

    device.close_window()
    assert not listens(device.address, 16993)
    assert not device.says_hello
    assert device.start_configuration()

    session(device, one).provision()
    assert device.set_up.state is State.POST
    assert not device.start_configuration()


def test_the_window_closes_by_itself(waiting):
    device = waiting(setup_hours=1 / 3600)

    assert listens(device.address, 16993)
    wait_until(lambda: not listens(device.address, 16993))


def test_time_is_extended_by_hours(waiting, one):
    device = waiting(setup_hours=0.01)
    connected = session(device, one)

    assert connected.call(p.SETUP, "ExtendProvisioningPeriod", Duration=0) == 36
    assert connected.call(p.SETUP, "ExtendProvisioningPeriod", Duration=25) == 36
    assert connected.call(p.SETUP, "ExtendProvisioningPeriod", Duration=24) == 0
    assert device.window.until > time.monotonic() + 23 * 3600


def test_what_was_set_survives_a_new_connection(waiting, one):
    device = waiting()
    first, second = session(device, one), session(device, one)

    first.prepare()

    assert device.set_up.state is State.IN
    assert second.commit() == 0
    assert device.has_password(PASSWORD)


def test_a_sign_in_during_set_up_must_be_right(waiting, one):
    device = waiting()
    connected = session(device, one)
    connected.learn(
        Client.send(Session(device.address, server=one), GENERAL, Authorization="Digest x")
    )

    connected.password = "admin"
    assert connected.send(GENERAL, Authorization=connected.authorization()).status == 200
    connected.password = "wrong"
    assert connected.send(GENERAL, Authorization=connected.authorization()).status == 401


def test_hello_names_what_is_trusted(waiting, one):
    device = waiting(profile="9.5", mebx_password="Ch@nged-1")
    said = hello.message(device, 3)

    assert said[:8] == bytes.fromhex("0100030003000000")
    assert said[24] == 2
    assert b"\x01\x14" + trusted_hashes(one.root, (9, 5))[0].digest in said


def test_hello_of_a_shared_key(waiting):
    device = waiting(profile="7.1", pid="0000-037M", pps="NKLD-G5DC-RRNQ-E9YZ-ZIJL-7LFL-VJED-69XJ")
    said = hello.message(device, 0)

    assert said == bytes(2) + b"\2\0" + bytes(4) + device.uuid.bytes_le + b"0000037M"
    if not hasattr(ssl.SSLContext, "set_psk_server_callback"):
        with pytest.raises(GONE):
            Session(device.address).get("AMT_GeneralSettings")
        assert device.last_refusal is Refusal.NO_SHARED_KEY


@pytest.mark.skipif(
    not hasattr(ssl.SSLContext, "set_psk_client_callback"), reason="needs ssl of Python 3.13"
)
@pytest.mark.parametrize(("password", "status"), [("admin", 200), ("wrong", 401)])
def test_a_shared_key_is_no_sign_in_yet(waiting, password, status):
    pps = "NKLDG5DCRRNQE9YZZIJL7LFLVJED69XJ"
    device = waiting(profile="7.1", pid="0000037M", pps=pps)
    connected = Session(device.address, password=password)
    connected.context.set_ciphers("PSK:@SECLEVEL=0")
    connected.context.maximum_version = ssl.TLSVersion.TLSv1_2
    connected.context.set_psk_client_callback(lambda hint: ("0000037M", pps.encode()))

    assert connected.get("AMT_GeneralSettings").status == status


def test_firmware_from_11_on_knows_no_shared_keys(waiting, one):
    device = waiting(profile="11.8", pid="0000037M", pps="x" * 32)

    assert hello.message(device, 0)[2] == 3
    assert session(device, one).get("AMT_GeneralSettings").status == 200


@pytest.mark.parametrize(
    ("like", "expected"),
    [
        ({"profile": "11.8"}, "0000b801"),
        ({"profile": "11.8", "is_activated": False}, "0000b800"),
        ({"profile": "16.1"}, "00000001"),
    ],
)
def test_pong_tells_how_far_it_is(waiting, like, expected):
    device = waiting(**like)
    ping = bytes.fromhex("0600ff06000011be80070000")

    assert pong(device, ping)[16:20].hex() == expected


def test_old_firmware_does_not_answer_pings_before_it_is_set_up(waiting):
    assert pong(waiting(profile="5.2"), bytes.fromhex("0600ff06000011be80070000")) is None


def test_a_server_is_told_about_and_found_in_the_audit_log(waiting, one):
    device = waiting()
    session(device, one).provision()
    events = [int.from_bytes(record[2:4], "big") for record in device.audit_log.records]

    assert events[:3] == [0, 3, 0]  # started, administrator changed, time set
    assert {1, 7, 8} <= set(events)  # completed, TLS, certificate


# Properties


def test_the_service_tells_what_it_holds(waiting, one):
    device = waiting(dhcp_suffix="dhcp.example", server_name="amt.example.org")
    shown = session(device, one).get(p.SETUP)

    assert shown.one("ProvisioningState") == "1"
    assert shown.one("ProvisioningServerOTP") == base64.b64encode(bytes(32)).decode()
    assert shown.one("ConfigurationServerFQDN") == "amt.example.org"
    assert shown.one("DhcpDNSSuffix") == "dhcp.example"
    assert shown.one("TrustedDNSSuffix") == "example.org"
    assert shown.one("ZeroTouchConfigurationEnabled") == "true"


def test_the_one_time_password_is_kept(waiting, one):
    device = waiting()
    connected = session(device, one)
    otp = base64.b64encode(b"0123456789abcdef").decode()

    assert connected.put(p.SETUP, ProvisioningServerOTP=otp).status == 200

    assert base64.b64decode(connected.get(p.SETUP).one("ProvisioningServerOTP"))[:16] == (
        b"0123456789abcdef"
    )


# MEBx and administrator


@pytest.mark.parametrize("password", ["short1A!", "M3bx-P@ssw0rd", "A" * 29 + "a1!"])
def test_strong_passwords_are_taken(waiting, one, password):
    device = waiting()

    assert session(device, one).set_mebx_password(password) == 0
    assert device.set_up.password == password
    assert not device.has_password(password)


@pytest.mark.parametrize(
    "password",
    ["Sh0rt-!", "nouppercase1!", "NoDigits!!", 'Quote"1aA', "A" * 30 + "a1!"],
)
def test_weak_passwords_are_not(waiting, one, password):
    device = waiting()

    assert session(device, one).set_mebx_password(password.replace('"', "&quot;")) == 2054
    assert device.set_up.password == "admin"


@pytest.mark.parametrize("form", ["base64", "hex"])
def test_the_administrator_gets_a_password(waiting, one, form):
    device = waiting()

    assert session(device, one).set_admin_password(form=form) == 0
    assert device.has_password(PASSWORD)
    assert session(device, one).invoke(p.USERS, "GetAdminAclEntry").one("Username") == "admin"
    shown = session(device, one).invoke(p.USERS, "GetAdminAclEntryStatus")
    assert shown.one("IsDefault") == "false"


def test_a_password_in_no_known_form_is_refused(waiting, one):
    connected = session(waiting(), one)

    assert (
        connected.call(p.USERS, "SetAdminAclEntryEx", Username="admin", DigestPassword="x") == 2054
    )
    sent = {"Username": "", "DigestPassword": base64.b64encode(bytes(16)).decode()}
    assert connected.call(p.USERS, "SetAdminAclEntryEx", **sent) == 12


# Commit


def test_commit_needs_a_certificate_where_tls_is_on(waiting, one):
    device = waiting()
    connected = session(device, one)
    assert connected.turn_tls_on().status == 200

    assert connected.commit() == 2057
    assert device.set_up.state is State.IN


def test_commit_needs_a_host_name_where_there_is_dhcp(waiting, one):
    device = waiting(learns_host_name=False)
    connected = session(device, one)
    assert connected.commit() == 2057

    assert (
        connected.put("AMT_GeneralSettings", HostName="pc-9", DomainName="lab.example").status
        == 200
    )
    assert connected.commit() == 0
    wait_until(lambda: not device.is_restarting)
    shown = Client(device.address, password="admin").post(GENERAL)
    assert (shown.one("HostName"), shown.one("DomainName")) == ("pc-9", "lab.example")


def test_commit_of_mutual_tls_needs_a_root_and_the_time(waiting, one):
    device = waiting()
    connected = session(device, one)
    connected.prepare()
    device.is_clock_set = False
    assert connected.turn_tls_on(mutual=True).status == 200
    assert connected.commit() == 2057

    added = connected.add_certificate(one.root, "AddTrustedRootCertificate")
    assert added.one("ReturnValue") == "0"
    assert connected.commit() == 2057
    assert connected.set_clock() == 0
    assert connected.commit() == 0


def test_mutual_tls_lets_in_the_certified_only(waiting, one):
    device = waiting()
    connected = session(device, one)
    connected.prepare()
    connected.add_certificate(one.root, "AddTrustedRootCertificate")
    connected.turn_tls_on(mutual=True, plain=False)
    assert connected.commit() == 0
    wait_until(lambda: not device.is_restarting)

    with pytest.raises(GONE):
        Session(device.address, password=PASSWORD).get("AMT_GeneralSettings")
    certified = Session(device.address, password=PASSWORD, server=one)
    assert certified.get("AMT_GeneralSettings").status == 200


@pytest.mark.parametrize(("domain", "is_let_in"), [("example.org", True), ("other.org", False)])
def test_mutual_tls_may_ask_for_a_name_as_well(waiting, one, domain, is_let_in):
    device = waiting()
    connected = session(device, one)
    connected.prepare()
    connected.add_certificate(one.root, "AddTrustedRootCertificate")
    connected.turn_tls_on(mutual=True, TrustedCN=domain)
    assert connected.commit() == 0
    wait_until(lambda: not device.is_restarting)

    certified = Session(device.address, password=PASSWORD, server=one)
    if is_let_in:
        assert certified.get("AMT_GeneralSettings").status == 200
    else:
        with pytest.raises(GONE):
            certified.get("AMT_GeneralSettings")


def test_without_plain_connections_16992_is_closed_afterwards(waiting, one):
    device = waiting()
    connected = session(device, one)
    connected.prepare()
    connected.turn_tls_on(plain=False)
    assert connected.commit() == 0

    wait_until(lambda: not device.is_restarting)
    assert not listens(device.address, 16992)


def test_without_tls_16992_alone_is_open_afterwards(waiting, one):
    device = waiting(profile="11.8")
    assert session(device, one).commit() == 0

    wait_until(lambda: not device.is_restarting)
    assert not listens(device.address, 16993)


def test_new_firmware_without_plain_connections_has_tls_alone(waiting, one):
    device = waiting(plain=False)
    connected = session(device, one)
    assert connected.turn_tls_on(plain=True).status == 400
    assert connected.commit() == 0

    wait_until(lambda: not device.is_restarting)
    assert not listens(device.address, 16992)
    assert p.shown_certificate(device.address) == device.certificate.own


def test_tls_settings_change_with_a_commit_later_on(waiting, one):
    device = waiting()
    session(device, one).provision()
    wait_until(lambda: not device.is_restarting)
    administrator = Session(device.address, password=PASSWORD)

    assert administrator.turn_tls_on(plain=False).status == 200
    assert listens(device.address, 16992)
    assert administrator.commit() == 0

    wait_until(lambda: not listens(device.address, 16992))
    wait_until(lambda: not device.is_restarting)


# The clock


def test_the_clock_begins_unset_and_is_set(waiting, one):
    device = waiting()
    assert not device.is_clock_set
    assert device.clock < 1_073_100_000

    assert session(device, one).set_clock() == 0

    assert device.is_clock_set
    assert abs(device.clock - time.time()) < 3


# Ports


def test_a_fixed_address_excludes_dhcp(waiting, one):
    connected = session(waiting(), one)
    wired = "Intel(r) AMT Ethernet Port Settings 0"

    both = connected.put(
        "AMT_EthernetPortSettings", wired, DHCPEnabled="true", IPAddress="192.0.2.9"
    )
    assert both.status == 400
    fixed = connected.put(
        "AMT_EthernetPortSettings",
        wired,
        DHCPEnabled="false",
        IpSyncEnabled="false",
        SharedStaticIp="false",
        IPAddress="192.0.2.9",
        SubnetMask="255.255.255.0",
    )
    assert fixed.status == 200
    shown = connected.post(
        get(
            "AMT_EthernetPortSettings",
            selectors=f'<w:Selector Name="InstanceID">{wired}</w:Selector>',
        )
    )
    assert (shown.one("DHCPEnabled"), shown.one("IPAddress")) == ("false", "192.0.2.9")


def test_pings_are_answered_as_general_settings_say(waiting, one):
    device = waiting()
    session(device, one).put("AMT_GeneralSettings", RmcpPingResponseEnabled="false")

    assert pong(device, bytes.fromhex("0600ff06000011be80070000")) is None
