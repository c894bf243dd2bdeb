"""The variables of setup.bin: numbers, kinds, limits, the version that knows them, USBFile's words.

Source: amt-protocol.md 8.3 and 8.4.
"""

import ipaddress
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from amt.protocol.setup_bin import Entry, Record, SetupFileError

Key = tuple[int, int]
Version = tuple[int, int]
CURRENT_PASSWORD, NEW_PASSWORD = (1, 1), (1, 2)
MANAGEABILITY = (1, 3)
PID, PPS = (2, 1), (2, 2)
DNS_SUFFIX, SERVER_NAME, REMOTE_CONFIGURATION = (2, 3), (2, 4), (2, 5)
FACTORY_HASHES, OWN_HASHES, HASH = (2, 6), (2, 7), (2, 8)
HOST_NAME, DOMAIN, DHCP = (2, 11), (2, 12), (2, 13)
MODE, SERVER_ADDRESS, SERVER_PORT = (2, 16), (2, 17), (2, 18)
START, MANUAL = (2, 28), (2, 29)
SECRET = {CURRENT_PASSWORD, NEW_PASSWORD, PPS, (2, 33)}
MOST_HASHES = 3
NAME_BYTES = 32  # of a hash


class Kind(StrEnum):
    TEXT = "text"
    BYTES = "bytes"
    BYTE = "byte"
    SHORT = "short"
    INT = "int"
    GUID = "guid"


@dataclass(frozen=True, slots=True)
class Variable:
    """One variable: what it is called, which values it takes, since which version of the file."""

    key: Key
    name: str
    kind: Kind
    since: Version
    option: str = ""  # of Intel's USBFile
    values: Mapping[int, str] | None = None
    longest: int = 0  # bytes; 0: no limit of its own


V1, V2, V2_1, V3, V4 = (1, 0), (2, 0), (2, 1), (3, 0), (4, 0)
OFF_ON = {0: "off", 1: "on"}
ALL = (
    Variable((1, 1), "Current MEBx password", Kind.TEXT, V1, longest=32),
    Variable((1, 2), "New MEBx password", Kind.TEXT, V1, longest=32),
    Variable(
        *((1, 3), "Manageability feature selection", Kind.BYTE, V2_1, "amt"),
        {0: "none", 1: "Intel AMT"},
    ),
    Variable(
        *((1, 4), "Firmware local update", Kind.BYTE, V2_1, "fwu"),
        {0: "off", 1: "on", 2: "with password"},
    ),
    Variable(
        *((1, 5), "Firmware update qualifier", Kind.BYTE, V2_1, "fwuq"),
        {0: "always", 1: "never", 2: "restricted"},
    ),
    Variable((1, 6), "Power package", Kind.GUID, V2_1, "pp"),
    Variable((2, 1), "Provisioning key id (PID)", Kind.TEXT, V1, "pid", longest=8),
    Variable((2, 2), "Provisioning key (PPS)", Kind.TEXT, V1, "pps", longest=32),
    Variable((2, 3), "PKI DNS suffix", Kind.TEXT, V2, "dns", longest=255),
    Variable((2, 4), "Configuration server FQDN", Kind.TEXT, V2, "fqdn", longest=255),
    Variable((2, 5), "Remote configuration", Kind.BYTE, V2, "ztc", OFF_ON),
    Variable((2, 6), "Pre-installed certificate hashes", Kind.BYTE, V2, "dhash", OFF_ON),
    Variable(
        *((2, 7), "User-defined certificate hashes", Kind.BYTE, V2, ""),
        {0: "off", 1: "on", 2: "delete"},
    ),
    Variable((2, 8), "User-defined certificate hash", Kind.BYTES, V2, "hash"),
    Variable(
        *((2, 10), "SOL and IDER", Kind.BYTE, V2, "redir"),
        {
            **{0: "off", 1: "SOL", 2: "IDER", 3: "SOL and IDER"},
            **{4: "off, with password", 5: "SOL, with password", 6: "IDER, with password"},
            7: "SOL and IDER, with password",
        },
    ),
    Variable((2, 11), "Host name", Kind.TEXT, V2_1, "hostname", longest=63),
    Variable((2, 12), "Domain name", Kind.TEXT, V2_1, "domname", longest=255),
    Variable((2, 13), "DHCP", Kind.BYTE, V2_1, "dhcp", {1: "off", 2: "on"}),
    Variable((2, 14), "Secure firmware update", Kind.BYTE, V2_1, "sfwu", OFF_ON),
    Variable((2, 15), "Idle time-out, minutes", Kind.SHORT, V2_1, "ito"),
    Variable(
        *((2, 16), "Provisioning mode", Kind.BYTE, V2_1, "pm"),
        {1: "Enterprise", 2: "Small Business"},
    ),
    Variable((2, 17), "Provisioning server address", Kind.BYTES, V2_1, "psadd"),
    Variable((2, 18), "Provisioning server port", Kind.SHORT, V2_1, "pspo"),
    Variable((2, 19), "Static IPv4 parameters", Kind.BYTES, V2_1, "ipv4"),
    Variable((2, 20), "VLAN", Kind.SHORT, V2_1, "vlan"),
    Variable(
        *((2, 21), "Password policy", Kind.BYTE, V2_1, "passPolicyFlag"),
        {0: "default", 1: "closed once set up", 2: "always open"},
    ),
    Variable((2, 22), "IPv6", Kind.BYTES, V3, "ipv6", longest=204),
    Variable((2, 23), "Host name shared with the OS", Kind.BYTE, V3, "fqdnMode", OFF_ON),
    Variable((2, 24), "Dynamic DNS update", Kind.BYTE, V3, "ddns", OFF_ON),
    Variable((2, 25), "Remote desktop (KVM)", Kind.BYTE, V3, "kvm", OFF_ON),
    Variable(
        *((2, 26), "User consent", Kind.BYTE, V3, "userOptIn"),
        {0: "none", 1: "for KVM", 255: "for all"},
    ),
    Variable((2, 27), "Consent changed remotely", Kind.BYTE, V3, "remoteOptIn", OFF_ON),
    Variable(
        *((2, 28), "Provisioning", Kind.BYTE, V3, "meHalt"),
        {0: "halted", 1: "started"},
    ),
    Variable(
        *((2, 29), "Set-up", Kind.BYTE, V4, "manual"),
        {0: "by a server", 1: "by hand"},
    ),
    Variable((2, 30), "Support channel id", Kind.INT, V4),
    Variable((2, 31), "Support channel description", Kind.TEXT, V4, longest=60),
    Variable((2, 32), "Service account number", Kind.TEXT, V4, longest=32),
    Variable((2, 33), "Enrolment passcode", Kind.TEXT, V4, longest=32),
    Variable((2, 34), "Service type", Kind.INT, V4),
    Variable((2, 35), "Service provider id", Kind.GUID, V4),
)
VARIABLES: dict[Key, Variable] = {variable.key: variable for variable in ALL}
BY_OPTION = {variable.option: variable for variable in ALL if variable.option}
HASH_BYTES = {"sha1": (1, 20), "sha256": (2, 32), "sha384": (3, 48)}  # number and length


