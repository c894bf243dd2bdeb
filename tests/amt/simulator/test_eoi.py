"""The older SOAP interface: each call, each refusal, and firmware that has it or not."""

import re

import pytest

from amt.constants import PowerState
from amt.simulator import PROFILES, Fault

from .client import Client, get

BASE = "http://schemas.intel.com/platform/client/"
SOAP = "http://schemas.xmlsoap.org/soap/envelope/"


def call(address: str, service: str, method: str, inside: str = "", **options: object):
    """Sign in anew and call one method; return the answer."""
    client = Client(address, **options)
    space = f"{BASE}{service}/2004/01"
    body = (
        f'<?xml version="1.0"?><s:Envelope xmlns:s="{SOAP}"><s:Body>'
        f'<{method} xmlns="{space}">{inside}</{method}></s:Body></s:Envelope>'
    )
    target = f"/{service}Service"
    client.learn(client.send(body, target=target))
    return client.send(
        body,
        target=target,
        Authorization=client.authorization(target=target),
        SOAPAction=f'"{space}#{method}"',
    )


def order(address: str, command: int, more: str = "") -> int:
    inside = f"<Command>{command}</Command><IanaOemNumber>343</IanaOemNumber>{more}"
    return int(call(address, "RemoteControl", "RemoteControl", inside).one("Status"))


@pytest.mark.parametrize("profile", [name for name, one in PROFILES.items() if one.has_eoi])
def test_firmware_before_9_tells_its_version(simulated, profile):
    device = simulated(profile=profile)

    answer = call(device.address, "SecurityAdministration", "GetCoreVersion")

    assert answer.status == 200
    assert answer.headers["content-type"] == "text/xml; charset=utf-8"
    assert answer.one("Status") == "0"
    assert answer.one("Version") == device.profile.version


@pytest.mark.parametrize("profile", ["9.5", "16.1"])
def test_newer_firmware_does_not_have_it(simulated, profile):
    device = simulated(profile=profile)
    client = Client(device.address)
    client.learn(client.send("", target="/RemoteControlService"))
    login = client.authorization(target="/RemoteControlService")

    assert client.send("", target="/RemoteControlService", Authorization=login).status == 404


@pytest.mark.parametrize("profile", ["2.2", "2.6"])
def test_firmware_before_3_has_no_ws_management(simulated, profile):
    device = simulated(profile=profile)
    client = Client(device.address)

    assert client.post(get("AMT_GeneralSettings")).status == 404
    assert client.send("", target="/wsman-anon/identify").status == 401


def test_state_follows_status_with_nothing_between(simulated):
    device = simulated(profile="2.6", power=PowerState.OFF_SOFT)

    text = call(device.address, "RemoteControl", "GetSystemPowerState").text

    assert "<b:Status>0</b:Status><b:SystemPowerState>5</b:SystemPowerState>" in text


@pytest.mark.parametrize(
    ("before", "command", "after"),
    [
        (PowerState.OFF_SOFT, 17, PowerState.ON),
        (PowerState.ON, 18, PowerState.OFF_SOFT),
        (PowerState.ON, 16, PowerState.ON),
        (PowerState.ON, 19, PowerState.ON),
    ],
    ids=["up", "down", "reset", "cycle"],
)
def test_commands_are_executed_and_noted(simulated, before, command, after):
    device = simulated(profile="2.6", power=before)

    assert order(device.address, command) == 0

    assert device.power == after
    assert [(one.class_name, one.before) for one in device.orders] == [
        ("RemoteControlService", before)
    ]
    assert len(device.boots) == (after == PowerState.ON)


@pytest.mark.parametrize(
    ("special", "source", "settings"),
    [
        ("<SpecialCommand>1</SpecialCommand>", "Intel(r) AMT: Force PXE Boot", {}),
        ("<SpecialCommand>5</SpecialCommand>", "Intel(r) AMT: Force CD/DVD Boot", {}),
        (
            "<SpecialCommand>193</SpecialCommand><OEMparameters>1</OEMparameters>",
            "",
            {"BIOSSetup": True},
        ),
    ],
    ids=["PXE", "CD", "BIOS setup"],
)
def test_special_commands_hold_for_the_next_boot_only(simulated, special, source, settings):
    device = simulated(profile="2.6")

    assert order(device.address, 16, special) == 0
    assert order(device.address, 16) == 0

    assert [(boot.source, boot.settings) for boot in device.boots] == [(source, settings), ("", {})]


@pytest.mark.parametrize(
    ("command", "more", "status"),
    [
        (99, "", 2051),
        (16, "<SpecialCommand>4</SpecialCommand>", 2052),
        (16, "<SpecialCommand>193</SpecialCommand>", 2052),
    ],
)
def test_what_it_does_not_know_is_refused_by_its_number(simulated, command, more, status):
    device = simulated(profile="2.6")

    assert order(device.address, command, more) == status
    assert device.orders == []


def test_another_makers_order_is_refused(simulated):
    device = simulated(profile="2.6")
    inside = "<Command>16</Command><IanaOemNumber>1</IanaOemNumber>"

    answer = call(device.address, "RemoteControl", "RemoteControl", inside)

    assert answer.one("Status") == "2049"


def test_reset_while_off_is_not_permitted_and_leaves_no_boot_option(simulated):
    device = simulated(profile="2.6", power=PowerState.OFF_SOFT)

    assert order(device.address, 16, "<SpecialCommand>1</SpecialCommand>") == 16
    assert order(device.address, 17) == 0

    assert [boot.source for boot in device.boots] == [""]


@pytest.mark.parametrize(
    ("fault", "status", "executed"),
    [
        (Fault.REFUSES_ORDER, 16, 0),
        (Fault.ACCEPTS_AND_IGNORES, 0, 0),
        (Fault.SLOW, 0, 1),
    ],
)
def test_faults_work_here_too(simulated, fault, status, executed):
    device = simulated(profile="2.6", faults=frozenset({fault}))
    device.slow_seconds = 0.1

    assert order(device.address, 18) == status
    assert len(device.orders) == executed


def test_unreadable_state_is_an_internal_error(simulated):
    device = simulated(profile="2.6", faults=frozenset({Fault.STATE_UNREADABLE}))

    assert call(device.address, "RemoteControl", "GetSystemPowerState").one("Status") == "1"


@pytest.mark.parametrize(
    "body",
    ["", "<a/>", "no XML", f'<s:Envelope xmlns:s="{SOAP}"><s:Body/></s:Envelope>', "<!DOCTYPE a>"],
)
def test_what_is_no_call_is_a_fault(simulated, body):
    device = simulated(profile="2.6")
    client = Client(device.address)
    target = "/RemoteControlService"
    client.learn(client.send(body, target=target))

    answer = client.send(body, target=target, Authorization=client.authorization(target=target))

    assert answer.status == 500
    assert re.search(
        r"<faultcode>a:Client</faultcode><faultstring>[^<]+</faultstring>", answer.text
    )


def test_wrong_password_is_refused(simulated):
    device = simulated(profile="2.6")

    answer = call(device.address, "RemoteControl", "GetSystemPowerState", password="wrong")

    assert answer.status == 401
