"""Keep what an inventory tells as facts that can be compared: units, dates, versions."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice

from django.db.models import Exists, OuterRef

from devices.marks import dashed_mac
from devices.models import Device, FactName, HostReport, InventoryChange, InventoryFact

MOST_FACTS = 10_000  # of one reading
LONGEST_NAME, LONGEST_TEXT = 220, 500
LAST_READ, LAST_CHANGED = "Inventory: Last read", "Inventory: Last changed"
SOFTWARE = "Software: "
ADDED = (LAST_READ, LAST_CHANGED, *(f"{one}: Last read" for one in InventoryChange.Source.labels))

# GB and GiB count as the same: memory is told in one, disks in the other, people say GB to both.
SIZES = {f"{prefix}{end}": 1000.0**n for n, prefix in enumerate("kmgtp", 1) for end in ("b", "ib")}
RATES = {f"{prefix}hz": 1000.0**n for n, prefix in enumerate(["", "k", "m", "g"])}
UNITS = {**SIZES, **RATES}
WITH_UNIT = re.compile(r"(\d{1,18}|\d{1,3}(?:,\d{3}){1,5})(\.\d{1,9})? ?([a-z]{1,3})")
DATE = re.compile(r"\d{4}-\d\d-\d\d(?:[t ].{1,30})?")
NUMBERED = re.compile(r"^([^:]*[^:\d ]) \d+(?=: )")  # "Memory 2: Size"
PARTS, DIGITS = 6, 10  # of a version
PART_OF_MAC = re.compile(r"[0-9a-f]{1,2}(?:[:.-]?[0-9a-f]{1,2}){0,5}[:.-]?")
AT_ONCE = 500  # names of one look-up


@dataclass(frozen=True, slots=True)
class Fact:
    """A value as it is compared."""

    key: str
    text: str
    number: float | None
    version: str


def measure(text: str) -> tuple[float | None, str]:
    """Return what ``text`` is compared by: its number if it has a unit or is a date; its version.

    A version is the numbers in a text, each of the same width: as text it sorts in any database as
    versions do, and 1.10 comes after 1.9. What has a unit has none, what has no digit neither.
    """
    text = text.lower().strip()
    found = WITH_UNIT.fullmatch(text)
    if found and found[3] in UNITS:
        return float(found[1].replace(",", "") + (found[2] or "")) * UNITS[found[3]], ""
    return _seconds(text), _version(text)


def _seconds(text: str) -> float | None:
    if not DATE.fullmatch(text):
        return None
    try:
        at = datetime.fromisoformat(text.upper())
    except ValueError:
        return None
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()


def _version(text: str) -> str:
    numbers = [one.lstrip("0") for one in re.findall(r"[0-9]+", text)[:PARTS]]
    wide = [one.zfill(DIGITS) if len(one) <= DIGITS else "9" * DIGITS for one in numbers]
    return "".join(wide).ljust(PARTS * DIGITS, "0") if wide else ""


def key_of(name: str) -> str:
    """Return what a name is looked up by."""
    return plain(name).lower()[:LONGEST_NAME]


def plain(text: str) -> str:
    """Return ``text`` in one line, without what parts the words of a filter's address."""
    return " ".join(text.replace("\0", " ").replace("|", "/").split())


def told_by(report: HostReport) -> Iterator[tuple[str, str]]:
    """Yield name and text of all that an agent reported; a program may be there twice."""
    yield "Operating system", report.os_name
    yield "Operating system: Version", report.os_version
    yield "Host name", report.host_name
    yield "UUID", str(report.uuid or "")
    yield "Manufacturer", report.manufacturer
    yield "Model", report.model
    yield "Serial number", report.serial_number
    yield "Agent", report.agent_version
    yield from (("MAC address", mac) for mac in report.macs)
    yield from (("Address", address) for address in report.addresses)
    yield from ((f"{SOFTWARE}{name}", version) for name, version in report.software if name)


