"""Which provisioning servers a device lets in, by their certificates."""

import socket
import ssl
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from amt.simulator import Refusal, TrustedHash, trusted_hashes
from amt.simulator.certificates import _signed_by_sha1 as signed_by_sha1
from amt.simulator.client_chain import Trust, refusal_of
from amt.simulator.name_match import ends_as_trusted

from . import authority
from .authority import CLIENT, CONSOLE, DAY, NAME, NOW, SERVER, SETUP, SUFFIX, UNIT, der, server
from .client import get
from .provisioning import Session, trusting

V16, V9, V3, V22 = (16, 1), (9, 5), (3, 2), (22, 0)
REFUSED = (ssl.SSLError, ConnectionError)
GENERAL = get("AMT_GeneralSettings")


def trust(one, firmware=V16, **like):
    known = {"hashes": trusted_hashes(one.root, firmware), "suffix": SUFFIX}
    return Trust(firmware, **{**known, **like})


def judged(one, firmware=V16, **like):
    return refusal_of([der(link) for link in one.chain], trust(one, firmware, **like))


def handshake(address, context):
    """Return the alert that ended a handshake, empty if the device let us in."""
    with socket.create_connection((address, 16993), timeout=5) as plain:
        try:
            with context.wrap_socket(plain) as secure:
                secure.sendall(b"GET / HTTP/1.1\r\n\r\n")
                return "" if secure.recv(20).startswith(b"HTTP/1.1 303") else "closed"
        except ssl.SSLError as error:
            return (error.reason or "").partition("ALERT_")[2].lower()


# On the wire


@pytest.mark.parametrize(
    "profile", ["3.2", "5.2", "7.1", "9.5", "11.8", "12.0", "14.1", "16.1", "19.0"]
)
def test_each_firmware_lets_in_whom_it_trusts(simulated, profile):
    one = server()
    device = simulated(**trusting(one.root, profile))

    assert handshake(device.address, one.context()) == ""
    assert device.last_refusal is None


@pytest.mark.parametrize(
    ("like", "refusal", "alert"),
    [
        ({"hashes": ()}, Refusal.HASH_MISSING, "unknown_ca"),
        ({"suffix": "other.org"}, Refusal.SUFFIX_MISMATCH, "unsupported_certificate"),
        ({"suffix": ""}, Refusal.NO_SUFFIX, "unsupported_certificate"),
        ({"server_name": "b.example.org"}, Refusal.SERVER_NAME_MISMATCH, "unsupported_certificate"),
    ],
)
@pytest.mark.parametrize("profile", ["5.2", "9.5", "16.1", "19.0"])
def test_others_get_an_alert_and_no_answer(simulated, profile, like, refusal, alert):
    one = server()
    device = simulated(**{**trusting(one.root, profile), **like})

    assert alert in handshake(device.address, one.context())
    assert device.last_refusal is refusal


def test_who_shows_no_certificate_is_not_let_in(simulated):
    device = simulated(**trusting(server().root))

    assert handshake(device.address, authority.bare_context()) == "handshake_failure"
    assert device.last_refusal is Refusal.NO_CERTIFICATE


def test_dates_count_once_the_clock_is_set(simulated):
    old = server(begins=NOW - 300 * DAY, ends=NOW - DAY)
    device = simulated(**trusting(old.root))
    assert handshake(device.address, old.context()) == ""

    assert Session(device.address, server=old).set_clock() == 0

    assert handshake(device.address, old.context()) == "certificate_expired"
    assert device.last_refusal is Refusal.EXPIRED


def test_who_has_not_the_key_is_not_let_in(simulated):
    """A chain is no secret: whoever shows it has to sign as well."""
    one = server()
    device = simulated(**trusting(one.root))
    listed = b"".join(len(link).to_bytes(3, "big") + link for link in map(der, one.chain))
    stolen = message(11, len(listed).to_bytes(3, "big") + listed)
    exchange = message(16, b"\x01\x00" + b"\x01" * 256)
    forged = message(15, b"\x04\x01\x01\x00" + b"\x01" * 256)
    with socket.create_connection((device.address, 16993), timeout=5) as connection:
        connection.sendall(record(message(1, CLIENT_HELLO)))
        connection.recv(16_384)
        connection.sendall(record(stolen) + record(exchange) + record(forged))
        said = b""
        while piece := connection.recv(16_384):
            said += piece

    assert said[-7:-2] == b"\x15\x03\x03\x00\x02"  # an alert, and the end
    assert device.last_refusal is Refusal.NO_PROOF


# TLS 1.2, one cipher (RSA with AES-256-GCM), RSA with SHA-256 as the way to sign
CLIENT_HELLO = bytes.fromhex("0303" + "11" * 32 + "000002009d01000008000d000400020401")


def message(kind, body):
    return bytes([kind]) + len(body).to_bytes(3, "big") + body


def record(body):
    return b"\x16\x03\x03" + len(body).to_bytes(2, "big") + body


