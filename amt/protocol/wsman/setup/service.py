"""AMT_SetupAndConfigurationService: how far set-up is; the first password; commit; unprovision.

Source: amt-protocol.md 7.4 and 9.
"""

from __future__ import annotations

import binascii
from dataclasses import dataclass
from uuid import UUID

from amt.constants import ProvisioningState
from amt.protocol.errors import AmtError
from amt.protocol.wsman.instance import Instance, unexpected
from amt.protocol.wsman.session import Session

SERVICE = "AMT_SetupAndConfigurationService"
ENTERPRISE = 1  # ProvisioningMode


@dataclass(frozen=True, slots=True)
class SetupService:
    """What a device says of its own set-up; empty text where it says nothing."""

    state: ProvisioningState | None
    trusted_suffix: str  # PKI DNS Suffix of MEBx
    dhcp_suffix: str  # option 15 of DHCP
    server_name: str  # Configuration Server FQDN of MEBx: has to be ours, if it is there


async def read_service(session: Session) -> SetupService:
    """Return how far set-up has come, and which names the device trusts."""
    found = await session.get(SERVICE)
    return SetupService(
        state=found.member("ProvisioningState", ProvisioningState),
        trusted_suffix=found.text("TrustedDNSSuffix"),
        dhcp_suffix=found.text("DhcpDNSSuffix"),
        server_name=found.text("ConfigurationServerFQDN"),
    )


async def ask_uuid(session: Session) -> UUID | None:
    """Return the UUID that the device gives; None from firmware that does not know the method."""
    try:
        output = await session.invoke(SERVICE, "GetUuid", is_read=True, reusable=True)
    except AmtError:
        return None
    return _uuid(output)


def _uuid(output: Instance) -> UUID:
    """Return the 16 bytes of SMBIOS, whose order is not that of the text, as a UUID."""
    value = output.get("UUID", b"")
    try:
        return UUID(bytes_le=value if isinstance(value, bytes) else decoded(str(value)))
    except ValueError:
        raise unexpected(SERVICE, "the UUID is not 16 bytes") from None


def decoded(text: str) -> bytes:
    """Return the bytes of base64; none of what is not base64."""
    return binascii.a2b_base64(text, strict_mode=True) if text.isascii() else b""


async def set_mebx_password(session: Session, password: str) -> None:
    """Replace the factory's password of MEBx.

    Raises:
        AmtReturnValue: 16 where it is another than the factory's already, 2054 for a weak one.
    """
    await session.invoke(SERVICE, "SetMEBxPassword", {"Password": password})


async def commit_changes(session: Session) -> None:
    """Have all that was set take effect; the device leaves the network for some seconds.

    Raises:
        AmtReturnValue: 2057 where something is missing, 38 where flash was written too often.
        AmtNoAnswer: the device may have done it all the same.
    """
    await session.invoke(SERVICE, "CommitChanges")


async def unprovision(session: Session, *, is_full: bool) -> None:
    """Take the device out of service; it leaves the network.

    Full: everything goes but the MEBx password and the hashes of the factory. Partial: host name,
    certificates and settings go; hashes, suffix and server stay, and the device says hello again.

    Raises:
        AmtReturnValue: 16 where that is not permitted, 2076 where a component of it says no.
        AmtNoAnswer: the device may have done it all the same.
    """
    if is_full:
        await session.invoke(SERVICE, "Unprovision", {"ProvisioningMode": ENTERPRISE})
    else:
        await session.invoke(SERVICE, "PartialUnprovision")
