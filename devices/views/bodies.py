"""Read what programs send, and no more of it than they may."""

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest


def bounded_body(request: HttpRequest, most: int) -> bytes | None:
    """Return the body of a request; None if it has more than ``most`` bytes."""
    told = request.headers.get("Content-Length", "")
    if told.isdigit() and int(told) > most:
        return None
    try:
        body = request.body
    except RequestDataTooBig:
        return None
    return body if len(body) <= most else None
