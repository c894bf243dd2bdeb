"""What a reconciliation compares: discovered and managed devices, reports, decisions, as of now."""

from collections import defaultdict
from collections.abc import Collection
from uuid import UUID

from amt.models import AmtSettings, DiscoveredDevice, ReconciliationDecision
from amt.reconciliation.matching import Machine, Reason, differ
from devices.marks import swapped, usable_macs, usable_name, usable_serial, usable_uuid
from devices.models import Device, HostReport


class Sides:
    """Both sides by their keys, read in a fixed number of queries."""

    def __init__(self) -> None:
        self.rows = {row.pk: row for row in DiscoveredDevice.objects.order_by("pk")}
        self.devices = {row.pk: row for row in Device.objects.order_by("pk")}
        self.reports = {row.device_id: row for row in HostReport.objects.defer("software")}
        told = list(AmtSettings.objects.values_list("device_id", "uuid"))
        self.set_up = {pk for pk, _ in told}
        self.amt_uuids: dict[int, UUID] = {pk: uuid for pk, uuid in told if uuid}
        decided = list(
            ReconciliationDecision.objects.values_list("discovered_id", "device_id", "is_same")
        )
        self.same = {found: device for found, device, is_same in decided if is_same}
        self.apart = {(found, device) for found, device, is_same in decided if not is_same}
        self.not_same: dict[int, list[int]] = defaultdict(list)
        for found, device in self.apart:
            self.not_same[found].append(device)
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
        pcs = self.reports.keys() - self.amt_uuids.keys() - seen
        by_hand = self.set_up - self.reports.keys() - seen
        one, other = (
            [self._managed(self.devices[pk]) for pk in sorted(side)] for side in (pcs, by_hand)
        )
        return one, other

    def of_two_minds(self) -> list[Device]:
        """Return devices set up by hand whose agent reports another UUID than their engine told."""
        linked = {row.device_id for row in self.rows.values()}
        return [
            self.devices[pk]
            for pk, uuid in self.amt_uuids.items()
            if pk in self.reports and pk not in linked
            if differ(usable_uuid(self.reports[pk].uuid), usable_uuid(uuid))
        ]

    def twice(self, told: Collection[int]) -> list[tuple[Reason, list[Device]]]:
        """Return devices whose agents report one UUID, or one serial number, and say so by what.

        Those in ``told`` are left out: something was said of them.
        """
        found: dict[tuple[Reason, object], list[Device]] = defaultdict(list)
        for pk, report in self.reports.items():
            if pk in told or pk not in self.devices:
                continue
            if uuid := usable_uuid(report.uuid):
                found[Reason.UUID, frozenset((uuid, swapped(uuid)))].append(self.devices[pk])
            elif serial := usable_serial(report.serial_number):
                found[Reason.SERIAL, serial].append(self.devices[pk])
        return [(reason, some) for (reason, _), some in found.items() if len(some) > 1]
