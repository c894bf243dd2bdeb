"""Each way in which a certificate can be bad has a verdict of its own."""

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import Encoding

from amt.certificates import chains, marks, rules
from amt.certificates.verdicts import Case, Level, keep_out, spans
from tests.amt.certificates import samples
from tests.amt.certificates.openssl import Authority, openssl
from tests.amt.certificates.samples import (
    CLIENT,
    DAY,
    NOW,
    SERVER,
    certificate,
    key,
    leaf,
    name,
    root,
)

SIGN_NOTHING = {"signs": False}


def judged(found, *pool, has_key=True, host_name="amt.example.org", wants_authority=True):
    chain = chains.build(found, pool or [root()])
    return rules.judge(
        Case(chain, has_key=has_key, host_name=host_name, wants_authority=wants_authority, now=NOW)
    )


def of(verdicts, rule):
    return [verdict for verdict in verdicts if verdict.rule == rule]


def test_a_good_one_is_warned_of_for_the_newest_firmware_only():
    verdicts = judged(leaf())

    assert not keep_out(verdicts)
    assert [str(span) for span in spans(verdicts)] == ["AMT 22 and newer"]


def test_a_strong_one_is_fine_for_the_newest_and_not_for_the_oldest():
    strong = {"digest": hashes.SHA384()}
    verdicts = judged(leaf(own=key(3072), **strong), root(**strong))

    assert not keep_out(verdicts)
    assert [str(span) for span in spans(verdicts)] == ["AMT before 11.0"]


