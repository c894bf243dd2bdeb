"""The pages of schedules over HTTP: the editor, the list, the calendar, pauses, skips, the feed."""

import csv
import json
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone
from icalendar import Calendar

from devices.levels import Place
from devices.models import AuditEntry, Device, Job, JobItem, Setting
from devices.models.rights import Role
from power.models import PowerSchedule, ScheduledRun, SchedulePause
from power.services import due, pauses
from tests.factories import device, folder, person
from tests.power.test_schedules import NINE, an_entry, save, set_up

pytestmark = pytest.mark.django_db
LIST, EDITOR = "/power/schedules/list/", "/power/schedules/editor/"
SETTINGS = "/configuration/settings/power-management-settings/"
FORM = {
    "kind": "recurring",
    "repeat": "weekdays",
    "weekdays": ["0", "4"],
    "month_day": "1",
    "nth": "1",
    "nth_weekday": "0",
    "interval": "1",
    "unit": "1440",
    "start": "18:00",
    "end": "",
    "zone": "",
    "missed": "grace",
    "grace_minutes": "30",
    "action": "off",
    "number": "",
}


@pytest.fixture
def early(time_machine):
    """Let it be Monday, 1 March 2027, eight in the morning."""
    time_machine.move_to(NINE - timedelta(hours=1), tick=False)


@pytest.fixture
def admin(client, early):
    user = person()
    client.force_login(user)
    return user


def edit(client, **fields):
    return client.post(EDITOR, {**FORM, "power-schedules": "[]", "ok": "1", **fields})


def entries_in(answer):
    """Return the list that a fragment of the page of settings holds."""
    assert answer.status_code == 200
    return json.loads(answer.context["json"])


def problems(answer):
    form = answer.context["form"]
    return [error for errors in form.errors.values() for error in errors]


def test_editor_gives_the_list_with_the_new_entry(client, admin):
    answer = edit(client)
    assert answer.headers["HX-Retarget"] == "#schedules-list"
    assert "zcc:close" in answer.headers["HX-Trigger"]
    assert entries_in(answer) == [
        {
            "id": "",
            "action": "off",
            "rule": {"kind": "recurring", "weekdays": [0, 4], "start": "18:00:00"},
            "enabled": True,
            "leave_out": False,
        }
    ]
    assert not Setting.objects.exists()  # OK or Apply on the page saves it


def test_editor_changes_the_entry_it_was_opened_for_and_no_other(client, admin):
    known = [an_entry("off"), an_entry("on", enabled=False)]
    given = {"power-schedules": json.dumps(known), "number": "1", "start": "07:00"}
    found = entries_in(edit(client, **given))
    assert found[0] == known[0]
    assert (found[1]["action"], found[1]["enabled"]) == ("on", False)
    assert found[1]["rule"]["start"] == "07:00:00"


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"end": "17:50"}, "The end (17:50) lies before the start (18:00). Choose a later end, or"),
        ({"weekdays": []}, "No day of the week is chosen."),
        ({"repeat": "month-day", "month_day": "32"}, "Day 32 is in no month."),
        ({"repeat": "month-day", "month_day": ""}, "Day 0 is in no month."),
        ({"repeat": "interval", "interval": "0", "unit": "1"}, "The interval goes from 1 to"),
        ({"repeat": "interval", "interval": "1", "unit": "1"}, "before one run is verified"),
        (
            {"repeat": "interval", "interval": "10", "unit": "1", "end": "18:20"},
            "before the time to start (18:00 to 18:20) is over",
        ),
        ({"first": "2027-03-02", "last": "2027-03-01"}, "lies before the first"),
        ({"first": "2027-02-30"}, "it takes a date"),
        ({"first": "9999-12-31"}, "Years go from 2000 to 2199."),
        ({"last": "2020-01-01"}, "its last day, 1 January 2020, is over"),
        (
            {"black_first": ["2027-01-01"], "black_last": ["2190-01-01"]},
            "the days left out cover every one of its days",
        ),
        ({"black_first": ["nonsense"], "black_last": [""]}, "are no days"),
        ({"missed": "once"}, "choices"),  # Power Off is never caught up without a grace time
        ({"grace_minutes": "99999"}, "The grace time goes from 1 to 1,440 minutes."),
        ({"zone": "Mars/Olympus"}, "choices"),
        ({"kind": "dates"}, "choices"),  # no Date Specific for power (S119)
        ({"start": "25:00"}, "Start: it takes a time of day, like 18:00."),
    ],
)
def test_contradiction_is_refused_with_the_sentence_that_says_which(
    client, admin, early, fields, said
):
    answer = edit(client, **fields)
    assert answer.status_code == 422
    assert any(said in each for each in problems(answer)), problems(answer)


