"""Agents: the three addresses that they call, and the pages that let them enrol."""

from typing import Any
from uuid import uuid4

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from devices import paging
from devices.forms.agents import TokenForm
from devices.models import Agent, Device, EnrolmentToken
from devices.models.rights import Right
from devices.services import agent_tokens
from devices.services import agents as services
from devices.services.agent_list import STATES, AgentList
from devices.services.agents import AgentRefused
from devices.views.access import PersonRequest, needs_right_somewhere
from devices.views.bodies import bounded_body
from devices.views.device import chosen_folder, editable

PROGRAM = settings.BASE_DIR / "static" / "agent" / "zcc_agent.py"
LAST_CLICK = "token_click"  # of the session
ORDERS = {
    "device": ("device__name",),
    "enrolled": ("enrolled_at",),
    "seen": ("seen_at",),
}


@login_not_required
@require_GET
def program(request: HttpRequest) -> HttpResponse:
    """Hand out the agent."""
    return HttpResponse(PROGRAM.read_bytes(), content_type="text/x-python; charset=utf-8")


@login_not_required
@csrf_exempt
@require_POST
def enrol(request: HttpRequest) -> JsonResponse:
    """Let an agent enrol by its token: {"token", "facts"} -> {"agent", "key"}."""
    try:
        told = services.read_json(_body(request))
        sent = told if isinstance(told, dict) else {}
        token = sent.get("token")
        if not isinstance(token, str) or not token.isascii() or len(token) > 200:
            raise AgentRefused(400, "token: missing, or not text.")
        agent, key = services.enrol(token, sent.get("facts"))
    except AgentRefused as refused:
        return JsonResponse({"error": str(refused)}, status=refused.status)
    return JsonResponse({"agent": str(agent.agent_id), "key": key})


@login_not_required
@csrf_exempt
@require_POST
def report(request: HttpRequest) -> JsonResponse:
    """Take a report: the facts as JSON, signed in four headers (see the agent)."""
    try:
        agent = services.report(headers=request.headers, body=_body(request))
    except AgentRefused as refused:
        return JsonResponse({"error": str(refused)}, status=refused.status)
    return JsonResponse({"device": agent.device.name})


def _body(request: HttpRequest) -> bytes:
    body = bounded_body(request, services.LARGEST)
    if body is None:
        raise AgentRefused(413, f"A report has {services.LARGEST:,} bytes at most.")
    return body


@require_http_methods(["GET", "POST"])
@needs_right_somewhere(Right.EDIT)
@never_cache
def agents(request: PersonRequest) -> HttpResponse:
    """List the agents and the open tokens; make a token for PCs of a folder."""
    if request.htmx and request.method == "GET":
        return render(request, "devices/_agent_list.html", _listed(request))
    form = TokenForm(request.POST or None, user=request.user)
    made = {}
    click = request.POST.get("intent", "")
    if click and request.session.get(LAST_CLICK) == click:  # the page was loaded again
        messages.info(request, "This token was made before, and is shown only once.")
        return redirect("devices:agents")
    if request.method == "POST" and form.is_valid():
        request.session[LAST_CLICK] = click
        made = {**form.told, "token": agent_tokens.new_token(**form.told, by=request.user)}
    context = {
        **_listed(request),
        **made,
        "form": form,
        "intent": uuid4(),
        "place": chosen_folder(request, form),
        "server": _server(request),
        "tokens": agent_tokens.listed(request.user),
    }
    return render(request, "devices/agents.html", context, status=422 if form.errors else 200)


def _listed(request: PersonRequest) -> dict[str, Any]:
    """Return what the list of agents needs."""
    asked = AgentList.read(request.GET)
    rows = asked.apply(request.user).select_related("device__host_report")
    page = paging.paginate(rows, request.GET, orders=ORDERS, default="device")
    editable = Device.objects.allowed(request.user, Right.EDIT)
    shown = editable.filter(pk__in=[agent.device_id for agent in page.rows])
    may_revoke = set(shown.values_list("pk", flat=True))
    return {"asked": asked, "states": STATES.items(), "page": page, "may_revoke": may_revoke}


@require_POST
def withdraw_token(request: PersonRequest, pk: int) -> HttpResponse:
    """Let nobody enrol by a token any more."""
    visible = EnrolmentToken.objects.allowed(request.user, Right.VIEW)
    token = get_object_or_404(visible.select_related("device__folder", "folder"), pk=pk)
    agent_tokens.withdraw(token=token, by=request.user)
    messages.success(request, f"Withdrawn: the token for {token.device or token.folder}.")
    return redirect("devices:agents")


@require_POST
@never_cache
def install_agent(request: PersonRequest, pk: int) -> HttpResponse:
    """Show how to install the agent on one device, with a token that counts once."""
    device = editable(request, pk)
    token = agent_tokens.new_token(folder=device.folder, device=device, by=request.user)
    context = {"device": device, "token": token, "server": _server(request), "uses": 1}
    context["valid_for"] = agent_tokens.ONE_DAY
    return render(request, "devices/agent_install.html", context)


@require_POST
def revoke_agent(request: PersonRequest, pk: int) -> HttpResponse:
    """Take no more reports of the agent of a device."""
    device = editable(request, pk)
    services.revoke(agent=get_object_or_404(Agent, device=device), by=request.user)
    messages.success(request, f"Revoked: the agent of {device}.")
    return redirect(_asked_on(request) or "devices:agents")


def _asked_on(request: PersonRequest) -> str:
    """Return the page of the console that a button stood on, or nothing."""
    page = request.POST.get("next", "")
    is_ours = page.startswith("/") and url_has_allowed_host_and_scheme(page, allowed_hosts=None)
    return page if is_ours else ""


def _server(request: PersonRequest) -> str:
    return request.build_absolute_uri("/").rstrip("/")
