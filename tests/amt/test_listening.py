"""The hello listener: real sockets, what it takes, what it bounds, what it survives."""

import os
import socket
import threading
import time
from contextlib import suppress
from uuid import uuid4

import pytest
from django.db import OperationalError
from django.urls import reverse
from django.utils import timezone

from amt import listening
from amt.models import AmtSettings, DiscoveredDevice
from amt.protocol import hello, setup_bin, setup_variables
from amt.protocol.hello import Hello
from amt.protocol.setup_bin import Record, SetupFile
from amt.services import certificates, discovery, hashes
from amt.services.discovery import Heard
from amt.simulator import Device, DeviceSpec, Fleet, StickResult, addresses
from amt.simulator import hello as simulated_hello
from tests import factories
from tests.amt.simulator.loopback import first_address

HEAD = bytes.fromhex("0100 0300 00000000")


def message(uuid, digest=bytes(32)):
    return HEAD + uuid.bytes_le + b"\x01\x02\x20" + digest


class Running:
    """A listener in a thread, with what it took."""

    def __init__(self, write=None):
        self.taken, self.ready, self.stop = [], threading.Event(), threading.Event()
        self.write = write or self.taken.extend
        self.thread = threading.Thread(target=self._run, daemon=True)

    def _run(self):
        def ready(port):
            self.port = port
            self.ready.set()

        listening.run(self.stop, "127.0.0.1", 0, self.write, when_ready=ready)

    def __enter__(self):
        self.thread.start()
        assert self.ready.wait(10)
        return self

    def __exit__(self, *exc_info):
        self.stop.set()
        self.thread.join(20)
        assert not self.thread.is_alive()

    def say(self, data, source="127.0.0.1"):
        with socket.create_connection(("127.0.0.1", self.port), 5, (source, 0)) as connection:
            connection.sendall(data)

    def wait_for(self, count):
        until = time.monotonic() + 20
        while len(self.taken) < count and time.monotonic() < until:
            time.sleep(0.05)
        return len(self.taken)


def test_messages_are_taken_with_their_source():
    uuids = [uuid4() for _ in range(3)]
    with Running() as running:
        for number, uuid in enumerate(uuids, start=2):
            running.say(message(uuid), f"127.0.0.{number}")
        assert running.wait_for(3) == 3

    assert {(one.hello.uuid, one.address) for one in running.taken} == {
        (uuid, f"127.0.0.{number}") for number, uuid in enumerate(uuids, start=2)
    }


def test_message_in_pieces_is_one_message():
    data = message(uuid4())
    with Running() as running:
        with socket.create_connection(("127.0.0.1", running.port), 5) as connection:
            for byte in data:
                connection.sendall(bytes([byte]))
        assert running.wait_for(1) == 1


def test_garbage_is_survived_and_people_are_told():
    with Running() as running:
        for data in (b"", b"\0", os.urandom(5000), HEAD, b"x" * 100_000):
            try:
                running.say(data)
            except OSError:
                continue  # cut off, as it should be
        with socket.create_connection(("127.0.0.1", running.port), 5) as connection:
            connection.sendall(b"GET / HTTP/1.1\r\n\r\n")
            assert b"takes hello messages" in connection.recv(1000)
        running.say(message(uuid4()))
        assert running.wait_for(1) == 1


def test_database_that_is_away_loses_nothing():
    taken, failures = [], [OperationalError("away"), OperationalError("away")]

    def write(batch):
        if failures:
            raise failures.pop()
        taken.extend(batch)

    with Running(write) as running:
        running.taken = taken
        for _ in range(5):
            running.say(message(uuid4()))
        assert running.wait_for(5) == 5


def test_what_was_taken_is_written_before_it_stops():
    with Running() as running:
        for _ in range(50):
            running.say(message(uuid4()))
        with socket.create_connection(("127.0.0.1", running.port), 20) as connection:
            connection.sendall(b"GET / HTTP/1.1\r\n\r\n")
            assert connection.recv(10)  # those before it were accepted

    assert len(running.taken) == 50


def test_one_source_cannot_hold_all_connections(monkeypatch):
    monkeypatch.setattr(listening, "MOST_FROM_ONE", 5)
    with Running() as running:
        held = [socket.create_connection(("127.0.0.1", running.port), 20) for _ in range(5)]
        place = ("127.0.0.1", running.port)
        with suppress(ConnectionResetError), socket.create_connection(place, 20) as connection:
            assert connection.recv(1) == b""
        running.say(message(uuid4()), "127.0.0.2")
        assert running.wait_for(1) == 1
        for connection in held:
            connection.close()


def heard(uuid, *, address="127.0.1.1", digest="ab" * 32, retries=0):
    said = Hello(3, uuid, retries, True, (("sha256", digest),))
    return Heard(said, address, timezone.now())


