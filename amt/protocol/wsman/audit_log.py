"""The audit log (AMT_AuditLog): who did what on a device, from where."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from amt.protocol.errors import AmtReturnValue
from amt.protocol.wsman.audit_text import describe
from amt.protocol.wsman.session import Session

CLASS = "AMT_AuditLog"
NO_SUCH_INDEX = 35
READ = frozenset({0, 1})  # both answer with records
MOST_READS = 200  # of ten records at most: a device that lies about its total ends us, too
LAST_INDEX = 0xFFFF_FFFF
DIGEST, KERBEROS, LOCAL, KVM_PORT = range(4)  # who acted
WITHOUT_NAME = {LOCAL: "local", KVM_PORT: "KVM default port"}


@dataclass(frozen=True, slots=True)
class AuditRecord:
    """One record. ``at`` is by the clock of the Management Engine; None if it had none."""

    application: int
    event: int
    kind: int  # of initiator: DIGEST, KERBEROS, LOCAL or KVM_PORT
    initiator: str  # the login or SID, or what acted without one
    at: datetime | None
    address: str  # from where; empty for what came from the PC itself
    extended: bytes
    text: str


@dataclass(frozen=True, slots=True)
class AuditReading:
    """The newest records, newest first, and how many could not be made out."""

    records: tuple[AuditRecord, ...] = ()
    skipped: int = 0


class _Reader:
    """Takes fields from the front of a record."""

    def __init__(self, raw: bytes) -> None:
        self._raw, self._at = raw, 0

    def take(self, count: int) -> bytes:
        found = self._raw[self._at : self._at + count]
        if len(found) < count:
            raise ValueError(f"The record ends after {len(self._raw)} bytes, within a field.")
        self._at += count
        return found

    def number(self, count: int) -> int:
        return int.from_bytes(self.take(count), "big")

    def counted(self) -> bytes:
        return self.take(self.number(1))


def decode_audit_record(raw: bytes) -> AuditRecord:
    """Return what one record says.

    Raises:
        ValueError: it ends within a field, or its initiator is of no known kind.

    Source: amt-protocol.md 10.3; all numbers are big-endian.
    """
    reader = _Reader(raw)
    application, event, kind = reader.number(2), reader.number(2), reader.number(1)
    initiator = _initiator(kind, reader)
    seconds = reader.number(4)
    reader.take(1)  # the kind of address; its text says it, too
    address = _text(reader.counted())
    extended = reader.counted()
    return AuditRecord(
        application=application,
        event=event,
        kind=kind,
        initiator=initiator,
        at=None if seconds in (0, 0xFFFFFFFF) else datetime.fromtimestamp(seconds, UTC),
        address=address,
        extended=extended,
        text=describe(application, event, extended),
    )


def _initiator(kind: int, reader: _Reader) -> str:
    if kind == DIGEST:
        return _text(reader.counted())
    if kind == KERBEROS:
        reader.take(4)  # the user's number in the domain: not kept
        return _sid(reader.counted())
    if kind not in WITHOUT_NAME:
        raise ValueError(f"Initiator {kind} is of no known kind: what follows cannot be told.")
    return WITHOUT_NAME[kind]


def _text(raw: bytes) -> str:
    """Return text of a device without characters that a page or a database would choke on."""
    text = raw.decode("utf-8", "replace").strip("\0 ")
    return "".join(one if one.isprintable() else "\N{REPLACEMENT CHARACTER}" for one in text)


def _sid(raw: bytes) -> str:
    """Return a Windows security identifier as it is written, others in hexadecimal.

    Source: MS-DTYP 2.4.2.2.
    """
    if len(raw) < 8 or raw[0] != 1 or len(raw) != 8 + 4 * raw[1]:
        return raw.hex()
    parts = [int.from_bytes(raw[at : at + 4], "little") for at in range(8, len(raw), 4)]
    return "-".join(["S-1", *map(str, [int.from_bytes(raw[2:8], "big"), *parts])])


async def read_audit_records(session: Session, limit: int = 500) -> AuditReading:
    """Return the newest ``limit`` records, newest first, in at most MOST_READS round trips.

    Raises:
        AmtFault: the firmware has no audit log (before 5.0), or the account may not read it.
        AmtReturnValue: it may not be read (16).

    Source: amt-protocol.md 10.3.
    """
    if limit < 1:
        return AuditReading()
    raw = (await _read_on(session, limit))[-limit:]
    decoded = [_decoded(one) for one in reversed(raw)]
    records = tuple(record for record in decoded if record)
    return AuditReading(records, skipped=len(decoded) - len(records))


async def _read_on(session: Session, limit: int) -> list[object]:
    """Return raw records from the first of the newest ``limit`` to the end, oldest first."""
    first, total = await _page(session, 1)
    wanted = total - limit + 1
    found, start = (first, len(first) + 1) if wanted <= len(first) + 1 else ([], wanted)
    for _ in range(MOST_READS - 1):
        if not first or start > min(total, LAST_INDEX):
            break
        page, _ = await _page(session, start)
        if not page:
            break
        found = found + page
        start += len(page)
    return found or first


async def _page(session: Session, start: int) -> tuple[list[object], int]:
    """Return the raw records from the 1-based ``start`` on, and how many the device says it has."""
    try:
        page = await session.invoke(
            CLASS, "ReadRecords", {"StartIndex": start}, accepted=READ, is_read=True
        )
    except AmtReturnValue as error:
        if error.value == NO_SUCH_INDEX:
            return [], 0
        raise
    records = [one for one in page.all("EventRecords") if one]
    return records, page.integer_or_none("TotalRecordCount") or 0


def _decoded(raw: object) -> AuditRecord | None:
    """Return a record; None for one that is no base64 or says nothing that can be made out."""
    try:
        return decode_audit_record(raw) if isinstance(raw, bytes) else None
    except ValueError:
        return None
