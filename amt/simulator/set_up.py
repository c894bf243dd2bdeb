"""How far a device is set up, and how firmware takes a setup.bin from a USB stick.

Written from amt-protocol.md 8 alone: the console's reader shares nothing with it.
"""

import hashlib
import re
from dataclasses import dataclass, field, replace
from enum import IntEnum, StrEnum

CHUNK = 512  # bytes
TYPES = {
    "b516fb7187cbf94ab441ca7b383578f9": 1,
    "96b28158cf6b724c8b91a15e512e99c4": 2,
    "a7f7f6c689c4f64793ede2e5020da51d": 3,
    "aaa93452e129a9448d4d081c07b96353": 4,
}
FACTORY_PASSWORD = "admin"  # noqa: S105 - what every new PC has
HASH_NAMES = {1: ("sha1", 20), 2: ("sha256", 32), 3: ("sha384", 48)}
ROOM_FOR_HASHES = 3


class State(IntEnum):
    """ProvisioningState."""

    PRE = 0
    IN = 1
    POST = 2


class ControlMode(IntEnum):
    """CurrentControlMode."""

    NONE = 0
    CLIENT = 1  # by a program on the host, without a certificate: less is allowed
    ADMIN = 2


class StickResult(StrEnum):
    """What the screen says after a boot from the stick."""

    APPLIED = "applied"
    NOT_FACTORY = "the device is set up already"
    NO_FILE = "no setup.bin that this firmware reads"
    ALL_USED = "no record left"
    WRONG_PASSWORD = "invalid password"  # noqa: S105
    WEAK_PASSWORD = "the new password breaks the rules"  # noqa: S105
    BAD_RECORD = "the record is not valid"


@dataclass(frozen=True, slots=True)
class TrustedHash:
    """The hash of a root that the device trusts."""

    name: str
    algorithm: str
    digest: bytes
    is_active: bool = True
    is_own: bool = False  # entered by a person or a stick; lost when the device is unprovisioned


def trusted_hashes(
    root: bytes, firmware: tuple[int, int], name: str = "Root", *, is_own: bool = True
) -> tuple[TrustedHash, ...]:
    """Return the hashes of a root (DER), one of each kind that ``firmware`` takes."""
    return tuple(
        TrustedHash(name, algorithm, hashlib.new(algorithm, root).digest(), is_own=is_own)
        for algorithm, _ in HASH_NAMES.values()
        if takes_hash(firmware, algorithm)
    )


@dataclass
class SetUp:
    """What MEBx holds."""

    state: State = State.POST
    password: str = field(default=FACTORY_PASSWORD, repr=False)
    is_small_business: bool = False
    remote_configuration: bool = True
    suffix: str = ""
    server_name: str = ""
    server_address: str = ""
    server_port: int = 9971
    host_name: str = ""
    domain: str = ""
    dhcp: bool = True
    hashes: list[TrustedHash] = field(default_factory=list)
    is_activated: bool = False  # told to send hello messages
    control_mode: ControlMode = ControlMode.ADMIN
    dhcp_suffix: str = ""  # option 15 of the wired network
    pid: str = ""  # eight characters, without the dash
    pps: str = field(default="", repr=False)  # 32 characters, without dashes
    otp: bytes = field(default=bytes(32), repr=False)

    @property
    def trusted_suffix(self) -> str:
        """Return what the name of a server's certificate has to end in."""
        return self.suffix or self.dhcp_suffix

    @property
    def awaits_server(self) -> bool:
        """Return whether it may open its set-up interface: remote configuration needs DHCP."""
        return self.is_activated and self.remote_configuration and self.dhcp

    def activated(self) -> "SetUp":
        """Return this as it is once it was told to look for a server, if it may."""
        told = replace(self, is_activated=True)
        return replace(told, state=State.IN) if told.awaits_server else told

    @property
    def is_done(self) -> bool:
        """Return whether the device answers on the network."""
        return self.state is State.POST


@dataclass(frozen=True)
class Taken:
    """What came of a boot from the stick, and the stick as it is afterwards."""

    result: StickResult
    stick: bytes
    set_up: SetUp | None = None


def boot_from(stick: bytes, now: SetUp, *, firmware: tuple[int, int]) -> Taken:
    """Return what a device of ``firmware`` that is ``now`` so makes of ``stick``."""
    if now.state is State.POST:
        return Taken(StickResult.NOT_FACTORY, stick)
    version = TYPES.get(stick[:16].hex(), 0)
    if not version or version > newest_version(firmware) or len(stick) < 2 * CHUNK:
        return Taken(StickResult.NO_FILE, stick)
    keeps_records = stick[26] & 1
    used = 0 if keeps_records else int.from_bytes(stick[32:36], "little")
    size = max(int.from_bytes(stick[36:38], "little"), 1) * CHUNK
    at = CHUNK + used * size
    record = stick[at : at + size]
    if used >= int.from_bytes(stick[28:32], "little") or len(record) < size:
        return Taken(StickResult.ALL_USED, stick)
    if record[0] != 1 or not record[4] & 1:
        return Taken(StickResult.BAD_RECORD, stick)
    result, after = _apply(_entries(record), now, firmware)
    if result is not StickResult.APPLIED or keeps_records:
        return Taken(result, stick, after)
    spent = bytearray(stick)
    spent[at + 4] &= 0xFE
    spent[32:36] = (used + 1).to_bytes(4, "little")
    return Taken(result, bytes(spent), after)


