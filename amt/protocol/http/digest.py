"""HTTP digest as AMT speaks it (RFC 2617 and 7616, MD5, qop auth and auth-int). No sockets.

No client library's digest is enough: AMT from 14 on offers ``qop="auth-int, auth"``, with a blank.
"""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from hashlib import md5
from time import monotonic

from amt.protocol.errors import AmtBadAnswer

FRESH_SECONDS = 10
MAX_REALM, MAX_CHALLENGE = 100, 1000  # characters; AMT has 39 and about 150

_PARAMETER = re.compile(r'([A-Za-z][\w-]*)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))')


@dataclass(frozen=True, slots=True)
class Challenge:
    """What a 401 asks for."""

    realm: str
    nonce: str
    qop: str  # auth-int, auth or empty (RFC 2069)
    stale: bool
    opaque: str = ""


def read_challenge(headers: list[str]) -> Challenge:
    """Return the digest challenge among the WWW-Authenticate headers of a 401.

    Raises:
        AmtBadAnswer: there is none, or it lacks the realm or the nonce.
    """
    for header in headers:
        scheme, _, rest = header.strip().partition(" ")
        if scheme.lower() == "digest":
            return _challenge(rest, header)
    raise _unusable("no digest sign-in is offered", "; ".join(headers))


def _challenge(text: str, header: str) -> Challenge:
    found = {
        name.lower(): re.sub(r"\\(.)", r"\1", quoted) if quoted or not bare else bare
        for name, quoted, bare in _PARAMETER.findall(text)
    }
    if not found.get("realm") or not found.get("nonce"):
        raise _unusable("the challenge names no realm or no nonce", header)
    if not text.isascii() or len(found["realm"]) > MAX_REALM or len(text) > MAX_CHALLENGE:
        raise _unusable("the challenge is too long or holds odd characters", header)
    if found.get("algorithm", "MD5").upper() != "MD5":
        raise _unusable(f"the digest algorithm is {found['algorithm'][:20]}", header)
    offered = {word.strip().lower() for word in found.get("qop", "").split(",") if word.strip()}
    if offered and not offered & {"auth", "auth-int"}:
        raise _unusable("no known quality of protection is offered", header)
    qop = "auth-int" if "auth-int" in offered else "auth" if offered else ""
    stale = found.get("stale", "").lower() == "true"
    return Challenge(found["realm"], found["nonce"], qop, stale, found.get("opaque", ""))


def _unusable(what: str, header: str) -> AmtBadAnswer:
    return AmtBadAnswer(
        "The way to sign in that is offered there is not AMT's: another server at this address?",
        reason="not-amt",
        detail=f"{what}: {header}",
    )


class Digest:
    """The sign-in state of one session: a nonce, its count, and the hash of the login.

    Never shared between devices: the nonce belongs to one of them.
    """

    def __init__(self, username: str, password: str) -> None:
        self._username = username
        self._password = password
        self._hashed_login = ""
        self._count = 0
        self._accepted_at = 0.0
        self.challenge: Challenge | None = None

    @property
    def is_fresh(self) -> bool:
        """Return whether the nonce is new: a refusal now means the login, not the nonce."""
        return self._count == 0 and monotonic() - self._accepted_at < FRESH_SECONDS

    def accept(self, challenge: Challenge) -> None:
        """Use a new nonce from here on."""
        if self.challenge is None or self.challenge.realm != challenge.realm:
            self._hashed_login = _hex(f"{self._username}:{challenge.realm}:{self._password}")
        self.challenge = challenge
        self._count = 0
        self._accepted_at = monotonic()

    def authorization(
        self, method: str, path: str, body: bytes, *, client_nonce: str | None = None
    ) -> str:
        """Return the Authorization header for one request."""
        challenge = self.challenge
        if challenge is None:
            raise RuntimeError("No challenge has come yet.")
        self._count += 1
        count = f"{self._count:08x}"
        own = client_nonce or secrets.token_hex(16)
        second = f"{method}:{path}"
        if challenge.qop == "auth-int":
            second += f":{md5(body, usedforsecurity=False).hexdigest()}"
        middle = f"{count}:{own}:{challenge.qop}:" if challenge.qop else ""
        response = _hex(f"{self._hashed_login}:{challenge.nonce}:{middle}{_hex(second)}")
        parts = [
            f'username="{_quoted(self._username)}"',
            f'realm="{_quoted(challenge.realm)}"',
            f'nonce="{_quoted(challenge.nonce)}"',
            f'uri="{path}"',
        ]
        if challenge.qop:
            parts += [f"qop={challenge.qop}", f"nc={count}", f'cnonce="{own}"']
        parts.append(f'response="{response}"')
        if challenge.opaque:
            parts.append(f'opaque="{_quoted(challenge.opaque)}"')
        return "Digest " + ",".join(parts)


def _hex(text: str) -> str:
    return md5(text.encode(), usedforsecurity=False).hexdigest()


def _quoted(text: str) -> str:
    text = "".join(sign for sign in text if sign.isprintable())  # no header of one's own making
    return text.replace("\\", "\\\\").replace('"', '\\"')
