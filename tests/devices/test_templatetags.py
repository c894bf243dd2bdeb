"""The tags say states as design.md section 3 does, and escape what people typed."""

from datetime import timedelta
from types import SimpleNamespace

import pytest
import time_machine
from django.template import Context, Template
from django.utils import timezone

NOW = timezone.datetime(2026, 11, 24, 7, 12, 14, tzinfo=timezone.get_fixed_timezone(0))


@pytest.fixture(autouse=True)
def _at_a_fixed_time(settings):
    settings.TIME_ZONE = "UTC"
    with time_machine.travel(NOW, tick=False), timezone.override("UTC"):
        yield


def shown(source, **values):
    return Template(source).render(Context(values))


def text(source, **values):
    """Return what a person reads: the tags of HTML left out."""
    from django.utils.html import strip_tags

    return " ".join(strip_tags(shown(source, **values)).split())


def device(state=2, seconds=6, **more):
    values = {
        "power_state": state,
        "os_state": None,
        "power_seen_at": None if state is None else timezone.now() - timedelta(seconds=seconds),
        "unreadable_since": None,
        "power_source": "read by SRV-AMT-01",
    }
    return SimpleNamespace(**{**values, **more})


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (2, "On 6 s"),
        (3, "Sleep 6 s"),
        (4, "Sleep 6 s"),
        (7, "Hibernate 6 s"),
        (6, "Off 6 s"),
        (8, "Off 6 s"),
        (None, "not read"),
        (1, "Unknown since 07:12"),
    ],
)
def test_a_power_state_is_a_word_with_its_age(state, words):
    assert text("{% power device %}", device=device(state)) == words


def test_a_state_older_than_three_polls_is_told_in_the_past():
    html = shown("{% power device %}", device=device(seconds=42 * 60), poll_seconds=600)

    assert "was on" in html
    assert "42 min" in html
    assert "z-stale" in html
    assert "z-on" not in html


def test_a_state_older_than_a_day_is_unknown():
    seen = text("{% power device %}", device=device(seconds=3 * 86400), poll_seconds=86400 * 9)

    assert seen == "Unknown since 21 Nov 07:12"


def test_a_device_that_cannot_be_read_is_unknown_whatever_it_was():
    since = timezone.now() - timedelta(minutes=31)

    assert text("{% power d %}", d=device(unreadable_since=since)) == "Unknown since 06:41"


def test_modern_standby_is_not_told_as_plain_on():
    assert text("{% power device %}", device=device(os_state=3)) == "On, OS asleep 6 s"


def test_source_and_exact_time_of_a_state_are_on_hover():
    assert 'title="24 Nov 2026 07:12:08 UTC, read by SRV-AMT-01"' in shown(
        "{% power device %}", device=device()
    )


@pytest.mark.parametrize(
    ("status", "word", "icon"),
    [
        ("done", "Done", "circle-check"),
        ("accepted", "Accepted", "circle-dashed-check"),
        ("failed", "Failed", "circle-x"),
        ("unknown", "Unknown", "help-circle"),
        ("skipped", "Skipped", "player-skip-forward"),
        ("expired", "Expired", "clock-x"),
        ("stopped", "Stopped", "player-stop"),
        ("waiting", "Waiting", "clock-hour-4"),
        ("running", "Running", "loader-2"),
        ("sending", "Sending", "send"),
        ("verifying", "Verifying", "eye-search"),
    ],
)
def test_a_status_is_an_icon_and_a_word(status, word, icon):
    html = shown("{% status status %}", status=status)

    assert f"#{icon}" in html
    assert word in html
    assert f"z-{status}" in html


def test_the_word_of_a_status_can_carry_a_number():
    assert text('{% status "failed" "9 failed" %}') == "9 failed"


@pytest.mark.parametrize(
    ("mode", "word", "full"),
    [
        ("smb", "SMB", "SMB (manual setup)"),
        ("enterprise", "Enterprise", "Enterprise (admin control mode)"),
        ("", "Not set up", "Not set up"),
    ],
)
def test_a_mode_is_short_in_lists_and_written_out_on_the_device_page(mode, word, full):
    device = SimpleNamespace(mode=mode)

    assert text("{% mode device %}", device=device) == word
    assert text("{% mode_in_full device %}", device=device) == full


