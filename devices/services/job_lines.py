"""The lines of a task as its page shows them: order, filter, counts, and what a line waits for."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from django.db.models import Case, IntegerField, Value, When
from django.http import QueryDict
from django.utils.http import urlencode

from devices import codes
from devices.models import Job, JobItem, JobItemQuerySet
from devices.models.rights import Person
from devices.paging import Page, paginate
from devices.services import jobs

Status = JobItem.Status
# Unfinished first, then what needs a person, then the rest.
RANKS = [
    Status.SENDING,
    Status.VERIFYING,
    Status.RUNNING,
    Status.WAITING,
    Status.FAILED,
    Status.UNKNOWN,
    Status.ACCEPTED,
    Status.EXPIRED,
    Status.SKIPPED,
    Status.STOPPED,
    Status.DONE,
]
PLACES = {status.value: number for number, status in enumerate(RANKS)}
MOST_ROWS = 100  # of a page
UNFINISHED = [Status.WAITING, *JobItem.ACTIVE]
NEED_A_LOOK = [Status.ACCEPTED, Status.FAILED, Status.UNKNOWN, Status.EXPIRED]
FILTERS = [*JobItem.FINAL]


@dataclass
class JobPage:
    """One view of a task: its counts, and a page of its lines."""

    by_code: dict[tuple[str, str], int]  # how many lines have each status and code
    lines: JobItemQuerySet  # of the filter, all pages
    rows: list[JobItem]
    page: Page[JobItem] | None  # None in a poll: the rows stay as they were loaded
    status: str = ""
    text: str = ""
    code: str = ""
    moved: int = 0
    waits_for: dict[int, JobItem] = field(default_factory=dict)
    poll_rows: str = ""
    is_theirs: bool = False  # asked for by this person, or of devices they may act on

    @cached_property
    def counts(self) -> dict[str, int]:
        """Return how many lines have each status."""
        found: Counter[str] = Counter()
        for (status, _), number in self.by_code.items():
            found[status] += number
        return dict(found)

    @property
    def reasons(self) -> list[tuple[str, str, int]]:
        """Return why lines did not end as wanted: code, its words and number, most first."""
        found: Counter[str] = Counter()
        for (_, code), number in self.by_code.items():
            found[code] += number
        return [(c, codes.title(c), n) for c, n in found.most_common() if c]

    @property
    def query(self) -> str:
        """Return the filter as the query of an address."""
        said = {"status": self.status, "code": self.code, "q": self.text}
        return urlencode({name: word for name, word in said.items() if word})

    @property
    def total(self) -> int:
        return sum(self.counts.values())

    @property
    def unfinished(self) -> int:
        return sum(self.counts.get(name, 0) for name in UNFINISHED)

    @property
    def finished(self) -> int:
        return self.total - self.unfinished

    @property
    def stoppable(self) -> int:
        return self.counts.get(Status.WAITING, 0) + self.counts.get(Status.RUNNING, 0)

    @property
    def may_stop(self) -> bool:
        return self.is_theirs and bool(self.stoppable)

    @property
    def already_sent(self) -> int:
        return self.counts.get(Status.SENDING, 0) + self.counts.get(Status.VERIFYING, 0)

    @property
    def to_look_at(self) -> int:
        return sum(self.counts.get(name, 0) for name in NEED_A_LOOK)

    @property
    def to_go(self) -> str:
        """Return what the unfinished lines are doing: "16 verifying, 4 sending"."""
        names = [Status.VERIFYING, Status.SENDING, Status.RUNNING, Status.WAITING]
        return ", ".join(f"{self.counts[n]} {n.value}" for n in names if self.counts.get(n))

    @property
    def summary(self) -> str:
        """Return the sum of a finished task in words."""
        said = f"{self.counts.get(Status.DONE, 0)} done"
        if skipped := self.counts.get(Status.SKIPPED, 0) + self.counts.get(Status.STOPPED, 0):
            said += f", {skipped} not sent"
        look = self.to_look_at
        return said + (f", {look} need{'s' if look == 1 else ''} a look." if look else ".")

    @property
    def chips(self) -> list[tuple[str, int]]:
        """Return the filters to offer: each status that occurs, unfinished as one."""
        found = [("unfinished", self.unfinished)] if self.unfinished else []
        return found + [(s.value, self.counts[s]) for s in FILTERS if self.counts.get(s)]


def job_page(job: Job, user: Person, query: QueryDict) -> JobPage:
    """Return what the task page shows for this address; a poll names its ``rows``."""
    visible = job.items.all().visible_to(user)
    status, text = query.get("status", ""), query.get("q", "").strip()
    code = query.get("code", "").replace("\0", "")
    lines = filtered(visible, status, text, code)
    known = rows_of(query)
    ranked = lines.annotate(rank=_rank())
    page = None if known else paginate(ranked, query, orders=ORDERS, default="rank")
    rows = _same_rows(visible, known) if known else (page.rows if page else [])
    shown = JobPage(visible.counts_by_code(), lines, rows, page, status, text, code)
    shown.moved = moved(rows)
    shown.poll_rows = ",".join(str(row.pk) for row in rows)
    shown.is_theirs = not job.is_finished and jobs.may_stop(job, user)
    shown.waits_for = waits_for(rows)
    for row in rows:
        row.waits_for = shown.waits_for.get(row.pk)
    return shown


ORDERS: Mapping[str, list[str]] = {
    "rank": ["rank", "position"],
    "device": ["device_name"],
    "position": ["position"],
}


def filtered(items: JobItemQuerySet, status: str, text: str, code: str = "") -> JobItemQuerySet:
    """Return the lines of a status (or ``unfinished``) and code whose words have ``text``."""
    if code:
        items = items.filter(error_code=code)
    if status == "unfinished":
        items = items.unfinished()
    elif status in FILTERS:
        items = items.filter(status=status)
    return items.matching(text) if text else items


def rows_of(query: QueryDict) -> list[int]:
    """Return the rows a poll asks for again, in their order on the page."""
    parts = query.get("rows", "").split(",")[:MOST_ROWS]
    return [int(part) for part in parts if part.isascii() and part.isdigit() and len(part) < 19]


def moved(rows: list[JobItem]) -> int:
    """Return how many rows would change place if the page were sorted again."""
    order = sorted(rows, key=lambda row: (PLACES[row.status], row.position))
    return sum(before is not after for before, after in zip(rows, order, strict=True))


def _same_rows(items: JobItemQuerySet, known: list[int]) -> list[JobItem]:
    by_pk = items.select_related("server").in_bulk(known)
    return [by_pk[pk] for pk in known if pk in by_pk]


def _rank() -> Case:
    whens = [When(status=status, then=Value(number)) for status, number in PLACES.items()]
    return Case(*whens, default=Value(99), output_field=IntegerField())


def waits_for(rows: list[JobItem]) -> dict[int, JobItem]:
    """Return, for waiting rows, the item of another task that comes first on their device (D22)."""
    waiting = {row.device_id: row.pk for row in rows if row.status == Status.WAITING}
    if not waiting:
        return {}
    others = (
        JobItem.objects.unfinished().filter(device__in=waiting).exclude(pk__in=waiting.values())
    )
    first: dict[int, JobItem] = {}
    for item in others.select_related("job").order_by("-pk"):
        pk = waiting[item.device_id]
        if item.pk < pk or item.status in JobItem.ACTIVE:
            first[pk] = item
    return first
