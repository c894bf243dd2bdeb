"""Boot once, on simulated firmware: where the next boot goes, that it is one, and refusals."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from amt.constants import PORT_HTTP, BootTarget, PowerState
from amt.protocol.errors import AmtBootNotOffered
from amt.protocol.wsman import boot
from amt.protocol.wsman.power_management_service import request_power_state
from amt.protocol.wsman.session import Limits, Session, Target, Tls
from amt.simulator import PROFILES, Device, Fleet
from tests.fixtures.simulated import PASSWORD

LIMITS = Limits(connect_seconds=1, answer_seconds=2)
SPEAK_WSMAN = [name for name, profile in PROFILES.items() if profile.has_wsman]
Start = Callable[..., Fleet]
RESET = PowerState.MASTER_BUS_RESET


def session(machine: Device) -> Session:
    return Session(Target(machine.address, PORT_HTTP, Tls.PLAIN, "admin", PASSWORD), LIMITS)


def only(fleet: Fleet) -> Device:
    return next(iter(fleet))


@pytest.mark.parametrize("profile", SPEAK_WSMAN)
async def test_every_firmware_boots_from_pxe_once(fleet: Start, profile: str) -> None:
    machine = only(fleet(profile=profile))

    async with session(machine) as line:
        await boot.prepare(line, BootTarget.PXE)
        for _ in range(2):
            await request_power_state(line, RESET)

    assert [one.source for one in machine.boots] == ["Intel(r) AMT: Force PXE Boot", ""]


@pytest.mark.parametrize(
    ("target", "source", "is_bios"),
    [
        (BootTarget.PXE, "Intel(r) AMT: Force PXE Boot", False),
        (BootTarget.DISK, "Intel(r) AMT: Force Hard-drive Boot", False),
        (BootTarget.CD, "Intel(r) AMT: Force CD/DVD Boot", False),
        (BootTarget.BIOS, "", True),
    ],
)
async def test_each_target_sets_what_it_needs_and_nothing_else(
    fleet: Start, target: BootTarget, source: str, is_bios: bool
) -> None:
    machine = only(fleet())

    async with session(machine) as line:
        await boot.prepare(line, target)
        assert await boot.is_pending(line)
        await request_power_state(line, RESET)
        assert not await boot.is_pending(line)

    (found,) = machine.boots
    assert found.source == source
    on = {name for name, value in found.settings.items() if value is True}
    assert on == ({"BIOSSetup"} if is_bios else set())


async def test_what_was_prepared_can_be_taken_back(fleet: Start) -> None:
    machine = only(fleet())

    async with session(machine) as line:
        await boot.prepare(line, BootTarget.BIOS)
        await boot.prepare(line, BootTarget.PXE)
        await boot.clear(line)
        await request_power_state(line, RESET)

    (found,) = machine.boots
    assert found.source == ""
    assert not any(value is True for value in found.settings.values())


async def test_target_that_the_device_lacks_changes_nothing(
    fleet: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine = only(fleet())
    monkeypatch.setitem(boot.NEEDS, BootTarget.CD, "ForceDiagnosticBoot")

    async with session(machine) as line:
        with pytest.raises(AmtBootNotOffered):
            await boot.prepare(line, BootTarget.CD)

    assert machine.orders == []
