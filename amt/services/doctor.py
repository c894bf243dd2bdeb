"""The provisioning doctor: gather what is known of a discovered device and of us, and judge it.

``diagnosis`` looks at rows only; ``examination`` looks at the device itself as well.
"""

import asyncio
import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from ipaddress import ip_address
from threading import BoundedSemaphore

from cryptography.hazmat.primitives.serialization import Encoding
from django.conf import settings
from django.db import connection
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables

from amt import addresses
from amt.certificates import chains, firmware, hashes, rules
from amt.constants import ProvisioningState
from amt.doctor.causes import Cause
from amt.doctor.checks import Check, checks
from amt.doctor.diagnosis import best_certificate, diagnose
from amt.doctor.facts import (
    Attempt,
    ConsoleFacts,
    DeviceFacts,
    Digest,
    Facts,
    Key,
    NameFacts,
    OurCertificate,
    ReachFacts,
    ZoneFacts,
)
from amt.levels import DISCOVERED_HOURS, DISCOVERED_HOURS_EXTERNAL, LEGACY_ALLOWED
from amt.models import AmtSettings, Certificate, DiscoveredDevice
from amt.models.certificates import chain_of, judged
from amt.provisioning.proofs import Proof
from amt.services.examination import examine
from devices import audit, levels
from devices.models import Device, Job, JobItem, Server, User
from vault import crypto
from vault.errors import VaultError
from vault.models import Credential, Secret

STILL_TRUE = timedelta(minutes=15)  # what a scan saw of the ports
AT_ONCE = 4  # examinations of one web process
_room = BoundedSemaphore(AT_ONCE)


class TooManyExaminations(Exception):
    """Other people's examinations are under way; the text is for people."""

    def __init__(self) -> None:
        super().__init__(f"{AT_ONCE} other devices are being examined. Try again in 10 s.")


@dataclass(frozen=True)
class Diagnosis:
    """What the doctor says of one device."""

    facts: Facts
    causes: list[Cause]
    checks: list[Check]
    is_examined: bool = False  # the device itself was looked at

    @property
    def is_healthy(self) -> bool:
        return not self.causes


def diagnosis(entry: DiscoveredDevice, *, credential: Credential | None = None) -> Diagnosis:
    """Judge ``entry`` by what is known, without looking at the device."""
    return _judged(facts_of(entry, credential=credential))


def examination(
    entry: DiscoveredDevice, *, by: User | None, credential: Credential | None = None
) -> Diagnosis:
    """Look at the device, for 10 seconds at most, and judge it. Nothing is written to it.

    ``by`` None is the command line.

    Raises:
        TooManyExaminations: as many as this process has room for are under way.
    """
    if not _room.acquire(blocking=False):
        raise TooManyExaminations
    try:
        audit.record(by, "discovered.examine", entry, new={"address": str(entry.address)})
        facts = facts_of(entry, credential=credential)
        best = best_certificate(facts)
        proof, key = _proof(best)
        if best and key is Key.CLOSED:
            facts = _with_closed_key(facts, best)
        _let_go_of_database()
        refusal = addresses.refusal(ip_address(str(entry.address)), practice=settings.PRACTICE)
        facts = asyncio.run(examine(facts, proof, refusal=refusal))
    finally:
        _room.release()
    return replace(_judged(facts), is_examined=True)


def facts_of(
    entry: DiscoveredDevice,
    *,
    credential: Credential | None = None,
    now: datetime | None = None,
) -> Facts:
    """Return all that the database knows of ``entry`` and of us."""
    trust = list(Certificate.objects.authorities())
    return Facts(
        now=now or timezone.now(),
        device=_device(entry),
        reach=_reach(entry),
        names=NameFacts(reverse=entry.name or None),
        console=_console(entry, trust, credential),
        zone=ZoneFacts(
            hours_here=levels.zone_value(DISCOVERED_HOURS),
            hours_external=levels.zone_value(DISCOVERED_HOURS_EXTERNAL),
            legacy_allowed=levels.zone_value(LEGACY_ALLOWED),
        ),
        attempt=_attempt(entry),
    )


def _judged(facts: Facts) -> Diagnosis:
    causes = diagnose(facts)
    return Diagnosis(facts, causes, checks(facts, causes))


def _device(entry: DiscoveredDevice) -> DeviceFacts:
    has_hello = entry.hello_version is not None
    return DeviceFacts(
        uuid=entry.uuid,
        address=str(entry.address),
        firmware=firmware.parse(entry.firmware) if entry.firmware else None,
        state=None if entry.state is None else ProvisioningState(entry.state),
        is_ours=_is_ours(entry),
        hello_version=entry.hello_version,
        key_id=entry.key_id if has_hello else None,
        hashes=tuple((str(name), str(digits)) for name, digits in entry.hashes)
        if has_hello
        else None,
        has_own_password=entry.has_own_password,
        retry_count=entry.retry_count,
        heard_at=entry.heard_at,
        seen_at=entry.seen_at,
    )


def _is_ours(entry: DiscoveredDevice) -> bool:
    same = Q(device=entry.device_id) if entry.device_id else Q(pk=None)
    same |= Q(uuid=entry.uuid) if entry.uuid else Q(pk=None)
    return AmtSettings.objects.filter(same, mode=Device.Mode.ENTERPRISE).exists()


def _reach(entry: DiscoveredDevice) -> ReachFacts:
    is_fresh = entry.scanned_at is not None and timezone.now() - entry.scanned_at < STILL_TRUE
    ports = frozenset(map(int, entry.ports)) if is_fresh else None
    return ReachFacts(ports=ports, restarted_at=_restarted_at(entry))


