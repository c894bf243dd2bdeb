"""Scan: hold a run by its lease, ask its addresses, write what is found, batch by batch."""

import asyncio
import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from uuid import UUID, uuid4

import uvloop
from django.conf import settings
from django.db import DatabaseError, connections, transaction
from django.db.models import F
from django.db.models.functions import Now
from django.utils import timezone

from amt import addresses
from amt.discovered_rows import record_scan
from amt.models import DiscoveredDevice, DiscoveryRun
from amt.protocol.ranges import RangeError, read_ranges
from amt.protocol.scan import BATCH, Found, ScanPlan, names_of, scan

logger = logging.getLogger(__name__)

LEASE = timedelta(seconds=30)
KEEP_SECONDS = 5
SLOW_BATCH = 256  # addresses, where each has to be waited for
Status = DiscoveryRun.Status


def run_discovery(run_pks: Sequence[int]) -> None:
    """Carry out those of ``run_pks`` that can be had; each ends with a recorded outcome."""
    for pk in run_pks:
        token = uuid4()
        if DiscoveryRun.objects.claim(pk, token, LEASE):
            _carry_out(DiscoveryRun.objects.select_related("server").get(pk=pk), token)


def name_discovered(entry_pks: Sequence[int]) -> None:
    """Write the names that name servers know for the addresses of entries without one."""
    rows = list(DiscoveredDevice.objects.filter(pk__in=entry_pks, name=""))
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        names = runner.run(names_of([str(row.address) for row in rows]))
    for row in rows:
        if name := names.get(str(row.address)):
            DiscoveredDevice.objects.filter(pk=row.pk, name="").update(name=name)


def _carry_out(run: DiscoveryRun, token: UUID) -> None:
    scanner = Scanner(run, token)
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            ended = runner.run(scanner.scan())
    except (RangeError, OSError) as error:
        _end(run, token, Status.FAILED, f"The scan could not go on: {error}")
    except Exception:
        logger.exception("Discovery run %s could not be carried out", run.pk)
        _end(run, token, Status.FAILED, "The console failed at this scan; its log says why.")
    else:
        if ended:
            _end(run, token, Status.DONE, scanner.sentence())


def _end(run: DiscoveryRun, token: UUID, status: str, message: str) -> None:
    mine = DiscoveryRun.objects.held(run.pk, token)
    mine.update(status=status, message=message, finished_at=Now(), lease_token=None)


@dataclass
class Scanner:
    """One run under way, from where a worker before it may have come."""

    run: DiscoveryRun
    token: UUID

    def __post_init__(self) -> None:
        self.done, self.packets = self.run.asked, 0
        self.found, self.new = self.run.found, self.run.new
        self._packets_before = self.run.packets

    def sentence(self) -> str:
        """Return what came of it."""
        devices = "1 device" if self.found == 1 else f"{self.found:,} devices"
        return f"Asked {self.done:,} addresses, found {devices}, {self.new:,} of them new."

    async def scan(self) -> bool:
        """Return whether it came to its end; False if it was stopped or is somebody else's now."""
        scanning = asyncio.create_task(self._scan())
        keeper = asyncio.create_task(self._keep())
        done, _ = await asyncio.wait({scanning, keeper}, return_when=asyncio.FIRST_COMPLETED)
        if scanning in done:
            keeper.cancel()
            return scanning.result()
        scanning.cancel()
        with suppress(asyncio.CancelledError):
            await scanning
        return False

    async def _keep(self) -> None:
        """Prolong the lease until it is lost, or the run was stopped."""
        is_ours = True
        while is_ours:
            await asyncio.sleep(KEEP_SECONDS)
            try:
                is_ours = await asyncio.to_thread(_closing, self._renew)
            except DatabaseError:  # away for a while: the lease ends by itself if it stays so
                logger.exception("The lease of discovery run %s was not prolonged", self.run.pk)

    def _renew(self) -> bool:
        mine = DiscoveryRun.objects.held(self.run.pk, self.token)
        return bool(mine.update(lease_until=Now() + LEASE))

    async def _scan(self) -> bool:
        plan = self._plan()
        ranges = read_ranges(self.run.ranges)
        numbers = ranges.from_index(self.done)
        sizes = _sizes(ranges.count - self.done, plan.batch)
        async with aclosing(scan(numbers, plan, on_progress=self._note)) as batches:
            async for batch in batches:
                names: dict[str, str] = {}
                if self.run.uses_names:
                    names = await names_of([one.address for one in batch])
                self.done += next(sizes, 0)
                if not await asyncio.to_thread(_closing, partial(self._write, batch, names)):
                    return False
        return True

    def _plan(self) -> ScanPlan:
        run = self.run
        return ScanPlan(
            rate=run.rate,
            requests_at_once=run.requests_at_once,
            uses_tcp=run.uses_ports,
            batch=SLOW_BATCH if run.uses_ports else BATCH,
            refusal=partial(addresses.refusal, practice=settings.PRACTICE),
        )

    def _note(self, asked: int, packets: int) -> None:
        self.packets = packets

    @transaction.atomic
    def _write(self, batch: list[Found], names: dict[str, str]) -> bool:
        """Write a batch and how far the scan is, if the run is still ours."""
        mine = DiscoveryRun.objects.held(self.run.pk, self.token)
        if not mine.update(lease_until=Now() + LEASE):
            return False
        new = record_scan(batch, names, server=self.run.server, at=timezone.now())
        self.found, self.new = self.found + len(batch), self.new + new
        mine.update(
            asked=self.done,
            packets=self._packets_before + self.packets,
            found=F("found") + len(batch),
            new=F("new") + new,
        )
        return True


def _sizes(total: int, batch: int) -> Iterator[int]:
    """Yield how many addresses each batch has."""
    left = total
    while left > 0:
        yield min(batch, left)
        left -= batch


def _closing(call: Callable[[], bool]) -> bool:
    """Return what ``call`` returns; its thread keeps no connection of its own."""
    try:
        return call()
    finally:
        connections.close_all()
