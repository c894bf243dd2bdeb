"""*Provision*: set a device up over TLS, prove that it is, and keep what it is known by.

Every step looks before it acts, so a line whose worker died is simply begun again. The password is
in the vault before the device is told of it. Source: amt-protocol.md 7.3.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from time import monotonic
from uuid import UUID

from django.conf import settings

from amt import addresses
from amt.certificates import firmware
from amt.constants import PORT_HTTP, PORT_HTTPS, ProvisioningState
from amt.protocol import probe
from amt.protocol.errors import (
    AmtCertificateChanged,
    AmtError,
    AmtHeldUp,
    AmtRealmChanged,
    AmtReturnValue,
    AmtSetUpRefused,
    AmtSignInRefused,
    AmtTlsFailed,
    AmtTlsTooOld,
    AmtUnreachable,
)
from amt.protocol.http.handshake import shake_hands
from amt.protocol.wsman.general_settings import read_general_settings
from amt.protocol.wsman.identity import read_setup
from amt.protocol.wsman.session import Limits, Session, Target
from amt.protocol.wsman.setup import authorization, flow, service
from amt.provisioning import plans, records
from amt.provisioning.plans import Plan
from amt.provisioning.records import Kept, Told
from amt.work.connection import told_tls
from amt.work.each_device import failed
from amt.work.steps import Steps
from devices.models import JobItem
from devices.work import CarryOut, Outcome, Rows, not_sent, run_items

AT_ONCE = 50  # devices of one worker task
LIMITS = Limits(
    connect_seconds=settings.AMT_CONNECT_SECONDS, answer_seconds=settings.AMT_READ_SECONDS
)
FACTORY_LOGIN = "admin"
STEPS = (
    ("let-in", "Lets us in?"),
    ("password", "Password"),
    ("clock", "Clock"),
    ("names", "Names"),
    ("certificate", "Certificate"),
    ("tls", "TLS"),
    ("commit", "Commit"),
    ("back", "Back on the network?"),
    ("read", "Read back"),
)
NOT_LET_IN = {  # how it breaks off, in words that end a sentence; empty: its own
    "client-certificate": "it does not trust it",
    "tls-dropped": "it hung up",
    "tls-alert": "",
    "tls-failed": "",
}


def run_provision_items(item_pks: Sequence[int]) -> None:
    """Set up the device of each of ``item_pks`` that can be claimed; the rows are the result."""

    def prepare(items: list[JobItem]) -> CarryOut:
        found = plans.plans(items)

        async def carry_out(item: JobItem, rows: Rows) -> Outcome:
            plan = found[item.pk]
            if isinstance(plan, AmtError):
                return failed(plan)
            outcome = await SettingUp(plan, item, rows).carry_out()
            if plan.external and outcome.status in JobItem.FINAL:
                await rows.in_database(partial(records.forget_key, job=item.job_id))
            return outcome

        return carry_out

    run_items(item_pks, prepare, at_once=AT_ONCE)


@dataclass(slots=True)
class Shown:
    """What a device that was set up is to be found with."""

    uuid: UUID
    kept: Kept
    realm: str
    pin: str  # SHA-256 of its certificate


class SettingUp:
    """The set-up of one device."""

    def __init__(self, plan: Plan, item: JobItem, rows: Rows) -> None:
        self.plan, self.item, self.rows = plan, item, rows
        self.steps = Steps(item, rows, STEPS, is_told=True)
        self.profile = plan.profiles[0]
        self.is_committed = False
        self.plain_stays_open = False

    async def carry_out(self) -> Outcome:
        """Return how it ended, with the steps that were taken."""
        try:
            outcome = await self._set_up()
        except AmtError as error:
            outcome = self._blamed(error)
        outcome.evidence = self.steps.evidence
        return outcome

    async def _set_up(self) -> Outcome:
        """Find out how far it is, and go on from there."""
        self.steps.ask("let-in")
        try:
            return await self._configure()
        except AmtSetUpRefused as error:
            if error.code != "set-up-already" or not self.plan.was_committed:
                raise
        except (AmtUnreachable, AmtTlsFailed):
            if not self.plan.was_committed or self.is_committed:
                raise
        self.steps.say("let-in", "ok", "Was let in", "The device took its settings earlier.")
        return await self._confirm(await self._kept_earlier())

    async def _kept_earlier(self) -> Shown:
        """Return what an earlier attempt gave to the device."""
        known = self.plan.earlier
        assert known is not None  # noqa: S101 - was_committed says so
        read = partial(records.password_given, uuid=known.uuid, shared=self.plan.password)
        return Shown(known.uuid, await self.rows.in_database(read), "", known.pin)

    def _keep(self, uuid: UUID) -> Kept:
        return records.keep_password(
            uuid=uuid,
            device=self.plan.device,
            credential=self.plan.credential,
            shared=None if self.plan.own_passwords else self.plan.password,
        )

    # Before the commit

    async def _configure(self) -> Outcome:
        session = await self._let_in()
        try:
            waiting = await self._look(session)
            if not await self.rows.may_send(self.item):
                return not_sent(self.item)
            shown = await self._tell(session, waiting)
            await self._commit(session)
        finally:
            await session.close()
        return await self._confirm(shown)

    async def _commit(self, session: Session) -> None:
        """Have all of it count. A device may go off the network before it can say yes."""
        try:
            await service.commit_changes(session)
        except AmtError as error:
            if not error.may_have_been_obeyed:
                raise
        self.is_committed = True
        self.steps.say("commit", "ok", "Committed")

    async def _let_in(self) -> Session:
        """Return an open session that the device lets us set it up in.

        Firmware of old asks for a login as well. One is shown only if the device lets nobody else
        in: one that is set up, by whomever, does, and then the login is not meant for it.
        """
        for profile in self.plan.profiles:
            self.profile = profile
            try:
                return await self._opened(self._door(""))
            except AmtTlsTooOld:
                if profile is self.plan.profiles[-1]:
                    raise
            except AmtTlsFailed as error:
                raise self._not_let_in(error) from error
            except AmtSetUpRefused as error:
                if error.code != "set-up-already" or await self._lets_anybody_in():
                    raise
                break
        return await self._opened(self._door(self.plan.first_password))

    async def _opened(self, target: Target) -> Session:
        """Return a session after its first answer: that tells whether a login is wanted."""
        session = Session(target, LIMITS)
        try:
            await session.open()
            await service.read_service(session)
        except BaseException:
            await session.close()
            raise
        return session

    def _door(self, password: str) -> Target:
        tls = self.profile
        return Target(
            host=self.plan.address,
            port=PORT_HTTPS,
            tls=tls,
            username=FACTORY_LOGIN,
            password=password,
            refusal=partial(addresses.refusal, practice=settings.PRACTICE),
            credential=self.plan.credential.name,
            proof=self.plan.proof.context(tls),
        )

    async def _lets_anybody_in(self) -> bool:
        try:
            await shake_hands(self.plan.address, PORT_HTTPS, self.profile, LIMITS)
        except AmtError:
            return False
        return True

    def _not_let_in(self, error: AmtTlsFailed) -> AmtError:
        if error.code not in NOT_LET_IN:
            return error
        words = NOT_LET_IN[error.code] or str(error).partition(": ")[2].rstrip(".")
        return AmtSetUpRefused(words=words or "it said no more", detail=error.detail)

    async def _look(self, session: Session) -> flow.Waiting:
        waiting = await flow.look(session, expected=self.plan.uuid)
        if not (self.plan.uuid or waiting.uuid):
            raise AmtSetUpRefused(code="no-uuid")
        word = f"AMT {waiting.firmware}" if waiting.firmware else "Let in"
        self.steps.say("let-in", "ok", word, f"It took our certificate {self.plan.proof.row}.")
        return waiting

    async def _tell(self, session: Session, waiting: flow.Waiting) -> Shown:
        """Give the device all that it needs; nothing of it counts before the commit."""
        uuid = self.plan.uuid or waiting.uuid
        assert uuid is not None  # noqa: S101 - looked at just now
        kept = await self._give_password(session, waiting, uuid)
        self._go_on("clock")
        off = await flow.set_time(session)
        self.steps.say(
            "clock", "ok", f"Clock set: it was {_told_off(off)}" if off else "Clock right"
        )
        self._go_on("names")
        host_name, domain = self._names(waiting)
        await flow.give_names(session, waiting, host_name=host_name, domain=domain)
        self.steps.say("names", "ok", f"Named {host_name}")
        self._go_on("certificate")
        der = await self._certify(session, host_name, domain, waiting)
        self._go_on("tls")
        plain = self.plan.plain_allowed
        self.plain_stays_open = await flow.switch_tls_on(session, accepts_plain=plain)
        self.steps.say("tls", "ok", "TLS on, plain port " + ("open" if plain else "closed"))
        self._go_on("commit")
        write = partial(records.committing, uuid=uuid, certificate=der)
        await self.rows.in_database(write)
        self._go_on("commit")
        return Shown(uuid, kept, waiting.realm, flow.fingerprint(der))

    def _go_on(self, key: str) -> None:
        """Begin a step, if the line is still ours.

        Raises:
            AmtHeldUp: another worker may have it by now.
        """
        if not self.rows.lease_held():
            raise AmtHeldUp
        self.steps.ask(key)

    async def _give_password(self, session: Session, waiting: flow.Waiting, uuid: UUID) -> Kept:
        self._go_on("password")
        kept = await self.rows.in_database(partial(self._keep, uuid))
        self._go_on("password")
        if self.plan.has_factory_password:
            await flow.give_mebx_password(session, self.plan.password)
        await authorization.set_admin(
            session,
            username=self.plan.credential.login_name,
            realm=waiting.realm,
            password=kept.password,
        )
        whose = "Own password" if kept.secret else "Password of the credential"
        self.steps.say("password", "ok", f"{whose} set", "It was in the vault before.")
        return kept

    def _names(self, waiting: flow.Waiting) -> tuple[str, str]:
        """Return host name and domain: its own, else those that name servers know."""
        host, _, domain = (self.plan.entry.name or self.plan.device.host_name).partition(".")
        known = waiting.setup
        return (
            waiting.host_name or host or f"amt-{self.plan.address.replace('.', '-')}",
            waiting.domain_name or domain or known.trusted_suffix or known.dhcp_suffix,
        )

    async def _certify(
        self, session: Session, host_name: str, domain: str, waiting: flow.Waiting
    ) -> bytes:
        if external := self.plan.external:
            der = await flow.give_external(session, external)
            self.steps.say("certificate", "ok", "External certificate taken")
            return der
        name, proof = ".".join(filter(None, [host_name, domain])), self.plan.proof
        issuer = flow.Issuer(partial(proof.issue, name), proof.has_issued)
        bits = self._bits(waiting)
        der = await flow.certify_own_key(session, issuer, bits=bits, pace=self.plan.pace)
        self.steps.say("certificate", "ok", "Certificate issued", f"For {name}, by {proof.row}.")
        return der

    def _bits(self, waiting: flow.Waiting) -> int:
        version = firmware.parse(waiting.firmware) if waiting.firmware else None
        return 3072 if version and firmware.FROM_22.holds(version) else 2048

    # After the commit

    async def _confirm(self, shown: Shown) -> Outcome:
        """Sign in as to any other device: that it is set up is read, not believed (D18)."""
        self.is_committed = True
        self.rows.note(self.item, status=JobItem.Status.VERIFYING)
        self.steps.ask("back")
        session = await self._back(shown)
        try:
            found, general = await read_setup(session), await read_general_settings(session)
            if found.state is not ProvisioningState.POST:
                raise AmtSetUpRefused(code="not-committed", detail=f"state {found.state}")
            told = Told(
                self.plan.address,
                session.realm or shown.realm,
                session.firmware or "",
                told_tls(session.tls_version or ""),
                ".".join(filter(None, [general.host_name, general.domain_name])).lower(),
            )
        finally:
            await session.close()
        self.steps.say(
            "back", "ok", "Back on the network", "It shows the certificate it was given."
        )
        is_open = await self._plain_is_open()
        self.steps.say("read", "ok", "Set up", f"{told.tls_version}, admin control mode.")
        write = partial(
            records.finish,
            uuid=shown.uuid,
            server=self.plan.server,
            told=told,
            by=self.item.job.asked_by,
        )
        await self.rows.in_database(write)
        return self._done(told, shown, is_open=is_open)

    async def _back(self, shown: Shown) -> Session:
        """Wait for the device and sign in; a login that it refuses is shown once.

        Raises:
            AmtSetUpRefused: it does not come back, or not as it was told.
        """
        until, last = monotonic() + self.plan.back_seconds, AmtError(code="not-back")
        while monotonic() < until:
            session = Session(self._known(shown), LIMITS)
            try:
                await session.open()
                await read_general_settings(session)
            except AmtSignInRefused as error:
                await session.close()
                raise AmtSetUpRefused(code="password-not-taken", detail=error.detail) from error
            except AmtError as error:
                await session.close()
                last = error
            else:
                return session
            await asyncio.sleep(settings.AMT_LOOK_AGAIN_SECONDS)
        if isinstance(last, AmtCertificateChanged | AmtRealmChanged):
            raise AmtSetUpRefused(code="not-committed", detail=last.detail) from last
        raise AmtSetUpRefused(
            code="not-back", seconds=f"{self.plan.back_seconds:g}", detail=f"{last} {last.detail}"
        )

    def _known(self, shown: Shown) -> Target:
        return replace(
            self._door(shown.kept.password),
            username=self.plan.credential.login_name,
            realm=shown.realm or None,
            pin=shown.pin,
            proof=None,
        )

    async def _plain_is_open(self) -> bool:
        if self.plan.plain_allowed:
            return False
        try:
            return bool(await probe.find_ports(self.plan.address, [PORT_HTTP], LIMITS))
        except AmtUnreachable:
            return False

    def _done(self, told: Told, shown: Shown, *, is_open: bool) -> Outcome:
        if is_open:
            return Outcome(
                JobItem.Status.ACCEPTED,
                "It is set up and in use, but its plain port 16992 is still open.",
                code="plain-still-open",
            )
        whose = "with a password of its own" if shown.kept.secret else "with the credential's"
        return Outcome(JobItem.Status.DONE, f"Provisioned: {told.tls_version}, {whose}.")

    # Ends

    def _blamed(self, error: AmtError) -> Outcome:
        step = self.steps.asked or self.steps.steps["let-in"]
        self.steps.end_at(step.key, f"{step.word.rstrip('?')}: failed", str(error))
        outcome = failed(error)
        if self.is_committed and error.code not in ("password-not-taken", "not-committed"):
            outcome.status = JobItem.Status.UNKNOWN
        if isinstance(error, AmtReturnValue):
            outcome.detail = f"{error.detail} ({error.meaning})"
        return outcome


def _told_off(seconds: int) -> str:
    """Return how far a clock was off, in words."""
    late = "slow" if seconds < 0 else "fast"
    seconds = abs(seconds)
    for size, word in ((86_400, "days"), (3_600, "h"), (60, "min")):
        if seconds >= 2 * size:
            return f"{seconds // size} {word} {late}"
    return f"{seconds} s {late}"
