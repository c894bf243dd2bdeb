"""Judge a management certificate by what firmware checks: one verdict per rule.

The rules are S50 to S53 with the decisions D2, D3 and D5, and amt-protocol.md 7.2. A refusal keeps
the certificate out; a warning names the firmware that will refuse it.
"""

from collections.abc import Callable, Iterator

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID

from amt.certificates import chains, firmware, issuer_rules, marks, names
from amt.certificates.chains import called, extension, public_key, units, usages
from amt.certificates.firmware import Span
from amt.certificates.verdicts import SOON, Case, Verdict, day, moment, ok, refuse, warn

LARGEST_BLOB = 4096  # bytes, what firmware has room for
KNOWN_CRITICAL = {
    x509.BasicConstraints.oid,
    x509.KeyUsage.oid,
    x509.ExtendedKeyUsage.oid,
    x509.SubjectAlternativeName.oid,
    x509.CertificatePolicies.oid,
    x509.NameConstraints.oid,
}


Rule = Callable[[Case], Iterator[Verdict]]


def judge(case: Case) -> list[Verdict]:
    """Return the verdicts of all rules, in the order in which a person reads them."""
    return [verdict for rule in RULES for verdict in rule(case)]


def key(case: Case) -> Iterator[Verdict]:
    """Its private key must be here: without it nobody can sign in with the certificate."""
    if case.has_key:
        yield ok("key", "Its private key is in the vault.")
    else:
        yield refuse(
            "key",
            "No request of this zone has its key. Have the request signed that was made here, or "
            "import it together with its private key (PKCS#12).",
        )


def validity(case: Case) -> Iterator[Verdict]:
    """Dates of the leaf; those of its issuers are judged with the chain."""
    begins, ends = case.leaf.not_valid_before_utc, case.leaf.not_valid_after_utc
    if ends <= begins:
        yield refuse("validity", "It ends before it begins, so it is never valid.")
    elif begins > case.now:
        yield refuse("validity", f"It is not valid before {moment(begins)}.")
    elif ends <= case.now:
        yield refuse("validity", f"It expired on {moment(ends)}.")
    elif ends - case.now < SOON:
        left = (ends - case.now).days
        yield warn("validity", f"It ends in {left} days, on {day(ends)}. Plan its successor now.")
    else:
        yield ok("validity", f"It is valid until {day(ends)}.")


def version(case: Case) -> Iterator[Verdict]:
    """Extensions, the OID among them, need version 3."""
    if case.leaf.version is x509.Version.v3:
        return
    told = "It is of X.509 version 1, which has no room for the OID"
    if marks.UNIT in units(case.leaf):
        yield warn("version", f"{told}; its OU alone speaks for it.")
    else:
        yield refuse("version", f"{told}.")


def signatures(case: Case) -> Iterator[Verdict]:
    """The hashes under the signatures of the whole chain; firmware looks at the root's too."""
    weak = {name: [one for one in case.chain.links if _digest(one) == name] for name in HASHES}
    if odd := [one for one in case.chain.links if _digest(one) not in KNOWN_DIGESTS]:
        yield refuse("signature", f"{_named(odd)} signed in a way that firmware does not know.")
    if padded := [one for one in case.chain.links if _is_pss(one)]:
        told = f"{_named(padded)} signed with RSA-PSS, which firmware may not know."
        yield warn("signature", told, firmware.ALL)
    if weak["md5"]:
        yield refuse("signature", f"{_named(weak['md5'])} signed with MD5, which nothing trusts.")
    if weak["sha1"]:
        told = f"{_named(weak['sha1'])} signed with SHA-1. Have the chain issued anew with SHA-256."
        yield warn("signature", told, firmware.FROM_15)
    if weak["sha256"] or weak["sha1"]:
        told = "AMT 22 and newer want SHA-384 under every signature."
        yield warn("signature", f"{_strongest(case)} {told}", firmware.FROM_22)
    elif not weak["md5"] and not odd:
        yield ok("signature", f"Its chain is signed with {_strongest(case, bare=True)}.")


HASHES = ("md5", "sha1", "sha256")
KNOWN_DIGESTS = {*HASHES, "sha384", "sha512"}


def _is_pss(certificate: x509.Certificate) -> bool:
    return certificate.signature_algorithm_oid == x509.SignatureAlgorithmOID.RSASSA_PSS


