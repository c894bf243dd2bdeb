"""The device's half of HTTP digest: challenges that hold on any connection, and their check."""

import hashlib
import hmac
import re
import secrets
import time

NONCE_SECONDS = 300
PARAMETER = re.compile(r'(\w+)\s*=\s*(?:"([^"]*)"|([^\s,]+))')


def md5(text: str) -> str:
    """Return the hexadecimal MD5 of ``text``."""
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


class Gatekeeper:
    """Knows one device's credentials; any number of its nonces are good for five minutes."""

    def __init__(self, username: str, password: str, realm: str, qop: str) -> None:
        self._username = username
        self._password = password
        self._qop = qop
        self._key = secrets.token_bytes(16)
        self.set_realm(realm)

    def set_realm(self, realm: str) -> None:
        """Become a device that was set up anew."""
        self.realm = realm
        self.set_password(self._password)

    def set_password(self, password: str) -> None:
        """Take another password from now on."""
        self._password = password
        self._secret = md5(f"{self._username}:{self.realm}:{password}")

    def challenge(self) -> str:
        """Return the value of a WWW-Authenticate header; the nonce is hexadecimal, 32 digits."""
        return (
            f'Digest realm="{self.realm}", nonce="{self.nonce()}",stale="false",qop="{self._qop}"'
        )

    def nonce(self) -> str:
        """Return a new nonce, good for five minutes."""
        head = f"{int(time.time()):08X}{secrets.token_hex(4).upper()}"
        return head + self._seal(head)

    def admits(self, authorization: str, method: str, target: str, body: bytes) -> bool:
        """Return whether the header answers one of our challenges with the right password."""
        if authorization[:7].lower() != "digest ":
            return False
        given = {
            name.lower(): quoted or plain
            for name, quoted, plain in PARAMETER.findall(authorization[7:])
        }
        return self.answers_us(given, method, target, body)

    def answers_us(
        self, given: dict[str, str], method: str, target: str, body: bytes = b""
    ) -> bool:
        """Return whether these parameters answer one of our challenges with the right password."""
        if (given.get("username"), given.get("realm")) != (self._username, self.realm):
            return False
        if given.get("uri") != target or not self._is_ours(given.get("nonce", "")):
            return False
        expected = self._response(given, method, body)
        return hmac.compare_digest(expected, given.get("response", "").lower().encode())

    def _response(self, given: dict[str, str], method: str, body: bytes) -> bytes:
        action = f"{method}:{given['uri']}"
        qop = given.get("qop", "")
        if qop == "auth-int" and "auth-int" in self._qop:
            action += f":{hashlib.md5(body, usedforsecurity=False).hexdigest()}"
        elif qop != "auth":
            return b""
        # firmware checks neither where nc starts nor that it grows
        middle = ":".join(given.get(name, "") for name in ("nonce", "nc", "cnonce", "qop"))
        return md5(f"{self._secret}:{middle}:{md5(action)}").encode()

    def _is_ours(self, nonce: str) -> bool:
        head, seal = nonce[:16], nonce[16:]
        if not hmac.compare_digest(self._seal(head).encode(), seal.encode()):
            return False
        return time.time() - int(head[:8], 16) < NONCE_SECONDS

    def _seal(self, head: str) -> str:
        return hashlib.blake2b(head.encode(), key=self._key, digest_size=8).hexdigest().upper()
