"""When reconciliation starts by itself, and what is said of a start that was missed."""

from datetime import UTC, datetime, time, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from amt.models import (
    ReconciliationRun,
    ZonePlan,
)
from amt.models.planned import next_time
from amt.services import plans, reconciliation
from devices.models import (
    AuditEntry,
)
from devices.schedules import Kind as Recur
from devices.schedules import Missed, Repeat, Rule
from tests import factories

pytestmark = pytest.mark.django_db
RECONCILE = ZonePlan.Task.RECONCILE


def test_a_new_zone_reconciles_every_day_and_no_schedule_means_never():
    plan = plans.plan(RECONCILE)
    assert timezone.now() < plan.next_at <= timezone.now() + timedelta(days=1)
    ZonePlan.objects.update(next_at=timezone.now() - timedelta(seconds=1))
    reconciliation.tick()
    reconciliation.tick()
    assert ReconciliationRun.objects.get().asked_by_name == "Schedule"
    plans.save_rule(task=RECONCILE, rule=Rule(), by=factories.person())
    assert plans.plan(RECONCILE).next_at is None


@pytest.mark.parametrize(
    ("missed", "late", "begins"),
    [
        (Missed.SKIP, 50, True),
        (Missed.SKIP, 3600, False),
        (Missed.GRACE, 3600, False),
        (Missed.GRACE, 1200, True),
        (Missed.ONCE, 86_400, True),
    ],
)
def test_what_was_missed_is_begun_by_the_rule_or_written_down(missed, late, begins):
    interval = {"repeat": Repeat.INTERVAL, "interval_minutes": 60, "missed": missed}
    rule = Rule(kind=Recur.RECURRING, grace_minutes=30, **interval)
    plans.save_rule(task=RECONCILE, rule=rule, by=factories.person())
    ZonePlan.objects.update(next_at=timezone.now() - timedelta(seconds=late))
    reconciliation.tick()
    assert ReconciliationRun.objects.exists() is begins
    assert AuditEntry.objects.filter(verb="schedule.missed").exists() is not begins
    assert plans.plan(RECONCILE).next_at > timezone.now()


def test_the_page_says_what_was_missed_and_saving_the_same_rule_moves_nothing(client):
    rule = Rule(kind=Recur.RECURRING, repeat=Repeat.INTERVAL, missed=Missed.SKIP)
    person = factories.person()
    plans.save_rule(task=RECONCILE, rule=rule, by=person)
    client.force_login(person)
    assert "was missed" not in client.get(reverse("amt:reconciliation")).content.decode()
    ZonePlan.objects.update(next_at=timezone.now() - timedelta(hours=3))
    reconciliation.tick()
    assert "was missed" in client.get(reverse("amt:reconciliation")).content.decode()
    soon = timezone.now() + timedelta(minutes=50)
    ZonePlan.objects.update(next_at=soon)
    assert plans.save_rule(task=RECONCILE, rule=rule, by=person).next_at == soon


@pytest.mark.parametrize(("minutes", "begins"), [(40, True), (200, False)])
def test_what_is_late_within_its_span_begins(time_machine, minutes, begins):
    time_machine.move_to(datetime(2027, 3, 1, 2, 0, tzinfo=UTC), tick=False)
    span = {"start": time(1, 0), "end": time(5, 0), "weekdays": tuple(range(7))}
    rule = Rule(kind=Recur.RECURRING, missed=Missed.SKIP, zone="UTC", **span)
    plans.save_rule(task=RECONCILE, rule=rule, by=factories.person())
    planned = datetime(2027, 3, 1, 2, 30, tzinfo=UTC)
    ZonePlan.objects.update(next_at=planned)
    time_machine.move_to(planned + timedelta(minutes=minutes), tick=False)
    reconciliation.tick()
    assert ReconciliationRun.objects.exists() is begins


def test_the_notes_of_a_schedule_stand_once_each(client):
    client.force_login(factories.person())
    page = client.get(reverse("amt:reconciliation")).content.decode()
    assert page.count("No Schedule: nothing is triggered.") == 1
    assert page.count("at some moment between the two") == 1


def test_a_span_begins_at_some_moment_in_it():
    span = {"start": time(1, 0), "end": time(3, 0), "weekdays": tuple(range(7))}
    rule, zone = Rule(kind=Recur.RECURRING, **span), timezone.get_default_timezone()
    found = {next_time(rule).astimezone(zone).time() for _ in range(50)}
    assert all(time(1, 0) <= moment <= time(3, 0) for moment in found)
    assert len(found) > 10
