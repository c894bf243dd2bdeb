"""Get a request past the device's door: challenge, realm, digest, and no password too many."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from amt.protocol.errors import (
    AmtBadAnswer,
    AmtBusy,
    AmtError,
    AmtNoAnswer,
    AmtRealmChanged,
    AmtSetUpRefused,
    AmtSignInRefused,
)
from amt.protocol.http.digest import Challenge, Digest, read_challenge
from amt.protocol.http.target import Target
from amt.protocol.http.transport import Response, Transport
from amt.protocol.safe_xml import html, looks_like_html

VERSION = r"[0-9]{1,2}(?:\.[0-9]{1,4}){1,3}"
FIRMWARE = re.compile(rf"Intel\(R\) Active Management Technology ({VERSION})\s*")
REALM = "Digest:"


@dataclass(frozen=True, slots=True)
class Request:
    """What goes out once the device has let us in.

    ``is_order``: it changes something, so it is never sent twice. ``send_before``: the moment, of
    the monotonic clock, after which it is not to go out.
    """

    path: str
    body: bytes
    is_order: bool
    headers: Mapping[str, str] = field(default_factory=dict)
    send_before: float | None = None


class SignIn:
    """The login of one session, and the path that it talks to."""

    def __init__(self, target: Target, transport: Transport) -> None:
        self.realm: str | None = None
        self.server_header: str | None = None
        self.is_accepted: bool | None = None  # whether the device took our login; None: not asked
        self._target = target
        self._transport = transport
        self._digest = Digest(target.username, target.password)
        self._refused: AmtSignInRefused | None = None

    @property
    def firmware(self) -> str | None:
        """Return the version that AMT's web server names; None if it is not AMT's."""
        found = FIRMWARE.fullmatch(self.server_header or "")
        return found[1] if found else None

    async def greet(self, path: str) -> None:
        """Ask without a login, and remember the challenge.

        The request is empty: whatever a device does without a login, there is nothing to obey.
        """
        try:
            response = await self._transport.post(path, b"", {})
        except AmtNoAnswer as error:
            if not error.is_dropped:
                raise unresponsive(error) from error.__cause__
            error.retry = True
            raise
        except AmtBadAnswer as error:
            raise error.on(self._target.port) from error.__cause__
        self._note(response)
        if response.status != 401:
            raise not_amt(response).on(self._target.port)
        self._digest.accept(self._challenge(response))

    async def send(self, request: Request) -> Response:
        """Send ``request`` with our login, and once more when the nonce has lapsed (401).

        A login that the device refused is not shown to it again: that would only lock it.
        """
        if self._refused is not None:
            raise self._refused
        if self._digest.challenge is None:
            await self.greet(request.path)
        for _ in range(3):
            is_fresh = self._digest.is_fresh
            response = await self._post(request)
            if response.status != 401:
                self.is_accepted = True
                return response
            challenge = self._challenge(response)
            if is_fresh and not challenge.stale:
                break
            self._digest.accept(challenge)
        self.is_accepted = False
        self._refused = AmtSignInRefused(login=self._target.login)
        raise self._refused

    async def _post(self, request: Request) -> Response:
        """Send once; a read also a second time if a kept connection turned out to be dead."""
        try:
            response = await self._post_once(request)
        except AmtNoAnswer as error:
            if request.is_order or not (error.is_dropped and self._transport.was_reused):
                raise self._after_sending(error, request.is_order) from error.__cause__
            response = await self._post_once(request)
        except AmtBadAnswer as error:
            raise self._after_sending(error, request.is_order) from error.__cause__
        self._note(response)
        return response

    async def _post_once(self, request: Request) -> Response:
        headers = dict(request.headers)
        if self._digest.challenge is not None:
            said = self._digest.authorization("POST", request.path, request.body)
            headers["Authorization"] = said
        return await self._transport.post(request.path, request.body, headers, request.send_before)

    def _after_sending(self, error: AmtError, is_order: bool) -> AmtError:
        error.may_have_been_obeyed = is_order
        error.hide(self._target.password)
        return error.on(self._target.port) if isinstance(error, AmtBadAnswer) else error

    def _challenge(self, response: Response) -> Challenge:
        """Return the challenge of a 401 if it comes from the device that we know."""
        try:
            challenge = read_challenge(response.challenges)
        except AmtBadAnswer as error:
            raise (no_digest(error) if self.firmware else error.on(self._target.port)) from None
        if self.firmware is None and not challenge.realm.startswith(REALM):
            raise not_amt(response).on(self._target.port)
        known = self._target.realm or self.realm
        if known and challenge.realm != known:
            raise AmtRealmChanged(known=known, observed=challenge.realm)
        self.realm = challenge.realm
        return challenge

    def _note(self, response: Response) -> None:
        self.server_header = response.headers.get("Server") or self.server_header
        if response.status == 503:
            raise AmtBusy(detail="HTTP 503")


class OpenDoor(SignIn):
    """The way in to a device that waits to be set up: our certificate has opened the door already.

    Where the device asks for a login after all, one is shown only if ``target`` has a password:
    firmware of old asks, but so does a device that somebody has set up already.
    """

    async def greet(self, path: str) -> None:
        """Ask nothing: the first request will tell."""

    async def send(self, request: Request) -> Response:
        """Send ``request`` without a login; with it if the device turned it away for the lack."""
        if self._digest.challenge is None:
            response = await self._post(request)
            if response.status != 401:
                return response
            self._digest.accept(self._challenge(response))
            if not self._target.password:
                raise AmtSetUpRefused(code="set-up-already")
        return await super().send(request)


def not_amt(response: Response) -> AmtBadAnswer:
    """Return the error for an HTTP answer that AMT's web server would not give."""
    server = response.headers.get("Server", "none")
    if response.status not in (200, 401) and FIRMWARE.fullmatch(server):
        return other_status(response.status, server)
    if looks_like_html(response.body):
        return html(response.body)
    return AmtBadAnswer(
        "The answer is not AMT's: another web server at this address?",
        reason="not-amt",
        detail=f"HTTP {response.status}, Server: {server}",
    )


def other_status(status: int, server: str) -> AmtBadAnswer:
    """Return the error for an HTTP status with which AMT itself turns WS-Management away."""
    detail = f"HTTP {status}, Server: {server}"
    if status in (404, 405, 501):
        return AmtBadAnswer(reason="no-ws-management", detail=detail)
    return AmtBadAnswer(reason="http-status", detail=detail, status=status)


def no_digest(error: AmtBadAnswer) -> AmtBadAnswer:
    """Return the error for AMT that offers no sign-in that we know."""
    return AmtBadAnswer(reason="no-digest", detail=error.detail)


def unresponsive(error: AmtNoAnswer) -> AmtNoAnswer:
    """Return the error for a device that takes connections and says nothing, not even who it is."""
    return AmtNoAnswer(str(error), code="unresponsive", detail=error.detail)
