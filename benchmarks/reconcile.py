"""Reconciliation at size: 10,000 managed and 9,000 discovered devices, 3 % seeded conflicts.

What is to come out is known from how the zone was made: pairs, questions and leftovers are
compared one by one. The last line is JSON; ``exact`` says whether all was as expected.
"""

import json
import time
from uuid import UUID, uuid5

from benchmarks import services

MANAGED, DISCOVERED = 10_000, 9_000
PAIRS, ASKED = 8_430, 8_700  # where those to be asked about begin and end
INVENTORIED = 9_600  # of the managed ones
SPACE = UUID("6ba7b812-9dad-11d1-80b4-00c04fd430c8")


def main() -> None:
    with services.zone():
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        expected = make_zone()
        seconds, queries, found = reconcile()
        exact = found == expected
    for name, rows in expected.items():
        told = "as expected" if found[name] == rows else f"expected {len(rows):,}"
        print(f"{name}: {len(found[name]):,}, {told}")
    print(json.dumps({"exact": exact, "seconds": round(seconds, 2), "queries": queries}))


def make_zone() -> dict[str, set]:
    """Fill the zone; return the pairs, the questions and the leftovers that are to come out.

    Of 9,000 discovered devices 8,430 are a managed one (by UUID, UUID in the other byte order,
    serial number, MAC, host name in turn), 270 are to be asked about in five ways, 300 are nobody.
    """
    from django.utils import timezone

    from amt.models import DiscoveredDevice
    from devices.models import Device, Folder, HostReport

    now, root = timezone.now(), Folder.objects.first()
    pcs = Device.objects.bulk_create(
        [Device(folder=root, name=f"pc-{number:05}") for number in range(MANAGED)], batch_size=1000
    )
    reports = [
        HostReport(device=pc, reported_at=now, **report_of(number))
        for number, pc in enumerate(pcs[:INVENTORIED])
    ]
    HostReport.objects.bulk_create(reports, batch_size=1000)
    entries = [entry_of(number) for number in range(DISCOVERED)]
    DiscoveredDevice.objects.bulk_create(
        [DiscoveredDevice(first_seen_at=now, seen_at=now, **entry) for entry in entries],
        batch_size=1000,
    )
    places = [entry["address"] for entry in entries]
    return {
        "pairs": {(places[number], pcs[number].name) for number in range(PAIRS)},
        "questions": set(places[PAIRS:ASKED]),
        "leftovers": set(places[ASKED:]),
        "never inventoried": {pc.name for pc in pcs[INVENTORIED:]},
    }


def report_of(number: int) -> dict:
    """Return what the agent of PC ``number`` said; some have the UUID of one to be asked about."""
    mark = marks(number)
    asked = number - DISCOVERED + PAIRS
    is_twin = PAIRS <= asked < ASKED and asked % 5 == 2
    return {
        "uuid": marks(asked)["uuid"] if is_twin else mark["uuid"],
        "serial_number": mark["serial"],
        "macs": [mark["mac"]],
        "host_name": mark["name"],
    }


def entry_of(number: int) -> dict:
    """Return what is known of discovered device ``number``."""
    mark, other = marks(number), marks(number - 5_000)
    place = {"address": f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}"}
    if number >= ASKED:
        name = f"nobody-{number}.example.test"
        return place | {"uuid": uuid5(SPACE, f"nobody {number}"), "name": name}
    told = [
        {"uuid": mark["uuid"]},
        {"uuid": UUID(bytes=mark["uuid"].bytes_le)},
        {"serial_number": mark["serial"].upper()},
        {"macs": [mark["mac"]]},
        {"name": mark["name"]},
    ]
    doubtful = [
        {"uuid": mark["uuid"], "serial_number": other["serial"]},
        {"uuid": uuid5(SPACE, f"new {number}"), "serial_number": mark["serial"]},  # a new board
        {"uuid": mark["uuid"]},  # which two PCs have
        {"name": mark["name"], "serial_number": f"gone-{number}"},  # the name went elsewhere
        {"serial_number": mark["serial"], "macs": [other["mac"]]},
    ]
    return place | (told if number < PAIRS else doubtful)[number % 5]


def marks(number: int) -> dict:
    """Return by what PC ``number`` is known."""
    return {
        "uuid": uuid5(SPACE, f"pc {number}"),
        "serial": f"sn{number:06}x",
        "mac": f"a4bb6d{number:06x}",
        "name": f"pc-{number:05}.example.test",
    }


def reconcile() -> tuple[float, int, dict[str, set]]:
    """Run it; return the seconds, the queries and what came out."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from amt.models import DiscoveredDevice, ReconciliationLine, ReconciliationRun
    from amt.work import run_reconciliation

    run = ReconciliationRun.objects.create(asked_by_name="benchmark")
    began = time.perf_counter()
    with CaptureQueriesContext(connection) as captured:
        run_reconciliation([run.pk])
    seconds = time.perf_counter() - began
    run.refresh_from_db()
    print(f"{run.get_status_display()}: {run.message}")
    linked = DiscoveredDevice.objects.exclude(device=None).values_list("address", "device__name")
    lines = ReconciliationLine.objects.filter(run=run)
    found = {
        "pairs": set(linked),
        "questions": addresses(lines.filter(kind="conflict")),
        "leftovers": addresses(lines.filter(kind="unmatched")),
        "never inventoried": set(lines.filter(kind="never").values_list("device_name", flat=True)),
    }
    return seconds, len(captured), found


def addresses(lines) -> set[str]:
    return set(lines.values_list("discovered__address", flat=True))


if __name__ == "__main__":
    main()