CRITICAL = (x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), b"\x05\x00"), True)
MANY_NAMES = (
    x509.SubjectAlternativeName([x509.DNSName(f"{n}.example.org") for n in range(300)]),
    False,
)
CASES = {
    "expired": (leaf(ends=NOW - DAY), "validity", "refused", "expired on 14 Jun 2026"),
    "not yet valid": (leaf(begins=NOW + DAY), "validity", "refused", "not valid before 16 Jun"),
    "ends soon": (leaf(ends=NOW + 10 * DAY), "validity", "warning", "ends in 10 days"),
    "no extended key usage": (leaf(usages=(), unit=None), "usage", "refused", "no extended key"),
    "no mark at all": (leaf(usages=(SERVER,), unit=None), "mark", "refused", "no AMT mark"),
    "console OID only": (
        *(leaf(usages=(SERVER, marks.CONSOLE_OID), unit=None), "mark", "warning"),
        "OID 2.16.840.1.113741.1.2.1 only",
    ),
    "local OID only": (
        *(leaf(usages=(SERVER, marks.LOCAL_OID), unit=None), "mark", "refused", "no AMT mark"),
    ),
    "OU without (R)": (leaf(unit=marks.UNIT_WITHOUT_R), "unit", "warning", "lacks “(R)”"),
    "OU without (R), no OID": (
        *(leaf(unit=marks.UNIT_WITHOUT_R, usages=(SERVER,)), "mark", "warning", "does not know"),
    ),
    "OU in small letters": (leaf(unit=marks.UNIT.lower()), "unit", "warning", "another way"),
    "no server authentication": (
        *(leaf(usages=(CLIENT, marks.SETUP_OID), unit=None), "usage", "warning"),
        "lacks server authentication",
    ),
    "RSA 1024": (leaf(own=key(1024)), "key-size", "refused", "1024 bits; 2048 is the least"),
    "RSA 3072": (leaf(own=key(3072)), "key-size", "warning", "AMT before 11.0"),
    "elliptic curve": (
        *(leaf(own=ec.generate_private_key(ec.SECP384R1())), "key-size", "warning", "secp384r1"),
    ),
    "Ed25519": (
        leaf(own=ed25519.Ed25519PrivateKey.generate()),
        *("key-size", "refused", "neither RSA nor"),
    ),
    "CA flag missing": (leaf(ca=False, path=None), "authority", "warning", "left that out"),
    "CA whose key may not": (leaf(issues=False), "authority", "warning", "may not sign cert"),
    "key may not sign": (leaf(signs=False), "key-usage", "refused", "may not sign (key usage)"),
    "no common name": (leaf(""), "name", "refused", "no common name"),
    "address as name": (leaf("192.0.2.1"), "name", "refused", "is an address"),
    "name without domain": (leaf("server"), "name", "refused", "no full host name"),
    "another server's name": (leaf("other.example.org"), "name", "warning", "this server is"),
    "wildcard": (leaf("*.example.org"), "name", "warning", "wildcard"),
    "signed by an impostor": (leaf(signer=key(number=2)), "chain", "refused", "did not sign it"),
    "issuer not here": (leaf(issuer=name("Nobody")), "chain", "warning", "is not here yet"),
    "critical extension": (leaf(more=[CRITICAL]), "extension", "warning", "1.2.3.4 is critical"),
    "very large": (leaf(more=[MANY_NAMES]), "size", "warning", "room for about 4,096"),
    "ends before it begins": (
        *(leaf(begins=NOW - 3 * DAY, ends=NOW - 3 * DAY), "validity", "refused", "never valid"),
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_bad_leaf_has_its_own_verdict(case):
    found, rule, level, said = CASES[case]
    verdicts = judged(found)

    told = of(verdicts, rule)
    assert [verdict.level for verdict in told] == [level], told
    assert said in told[0].text
    assert keep_out(verdicts) is (level == "refused")


def middle(number=3, *, issuer=samples.ROOT_NAME, signer=None, **more):
    given = {"ca": True, "signs": False, "issues": True, "ends": NOW + 1000 * DAY, **more}
    return certificate(
        name(f"Issuing CA {number}"), issuer, key(number=number), signer or key(number=1), **given
    )


def limited(*domains):
    names = [x509.DNSName(domain) for domain in domains]
    return x509.NameConstraints(names, None), True


def below(number=3):
    return leaf(issuer=name(f"Issuing CA {number}"), signer=key(number=number))


CHAINS = {
    "expired issuer": ([middle(ends=NOW - DAY), root()], "chain-expired"),
    "issuer of tomorrow": ([middle(begins=NOW + DAY), root()], "chain-early"),
    "issuer is no CA": ([middle(ca=False), root()], "chain-authority"),
    "issuer without constraints": ([middle(ca=None), root()], "chain-authority"),
    "issuer may not sign": ([middle(issues=False), root()], "chain-usage"),
    "root allows no CA below": ([middle(), root(path=0)], "chain-path"),
    "expired root": ([middle(), root(ends=NOW - DAY)], "chain-expired"),
    "issuer for clients only": ([middle(usages=(CLIENT,)), root()], "chain-purpose"),
    "issuer for another domain": ([middle(more=[limited("other.com")]), root()], "chain-name"),
    "broken in the middle": ([middle(signer=key(number=2)), root()], "chain"),
}


@pytest.mark.parametrize("case", CHAINS)
def test_bad_chain_is_refused(case):
    pool, rule = CHAINS[case]
    verdicts = judged(below(), *pool)

    assert Level.REFUSED in {verdict.level for verdict in of(verdicts, rule)}
    assert not [verdict for verdict in of(verdicts, "chain") if verdict.is_ok]


def test_issuer_for_our_domain_and_servers_is_fine():
    ours = middle(more=[limited("example.org")], usages=(SERVER, CLIENT))
    verdicts = judged(below(), ours, root())

    assert not keep_out(verdicts)


def test_leaf_that_is_a_ca_where_none_is_allowed_cannot_issue():
    told = of(judged(below(), middle(path=0), root()), "authority")

    assert told[0].level == "warning"
    assert "Issuing CA 3 above it allows no CA there" in told[0].text


def test_signature_that_firmware_does_not_know_is_refused():
    own = ed25519.Ed25519PrivateKey.generate()
    odd = root_of(own)
    found = samples.certificate(
        name("amt.example.org", marks.UNIT), samples.ROOT_NAME, key(), own, odd=True
    )
    assert "does not know" in of(judged(found, odd), "signature")[0].text


def root_of(own):
    return samples.certificate(
        samples.ROOT_NAME, samples.ROOT_NAME, own, own, ca=True, issues=True, odd=True
    )


def test_chain_of_five_is_too_long():
    pool = [root(), middle(3)]
    for number in (4, 5):
        above = number - 1
        pool.append(middle(number, issuer=name(f"Issuing CA {above}"), signer=key(number=above)))
    verdicts = judged(below(5), *pool)

    assert "5 certificates" in of(verdicts, "chain-length")[0].text
    assert keep_out(verdicts)


def test_certificate_without_its_key_is_refused():
    assert of(judged(leaf(), has_key=False), "key")[0].level == "refused"


def test_self_signed_one_is_no_chain():
    own = name("amt.example.org", marks.UNIT)
    verdicts = judged(leaf(issuer=own, signer=key()))

    assert "signed by itself" in of(verdicts, "chain")[0].text


def test_sha1_is_named_with_the_firmware_that_refuses_it(tmp_path):
    authority = Authority(tmp_path / "old", digest="sha1")
    found = signed_by(authority, tmp_path)
    pool = [x509.load_pem_x509_certificate(authority.root.read_bytes())]
    told = of(judged(found, *pool), "signature")

    assert "amt.example.org and External Root are signed with SHA-1" in told[0].text
    assert str(told[0].refused_by) == "AMT 15.0 on H chipsets, AMT 16.0 and newer"


def test_md5_is_refused(tmp_path):
    authority = Authority(tmp_path / "older", digest="md5")
    found = signed_by(authority, tmp_path)
    pool = [x509.load_pem_x509_certificate(authority.root.read_bytes())]

    assert "signed with MD5" in of(judged(found, *pool), "signature")[0].text


def signed_by(authority, folder):
    request = folder / "request.pem"
    made = x509.CertificateSigningRequestBuilder().subject_name(name("amt.example.org", marks.UNIT))
    request.write_bytes(made.sign(key(), hashes.SHA256()).public_bytes(Encoding.PEM))
    return x509.load_der_x509_certificate(authority.sign(request).read_bytes())


def test_version_1_has_no_room_for_marks(tmp_path):
    key_file, request, made = (tmp_path / word for word in ("key", "request", "made"))
    openssl(
        *("req", "-new", "-newkey", "rsa:2048", "-nodes", "-keyout", key_file),
        *("-subj", "/CN=amt.example.org", "-out", request),
    )
    openssl("x509", "-req", "-in", request, "-signkey", key_file, "-out", made)
    found = x509.load_pem_x509_certificate(made.read_bytes())
    verdicts = judged(found)

    assert of(verdicts, "version")[0].level == "refused"