@pytest.mark.parametrize(
    ("connection", "icon"),
    [
        ("TLS 1.3", "lock-check"),
        ("TLS 1.2", "lock-check"),
        ("TLS 1.0", "lock-exclamation"),
        ("Plain", "lock-open"),
        ("Certificate changed", "shield-exclamation"),
    ],
)
def test_a_connection_shows_how_safe_it_is(connection, icon):
    html = shown("{% tls device %}", device=SimpleNamespace(connection=connection))

    assert f"#{icon}" in html
    assert connection in html


def test_a_connection_nobody_knows_is_plain_text():
    assert text("{% tls device %}", device=SimpleNamespace(connection="")) == "not known"


def test_only_simulated_devices_are_marked():
    assert text("{% simulated d %}", d=SimpleNamespace(is_simulated=True)) == "Simulated"
    assert shown("{% simulated d %}", d=SimpleNamespace(is_simulated=False)) == ""


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0 s"), (59, "59 s"), (60, "1 min"), (3599, "59 min"), (10800, "3 h"), (259200, "3 d")],
)
def test_an_age_has_one_number_and_one_unit(seconds, words):
    at = timezone.now() - timedelta(seconds=seconds)

    assert text("{% age at %}", at=at) == words


@pytest.mark.parametrize(
    ("at", "words"),
    [
        (timedelta(hours=10, minutes=47, seconds=46), "today 18:00"),
        (timedelta(hours=-10), "yesterday 21:12"),
        (timedelta(hours=24), "25 Nov 07:12"),
        (timedelta(days=400), "29 Dec 2027"),
    ],
)
def test_a_planned_time_is_said_as_people_say_it(at, words):
    assert text("{% clock at %}", at=timezone.now() + at) == words


def test_no_time_is_said_in_a_word():
    assert text("{% clock at %}", at=None) == "none"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.012, "12 ms"), (4, "4 s"), (451, "7 min 31 s"), (35280, "9 h 48 min")],
)
def test_a_duration_has_two_units_at_most(seconds, words):
    assert text("{% duration seconds %}", seconds=seconds) == words


def test_a_bar_has_the_order_of_the_statuses_and_says_its_numbers():
    html = shown("{% segments counts total=200 %}", counts={"failed": 50, "done": 100})

    assert 'aria-label="100 done, 50 failed"' in html
    assert '<rect class="z-done" x="0.00%" y="0" width="50.00%"' in html
    assert '<rect class="z-failed" x="50.00%" y="0" width="25.00%"' in html
    assert "style=" not in html


def test_a_breadcrumb_links_all_but_the_page_itself():
    html = shown('{% breadcrumb "Tasks" "/tasks/" "Power Off" %}')

    assert '<a href="/tasks/">Tasks</a>' in html
    assert 'aria-current="page">Power Off<' in html


def test_a_breadcrumb_takes_objects_and_lists_of_them():
    folder = type("F", (), {"get_absolute_url": lambda s: "/f/", "__str__": lambda s: "Lab-2"})()

    html = shown('{% breadcrumb "Devices" "/d/" folders "PC" %}', folders=[folder])

    assert text('{% breadcrumb "Devices" "/d/" folders "PC" %}', folders=[folder]) == (
        "DevicesLab-2PC"
    )
    assert '<a href="/f/">Lab-2</a>' in html


@pytest.mark.parametrize(
    "source",
    [
        "{% breadcrumb name %}",
        "{% status 'failed' name %}",
        "{% tls name %}",
        "{% mode name %}",
        "{% segments counts label=name %}",
        "{% icon name %}",
        "{% clock None empty=name %}",
    ],
)
def test_what_people_typed_is_escaped(source):
    html = shown(source, name='"><script>x</script>', counts={"done": 1})

    assert "<script>" not in html


def test_large_numbers_are_parted_by_thousands():
    shown = Template("{% load zcc %}{{ many|thousands }} {{ few|thousands }}")
    assert shown.render(Context({"many": 18031, "few": 7})) == "18,031 7"
