"""Boot once: what the next boot, and only the next, is to do.

Source: amt-protocol.md 4. The order of calls is Intel's own: everything off, no source, then the
source or the BIOS, then the role that makes it count once.
"""

from __future__ import annotations

from amt.constants import BootTarget
from amt.protocol.errors import AmtBootNotOffered
from amt.protocol.wsman.instance import Instance, Reference
from amt.protocol.wsman.session import Session

CAPABILITIES, SETTINGS = "AMT_BootCapabilities", "AMT_BootSettingData"
CONFIGURATION = Reference(
    "CIM_BootConfigSetting", {"InstanceID": "Intel(r) AMT: Boot Configuration 0"}
)
IS_NEXT_SINGLE_USE, IS_NOT_NEXT = 1, 32768
# Old firmware refuses a Put that has these, new firmware ignores them.
READ_ONLY = frozenset(
    {
        "BIOSLastStatus",
        "BootguardStatus",
        "OptionsCleared",
        "RPEEnabled",
        "RSEPassword",
        "SecureBootControlEnabled",
        "UEFIHTTPSBootEnabled",
        "UEFILocalPBABootEnabled",
        "UefiBootParametersArray",
        "WinREBootEnabled",
    }
)
NAMES = frozenset({"ElementName", "InstanceID", "OwningEntity"})


NEEDS = {
    BootTarget.PXE: "ForcePXEBoot",
    BootTarget.BIOS: "BIOSSetup",
    BootTarget.DISK: "ForceHardDriveBoot",
    BootTarget.CD: "ForceCDorDVDBoot",
}
SOURCES = {
    BootTarget.PXE: "Intel(r) AMT: Force PXE Boot",
    BootTarget.DISK: "Intel(r) AMT: Force Hard-drive Boot",
    BootTarget.CD: "Intel(r) AMT: Force CD/DVD Boot",
}


async def prepare(session: Session, target: BootTarget) -> None:
    """Tell the device where the next boot is to go. It counts for one boot.

    Raises:
        AmtBootNotOffered: this device cannot boot from there; nothing was changed.
        AmtFault, AmtReturnValue: the device refused; somebody at the PC may have to consent.
    """
    able = await session.get(CAPABILITIES)
    if not able.flag(NEEDS[target]):
        raise AmtBootNotOffered(detail=f"{CAPABILITIES}.{NEEDS[target]} is not true")
    await _put(session, is_bios=target is BootTarget.BIOS)
    await _change_order(session, "")
    if source := SOURCES.get(target):
        await _change_order(session, source)
    await _set_role(session, IS_NEXT_SINGLE_USE)


async def clear(session: Session) -> None:
    """Take back what ``prepare`` told the device."""
    await _set_role(session, IS_NOT_NEXT)
    await _change_order(session, "")
    await _put(session, is_bios=False)


async def is_pending(session: Session) -> bool:
    """Return whether options wait for a boot still; False where the device does not say."""
    return (await session.get(SETTINGS)).flag("OptionsCleared") is False


async def _put(session: Session, *, is_bios: bool) -> None:
    """Switch every option off, but the BIOS setup if that is wanted."""
    options = _all_off(await session.get(SETTINGS))
    await session.put(SETTINGS, options | {"BIOSSetup": is_bios})


def _all_off(now: Instance) -> dict[str, str | bool | int]:
    names = [name for name in now if name not in READ_ONLY]
    return {name: now.text(name) if name in NAMES else _off(now[name]) for name in names}


def _off(value: object) -> bool | int:
    return False if isinstance(value, bool) else 0


async def _change_order(session: Session, source: str) -> None:
    """Make ``source`` the one to boot from; none clears it, which needs nobody's consent."""
    arguments = {"Source": Reference("CIM_BootSourceSetting", {"InstanceID": source})}
    await session.invoke("CIM_BootConfigSetting", "ChangeBootOrder", arguments if source else {})


async def _set_role(session: Session, role: int) -> None:
    arguments = {"BootConfigSetting": CONFIGURATION, "Role": role}
    await session.invoke("CIM_BootService", "SetBootConfigRole", arguments)
