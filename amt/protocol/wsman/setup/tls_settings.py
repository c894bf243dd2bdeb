"""TLS of the device's own ports: whether it is on, whether plain HTTP stays, which certificate.

Settings take effect with CommitChanges. Source: amt-protocol.md 7.7.
"""

from __future__ import annotations

from dataclasses import dataclass

from amt.protocol.errors import AmtFault
from amt.protocol.wsman.instance import Instance, Reference, unexpected
from amt.protocol.wsman.session import Session

SETTINGS, CONTEXT = "AMT_TLSSettingData", "AMT_TLSCredentialContext"
COLLECTION = "AMT_TLSProtocolEndpointCollection"
REMOTE = "Intel(r) AMT 802.3 TLS Settings"
# As Intel's own programs send it; firmware keeps it with one word less
COLLECTION_NAME = "TLSProtocolEndpointInstances Collection"
NOT_TO_BE_PUT = frozenset({"TrustedCN", "NonSecureConnectionsSupported"})


@dataclass(frozen=True, slots=True)
class TlsSettings:
    """TLS towards the network. ``accepts_plain``: port 16992 stays open beside it."""

    is_on: bool
    is_mutual: bool
    accepts_plain: bool
    may_choose_plain: bool  # False: this firmware has no plain port any more (16.1)
    instance: Instance


async def read_tls_settings(session: Session) -> TlsSettings:
    """Return the settings of the network side; those of the local side are left alone."""
    for one in await session.enumerate(SETTINGS):
        if one.text("InstanceID") == REMOTE:
            return TlsSettings(
                is_on=one.flag("Enabled") is True,
                is_mutual=one.flag("MutualAuthentication") is True,
                accepts_plain=one.flag("AcceptNonSecureConnections") is not False,
                may_choose_plain=one.flag("NonSecureConnectionsSupported") is not False,
                instance=one,
            )
    raise unexpected(SETTINGS, f"no {REMOTE}")


async def put_tls_settings(session: Session, before: TlsSettings, *, accepts_plain: bool) -> None:
    """Switch TLS on towards the network, without certificates of clients."""
    kept = {name: value for name, value in before.instance.items() if name not in NOT_TO_BE_PUT}
    wanted = {**kept, "Enabled": True, "MutualAuthentication": False}
    if before.may_choose_plain:
        wanted["AcceptNonSecureConnections"] = accepts_plain
    await session.put(SETTINGS, wanted, {"InstanceID": REMOTE})


async def read_bound(session: Session) -> str | None:
    """Return the handle of the certificate that TLS shows; None while none is chosen."""
    for one in await session.enumerate(CONTEXT):
        reference = one.get("ElementInContext")
        if isinstance(reference, Reference):
            return str(reference.selectors.get("InstanceID", ""))
    return None


async def bind(session: Session, handle: str) -> None:
    """Have TLS show the certificate with this handle; another one before it is replaced.

    Raises:
        AmtFault: firmware has no such certificate, or no key for it.
    """
    wanted = {
        "ElementInContext": Reference("AMT_PublicKeyCertificate", {"InstanceID": handle}),
        "ElementProvidingContext": Reference(COLLECTION, {"ElementName": COLLECTION_NAME}),
    }
    if await read_bound(session) is None:
        try:
            await session.create(CONTEXT, wanted)
        except AmtFault as fault:
            if fault.subcode != "wsman:AlreadyExists":
                raise
        else:
            return
    await session.put(CONTEXT, wanted, dict(wanted))
