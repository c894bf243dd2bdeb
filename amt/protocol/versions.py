"""Versions of firmware as they are told: 16.1.25, or 2.6.0."""


def is_before(firmware: str | None, version: tuple[int, int]) -> bool:
    """Return whether firmware that names its version is older than ``version``."""
    return bool(firmware) and tuple(int(part) for part in str(firmware).split(".")[:2]) < version
