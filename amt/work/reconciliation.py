"""Reconcile: read both sides, match them, write pairs and questions in one transaction."""

import logging
from collections.abc import Iterable, Sequence
from datetime import timedelta
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models.functions import Now

from amt.models import (
    AmtSettings,
    DiscoveredDevice,
    ReconciliationDecision,
    ReconciliationLine,
    ReconciliationRun,
)
from amt.reconciliation import words
from amt.reconciliation.joining import join, why_not
from amt.reconciliation.matching import (
    CONFIDENCE,
    Conflict,
    Doubt,
    Machine,
    Match,
    Outcome,
    Reason,
    reconcile,
)
from devices import audit
from devices.marks import usable_macs, usable_name, usable_serial, usable_uuid
from devices.models import Device, HostReport

logger = logging.getLogger(__name__)

LEASE = timedelta(minutes=10)
BATCH = 1_000
SURE = 80  # percent; below, two managed devices are not made one without a person
KEPT_RUNS = 30
Status, Kind = ReconciliationRun.Status, ReconciliationLine.Kind


def run_reconciliation(run_pks: Sequence[int]) -> None:
    """Carry out those of ``run_pks`` that can be had; each ends with a recorded outcome."""
    for pk in run_pks:
        token = uuid4()
        if ReconciliationRun.objects.claim(pk, token, LEASE):
            try:
                Reconciliation(ReconciliationRun.objects.get(pk=pk)).carry_out(token)
            except Exception:
                logger.exception("Reconciliation %s could not be carried out", pk)
                message = "The console failed at this run and changed nothing; its log says why."
                mine = ReconciliationRun.objects.held(pk, token)
                mine.update(status=Status.FAILED, message=message, finished_at=Now())


