"""Make keys, a zone's certificate authority, management certificates and requests for them.

Nothing here knows a file or a row; what is made comes back as values.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from ipaddress import ip_address

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from amt.certificates import marks
from amt.certificates.errors import CertificateError
from amt.certificates.names import check_host_name

PublicKey = rsa.RSAPublicKey
BACKDATED = timedelta(days=1)  # clocks of devices and servers that lag
AUTHORITY_LASTS = timedelta(days=3653)
MANAGEMENT_LASTS = timedelta(days=5 * 365)
LONGEST = {"state": 128}  # characters; all other fields: 64


class Mark(StrEnum):
    """Which AMT mark a request asks the authority for (D6)."""

    OID = "oid"
    UNIT = "ou"
    BOTH = "both"


class Strength(StrEnum):
    """Size of key and hash of signature; firmware decides which one it takes."""

    STANDARD = "standard"
    STRONG = "strong"

    @property
    def bits(self) -> int:
        return 3072 if self is Strength.STRONG else 2048

    @property
    def digest(self) -> hashes.SHA256 | hashes.SHA384:
        return hashes.SHA384() if self is Strength.STRONG else hashes.SHA256()

    @property
    def label(self) -> str:
        """Return the choice as people read it."""
        if self is Strength.STRONG:
            return "RSA 3072, SHA-384: what AMT 22 and newer want (AMT 11 and newer take it)"
        return "RSA 2048, SHA-256: what AMT 6 to 21 take"


@dataclass(frozen=True)
class Subject:
    """Whom a certificate is for; empty fields are left out."""

    common_name: str
    organization: str = ""
    country: str = ""
    state: str = ""
    unit: str = ""

    def name(self, *, has_mark: bool = False) -> x509.Name:
        """Return the distinguished name, with the unit that firmware looks for if ``has_mark``.

        Raises:
            CertificateError: a field breaks a rule of X.509.
        """
        units = [self.unit] if self.unit != marks.UNIT else []
        units += [marks.UNIT] if has_mark or self.unit == marks.UNIT else []
        fields = [
            (NameOID.COUNTRY_NAME, "country", self.country),
            (NameOID.STATE_OR_PROVINCE_NAME, "state", self.state),
            (NameOID.ORGANIZATION_NAME, "organization", self.organization),
            *((NameOID.ORGANIZATIONAL_UNIT_NAME, "orgunit", unit) for unit in units),
            (NameOID.COMMON_NAME, "commonname", self.common_name),
        ]
        return x509.Name([_attribute(*field) for field in fields if field[2]])


@dataclass(frozen=True)
class Made:
    """A certificate with the key that was made for it."""

    certificate: x509.Certificate
    key: rsa.RSAPrivateKey


def new_key(strength: Strength = Strength.STANDARD) -> rsa.RSAPrivateKey:
    """Return a new RSA key."""
    return rsa.generate_private_key(public_exponent=65537, key_size=strength.bits)


def new_authority(
    name: str, *, strength: Strength = Strength.STANDARD, now: datetime | None = None
) -> Made:
    """Return a self-signed root that may issue management certificates, and these devices'."""
    key, begins = new_key(strength), (now or datetime.now(UTC)) - BACKDATED
    subject = Subject(name, organization=name).name()
    made = (
        _builder(subject, subject, key.public_key(), key.public_key())
        .not_valid_before(begins)
        .not_valid_after(begins + BACKDATED + AUTHORITY_LASTS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(_key_usage(signs=True, is_end=False), critical=True)
    )
    return Made(made.sign(key, strength.digest), key)


def new_management(
    subject: Subject,
    authority: Made,
    *,
    is_ca: bool = True,
    strength: Strength = Strength.STANDARD,
    now: datetime | None = None,
) -> Made:
    """Return a certificate that provisions devices, issued by ``authority`` (D2, D3, D5)."""
    check_host_name(subject.common_name)
    key, begins = new_key(strength), (now or datetime.now(UTC)) - BACKDATED
    root = authority.certificate
    builder = (
        _builder(
            subject.name(has_mark=True), root.subject, key.public_key(), authority.key.public_key()
        )
        .not_valid_before(max(begins, root.not_valid_before_utc))
        .not_valid_after(min(begins + BACKDATED + MANAGEMENT_LASTS, root.not_valid_after_utc))
    )
    for extension, critical in _wanted(subject, is_ca=is_ca, mark=Mark.BOTH):
        builder = builder.add_extension(extension, critical=critical)
    return Made(builder.sign(authority.key, strength.digest), key)


def new_device(
    name: str,
    key: PublicKey,
    issuer: Made,
    *,
    now: datetime | None = None,
) -> x509.Certificate:
    """Return the certificate that a device shows: for its own key, issued by ``issuer`` (D5).

    ``name`` is its DNS name or address. It lasts as long as its issuer does.
    """
    begins, above = (now or datetime.now(UTC)) - BACKDATED, issuer.certificate
    usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])
    builder = (
        _builder(Subject(name[:64]).name(), above.subject, key, issuer.key.public_key())
        .not_valid_before(max(begins, above.not_valid_before_utc))
        .not_valid_after(above.not_valid_after_utc)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_key_usage(signs=False, is_end=True), critical=True)
        .add_extension(usage, critical=False)
        .add_extension(x509.SubjectAlternativeName([_alternative(name)]), critical=False)
    )
    return builder.sign(issuer.key, _digest_like(above))


