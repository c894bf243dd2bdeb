"""The older SOAP interface: against simulated firmware, and against answers nobody should give."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from amt.constants import PORT_HTTP, BootTarget, PowerState, SpecialCommand
from amt.protocol import eoi
from amt.protocol.errors import (
    AmtBadAnswer,
    AmtError,
    AmtFault,
    AmtHeldUp,
    AmtNoAnswer,
    AmtReturnValue,
    AmtSignInRefused,
)
from amt.protocol.http.session import HttpSession
from amt.protocol.http.target import Limits, Target
from amt.protocol.http.tls import Tls
from amt.simulator import PROFILES, Device, Fault, Fleet
from tests.amt.protocol.device import QUICK, amt, device, http
from tests.fixtures.simulated import PASSWORD

LIMITS = Limits(connect_seconds=1, answer_seconds=1)
OLD = [name for name, profile in PROFILES.items() if profile.has_eoi]
SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
SPACE = "http://schemas.intel.com/platform/client/RemoteControl/2004/01"
Start = Callable[..., Fleet]


def session(to: Device, password: str = PASSWORD) -> HttpSession:
    target = Target(to.address, PORT_HTTP, Tls.PLAIN, "admin", password)
    return HttpSession(target, LIMITS)


def old(fleet: Start, **like: object) -> Device:
    return next(iter(fleet(**({"profile": "2.6"} | like))))


@pytest.mark.parametrize("profile", OLD)
async def test_every_old_firmware_tells_version_state_and_capabilities(
    fleet: Start, profile: str
) -> None:
    machine = old(fleet, profile=profile)

    async with session(machine) as http:
        assert await eoi.read_core_version(http) == machine.profile.version
        assert await eoi.read_power_state(http) == PowerState.ON
        found = await eoi.read_capabilities(http)

    can = [command for command in SpecialCommand if found.boots_by(command)]
    assert can == [
        SpecialCommand.NONE,
        SpecialCommand.PXE,
        SpecialCommand.HARD_DRIVE,
        SpecialCommand.CD_DVD,
        SpecialCommand.INTEL_OEM,
    ]


@pytest.mark.parametrize(
    "state",
    [
        PowerState.ON,
        PowerState.SLEEP_LIGHT,
        PowerState.SLEEP_DEEP,
        PowerState.HIBERNATE,
        PowerState.OFF_SOFT,
        PowerState.OFF_HARD,
    ],
)
async def test_states_are_told_in_the_numbers_of_ws_management(
    fleet: Start, state: PowerState
) -> None:
    async with session(old(fleet, power=state)) as http:
        assert await eoi.read_power_state(http) == state


@pytest.mark.parametrize(
    ("before", "order", "after"),
    [
        (PowerState.OFF_SOFT, PowerState.ON, PowerState.ON),
        (PowerState.ON, PowerState.OFF_SOFT, PowerState.OFF_SOFT),
        (PowerState.ON, PowerState.MASTER_BUS_RESET, PowerState.ON),
        (PowerState.ON, PowerState.CYCLE_SOFT, PowerState.ON),
    ],
)
async def test_orders_are_obeyed(
    fleet: Start, before: PowerState, order: PowerState, after: PowerState
) -> None:
    machine = old(fleet, power=before)

    async with session(machine) as http:
        await eoi.request_power_state(http, order)
        assert await eoi.read_power_state(http) == after

    assert [one.requested for one in machine.orders] == [order]


@pytest.mark.parametrize(
    ("boot", "source", "settings"),
    [
        (BootTarget.PXE, "Intel(r) AMT: Force PXE Boot", {}),
        (BootTarget.DISK, "Intel(r) AMT: Force Hard-drive Boot", {}),
        (BootTarget.CD, "Intel(r) AMT: Force CD/DVD Boot", {}),
        (BootTarget.BIOS, "", {"BIOSSetup": True}),
    ],
)
async def test_next_boot_goes_where_it_is_told(
    fleet: Start, boot: BootTarget, source: str, settings: dict[str, bool]
) -> None:
    machine = old(fleet)

    async with session(machine) as http:
        await eoi.check_boot(http, boot)
        await eoi.request_power_state(http, PowerState.MASTER_BUS_RESET, boot=boot)

    assert [(one.source, one.settings) for one in machine.boots] == [(source, settings)]


async def test_refusal_bears_the_devices_number_and_our_words(fleet: Start) -> None:
    async with session(old(fleet, power=PowerState.OFF_SOFT)) as http:
        with pytest.raises(AmtReturnValue) as caught:
            await eoi.request_power_state(http, PowerState.MASTER_BUS_RESET)

    assert (caught.value.value, caught.value.code) == (16, "access-denied")
    assert caught.value.detail.startswith("RemoteControl: ")


@pytest.mark.parametrize(
    ("fault", "kind", "obeyed"),
    [
        (Fault.SILENT, AmtNoAnswer, False),
        (Fault.WRONG_PASSWORD, AmtSignInRefused, False),
        (Fault.DROPS_BEFORE_EXECUTING, AmtNoAnswer, True),
        (Fault.HANGS_AFTER_EXECUTING, AmtNoAnswer, True),
        (Fault.REFUSES_ORDER, AmtReturnValue, False),
        (Fault.TRUNCATED_XML, AmtBadAnswer, True),
        (Fault.ANSWERS_HTML, AmtBadAnswer, True),
        (Fault.ANSWERS_HOSTILE_XML, AmtBadAnswer, True),
        (Fault.OVERSIZED_XML, AmtBadAnswer, True),
    ],
)
async def test_fault_of_an_order_says_whether_it_may_have_been_obeyed(
    fleet: Start, fault: Fault, kind: type[AmtError], obeyed: bool
) -> None:
    machine = old(fleet, faults=frozenset({fault}))

    with pytest.raises(kind) as caught:
        async with session(machine) as http:
            await eoi.request_power_state(http, PowerState.OFF_SOFT)

    assert caught.value.may_have_been_obeyed == obeyed


async def test_nothing_goes_out_after_its_moment(fleet: Start) -> None:
    machine = old(fleet)

    async with session(machine) as http:
        with pytest.raises(AmtHeldUp):
            await eoi.request_power_state(http, PowerState.OFF_SOFT, send_before=0.0)

    assert machine.orders == []


def answered(content: str) -> bytes:
    spaces = f'xmlns:a="{SOAP}" xmlns:b="{SPACE}"'
    return f"<a:Envelope {spaces}><a:Body>{content}</a:Body></a:Envelope>".encode()


@asynccontextmanager
async def saying(body: bytes, status: str = "200 OK") -> AsyncIterator[HttpSession]:
    """Yield a session with a device that says ``body`` whatever it is asked."""
    async with (
        device(amt(lambda request: http(body, status))) as seen,
        HttpSession(seen.target(), QUICK) as line,
    ):
        yield line
        assert seen.requests[-1].head.startswith("POST /RemoteControlService HTTP/1.1\r\n")


def state(inside: str) -> bytes:
    return answered(f"<b:GetSystemPowerStateResponse>{inside}</b:GetSystemPowerStateResponse>")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<a/>",
        answered(""),
        answered("<b:GetHostNameResponse><b:Status>0</b:Status></b:GetHostNameResponse>"),
        state(""),
        state("<b:Status>zero</b:Status>"),
        state("<b:Status>0</b:Status>"),
        state("<b:Status>0</b:Status><b:SystemPowerState>S0</b:SystemPowerState>"),
        state("<b:Status>0</b:Status><b:SystemPowerState>12</b:SystemPowerState>"),
        state("<b:Status>-1</b:Status><b:SystemPowerState>5</b:SystemPowerState>"),
    ],
)
async def test_what_is_no_answer_is_refused(body: bytes) -> None:
    async with saying(body) as line:
        with pytest.raises((AmtBadAnswer, AmtReturnValue)) as caught:
            await eoi.read_power_state(line)

    assert not caught.value.may_have_been_obeyed


async def test_soap_fault_of_version_1_1_is_told() -> None:
    body = answered(
        "<a:Fault><faultcode>a:Client</faultcode><faultstring>no</faultstring></a:Fault>"
    )
    async with saying(body, "500 Error") as line:
        with pytest.raises(AmtFault) as caught:
            await eoi.read_power_state(line)

    assert (caught.value.subcode, caught.value.reason) == ("a:Client", "no")


async def test_any_prefix_and_order_is_read() -> None:
    inside = "<q:SystemPowerState>5</q:SystemPowerState><q:New>x</q:New><q:Status>0</q:Status>"
    name = "q:GetSystemPowerStateResponse"
    body = answered(f'<{name} xmlns:q="{SPACE}">{inside}</{name}>')
    async with saying(body) as line:
        assert await eoi.read_power_state(line) == PowerState.OFF_SOFT


@pytest.mark.parametrize(
    ("firmware", "needed"),
    [("2.6.0", True), ("3.1.10", True), ("3.2.20", False), ("16.1.25.1917", False), (None, False)],
)
def test_firmware_before_3_2_needs_it(firmware: str | None, needed: bool) -> None:
    assert eoi.is_needed_by(firmware) == needed


async def test_one_request_at_a_time(fleet: Start) -> None:
    async with session(old(fleet)) as line:
        found = await asyncio.gather(*(eoi.read_power_state(line) for _ in range(5)))

    assert found == [PowerState.ON] * 5
