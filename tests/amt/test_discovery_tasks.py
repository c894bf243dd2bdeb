"""Discovery tasks: saved, run by a worker over simulated devices, stopped, gone on with, merged."""

import socket
from datetime import timedelta
from uuid import uuid4

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone

from amt.discovered_rows import record_scan
from amt.models import AmtSettings, DiscoveredDevice, DiscoveryRun, DiscoveryTask
from amt.protocol.hello import Hello
from amt.protocol.scan import Found
from amt.services import discovery_tasks
from amt.services.discovery import Heard, record_hellos
from amt.work import name_discovered, run_discovery
from devices.models import AuditEntry
from devices.models.rights import Role
from devices.schedules import Kind, Repeat, Rule
from tests import factories

pytestmark = pytest.mark.django_db(transaction=True)
Status = DiscoveryRun.Status


@pytest.fixture(autouse=True)
def practice(settings):
    settings.PRACTICE = True


@pytest.fixture
def server():
    return factories.server("site")


def task_of(server, ranges: str, *, rule: Rule | None = None, by=None, **more) -> DiscoveryTask:
    task = DiscoveryTask(name="Campus", ranges=ranges, server=server, rate=5_000, **more)
    return discovery_tasks.save_task(task=task, rule=rule or Rule(), by=by or factories.person())


def ran(run: DiscoveryRun) -> DiscoveryRun:
    run_discovery([run.pk])
    run.refresh_from_db()
    return run


def test_devices_of_a_range_are_found_and_the_excluded_left_out(fleet, server):
    devices = [one.address for one in fleet(4, profile="14.1")]
    task = task_of(server, f"{devices[0]}-{devices[3]}", excluded=devices[1])

    run = ran(discovery_tasks.run_now(task=task, by=factories.person()))

    assert (run.status, run.found, run.new, run.asked) == (Status.DONE, 3, 3, 3), run.message
    assert run.message == "Asked 3 addresses, found 3 devices, 3 of them new."
    rows = DiscoveredDevice.objects.all()
    assert {row.address for row in rows} == {devices[0], devices[2], devices[3]}
    assert {row.source for row in rows} == {"scan"}
    assert all(row.firmware.startswith("14.1") and row.tls_version for row in rows)
    again = ran(discovery_tasks.run_now(task=task, by=None))
    assert (again.found, again.new, DiscoveredDevice.objects.count()) == (3, 0, 3)


@pytest.mark.parametrize(
    ("ranges", "excluded", "words"),
    [
        ("10.0.0.0/24", "", "not of this machine"),
        ("127.0.5.1", "127.0.5.1", "No address is left"),
        ("127.0.5", "", "no IPv4 address"),
        ("127.0.5.1", "x", "no IPv4 address"),
        ("127.0.0.0/8", "", "at most"),
    ],
)
def test_ranges_that_cannot_be_are_refused_with_the_rule(server, ranges, excluded, words):
    with pytest.raises(ValidationError, match=words):
        task_of(server, ranges, excluded=excluded)


def test_loopback_is_for_practice_only(server, settings):
    settings.PRACTICE = False

    for ranges, words in (
        ("127.0.5.1", "loopback"),
        ("126.255.255.0-127.0.1.0", "loopback"),
        ("223.255.255.250-224.0.0.5", "multicast"),
        ("169.253.255.0-169.254.0.9", "link-local"),
    ):
        with pytest.raises(ValidationError, match=words):
            task_of(server, ranges)


def test_schedule_starts_a_run_and_one_at_a_time(server):
    rule = Rule(kind=Kind.RECURRING, repeat=Repeat.INTERVAL, interval_minutes=60)
    task = task_of(server, "127.0.5.1", rule=rule)
    assert task.next_at > timezone.now()
    DiscoveryTask.objects.update(next_at=timezone.now() - timedelta(seconds=1))

    discovery_tasks.tick()
    DiscoveryTask.objects.update(next_at=timezone.now() - timedelta(seconds=1))
    discovery_tasks.tick()

    run = DiscoveryRun.objects.get()
    assert (run.asked_by_name, run.status) == ("Schedule", Status.WAITING)
    task.refresh_from_db()
    assert task.next_at > timezone.now()
    assert discovery_tasks.run_now(task=task, by=factories.person()) == run


def test_schedule_whose_ranges_are_forbidden_by_now_leaves_a_run_that_says_why(server):
    task = task_of(server, "127.0.5.1")
    DiscoveryTask.objects.update(ranges="10.1.2.3", next_at=timezone.now())

    discovery_tasks.tick()

    run = task.runs.get()
    assert (run.status, run.is_finished) == (Status.FAILED, True)
    assert "not of this machine" in run.message


def test_run_that_nobody_takes_ends_with_the_server_named(server):
    run = discovery_tasks.run_now(task=task_of(server, "127.0.5.1"), by=factories.person())
    DiscoveryRun.objects.update(created_at=timezone.now() - timedelta(minutes=16))

    discovery_tasks.tick()

    run.refresh_from_db()
    assert (run.status, run.message[:4]) == (Status.EXPIRED, "site")
    assert run.is_finished


