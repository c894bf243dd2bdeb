"""Write down what changed between two readings of an inventory."""

from collections.abc import Mapping
from datetime import datetime

from devices.models import Device, InventoryChange

MOST_KEPT = 1_000  # changes of one device; the oldest go
MOST_CHANGES = 200  # of one reading; more are told as a number
LONGEST = 500  # characters of a value


def record_changes(
    device: Device,
    source: InventoryChange.Source,
    before: Mapping[str, str],
    after: Mapping[str, str],
    *,
    at: datetime,
) -> int:
    """Write a row for each part whose value differs, and return their number.

    ``before`` and ``after`` have a text by the name of its part. A first reading changes nothing:
    call this with two readings.
    """
    parts = sorted(
        part for part in {*before, *after} if before.get(part, "") != after.get(part, "")
    )
    rows = [
        InventoryChange(
            device=device,
            at=at,
            source=source,
            part=part[:100],
            before=before.get(part, "")[:LONGEST],
            after=after.get(part, "")[:LONGEST],
        )
        for part in parts[:MOST_CHANGES]
    ]
    if len(parts) > MOST_CHANGES:
        more = f"{len(parts) - MOST_CHANGES:,} more values"
        rows.append(InventoryChange(device=device, at=at, source=source, part=more))
    InventoryChange.objects.bulk_create(rows)
    mine = InventoryChange.objects.filter(device=device)
    if rows and (last := mine.values_list("pk", flat=True).order_by("-pk")[MOST_KEPT:][:1]):
        mine.filter(pk__lte=last[0]).delete()
    return len(parts)
