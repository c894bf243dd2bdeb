"""Executing an order: noted, logged, and cut off where a fault says so."""

from collections.abc import Callable
from typing import TypeVar

from .device import Device
from .faults import Fault

T = TypeVar("T")


class Dropped(Exception):
    """This connection gets no answer; if it ``hangs`` it is not even closed."""

    def __init__(self, *, hangs: bool = False) -> None:
        super().__init__("dropped")
        self.hangs = hangs


def execute(
    device: Device,
    class_name: str,
    method: str,
    act: Callable[[], T],
    *,
    requested: int | None = None,
    is_executed: Callable[[T], bool] = lambda answer: True,
) -> T:
    """Execute and note an order, unless a fault lets the connection end before or after.

    Raises:
        Dropped: it does; what was executed stays executed.
    """
    if Fault.DROPS_BEFORE_EXECUTING in device.faults:
        raise Dropped
    before = device.power
    answer = act()
    if is_executed(answer):
        device.note_order(class_name, method, requested, before)
    if Fault.DROPS_AFTER_EXECUTING in device.faults:
        raise Dropped
    if Fault.HANGS_AFTER_EXECUTING in device.faults:
        raise Dropped(hangs=True)
    return answer
