"""Addresses for simulated devices that no other test, in no other worker, uses."""

import itertools
import os

_numbers = itertools.count(1)


def first_address() -> str:
    """Return the first of 64 consecutive addresses of one's own."""
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0")[2:])
    rest = next(_numbers) * 64 + 1
    return f"127.{20 + worker}.{rest >> 8 & 255}.{rest & 255}"
