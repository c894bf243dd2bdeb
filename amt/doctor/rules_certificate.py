"""Causes in our management certificate: each verdict on it that this firmware minds is one.

The judging is that of amt.certificates; here a verdict only gets its code, stage and next step.
"""

from collections.abc import Iterator

from amt.certificates import firmware, marks
from amt.certificates.chains import usages
from amt.certificates.verdicts import Verdict
from amt.doctor.causes import Cause, Certainty, Kind, kind
from amt.doctor.facts import Facts, Key, OurCertificate
from amt.doctor.stages import Stage

RENEW = "Create or import its successor."
ASK_AGAIN = "Have it issued anew."
ROOM = {"check": "Certificate", "link": "certificates"}

KEY_MISSING = kind(
    "key-missing",
    Stage.ENTRY,
    "The private key of {name} is not in the vault: nobody can sign in with the certificate.",
    "The certificate's row names no secret of the vault.",
    "Import it together with its key (PKCS#12), or have a request of this console signed.",
    **ROOM,
    weight=88,
    name="amt.campus.example",
)
KEY_CLOSED = kind(
    "key-closed",
    Stage.ENTRY,
    "The vault does not open the private key of {name} on this server.",
    "Opening it failed.",
    "Give the server its key ring and restart its worker.",
    **ROOM,
    weight=87,
    name="amt.campus.example",
)
EXPIRED = kind(
    "certificate-expired",
    Stage.ENTRY,
    "Our management certificate {name} has expired.",
    "The end of its validity lies before now.",
    RENEW,
    **ROOM,
    weight=86,
    name="amt.campus.example",
)
EARLY = kind(
    "certificate-early",
    Stage.ENTRY,
    "Our management certificate {name} is not valid yet.",
    "The begin of its validity lies after now.",
    "Wait until then, look at the server's clock, or have it issued anew.",
    **ROOM,
    weight=86,
    name="amt.campus.example",
)
ENDS_SOON = kind(
    "certificate-ends-soon",
    Stage.ENTRY,
    "Our management certificate {name} ends soon; devices set up with it need it renewed.",
    "Fewer than 60 days are left.",
    "Create or import its successor in time.",
    **ROOM,
    weight=5,
    name="amt.campus.example",
)
NOT_CA = kind(
    "certificate-no-ca",
    Stage.ENTRY,
    "Our certificate {name} may issue none for devices: only the external branch is left.",
    "It is no CA (isCA false), or an authority above it allows none there.",
    "Use an external certificate for each device, or create one that is a CA.",
    **ROOM,
    weight=20,
    name="amt.campus.example",
)
LINK_EXPIRED = kind(
    "chain-expired",
    Stage.TRUST,
    "A certificate above {name} is not in force.",
    "The validity of an authority in its chain.",
    "Import the authority's new certificate, or have ours issued below another.",
    **ROOM,
    weight=84,
    name="amt.campus.example",
)
CONSOLE_OID = kind(
    "console-oid-only",
    Stage.TRUST,
    "Our certificate bears OID …1.2.1 only, that of a console; firmware wants …1.2.3 or the OU.",
    "Its extended key usages; its organisational units.",
    "Have it issued with 2.16.840.1.113741.1.2.3 and OU “Intel(R) Client Setup Certificate”.",
    **ROOM,
    weight=76,
)
UNIT_SPELLING = kind(
    "unit-spelling",
    Stage.TRUST,
    "Our certificate has no OID of AMT, and its OU is spelt in another way than firmware wants.",
    "Its organisational units, held letter by letter against the one that firmware knows.",
    "Have it issued with OU “Intel(R) Client Setup Certificate”, or with OID …1.2.3.",
    **ROOM,
    weight=77,
)
NO_MARK = kind(
    "no-amt-mark",
    Stage.TRUST,
    "Our certificate bears no mark of AMT: neither the OID nor the OU.",
    "Its extended key usages; its organisational units.",
    "Have it issued with OID 2.16.840.1.113741.1.2.3 or OU “Intel(R) Client Setup Certificate”.",
    **ROOM,
    weight=78,
)
NO_SERVER_USE = kind(
    "no-server-authentication",
    Stage.TRUST,
    "Our certificate lacks the use “server authentication”.",
    "Its extended key usages.",
    "Have it issued with server authentication (1.3.6.1.5.5.7.3.1) beside the OID.",
    **ROOM,
    weight=74,
)
CHAIN_INCOMPLETE = kind(
    "chain-incomplete",
    Stage.TRUST,
    "The chain of our certificate ends before its root: a certificate between is missing here.",
    "Nobody in the trust store has signed its last link.",
    "Import the certificates of the authority: firmware wants all of them up to the root.",
    **ROOM,
    weight=79,
)
CHAIN_WRONG = kind(
    "chain-wrong-issuer",
    Stage.TRUST,
    "An authority with the right name is in the trust store, and did not sign our certificate.",
    "Its key does not verify the signature.",
    "Import the authority's certificate of the time when ours was signed.",
    **ROOM,
    weight=79,
)
CHAIN_LONG = kind(
    "chain-too-long",
    Stage.TRUST,
    "The chain of our certificate is longer than firmware takes.",
    "The count of its certificates, leaf and root included; AMT takes 4.",
    "Have it issued by an authority closer to the root.",
    **ROOM,
    weight=73,
)
CHAIN_BROKEN = kind(
    "chain-not-allowed",
    Stage.TRUST,
    "An authority above our certificate was not allowed to issue it.",
    "Basic constraints, path length, key usage, extended key usage or name constraints above it.",
    "Have it issued by an authority that may.",
    **ROOM,
    weight=72,
)
SELF_SIGNED = kind(
    "self-signed",
    Stage.TRUST,
    "Our certificate is signed by itself; firmware wants a root above it.",
    "Issuer and subject are one, and its own key has signed it.",
    "Create one below an authority; its root's hash goes into the devices.",
    **ROOM,
    weight=75,
)
SHA1 = kind(
    "sha1-signature",
    Stage.TRUST,
    "Our chain is signed with SHA-1, which this firmware refuses.",
    "The signatures of the chain, and the firmware's version.",
    "Have the chain issued anew with SHA-256 or SHA-384.",
    **ROOM,
    weight=71,
)
SHA256 = kind(
    "sha256-signature",
    Stage.TRUST,
    "Our chain is signed with SHA-256; AMT 22 and newer want SHA-384.",
    "The signatures of the chain, and the firmware's version.",
    "Create one of strength 3072/SHA-384 below an authority of that strength.",
    **ROOM,
    weight=71,
)
SIGNATURE = kind(
    "signature-unknown",
    Stage.TRUST,
    "Our chain is signed in a way that firmware does not know or trust.",
    "The signatures of the chain.",
    "Have the chain issued anew: RSA with SHA-256, PKCS#1 v1.5.",
    **ROOM,
    weight=70,
)
KEY_SHORT = kind(
    "key-too-short",
    Stage.TRUST,
    "A key in our chain is shorter than this firmware takes.",
    "Key sizes of the chain, and the firmware's version: 2048 bits, from AMT 22 on 3072.",
    "Create a certificate with a longer key.",
    **ROOM,
    weight=68,
)
KEY_LONG = kind(
    "key-too-long",
    Stage.TRUST,
    "The key of our certificate is longer than this firmware takes.",
    "Its key size, and the firmware's version: 2048 bits at most before AMT 11.",
    "Create a certificate with a key of 2048 bits for old devices.",
    **ROOM,
    weight=69,
)
KEY_CURVE = kind(
    "key-not-rsa",
    Stage.TRUST,
    "The key of our certificate is not RSA, which this firmware wants.",
    "The kind of its key, and the firmware's version.",
    "Create a certificate with an RSA key.",
    **ROOM,
    weight=69,
)
KEY_USE = kind(
    "key-may-not-sign",
    Stage.TRUST,
    "The key of our certificate may not sign, so TLS fails with it.",
    "Its key usage lacks digital signature.",
    ASK_AGAIN,
    **ROOM,
    weight=67,
)
WILDCARD = kind(
    "wildcard-name",
    Stage.TRUST,
    "Our certificate is for a wildcard, which this firmware does not take.",
    "Its common name begins with “*.”; AMT before 3.2 compares it as it is.",
    "Have it issued for the server's full name.",
    **ROOM,
    weight=66,
)
NAME = kind(
    "name-not-comparable",
    Stage.TRUST,
    "The common name of our certificate is none that firmware can compare with its suffix.",
    "It is missing, an address, or a name without a domain.",
    "Have it issued for the server's full name, e.g. amt.example.org.",
    **ROOM,
    weight=66,
)
LARGE = kind(
    "certificate-too-large",
    Stage.TRUST,
    "Our certificate is larger than what firmware has room for.",
    "Its size in bytes; about 4,096 have room.",
    "Have it issued with fewer names and extensions.",
    **ROOM,
    weight=40,
)
ODD = kind(
    "certificate-unusual",
    Stage.TRUST,
    "Our certificate holds something that firmware may not understand.",
    "A critical extension, or X.509 of another version than 3.",
    ASK_AGAIN,
    **ROOM,
    weight=35,
)

