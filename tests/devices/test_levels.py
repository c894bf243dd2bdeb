"""Settings by level: which value counts where."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from devices import levels
from devices.levels import Key, Place
from devices.models import Device, Folder, Setting
from tests import factories

SECONDS = Key("test.seconds", "Tests", "Tests", "Seconds", "For tests.", default=60, unit="s")
ZONE_ONLY = Key("test.zone", "Tests", "Tests", "Zone", "", default=5, levels=("zone",))

pytestmark = pytest.mark.django_db


def put(value, *, folder=None, device=None, key=SECONDS):
    return Setting.objects.create(key=key.name, folder=folder, device=device, value=value)


def test_nothing_set_gives_the_default():
    device = factories.device()

    found = levels.resolve(SECONDS, [device])[device.pk]

    assert (found.value, found.origin) == (60, None)


def test_the_nearest_level_wins():
    lab = factories.folder("Lab")
    corner = factories.folder("Corner", below=lab)
    inside, beside = factories.device(where=corner), factories.device(where=lab)
    put(10)
    put(20, folder=lab)
    put(30, folder=corner)
    own = put(40, device=inside)

    found = levels.resolve(SECONDS, [inside, beside])

    assert (found[inside.pk].value, found[inside.pk].origin) == (40, own)
    assert found[beside.pk].value == 20
    assert levels.resolve_folder(SECONDS, corner).value == 30
    assert levels.zone_value(SECONDS) == 10


def test_false_and_zero_are_values_and_not_gaps():
    key = Key("test.plain", "Tests", "Tests", "Plain", "", default=True)
    device = factories.device()
    put(False, key=key, device=device)

    assert levels.resolve(key, [device])[device.pk].value is False


def test_a_value_at_a_level_that_the_key_does_not_allow_counts_for_nothing():
    device = factories.device()
    put(9, key=ZONE_ONLY, device=device)

    assert levels.resolve(ZONE_ONLY, [device])[device.pk].value == 5


@pytest.mark.parametrize("count", [1, 40])
def test_any_number_of_devices_costs_one_query(count, django_assert_num_queries):
    folders = [factories.folder() for _ in range(5)]
    devices = [factories.device(where=folders[n % 5]) for n in range(count)]
    put(20, folder=folders[0])

    with django_assert_num_queries(1):
        levels.resolve(SECONDS, devices)


def test_devices_that_came_without_their_folders_cost_one_query_more(django_assert_num_queries):
    for _ in range(10):
        factories.device(where=factories.folder())
    devices = list(Device.objects.all())

    with django_assert_num_queries(2):
        levels.resolve(SECONDS, devices)


def test_a_set_of_devices_is_one_parameter_however_large():
    devices = [factories.device() for _ in range(5)]
    put(30, device=devices[4])

    with CaptureQueriesContext(connection) as queries:
        found = levels.resolve(SECONDS, devices)

    assert [found[device.pk].value for device in devices] == [60, 60, 60, 60, 30]
    assert len(queries) == 1
    assert re.search(r"json_each|= ANY", queries.captured_queries[0]["sql"])


def test_a_trace_tells_each_level_and_which_one_counts():
    lab = factories.folder("Lab")
    device = factories.device(where=lab)
    put(10)
    put(20, folder=lab)
    place = Place(device=device)

    steps = levels.trace(SECONDS, levels.rows_at(place, [SECONDS]), place, {})

    assert [(step.level, step.text, step.wins) for step in steps] == [
        ("default", "60 s", False),
        ("zone", "10 s", False),
        ("folder", "", False),
        ("folder", "20 s", True),
        ("device", "", False),
    ]


@pytest.mark.parametrize(
    ("key", "value", "text"),
    [
        (SECONDS, 1200, "1,200 s"),
        (Key("t.b", "T", "T", "B", "", default=True), False, "no"),
        (Key("t.c", "T", "T", "C", "", default="a", choices=(("a", "Red"),)), "a", "Red"),
    ],
)
def test_a_value_is_told_as_people_say_it(key, value, text):
    assert key.told(value) == text


VALUES = st.none() | st.integers(0, 9)
TREES = st.recursive(
    st.tuples(VALUES, st.lists(VALUES, max_size=2), st.just([])),
    lambda inner: st.tuples(VALUES, st.lists(VALUES, max_size=2), st.lists(inner, max_size=3)),
    max_leaves=6,
)


def grow(parent: Folder, tree, above: list, wanted: dict) -> None:
    """Make a tree of folders and devices; the reference answer is found by walking up."""
    value, devices, below = tree
    folder = factories.folder(below=parent)
    if value is not None:
        put(value, folder=folder)
    chain = [*above, value]
    for own in devices:
        device = factories.device(where=folder)
        if own is not None:
            put(own, device=device)
        wanted[device.pk] = next(v for v in reversed([*chain, own]) if v is not None)
    for branch in below:
        grow(folder, branch, chain, wanted)


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(zone=VALUES, tree=TREES)
def test_the_resolver_agrees_with_walking_up_the_tree(db, zone, tree):
    Setting.objects.all().delete()
    Device.objects.all().delete()
    if zone is not None:
        put(zone)
    wanted: dict = {}
    grow(None, tree, [SECONDS.default, zone], wanted)

    found = levels.resolve(SECONDS, Device.objects.filter(pk__in=wanted))

    assert {pk: effective.value for pk, effective in found.items()} == wanted
