"""Change the zone certificate step by step (S102-S106, D10); page and zman do the same.

Each step is one transaction: whatever stops in between, the change goes on at that step.
"""

from collections.abc import Callable
from dataclasses import dataclass

from django.db import IntegrityError, transaction
from django.db.models.functions import Now
from django.utils import timezone

from amt.certificates.errors import CertificateError
from amt.models import AmtSettings, Certificate, DiscoveredDevice, ZoneCertificateChange
from amt.models.discovered import DiscoveredDeviceQuerySet
from amt.services import certificates, discovery
from devices import audit
from devices.models import Device, Server, User

Change = ZoneCertificateChange
Step = ZoneCertificateChange.Step
Authority = ZoneCertificateChange.Authority
ORDER = list(Step)


class NotYet(CertificateError):
    """The current step is not finished; the text says what is missing."""

    def __init__(self, text: str) -> None:
        super().__init__("not-yet", text)


@dataclass(frozen=True)
class StepState:
    """One step as people see it."""

    step: Step
    state: str  # done, current, later
    text: str  # what it does, or what it waits for

    @property
    def title(self) -> str:
        return str(self.step.label)


def current() -> Change | None:
    """Return the change that is under way."""
    return Change.objects.filter(ended_at=None).first()


@transaction.atomic
def start(*, by: User | None) -> Change:
    """Begin a change, and remember the devices that are provisioned now.

    Raises:
        CertificateError: one is under way.
    """
    certificates.allow(by)
    name = by.get_username() if by else audit.acting_name.get()
    try:
        with transaction.atomic():
            change = Change.objects.create(started_by_name=name)
    except IntegrityError:
        raise CertificateError("under-way", "A change is under way; go on with that.") from None
    devices = certificates.provisioned().values_list("device_id", flat=True)
    change.devices.set(devices)
    change.device_count = change.devices.count()
    change.save(update_fields=["device_count"])
    audit.record(by, "zone_change.start", new={"devices": change.device_count})
    return change


@transaction.atomic
def go_on(*, by: User | None, step: str, authority: str = "", although: bool = False) -> Change:
    """Do the current step, if it is ``step``, and go to the next one.

    ``although`` goes on without servers that are silent and devices not provisioned again.

    Raises:
        NotYet: something is to be done first.
        CertificateError: no change is under way, or it stands at another step.
    """
    certificates.allow(by)
    change = _under_way()
    if change.step != step:
        raise CertificateError(
            "other-step", f"The change stands at “{change.get_step_display()}”, not there."
        )
    ACTS[Step(change.step)](change, by, authority, although)
    _advance(change)
    audit.record(by, "zone_change.step", new={"done": step, "next": change.step})
    return change


@transaction.atomic
def give_up(*, by: User | None) -> None:
    """End the change where it stands; what was done stays done."""
    certificates.allow(by)
    change = _under_way()
    change.ended_at, change.was_given_up = timezone.now(), True
    change.save(update_fields=["ended_at", "was_given_up"])
    audit.record(by, "zone_change.give_up", old={"step": change.step})


@transaction.atomic
def ask_restart(*, by: User | None) -> int:
    """Ask every server to reload what it keeps of the zone (S104); return how many are online."""
    certificates.allow(by)
    change = Change.objects.select_for_update().filter(ended_at=None, step=Step.RESTART).first()
    if change is None:
        raise CertificateError("other-step", "The change does not stand at “Restart services”.")
    Server.objects.update(reload_asked_at=Now())
    change.restart_asked_at = timezone.now()
    change.save(update_fields=["restart_asked_at"])
    audit.record(by, "zone_change.restart")
    return sum(server.is_online for server in Server.objects.all())


def states(change: Change) -> list[StepState]:
    """Return all steps of a change, each with what it does or waits for."""
    at = ORDER.index(Step(change.step))
    return [
        StepState(
            step,
            "done" if change.ended_at or place < at else "current" if place == at else "later",
            TEXTS[step],
        )
        for place, step in enumerate(ORDER)
    ]


def waits_for(change: Change) -> str:
    """Return what the current step is waiting for; empty if it may go on."""
    if change.step == Step.UNPROVISION:
        return _still_provisioned()
    if change.step == Step.RESTART:
        return _not_restarted(change)
    if change.step == Step.CREATE and change.authority == Authority.EXTERNAL:
        return _no_certificate()
    if change.step == Step.REDISCOVER:
        return _not_announced(change)
    if change.step == Step.PROVISION:
        return _not_again(change)
    return ""


def to_provision(change: Change) -> DiscoveredDeviceQuerySet:
    """Return the entries of those devices of ``change`` that are not provisioned again yet."""
    again = AmtSettings.objects.filter(mode=Device.Mode.ENTERPRISE)
    left = change.devices.exclude(amt_settings__in=again)
    entries: DiscoveredDeviceQuerySet = DiscoveredDevice.objects.filter(device__in=left)
    return entries


