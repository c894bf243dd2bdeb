"""An open line to one Management Engine: sign in, ask one thing at a time, get typed answers."""

from __future__ import annotations

import asyncio
from types import TracebackType
from typing import Self

from amt.protocol.errors import (
    AmtBadAnswer,
    AmtBusy,
    AmtError,
    AmtFault,
    AmtNoAnswer,
    AmtRealmChanged,
    AmtReturnValue,
    AmtSignInRefused,
)
from amt.protocol.wsman.codec import Arguments, Page, decode, encode
from amt.protocol.wsman.digest import Challenge, Digest, read_challenge
from amt.protocol.wsman.envelope import Selectors
from amt.protocol.wsman.instance import Instance, Reference, unexpected
from amt.protocol.wsman.safe_xml import excerpt, html, looks_like_html
from amt.protocol.wsman.tls import TlsProfile
from amt.protocol.wsman.transport import CONTENT_TYPE, PATH, Limits, Response, Target, Transport

__all__ = ["Limits", "Session", "Target", "TlsProfile"]

SERVER = "Intel(R) Active Management Technology "
REALM = "Digest:"
MAX_INSTANCES = 2_000
READS = frozenset({"Identify", "Get", "Enumerate", "Pull", "Release"})


class Session:
    """One device, from the first connection to the last; use it with ``async with``.

    Attributes known after the first answer: ``realm``, ``certificate_sha256``, ``tls_version``,
    ``server_header`` and ``firmware`` (such as 16.1.25.1917).
    """

    def __init__(self, target: Target, limits: Limits | None = None) -> None:
        self.target = target
        self.limits = limits or Limits()
        self.realm: str | None = None
        self.server_header: str | None = None
        self._transport = Transport(target, self.limits)
        self._digest = Digest(target.username, target.password)
        self._one_at_a_time = asyncio.Lock()
        self._messages = 0
        self._refused: AmtSignInRefused | None = None

    async def __aenter__(self) -> Self:
        self._transport.open()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._transport.close()

    def __repr__(self) -> str:
        return f"<Session {self.target.host}:{self.target.port}>"

    @property
    def certificate_sha256(self) -> str | None:
        return self._transport.certificate_sha256

    @property
    def tls_version(self) -> str | None:
        return self._transport.tls_version

    @property
    def firmware(self) -> str | None:
        """Return the firmware version that the device's web server names."""
        header = self.server_header or ""
        return header.removeprefix(SERVER).strip() if header.startswith(SERVER) else None

    async def greet(self) -> None:
        """Ask without a login: learn version, realm and certificate, and remember the challenge."""
        async with self._one_at_a_time:
            await self._greet()

    async def identify(self) -> Instance:
        """Return who answers and which protocol it speaks."""
        return _instance(await self._ask("Identify", reusable=True))

    async def get(self, class_name: str, selectors: Selectors | None = None) -> Instance:
        """Return one object; most classes of AMT have one only and need no selectors."""
        return _instance(await self._ask("Get", class_name, selectors=selectors, reusable=True))

    async def put(
        self, class_name: str, properties: Arguments, selectors: Selectors | None = None
    ) -> Instance | None:
        """Replace an object by these properties; return it as the device now has it."""
        answer = await self._ask("Put", class_name, selectors=selectors, arguments=properties)
        return answer if isinstance(answer, Instance) else None

    async def create(self, class_name: str, properties: Arguments) -> Reference:
        """Make an object and return a reference to it."""
        answer = await self._ask("Create", class_name, arguments=properties)
        if not isinstance(answer, Reference):
            raise _after_order(unexpected(class_name, "no ResourceCreated"))
        return answer

    async def delete(self, class_name: str, selectors: Selectors) -> None:
        """Remove one object."""
        await self._ask("Delete", class_name, selectors=selectors)

    async def invoke(
        self,
        class_name: str,
        method: str,
        arguments: Arguments | None = None,
        selectors: Selectors | None = None,
        *,
        accepted: frozenset[int] = frozenset({0}),
        is_read: bool = False,
        reusable: bool = False,
    ) -> Instance:
        """Run a method and return its output.

        ``is_read``: it changes nothing, so a lost answer leaves no doubt. ``reusable``: the
        arguments hold no secret and will be used again.

        Raises:
            AmtReturnValue: the method ran and said no.
            AmtNoAnswer, AmtBadAnswer: see ``may_have_been_obeyed``.
        """
        output = await self._ask(
            method,
            class_name,
            selectors=selectors,
            arguments=arguments,
            reusable=reusable,
            is_read=is_read,
        )
        if not isinstance(output, Instance) or output.class_name != f"{method}_OUTPUT":
            raise _after_order(unexpected(class_name, f"no {method}_OUTPUT"), not is_read)
        try:
            value = output.integer("ReturnValue")
        except AmtBadAnswer as error:
            raise _after_order(error, not is_read) from None
        if value not in accepted:
            raise AmtReturnValue(method, value)
        return output

    async def enumerate(
        self, class_name: str, *, max_instances: int = MAX_INSTANCES
    ) -> list[Instance]:
        """Return all objects of a class and its subclasses, pulled to the end.

        Raises:
            AmtBadAnswer: there are more than ``max_instances``.
        """
        async with self._one_at_a_time:
            opened = _instance(await self._call("Enumerate", class_name, reusable=True))
            context, found = opened.text("EnumerationContext"), list[Instance]()
            is_last = False
            try:
                while not is_last:
                    page = await self._pull(class_name, context)
                    found += page.items
                    is_last, context = page.is_last, page.context or context
                    if len(found) > max_instances or not (page.items or is_last):
                        raise unexpected(class_name, f"no end after {len(found)} instances")
            except AmtError:
                await self._release(class_name, context)
                raise
            return found

    async def _pull(self, class_name: str, context: str) -> Page:
        arguments = {"EnumerationContext": context, "MaxElements": 999, "MaxCharacters": 99999}
        page = await self._call("Pull", class_name, arguments=arguments)
        if not isinstance(page, Page):
            raise unexpected(class_name, "no PullResponse")
        return page

    async def _release(self, class_name: str, context: str) -> None:
        try:
            await self._call("Release", class_name, arguments={"EnumerationContext": context})
        except AmtError:
            pass  # the device forgets the context by itself; the first error is the one to tell

    async def _ask(
        self,
        operation: str,
        class_name: str = "",
        *,
        selectors: Selectors | None = None,
        arguments: Arguments | None = None,
        reusable: bool = False,
        is_read: bool = False,
    ) -> Instance | Reference | Page | None:
        async with self._one_at_a_time:
            return await self._call(
                operation,
                class_name,
                selectors=selectors,
                arguments=arguments,
                reusable=reusable,
                is_read=is_read,
            )

    async def _call(
        self,
        operation: str,
        class_name: str = "",
        *,
        selectors: Selectors | None = None,
        arguments: Arguments | None = None,
        reusable: bool = False,
        is_read: bool = False,
    ) -> Instance | Reference | Page | None:
        self._messages += 1
        body = encode(
            operation,
            class_name,
            selectors=selectors,
            arguments=arguments,
            message_id=str(self._messages),
            reusable=reusable,
        )
        is_order = not (is_read or operation in READS)
        response = await self._signed_in(body, is_order)
        try:
            return self._decoded(response)
        except AmtBadAnswer as error:
            raise _after_order(error, is_order) from None

    def _decoded(self, response: Response) -> Instance | Reference | Page | None:
        body, status = response.body, response.status
        if status in (200, 400, 403, 500) and body.strip():
            try:
                return decode(body, max_bytes=self.limits.max_bytes)
            except AmtBadAnswer:
                if status == 403:
                    raise AmtFault("wsman:AccessDenied", f"HTTP 403 {excerpt(body)}") from None
                raise
        if status == 200:
            return None
        if status == 503:
            raise AmtBusy("The device has no room for another connection.", detail="HTTP 503")
        if looks_like_html(body):
            raise html(body)
        raise AmtBadAnswer(
            f"The device's web server answered HTTP {status}, which AMT does not.",
            reason="not-amt",
            detail=excerpt(body),
        )

    async def _signed_in(self, body: bytes, is_order: bool) -> Response:
        """Send ``body`` with our login; sign in first, and once more when the nonce has lapsed."""
        if self._refused is not None:  # asking again would only help to lock the login
            raise self._refused
        if self._digest.challenge is None:
            await self._greet()
            is_fresh = True
        else:
            is_fresh = False
        for _attempt in range(3):
            response = await self._send_login(body, is_order)
            if response.status != 401:
                return response
            challenge = self._challenge(response)
            if is_fresh and not challenge.stale:
                break
            self._digest.accept(challenge)
            is_fresh = True
        self._refused = AmtSignInRefused(
            f"The device refuses this login ({self.target.username}). Nothing was done."
        )
        raise self._refused

    async def _send_login(self, body: bytes, is_order: bool) -> Response:
        headers = {
            "Content-Type": CONTENT_TYPE,
            "Authorization": self._digest.authorization("POST", PATH, body),
        }
        try:
            response = await self._transport.post(body, headers)
        except (AmtNoAnswer, AmtBadAnswer) as error:
            raise self._scrubbed(_after_order(error, is_order)) from error.__cause__
        self._note(response)
        return response

    async def _greet(self) -> None:
        # An empty body: whatever the device does with a request that has no login, there is
        # nothing in it to obey.
        try:
            response = await self._transport.post(b"", {"Content-Type": CONTENT_TYPE})
        except AmtNoAnswer as error:
            error.retry = True  # nothing was asked yet
            raise
        self._note(response)
        if response.status == 503:
            raise AmtBusy("The device has no room for another connection.", detail="HTTP 503")
        if response.status != 401:
            raise html(response.body) if looks_like_html(response.body) else _not_amt(response)
        self._digest.accept(self._challenge(response))

    def _challenge(self, response: Response) -> Challenge:
        """Return the challenge of a 401 if it comes from the device that we know."""
        challenge = read_challenge(response.challenges)
        if self.firmware is None and not challenge.realm.startswith(REALM):
            raise _not_amt(response)
        known = self.target.realm or self.realm
        if known and challenge.realm != known:
            raise AmtRealmChanged(known=known, observed=challenge.realm)
        self.realm = challenge.realm
        return challenge

    def _note(self, response: Response) -> None:
        self.server_header = response.headers.get("Server") or self.server_header

    def _scrubbed(self, error: AmtError) -> AmtError:
        password = self.target.password
        if password and password in error.detail:
            error.detail = error.detail.replace(password, "…")
        return error


def _instance(answer: Instance | Reference | Page | None) -> Instance:
    if isinstance(answer, Instance):
        return answer
    raise unexpected("the answer", "no instance in it")


def _after_order(error: AmtError, is_order: bool = True) -> AmtError:
    """Mark what went wrong after an order went out with a valid login."""
    error.may_have_been_obeyed = is_order
    return error


def _not_amt(response: Response) -> AmtBadAnswer:
    server = response.headers.get("Server", "none")
    return AmtBadAnswer(
        "The answer is not AMT's: another web server at this address?",
        reason="not-amt",
        detail=f"HTTP {response.status}, Server: {server}",
    )
