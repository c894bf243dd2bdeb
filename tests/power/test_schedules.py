"""Schedules: what the due table holds, what a time becomes, and which devices it reaches."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from amt.models import AmtSettings
from devices.levels import Place
from devices.models import Device, Job, JobItem, Setting
from devices.services.settings import Wish, save_settings
from power.levels import HOLD_OFF_MINUTES, ORDER_EXPIRY, POWER_SCHEDULES
from power.models import PowerAction, PowerSchedule, ScheduledRun
from power.services import due, pauses
from power.services.orders import order_power
from tests.factories import credential, device, folder, person, server

pytestmark = pytest.mark.django_db
NINE = datetime(2027, 3, 1, 9, 0, tzinfo=UTC)  # a Monday
EVERY_DAY = {"kind": "recurring", "weekdays": [0, 1, 2, 3, 4, 5, 6], "start": "09:00:00"}


def an_entry(action="on", rule=None, **fields):
    given = {"id": "", "action": action, "rule": {**EVERY_DAY, **(rule or {})}}
    return {**given, "enabled": True, "leave_out": False, **fields}


def save(place, *entries, user=None):
    """Save a list of schedules at ``place`` as a person does; return the row."""
    where = {"folder": place.folder, "device": place.device}
    row = Setting.objects.filter(key=POWER_SCHEDULES.name, **where).first()
    wish = Wish(POWER_SCHEDULES, True, list(entries), row.version if row else 0)
    save_settings(place=place, wishes=[wish], asked_by=user or person())
    return Setting.objects.get(key=POWER_SCHEDULES.name, **where)


def set_up(*devices, site=None):
    """Set ``devices`` up for AMT, sent to by one server; return it."""
    site, login = site or server(), credential()
    for one in devices:
        one.mode = Device.Mode.SMB
        one.save()
        AmtSettings.objects.create(
            device=one, mode="smb", address="127.0.9.9", credential=login, server=site
        )
    return site


@pytest.fixture
def early(time_machine):
    """Let it be Monday, 1 March 2027, eight in the morning."""
    time_machine.move_to(NINE - timedelta(hours=1), tick=False)


def lines(job):
    return {item.device_name: (item.status, item.error_code) for item in job.items.all()}


def test_time_that_has_come_becomes_a_task_like_that_of_a_quick_task(early):
    one = device("PC-1")
    site = set_up(one)
    save(Place(), an_entry("off"))
    assert due.tick(NINE - timedelta(seconds=1)) == 0
    assert due.tick(NINE) == 1

    run = ScheduledRun.objects.get()
    assert (run.starts_at, run.status, run.level) == (NINE, "started", "zone")
    job = run.job
    assert (job.title, job.kind, job.is_order) == ("Power Off, schedule of the zone", "power", True)
    assert (job.power_order.action, job.device_count, job.asked_by_name) == ("off", 1, "Schedule")
    item = job.items.get()
    assert (item.device, item.server, item.status) == (one, site, "waiting")
    assert (item.device_name, item.device_address, item.position) == ("PC-1", "", 0)
    assert item.due_at == NINE
    assert item.expires_at == NINE + timedelta(minutes=30)  # the grace time
    assert item.evidence == {}
    assert PowerSchedule.objects.get().next_at == NINE + timedelta(days=1)


def test_run_is_written_a_little_before_its_time_and_its_lines_wait(early):
    set_up(device())
    save(Place(), an_entry())
    early_by = timedelta(seconds=1)
    assert due.tick(NINE - early_by, ahead=due.AHEAD) == 1
    assert due.tick(NINE, ahead=due.AHEAD) == 0
    run = ScheduledRun.objects.get()
    assert (run.starts_at, run.status) == (NINE, "started")
    assert JobItem.objects.get().due_at == NINE


def test_nothing_happens_twice(early):
    set_up(device())
    save(Place(), an_entry())
    due.tick(NINE)
    assert due.tick(NINE) == 0
    PowerSchedule.objects.update(next_at=NINE)  # a clock that was put back
    due.tick(NINE)
    assert ScheduledRun.objects.count() == Job.objects.count() == 1


def test_device_that_is_not_set_up_has_a_line_that_says_so(early):
    set_up(device("PC-1"))
    device("PC-2")
    save(Place(), an_entry())
    due.tick(NINE)
    job = Job.objects.get()
    assert lines(job) == {"PC-1": ("waiting", ""), "PC-2": ("skipped", "not-set-up")}
    assert job.device_count == 2
    assert [item.position for item in job.items.order_by("device_name")] == [0, 1]


def test_job_of_skipped_lines_alone_is_finished_at_once(early):
    device("PC-1")
    save(Place(), an_entry())
    due.tick(NINE)
    assert Job.objects.get().is_finished


def test_window_gives_each_device_a_moment_of_its_own(early):
    set_up(*[device() for _ in range(40)])
    save(Place(), an_entry(rule={"end": "09:20:00"}))
    due.tick(NINE + timedelta(seconds=2))
    moments = sorted(item.due_at - NINE for item in JobItem.objects.all())
    assert timedelta(seconds=2) <= moments[0] < timedelta(minutes=2)
    assert timedelta(minutes=18) < moments[-1] <= timedelta(minutes=20)
    assert len(set(moments)) == 40
    for item in JobItem.objects.all():
        assert abs(item.expires_at - item.due_at - timedelta(minutes=30)) < timedelta(seconds=1)


def test_item_is_claimable_only_when_its_moment_has_come(early):
    set_up(device())
    save(Place(), an_entry())
    due.tick(NINE)
    JobItem.objects.update(due_at=datetime.now(UTC) + timedelta(days=900))  # the database's clock
    assert not JobItem.objects.claimable().exists()


@pytest.mark.parametrize(
    ("rule", "late", "status", "reason"),
    [
        ({"missed": "skip"}, 1, "started", ""),
        ({"missed": "skip"}, 2, "missed", "skip what was missed"),
        ({"missed": "skip", "end": "09:20:00"}, 19, "started", ""),
        ({"missed": "skip", "end": "09:20:00"}, 21, "missed", "21 min later"),
        ({"missed": "grace", "grace_minutes": 30}, 30, "started", "within the grace time"),
        ({"missed": "grace", "grace_minutes": 30}, 31, "missed", "after the grace time of 30 min"),
        ({"missed": "once"}, 600, "started", "10 h later"),
    ],
)
def test_rule_decides_about_a_time_that_was_missed(early, rule, late, status, reason):
    save(Place(), an_entry("on", rule))
    due.tick(NINE + timedelta(minutes=late))
    run = ScheduledRun.objects.get()
    assert run.status == status
    assert reason in run.reason
    assert (run.job is None) == (status == "missed")


def test_of_several_missed_times_only_the_last_is_caught_up(early):
    save(Place(), an_entry("on", {"missed": "once"}))
    due.tick(NINE + timedelta(days=3, hours=2))
    assert [(run.starts_at, run.status) for run in ScheduledRun.objects.order_by("starts_at")] == [
        (NINE, "missed"),
        (NINE + timedelta(days=1), "missed"),
        (NINE + timedelta(days=2), "missed"),
        (NINE + timedelta(days=3), "started"),
    ]


def test_thousands_of_missed_times_are_counted_not_written_one_by_one(early):
    rule = {"repeat": "interval", "interval_minutes": 2, "missed": "skip"}
    save(Place(), an_entry("on", rule))
    due.tick(NINE + timedelta(days=7))
    runs = ScheduledRun.objects.order_by("starts_at")
    assert runs.count() == 1_001
    assert "So were 4,0" in runs[0].reason


def test_entry_that_is_switched_off_or_has_no_schedule_never_comes(early):
    save(Place(), an_entry(enabled=False), an_entry(rule={"kind": "none"}))
    assert {row.next_at for row in PowerSchedule.objects.all()} == {None}


def test_change_plans_from_now_on_and_leaves_the_others_alone(early):
    row = save(Place(), an_entry("on"), an_entry("off"))
    first, second = row.value
    PowerSchedule.objects.update(next_at=NINE - timedelta(days=1))  # has come already
    save(Place(), first, {**second, "rule": {**second["rule"], "start": "10:00:00"}})
    kept = {str(due_row.entry): due_row.next_at for due_row in PowerSchedule.objects.all()}
    assert kept == {first["id"]: NINE - timedelta(days=1), second["id"]: NINE + timedelta(hours=1)}


def test_ids_of_other_lists_are_not_taken_over(early):
    zone_row = save(Place(), an_entry())
    copied = save(Place(folder("Lab")), *zone_row.value)
    assert copied.value[0]["id"] != zone_row.value[0]["id"]
    assert PowerSchedule.objects.count() == 2


def test_deleted_entry_keeps_its_history(early):
    set_up(device())
    row = save(Place(), an_entry())
    due.tick(NINE)
    save(Place())
    assert not PowerSchedule.objects.exists()
    assert ScheduledRun.objects.get().entry == UUID(row.value[0]["id"])


def test_nearest_list_counts(early):
    lab, deeper = folder("Lab"), None
    deeper = folder("Deeper", lab)
    pcs = {
        "of-zone": device("of-zone"),
        "of-lab": device("of-lab", lab),
        "below-lab": device("below-lab", deeper),
        "own": device("own", lab),
    }
    set_up(*pcs.values())
    save(Place(), an_entry("off"))
    save(Place(lab), an_entry("on"))
    save(Place(device=pcs["own"]))  # overrides with no schedule
    due.tick(NINE)
    by_action = {run.action: set(lines(run.job)) for run in ScheduledRun.objects.all()}
    assert by_action == {"off": {"of-zone"}, "on": {"of-lab", "below-lab"}}


def test_revert_gives_the_device_back(early):
    one = device("PC-1")
    set_up(one)
    save(Place(), an_entry("off"))
    place = Place(device=one)
    row = save(place, an_entry("on"))
    save_settings(
        place=place, wishes=[Wish(POWER_SCHEDULES, False, None, row.version)], asked_by=person()
    )
    due.tick(NINE)
    assert [run.action for run in ScheduledRun.objects.all()] == ["off"]


def test_sending_server_goes_last_or_is_left_out(early):
    pc, host = device("PC-1"), device("SRV-1")
    site = set_up(pc, host)
    site.device = host
    site.save()
    save(Place(), an_entry("off"), an_entry("reset", leave_out=True))
    due.tick(NINE)
    off, reset = (Job.objects.get(power_order__action=action) for action in ("off", "reset"))
    assert {item.device_name for item in off.items.filter(is_last=True)} == {"SRV-1"}
    assert lines(reset)["SRV-1"] == ("skipped", "left-out")


def test_order_of_a_person_holds_schedules_off(early):
    held, free = device("PC-1"), device("PC-2")
    set_up(held, free)
    save(Place(), an_entry("off"))
    one = Device.objects.filter(pk=held.pk)
    admin = person()
    order_power(devices=one, action=PowerAction.ON, intent=UUID(int=1), asked_by=admin)
    due.tick(NINE - timedelta(hours=1))
    PowerSchedule.objects.update(next_at=NINE - timedelta(minutes=59))
    due.tick(NINE - timedelta(minutes=59))
    job = Job.objects.get(scheduled_run__isnull=False)
    assert lines(job) == {"PC-1": ("skipped", "held-off"), "PC-2": ("waiting", "")}
    told = f"{admin.username} ordered Power On at 08:00; schedules leave this PC alone until 09:00."
    assert job.items.get(device=held).message == told


def test_hold_off_is_a_setting_of_each_device(early):
    one = device()
    set_up(one)
    Setting.objects.create(key=HOLD_OFF_MINUTES.name, device=one, value=0)
    order_power(
        devices=Device.objects.filter(pk=one.pk),
        action=PowerAction.ON,
        intent=UUID(int=1),
        asked_by=person(),
    )
    one.refresh_from_db()
    assert one.held_until is None


def test_pause_of_a_folder_skips_its_devices_and_says_until_when(early):
    lab = folder("Lab")
    set_up(device("PC-1", folder("Deeper", lab)), device("PC-2"))
    save(Place(), an_entry())
    pauses.pause_schedules(
        folder=lab, until=datetime(2027, 3, 8, tzinfo=UTC), why="Exams", asked_by=person()
    )
    due.tick(NINE)
    job = Job.objects.get()
    assert lines(job) == {"PC-1": ("skipped", "schedules-paused"), "PC-2": ("waiting", "")}
    assert "until 08 Mar 00:00 (Exams)." in job.items.get(device_name="PC-1").message


def test_order_that_waits_expires_by_the_rule_of_its_schedule(early):
    set_up(device())
    Setting.objects.create(key=ORDER_EXPIRY.name, value=7)
    save(
        Place(),
        an_entry("on", {"missed": "skip"}),
        an_entry("off", {"missed": "grace", "grace_minutes": 90}),
        an_entry("on", {"missed": "once"}),
    )
    due.tick(NINE)
    waits = {
        ScheduledRun.objects.get(job=item.job).sentence: item.expires_at - item.due_at
        for item in JobItem.objects.all()
    }
    assert sorted(item.expires_at - item.due_at for item in JobItem.objects.all()) == [
        timedelta(minutes=7),
        timedelta(minutes=90),
        timedelta(days=1),
    ], waits


def test_times_follow_a_change_of_the_zone_when_a_dispatcher_starts(early, settings):
    save(Place(), an_entry(), an_entry(rule={"zone": "America/New_York"}))
    first, second = PowerSchedule.objects.order_by("next_at").values_list("next_at", flat=True)
    settings.TIME_ZONE = "Europe/Berlin"
    now = NINE - timedelta(hours=1)
    assert due.correct(now) == 1  # nine in Berlin is just now: the next is tomorrow
    times = set(PowerSchedule.objects.values_list("next_at", flat=True))
    assert times == {NINE + timedelta(hours=23), second}
    assert first == NINE
    assert due.correct(now) == 0
