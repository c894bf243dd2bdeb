"""*Test connection*: four questions, each answered on the item as soon as its answer is known.

Nothing is ordered. The password goes out at the last question only, once, and never to an address
that D26 forbids or to a device that shows another certificate or realm than before.
"""

import asyncio
import ipaddress
import socket
from collections.abc import Sequence
from dataclasses import replace

from django.conf import settings

from amt import addresses, connect, drivers, identity
from amt.constants import PORT_HTTP, PORT_HTTPS
from amt.models import AmtSettings
from amt.protocol import probe
from amt.protocol.errors import (
    AmtAddressNotAllowed,
    AmtBadAnswer,
    AmtCertificateChanged,
    AmtError,
    AmtNoAnswer,
    AmtPlainNotAllowed,
    AmtRealmChanged,
    AmtSignInRefused,
    AmtTlsFailed,
    AmtTlsTooOld,
    AmtUnreachable,
    unreachable,
)
from amt.protocol.http.handshake import Handshake
from amt.protocol.wsman.identity import read_uuid, read_version
from amt.protocol.wsman.session import Limits, Session, Target, Tls
from amt.work.each_device import failed, run_each_device
from amt.work.steps import Step, Steps
from devices.models import JobItem
from devices.work import Outcome, Rows

EOI = "It speaks the older SOAP interface only: power works, inventory and event log do not."
AT_ONCE = 100  # devices of one worker task
LIMITS = Limits(
    connect_seconds=settings.AMT_CONNECT_SECONDS,
    answer_seconds=min(settings.AMT_READ_SECONDS, 10),
    session_seconds=20,
)


QUESTIONS = (
    ("reachable", "Reachable?"),
    ("version", "AMT version?"),
    ("tls", "TLS?"),
    ("credential", "Credential accepted?"),
)


class Test(Steps):
    """A test under way."""

    def __init__(self, access: connect.Access, item: JobItem, rows: Rows) -> None:
        super().__init__(item, rows, QUESTIONS)
        self.access = access


def run_connection_items(item_pks: Sequence[int]) -> None:
    """Test the connection of each device among ``item_pks``; the rows are the result."""
    changed: list[tuple[AmtSettings, AmtError]] = []

    async def act(access: connect.Access, item: JobItem, rows: Rows) -> Outcome:
        return await answer(Test(access, item, rows), changed)

    reached = run_each_device(item_pks, act, at_once=AT_ONCE)
    identity.notice(changed, same=[access.settings for access in reached])


async def answer(test: Test, changed: list[tuple[AmtSettings, AmtError]]) -> Outcome:
    """Ask one question after the other; the first that has a bad answer ends the test."""
    try:
        target = await _find(test)
        await _sign_in(test, target)
    except AmtError as error:
        changed.append((test.access.settings, error))
        _blame(test, error)
        outcome = failed(error)
    else:
        outcome = Outcome(JobItem.Status.DONE, _summary(test))
    outcome.evidence = test.evidence
    return outcome


async def _find(test: Test) -> Target:
    """Return where to connect: reachable, allowed, and with the certificate that we know."""
    test.access.check()
    test.ask("reachable")
    profiles = test.access.profiles()
    known = test.access.target(profiles[0])
    host = await _resolved(known.host)
    ports = await probe.find_ports(host, _ports(profiles), LIMITS)
    answer = " and ".join(map(str, ports))
    say = f"Ports {answer} answer." if len(ports) > 1 else f"Port {answer} answers."
    test.say("reachable", "ok", "Reachable", say)
    test.ask("tls")
    if PORT_HTTPS not in ports:
        return _plain(test, replace(test.access.target(Tls.PLAIN), host=host), profiles)
    try:
        shown = await probe.read_tls(host, limits=LIMITS)
    except AmtTlsFailed as error:
        if PORT_HTTP in ports and Tls.PLAIN in profiles and not isinstance(error, AmtTlsTooOld):
            return _plain(test, replace(test.access.target(Tls.PLAIN), host=host), profiles)
        raise
    target = replace(test.access.target(shown.tls), host=host)
    _check_certificate(target, shown)
    if shown.tls not in profiles:
        raise AmtTlsTooOld(f"It speaks {told_tls(shown.version)} only, and that is not allowed.")
    old = shown.tls is Tls.LEGACY
    why = "Old TLS is allowed here." if old else _told_pin(target, shown)
    test.say("tls", "warn" if old else "ok", told_tls(shown.version), why)
    return target


