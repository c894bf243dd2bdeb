"""Brings events to who subscribed: an HTTP POST each, signed in by digest where that is asked for.

The device never waits for it: letters lie in a short queue, which a thread empties and then ends.
"""

import contextlib
import http.client
import ipaddress
import secrets
import socket
import ssl
import threading
import time
from collections import deque
from urllib.parse import SplitResult, urlsplit
from xml.etree import ElementTree

from amt.constants import ACTION_ACK, NS_ADDRESSING, NS_SOAP

from .alerts import Letter
from .digest import PARAMETER, md5
from .subscriptions import Subscription

WAITING = 50  # letters; the oldest are lost
TRIES, BETWEEN_TRIES = 3, 0.5  # seconds
SECONDS = 5.0  # for a connection, and for an answer
LARGEST_ANSWER = 65_536  # bytes
NOBODY = 0  # the status where nobody answered
HEADERS = {"Content-Type": "application/soap+xml; charset=UTF-8"}


class Postman:
    """One device's letters. ``statuses`` are how the last tries ended, for whoever looks."""

    def __init__(self) -> None:
        self.statuses: deque[int] = deque(maxlen=100)
        self.delivered = self.lost = 0
        self._waiting: deque[Letter] = deque()
        self._lock = threading.Lock()
        self._is_under_way = False

    def send(self, letter: Letter) -> None:
        """Take a letter and return at once."""
        with self._lock:
            if len(self._waiting) >= WAITING:
                self._waiting.popleft()
                self.lost += 1
            self._waiting.append(letter)
            if not self._is_under_way:
                self._is_under_way = True
                threading.Thread(target=self._go, name="amt-events", daemon=True).start()

    def _go(self) -> None:
        while letter := self._next():
            if self._bring(letter):
                self.delivered += 1
            else:
                self.lost += 1

    def _next(self) -> Letter | None:
        with self._lock:
            self._is_under_way = bool(self._waiting)
            return self._waiting.popleft() if self._waiting else None

    def _bring(self, letter: Letter) -> bool:
        for left in reversed(range(TRIES)):
            status, answer = NOBODY, b""
            with contextlib.suppress(OSError, http.client.HTTPException, ValueError):
                status, answer = post(letter)
            self.statuses.append(status)
            if 200 <= status < 300 and (not letter.to.is_acked or is_ack(answer, letter)):
                return True
            if left:
                time.sleep(BETWEEN_TRIES)
        return False


def post(letter: Letter) -> tuple[int, bytes]:
    """Return status and body of the answer to a letter, after signing in if that is asked for."""
    status, answer, challenge = _post_once(letter, {})
    if status == 401 and challenge and letter.to.username:
        path = _path(urlsplit(letter.to.address))
        signed = {"Authorization": sign_in(challenge, letter.to, path)}
        status, answer, _ = _post_once(letter, signed)
    return status, answer


def is_ack(answer: bytes, letter: Letter) -> bool:
    """Return whether an answer acknowledges this letter."""
    try:
        header = ElementTree.fromstring(answer).find(f"{{{NS_SOAP}}}Header")  # noqa: S314
    except ElementTree.ParseError:
        return False
    if header is None:
        return False
    action = header.findtext(f"{{{NS_ADDRESSING}}}Action")
    return (action, header.findtext(f"{{{NS_ADDRESSING}}}RelatesTo")) == (
        ACTION_ACK,
        letter.message_id,
    )


def sign_in(challenge: str, to: Subscription, path: str) -> str:
    """Return the Authorization header that answers a challenge."""
    asked = {
        name.lower(): quoted or plain for name, quoted, plain in PARAMETER.findall(challenge[7:])
    }
    realm, nonce, own = asked.get("realm", ""), asked.get("nonce", ""), secrets.token_hex(8)
    first = md5(f"{to.username}:{realm}:{to.password}")
    second = md5(f"POST:{path}")
    response = md5(f"{first}:{nonce}:00000001:{own}:auth:{second}")
    return (
        f'Digest username="{to.username}",realm="{realm}",nonce="{nonce}",uri="{path}",'
        f'nc=00000001,cnonce="{own}",qop="auth",response="{response}"'
    )


def _post_once(letter: Letter, more: dict[str, str]) -> tuple[int, bytes, str]:
    where = urlsplit(letter.to.address)
    connection = _connection(where)
    try:
        connection.request(
            "POST",
            _path(where),
            letter.body,
            {**HEADERS, "Host": where.netloc, "Connection": "close", **more},
        )
        with connection.getresponse() as response:
            challenge = response.getheader("WWW-Authenticate") or ""
            return response.status, response.read(LARGEST_ANSWER), challenge
    finally:
        connection.close()


def _connection(where: SplitResult) -> http.client.HTTPConnection:
    """Return a line to a listener. A practice zone stays on this machine.

    Raises:
        ValueError: it is elsewhere.
    """
    host = socket.gethostbyname(where.hostname or "")
    if not ipaddress.ip_address(host).is_loopback:
        raise ValueError(f"{host} is not on this machine.")
    if where.scheme == "https":
        context = ssl._create_unverified_context()  # noqa: S323 - no roots were given to it
        return http.client.HTTPSConnection(host, where.port, timeout=SECONDS, context=context)
    return http.client.HTTPConnection(host, where.port, timeout=SECONDS)


def _path(where: SplitResult) -> str:
    return (where.path or "/") + (f"?{where.query}" if where.query else "")