def entry(key: Key, value: str | int | bytes) -> Entry:
    """Return the entry of a variable with ``value`` (text, number, or the bytes themselves).

    Raises:
        SetupFileError: the variable does not take that value.
    """
    variable = VARIABLES[key]
    try:
        data = _ENCODERS[variable.kind](value)
    except (ValueError, struct.error):
        raise SetupFileError(f"{variable.name} is {_wanted(variable)}.") from None
    if variable.longest and len(data) > variable.longest:
        raise SetupFileError(f"{variable.name} is at most {variable.longest} characters long.")
    if variable.values and int.from_bytes(data, "little") not in variable.values:
        raise SetupFileError(f"{variable.name} is {_wanted(variable)}.")
    return Entry(*key, data)


def hash_entry(algorithm: str, digest: bytes, name: str) -> Entry:
    """Return the entry that puts the hash of a root into the firmware.

    Raises:
        SetupFileError: the hash has another length, or its name is too long.
    """
    number, length = HASH_BYTES[algorithm]
    if len(digest) != length:
        raise SetupFileError(f"A {algorithm.upper()} hash has {length} bytes, not {len(digest)}.")
    text = _text(name)
    if not 1 <= len(text) <= NAME_BYTES:
        raise SetupFileError(f"The name of a hash has 1 to {NAME_BYTES} characters.")
    return Entry(*HASH, bytes([number]) + digest + bytes([len(text)]) + text)


def address_bytes(text: str) -> bytes:
    """Return an IP address as the variable *Provisioning server address* holds it.

    Raises:
        SetupFileError: it is none.
    """
    try:
        return ipaddress.ip_address(text).packed
    except ValueError:
        raise SetupFileError(f"{text!r} is no IP address.") from None


