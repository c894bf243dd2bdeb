"""Judge a management certificate by what firmware checks: one verdict per rule.

The rules are S50 to S53 with the decisions D2, D3 and D5, and amt-protocol.md 7.2. A refusal keeps
the certificate out; a warning names the firmware that will refuse it.
"""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID

from amt.certificates import chains, firmware, marks, names
from amt.certificates.chains import called, extension
from amt.certificates.firmware import Span
from amt.certificates.verdicts import Case, Level, Verdict

SOON = timedelta(days=60)
LARGEST_BLOB = 4096  # bytes, what firmware has room for
LONGEST_CHAIN = 4  # leaf and root included
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


def _ok(rule: str, text: str) -> Verdict:
    return Verdict(rule, Level.OK, text)


def _warn(rule: str, text: str, refused_by: Span | None = None) -> Verdict:
    return Verdict(rule, Level.WARNING, text, refused_by)


def _refuse(rule: str, text: str) -> Verdict:
    return Verdict(rule, Level.REFUSED, text, firmware.ALL)


def key(case: Case) -> Iterator[Verdict]:
    """Its private key must be here: without it nobody can sign in with the certificate."""
    if case.has_key:
        yield _ok("key", "Its private key is in the vault.")
    else:
        yield _refuse(
            "key",
            "No request of this zone has its key. Have the request signed that was made here, or "
            "import it together with its private key (PKCS#12).",
        )


def validity(case: Case) -> Iterator[Verdict]:
    """Dates of the leaf; those of its issuers are judged with the chain."""
    begins, ends = case.leaf.not_valid_before_utc, case.leaf.not_valid_after_utc
    if ends <= begins:
        yield _refuse("validity", "It ends before it begins, so it is never valid.")
    elif begins > case.now:
        yield _refuse("validity", f"It is not valid before {_moment(begins)}.")
    elif ends <= case.now:
        yield _refuse("validity", f"It expired on {_moment(ends)}.")
    elif ends - case.now < SOON:
        left = (ends - case.now).days
        yield _warn("validity", f"It ends in {left} days, on {_day(ends)}. Plan its successor now.")
    else:
        yield _ok("validity", f"It is valid until {_day(ends)}.")


def version(case: Case) -> Iterator[Verdict]:
    """Extensions, the OID among them, need version 3."""
    if case.leaf.version is x509.Version.v3:
        return
    told = "It is of X.509 version 1, which has no room for the OID"
    if marks.UNIT in units(case.leaf):
        yield _warn("version", f"{told}; its OU alone speaks for it.")
    else:
        yield _refuse("version", f"{told}.")


def signatures(case: Case) -> Iterator[Verdict]:
    """The hashes under the signatures of the whole chain; firmware looks at the root's too."""
    weak = {name: [one for one in case.chain.links if _digest(one) == name] for name in HASHES}
    if weak["md5"]:
        yield _refuse("signature", f"{_named(weak['md5'])} signed with MD5, which nothing trusts.")
    if weak["sha1"]:
        told = f"{_named(weak['sha1'])} signed with SHA-1. Have the chain issued anew with SHA-256."
        yield _warn("signature", told, firmware.FROM_15)
    if weak["sha256"] or weak["sha1"]:
        told = "AMT 22 and newer want SHA-384 under every signature."
        yield _warn("signature", f"{_strongest(case)} {told}", firmware.FROM_22)
    elif not weak["md5"]:
        yield _ok("signature", f"Its chain is signed with {_strongest(case, bare=True)}.")


HASHES = ("md5", "sha1", "sha256")


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
    own = _public_key(case.leaf)
    if isinstance(own, ec.EllipticCurvePublicKey):
        told = f"Its key is of the curve {own.curve.name}. AMT before 16.0 takes RSA keys only."
        yield _warn("key-size", told, firmware.BEFORE_16)
    elif not isinstance(own, rsa.RSAPublicKey):
        yield _refuse("key-size", "Its key is neither RSA nor of an elliptic curve.")
    elif own.key_size < 2048:
        yield _refuse("key-size", f"Its key has {own.key_size} bits; 2048 is the least.")
    elif own.key_size == 2048:
        told = "Its key has 2048 bits. AMT 22 and newer want 3072."
        yield _warn("key-size", told, firmware.FROM_22)
    elif own.key_size > 2048:
        told = f"Its key has {own.key_size} bits. AMT before 11.0 takes 2048 at most."
        yield _warn("key-size", told, firmware.BEFORE_11)


def _public_key(certificate: x509.Certificate) -> object:
    try:
        return certificate.public_key()
    except (ValueError, UnsupportedAlgorithm):
        return None


