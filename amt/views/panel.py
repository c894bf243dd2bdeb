"""What the device page shows of AMT: a part that it loads by its address."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from amt import former, guard
from amt.models import AmtSettings, DiscoveredDevice, Provisioning
from amt.services import discovered_states
from devices.models import Device
from devices.models.rights import Right, may, may_in
from devices.views.access import PersonRequest

MOST_ENTRIES = 3  # that are shown


@require_GET
def panel(request: PersonRequest, pk: int) -> HttpResponse:
    """Show address, version, credential, server, connection, UUID and certificate of a device."""
    devices = Device.objects.visible_to(request.user).select_related("folder")
    device = get_object_or_404(devices, pk=pk)
    rows = AmtSettings.objects.select_related("credential", "server")
    row = rows.filter(device=device).first()
    context = {
        "device": device,
        "row": row,
        "entries": discovered_states.told(_entries(device)),
        "may_open_entries": may(request.user, Right.VIEW),
        "former": None if row else former.offered(device, request.user),
        "provisioning": Provisioning.objects.select_related("certificate", "secret")
        .filter(device=device)
        .first(),
        "may_provision": may(request.user, Right.PROVISION),
        "stopped": row and device.unreadable_code == guard.STOPPED,
        "may_change": may_in(request.user, Right.CONFIGURE, device.folder),
        "may_open_credential": may(request.user, Right.CREDENTIALS),
        "may_open_server": may(request.user, Right.VIEW),
    }
    return render(request, "amt/_panel.html", context)


def _entries(device: Device) -> list[DiscoveredDevice]:
    """Return the engines that were discovered and sit in this device, the newest first."""
    return list(DiscoveredDevice.objects.filter(device=device)[:MOST_ENTRIES])
