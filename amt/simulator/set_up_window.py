"""How long the set-up interface of a device stays open (amt-protocol.md 6.4)."""

import time

FIRST_HOURS, LATER_HOURS = 24.0, 6.0
MAX_HOURS = 255.0  # after the first hello message
HOUR = 3600  # seconds


class SetUpWindow:
    """Opens, and closes by itself."""

    def __init__(self) -> None:
        self.until = 0.0  # as time.monotonic() has it
        self._last_end: float | None = None

    @property
    def is_open(self) -> bool:
        """Return whether there is time left."""
        return time.monotonic() < self.until

    def open(self, hours: float) -> None:
        """Stay open for so long from now on, within what there is in all."""
        now = time.monotonic()
        if self._last_end is None:
            self._last_end = now + MAX_HOURS * HOUR
        self.until = min(now + hours * HOUR, self._last_end)

    def close(self) -> None:
        """Close at once."""
        self.until = time.monotonic()
