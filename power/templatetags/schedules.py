"""Draw power actions, moments and lists of schedules."""

from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from devices.levels import Place
from devices.state_words import Word
from devices.templatetags.zcc import icon, stated, timed
from power.models import PowerAction
from power.services import schedule_lists

register = template.Library()
WORDS = {
    PowerAction.ON: Word("Power On", "power", "z-on"),
    PowerAction.OFF: Word("Power Off", "plug", "z-off"),
    PowerAction.RESET: Word("Reset", "refresh", "z-info"),
    PowerAction.CYCLE: Word("Power Cycle Reset", "rotate", "z-info"),
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
