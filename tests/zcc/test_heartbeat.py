"""A site's row is made and kept fresh by its workers."""

from datetime import timedelta

import pytest
from django.utils import timezone

from devices.models import AuditEntry, Server
from devices.services import heartbeat
from tests import factories

SITE = {"queue": "zcc.north", "name": "North", "host_name": "north-1", "version": "0.1.0"}

pytestmark = pytest.mark.django_db


def test_first_worker_of_a_site_makes_its_row():
    server = heartbeat.beat(**SITE)
    server.refresh_from_db()

    assert (server.name, server.queue, server.host_name) == ("North", "zcc.north", "north-1")
    assert server.is_online
    assert AuditEntry.objects.filter(verb="server.create").count() == 1


def test_later_beats_keep_the_name_that_a_person_gave():
    server = heartbeat.beat(**SITE)
    Server.objects.filter(pk=server.pk).update(
        name="Nordhaus", heartbeat_at=timezone.now() - timedelta(hours=1)
    )
    heartbeat.beat(**SITE)
    server.refresh_from_db()

    assert server.name == "Nordhaus"
    assert server.is_online
    assert Server.objects.count() == 1


def test_orderly_stop_is_no_silence_and_the_next_beat_ends_it():
    server = heartbeat.beat(**SITE)
    heartbeat.stop(queue="zcc.north")
    server.refresh_from_db()
    assert server.stopped_at
    assert not server.is_online

    heartbeat.beat(**SITE)
    server.refresh_from_db()
    assert server.is_online


def test_name_that_is_taken_gets_a_number():
    factories.server("north")
    assert heartbeat.beat(**{**SITE, "queue": "zcc.north-2"}).name == "North (2)"


@pytest.mark.django_db(transaction=True)
def test_worker_shows_life_and_says_goodbye(request):
    request.getfixturevalue("worker")
    assert Server.objects.get().is_online