def _digest(certificate: x509.Certificate) -> str:
    try:
        found = certificate.signature_hash_algorithm
    except UnsupportedAlgorithm:
        return "md5"  # MD2 and what else the library does not know any more
    return found.name if found else "none"


def _named(found: list[x509.Certificate]) -> str:
    told = " and ".join(called(one) for one in found)
    return f"{told} {'is' if len(found) == 1 else 'are'}"


def _strongest(case: Case, *, bare: bool = False) -> str:
    name = _digest(case.leaf).upper().replace("SHA", "SHA-")
    return name if bare else f"It is signed with {name}."


def key_size(case: Case) -> Iterator[Verdict]:
    """Kind and size of its own key."""
    own = public_key(case.leaf)
    if isinstance(own, ec.EllipticCurvePublicKey):
        told = f"Its key is of the curve {own.curve.name}. AMT before 16.0 takes RSA keys only."
        yield warn("key-size", told, firmware.BEFORE_16)
    elif not isinstance(own, rsa.RSAPublicKey):
        yield refuse("key-size", "Its key is neither RSA nor of an elliptic curve.")
    elif own.key_size < 2048:
        yield refuse("key-size", f"Its key has {own.key_size} bits; 2048 is the least.")
    elif own.key_size == 2048:
        told = "Its key has 2048 bits. AMT 22 and newer want 3072."
        yield warn("key-size", told, firmware.FROM_22)
    elif own.key_size > 2048:
        told = f"Its key has {own.key_size} bits. AMT before 11.0 takes 2048 at most."
        yield warn("key-size", told, firmware.BEFORE_11)


def mark(case: Case) -> Iterator[Verdict]:
    """One of OID .3, OID .1 or the unit is asked for (S50, S51, D2); firmware wants .3 or it."""
    held_usages, held_units = usages(case.leaf), units(case.leaf)
    has_setup, has_console = marks.SETUP_OID in held_usages, marks.CONSOLE_OID in held_usages
    has_unit = marks.UNIT in held_units
    held = [f"OID {one}" for one in marks.OIDS if one in held_usages]
    held += [f"OU “{unit}”" for unit in held_units if unit == marks.UNIT]
    if has_setup or has_unit:
        yield ok("mark", f"It bears {' and '.join(held)}.")
    elif has_console:
        told = f"It bears OID {marks.CONSOLE_OID} only. Firmware looks for {marks.SETUP_OID} or "
        yield warn("mark", f"{told}OU “{marks.UNIT}”.", firmware.ALL)
    elif marks.UNIT_WITHOUT_R in held_units:
        told = "Its only mark is an OU that firmware does not know, see below."
        yield warn("mark", told, firmware.ALL)
    else:
        yield refuse(
            "mark",
            f"It bears no AMT mark: neither OID {marks.SETUP_OID} nor {marks.CONSOLE_OID} as "
            f"extended key usage, nor OU “{marks.UNIT}”. Ask the authority for one of them.",
        )


def unit(case: Case) -> Iterator[Verdict]:
    """The spelling of the organisational unit (D3)."""
    held = units(case.leaf)
    if marks.UNIT in held:
        yield ok("unit", f"OU “{marks.UNIT}”, as firmware compares it.")
        return
    wanted = f"Firmware compares it with “{marks.UNIT}”, letter by letter."
    for one in held:
        if one == marks.UNIT_WITHOUT_R:
            yield warn("unit", f"OU “{one}” lacks “(R)”. {wanted}")
        elif one.casefold().strip() in (marks.UNIT.casefold(), marks.UNIT_WITHOUT_R.casefold()):
            yield warn("unit", f"OU “{one}” is spelt in another way. {wanted}")
    if not any("client setup" in one.casefold() for one in held):
        yield ok("unit", "No OU of AMT; the OID is enough where it is there.")


def usage(case: Case) -> Iterator[Verdict]:
    """Firmware wants server authentication beside the OID."""
    held = usages(case.leaf)
    if not held:
        if marks.UNIT in units(case.leaf):
            yield warn("usage", "It has no extended key usage; its OU alone speaks for it.")
        else:
            yield refuse("usage", "It has no extended key usage.")
    elif ExtendedKeyUsageOID.SERVER_AUTH.dotted_string not in held:
        told = "It lacks server authentication (1.3.6.1.5.5.7.3.1), which firmware wants beside "
        where = None if marks.UNIT in units(case.leaf) else firmware.ALL
        yield warn("usage", f"{told}the OID.", where)
    else:
        yield ok("usage", "Server authentication is among its uses.")


