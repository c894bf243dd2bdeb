"""The audit log (AMT_AuditLog): who did what on a device, from where."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from amt.protocol.errors import AmtReturnValue
from amt.protocol.wsman.audit_text import describe
from amt.protocol.wsman.session import Session

CLASS = "AMT_AuditLog"
NO_SUCH_INDEX = 35
MOST_READS = 200  # of ten records at most: a device that lies about its total ends us, too
DIGEST, KERBEROS, LOCAL, KVM_PORT = range(4)  # who acted
INITIATORS = {KERBEROS: "Kerberos account", LOCAL: "local", KVM_PORT: "KVM default port"}


@dataclass(frozen=True, slots=True)
class AuditRecord:
    """One record. ``at`` is by the clock of the Management Engine; None if it had none."""

    application: int
    event: int
    initiator: str  # the login, or what acted without one
    at: datetime | None
    address: str  # from where; empty for what came from the PC itself
    extended: bytes
    text: str


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
        ValueError: it ends within a field.

    Source: amt-protocol.md 10.3; all numbers are big-endian.
    """
    reader = _Reader(raw)
    application, event = reader.number(2), reader.number(2)
    initiator = _initiator(reader)
    seconds = reader.number(4)
    reader.take(1)  # the kind of address; its text says it, too
    address = reader.counted().decode("ascii", "replace").strip("\0 ")
    extended = reader.counted()
    return AuditRecord(
        application=application,
        event=event,
        initiator=initiator,
        at=None if seconds in (0, 0xFFFFFFFF) else datetime.fromtimestamp(seconds, UTC),
        address=address,
        extended=extended,
        text=describe(application, event, extended),
    )


def _initiator(reader: _Reader) -> str:
    kind = reader.number(1)
    if kind == DIGEST:
        return reader.counted().decode("utf-8", "replace")
    if kind == KERBEROS:
        reader.take(4)
        return f"{INITIATORS[KERBEROS]} {reader.counted().hex()}"
    return INITIATORS.get(kind, f"initiator {kind}")


async def read_audit_records(session: Session, limit: int = 500) -> list[AuditRecord]:
    """Return the newest ``limit`` records, newest first; those that are cut off are left out.

    Raises:
        AmtFault: the firmware has no audit log (before 5.0), or the account may not read it.
        AmtReturnValue: it may not be read (16).
    """
    total = await _total(session)
    start, found = max(1, total - limit + 1), []
    for _ in range(MOST_READS):
        if start > total:
            break
        page = await session.invoke(CLASS, "ReadRecords", {"StartIndex": start}, is_read=True)
        raw = [one for one in page.all("EventRecords") if isinstance(one, bytes) and one]
        if not raw:
            break
        found += raw
        start += len(raw)
    decoded = [record for one in found if (record := _decoded(one))]
    return decoded[: -limit - 1 : -1]


async def _total(session: Session) -> int:
    """Return how many records there are: every answer tells it."""
    try:
        page = await session.invoke(CLASS, "ReadRecords", {"StartIndex": 1}, is_read=True)
    except AmtReturnValue as error:
        if error.value == NO_SUCH_INDEX:
            return 0
        raise
    return page.integer_or_none("TotalRecordCount") or 0


def _decoded(raw: bytes) -> AuditRecord | None:
    try:
        return decode_audit_record(raw)
    except (ValueError, OverflowError, OSError):
        return None
