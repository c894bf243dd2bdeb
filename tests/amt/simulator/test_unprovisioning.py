"""A device is made as new, wholly or in part, and set up again."""

import pytest

from amt.simulator import ControlMode, SetupFault, State, TrustedHash

from . import provisioning as p
from .authority import SUFFIX, server
from .client import Client, get
from .provisioning import MEBX_PASSWORD, PASSWORD, Session, listens, trusting, wait_until

GENERAL = get("AMT_GeneralSettings")
FACTORY = TrustedHash("Factory", "sha256", bytes(32))


@pytest.fixture(scope="module")
def one():
    return server()


@pytest.fixture
def device(simulated, one):
    """Return a device that was set up over the network, with a factory hash and one of its own."""
    like = trusting(one.root, server_name="amt.example.org", host_name="pc-1")
    device = simulated(**{**like, "hashes": (*like["hashes"], FACTORY)})
    session(device, one).provision()
    wait_until(lambda: not device.is_restarting)
    return device


def session(device, one):
    return Session(device.address, server=one)


@pytest.fixture
def administrator(device):
    return Session(device.address, password=PASSWORD)


def unprovision(administrator, mode=1):
    return administrator.call(p.SETUP, "Unprovision", ProvisioningMode=mode)


def partly(administrator):
    return administrator.call(p.SETUP, "PartialUnprovision")


@pytest.mark.parametrize("mode", [0, 1, 2, 3])
def test_a_device_is_made_as_new(device, administrator, mode):
    realm, certificate = device.realm, device.certificate_sha256
    administrator.put("AMT_GeneralSettings", HostName="mine")

    assert unprovision(administrator, mode) == 0

    held = device.set_up
    assert (held.state, held.control_mode) == (State.PRE, ControlMode.NONE)
    assert (held.suffix, held.server_name, held.hashes) == ("", "", [FACTORY])
    assert held.password == MEBX_PASSWORD
    assert device.credentials.keys == device.credentials.certificates == device.acl == {}
    assert device.stored == {}
    assert device.realm != realm
    assert device.certificate_sha256 != certificate
    assert not device.has_password(PASSWORD)
    wait_until(lambda: not device.is_restarting)
    assert not any(listens(device.address, port) for port in (16992, 16993))
    assert not device.says_hello


def test_a_mode_that_is_none_is_refused(device, administrator):
    assert unprovision(administrator, 4) == 36
    assert device.set_up.state is State.POST


def test_the_connection_dies_after_the_answer(device, administrator):
    connection = administrator.connect()
    body = p.invoke(p.SETUP, "Unprovision", "<r:ProvisioningMode>1</r:ProvisioningMode>")
    administrator.get("AMT_GeneralSettings")
    header = {"Authorization": administrator.authorization(body)}
    connection.request("POST", "/wsman", body, header)
    assert b"<g:ReturnValue>0<" in connection.getresponse().read()

    connection.sock.settimeout(3)
    assert connection.sock.recv(1) == b""
    connection.close()


def test_a_new_device_is_set_up_again_once_it_is_told(device, administrator, one):
    assert unprovision(administrator) == 0
    wait_until(lambda: not device.is_restarting)
    device.set_up.hashes = list(trusting(one.root)["hashes"])
    device.set_up.suffix = SUFFIX

    assert device.start_configuration()

    assert device.set_up.state is State.IN
    session(device, one).provision()
    assert device.set_up.state is State.POST
    wait_until(lambda: not device.is_restarting)
    answer = Client(device.address, password=PASSWORD).post(GENERAL)
    assert answer.one("DigestRealm") == device.realm


def test_in_part_it_waits_for_its_server_again(device, administrator, one):
    realm = device.realm
    administrator.put("AMT_GeneralSettings", HostName="mine")

    assert partly(administrator) == 0

    held = device.set_up
    assert (held.state, held.suffix, held.server_name) == (State.IN, SUFFIX, "amt.example.org")
    assert len(held.hashes) == 3
    assert device.realm == realm
    assert device.has_password(PASSWORD)
    assert device.credentials.keys == device.credentials.certificates == {}
    assert device.stored == {}
    wait_until(lambda: not device.is_restarting)
    assert [listens(device.address, port) for port in (16992, 16993)] == [False, True]
    assert device.says_hello
    assert device.window.until - p.time.monotonic() == pytest.approx(6 * 3600, abs=60)
    session(device, one).provision()
    assert device.set_up.state is State.POST


def test_other_users_are_gone_after_both(device, administrator):
    sent = {
        "DigestUsername": "ann",
        "DigestPassword": "0" * 32,
        "AccessPermission": 2,
        "Realms": [5],
    }
    assert administrator.call(p.USERS, "AddUserAclEntryEx", **sent) == 0

    assert partly(administrator) == 0

    assert device.acl == {}
    assert "ann" not in device.gatekeeper.accounts


def test_what_blocks_it_is_told(device, administrator):
    device.set_setup_faults(
        SetupFault.of("Unprovision", returns=2076), SetupFault.of("PartialUnprovision", returns=16)
    )

    assert unprovision(administrator) == 2076
    assert partly(administrator) == 16
    assert device.set_up.state is State.POST


def test_a_device_in_set_up_can_be_made_as_new(simulated, one):
    device = simulated(**trusting(one.root))
    connected = session(device, one)

    assert connected.call(p.SETUP, "PartialUnprovision") == 16
    assert unprovision(connected) == 0

    assert device.set_up.state is State.PRE
    wait_until(lambda: not listens(device.address, 16993))


def test_a_device_set_up_by_hand_is_made_as_new(simulated):
    device = simulated()
    administrator = Session(device.address)
    administrator.context = p.bare_context()

    assert unprovision(administrator) == 0

    assert device.set_up.state is State.PRE
    wait_until(lambda: not device.is_restarting)
    assert not listens(device.address, 16993)
    assert device.start_configuration()
    assert listens(device.address, 16993)


def test_it_is_written_who_began_it(device, administrator):
    unprovision(administrator)

    record = device.audit_log.records[-1]
    assert int.from_bytes(record[2:4], "big") == 19
    assert record[-2:] == b"\x01\x04"  # one byte: by WS-Management over the network
