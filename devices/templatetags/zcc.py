"""Tags of the console: states, times, icons, bars, breadcrumbs. What they say is in state_words."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any

from django import template
from django.template.context import Context
from django.templatetags.static import static
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from devices import state_words
from devices.state_words import Seen, Word

register = template.Library()

POLL_SECONDS = 300  # where a page does not say how often states are read
KEPT = 1000  # drawn icons and words; a list of 100 rows draws the same few some 500 times


@register.simple_tag
@lru_cache(KEPT)
def icon(name: str, css: str = "") -> SafeString:
    """Draw an icon of static/icons.svg; the word beside it says what it means."""
    return format_html(
        '<svg class="{}" aria-hidden="true"><use href="{}#{}"></use></svg>',
        f"z-icon {css}".strip(),
        static("icons.svg"),
        name,
    )


@register.simple_tag(takes_context=True)
def power(context: Context, device: Any, source: str = "") -> SafeString:
    """Say a device's power state and its age. Reads ``poll_seconds`` of the page if it is given."""
    poll_seconds = context.get("poll_seconds") or POLL_SECONDS
    seen = state_words.seen_power(device, poll_seconds=poll_seconds)
    source = source or getattr(device, "power_source", "")
    return format_html("{}{}", stated(seen.word, was=seen.was), seen_time(seen, source))


@register.simple_tag
def power_word(state: int | None, os_state: int | None = None) -> SafeString:
    """Say a power state alone, as a line of a task does (before, now)."""
    return stated(state_words.power(state, os_state))


@register.simple_tag
def power_group(name: str, text: str = "") -> SafeString:
    """Say a group that devices are counted by: on, sleep, off, old, unknown, not-read."""
    word = state_words.GROUPS[name]
    return stated(Word(text or word.text, word.icon, word.css))


@register.simple_tag
def status(name: str, text: str = "") -> SafeString:
    """Say the status of a task's line; ``text`` replaces the word (``9 failed``)."""
    word = state_words.STATUS.get(str(name), state_words.UNKNOWN)
    return stated(Word(text or word.text, word.icon, word.css, word.hint))


@register.simple_tag
def mode(settings: Any) -> SafeString:
    """Tag a device with its AMT mode. Takes anything with ``mode``, or the mode itself."""
    name = getattr(settings, "mode", settings) or ""
    return tag(state_words.MODES.get(str(name).lower(), Word(str(name))))


@register.simple_tag
def mode_in_full(settings: Any) -> str:
    """Write out the AMT mode (D15)."""
    word = state_words.MODES.get(getattr(settings, "mode", settings) or "", state_words.UNKNOWN)
    return word.hint or word.text


@register.simple_tag
def trouble(device: Any) -> SafeString:
    """Tag a device that refuses its login; nothing for all others."""
    word = state_words.TROUBLES.get(device.unreadable_code)
    return tag(word) if word else SafeString()


@register.simple_tag
def tls(connection: Any) -> SafeString:
    """Tag how a device is reached. Takes anything with ``connection``, or the word itself."""
    name = str(getattr(connection, "connection", connection) or "")
    if not name:
        return stated(Word("not known"))
    return tag(state_words.CONNECTIONS.get(name, Word(name, css="")))


@register.simple_tag
def interface(thing: Any) -> SafeString:
    """Tag a device whose firmware knows only the older SOAP interface; nothing for the others.

    Takes anything with ``amt_version``, or the version itself.
    """
    version = str(getattr(thing, "amt_version", thing) or "")
    return tag(state_words.EOI) if state_words.speaks_eoi(version) else SafeString("")


@register.simple_tag
def simulated(thing: Any, short: bool = False) -> SafeString:
    """Mark a simulated device (D17), in lists by the icon alone; nothing for a real one."""
    if not getattr(thing, "is_simulated", False):
        return SafeString("")
    word = Word("Simulated", "flask", "", "Simulated: answered by the practice zone itself")
    if not short:
        return tag(word)
    hidden = format_html('<span class="visually-hidden">{}</span>', word.text)
    return format_html(
        '<span class="z-tag" title="{}">{}{}</span>', word.hint, icon(word.icon), hidden
    )


@register.simple_tag
def server_state(server: Any) -> SafeString:
    """Say whether a sending server is online, silent or stopped, and since when."""
    if getattr(server, "stopped_at", None):
        stopped = Seen(
            Word("Stopped", "player-stop", "z-stopped"), server.stopped_at, is_since=True
        )
        return format_html("{}{}", stated(stopped.word), seen_time(stopped, ""))
    word = state_words.STATUS["online" if server.is_online else "silent"]
    seen = Seen(word, server.heartbeat_at, is_since=not server.is_online)
    return format_html("{}{}", stated(word), seen_time(seen, ""))


@register.simple_tag
def age(at: datetime | None, ago: bool = False) -> SafeString:
    """Say how long ago a time was; it goes on ticking in the browser."""
    if at is None:
        return SafeString("")
    after = " ago" if ago else ""
    return format_html(
        '<time class="z-age" datetime="{}" title="{}" data-age="{}">{}{}</time>',
        timezone.localtime(at).isoformat(timespec="seconds"),
        state_words.exact(at),
        "ago" if ago else "",
        state_words.age(at),
        after,
    )


