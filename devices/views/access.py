"""What views ask of a request before they do anything: who it is, and one right of the zone."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django_htmx.middleware import HtmxDetails

from devices.models import User
from devices.models.rights import Right, may

P = ParamSpec("P")


class PersonRequest(HttpRequest):
    """A request of somebody who is signed in, as the middleware hands it to every view."""

    user: User
    htmx: HtmxDetails


View = Callable[Concatenate[PersonRequest, P], HttpResponseBase]


def needs_zone_right(right: Right) -> Callable[[View[P]], View[P]]:
    """Refuse everybody who does not hold ``right`` in the whole zone."""

    def decorate(view: View[P]) -> View[P]:
        @wraps(view)
        def checked(
            request: PersonRequest, /, *args: P.args, **kwargs: P.kwargs
        ) -> HttpResponseBase:
            if not may(request.user, right):
                raise PermissionDenied(f'You need the right "{right.label}" in the whole zone.')
            return view(request, *args, **kwargs)

        return checked

    return decorate
