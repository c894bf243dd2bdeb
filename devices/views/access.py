"""What views ask of a request before they do anything: who it is, and one right of the zone."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django_htmx.middleware import HtmxDetails

from devices.models import User
from devices.models.rights import Right, may, may_anywhere

P = ParamSpec("P")


class PersonRequest(HttpRequest):
    """A request of somebody who is signed in, as the middleware hands it to every view."""

    user: User
    htmx: HtmxDetails


View = Callable[Concatenate[PersonRequest, P], HttpResponseBase]


def needs_zone_right(right: Right) -> Callable[[View[P]], View[P]]:
    """Refuse everybody who does not hold ``right`` in the whole zone."""
    return _needs(right, may, "in the whole zone")


def needs_right_somewhere(right: Right) -> Callable[[View[P]], View[P]]:
    """Refuse everybody who holds ``right`` in no folder at all."""
    return _needs(right, may_anywhere, "in at least one folder")


def _needs(
    right: Right, holds: Callable[[User, Right], bool], where: str
) -> Callable[[View[P]], View[P]]:
    def decorate(view: View[P]) -> View[P]:
        @wraps(view)
        def checked(
            request: PersonRequest, /, *args: P.args, **kwargs: P.kwargs
        ) -> HttpResponseBase:
            if not holds(request.user, right):
                raise PermissionDenied(f'You need the right "{right.label}" {where}.')
            return view(request, *args, **kwargs)

        return checked

    return decorate
