import json
import struct
import time

import pytest

from amt.constants import PowerState
from amt.simulator import DeviceSpec, Fleet

from .client import Client, get, invoke, reference, values
from .loopback import first_address

ON, OFF, SLEEP, HIBERNATE = 2, 8, 4, 7
CYCLE, RESET, NMI, GRACEFUL_OFF, GRACEFUL_RESET = 5, 10, 11, 12, 14
DONE, NOT_NOW, INVALID = 0, 2, 5
OS_SERVICE = "IPS_PowerManagementService"


def os_power_saving(client: Client) -> list[str]:
    return values(client.post(get(OS_SERVICE)).text, "OSPowerSavingState")


@pytest.mark.parametrize(
    ("before", "order", "answer", "after"),
    [
        (ON, OFF, DONE, OFF),
        (ON, CYCLE, DONE, ON),
        (ON, RESET, DONE, ON),
        (ON, NMI, DONE, ON),
        (ON, ON, DONE, ON),
        (ON, SLEEP, DONE, SLEEP),
        (ON, HIBERNATE, DONE, HIBERNATE),
        (ON, GRACEFUL_OFF, DONE, OFF),
        (ON, GRACEFUL_RESET, DONE, ON),
        (OFF, ON, DONE, ON),
        (OFF, OFF, NOT_NOW, OFF),
        (OFF, RESET, NOT_NOW, OFF),
        (OFF, CYCLE, NOT_NOW, OFF),
        (OFF, GRACEFUL_OFF, NOT_NOW, OFF),
        (SLEEP, ON, DONE, ON),
        (SLEEP, OFF, DONE, OFF),
        (SLEEP, RESET, DONE, ON),
        (HIBERNATE, ON, DONE, ON),
        (ON, 6, INVALID, ON),
        (ON, 99, INVALID, ON),
    ],
)
def test_each_order_in_each_state(simulated, before, order, answer, after):
    device = simulated(power=PowerState(before))
    client = Client(device.address)

    assert client.order(order) == answer
    assert client.power_state() == after == device.power
    assert len(device.orders) == (answer == DONE)


def test_graceful_orders_need_software_on_the_host(simulated):
    client = Client(simulated(has_agent=False).address)

    assert [client.order(state) for state in (SLEEP, GRACEFUL_OFF, GRACEFUL_RESET)] == [NOT_NOW] * 3


def test_what_may_be_requested_depends_on_the_state(simulated):
    client = Client(simulated(power=PowerState.OFF_SOFT).address)
    answer = client.post(get("CIM_AssociatedPowerManagementService"))

    assert values(answer.text, "AvailableRequestedPowerStates") == ["2"]


def test_the_operating_system_has_a_state_only_while_it_runs(simulated):
    client = Client(simulated(boot_ms=300).address)
    assert os_power_saving(client) == ["2"]

    client.order(RESET)
    during = client.power_state(), os_power_saving(client)
    time.sleep(0.35)

    assert during == (ON, [])
    assert os_power_saving(client) == ["2"]
    client.order(OFF)
    assert os_power_saving(client) == []


def test_a_power_cycle_is_off_for_part_of_its_time(simulated):
    client = Client(simulated(boot_ms=400).address)

    client.order(CYCLE)
    seen = [client.power_state()]
    time.sleep(0.15)
    seen.append(client.power_state())

    assert seen == [OFF, ON]


def test_modern_standby_is_left_by_the_order_for_full_power(simulated):
    device = simulated()
    client = Client(device.address)
    system = reference("CIM_ComputerSystem", "Name", "ManagedSystem")

    def ask(state: int) -> str:
        arguments = (
            f"<r:OSPowerSavingState>{state}</r:OSPowerSavingState>"
            f"<r:ManagedElement>{system}</r:ManagedElement>"
        )
        asked = invoke(OS_SERVICE, "RequestOSPowerSavingStateChange", arguments)
        return client.post(asked).one("ReturnValue")

    assert ask(3) == "0"
    assert (client.power_state(), os_power_saving(client)) == (ON, ["3"])
    assert ask(2) == "0"
    assert os_power_saving(client) == ["2"]