def new_request(
    subject: Subject,
    key: rsa.RSAPrivateKey,
    *,
    is_ca: bool,
    mark: Mark = Mark.BOTH,
    strength: Strength = Strength.STANDARD,
) -> x509.CertificateSigningRequest:
    """Return a request for a management certificate, to be signed outside (S40, S49).

    Raises:
        CertificateError: the common name or another field breaks a rule.
    """
    check_host_name(subject.common_name)
    builder = x509.CertificateSigningRequestBuilder().subject_name(
        subject.name(has_mark=mark is not Mark.OID)
    )
    for extension, critical in _wanted(subject, is_ca=is_ca, mark=mark):
        builder = builder.add_extension(extension, critical=critical)
    return builder.sign(key, strength.digest)


def _wanted(
    subject: Subject, *, is_ca: bool, mark: Mark
) -> Sequence[tuple[x509.ExtensionType, bool]]:
    """Return the extensions of a management certificate, each with whether it is critical."""
    usages = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
    if mark is not Mark.UNIT:
        usages += [marks.oid(marks.CONSOLE_OID), marks.oid(marks.SETUP_OID)]
    return [
        (x509.BasicConstraints(ca=is_ca, path_length=0 if is_ca else None), True),
        (_key_usage(signs=is_ca, is_end=True), True),
        (x509.ExtendedKeyUsage(usages), False),
        (x509.SubjectAlternativeName([x509.DNSName(subject.common_name)]), False),
    ]


def _alternative(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _digest_like(issuer: x509.Certificate) -> hashes.SHA256 | hashes.SHA384:
    """Return the hash to sign with: what firmware took of the issuer, it takes of this one."""
    is_strong = isinstance(issuer.signature_hash_algorithm, hashes.SHA384)
    return hashes.SHA384() if is_strong else hashes.SHA256()


def _builder(
    subject: x509.Name, issuer: x509.Name, own: PublicKey, issuers: PublicKey
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(own)
        .serial_number(x509.random_serial_number())
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(own), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuers), critical=False)
    )


def _key_usage(*, signs: bool, is_end: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=is_end,
        key_encipherment=is_end,
        key_cert_sign=signs,
        crl_sign=signs,
        content_commitment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _attribute(oid: x509.ObjectIdentifier, field: str, value: str) -> x509.NameAttribute[str]:
    most = LONGEST.get(field, 64)
    if field == "country" and not (len(value) == 2 and value.isascii() and value.isalpha()):
        raise CertificateError("bad-field", f"country is two letters, e.g. DE, not {value[:80]!r}.")
    if not value.strip():
        raise CertificateError("bad-field", f"{field} is blank.")
    if len(value) > most:
        raise CertificateError("bad-field", f"{field} is at most {most} characters long.")
    if not value.isprintable():
        raise CertificateError("bad-field", f"{field} holds a character that cannot be printed.")
    return x509.NameAttribute(oid, value.upper() if field == "country" else value)
