"""The command line's options, checked, and the devices that they describe."""

import argparse
import math
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NoReturn

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from .device_spec import DeviceSpec
from .faults import MEANING, Fault
from .fleet import addresses
from .profiles import PROFILES, Profile
from .set_up import TrustedHash, trusted_hashes

PASSWORD_VARIABLE = "ZCC_SIMULATE_PASSWORD"  # noqa: S105 - the name of a variable
GOLDEN = 0.6180339887498949


@dataclass(frozen=True, slots=True)
class Options:
    """What was asked for."""

    specs: tuple[DeviceSpec, ...]
    log: Path | None
    key: Path | None
    processes: int  # 0: as many as sockets need
    part: tuple[int, int] | None  # of these processes this is one
    stick: Path | None = None  # a setup.bin that new devices boot from


def read_options(argv: Sequence[str] | None = None) -> Options:
    """Return the options; a wrong one ends the program with one line that names it."""
    parser = _parser()
    given = parser.parse_args(argv)
    try:
        _require_place(given.log)
        _require_place(given.key)
        password = _password(given)
        shared = DeviceSpec(
            address="",
            profile=given.profile,
            username=given.username,
            password=password,
            tls=given.tls,
            plain=given.plain,
            rmcp=given.rmcp,
            redirection=given.redirection,
            boot_ms=given.boot_ms,
            latency_ms=given.latency_ms,
            is_factory=bool(given.boot_from or given.hello_to or given.activated),
            hello_to=given.hello_to,
            is_activated=given.activated,
            hashes=trusted(given.trust, PROFILES[given.profile]),
            suffix=given.suffix,
            dhcp_suffix=given.dhcp_suffix,
        )
        if given.boot_from:
            _require_place(given.boot_from)
            given.boot_from.read_bytes()
        hosts = addresses(given.first, given.devices)
        faults = spread(given.faults, given.devices)
    except (ValueError, OSError) as error:
        parser.error(str(error))
    if not given.tls and not given.plain:
        parser.error("--no-tls and --no-plain together leave no port to listen on.")
    specs = tuple(
        replace(shared, address=host, faults=faulty)
        for host, faulty in zip(hosts, faults, strict=True)
    )
    return Options(
        specs,
        given.log,
        given.key,
        1 if given.boot_from else given.processes,
        given.part,
        given.boot_from,
    )


def trusted(files: Sequence[Path], profile: Profile) -> tuple[TrustedHash, ...]:
    """Return the hashes of root certificates, of the kinds that the firmware takes.

    Raises:
        OSError: a file cannot be read.
        ValueError: a file holds no certificate.
    """
    return tuple(
        one
        for file in files
        for one in trusted_hashes(_certificate(file), profile.major_minor, file.stem)
    )


def _certificate(file: Path) -> bytes:
    """Return the certificate in a file as DER."""
    data = file.read_bytes()
    try:
        is_pem = b"-----BEGIN" in data
        found = x509.load_pem_x509_certificate(data) if is_pem else None
        return (found or x509.load_der_x509_certificate(data)).public_bytes(Encoding.DER)
    except ValueError:
        raise ValueError(f"{file} holds no certificate.") from None


