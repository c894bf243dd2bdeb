"""setup.bin, the file on a USB stick that firmware sets itself up from: bytes to values and back.

The values are those of ``setup_variables``. What is read is written again as the same bytes.
Source: amt-protocol.md 8.
"""

import struct
from dataclasses import dataclass, field, replace

CHUNK = 512  # bytes
MOST_RECORDS = 20_000
HEADER = struct.Struct("<16s H H I B B H I I H H")
RECORD = struct.Struct("<I I 8s H H I")
ENTRY = struct.Struct("<H H H H")
FILE_TYPES = {
    1: bytes.fromhex("b516fb7187cbf94ab441ca7b383578f9"),
    2: bytes.fromhex("96b28158cf6b724c8b91a15e512e99c4"),
    3: bytes.fromhex("a7f7f6c689c4f64793ede2e5020da51d"),
    4: bytes.fromhex("aaa93452e129a9448d4d081c07b96353"),
}
KEEPS_RECORDS = 1  # flag of the file: a record is not consumed by the PC that used it
VALID, SCRAMBLED = 1, 2  # flags of a record
SHIFT = 0x11  # of a scrambled byte
DATA_RECORD = 1


class SetupFileError(Exception):
    """The bytes are no setup.bin, or the values do not fit into one; the text is for people."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One variable and its value, as it stands in a record."""

    module: int
    variable: int
    value: bytes = field(repr=False)  # may be a password
    reserved: int = 0

    @property
    def key(self) -> tuple[int, int]:
        return self.module, self.variable

    @property
    def size(self) -> int:
        """Return the bytes it takes, padding included."""
        return ENTRY.size + (len(self.value) + 3) // 4 * 4


@dataclass(frozen=True, slots=True)
class Record:
    """What one PC is told."""

    entries: tuple[Entry, ...]
    number: int = 1
    flags: int = VALID | SCRAMBLED
    kind: int = DATA_RECORD
    reserved: bytes = bytes(8)
    chunks: int = 1
    header_bytes: int = RECORD.size
    rest: bytes = field(default=b"", repr=False)  # after the entries, zeros at its end left out

    @property
    def is_valid(self) -> bool:
        """Return whether it is still to be used."""
        return bool(self.flags & VALID) and self.kind == DATA_RECORD

    @property
    def is_scrambled(self) -> bool:
        return bool(self.flags & SCRAMBLED)

    def get(self, key: tuple[int, int]) -> bytes | None:
        """Return the value of the first entry of this variable."""
        return next((entry.value for entry in self.entries if entry.key == key), None)


@dataclass(frozen=True, slots=True)
class SetupFile:
    """A whole file."""

    records: tuple[Record, ...]
    version: tuple[int, int] = (4, 0)
    flags: int = KEEPS_RECORDS
    consumed: int = 0
    modules: bytes = field(default=b"\x01\x00\x02\x00", repr=False)  # u16 each, as they stand
    header_bytes: int = 0  # 0: as it follows from the modules
    chunks: int = 1
    chunks_per_record: int = 1
    number: int = 0
    reserved: int = 0

    @property
    def is_consumable(self) -> bool:
        """Return whether each PC uses a record up, so that the next one takes the next."""
        return not self.flags & KEEPS_RECORDS


def read(data: bytes) -> SetupFile:
    """Return what ``data`` holds.

    Raises:
        SetupFileError: it is no setup.bin, or a broken one.
    """
    if len(data) < CHUNK:
        raise SetupFileError(f"A setup.bin has at least {CHUNK} bytes, this file {len(data)}.")
    (
        kind,
        chunks,
        header_bytes,
        number,
        major,
        minor,
        flags,
        count,
        consumed,
        per_record,
        spare,
    ) = HEADER.unpack_from(data)
    if kind != FILE_TYPES.get(major):
        if kind not in FILE_TYPES.values():
            raise SetupFileError("The file does not begin as a setup.bin does.")
        raise SetupFileError(f"The file is marked as version {major}, its type is another one.")
    if count > MOST_RECORDS:
        raise SetupFileError(f"The file promises {count:,} records; {MOST_RECORDS:,} at most.")
    size = (per_record or 1) * CHUNK
    if len(data) != (chunks or 1) * CHUNK + count * size:
        held = (len(data) - CHUNK) // size
        raise SetupFileError(f"The file promises {count:,} records and has room for {held:,}.")
    if consumed > count:
        raise SetupFileError(f"The file says that {consumed:,} of {count:,} records were used.")
    start = (chunks or 1) * CHUNK
    records = tuple(
        _read_record(data[at : at + size]) for at in range(start, start + count * size, size)
    )
    return SetupFile(
        records,
        version=(major, minor),
        flags=flags,
        consumed=consumed,
        modules=data[HEADER.size : start].rstrip(b"\0"),
        header_bytes=header_bytes,
        chunks=chunks,
        chunks_per_record=per_record,
        number=number,
        reserved=spare,
    )


