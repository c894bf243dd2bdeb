"""Sign in, sign out, change password; the lock-out after failures."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def locked_out(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
    """Answer a sign-in that comes while this name and address are locked."""
    return render(request, "people/locked_out.html", status=429)
