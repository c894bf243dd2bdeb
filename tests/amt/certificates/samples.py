"""Certificates of every kind, good and bad, made with the library and not by the console."""

from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import NameOID

from amt.certificates import marks

NOW = datetime(2026, 6, 15, 12, tzinfo=UTC)
DAY = timedelta(days=1)
SERVER, CLIENT = "1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2"
_keys: dict[int, rsa.RSAPrivateKey] = {}


def key(bits=2048, number=0):
    """Return one of a few keys: making them takes longer than all else."""
    found = _keys.get(bits * 10 + number)
    if found is None:
        found = _keys[bits * 10 + number] = rsa.generate_private_key(65537, bits)
    return found


def key_pem(private):
    return private.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())


def name(common_name="", unit=None, **more):
    units = [unit] if isinstance(unit, str) else unit or []
    rows = [(NameOID.ORGANIZATION_NAME, "Example")]
    rows += [(NameOID.ORGANIZATIONAL_UNIT_NAME, one) for one in units]
    rows += [(NameOID.COMMON_NAME, common_name)] if common_name else []
    return x509.Name([x509.NameAttribute(oid, text) for oid, text in rows])


def certificate(
    subject,
    issuer,
    own,
    signer,
    *,
    begins=NOW - 30 * DAY,
    ends=NOW + 300 * DAY,
    ca=None,
    path=None,
    usages=(),
    signs=True,
    issues=False,
    digest=None,
    more=(),
    odd=False,
):
    """Return a certificate as it is told; nothing is checked."""
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(own.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(ends)
    )
    if ca is not None:
        builder = builder.add_extension(x509.BasicConstraints(ca, path), critical=True)
    if usages:
        listed = x509.ExtendedKeyUsage([marks.oid(one) for one in usages])
        builder = builder.add_extension(listed, critical=False)
    use = x509.KeyUsage(signs, False, signs, False, False, issues, issues, False, False)
    builder = builder.add_extension(use, critical=True)
    for extension, critical in more:
        builder = builder.add_extension(extension, critical=critical)
    return builder.sign(signer, None if odd else digest or hashes.SHA256())


ROOT_NAME = name("Sample Root")


def root(**more):
    own = key(number=1)
    given = {"ca": True, "signs": False, "issues": True, "ends": NOW + 3000 * DAY, **more}
    return certificate(ROOT_NAME, ROOT_NAME, own, own, **given)


def leaf(common_name="amt.example.org", unit=marks.UNIT, **more):
    """Return a good certificate that differs in what is given."""
    given = {"ca": True, "path": 0, "issues": True, "usages": (SERVER, CLIENT, marks.SETUP_OID)}
    own = more.pop("own", key())
    signer = more.pop("signer", key(number=1))
    issuer = more.pop("issuer", ROOT_NAME)
    return certificate(name(common_name, unit), issuer, own, signer, **{**given, **more})
