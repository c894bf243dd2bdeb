"""Look at a device that is to be set up, for the doctor: ports, TLS, names, what it says itself.

Reads only, within a bounded time, and no password: the certificate is all that is shown. Facts go
in and come back with what was seen; whatever fails leaves the rest as it was.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from amt.certificates import firmware
from amt.constants import PORT_HTTP, PORT_HTTPS, ProvisioningState
from amt.doctor.facts import Ended, Facts, NameFacts, Shake
from amt.protocol import probe
from amt.protocol.errors import (
    AmtError,
    AmtNoAnswer,
    AmtTlsFailed,
    AmtTlsTooOld,
    AmtUnreachable,
)
from amt.protocol.http import tls
from amt.protocol.http.target import Limits, Target
from amt.protocol.http.tls import Tls
from amt.protocol.wsman.session import Session
from amt.protocol.wsman.setup import clock, service
from amt.provisioning.proofs import Proof

SECONDS = 10.0  # for all of it
STEP_SECONDS = 4.0
ALERT_SECONDS = 0.3  # how long after its handshake TLS 1.3 may still refuse our certificate
WIRED = {"InstanceID": "Intel(r) AMT Ethernet Port Settings 0"}
NO_CARD = "00-00-00-00-00-00"
LIMITS = Limits(connect_seconds=STEP_SECONDS, answer_seconds=STEP_SECONDS, session_seconds=6)

_names = ThreadPoolExecutor(4, thread_name_prefix="names")
NOT_KNOWN = (socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME))

Contexts = Callable[[Tls], ssl.SSLContext | None]


async def examine(facts: Facts, proof: Proof | None, *, refusal: str) -> Facts:
    """Return ``facts`` with what is seen of the device now, after ``SECONDS`` at most.

    ``refusal``: why its address must not be connected to (D26); then nothing is sent.
    """
    looked = Examination(facts, proof)
    looked.see(reach=replace(facts.reach, refusal=refusal))
    if refusal or not facts.device.address:
        return looked.facts
    try:
        async with asyncio.timeout(SECONDS):
            await asyncio.gather(looked.look_up(), looked.look())
    except TimeoutError:
        pass  # what was seen so far is kept
    return looked.facts


class Examination:
    """One device, and what is known of it so far."""

    def __init__(self, facts: Facts, proof: Proof | None) -> None:
        self.facts, self.proof = facts, proof
        self.host = facts.device.address or ""

    def see(self, **parts: Any) -> None:
        """Add parts of the facts."""
        self.facts = replace(self.facts, **parts)

    def see_device(self, **told: Any) -> None:
        """Add what the device says of itself."""
        self.see(device=replace(self.facts.device, **told))

    def see_reach(self, **seen: Any) -> None:
        """Add what the network shows."""
        self.see(reach=replace(self.facts.reach, **seen))

    async def look_up(self) -> None:
        """Ask name servers for the name of the address, and for the addresses of that name."""
        found = await _asked(socket.getnameinfo, (self.host, 0), socket.NI_NAMEREQD)
        if not found:
            if found is not None and not self.facts.names.reverse:  # one of an earlier scan stays
                self.see(names=NameFacts(reverse=""))
            return
        self.see(names=NameFacts(reverse=str(found[0])))
        known = await _asked(socket.getaddrinfo, found[0], None)
        if known is not None:
            addresses = tuple(sorted({str(one[4][0]) for one in known}))
            self.see(names=NameFacts(str(found[0]), addresses))

    async def look(self) -> None:
        """Try the ports, then TLS without and with our certificate, then ask."""
        if not await self._ports():
            return
        without, profile = await shake(self.host, tls.context)
        self.see_reach(anonymous=without)
        if without.ended is Ended.OK:
            await self._greet(profile)
        if self.proof is None or without.ended is Ended.NO_TLS:
            return
        shown, profile = await shake(self.host, self.proof.context, first=profile)
        self.see_reach(proving=shown)
        if shown.ended is Ended.OK:
            # It wanted a certificate, and took ours; else whoever comes is let in, if it is set up.
            self.see_reach(let_in=without.ended is not Ended.OK or None)
            await self._ask(profile, self.proof.context(profile))

    async def _ports(self) -> bool:
        try:
            found = await probe.find_ports(self.host, (PORT_HTTPS, PORT_HTTP), LIMITS)
        except AmtUnreachable as error:
            self.see_reach(ports=frozenset(), failure=error.code)
            return False
        self.see_reach(ports=frozenset(found), failure=None)
        if PORT_HTTPS not in found:
            await self._greet(Tls.PLAIN)
        return PORT_HTTPS in found

    async def _greet(self, profile: Tls) -> None:
        """Ask without a login. Whoever asks for one is set up: one that waits lets nobody ask."""
        port = PORT_HTTP if profile is Tls.PLAIN else PORT_HTTPS
        target = Target(self.host, port, profile, username="", password="")
        try:
            told = await probe.greet(target, LIMITS)
        except AmtError:
            return
        self.see_device(state=ProvisioningState.POST if told.realm else self.facts.device.state)
        self._version(told.firmware)

    async def _ask(self, profile: Tls, context: ssl.SSLContext) -> None:
        """Read what the device says of itself in the session that our certificate opened."""
        target = Target(self.host, PORT_HTTPS, profile, username="", password="", proof=context)
        session = Session(target, LIMITS)
        try:
            await session.open()
            told = await service.read_service(session)
        except AmtNoAnswer:
            self.see_reach(answers=False)
        except (AmtTlsFailed, AmtUnreachable):
            return
        except AmtError:
            self.see_reach(answers=True)
        else:
            self.see_reach(answers=True, let_in=True)
            self._service(told)
            self._version(session.firmware or "")
            await self._more(session)
        finally:
            await session.close()

    async def _more(self, session: Session) -> None:
        with contextlib.suppress(AmtError):
            self.see_reach(uuid=await service.ask_uuid(session))
        with contextlib.suppress(AmtError):
            port = await session.get("AMT_EthernetPortSettings", WIRED)
            has_link = port.text("MACAddress") != NO_CARD and port.flag("LinkIsUp") is not False
            self.see_device(has_wired_link=has_link, has_dhcp=port.flag("DHCPEnabled"))
        with contextlib.suppress(AmtError):
            off = await clock.read_clock(session) - datetime.now(UTC).timestamp()
            self.see_device(clock_off=timedelta(seconds=round(off)))

    def _service(self, told: service.SetupService) -> None:
        self.see_device(
            state=told.state,
            trusted_suffix=told.trusted_suffix,
            dhcp_suffix=told.dhcp_suffix,
            server_name=told.server_name,
        )

    def _version(self, text: str) -> None:
        if text and (version := firmware.parse(text)):
            self.see_device(firmware=version)


async def _asked(question: Callable[..., Sequence[Any]], *words: object) -> Sequence[Any] | None:
    """Return what name servers answer; nothing where they know of none, None for no answer.

    The loop's own threads would be waited for at its end, however long a name server takes.
    """
    try:
        async with asyncio.timeout(STEP_SECONDS):
            return await asyncio.get_running_loop().run_in_executor(_names, question, *words)
    except socket.gaierror as error:
        return () if error.errno in NOT_KNOWN else None
    except (TimeoutError, OSError):
        return None


async def shake(host: str, contexts: Contexts, *, first: Tls = Tls.MODERN) -> tuple[Shake, Tls]:
    """Return how a handshake ends, and under which profile; the old one is tried second."""
    seen, is_too_old = await _shake_once(host, contexts, first)
    if first is Tls.LEGACY:
        return replace(seen, is_too_old=True), first
    if not is_too_old:
        return seen, first
    old, is_too_old = await _shake_once(host, contexts, Tls.LEGACY)
    return (seen, first) if is_too_old else (replace(old, is_too_old=True), Tls.LEGACY)


async def _shake_once(host: str, contexts: Contexts, profile: Tls) -> tuple[Shake, bool]:
    """Return how one ended, and whether the device is too old for the profile."""
    try:
        async with asyncio.timeout(STEP_SECONDS):
            return await _connect(host, contexts(profile)), False
    except TimeoutError:
        return Shake(Ended.TIMEOUT), False
    except (OSError, EOFError) as error:  # ssl.SSLError is an OSError
        failure = tls.handshake_error(error, profile)
        return _ended(failure), isinstance(failure, AmtTlsTooOld)


async def _connect(host: str, context: ssl.SSLContext | None) -> Shake:
    reader, writer = await asyncio.open_connection(host, PORT_HTTPS, ssl=context)
    try:
        version = writer.get_extra_info("ssl_object").version() or ""
        if version == "TLSv1.3":  # the device judges our certificate after we are done
            await _wait_for_alert(reader)
        return Shake(Ended.OK, version=told(version))
    finally:
        writer.transport.abort()


async def _wait_for_alert(reader: asyncio.StreamReader) -> None:
    try:
        async with asyncio.timeout(ALERT_SECONDS):
            said = await reader.read(1)
    except TimeoutError:
        return
    if not said:
        raise ConnectionResetError("hung up after the handshake")


def _ended(failure: AmtTlsFailed) -> Shake:
    _, _, alert = failure.detail.upper().partition("ALERT_")
    if alert:
        return Shake(Ended.ALERT, alert.lower())
    if failure.code == "no-tls":
        return Shake(Ended.NO_TLS)
    return Shake(Ended.DROPPED)


def told(version: str) -> str:
    """Return a TLS version as people read it: TLS 1.2."""
    number = version.removeprefix("TLSv")
    return f"TLS {number if '.' in number else number + '.0'}" if number else ""
