"""Dialogs and pages that create, request and import certificates."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods
from django_htmx.http import HttpResponseClientRedirect

from amt.certificates.errors import CertificateError
from amt.certificates.making import Mark, Strength, Subject
from amt.forms.certificates import CreateForm, ImportForm, RequestForm
from amt.services import certificate_import
from amt.services import certificates as services
from amt.views.certificates import keepers_only
from devices.views.access import PersonRequest
from vault.errors import VaultError


@require_http_methods(["GET", "POST"])
@keepers_only
def create_certificate(request: PersonRequest) -> HttpResponse:
    """Have the zone's own authority issue a management certificate (S39)."""
    form = CreateForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            row = services.create_management(
                server=given["server"],
                by=request.user,
                common_name=given["common_name"],
                is_ca=given["is_ca"],
                strength=Strength(given["strength"]),
            )
        except (CertificateError, VaultError) as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, f"Created: the management certificate of {row}.")
            return HttpResponseClientRedirect(row.get_absolute_url())
    status = 422 if form.errors else 200
    return render(request, "amt/certificate_create.html", {"form": form}, status=status)


@require_http_methods(["GET", "POST"])
@keepers_only
def create_request(request: PersonRequest) -> HttpResponse:
    """Make a request for an external authority (S40)."""
    form = RequestForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        name = given["common_name"] or services.default_name(given["server"])
        words = ("organization", "country", "state", "unit")
        try:
            services.create_request(
                server=given["server"],
                subject=Subject(name, *(given[word] for word in words)),
                is_ca=given["is_ca"],
                mark=Mark(given["mark"]),
                strength=Strength(given["strength"]),
                by=request.user,
            )
        except CertificateError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, f"Created: a request for {name}. Have it signed.")
            return HttpResponseClientRedirect(reverse("amt:certificates"))
    status = 422 if form.errors else 200
    return render(request, "amt/certificate_request.html", {"form": form}, status=status)


@require_http_methods(["GET", "POST"])
@keepers_only
@sensitive_post_parameters("passphrase")
@sensitive_variables()
def import_certificate(request: PersonRequest) -> HttpResponse:
    """Judge what was signed outside, and import it unless a rule keeps it out (S52)."""
    form = ImportForm(request.POST or None, request.FILES or None)
    verdicts, chain = [], None
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            if given["only_check"]:
                found = certificate_import.examine(given["contents"], given["server"])
                verdicts, chain = found.verdicts, found.chain
            else:
                return _imported(request, form)
        except certificate_import.CertificateRefused as refusal:
            verdicts = refusal.verdicts
            form.add_error("chosen", "Not imported: a rule keeps it out, see below.")
        except CertificateError as error:
            form.add_error("chosen", str(error))
    context = {"form": form, "verdicts": verdicts, "chain": chain}
    status = 422 if form.errors else 200
    return render(request, "amt/certificate_import.html", context, status=status)


def _imported(request: PersonRequest, form: ImportForm) -> HttpResponse:
    given = form.cleaned_data
    done = certificate_import.import_certificates(
        contents=given["contents"], server=given["server"], by=request.user
    )
    if done.certificate:
        messages.success(request, f"Imported: the management certificate of {done.certificate}.")
        return redirect(done.certificate)
    names = ", ".join(map(str, done.authorities)) or "nothing new"
    messages.success(request, f"Put into the trust store: {names}.")
    return redirect("amt:certificates")
