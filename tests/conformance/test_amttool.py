"""Debian's amttool, unchanged, against firmware that has the older SOAP interface."""

import pytest

from amt.constants import PowerState
from amt.simulator import PROFILES

from .peers import amttool

OLD = [name for name, profile in PROFILES.items() if profile.has_eoi]


@pytest.mark.parametrize("profile", OLD)
def test_info_tells_version_name_state_and_capabilities(fleet, profile):
    (device,) = fleet(profile=profile)

    text = amttool(device.address, "info").text

    assert f"AMT version:  {device.profile.version}\n" in text
    assert f"Hostname:     {device.host_name}.example.org\n" in text
    assert "Powerstate:   S0\n" in text
    assert "IanaOemNumber                   157\n" in text
    assert "SpecialCommandsSupported        PXE-boot HD-boot cd-boot \n" in text
    assert "SystemCapabilitiesSupported     powercycle powerdown powerup reset \n" in text


@pytest.mark.parametrize("profile", ["2.2", "7.1"])
@pytest.mark.parametrize(
    ("command", "before", "requested", "after"),
    [
        ("powerup", PowerState.OFF_SOFT, PowerState.ON, PowerState.ON),
        ("powerdown", PowerState.ON, PowerState.OFF_SOFT, PowerState.OFF_SOFT),
        ("powercycle", PowerState.ON, PowerState.CYCLE_SOFT, PowerState.ON),
        ("reset", PowerState.ON, PowerState.MASTER_BUS_RESET, PowerState.ON),
    ],
)
def test_order_is_executed_once(fleet, profile, command, before, requested, after):
    (device,) = fleet(profile=profile, power=before)

    text = amttool(device.address, command).text

    assert "result: pt_status: success\n" in text
    assert device.power == after
    assert [(one.requested, one.before) for one in device.orders] == [(requested, before)]


def test_boot_from_pxe_holds_for_one_boot(fleet):
    (device,) = fleet(profile="2.6")

    amttool(device.address, "reset", "pxe")

    assert [boot.source for boot in device.boots] == ["Intel(r) AMT: Force PXE Boot"]


def test_reset_while_off_is_refused(fleet):
    (device,) = fleet(profile="2.6", power=PowerState.OFF_SOFT)

    text = amttool(device.address, "reset").text

    assert "result: pt_status: not permitted\n" in text
    assert device.orders == []


def test_network_settings_are_told(fleet):
    (device,) = fleet(profile="2.6")

    text = amttool(device.address, "netinfo").text

    assert "SHARED_MAC_ADDRESS" in text
    assert device.address in text


def test_wrong_password_gets_nothing(fleet):
    (device,) = fleet(profile="2.6")

    found = amttool(device.address, "powerdown", password="wrong")

    assert "result: soap failure\n" in found.text
    assert (device.power, device.orders) == (PowerState.ON, [])


@pytest.mark.parametrize("profile", ["9.5", "16.1"])
def test_firmware_from_9_on_has_no_such_interface(fleet, profile):
    (device,) = fleet(profile=profile)

    found = amttool(device.address, "powerdown")

    assert "404 Not Found" in found.error or "result: soap failure" in found.text
    assert device.orders == []