def test_run_whose_worker_died_goes_on_where_it_was(fleet, server):
    devices = [one.address for one in fleet(2)]
    task = task_of(server, f"{devices[0]}-{devices[1]}")
    run = discovery_tasks.run_now(task=task, by=factories.person())
    DiscoveryRun.objects.update(
        status=Status.RUNNING,
        lease_token=uuid4(),
        lease_until=timezone.now() - timedelta(seconds=1),
        asked=1,
        found=1,
    )

    ran(run)

    assert (run.status, run.asked, run.found) == (Status.DONE, 2, 2)
    assert {row.address for row in DiscoveredDevice.objects.all()} == {devices[1]}


def test_run_of_another_worker_is_let_be(server):
    run = discovery_tasks.run_now(task=task_of(server, "127.0.5.1"), by=factories.person())
    later = timezone.now() + timedelta(seconds=20)
    DiscoveryRun.objects.update(status=Status.RUNNING, lease_token=uuid4(), lease_until=later)

    assert ran(run).status == Status.RUNNING


def test_stopped_run_is_not_taken(server):
    run = discovery_tasks.run_now(task=task_of(server, "127.0.5.1"), by=factories.person())

    discovery_tasks.stop(run=run, by=factories.person())

    assert ran(run).status == Status.STOPPED
    assert run.packets == 0


def test_rediscover_renews_what_answers_and_nothing_else(fleet, server):
    (device,) = fleet(1)
    old = timezone.now() - timedelta(hours=30)
    rows = [
        DiscoveredDevice.objects.create(
            address=address, source="scan", first_seen_at=old, seen_at=old, server=server
        )
        for address in (device.address, "127.0.5.77")
    ]

    run = ran(discovery_tasks.rediscover(rows=rows, by=factories.person()))

    assert (run.status, run.found, run.new) == (Status.DONE, 1, 0)
    for row in rows:
        row.refresh_from_db()
    assert rows[0].is_valid(12)
    assert not rows[1].is_valid(24)


def hello(address: str, **like) -> Heard:
    said = Hello(3, like.pop("uuid", uuid4()), 0, True, (("sha256", "ab" * 32),))
    return Heard(said, address, timezone.now())


def scanned(address: str, **like) -> int:
    found = Found(address, **{"firmware": "16.1", "ports": (16993,), **like})
    return record_scan([found], {}, server=None, at=timezone.now())


def test_scan_refreshes_a_hello_and_takes_nothing_from_it():
    record_hellos([hello("127.0.5.5")], server=None)

    assert scanned("127.0.5.5", firmware="16.1.25.1") == 0

    row = DiscoveredDevice.objects.get()
    assert (row.source, row.hashes[0][1], row.has_own_password) == ("hello", "ab" * 32, True)
    assert (row.firmware, row.state) == ("16.1.25.1", DiscoveredDevice.State.IN)
    scanned("127.0.5.5", firmware="16.1")
    row.refresh_from_db()
    assert row.firmware == "16.1.25.1", "the vaguer version does not replace it"


def test_hello_takes_over_what_a_scan_had_found_there():
    scanned("127.0.5.5")

    record_hellos([hello("127.0.5.5")], server=None)

    row = DiscoveredDevice.objects.get()
    assert row.uuid
    assert (row.source, row.firmware, row.ports) == ("hello", "16.1", [16993])


def test_two_devices_that_had_one_address_stay_two():
    record_hellos([hello("127.0.5.5")], server=None)
    record_hellos([hello("127.0.5.5")], server=None)

    scanned("127.0.5.5")

    assert DiscoveredDevice.objects.count() == 2
    assert DiscoveredDevice.objects.exclude(scanned_at=None).count() == 1


def test_managed_device_is_known_by_its_address(server):
    device = factories.device(mode="smb")
    uuid = uuid4()
    AmtSettings.objects.create(
        device=device,
        mode="smb",
        address="127.0.5.6",
        credential=factories.credential(),
        server=server,
        uuid=uuid,
    )

    scanned("127.0.5.6")

    row = DiscoveredDevice.objects.get()
    assert (row.device, row.uuid) == (device, uuid)


def test_names_of_devices_that_said_hello_are_asked_for_once(server):
    record_hellos([hello("127.0.0.1")], server=server)

    discovery_tasks.tick()
    first = DiscoveredDevice.objects.get().name_asked_at
    discovery_tasks.tick()
    row = DiscoveredDevice.objects.get()
    name_discovered([row.pk])

    assert first is not None
    assert row.name_asked_at == first
    row.refresh_from_db()
    assert row.name in ("", "localhost", socket.getfqdn("127.0.0.1").lower())


def test_who_may_only_look_may_not_scan(server):
    task = task_of(server, "127.0.5.1")
    person = factories.person(Role.MONITOR)

    for act in (
        lambda: task_of(server, "127.0.5.2", by=person),
        lambda: discovery_tasks.run_now(task=task, by=person),
        lambda: discovery_tasks.delete_task(task=task, by=person),
        lambda: discovery_tasks.rediscover(rows=[], by=person),
    ):
        with pytest.raises(PermissionDenied):
            act()


def test_what_was_done_stands_in_the_audit(server):
    task = task_of(server, "127.0.5.1")
    discovery_tasks.run_now(task=task, by=factories.person())
    discovery_tasks.delete_task(task=task, by=factories.person())

    verbs = set(AuditEntry.objects.values_list("verb", flat=True))
    assert {"discovery_task.create", "discovery.run", "discovery_task.delete"} <= verbs
