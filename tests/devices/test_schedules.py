"""Recurrence: the moments that follow from a rule equal those of a plain reference."""

from calendar import monthrange
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.schedules import LAST, Kind, Missed, Occurrence, Repeat, Rule

BERLIN, NEW_YORK, SYDNEY = map(ZoneInfo, ("Europe/Berlin", "America/New_York", "Australia/Sydney"))
ZONES = (ZoneInfo("UTC"), BERLIN, NEW_YORK, SYDNEY, ZoneInfo("Australia/Lord_Howe"))


def at(text: str, tz: ZoneInfo = BERLIN) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=tz)


def recurring(repeat: Repeat = Repeat.WEEKDAYS, start: str = "18:00", **fields: object) -> Rule:
    return Rule(kind=Kind.RECURRING, repeat=repeat, start=time.fromisoformat(start), **fields)


def local(rule: Rule, after: str, number: int, tz: ZoneInfo = BERLIN) -> list[str]:
    found = rule.upcoming(number, at(after, tz), tz)
    return [f"{one.starts_at.astimezone(tz):%Y-%m-%d %H:%M}" for one in found]


# The reference: ask of each day whether it is one, by the calendar alone.


def is_day_of(rule: Rule, day: date) -> bool:
    length = monthrange(day.year, day.month)[1]
    if rule.kind is Kind.DATES:
        same = {(one.month, one.day) for one in rule.dates}
        return (day.month, day.day) in same if rule.every_year else day in rule.dates
    if rule.repeat is Repeat.WEEKDAYS:
        return day.weekday() in rule.weekdays
    if rule.repeat is Repeat.MONTH_DAY:
        return day.day == rule.month_day
    if rule.repeat is Repeat.LAST_DAY:
        return day.day == length
    nth = LAST if rule.nth == LAST else (day.day - 1) // 7 + 1
    is_last = day.day > length - 7
    return day.weekday() in rule.weekdays and (is_last if nth == LAST else nth == rule.nth)


def reference(rule: Rule, after: datetime, tz: ZoneInfo, days: int) -> list[datetime]:
    begin = after.astimezone(tz).date() - timedelta(days=2)
    found = []
    for number in range(days):
        day = begin + timedelta(days=number)
        black = any(first <= day <= last for first, last in rule.blackouts)
        outside = (rule.first and day < rule.first) or (rule.last and day > rule.last)
        if not black and not outside and is_day_of(rule, day):
            moment = datetime.combine(day, rule.start, tzinfo=tz).astimezone(UTC)
            if moment > after:
                found.append(moment)
    return found


DATES = st.dates(date(2024, 1, 1), date(2032, 12, 31))
BLACK = st.tuples(DATES, st.integers(0, 60)).map(lambda at: (at[0], at[0] + timedelta(days=at[1])))
RULES = st.builds(
    Rule,
    kind=st.sampled_from([Kind.DATES, Kind.RECURRING]),
    dates=st.lists(DATES, min_size=1, max_size=5).map(tuple),
    every_year=st.booleans(),
    repeat=st.sampled_from([one for one in Repeat if one is not Repeat.INTERVAL]),
    weekdays=st.lists(st.integers(0, 6), min_size=1, unique=True).map(tuple),
    month_day=st.integers(1, 31),
    nth=st.sampled_from([1, 2, 3, 4, LAST]),
    start=st.times().map(lambda moment: moment.replace(second=0, microsecond=0)),
    first=st.none() | DATES,
    last=st.none() | DATES,
    blackouts=st.lists(BLACK, max_size=3).map(tuple),
)
MOMENTS = st.integers(1_704_067_200, 1_893_456_000).map(  # 2024 to 2029
    lambda seconds: datetime.fromtimestamp(seconds, UTC)
)


@given(RULES, MOMENTS, st.sampled_from(ZONES))
def test_moments_are_those_of_the_reference(rule, moment, tz):
    wanted = reference(rule, moment, tz, days=800)
    until = moment + timedelta(days=790)

    found = []
    for one in rule.after(moment, tz):
        if one.starts_at >= until:
            break
        found.append(one.starts_at)

    assert found == [one for one in wanted if one < until]


@given(RULES, MOMENTS)
def test_rule_is_the_same_after_it_was_kept(rule, moment):
    assert Rule.from_json(rule.to_json()) == rule


def test_time_that_clocks_leave_out_happens_as_much_later():
    rule = recurring(start="02:30", weekdays=(5, 6, 0))

    assert local(rule, "2027-03-26", 3) == [
        "2027-03-27 02:30",
        "2027-03-28 03:30",
        "2027-03-29 02:30",
    ]


