"""Calls that go wrong because a fault of set-up says so: see ``setup_faults``."""

from collections.abc import Callable

from amt.constants import NS_ENUMERATION, NS_TRANSFER

from .device import Device
from .envelope import Request
from .execution import Dropped
from .resource import Output
from .setup_faults import Effect
from .soap_fault import SoapFault


def call_of(request: Request) -> str:
    """Return how faults name a call: its method, or its verb and class."""
    where, _, name = request.action.rpartition("/")
    is_verb = where in (NS_TRANSFER, NS_ENUMERATION)
    return f"{name} {request.class_name}" if is_verb else name


def unless_faulty(device: Device, call: str, act: Callable[[], str]) -> str:
    """Return what ``act`` does, unless a fault lets the call end otherwise.

    Raises:
        Dropped: the connection is to end, or to hang.
        SoapFault: the fault is one.
    """
    fault = device.setup_faults.next_of(call)
    device.setup_faults.returned = None
    if fault is None:
        return act()
    if fault.effect is Effect.DROP_BEFORE:
        raise Dropped
    if fault.effect is Effect.FAULT:
        raise SoapFault("c:InternalError", "The request failed within.", 500)
    if fault.effect is Effect.RETURNS:
        device.setup_faults.returned = fault.returns
        return act()
    act()
    raise Dropped(hangs=fault.effect is Effect.HANG_AFTER)


def returned_by_fault(device: Device) -> Output | None:
    """Return the answer that a fault has instead of executing the call."""
    code, device.setup_faults.returned = device.setup_faults.returned, None
    return None if code is None else {"ReturnValue": code}