def write(file: SetupFile) -> bytes:
    """Return ``file`` as bytes.

    Raises:
        SetupFileError: a record has no room for its entries.
    """
    major, minor = file.version
    if major not in FILE_TYPES:
        raise SetupFileError(f"There is no version {major} of setup.bin.")
    modules = file.modules + bytes(len(file.modules) % 2)
    head = HEADER.pack(
        FILE_TYPES[major],
        file.chunks,
        file.header_bytes or HEADER.size + len(modules) + 2,
        file.number,
        major,
        minor,
        file.flags,
        len(file.records),
        file.consumed,
        file.chunks_per_record,
        file.reserved,
    )
    size = (file.chunks_per_record or 1) * CHUNK
    padded = (head + file.modules).ljust((file.chunks or 1) * CHUNK, b"\0")
    return padded + b"".join(_write_record(record, size) for record in file.records)


def consume(file: SetupFile) -> SetupFile:
    """Return ``file`` after a PC has used its next record up (8.5)."""
    used = file.records[file.consumed]
    spent = replace(used, flags=used.flags & ~VALID)
    records = (*file.records[: file.consumed], spent, *file.records[file.consumed + 1 :])
    return replace(file, records=records, consumed=file.consumed + 1)


def _read_record(data: bytes) -> Record:
    kind, flags, reserved, chunks, header_bytes, number = RECORD.unpack_from(data)
    body = data[RECORD.size :]
    if flags & SCRAMBLED:
        body = _shifted(body, -SHIFT)
    entries, end = _read_entries(body, number)
    rest = body[end:].rstrip(b"\0")
    return Record(
        *(entries, number, flags, kind, reserved, chunks, header_bytes),
        rest=rest,
    )


def _read_entries(body: bytes, number: int) -> tuple[tuple[Entry, ...], int]:
    """Return the entries and where they end; module 0 ends the list."""
    entries: list[Entry] = []
    at = 0
    while at + ENTRY.size <= len(body):
        module, variable, length, reserved = ENTRY.unpack_from(body, at)
        if module == 0:
            break
        entry = Entry(module, variable, body[at + ENTRY.size :][:length], reserved)
        if len(entry.value) < length or at + entry.size > len(body):
            raise SetupFileError(f"Record {number}: variable {module}/{variable} has no end.")
        if any(body[at + ENTRY.size + length : at + entry.size]):
            raise SetupFileError(f"Record {number}: variable {module}/{variable} is not padded.")
        entries.append(entry)
        at += entry.size
    return tuple(entries), at


def _write_record(record: Record, size: int) -> bytes:
    body = b"".join(
        (ENTRY.pack(*entry.key, len(entry.value), entry.reserved) + entry.value).ljust(
            entry.size, b"\0"
        )
        for entry in record.entries
    )
    room = size - RECORD.size
    if len(body) + len(record.rest) > room:
        raise SetupFileError(
            f"Record {record.number} takes {len(body)} bytes; there is room for {room}. "
            "Shorten names, or leave a hash out."
        )
    filled = (body + record.rest).ljust(room, b"\0")
    if record.is_scrambled:
        filled = _shifted(filled, SHIFT)
    head = RECORD.pack(
        *(record.kind, record.flags, record.reserved),
        *(record.chunks, record.header_bytes, record.number),
    )
    return head + filled


def _shifted(data: bytes, by: int) -> bytes:
    return bytes((byte + by) % 256 for byte in data)
