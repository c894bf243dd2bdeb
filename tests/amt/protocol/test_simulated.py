"""Identity, set-up, inventory and the steps of *Test connection*, against the simulator."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from amt.constants import PORT_HTTP, PORT_HTTPS, ControlMode, PowerState, ProvisioningState
from amt.protocol import probe
from amt.protocol.errors import (
    AmtBadAnswer,
    AmtError,
    AmtFault,
    AmtRealmChanged,
    AmtSignInRefused,
    AmtTlsTooOld,
    AmtUnreachable,
)
from amt.protocol.wsman import identity, inventory, message_log, os_power
from amt.protocol.wsman.power_management_service import read_power_state, request_power_state
from amt.protocol.wsman.session import Limits, Session, Target, Tls
from amt.simulator import PROFILES, Device, Fault, Fleet
from tests.fixtures.simulated import PASSWORD

LIMITS = Limits(connect_seconds=1, answer_seconds=2)
SPEAK_WSMAN = [name for name, profile in PROFILES.items() if profile.has_wsman]
Start = Callable[..., Fleet]


def only(fleet: Fleet) -> Device:
    return next(iter(fleet))


def target(device: Device, tls: Tls = Tls.PLAIN, **changes: object) -> Target:
    port = PORT_HTTP if tls is Tls.PLAIN else PORT_HTTPS
    values: dict[str, object] = {
        "host": device.spec.address,
        "port": port,
        "tls": tls,
        "username": "admin",
        "password": PASSWORD,
    }
    return Target(**(values | changes))  # type: ignore[arg-type]


def best_tls(profile: str) -> Tls:
    return Tls.LEGACY if float(profile[:4].rstrip("-n")) < 12 else Tls.MODERN


@pytest.mark.parametrize("profile", SPEAK_WSMAN)
async def test_every_profile_tells_who_it_is(fleet: Start, profile: str) -> None:
    device = only(fleet(profile=profile))
    async with Session(target(device, best_tls(profile)), LIMITS) as session:
        assert await identity.read_uuid(session) == device.uuid
        assert await identity.read_version(session) == session.firmware
        assert "AMT" in await identity.read_software_versions(session)
        setup = await identity.read_setup(session)
        assert session.certificate_sha256 == device.certificate_sha256
        assert session.realm == device.realm

    assert setup.state is ProvisioningState.POST
    tells_mode = "IPS_HostBasedSetupService" not in PROFILES[profile].absent_classes
    assert setup.control_mode is (ControlMode.ADMIN if tells_mode else None)


@pytest.mark.parametrize("profile", SPEAK_WSMAN)
async def test_every_profile_obeys_and_its_state_is_read_back(fleet: Start, profile: str) -> None:
    device = only(fleet(profile=profile))
    async with Session(target(device), LIMITS) as session:
        assert (await read_power_state(session)).state == PowerState.ON
        await request_power_state(session, PowerState.OFF_SOFT)
        assert (await read_power_state(session)).state == PowerState.OFF_SOFT
        assert await os_power.read_os_power_saving_state(session) is None

    assert [order.requested for order in device.orders] == [PowerState.OFF_SOFT]


async def test_a_reset_shows_in_the_event_log_of_firmware_that_writes_it(fleet: Start) -> None:
    device = only(fleet(profile="16.1"))
    async with Session(target(device), LIMITS) as session:
        before = await message_log.read_newest_records(session)
        await request_power_state(session, PowerState.MASTER_BUS_RESET)
        await asyncio.sleep(0.3)
        after = await message_log.read_newest_records(session)

    new = after[: len(after) - len(before)]
    assert new
    assert any(message_log.is_boot_record(record) for record in new)


async def test_the_inventory_has_its_basics(fleet: Start) -> None:
    device = only(fleet())
    async with Session(target(device), LIMITS) as session:
        found = await inventory.read_facts(session)

    assert found["Platform"]["UUID"] == str(device.uuid)
    assert found["Board"]["Serial number"]
    assert found["BIOS"]["Released"] == "2023-05-30"
    assert found["Processor"]["Name"] == "13th Gen Intel(R) Core(TM) i7-13700"
    assert [found[f"Memory {number}"]["Size"] for number in (1, 2)] == ["16 GiB", "16 GiB"]
    assert found["Disk"]["Size"] == "1,000.2 GB"
    assert found["Network port"]["Address"] == device.spec.address


async def test_the_open_ports_are_found(fleet: Start) -> None:
    assert await probe.find_ports(only(fleet()).spec.address) == [PORT_HTTPS, PORT_HTTP]
    assert await probe.find_ports(only(fleet(tls=False)).spec.address) == [PORT_HTTP]
    await asyncio.sleep(0.05)  # the simulator still has to notice that we hung up


async def test_an_address_where_nothing_listens_is_unreachable() -> None:
    with pytest.raises(AmtUnreachable) as caught:
        await probe.find_ports("127.99.99.99", limits=LIMITS)

    assert caught.value.detail


@pytest.mark.parametrize("profile", SPEAK_WSMAN)
async def test_tls_version_and_certificate_are_told_without_a_login(
    fleet: Start, profile: str
) -> None:
    device = only(fleet(profile=profile))

    shown = await probe.read_tls(device.spec.address, limits=LIMITS)

    assert shown.certificate_sha256 == device.certificate_sha256
    assert shown.tls is best_tls(profile)
    assert shown.version.startswith("TLSv1")


async def test_old_firmware_is_told_to_be_old(fleet: Start) -> None:
    device = only(fleet(profile="9.5"))

    with pytest.raises(AmtTlsTooOld):
        await probe.greet(target(device, Tls.MODERN), LIMITS)


async def test_a_greeting_tells_version_and_realm_and_spends_no_login(fleet: Start) -> None:
    device = only(fleet())

    seen = await probe.greet(target(device, Tls.MODERN, password="not even right"), LIMITS)

    assert seen.firmware.startswith("16.1")
    assert seen.realm == device.realm
    assert seen.certificate_sha256 == device.certificate_sha256


async def test_the_last_step_signs_in(fleet: Start) -> None:
    device = only(fleet())

    settings = await probe.check_login(target(device), LIMITS)

    assert settings.digest_realm == device.realm
    assert settings.host_name
    with pytest.raises(AmtSignInRefused):
        await probe.check_login(target(device, password="wrong"), LIMITS)


@pytest.mark.parametrize(
    ("fault", "code", "obeyed"),
    [
        (Fault.SILENT, "unresponsive", False),
        (Fault.REFUSES, "port-closed", False),
        (Fault.DROPS_BEFORE_EXECUTING, "no-answer", True),
        (Fault.DROPS_AFTER_EXECUTING, "no-answer", True),
        (Fault.HANGS_AFTER_EXECUTING, "no-answer", True),
        (Fault.WRONG_PASSWORD, "sign-in-refused", False),
        (Fault.REFUSES_ORDER, "refused", False),
        (Fault.ACCEPTS_AND_IGNORES, "", False),
        (Fault.CLOSES_SILENTLY_AFTER_401, "", False),
    ],
)
async def test_a_fault_of_the_device_is_told_by_its_code(
    fleet: Start, fault: Fault, code: str, obeyed: bool
) -> None:
    device = only(fleet(faults=frozenset({fault})))

    error: AmtError | None = None
    try:
        async with Session(target(device), LIMITS) as session:
            await request_power_state(session, PowerState.OFF_SOFT)
    except AmtError as raised:
        error = raised

    assert (error.code if error else "") == code
    assert bool(error and error.may_have_been_obeyed) == obeyed
    executed = fault not in (Fault.DROPS_BEFORE_EXECUTING, Fault.ACCEPTS_AND_IGNORES) and (
        obeyed or not code
    )
    assert len(device.orders) == int(executed)


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (Fault.TRUNCATED_XML, "damaged-answer"),
        (Fault.OVERSIZED_XML, "hostile-answer"),
        (Fault.ANSWERS_HTML, "bad-answer"),
        (Fault.ANSWERS_HOSTILE_XML, "hostile-answer"),
    ],
)
async def test_nonsense_instead_of_an_answer_is_told_by_its_kind(
    fleet: Start, fault: Fault, code: str
) -> None:
    device = only(fleet(faults=frozenset({fault})))

    with pytest.raises(AmtBadAnswer) as caught:
        await probe.check_login(target(device), LIMITS)

    assert caught.value.code == code


async def test_a_changed_realm_and_certificate_stop_the_login(fleet: Start) -> None:
    device = only(fleet())
    realm, pin = device.realm, device.certificate_sha256
    device.set_faults(Fault.CHANGED_REALM)
    with pytest.raises(AmtRealmChanged):
        await probe.check_login(target(device, realm=realm), LIMITS)
    device.set_faults(Fault.CHANGED_CERTIFICATE)
    with pytest.raises(AmtError) as caught:
        await probe.check_login(target(device, Tls.MODERN, pin=pin), LIMITS)

    assert caught.value.code == "certificate-changed"


async def test_a_class_that_the_firmware_lacks_is_a_fault(fleet: Start) -> None:
    device = only(fleet())
    async with Session(target(device), LIMITS) as session:
        with pytest.raises(AmtFault) as caught:
            await session.get("CIM_NoSuchClass")

    assert caught.value.subcode == "wsa:DestinationUnreachable"


@pytest.mark.parametrize("tls", [Tls.PLAIN, Tls.MODERN])
async def test_200_of_200_first_calls_succeed_where_the_server_closes_silently_after_its_401(
    fleet: Start, tls: Tls
) -> None:
    device = only(fleet(faults=frozenset({Fault.CLOSES_SILENTLY_AFTER_401})))

    for _ in range(200):
        async with Session(target(device, tls), LIMITS) as session:
            assert (await read_power_state(session)).state == PowerState.ON
