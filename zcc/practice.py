"""The practice zone: simulated devices on loopback addresses and their rows (D17)."""

import fcntl
import json
import os
import secrets
import shutil
import socket
import string
from collections import Counter
from dataclasses import asdict, dataclass, field
from itertools import cycle, islice
from pathlib import Path

from django.conf import settings
from django.db import transaction

from amt.constants import PowerState
from amt.models import AmtSettings
from amt.simulator import PROFILES, DeviceSpec, Fleet, addresses
from devices import audit
from devices.levels import Place
from devices.models import Device, Folder, Server, User
from devices.services.settings import Wish, save_settings
from power.levels import VERIFY_SECONDS
from vault import services as vault
from vault.models import Credential
from zcc import newcomers

RECORD = "fleet.json"  # its presence marks a directory as that of a practice zone
ORDERS = "orders.jsonl"  # one line per order that a simulated device executed
BOOT_MS = 4000
LATENCY_MS = 100
VERIFY = 15  # seconds
PORTS = (16992, 16993)


@dataclass(frozen=True)
class Group:
    """Devices of one kind in one folder."""

    parent: str
    folder: str  # empty: right in the parent
    prefix: str
    model: str
    profile: str
    share: int  # of each 24

    @property
    def is_plain(self) -> bool:
        """Return whether its devices speak plain HTTP; the old ones do."""
        return self.profile in {"9.5", "11.8"}


GROUPS = (
    Group("Servers", "", "SRV", "Simulated server", "16.1", 2),
    Group("Workstations", "Office", "OFFICE", "Simulated desktop", "11.8", 6),
    Group("Workstations", "Training room", "TRAIN", "Simulated desktop", "16.1", 8),
    Group("Workstations", "Workshop", "SHOP", "Simulated laptop", "9.5", 4),
    Group("Workstations", "Reception", "FRONT", "Simulated desktop", "16.1-no-records", 4),
)


@dataclass(frozen=True)
class Record:
    """What has to be the same after a restart: where the devices are, and their password."""

    first: str
    count: int
    password: str = field(repr=False)


def is_practice() -> bool:
    """Return whether this installation's directory is that of a practice zone."""
    return bool(settings.PRACTICE) or (Path(settings.DATA_DIR) / RECORD).exists()


def read_record() -> Record | None:
    """Return the fleet of this zone; None if it has none yet."""
    path = Path(settings.DATA_DIR) / RECORD
    return Record(**json.loads(path.read_text())) if path.exists() else None


def make_record(count: int) -> Record:
    """Choose free addresses and a password that the vault accepts, and keep both."""
    record = Record(_free_range(count), count, _password())
    path = Path(settings.DATA_DIR) / RECORD
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)
    path.write_text(json.dumps(asdict(record)))
    return record


def claim() -> int:
    """Make this the only process that serves the zone, until it ends; return what to keep open.

    Raises:
        BlockingIOError: another process serves it.
    """
    place = Path(settings.DATA_DIR)
    place.parent.mkdir(parents=True, exist_ok=True)
    lock = os.open(place.with_name(f"{place.name}.lock"), os.O_RDWR | os.O_CREAT, 0o600)
    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    return lock


def forget() -> None:
    """Delete a practice zone with all its files; any other directory is left alone."""
    place = Path(settings.DATA_DIR)
    if (place / RECORD).exists():
        shutil.rmtree(place)


def members(record: Record) -> list[tuple[str, str, Group]]:
    """Return address, name and group of each device."""
    kinds = islice(cycle(group for group in GROUPS for _ in range(group.share)), record.count)
    seen: Counter[str] = Counter()
    found = []
    for address, group in zip(addresses(record.first, record.count), kinds, strict=True):
        seen[group.prefix] += 1
        found.append((address, f"{group.prefix}-{seen[group.prefix]:02}", group))
    return found


def fleet(record: Record, hello_to: tuple[str, int]) -> Fleet:
    """Return the simulated devices, each in the power state in which it was last seen.

    Those that come from the factory say hello to ``hello_to``.
    """
    seen = dict(Device.objects.filter(is_simulated=True).values_list("amt_address", "power_state"))
    specs = [
        DeviceSpec(
            address,
            profile=group.profile,
            password=record.password,
            tls=not group.is_plain,
            plain=group.is_plain,
            power=_power(number, seen.get(address)),
            boot_ms=BOOT_MS,
            latency_ms=LATENCY_MS,
            host_name=name.lower(),
        )
        for number, (address, name, group) in enumerate(members(record))
    ]
    specs += newcomers.specs(record.first, hello_to)
    place = Path(settings.DATA_DIR)
    return Fleet(specs, log=place / ORDERS, key=place / "fleet.pem")


def _power(number: int, seen: int | None) -> PowerState:
    if seen in (PowerState.ON, PowerState.OFF_SOFT):
        return PowerState(seen)
    return PowerState.OFF_SOFT if number % 3 == 2 else PowerState.ON


@transaction.atomic
def seed(record: Record, server: Server, owner: User) -> None:
    """Write the rows of the zone: folders, the devices with their AMT settings, one credential."""
    credential = vault.create_credential(
        name="Practice devices",
        password=record.password,
        description="All simulated devices",
        by=owner,
    )
    Folder.objects.filter(depth=1).update(name="Practice zone")
    folders = {group: _folder(group) for group in GROUPS}
    for address, name, group in members(record):
        _add_device(address, name, group, folders[group], server, credential)
    shorten_wait(folders[GROUPS[-1]], owner)
    audit.record(None, "zone.practice", new={"devices": record.count})


def shorten_wait(folder: Folder, owner: User) -> None:
    """Where firmware writes no boot records, wait less for evidence that will not come."""
    wish = Wish(VERIFY_SECONDS, is_set=True, value=VERIFY, version=0)
    save_settings(place=Place(folder=folder), wishes=[wish], asked_by=owner)


def _folder(group: Group) -> Folder:
    parent: Folder = Folder.objects.get(name=group.parent, is_fixed=True)
    if not group.folder:
        return parent
    child: Folder = Folder.objects.add_child(parent, create_kwargs={"name": group.folder})
    return child


def _add_device(
    address: str, name: str, group: Group, folder: Folder, server: Server, credential: Credential
) -> None:
    device = Device.objects.create(
        folder=folder,
        name=name,
        host_name=f"{name.lower()}.practice.example",
        model=group.model,
        serial_number=f"SIM-{name}",
        is_simulated=True,
        mode=Device.Mode.SMB,
        amt_address=address,
        amt_version=PROFILES[group.profile].version,
    )
    AmtSettings.objects.create(
        device=device, mode=Device.Mode.SMB, address=address, credential=credential, server=server
    )


def _free_range(count: int) -> str:
    """Return the first address of a range in which nobody listens on the AMT ports."""
    for block in range(20, 120):
        first = f"127.{block}.0.1"
        if all(_is_free(address, port) for address in addresses(first, count) for port in PORTS):
            return first
    raise OSError("Ports 16992 and 16993 are taken on all of 127.20.0.1 to 127.119.255.254.")


def _is_free(address: str, port: int) -> bool:
    try:
        socket.create_server((address, port)).close()
    except OSError:
        return False
    return True


def _password() -> str:
    """Return a random password by AMT's rules: all four kinds of characters, 8 to 32 long."""
    letters = string.ascii_letters + string.digits
    return "Aa1-" + "".join(secrets.choice(letters) for _ in range(16))
