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
    ReconciliationLine,
    ReconciliationRun,
)
from amt.reconciliation import words
from amt.reconciliation.joining import join, why_not
from amt.reconciliation.matching import (
    CONFIDENCE,
    Conflict,
    Doubt,
    Match,
    Outcome,
    Reason,
    reconcile,
)
from amt.reconciliation.sides import Sides
from devices import audit
from devices.models import Device

logger = logging.getLogger(__name__)

LEASE = timedelta(minutes=10)
BATCH = 1_000
SURE = 80  # percent; below, two managed devices are not made one without a person
KEPT_RUNS = 30
TRIES = 2
Status, Kind = ReconciliationRun.Status, ReconciliationLine.Kind


def run_reconciliation(run_pks: Sequence[int]) -> None:
    """Carry out those of ``run_pks`` that can be had; each ends with a recorded outcome."""
    for pk in run_pks:
        token = uuid4()
        if ReconciliationRun.objects.claim(pk, token, LEASE):
            _carry_out(ReconciliationRun.objects.get(pk=pk), token)


def _carry_out(run: ReconciliationRun, token: UUID) -> None:
    """Try twice: devices that go while they are compared undo a run."""
    for _ in range(TRIES):
        try:
            Reconciliation(run).carry_out(token)
        except Exception:
            logger.exception("Reconciliation %s could not be carried out", run.pk)
        else:
            return
    message = "The console failed at this run and changed nothing; its log says why."
    mine = ReconciliationRun.objects.held(run.pk, token)
    mine.update(status=Status.FAILED, message=message, finished_at=Now())