@register.simple_tag
def clock(at: datetime | None, seconds: bool = False, empty: str = "none") -> SafeString:
    """Say a planned or past time: today 18:00, 25 Nov 06:30, 20 Dec 2026."""
    if at is None:
        return format_html('<span class="z-mute">{}</span>', empty)
    return timed(at, state_words.clock(at, seconds=seconds))


@register.simple_tag
def time_of_day(at: datetime | None) -> SafeString:
    """Say a clock time with seconds, as logs and the lines of a task do."""
    return timed(at, f"{timezone.localtime(at):%H:%M:%S}") if at else SafeString("")


@register.filter
def thousands(number: int) -> str:
    """Write a whole number as pages do: 18,031."""
    return f"{number:,}"


@register.simple_tag
def duration(seconds: float | None) -> str:
    """Say a length of time: 12 ms, 4 s, 7 min 31 s, 9 h 48 min."""
    if seconds is None:
        return ""
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    whole = int(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02} min"


@register.simple_tag
def segments(
    counts: Mapping[str, int], total: int | None = None, label: str = "", height: int = 14
) -> SafeString:
    """Draw a bar of counts by name (done, failed, on, off …); its text says the same numbers."""
    known = [name for name in state_words.STATUS if counts.get(name)]
    names = known + [name for name in counts if counts[name] and name not in known]
    whole = total or sum(counts.values()) or 1
    said = ", ".join(f"{counts[name]} {name}" for name in names) or "nothing"
    parts, start = [], 0.0
    for name in names:
        share = 100 * counts[name] / whole
        parts.append((name, f"{start:.2f}%", f"{share:.2f}%"))
        start += share
    part = '<rect class="z-{}" x="{}" y="0" width="{}" height="100%"></rect>'
    return format_html(
        '<svg class="z-seg" height="{}" role="img" aria-label="{}">{}</svg>',
        height,
        f"{label}: {said}" if label else said,
        format_html_join("", part, parts),
    )


@register.simple_tag
def breadcrumb(*places: Any) -> SafeString:
    """Show the way to this page. Takes objects with an address, texts each followed by its
    address, lists of those, and last the page itself.
    """
    steps = list(crumbs(places))
    links = format_html_join(
        "",
        '<li class="breadcrumb-item"><a href="{}">{}</a></li>',
        ((url, t) for t, url in steps[:-1]),
    )
    last = '<li class="breadcrumb-item active" aria-current="page">{}</li>'
    return format_html(
        '<nav aria-label="Breadcrumb"><ol class="breadcrumb">{}{}</ol></nav>',
        links,
        format_html(last, steps[-1][0]),
    )


def crumbs(places: Iterable[Any]) -> Iterable[tuple[str, str]]:
    """Yield text and address of each place."""
    waiting = ""
    for place in places:
        if waiting and isinstance(place, str) and place.startswith("/"):
            yield waiting, place
            waiting = ""
            continue
        if waiting:
            yield waiting, ""
            waiting = ""
        if hasattr(place, "get_absolute_url"):
            yield str(place), place.get_absolute_url()
        elif isinstance(place, Iterable) and not isinstance(place, str):
            yield from crumbs(place)
        else:
            waiting = str(place)
    if waiting:
        yield waiting, ""


@lru_cache(KEPT)
def stated(word: Word, *, was: str = "") -> SafeString:
    """Return icon and word in the word's colour; without an icon, plain muted text."""
    if not word.icon:
        return format_html('<span class="z-mute">{}</span>', word.text)
    css, _, stale = word.css.partition(" ")
    turning = "z-spin" if word.icon == "loader-2" else ""
    text = format_html('<span class="{}">{}</span>' if stale else "{1}", stale, word.text)
    hint = format_html(' title="{}"', word.hint) if word.hint else ""
    later = format_html(' data-was="{}"', was) if was else ""
    return format_html(
        '<span class="z-st {}"{}{}>{}{}</span>', css, hint, later, icon(word.icon, turning), text
    )


@lru_cache(KEPT)
def tag(word: Word) -> SafeString:
    """Return an outlined tag."""
    hint = format_html(' title="{}"', word.hint) if word.hint else ""
    drawn = icon(word.icon) if word.icon else ""
    css = f"z-tag {'' if word.css == 'z-mute' else word.css}".strip()
    return format_html('<span class="{}"{}>{}{}</span>', css, hint, drawn, word.text)


def seen_time(seen: Seen, source: str) -> SafeString:
    """Return the age or the beginning of what was seen."""
    if seen.at is None:
        return SafeString("")
    title = ", ".join(filter(None, [state_words.exact(seen.at), source]))
    if seen.is_since:
        said = state_words.clock(seen.at).removeprefix("today ")
        return timed(seen.at, f"since {said}", css="z-age", title=title)
    return format_html(
        ' <time class="z-age" datetime="{}" title="{}" data-age>{}</time>',
        timezone.localtime(seen.at).isoformat(timespec="seconds"),
        title,
        state_words.age(seen.at),
    )


def timed(at: datetime, text: str, *, css: str = "z-nowrap", title: str = "") -> SafeString:
    """Return ``text`` as a time that tells itself exactly on hover."""
    return format_html(
        ' <time class="{}" datetime="{}" title="{}">{}</time>',
        css,
        timezone.localtime(at).isoformat(timespec="seconds"),
        title or state_words.exact(at),
        text,
    )