# What a verdict of a rule is, once it counts.
KINDS_OF_RULES: dict[str, Kind] = {
    "key-usage": KEY_USE,
    "usage": NO_SERVER_USE,
    "chain-length": CHAIN_LONG,
    "chain-expired": LINK_EXPIRED,
    "chain-early": LINK_EXPIRED,
    "chain-authority": CHAIN_BROKEN,
    "chain-path": CHAIN_BROKEN,
    "chain-usage": CHAIN_BROKEN,
    "chain-purpose": CHAIN_BROKEN,
    "chain-name": CHAIN_BROKEN,
    "chain-key": KEY_SHORT,
    "version": ODD,
    "size": LARGE,
    "extension": ODD,
}
UNSURE = {LARGE.code, ODD.code, SIGNATURE.code}
LOCAL = {"unit", "authority", "key", "validity"}  # judged in functions of their own


def own_key(facts: Facts, ours: OurCertificate) -> Iterator[Cause]:
    """Return the causes of a private key that cannot be used."""
    if ours.key is Key.MISSING:
        proof = "Its row names no key."
        yield KEY_MISSING.found(Certainty.CERTAIN, proof, name=ours.name)
    elif ours.key is Key.CLOSED:
        proof = "The vault did not open it."
        yield KEY_CLOSED.found(Certainty.CERTAIN, proof, name=ours.name)


