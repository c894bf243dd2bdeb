"""What every request passes: content security policy, sign-in, and the two bodies of one address."""

import secrets
from collections.abc import Callable

from django.conf import settings
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import resolve_url
from django_htmx.http import HttpResponseClientRedirect

from devices import audit

Handler = Callable[[HttpRequest], HttpResponse]


def content_security_policy(get_response: Handler) -> Handler:
    """Send SECURE_CSP with a nonce of its own for each answer, as Django 6 does."""

    def middleware(request: HttpRequest) -> HttpResponse:
        request.csp_nonce = secrets.token_urlsafe(16)  # type: ignore[attr-defined]
        response = get_response(request)
        response.headers.setdefault("Content-Security-Policy", policy(request.csp_nonce))  # type: ignore[attr-defined]
        return response

    return middleware


def policy(nonce: str) -> str:
    """Return the header's text with ``nonce`` in place of the word *nonce*."""
    rules = (
        " ".join([name, *(f"'nonce-{nonce}'" if word == "nonce" else word for word in words)])
        for name, words in settings.SECURE_CSP.items()
    )
    return "; ".join(rules)


def remember_client_address(get_response: Handler) -> Handler:
    """Let the audit know from where the request came."""

    def middleware(request: HttpRequest) -> HttpResponse:
        token = audit.client_address.set(request.META.get("REMOTE_ADDR") or None)
        try:
            return get_response(request)
        finally:
            audit.client_address.reset(token)

    return middleware


class SignInRequired(LoginRequiredMiddleware):
    """Ask everybody to sign in, except on views marked with ``login_not_required``."""

    def handle_no_permission(
        self, request: HttpRequest, view_func: Callable[..., HttpResponse]
    ) -> HttpResponseBase:
        """Send a page to the sign-in; a poll must never get that page into its table."""
        if not request.htmx:  # type: ignore[attr-defined]
            return super().handle_no_permission(request, view_func)
        response = HttpResponseClientRedirect(resolve_url(settings.LOGIN_URL))
        response.status_code = 401
        return response


def two_bodies(get_response: Handler) -> Handler:
    """Keep page and partial of one address apart in every cache."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        response.headers["Vary"] = ", ".join(
            filter(None, [response.headers.get("Vary"), "HX-Request"])
        )
        response.headers.setdefault("Cache-Control", "no-store")
        return response

    return middleware
