"""A file that is sent while it is made, by both kinds of servers."""

from collections.abc import AsyncIterator, Iterable
from itertools import islice
from typing import Any

from asgiref.sync import sync_to_async
from django.http import StreamingHttpResponse

AT_ONCE = 200  # pieces of one visit to the thread


class StreamedFile(StreamingHttpResponse):
    """Send ``pieces``, however long they go on.

    Django's own answer, where it is sent asynchronously, first makes a list of all its pieces.
    """

    def __init__(self, pieces: Iterable[str], *, name: str, content_type: str) -> None:
        super().__init__(pieces, content_type=f"{content_type}; charset=utf-8")
        self["Content-Disposition"] = f'attachment; filename="{name}"'

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """Yield what the server sends: pieces are made in the thread of the request."""
        pieces: Any = iter(self)
        take = sync_to_async(lambda: b"".join(islice(pieces, AT_ONCE)))
        while some := await take():
            yield some
