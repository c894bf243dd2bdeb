"""The console's half of the sign-in of devices that bring events: HTTP digest (RFC 7616, MD5).

Firmware knows nothing better. A nonce is signed and good for five minutes; each sign-in has a turn,
and turns only grow, so that none counts twice.
"""

import hashlib
import re
import time
from hmac import compare_digest
from uuid import UUID

from django.core import signing

from amt.alerts.addresses import SALT, login_of

REALM = "zcc alerts"
NONCE_MILLISECONDS = 5 * 60 * 1000
LONGEST = 2000  # characters of a header
COUNT_BITS = 20  # of a turn: how often a nonce was used
PARAMETER = re.compile(r'(\w+)\s*=\s*(?:"([^"]*)"|([^\s,"]+))')


class SignInWanted(Exception):
    """Who is there has to sign in, or to do so again with a fresh nonce (``is_stale``)."""

    def __init__(self, *, is_stale: bool = False) -> None:
        super().__init__("Sign in.")
        self.is_stale = is_stale


def challenge(key: UUID, *, is_stale: bool = False) -> str:
    """Return the value of a WWW-Authenticate header for the device with ``key``."""
    nonce = _signer(key).sign(f"{_now():x}")
    stale = "true" if is_stale else "false"
    return f'Digest realm="{REALM}", nonce="{nonce}",stale="{stale}",qop="auth"'


def turn_of(key: UUID, *, path: str, authorization: str) -> int:
    """Return which turn of the device with ``key`` a POST to ``path`` is.

    Raises:
        SignInWanted: it is not signed, not rightly, or with a nonce that is too old.
    """
    given = _read(authorization)
    if given.get("uri") != path or not _is_right(key, given):
        raise SignInWanted
    try:
        issued = int(_signer(key).unsign(given.get("nonce", "")), 16)
        count = int(given.get("nc", ""), 16)
    except (signing.BadSignature, ValueError):
        raise SignInWanted(is_stale=True) from None
    is_young = abs(_now() - issued) < NONCE_MILLISECONDS  # clocks of web servers differ a little
    if not is_young or not 0 < count < 1 << COUNT_BITS:
        raise SignInWanted(is_stale=True)
    return issued << COUNT_BITS | count


def _read(authorization: str) -> dict[str, str]:
    scheme, _, rest = authorization[: LONGEST + 1].partition(" ")
    if scheme.lower() != "digest" or len(authorization) > LONGEST:
        return {}
    return {name.lower(): quoted or bare for name, quoted, bare in PARAMETER.findall(rest)}


def _is_right(key: UUID, given: dict[str, str]) -> bool:
    """Return whether the response proves the password, for this very nonce, count and path."""
    name, password = login_of(key)
    middle = ":".join(given.get(part, "") for part in ("nonce", "nc", "cnonce", "qop"))
    first, second = _md5(f"{name}:{REALM}:{password}"), _md5(f"POST:{given.get('uri', '')}")
    expected = _md5(f"{first}:{middle}:{second}").encode()
    asked = (given.get("username"), given.get("realm"), given.get("qop"))
    answered = given.get("response", "").lower().encode()
    return asked == (name, REALM, "auth") and compare_digest(expected, answered)


def _signer(key: UUID) -> signing.Signer:
    return signing.Signer(salt=f"{SALT}.{key.hex}")


def _now() -> int:
    return time.time_ns() // 1_000_000


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
