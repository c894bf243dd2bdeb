"""The counts of Home. Every number here is the length of a list that the page links to."""

from dataclasses import dataclass, replace
from datetime import timedelta

from django.db.models import Count, Q
from django.utils import timezone

from devices.models import Device, Job, JobItem, Server
from devices.models.rights import Person, Right, may
from devices.models.server import SILENT_AFTER
from devices.power_groups import GROUPS, old_after, poll_seconds
from devices.services import job_lines

NEED_A_LOOK = [status.value for status in job_lines.NEED_A_LOOK]
RECENT = 6  # tasks
LOOKED_BACK = timedelta(days=1)


@dataclass(frozen=True)
class States:
    """How many devices this person sees, by power group."""

    counts: dict[str, int]
    not_set_up: int

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


def states(user: Person) -> States:
    """Return the power states of all devices this person may see."""
    devices = Device.objects.visible_to(user)
    counts = devices.counts_by_power(old_after=old_after(poll_seconds()))
    return States(counts, devices.filter(mode="").count())


def recent_tasks(user: Person) -> list[Job]:
    """Return the newest tasks, each with its ``counts``."""
    tasks = list(Job.objects.visible_to(user)[:RECENT])
    counts = JobItem.objects.visible_to(user).counts_by_job([task.pk for task in tasks])
    for task in tasks:
        task.counts = counts.get(task.pk, {})
        task.to_look_at = [(n, f"{task.counts[n]} {n}") for n in NEED_A_LOOK if n in task.counts]
    return tasks


def needs_a_person(user: Person) -> list[Need]:
    """Return what waits for a decision, worst first."""
    return [*_silent_servers(user), *_refused_sign_ins(user), *_not_set_up(user)]


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


def _refused_sign_ins(user: Person) -> list[Need]:
    refused = Device.objects.visible_to(user).filter(unreadable_code="sign-in-refused").count()
    if not refused:
        return []
    what = f"{refused} device{' refuses its' if refused == 1 else 's refuse their'} credential"
    return [Need("warn", what, "Nothing is sent to them.", "/devices/?power=unknown", "Show")]


def _not_set_up(user: Person) -> list[Need]:
    if not may(user, Right.EDIT):
        return []
    number = Device.objects.visible_to(user).filter(mode="").count()
    if not number:
        return []
    what = f"{number} device{' is' if number == 1 else 's are'} not set up"
    return [Need("info", what, "They cannot be switched.", "/devices/?mode=none", "Show")]


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