def test_preview_says_the_rule_the_next_five_and_what_clocks_do(client, admin, early):
    where = folder("Lab")
    device(where=where)
    fields = {"end": "18:20", "zone": "Europe/Berlin", "start": "02:30", "ends_next_day": "on"}
    fields |= {"weekdays": list(map(str, range(7))), "end": "02:50", "ends_next_day": ""}
    answer = client.post(EDITOR, {**FORM, **fields, "preview": "1", "folder": where.pk})
    assert "Every day between 02:30 and 02:50, Europe/Berlin" in answer.text
    assert "for 1 device of Lab" in " ".join(answer.text.split())
    assert answer.text.count("02:30-02:50") == 5
    assert "Clocks go forward on 28 March 2027. 02:30 does not exist" in answer.text


@pytest.mark.parametrize(
    ("act", "order"),
    [("up", "offon"), ("down", "onoff"), ("delete", "on"), ("copy", "onoffoff"), ("", "onoff")],
)
def test_buttons_of_a_line(client, admin, act, order):
    known = json.dumps([an_entry("on"), an_entry("off")])
    given = {"power-schedules": known, "power-schedules-set": "1", "act": act, "number": "1"}
    assert "".join(each["action"] for each in entries_in(client.post(LIST, given))) == order


def test_switch_of_a_line(client, admin):
    known = json.dumps([an_entry("on")])
    given = {"power-schedules": known, "power-schedules-set": "1", "act": "switch", "number": "0"}
    assert entries_in(client.post(LIST, given))[0]["enabled"] is False


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        "null",
        "[1]",
        "[" * 5000,
        '[{"id": "", "action": "explode", "rule": {}, "enabled": true, "leave_out": false}]',
        '[{"id": "x", "action": "on", "rule": {}, "enabled": true, "leave_out": false}]',
        '[{"id": "", "action": "on", "rule": [], "enabled": true, "leave_out": false}]',
        '[{"id": "", "action": "on", "rule": {"zone": 5}, "enabled": true, "leave_out": false}]',
        '[{"id": "", "action": "on", "rule": {"start": "9"}, "enabled": 1, "leave_out": false}]',
        '[{"id": [], "action": [], "rule": {"nth": 1e400}, "enabled": true, "leave_out": true}]',
        json.dumps([an_entry()] * 51),
        json.dumps([an_entry(rule={"zone": "Mars/Olympus"})]),
        json.dumps([an_entry(rule={"kind": "none", "zone": "../../etc/passwd"})]),
        json.dumps([an_entry(rule={"first": "9999-12-31"})]),
        json.dumps([an_entry(rule={"weekdays": []})]),
        json.dumps([an_entry(rule={"weekdays": [7]})]),
        json.dumps([an_entry(rule={"kind": "dates", "dates": ["2027-01-01"]})]),
    ],
)
def test_list_that_is_none_is_refused_everywhere(client, admin, text):
    given = {"power-schedules": text, "power-schedules-set": "1"}
    answers = [client.post(url, {**FORM, **given}) for url in (LIST, EDITOR)]
    assert [answer.status_code for answer in answers] == [404, 404]
    saved = client.post(SETTINGS, {**given, "ok": "1"})
    assert saved.status_code == 422
    assert not Setting.objects.exists()


def test_page_of_settings_saves_the_list_and_says_what_it_orders(client, admin, early):
    known = json.dumps([an_entry("on"), an_entry("off")])
    given = {"power-schedules": known, "power-schedules-set": "1", "power-schedules-version": "0"}
    answer = client.post(SETTINGS, {**given, "apply": "1"}, follow=True)
    assert "Saved: Schedules is Power On, Power Off." in answer.text
    assert PowerSchedule.objects.count() == 2
    told = AuditEntry.objects.get(verb="settings.change").new["power.schedules"]
    assert told.startswith("Power On every day at 09:00, UTC; Power Off")


