"""Files as people have them: each kind is read, everything else is refused with its own code."""

import os

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    pkcs7,
    pkcs12,
)

from amt.certificates import files
from amt.certificates.errors import CertificateError
from tests.amt.certificates.samples import key, key_pem, leaf, name, root

PAIR = [leaf(), root()]
DER, PEM = Encoding.DER, Encoding.PEM
PASSPHRASE = "Sesame-7"


def boxed(passphrase, own=None):
    lock = BestAvailableEncryption(passphrase.encode()) if passphrase else NoEncryption()
    return pkcs12.serialize_key_and_certificates(b"amt", own or key(), PAIR[0], PAIR[1:], lock)


GOOD = {
    "DER": (PAIR[0].public_bytes(DER), 1, False),
    "PEM": (PAIR[0].public_bytes(PEM), 1, False),
    "PEM chain with words between": (
        *(b"Bag Attributes\n".join([b"", *(one.public_bytes(PEM) for one in PAIR)]), 2, False),
    ),
    "PEM with key": (key_pem(key()) + PAIR[0].public_bytes(PEM), 1, True),
    "the same twice": (PAIR[0].public_bytes(PEM) * 2, 1, False),
    "PKCS#7 DER": (pkcs7.serialize_certificates(PAIR, DER), 2, False),
    "PKCS#7 PEM": (pkcs7.serialize_certificates(PAIR, PEM), 2, False),
    "PKCS#12": (boxed(PASSPHRASE), 2, True),
    "PKCS#12 without passphrase": (boxed(""), 2, True),
}


@pytest.mark.parametrize("kind", GOOD)
def test_kind_is_read(kind):
    data, count, has_key = GOOD[kind]
    found = files.read(data, passphrase=PASSPHRASE if kind == "PKCS#12" else None)

    assert len(found.certificates) == count
    assert PAIR[0] in found.certificates
    assert (found.key is not None) is has_key


def request():
    made = x509.CertificateSigningRequestBuilder().subject_name(name("amt.example.org"))
    return made.sign(key(), hashes.SHA256())


LOCKED = key().private_bytes(PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"Sesame-7"))
DER_KEY = key().private_bytes(DER, PrivateFormat.PKCS8, NoEncryption())
CURVE = ec.generate_private_key(ec.SECP256R1())
CURVE_PEM = CURVE.private_bytes(PEM, PrivateFormat.PKCS8, NoEncryption())
BAD = {
    "nothing": (b"", "file-empty"),
    "blanks": (b" \n\n", "file-empty"),
    "10 MB": (b"\x30\x82" + bytes(10 * 1024 * 1024), "file-too-large"),
    "text": (b"Good morning", "file-unreadable"),
    "random bytes": (os.urandom(2000), "file-unreadable"),
    "half a certificate": (PAIR[0].public_bytes(DER)[:500], "file-unreadable"),
    "certificate and more": (PAIR[0].public_bytes(DER) + b"more", "file-unreadable"),
    "PEM of garbage": (
        *(b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "certificate-broken"),
    ),
    "PEM without end": (PAIR[0].public_bytes(PEM)[:300], "file-unreadable"),
    "request": (request().public_bytes(DER), "file-is-request"),
    "request in PEM": (request().public_bytes(PEM), "file-is-request"),
    "locked key": (LOCKED + PAIR[0].public_bytes(PEM), "file-passphrase"),
    "PKCS#12, no passphrase": (boxed(PASSPHRASE), "file-passphrase"),
    "PKCS#12 of a curve": (CURVE_PEM + PAIR[0].public_bytes(PEM), "key-not-rsa"),
    "a crowd": (
        b"".join(leaf(f"pc-{n}.example.org").public_bytes(PEM) for n in range(21)),
        "file-too-many",
    ),
}


@pytest.mark.parametrize("data", [key_pem(key()), DER_KEY], ids=["PEM", "DER"])
def test_key_waits_for_its_certificate(data):
    found = files.read(data)
    with pytest.raises(CertificateError, match="Add the certificate") as error:
        found.require()
    assert error.value.code == "file-key-only"
    found.add(files.read(PAIR[0].public_bytes(DER)))
    assert found.require().certificates == [PAIR[0]]


@pytest.mark.parametrize("kind", BAD)
def test_what_is_no_certificate_says_so(kind):
    data, code = BAD[kind]
    with pytest.raises(CertificateError) as error:
        files.read(data)

    assert error.value.code == code


def test_wrong_passphrase_is_told_from_none():
    with pytest.raises(CertificateError, match="the one given is not it"):
        files.read(boxed(PASSPHRASE), passphrase="Sesame-8")


def test_certificate_with_a_broken_extension_is_refused():
    data = PAIR[0].public_bytes(DER)
    usage = x509.ExtendedKeyUsage.oid.dotted_string
    at = data.index(bytes.fromhex("0603551d25"))
    assert usage == "2.5.29.37"
    broken = data[: at + 9] + b"\xff" + data[at + 10 :]
    with pytest.raises(CertificateError) as error:
        files.read(broken)

    assert error.value.code in ("certificate-broken", "file-unreadable")
