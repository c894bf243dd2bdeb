"""Filters over inventories: what is compared how, odd input, rights, and an oracle in Python."""

import operator
import os
import random
import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from django.db import connection
from django.http import QueryDict
from django.urls import reverse
from django.utils import timezone

from devices.inventory_facts import facts_of, measure, record_facts, rows
from devices.marks import dashed_mac
from devices.models import Device, FactName, InventoryChange, InventoryFact
from devices.models.rights import Role
from devices.services import facts, selection
from devices.services.conditions import OPERATORS, BadCondition, condition, read
from devices.services.listing import Listing
from tests import factories

pytestmark = pytest.mark.django_db
ROOT = Path(__file__).parents[2]
AMT, AGENT = InventoryChange.Source.AMT, InventoryChange.Source.AGENT


def kept(name: str, *told: tuple[str, str], where=None, source=AMT, days: int = 0) -> Device:
    """Return a device with an inventory, read so many days ago."""
    device = factories.device(name, where)
    record_facts(device, source, told, at=timezone.now() - timedelta(days=days))
    return device


def found(*words: str, user=None) -> list[str]:
    asked = QueryDict(mutable=True)
    asked.setlist("fact", list(words))
    chosen = selection.matching(user or factories.person(), asked)
    return sorted(chosen.values_list("name", flat=True))


# Comparing


@pytest.mark.parametrize(
    ("lower", "higher"),
    [
        ("1.9", "1.10"),
        ("119.0.2", "120"),
        ("N2CET65W (1.48)", "N2CET65W (1.49)"),
        ("16.1.25.1124", "16.1.25.2124"),
        ("9", "99999999999999999999999999999"),
    ],
)
def test_versions_compare_by_their_numbers(lower, higher):
    assert measure(lower)[0] is None
    assert measure(lower)[1] < measure(higher)[1]


@pytest.mark.parametrize("part", ["02:19:3e", "02193e", "0219.3e", "02-19-3E"])
def test_part_of_a_mac_address_is_found_however_it_is_written(part):
    kept("one", ("Network port: MAC address", "02-19-3e-b2-ed-a3"))
    kept("other", ("Network port: MAC address", "02-19-3f-b2-ed-a3"))
    assert found(f"contains|Network port: MAC address|{part}") == ["one"]
    assert found(f"lacks|Network port: MAC address|{part}") == ["other"]


def test_a_date_without_an_hour_is_its_whole_day():
    kept("PC", ("Certificate: Valid until", "2026-11-29T13:00:00+00:00"))
    name = "Certificate: Valid until"
    for word in ("is", "at-least", "at-most"):
        assert found(f"{word}|{name}|2026-11-29") == ["PC"], word
    assert found(f"below|{name}|2026-11-29") == found(f"is-not|{name}|2026-11-29") == []
    assert found(f"at-most|{name}|2026-11-28") == found(f"at-least|{name}|2026-11-30") == []
    assert found(f"below|{name}|2026-11-30") == ["PC"]


def test_versions_of_different_length_and_width_of_any_digits_are_equal():
    assert measure("120")[1] == measure("120.0.0")[1] == measure("0120")[1]
    assert measure("no digits") == (None, "")
    assert measure("٣٤")[1] == ""  # digits to Unicode, not to a version


@pytest.mark.parametrize(
    ("lower", "higher"),
    [
        ("512 MB", "0.6 GiB"),
        ("1000.2 GB", "1.1 TB"),
        ("2,400 MHz", "2.5 GHz"),
        ("2019-12-31", "2020-01-01"),
        ("2026-01-01T10:00:00+02:00", "2026-01-01T09:00:00Z"),
    ],
)
def test_units_and_dates_compare_as_numbers(lower, higher):
    assert measure(lower)[0] < measure(higher)[0]


@pytest.mark.parametrize("text", ["8 parsecs", "1,00 GB", "2026-13-01", "9" * 400 + " GB", "1.0b2"])
def test_what_only_looks_like_a_number_is_none(text):
    assert measure(text)[0] is None


