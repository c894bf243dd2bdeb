"""The one door to a device: its settings and its credential in, an open session out.

The only reader of passwords. Rows are read before the event loop starts and written after it.
"""

import asyncio
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace
from functools import partial
from uuid import UUID

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from amt import addresses, drivers, identity
from amt.constants import PORT_HTTP, PORT_HTTPS
from amt.drivers import AmtSession as AmtSession
from amt.levels import LEGACY_ALLOWED, PLAIN_ALLOWED
from amt.models import AmtSettings
from amt.protocol.errors import (
    AmtCertificateChanged,
    AmtError,
    AmtNotSetUp,
    AmtPlainNotAllowed,
    AmtRealmChanged,
    AmtTlsFailed,
    AmtTlsTooOld,
    AmtUnreachable,
)
from amt.protocol.probe import find_ports
from amt.protocol.wsman.session import Limits, Session, Target, Tls
from devices import levels
from devices.models import Device
from vault import crypto
from vault.errors import VaultError
from vault.models import Secret

# A thousand TLS handshakes begun together would take longer than each of them may.
HANDSHAKES_AT_ONCE = 150
LIMITS = Limits(
    connect_seconds=settings.AMT_CONNECT_SECONDS, answer_seconds=settings.AMT_READ_SECONDS
)
WORKED = {"Plain": Tls.PLAIN, "TLS 1.0": Tls.LEGACY, "TLS 1.1": Tls.LEGACY}  # else modern
DELETED = AmtNotSetUp(code="device-deleted")


@dataclass(slots=True)
class Access:
    """All that is needed to reach one device. ``learned`` is what its answers told."""

    settings: AmtSettings
    password: str = field(repr=False)
    login_name: str
    plain_allowed: bool
    legacy_allowed: bool
    limits: Limits  # its room for handshakes is shared by the devices of a chunk
    learned: dict[str, str] = field(default_factory=dict)
    changed: AmtError | None = None  # it showed another certificate or realm than before

    def target(self, tls: Tls) -> Target:
        """Return where and how to connect under one TLS profile."""
        known = self.settings
        return Target(
            host=known.address,
            port=PORT_HTTP if tls is Tls.PLAIN else PORT_HTTPS,
            tls=tls,
            username=self.login_name,
            password=self.password,
            realm=known.realm or None,
            pin=(known.pin or None) if tls is not Tls.PLAIN else None,
            refusal=partial(addresses.refusal, practice=settings.PRACTICE),
            credential=known.credential.name,
        )

    def profiles(self) -> list[Tls]:
        """Return the TLS profiles to try: the one that worked last time, then the best first.

        With a pin, plain HTTP is never tried.
        """
        known = self.settings
        if known.tls != AmtSettings.Tls.AUTO:
            return [Tls(known.tls)]
        found = [Tls.MODERN]
        if self.legacy_allowed:
            found.append(Tls.LEGACY)
        if self.plain_allowed and not known.pin:
            found.append(Tls.PLAIN)
        worked = WORKED.get(known.tls_version)
        return sorted(found, key=lambda tls: tls is not worked)

    def check(self) -> None:
        """Refuse what the policy of the zone or folder does not allow.

        Raises:
            AmtPlainNotAllowed: plain HTTP is chosen, and not allowed here.
            AmtTlsTooOld: TLS 1.0 or 1.1 is chosen, and not allowed here.
        """
        if self.settings.tls == AmtSettings.Tls.PLAIN and not self.plain_allowed:
            raise AmtPlainNotAllowed
        if self.settings.tls == AmtSettings.Tls.LEGACY and not self.legacy_allowed:
            raise AmtTlsTooOld("It is set to TLS 1.0 or 1.1, and the zone does not allow that.")


def accesses(devices: Collection[Device]) -> dict[int, Access | AmtError]:
    """Return for each device, by primary key, how to reach it, or why that is not possible."""
    by_pk = {device.pk: device for device in devices}
    rows = list(
        AmtSettings.objects.filter(device__among=list(by_pk)).prefetch_related("credential")
    )
    policy = levels.resolve_many([PLAIN_ALLOWED, LEGACY_ALLOWED], devices)
    passwords = _passwords(rows)
    limits = replace(LIMITS, handshakes=asyncio.Semaphore(HANDSHAKES_AT_ONCE))
    found: dict[int, Access | AmtError] = {pk: AmtNotSetUp() for pk in by_pk}
    for row in rows:
        row.device = by_pk[row.device_id]
        password = passwords[row.pk]
        found[row.device_id] = (
            password
            if isinstance(password, AmtError)
            else Access(
                row,
                password,
                row.credential.login_name,
                plain_allowed=policy[PLAIN_ALLOWED.name][row.device_id].value,
                legacy_allowed=policy[LEGACY_ALLOWED.name][row.device_id].value,
                limits=limits,
            )
        )
    return found


