"""Causes on our side: certificates that are not there, keys and credentials that do not open."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from cryptography import x509

from amt.certificates import firmware
from amt.doctor.causes import Cause, Certainty, kind
from amt.doctor.facts import ConsoleFacts, Facts
from amt.doctor.stages import Stage

CLOCKS_APART = timedelta(minutes=5)
FIRST_WITH_PKI = (2, 6)  # of 2.2 to 2.5 sources differ

NO_CERTIFICATE = kind(
    "no-management-certificate",
    Stage.ENTRY,
    "No server of this zone has a management certificate to prove itself with.",
    "There is no row of that kind.",
    "Create one, or have one signed by an authority of yours.",
    check="Certificate",
    link="certificates",
    weight=90,
)
NONE_HERE = kind(
    "no-certificate-here",
    Stage.ENTRY,
    "Server {server} has no management certificate; {count} of other servers are no use to it.",
    "All management certificates belong to other servers.",
    "Create one for this server, or let a server provision it that has one.",
    check="Certificate",
    link="certificates",
    weight=85,
    server="SRV-AMT-02",
    count="1",
)
NO_CREDENTIAL = kind(
    "credential-missing",
    Stage.ENTRY,
    "The credential has no active password, so there is nothing to give to the device.",
    "The vault holds no active password for the credential.",
    "Give the credential an active password, or choose another.",
    link="credentials",
    weight=70,
)
CREDENTIAL_CLOSED = kind(
    "credential-closed",
    Stage.ENTRY,
    "The vault does not open the credential on this server.",
    "Opening the credential's password failed.",
    "Give the server its key ring and restart its worker.",
    link="credentials",
    weight=75,
)
FACTORY_PASSWORD = kind(
    "factory-password",
    Stage.PASSWORD,
    "MEBx still has the factory's password, and no other was given to replace it.",
    "Its hello says that nobody has changed the password; the credential holds none to set.",
    "Choose a credential with a password by the rules: 8 to 32 characters of four kinds.",
    link="credentials",
    weight=60,
)
OUR_CLOCK = kind(
    "server-clock",
    Stage.ENTRY,
    "The clock of server {server} is off by {off}: certificates that it issues begin at its time.",
    "Its clock differs by more than 5 minutes from the database's.",
    "Set the server's clock, by NTP for good.",
    check="Validity",
    link="servers",
    weight=60,
    server="SRV-AMT-01",
    off="3 hours",
)
DEVICE_CLOCK = kind(
    "device-clock",
    Stage.TRUST,
    "By its own clock our certificate is not in force: it is {off} off.",
    "The device's time lies outside the validity of our certificate, or it broke off with "
    "certificate_expired though ours is valid.",
    "Set the PC's clock in the BIOS, or leave it on mains and network for a while.",
    check="Validity",
    weight=65,
    off="7 years behind",
)
NO_PKI = kind(
    "firmware-without-pki",
    Stage.TRUST,
    "AMT {version} knows no certificates for set-up: it takes a PID and PPS only.",
    "Firmware before 2.6 and 3.0 has no TLS-PKI; a hello of version 2 brings a PID instead of "
    "hashes.",
    "Set it up by hand in MEBx and enter its SMB Mode Settings, or update its firmware.",
    check="Firmware",
    weight=85,
    version="2.1",
)
PSK_PYTHON = kind(
    "psk-not-spoken",
    Stage.TLS,
    "It wants TLS-PSK (PID {pid}), which the Python of this server does not speak.",
    "Its hello is of version 2; Python speaks TLS-PSK from 3.13 on.",
    "Run the server with Python 3.13 or newer, or set the device up by hand in MEBx.",
    check="Firmware",
    weight=80,
    pid="NKLD-G5DC",
)
PSK_UNKNOWN = kind(
    "psk-unknown",
    Stage.TLS,
    "It wants TLS-PSK, and the console knows no PPS for its PID {pid}.",
    "Its hello is of version 2 with this PID; there is no PPS to it here.",
    "Have setup.bin switch its remote configuration to PKI, or set it up by hand in MEBx.",
    check="Firmware",
    link="setup-file",
    weight=82,
    pid="NKLD-G5DC",
)


def certificates(facts: Facts) -> Iterator[Cause]:
    """Return the causes of certificates that are not there. A device with a PID needs none."""
    ours = facts.console
    if facts.device.hello_version == 2 or ours.certificates != ():
        return
    if ours.elsewhere:
        proof = f"{ours.elsewhere} management certificates, none of them of this server."
        server = ours.server or "that provisions"
        yield NONE_HERE.found(Certainty.CERTAIN, proof, server=server, count=ours.elsewhere)
    elif ours.elsewhere == 0:
        yield NO_CERTIFICATE.found(Certainty.CERTAIN, "The zone has none.")


def credential(facts: Facts) -> Iterator[Cause]:
    """Return the causes of the password that the device is to get."""
    ours = facts.console
    if ours.has_credential is False:
        yield NO_CREDENTIAL.found(Certainty.CERTAIN, "The vault holds no active password of it.")
    elif ours.credential_opens is False:
        yield CREDENTIAL_CLOSED.found(Certainty.CERTAIN, "The vault does not open it here.")
    elif facts.device.has_own_password is False and ours.gives_password is False:
        proof = "Its hello says that MEBx still has the factory's password."
        yield FACTORY_PASSWORD.found(Certainty.CERTAIN, proof)


def our_clock(facts: Facts) -> Iterator[Cause]:
    """Return the cause of a server that is out of time."""
    off = facts.console.clock_off
    if off is not None and abs(off) > CLOCKS_APART:
        told = told_off(off)
        proof = f"Held against the database's clock, it is {told}."
        server = facts.console.server or "here"
        yield OUR_CLOCK.found(Certainty.LIKELY, proof, server=server, off=told)


def device_clock(facts: Facts) -> Iterator[Cause]:
    """Return the cause of a device to which our certificate is not in force."""
    off, ours = facts.device.clock_off, facts.console.certificates or ()
    leaves = [one.chain.links[0] for one in ours]
    if off is not None and leaves:
        theirs = facts.now + off
        if _is_in_force(leaves, facts.now) and not _is_in_force(leaves, theirs):
            proof = f"Its clock says {theirs:%Y-%m-%d %H:%M} UTC."
            yield DEVICE_CLOCK.found(Certainty.LIKELY, proof, off=told_off(off))
    elif off is None and _is_expired_to_it(facts, leaves):
        proof = "It broke off with certificate_expired, and ours is valid by our clock."
        yield DEVICE_CLOCK.found(Certainty.LIKELY, proof, off="far")


def _is_in_force(leaves: list[x509.Certificate], moment: datetime) -> bool:
    return any(one.not_valid_before_utc <= moment < one.not_valid_after_utc for one in leaves)


def _is_expired_to_it(facts: Facts, leaves: list[x509.Certificate]) -> bool:
    proving = facts.reach.proving
    is_told = proving is not None and proving.alert == "certificate_expired"
    return is_told and _is_in_force(leaves, facts.now)


def without_pki(facts: Facts) -> Iterator[Cause]:
    """Return the causes of devices that take a PID and PPS instead of a certificate."""
    device, ours = facts.device, facts.console
    if device.hello_version == 2:
        yield from _psk(device.key_id or "unknown", ours)
        return
    version = device.firmware
    if version is None or device.hello_version == 3:
        return
    told = ".".join(map(str, version))
    if firmware.generation(version) is None:
        yield NO_PKI.found(Certainty.CERTAIN, f"It is AMT {told}.", version=told)
    elif version < FIRST_WITH_PKI:
        proof = f"It is AMT {told}, and has said no hello with hashes."
        yield NO_PKI.found(Certainty.LIKELY, proof, version=told)


def _psk(pid: str, ours: ConsoleFacts) -> Iterator[Cause]:
    pid = f"{pid[:4]}-{pid[4:]}" if len(pid) == 8 else pid
    proof = f"Its hello is of version 2, with the PID {pid}."
    if ours.has_key_of_pid is False:
        yield PSK_UNKNOWN.found(Certainty.CERTAIN, proof, pid=pid)
    if ours.can_psk is False:
        yield PSK_PYTHON.found(Certainty.CERTAIN, proof, pid=pid)


def told_off(off: timedelta) -> str:
    """Return how far a clock is off, in words."""
    seconds, side = abs(off.total_seconds()), "ahead" if off > timedelta(0) else "behind"
    for size, word in ((31_557_600, "years"), (86_400, "days"), (3_600, "hours"), (60, "minutes")):
        if seconds >= 2 * size:
            return f"{seconds // size:.0f} {word} {side}"
    return f"{seconds:.0f} s {side}"


RULES = (certificates, credential, our_clock, device_clock, without_pki)