class Reconciliation:
    """One run: a fixed number of queries, but for pairs that are made one."""

    def __init__(self, run: ReconciliationRun) -> None:
        self.run = run
        self.rows = {row.pk: row for row in DiscoveredDevice.objects.order_by("pk")}
        self.devices = {row.pk: row for row in Device.objects.order_by("pk")}
        self.reports = {row.device_id: row for row in HostReport.objects.defer("software")}
        told = AmtSettings.objects.exclude(uuid=None)
        self.amt_uuids = dict(told.values_list("device_id", "uuid"))
        self.lines: list[ReconciliationLine] = []
        self.engines: set[int] = set()
        self.linked: list[DiscoveredDevice] = []
        self.matched = 0

    @transaction.atomic
    def carry_out(self, token: UUID) -> None:
        """Match, write, and end the run; nothing of it is there unless all of it is."""
        self.engines = self._engines()
        managed = [
            self._managed(one) for one in self.devices.values() if one.pk not in self.engines
        ]
        known = [one for one in managed if one.has_marks]
        same, apart = self._decisions()
        self._take_apart(apart)
        settled = self._settled()
        outcome = reconcile(
            (self._discovered(row) for row in self.rows.values()),
            known,
            same=settled | same,
            apart=apart,
        )
        already = self._write(outcome, settled)
        never = [self.devices[one.key] for one in managed if not one.has_marks]
        for device in never:
            self._line(Kind.NEVER, None, device, words.NEVER)
        DiscoveredDevice.objects.bulk_update(self.linked, ["device"], batch_size=BATCH)
        ReconciliationLine.objects.bulk_create(self.lines, batch_size=BATCH)
        self._end(token, already=already, never=len(never), managed=len(managed))

    def _engines(self) -> set[int]:
        """Return the managed devices that are known by their Management Engine alone.

        Nobody reported of them, and a serial number is the one that the engine told.
        """
        return {
            row.device_id
            for row in self.rows.values()
            if row.device_id
            and row.device_id not in self.reports
            and self.devices[row.device_id].serial_number in ("", row.serial_number)
        }

    def _take_apart(self, apart: set[tuple[int, int]]) -> None:
        """Part what a person says is not the same; what was made one device stays one."""
        for row in self.rows.values():
            if (row.pk, row.device_id) in apart:
                row.device = None
                self.linked.append(row)

    def _settled(self) -> dict[int, int]:
        return {
            row.pk: row.device_id
            for row in self.rows.values()
            if row.device_id and row.device_id not in self.engines
        }

    def _decisions(self) -> tuple[dict[int, int], set[tuple[int, int]]]:
        rows = ReconciliationDecision.objects.values_list("discovered_id", "device_id", "is_same")
        decided = list(rows)
        same = {discovered: device for discovered, device, is_same in decided if is_same}
        return same, {(found, device) for found, device, is_same in decided if not is_same}

    def _managed(self, device: Device) -> Machine:
        """Return what is known of a managed device; what its agent says before what was typed."""
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

    def _discovered(self, row: DiscoveredDevice) -> Machine:
        return Machine(
            key=row.pk,
            uuid=usable_uuid(row.uuid),
            serial=usable_serial(row.serial_number),
            macs=usable_macs(row.macs),
            host_name=usable_name(row.name),
        )

    def _write(self, outcome: Outcome, settled: dict[int, int]) -> int:
        """Write pairs and questions; return how many were together before."""
        already = 0
        for match in outcome.matches:
            if settled.get(match.discovered) == match.managed:
                already += 1
            else:
                self._bring_together(match)
        for conflict in outcome.conflicts:
            if conflict.discovered in settled:
                already += 1
            else:
                self._ask(conflict)
        for pk in outcome.unmatched:
            if self.rows[pk].device_id:  # managed by its engine, and no PC has reported
                already += 1
            else:
                self._line(Kind.UNMATCHED, self.rows[pk], None, words.UNMATCHED)
        return already

    def _bring_together(self, match: Match) -> None:
        row, pc = self.rows[match.discovered], self.devices[match.managed]
        if row.device_id in self.engines:
            doubt = self._join(self.devices[row.device_id], pc, match)
            if doubt:
                self._ask(Conflict(row.pk, (pc.pk,), doubt, match.reason))
                return
        row.device = pc
        self.linked.append(row)
        self.matched += 1
        if row.uuid and self.amt_uuids.get(pc.pk, row.uuid) != row.uuid:
            self._note_new_board(pc, row.uuid)
        self._line(Kind.MATCHED, row, pc, words.matched(match.reason), match.reason)

    def _join(self, engine: Device, pc: Device, match: Match) -> Doubt | None:
        """Make one of two managed devices, or return why not."""
        if match.confidence < SURE:
            return Doubt.JOIN_BY_NAME
        if doubt := why_not(engine, pc):
            return doubt
        told = {"joined": engine.name, "because": words.BY[match.reason]}
        join(engine, pc)
        audit.record(None, "device.join", pc, new=told)
        return None

    def _note_new_board(self, pc: Device, uuid: UUID) -> None:
        """Keep the UUID of a board that a person said is the new one of this PC."""
        AmtSettings.objects.filter(device=pc).update(uuid=uuid)
        old = {"uuid": str(self.amt_uuids[pc.pk])}
        audit.record(None, "device.new_board", pc, old=old, new={"uuid": str(uuid)})

    def _ask(self, conflict: Conflict) -> None:
        row = self.rows[conflict.discovered]
        for pk in conflict.managed:
            device = self.devices[pk]
            sentence = words.doubt(conflict.doubt, conflict.reason, str(row), device.name)
            self._line(Kind.CONFLICT, row, device, sentence, conflict.reason)

    def _line(
        self,
        kind: str,
        row: DiscoveredDevice | None,
        device: Device | None,
        sentence: str,
        reason: Reason | None = None,
    ) -> None:
        self.lines.append(
            ReconciliationLine(
                run=self.run,
                kind=kind,
                discovered=row,
                discovered_name=str(row) if row else "",
                device=device,
                device_name=device.name if device else "",
                reason=str(reason or ""),
                confidence=CONFIDENCE[reason] if reason else 0,
                sentence=sentence,
            )
        )

    def _end(self, token: UUID, *, already: int, never: int, managed: int) -> None:
        """End the run, if it is still ours; else undo all."""
        asked = {line.discovered_id for line in self.lines if line.kind == Kind.CONFLICT}
        counts = {
            "managed": managed,
            "discovered": len(self.rows),
            "already": already,
            "matched": self.matched,
            "conflicts": len(asked),
            "unmatched": sum(line.kind == Kind.UNMATCHED for line in self.lines),
            "never_inventoried": never,
        }
        message = f"Brought together {self.matched:,}, together before {already:,}, "
        message += f"to decide {len(asked):,}, without a managed device {counts['unmatched']:,}."
        mine = ReconciliationRun.objects.held(self.run.pk, token)
        ended = mine.update(status=Status.DONE, message=message, finished_at=Now(), **counts)
        if not ended:
            raise RuntimeError("The lease of this run was lost.")
        _forget_old_runs()


def _forget_old_runs() -> None:
    kept: Iterable[int] = ReconciliationRun.objects.values_list("pk", flat=True)[:KEPT_RUNS]
    ReconciliationRun.objects.exclude(pk__in=list(kept)).filter(finished_at__isnull=False).delete()