@pytest.mark.parametrize("order", [RESET, CYCLE])
def test_a_boot_is_written_to_the_event_log_in_the_engines_clock(simulated, order):
    device = simulated(clock_offset_seconds=-5000.0)
    before = len(device.event_log)

    Client(device.address).order(order)

    newest = device.event_log.newest_first(1, 3)
    assert len(device.event_log) == before + 3
    assert abs(struct.unpack("<I", newest[0][:4])[0] - (time.time() - 5000)) < 3
    assert {record[5] for record in newest} == {15}
    assert newest[0][14] == 19  # starting the operating system


def test_a_slow_boot_is_dated_by_when_it_happened_not_by_when_it_is_read(simulated):
    device = simulated(boot_ms=200)

    Client(device.address).order(RESET)
    ordered_at = time.time()
    time.sleep(2.3)
    len(device.machine.available)  # look

    started = struct.unpack("<I", device.event_log.newest_first(1, 1)[0][:4])[0]
    assert started <= ordered_at + 1.2


def test_the_profile_without_boot_records_shows_nothing_of_a_reset(simulated):
    device = simulated(profile="16.1-no-records", boot_ms=100)
    client = Client(device.address)
    before = len(device.event_log)

    assert client.order(RESET) == DONE

    assert os_power_saving(client) == []
    time.sleep(0.15)
    assert os_power_saving(client) == []
    assert len(device.event_log) == before


def test_the_button_at_the_machine_is_no_order(device):
    device.press_power_button()
    assert device.power == PowerState.OFF_SOFT
    device.press_power_button()

    assert device.power == PowerState.ON
    assert device.orders == []


def test_boot_options_hold_for_one_boot(device, client):
    source = reference("CIM_BootSourceSetting", "InstanceID", "Intel(r) AMT: Force PXE Boot")
    role = reference("CIM_BootConfigSetting", "InstanceID", "Intel(r) AMT: Boot Configuration 0")
    client.post(
        invoke("CIM_BootConfigSetting", "ChangeBootOrder", f"<r:Source>{source}</r:Source>")
    )
    arguments = f"<r:BootConfigSetting>{role}</r:BootConfigSetting><r:Role>1</r:Role>"
    client.post(invoke("CIM_BootService", "SetBootConfigRole", arguments))

    client.order(RESET)
    client.order(RESET)

    assert [boot.source for boot in device.boots] == ["Intel(r) AMT: Force PXE Boot", ""]


def test_the_clock_can_be_read_and_set(device, client):
    def read() -> int:
        asked = invoke("AMT_TimeSynchronizationService", "GetLowAccuracyTimeSynch")
        return int(client.post(asked).one("Ta0"))

    ta0, now = read(), int(time.time()) + 7200
    arguments = f"<r:Ta0>{ta0}</r:Ta0><r:Tm1>{now}</r:Tm1><r:Tm2>{now}</r:Tm2>"
    client.post(invoke("AMT_TimeSynchronizationService", "SetHighAccuracyTimeSynch", arguments))

    assert abs(read() - now) <= 2


def test_orders_are_in_the_audit_log(device, client):
    before = len(device.audit_log.records)

    client.order(RESET)

    (record,) = device.audit_log.records[before:]
    assert struct.unpack(">HH", record[:4]) == (17, 3)
    assert b"admin" in record
    assert b"127.0.0.1" in record


def test_the_log_has_a_line_per_executed_order(tmp_path):
    log = tmp_path / "orders.jsonl"
    address = first_address()
    with Fleet([DeviceSpec(address)], log=log).running():
        client = Client(address)
        client.order(OFF)
        client.order(RESET)  # refused
        client.order(ON)

    lines = [json.loads(line) for line in log.read_text().splitlines()]
    assert [(one["requested"], one["before"], one["after"]) for one in lines] == [
        (OFF, ON, OFF),
        (ON, OFF, ON),
    ]
    assert {one["address"] for one in lines} == {address}
    assert {(one["class"], one["method"]) for one in lines} == {
        ("CIM_PowerManagementService", "RequestPowerStateChange")
    }
    assert lines[0]["time"] < lines[1]["time"]