def validity(facts: Facts, ours: OurCertificate) -> Iterator[Cause]:
    """Return the causes of its dates."""
    for verdict in _of(ours, "validity"):
        if not verdict.is_refused:
            yield ENDS_SOON.found(Certainty.POSSIBLE, verdict.text, name=ours.name)
        elif ours.chain.links[0].not_valid_before_utc > facts.now:
            yield EARLY.found(Certainty.CERTAIN, verdict.text, name=ours.name)
        else:
            yield EXPIRED.found(Certainty.CERTAIN, verdict.text, name=ours.name)


def authority(facts: Facts, ours: OurCertificate) -> Iterator[Cause]:
    """Return that only the external branch is left (D5)."""
    if ours.is_ca is False:
        proof = next((one.text for one in ours.verdicts if one.rule == "authority"), "isCA false.")
        yield NOT_CA.found(Certainty.LIKELY, proof, name=ours.name)


def verdicts(facts: Facts, ours: OurCertificate) -> Iterator[Cause]:
    """Return each other verdict that the device's firmware minds."""
    for verdict in ours.verdicts:
        if verdict.is_ok or verdict.rule in LOCAL:
            continue
        sure = certainty(facts, verdict)
        found = _kind(verdict, ours)
        if sure is None or found is None:
            continue
        if found.code in UNSURE and not verdict.is_refused:
            sure = max(sure, Certainty.LIKELY if found is LARGE else Certainty.POSSIBLE)
        yield found.found(sure, verdict.text, name=ours.name)


def certainty(facts: Facts, verdict: Verdict) -> Certainty | None:
    """Return how sure it is that the device minds; None where nothing says so."""
    version, span = facts.device.firmware, verdict.refused_by
    if verdict.is_refused or span == firmware.ALL:
        return Certainty.CERTAIN
    if version is None or span is None:
        # Nobody knows; once it was seen to break off, it may be this.
        return Certainty.POSSIBLE if facts.was_refused else None
    if not span.holds(version):
        return None
    is_15 = span == firmware.FROM_15 and version[0] == 15  # H chipsets alone mind
    return Certainty.LIKELY if is_15 else Certainty.CERTAIN


def _kind(verdict: Verdict, ours: OurCertificate) -> Kind | None:
    if special := SPECIAL.get(verdict.rule):
        return special(verdict, ours)
    return KINDS_OF_RULES.get(verdict.rule)


def _mark(verdict: Verdict, ours: OurCertificate) -> Kind:
    if marks.CONSOLE_OID in usages(ours.chain.links[0]):
        return CONSOLE_OID
    return UNIT_SPELLING if _of(ours, "unit") else NO_MARK


def _chain(verdict: Verdict, ours: OurCertificate) -> Kind:
    if ours.chain.impostor:
        return CHAIN_WRONG
    return SELF_SIGNED if ours.chain.root == ours.chain.links[0] else CHAIN_INCOMPLETE


def _signature(verdict: Verdict, ours: OurCertificate) -> Kind:
    known = {firmware.FROM_15: SHA1, firmware.FROM_22: SHA256}
    return known.get(verdict.refused_by or firmware.ALL, SIGNATURE)


def _key_size(verdict: Verdict, ours: OurCertificate) -> Kind:
    known = {firmware.BEFORE_16: KEY_CURVE, firmware.BEFORE_11: KEY_LONG}
    return known.get(verdict.refused_by or firmware.ALL, KEY_SHORT)


def _name(verdict: Verdict, ours: OurCertificate) -> Kind | None:
    if ours.name.startswith("*."):
        return WILDCARD
    return NAME if verdict.is_refused else None  # another server's name: see rules_names


SPECIAL = {
    "mark": _mark,
    "chain": _chain,
    "signature": _signature,
    "key-size": _key_size,
    "name": _name,
}


def _of(ours: OurCertificate, rule: str) -> list[Verdict]:
    return [one for one in ours.verdicts if one.rule == rule and not one.is_ok]


RULES = (own_key, validity, authority, verdicts)
