"""MeshCentral's AMT stack, unchanged, against each profile, plain and over TLS."""

import re

import pytest

from amt.constants import PowerState
from amt.simulator import Device

from .peers import Wsman

CLASSES = 35
PXE = "Intel(r) AMT: Force PXE Boot"
COMMANDS = [
    ["version"],
    ["power-state"],
    ["power", "10"],
    ["ospower", "2"],
    ["inventory"],
    ["eventlog"],
    ["auditlog"],
    ["boot", "PXE Boot"],
    ["get", "AMT_GeneralSettings"],
    ["enum", "CIM_Processor"],
    ["put", "AMT_GeneralSettings", '{"HostName": "renamed"}'],
    ["exec", "AMT_SetupAndConfigurationService", "GetUuid"],
]


@pytest.fixture
def device(fleet, profile) -> Device:
    (one,) = fleet(profile=profile)
    return one


@pytest.fixture
def wsman(device, tls) -> Wsman:
    return Wsman(device.address, tls=tls)


def test_version_realm_and_name(wsman, device):
    first, software = wsman("version").documents

    assert first["status"] == 200
    assert first["httpServerVersion"] == device.profile.server.rpartition(" ")[2]
    assert (first["realm"], first["host"]) == (device.realm, device.host_name)
    assert ["AMT", device.profile.version] in software


def test_power_state(wsman, device):
    seen = [wsman("power-state").document["PowerState"]]
    device.press_power_button()
    seen.append(wsman("power-state").document["PowerState"])

    assert seen == [2, 8]


@pytest.mark.parametrize(
    ("before", "order", "after"),
    [(2, 8, 8), (8, 2, 2), (2, 5, 2), (2, 10, 2)],
    ids=["off", "on", "cycle", "reset"],
)
def test_power_orders(fleet, profile, tls, before, order, after):
    (device,) = fleet(profile=profile, power=PowerState(before))
    wsman = Wsman(device.address, tls=tls)

    answer = wsman("power", str(order)).document

    assert (answer["status"], answer["body"]["ReturnValue"]) == (200, 0)
    assert device.power == after
    assert [(one.requested, one.before, one.after) for one in device.orders] == [
        (order, before, after)
    ]
    assert len(device.boots) == (after == 2)


def test_a_reset_while_off_is_refused(fleet, tls):
    (device,) = fleet(power=PowerState.OFF_SOFT)

    answer = Wsman(device.address, tls=tls)("power", "10").document

    assert (answer["status"], answer["body"]["ReturnValue"]) == (200, 2)
    assert device.orders == []


def test_os_power_is_there_since_firmware_10(wsman, device):
    status = wsman("ospower", "2").document["status"]

    assert status == (200 if device.profile.major_minor >= (10, 0) else 400)


def test_inventory_reads_all_35_classes(wsman, device):
    text = wsman("inventory").text
    statuses = dict(re.findall(r"^([A-Z]{3}_\w+) +(\d+)", text, re.MULTILINE))

    assert len(statuses) == CLASSES
    absent = {name for name, status in statuses.items() if status == "400"}
    assert absent == device.profile.absent_classes & set(statuses)
    assert set(statuses.values()) == ({"200", "400"} if absent else {"200"})


def test_the_event_log_shows_a_reset_where_firmware_writes_it(wsman, device):
    before = wsman("eventlog").text
    wsman("power", "10")
    after = wsman("eventlog").text

    if device.profile.writes_boot_records:
        assert before.startswith("status 200 records 3\n")
        assert after.startswith("status 200 records 6\n")
        assert "BIOS 1 Starting operating system boot process" in after
    else:
        assert before == after == "status 200 records null\n"


def test_the_audit_log_is_there_since_firmware_5(wsman, device):
    text = wsman("auditlog").text

    if device.profile.major_minor < (5, 0):
        assert text.startswith("status 400 ")
        return
    assert text.startswith("status 200 records 1\n")
    assert "Security Admin Provisioning Completed" in text


def test_boot_to_pxe_once(wsman, device):
    steps = wsman("boot", "PXE Boot").document

    assert steps == [["put", 200], ["role", 200], ["order", 200], ["reset", 200]]
    (boot,) = device.boots
    assert (boot.source, boot.settings["UseSOL"]) == (PXE, True)
    assert [one.method for one in device.orders] == [
        "Put",
        "SetBootConfigRole",
        "ChangeBootOrder",
        "RequestPowerStateChange",
    ]
    settings = wsman("get", "AMT_BootSettingData").document["body"]
    assert (settings["UseSOL"], settings["OptionsCleared"]) == (False, True)


def test_get_put_enumerate_and_invoke(wsman, device):
    put = wsman("put", "AMT_GeneralSettings", '{"HostName": "renamed"}').document
    listed = wsman("enum", "CIM_SoftwareIdentity").document
    uuid = wsman("exec", "AMT_SetupAndConfigurationService", "GetUuid").document

    assert (put["status"], put["body"]["HostName"]) == (200, "renamed")
    assert (listed["status"], listed["n"]) == (200, 11)
    assert (uuid["status"], uuid["body"]["ReturnValue"]) == (200, 0)


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command[0])
def test_nothing_works_with_a_wrong_password(fleet, command, tls):
    (device,) = fleet()

    answer = Wsman(device.address, tls=tls, password="Wr0ng!pass")(*command)

    assert "200" not in answer.text
    assert "401" in answer.text or answer.status != 0  # `boot` and `put` end in an exception
    assert device.failed_sign_ins > 0
    assert device.orders == []


def test_a_wrong_password_is_refused_by_each_profile(wsman):
    wsman.password = "Wr0ng!pass"

    assert wsman("version").document["status"] == 401


def test_many_devices_at_once(fleet, tls):
    devices = fleet(40)
    first = next(iter(devices)).address

    answer = Wsman(first, tls=tls)("fleet", first, "40", "40", "8").document

    assert (answer["devices"], answer["bad"]) == (40, 0)
    assert {device.power for device in devices} == {PowerState.OFF_SOFT}


def test_twenty_stacks_at_once_on_one_device(fleet):
    (device,) = fleet()

    text = Wsman(device.address)("bench", "60", "20").text

    assert len(re.findall(r"bad=0 ", text)) == 5
