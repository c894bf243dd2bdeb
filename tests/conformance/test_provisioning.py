"""MeshCentral's provisioning server sets up a device from the factory that says hello to it."""

import os
import socket
import ssl
import subprocess
from hashlib import sha256
from pathlib import Path

import pytest

from amt.simulator import PROFILES, Refusal, State, trusted_hashes
from tests.amt.simulator.authority import bare_context

from . import peers

NAME, SUFFIX = "provision.example.test", "example.test"
PASSWORD, MEBX_PASSWORD = "N3w-P@ssw0rd", "P@ssw0rd1"  # the second is the program's own
SECONDS = 60
# For CertificateVerify of TLS 1.1 and older, which signs with MD5 and SHA-1.
OPENSSL = """
nodejs_conf = settings
openssl_conf = settings
[settings]
ssl_conf = tls
[tls]
system_default = old
[old]
CipherString = DEFAULT:@SECLEVEL=0
MinProtocol = TLSv1
"""
# What MeshCentral can talk to: below TLS 1.3 it wants RSA, so nothing with an on-die certificate.
WITHIN_REACH = ("5.2", "7.1", "9.5", "11.8", "12.0", "14.1", "16.1")
GAVE_UP = "(408)"


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder like that of the programs, with certificates of one's own."""
    place = tmp_path_factory.mktemp("peers")
    (place / "node_modules").symlink_to(peers.PEERS / "node_modules")
    (place / "work").mkdir()
    (place / "openssl.cnf").write_text(OPENSSL)
    with run(place, "gencerts.js", NAME) as made:
        made.communicate(timeout=SECONDS)
    return place


def run(place: Path, program: str, *arguments: str, **variables: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        ["node", str(peers.SHARED / program), *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={
            **os.environ,
            "ZCC_PEERS": str(place),
            "OPENSSL_CONF": str(place / "openssl.cnf"),
            "TZ": "UTC",
            **variables,
        },
    )


def provision(place: Path, fleet, **like):
    """Let MeshCentral set up a device; return the device and what MeshCentral printed."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    root = ssl.PEM_cert_to_DER_cert((place / "work" / "prov-root.pem").read_text())
    firmware = PROFILES[like["profile"]].major_minor
    (device,) = fleet(
        is_factory=True,
        hello_to=("127.0.0.1", port),
        hello_pace=0.05,
        hashes=trusted_hashes(root, firmware),
        **{"suffix": SUFFIX, **like},
    )
    variables = {"ONCE": "1", "DNSNAME": device.address, "FQDN": NAME}
    with run(place, "provision.js", str(port), PASSWORD, **variables) as server:
        printed = []
        for line in server.stdout:
            printed.append(line)
            if "FAILED" in line or "Failed" in line:
                server.kill()
        server.wait(SECONDS)
    return device, "".join(printed)


@pytest.mark.parametrize("profile", WITHIN_REACH)
def test_meshcentral_sets_up_a_device(work, fleet, profile):
    device, printed = provision(work, fleet, profile=profile)
    if GAVE_UP in printed:  # it waits for a busy machine less long than a device may take
        device, printed = provision(work, fleet, profile=profile)

    assert "ACTIVATED" in printed
    assert device.set_up.state is State.POST
    assert device.has_tls
    assert device.has_password(PASSWORD)
    assert device.set_up.password == MEBX_PASSWORD
    with (
        socket.create_connection((device.address, 16993), timeout=5) as plain,
        bare_context().wrap_socket(plain) as secure,
    ):
        shown = secure.getpeercert(binary_form=True)
    assert sha256(shown).hexdigest() == device.certificate_sha256
    certificates = device.credentials.certificates
    assert shown in [one.der for one in certificates.values()]
    assert peers.Wsman(device.address, tls=True, password=PASSWORD)("version").status == 0


@pytest.mark.parametrize(
    ("like", "refusal"),
    [
        ({"suffix": "other.test"}, Refusal.SUFFIX_MISMATCH),
        ({"server_name": "other.example.test"}, Refusal.SERVER_NAME_MISMATCH),
    ],
)
def test_meshcentral_is_refused_where_its_name_does_not_fit(work, fleet, like, refusal):
    device, printed = provision(work, fleet, profile="16.1", **like)

    assert "ACTIVATED" not in printed
    assert device.set_up.state is State.IN
    assert device.last_refusal is refusal
