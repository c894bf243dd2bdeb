"""Boot once: where the next boot goes, and what becomes of it when an order is not carried out."""

import time
from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from amt.constants import BootTarget, PowerState
from amt.protocol.wsman import boot
from amt.simulator import Fault, Order
from devices.models import Job
from power.models import Boot, PowerAction
from power.work import run_power_items
from tests import factories

PXE = "Intel(r) AMT: Force PXE Boot"


@pytest.mark.parametrize("profile", ["2.6", "7.1", "9.5", "11.8", "16.1"])
@pytest.mark.parametrize(
    ("action", "before"),
    [
        (PowerAction.ON, PowerState.OFF_SOFT),
        (PowerAction.RESET, PowerState.ON),
        (PowerAction.CYCLE, PowerState.ON),
    ],
)
def test_next_boot_and_only_the_next_goes_to_pxe(pc, profile, action, before):
    one = pc(profile=profile, power=before)

    item = one.order(action, boot=Boot.PXE)
    one.engine.press_power_button()
    one.engine.press_power_button()

    assert item.status in ("done", "accepted"), item.message
    assert item.job.title == f"{action.label}, boot from PXE (network)"
    assert [found.source for found in one.engine.boots] == [PXE, ""]


def test_bios_setup_is_an_option_and_not_a_source(pc):
    one = pc(power=PowerState.ON)

    one.order(PowerAction.RESET, boot=Boot.BIOS)

    (found,) = one.engine.boots
    assert (found.source, found.settings["BIOSSetup"]) == ("", True)


def test_pc_that_is_on_is_not_booted_by_a_power_on(pc):
    one = pc(power=PowerState.ON)

    item = one.order(PowerAction.ON, boot=Boot.PXE)

    assert (item.status, item.error_code) == ("skipped", "is-on")
    assert item.message == "It is on; choose Reset to boot it from PXE (network)."
    assert one.engine.orders == []


def test_device_that_cannot_boot_from_there_gets_no_order(pc, monkeypatch):
    one = pc(power=PowerState.ON)
    monkeypatch.setitem(boot.NEEDS, BootTarget.CD, "ForceDiagnosticBoot")

    item = one.order(PowerAction.RESET, boot=Boot.CD)

    assert (item.status, item.error_code) == ("failed", "boot-not-offered")
    assert item.sent_at is None
    assert one.engine.orders == []


@pytest.mark.parametrize("fault", [Fault.DROPS_BEFORE_EXECUTING, Fault.HANGS_AFTER_EXECUTING])
def test_boot_option_that_got_no_answer_lets_nothing_be_sent(pc, fault):
    one = pc(power=PowerState.ON, faults=frozenset({fault}))

    item = one.order(PowerAction.RESET, boot=Boot.PXE)

    assert (item.status, item.sent_at) == ("failed", None)
    assert "could not be set, so nothing was sent" in item.message
    assert "RequestPowerStateChange" not in [order.method for order in one.engine.orders]


def test_refused_order_takes_the_boot_option_back(pc):
    one = pc(power=PowerState.ON, faults=frozenset({Fault.REFUSES_ORDER}))

    item = one.order(PowerAction.RESET, boot=Boot.PXE)
    for _ in range(2):
        one.engine.press_power_button()

    assert item.status == "failed"
    assert item.message.endswith("The boot option was taken back.")
    assert [found.source for found in one.engine.boots] == [""]


def test_order_that_expires_meanwhile_takes_the_boot_option_back(pc):
    one = pc(power=PowerState.ON)
    item = one.ask(PowerAction.RESET, boot=Boot.PXE)

    Job.objects.update(expires_at=timezone.now() + timedelta(seconds=1))

    def when_prepared(order: Order) -> None:
        if order.method == "SetBootConfigRole":
            time.sleep(1.2)

    one.engine._log = when_prepared
    run_power_items([item.pk])

    item.refresh_from_db()
    assert (item.status, item.error_code) == ("expired", "turn-not-come")
    assert item.message.endswith("The boot option was taken back.")
    assert (one.engine.boots, one.engine.boot_source) == ([], "")


def test_right_of_its_own_is_needed(pc):
    one = pc(power=PowerState.ON)
    operator = factories.person("power-operator")

    with pytest.raises(PermissionDenied, match="where some of these devices boot from"):
        one.ask(PowerAction.RESET, boot=Boot.PXE, asked_by=operator)


def test_power_off_boots_nothing(pc):
    with pytest.raises(PermissionDenied, match="Power Off boots nothing"):
        pc(power=PowerState.ON).ask(PowerAction.OFF, boot=Boot.PXE)
