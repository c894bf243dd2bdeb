"""What a process drops when its server is asked to reload, so that it reads the zone anew."""

from collections.abc import Callable

_callers: list[Callable[[], object]] = []


def when_reloaded(call: Callable[[], object]) -> None:
    """Have ``call`` made in this process whenever its server is asked to reload."""
    _callers.append(call)


def reload() -> None:
    """Drop what this process keeps of the zone."""
    for call in _callers:
        call()
