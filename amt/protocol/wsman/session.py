"""WS-Management with one Management Engine: ask one thing at a time, get typed answers."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from typing import Any

from lxml import etree

from amt.protocol.errors import AmtBadAnswer, AmtError, AmtFault, AmtReturnValue
from amt.protocol.http.session import WSMAN, HttpSession
from amt.protocol.http.sign_in import Request, not_amt
from amt.protocol.http.target import Limits, Target
from amt.protocol.http.tls import Tls
from amt.protocol.http.transport import Response
from amt.protocol.safe_xml import excerpt
from amt.protocol.wsman.codec import Arguments, Page, decode, encode
from amt.protocol.wsman.envelope import Selectors
from amt.protocol.wsman.instance import Instance, Reference, unexpected

__all__ = ["Limits", "Session", "Target", "Tls"]

HEADERS = {"Content-Type": "application/soap+xml;charset=UTF-8"}
MAX_INSTANCES = 2_000
READS = frozenset({"Identify", "Get", "Enumerate", "Pull", "Release"})

Answer = Instance | Reference | Page | None


class Session(HttpSession):
    """One device over WS-Management: ``async with Session(target) as session:`` opens it."""

    def __init__(self, target: Target, limits: Limits | None = None) -> None:
        super().__init__(target, limits)
        self._messages = 0

    async def identify(self) -> Instance:
        """Return who answers and which protocol it speaks."""
        return _instance("Identify", await self._ask("Identify", reusable=True))

    async def get(self, class_name: str, selectors: Selectors | None = None) -> Instance:
        """Return one object; most classes of AMT have one only and need no selectors."""
        answer = await self._ask("Get", class_name, selectors=selectors, reusable=True)
        return _instance(class_name, answer)

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
            raise unexpected(class_name, "no ResourceCreated", may_have_been_obeyed=True)
        return answer

    async def delete(self, class_name: str, selectors: Selectors) -> None:
        """Remove one object."""
        await self._ask("Delete", class_name, selectors=selectors)

    async def subscribe(
        self,
        class_name: str,
        selectors: Selectors,
        delivery: Arguments,
        more_headers: Sequence[etree._Element] = (),
    ) -> None:
        """Have events sent; what the device answers to it is not relied upon."""
        await self._ask(
            "Subscribe",
            class_name,
            selectors=selectors,
            arguments={"Delivery": delivery},
            more_headers=more_headers,
        )

    async def unsubscribe(self, class_name: str, selectors: Selectors) -> None:
        """End one subscription."""
        await self._ask("Unsubscribe", class_name, selectors=selectors)

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
        send_before: float | None = None,
    ) -> Instance:
        """Run a method and return its output.

        ``is_read``: it changes nothing, so a lost answer leaves no doubt. ``reusable``: the
        arguments hold no secret and will be used again. ``send_before``: the moment, of the
        monotonic clock, after which nothing is to go out.

        Raises:
            AmtReturnValue: the method ran and said no.
            AmtHeldUp: ``send_before`` had passed; nothing was sent.
            AmtNoAnswer, AmtBadAnswer: see ``may_have_been_obeyed``.
        """
        output = await self._ask(
            method,
            class_name,
            selectors=selectors,
            arguments=arguments,
            reusable=reusable,
            is_read=is_read,
            send_before=send_before,
        )
        value = _return_value(class_name, method, output, is_order=not is_read)
        if value not in accepted:
            is_pt_status = class_name.startswith(("AMT_", "IPS_"))
            raise AmtReturnValue(method, value, is_pt_status=is_pt_status)
        return _instance(class_name, output)

    async def enumerate(
        self, class_name: str, *, max_instances: int = MAX_INSTANCES
    ) -> list[Instance]:
        """Return all objects of a class and of its subclasses, pulled to the end.

        Raises:
            AmtBadAnswer: there are more than ``max_instances``.
        """
        async with self.one_at_a_time:
            opened = _instance(class_name, await self._call("Enumerate", class_name, reusable=True))
            return await self._pull_all(class_name, opened, max_instances)

    async def _pull_all(self, class_name: str, opened: Instance, most: int) -> list[Instance]:
        context = opened.text("EnumerationContext")
        found: list[Instance] = []
        try:
            while True:
                page = await self._pull(class_name, context)
                found += page.items
                if len(found) > most or not (page.items or page.is_last):
                    raise unexpected(class_name, f"no end after {len(found)} instances")
                if page.is_last:
                    return found
                context = page.context or context
        except BaseException:
            await self._release(class_name, context)
            raise

    async def _pull(self, class_name: str, context: str) -> Page:
        arguments = {"EnumerationContext": context, "MaxElements": 999, "MaxCharacters": 99999}
        page = await self._call("Pull", class_name, arguments=arguments)
        if not isinstance(page, Page):
            raise unexpected(class_name, "no PullResponse")
        return page

    async def _release(self, class_name: str, context: str) -> None:
        """Give an unfinished enumeration back; the device has room for few."""
        with contextlib.suppress(AmtError):  # the first error is the one to tell
            await self._call("Release", class_name, arguments={"EnumerationContext": context})

    async def _ask(self, operation: str, class_name: str = "", **options: Any) -> Answer:
        async with self.one_at_a_time:
            return await self._call(operation, class_name, **options)

    async def _call(
        self,
        operation: str,
        class_name: str = "",
        *,
        selectors: Selectors | None = None,
        arguments: Arguments | None = None,
        more_headers: Sequence[etree._Element] = (),
        reusable: bool = False,
        is_read: bool = False,
        send_before: float | None = None,
    ) -> Answer:
        self._messages += 1
        body = encode(
            operation,
            class_name,
            selectors=selectors,
            arguments=arguments,
            more_headers=more_headers,
            message_id=str(self._messages),
            reusable=reusable,
        )
        is_order = not (is_read or operation in READS)
        request = Request(WSMAN, body, is_order, HEADERS, send_before)
        response = await self.send(request)
        try:
            return _decoded(response, self.limits.max_bytes)
        except AmtError as error:
            error.hide(self.target.password)
            if isinstance(error, AmtBadAnswer):
                error.on(self.target.port).may_have_been_obeyed = is_order
            raise


def _decoded(response: Response, max_bytes: int) -> Answer:
    """Return what an answer holds; AMT gives faults with status 400, and 500 for its own."""
    body, status = response.body, response.status
    if status == 200 and not body.strip():
        return None  # Delete and Release have nothing to say
    if status not in (200, 400, 403, 500) or (status in (400, 500) and not body.strip()):
        raise not_amt(response)
    try:
        answer = decode(body, max_bytes=max_bytes)
    except AmtBadAnswer:
        if status == 403:
            raise AmtFault("wsman:AccessDenied", f"HTTP 403 {excerpt(body)}") from None
        raise
    if status != 200:
        raise unexpected("fault", f"HTTP {status} without a fault")
    return answer


def _return_value(class_name: str, method: str, output: Answer, *, is_order: bool) -> int:
    try:
        if not isinstance(output, Instance) or output.class_name != f"{method}_OUTPUT":
            raise unexpected(class_name, f"no {method}_OUTPUT")
        return output.integer("ReturnValue")
    except AmtBadAnswer as error:
        error.may_have_been_obeyed = is_order
        raise


def _instance(class_name: str, answer: Answer) -> Instance:
    if isinstance(answer, Instance):
        return answer
    raise unexpected(class_name, "no instance in the answer")
