"""Limited starts: no group has more than its number in a minute, wherever the minute begins."""

from collections import defaultdict
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.levels import Place
from devices.models import JobItem, Setting
from devices.services import jobs
from power.levels import (
    FOLDER_STARTS,
    SERVER_STARTS,
    START_JITTER,
    VERIFY_SECONDS,
    ZONE_STARTS,
)
from power.models import PowerSchedule
from power.services import due, staggering
from power.stagger import Start, plan
from tests.factories import device, folder, server
from tests.power.test_schedules import NINE, an_entry, save, set_up

GROUPS = ("zone", "a", "b", "c", "free")
STARTS = st.lists(
    st.builds(
        Start,
        what=st.integers(),
        at=st.floats(0, 300),
        groups=st.sets(st.sampled_from(GROUPS)).map(frozenset),
    ),
    max_size=60,
)
LIMITS = st.dictionaries(st.sampled_from(GROUPS[:-1]), st.integers(1, 30))


def most_in_a_minute(moments):
    moments = sorted(moments)
    return max(
        (sum(begin <= other < begin + 60 for other in moments) for begin in moments), default=0
    )


@given(STARTS, LIMITS, st.floats(0, 1))
def test_no_minute_has_more_than_the_limit(starts, limits, jitter):
    known = dict(enumerate(starts))
    named = [Start(index, start.at, start.groups) for index, start in known.items()]

    planned = plan(named, limits, {}, lambda: jitter)

    assert sorted(index for index, _ in planned) == sorted(known)
    by_group = defaultdict(list)
    for index, at in planned:
        assert at >= known[index].at
        for group in known[index].groups & limits.keys():
            by_group[group].append(at)
    for group, moments in by_group.items():
        assert most_in_a_minute(moments) <= limits[group]


@given(STARTS)
def test_without_limits_everything_starts_when_it_wants(starts):
    assert sorted(at for _, at in plan(starts, {}, {})) == sorted(start.at for start in starts)


def test_slow_group_does_not_hold_up_the_others():
    slow = [Start(f"slow {n}", 0.0, frozenset({"zone", "slow"})) for n in range(5)]
    quick = [Start(f"quick {n}", 0.0, frozenset({"zone"})) for n in range(50)]

    planned = dict(plan([*slow, *quick], {"zone": 60, "slow": 1}, {}))

    assert max(planned[start.what] for start in quick) < 60
    assert max(planned[start.what] for start in slow) > 240


def limit(key, value, **place):
    Setting.objects.create(key=key.name, value=value, **place)


def moments(**where):
    return [item.due_at.timestamp() for item in JobItem.objects.waiting().filter(**where)]


@pytest.mark.django_db
def test_limits_of_zone_server_and_folder_hold_over_several_schedules(time_machine):
    time_machine.move_to(NINE - timedelta(hours=1), tick=False)
    lab, hall, sites = folder("Lab"), folder("Hall"), [server(), server()]
    for n, site in enumerate(sites):
        set_up(*[device(where=lab) for _ in range(10)], site=site)
        set_up(*[device(where=hall) for _ in range(10 + n)], site=site)
    limit(ZONE_STARTS, 20)
    limit(SERVER_STARTS, 12)
    limit(FOLDER_STARTS, 6, folder=lab)
    limit(START_JITTER, 50)
    save(Place(), an_entry())
    save(Place(hall), an_entry(rule={"end": "09:05:00"}))
    due.tick(NINE)

    assert len(moments()) == 41
    assert min(moments()) >= NINE.timestamp()
    assert most_in_a_minute(moments()) <= 20
    assert most_in_a_minute(moments(device__folder=lab)) <= 6
    for site in sites:
        assert most_in_a_minute(moments(server=site)) <= 12
    for item in JobItem.objects.select_related("job"):
        assert item.expires_at - item.due_at >= timedelta(minutes=29)
        assert item.job.expires_at >= item.expires_at


@pytest.mark.django_db
def test_sending_server_still_goes_last(time_machine):
    time_machine.move_to(NINE - timedelta(hours=1), tick=False)
    host = device("SRV-1")
    site = set_up(host, *[device() for _ in range(9)])
    site.device = host
    site.save()
    limit(ZONE_STARTS, 10)
    save(Place(), an_entry("off"))
    due.tick(NINE)
    last = JobItem.objects.get(is_last=True)

    assert last.device == host
    assert last.due_at.timestamp() == max(moments())


@pytest.mark.django_db
def test_starts_that_a_silent_server_held_up_are_spread_anew(time_machine):
    now = datetime.now(UTC)
    set_up(*[device() for _ in range(12)])
    limit(ZONE_STARTS, 12)
    save(Place(), an_entry())
    PowerSchedule.objects.update(next_at=now)
    due.tick(now)
    expiry = set(JobItem.objects.values_list("expires_at", flat=True))
    ten_minutes = timedelta(minutes=10)
    for item in JobItem.objects.all():  # as if ten minutes had gone by without a worker
        JobItem.objects.filter(pk=item.pk).update(due_at=item.due_at - ten_minutes)
    assert staggering.spread_late() == 12

    assert min(moments()) >= now.timestamp()
    assert max(moments()) - min(moments()) > 50
    assert set(JobItem.objects.values_list("expires_at", flat=True)) == expiry


@pytest.mark.django_db(transaction=True)
def test_devices_really_start_apart(managed_fleet, worker):
    """Thirty a minute: two seconds between orders, as the devices themselves saw them."""
    seen = managed_fleet(5, power=8)
    limit(ZONE_STARTS, 30)
    limit(VERIFY_SECONDS, 5)
    save(Place(), an_entry())
    now = datetime.now(UTC)
    PowerSchedule.objects.update(next_at=now)
    due.tick(now)
    give_up = now + timedelta(seconds=40)
    while JobItem.objects.unfinished().exists() and datetime.now(UTC) < give_up:
        jobs.tick()
    assert set(JobItem.objects.values_list("status", flat=True)) == {"done"}
    times = list(JobItem.objects.order_by("due_at").values_list("due_at", "sent_at"))
    planned = [due_at for due_at, _ in times]
    assert all(len(one.orders) == 1 for one in seen)
    assert all(sent_at >= due_at for due_at, sent_at in times)
    assert min(after - before for before, after in pairwise(planned)) > timedelta(seconds=2)