def key_usage(case: Case) -> Iterator[Verdict]:
    """The TLS hand-shake is signed with its key."""
    uses = extension(case.leaf, x509.KeyUsage)
    if uses and not uses.digital_signature:
        yield refuse("key-usage", "Its key may not sign (key usage), so TLS fails with it.")


def authority(case: Case) -> Iterator[Verdict]:
    """IsCA: whether it may issue the devices' certificates (S41, D5)."""
    may_issue, above = can_issue(case.leaf), _forbids_authorities(case)
    branch = "Provision is offered with external certificates only."
    if may_issue and above:
        told = f"{called(above)} above it allows no CA there (path length), so devices' "
        yield warn("authority", f"{told}certificates below it would not hold. {branch}")
    elif may_issue:
        yield ok("authority", "It may issue the certificates of devices (isCA true).")
    elif case.wants_authority and chains.is_authority(case.leaf):
        told = "It is a CA whose key may not sign certificates (key usage)."
        yield warn("authority", f"{told} {branch}")
    elif case.wants_authority:
        told = "The request asked for a CA; the authority left that out (basic constraints)."
        yield warn("authority", f"{told} {branch}")
    else:
        yield ok("authority", f"It may not issue certificates (isCA false). {branch}")


def _forbids_authorities(case: Case) -> x509.Certificate | None:
    """Return the issuer whose path length leaves no room for a leaf that is a CA itself."""
    for depth, one in enumerate(case.chain.links[1:]):
        limits = extension(one, x509.BasicConstraints)
        if limits and limits.path_length is not None and limits.path_length < depth + 1:
            return one
    return None


def can_issue(certificate: x509.Certificate) -> bool:
    """Return whether a certificate may mint those of devices."""
    uses = extension(certificate, x509.KeyUsage)
    return chains.is_authority(certificate) and (uses is None or uses.key_cert_sign)


def name(case: Case) -> Iterator[Verdict]:
    """Firmware compares the common name with its DNS suffix and its server's name."""
    given = chains.common_name(case.leaf)
    if not given:
        yield refuse("name", "It has no common name, which firmware compares with its suffix.")
    elif names.is_address(given):
        yield refuse("name", f"Its common name {given} is an address; firmware compares names.")
    elif given.startswith("*."):
        told = f"Its common name {given} is a wildcard, which AMT before 3.2 does not take"
        yield warn("name", f"{told}; newer firmware differs.", Span("AMT before 3.2", last=(3, 1)))
    elif not names.is_host_name(given):
        yield refuse("name", f"Its common name “{given[:80]}” is no full host name with a domain.")
    elif case.host_name and given.casefold() != case.host_name.casefold():
        told = f"It is for {given}, this server is {case.host_name}. Devices with a provisioning "
        yield warn("name", f"{told}server's name in them refuse it.")
    else:
        yield ok("name", f"It is for {given}: devices of the domain {names.suffix(given)}.")


def size(case: Case) -> Iterator[Verdict]:
    """Firmware keeps certificates in little room."""
    count = len(case.leaf.public_bytes(Encoding.DER))
    if count > LARGEST_BLOB:
        told = f"It has {count:,} bytes; firmware has room for about {LARGEST_BLOB:,}."
        yield warn("size", told, firmware.ALL)


def extensions(case: Case) -> Iterator[Verdict]:
    """A critical extension that is not understood is a reason to refuse."""
    for one in case.leaf.extensions:
        if one.critical and one.oid not in KNOWN_CRITICAL:
            told = f"Its extension {one.oid.dotted_string} is critical; firmware may not know it."
            yield warn("extension", told)


RULES: tuple[Rule, ...] = (
    *(key, validity, mark, unit, usage, key_usage, authority, name, issuer_rules.chain),
    *(signatures, key_size, version, size, extensions),
)


USAGES = {
    "1.3.6.1.5.5.7.3.1": "server authentication",
    "1.3.6.1.5.5.7.3.2": "client authentication",
    marks.CONSOLE_OID: f"AMT console ({marks.CONSOLE_OID})",
    marks.LOCAL_OID: f"AMT local ({marks.LOCAL_OID})",
    marks.SETUP_OID: f"AMT set-up ({marks.SETUP_OID})",
}
