"""Draw power actions, moments and lists of schedules."""

from datetime import date
from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from devices.levels import Place
from devices.models import Folder, JobItem
from devices.state_words import STATUS, Word
from devices.templatetags.zcc import icon, stated, timed
from power.models import PowerAction, ScheduledRun
from power.services import schedule_lists, timetable

register = template.Library()
WORDS = {
    PowerAction.ON: Word("Power On", "power", "z-on"),
    PowerAction.OFF: Word("Power Off", "plug", "z-off"),
    PowerAction.RESET: Word("Reset", "refresh", "z-info"),
    PowerAction.CYCLE: Word("Power Cycle Reset", "rotate", "z-info"),
}
SHORT = {
    PowerAction.ON: "On",
    PowerAction.OFF: "Off",
    PowerAction.RESET: "Reset",
    PowerAction.CYCLE: "Cycle",
}


@register.simple_tag
def action_word(action: str) -> SafeString:
    """Say a power action with its icon."""
    return stated(WORDS[PowerAction(action)])


@register.simple_tag
def action_icon(action: str) -> SafeString:
    """Draw the icon of a power action."""
    return icon(WORDS[PowerAction(action)].icon)


@register.simple_tag
def moment(found: schedule_lists.Moment) -> SafeString:
    """Say when a schedule comes: Tue 1 Dec 18:00-18:20, in its own time zone."""
    text = format_html("{} {}", found.day, found.hours)
    return timed(found.time.starts_at, text)


@register.inclusion_tag("power/_schedules_list.html")
def schedules_list(panel: Any, place: Place, may_change: bool) -> dict[str, Any]:
    """Draw the field of a panel of settings whose key is the list of schedules."""
    is_locked = panel.is_locked or not may_change
    return schedule_lists.shown(panel.field.value(), place, is_locked=is_locked)


@register.simple_tag
def action_label(action: str) -> str:
    """Say a power action in full."""
    return str(PowerAction(action).label)


@register.simple_tag
def action_short(action: str) -> str:
    """Say a power action in a word: On, Off, Reset, Cycle."""
    return SHORT[PowerAction(action)]


@register.simple_tag
def counted(status: str, number: int, word: str) -> SafeString:
    """Say how many lines have a status: 1,231 done."""
    known = STATUS[status]
    return stated(Word(f"{number:,} {word}", known.icon, known.css))


@register.simple_tag
def clock_change(days: dict[date, str], day: date) -> SafeString:
    """Say that clocks change on ``day``, where they do."""
    if way := days.get(day):
        return format_html('<p class="z-mute mb-1">Clocks go {}.</p>', way)
    return SafeString("")


@register.simple_tag
def folder_name(names: dict[str, str], folder: Folder) -> str:
    """Say a folder by its full name."""
    return names.get(folder.path, folder.name)


@register.simple_tag
def line_of(items: dict[int, JobItem], event: timetable.Event) -> JobItem | None:
    """Return the device's own line in the task of an event's run."""
    return items.get(event.run.job_id or 0) if event.run else None


@register.simple_tag
def run_status(run: ScheduledRun) -> SafeString:
    """Say what became of a run: finished, running, missed, left out."""
    if run.status == ScheduledRun.Status.MISSED:
        return stated(Word("Missed", "clock-x", "z-expired"))
    if run.status == ScheduledRun.Status.SKIPPED:
        return stated(Word("Left out", "player-skip-forward", "z-skipped"))
    if run.job and run.job.is_finished:
        return stated(Word("Finished", "circle-check", "z-done"))
    return stated(STATUS["running"] if run.job else Word("Started", "circle-check", "z-done"))


@register.simple_tag
def run_sentence(counts: dict[str, int]) -> str:
    """Say how the lines of a run's task went: 625 done, 2 failed, 5 skipped."""
    said = [f"{counts[s]:,} {STATUS[s].text.lower()}" for s in STATUS if counts.get(s)]
    return f"{', '.join(said)}." if said else "No device was concerned."