def test_somebody_who_was_faster_is_shown(client, admin, early):
    save(Place(), an_entry("off"))
    given = {"power-schedules": json.dumps([an_entry("on")]), "power-schedules-set": "1"}
    given |= {"power-schedules-version": "0", "apply": "1"}
    answer = client.post(SETTINGS, given)
    assert answer.status_code == 422
    assert "Now: Power Off" in answer.text
    assert "Yours: Power On" in answer.text


def test_sending_server_is_named_on_the_page(client, admin):
    host = device("SRV-1")
    site = set_up(host)
    site.name, site.device = "Site A", host
    site.save()
    save(Place(), an_entry("off"))
    assert "Site A</strong> sends these orders" in client.get(SETTINGS).text
    place = folder("Lab")
    save(Place(place), an_entry("off"))
    page = client.get(f"/folders/{place.pk}/settings/power-management-settings/")
    assert "Site A" not in page.text  # it is not in this folder


def test_calendar_counts_what_will_happen_and_what_not(client, admin, early):
    lab = folder("Lab")
    set_up(device(where=lab), device(where=lab))
    device("bare", lab)
    held = device("held", lab)
    set_up(held)
    until = NINE + timedelta(hours=2)
    Device.objects.filter(pk=held.pk).update(held_until=until, held_because="Held.")
    save(Place(lab), an_entry("off"))
    answer = client.get("/calendar/")
    events = answer.context["events"]
    assert len(events) == 7
    reach = events[0].reach
    assert (reach.devices, reach.ordered, reach.not_set_up, reach.held) == (4, 2, 1, 1)
    assert events[1].reach.held == 0
    page = client.get("/calendar/", {"event": events[0].key})
    assert "what will happen" in page.text


def test_calendar_of_a_folder_shows_what_it_inherits(client, admin, early):
    lab, hall = folder("Lab"), folder("Hall")
    for place in (lab, hall):
        device(where=place)
    save(Place(), an_entry("off"))
    save(Place(hall), an_entry("on"))
    of_lab = client.get(f"/folders/{lab.pk}/calendar/").context["events"]
    of_hall = client.get(f"/folders/{hall.pk}/calendar/").context["events"]
    assert {(event.action, event.reach.devices) for event in of_lab} == {("off", 1)}
    assert {(event.action, event.reach.devices) for event in of_hall} == {("on", 1)}


def test_calendar_shows_nobody_more_than_they_may_see(client, early):
    lab, hall = folder("Lab"), folder("Hall")
    device("of-lab", lab)
    device("of-hall", hall)
    save(Place(), an_entry("off"))
    save(Place(hall), an_entry("on"))
    client.force_login(person(Role.MONITOR, lab))
    answer = client.get("/calendar/")
    assert {(event.action, event.reach.devices) for event in answer.context["events"]} == {
        ("off", 1)
    }
    assert "Hall" not in answer.text
    lines = b"".join(client.get("/calendar/csv/")).decode()
    assert "of-lab" in lines
    assert "of-hall" not in lines


def test_calendar_shows_a_list_that_is_set_above_what_somebody_sees(client, early):
    lab = folder("Lab")
    deeper = folder("Deeper", lab)
    set_up(device("PC-1", deeper), device("PC-2", lab))
    save(Place(lab), an_entry("off"))
    client.force_login(person(Role.MONITOR, deeper))
    events = client.get("/calendar/").context["events"]
    assert {(event.place, event.reach.devices) for event in events} == {("/Workstations/Lab", 1)}
    due.tick(NINE)
    first = client.get("/calendar/").context["events"][0]
    assert (first.run.status, first.counts) == ("started", {"waiting": 1})


def test_past_of_a_folder_has_only_the_runs_that_reached_it(client, admin, early):
    lab, hall = folder("Lab"), folder("Hall")
    set_up(device("PC-1", lab), device("PC-2", hall))
    save(Place(), an_entry("off"))
    save(Place(hall), an_entry("on"))
    due.tick(NINE)
    pages = [client.get(f"/folders/{place.pk}/calendar/") for place in (lab, hall)]
    assert [page.context["events"][0].action for page in pages] == ["off", "on"]
    assert [len([e for e in page.context["events"] if e.run]) for page in pages] == [1, 1]


