"""A rule in words: one sentence, and the sentence for each thing that makes it impossible."""

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

import pytest

from devices.schedule_words import clock_changes, complaints, duration, sentence
from devices.schedules import LAST, Kind, Missed, Repeat, Rule

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 11, 26, 12, tzinfo=BERLIN)


def recurring(repeat: Repeat = Repeat.WEEKDAYS, **fields: object) -> Rule:
    given = {
        "kind": Kind.RECURRING,
        "repeat": repeat,
        "start": time(18),
        "weekdays": (0, 1, 2, 3, 4),
    }
    return Rule(**(given | fields))


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        (Rule(), "No Schedule: nothing is triggered"),
        (
            recurring(
                end=time(18, 20),
                first=date(2026, 12, 1),
                blackouts=((date(2026, 12, 21), date(2027, 1, 3)),) * 2,
            ),
            "Every Monday to Friday between 18:00 and 18:20, Europe/Berlin, from 1 December 2026, "
            "not on 2 ranges of days",
        ),
        (recurring(weekdays=tuple(range(7)), zone="UTC"), "Every day at 18:00, UTC"),
        (
            recurring(weekdays=(6, 1, 3)),
            "Every Tuesday, Thursday and Sunday at 18:00, Europe/Berlin",
        ),
        (
            recurring(Repeat.MONTH_DAY, month_day=31),
            "Every month on day 31, in months that have it, at 18:00, Europe/Berlin",
        ),
        (recurring(Repeat.LAST_DAY), "Every month on its last day at 18:00, Europe/Berlin"),
        (
            recurring(Repeat.NTH_WEEKDAY, nth=LAST, weekdays=(4,)),
            "Every month on the last Friday at 18:00, Europe/Berlin",
        ),
        (
            recurring(Repeat.INTERVAL, interval_minutes=360),
            "Every 6 h counted from 18:00, Europe/Berlin",
        ),
        (
            Rule(kind=Kind.DATES, dates=(date(2026, 12, 24),), every_year=True, start=time(22)),
            "Every year on 24 December at 22:00, Europe/Berlin",
        ),
        (
            Rule(kind=Kind.DATES, dates=tuple(date(2027, 1, day) for day in range(1, 6))),
            "On 1 January 2027, 2 January 2027, 3 January 2027 and 2 more at 00:00, Europe/Berlin",
        ),
        (
            recurring(start=time(23, 30), end=time(0, 30), ends_next_day=True, weekdays=(4,)),
            "Every Friday between 23:30 and 00:30 on the next day, Europe/Berlin",
        ),
    ],
)
def test_rule_says_what_it_does_in_one_sentence(rule, said):
    assert sentence(rule, BERLIN) == said
    assert complaints(rule, NOW, BERLIN) == []


@pytest.mark.parametrize(
    ("rule", "field", "said"),
    [
        (Rule(kind=Kind.DATES), "dates", "No date is chosen. Add at least one."),
        (
            Rule(kind=Kind.DATES, dates=(date(2026, 1, 1),)),
            "dates",
            "It never happens: all its dates are over.",
        ),
        (recurring(weekdays=()), "weekdays", "No day of the week is chosen. Choose at least one."),
        (
            recurring(end=time(17, 50)),
            "end",
            "The end (17:50) lies before the start (18:00). "
            'Choose a later end, or tick "ends next day".',
        ),
        (
            recurring(Repeat.INTERVAL, interval_minutes=15, end=time(18, 20)),
            "interval_minutes",
            "It comes again every 15 min, before the time to start (18:00 to 18:20) is over. "
            "Choose a longer interval or a shorter window.",
        ),
        (
            recurring(Repeat.INTERVAL, interval_minutes=0),
            "interval_minutes",
            "The interval goes from 1 to 527,040 minutes.",
        ),
        (recurring(Repeat.MONTH_DAY, month_day=32), "month_day", "Day 32 is in no month."),
        (
            recurring(first=date(2027, 2, 1), last=date(2027, 1, 1)),
            "last",
            "The last day (1 January 2027) lies before the first (1 February 2027).",
        ),
        (
            recurring(blackouts=((date(2026, 1, 1), date(2045, 1, 1)),)),
            "blackouts",
            "It never happens: the days left out cover every one of its days.",
        ),
        (
            recurring(last=date(2026, 11, 1)),
            "last",
            "It never happens: its last day, 1 November 2026, is over.",
        ),
        (
            recurring(weekdays=(6,), first=date(2026, 12, 1), last=date(2026, 12, 2)),
            "last",
            "It never happens: no such day lies within its range of days.",
        ),
        (recurring(zone="Mars/Olympus"), "zone", "Mars/Olympus is no known time zone."),
        (
            recurring(missed=Missed.GRACE, grace_minutes=0),
            "grace_minutes",
            "The grace time goes from 1 to 1,440 minutes.",
        ),
        (
            recurring(end=time(19), ends_next_day=True),
            "end",
            "From 18:00 to 19:00 on the next day is more than 24 hours.",
        ),
        (
            recurring(blackouts=((date(2027, 1, 2), date(2027, 1, 1)),)),
            "blackouts",
            "Not on: 1 January 2027 lies before 2 January 2027.",
        ),
    ],
)
def test_impossible_rule_is_refused_by_the_sentence_that_says_why(rule, field, said):
    found = complaints(rule, NOW, BERLIN)

    assert [name for name, _ in found] == [field]
    assert found[0][1].startswith(said)


@pytest.mark.parametrize(
    ("start", "said"),
    [
        (time(18), "Clocks go forward on 28 March 2027. 18:00 exists on that day; nothing moves."),
        (
            time(2, 30),
            "Clocks go forward on 28 March 2027. 02:30 does not exist on that day; "
            "it happens at 03:30.",
        ),
    ],
)
def test_day_on_which_clocks_change_is_told(start, said):
    rule = recurring(weekdays=(6,), start=start)

    assert clock_changes(rule, NOW, BERLIN)[0] == said


def test_time_that_comes_twice_is_told():
    rule = recurring(weekdays=(6,), start=time(2, 30))

    assert clock_changes(rule, NOW, BERLIN)[1] == (
        "Clocks go back on 31 October 2027. 02:30 comes twice on that day; "
        "it happens the first time."
    )


def test_schedule_that_is_never_on_a_sunday_hears_of_no_clocks():
    assert clock_changes(recurring(), NOW, BERLIN) == []


@pytest.mark.parametrize(
    ("minutes", "said"),
    [(1, "1 min"), (90, "90 min"), (120, "2 h"), (1440, "1 day"), (4320, "3 days")],
)
def test_duration_takes_the_largest_unit_that_fits(minutes, said):
    assert duration(minutes) == said
