"""Simulated devices for third-party programs."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from amt.simulator import DeviceSpec, Fleet, addresses
from tests.amt.simulator.loopback import first_address

from . import peers

Start = Callable[..., Fleet]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what is in this folder."""
    for item in items:
        if "tests/conformance/" in item.nodeid:
            item.add_marker(pytest.mark.conformance)


@pytest.fixture(scope="session", autouse=True)
def programs() -> None:
    """See to it that the programs are there."""
    peers.find()


@pytest.fixture
def fleet() -> Iterator[Start]:
    """Start devices at consecutive addresses, with what they are to be like as keywords."""
    with ExitStack() as stack:

        def start(count: int = 1, **like: Any) -> Fleet:
            specs = [DeviceSpec(address, **like) for address in addresses(first_address(), count)]
            return stack.enter_context(Fleet(specs).running())

        yield start


# Those that differ in what a client meets: digest, TLS, certificate, classes, strictness.
TELLING = ("3.2", "7.1", "9.5", "11.8", "12.0", "14.1", "16.1", "19.0")


@pytest.fixture(params=TELLING)
def profile(request: pytest.FixtureRequest) -> str:
    """Return each firmware profile that is unlike the others in turn."""
    return str(request.param)


@pytest.fixture(params=[False, True], ids=["plain", "tls"])
def tls(request: pytest.FixtureRequest) -> bool:
    """Return each kind of connection in turn."""
    return bool(request.param)
