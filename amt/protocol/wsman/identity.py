"""Who a device is and how it is set up: version, UUID, control mode."""

from __future__ import annotations

import re
from dataclasses import dataclass
from uuid import UUID

from amt.constants import ControlMode, ProvisioningState
from amt.protocol.errors import AmtFault
from amt.protocol.http.sign_in import VERSION
from amt.protocol.wsman.instance import unexpected
from amt.protocol.wsman.session import Session


@dataclass(frozen=True, slots=True)
class Setup:
    """How far set-up went and what it grants. None where the firmware does not say (before 6.1)."""

    state: ProvisioningState | None
    mode: int | None  # AMT_SetupAndConfigurationService.ProvisioningMode; read control_mode instead
    control_mode: ControlMode | None


async def read_software_versions(session: Session) -> dict[str, str]:
    """Return the version of each firmware part by its name: AMT, Flash, Build Number, Sku, …"""
    found = await session.enumerate("CIM_SoftwareIdentity")
    return {part.text("InstanceID"): part.text("VersionString") for part in found}


async def read_version(session: Session) -> str:
    """Return the AMT version, with the build number where the web server tells it; or nothing."""
    if session.firmware:
        return session.firmware
    told = (await read_software_versions(session)).get("AMT", "")
    return told if re.fullmatch(VERSION, told) else ""


async def read_uuid(session: Session) -> UUID:
    """Return the UUID of the platform.

    Raises:
        AmtBadAnswer: it is absent or not 16 bytes.

    Source: amt-protocol.md 10.1: the bytes come in the order of SMBIOS, not of the text.
    """
    found = await session.get("CIM_ComputerSystemPackage")
    text = found.text("PlatformGUID")
    try:
        return UUID(bytes_le=bytes.fromhex(text))
    except ValueError:
        raise unexpected(found.class_name, f"PlatformGUID is {text[:80]!r}") from None


async def read_setup(session: Session) -> Setup:
    """Return the provisioning state and control mode."""
    service = await session.get("AMT_SetupAndConfigurationService")
    return Setup(
        state=service.member("ProvisioningState", ProvisioningState),
        mode=service.integer_or_none("ProvisioningMode"),
        control_mode=await _control_mode(session),
    )


async def _control_mode(session: Session) -> ControlMode | None:
    try:
        service = await session.get("IPS_HostBasedSetupService")
    except AmtFault as fault:
        if fault.subcode == "wsman:AccessDenied":
            raise
        return None
    return service.member("CurrentControlMode", ControlMode)