def facts_of(
    source: InventoryChange.Source,
    told: Iterable[tuple[str, str]],
    *,
    at: datetime,
    changed_at: datetime | None,
) -> dict[Fact, str]:
    """Return the facts of a reading with their names: parts without numbers, sizes added up."""
    found: dict[Fact, str] = {}
    sizes: dict[str, float] = {}
    for name, text in islice(told, MOST_FACTS):
        if not text and not name.startswith(SOFTWARE):
            continue
        name = plain(NUMBERED.sub(r"\1", name, count=1))[:LONGEST_NAME]
        fact = _fact(name, text)
        found[fact] = name
        part, _, last = name.rpartition(": ")
        if last == "Size" and fact.number is not None:
            sizes[part] = sizes.get(part, 0) + fact.number
    totals = {f"{part}: Total size": f"{size / 1e9:.10g} GB" for part, size in sizes.items()}
    times = {LAST_READ: at, f"{source.label}: Last read": at, LAST_CHANGED: changed_at}
    told_times = {name: time.isoformat(timespec="seconds") for name, time in times.items() if time}
    return found | {_fact(name, text): name for name, text in {**totals, **told_times}.items()}


def comparable(name: str, text: str) -> str:
    """Return a value of this name as facts have it: in lower case, a MAC address with dashes.

    A serial number may be twelve digits, so the name has to say that it is one.
    """
    text = " ".join(text.replace("\0", " ").split()).lower()[:LONGEST_TEXT]
    return (key_of(name).endswith("mac address") and dashed_mac(text)) or text


def mac_part(name: str, text: str) -> str:
    """Return a part of a MAC address as facts have it: 02:19:3e and 02193e are 02-19-3e."""
    if not key_of(name).endswith("mac address") or not PART_OF_MAC.fullmatch(text):
        return text
    if ":" in text or "-" in text:
        return text.replace(":", "-")
    digits = text.replace(".", "")
    return "-".join(digits[start : start + 2] for start in range(0, len(digits), 2))


def _fact(name: str, text: str) -> Fact:
    text = comparable(name, text)
    number, version = measure(text)
    return Fact(key_of(name), text, number, version)


def record_facts(
    device: Device,
    source: InventoryChange.Source,
    told: Iterable[tuple[str, str]],
    *,
    at: datetime,
) -> None:
    """Keep a reading as facts in place of those of the reading before; call it after changes.

    Only rows that differ are written. Must run in the transaction that keeps the reading.
    """
    changes = InventoryChange.objects.filter(device=device, source=source)
    changed_at = changes.order_by("-at").values_list("at", flat=True).first()
    now = facts_of(source, told, at=at, changed_at=changed_at)
    kept = InventoryFact.objects.filter(device=device, source=source)
    columns = kept.values_list("pk", "key", "text", "number", "version")
    before = {Fact(key, text, number, version): pk for pk, key, text, number, version in columns}
    kept.filter(pk__among=[pk for fact, pk in before.items() if fact not in now]).delete()
    fresh = {fact: name for fact, name in now.items() if fact not in before}
    InventoryFact.objects.bulk_create(rows(device.pk, source, fresh), batch_size=1000)
    old_keys, keys = {fact.key for fact in before}, {fact.key for fact in now}
    record_names({fact.key: name for fact, name in now.items()})  # one may have been forgotten
    forget_names(sorted(old_keys - keys))


def rows(device_pk: int, source: str, facts: Iterable[Fact]) -> list[InventoryFact]:
    """Return the rows of ``facts``, not written yet."""
    return [
        InventoryFact(
            device_id=device_pk,
            source=source,
            key=fact.key,
            text=fact.text,
            number=fact.number,
            version=fact.version,
        )
        for fact in facts
    ]


def record_names(names: dict[str, str]) -> None:
    """Write down names, by their keys, that are not there yet."""
    for some in _some(sorted(names)):  # in one order, so that two readings cannot lock each other
        known = set(FactName.objects.filter(key__in=some).values_list("key", flat=True))
        new = [FactName(key=key, name=names[key]) for key in some if key not in known]
        FactName.objects.bulk_create(new, ignore_conflicts=True)


def forget_names(keys: Sequence[str]) -> None:
    """Delete the names among ``keys`` that no device has any more: an agent may invent many."""
    for some in _some(keys):
        used = Exists(InventoryFact.objects.filter(key=OuterRef("key")))
        FactName.objects.filter(~used, key__in=some).delete()


def _some(keys: Sequence[str]) -> Iterator[Sequence[str]]:
    return (keys[start : start + AT_ONCE] for start in range(0, len(keys), AT_ONCE))
