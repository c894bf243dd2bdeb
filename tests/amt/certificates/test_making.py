"""What we make is what openssl understands by it."""

import re

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from amt.certificates import hashes, making, marks
from amt.certificates.errors import CertificateError
from amt.certificates.making import Mark, Strength, Subject
from tests.amt.certificates.openssl import openssl
from tests.amt.certificates.samples import key_pem

FULL = Subject("amt.example.org", organization="Example", country="DE", state="Berlin", unit="IT")


@pytest.fixture(scope="module")
def pair():
    authority = making.new_authority("Example zone")
    return authority, making.new_management(FULL, authority)


def written(folder, made, name):
    path = folder / name
    path.write_bytes(made.certificate.public_bytes(Encoding.PEM))
    return path


def test_openssl_verifies_the_chain_for_either_side_of_tls(pair, tmp_path):
    root, leaf = (written(tmp_path, made, f"{n}.pem") for n, made in enumerate(pair))
    for purpose in ("sslclient", "sslserver"):
        said = openssl("verify", "-x509_strict", "-purpose", purpose, "-CAfile", root, leaf)
        assert said.strip().endswith("OK")
    named = openssl("verify", "-verify_hostname", FULL.common_name, "-CAfile", root, leaf)
    assert named.strip().endswith("OK")


def test_openssl_reads_marks_unit_and_basic_constraints(pair, tmp_path):
    text = openssl("x509", "-in", written(tmp_path, pair[1], "leaf.pem"), "-noout", "-text")

    assert "OU = Intel(R) Client Setup Certificate, CN = amt.example.org" in text
    assert "C = DE, ST = Berlin, O = Example, OU = IT" in text
    usages = text.split("X509v3 Extended Key Usage:")[1].split("\n")[1]
    assert [part.strip() for part in usages.split(",")] == [
        *("TLS Web Server Authentication", "TLS Web Client Authentication"),
        *(marks.CONSOLE_OID, marks.SETUP_OID),
    ]
    assert "CA:TRUE, pathlen:0" in text
    assert "Public-Key: (2048 bit)" in text
    assert "sha256WithRSAEncryption" in text


def test_devices_certificates_hang_below_a_management_certificate(pair, tmp_path):
    root, leaf = (written(tmp_path, made, f"{n}.pem") for n, made in enumerate(pair))
    key = tmp_path / "leaf.key"
    key.write_bytes(key_pem(pair[1].key))
    device = tmp_path / "device.pem"
    openssl(
        *("req", "-newkey", "rsa:2048", "-nodes", "-keyout", tmp_path / "d.key"),
        *("-subj", "/CN=pc-1.example.org", "-out", tmp_path / "d.csr"),
    )
    openssl(
        *("x509", "-req", "-in", tmp_path / "d.csr", "-CA", leaf, "-CAkey", key),
        *("-CAcreateserial", "-out", device),
    )

    said = openssl("verify", "-CAfile", root, "-untrusted", leaf, "-purpose", "sslserver", device)
    assert said.strip().endswith("OK")


def test_strong_ones_have_3072_bits_and_sha384(tmp_path):
    authority = making.new_authority("Example zone", strength=Strength.STRONG)
    leaf = making.new_management(FULL, authority, strength=Strength.STRONG)
    for made in (authority, leaf):
        text = openssl("x509", "-in", written(tmp_path, made, "one.pem"), "-noout", "-text")
        assert "Public-Key: (3072 bit)" in text
        assert "sha384WithRSAEncryption" in text


def test_hashes_are_those_that_openssl_prints(pair, tmp_path):
    path = written(tmp_path, pair[0], "root.pem")
    found = hashes.of(pair[0].certificate.public_bytes(Encoding.DER))

    assert list(found) == ["md5", "sha1", "sha256", "sha384"]
    for name, one in found.items():
        printed = openssl("x509", "-in", path, "-noout", "-fingerprint", f"-{name}")
        assert one.colons == printed.strip().split("=")[1]
        assert one.mebx.replace("-", "") == one.digits
        assert set(map(len, one.mebx.split("-"))) == {4}
    assert len(found["sha1"].colons.split(":")) == 20
    assert len(found["sha1"].mebx.split("-")) == 10


@pytest.mark.parametrize("mark", Mark)
@pytest.mark.parametrize("is_ca", [True, False])
def test_openssl_reads_requests(tmp_path, mark, is_ca):
    made = making.new_request(FULL, making.new_key(), is_ca=is_ca, mark=mark)
    path = tmp_path / "request.pem"
    path.write_bytes(made.public_bytes(Encoding.PEM))
    text = openssl("req", "-in", path, "-noout", "-verify", "-text")

    assert "verify OK" in text
    assert ("CA:TRUE" in text) is is_ca
    assert (marks.SETUP_OID in text) is (mark is not Mark.UNIT)
    assert (f"OU = {marks.UNIT}" in text) is (mark is not Mark.OID)


def test_unit_that_is_the_mark_is_written_once():
    subject = Subject("amt.example.org", unit=marks.UNIT)

    assert str(subject.name(has_mark=True).rfc4514_string()).count("Client Setup") == 1


@pytest.mark.parametrize(
    ("fields", "code", "said"),
    [
        ({"common_name": "127.0.0.1"}, "bad-name", "is an address"),
        ({"common_name": "server"}, "bad-name", "has no domain"),
        ({"common_name": "amt..example.org"}, "bad-name", "is no host name"),
        ({"common_name": "ä.example.org"}, "bad-name", "is no host name"),
        ({"common_name": "a" * 60 + ".example.org"}, "bad-name", "longer than the 64"),
        ({"country": "DEU"}, "bad-field", "country is two letters"),
        ({"organization": "x" * 65}, "bad-field", "organization is at most 64"),
        ({"state": "x" * 129}, "bad-field", "state is at most 128"),
        ({"unit": "x" * 65}, "bad-field", "orgunit is at most 64"),
    ],
)
def test_bad_fields_are_named(fields, code, said):
    subject = Subject(**{"common_name": "amt.example.org", **fields})
    with pytest.raises(CertificateError, match=re.escape(said)) as error:
        making.new_request(subject, making.new_key(), is_ca=True)

    assert error.value.code == code