def test_time_that_comes_twice_happens_the_first_time_only():
    rule = recurring(start="02:30", weekdays=(6,))

    found = rule.upcoming(2, at("2027-10-25"), BERLIN)

    assert [one.starts_at for one in found] == [
        datetime(2027, 10, 31, 0, 30, tzinfo=UTC),
        datetime(2027, 11, 7, 1, 30, tzinfo=UTC),
    ]


@pytest.mark.parametrize("tz", [BERLIN, NEW_YORK, SYDNEY])
def test_day_schedule_keeps_its_time_over_both_changes_of_clocks(tz):
    rule = recurring(start="06:30", weekdays=tuple(range(7)))

    found = local(rule, "2027-01-01", 365, tz)

    assert {text[-5:] for text in found} == {"06:30"}
    assert len({text[:10] for text in found}) == 365


def test_own_time_zone_counts_whatever_the_zones():
    rule = recurring(start="08:00", weekdays=(0,), zone="UTC")

    assert local(rule, "2027-06-01", 1) == ["2027-06-07 10:00"]


def test_29_february_of_every_year_waits_for_a_leap_year():
    rule = Rule(kind=Kind.DATES, dates=(date(2024, 2, 29),), every_year=True)

    assert local(rule, "2026-01-01", 2) == ["2028-02-29 00:00", "2032-02-29 00:00"]


def test_last_day_of_the_month():
    rule = recurring(Repeat.LAST_DAY)

    assert local(rule, "2028-01-15", 3) == [
        "2028-01-31 18:00",
        "2028-02-29 18:00",
        "2028-03-31 18:00",
    ]


def test_day_31_is_left_out_of_months_that_lack_it():
    rule = recurring(Repeat.MONTH_DAY, month_day=31)

    assert local(rule, "2027-01-31 19:00", 2) == ["2027-03-31 18:00", "2027-05-31 18:00"]


def test_last_friday_of_the_month():
    rule = recurring(Repeat.NTH_WEEKDAY, nth=LAST, weekdays=(4,))

    assert local(rule, "2026-11-01", 2) == ["2026-11-27 18:00", "2026-12-25 18:00"]


def test_interval_counts_real_time_across_a_change_of_clocks():
    rule = recurring(Repeat.INTERVAL, start="00:00", interval_minutes=360, first=date(2027, 3, 27))

    assert local(rule, "2027-03-27 17:00", 4) == [
        "2027-03-27 18:00",
        "2027-03-28 00:00",
        "2027-03-28 07:00",
        "2027-03-28 13:00",
    ]


def test_interval_begins_with_its_first_day_and_ends_after_its_last():
    rule = recurring(
        Repeat.INTERVAL,
        "12:00",
        interval_minutes=1440,
        first=date(2027, 1, 2),
        last=date(2027, 1, 3),
    )

    assert local(rule, "2026-12-01", 9) == ["2027-01-02 12:00", "2027-01-03 12:00"]


def test_moment_itself_is_not_after_itself():
    rule = recurring(weekdays=(0,))

    assert local(rule, "2026-11-30 18:00", 1) == ["2026-12-07 18:00"]


def test_window_ends_the_next_day():
    rule = recurring("weekdays", "23:30", weekdays=(0,), end=time(0, 30), ends_next_day=True)

    assert rule.next(at("2026-11-29"), BERLIN) == Occurrence(
        datetime(2026, 11, 30, 22, 30, tzinfo=UTC), datetime(2026, 11, 30, 23, 30, tzinfo=UTC)
    )


def test_no_schedule_never_happens():
    assert Rule().next(at("2026-11-29"), BERLIN) is None


def test_what_is_kept_is_small_and_plain():
    rule = recurring(weekdays=(0, 4), blackouts=((date(2026, 12, 21), date(2027, 1, 3)),))

    assert rule.to_json() == {
        "kind": "recurring",
        "weekdays": [0, 4],
        "start": "18:00:00",
        "blackouts": [["2026-12-21", "2027-01-03"]],
    }
    assert Rule.from_json({"missed": "once"}).missed is Missed.ONCE


@pytest.mark.parametrize("stored", [{"kind": "sometimes"}, {"start": "25:00"}, {"nonsense": 1}])
def test_what_was_never_a_rule_is_refused(stored):
    with pytest.raises((ValueError, TypeError)):
        Rule.from_json(stored)
