"""The event log of a device: 21-byte records in the Management Engine's clock, newest first."""

import struct
from collections import deque
from collections.abc import Callable, Sequence

MAX_RECORDS = 390
BIOS, ENGINE = 34, 35  # entities
AUTHENTICATION, FIRMWARE = 6, 15  # sensor types
PROGRESS = 2  # event offset of the firmware sensor
MEMORY_INIT, PCI_CONFIGURATION, STARTING_OS = 1, 7, 19
INFORMATION, NON_CRITICAL = 1, 8


class EventLog:
    """At most 390 records; the oldest give way. ``on_event`` is told each event, also if frozen."""

    def __init__(self, on_event: Callable[[bytes], None] = lambda record: None) -> None:
        self._on_event = on_event
        self._records: deque[bytes] = deque(maxlen=MAX_RECORDS)
        self.is_frozen = False

    def __len__(self) -> int:
        return len(self._records)

    def add(
        self, when: float, sensor: int, offset: int, severity: int, entity: int, data: Sequence[int]
    ) -> None:
        """Write any event at ``when`` (seconds since 1970); ``data`` is up to eight bytes."""
        head = struct.pack("<I", int(when))
        event = bytes((0xFF, sensor, 0x6F, offset, 0x68, severity, 0xFF, entity, 0))
        record = head + event + bytes(data).ljust(8, b"\0")
        if not self.is_frozen:
            self._records.append(record)
        self._on_event(record)

    def add_progress(self, when: float, step: int) -> None:
        """Write that the BIOS reached ``step`` at ``when`` (seconds since 1970)."""
        self.add(when, FIRMWARE, PROGRESS, INFORMATION, BIOS, (0x40, step))

    def add_failed_sign_in(self, when: float, times: int) -> None:
        """Write that ``times`` log-ins in a row were refused."""
        data = (0xAA, times & 0xFF, times >> 8)
        self.add(when, AUTHENTICATION, 5, NON_CRITICAL, ENGINE, data)

    def clear(self) -> None:
        """Forget every record."""
        self._records.clear()

    def newest_first(self, start: int, count: int) -> list[bytes]:
        """Return ``count`` records from the 1-based position ``start``."""
        return list(reversed(self._records))[start - 1 : start - 1 + count]
