"""Reconcile: read both sides, match them, write pairs and questions in one transaction."""

import logging
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any
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
from amt.reconciliation.joining import Join, join, lock
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
from devices.models import Device, deletion

logger = logging.getLogger(__name__)

LEASE = timedelta(minutes=10)
BATCH = 1_000
SURE = 80  # percent; below, two managed devices are not made one without a person
KEPT_RUNS = 30
TRIES = 2
MOST_NAMES = 5  # in one sentence
MOST_ASKED = 10  # lines about one entry
SEVERAL = Doubt.SEVERAL_DISCOVERED
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
    """One run: a fixed number of queries, but for what audit and pairs made one need."""

    def __init__(self, run: ReconciliationRun) -> None:
        self.run = run
        self.sides: Sides
        self.lines: list[ReconciliationLine] = []
        self.moved: dict[int, int | None] = {}  # where an entry was before, of those that moved
        self.told: set[int] = set()  # devices of which a doubt was said
        self.matched = self.already = 0

    @transaction.atomic
    def carry_out(self, token: UUID) -> None:
        """Match, write, and end the run; nothing of it is there unless all of it is."""
        deletion.deleting()  # nobody deletes what is compared, and no line names what goes here
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
        self._tell_twice()
        never = [self.sides.devices[one.key] for one in managed if not one.has_marks]
        for device in never:
            has_agent = device.pk in sides.reports
            self._line(Kind.NEVER, None, device, words.NO_MARKS if has_agent else words.NEVER)
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
        joins = []
        for match in outcome.matches:
            pc, device = devices[match.discovered], devices[match.managed]
            if match.confidence < SURE:
                self._doubt_report(pc, device, Doubt.JOIN_BY_NAME, match.reason)
            else:
                joins.append(Join(pc, device, match))
        done, doubts = self._join(joins)
        for one, doubt in doubts:
            self._doubt_report(one.goes, one.stays, doubt, one.match.reason)
        for one in done:
            self._note_given(one)
        for conflict in outcome.conflicts:
            pc = devices[conflict.discovered]
            for pk in conflict.managed:
                self._doubt_report(pc, devices[pk], conflict.doubt, conflict.reason)

    def _tell_twice(self) -> None:
        """Say of what agents report twice, or otherwise than engines; nobody decides that here."""
        for device in self.sides.of_two_minds():
            self._line(Kind.CONFLICT, None, device, words.TWO_UUIDS)
            self.told.add(device.pk)
        for reason, some in self.sides.twice(self.told):
            names = ", ".join(device.name for device in some[:MOST_NAMES])
            sentence = words.TWICE.format(names=names, mark=words.MARKS[reason])
            self._line(Kind.CONFLICT, None, some[0], sentence, reason)

    def _note_given(self, one: Join) -> None:
        pc, device, reason = one.goes, one.stays, one.match.reason
        self.sides.reports[device.pk] = self.sides.reports.pop(pc.pk)
        del self.sides.devices[pc.pk]
        self.matched += 1
        sentence = words.GIVEN.format(pc=pc.name, by=words.BY[reason])
        self._line(Kind.MATCHED, None, device, sentence, reason)

    def _doubt_report(self, pc: Device, device: Device, doubt: Doubt, reason: Reason) -> None:
        """Say of two managed devices why they stay two; what to do is in the sentence."""
        self.told |= {pc.pk, device.pk}
        sentence = words.report_doubt(doubt, reason, pc.name, device.name)
        self._line(Kind.CONFLICT, None, device, sentence, reason)

    def _write(self, outcome: Outcome) -> None:
        """Write pairs, questions and leftovers."""
        joins: dict[int, Join] = {}  # by the engine that goes
        for match in outcome.matches:
            if self.sides.rows[match.discovered].device_id == match.managed:
                self.already += 1
            else:
                self._bring_together(match, joins)
        self._bring_engines(joins.values())
        said = {one.managed for one in outcome.matches if one.reason is Reason.PERSON}
        for conflict in outcome.conflicts:
            settled = conflict.reason is Reason.LINKED and conflict.doubt is SEVERAL
            if not settled:
                self._ask(conflict)
            elif conflict.managed[0] in said:
                self._give_way(conflict)
            else:
                self.already += 1
        for pk in outcome.unmatched:
            if self.sides.rows[pk].device_id:  # managed by its engine, and no PC has reported
                self.already += 1
            else:
                self._line(Kind.UNMATCHED, self.sides.rows[pk], None, self._why_none(pk))

    def _why_none(self, discovered: int) -> str:
        """Return why an entry has no PC: nothing is like it, or a person said so."""
        said = self.sides.not_same.get(discovered, [])
        names = sorted(self.sides.devices[pk].name for pk in said if pk in self.sides.devices)
        told = ", ".join(names[:MOST_NAMES])
        return words.SAID_NOT.format(devices=told) if names else words.UNMATCHED

    def _give_way(self, conflict: Conflict) -> None:
        """Part an entry from a PC in which another one sits now: its board was replaced."""
        row, pc = self.sides.rows[conflict.discovered], self.sides.devices[conflict.managed[0]]
        self._move(row, None)
        self._line(Kind.UNMATCHED, row, pc, words.REPLACED.format(device=pc.name))

    def _bring_together(self, match: Match, joins: dict[int, Join]) -> None:
        """Link an entry with its PC; what a managed engine has to do with it comes to ``joins``."""
        row, pc = self.sides.rows[match.discovered], self.sides.devices[match.managed]
        if row.device_id not in self.sides.engines:
            self._link(match)
            return
        engine = self.sides.devices[row.device_id]
        if doubt := self._doubt(engine, pc, match, joins):
            self._ask(Conflict(row.pk, (pc.pk,), doubt, match.reason))
        else:
            joins[engine.pk] = Join(engine, pc, match)

    def _link(self, match: Match) -> None:
        row, pc = self.sides.rows[match.discovered], self.sides.devices[match.managed]
        self._move(row, pc)
        self.matched += 1
        if row.uuid and self.sides.amt_uuids.get(pc.pk, row.uuid) != row.uuid:
            self._note_new_board(pc, row.uuid)
        self._line(Kind.MATCHED, row, pc, words.matched(match.reason), match.reason)

    def _doubt(
        self, engine: Device, pc: Device, match: Match, joins: Mapping[int, Join]
    ) -> Doubt | None:
        """Return why an engine and its PC are not made one without a person."""
        if match.confidence < SURE:
            return Doubt.JOIN_BY_NAME
        return Doubt.CONTRADICTION if engine.pk in joins else None

    def _bring_engines(self, joins: Iterable[Join]) -> None:
        """Make each engine one with its PC, and have all entries of the engine follow."""
        done, doubts = self._join(joins)
        for one, doubt in doubts:
            match = one.match
            self._ask(Conflict(match.discovered, (match.managed,), doubt, match.reason))
        gone = {one.goes.pk: one.stays for one in done}
        for row in self.sides.rows.values():
            if row.device_id in gone:
                self._move(row, gone[row.device_id])
        self.sides.engines -= gone.keys()
        for one in done:
            self._link(one.match)

    def _join(self, joins: Iterable[Join]) -> tuple[list[Join], list[tuple[Join, Doubt]]]:
        """Make one device of each two; return those that became one, and the others with why."""
        all_joins = list(joins)
        doubts = lock(all_joins)
        done = [one for one in all_joins if one.goes.pk not in doubts]
        old = [_told(one.goes) for one in done]
        join(done)
        for one, before in zip(done, old, strict=True):
            new = {"joined": before["name"], "because": words.BY[one.match.reason]}
            new |= {"left_behind": one.left_behind}
            audit.record(None, "device.join", one.stays, old=before, new=new)
        return done, [(one, doubts[one.goes.pk]) for one in all_joins if one.goes.pk in doubts]

    def _note_new_board(self, pc: Device, uuid: UUID) -> None:
        """Keep the UUID of a board that a person said is the new one of this PC."""
        AmtSettings.objects.filter(device=pc).update(uuid=uuid)
        old = {"uuid": str(self.sides.amt_uuids[pc.pk])}
        audit.record(None, "device.new_board", pc, old=old, new={"uuid": str(uuid)})

    def _ask(self, conflict: Conflict) -> None:
        row = self.sides.rows[conflict.discovered]
        self.told |= set(conflict.managed)
        for pk in conflict.managed[:MOST_ASKED]:
            device = self.sides.devices[pk]
            sentence = words.doubt(conflict.doubt, conflict.reason, str(row), device.name)
            self._line(Kind.CONFLICT, row, device, sentence, conflict.reason)

        if (more := len(conflict.managed) - MOST_ASKED) > 0:
            sentence = words.MORE.format(number=more, discovered=row)
            self._line(Kind.CONFLICT, row, None, sentence, conflict.reason)

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
                confidence=_confidence(kind, reason),
                sentence=sentence,
            )
        )

    def _save(self) -> None:
        """Write lines and links; an entry that somebody else moved meanwhile stays where it is."""
        ReconciliationLine.objects.bulk_create(self.lines, batch_size=BATCH)
        locked = DiscoveredDevice.objects.select_for_update().filter(pk__in=self.moved)
        now = dict(locked.order_by("pk").values_list("pk", "device_id"))
        there = Device.objects.filter(pk__in=now.values())  # without those that were joined
        gone = {None, *now.values()} - set(there.values_list("pk", flat=True))
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


def _confidence(kind: str, reason: Reason | None) -> int:
    """Return how sure a line is; what is asked about a pair that was made before has no number."""
    is_of_before = kind == Kind.CONFLICT and reason in (Reason.PERSON, Reason.LINKED)
    return CONFIDENCE[reason] if reason and not is_of_before else 0


def _told(device: Device) -> dict[str, Any]:
    """Return what the audit keeps of a device that goes."""
    names = ("name", "description", "host_name")
    told = {name: getattr(device, name) for name in names}
    return {"device": device.pk, "folder": str(device.folder), **told}


def _forget_old_runs() -> None:
    kept: Iterable[int] = ReconciliationRun.objects.values_list("pk", flat=True)[:KEPT_RUNS]
    ReconciliationRun.objects.exclude(pk__in=list(kept)).filter(finished_at__isnull=False).delete()
