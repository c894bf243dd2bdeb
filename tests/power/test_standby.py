"""Modern Standby, half waking, and orders that a device does not offer in its present state."""

from uuid import uuid4

import pytest

from amt.constants import OsPowerSavingState, PowerState
from amt.simulator import Fault
from devices import state_words
from devices.models import Device
from power.models import PowerAction
from power.services.readings import read_power_states
from power.work import run_read_items
from tests import factories

AWAKE = OsPowerSavingState.FULL_POWER


def test_power_on_wakes_a_pc_that_amt_calls_on_all_the_time(pc):
    one = pc(profile="16.1-standby", power=PowerState.ON)
    one.engine.machine.doze()

    item = one.order(PowerAction.ON)

    assert item.status == "done"
    assert item.message.startswith("Woke from standby: AMT said on all the time, the OS answers")
    assert one.engine.machine.os_power_saving == AWAKE
    assert [order.method for order in one.engine.orders] == ["RequestOSPowerSavingStateChange"]
    one.device.refresh_from_db()
    assert (one.device.power_state, one.device.os_state) == (2, AWAKE)


def test_pc_that_is_awake_gets_nothing(pc):
    one = pc(profile="16.1-standby", power=PowerState.ON)

    assert one.order(PowerAction.ON).message == "Was already on; nothing sent."
    assert one.engine.orders == []


def test_power_on_that_only_half_wakes_is_completed(pc):
    one = pc(power=PowerState.OFF_SOFT, faults=frozenset({Fault.HALF_WAKES}))

    item = one.order(PowerAction.ON)

    assert item.status == "done", item.message
    assert item.message.endswith("Its operating system had to be woken from standby.")
    assert [order.method for order in one.engine.orders] == [
        "RequestPowerStateChange",
        "RequestOSPowerSavingStateChange",
    ]


def test_operating_system_that_does_not_wake_is_told_apart(pc):
    one = pc(power=PowerState.ON, profile="16.1-standby")
    one.engine.machine.doze()
    one.engine.set_faults(Fault.ACCEPTS_AND_IGNORES)

    item = one.order(PowerAction.ON)

    assert (item.status, item.error_code) == ("accepted", "stays-in-standby")
    assert item.message == "The device said yes and is on, but its OS stayed in standby for 5 s."


@pytest.mark.parametrize("state", [PowerState.SLEEP_DEEP, PowerState.HIBERNATE])
@pytest.mark.parametrize(
    ("action", "after"), [(PowerAction.ON, PowerState.ON), (PowerAction.OFF, PowerState.OFF_SOFT)]
)
def test_sleeping_pc_can_be_woken_and_switched_off(pc, state, action, after):
    one = pc(power=state)

    item = one.order(action)

    assert item.status == "done", item.message
    assert one.engine.power == after


def test_order_that_the_device_does_not_offer_is_not_sent(pc, monkeypatch):
    one = pc(power=PowerState.SLEEP_DEEP)
    monkeypatch.setattr("amt.simulator.power.WHEN_ASLEEP", (PowerState.ON, PowerState.OFF_SOFT))

    item = one.order(PowerAction.CYCLE)

    assert (item.status, item.error_code) == ("skipped", "not-offered")
    assert item.message == "It is asleep, and this firmware offers no Power Cycle Reset from there."
    assert one.engine.orders == []


def test_reading_tells_that_the_operating_system_dozes(pc):
    one = pc(profile="16.1-standby", power=PowerState.ON)
    one.engine.machine.doze()
    devices = Device.objects.filter(pk=one.device.pk)

    job = read_power_states(devices=devices, intent=uuid4(), asked_by=factories.person())
    run_read_items([job.items.get().pk])

    assert job.items.get().message == "It is on, its operating system in standby."
    one.device.refresh_from_db()
    assert state_words.seen_power(one.device, poll_seconds=300).word.text == "On, OS asleep"


@pytest.mark.parametrize("profile", ["2.6", "7.1", "9.5"])
def test_firmware_without_that_state_is_not_asked_for_it(pc, profile):
    one = pc(profile=profile, power=PowerState.ON)
    before = one.engine.requests

    assert one.order(PowerAction.ON).message == "Was already on; nothing sent."
    assert one.engine.requests - before == 2  # the greeting, and the power state
