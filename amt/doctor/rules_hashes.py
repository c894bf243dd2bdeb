"""Causes of trust: is the hash of our root in the device, in a kind that its firmware reads?"""

from collections.abc import Iterator

from amt.certificates import chains, firmware
from amt.certificates.firmware import Generation, Version
from amt.certificates.hashes import ALGORITHMS, Hash
from amt.doctor.causes import Cause, Certainty, kind
from amt.doctor.facts import Digest, Facts, OurCertificate
from amt.doctor.stages import Stage

MISSING = kind(
    "hash-missing",
    Stage.TRUST,
    "The device does not hold the hash of our CA; it would refuse to be provisioned.",
    "The hashes of its hello, none of which is one of our root; or the alert unknown_ca.",
    "Enter the hash of the root that is shown here. {how}",
    check="CA hash",
    link="hashes",
    weight=70,
    how="Type the SHA-256 hash in MEBx, or take a USB stick.",
)
IGNORED = kind(
    "hash-kind-ignored",
    Stage.TRUST,
    "It holds the {kind} hash of our CA, which AMT {version} does not look at.",
    "Our root is among its hashes only in a kind that its firmware does not take.",
    "Enter the one that is shown here beside it. {how}",
    check="CA hash",
    link="hashes",
    weight=80,
    kind="SHA1",
    version="16.1",
    how="Type the SHA-256 hash in MEBx, or take a USB stick.",
)
OF_INTERMEDIATE = kind(
    "hash-of-intermediate",
    Stage.TRUST,
    "It holds the hash of {name}, an intermediate: firmware looks for the root's.",
    "A hash of an authority between root and management certificate is among its hashes.",
    "Enter the hash of the root that is shown here. {how}",
    check="CA hash",
    link="hashes",
    weight=82,
    name="Campus Issuing CA 2",
    how="Type the SHA-256 hash in MEBx, or take a USB stick.",
)
OF_LEAF = kind(
    "hash-of-leaf",
    Stage.TRUST,
    "It holds the hash of the management certificate itself: firmware looks for its root's.",
    "The hash of our management certificate is among its hashes.",
    "Enter the hash of the root that is shown here. {how}",
    check="CA hash",
    link="hashes",
    weight=83,
    how="Type the SHA-256 hash in MEBx, or take a USB stick.",
)
OF_OLD_ROOT = kind(
    "hash-of-old-root",
    Stage.TRUST,
    "It holds the hash of {name}, an authority that was replaced.",
    "The hash of an older root of this zone is among its hashes.",
    "Enter the new one that is shown here, or provision it below the old root. {how}",
    check="CA hash",
    link="hashes",
    weight=81,
    name="North Campus AMT Root 2024-05-02",
    how="Type the SHA-256 hash in MEBx, or take a USB stick.",
)
UNKNOWN_AUTHORITY = "unknown_ca"
UNKNOWN_FIRMWARE = "This is what AMT 6 to 21 take; older take SHA1, AMT 22 and newer SHA-384."
Wanted = dict[str, str]


def hashes(facts: Facts, ours: OurCertificate) -> Iterator[Cause]:
    """Return why the device does not trust the root of one of our certificates."""
    held, root = facts.device.hashes, ours.root
    if not root or facts.device.hello_version == 2:
        return
    if held is None:
        yield from _told_by_alert(facts, root)
        return
    if not held and facts.device.hello_version is None:
        return
    if holds_root(facts, ours):
        return
    kinds = [one for one in root if _digest(root[one]) in held]
    wanted = _wanted(facts.device.firmware, root)
    if kinds and facts.device.firmware:
        yield _ignored(facts.device.firmware, root[kinds[0]], wanted)
    else:
        yield _not_held(facts, ours, held, wanted)


def holds_root(facts: Facts, ours: OurCertificate) -> bool:
    """Return whether the root is among the device's hashes, in a kind that its firmware reads."""
    held = facts.device.hashes or ()
    return any(
        _digest(one) in held and firmware.reads(facts.device.firmware, one.algorithm)
        for one in ours.root.values()
    )


def _told_by_alert(facts: Facts, root: dict[str, Hash]) -> Iterator[Cause]:
    proving = facts.reach.proving
    if proving and proving.alert == UNKNOWN_AUTHORITY:
        proof = f"It broke off with the alert {proving.alert} when it saw our certificate."
        yield MISSING.found(Certainty.LIKELY, proof, **_wanted(facts.device.firmware, root))


def _ignored(version: Version, held: Hash, wanted: Wanted) -> Cause:
    proof = f"It names {held.label} {held.mebx} of our root, and no other of it."
    told = ".".join(map(str, version))
    sure = Certainty.LIKELY if version[0] == 15 else Certainty.CERTAIN  # 15 differs by chipset
    return IGNORED.found(sure, proof, kind=held.label, version=told, **wanted)


def _not_held(
    facts: Facts, ours: OurCertificate, held: tuple[Digest, ...], wanted: Wanted
) -> Cause:
    """Return what was entered instead of our root's hash, or that nothing of ours was."""
    for depth, (name, found) in enumerate(ours.links()):
        for one in found.values():
            if _digest(one) in held:
                entered = OF_INTERMEDIATE if depth else OF_LEAF
                proof = f"It names {one.label} {one.mebx} of {name}."
                return entered.found(Certainty.CERTAIN, proof, name=name, **wanted)
    for digest in held:
        if former := facts.console.former_roots.get(digest):
            one = Hash(digest[0], digest[1].upper())
            proof = f"It names {one.label} {one.mebx} of {former}."
            return OF_OLD_ROOT.found(Certainty.CERTAIN, proof, name=former, **wanted)
    root = ours.chain.root
    name = chains.called(root) if root else "our root"
    count = "1 root" if len(held) == 1 else f"{len(held)} roots"
    named = f"It names {count} ({_kinds(held)})" if held else "It names no root at all"
    proof = f"{named}; {name} is not among them."
    return MISSING.found(Certainty.CERTAIN, proof, **wanted)


def _kinds(held: tuple[Digest, ...]) -> str:
    found = sorted({ALGORITHMS.get(name, name) for name, _ in held})
    return ", ".join(found)


def _digest(one: Hash) -> Digest:
    return one.algorithm, one.digits.lower()


def wanted_hash(version: Version | None, root: dict[str, Hash]) -> Hash:
    """Return the hash of a root that a device is to be given."""
    return root[_generation(version).algorithm]


def _wanted(version: Version | None, root: dict[str, Hash]) -> Wanted:
    """Return which hash to enter, in the groups of MEBx, and how."""
    one = wanted_hash(version, root)
    how = _generation(version).way if version else UNKNOWN_FIRMWARE
    return {"how": how, "value": f"{one.label} {one.mebx}"}


def _generation(version: Version | None) -> Generation:
    usual = firmware.GENERATIONS[1]  # what most devices are
    return (firmware.generation(version) if version else None) or usual


RULES = (hashes,)
