"""What a device calls itself (AMT_GeneralSettings)."""

from __future__ import annotations

from dataclasses import dataclass

from amt.protocol.errors import AmtRealmChanged
from amt.protocol.wsman.session import Session

SETTINGS = "AMT_GeneralSettings"
READ_ONLY = frozenset({"DigestRealm"})


@dataclass(frozen=True, slots=True)
class GeneralSettings:
    """Names and switches of the Management Engine; empty text where it has none."""

    host_name: str
    domain_name: str
    host_os_fqdn: str
    digest_realm: str
    is_network_enabled: bool | None
    answers_ping: bool | None
    answers_rmcp_ping: bool | None


async def read_general_settings(session: Session) -> GeneralSettings:
    """Return the general settings; the first call that needs the login, so also its test.

    Raises:
        AmtSignInRefused: the login is not accepted.
        AmtRealmChanged: the device behind the login is not the one that asked for it.
    """
    found = await session.get(SETTINGS)
    realm = found.text("DigestRealm")
    if realm and session.realm and realm != session.realm:
        raise AmtRealmChanged(known=session.realm, observed=realm)
    network = found.integer_or_none("AMTNetworkEnabled")
    return GeneralSettings(
        host_name=found.text("HostName"),
        domain_name=found.text("DomainName"),
        host_os_fqdn=found.text("HostOSFQDN"),
        digest_realm=realm,
        is_network_enabled=None if network is None else network == 1,
        answers_ping=found.flag("PingResponseEnabled"),
        answers_rmcp_ping=found.flag("RmcpPingResponseEnabled"),
    )


async def write_names(session: Session, *, host_name: str, domain_name: str) -> None:
    """Give the device its host name and domain; it wants them where it has DHCP (7.3)."""
    found = await session.get(SETTINGS)
    kept = {name: value for name, value in found.items() if name not in READ_ONLY}
    wanted = {**kept, "HostName": host_name, "DomainName": domain_name}
    await session.put(SETTINGS, wanted, {"InstanceID": found.text("InstanceID")})