async def _resolved(host: str) -> str:
    """Return an address that a password may be sent to; a name is looked up once, here.

    Raises:
        AmtUnreachable: nobody knows the name.
        AmtAddressNotAllowed: it leads where D26 forbids.
    """
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except OSError as error:
        raise unreachable(PORT_HTTPS, error, host=host) from error
    address = str(found[0][4][0])
    bare = ipaddress.ip_address(address.partition("%")[0])
    if why := addresses.refusal(bare, practice=settings.PRACTICE):
        raise AmtAddressNotAllowed(why if host == address else f"{host} leads astray: {why}")
    return address


def _ports(profiles: Sequence[Tls]) -> list[int]:
    """Return the ports that the profiles use, TLS first; plain is asked for to tell it apart."""
    only_plain = list(profiles) == [Tls.PLAIN]
    return [PORT_HTTP] if only_plain else [PORT_HTTPS, PORT_HTTP]


def _plain(test: Test, target: Target, profiles: Sequence[Tls]) -> Target:
    if Tls.PLAIN not in profiles:
        if test.access.settings.pin:
            raise AmtTlsFailed(code="tls-gone")
        if test.access.plain_allowed:
            raise AmtTlsFailed(
                "It offers no TLS, and its connection is set to TLS.", code="tls-gone"
            )
        raise AmtPlainNotAllowed
    test.say("tls", "warn", "No TLS", "Plain HTTP is allowed here for SMB devices without TLS.")
    return target


def _check_certificate(target: Target, shown: Handshake) -> None:
    if target.pin and target.pin != shown.certificate_sha256:
        raise AmtCertificateChanged(pinned=target.pin, observed=shown.certificate_sha256)


def _told_pin(target: Target, shown: Handshake) -> str:
    if target.pin:
        return "It shows the certificate that we know."
    return f"First contact: it shows certificate {shown.certificate_sha256[:16]}…"


async def _sign_in(test: Test, target: Target) -> None:
    """Ask who it is without a login, then sign in once."""
    test.ask("version")
    async with Session(target, LIMITS) as session:
        _learn(test, session)
        if session.firmware:
            test.say("version", "ok", f"AMT {session.firmware}")
        test.ask("credential")
        try:
            driver = await drivers.over(session, test.access.settings)
            await driver.check_login()
        finally:
            test.access.note(session)
        test.say("credential", "ok", "Credential accepted")
        if isinstance(driver, drivers.OverEoi):
            test.say("version", "warn", f"AMT {session.firmware}", EOI)
            return
        if not session.firmware:
            version = await read_version(session)
            test.access.learned["firmware"] = version
            test.say("version", "ok" if version else "warn", f"AMT {version or 'version not told'}")
        await _read_uuid(test, session)


def _learn(test: Test, session: Session) -> None:
    told = {
        "realm": session.realm,
        "pin": session.certificate_sha256,
        "firmware": session.firmware,
        "tls_version": told_tls(session.tls_version or ""),
    }
    test.access.learned |= {name: value for name, value in told.items() if value}


async def _read_uuid(test: Test, session: Session) -> None:
    """Learn the platform's UUID where it is told; the test does not hang on it."""
    try:
        test.access.learned["uuid"] = str(await read_uuid(session))
    except AmtError:
        return


def _blame(test: Test, error: AmtError) -> None:
    """Mark the question that the error answers; those behind it were not asked."""
    step = test.asked or test.steps["reachable"]
    if isinstance(error, AmtSignInRefused):
        step = test.steps["credential"]
    test.end_at(step.key, _bad_word(step, error))


WORDS: tuple[tuple[type[AmtError], str], ...] = (
    (AmtUnreachable, "Not reachable"),
    (AmtAddressNotAllowed, "Address not allowed"),
    (AmtSignInRefused, "Credential refused"),
    (AmtCertificateChanged, "Certificate changed"),
    (AmtRealmChanged, "Realm changed"),
    (AmtPlainNotAllowed, "No TLS"),
    (AmtTlsFailed, "No TLS"),
    (AmtNoAnswer, "No answer"),
)


def _bad_word(step: Step, error: AmtError) -> str:
    if isinstance(error, AmtBadAnswer):
        return "Not AMT" if error.code == "bad-answer" else "Not understood"
    words = (word for kind, word in WORDS if isinstance(error, kind))
    return next(words, f"{step.word.rstrip('?')}: failed")


def _summary(test: Test) -> str:
    words = [step.word for step in test.steps.values()]
    return f"{', '.join([words[0], words[1], words[2], words[3].lower()])}."


def told_tls(version: str) -> str:
    """Return a TLS version as the pages tell it: TLS 1.2; Plain for none."""
    if not version:
        return "Plain"
    number = version.removeprefix("TLSv").removeprefix("TLS ")
    return f"TLS {number if '.' in number else number + '.0'}"
