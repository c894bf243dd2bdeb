"""Agents: let one enrol by a token, take its reports, revoke it."""

import hashlib
import hmac
import json
import secrets
from collections.abc import Mapping
from datetime import timedelta
from uuid import UUID, uuid4

from django.conf import settings
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone

from devices import audit
from devices.agent_facts import AgentFacts, BadFacts, read_facts
from devices.inventory_changes import record_changes
from devices.inventory_facts import record_facts, told_by
from devices.marks import usable_serial, usable_uuid
from devices.models import (
    Agent,
    Device,
    EnrolmentToken,
    Folder,
    HostReport,
    InventoryChange,
    User,
)
from devices.models.rights import Right, may_in
from devices.services import agent_tokens, devices

LARGEST = 1 << 20  # bytes of a report
CLOCK_MAY_DIFFER = timedelta(days=1)
CLOCK = "The clock of the PC is more than a day off."
ENDED = "This token is unknown, used up, withdrawn or too old."
SIGNATURE = "The signature is wrong, or this agent is not known. Enrol it anew."
HIGHEST = 2**62
TRIES = 5


class AgentRefused(Exception):
    """What an agent sent is not taken; ``status`` is of HTTP."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


@transaction.atomic
def enrol(token: str, told: object) -> tuple[Agent, str]:
    """Return the agent of a PC and its key. Of the token, one use is taken.

    Raises:
        AgentRefused: the token is unknown, used up or too old (403), or the facts are wrong (400).
    """
    facts = _facts(told)
    row = agent_tokens.find(token)
    if row is None:
        raise AgentRefused(403, ENDED)
    if not row.made_by.is_active or not may_in(row.made_by, Right.EDIT, row.place):
        raise AgentRefused(403, "Whoever made this token may not add devices there any more.")
    device = _own(row) or _known(row, facts) or _made(row, facts)
    now = timezone.now()
    fresh = {"agent_id": uuid4(), "salt": secrets.token_hex(32), "last_sequence": 0}
    fresh |= {"enrolled_at": now, "seen_at": now, "revoked_at": None}
    before = Agent.objects.filter(device=device).first()
    agent, _ = Agent.objects.update_or_create(device=device, defaults=fresh)
    old = {"agent": str(before.agent_id)} if before else None
    new = {"agent": str(agent.agent_id), "token": row.pk}
    audit.record(row.made_by, "agent.enrol", device, old=old, new=new)
    _keep(device, facts)
    if not agent_tokens.take(row):  # last: PCs that come at once by one token wait for no more
        raise AgentRefused(403, ENDED)
    agent_tokens.forget(device)
    return agent, _key(agent)


@transaction.atomic
def report(*, headers: Mapping[str, str], body: bytes) -> Agent:
    """Keep what an agent reports; each report counts once, and only in its order.

    Raises:
        AgentRefused: 400 malformed or clock wrong, 403 not its signature or revoked, 409 replayed.
    """
    at, sequence = headers.get("X-Agent-Time", ""), headers.get("X-Agent-Sequence", "")
    agent = _signed(headers, at, sequence, body)
    if agent.revoked_at:
        raise AgentRefused(403, "This agent was revoked.")
    sent_at = int(at) if at.isascii() and at.isdigit() and len(at) < 12 else 0
    if abs(timezone.now().timestamp() - sent_at) > CLOCK_MAY_DIFFER.total_seconds():
        raise AgentRefused(400, CLOCK)
    is_number = sequence.isascii() and sequence.isdigit() and len(sequence) < 20
    number = int(sequence) if is_number else 0
    if not 0 < number < HIGHEST:
        raise AgentRefused(400, "X-Agent-Sequence: not a number from 1 on.")
    newer = Agent.objects.filter(pk=agent.pk, last_sequence__lt=number, revoked_at=None)
    if not newer.update(last_sequence=number, seen_at=Now()):
        raise AgentRefused(409, "This report was sent before.")
    facts = _facts(read_json(body))
    if (device := _locked(agent.device)) is None:  # joined with another one, just now
        agent.refresh_from_db()
        device = _locked(agent.device)
    if device is None:
        raise AgentRefused(403, SIGNATURE)
    _keep(device, facts)
    return agent


def read_json(body: bytes) -> object:
    """Return what an agent sent.

    Raises:
        AgentRefused: it is no JSON.
    """
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise AgentRefused(400, "Not JSON.") from None


@transaction.atomic
def revoke(*, agent: Agent, by: User) -> None:
    """Take no more reports of an agent, nor tokens of its device; a new token lets it in again.

    Raises:
        PermissionDenied: ``by`` may not edit the device.
    """
    if not may_in(by, Right.EDIT, agent.device.folder):
        raise PermissionDenied("You may not change this device.")
    Agent.objects.filter(pk=agent.pk, revoked_at=None).update(revoked_at=Now())
    agent_tokens.forget(agent.device)
    audit.record(by, "agent.revoke", agent.device)


def _key(agent: Agent) -> str:
    told = f"agent {agent.agent_id.hex} {agent.salt}".encode()
    return hmac.new(settings.SECRET_KEY.encode(), told, hashlib.sha256).hexdigest()


def _signed(headers: Mapping[str, str], at: str, sequence: str, body: bytes) -> Agent:
    try:
        agent_id = UUID(headers.get("X-Agent", "")[:64])
    except ValueError:
        raise AgentRefused(403, SIGNATURE) from None
    agent = Agent.objects.select_related("device__folder").filter(agent_id=agent_id).first()
    if agent is None:
        raise AgentRefused(403, SIGNATURE)
    text = f"{at}\n{sequence}\n".encode() + body
    wanted = hmac.new(_key(agent).encode(), text, hashlib.sha256).hexdigest()
    given = headers.get("X-Agent-Signature", "")
    if not hmac.compare_digest(wanted.encode(), given.encode()):
        raise AgentRefused(403, SIGNATURE)
    return agent


def _facts(told: object) -> AgentFacts:
    try:
        return read_facts(told)
    except BadFacts as error:
        raise AgentRefused(400, str(error)) from None


def _own(row: EnrolmentToken) -> Device | None:
    """Return the device that a token is for, locked: of PCs that come at once, one has it."""
    return row.device and _locked(row.device)


def _locked(device: Device) -> Device | None:
    rows = Device.objects.filter(pk=device.pk).select_related("folder")
    found: Device | None = rows.select_for_update(of=("self",), no_key=True).first()
    return found


def _known(row: EnrolmentToken, facts: AgentFacts) -> Device | None:
    """Return the one device that this PC surely is, imported or re-imaged.

    It is below the token's folder, where whoever made the token may edit devices.

    One whose agent still counts is not given to whoever knows its serial number: for that a token
    of its own is made, or its agent revoked.
    """
    free = Q(agent=None) | Q(agent__revoked_at__isnull=False)
    allowed = Device.objects.allowed(row.made_by, Right.EDIT)
    below = allowed.below(row.folder).filter(free)
    uuid, serial = usable_uuid(facts.uuid), usable_serial(facts.texts["serial_number"])
    chosen = [below.filter(host_report__uuid=uuid)] if uuid else []
    chosen += [below.filter(serial_number__iexact=serial)] if serial else []
    for found in chosen:
        if len(rows := list(found[:2])) == 1:
            _locked(rows[0])
            return found.filter(pk=rows[0].pk).first()
    return None


def _made(row: EnrolmentToken, facts: AgentFacts, tries: int = TRIES) -> Device:
    name = facts.texts["host_name"].partition(".")[0] or str(facts.uuid or "PC")
    if tries < TRIES:  # another of that name came at the same time: one after the other
        Folder.objects.select_for_update(no_key=True).get(pk=row.folder_id)
    try:
        return devices.create_with_free_name(name, folder=row.folder, asked_by=row.made_by)
    except ValidationError as error:
        if tries > 1:
            return _made(row, facts, tries - 1)
        raise AgentRefused(400, f"host_name: {' '.join(error.messages)}") from None


def _keep(device: Device, facts: AgentFacts) -> None:
    """Write the report over the one before, and what changed; fill what nobody typed."""
    before = HostReport.objects.filter(device=device).first()
    now = HostReport(
        pk=before.pk if before else None,
        device=device,
        uuid=facts.uuid,
        macs=facts.macs,
        addresses=facts.addresses,
        software=facts.software,
        reported_at=timezone.now(),
        **facts.texts,
    )
    now.save()
    if before:
        source = InventoryChange.Source.AGENT
        told = [{**one.texts(), **one.programs()} for one in (before, now)]
        record_changes(device, source, *told, at=now.reported_at)
        _note_identity(device, before, now)
    record_facts(device, InventoryChange.Source.AGENT, told_by(now), at=now.reported_at)
    _fill(device, facts.texts)


def _note_identity(device: Device, before: HostReport, now: HostReport) -> None:
    """Write into the audit that the agent of a device says it is another PC than before."""
    old = {"uuid": str(before.uuid or ""), "serial_number": before.serial_number}
    new = {"uuid": str(now.uuid or ""), "serial_number": now.serial_number}
    if old != new:
        old, new = audit.changes(old, new)
        audit.record(None, "agent.identity", device, old=old, new=new)


def _fill(device: Device, texts: Mapping[str, str]) -> None:
    name = texts["host_name"].lower().removesuffix(".")
    told = {"model": texts["model"], "host_name": name if devices.HOST_NAME.fullmatch(name) else ""}
    if usable_serial(texts["serial_number"]):
        told["serial_number"] = texts["serial_number"]
    filled = [name for name, text in told.items() if text and not getattr(device, name)]
    for name in filled:
        setattr(device, name, told[name])
    if filled:
        device.save(update_fields=filled)
