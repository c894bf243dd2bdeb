"""A program on the host takes control: without a certificate, and with one."""

import base64
import os
import socket

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from amt.simulator import ControlMode, Refusal, State

from . import provisioning as p
from .authority import der, key, server
from .client import Client, get, md5
from .provisioning import HOST, PASSWORD, Session, listens, trusting, wait_until

GENERAL = get("AMT_GeneralSettings")


@pytest.fixture(scope="module")
def one():
    return server()


@pytest.fixture
def device(simulated, one):
    """Return a device that nobody has told anything yet, with the host's way in."""
    return simulated(**trusting(one.root, is_activated=False, lms=16999))


class Host(Session):
    """A program on the host."""

    def connect(self):
        return p.http.client.HTTPConnection(self.address, 16999, timeout=5)


@pytest.fixture
def host(device):
    return Host(device.address, username="$$OsAdmin", password=device.local_password)


def secret(device, password=PASSWORD):
    return md5(f"admin:{device.realm}:{password}")


def take_client_control(host, device):
    sent = {"NetAdminPassEncryptionType": 2, "NetworkAdminPassword": secret(device)}
    return host.call(HOST, "Setup", **sent)


def inject(host, one, upto=None):
    """Inject a chain; return the code of each call."""
    chain, codes = one.chain[:upto], []
    for number, link in enumerate(chain):
        sent = {
            "NextCertificate": base64.b64encode(der(link)).decode(),
            "IsLeafCertificate": str(number == 0).lower(),
            "IsRootCertificate": str(number == len(one.chain) - 1).lower(),
        }
        codes.append(host.call(HOST, "AddNextCertInChain", **sent))
    return codes


def proof(host, one, *, own=None, kind=None):
    """Return the arguments that prove that the server has the leaf's key."""
    nonce = base64.b64decode(host.get(HOST).one("ConfigurationNonce"))
    mine = os.urandom(20)
    signed = (own or one.key).sign(nonce + mine, padding.PKCS1v15(), kind or hashes.SHA256())
    return {
        "McNonce": base64.b64encode(mine).decode(),
        "SigningAlgorithm": 2,
        "DigitalSignature": base64.b64encode(signed).decode(),
    }


def admin_setup(host, device, **sent):
    password = {"NetAdminPassEncryptionType": 2, "NetworkAdminPassword": secret(device)}
    return host.call(HOST, "AdminSetup", **password, **sent)


def mode(device):
    return device.set_up.state, device.set_up.control_mode


def test_only_the_hosts_own_account_comes_in_this_way(device, host):
    assert host.get(HOST).one("CurrentControlMode") == "0"
    assert Host(device.address, password="wrong").get(HOST).status == 401
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((device.address, 16993), timeout=2)


def test_client_control_needs_no_certificate(device, host):
    assert take_client_control(host, device) == 0

    assert mode(device) == (State.POST, ControlMode.CLIENT)
    wait_until(lambda: listens(device.address, 16992))
    answer = Client(device.address, password=PASSWORD).post(get(p.SETUP))
    assert (answer.one("ProvisioningMode"), answer.one("ProvisioningState")) == ("4", "2")
    assert (
        Client(device.address, username="$$OsAdmin", password=device.local_password)
        .post(GENERAL)
        .status
        == 401
    )


def test_client_control_allows_less(device, host):
    take_client_control(host, device)
    wait_until(lambda: not device.is_restarting)
    administrator = Session(device.address, password=PASSWORD)
    administrator.connect = lambda: p.http.client.HTTPConnection(device.address, 16992, timeout=5)

    assert administrator.set_mebx_password() == 16
    assert administrator.call(p.SETUP, "PartialUnprovision") == 16
    assert administrator.call(p.SETUP, "Unprovision", ProvisioningMode=1) == 0
    assert device.set_up.state is State.PRE


@pytest.mark.parametrize(
    "sent",
    [
        {"NetAdminPassEncryptionType": 1, "NetworkAdminPassword": "0" * 32},
        {"NetAdminPassEncryptionType": 2, "NetworkAdminPassword": "P@ssw0rd"},
    ],
)
def test_the_password_is_sent_as_a_digest(device, host, sent):
    assert host.call(HOST, "Setup", **sent) == 3
    assert device.set_up.state is State.PRE


def test_it_is_too_late_once_a_server_is_looked_for(device, host):
    device.start_configuration()

    assert take_client_control(host, device) == 2


def test_admin_control_by_certificate(device, host, one):
    assert inject(host, one) == [0, 0, 0]
    assert host.get(HOST).one("CertChainStatus") == "2"
    assert admin_setup(host, device, **proof(host, one)) == 0

    assert mode(device) == (State.POST, ControlMode.ADMIN)
    assert device.has_password(PASSWORD)


def test_client_control_is_widened(device, host, one):
    take_client_control(host, device)
    wait_until(lambda: not device.is_restarting)
    inject(host, one)

    assert host.call(HOST, "UpgradeClientToAdmin", **proof(host, one)) == 0

    assert mode(device) == (State.POST, ControlMode.ADMIN)
    assert host.call(HOST, "UpgradeClientToAdmin", **proof(host, one)) == 2


def test_nonces_are_new_each_time(host):
    assert len({host.get(HOST).one("ConfigurationNonce") for _ in range(5)}) == 5


def test_the_signature_is_checked(device, host, one):
    inject(host, one)
    assert admin_setup(host, device, **proof(host, one, own=key(2048, 7))) == 5

    assert admin_setup(host, device, **proof(host, one)) == 2  # the chain has to come again
    inject(host, one)
    assert admin_setup(host, device, **{**proof(host, one), "McNonce": "AAAA"}) == 3
    inject(host, one)
    assert admin_setup(host, device, **{**proof(host, one), "SigningAlgorithm": 1}) == 3
    assert device.set_up.state is State.PRE


def test_old_software_signs_with_sha1(device, host, one):
    inject(host, one)

    assert admin_setup(host, device, **proof(host, one, kind=hashes.SHA1())) == 0


def test_a_chain_that_is_not_trusted_is_refused_and_forgotten(device, host, one):
    device.set_up.suffix = "other.org"
    assert inject(host, one) == [0, 0, 4]
    assert device.last_refusal is Refusal.SUFFIX_MISMATCH
    assert host.get(HOST).one("CertChainStatus") == "0"


def test_a_chain_comes_in_order_and_is_not_too_long(device, host, one):
    assert inject(host, server(between=3)) == [0, 0, 0, 0, 5]
    assert inject(host, one, upto=1) == [0]
    assert host.get(HOST).one("CertChainStatus") == "1"
    assert inject(host, one, upto=1) == [1]
    assert host.call(HOST, "AddNextCertInChain", NextCertificate="%") == 1
    assert inject(host, one) == [0, 0, 0]
    assert inject(host, one, upto=1) == [3]


def test_client_control_can_be_ruled_out(device, host, one):
    assert host.call(HOST, "DisableClientControlMode") == 0

    assert take_client_control(host, device) == 4
    inject(host, one)
    assert admin_setup(host, device, **proof(host, one)) == 0


def test_a_device_that_is_set_up_gives_nothing_away(simulated, one):
    device = simulated(lms=16999)
    host = Host(device.address, username="$$OsAdmin", password=device.local_password)

    assert host.get(HOST).one("CurrentControlMode") == "2"
    assert take_client_control(host, device) == 2
    assert inject(host, one, upto=1) == [3]
    assert Host(device.address).get("AMT_GeneralSettings").status == 200  # its administrator
