"""Configuration > Certificates: the list with its chains, one certificate, files to take away."""

from cryptography.hazmat.primitives.serialization import Encoding
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django_htmx.http import HttpResponseClientRedirect

from amt.certificates.errors import CertificateError
from amt.models import Certificate, CertificateRequest
from amt.services import certificate_overview, hashes, zone_change
from amt.services import certificates as services
from devices.models import Server
from devices.models.rights import Right
from devices.views.access import PersonRequest, needs_zone_right

keepers_only = needs_zone_right(Right.CERTIFICATES)
PANEL_ROWS = 5


@require_GET
@keepers_only
def certificates(request: PersonRequest) -> HttpResponse:
    """List management certificates by server, requests, authorities, and what ends when."""
    context = {
        "overviews": certificate_overview.overviews(),
        "requests": CertificateRequest.objects.select_related("server"),
        "authorities": Certificate.objects.authorities(),
        "endings": certificate_overview.endings(),
        "without": Server.objects.filter(management_certificates=None),
        "change": zone_change.current(),
    }
    return render(request, "amt/certificates.html", context)


@require_GET
@keepers_only
def certificates_panel(request: PersonRequest) -> HttpResponse:
    """Show the certificates as a panel of Configuration."""
    endings = certificate_overview.endings()
    context = {"endings": endings[:PANEL_ROWS], "has_more": len(endings) > PANEL_ROWS}
    return render(request, "amt/_certificates_panel.html", context)


@require_GET
@keepers_only
def certificate(request: PersonRequest, pk: int) -> HttpResponse:
    """Show one certificate: its chain, its verdicts, the firmware that refuses it."""
    row = get_object_or_404(Certificate.objects.select_related("server"), pk=pk)
    context = {"row": row, "overview": certificate_overview.overviews([row])[0]}
    return render(request, "amt/certificate.html", context)


@require_http_methods(["GET", "POST"])
@keepers_only
def delete_certificate(request: PersonRequest, pk: int) -> HttpResponse:
    """Delete a certificate with its key; say what depends on it."""
    row = get_object_or_404(Certificate.objects.select_related("server"), pk=pk)
    refusal = ""
    if request.method == "POST":
        try:
            _delete(row, request)
        except CertificateError as error:
            refusal = str(error)
        else:
            messages.success(request, f"Deleted: certificate {row}.")
            return HttpResponseClientRedirect(reverse("amt:certificates"))
    used = services.provisioned().filter(server=row.server).count() if row.server else 0
    context = {"row": row, "used": used if row.is_management else 0, "refusal": refusal}
    status = 422 if refusal else 200
    return render(request, "amt/certificate_delete.html", context, status=status)


def _delete(row: Certificate, request: PersonRequest) -> None:
    if row.is_management:
        although = "although" in request.POST
        services.delete_management(certificates=[row], by=request.user, although_used=although)
    else:
        services.delete_authority(certificate=row, by=request.user)


@require_GET
@keepers_only
def download_certificate(request: PersonRequest, pk: int) -> HttpResponse:
    """Give a certificate as a file: DER, or PEM if that is asked for. Never its key."""
    row = get_object_or_404(Certificate, pk=pk)
    is_pem = request.GET.get("form") == "pem"
    data = row.x509.public_bytes(Encoding.PEM if is_pem else Encoding.DER)
    return attachment(data, f"{row.name}.{'pem' if is_pem else 'cer'}", "application/pkix-cert")


@require_GET
@keepers_only
def download_request(request: PersonRequest, pk: int) -> HttpResponse:
    """Give a request as a file (PEM), to be signed outside."""
    row = get_object_or_404(CertificateRequest, pk=pk)
    return attachment(row.x509.public_bytes(Encoding.PEM), f"{row.name}.csr", "application/pkcs10")


@require_POST
@keepers_only
def delete_request(request: PersonRequest, pk: int) -> HttpResponse:
    """Give up a request, with its key."""
    row = get_object_or_404(CertificateRequest, pk=pk)
    services.delete_request(request=row, by=request.user)
    messages.success(request, f"Deleted: the request for {row}.")
    return redirect("amt:certificates")


@require_GET
@keepers_only
def zone_hashes(request: PersonRequest) -> HttpResponse:
    """Show the hashes that must be in the devices, and which firmware takes which (D4)."""
    return render(request, "amt/hashes.html", {"roots": hashes.roots()})


@require_GET
@keepers_only
def mebx_card(request: PersonRequest, kind: str) -> HttpResponse:
    """Show a card to print, with every step in MEBx and this zone's values (S11-S19, S59-S69)."""
    if kind not in ("enterprise", "small-business"):
        raise Http404
    roots = hashes.roots()
    server = next((row.server for root in roots for row in root.certificates if row.server), None)
    name = next((row.name for root in roots for row in root.certificates), "")
    context = {
        "kind": kind,
        "roots": roots,
        "server_name": name,
        "suffix": name.partition(".")[2],
        "server": server or Server.objects.first(),
    }
    return render(request, "amt/mebx_card.html", context)


def attachment(data: bytes, name: str, content_type: str) -> HttpResponse:
    """Return ``data`` as a file to be saved, and kept by nobody on the way."""
    safe = "".join(sign if sign.isalnum() or sign in ".-_" else "-" for sign in name)
    response = HttpResponse(data, content_type=content_type)
    response["Content-Disposition"] = f'attachment; filename="{safe}"'
    response["Cache-Control"] = "no-store"
    return response