def spread(shares: Sequence[tuple[Fault, float]], count: int) -> list[frozenset[Fault]]:
    """Return the faults of each device: evenly spread, the same for the same arguments."""
    order = sorted(range(count), key=lambda index: math.fmod(index * GOLDEN, 1.0))
    faults: list[set[Fault]] = [set() for _ in range(count)]
    start = 0
    for fault, share in shares:  # one after the other, so that few devices have two
        hits = round(share * count)
        for rank in range(start, start + hits):
            faults[order[rank % count]].add(fault)
        start += hits
    return [frozenset(some) for some in faults]


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """End the program with one line; --help has the rest."""
        self.exit(2, f"{self.prog}: {message}\n")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="simulate", description="Simulate Intel AMT devices on loopback addresses."
    )
    add = parser.add_argument
    add("--devices", type=_count, default=24, metavar="N", help="how many (24)")
    add("--first", default="127.0.1.1", metavar="ADDRESS", help="address of the first (127.0.1.1)")
    add("--profile", type=_profile, default="16.1", help=f"firmware: {', '.join(PROFILES)}")
    add("--username", default="admin")
    add("--password", help=f"seen by all in the process list; better: ${PASSWORD_VARIABLE}")
    add("--password-file", type=Path, metavar="FILE")
    add("--latency-ms", type=_whole, default=0, metavar="MS", help="before each answer")
    add("--boot-ms", type=_whole, default=0, metavar="MS", help="until a host has booted")
    add(
        "--faults",
        type=_fault_share,
        action="append",
        default=[],
        metavar="NAME=SHARE",
        help=f"share (0 to 1) of the devices with a fault: {', '.join(Fault)}",
    )
    add("--log", type=Path, metavar="FILE", help="one JSON line per order executed")
    add("--key", type=Path, metavar="FILE", help="keep the TLS key, so certificates stay the same")
    add("--tls", action=argparse.BooleanOptionalAction, default=True, help="port 16993")
    add(
        "--plain",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="port 16992, also on firmware that comes with it closed (16.1 and newer)",
    )
    add("--rmcp", action=argparse.BooleanOptionalAction, default=True, help="UDP port 623")
    add(
        "--redirection",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="ports 16994 and 16995: a serial console",
    )
    add(
        "--boot-from",
        type=Path,
        metavar="FILE",
        help="a setup.bin: the devices come as from the factory, and each boots from it",
    )
    add(
        "--hello-to",
        type=_place,
        metavar="HOST:PORT",
        help="the devices come as from the factory and say hello there until they are set up",
    )
    add(
        "--activated",
        action="store_true",
        help="the devices come as from the factory and wait for a provisioning server on 16993",
    )
    add(
        "--trust",
        type=Path,
        action="append",
        default=[],
        metavar="FILE",
        help="a root certificate (PEM or DER) whose hashes they trust; may be given again",
    )
    add("--suffix", default="", metavar="DOMAIN", help="PKI DNS suffix, as MEBx holds it")
    add("--dhcp-suffix", default="", metavar="DOMAIN", help="DNS suffix, as DHCP gives it")
    add("--processes", type=_whole, default=0, metavar="N", help="0: as sockets need (0)")
    add("--part", type=_part, help=argparse.SUPPRESS)
    return parser


def _password(given: argparse.Namespace) -> str:
    if given.password is not None:
        return str(given.password)
    if given.password_file is not None:
        return str(given.password_file.read_text().rstrip("\r\n"))
    return os.environ.get(PASSWORD_VARIABLE, "P@ssw0rd")


def _require_place(file: Path | None) -> None:
    """Raise ValueError if ``file`` can be neither opened nor made."""
    if file is None:
        return
    if file.is_dir():
        raise ValueError(f"{file} is a folder, not a file.")
    if not file.parent.is_dir():
        raise ValueError(f"{file} cannot be written: there is no folder {file.parent}.")
    if not os.access(file if file.exists() else file.parent, os.W_OK):
        raise ValueError(f"{file} cannot be written: permission denied.")


def _place(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    if not host or not port.isdecimal() or not 0 < int(port) < 65536:
        raise argparse.ArgumentTypeError(f"{text!r} is not HOST:PORT")
    return host, int(port)


def _whole(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 0")
    return int(text)


def _count(text: str) -> int:
    if not _whole(text):
        raise argparse.ArgumentTypeError("at least 1")
    return int(text)


def _profile(text: str) -> str:
    if text not in PROFILES:
        raise argparse.ArgumentTypeError(f"{text!r} is not one of {', '.join(PROFILES)}")
    return text


def _fault_share(text: str) -> tuple[Fault, float]:
    name, _, share = text.partition("=")
    if name not in list(MEANING):
        raise argparse.ArgumentTypeError(f"{name!r} is not one of {', '.join(Fault)}")
    try:
        value = float(share or "1")
    except ValueError:
        value = -1.0
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError(f"the share {share!r} is not from 0 to 1")
    return Fault(name), value


def _part(text: str) -> tuple[int, int]:
    number, _, total = text.partition("/")
    return int(number), int(total)
