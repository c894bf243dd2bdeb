"""Dialogs that create, change and delete credentials and their secrets."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django_htmx.http import HttpResponseClientRedirect

from devices.models.rights import Right
from devices.views.access import PersonRequest, needs_zone_right
from vault import services
from vault.forms import ChangePasswordForm, CredentialForm, NewCredentialForm
from vault.models import Credential, Secret
from vault.views.lookup import show_lookup

hides_passwords = sensitive_post_parameters("password", "password_again")


@sensitive_variables()
def done(form: forms.BaseForm, act: Callable[..., Any], **fields: Any) -> bool:
    """Return whether the form was right and ``act`` took its values; a refusal is put into it."""
    if not form.is_bound or not form.is_valid():
        return False
    try:
        act(**form.cleaned_data, **fields)
    except ValidationError as error:
        form.add_error(None, ValidationError(error.messages))
        return False
    return True


def dialog(
    request: PersonRequest, template: str, form: forms.BaseForm, page: str, **more: Any
) -> HttpResponse:
    """Show a dialog; 422 when its form was refused. It stands over the page that opens it."""
    if request.method == "GET" and not request.htmx:
        return redirect(page)
    status = 422 if form.errors else 200
    return render(request, template, {"form": form, **more}, status=status)


def kept(request: PersonRequest, pk: UUID) -> Credential:
    """Return the credential, if this person may see it."""
    visible = Credential.objects.visible_to(request.user).with_use_count()
    found: Credential = get_object_or_404(visible, pk=pk)
    return found


def known_folders(request: PersonRequest) -> list[str]:
    """Return the folders to propose while one is typed."""
    named = Credential.objects.visible_to(request.user).exclude(folder="").order_by("folder")
    return list(named.values_list("folder", flat=True).distinct()[:200])


@require_http_methods(["GET", "POST"])
@needs_zone_right(Right.CREDENTIALS)
@hides_passwords
@sensitive_variables()
def new(request: PersonRequest) -> HttpResponse:
    """Keep a new credential; a look-up that asked for it goes on with it chosen."""
    form = NewCredentialForm(request.POST or None)
    for_lookup = "lookup" in request.GET
    if done(form, services.create_credential, by=request.user):
        name = form.cleaned_data["name"]
        if for_lookup:
            return show_lookup(request, chosen=Credential.objects.get(name=name))
        messages.success(request, f"Saved: credential {name}.")
        return HttpResponseClientRedirect(reverse("vault:credentials"))
    more = {"folders": known_folders(request), "for_lookup": for_lookup}
    page = reverse("vault:credentials") + "?do=new"
    return dialog(request, "vault/_new.html", form, page, **more)


@require_http_methods(["GET", "POST"])
@needs_zone_right(Right.CREDENTIALS)
def edit(request: PersonRequest, pk: UUID) -> HttpResponse:
    """Change all of a credential but its password."""
    credential = kept(request, pk)
    form = CredentialForm(request.POST or None, instance=credential)
    if done(form, services.change_credential, credential=credential, by=request.user):
        messages.success(request, f"Saved: credential {form.cleaned_data['name']}.")
        return HttpResponseClientRedirect(credential.get_absolute_url())
    more = {"credential": credential, "folders": known_folders(request)}
    page = credential.get_absolute_url() + "?do=edit"
    return dialog(request, "vault/_edit.html", form, page, **more)


@require_http_methods(["GET", "POST"])
@needs_zone_right(Right.CREDENTIALS)
@hides_passwords
@sensitive_variables()
def change_password(request: PersonRequest, pk: UUID) -> HttpResponse:
    """Keep another password and use it from now on."""
    credential = kept(request, pk)
    form = ChangePasswordForm(request.POST or None)
    if done(form, services.change_password, credential=credential, by=request.user):
        kept_only = form.cleaned_data["keep_only"]
        said = "has another candidate" if kept_only else "uses another password"
        messages.success(request, f"Saved: {credential} {said}.")
        return HttpResponseClientRedirect(credential.get_absolute_url())
    page = credential.get_absolute_url() + "?do=password"
    return dialog(request, "vault/_change_password.html", form, page, credential=credential)


@require_http_methods(["GET", "POST"])
@needs_zone_right(Right.CREDENTIALS)
def delete(request: PersonRequest, pk: UUID) -> HttpResponse:
    """Delete a credential that nothing uses; else say where it is used."""
    credential = kept(request, pk)
    form = forms.Form(request.POST if request.method == "POST" else None)
    if done(form, services.delete_credential, credential=credential, by=request.user):
        messages.success(request, f"Deleted: credential {credential}.")
        return HttpResponseClientRedirect(reverse("vault:credentials"))
    page = credential.get_absolute_url() + "?do=delete"
    return dialog(request, "vault/_delete.html", form, page, credential=credential)


CHOSEN = {"edit": edit, "password": change_password, "delete": delete}


@require_GET
@needs_zone_right(Right.CREDENTIALS)
def chosen(request: PersonRequest, what: str) -> HttpResponseBase:
    """Open a dialog for the one credential that is ticked in the list."""
    try:
        pk, view = UUID(request.GET.get("pk", "")), CHOSEN[what]
    except (KeyError, ValueError):
        raise Http404 from None
    return view(request, pk)


@require_POST
@needs_zone_right(Right.CREDENTIALS)
def activate(request: PersonRequest, pk: UUID) -> HttpResponse:
    """Use this secret of its credential from now on."""
    secret = own_secret(request, pk)
    services.activate(secret=secret, by=request.user)
    messages.success(request, f"Saved: {secret.credential} uses another password.")
    return redirect(secret.owner)


@require_POST
@needs_zone_right(Right.CREDENTIALS)
def retire(request: PersonRequest, pk: UUID) -> HttpResponse:
    """Put a secret away that is not to be used."""
    secret = own_secret(request, pk)
    try:
        services.retire(secret=secret, by=request.user)
    except ValidationError as error:
        messages.error(request, error.messages[0])
    else:
        messages.success(request, "Saved: the password is retired.")
    return redirect(secret.owner)


def own_secret(request: PersonRequest, pk: UUID) -> Secret:
    """Return the secret, if this person may see its credential."""
    visible = Credential.objects.visible_to(request.user)
    secrets = Secret.objects.filter(credential__in=visible).defer("sealed")
    found: Secret = get_object_or_404(secrets.select_related("credential"), pk=pk)
    return found
