"""What every request passes: security policy, sign-in, and the two bodies of one address."""

import secrets
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.conf import settings
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import resolve_url
from django.utils import timezone
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
    """Ask everybody to sign in, except on views marked with ``login_not_required``.

    Whoever has to choose a new password gets no further than the page where that is done.
    """

    def process_view(
        self,
        request: HttpRequest,
        view_func: Callable[..., HttpResponseBase],
        view_args: tuple[Any, ...],
        view_kwargs: dict[str, Any],
    ) -> HttpResponseBase | None:
        """Let the request through, or say where to go first."""
        if not getattr(view_func, "login_required", True):
            return None
        if not request.user.is_authenticated:
            return self.handle_no_permission(request, view_func)
        match = request.resolver_match
        if request.user.must_change_password and match and match.view_name not in OPEN_BEFORE:
            return go_first_to(request, resolve_url("devices:change_password"))
        return None

    def handle_no_permission(  # type: ignore[override]
        self, request: HttpRequest, view_func: Callable[..., HttpResponseBase]
    ) -> HttpResponseBase:
        """Send a page to the sign-in; a poll must never get that page into its table."""
        if not request.htmx:  # type: ignore[attr-defined]
            return super().handle_no_permission(request, view_func)
        here = request.htmx.current_url_abs_path or ""  # type: ignore[attr-defined]
        query = {REDIRECT_FIELD_NAME: here} if here else {}
        response = go_first_to(request, f"{resolve_url(settings.LOGIN_URL)}?{urlencode(query)}")
        response.status_code = 401
        return response


OPEN_BEFORE = {"devices:change_password", "devices:sign_out"}  # a password is chosen


def go_first_to(request: HttpRequest, url: str) -> HttpResponseBase:
    """Redirect the whole page, also where only a part of it was asked for."""
    return HttpResponseClientRedirect(url) if request.htmx else HttpResponseRedirect(url)  # type: ignore[attr-defined]


def own_time_zone(get_response: Handler) -> Handler:
    """Show times in the zone the person chose, else in that of the installation."""

    def middleware(request: HttpRequest) -> HttpResponse:
        name = request.user.time_zone if request.user.is_authenticated else ""
        try:
            zone = ZoneInfo(name) if name else None
        except (ZoneInfoNotFoundError, ValueError):  # chosen where more zones were known
            zone = None
        with timezone.override(zone):
            return get_response(request)

    return middleware


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