def test_what_has_no_number_is_neither_above_nor_below_one():
    kept("PC", ("BIOS: Version", "none yet"), ("Memory: Size", "8 GiB"))
    for how in ("at-most", "below", "at-least"):
        assert found(f"{how}|BIOS: Version|5") == []
        assert found(f"{how}|Memory: Size|9") == []


# Keeping


def test_parts_lose_their_numbers_and_sizes_are_added_up():
    told = [("Memory 1: Size", "8 GiB"), ("Memory 2: Size", "4 GiB"), ("Software: Python 3", "3.9")]
    kept("PC", *told)
    assert found("at-least|Memory: Total size|12 GB") == ["PC"]
    assert found("is|Memory: Size|4 GB", "is|memory: size|8 gib") == ["PC"]
    assert found("is-not|Memory: Size|4 GB") == []
    assert found("known|Software: Python 3") == ["PC"]


def test_only_what_differs_is_written_and_names_that_nobody_has_go():
    device = kept("PC", ("BIOS: Version", "1.1"), ("Software: Editor", ""), days=3)
    before = set(InventoryFact.objects.values_list("pk", flat=True))
    record_facts(device, AMT, [("BIOS: Version", "1.1")], at=timezone.now() - timedelta(days=3))
    after = set(InventoryFact.objects.values_list("pk", flat=True))
    assert after < before
    assert not FactName.objects.filter(key="software: editor").exists()
    assert FactName.objects.filter(key="bios: version", name="BIOS: Version").exists()


def test_an_agent_and_amt_keep_facts_beside_each_other():
    device = kept("PC", ("BIOS: Version", "1.1"))
    record_facts(device, AGENT, [("Operating system", "Windows 10")], at=timezone.now())
    assert found("known|BIOS: Version", "is|Operating system|windows 10") == ["PC"]
    record_facts(device, AGENT, [], at=timezone.now())
    assert found("known|BIOS: Version", "known|Operating system") == []


def test_two_versions_of_a_program_are_both_found():
    kept("PC", ("Software: Runtime", "8.0.1"), ("Software: Runtime", "6.0.9"), source=AGENT)
    assert found("below|Software: Runtime|7") == ["PC"]
    assert found("at-least|Software: Runtime|8") == ["PC"]


def test_hostile_facts_are_bounded():
    odd = [("N" * 999, "T" * 9_999), ("a\0b|c", "\0"), ("", "x"), ("İ" * 220, "İ" * 500)]
    device = kept("PC", *odd)
    record_facts(device, AMT, ((f"n{i}", "x") for i in range(10**9)), at=timezone.now())
    assert InventoryFact.objects.count() < 10_010
    assert found("known|n9999") == ["PC"]


# Times


def test_old_and_missing_inventories_are_found():
    kept("Fresh", ("BIOS: Version", "1"))
    kept("Old", ("BIOS: Version", "1"), days=40)
    factories.device("Never")
    assert found("unknown|Inventory: Last read") == ["Never"]
    assert found("not-within|Inventory: Last read|30") == ["Never", "Old"]
    assert found("not-within|Intel AMT: Last read|30", "known|Inventory: Last read") == ["Old"]
    assert found("within|Inventory: Last read|30") == ["Fresh"]
    assert found("unknown|Agent: Last read", "within|Inventory: Last read|1") == ["Fresh"]


def test_a_change_is_found_by_its_day():
    device = kept("PC", ("BIOS: Version", "1"), days=40)
    kept("Other", ("BIOS: Version", "1"))
    at = timezone.now() - timedelta(days=5)
    InventoryChange.objects.create(device=device, at=at, source=AMT, part="BIOS: Version")
    record_facts(device, AMT, [("BIOS: Version", "2")], at=timezone.now())
    assert found("within|Inventory: Last changed|7") == ["PC"]
    assert found("within|Inventory: Last changed|4") == []


def day(days: int) -> str:
    return f"{timezone.now() + timedelta(days=days):%Y-%m-%d}"