def mark(case: Case) -> Iterator[Verdict]:
    """One of OID .3, OID .1 or the unit is asked for (S50, S51, D2); firmware wants .3 or it."""
    held_usages, held_units = usages(case.leaf), units(case.leaf)
    has_setup, has_console = marks.SETUP_OID in held_usages, marks.CONSOLE_OID in held_usages
    has_unit = marks.UNIT in held_units
    held = [f"OID {one}" for one in marks.OIDS if one in held_usages]
    held += [f"OU “{unit}”" for unit in held_units if unit == marks.UNIT]
    if has_setup or has_unit:
        yield _ok("mark", f"It bears {' and '.join(held)}.")
    elif has_console:
        told = f"It bears OID {marks.CONSOLE_OID} only. Firmware looks for {marks.SETUP_OID} or "
        yield _warn("mark", f"{told}OU “{marks.UNIT}”.", firmware.ALL)
    elif marks.UNIT_WITHOUT_R in held_units:
        told = "Its only mark is an OU that firmware does not know, see below."
        yield _warn("mark", told, firmware.ALL)
    else:
        yield _refuse(
            "mark",
            f"It bears no AMT mark: neither OID {marks.SETUP_OID} nor {marks.CONSOLE_OID} as "
            f"extended key usage, nor OU “{marks.UNIT}”. Ask the authority for one of them.",
        )


def unit(case: Case) -> Iterator[Verdict]:
    """The spelling of the organisational unit (D3)."""
    held = units(case.leaf)
    if marks.UNIT in held:
        yield _ok("unit", f"OU “{marks.UNIT}”, as firmware compares it.")
        return
    wanted = f"Firmware compares it with “{marks.UNIT}”, letter by letter."
    for one in held:
        if one == marks.UNIT_WITHOUT_R:
            yield _warn("unit", f"OU “{one}” lacks “(R)”. {wanted}")
        elif one.casefold().strip() in (marks.UNIT.casefold(), marks.UNIT_WITHOUT_R.casefold()):
            yield _warn("unit", f"OU “{one}” is spelt in another way. {wanted}")
    if not any("client setup" in one.casefold() for one in held):
        yield _ok("unit", "No OU of AMT; the OID is enough where it is there.")


def usage(case: Case) -> Iterator[Verdict]:
    """Firmware wants server authentication beside the OID."""
    held = usages(case.leaf)
    if not held:
        if marks.UNIT in units(case.leaf):
            yield _warn("usage", "It has no extended key usage; its OU alone speaks for it.")
        else:
            yield _refuse("usage", "It has no extended key usage.")
    elif ExtendedKeyUsageOID.SERVER_AUTH.dotted_string not in held:
        told = "It lacks server authentication (1.3.6.1.5.5.7.3.1), which firmware wants beside "
        where = None if marks.UNIT in units(case.leaf) else firmware.ALL
        yield _warn("usage", f"{told}the OID.", where)
    else:
        yield _ok("usage", "Server authentication is among its uses.")


def key_usage(case: Case) -> Iterator[Verdict]:
    """The TLS hand-shake is signed with its key."""
    uses = extension(case.leaf, x509.KeyUsage)
    if uses and not uses.digital_signature:
        yield _refuse("key-usage", "Its key may not sign (key usage), so TLS fails with it.")


def authority(case: Case) -> Iterator[Verdict]:
    """IsCA: whether it may issue the devices' certificates (S41, D5)."""
    may_issue = can_issue(case.leaf)
    branch = "Provision is offered with external certificates only."
    if may_issue:
        yield _ok("authority", "It may issue the certificates of devices (isCA true).")
    elif case.wants_authority and chains.is_authority(case.leaf):
        told = "It is a CA whose key may not sign certificates (key usage)."
        yield _warn("authority", f"{told} {branch}")
    elif case.wants_authority:
        told = "The request asked for a CA; the authority left that out (basic constraints)."
        yield _warn("authority", f"{told} {branch}")
    else:
        yield _ok("authority", f"It may not issue certificates (isCA false). {branch}")


def can_issue(certificate: x509.Certificate) -> bool:
    """Return whether a certificate may mint those of devices."""
    uses = extension(certificate, x509.KeyUsage)
    return chains.is_authority(certificate) and (uses is None or uses.key_cert_sign)


def name(case: Case) -> Iterator[Verdict]:
    """Firmware compares the common name with its DNS suffix and its server's name."""
    given = chains.common_name(case.leaf)
    if not given:
        yield _refuse("name", "It has no common name, which firmware compares with its suffix.")
    elif names.is_address(given):
        yield _refuse("name", f"Its common name {given} is an address; firmware compares names.")
    elif given.startswith("*."):
        told = f"Its common name {given} is a wildcard, which AMT before 3.2 does not take"
        yield _warn("name", f"{told}; newer firmware differs.", Span("AMT before 3.2", last=(3, 1)))
    elif not names.is_host_name(given):
        yield _refuse("name", f"Its common name “{given[:80]}” is no full host name with a domain.")
    elif case.host_name and given.casefold() != case.host_name.casefold():
        told = f"It is for {given}, this server is {case.host_name}. Devices with a provisioning "
        yield _warn("name", f"{told}server's name in them refuse it.")
    else:
        yield _ok("name", f"It is for {given}: devices of the domain {names.suffix(given)}.")


