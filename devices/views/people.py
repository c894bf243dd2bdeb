"""Sign in and out, passwords, sign-in links, one's own settings; the lock-out after failures."""

from typing import Any

from axes.helpers import get_client_username
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login, logout, update_session_auth_hash
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render, resolve_url
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from devices.forms.people import (
    ChangePasswordForm,
    ChoosePasswordForm,
    PreferencesForm,
    SignInForm,
    password_rules,
)
from devices.models import SignInLink, User
from devices.models.rights import POWER_RIGHTS, Right, may_anywhere
from devices.services import people
from devices.services import sign_in as sign_ins
from devices.views.access import PersonRequest

BACKEND = "django.contrib.auth.backends.ModelBackend"  # whom Axes lets through


@login_not_required
@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """Ask for user name and password, then go where the person wanted to."""
    if request.user.is_authenticated:
        return HttpResponseRedirect(wanted(request, request.user))
    form = SignInForm(request, request.POST or None)
    if form.is_valid():
        login(request, form.get_user())
        sign_ins.record_sign_in(form.get_user())
        return HttpResponseRedirect(wanted(request, form.get_user()))
    if request.method == "POST":
        sign_ins.record_refusal(request.POST.get("username", ""))
    context = {"form": form, "next": request.POST.get("next") or request.GET.get("next", "")}
    return render(request, "people/sign_in.html", context, status=422 if form.errors else 200)


def wanted(request: HttpRequest, user: User) -> str:
    """Return the page the person asked for, if it is one of ours, else their first page."""
    url = request.POST.get("next") or request.GET.get("next") or ""
    ours = url_has_allowed_host_and_scheme(
        url, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return url if ours else first_page(user)


def first_page(user: User) -> str:
    """Return where the day begins: Home, Find a PC for helpdesk, Tasks for whoever only watches."""
    if may_anywhere(user, Right.EDIT) or not may_anywhere(user, Right.VIEW):
        return resolve_url(settings.LOGIN_REDIRECT_URL)
    orders = any(may_anywhere(user, right) for right in POWER_RIGHTS)
    return resolve_url("devices:find" if orders else "devices:jobs")


def locked_out(
    request: HttpRequest,
    response: HttpResponse | None = None,
    credentials: dict[str, Any] | None = None,
) -> HttpResponse:
    """Answer a sign-in that comes while this name and address are locked: say until when."""
    username = get_client_username(request, credentials) or ""
    sign_ins.record_lock_out(username)
    until = sign_ins.lock_out_ends_at(username, getattr(request, "axes_ip_address", None))
    seconds = max(1, int((until - timezone.now()).total_seconds()))
    context = {"until": until, "minutes": -(-seconds // 60)}
    page = render(request, "people/locked_out.html", context, status=429)
    page.headers["Retry-After"] = str(seconds)
    return page


@require_POST
def sign_out(request: PersonRequest) -> HttpResponse:
    """End the session."""
    sign_ins.record_sign_out(request.user)
    logout(request)
    messages.info(request, "You are signed out.")
    return redirect(settings.LOGOUT_REDIRECT_URL)


@login_not_required
@sensitive_post_parameters("new_password1", "new_password2")
@require_http_methods(["GET", "POST"])
def sign_in_link(request: HttpRequest, token: str) -> HttpResponse:
    """Sign a person in once; whoever has to choose a password does it before that.

    A plain GET uses the link up only where no password is asked for: links that travel by mail
    or chat are opened by machines before the person sees them.
    """
    link = people.find_sign_in_link(token)
    if link is None:
        return render(request, "people/link_used.html", status=410)
    if link.user.must_change_password:
        return choose_first_password(request, link)
    return enter(request, link, is_used=people.use_sign_in_link(link=link))


def choose_first_password(request: HttpRequest, link: SignInLink) -> HttpResponse:
    """Ask for a password; the link is used up when it fits the rules."""
    form = ChoosePasswordForm(link.user, request.POST or None)
    if form.is_valid():
        password = form.cleaned_data["new_password1"]
        used = people.choose_first_password(link=link, password=password)
        return enter(request, link, is_used=used)
    context = {"form": form, "person": link.user, "rules": password_rules()}
    status = 422 if form.errors else 200
    return render(request, "people/choose_password.html", context, status=status)


def enter(request: HttpRequest, link: SignInLink, *, is_used: bool) -> HttpResponse:
    """Open the session of the link's person, unless somebody was quicker."""
    if not is_used:
        return render(request, "people/link_used.html", status=410)
    login(request, link.user, backend=BACKEND)
    return redirect(first_page(link.user))


@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
def change_password(request: PersonRequest) -> HttpResponse:
    """Change one's own password; this session goes on, the others end."""
    kind = ChangePasswordForm if request.user.has_usable_password() else ChoosePasswordForm
    form = kind(request.user, request.POST or None)
    if form.is_valid():
        people.change_password(user=request.user, password=form.cleaned_data["new_password1"])
        update_session_auth_hash(request, request.user)
        messages.success(request, "Your password is changed. Your other sessions have ended.")
        return redirect(first_page(request.user))
    context = {"form": form, "rules": password_rules()}
    status = 422 if form.errors else 200
    return render(request, "people/change_password.html", context, status=status)


@require_http_methods(["GET", "POST"])
def preferences(request: PersonRequest) -> HttpResponse:
    """Choose one's own time zone, theme and keys."""
    kept = {"theme": "system", "keys": True, **request.user.preferences}
    form = PreferencesForm(
        request.POST or None, initial={**kept, "time_zone": request.user.time_zone}
    )
    if request.method == "POST" and form.is_valid():
        people.save_preferences(user=request.user, **form.cleaned_data)
        messages.success(request, "Saved: your settings count from this page on.")
        leaves = "ok" in request.POST
        return redirect(first_page(request.user) if leaves else "devices:preferences")
    status = 422 if form.errors else 200
    return render(request, "people/preferences.html", {"form": form}, status=status)
