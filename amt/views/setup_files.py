"""setup.bin for a USB stick (S70-S73): what is to be on it, and the file."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods

from amt.certificates import firmware
from amt.certificates.errors import CertificateError
from amt.forms.certificates import SetupFileForm
from amt.models import AmtSettings
from amt.services import setup_file_options, setup_files
from amt.views.certificates import attachment, keepers_only
from devices.views.access import PersonRequest


@require_http_methods(["GET", "POST"])
@keepers_only
@sensitive_post_parameters("current_password")
@sensitive_variables()
def setup_file(request: PersonRequest) -> HttpResponse:
    """Ask what is to be on the stick; answer with the file."""
    form = SetupFileForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            written = _written(form, request)
        except CertificateError as error:
            form.add_error(None, str(error))
        else:
            return attachment(written.data, "setup.bin", "application/octet-stream")
    context = {"form": form, "clear": setup_files.CLEAR}
    return render(request, "amt/setup_file.html", context, status=422 if form.errors else 200)


@sensitive_variables()
def _written(form: SetupFileForm, request: PersonRequest) -> setup_files.Written:
    given = form.cleaned_data
    generation = firmware.GENERATIONS[int(given["generation"])]
    version = setup_file_options.version_for(generation)
    is_small = given["way"] == "small-business"
    own = {"dns": given["suffix"] or None, "fqdn": given["server_name"] or None}
    order = setup_file_options.order(
        server=given["server"],
        version=version,
        options=setup_file_options.by_hand(version) if is_small else own,
        algorithm=generation.algorithm,
        current_password=given["current_password"] or setup_files.FACTORY_PASSWORD,
    )
    if names := form.device_names:
        rows = setup_files.rows_of(AmtSettings.objects.all(), names)
        return setup_files.write_for_devices(order=order, rows=rows, by=request.user)
    return setup_files.write_for_any(order=order, credential=given["credential"], by=request.user)