def chain(case: Case) -> Iterator[Verdict]:
    """From the leaf to a self-signed root, every link in force."""
    found = case.chain
    faults = list(_broken_links(case))
    if found.impostor:
        told = f"{called(found.impostor)} bears the name of its issuer, but did not sign it."
        yield _refuse("chain", f"{called(found.top)}: {told}")
    elif found.root is None and not faults:
        issuer = found.top.issuer.rfc4514_string()
        told = f"The certificate of its issuer “{issuer}” is not here yet. Import it: the hash of "
        yield _warn("chain", f"{told}the root must be in each device.", firmware.ALL)
    yield from faults
    if found.root == case.leaf:
        told = "It is signed by itself; firmware wants a root above it."
        yield _warn("chain", told, firmware.ALL)
    elif found.root and not faults:
        count = len(found.links)
        yield _ok("chain", f"{count} certificates up to the root {called(found.root)}.")
    if len(found.links) > LONGEST_CHAIN:
        count = len(found.links)
        yield _refuse("chain-length", f"Its chain has {count} certificates; AMT takes 4 at most.")


def _broken_links(case: Case) -> Iterator[Verdict]:
    for depth, one in enumerate(case.chain.links[1:]):
        who = called(one)
        limits, uses = extension(one, x509.BasicConstraints), extension(one, x509.KeyUsage)
        if limits is None or not limits.ca:
            yield _refuse("chain-authority", f"{who} is no CA, so it may not have signed.")
        elif limits.path_length is not None and limits.path_length < depth:
            yield _refuse("chain-path", f"{who} allows {limits.path_length} CAs below it.")
        if uses and not uses.key_cert_sign:
            yield _refuse("chain-usage", f"The key of {who} may not sign certificates.")
        if one.not_valid_after_utc <= case.now:
            yield _refuse("chain-expired", f"{who} expired on {_moment(one.not_valid_after_utc)}.")
        elif one.not_valid_before_utc > case.now:
            yield _refuse(
                "chain-early", f"{who} is not valid before {_day(one.not_valid_before_utc)}."
            )
        own = _public_key(one)
        if isinstance(own, rsa.RSAPublicKey) and own.key_size < 2048:
            told = f"The key of {who} has {own.key_size} bits; newer firmware wants 2048."
            yield _warn("chain-key", told, firmware.FROM_15)


def size(case: Case) -> Iterator[Verdict]:
    """Firmware keeps certificates in little room."""
    count = len(case.leaf.public_bytes(Encoding.DER))
    if count > LARGEST_BLOB:
        told = f"It has {count:,} bytes; firmware has room for about {LARGEST_BLOB:,}."
        yield _warn("size", told, firmware.ALL)


def extensions(case: Case) -> Iterator[Verdict]:
    """A critical extension that is not understood is a reason to refuse."""
    for one in case.leaf.extensions:
        if one.critical and one.oid not in KNOWN_CRITICAL:
            told = f"Its extension {one.oid.dotted_string} is critical; firmware may not know it."
            yield _warn("extension", told)


RULES: tuple[Rule, ...] = (
    *(key, validity, mark, unit, usage, key_usage, authority, name, chain),
    *(signatures, key_size, version, size, extensions),
)


def usages(certificate: x509.Certificate) -> list[str]:
    """Return the extended key usages as dotted numbers."""
    found = extension(certificate, x509.ExtendedKeyUsage)
    return [one.dotted_string for one in found] if found else []


USAGES = {
    "1.3.6.1.5.5.7.3.1": "server authentication",
    "1.3.6.1.5.5.7.3.2": "client authentication",
    marks.CONSOLE_OID: f"AMT console ({marks.CONSOLE_OID})",
    marks.LOCAL_OID: f"AMT local ({marks.LOCAL_OID})",
    marks.SETUP_OID: f"AMT set-up ({marks.SETUP_OID})",
}


def units(certificate: x509.Certificate) -> list[str]:
    """Return the organisational units of the subject."""
    oid = x509.NameOID.ORGANIZATIONAL_UNIT_NAME
    return [str(one.value) for one in certificate.subject.get_attributes_for_oid(oid)]


def _day(when: datetime) -> str:
    return f"{when.day} {when:%b %Y}"


def _moment(when: datetime) -> str:
    return f"{_day(when)}, {when:%H:%M} UTC"
