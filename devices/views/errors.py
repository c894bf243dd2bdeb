"""Pages for requests that were refused before a view saw them."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Say that the form was too old, and how to go on."""
    return render(request, "403_csrf.html", {"reason": reason}, status=403)