def test_the_last_days_end_now_and_the_next_days_begin():
    for name, days in (("Ended", -5), ("Today", 0), ("Soon", 9), ("2044", 6_000)):
        kept(name, ("Certificate 1: Valid until", day(days)), ("Memory: Size", "1.76 GB"))
    assert found("within|Certificate: Valid until|9") == ["Ended", "Today"]
    assert found("not-within|Certificate: Valid until|9") == ["2044", "Soon"]
    assert found("next|Certificate: Valid until|9") == ["Soon", "Today"]
    assert found("next|Certificate: Valid until|8") == ["Today"]
    assert found("not-next|Certificate: Valid until|9") == ["2044", "Ended"]
    assert found("next|Certificate: Valid until|36500", "within|Memory: Size|36500") == []
    assert str(read("next|Certificate: Valid until|30")) == (
        "Certificate: Valid until in the next 30 days"
    )


# MAC addresses


@pytest.mark.parametrize(
    "typed",
    [
        *("AA:BB:CC:DD:EE:01", "aa-bb-cc-dd-ee-01", "AABB.CCDD.EE01", "aabbccddee01"),
        *("AABBCC-DDEE01", " aa:bb:cc:dd:ee:01 "),
    ],
)
def test_a_mac_address_is_found_as_anybody_writes_it(typed):
    assert dashed_mac(typed) == "aa-bb-cc-dd-ee-01"
    kept("AMT", ("Network 1: MAC address", "AA-BB-CC-DD-EE-01"))
    kept("Agent", ("MAC address", "aabbccddee01"), ("MAC address", typed), source=AGENT)
    for name, wanted in (("MAC address", "Agent"), ("Network: MAC address", "AMT")):
        assert found(f"is|{name}|{typed}") == [wanted]
        assert found(f"contains|{name}|{typed}") == [wanted]
        assert found(f"contains|{name}|bb-cc") == [wanted]
        assert found(f"is-not|{name}|{typed}", f"known|{name}") == []
        assert facts.values(factories.person(), name, typed) == ["aa-bb-cc-dd-ee-01"]
    assert InventoryFact.objects.filter(text="aa-bb-cc-dd-ee-01").count() == 2


@pytest.mark.parametrize(
    "text", ["aa:bb", "aa:bb-cc:dd:ee:01", "aabbccddee0g", "aabbccddee0102", ""]
)
def test_other_texts_are_no_mac_address(text):
    assert dashed_mac(text) == ""


def test_a_serial_number_of_twelve_digits_stays_one():
    kept("PC", ("Serial number", "202305301200"), ("BIOS: Version", "2023.0530.1200"))
    assert found("contains|Serial number|3053", "is|BIOS: Version|2023.0530.1200") == ["PC"]


# Odd input


@pytest.mark.parametrize(
    "word",
    [
        "",
        "known",
        "known|",
        "larger|BIOS: Version|1",
        "is|BIOS: Version",
        "is|BIOS: Version|\0",
        "at-least|BIOS: Version|new",
        "within|Inventory: Last read|soon",
        "within|Inventory: Last read|0",
        "within|Inventory: Last read|" + "9" * 100,
        "within|Inventory: Last read|٣",
        "next|Inventory: Last read|soon",
        "is|" + "N" * 300 + "|1",
        "is|BIOS: Version|" + "1" * 5000,
    ],
)
def test_what_cannot_be_read_finds_nothing_and_says_why(client, word):
    kept("PC", ("BIOS: Version", "1"))
    with pytest.raises(BadCondition):
        read(word)
    assert found("known|BIOS: Version", word) == []
    client.force_login(factories.person())
    page = client.get(reverse("devices:devices"), {"fact": word}).content.decode()
    assert "This filter cannot be read, so it finds nothing." in page
    assert "remove this filter" in page


@pytest.mark.parametrize("value", ["9" * 200, "1e400 GB", "%_\\", "'; --", "9" * 18 + " TB", "-1"])
def test_odd_values_are_values(value):
    kept("PC", ("BIOS: Version", value))
    assert found(f"is|BIOS: Version|{value}") == ["PC"]
    assert found(f"contains|BIOS: Version|{value[:2]}") == ["PC"]
    assert found(f"lacks|BIOS: Version|{value[:2]}") == []


