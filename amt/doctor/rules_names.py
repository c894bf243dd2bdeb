"""Causes of names: firmware compares our common name with its suffix and its server's name."""

from collections.abc import Iterator

from amt.certificates import names
from amt.doctor import suffixes
from amt.doctor.causes import Cause, Certainty, kind
from amt.doctor.facts import Facts, OurCertificate
from amt.doctor.rules_hashes import holds_root
from amt.doctor.stages import Stage

RENAME = "Have a certificate issued for a name in {suffix}, or correct the suffix in MEBx or DHCP."
SUFFIX = kind(
    "suffix-differs",
    Stage.TRUST,
    "Its DNS suffix is {suffix}; our certificate is for {name}.",
    "The suffix that the device told, its own of MEBx before DHCP's, and our common name.",
    RENAME,
    check="DNS suffix",
    link="certificates",
    weight=75,
    suffix="lab.example",
    name="amt.campus.example",
)
SUFFIX_BY_NAME = kind(
    "suffix-differs-by-name",
    Stage.TRUST,
    "It is called {reverse}, so its DNS suffix may be {suffix}; our certificate is for {name}.",
    "The name of its address, which DHCP made of its suffix, and our common name.",
    RENAME,
    check="DNS suffix",
    link="certificates",
    weight=60,
    reverse="pc-301.lab.example",
    suffix="lab.example",
    name="amt.campus.example",
)
NO_SUFFIX = kind(
    "no-suffix",
    Stage.TRUST,
    "It has no DNS suffix to compare our certificate with: DHCP gives none, and MEBx has none.",
    "DHCP's option 15 and the PKI DNS suffix of MEBx are both empty.",
    "Set option 15 in DHCP, or the PKI DNS suffix in MEBx or by setup.bin.",
    check="DNS suffix",
    link="setup-file",
    weight=78,
)
SERVER_NAME = kind(
    "server-name-differs",
    Stage.TRUST,
    "It lets itself be set up by {wanted} only; our certificate is for {name}.",
    "The Configuration Server FQDN in the device differs from our common name.",
    "Have a certificate issued for {wanted}, or correct the Provisioning Server FQDN in MEBx.",
    check="Name",
    link="certificates",
    weight=79,
    wanted="old-server.campus.example",
    name="amt.campus.example",
)
MADE_UP = kind(
    "made-up-domain",
    Stage.TRUST,
    "Our certificate is for {name}, a domain that no network gives out as its suffix.",
    "Our common name ends in .local or the like, and the device's suffix does not.",
    "Name the server with its domain (ZCC_SERVER_HOST_NAME), then create the certificate anew.",
    check="DNS suffix",
    link="certificates",
    weight=77,
    name="srv-amt-01.local",
)

NOT_TRUSTED = kind(
    "name-not-trusted",
    Stage.TRUST,
    "Its DNS suffix, or the server's name in it, is likely another than that of {name}.",
    "It broke off when it saw our certificate, holds the hash of its root, and its firmware takes "
    "such certificates: what is left are the names, which it tells nobody before.",
    "Compare DHCP's option 15, and PKI DNS suffix and server's FQDN in MEBx, with our certificate.",
    check="DNS suffix",
    link="certificates",
    weight=30,
    name="amt.campus.example",
)


def suffix(facts: Facts, ours: OurCertificate) -> Iterator[Cause]:
    """Return why its suffix does not fit: as it was told, else as its name speaks for it."""
    device, name = facts.device, ours.name
    if names.is_address(name) or not names.is_host_name(name.removeprefix("*.")):
        return
    if device.trusted_suffix == "" and device.dhcp_suffix == "":
        proof = "It says that both are empty."
        yield NO_SUFFIX.found(Certainty.CERTAIN, proof)
    elif told := device.suffix:
        yield from _told(told, "MEBx" if device.trusted_suffix else "DHCP", name)
    elif suffixes.is_made_up(name) and not _is_called_so(facts, name):
        proof = "Nothing is known of its suffix."
        yield MADE_UP.found(Certainty.LIKELY, proof, name=name)
    elif (reverse := facts.names.reverse) and names.is_host_name(reverse):
        found = names.suffix(reverse)
        if not suffixes.matches(name, found):
            proof = f"Name servers call its address {reverse}."
            yield SUFFIX_BY_NAME.found(
                Certainty.LIKELY, proof, reverse=reverse, suffix=found, name=name
            )


def _told(told: str, source: str, name: str) -> Iterator[Cause]:
    if suffixes.matches(name, told):
        return
    proof = f"Its suffix {told} comes from {source}."
    if suffixes.is_made_up(name):
        yield MADE_UP.found(Certainty.CERTAIN, proof, name=name)
    else:
        yield SUFFIX.found(Certainty.CERTAIN, proof, suffix=told, name=name)


def _is_called_so(facts: Facts, name: str) -> bool:
    reverse = facts.names.reverse
    return bool(reverse) and suffixes.matches(name, names.suffix(reverse or ""))


def server_name(facts: Facts, ours: OurCertificate) -> Iterator[Cause]:
    """Return the cause of a device that knows the name of its server."""
    wanted = facts.device.server_name
    if wanted and ours.name and wanted.casefold() != ours.name.casefold():
        proof = f"It says: ConfigurationServerFQDN {wanted}."
        yield SERVER_NAME.found(Certainty.CERTAIN, proof, wanted=wanted, name=ours.name)


def left_over(facts: Facts, ours: OurCertificate) -> Iterator[Cause]:
    """Return what is left once hash and certificate were found to be right."""
    device, proving = facts.device, facts.reach.proving
    if not facts.was_refused or device.suffix or device.firmware is None:
        return
    is_another = proving and proving.alert in ALERTS_OF_OTHER_THINGS
    if holds_root(facts, ours) and not is_another:
        proof = f"It holds the hash of the root above {ours.name}, and broke off all the same."
        yield NOT_TRUSTED.found(Certainty.LIKELY, proof, name=ours.name)


ALERTS_OF_OTHER_THINGS = ("unknown_ca", "certificate_expired", "handshake_failure")
RULES = (suffix, server_name, left_over)
