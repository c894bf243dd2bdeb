"""A zone of simulated devices, what can be done to each, and what came of it.

Orders go the whole way of the product: service, rows, work, session, device, row. Used by the
campaigns alone (``installed`` makes a database of its own) and by their tests (pytest's database).
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any
from uuid import uuid4

from amt.constants import PowerState
from amt.simulator import DeviceSpec, Fleet

VERIFY_SECONDS = 3
SLOW_SECONDS = 0.5  # late, but within every limit
READ = 1  # of the operations
POWER_METHODS = ("RequestPowerStateChange", "RemoteControl")
SETTINGS = {
    "DJANGO_SETTINGS_MODULE": "zcc.settings",
    "ZCC_PRACTICE": "1",
    "ZCC_AMT_CONNECT_SECONDS": "2",
    "ZCC_AMT_READ_SECONDS": "2",
    "ZCC_LOG_LEVEL": "CRITICAL",
    "ZCC_STATIC_FROM_SOURCE": "1",
}


@dataclass(frozen=True)
class Operation:
    """One thing that a person can ask of a device; ``before`` is the host's state then."""

    name: str
    before: PowerState
    ask: Callable[[Any, Any], Any]  # the devices and the person; returns the job


@dataclass(frozen=True)
class Result:
    """How one line ended, and what the device itself says."""

    status: str
    code: str
    message: str
    next_step: str
    executed: int  # power orders, by the device's own count
    seconds: float

    @property
    def word(self) -> str:
        """Return it as a cell of a table: the status alone, or with its code."""
        return f"{self.status}: {self.code}" if self.code else self.status


Cell = tuple[str, str]  # a row of the campaign's table, and an operation's name


@contextmanager
def installed() -> Iterator[None]:
    """Set Django up on an empty SQLite database, which goes when the campaign ends."""
    import django
    from django.core.management import call_command

    with tempfile.TemporaryDirectory(prefix="zcc-test-") as place:
        os.environ.update(SETTINGS, ZCC_DATA_DIR=place)
        for name in ("ZCC_DATABASE_URL", "ZCC_BROKER_URL"):
            os.environ.pop(name, None)
        django.setup()
        call_command("migrate", verbosity=0)
        yield
        django.db.connections.close_all()


def operations() -> list[Operation]:
    """Return all that can be asked of a device's power, and *Test connection*."""
    from amt.services.connection import test_connection
    from power.models import Boot, PowerAction
    from power.services.orders import order_power
    from power.services.readings import read_power_states

    def power(action: PowerAction, boot: Boot | None = None) -> Callable[[Any, Any], Any]:
        return lambda devices, person: order_power(
            devices=devices, action=action, intent=uuid4(), asked_by=person, boot=boot
        )

    def read(devices: Any, person: Any) -> Any:
        return read_power_states(devices=devices, intent=uuid4(), asked_by=person)

    def test(devices: Any, person: Any) -> Any:
        return test_connection(devices=devices, intent=uuid4(), asked_by=person)

    return [
        Operation("Test connection", PowerState.ON, test),
        Operation("Read state", PowerState.ON, read),
        Operation("Power On", PowerState.OFF_SOFT, power(PowerAction.ON)),
        Operation("Power Off", PowerState.ON, power(PowerAction.OFF)),
        Operation("Reset", PowerState.ON, power(PowerAction.RESET)),
        Operation("Power Cycle", PowerState.ON, power(PowerAction.CYCLE)),
        Operation("Reset to PXE", PowerState.ON, power(PowerAction.RESET, Boot.PXE)),
    ]


def carry_out(rows: Mapping[str, DeviceSpec], addresses: Sequence[str]) -> dict[Cell, Result]:
    """Do every operation to a device of its own for each of ``rows``; return how each ended.

    Faults begin once the console knows the device by a first reading.
    """
    from devices.models import Device, Setting
    from tests import factories
    from tests.fixtures.simulated import manage

    chosen = operations()
    cells = [(row, operation) for row in rows for operation in chosen]
    specs = [
        replace(rows[row], address=address, power=operation.before, faults=frozenset())
        for (row, operation), address in zip(cells, addresses, strict=True)
    ]
    for key, value in (("power.verify_seconds", VERIFY_SECONDS), ("amt.legacy_tls_allowed", True)):
        Setting.objects.update_or_create(
            key=key, folder=None, device=None, defaults={"value": value}
        )
    person, found = factories.person(), {}
    with Fleet(specs).running() as fleet:
        made = dict(zip(cells, manage(fleet), strict=True))
        _run(chosen[READ], Device.objects.filter(is_simulated=True), person)
        for (row, _), one in made.items():
            one.machine.slow_seconds = SLOW_SECONDS
            one.machine.set_faults(*rows[row].faults)
        for operation in chosen:
            here = {
                one.row.pk: (row, one.machine) for (row, of), one in made.items() if of == operation
            }
            for item in _run(operation, Device.objects.filter(pk__in=here), person):
                row, machine = here[item.device_id]
                found[row, operation.name] = _result(item, machine)
    return found


def _run(operation: Operation, devices: Any, person: Any) -> list[Any]:
    """Ask, do what a worker would do with the bell, and return the lines."""
    from django.utils.module_loading import import_string

    job = operation.ask(devices, person)
    import_string(job.task)(list(job.items.values_list("pk", flat=True)))
    return list(job.items.select_related("job"))


def _result(item: Any, machine: Any) -> Result:
    ended = item.finished_at or item.job.created_at
    return Result(
        item.status,
        item.error_code,
        item.message,
        item.next_step,
        sum(order.method in POWER_METHODS for order in machine.orders),
        (ended - item.job.created_at).total_seconds(),
    )


def markdown(found: Mapping[Cell, Result], first: str) -> str:
    """Return the results as a table: a row each, a column for each operation."""
    columns = list(dict.fromkeys(name for _, name in found))
    lines = [f"| {first} | {' | '.join(columns)} |", "|---" * (len(columns) + 1) + "|"]
    for row in dict.fromkeys(row for row, _ in found):
        cells = [found[row, name].word for name in columns]
        lines.append(f"| {row} | {' | '.join(cells)} |")
    return "\n".join(lines)
