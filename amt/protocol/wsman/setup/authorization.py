"""AMT_AuthorizationService: the account that may do everything.

Source: amt-protocol.md 7.6.
"""

from __future__ import annotations

from hashlib import md5

from amt.protocol.errors import AmtError
from amt.protocol.wsman.session import Session

SERVICE = "AMT_AuthorizationService"
LONGEST_NAME = 16  # characters


async def set_admin(session: Session, *, username: str, realm: str, password: str) -> None:
    """Give the administrator's account a name and a password, by its digest; it holds at once.

    Raises:
        AmtReturnValue: 12 for a name that firmware does not take, 2054 for the password.
    """
    login = f"{username}:{realm}:{password}".encode()
    digest = md5(login, usedforsecurity=False).digest()
    await session.invoke(
        SERVICE, "SetAdminAclEntryEx", {"Username": username, "DigestPassword": digest}
    )


async def has_factory_password(session: Session) -> bool | None:
    """Return whether nobody has changed the administrator's password; None if it is not told."""
    try:
        output = await session.invoke(SERVICE, "GetAdminAclEntryStatus", is_read=True)
    except AmtError:
        return None
    return output.flag("IsDefault")
