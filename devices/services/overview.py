"""The counts of Home. Every number here is the length of a list that the page links to."""

from dataclasses import dataclass, replace
from datetime import timedelta

from django.db.models import Count, Q
from django.urls import reverse
from django.utils import timezone

from devices.models import Device, Job, JobItem, Message, Server
from devices.models.rights import Person, Right, may
from devices.models.server import SILENT_AFTER
from devices.power_groups import GROUPS, old_after, poll_seconds
from devices.services import job_lines

NEED_A_LOOK = [status.value for status in job_lines.NEED_A_LOOK]
RECENT = 6  # tasks
LATEST = 10
# What a person has to see to, worst first: how bad, of one, of several, its consequence.
FAILED = {
    "sign-in-stopped": (
        "failed",
        "1 device: sign-in stopped",
        "devices: sign-in stopped",
        "Nothing is sent to them until you act.",
    ),
    "sign-in-refused": (
        "warn",
        "1 device refuses its credential",
        "devices refuse their credential",
        "Nothing is sent to them.",
    ),
    "unresponsive": (
        "warn",
        "1 device takes connections and says nothing",
        "devices take connections and say nothing",
        "If it stays so, only a power drain helps: unplug for 30 s.",
    ),
    "certificate-changed": (
        "warn",
        "1 device shows another certificate",
        "devices show another certificate",
        "No password is sent to them.",
    ),
    "realm-changed": (
        "warn",
        "1 device shows another realm",
        "devices show another realm",
        "No password is sent to them.",
    ),
}
LOOKED_BACK = timedelta(days=1)


@dataclass(frozen=True)
class States:
    """How many devices this person sees, by power group, and how many need a person."""

    counts: dict[str, int]
    not_set_up: int
    failed: dict[str, int]  # by the code of what a person has to see to

    @property
    def rows(self) -> list[tuple[str, str, int]]:
        """Return name, word and number of each group that has a line."""
        always = {"on", "sleep", "off", "unknown"}
        return [(n, w, self.counts[n]) for n, w in GROUPS.items() if n in always or self.counts[n]]

    @property
    def total(self) -> int:
        return sum(self.counts.values())


@dataclass(frozen=True)
class Need:
    """Something that waits for a person: how bad, what, its consequence, where to go."""

    status: str
    what: str
    consequence: str
    url: str
    link: str


@dataclass(frozen=True)
class Progress:
    """A task, and how many of its lines that this person may see have each status."""

    job: Job
    counts: dict[str, int]

    @property
    def total(self) -> int:
        return sum(self.counts.values())

    @property
    def finished(self) -> int:
        return sum(self.counts.get(status, 0) for status in JobItem.FINAL)

    @property
    def to_look_at(self) -> list[tuple[str, str]]:
        """Return the statuses that need a look with their numbers: ("failed", "9 failed")."""
        return [(n, f"{self.counts[n]} {n}") for n in NEED_A_LOOK if n in self.counts]


def states(user: Person) -> States:
    """Return the counts of all devices this person may see, in one pass over them."""
    failed = {f"failed{n}": Q(unreadable_code=code) for n, code in enumerate(FAILED)}
    counts = Device.objects.visible_to(user).counts_by_power(
        old_after=old_after(poll_seconds()), not_set_up=Q(mode=""), **failed
    )
    by_code = {code: counts.pop(name) for name, code in zip(failed, FAILED, strict=True)}
    return States(not_set_up=counts.pop("not_set_up"), failed=by_code, counts=counts)


def recent_tasks(user: Person) -> list[Progress]:
    """Return the newest tasks with their counts."""
    return _counted(list(Job.objects.visible_to(user)[:RECENT]), user)


def latest_tasks(user: Person) -> list[Progress]:
    """Return the running tasks, newest first, then the newest others: LATEST in all."""
    running = list(Job.objects.visible_to(user).unfinished()[:LATEST])
    ended = Job.objects.visible_to(user).filter(finished_at__isnull=False)
    return _counted([*running, *ended[: LATEST - len(running)]], user)


def _counted(tasks: list[Job], user: Person) -> list[Progress]:
    counts = JobItem.objects.visible_to(user).counts_by_job([task.pk for task in tasks])
    return [Progress(task, counts.get(task.pk, {})) for task in tasks]


def needs_a_person(user: Person, counts: States) -> list[Need]:
    """Return what waits for a decision, worst first."""
    needs = _silent_servers(user)
    for code, (status, one, many, consequence) in FAILED.items():
        if number := counts.failed[code]:
            what = one if number == 1 else f"{number:,} {many}"
            needs.append(Need(status, what, consequence, f"?failed={code}", "Show"))
    needs += _open_messages(user)
    if (number := counts.not_set_up) and may(user, Right.EDIT):
        what = f"{number} device{' is' if number == 1 else 's are'} not set up"
        needs.append(Need("info", what, "They cannot be switched.", "?mode=none", "Show"))
    return needs


def _open_messages(user: Person) -> list[Need]:
    """Return what devices told and nobody acknowledged; it is the length of its list."""
    return [
        Need(
            severity,
            f"{number:,} {severity}{'' if number == 1 else 's'} that devices told",
            "Nobody has acknowledged them." if number > 1 else "Nobody has acknowledged it.",
            f"{reverse('devices:messages')}?severity={severity}",
            "Show",
        )
        for severity, number in Message.objects.visible_to(user).open().counts_by_severity().items()
    ]


def _silent_servers(user: Person) -> list[Need]:
    if not may(user, Right.ADMINISTRATE):
        return []
    silent = Q(heartbeat_at=None) | Q(heartbeat_at__lt=timezone.now() - SILENT_AFTER)
    servers = Server.objects.filter(silent | Q(stopped_at__isnull=False))
    return [
        Need(
            "failed",
            f"Server {server.name} is {'stopped' if server.stopped_at else 'silent'}",
            f"{server.devices} device{'' if server.devices == 1 else 's'} get no orders.",
            server.get_absolute_url(),
            "Open",
        )
        for server in servers.annotate(devices=Count("amt_settings"))
        if server.devices
    ]


@dataclass(frozen=True)
class Step:
    """One step of setting up an empty zone."""

    what: str
    why: str
    is_done: bool
    url_name: str
    action: str
    icon: str
    number: str = ""


def is_empty() -> bool:
    """Return whether the zone has no device yet."""
    return not Device.objects.exists()


def first_steps() -> list[Step]:
    """Return what to do in an empty zone, in order."""
    server = Server.objects.filter(heartbeat_at__gt=timezone.now() - SILENT_AFTER).first()
    steps = [
        Step("Owner account", "You are signed in with it", True, "", "", ""),
        Step(
            "Sending server",
            f"{server.name} is online and will talk to the devices"
            if server
            else "Start a worker; it makes itself known",
            server is not None,
            "devices:servers",
            "Servers",
            "server",
        ),
        Step(
            "First ME credential",
            "The AMT password of your devices goes into the vault, encrypted",
            False,
            "vault:credentials",
            "Credential Vault",
            "key",
        ),
        Step(
            "Devices",
            "Import a CSV file, or add one by hand",
            False,
            "devices:devices",
            "Add devices",
            "plus",
        ),
    ]
    return [replace(step, number=f"Step {n}") for n, step in enumerate(steps, start=1)]
