"""A device from the factory boots from a stick and takes what firmware would take."""

import hashlib
import socket

import pytest

from amt.protocol import setup_bin, setup_variables
from amt.protocol.setup_bin import Record, SetupFile
from amt.simulator import Device, DeviceSpec, Fleet, State, StickResult
from tests.amt.simulator.client import Client, get
from tests.amt.simulator.loopback import first_address

PASSWORD = "P@ssw0rd-1"
DIGEST = hashlib.sha256(b"root").digest()


def entry(*key):
    *key, value = key
    return setup_variables.entry(tuple(key), value)


LOGIN = [entry(1, 1, "admin"), entry(1, 2, PASSWORD)]
BY_HAND = entry(2, 29, 1)
PKI = [
    entry(2, 3, "example.org"),
    entry(2, 4, "amt.example.org"),
    entry(2, 5, 1),
    entry(2, 7, 1),
    setup_variables.hash_entry("sha256", DIGEST, "Zone root"),
]


@pytest.fixture
def stick(tmp_path):
    """Return a function that writes a stick."""

    def write(*records, version=(4, 0), flags=setup_bin.KEEPS_RECORDS):
        rows = tuple(Record(tuple(row), number=n) for n, row in enumerate(records, start=1))
        path = tmp_path / "setup.bin"
        path.write_bytes(setup_bin.write(SetupFile(rows, version=version, flags=flags)))
        return path

    return write


def factory(profile="15.0", **like):
    return Device(DeviceSpec("127.0.0.1", profile=profile, is_factory=True, **like))


def test_device_set_up_by_hand_answers_with_its_new_password(stick):
    address = first_address()
    spec = DeviceSpec(address, profile="15.0", is_factory=True)
    with Fleet([spec]).running() as fleet:
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection((address, 16992), timeout=2)
        path = stick([*LOGIN, entry(2, 11, "pc-7"), BY_HAND])
        assert fleet[address].boot_from(path) is StickResult.APPLIED
        answer = Client(address, password=PASSWORD).post(get("AMT_GeneralSettings"))

    assert answer.status == 200
    assert answer.one("HostName") == "pc-7"


def test_pki_settings_are_kept_and_the_device_waits_for_a_server(stick):
    device = factory()

    assert device.boot_from(stick([*LOGIN, *PKI])) is StickResult.APPLIED
    held = device.set_up
    assert (held.suffix, held.server_name) == ("example.org", "amt.example.org")
    assert not held.is_done
    (found,) = held.hashes
    assert (found.name, found.algorithm, found.digest) == ("Zone root", "sha256", DIGEST)


def test_a_stick_has_the_device_look_for_a_server(stick):
    address = first_address()
    spec = DeviceSpec(address, profile="15.0", is_factory=True, host_name="pc-1")
    with Fleet([spec]).running() as fleet:
        device = fleet[address]
        path = stick([*LOGIN, *PKI, entry(2, 28, 1)])
        assert device.boot_from(path) is StickResult.APPLIED
        assert device.set_up.state is State.IN
        assert device.says_hello
        socket.create_connection((address, 16993), timeout=2).close()


def test_records_are_used_up_one_by_one(stick):
    rows = [[*LOGIN, entry(2, 11, f"pc-{n}"), BY_HAND] for n in (1, 2)]
    path = stick(*rows, flags=0)
    devices = [factory() for _ in range(3)]
    results = [device.boot_from(path) for device in devices]

    assert results == [StickResult.APPLIED, StickResult.APPLIED, StickResult.ALL_USED]
    assert [device.host_name for device in devices[:2]] == ["pc-1", "pc-2"]
    after = setup_bin.read(path.read_bytes())
    assert after.consumed == 2
    assert not any(record.is_valid for record in after.records)


def test_wrong_current_password_uses_nothing_up(stick):
    path = stick([entry(1, 1, "other"), *LOGIN[1:], BY_HAND], flags=0)
    before = path.read_bytes()

    assert factory().boot_from(path) is StickResult.WRONG_PASSWORD
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("profile", "version", "entries", "result"),
    [
        ("2.2", (2, 0), LOGIN, StickResult.NO_FILE),
        ("5.2", (4, 0), LOGIN, StickResult.NO_FILE),
        ("9.5", (3, 0), [*LOGIN, BY_HAND], StickResult.APPLIED),
        ("16.1", (4, 0), [LOGIN[0], entry(1, 2, "weak")], StickResult.WEAK_PASSWORD),
        ("16.1", (4, 0), [*LOGIN, entry(2, 3, "x"), entry(1, 3, 1)], StickResult.BAD_RECORD),
        ("16.1", (4, 0), [*LOGIN, PKI[-1]], StickResult.BAD_RECORD),
        ("16.1", (4, 0), [entry(2, 3, "x")], StickResult.BAD_RECORD),
        ("22.0", (4, 0), [*LOGIN, *PKI], StickResult.BAD_RECORD),
        (
            *("16.1", (4, 0)),
            [*LOGIN, PKI[3], setup_variables.hash_entry("sha1", bytes(20), "Old root")],
            StickResult.BAD_RECORD,
        ),
    ],
)
def test_what_firmware_does_not_take_changes_nothing(stick, profile, version, entries, result):
    device = factory(profile)
    before = device.set_up

    assert device.boot_from(stick(entries, version=version)) is result
    if result is not StickResult.APPLIED:
        assert device.set_up == before


def test_device_that_is_set_up_does_not_look_at_the_stick(stick):
    assert Device(DeviceSpec("127.0.0.1")).boot_from(stick(LOGIN)) is StickResult.NOT_FACTORY
