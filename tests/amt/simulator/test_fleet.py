import asyncio
import gc
import socket
import subprocess
import sys
import time

import pytest

from amt.simulator import DeviceSpec, Fleet, addresses

from .client import Client, get
from .loopback import first_address

GENERAL = get("AMT_GeneralSettings")


def test_sixty_devices_start_with_little_work():
    specs = [DeviceSpec(address) for address in addresses(first_address(), 60)]
    started = time.process_time()  # other programs may keep the machine busy

    with Fleet(specs).running() as fleet:
        assert time.process_time() - started < 0.5
        assert len(fleet) == 60
        assert Client(specs[-1].address).post(GENERAL).status == 200


def test_a_fleet_can_start_again_on_the_same_addresses():
    spec = DeviceSpec(first_address())
    seen = []

    for _ in range(2):
        with Fleet([spec]).running() as fleet:
            device = fleet[spec.address]
            seen.append((device.uuid, device.realm, device.host_name))
            assert Client(spec.address).post(GENERAL).status == 200
            assert fleet.unbound == []

    assert seen[0] == seen[1]


async def test_a_fleet_runs_in_the_loop_that_is_there():
    spec = DeviceSpec(first_address())
    async with Fleet([spec]) as fleet:
        answer = await asyncio.to_thread(Client(spec.address).post, GENERAL)
        fleet[spec.address].set_faults("refuses")
        await asyncio.sleep(0.05)
        with pytest.raises(ConnectionRefusedError):
            await asyncio.to_thread(Client(spec.address).post, GENERAL)

    assert answer.status == 200


def test_connections_that_were_only_begun_leave_nothing_behind():
    """Python says so with a ResourceWarning, which is an error here."""
    spec = DeviceSpec(first_address())
    for port in (16992, 16993) * 5:
        with Fleet([spec]).running():
            socket.create_connection((spec.address, port), timeout=5).close()
    gc.collect()


def test_other_faults_do_not_close_the_ports(device):
    with socket.create_connection((device.address, 16992), timeout=5) as connection:
        device.set_faults("slow")
        device.set_faults("changed-certificate")
        connection.sendall(b"GET / HTTP/1.1\r\n\r\n")
        assert connection.recv(12) == b"HTTP/1.1 303"


def test_what_cannot_be_bound_is_named_and_the_rest_runs():
    spec = DeviceSpec(first_address())
    with socket.socket() as taken:
        taken.bind((spec.address, 16993))
        taken.listen()
        with Fleet([spec]).running() as fleet:
            assert [text.split(": ")[0] for text in fleet.unbound] == [f"tcp {spec.address}:16993"]
            assert Client(spec.address).post(GENERAL).status == 200


@pytest.mark.parametrize(("like", "open_"), [({"tls": False}, 16992), ({"plain": False}, 16993)])
def test_a_device_listens_only_where_it_is_to(simulated, like, open_):
    device = simulated(**like)
    closed = 16992 + 16993 - open_

    socket.create_connection((device.address, open_), timeout=5).close()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((device.address, closed), timeout=5)


def test_devices_differ_in_all_that_identifies_them():
    specs = [DeviceSpec(address) for address in addresses(first_address(), 20)]
    fleet = Fleet(specs)

    for name in ("uuid", "realm", "host_name", "certificate_sha256"):
        assert len({getattr(device, name) for device in fleet}) == 20


def test_a_kept_key_gives_the_same_certificates_to_another_process(tmp_path):
    key = tmp_path / "key.pem"
    program = (
        "import pathlib, sys; from amt.simulator import DeviceSpec, Fleet;"
        f"fleet = Fleet([DeviceSpec('127.0.0.9')], key=pathlib.Path({str(key)!r}));"
        "print(fleet['127.0.0.9'].certificate_sha256)"
    )

    run = [subprocess.check_output([sys.executable, "-c", program]) for _ in range(2)]

    assert run[0] == run[1]
    assert key.stat().st_mode & 0o077 == 0


def test_the_password_is_not_in_what_is_printed_of_a_device():
    assert "secret1!" not in repr(DeviceSpec("127.0.0.1", password="secret1!"))


@pytest.mark.parametrize(
    ("first", "count"), [("10.0.0.1", 1), ("127.255.255.250", 9), ("128.0.0.1", 1)]
)
def test_only_loopback_addresses_are_given(first, count):
    with pytest.raises(ValueError, match=first):
        addresses(first, count)


def test_the_simulator_is_plain_python():
    program = (
        "import sys, amt.simulator, amt.simulator.command_line;"
        "print([name for name in ('django', 'celery', 'zeep', 'amt.protocol', 'aiohttp')"
        " if name in sys.modules])"
    )

    assert subprocess.check_output([sys.executable, "-c", program]).strip() == b"[]"