@pytest.fixture
def known():
    """Keep a device of which there are a date, a version, a size, a program and a text."""
    told = {"BIOS: Released": "2023-05-30", "BIOS: Version": "1.2", "Memory: Size": "8 GiB"}
    kept("PC", *told.items(), ("Software: Editor", "2024-01-31"), ("Model", "Example 1"))


MISLEADING = [
    ("at-least|BIOS: Released|30.05.2023", "BIOS: Released is a date: write dates like"),
    ("below|BIOS: Released|2023", "BIOS: Released is a date"),
    ("is-not|BIOS: Released|30.05.2023", "BIOS: Released is a date"),
    ("at-most|BIOS: Released|8 GB", "BIOS: Released is a date"),
    ("at-least|Inventory: Last read|01.02.2026", "Inventory: Last read is a date"),
    ("at-least|Memory: Size|8", "Memory: Size has a unit"),
    ("at-least|Memory: Size|2023-05-30", "Memory: Size has a unit"),
    ("not-within|BIOS: Version|30", "BIOS: Version: its values are no dates."),
    ("is-not|BIOS: Versoin|1.2", "BIOS: Versoin: no device has a value of this name."),
    ("unknown|BIOS: Versoin", "BIOS: Versoin: no device has a value of this name."),
    ("not-next|Certificate: Valid until|30", "no device has a value of this name."),
]


@pytest.mark.parametrize(("word", "why"), MISLEADING)
def test_what_would_be_answered_wrongly_is_refused_in_its_row(client, known, word, why):
    client.force_login(factories.person())
    asked, name, value = (*word.split("|"), "")[:3]
    sent = {"operator": ["is", asked], "name": ["Model", name], "value": ["Example 1", value]}
    answer = client.post(reverse("devices:filter_inventory"), sent)
    assert answer.status_code == 422
    assert [why in row.error for row in answer.context["form"].rows] == [False, True]
    assert why in answer.content.decode()


@pytest.mark.parametrize(("word", "why"), MISLEADING)
def test_what_would_be_answered_wrongly_matches_nothing_and_says_why(client, known, word, why):
    assert found(word) == []
    client.force_login(factories.person())
    page = client.get(reverse("devices:devices"), {"fact": [word, "known|Model"]})
    assert "This filter cannot be answered, so it finds nothing." in page.content.decode()
    assert [why in one for one in page.context["listing"].errors] == [True]
    assert "Model is known" in page.content.decode()  # a chip in words


@pytest.mark.parametrize(
    "word",
    [
        "at-least|BIOS: Released|2023-05-30",
        "is-not|BIOS: Released|2023-05-31",
        "contains|BIOS: Released|2023-05",
        "is-not|BIOS: Released|unknown",
        "is-not|Software: X|1",
        "unknown|software: x",
        "below|Software: Editor|2024.2",
        "not-within|Agent: Last read|30",
        "unknown|Inventory: Last changed",
    ],
)
def test_fair_questions_are_answered(known, word):
    assert found(word) == ["PC"]


def test_ten_thousand_conditions_are_too_many_and_match_nothing(client):
    kept("PC", ("BIOS: Version", "1"))
    words = ["known|BIOS: Version"] * 10_000
    asked = QueryDict("&".join("fact=known|BIOS:+Version" for _ in words))
    assert len(Listing.read(asked).facts) == 11
    assert found(*words) == []
    client.force_login(factories.person())
    answer = client.post(reverse("devices:filter_inventory"), {"name": ["x"] * 5_000})
    assert answer.status_code == 422
    assert "at most 10 conditions" in answer.content.decode()


def test_a_selection_of_all_keeps_to_the_conditions():
    kept("One", ("BIOS: Version", "1"))
    kept("Two", ("BIOS: Version", "2"))
    asked = QueryDict(mutable=True)
    asked.update({"all": "1", "filter": "fact=is%7CBIOS%3A+Version%7C2"})
    assert [one.name for one in selection.resolve(factories.person(), asked)] == ["Two"]
    asked["filter"] = "fact=is%7CBIOS%3A+Version%7C2&fact=wide%7Copen"
    assert not selection.resolve(factories.person(), asked).exists()