class Reconciliation:
    """One run: a fixed number of queries, but for pairs that are made one."""

    def __init__(self, run: ReconciliationRun) -> None:
        self.run = run
        self.sides: Sides
        self.lines: list[ReconciliationLine] = []
        self.moved: dict[int, int | None] = {}  # where an entry was before, of those that moved
        self.matched = self.already = 0

    @transaction.atomic
    def carry_out(self, token: UUID) -> None:
        """Match, write, and end the run; nothing of it is there unless all of it is."""
        self.sides = sides = Sides()
        self._take_apart()
        self._give_reports()
        managed = sides.managed()
        named = set(sides.same.values())
        outcome = reconcile(
            sides.discovered(),
            [one for one in managed if one.has_marks or one.key in named],
            linked=sides.linked,
            same=sides.same,
            apart=sides.apart,
        )
        self._write(outcome)
        never = [self.sides.devices[one.key] for one in managed if not one.has_marks]
        for device in never:
            self._line(Kind.NEVER, None, device, words.NEVER)
        self._save()
        self._end(token, never=len(never), managed=len(managed))

    def _take_apart(self) -> None:
        """Part what a person says is not the same; what was made one device stays one."""
        for row in self.sides.rows.values():
            if (row.pk, row.device_id) in self.sides.apart:
                self._move(row, None)

    def _move(self, row: DiscoveredDevice, device: Device | None) -> None:
        self.moved.setdefault(row.pk, row.device_id)
        row.device = device

    def _give_reports(self) -> None:
        """Give a PC's report to the device with its UUID that was set up by hand, unseen by scans.

        The agent made a device of its own, with a folder's token; nothing but a UUID says so.
        """
        outcome = reconcile(*self.sides.unseen())
        devices = self.sides.devices
        for match in outcome.matches:
            self._give_report(devices[match.discovered], devices[match.managed], match)
        for conflict in outcome.conflicts:
            pc = devices[conflict.discovered]
            for pk in conflict.managed:
                self._doubt_report(pc, devices[pk], conflict.doubt, conflict.reason)

    def _give_report(self, pc: Device, device: Device, match: Match) -> None:
        doubt = Doubt.OTHER_FOLDER if self.sides.is_elsewhere(device, pc) else None
        if doubt := doubt or self._join(pc, device, match):
            self._doubt_report(pc, device, doubt, match.reason)
            return
        self.sides.reports[device.pk] = self.sides.reports.pop(pc.pk)
        del self.sides.devices[pc.pk]
        self.matched += 1
        sentence = words.GIVEN.format(pc=pc.name, by=words.BY[match.reason])
        self._line(Kind.MATCHED, None, device, sentence, match.reason)

    def _doubt_report(self, pc: Device, device: Device, doubt: Doubt, reason: Reason) -> None:
        """Say of two managed devices why they stay two; what to do is in the sentence."""
        sentence = words.REPORT_DOUBTS[doubt].format(pc=pc.name, device=device.name)
        self._line(Kind.CONFLICT, None, device, sentence, reason)

    def _write(self, outcome: Outcome) -> None:
        """Write pairs, questions and leftovers."""
        for match in outcome.matches:
            if self.sides.rows[match.discovered].device_id == match.managed:
                self.already += 1
            else:
                self._bring_together(match)
        said = {one.managed for one in outcome.matches if one.reason is Reason.PERSON}
        for conflict in outcome.conflicts:
            if conflict.reason is not Reason.LINKED:
                self._ask(conflict)
            elif conflict.managed[0] in said:
                self._give_way(conflict)
            else:
                self.already += 1
        for pk in outcome.unmatched:
            if self.sides.rows[pk].device_id:  # managed by its engine, and no PC has reported
                self.already += 1
            else:
                self._line(Kind.UNMATCHED, self.sides.rows[pk], None, words.UNMATCHED)

    def _give_way(self, conflict: Conflict) -> None:
        """Part an entry from a PC in which another one sits now: its board was replaced."""
        row, pc = self.sides.rows[conflict.discovered], self.sides.devices[conflict.managed[0]]
        self._move(row, None)
        self._line(Kind.UNMATCHED, row, pc, words.REPLACED.format(device=pc.name))

    def _bring_together(self, match: Match) -> None:
        row, pc = self.sides.rows[match.discovered], self.sides.devices[match.managed]
        engine = self.sides.devices[row.device_id] if row.device_id in self.sides.engines else None
        if engine and (doubt := self._why_two(engine, pc, match)):
            self._ask(Conflict(row.pk, (pc.pk,), doubt, match.reason))
            return
        self._move(row, pc)
        self.matched += 1
        if row.uuid and self.sides.amt_uuids.get(pc.pk, row.uuid) != row.uuid:
            self._note_new_board(pc, row.uuid)
        self._line(Kind.MATCHED, row, pc, words.matched(match.reason), match.reason)

    def _why_two(self, engine: Device, pc: Device, match: Match) -> Doubt | None:
        """Make one of an engine and its PC, or return why they stay two.

        An engine from another folder than the PC's and those below goes over if a person says so.
        """
        if match.confidence < SURE:
            return Doubt.JOIN_BY_NAME
        if match.reason is not Reason.PERSON and self.sides.is_elsewhere(engine, pc):
            return Doubt.OTHER_FOLDER
        if doubt := self._join(engine, pc, match):
            return doubt
        for row in self.sides.rows.values():
            if row.device_id == engine.pk:
                self._move(row, pc)
        self.sides.engines.discard(engine.pk)
        return None

    def _join(self, goes: Device, stays: Device, match: Match) -> Doubt | None:
        """Make one of two managed devices, or return why not."""
        both = Device.objects.select_for_update(of=("self",)).select_related("folder")
        fresh = both.in_bulk([goes.pk, stays.pk])
        if len(fresh) < 2:
            return Doubt.BUSY
        if doubt := why_not(fresh[goes.pk], fresh[stays.pk]):
            return doubt
        self._note_join(fresh[goes.pk], fresh[stays.pk], match)
        return None

    def _note_join(self, goes: Device, stays: Device, match: Match) -> None:
        old = {"device": goes.pk, "name": goes.name, "folder": str(goes.folder)}
        old |= {"description": goes.description, "host_name": goes.host_name}
        left = join(goes, stays)
        new = {"joined": old["name"], "because": words.BY[match.reason], "left_behind": left}
        audit.record(None, "device.join", stays, old=old, new=new)

    def _note_new_board(self, pc: Device, uuid: UUID) -> None:
        """Keep the UUID of a board that a person said is the new one of this PC."""
        AmtSettings.objects.filter(device=pc).update(uuid=uuid)
        old = {"uuid": str(self.sides.amt_uuids[pc.pk])}
        audit.record(None, "device.new_board", pc, old=old, new={"uuid": str(uuid)})

    def _ask(self, conflict: Conflict) -> None:
        row = self.sides.rows[conflict.discovered]
        for pk in conflict.managed:
            device = self.sides.devices[pk]
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

    def _save(self) -> None:
        """Write lines and links; an entry that somebody else moved meanwhile stays where it is."""
        ReconciliationLine.objects.bulk_create(self.lines, batch_size=BATCH)
        locked = DiscoveredDevice.objects.select_for_update().filter(pk__in=self.moved)
        now = dict(locked.order_by("pk").values_list("pk", "device_id"))
        gone = {None, *(pk for pk in now.values() if pk not in self.sides.devices)}
        rows = [
            self.sides.rows[pk]
            for pk, before in self.moved.items()
            if pk in now and (now[pk] in (before, self.sides.rows[pk].device_id) or now[pk] in gone)
        ]
        DiscoveredDevice.objects.bulk_update(rows, ["device"], batch_size=BATCH)

    def _end(self, token: UUID, *, never: int, managed: int) -> None:
        """End the run, if it is still ours; else undo all."""
        asked = {
            line.discovered_id or -(line.device_id or 0)
            for line in self.lines
            if line.kind == Kind.CONFLICT
        }
        counts = {
            "managed": managed,
            "discovered": len(self.sides.rows),
            "already": self.already,
            "matched": self.matched,
            "conflicts": len(asked),
            "unmatched": sum(line.kind == Kind.UNMATCHED for line in self.lines),
            "never_inventoried": never,
        }
        message = f"Brought together {self.matched:,}, together before {self.already:,}, "
        message += f"to decide {len(asked):,}, without a managed device {counts['unmatched']:,}."
        mine = ReconciliationRun.objects.held(self.run.pk, token)
        ended = mine.update(status=Status.DONE, message=message, finished_at=Now(), **counts)
        if not ended:
            raise RuntimeError("The lease of this run was lost.")
        _forget_old_runs()


def _forget_old_runs() -> None:
    kept: Iterable[int] = ReconciliationRun.objects.values_list("pk", flat=True)[:KEPT_RUNS]
    ReconciliationRun.objects.exclude(pk__in=list(kept)).filter(finished_at__isnull=False).delete()