def test_export_says_per_device_what_will_happen_and_why_not(client, admin, early):
    set_up(device("=PC-1"))
    device("PC-2")
    save(Place(), an_entry("off"))
    lines = b"".join(client.get("/calendar/csv/", {"days": "1"})).decode().splitlines()
    assert len(lines) == 3
    assert "'=PC-1" in lines[1]
    assert lines[1].endswith(",order,")
    assert lines[2].endswith(",skip,Not set up.")


def event_key(entry, moment):
    return f"{entry}@{int(moment.timestamp())}"


def test_one_time_is_skipped_and_put_back(client, admin, early):
    set_up(device())
    entry = save(Place(), an_entry("off")).value[0]["id"]
    key = event_key(entry, NINE)
    assert "Do it after all" in client.post("/calendar/skip/", {"event": key}, follow=True).text
    due.tick(NINE)
    assert not Job.objects.exists()
    run = ScheduledRun.objects.get()
    assert run.status == "skipped"
    assert admin.username in run.reason

    tomorrow = event_key(entry, NINE + timedelta(days=1))
    client.post("/calendar/skip/", {"event": tomorrow})
    client.post("/calendar/skip/", {"event": tomorrow, "back": "1"})
    due.tick(NINE + timedelta(days=1))
    assert Job.objects.count() == 1


def test_time_that_is_over_cannot_be_skipped(client, admin, early):
    set_up(device())
    entry = save(Place(), an_entry("off")).value[0]["id"]
    due.tick(NINE)
    assert client.post("/calendar/skip/", {"event": event_key(entry, NINE)}).status_code == 403
    assert client.post("/calendar/skip/", {"event": "nonsense"}).status_code == 404


def test_pause_and_resume(client, admin, early):
    lab = folder("Lab")
    set_up(device(where=lab))
    save(Place(), an_entry("off"))
    late = client.post(f"/calendar/pause/{lab.pk}/", {"day": "2027-02-01", "at": "08:00"})
    assert "This time is over." in late.text
    client.post(f"/calendar/pause/{lab.pk}/", {"day": "2027-03-03", "at": "08:00", "why": "Exam"})
    pause = SchedulePause.objects.get()
    assert pause.until == datetime(2027, 3, 3, 8, tzinfo=UTC)
    shown = client.get("/calendar/").context["events"]
    assert [event.reach.paused for event in shown] == [1, 1, 0, 0, 0, 0, 0]
    client.post(f"/calendar/resume/{lab.pk}/")
    assert not SchedulePause.objects.exists()
    verbs = set(AuditEntry.objects.values_list("verb", flat=True))
    assert {"schedules.pause", "schedules.resume"} <= verbs


def feed_address(client, place):
    return client.post(f"/calendar/feed/{place.pk}/").context["address"]


def test_feed_is_read_without_signing_in_with_the_rights_of_its_person(client, early):
    lab, hall = folder("Lab"), folder("Hall")
    set_up(device(where=lab), device(where=hall))
    save(Place(lab), an_entry("off", {"end": "09:30:00"}))
    save(Place(hall), an_entry("on"))
    reader = person(Role.MONITOR, lab)
    client.force_login(reader)
    address = feed_address(client, lab)
    client.logout()
    answer = client.get(address)
    assert answer["Content-Type"].startswith("text/calendar")
    found = Calendar.from_ical(answer.content).walk("VEVENT")
    assert len(found) == 28
    assert found[0]["SUMMARY"] == "Power Off, /Workstations/Lab"
    assert found[0].decoded("DTSTART") == NINE
    assert found[0].decoded("DTEND") == NINE + timedelta(minutes=30)
    assert "1 get the order." in found[0]["DESCRIPTION"]

    reader.is_active = False
    reader.save()
    assert client.get(address).status_code == 404


def test_new_feed_ends_the_old_one(client, admin):
    lab = folder("Lab")
    old, new = feed_address(client, lab), feed_address(client, lab)
    assert client.get(old).status_code == 404
    assert client.get(new).status_code == 200
    client.post(f"/calendar/feed/{lab.pk}/", {"end": "1"})
    assert client.get(new).status_code == 404