def test_chips_take_conditions_away_one_by_one():
    words = ("known|BIOS: Version", "not-within|Inventory: Last read|30")
    listing = Listing.read(QueryDict("mode=smb&q=pc&fact=" + "&fact=".join(words)))
    chips = dict(listing.chips())
    assert list(chips) == [
        "SMB",
        '"pc"',
        "BIOS: Version is known",
        "Inventory: Last read not in the last 30 days",
    ]
    assert QueryDict(chips["BIOS: Version is known"]).getlist("fact") == [words[1]]
    assert QueryDict(chips["SMB"]).getlist("fact") == list(words)


# The editor


def test_the_editor_writes_the_address_of_the_list_and_reads_it(client):
    lab = factories.folder("Lab")
    kept("PC", ("Processor: Name", "i5"), ("Model", "Example 1"))
    client.force_login(factories.person())
    sent = {
        "filter": f"folder={lab.pk}&mode=smb&fact=known%7CModel",
        "operator": ["contains", "is", "known"],
        "name": ["Processor: Name", "", "Model"],
        "value": ["i5", "", "not used"],
    }
    answer = client.post(reverse("devices:filter_inventory"), sent)
    assert answer.status_code == 302
    path, _, query = answer.url.partition("?")
    assert path == lab.get_absolute_url()
    assert QueryDict(query).getlist("fact") == ["contains|Processor: Name|i5", "known|Model"]
    assert QueryDict(query)["mode"] == "smb"
    dialog = client.get(reverse("devices:filter_inventory") + f"?folder={lab.pk}&{query}")
    assert 'value="Processor: Name"' in dialog.content.decode()


def test_the_editor_adds_and_takes_away_rows(client):
    client.force_login(factories.person())
    sent = {"operator": ["is", "is"], "name": ["One", "Two"], "value": ["1", "2"]}
    page = client.post(reverse("devices:filter_inventory"), {**sent, "add": "1"}).content.decode()
    assert page.count("<fieldset") == 3
    page = client.post(reverse("devices:filter_inventory"), {**sent, "remove": "0"})
    assert "One" not in page.content.decode()
    assert "Two" in page.content.decode()


def test_a_bare_number_is_no_size(client):
    kept("PC", ("Memory: Size", "8 GiB"))
    client.force_login(factories.person())
    sent = {"operator": "at-least", "name": "Memory: Size", "value": "8"}
    answer = client.post(reverse("devices:filter_inventory"), sent)
    assert answer.status_code == 422
    assert "Memory: Size has a unit" in answer.content.decode()


# Rights


def test_names_and_devices_of_other_folders_are_not_told():
    lab = factories.folder("Lab")
    kept("Mine", ("BIOS: Version", "1"), ("Software: Editor", "1"), where=lab)
    kept("Theirs", ("Secret: Word", "1"), ("Software: Hidden", "1"), ("Memory: Size", "8 GiB"))
    user = factories.person(Role.MONITOR, lab)
    assert found("known|BIOS: Version", user=user) == ["Mine"]
    assert found("known|Secret: Word", user=user) == []
    assert facts.names(user, "software") == ["Software: Editor"]
    assert "Secret: Word" not in facts.names(user)
    assert "Secret: Word" in facts.names(factories.person())
    bare = condition("Memory: Size", "at-least", "8")
    for person, word in ((user, "no device has"), (factories.person(), "has a unit")):
        assert word in facts.refusals(person, [bare])[0]
    assert facts.values(user, "bios: version") == ["1"]
    assert facts.values(user, "Memory: Size") == []
    assert facts.values(factories.person(), "Memory: Size", "GIB") == ["8 gib"]
    nobody = factories.person(Role.MONITOR, lab)
    nobody.assignments.all().delete()
    assert facts.names(nobody) == []


def test_names_come_with_as_many_queries_as_ever(client, django_assert_max_num_queries):
    client.force_login(factories.person())
    for number in range(80):
        kept(f"PC-{number}", (f"Board {number}: Model", "x"), (f"Software: p{number}", "1"))
    with django_assert_max_num_queries(5):
        page = client.get(reverse("devices:fact_names"), {"name": "Software"}).content.decode()
    assert page.count("<option") == 50
    conditions = "&".join(f"fact=is-not|Board: Model|y{number}" for number in range(10))
    with django_assert_max_num_queries(12):
        answer = client.get(f"{reverse('devices:devices')}?{conditions}")
    assert len(answer.context["page"].rows) == 50