TEXTS = {
    Step.UNPROVISION: "Each provisioned device is unprovisioned; it loses the old certificate.",
    Step.AUTHORITY: "Who issues from now on: this zone itself, or an authority outside.",
    Step.DELETE: "zman iamt-delete-mgmtcert (idmc): the old certificates and their keys go.",
    Step.RESTART: "Workers, listener and dispatcher drop the old certificates.",
    Step.CREATE: "zman iamt-create-mgmtcert (icmc): each server gets its new one.",
    Step.REDISCOVER: "Devices have to announce themselves again, with the new hash in them.",
    Step.PROVISION: "Each device that was provisioned is provisioned with the new certificate.",
}


def _under_way() -> Change:
    """Return the change that is under way, locked."""
    change = Change.objects.select_for_update().filter(ended_at=None).first()
    if change is None:
        raise CertificateError("not-started", "No change of the zone certificate is under way.")
    return change


def _unprovision(change: Change, by: User | None, authority: str, although: bool) -> None:
    if text := _still_provisioned():
        raise NotYet(text)


def _choose(change: Change, by: User | None, authority: str, although: bool) -> None:
    if authority not in Authority.values:
        raise NotYet("Choose who issues from now on: internal, keep or external.")
    change.authority = authority
    if authority == Authority.INTERNAL:
        Certificate.objects.internal().update(retired_at=timezone.now())
        certificates.create_authority(by=by)


def _delete(change: Change, by: User | None, authority: str, although: bool) -> None:
    rows = list(Certificate.objects.management())
    change.names = {str(row.server_id): row.name for row in reversed(rows) if row.server_id}
    certificates.delete_management(certificates=rows, by=by)


def _restart(change: Change, by: User | None, authority: str, although: bool) -> None:
    text = _not_restarted(change)
    if text and not (although and change.restart_asked_at):
        raise NotYet(text)


def _create(change: Change, by: User | None, authority: str, although: bool) -> None:
    if change.authority == Authority.EXTERNAL:
        if text := _no_certificate():
            raise NotYet(text)
        return
    for server in Server.objects.filter(management_certificates=None):
        name = change.names.get(str(server.pk), "")  # devices compare it with their DNS suffix
        certificates.create_management(server=server, by=by, common_name=name)
    if text := _no_certificate():
        raise NotYet(text)


def _rediscover(change: Change, by: User | None, authority: str, although: bool) -> None:
    """Nothing to be written: a device that announces itself is found by its hello."""
    if (text := _not_announced(change)) and not although:
        raise NotYet(text)


def _provision(change: Change, by: User | None, authority: str, although: bool) -> None:
    if (text := _not_again(change)) and not although:
        raise NotYet(text)


ACTS: dict[Step, Callable[[Change, User | None, str, bool], None]] = {
    Step.UNPROVISION: _unprovision,
    Step.AUTHORITY: _choose,
    Step.DELETE: _delete,
    Step.RESTART: _restart,
    Step.CREATE: _create,
    Step.REDISCOVER: _rediscover,
    Step.PROVISION: _provision,
}


def _advance(change: Change) -> None:
    place = ORDER.index(Step(change.step)) + 1
    if place < len(ORDER):
        change.step = ORDER[place]
    else:
        change.ended_at = timezone.now()
    change.save(update_fields=["step", "authority", "names", "ended_at"])


def _still_provisioned() -> str:
    count = certificates.provisioned().count()
    if not count:
        return ""
    devices = "1 device is" if count == 1 else f"{count:,} devices are"
    return f"{devices} still provisioned. Unprovision every one first."


def _not_restarted(change: Change) -> str:
    if change.restart_asked_at is None:
        return "The services were not restarted yet."
    late = [
        str(server)
        for server in Server.objects.all()
        if not server.reloaded_at or server.reloaded_at < (server.reload_asked_at or timezone.now())
    ]
    return f"Not restarted yet: {', '.join(late)}." if late else ""


def _no_certificate() -> str:
    if Certificate.objects.management().exists():
        return ""
    return "There is no management certificate yet. Create a request, have it signed, import it."


def _not_announced(change: Change) -> str:
    """Return how many have not been heard of with the new hash; empty once all have."""
    own = discovery.own_digests()
    heard = {
        entry.device_id
        for entry in to_provision(change).filter(seen_at__gt=change.started_at)
        if entry.device_id and (entry.trusts(own) or not entry.hashes)
    }
    again = AmtSettings.objects.filter(mode=Device.Mode.ENTERPRISE)
    left = change.devices.exclude(amt_settings__in=again).exclude(pk__in=heard).count()
    if not left:
        return ""
    devices = "1 device has" if left == 1 else f"{left:,} devices have"
    return f"{devices} not been heard of with the new hash in it yet."


def _not_again(change: Change) -> str:
    again = AmtSettings.objects.filter(mode=Device.Mode.ENTERPRISE)
    left = change.devices.exclude(amt_settings__in=again).count()
    if not left:
        return ""
    devices = "1 device is" if left == 1 else f"{left:,} devices are"
    return f"{devices} not provisioned again yet."
