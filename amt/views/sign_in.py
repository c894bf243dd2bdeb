"""*Test credential*: the dialog for a selection, its start; and *Try again*."""

from typing import Any
from uuid import UUID, uuid4

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST
from django_htmx.http import HttpResponseClientRedirect

from amt.forms.settings import CredentialTestForm
from amt.services import sign_in
from devices.models import Device, DeviceQuerySet
from devices.models.rights import Right
from devices.services import selection
from devices.views.access import PersonRequest, needs_zone_right
from vault.models import Credential, Secret


@require_POST
@needs_zone_right(Right.CREDENTIALS)
def test_credential(request: PersonRequest) -> HttpResponse:
    """Open the dialog for a selection; sent with an ``intent``, start the task."""
    is_sent = "intent" in request.POST
    secret = _secret(request)
    devices = _devices(request, secret)
    form = CredentialTestForm(request.POST if is_sent else None, secret=secret)
    if is_sent and form.is_valid():
        job = sign_in.test_credential(
            devices=devices,
            secret=form.chosen,
            intent=form.cleaned_data["intent"],
            asked_by=request.user,
            once_more=form.cleaned_data["once_more"],
        )
        return HttpResponseClientRedirect(job.get_absolute_url())
    context = {"form": form, "secret": secret, "intent": uuid4(), **_told(devices, secret, request)}
    status = 422 if form.errors else 200
    return render(request, "amt/test_credential.html", context, status=status)


@require_POST
@needs_zone_right(Right.CREDENTIALS)
def try_again(request: PersonRequest, pk: int) -> HttpResponse:
    """Let a device that refused its login too often be signed in to again."""
    device = get_object_or_404(Device.objects.visible_to(request.user), pk=pk)
    sign_in.try_again(device=device, asked_by=request.user)
    messages.success(request, f"Saved: {device} is tried again; its state is read soon.")
    return redirect(device)


def _secret(request: PersonRequest) -> Secret | None:
    """Return the password that the page tests: one that it names, or that of its credential."""
    secrets = Secret.objects.select_related("credential").defer("sealed")
    visible = secrets.filter(credential__in=Credential.objects.visible_to(request.user))
    if asked := request.POST.get("secret"):
        found: Secret = get_object_or_404(visible, pk=_uuid(asked))
        return found
    if asked := request.POST.get("of"):
        return visible.active().filter(credential=_uuid(asked), amt_uuid=None).first()
    return None


def _devices(request: PersonRequest, secret: Secret | None) -> DeviceQuerySet:
    """Return the selection; nothing ticked on a credential's page: all that use it."""
    if secret and not {"pk", "all", "frozen"} & request.POST.keys():
        visible: DeviceQuerySet = Device.objects.visible_to(request.user)
        return visible.filter(secret.owner.uses())
    return selection.resolve(request.user, request.POST)


def _told(devices: DeviceQuerySet, secret: Secret | None, request: PersonRequest) -> dict[str, Any]:
    chosen = sign_in.testable(devices, secret, request.user)
    return {
        "frozen": selection.freeze(chosen),
        "count": chosen.count(),
        "stopped": chosen.filter(unreadable_code="sign-in-stopped").count(),
    }


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise BadRequest("That is no key of the vault.") from None