def test_a_leaf_without_client_authentication_is_let_in(simulated):
    one = server(purposes=(SERVER, SETUP), unit=None)
    device = simulated(**trusting(one.root))

    assert handshake(device.address, one.context()) == ""


def test_a_leaf_on_a_curve_is_let_in_by_new_firmware(simulated):
    one = server(own=authority.curve())
    device = simulated(**trusting(one.root))

    assert handshake(device.address, one.context()) == ""


def test_the_dhcp_suffix_counts_where_mebx_has_none(simulated):
    one = server()
    device = simulated(**trusting(one.root, suffix="", dhcp_suffix=SUFFIX))

    assert handshake(device.address, one.context()) == ""


def test_many_connections_are_judged_each_for_itself(simulated):
    good, bad = server(), server("amt.other.org")
    device = simulated(**trusting(good.root))

    told = [handshake(device.address, one.context()) for one in (good, bad, good, bad)]

    assert [bool(alert) for alert in told] == [False, True, False, True]


def test_garbage_is_no_handshake(simulated):
    one = server()
    device = simulated(**trusting(one.root))
    odd = (b"GET / HTTP/1.1\r\n\r\n", b"\x16\x03\x01\xff\xff", record(message(11, b"")))
    for data in odd:
        with socket.create_connection((device.address, 16993), timeout=5) as connection:
            connection.sendall(data)

    assert handshake(device.address, one.context()) == ""


# Rule by rule


def test_a_good_chain_is_let_in():
    assert judged(server()) is None


@pytest.mark.parametrize("between", [0, 1, 2])
def test_up_to_four_certificates_are_taken(between):
    assert judged(server(between=between)) is None


def test_five_certificates_are_too_many():
    assert judged(server(between=3)) is Refusal.CHAIN_TOO_LONG


def test_no_certificate_at_all():
    assert refusal_of([], trust(server())) is Refusal.NO_CERTIFICATE


def test_garbage_is_no_certificate():
    one = server()
    assert refusal_of([b"x", one.root], trust(one)) is Refusal.BAD_CERTIFICATE


@pytest.mark.parametrize(
    "pick",
    [
        lambda chain: chain[:1],
        lambda chain: chain[:2],
        lambda chain: [chain[0], chain[2]],
        lambda chain: [chain[0], chain[2], chain[1]],
        lambda chain: chain[::-1],
    ],
    ids=["leaf", "no-root", "gap", "swapped", "root-first"],
)
def test_the_whole_chain_must_come_in_order(pick):
    one = server()
    chain = pick([der(link) for link in one.chain])

    assert refusal_of(chain, trust(one)) is Refusal.CHAIN_INCOMPLETE


def test_a_forged_signature_breaks_the_chain():
    one = server()
    chain = [der(link) for link in one.chain]
    chain[0] = chain[0][:-1] + bytes([chain[0][-1] ^ 1])

    assert refusal_of(chain, trust(one)) is Refusal.CHAIN_INCOMPLETE


def test_who_is_no_authority_may_not_issue():
    assert judged(server(authorities=False)) is Refusal.ISSUER_NO_AUTHORITY


def test_the_hash_must_be_there():
    assert judged(server(), hashes=()) is Refusal.HASH_MISSING
    other = TrustedHash("Other", "sha256", bytes(32))
    assert judged(server(), hashes=[other]) is Refusal.HASH_MISSING


def test_the_hash_of_another_certificate_of_the_chain_is_not_enough():
    one = server()
    wrong = trusted_hashes(der(one.chain[1]), V16)

    assert judged(one, hashes=wrong) is Refusal.HASH_MISSING


def test_the_hash_must_be_active():
    one = server()
    off = [replace(two, is_active=False) for two in trusted_hashes(one.root, V16)]

    assert judged(one, hashes=off) is Refusal.HASH_INACTIVE


@pytest.mark.parametrize(
    ("firmware", "algorithm", "refusal"),
    [
        (V3, "sha1", None),
        (V3, "sha256", Refusal.HASH_NOT_TAKEN),
        (V9, "sha1", None),
        (V9, "sha256", None),
        (V9, "sha384", Refusal.HASH_NOT_TAKEN),
        (V16, "sha1", Refusal.HASH_NOT_TAKEN),
        (V16, "sha256", None),
        (V16, "sha384", None),
    ],
)
def test_the_kind_of_hash_must_be_one_of_this_firmware(firmware, algorithm, refusal):
    one = server()
    digest = one.chain[-1].fingerprint(
        {"sha1": hashes.SHA1(), "sha256": hashes.SHA256(), "sha384": hashes.SHA384()}[algorithm]
    )

    assert judged(one, firmware, hashes=[TrustedHash("R", algorithm, digest)]) is refusal


