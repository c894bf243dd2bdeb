"""A zone with everything in it once inside and once outside the folder of its people."""

from dataclasses import dataclass, field
from datetime import time, timedelta
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.test import Client
from django.utils import timezone

from amt.certificates.making import Mark, Subject
from amt.models import (
    AlertSubscription,
    AmtSettings,
    DiscoveredDevice,
    DiscoveryRun,
    DiscoveryTask,
    FormerSettings,
    Orphan,
    ReconciliationDecision,
    ReconciliationLine,
    ReconciliationRun,
)
from amt.protocol.hello import Hello
from amt.services import certificates, discovery
from amt.services.discovery import Heard
from devices.levels import Place
from devices.messages import Told, record_messages
from devices.models import (
    Agent,
    Comment,
    Device,
    EnrolmentToken,
    Folder,
    HostReport,
    Job,
    JobItem,
    Message,
    SavedSearch,
    Server,
    User,
)
from devices.models.rights import Role
from devices.schedules import Kind, Rule
from devices.services import people
from devices.services.settings import Wish, save_settings
from power.levels import POWER_SCHEDULES
from power.models import PowerAction, PowerOrder, PowerSchedule, ScheduledRun, Selection
from power.schedule_entries import Entry
from power.services import feeds
from tests.factories import credential, device, folder, person, secret, server
from vault.models import Credential, Secret

ROLES = ["zone", "admin", "operator", "monitor", "watcher", "nobody"]
WHERE = ["inside", "outside"]
DEVICE_PASSWORD = "Only-the-vault-knows-7"


@dataclass
class SmallZone:
    """People by role, and what there is inside and outside their folder."""

    people: dict[str, User]
    places: dict[str, SimpleNamespace]
    sessions: dict[str, str] = field(default_factory=dict)

    def browser(self, role: str, **options: Any) -> Client:
        """Return the browser of somebody with this role; ``nobody`` is signed out."""
        client = Client(**options)
        if role in self.sessions:
            client.cookies[settings.SESSION_COOKIE_NAME] = self.sessions[role]
        return client

    def outside(self) -> list[Any]:
        """Return what must not change under the hands of people who have no right there."""
        place = self.places["outside"]
        of_device = {"device": place.device.pk}
        return [
            list(Device.objects.filter(pk=place.device.pk).values()),
            list(Folder.objects.filter(pk=place.folder.pk).values()),
            list(AmtSettings.objects.filter(**of_device).values()),
            list(Message.objects.filter(**of_device).order_by("pk").values()),
            list(JobItem.objects.filter(**of_device).order_by("pk").values("pk", "status")),
        ]

    def sign_in(self) -> None:
        """Open a session for each of the people."""
        for role, user in self.people.items():
            client = Client()
            client.force_login(user)
            self.sessions[role] = client.cookies[settings.SESSION_COOKIE_NAME].value


def small_zone() -> SmallZone:
    """Return the zone: Lab-1 is the folder of its people, Lab-2 beside it is not."""
    inside, outside = folder("Lab-1"), folder("Lab-2")
    site, login = server(), credential(password=DEVICE_PASSWORD)
    roles = {"admin": Role.ADMINISTRATOR, "operator": Role.POWER_OPERATOR, "monitor": Role.MONITOR}
    members = {name: person(role, inside) for name, role in roles.items()}
    members |= {"zone": person(), "watcher": person(Role.MONITOR)}
    shared = _shared(site, login)
    places = {
        "inside": SimpleNamespace(**shared, **_place(inside, site, login)),
        "outside": SimpleNamespace(**shared, **_place(outside, site, login)),
    }
    made = SmallZone(members, places)
    made.sign_in()
    return made


def _shared(site: Server, login: Credential) -> dict[str, Any]:
    """Return what belongs to the whole zone."""
    somebody = person(Role.MONITOR)
    Comment.objects.create(user=somebody, user_name=somebody.username, page="/", text="Fine.")
    waiting = secret(login, DEVICE_PASSWORD, state=Secret.State.CANDIDATE)
    return {
        "user": somebody,
        "assignment": somebody.assignments.get(),
        "server": site,
        "credential": login,
        "secret": waiting,
        **_certificates(site),
        "heard": _discovered(),
        **_scans(site),
        **_reconciled(),
        "orphan": _orphan(login),
        "lost": _orphan(login),
        "token": people.make_sign_in_link(person(Role.MONITOR)).split("/")[2],
    }


def _reimaged(where: Folder, site: Server, login: Credential) -> Device:
    """Return a device that is not set up, and whose engine was managed before."""
    found, uuid = device(where=where), uuid4()
    HostReport.objects.create(device=found, uuid=uuid, reported_at=timezone.now())
    kept = {"credential": login, "server": site, "folder": where, "ended_at": timezone.now()}
    FormerSettings.objects.create(
        uuid=uuid, mode="smb", address="127.0.1.8", device_name="before", **kept
    )
    return found


def _certificates(site: Server) -> dict[str, Any]:
    """Return a management certificate below the zone's own authority, and an open request."""
    subject = Subject("amt.example.org", "Example", "DE", "Berlin")
    return {
        "certificate": certificates.create_management(
            server=site, by=None, common_name="amt.example.org"
        ),
        "request": certificates.create_request(
            server=site, subject=subject, is_ca=True, mark=Mark.BOTH, by=None
        ),
    }


def _discovered() -> DiscoveredDevice:
    return _discovered_at("127.0.1.9")


