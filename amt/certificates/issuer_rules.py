"""The rules about what stands above a certificate, from its issuer up to the root."""

from collections.abc import Iterator

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import ExtendedKeyUsageOID

from amt.certificates import chains, firmware
from amt.certificates.chains import called, extension, public_key, usages
from amt.certificates.verdicts import Case, Verdict, day, moment, ok, refuse, warn

LONGEST_CHAIN = 4  # leaf and root included
SERVER_USES = {ExtendedKeyUsageOID.SERVER_AUTH.dotted_string, "2.5.29.37.0"}  # the last: any


def chain(case: Case) -> Iterator[Verdict]:
    """From the leaf to a self-signed root, every link in force."""
    found = case.chain
    faults = list(_broken_links(case))
    if found.impostor:
        told = f"{called(found.impostor)} bears the name of its issuer, but did not sign it."
        yield refuse("chain", f"{called(found.top)}: {told}")
    elif found.root is None and not faults:
        issuer = found.top.issuer.rfc4514_string()
        told = f"The certificate of its issuer “{issuer}” is not here yet. Import it: the hash of "
        yield warn("chain", f"{told}the root must be in each device.", firmware.ALL)
    yield from faults
    if found.root == case.leaf:
        told = "It is signed by itself; firmware wants a root above it."
        yield warn("chain", told, firmware.ALL)
    elif found.root and not faults:
        count = len(found.links)
        yield ok("chain", f"{count} certificates up to the root {called(found.root)}.")
    if len(found.links) > LONGEST_CHAIN:
        count = len(found.links)
        yield refuse("chain-length", f"Its chain has {count} certificates; AMT takes 4 at most.")


def _broken_links(case: Case) -> Iterator[Verdict]:
    for depth, one in enumerate(case.chain.links[1:]):
        yield from _may_issue(one, depth, chains.common_name(case.leaf))
        yield from _in_force(one, case)
        own = public_key(one)
        if isinstance(own, rsa.RSAPublicKey) and own.key_size < 2048:
            told = f"The key of {called(one)} has {own.key_size} bits; newer firmware wants 2048."
            yield warn("chain-key", told, firmware.FROM_15)


def _may_issue(one: x509.Certificate, depth: int, name: str) -> Iterator[Verdict]:
    """Judge what an issuer says of itself; ``depth`` CAs stand between it and the leaf."""
    who = called(one)
    limits, uses = extension(one, x509.BasicConstraints), extension(one, x509.KeyUsage)
    if limits is None or not limits.ca:
        yield refuse("chain-authority", f"{who} is no CA, so it may not have signed.")
    elif limits.path_length is not None and limits.path_length < depth:
        yield refuse("chain-path", f"{who} allows {limits.path_length} CAs below it.")
    if uses and not uses.key_cert_sign:
        yield refuse("chain-usage", f"The key of {who} may not sign certificates.")
    if (ends := usages(one)) and not {*ends} & SERVER_USES:
        yield refuse("chain-purpose", f"{who} may not issue for servers (extended key usage).")
    if not _permits(one, name):
        yield refuse("chain-name", f"{who} may not issue for this name (name constraints).")


def _in_force(one: x509.Certificate, case: Case) -> Iterator[Verdict]:
    who = called(one)
    if one.not_valid_after_utc <= case.now:
        yield refuse("chain-expired", f"{who} expired on {moment(one.not_valid_after_utc)}.")
    elif one.not_valid_before_utc > case.now:
        yield refuse("chain-early", f"{who} is not valid before {day(one.not_valid_before_utc)}.")


def _permits(issuer: x509.Certificate, name: str) -> bool:
    """Return whether the name constraints of an issuer allow a host name."""
    limits = extension(issuer, x509.NameConstraints)
    if limits is None:
        return True
    allowed, shut = _domains(limits.permitted_subtrees), _domains(limits.excluded_subtrees)
    inside = not allowed or any(_is_within(name, domain) for domain in allowed)
    return inside and not any(_is_within(name, domain) for domain in shut)


def _domains(trees: list[x509.GeneralName] | None) -> list[str]:
    return [str(one.value) for one in trees or [] if isinstance(one, x509.DNSName)]


def _is_within(name: str, domain: str) -> bool:
    name, domain = name.casefold(), domain.casefold().lstrip(".")
    return name == domain or name.endswith(f".{domain}") or not domain
