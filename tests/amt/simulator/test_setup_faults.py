"""What can go wrong during set-up does go wrong, at each call and afterwards."""

import http.client
import ssl

import pytest

from amt.simulator import SETUP_MEANING, Effect, SetupFault, State

from . import provisioning as p
from .authority import server
from .client import Client, get
from .provisioning import PASSWORD, Session, listens, trusting, wait_until

GONE = (ConnectionError, http.client.HTTPException, ssl.SSLError)
GENERAL = get("AMT_GeneralSettings")
FLOW = [
    "Get AMT_GeneralSettings",
    "SetMEBxPassword",
    "SetAdminAclEntryEx",
    "GetLowAccuracyTimeSynch",
    "SetHighAccuracyTimeSynch",
    "GenerateKeyPair",
    "Enumerate AMT_PublicPrivateKeyPair",
    "Pull AMT_PublicPrivateKeyPair",
    "AddCertificate",
    "Create AMT_TLSCredentialContext",
    "Put AMT_TLSSettingData",
    "CommitChanges",
]
METHODS = [call for call in FLOW if " " not in call]


@pytest.fixture(scope="module")
def one():
    return server()


@pytest.fixture
def with_faults(simulated, one):
    """Start a device in set-up with these faults; return it and a session with it."""

    def start(*faults, **like):
        device = simulated(**trusting(one.root, setup_faults=frozenset(faults), **like))
        return device, Session(device.address, server=one, seconds=1)

    return start


def test_each_fault_has_a_meaning():
    assert set(SETUP_MEANING) == set(SetupFault)


@pytest.mark.parametrize("call", FLOW)
@pytest.mark.parametrize("effect", [Effect.DROP_BEFORE, Effect.DROP_AFTER])
def test_each_call_can_drop_the_connection(with_faults, call, effect):
    device, connected = with_faults(SetupFault.of(call, effect))

    with pytest.raises(GONE):
        connected.provision()

    is_committed = call == "CommitChanges" and effect is Effect.DROP_AFTER
    assert device.set_up.state is (State.POST if is_committed else State.IN)
    done = [order.method for order in device.orders]
    method = call.partition(" ")[0]
    if method not in ("Get", "Enumerate", "Pull", "GetLowAccuracyTimeSynch"):
        assert (done[-1:] == [method]) is (effect is Effect.DROP_AFTER)


@pytest.mark.parametrize("call", FLOW)
def test_each_call_can_be_answered_by_a_fault(with_faults, call):
    device, connected = with_faults(SetupFault.of(call, Effect.FAULT))

    with pytest.raises((ValueError, AssertionError, IndexError)):
        connected.provision()

    assert device.set_up.state is State.IN


@pytest.mark.parametrize("call", METHODS)
def test_each_method_can_return_a_code(with_faults, call):
    device, connected = with_faults(SetupFault.of(call, returns=38))

    with pytest.raises((ValueError, AssertionError, IndexError)):
        connected.provision()

    assert device.set_up.state is State.IN
    assert call not in [order.method for order in device.orders]


def test_a_call_can_be_executed_and_never_answered(with_faults):
    device, connected = with_faults(SetupFault.of("SetMEBxPassword", Effect.HANG_AFTER))

    with pytest.raises(TimeoutError):
        connected.set_mebx_password()

    assert device.set_up.password == p.MEBX_PASSWORD


@pytest.mark.parametrize("call", FLOW)
def test_a_fault_of_once_is_over_the_second_time(with_faults, call):
    device, connected = with_faults(SetupFault.of(call, Effect.DROP_BEFORE, times=1))
    with pytest.raises(GONE):
        connected.provision()
    for handle in list(device.credentials.keys):
        assert device.credentials.is_key_in_use(handle) or device.credentials.keys.pop(handle)
    device.credentials.bound = None

    connected.provision()

    assert device.set_up.state is State.POST


def test_the_network_never_comes_back(with_faults):
    device, connected = with_faults(SetupFault.NEVER_RETURNS)
    connected.provision()
    wait_until(lambda: not device.is_restarting)

    assert device.set_up.state is State.POST
    assert not any(listens(device.address, port) for port in (16992, 16993))
    device.set_setup_faults()
    assert listens(device.address, 16993)


def test_it_comes_back_with_its_old_certificate(with_faults):
    device, connected = with_faults(SetupFault.OLD_CERTIFICATE)
    made = connected.provision()
    wait_until(lambda: not device.is_restarting)

    assert p.shown_certificate(device.address) == device.certificate.own != made


def test_it_comes_back_and_refuses_the_new_password(with_faults):
    device, connected = with_faults(SetupFault.REFUSES_NEW_PASSWORD)
    connected.provision()
    wait_until(lambda: not device.is_restarting)

    assert Client(device.address, password=PASSWORD).post(GENERAL).status == 401


def test_a_commit_that_changes_nothing(with_faults):
    device, connected = with_faults(SetupFault.STAYS_IN)
    connected.provision()
    wait_until(lambda: not device.is_restarting)

    assert device.set_up.state is State.IN
    assert connected.get(p.SETUP).one("ProvisioningState") == "1"
    assert not listens(device.address, 16992)


@pytest.mark.parametrize("code", [1, 38, 2057])
def test_a_commit_that_is_refused(with_faults, code):
    device, connected = with_faults(SetupFault.of("CommitChanges", returns=code))
    connected.prepare()

    assert connected.commit() == code
    assert device.set_up.state is State.IN


def test_keys_that_are_never_ready(with_faults):
    _, connected = with_faults(SetupFault.KEYS_NEVER_READY)

    sent = {"KeyAlgorithm": 0, "KeyLength": 2048}
    assert {connected.call(p.KEYS, "GenerateKeyPair", **sent) for _ in range(3)} == {2061}


def test_a_clock_that_stands(with_faults):
    device, connected = with_faults(SetupFault.CLOCK_STANDS)

    assert connected.set_clock() == 1
    assert not device.is_clock_set


def test_tls_settings_that_are_not_taken(with_faults):
    _, connected = with_faults(SetupFault.TLS_NOT_TAKEN)

    assert connected.turn_tls_on().status == 200
    assert connected.all("AMT_TLSSettingData", "Enabled") == ["false", "false"]


def test_hello_stops_and_the_port_stays_open(with_faults):
    device, _ = with_faults(SetupFault.HELLO_STOPS)

    assert not device.says_hello
    assert listens(device.address, 16993)