def _restarted_at(entry: DiscoveredDevice) -> datetime | None:
    """Return when the device was last told by us to leave the network for a while."""
    if not entry.device_id:
        return None
    kinds = [Job.Kind.PROVISION, Job.Kind.UNPROVISION]
    ended = JobItem.objects.filter(
        device=entry.device_id,
        job__kind__in=kinds,
        finished_at__gt=timezone.now() - timedelta(minutes=2),
        status__in=[JobItem.Status.DONE, JobItem.Status.UNKNOWN],
    )
    found: datetime | None = ended.order_by("-pk").values_list("finished_at", flat=True).first()
    return found


def _attempt(entry: DiscoveredDevice) -> Attempt | None:
    """Return how the last task to provision the device ended, if it did not end well."""
    if not entry.device_id:
        return None
    items = JobItem.objects.filter(device=entry.device_id, job__kind=Job.Kind.PROVISION)
    last = items.filter(finished_at__isnull=False).order_by("-pk").first()
    if last is None or last.status == JobItem.Status.DONE or not last.error_code:
        return None
    steps = last.evidence.get("steps", [])
    failed = next((step["key"] for step in steps if step.get("status") == "failed"), "")
    value = re.search(r"ReturnValue (\d+)", last.detail)
    return Attempt(last.error_code, failed, int(value[1]) if value else None, last.finished_at)


def _running_task(entry: DiscoveredDevice) -> str:
    if not entry.device_id:
        return ""
    items = JobItem.objects.unfinished().filter(device=entry.device_id)
    found = items.filter(job__kind=Job.Kind.PROVISION).order_by("pk").first()
    return f"Task {found.job_id}" if found else ""


def _console(
    entry: DiscoveredDevice, trust: list[Certificate], credential: Credential | None
) -> ConsoleFacts:
    rows = list(Certificate.objects.management().select_related("server"))
    server, clock_off = _server(entry, rows)
    mine = [row for row in rows if server is not None and row.server_id == server.pk]
    return ConsoleFacts(
        server=server.name if server else None,
        certificates=tuple(_certificate(row, trust) for row in mine),
        elsewhere=len(rows) - len(mine),
        former_roots=_roots(trust),
        clock_off=clock_off,
        can_psk=hasattr(ssl.SSLContext, "set_psk_client_callback"),
        has_key_of_pid=False,  # the console keeps none so far
        running_task=_running_task(entry),
        **_credential(credential),
    )


def _server(
    entry: DiscoveredDevice, rows: list[Certificate]
) -> tuple[Server | None, timedelta | None]:
    """Return who would set the device up, and how far our clock is from the database's.

    The one that heard it, if it has a certificate; else one that has, those online first.
    """
    able = {row.server_id for row in rows}
    servers = list(Server.objects.annotate(told_at=Now()))
    if not servers:
        return None, None
    clock_off = timezone.now() - servers[0].told_at

    def order(one: Server) -> tuple[bool, bool, bool]:
        return one.pk not in able, one.pk != entry.server_id, not one.is_online

    found = min(servers, key=order)
    own = next((one for one in servers if one.pk == entry.server_id), found)
    return (found if found.pk in able else own), clock_off


def _certificate(row: Certificate, trust: list[Certificate]) -> OurCertificate:
    return OurCertificate(
        name=chains.common_name(row.x509),
        chain=chain_of(row, trust),
        verdicts=tuple(judged(row, trust)),
        key=Key.HERE if row.key_id else Key.MISSING,
        is_ca=rules.can_issue(row.x509),
    )


def _roots(trust: list[Certificate]) -> Mapping[Digest, str]:
    """Return the hashes of all roots in the trust store: one of them may be in the device."""
    return {
        (one.algorithm, one.digits.lower()): row.name
        for row in trust
        if chains.is_self_signed(row.x509)
        for one in hashes.of(bytes(row.der)).values()
    }


def _credential(credential: Credential | None) -> dict[str, bool | None]:
    if credential is None:
        return {}
    secret = Secret.objects.active_for([credential.pk]).filter(amt_uuid=None).first()
    if secret is None:
        return {"has_credential": False}
    unreadable: dict[object, VaultError] = {}
    crypto.reveal([secret], unreadable=unreadable)  # type: ignore[arg-type]
    return {
        "has_credential": True,
        "credential_opens": not unreadable,
        "gives_password": not unreadable,
    }


@sensitive_variables()
def _proof(best: OurCertificate | None) -> tuple[Proof | None, Key | None]:
    """Return what to show to the device, and what became of its key."""
    if best is None or best.key is not Key.HERE:
        return None, best.key if best else None
    der = best.chain.links[0].public_bytes(Encoding.DER)
    row = Certificate.objects.select_related("key").get(
        sha256=hashes.of(der)["sha256"].digits.lower()
    )
    proof = Proof(row, best.chain.links)
    try:
        proof.open()
    except VaultError:
        return None, Key.CLOSED
    return proof, Key.HERE


def _with_closed_key(facts: Facts, best: OurCertificate) -> Facts:
    ours = tuple(
        replace(one, key=Key.CLOSED) if one is best else one
        for one in facts.console.certificates or ()
    )
    return replace(facts, console=replace(facts.console, certificates=ours))


def _let_go_of_database() -> None:
    """Give the connection back while the network is waited for: a pool of them serves all."""
    if not connection.in_atomic_block:
        connection.close()
