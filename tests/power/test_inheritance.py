"""Whose list of schedules counts: asked of the lists, the answer is that of each device alone."""

import random

import pytest

from devices.levels import Inheritance
from devices.models import Device, Folder, Setting
from power.levels import POWER_SCHEDULES
from tests.factories import zone

pytestmark = pytest.mark.django_db
FOLDERS = DEVICES = 2_000
KEY = POWER_SCHEDULES.name


def tree(chance: random.Random) -> dict[str, int]:
    """Write a random tree of FOLDERS; return the primary key of each folder by its path."""
    root = zone()
    paths, children = [root.path], {root.path: 50}  # the fixed folders come first
    for _ in range(FOLDERS):
        parent = chance.choice(paths[-200:] if chance.random() < 0.5 else paths)
        if len(parent) > 40:
            continue
        children[parent] = children.get(parent, 0) + 1
        paths.append(Folder._get_path(parent, len(parent) // 4 + 1, children[parent]))
    Folder.objects.bulk_create(
        Folder(path=path, depth=len(path) // 4, name=f"F{n}") for n, path in enumerate(paths[1:])
    )
    return dict(Folder.objects.values_list("path", "pk"))


@pytest.mark.parametrize("seed", [1, 2])
def test_lists_reach_exactly_the_devices_that_inherit_them(seed):
    chance = random.Random(seed)
    folders = tree(chance)
    paths = [path for path in folders if len(path) > 4]
    Device.objects.bulk_create(
        Device(name=f"PC-{n}", folder_id=folders[chance.choice(paths)]) for n in range(DEVICES)
    )
    devices = list(Device.objects.select_related("folder"))
    some = chance.sample(paths, chance.choice([1, 60, 400]))
    rows = [Setting(key=KEY, folder_id=folders[path], value=[]) for path in some]
    rows += [Setting(key=KEY, device=one, value=[]) for one in chance.sample(devices, 100)]
    rows += [Setting(key=KEY, value=[])] if seed != 2 else []
    rows += [Setting(key="another.key", folder_id=folders[paths[0]], value=[])]
    Setting.objects.bulk_create(rows)
    lists = list(Setting.objects.filter(key=KEY).select_related("folder"))

    inheritance = Inheritance(POWER_SCHEDULES)
    found: dict[int, int] = {}
    for row in lists:
        for pk in inheritance.devices_of(row).values_list("pk", flat=True):
            assert pk not in found, "two lists count for one device"
            found[pk] = row.pk

    wanted = {one.pk: nearest(one, lists) for one in devices}
    assert found == {pk: row for pk, row in wanted.items() if row}


def nearest(device: Device, lists: list[Setting]) -> int | None:
    """Return the list that counts for one device: its own, that of its folder, of those above."""
    own = {row.device_id: row.pk for row in lists if row.device_id}
    of_folder = {row.folder.path: row.pk for row in lists if row.folder}
    of_zone = next((row.pk for row in lists if not row.device_id and not row.folder_id), None)
    path = device.folder.path
    if device.pk in own:
        return own[device.pk]
    while path:
        if path in of_folder:
            return of_folder[path]
        path = path[:-4]
    return of_zone
