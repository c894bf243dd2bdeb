"""A PC whose power policy turns Intel AMT off with it: read, told before orders, and true."""

import time
from uuid import uuid4

import pytest
from django.urls import reverse

from amt.constants import PowerState
from amt.models import AmtInventory
from amt.services.inventory import read_inventory
from amt.simulator import Fault
from amt.simulator.listener import FALLS_ASLEEP_SECONDS
from amt.work import run_inventory_items
from devices.models import Device
from power.models import PowerAction
from power.services import preview
from tests import factories
from tests.power.test_schedule_pages import EDITOR, FORM

SLEEPER = frozenset({Fault.SLEEPS_WITH_HOST})


def fall_asleep() -> None:
    """Wait until an engine has followed its host, and let the device take another order."""
    time.sleep(FALLS_ASLEEP_SECONDS + 0.5)
    Device.objects.update(last_order_at=None)


def read(device: Device) -> AmtInventory:
    devices = Device.objects.filter(pk=device.pk)
    job = read_inventory(devices=devices, intent=uuid4(), asked_by=factories.person())
    run_inventory_items(list(job.items.values_list("pk", flat=True)))
    return AmtInventory.objects.get(device=device)


@pytest.mark.parametrize("profile", ["9.5", "16.1"])
def test_the_policy_in_use_is_read(pc, profile):
    for faults, works in ((SLEEPER, False), (frozenset(), True)):
        kept = read(pc(profile=profile, faults=faults).device)
        assert kept.works_while_off is works
        policy = kept.facts["Power policy"]
        assert ("S4-5" in policy["In use"]) is works
        assert policy["Offered"].count(";") == 1


def test_the_dialog_and_the_editor_say_what_is_lost(pc, client):
    one, other = pc(faults=SLEEPER), pc()
    for each in (one, other):
        read(each.device)
    person = factories.person()
    client.force_login(person)
    selection = preview.freeze(Device.objects.all(), person)
    deaf = {each.action: each.deaf for each in preview.preview_all(selection)}
    assert deaf == {
        PowerAction.ON: [one.device],
        PowerAction.OFF: [one.device],
        PowerAction.RESET: [],
        PowerAction.CYCLE: [],
    }
    asked = {"pk": [one.device.pk], "action": "off"}
    page = client.post(reverse("power:dialog"), asked).content.decode()
    assert "Nothing here turns this device on again." in page
    for action, words in (("off", "turns 1 of these devices on again"), ("reset", None)):
        answer = client.post(EDITOR, {**FORM, "action": action, "preview": "1"}).content.decode()
        assert ("power policy" in answer) is bool(words)
        assert words is None or words in answer


def test_the_device_is_off_the_network_while_its_host_is_off(pc):
    one = pc(faults=SLEEPER)
    item = one.order(PowerAction.OFF)
    assert item.status == "done", item.message  # it was seen before the engine fell asleep
    assert one.engine.power is PowerState.OFF_SOFT
    fall_asleep()
    item = one.order(PowerAction.ON)
    assert (item.status, item.error_code) == ("failed", "unreachable")
    one.engine.press_power_button()
    fall_asleep()
    assert one.order(PowerAction.ON).message == "Was already on; nothing sent."
