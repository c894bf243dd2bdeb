"""The device's half of HTTP digest: challenges that hold on any connection, and their check."""

import hashlib
import hmac
import re
import secrets
import time
from dataclasses import dataclass

NONCE_SECONDS = 300
LOCAL_ADMIN = "$$OsAdmin"  # signs in from the host only
PARAMETER = re.compile(r'(\w+)\s*=\s*(?:"([^"]*)"|([^\s,]+))')


def md5(text: str) -> str:
    """Return the hexadecimal MD5 of ``text``."""
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


@dataclass
class Account:
    """One who may sign in; ``secret`` is the MD5 of ``user:realm:password``."""

    secret: str
    password: str | None = None  # where it is known: a server sends the secret only
    is_enabled: bool = True
    is_local: bool = False


class Gatekeeper:
    """Knows one device's credentials; any number of its nonces are good for five minutes."""

    def __init__(self, username: str, password: str, realm: str, qop: str) -> None:
        self.admin = username
        self.accounts: dict[str, Account] = {}
        self._qop = qop
        self._key = secrets.token_bytes(16)
        self.realm = realm
        self.set_password(password)
        self.local_password = secrets.token_hex(16)
        self.accounts[LOCAL_ADMIN] = Account(
            self.secret_of(LOCAL_ADMIN, self.local_password), self.local_password, is_local=True
        )

    def set_realm(self, realm: str) -> None:
        """Become a device that was set up anew."""
        self.realm = realm
        for username, account in self.accounts.items():
            if account.password is not None:
                account.secret = self.secret_of(username, account.password)

    def set_password(self, password: str) -> None:
        """Have the administrator sign in with another password from now on."""
        self.accounts[self.admin] = Account(self.secret_of(self.admin, password), password)

    def set_secret(self, username: str, secret: str) -> None:
        """Take the MD5 of ``user:realm:password``, 32 lower-case digits, as a server sends it."""
        self.accounts[username] = Account(secret)

    def name_admin(self, username: str, secret: str) -> None:
        """Give the administrator another name and password."""
        self.accounts.pop(self.admin, None)
        self.admin = username
        self.set_secret(username, secret)

    def keep_administrator_only(self) -> None:
        """Let nobody else in any more."""
        self.accounts = {name: self.accounts[name] for name in (self.admin, LOCAL_ADMIN)}

    def secret_of(self, username: str, password: str) -> str:
        """Return what proves that a password is known."""
        return md5(f"{username}:{self.realm}:{password}")

    def has_password(self, username: str, password: str) -> bool:
        """Return whether this user signs in with this password now."""
        account = self.accounts.get(username)
        return account is not None and account.secret == self.secret_of(username, password)

    def challenge(self) -> str:
        """Return the value of a WWW-Authenticate header; the nonce is hexadecimal, 32 digits."""
        return (
            f'Digest realm="{self.realm}", nonce="{self.nonce()}",stale="false",qop="{self._qop}"'
        )

    def nonce(self) -> str:
        """Return a new nonce, good for five minutes."""
        head = f"{int(time.time()):08X}{secrets.token_hex(4).upper()}"
        return head + self._seal(head)

    def admits(
        self,
        authorization: str,
        method: str,
        target: str,
        body: bytes,
        *,
        is_local: bool = False,
    ) -> str:
        """Return who answers one of our challenges with the right password, empty for nobody."""
        if authorization[:7].lower() != "digest ":
            return ""
        given = {
            name.lower(): quoted or plain
            for name, quoted, plain in PARAMETER.findall(authorization[7:])
        }
        return self.answers_us(given, method, target, body, is_local=is_local)

    def answers_us(
        self,
        given: dict[str, str],
        method: str,
        target: str,
        body: bytes = b"",
        *,
        is_local: bool = False,
    ) -> str:
        """Return whose password these parameters prove against one of our challenges."""
        username = given.get("username", "")
        account = self.accounts.get(username)
        if account is None or not account.is_enabled or account.is_local > is_local:
            return ""
        if given.get("realm") != self.realm:
            return ""
        if given.get("uri") != target or not self._is_ours(given.get("nonce", "")):
            return ""
        expected = self._response(account.secret, given, method, body)
        is_right = hmac.compare_digest(expected, given.get("response", "").lower().encode())
        return username if is_right else ""

    def _response(self, secret: str, given: dict[str, str], method: str, body: bytes) -> bytes:
        action = f"{method}:{given['uri']}"
        qop = given.get("qop", "")
        if qop == "auth-int" and "auth-int" in self._qop:
            action += f":{hashlib.md5(body, usedforsecurity=False).hexdigest()}"
        elif qop != "auth":
            return b""
        # firmware checks neither where nc starts nor that it grows
        middle = ":".join(given.get(name, "") for name in ("nonce", "nc", "cnonce", "qop"))
        return md5(f"{secret}:{middle}:{md5(action)}").encode()

    def _is_ours(self, nonce: str) -> bool:
        head, seal = nonce[:16], nonce[16:]
        if not hmac.compare_digest(self._seal(head).encode(), seal.encode()):
            return False
        return time.time() - int(head[:8], 16) < NONCE_SECONDS

    def _seal(self, head: str) -> str:
        return hashlib.blake2b(head.encode(), key=self._key, digest_size=8).hexdigest().upper()