def test_history_says_how_often_it_went_well_and_who_failed_last(client, admin, early):
    devices = [device(f"PC-{n}") for n in range(4)]
    set_up(*devices)
    entry = save(Place(), an_entry("off")).value[0]["id"]
    for day in range(2):
        due.tick(NINE + timedelta(days=day))
        items = JobItem.objects.filter(job=Job.objects.latest("pk")).order_by("device_name")
        for item, status in zip(items, ["done", "done", "failed", "skipped"], strict=True):
            item.status, item.message, item.finished_at = status, f"Day {day}.", timezone.now()
            item.save()
    due.tick(NINE + timedelta(days=5))
    answer = client.get(f"/schedules/{entry}/")
    assert answer.context["rate"].percent == "66.7 %"
    assert answer.context["rate"].missed == 3
    assert [item.message for item in answer.context["failures"]] == ["Day 1."]
    assert "PC-2" in answer.text
    save(Place())
    assert "deleted or overridden since" in client.get(f"/schedules/{entry}/").text
    assert client.get("/schedules/00000000-0000-0000-0000-000000000000/").status_code == 404


def test_device_says_which_list_counts_and_why(client, admin, early):
    lab = folder("Lab")
    one = device("PC-1", lab)
    page = f"/devices/{one.pk}/schedules/"
    assert "No level sets a schedule" in client.get(page).text
    save(Place(), an_entry("off"))
    assert "no nearer level overrides it" in client.get(page).text
    save(Place(lab), an_entry("on"))
    assert "/Workstations/Lab</a>, which overrides the zone." in client.get(page).text
    save(Place(device=one))
    assert "which overrides its folder and the zone" in client.get(page).text


def test_device_is_let_go_before_its_hold_off_ends(client, admin, early):
    one = device("PC-1")
    until = NINE + timedelta(hours=1)
    Device.objects.filter(pk=one.pk).update(held_until=until, held_because="Held by somebody.")
    assert "Held by somebody." in client.get(f"/devices/{one.pk}/schedules/").text
    client.post(f"/devices/{one.pk}/schedules/release/")
    one.refresh_from_db()
    assert one.held_until is None


def test_rehearsal_says_beforehand_what_the_run_then_does(client, admin, early):
    lab, hall = folder("Lab"), folder("Hall")
    host, held, paused = device("host"), device("held", lab), device("paused", hall)
    site = set_up(host, held, paused, device("PC-1", lab), device("PC-2"))
    device("bare", lab)
    device("bare-and-paused", hall)
    site.device = host
    site.save()
    until = NINE + timedelta(hours=1)
    Device.objects.filter(pk=held.pk).update(held_until=until, held_because="Held by somebody.")
    pauses.pause_schedules(folder=hall, until=until, why="", asked_by=admin)
    save(Place(), an_entry("off", leave_out=True))
    file = b"".join(client.get("/calendar/csv/", {"days": "1"})).decode().splitlines()
    before = {row["device"]: (row["will"], row["why"]) for row in csv.DictReader(file)}
    reach = client.get("/calendar/").context["events"][0].reach
    due.tick(NINE)
    items = JobItem.objects.all()
    after = {
        item.device_name: ("order" if item.status == "waiting" else "skip", item.message)
        for item in items
    }

    assert {name: will for name, (will, _) in before.items()} == {
        name: will for name, (will, _) in after.items()
    }
    assert before["held"] == after["held"] == ("skip", "Held by somebody.")
    assert before["paused"] == after["paused"]
    assert (reach.devices, reach.ordered) == (items.count(), items.waiting().count()) == (7, 2)


@pytest.mark.parametrize(
    "query",
    [
        {"week": "0001-01-01"},
        {"week": "9999-12-31"},
        {"week": "\0"},
        {"event": "00000000-0000-0000-0000-000000000000@253402300799"},
        {"event": "00000000-0000-0000-0000-000000000000@99999999999999999999"},
        {"event": "x@y"},
        {"view": "\0", "event": "\0"},
    ],
)
def test_calendar_takes_any_address(client, admin, query):
    save(Place(), an_entry())
    assert client.get("/calendar/", query).status_code == 200


def test_schedule_that_cannot_be_read_any_more_stops_no_other(client, admin):
    set_up(device())
    save(Place(), an_entry())
    other = save(Place(folder("Lab")), an_entry())
    other.value[0]["rule"]["zone"] = "Mars/Olympus"
    Setting.objects.filter(pk=other.pk).update(value=other.value)
    due.tick(NINE)
    assert [run.level for run in ScheduledRun.objects.all()] == ["zone"]
    assert PowerSchedule.objects.get(setting=other).next_at is None