# The oracle

NOW = datetime.now(UTC)
SYSTEMS = ["Windows 10", "Windows 11", "Example OS 12", "windows 10 ltsc"]
CHIPS = ["Intel(R) Core(TM) i5-1145G7", "Intel(R) Core(TM) i7-1185G7", "Intel(R) Xeon(R) W-1290"]
COMPARE = {"at-least": operator.ge, "at-most": operator.le, "below": operator.lt}


@dataclass
class Machine:
    """What the oracle knows of a device, as values; the facts are the same as texts."""

    memory: list[float]  # GiB
    bios: tuple[int, ...] | None
    browser: list[tuple[int, ...]]
    system: str
    chip: str
    released: date | None
    read_at: datetime | None
    ends_at: datetime | None

    def values(self, name: str) -> list:
        return {
            "Memory: Size": self.memory,
            "Memory: Total size": [sum(self.memory)] if self.memory else [],
            "BIOS: Version": [self.bios] if self.bios else [],
            "Software: Firefox": self.browser,
            "Operating system": [self.system] if self.system else [],
            "Processor: Name": [self.chip] if self.chip else [],
            "BIOS: Released": [self.released] if self.released else [],
            "Inventory: Last read": [self.read_at] if self.read_at else [],
            "Certificate: Valid until": [self.ends_at] if self.ends_at else [],
        }[name]

    def told(self) -> list[tuple[str, str]]:
        pairs = [(f"Memory {n}: Size", f"{size:g} GiB") for n, size in enumerate(self.memory, 1)]
        pairs += [("Software: Firefox", dotted(version)) for version in self.browser]
        pairs += [("Operating system", self.system), ("Processor: Name", self.chip)]
        pairs += [("BIOS: Version", dotted(self.bios))] if self.bios else []
        pairs += [("BIOS: Released", str(self.released))] if self.released else []
        return pairs + ([("Certificate: Valid until", str(self.ends_at))] if self.ends_at else [])


def dotted(version: tuple[int, ...]) -> str:
    return ".".join(map(str, version))


def machine(chance: random.Random) -> Machine:
    if chance.random() < 0.1:
        return Machine([], None, [], "", "", None, None, None)  # never inventoried
    some = chance.random
    modules = [chance.choice([0.5, 2, 4, 8, 16]) for _ in range(chance.randint(0, 4))]
    versions = [version(chance) for _ in range(chance.choice([0, 0, 1, 1, 1, 2]))]
    released = date(2015, 1, 1) + timedelta(days=chance.randrange(4000))
    return Machine(
        memory=modules,
        bios=version(chance) if some() < 0.9 else None,
        browser=versions,
        system=chance.choice(SYSTEMS) if some() < 0.8 else "",
        chip=chance.choice(CHIPS) if some() < 0.9 else "",
        released=released if some() < 0.8 else None,
        read_at=NOW - timedelta(days=chance.randrange(120), hours=1),
        ends_at=NOW + timedelta(days=chance.randrange(-120, 120), hours=1),
    )


def version(chance: random.Random) -> tuple[int, ...]:
    return tuple(chance.choice([0, 1, 9, 10, 115, 120]) for _ in range(chance.randint(1, 4)))


SIZES = [0.5, 2, 4, 6, 8, 12, 16, 20, 32]
KINDS = {
    "Memory: Size": "size",
    "Memory: Total size": "size",
    "BIOS: Version": "version",
    "Software: Firefox": "version",
    "Operating system": "text",
    "Processor: Name": "text",
    "BIOS: Released": "date",
    "Inventory: Last read": "time",
    "Certificate: Valid until": "time",
}
WORDS = {
    "size": ["is", "is-not", *COMPARE],
    "version": ["is", "is-not", *COMPARE],
    "text": ["is", "is-not", "contains", "lacks"],
    "date": ["is", *COMPARE],
    "time": ["within", "not-within", "next", "not-next"],
}


