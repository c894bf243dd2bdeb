"""Refuse request bodies that are too large, also those whose length nobody announced.

Django holds a body to its limits once it is all there; until then uvicorn would write any number
of bytes to disk for whoever sends them, signed in or not.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

Receive = Callable[[], Awaitable[Mapping[str, Any]]]
Send = Callable[[Mapping[str, Any]], Awaitable[None]]
Application = Callable[[dict[str, Any], Receive, Send], Awaitable[None]]

LARGEST = 16 * 1024 * 1024  # bytes; the largest form has 10 MB
TEXT = f"A request has {LARGEST:,} bytes at most.\n".encode()


def bounded(application: Application, largest: int = LARGEST) -> Application:
    """Return ``application``, which never reads more than ``largest`` bytes of one request."""

    async def wrapped(scope: dict[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await application(scope, receive, send)
            return
        length = dict(scope["headers"]).get(b"content-length", b"")
        if length.isdigit() and (len(length) > 18 or int(length) > largest):
            await refuse(send)
            return
        await application(scope, counted(receive, send, largest), send)

    return wrapped


def counted(receive: Receive, send: Send, largest: int) -> Receive:
    """Return ``receive``; past ``largest`` bytes it answers and says that the client is gone."""
    read = 0

    async def counting() -> Mapping[str, Any]:
        nonlocal read
        message = await receive()
        read += len(message.get("body", b""))
        if read <= largest:
            return message
        await refuse(send)
        return {"type": "http.disconnect"}

    return counting


async def refuse(send: Send) -> None:
    """Answer 413 and close."""
    headers = [(b"content-type", b"text/plain"), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": 413, "headers": headers})
    await send({"type": "http.response.body", "body": TEXT})
