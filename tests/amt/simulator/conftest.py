"""A fleet of one's own for each test that asks for it."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from amt.simulator import Device, DeviceSpec, Fleet

from .client import Client
from .loopback import first_address

Simulated = Callable[..., Device]


@pytest.fixture
def simulated() -> Iterator[Simulated]:
    """Start one device, with what it is to be like as keywords."""
    with ExitStack() as stack:

        def start(**like: Any) -> Device:
            spec = DeviceSpec(first_address(), **like)
            fleet = stack.enter_context(Fleet([spec]).running())
            return fleet[spec.address]

        yield start


@pytest.fixture
def device(simulated: Simulated) -> Device:
    """Return a running device of the newest profile."""
    return simulated()


@pytest.fixture
def client(device: Device) -> Client:
    """Return a client of ``device``."""
    return Client(device.address)
