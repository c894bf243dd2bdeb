"""Agents: the three addresses that they call, and the pages that let them enrol."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from devices import paging
from devices.forms.devices import InFolderForm
from devices.models import Agent, Device
from devices.models.rights import Right
from devices.services import agent_tokens
from devices.services import agents as services
from devices.services.agents import AgentRefused
from devices.views.access import PersonRequest, needs_right_somewhere
from devices.views.bodies import bounded_body
from devices.views.device import chosen_folder, editable

PROGRAM = settings.BASE_DIR / "static" / "agent" / "zcc_agent.py"
ORDERS = {"device": ("device__name",), "seen": ("seen_at",)}


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
    """List the agents; make a token for a new device in a folder."""
    form = InFolderForm(request.POST or None, user=request.user)
    token = ""
    if request.method == "POST" and form.is_valid():
        token = agent_tokens.new_token(folder=form.cleaned_data["folder"], by=request.user)
    devices = Device.objects.visible_to(request.user)
    rows = Agent.objects.filter(device__in=devices).select_related("device__host_report")
    context = {
        "form": form,
        "place": chosen_folder(request, form),
        "token": token,
        "server": _server(request),
        "page": paging.paginate(rows, request.GET, orders=ORDERS, default="device"),
    }
    return render(request, "devices/agents.html", context, status=422 if form.errors else 200)


@require_POST
@never_cache
def install_agent(request: PersonRequest, pk: int) -> HttpResponse:
    """Show how to install the agent on one device, with a token that counts once."""
    device = editable(request, pk)
    token = agent_tokens.new_token(folder=device.folder, device=device, by=request.user)
    context = {"device": device, "token": token, "server": _server(request)}
    return render(request, "devices/agent_install.html", context)


@require_POST
def revoke_agent(request: PersonRequest, pk: int) -> HttpResponse:
    """Take no more reports of the agent of a device."""
    device = editable(request, pk)
    services.revoke(agent=get_object_or_404(Agent, device=device), by=request.user)
    messages.success(request, f"Revoked: the agent of {device}.")
    return redirect("devices:agents")


def _server(request: PersonRequest) -> str:
    return request.build_absolute_uri("/").rstrip("/")
