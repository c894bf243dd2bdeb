"""Pages for requests that end in an error: ours, the browser's, or a right that is missing."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.views.decorators.csrf import requires_csrf_token


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Say that the form was too old, and how to go on."""
    return render(request, "403_csrf.html", {"reason": reason}, status=403)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Say that the request could not be read. It may have come before the sign-in was looked at."""
    return bare(request, "400.html", 400)


@requires_csrf_token
def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Say which right is missing, if the view said it."""
    return render(request, "403.html", {"exception": str(exception)}, status=403)


@requires_csrf_token
def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Say that nothing has this address; what may not be seen is told the same way."""
    return render(request, "404.html", status=404)


def server_error(request: HttpRequest) -> HttpResponse:
    """Say that the fault is ours, without asking the database for anything."""
    return bare(request, "500.html", 500)


def bare(request: HttpRequest, template: str, status: int) -> HttpResponse:
    """Draw a page that knows nobody: no session, no query."""
    context = {
        "csp_nonce": getattr(request, "csp_nonce", ""),
        "practice": settings.PRACTICE,
        "zone_name": "",
    }
    return HttpResponse(render_to_string(template, context), status=status)
