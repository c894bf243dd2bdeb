"""The one door to a device: its settings and its credential in, an open session out.

The only reader of passwords. Rows are read before the event loop starts and written after it.
"""

import asyncio
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from functools import partial

from django.conf import settings
from django.db import transaction

from amt import addresses, drivers, guard, identity, logins
from amt.constants import PORT_HTTP, PORT_HTTPS
from amt.drivers import AmtSession as AmtSession
from amt.levels import LEGACY_ALLOWED, PLAIN_ALLOWED
from amt.logins import Login
from amt.models import AmtSettings
from amt.protocol.errors import (
    AmtBusy,
    AmtCertificateChanged,
    AmtError,
    AmtNotSetUp,
    AmtPlainNotAllowed,
    AmtRealmChanged,
    AmtSignInRefused,
    AmtSignInStopped,
    AmtTlsFailed,
    AmtTlsTooOld,
    AmtUnreachable,
)
from amt.protocol.probe import find_ports
from amt.protocol.wsman.session import Limits, Session, Target, Tls
from devices import levels
from devices.models import Device
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
    login: Login
    plain_allowed: bool
    legacy_allowed: bool
    limits: Limits  # its room for handshakes is shared by the devices of a chunk
    learned: dict[str, str] = field(default_factory=dict)
    changed: AmtError | None = None  # it showed another certificate or realm than before
    is_accepted: bool | None = None  # whether the device took the login; None: not judged

    @property
    def is_counted(self) -> bool:
        return self.login.is_counted

    def note(self, session: Session) -> None:
        """Keep whether the device took the login, if it was shown to it."""
        if session.is_accepted is not None:
            self.is_accepted = session.is_accepted

    def target(self, tls: Tls) -> Target:
        """Return where and how to connect under one TLS profile."""
        known = self.settings
        return Target(
            host=known.address,
            port=PORT_HTTP if tls is Tls.PLAIN else PORT_HTTPS,
            tls=tls,
            username=self.login.name,
            password=self.login.password,
            realm=known.realm or None,
            pin=(known.pin or None) if tls is not Tls.PLAIN else None,
            refusal=partial(addresses.refusal, practice=settings.PRACTICE),
            credential=self.login.credential,
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


def accesses(
    devices: Collection[Device],
    *,
    policy: guard.Policy = guard.TASK,
    secret: Secret | None = None,
) -> dict[int, Access | AmtError]:
    """Return for each device, by primary key, how to reach it, or why that is not possible.

    A sign-in is entered with the lock-out guard for each access: whoever takes one settles it.
    In the background, devices are left out that others sign in to just now. ``secret``: sign in
    with this one, whatever the devices are used with.
    """
    by_pk = {device.pk: device for device in devices}
    with transaction.atomic():
        locked = AmtSettings.objects.select_for_update().filter(device__among=list(by_pk))
        rows = list(locked.order_by("pk").prefetch_related("credential"))
        known = logins.of_secret(rows, secret) if secret else logins.of_rows(rows)
        usable = {pk: login for pk, login in known.items() if isinstance(login, Login)}
        counted = {pk: login.version for pk, login in usable.items() if login.is_counted}
        entered = guard.enter(rows, counted, policy)
    policies = levels.resolve_many([PLAIN_ALLOWED, LEGACY_ALLOWED], devices)
    limits = replace(LIMITS, handshakes=asyncio.Semaphore(HANDSHAKES_AT_ONCE))
    found: dict[int, Access | AmtError] = {pk: AmtNotSetUp() for pk in by_pk}
    for row in rows:
        row.device, login = by_pk[row.device_id], known[row.pk]
        if isinstance(login, AmtError):
            found[row.device_id] = login
        elif row.pk in counted.keys() - entered:
            _stop(found, row, policy)
        else:
            found[row.device_id] = Access(
                row,
                login,
                plain_allowed=policies[PLAIN_ALLOWED.name][row.device_id].value,
                legacy_allowed=policies[LEGACY_ALLOWED.name][row.device_id].value,
                limits=limits,
            )
    return found


def _stop(found: dict[int, Access | AmtError], row: AmtSettings, policy: guard.Policy) -> None:
    """Say why a login is not shown; in the background, leave out what others sign in to now."""
    if row.refusals >= guard.MOST_REFUSALS:
        found[row.device_id] = AmtSignInStopped(times=row.refusals)
    elif policy.is_background:
        del found[row.device_id]
    else:
        found[row.device_id] = AmtBusy("Others sign in to the device just now. Nothing sent.")


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
        if self.access.is_accepted is False:  # it is not asked a second time
            raise AmtSignInRefused(login=self.access.target(Tls.PLAIN).login)
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
            self.access.note(session)
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
