"""What tests of reconciliation are made of: PCs that reported, engines that were heard, a run."""

from uuid import UUID

from django.utils import timezone

from amt.models import (
    AmtSettings,
    DiscoveredDevice,
    ReconciliationRun,
)
from amt.services import reconciliation
from amt.work import run_reconciliation
from devices.models import (
    Device,
    HostReport,
)
from tests import factories

ONE = UUID("4c4c4544-0043-3510-8052-c7c04f4e3532")
TWO = UUID("5d5d5655-0043-3510-8052-c7c04f4e3532")


def heard(uuid: UUID | None = None, name: str = "", **fields) -> DiscoveredDevice:
    number = DiscoveredDevice.objects.count() + 1
    now = timezone.now()
    return DiscoveredDevice.objects.create(
        uuid=uuid, address=f"10.1.2.{number}", name=name, first_seen_at=now, seen_at=now, **fields
    )


def reported(device: Device, uuid: UUID | None = None, **fields) -> Device:
    HostReport.objects.create(device=device, uuid=uuid, reported_at=timezone.now(), **fields)
    return device


def ran(by=None) -> ReconciliationRun:
    run = reconciliation.start(by=by)
    run_reconciliation([run.pk])
    run.refresh_from_db()
    assert run.status == "done", run.message
    return run


def set_up(device: Device, uuid: UUID | None) -> AmtSettings:
    site = factories.server()
    Device.objects.filter(pk=device.pk).update(mode="enterprise", amt_version="16.1")
    return AmtSettings.objects.create(
        device=device,
        mode="enterprise",
        address="10.1.2.1",
        credential=factories.credential(),
        server=site,
        uuid=uuid,
    )
