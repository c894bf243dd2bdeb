"""Memory of a worker that meets faults all day: one process, thousands of operations.

``python -m tests.campaigns.steady COUNT`` is that process. The simulated devices are another.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from tests.campaigns import zone

FIRST_ADDRESS = "127.118.0.1"
DEVICES = 500
PASSWORD = "P@ssw0rd"
MAY_GROW = 1.05  # from the second quarter to the last: less is noise
# Shares of the devices; those that only cost time would make the campaign long, not harder.
FAULTS = (
    "wrong-password",
    "drops-before-executing",
    "drops-after-executing",
    "refuses",
    "refuses-order",
    "truncated-xml",
    "answers-html",
    "answers-hostile-xml",
    "closes-silently-after-401",
    "state-unreadable",
)
SHARE = 0.05


@dataclass(frozen=True)
class Memory:
    """What the process used, in MB, after each round of as many operations as devices."""

    operations: int
    seconds: float
    megabytes: list[float]

    @property
    def grows(self) -> bool:
        """Return whether the last quarter needs more than the second, beyond noise."""
        quarter = max(1, len(self.megabytes) // 4)
        early, late = self.megabytes[quarter : 2 * quarter], self.megabytes[-quarter:]
        return not early or max(late) > MAY_GROW * max(early)

    @property
    def told(self) -> str:
        step = max(1, len(self.megabytes) // 8)
        return " ".join(f"{found:.0f}" for found in self.megabytes[::step])


def measure(count: int) -> Memory:
    """Run ``count`` operations in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", __name__, str(count)], stdout=subprocess.PIPE, text=True, check=True
    )
    return Memory(**json.loads(done.stdout.splitlines()[-1]))


def main(count: int) -> Memory:
    from amt.simulator import addresses

    with zone.installed(), simulator():
        from power import work

        devices, person = make_zone(addresses(FIRST_ADDRESS, DEVICES))
        began, used, done = time.monotonic(), [], 0
        while done < count:
            order_all(devices, person, work, number=len(used))
            done += DEVICES
            used.append(resident())
        return Memory(done, time.monotonic() - began, used)


def order_all(devices, person, work, *, number: int) -> None:
    """Order or read something of every device, as a worker does for one chunk."""
    from devices.models import Device, Job
    from power.models import PowerAction
    from power.services.orders import order_power
    from power.services.readings import read_power_states

    Device.objects.update(last_order_at=None)  # the pause between two orders takes no memory
    if number % 2:
        job = read_power_states(devices=devices, intent=uuid4(), asked_by=person)
        work.run_read_items(list(job.items.values_list("pk", flat=True)))
    else:
        action = (PowerAction.OFF, PowerAction.ON)[number // 2 % 2]
        job = order_power(devices=devices, action=action, intent=uuid4(), asked_by=person)
        work.run_power_items(list(job.items.values_list("pk", flat=True)))
    Job.objects.all().delete()


def make_zone(places):
    from amt.models import AmtSettings
    from devices.models import Device, Setting
    from tests import factories
    from zcc import heartbeat

    Setting.objects.create(key="power.verify_seconds", value=1)
    server = heartbeat.of_this_site.refresh()
    credential = factories.credential(password=PASSWORD)
    for place in places:
        row = factories.device(mode="smb", amt_address=place, is_simulated=True)
        AmtSettings.objects.create(
            device=row, mode="smb", address=place, credential=credential, server=server, tls="plain"
        )
    return Device.objects.all(), factories.person()


@contextmanager
def simulator() -> Iterator[None]:
    """Run the simulated devices in processes of their own."""
    command = [sys.executable, "-m", "amt.simulator", "--devices", str(DEVICES), "--no-tls"]
    command += ["--first", FIRST_ADDRESS, "--password", PASSWORD]
    for fault in FAULTS:
        command += ["--faults", f"{fault}={SHARE}"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if line.strip() == "ready":
                break
        try:
            yield
        finally:
            process.terminate()


def resident() -> float:
    """Return the memory this process holds now, in MB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return round(pages * 4096 / 1_000_000, 1)


if __name__ == "__main__":
    print(json.dumps(vars(main(int(sys.argv[1])))))