def newest_version(firmware: tuple[int, int]) -> int:
    """Return the newest version of the file that ``firmware`` reads."""
    return next(
        number for least, number in ((11, 4), (6, 3), (3, 2), (2, 1)) if firmware[0] >= least
    ) + (firmware[0] == 2 and firmware[1] >= 6)


def _entries(record: bytes) -> list[tuple[int, int, bytes]]:
    body = record[24:]
    if record[4] & 2:
        body = bytes((byte - 0x11) & 0xFF for byte in body)
    found, at = [], 0
    while at + 8 <= len(body) and (module := int.from_bytes(body[at : at + 2], "little")):
        variable = int.from_bytes(body[at + 2 : at + 4], "little")
        length = int.from_bytes(body[at + 4 : at + 6], "little")
        found.append((module, variable, body[at + 8 : at + 8 + length]))
        at += 8 + (length + 3) // 4 * 4
    return found


def _apply(
    entries: list[tuple[int, int, bytes]], now: SetUp, firmware: tuple[int, int]
) -> tuple[StickResult, SetUp | None]:
    if not entries or entries[0][:2] != (1, 1):
        return StickResult.BAD_RECORD, None
    if entries[0][2] != now.password.encode():
        return StickResult.WRONG_PASSWORD, None
    values = {(module, variable): value for module, variable, value in entries[1:]}
    password = values.get((1, 2), b"").decode("ascii", "replace") or now.password
    if not is_strong(password):
        return StickResult.WEAK_PASSWORD, None
    order = [(module, variable) for module, variable, _ in entries]
    if (1, 3) in order and any(module == 2 for module, _ in order[: order.index((1, 3))]):
        return StickResult.BAD_RECORD, None
    hashes = _hashes(entries, firmware)
    if hashes is None or len(hashes) > ROOM_FOR_HASHES:
        return StickResult.BAD_RECORD, None
    return StickResult.APPLIED, _after(values, now, password, hashes)


def _after(
    values: dict[tuple[int, int], bytes], now: SetUp, password: str, hashes: list[TrustedHash]
) -> SetUp:
    def text(variable: int, before: str) -> str:
        return values.get((2, variable), before.encode()).decode("ascii", "replace")

    def number(variable: int, before: int) -> int:
        return int.from_bytes(values.get((2, variable), before.to_bytes(2, "little")), "little")

    small = number(16, 1) == 2
    by_hand = small or number(29, 0) == 1
    after = replace(
        now,
        state=State.POST if by_hand else State.PRE,
        control_mode=ControlMode.ADMIN if by_hand else ControlMode.NONE,
        password=password,
        is_small_business=small,
        remote_configuration=bool(number(5, int(now.remote_configuration))),
        suffix=text(3, now.suffix),
        server_name=text(4, now.server_name),
        server_address=".".join(map(str, values.get((2, 17), b""))) or now.server_address,
        server_port=number(18, now.server_port),
        host_name=text(11, now.host_name),
        domain=text(12, now.domain),
        dhcp=number(13, 2) == 2,
        hashes=[*(one for one in now.hashes if number(6, 1) or one.is_own), *hashes],
        is_activated=bool(number(28, int(now.is_activated))),
        pid=text(1, now.pid),
        pps=text(2, now.pps),
    )
    return after.activated() if after.awaits_server and not by_hand else after


def _hashes(
    entries: list[tuple[int, int, bytes]], firmware: tuple[int, int]
) -> list[TrustedHash] | None:
    """Return the hashes to be added; None where firmware refuses one of them."""
    found: list[TrustedHash] = []
    allowed = False
    for module, variable, value in entries:
        if (module, variable) == (2, 7):
            allowed = value == b"\x01"
        if (module, variable) != (2, 8):
            continue
        one = _hash(value)
        if not allowed or one is None or not takes_hash(firmware, one.algorithm):
            return None
        found.append(one)
    return found


def _hash(value: bytes) -> TrustedHash | None:
    name, length = HASH_NAMES.get(value[0] if value else 0, ("", 0))
    if not name or len(value) < length + 2:
        return None
    digest, size = value[1 : length + 1], value[length + 1]
    label = value[length + 2 : length + 2 + size].decode("ascii", "replace")
    return TrustedHash(label, name, digest, is_own=True) if len(label) == size else None


def takes_hash(firmware: tuple[int, int], algorithm: str) -> bool:
    """Return whether ``firmware`` takes hashes of this kind (7.2)."""
    first, last = {"sha1": (2, 15), "sha256": (6, 21), "sha384": (16, 999)}[algorithm]
    return first <= firmware[0] <= last


def is_strong(password: str) -> bool:
    """Return whether MEBx takes this password (7.8)."""
    kinds = ("[a-z]", "[A-Z]", "[0-9]", r"[^A-Za-z0-9_\s]")
    return 8 <= len(password) <= 32 and all(re.search(kind, password) for kind in kinds)