@pytest.mark.django_db
def test_repeat_refreshes_and_never_doubles():
    uuid, site = uuid4(), factories.server()
    discovery.record_hellos([heard(uuid), heard(uuid, retries=1)], server=site)
    discovery.record_hellos([heard(uuid, address="127.0.1.2", retries=2)], server=site)
    row = DiscoveredDevice.objects.get()

    assert (row.hello_count, row.retry_count, row.address) == (3, 2, "127.0.1.2")
    assert row.first_seen_at < row.seen_at


@pytest.mark.django_db
def test_device_that_is_managed_is_found_by_its_uuid():
    uuid, device = uuid4(), factories.device()
    AmtSettings.objects.create(
        device=device,
        mode="smb",
        address="127.0.1.1",
        credential=factories.credential(),
        server=factories.server(),
        uuid=uuid,
    )
    discovery.record_hellos([heard(uuid)], server=None)

    assert DiscoveredDevice.objects.get().device == device


@pytest.mark.django_db
def test_list_says_who_trusts_us(client, django_assert_max_num_queries):
    site = factories.server(host_name="amt.example.org")
    certificates.create_management(server=site, by=None)
    (root,) = hashes.roots()
    ours, other = uuid4(), uuid4()
    digest = root.hashes["sha256"].digits.lower()
    discovery.record_hellos([heard(ours, digest=digest), heard(other)], server=site)
    client.force_login(factories.person())
    with django_assert_max_num_queries(20):
        page = client.get(reverse("amt:discovered")).content.decode()

    assert page.count(">Yes</span>") == 1
    assert page.count(">No</span>") == 1
    found = client.get(reverse("amt:discovered") + f"?q={str(ours).upper()}").content.decode()
    assert str(ours) in found
    assert str(other) not in found
    row = DiscoveredDevice.objects.get(uuid=other)
    assert "does not hold the hash of our CA" in client.get(row.get_absolute_url()).content.decode()


@pytest.mark.django_db
def test_entries_are_valid_for_their_time_and_stay_after_it(client, time_machine):
    time_machine.move_to(timezone.now())
    discovery.record_hellos([heard(uuid4())], server=None)
    row = DiscoveredDevice.objects.get()
    assert (row.is_valid(12), row.is_valid(24)) == (True, True)
    time_machine.shift(13 * 3600)
    assert (row.is_valid(12), row.is_valid(24)) == (False, True)
    time_machine.shift(12 * 3600)
    client.force_login(factories.person())
    page = client.get(reverse("amt:discovered")).content.decode()

    assert "Ended</span>" in page
    assert ">Rediscover</button>" in page


@pytest.mark.django_db
def test_entries_are_deleted_by_who_may(client):
    discovery.record_hellos([heard(uuid4()), heard(uuid4())], server=None)
    rows = list(DiscoveredDevice.objects.all())
    client.force_login(factories.person("monitor"))
    place = reverse("amt:forget_discovered")
    assert client.post(place, {"pk": rows[0].pk}).status_code == 403
    client.force_login(factories.person())
    client.post(place, {"pk": [rows[0].pk, "x"]})

    assert list(DiscoveredDevice.objects.all()) == rows[1:]
    answer = client.post(place, {"all": "1", "filter": "source=scan"})
    assert "zcc:clear-selection" in answer.headers["HX-Trigger"]
    assert list(DiscoveredDevice.objects.all()) == rows[1:]
    client.post(place, {"all": "1", "filter": "source=hello"})
    assert not DiscoveredDevice.objects.exists()


def test_simulated_devices_say_hello_until_they_are_set_up(tmp_path):
    with Running() as running:
        specs = [
            DeviceSpec(
                address, is_factory=True, hello_to=("127.0.0.1", running.port), hello_pace=0.01
            )
            for address in addresses(first_address(), 3)
        ]
        with Fleet(specs).running() as fleet:
            assert running.wait_for(9) >= 9
            found = {(one.hello.uuid, one.address) for one in running.taken}
            assert found == {(device.uuid, device.address) for device in fleet}
            assert {one.hello.retry_count for one in running.taken} >= {0, 1, 2}
            assert not any(one.hello.has_own_password for one in running.taken)


def test_simulated_device_names_the_hash_of_its_stick(tmp_path):
    device = Device(DeviceSpec("127.0.0.1", is_factory=True))
    entries = [
        setup_variables.entry((1, 1), "admin"),
        setup_variables.entry((1, 2), "P@ssw0rd-1"),
        setup_variables.entry((2, 7), 1),
        setup_variables.hash_entry("sha256", b"\xab" * 32, "Root"),
    ]
    path = tmp_path / "setup.bin"
    path.write_bytes(setup_bin.write(SetupFile((Record(tuple(entries)),))))
    assert device.boot_from(path) is StickResult.APPLIED
    said = hello.read(simulated_hello.message(device, 4))

    assert said == Hello(3, device.uuid, 4, True, (("sha256", "ab" * 32),))
