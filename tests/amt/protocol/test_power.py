"""Power: the state in one round trip, the order, and the state of the operating system."""

from __future__ import annotations

import pytest

from amt.constants import OsPowerSavingState, PowerState
from amt.protocol.errors import AmtBadAnswer, AmtFault, AmtReturnValue
from amt.protocol.wsman.os_power import (
    read_os_power_saving_state,
    request_os_power_saving_state,
)
from amt.protocol.wsman.power_management_service import (
    PowerReading,
    read_power_state,
    request_power_state,
)
from amt.protocol.wsman.session import Session
from tests.amt.protocol.device import (
    QUICK,
    Request,
    amt,
    device,
    envelope,
    fault,
    http,
    power_is,
    returned,
)

IPS = "http://intel.com/wbem/wscim/1/ips-schema/1/IPS_PowerManagementService"


def os_state(content: str) -> bytes:
    name = "g:IPS_PowerManagementService"
    return http(envelope(f"<{name}><g:Name>x</g:Name>{content}</{name}>", IPS))


async def test_the_state_and_what_can_be_ordered_come_in_one_round_trip() -> None:
    name = "g:CIM_AssociatedPowerManagementService"
    states = "".join(
        f"<g:AvailableRequestedPowerStates>{n}</g:AvailableRequestedPowerStates>" for n in (10, 8)
    )
    answer = http(envelope(f"<{name}>{states}<g:PowerState>2</g:PowerState></{name}>"))

    async with device(amt(lambda request: answer)) as seen, Session(seen.target(), QUICK) as line:
        reading = await read_power_state(line)

    assert reading == PowerReading(PowerState.ON, (10, 8))
    assert len(seen.with_login) == 1


async def test_firmware_without_the_association_is_asked_for_its_base_class() -> None:
    space = "http://schemas.xmlsoap.org/ws/2004/09/enumeration"
    name = "CIM_AssociatedPowerManagementService"
    item = (
        f'<h:{name} xmlns:h="http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/{name}">'
        f"<h:PowerState>8</h:PowerState></h:{name}>"
    )

    def answer(request: Request) -> bytes:
        if b"/Get<" in request.body:
            return http(fault("b:DestinationUnreachable"), "400 Bad Request")
        if b"/Enumerate<" in request.body:
            content = "<g:EnumerationContext>c</g:EnumerationContext>"
            return http(envelope(f"<g:EnumerateResponse>{content}</g:EnumerateResponse>", space))
        return http(
            envelope(
                f"<g:PullResponse><g:Items>{item}</g:Items><g:EndOfSequence/></g:PullResponse>",
                space,
            )
        )

    async with device(amt(answer)) as seen, Session(seen.target(), QUICK) as line:
        assert (await read_power_state(line)).state == PowerState.OFF_SOFT


async def test_a_login_without_the_right_to_read_is_told_at_once() -> None:
    async with (
        device(amt(lambda request: http(fault(), "400 Bad Request"))) as seen,
        Session(seen.target(), QUICK) as line,
    ):
        with pytest.raises(AmtFault) as caught:
            await read_power_state(line)

    assert caught.value.subcode == "wsman:AccessDenied"
    assert len(seen.with_login) == 1


@pytest.mark.parametrize("number", [0, 18, 4711])
async def test_a_state_that_nobody_knows_stays_a_number(number: int) -> None:
    async with (
        device(amt(lambda request: http(power_is(number)))) as seen,
        Session(seen.target(), QUICK) as line,
    ):
        assert (await read_power_state(line)).state == number


@pytest.mark.parametrize("text", ["", "on", "-", "2 2"])
async def test_a_state_that_is_no_number_is_never_taken_for_off(text: str) -> None:
    async with (
        device(amt(lambda request: http(power_is(text)))) as seen,
        Session(seen.target(), QUICK) as line,
    ):
        with pytest.raises(AmtBadAnswer):
            await read_power_state(line)


@pytest.mark.parametrize("state", [PowerState.ON, PowerState.OFF_SOFT, PowerState.CYCLE_SOFT])
async def test_an_order_names_the_state_and_the_host(state: PowerState) -> None:
    async with (
        device(amt(lambda request: http(returned(0)))) as seen,
        Session(seen.target(), QUICK) as line,
    ):
        await request_power_state(line, state)

    body = seen.with_login[0].body.decode()
    assert f">{state.value}<" in body
    assert ">ManagedSystem<" in body


@pytest.mark.parametrize(("value", "accepted"), [(0, True), (4096, True), (2, False), (1, False)])
async def test_only_done_and_begun_count_as_accepted(value: int, accepted: bool) -> None:
    async with (
        device(amt(lambda request: http(returned(value)))) as seen,
        Session(seen.target(), QUICK) as line,
    ):
        if accepted:
            await request_power_state(line, PowerState.ON)
            return
        with pytest.raises(AmtReturnValue) as caught:
            await request_power_state(line, PowerState.ON)

    assert caught.value.value == value
    assert not caught.value.may_have_been_obeyed


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (os_state("<g:OSPowerSavingState>2</g:OSPowerSavingState>"), OsPowerSavingState.FULL_POWER),
        (os_state(""), None),
        (os_state("<g:OSPowerSavingState></g:OSPowerSavingState>"), None),
        (http(fault("b:DestinationUnreachable"), "400 Bad Request"), None),
    ],
    ids=["full power", "host off", "empty", "no such class"],
)
async def test_the_os_state_is_none_where_it_is_not_told(
    answer: bytes, expected: OsPowerSavingState | None
) -> None:
    async with device(amt(lambda request: answer)) as seen, Session(seen.target(), QUICK) as line:
        assert await read_os_power_saving_state(line) is expected


async def test_full_power_of_the_os_can_be_ordered() -> None:
    output = "g:RequestOSPowerSavingStateChange_OUTPUT"
    answer = http(envelope(f"<{output}><g:ReturnValue>0</g:ReturnValue></{output}>", IPS))

    async with device(amt(lambda request: answer)) as seen, Session(seen.target(), QUICK) as line:
        await request_os_power_saving_state(line, OsPowerSavingState.FULL_POWER)

    assert b"RequestOSPowerSavingStateChange_INPUT" in seen.with_login[0].body
