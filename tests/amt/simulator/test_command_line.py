import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from amt.simulator import Fault
from amt.simulator.command_line import processes_for
from amt.simulator.options import read_options, spread

from .authority import SUFFIX, server
from .client import Client, get
from .loopback import first_address
from .provisioning import Session

GENERAL = get("AMT_GeneralSettings")
Started = tuple["subprocess.Popen[str]", str]


@pytest.fixture
def start() -> Iterator[Callable[..., Started]]:
    """Start the program, wait until it is ready, and see it end by a signal with status 0."""
    with ExitStack() as stack:

        def start_(*arguments: str, end: int = signal.SIGTERM, **environment: str) -> Started:
            first = first_address()
            command = [sys.executable, "-m", "amt.simulator", "--first", first, *arguments]
            process = subprocess.Popen(
                command, stdout=subprocess.PIPE, text=True, env={"PATH": "", **environment}
            )
            stack.callback(lambda: (process.wait(10) == 0) or pytest.fail("not a clean stop"))
            stack.callback(process.stdout.close)
            stack.callback(process.send_signal, end)
            for line in process.stdout:
                if line == "ready\n":
                    return process, first
            raise AssertionError("not ready")

        yield start_


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM])
def test_it_says_ready_serves_and_stops_on_a_signal(start, tmp_path, end):
    log = tmp_path / "orders"

    _, first = start("--devices", "2", "--password", "Other1!x", "--log", str(log), end=end)

    assert Client(first, password="Other1!x").order(8) == 0
    assert json.loads(log.read_text())["requested"] == 8


def test_the_password_may_come_from_the_environment(start):
    _, first = start("--devices", "1", ZCC_SIMULATE_PASSWORD="Other2!x")

    assert Client(first, password="Other2!x").post(GENERAL).status == 200


def test_the_password_may_come_from_a_file(start, tmp_path):
    (tmp_path / "password").write_text("Other3!x\n")

    _, first = start("--devices", "1", "--password-file", str(tmp_path / "password"))

    assert Client(first, password="Other3!x").post(GENERAL).status == 200


def test_several_processes_share_addresses_and_log(start, tmp_path):
    log = tmp_path / "orders"

    _, first = start(
        "--devices", "9", "--processes", "3", "--log", str(log), "--password", "A1!bcdef"
    )

    base, _, last = first.rpartition(".")
    hosts = [f"{base}.{int(last) + index}" for index in range(9)]
    for host in hosts:
        Client(host, password="A1!bcdef").order(10)
    assert [json.loads(line)["address"] for line in log.read_text().splitlines()] == hosts


def test_parts_end_when_their_parent_was_killed():
    first = first_address()
    command = [sys.executable, "-m", "amt.simulator", "--first", first, "--processes", "2"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout.readline() == "ready\n"
        parent.kill()

    assert gone(first)


def gone(address: str) -> bool:
    """Return whether connections come to be refused within five seconds."""
    for _ in range(50):
        try:
            socket.create_connection((address, 16992), timeout=1).close()
        except ConnectionRefusedError:
            return True
        time.sleep(0.1)
    return False


@pytest.mark.parametrize(
    ("arguments", "names"),
    [
        (["--profile", "8.8"], ["8.8", "2.2, 2.6, 3.2"]),
        (["--first", "192.168.0.1"], ["192.168.0.1", "loopback"]),
        (["--first", "127.255.255.250", "--devices", "20"], ["127.255.255.254"]),
        (["--faults", "thunder=1"], ["thunder", "slow, silent"]),
        (["--faults", "slow=2"], ["from 0 to 1"]),
        (["--faults", "slow=some"], ["from 0 to 1"]),
        (["--devices", "0"], ["--devices"]),
        (["--devices", "many"], ["--devices", "many"]),
        (["--latency-ms", "-5"], ["--latency-ms"]),
        (["--no-tls", "--no-plain"], ["--no-tls"]),
        (["--password-file", "/nowhere"], ["/nowhere"]),
    ],
    ids=lambda value: " ".join(value) if value[0].startswith("--") else "",
)
def test_a_wrong_option_is_named_in_one_line(capsys, arguments, names):
    with pytest.raises(SystemExit) as stopped:
        read_options(arguments)

    last = capsys.readouterr().err.strip().splitlines()[-1]
    assert stopped.value.code == 2
    assert all(name in last for name in names)


@pytest.mark.parametrize(("count", "share", "hits"), [(10, 0.3, 3), (24, 0.125, 3), (7, 1, 7)])
def test_a_share_of_the_devices_has_the_fault(count, share, hits):
    faults = spread([(Fault.SLOW, share)], count)

    assert sum(Fault.SLOW in some for some in faults) == hits
    assert faults == spread([(Fault.SLOW, share)], count)


def test_two_faults_meet_on_no_device_while_there_is_room():
    faults = spread([(Fault.SLOW, 0.25), (Fault.SILENT, 0.5)], 40)

    assert max(len(some) for some in faults) == 1


@pytest.mark.parametrize(
    ("devices", "limit", "processes"),
    [(24, 20_000, 1), (2000, 20_000, 1), (2001, 20_000, 2), (10_000, 20_000, 5), (500, 1024, 5)],
)
def test_there_are_as_many_processes_as_sockets_need(devices, limit, processes):
    assert processes_for(devices, limit) == processes


@pytest.mark.parametrize("form", [Encoding.PEM, Encoding.DER])
def test_devices_wait_for_a_server_that_they_trust(start, tmp_path, form):
    one, path = server(), tmp_path / "root"
    path.write_bytes(one.chain[-1].public_bytes(form))
    arguments = ("--devices", "1", "--activated", "--trust", str(path), "--suffix", SUFFIX)

    _, first = start(*arguments, "--profile", "11.8")

    assert Session(first, server=one).get("AMT_GeneralSettings").status == 200


def test_hashes_are_of_the_kinds_that_the_firmware_takes(tmp_path):
    path = tmp_path / "zone.pem"
    path.write_bytes(server().chain[-1].public_bytes(Encoding.PEM))
    arguments = ["--devices", "1", "--trust", str(path), "--dhcp-suffix", SUFFIX, "--activated"]
    kinds = {
        profile: [
            one.algorithm
            for one in read_options([*arguments, "--profile", profile]).specs[0].hashes
        ]
        for profile in ("5.2", "9.5", "16.1", "22.0")
    }

    assert kinds == {
        "5.2": ["sha1"],
        "9.5": ["sha1", "sha256"],
        "16.1": ["sha256", "sha384"],
        "22.0": ["sha384"],
    }
    (spec,) = read_options(arguments).specs
    assert (spec.dhcp_suffix, spec.is_factory, spec.hashes[0].name) == (SUFFIX, True, "zone")


def test_a_file_without_a_certificate_is_named(tmp_path, capsys):
    path = tmp_path / "root.pem"
    path.write_text("no certificate")

    with pytest.raises(SystemExit):
        read_options(["--trust", str(path)])

    assert f"{path} holds no certificate." in capsys.readouterr().err
