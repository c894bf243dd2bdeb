"""Who a device is, where it says little, something odd, or is not the one that signed us in."""

from __future__ import annotations

import pytest

from amt.constants import BASE_AMT, BASE_CIM, BASE_IPS, ProvisioningState
from amt.protocol.errors import AmtBadAnswer, AmtFault, AmtRealmChanged
from amt.protocol.wsman.general_settings import read_general_settings
from amt.protocol.wsman.identity import Setup, read_setup, read_uuid, read_version
from amt.protocol.wsman.inventory import read_facts
from amt.protocol.wsman.session import Session
from tests.amt.protocol.device import (
    QUICK,
    SERVER,
    Answer,
    Request,
    amt,
    device,
    envelope,
    fault,
    http,
)

BASES = {"AMT": BASE_AMT, "CIM": BASE_CIM, "IPS": BASE_IPS}
UNKNOWN = http(fault("b:DestinationUnreachable"), "400 Bad Request")


def knows(**classes: str) -> Answer:
    """Answer a Get of these classes with this content; every other class is unknown."""

    def answer(request: Request) -> bytes:
        for name, content in classes.items():
            if f"/{name}<".encode() in request.body and b"/Get<" in request.body:
                space = BASES[name[:3]] + name
                return http(envelope(f"<g:{name}>{content}</g:{name}>", space))
        return UNKNOWN

    return amt(answer)


async def test_the_uuid_is_turned_from_the_order_of_smbios() -> None:
    raw = "<g:PlatformGUID>13AEE355D2BFBB6117A088AEDD7037EA</g:PlatformGUID>"
    async with (
        device(knows(CIM_ComputerSystemPackage=raw)) as seen,
        Session(seen.target(), QUICK) as session,
    ):
        found = await read_uuid(session)

    assert str(found) == "55e3ae13-bfd2-61bb-17a0-88aedd7037ea"


@pytest.mark.parametrize("text", ["", "12", "zz" * 16, "13AEE355D2BFBB6117A088AEDD7037EA00"])
async def test_a_uuid_that_is_none_is_a_bad_answer(text: str) -> None:
    raw = f"<g:PlatformGUID>{text}</g:PlatformGUID>"
    async with (
        device(knows(CIM_ComputerSystemPackage=raw)) as seen,
        Session(seen.target(), QUICK) as session,
    ):
        with pytest.raises(AmtBadAnswer) as caught:
            await read_uuid(session)

    assert caught.value.reason == "unexpected"


async def test_firmware_before_6_1_does_not_tell_its_control_mode() -> None:
    state = "<g:ProvisioningState>2</g:ProvisioningState><g:ProvisioningMode>2</g:ProvisioningMode>"
    async with (
        device(knows(AMT_SetupAndConfigurationService=state)) as seen,
        Session(seen.target(), QUICK) as session,
    ):
        found = await read_setup(session)

    assert found == Setup(ProvisioningState.POST, 2, None)


async def test_a_mode_that_nobody_knows_is_none() -> None:
    answer = knows(
        AMT_SetupAndConfigurationService="<g:ProvisioningState>9</g:ProvisioningState>",
        IPS_HostBasedSetupService="<g:CurrentControlMode>7</g:CurrentControlMode>",
    )
    async with device(answer) as seen, Session(seen.target(), QUICK) as session:
        assert await read_setup(session) == Setup(None, None, None)


async def test_a_login_that_may_not_read_the_mode_is_told_so() -> None:
    def answer(request: Request) -> bytes:
        if b"IPS_HostBasedSetupService" in request.body:
            return http(fault("c:AccessDenied"), "400 Bad Request")
        name = "g:AMT_SetupAndConfigurationService"
        return http(envelope(f"<{name}></{name}>"))

    async with device(amt(answer)) as seen, Session(seen.target(), QUICK) as session:
        with pytest.raises(AmtFault):
            await read_setup(session)


async def test_a_device_that_passes_our_login_on_to_another_is_found_out() -> None:
    other = "<g:DigestRealm>Digest:" + "B" * 32 + "</g:DigestRealm>"
    async with (
        device(knows(AMT_GeneralSettings=other)) as seen,
        Session(seen.target(), QUICK) as session,
    ):
        with pytest.raises(AmtRealmChanged):
            await read_general_settings(session)


async def test_the_version_comes_from_the_firmware_list_where_the_server_hides_it() -> None:
    item = "<h:CIM_SoftwareIdentity xmlns:h='x'><h:InstanceID>AMT</h:InstanceID>"
    item += "<h:VersionString>11.8.70</h:VersionString></h:CIM_SoftwareIdentity>"
    space = "http://schemas.xmlsoap.org/ws/2004/09/enumeration"

    def answer(request: Request) -> bytes:
        content = "<g:EnumerateResponse><g:EnumerationContext>c</g:EnumerationContext>"
        content += "</g:EnumerateResponse>"
        if b"/Pull<" in request.body:
            content = f"<g:PullResponse><g:Items>{item}</g:Items><g:EndOfSequence/>"
            content += "</g:PullResponse>"
        return http(envelope(content, space))

    def nameless(request: Request) -> bytes:
        reply = amt(answer)(request)
        assert isinstance(reply, bytes)
        return reply.replace(SERVER.encode(), b"hidden")

    async with device(nameless) as seen, Session(seen.target(), QUICK) as session:
        assert session.firmware is None
        assert await read_version(session) == "11.8.70"


async def test_a_device_that_tells_nothing_has_no_inventory() -> None:
    async with device(knows()) as seen, Session(seen.target(), QUICK) as session:
        with pytest.raises(AmtFault):
            await read_facts(session)