@pytest.mark.parametrize(
    ("unit", "purposes", "refusal"),
    [
        (UNIT, (), None),
        (None, (SERVER, SETUP), None),
        (None, (SERVER, CLIENT, SETUP, CONSOLE), None),
        (None, (SETUP,), Refusal.WRONG_PURPOSE),
        (None, (SERVER,), Refusal.WRONG_PURPOSE),
        (None, (SERVER, CLIENT, CONSOLE), Refusal.WRONG_PURPOSE),
        (None, (), Refusal.WRONG_PURPOSE),
        (UNIT.lower(), (SERVER,), Refusal.WRONG_PURPOSE),
        (f"{UNIT} ", (SERVER,), Refusal.WRONG_PURPOSE),
    ],
)
def test_the_leaf_must_be_marked_as_a_provisioning_server(unit, purposes, refusal):
    assert judged(server(unit=unit, purposes=purposes)) is refusal


@pytest.mark.parametrize(
    ("name", "suffix", "firmware", "fits"),
    [
        ("amt.example.org", "example.org", V16, True),
        ("AMT.Example.ORG", "example.org", V16, True),
        ("example.org", "example.org", V16, True),
        ("notexample.org", "example.org", V16, False),
        ("amt.example.org", "sales.example.org", V16, True),  # two labels count below .org
        ("amt.example.org", "sales.example.org", (2, 2), False),
        ("amt.example.org", "example.net", V16, False),
        ("amt.example.co.uk", "sales.example.co.uk", V16, True),  # three below .uk
        ("amt.other.co.uk", "sales.example.co.uk", V16, False),
        ("amt.example.uk", "sales.example.uk", V16, False),
        ("amt.corp.local", "corp.local", V16, True),
        ("amt.corp.local", "sales.corp.local", V16, False),  # of any other domain all count
        ("*.example.org", "example.org", V16, True),
        ("*.example.org", "example.org", (3, 0), False),
        ("", "example.org", V16, False),
    ],
)
def test_the_name_must_lie_within_the_suffix(name, suffix, firmware, fits):
    assert ends_as_trusted(name, suffix, firmware) is fits


def test_the_server_name_is_compared_whole():
    one = server()

    assert judged(one, server_name=NAME) is None
    assert judged(one, server_name=NAME, suffix="") is None
    assert judged(one, server_name=NAME.upper()) is Refusal.SERVER_NAME_MISMATCH
    assert judged(server("*.example.org"), server_name=NAME) is Refusal.SERVER_NAME_MISMATCH


@pytest.mark.parametrize(
    ("firmware", "bits", "root_bits", "refusal"),
    [
        (V9, 2048, 2048, None),
        (V9, 3072, 2048, Refusal.KEY_TOO_LONG),
        (V9, 2048, 4096, Refusal.KEY_TOO_LONG),
        ((11, 8), 3072, 2048, None),
        ((11, 8), 4096, 2048, Refusal.KEY_TOO_LONG),
        ((15, 0), 4096, 4096, None),
        ((15, 0), 1024, 2048, None),
        (V16, 1024, 2048, Refusal.KEY_TOO_SHORT),
    ],
)
def test_keys_are_as_long_as_firmware_can(firmware, bits, root_bits, refusal):
    assert judged(server(bits=bits, root_bits=root_bits), firmware) is refusal


@pytest.mark.parametrize(
    ("firmware", "kind", "refusal"),
    [
        (V9, ec.SECP256R1, Refusal.KEY_NOT_KNOWN),
        (V16, ec.SECP224R1, None),
        ((19, 0), ec.SECP224R1, Refusal.KEY_TOO_SHORT),
        ((19, 0), ec.SECP256R1, None),
    ],
)
def test_curves_came_late(firmware, kind, refusal):
    assert judged(server(own=authority.curve(kind)), firmware) is refusal


@pytest.mark.parametrize(
    ("digest", "bits", "refusal"),
    [
        (hashes.SHA256(), 3072, Refusal.WEAK_SIGNATURE),
        (hashes.SHA384(), 2048, Refusal.KEY_TOO_SHORT),
        (hashes.SHA384(), 3072, None),
    ],
)
def test_amt_22_wants_sha384_and_3072_bits(digest, bits, refusal):
    assert judged(server(bits=bits, root_bits=bits, digest=digest), V22) is refusal


def test_dates_are_those_of_the_device():
    one = server()
    before = datetime(2004, 1, 1, tzinfo=UTC)

    assert judged(one, now=None) is None
    assert judged(one, now=NOW) is None
    assert judged(one, now=before) is Refusal.NOT_YET_VALID
    assert judged(one, now=NOW + timedelta(days=400)) is Refusal.EXPIRED


@pytest.mark.parametrize(("firmware", "refusal"), [(V9, None), (V16, Refusal.WEAK_SIGNATURE)])
def test_new_firmware_takes_no_sha1_anywhere_in_the_chain(firmware, refusal):
    one = server()
    old_root = signed_by_sha1(one.chain[-1], authority.key(2048, 1))
    chain = [*map(der, one.chain[:-1]), old_root]
    trusted = trusted_hashes(old_root, firmware)

    assert refusal_of(chain, trust(one, firmware, hashes=trusted)) is refusal
