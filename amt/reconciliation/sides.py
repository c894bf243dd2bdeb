"""What a reconciliation compares: discovered and managed devices, reports, decisions, as of now."""

from uuid import UUID

from amt.models import AmtSettings, DiscoveredDevice, ReconciliationDecision
from amt.reconciliation.matching import Machine
from devices.marks import usable_macs, usable_name, usable_serial, usable_uuid
from devices.models import Device, Folder, HostReport


class Sides:
    """Both sides by their keys, read in a fixed number of queries."""

    def __init__(self) -> None:
        self.rows = {row.pk: row for row in DiscoveredDevice.objects.order_by("pk")}
        self.devices = {row.pk: row for row in Device.objects.order_by("pk")}
        self.reports = {row.device_id: row for row in HostReport.objects.defer("software")}
        told = AmtSettings.objects.values_list("device_id", "uuid")
        self.amt_uuids: dict[int, UUID] = {pk: uuid for pk, uuid in told if uuid}
        decided = list(
            ReconciliationDecision.objects.values_list("discovered_id", "device_id", "is_same")
        )
        self.same = {found: device for found, device, is_same in decided if is_same}
        self.apart = {(found, device) for found, device, is_same in decided if not is_same}
        self._paths = dict(Folder.objects.values_list("pk", "path"))
        self.engines = self._engines()

    def _engines(self) -> set[int]:
        """Return the managed devices that are known by their Management Engine alone.

        Nobody reported of them, no person named them as a PC, and a serial number is the one that
        the engine told. No other device is ever made one with a PC.
        """
        named = set(self.same.values())
        return {
            row.device_id
            for row in self.rows.values()
            if row.device_id
            and row.device_id not in self.reports
            and row.device_id not in named
            and self.devices[row.device_id].serial_number in ("", row.serial_number)
        }

    @property
    def linked(self) -> dict[int, int]:
        """Return the PC of each discovered device that has one."""
        return {
            row.pk: row.device_id
            for row in self.rows.values()
            if row.device_id and row.device_id not in self.engines
        }

    def is_elsewhere(self, engine: Device, pc: Device) -> bool:
        """Return whether people with rights where ``pc`` is may have none where ``engine`` is."""
        return not self._paths[engine.folder_id].startswith(self._paths[pc.folder_id])

    def managed(self) -> list[Machine]:
        """Return what is known of each managed device but engines.

        What its agent says counts before what was typed.
        """
        pcs = (device for pk, device in self.devices.items() if pk not in self.engines)
        return [self._managed(device) for device in pcs]

    def _managed(self, device: Device) -> Machine:
        report = self.reports.get(device.pk)
        told = [report.serial_number, report.host_name] if report else ["", ""]
        own = report.uuid if report else None
        return Machine(
            key=device.pk,
            uuid=usable_uuid(own) or usable_uuid(self.amt_uuids.get(device.pk)),
            serial=usable_serial(told[0]) or usable_serial(device.serial_number),
            macs=usable_macs(report.macs) if report else (),
            host_name=usable_name(told[1]) or usable_name(device.host_name),
        )

    def discovered(self) -> list[Machine]:
        """Return what is known of each discovered device."""
        return [
            Machine(
                key=row.pk,
                uuid=usable_uuid(row.uuid),
                serial=usable_serial(row.serial_number),
                macs=usable_macs(row.macs),
                host_name=usable_name(row.name),
            )
            for row in self.rows.values()
        ]

    def unseen(self) -> tuple[list[Machine], list[Machine]]:
        """Return PCs that report, and devices set up without a report: no scan has seen either."""
        seen = {row.device_id for row in self.rows.values()} | set(self.same.values())
        reporting = {pk: report.uuid for pk, report in self.reports.items()}
        pcs = {pk: uuid for pk, uuid in reporting.items() if pk not in self.amt_uuids}
        by_hand = {pk: uuid for pk, uuid in self.amt_uuids.items() if pk not in reporting}
        one, other = (
            [Machine(key=pk, uuid=usable_uuid(uuid)) for pk, uuid in side.items() if pk not in seen]
            for side in (pcs, by_hand)
        )
        return one, other
