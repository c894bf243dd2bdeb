"""Calendar feeds: an address of a person's own that a calendar program reads without signing in."""

import secrets
from datetime import timedelta

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone
from icalendar import Calendar
from icalendar import Event as CalendarEvent

from devices import audit
from devices.models import Folder, User
from devices.models.rights import Right, may_in
from devices.models.sign_in_link import hashed
from power.models import CalendarFeed, PowerAction
from power.services.rehearsal import rehearse
from power.services.timetable import Event, Scope, events

BEFORE, AHEAD = timedelta(days=7), timedelta(days=28)
MOST_EVENTS = 1_000
SHORTEST = timedelta(minutes=5)  # as a calendar shows what takes no time
REFRESH = timedelta(hours=1)


@transaction.atomic
def make_feed(*, folder: Folder, asked_by: User) -> str:
    """Return the token of a new feed of ``folder``; an older one of this person ends.

    Only its hash is kept, so the address is shown this once.
    """
    if not may_in(asked_by, Right.VIEW, folder):
        raise PermissionDenied("You may not see the schedules of this folder.")
    token = secrets.token_urlsafe(32)
    CalendarFeed.objects.update_or_create(
        user=asked_by, folder=folder, defaults={"token_hash": hashed(token), "read_at": None}
    )
    audit.record(asked_by, "calendar.make-feed", folder)
    return token


@transaction.atomic
def end_feed(*, folder: Folder, asked_by: User) -> bool:
    """End this person's feed of ``folder``; return whether there was one."""
    ended, _ = CalendarFeed.objects.filter(user=asked_by, folder=folder).delete()
    if ended:
        audit.record(asked_by, "calendar.end-feed", folder)
    return bool(ended)


def feed_of(token: str) -> CalendarFeed | None:
    """Return the feed of an address if its person may still read it."""
    feeds = CalendarFeed.objects.select_related("user", "folder")
    feed = feeds.filter(token_hash=hashed(token), user__is_active=True).first()
    if feed is None or not may_in(feed.user, Right.VIEW, feed.folder):
        return None
    CalendarFeed.objects.filter(pk=feed.pk).update(read_at=timezone.now())
    return feed


def icalendar(scope: Scope, title: str, base_url: str) -> bytes:
    """Return the calendar of ``scope`` as an iCalendar file (RFC 5545)."""
    now = timezone.now()
    calendar = Calendar()
    calendar.add("prodid", "-//zcc//schedules//EN")
    calendar.add("version", "2.0")
    calendar.add("name", title)
    calendar.add("x-wr-calname", title)
    calendar.add("refresh-interval", REFRESH, parameters={"value": "DURATION"})
    found = events(scope, now - BEFORE, now + AHEAD)[:MOST_EVENTS]
    rehearse(scope, found)
    for event in found:
        calendar.add_component(_component(event, base_url))
    return bytes(calendar.to_ical())


def _component(event: Event, base_url: str) -> CalendarEvent:
    component = CalendarEvent()
    component.add("uid", f"{event.key}@zcc")
    component.add("dtstamp", timezone.now())
    component.add("dtstart", event.time.starts_at)
    component.add("dtend", max(event.time.ends_at, event.time.starts_at + SHORTEST))
    component.add("summary", f"{PowerAction(event.action).label}, {event.place}")
    component.add("description", f"{event.sentence}.\n{outlook(event)}")
    component.add("url", f"{base_url}?event={event.key}")
    component.add("transp", "TRANSPARENT")
    if event.is_skipped_ahead or (event.run and not event.run.job_id):
        component.add("status", "CANCELLED")
    return component


def outlook(event: Event) -> str:
    """Return in a sentence what an event did or will do."""
    if event.run and not event.run.job_id:
        return event.run.reason or event.run.get_status_display()
    if event.run:
        look = f", {event.to_look_at} need a look" if event.to_look_at else ""
        return f"{event.done} done{look}."
    if event.reach:
        skipped = f", {event.reach.skipped} skipped" if event.reach.skipped else ""
        return f"{event.reach.ordered} get the order{skipped}."
    return ""