def _discovered_at(address: str) -> DiscoveredDevice:
    """Return a device that said hello."""
    heard = Hello(3, uuid4(), 0, True, (("sha256", "ab" * 32),))
    discovery.record_hellos([Heard(heard, address, timezone.now())], server=None)
    return DiscoveredDevice.objects.get(uuid=heard.uuid)


def _scans(site: Server) -> dict[str, Any]:
    """Return discovery tasks and a run of one of them."""
    first, second = (
        DiscoveryTask.objects.create(name=name, ranges="10.1.2.0/24", server=site)
        for name in ("Campus", "Branch")
    )
    run = DiscoveryRun.objects.create(
        task=first, title="Campus", ranges="10.1.2.3", server=site, asked_by_name="admin"
    )
    return {"search": first, "search_to_go": second, "scan": run}


def _reconciled() -> dict[str, Any]:
    """Return a reconciliation and a question of it."""
    run = ReconciliationRun.objects.create(asked_by_name="admin", finished_at=timezone.now())
    question = ReconciliationLine.objects.create(
        run=run,
        kind=ReconciliationLine.Kind.CONFLICT,
        discovered=_discovered_at("127.0.1.10"),
        discovered_name="pc-1.example.test",
        device=device("pc-reconciled"),
        device_name="pc-reconciled",
        reason="serial",
        confidence=90,
        sentence="pc-1.example.test has the serial number of pc-reconciled, but another UUID.",
    )
    decision = ReconciliationDecision.objects.create(
        discovered=_discovered_at("127.0.1.11"),
        device=device("pc-decided"),
        is_same=False,
        decided_by="admin",
    )
    return {"reconciled": run, "question": question, "decision": decision}


def _orphan(login: Credential) -> Orphan:
    """Return a device that was deleted here and may still be set up."""
    return Orphan.objects.create(
        uuid=uuid4(),
        name="pc-left-behind",
        address="127.0.1.8",
        credential=login,
        why="No connection on port 16993.",
        by_name="admin",
    )


def _place(where: Folder, site: Server, login: Credential) -> dict[str, Any]:
    """Return a device that is set up, two tasks of it, and an open dialog of somebody else."""
    found = device(where=where, mode="smb", amt_address="127.0.1.1")
    AmtSettings.objects.create(
        device=found, mode="smb", address="127.0.1.1", credential=login, server=site
    )
    Agent.objects.create(device=found, salt="", enrolled_at=timezone.now())
    broken = Told(Message.Severity.ERROR, Message.Source.EVENT_LOG, "Firmware error: disk failed")
    record_messages(found.pk, [broken])
    alerts = str(AlertSubscription.objects.create(device=found).key)
    item = _item(found, site, JobItem.Status.WAITING)
    ended = _item(found, site, JobItem.Status.STOPPED)
    asked_by = item.job.asked_by
    dialog = Selection.objects.create(intent=uuid4(), user=asked_by, device_pks=[found.pk])
    objects: dict[str, Any] = {"folder": where, "device": found, "item": item, "job": item.job}
    objects["message"] = found.messages.get()
    objects["agent_token"] = _agent_token(where, asked_by)
    objects["reimaged"] = _reimaged(where, site, login)
    objects["alerts"] = alerts
    saved = SavedSearch.objects.create(owner=asked_by, name="SMB", is_shared=True, folder=where)
    objects["saved"] = saved
    return {**objects, "ended": ended.job, "dialog": dialog, **_schedule(where, asked_by)}


def _agent_token(where: Folder, made_by: User) -> EnrolmentToken:
    """Return an open token, by which 12 PCs may enrol."""
    ends = timezone.now() + timedelta(days=1)
    return EnrolmentToken.objects.create(
        digest=uuid4().hex, folder=where, made_by=made_by, expires_at=ends, uses=12, uses_left=12
    )


def _schedule(where: Folder, asked_by: User) -> dict[str, Any]:
    """Return a schedule of a folder, its next time, a run of it, and a calendar feed."""
    rule = Rule(Kind.RECURRING, weekdays=tuple(range(7)), start=time(4))
    planned = Entry(PowerAction.ON, rule)
    wish = Wish(POWER_SCHEDULES, True, [planned.to_json()], 0)
    save_settings(place=Place(where), wishes=[wish], asked_by=asked_by)
    due = PowerSchedule.objects.get(setting__folder=where)
    before = due.next_at - timedelta(days=2)
    ScheduledRun.objects.create(
        entry=due.entry,
        starts_at=before,
        ends_at=before,
        action="on",
        level="folder",
        folder=where,
        place_name=where.name,
        sentence=planned.sentence,
        status=ScheduledRun.Status.MISSED,
        reason="The console was not running at its time.",
    )
    event = f"{due.entry}@{int(due.next_at.timestamp())}"
    feed = feeds.make_feed(folder=where, asked_by=asked_by)
    return {"schedule": str(due.entry), "event": event, "feed": feed}


def _item(found: Device, site: Server, status: JobItem.Status) -> JobItem:
    """Return the only line of a task to switch ``found`` on, asked for by somebody else."""
    asked_by = person()
    job = Job.objects.create(
        kind=Job.Kind.POWER,
        task="power.tasks.run_power_items",
        title="Power On",
        asked_by=asked_by,
        asked_by_name=asked_by.username,
        expires_at=timezone.now() + timedelta(hours=1),
        device_count=1,
        finished_at=None if status == JobItem.Status.WAITING else timezone.now(),
    )
    PowerOrder.objects.create(job=job, action="on")
    return JobItem.objects.create(
        job=job, position=0, device=found, device_name=found.name, server=site, status=status
    )