def _passwords(rows: Collection[AmtSettings]) -> dict[int, str | AmtError]:
    """Return the active password for each row, one of the device itself first, or why not."""
    uuids = [row.uuid for row in rows if row.uuid]
    secrets = Secret.objects.active_for({row.credential_id for row in rows}, uuids)
    by_place = {(secret.credential_id, secret.amt_uuid): secret for secret in secrets}
    unreadable: dict[UUID, VaultError] = {}
    texts = _revealed(by_place.values(), unreadable)
    found: dict[int, str | AmtError] = {}
    for row in rows:
        own, shared = (row.credential_id, row.uuid), (row.credential_id, None)
        secret = by_place.get(own) or by_place.get(shared)
        if secret is None:
            found[row.pk] = AmtNotSetUp(code="password-missing", credential=row.credential)
        elif secret.pk in texts:
            found[row.pk] = texts[secret.pk]
        else:
            closed = unreadable[secret.pk]
            found[row.pk] = AmtNotSetUp(str(closed), code=closed.code)
    return found


def _revealed(secrets: Iterable[Secret], unreadable: dict[UUID, VaultError]) -> dict[UUID, str]:
    """Return the clear texts; where the key ring itself is missing, all of them are unreadable."""
    rows = list(secrets)
    try:
        return crypto.reveal(rows, unreadable=unreadable)
    except ImproperlyConfigured as error:
        unreadable |= {secret.pk: VaultError(str(error)) for secret in rows}
        return {}


class Line:
    """A line to one device: opened when first needed, and again after it broke.

    What the device told of itself is left in ``access.learned`` for ``remember``.
    """

    def __init__(self, access: Access) -> None:
        self.access = access
        self._session: Session | None = None
        self._driver: AmtSession | None = None

    async def __aenter__(self) -> "Line":
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        await self.hang_up()

    async def session(self) -> AmtSession:
        """Return the open session, under the first TLS profile that device and policy allow.

        Raises:
            AmtError: no session came about; nothing was sent.
        """
        if self._driver is None:
            self.access.check()
            try:
                self._session = await _connect(self.access)
            except (AmtCertificateChanged, AmtRealmChanged) as error:
                self.access.changed = error
                raise
            self._driver = await drivers.over(self._session, self.access.settings)
        return self._driver

    async def hang_up(self) -> None:
        """Close the session, if there is one; the next call opens another."""
        if self._session is not None:
            session, self._session, self._driver = self._session, None, None
            self.access.learned |= _told_by(session)
            await session.close()


async def _connect(access: Access) -> Session:
    failures: list[AmtError] = []
    for tls in access.profiles():
        session = Session(access.target(tls), access.limits)
        try:
            await session.open()
        except (AmtUnreachable, AmtTlsFailed) as error:
            failures.append(error)
        else:
            return session
    if isinstance(failures[0], AmtUnreachable) and await _offers_plain_only(access):
        raise AmtPlainNotAllowed
    raise failures[0]


async def _offers_plain_only(access: Access) -> bool:
    """Return whether the device listens on the plain port alone, which is not allowed here."""
    known = access.settings
    if access.plain_allowed or known.pin or known.tls != AmtSettings.Tls.AUTO:
        return False
    try:
        return bool(await find_ports(known.address, [PORT_HTTP], LIMITS))
    except AmtUnreachable:
        return False


def _told_by(session: Session) -> dict[str, str]:
    told = {
        "realm": session.realm,
        "pin": session.certificate_sha256,
        "firmware": session.firmware,
        "tls_version": _connection(session),
    }
    return {name: value for name, value in told.items() if value}


def _connection(session: Session) -> str:
    """Return how the device is reached, as badges say it: TLS 1.2, TLS 1.0, Plain."""
    if session.target.tls is Tls.PLAIN:
        return "Plain"
    version = (session.tls_version or "").replace("TLSv", "TLS ")
    return "TLS 1.0" if version == "TLS 1" else version


def remember(accesses: Collection[Access]) -> None:
    """Keep what devices told of themselves for the first time (trust on first use), or anew.

    A pin or realm that is known is never replaced here: a person confirms a change (D26).
    """
    identity.notice(
        [(access.settings, access.changed) for access in accesses if access.changed],
        same=[access.settings for access in accesses if access.learned],
    )
    for access in accesses:
        row, told = access.settings, dict(access.learned)
        for name in ("pin", "realm"):
            if getattr(row, name):
                told.pop(name, None)
        changed = {name: text for name, text in told.items() if getattr(row, name) != text}
        if changed:
            AmtSettings.objects.filter(pk=row.pk, address=row.address).update(**changed)
            _copy_to_device(row, changed)


def _copy_to_device(row: AmtSettings, changed: dict[str, str]) -> None:
    copies = {}
    if "firmware" in changed:
        copies["amt_version"] = ".".join(changed["firmware"].split(".")[:2])
    if "tls_version" in changed:
        copies["connection"] = changed["tls_version"]
    if copies:
        Device.objects.filter(pk=row.device_id).update(**copies)
