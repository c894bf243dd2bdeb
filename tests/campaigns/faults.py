"""Every fault of a device against every operation: ``./run faults``.

Prints how each ends, then drives OPERATIONS operations through one worker process and watches its
memory. Ends with 1 if a line is left open, takes longer than LIMIT_SECONDS, sends a second order
of one intent, bears a code that Help does not explain, or if memory grows.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping

from tests.campaigns import steady, zone

FIRST_ADDRESS = "127.112.0.1"
LIMIT_SECONDS = 60
OPERATIONS = 20_000
FINAL = ("done", "accepted", "failed", "unknown", "skipped", "expired", "stopped")


def run() -> dict[zone.Cell, zone.Result]:
    """Return how each operation ends on a device with each fault."""
    from amt.simulator import DeviceSpec, Fault, addresses

    rows = {"none": DeviceSpec("")} | {
        str(fault): DeviceSpec("", faults=frozenset({fault})) for fault in Fault
    }
    return zone.carry_out(rows, addresses(FIRST_ADDRESS, len(rows) * len(zone.operations())))


def complaints(found: Mapping[zone.Cell, zone.Result]) -> list[str]:
    """Return what must not be, whatever the fault."""
    from devices import codes

    known = {code.code for code in codes.declared()}
    said = []
    for (fault, operation), result in found.items():
        where = f"{fault}, {operation}: {result.word}"
        if result.status not in FINAL:
            said.append(f"{where}: left open")
        if result.seconds > LIMIT_SECONDS:
            said.append(f"{where}: took {result.seconds:.0f} s")
        if result.executed > 1:
            said.append(f"{where}: executed {result.executed} times")
        if result.code and result.code not in known:
            said.append(f"{where}: Help does not explain this code")
        is_order = operation.startswith(("Power", "Reset"))
        if is_order and result.status == "done" and result.executed != 1:
            said.append(f"{where}: but executed {result.executed} times")
    return said


def main(count: int) -> int:
    with zone.installed():
        found = run()
        print(zone.markdown(found, "Fault"))
        said = complaints(found)
    memory = steady.measure(count)
    print(f"{memory.operations:,} operations in {memory.seconds:.0f} s; MB: {memory.told}")
    if memory.grows:
        said.append(f"memory grows: {memory.told}")
    for line in said:
        print(f"WRONG  {line}")
    kinds = len({fault for fault, _ in found}) - 1
    sums = {"faults": kinds, "cells": len(found), "wrong": len(said), "mb": memory.megabytes}
    print(json.dumps(sums))
    return bool(said)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="faults", description="Every fault against everything.")
    parser.add_argument("--operations", type=int, default=OPERATIONS, metavar="N")
    sys.exit(main(parser.parse_args().operations))