def static_ipv4(text: str) -> bytes:
    """Return "address,mask,gateway[,dns[,dns]]" as the five addresses of *Static IPv4*.

    Raises:
        SetupFileError: one of them is no address, or there are more or fewer.
    """
    parts = [part.strip() for part in text.split(",")]
    if not 3 <= len(parts) <= 5:
        raise SetupFileError("Static IPv4 parameters are address, mask, gateway and up to two DNS.")
    packed = [address_bytes(part) for part in parts + ["0.0.0.0"] * (5 - len(parts))]  # noqa: S104
    if any(len(one) != 4 for one in packed):
        raise SetupFileError("Static IPv4 parameters are IPv4 addresses.")
    return b"".join(packed)


def in_order(entries: list[Entry]) -> tuple[Entry, ...]:
    """Return the entries as firmware wants them: passwords first, then by number."""
    return tuple(sorted(entries, key=lambda one: one.key))


def check(record: Record, version: Version) -> None:
    """Raise a SetupFileError for what ``version`` of the file does not know, or for bad company."""
    for one in record.entries:
        variable = VARIABLES.get(one.key)
        if variable and variable.since > version:
            needed = ".".join(map(str, variable.since)).removesuffix(".0")
            raise SetupFileError(f"{variable.name} needs version {needed} of setup.bin.")
        if one.key == HASH and one.value[0] > 1 and version < V3:
            raise SetupFileError("Version 2 of setup.bin takes SHA-1 hashes only.")
    if sum(one.key == HASH for one in record.entries) > MOST_HASHES:
        raise SetupFileError(f"Firmware has room for {MOST_HASHES} hashes of your own.")
    if record.get(CURRENT_PASSWORD) == b"admin" and record.get(NEW_PASSWORD) in (None, b"admin"):
        raise SetupFileError("The factory password admin has to be replaced by a new one.")


def told(one: Entry) -> str:
    """Return the value of an entry as people read it; a secret is not told."""
    variable = VARIABLES.get(one.key)
    if one.key in SECRET:
        return "kept secret"
    if variable is None:
        return one.value.hex()
    if one.key == HASH:
        return _told_hash(one.value)
    if one.key == SERVER_ADDRESS and len(one.value) in (4, 16):
        return str(ipaddress.ip_address(one.value))
    return _told(variable, one.value)


def _told(variable: Variable, data: bytes) -> str:
    if variable.kind is Kind.TEXT:
        return data.decode("ascii", "replace")
    if variable.kind is Kind.GUID and len(data) == 16:
        return str(UUID(bytes_le=data))
    if variable.kind in SIZES and len(data) == SIZES[variable.kind]:
        number = int.from_bytes(data, "little")
        return (variable.values or {}).get(number, str(number))
    return data.hex()


def _told_hash(data: bytes) -> str:
    for name, (number, length) in HASH_BYTES.items():
        if data[:1] == bytes([number]) and len(data) > length + 1:
            digits = data[1 : length + 1].hex().upper()
            return f"{data[length + 2 :].decode('ascii', 'replace')}: {name.upper()} {digits}"
    return data.hex()


def _wanted(variable: Variable) -> str:
    if variable.values:
        return " or ".join(f"{number} ({text})" for number, text in variable.values.items())
    return {
        Kind.TEXT: "text of a US keyboard",
        Kind.GUID: "a GUID",
        Kind.SHORT: "a number from 0 to 65535",
        Kind.INT: "a number from 0 to 4294967295",
    }.get(variable.kind, "something else")


def _text(value: str | int | bytes) -> bytes:
    if isinstance(value, bytes):
        return value
    text = str(value)
    if not text.isascii() or not text.isprintable():
        raise ValueError
    return text.encode("ascii")


def _number(form: str) -> Callable[[str | int | bytes], bytes]:
    def encode(value: str | int | bytes) -> bytes:
        return value if isinstance(value, bytes) else struct.pack(form, int(value))

    return encode


def _guid(value: str | int | bytes) -> bytes:
    return value if isinstance(value, bytes) else UUID(str(value)).bytes_le


SIZES = {Kind.BYTE: 1, Kind.SHORT: 2, Kind.INT: 4}
_ENCODERS: dict[Kind, Callable[[str | int | bytes], bytes]] = {
    Kind.TEXT: _text,
    Kind.BYTES: _text,
    Kind.BYTE: _number("<B"),
    Kind.SHORT: _number("<H"),
    Kind.INT: _number("<I"),
    Kind.GUID: _guid,
}
