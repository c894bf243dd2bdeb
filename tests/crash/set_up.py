"""Kill a worker at every call of a set-up at once, go on with another, and compare.

Each device hangs at another call: before it obeys, or after it and before it answers. When all of
them hang, the worker is killed. Run as ``python -m tests.crash.set_up`` with ZCC_DATABASE_URL and
ZCC_BROKER_URL pointing at an empty PostgreSQL database and an empty Redis number. Prints the sums
as JSON, and one line per point.
"""

import json
import os
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from threading import Event, Thread

import django

from tests.crash.campaign import SETTINGS, Worker, await_end, dispatch

WAIT_SECONDS = 60
CALLS = (
    "Get AMT_SetupAndConfigurationService",
    "Get AMT_GeneralSettings",
    "GetUuid",
    "SetMEBxPassword",
    "SetAdminAclEntryEx",
    "SetHighAccuracyTimeSynch",
    "Enumerate AMT_PublicKeyCertificate",
    "GenerateKeyPair",
    "Pull AMT_PublicPrivateKeyPair",
    "AddCertificate",
    "Create AMT_TLSCredentialContext",
    "Put AMT_TLSSettingData",
    "Pull AMT_TLSSettingData",
    "CommitChanges",
    "Get IPS_HostBasedSetupService",
)


def main() -> int:
    from django.core.management import call_command

    from amt.models import DiscoveredDevice
    from amt.simulator import Fleet
    from tests.fixtures.prospects import Prospect, ask, hear

    call_command("migrate", verbosity=0)
    points = [(call, effect) for call in CALLS for effect in ("hang-before", "hang-after")]
    with Fleet(make_specs(points)).running() as fleet:
        machines = list(fleet)
        entries = hear(machines)
        job = ask([Prospect(*pair) for pair in zip(machines, entries, strict=True)])
        stop = Event()
        Thread(target=dispatch, args=[stop], daemon=True).start()
        worker = Worker()
        hanging = await_hanging(machines)
        worker.kill()
        at_kill = Counter(job.items.values_list("status", flat=True))
        lost = sum(not is_known(machine) for machine in machines)
        worker = Worker()
        await_end(job)
        stop.set()
        worker.kill()
        sums = compare(job, machines, points)
    sums |= {"points": len(points), "hanging": hanging, "at_kill": dict(at_kill)}
    sums["lost_at_kill"] = lost
    sums["set_up"] = DiscoveredDevice.objects.filter(state=2).count()
    print(json.dumps(sums, sort_keys=True), flush=True)
    return 0


def make_specs(points) -> list:
    """Return a device for each point, on an address of its own."""
    from amt.simulator import DeviceSpec, addresses
    from amt.simulator.set_up import trusted_hashes
    from amt.simulator.setup_faults import Effect, SetupFault
    from tests.fixtures.prospects import SUFFIX, zone_root

    like = {
        "is_factory": True,
        "is_activated": True,
        "dhcp_suffix": SUFFIX,
        "hashes": trusted_hashes(zone_root(), (16, 1)),
        "restart_ms": 50,
    }
    names = addresses(f"127.{100 + os.getpid() % 60}.200.1", len(points))
    faults = [SetupFault.of(call, Effect(effect), times=1) for call, effect in points]
    return [
        DeviceSpec(name, setup_faults=frozenset({fault}), **like)
        for name, fault in zip(names, faults, strict=True)
    ]


def await_hanging(machines) -> int:
    """Wait until every device has come to its point; return how many have."""
    until, count = time.monotonic() + WAIT_SECONDS, 0
    while time.monotonic() < until and count < len(machines):
        count = sum(machine.setup_faults.has_happened for machine in machines)
        time.sleep(0.05)
    return count


def is_known(machine) -> bool:
    """Return whether the password that the device has by now is in the vault."""
    from amt.simulator.set_up import FACTORY_PASSWORD
    from tests.fixtures.prospects import ME_PASSWORD
    from vault import crypto
    from vault.models import Secret

    kept = crypto.reveal(list(Secret.objects.filter(amt_uuid=machine.uuid))).values()
    return any(map(machine.has_password, [*kept, FACTORY_PASSWORD, ME_PASSWORD]))


def compare(job, machines, points) -> dict:
    """Count what the rows and the devices say, and where they disagree."""
    from amt.models import AmtSettings
    from amt.simulator.set_up import State
    from vault import crypto
    from vault.models import Secret

    found: Counter = Counter()
    by_address = {machine.address: machine for machine in machines}
    point = dict(zip([machine.address for machine in machines], points, strict=True))
    for item in job.items.select_related("device"):
        machine = by_address[item.device_address]
        secrets = Secret.objects.filter(amt_uuid=machine.uuid)
        texts = crypto.reveal(list(secrets))
        known = [secret for secret in secrets if machine.has_password(texts[secret.pk])]
        settings = AmtSettings.objects.filter(device=item.device).first()
        is_set_up = machine.set_up.state is State.POST
        found[item.status] += 1
        found["passwords_unknown"] += not known
        found["not_the_active_one"] += is_set_up and not any(s.state == "active" for s in known)
        found["done_but_not_set_up"] += item.status == "done" and not is_set_up
        found["set_up_but_not_managed"] += is_set_up and settings is None
        found["other_certificate"] += bool(settings) and settings.pin != machine.certificate_sha256
        found["several_passwords"] += len(secrets) > 1
        found["unfinished"] += not item.is_finished
        print(*point[machine.address], item.status, item.error_code, item.message, flush=True)
    return dict(found)


if __name__ == "__main__":
    os.environ.update(SETTINGS)
    os.environ["ZCC_AMT_BACK_SECONDS"] = os.environ["ZCC_AMT_READ_SECONDS"] = "30"
    os.environ["ZCC_ITEMS_PER_CHUNK"] = "40"
    with tempfile.TemporaryDirectory(prefix="zcc-crash-") as place:
        os.environ["ZCC_DATA_DIR"] = place
        Path(place).mkdir(exist_ok=True)
        django.setup()
        sys.exit(main())