def draw(chance: random.Random) -> tuple[str, str, object, str]:
    """Return name and operator of a condition, its value, and that value as a person types it."""
    name = chance.choice(list(KINDS))
    kind = KINDS[name]
    how = chance.choice([*WORDS[kind], "known", "unknown"])
    if kind == "size":
        size = chance.choice(SIZES)
        return name, how, size, f"{size:g} {chance.choice(['GB', 'GiB', 'gb'])}"
    if kind == "version":
        drawn = version(chance)
        return name, how, drawn, dotted(drawn)
    if kind == "text":
        text = chance.choice([*SYSTEMS, "Windows", "i5", "12", "core", "CPU"])
        return name, how, text, text
    if kind == "date":
        day = date(2015, 1, 1) + timedelta(days=chance.randrange(4000))
        return name, how, day, str(day)
    days = chance.randrange(1, 120)
    return name, how, days, str(days)


def is_so(machine: Machine, name: str, how: str, value: object) -> bool:
    opposites = {"is-not": "is", "lacks": "contains", "unknown": "known"}
    opposites |= {"not-within": "within", "not-next": "next"}
    if how in opposites:
        return not is_so(machine, name, opposites[how], value)
    return any(one_is(one, how, value) for one in machine.values(name))


def one_is(one: object, how: str, value: object) -> bool:
    if how == "known":
        return True
    if how == "within":
        return NOW - timedelta(days=value) <= one <= NOW
    if how == "next":
        return NOW <= one <= NOW + timedelta(days=value)
    if isinstance(one, str):
        one, value = one.lower(), value.lower()
        return one == value if how == "is" else value in one
    if how == "is":
        return one == value
    if isinstance(one, tuple):
        one, value = ((*version, 0, 0, 0)[:4] for version in (one, value))
    return COMPARE[how](one, value)


def seed(chance: random.Random, number: int) -> dict[int, Machine]:
    """Write so many devices with their facts, and return what the oracle knows of each."""
    place = factories.folder("Oracle")
    devices = Device.objects.bulk_create(
        Device(name=f"PC-{n:05}", folder=place) for n in range(number)
    )
    known = {device.pk: machine(chance) for device in devices}
    made = []
    for pk, one in known.items():
        if one.read_at:
            read_facts = facts_of(AMT, one.told(), at=one.read_at, changed_at=None)
            made += rows(pk, AMT, read_facts)
    InventoryFact.objects.bulk_create(made, batch_size=5000)
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE devices_inventoryfact, devices_device")
    return known


def test_random_filters_answer_as_an_oracle_does_over_10_000_devices():
    chance = random.Random(90)
    known, user = seed(chance, 10_000), factories.person()
    used, sizes = set(), []
    for _ in range(120):
        drawn = [draw(chance) for _ in range(chance.choice([1, 1, 2, 3]))]
        words = [condition(name, how, text).word for name, how, _, text in drawn]
        asked = QueryDict(mutable=True)
        asked.setlist("fact", words)
        answer = set(selection.matching(user, asked).values_list("pk", flat=True))
        wanted = {
            pk
            for pk, machine in known.items()
            if all(is_so(machine, name, how, value) for name, how, value, _ in drawn)
        }
        assert answer == wanted, words
        used |= {how for _, how, _, _ in drawn}
        sizes.append(len(wanted))
    assert used == set(OPERATORS)
    assert sum(0 < size < 10_000 for size in sizes) > 90


@pytest.mark.services
@pytest.mark.timeout(300)
def test_the_oracle_agrees_with_postgresql(postgres_url):
    if connection.vendor == "postgresql":
        pytest.skip("this run is on PostgreSQL")
    one = f"{__file__}::test_random_filters_answer_as_an_oracle_does_over_10_000_devices"
    ours = ("PYTEST_", "ZCC_DATA_DIR", "ZCC_TEST_RUN")  # the other run has its own
    environment = {name: v for name, v in os.environ.items() if not name.startswith(ours)}
    environment["ZCC_DATABASE_URL"] = postgres_url
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-n", "0", one]
    run = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=280
    )
    assert run.returncode == 0, run.stdout[-3000:] + run.stderr[-3000:]
    assert "1 passed" in run.stdout
