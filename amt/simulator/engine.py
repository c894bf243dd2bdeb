"""The management engine of a device: who it is, what was set up, and how far that got."""

import hashlib
import threading
import time
import uuid
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any, Self

from .acl import AclEntry
from .audit_log import PROVISIONING, SECURITY, AuditLog
from .certificates import Certificate
from .client_chain import Refusal, Trust
from .credential_store import BUILT_IN, CredentialStore
from .device_spec import DeviceSpec, set_up_of
from .digest import Gatekeeper
from .faults import Fault
from .host_setup import HostSetup
from .profiles import PROFILES, Profile
from .set_up import State
from .set_up_window import LATER_HOURS, SetUpWindow
from .setup_faults import AnyFault, SetupFault, SetupFaults
from .subscriptions import Subscriptions
from .tls_settings import FIRST_WITHOUT_PLAIN, LOCAL, REMOTE, TlsSettings

NAMESPACE = uuid.UUID("5f6c9a52-6a0e-4b39-8f57-6f3a3c1c0a11")
UNSET_CLOCK = 1_073_001_600  # 2004-01-02: a clock begins there that was never set
LAST_WITH_SHARED_KEYS = 10


class Engine:
    """A management engine on one address. Attributes may be read from any thread."""

    def __init__(self, spec: DeviceSpec) -> None:
        self.spec = spec
        self.address = spec.address
        self.profile: Profile = PROFILES[spec.profile]
        self.uuid = uuid.uuid5(NAMESPACE, spec.address)
        self.set_up = set_up_of(spec)
        self.set_ups = 0  # how often it was made as new: each has a realm of its own
        self.certificate = Certificate(spec.address, self.profile.identity)
        self.audit_log = AuditLog()
        self.faults: frozenset[Fault] = frozenset()
        self.setup_faults = SetupFaults(spec.setup_faults)
        self.window = SetUpWindow()
        self.last_refusal: Refusal | None = None  # of the last provisioning server; None: let in
        self.restarts = self.restarts_done = 0  # of the network
        self.is_gone = False  # a fault keeps it from coming back to the network
        self.peer, self.user = "127.0.0.1", spec.username  # of the request being answered
        self.is_local = False  # whether that came from the host itself
        self.lock = threading.RLock()
        self._on_change: Callable[[Any], None] = lambda device: None
        self._start_clock()
        self._begin()
        self.gatekeeper = self._new_gatekeeper()
        self.reset_tls(as_spec=not spec.is_factory)
        self._apply(spec.faults)
        if self.set_up.state is State.IN:
            self.window.open(spec.setup_hours)

    def _start_clock(self) -> None:
        is_set = self.spec.is_clock_set
        self.is_clock_set = not self.spec.is_factory if is_set is None else is_set
        self.clock_offset = self.spec.clock_offset_seconds
        if not self.is_clock_set:
            self.clock_offset = UNSET_CLOCK - time.time()

    def _begin(self) -> None:
        """Have nothing that a server puts there."""
        self.host_name = self._learnt_host_name()
        self.stored: dict[tuple[str, str], dict[str, Any]] = {}  # by class and key: what was put
        self.acl: dict[int, AclEntry] = {}
        self.host_setup = HostSetup()
        self.credentials = CredentialStore(self.certificate)
        self.subscriptions = Subscriptions()
        self.key_ready_at: float | None = None  # of the key pair being generated
        self._has_met_server = False

    def _new_gatekeeper(self) -> Gatekeeper:
        realm = self._realm_after(2 * self.set_ups)
        username, password = self.spec.username, self.set_up.password
        return Gatekeeper(username, password, realm, self.profile.qop)

    @property
    def domain(self) -> str:
        """Return the DNS domain that it was given."""
        return self.set_up.domain or "practice.example"

    @property
    def realm(self) -> str:
        """Return the digest realm as it is now."""
        return self.gatekeeper.realm

    @property
    def certificate_sha256(self) -> str:
        """Return the SHA-256 of the TLS certificate shown now: 64 lower-case digits."""
        return self.certificate.sha256

    @property
    def clock(self) -> float:
        """Return the Management Engine's clock, in seconds since 1970."""
        return time.time() + self.clock_offset

    @property
    def local_password(self) -> str:
        """Return the password of $$OsAdmin, as MEI gives it to a program on the host."""
        return self.gatekeeper.local_password

    @property
    def is_open_for_set_up(self) -> bool:
        """Return whether a provisioning server may come: on 16993, and it is told hello."""
        return self.set_up.state is State.IN and self.window.is_open

    @property
    def says_hello(self) -> bool:
        """Return whether hello messages are sent now."""
        return self.is_open_for_set_up and SetupFault.HELLO_STOPS not in self.setup_faults

    @property
    def uses_shared_key(self) -> bool:
        """Return whether it is set up by PID and PPS instead of certificates."""
        return bool(self.set_up.pid) and self.profile.major_minor[0] <= LAST_WITH_SHARED_KEYS

    @property
    def trust(self) -> Trust:
        """Return by what it judges provisioning servers now."""
        held = self.set_up
        now = datetime.fromtimestamp(self.clock, UTC) if self.is_clock_set else None
        return Trust(
            self.profile.major_minor, held.hashes, held.trusted_suffix, held.server_name, now
        )

    @property
    def is_restarting(self) -> bool:
        """Return whether the network is going down or has not come back yet."""
        return self.restarts != self.restarts_done

    @property
    def supports_plain(self) -> bool:
        """Return whether it can be reached without TLS at all."""
        return self.spec.plain or self.profile.major_minor < FIRST_WITHOUT_PLAIN

    @property
    def has_tls(self) -> bool:
        """Return whether a device that is set up listens with TLS."""
        return self.active_tls.is_enabled or not self.supports_plain

    @property
    def has_plain(self) -> bool:
        """Return whether a device that is set up listens without TLS."""
        settings = self.active_tls
        return self.supports_plain and (settings.accepts_plain or not settings.is_enabled)

    @property
    def trusted_clients(self) -> tuple[str, ...]:
        """Return the domains of which a client's certificate has to be; none of them: any."""
        return self.tls[REMOTE].trusted_names if self.active_tls.is_mutual else ()

    def has_password(self, password: str, username: str = "") -> bool:
        """Return whether a user, the administrator if none is named, signs in with a password."""
        return self.gatekeeper.has_password(username or self.gatekeeper.admin, password)

    def set_setup_faults(self, *faults: AnyFault) -> None:
        """Have exactly these faults of set-up from now on; none heals the device."""
        self.setup_faults = SetupFaults(faults)
        if SetupFault.NEVER_RETURNS not in faults:
            self.is_gone = False
        self._changed()

    def start_configuration(self, hours: float = LATER_HOURS) -> bool:
        """Open the set-up interface, as an agent on the host does; return whether it may be."""
        with self.lock:
            if self.set_up.state is State.PRE:
                self.set_up = self.set_up.activated()
            is_possible = self.set_up.state is State.IN
            if is_possible:
                self.window.open(hours)
        self._changed()
        return is_possible

    def close_window(self) -> None:
        """Let the time for being set up be over."""
        self.window.close()
        self._changed()

    def restart_network(self) -> None:
        """Close all connections and ports, and come back with what holds now."""
        self.restarts += 1
        self._changed()

    def note_server(self) -> None:
        """Write that a provisioning server was let in, the first time."""
        self.last_refusal = None
        if not self._has_met_server:
            self._has_met_server = True
            self.audit(SECURITY, PROVISIONING)

    def audit(self, application: int, event: int, extended: bytes = b"") -> None:
        """Write to the audit log what the request being answered does."""
        self.audit_log.add(self.clock, application, event, self.user, self.peer, extended)

    def reset_tls(self, *, as_spec: bool = False) -> None:
        """Have the TLS settings of the factory, or those that the device is to have set up."""
        spec = self.spec
        remote = TlsSettings(accepts_plain=self.supports_plain)
        if as_spec:
            remote = TlsSettings(is_enabled=spec.tls, accepts_plain=spec.plain)
        self.tls = {REMOTE: remote, LOCAL: TlsSettings()}
        self.active_tls = remote
        held = self.credentials
        held.bound = held.active = BUILT_IN if as_spec and spec.tls else None
        self.certificate.ask_clients(())

    def make_as_new(self, *, keeps_administrator: bool = False) -> None:
        """Forget what a server put here; MEBx keeps its own.

        Where the administrator is kept, so is the realm that the password was made for.
        """
        self._begin()
        self.credentials.apply()
        self.reset_tls()
        if keeps_administrator:
            self.gatekeeper.keep_administrator_only()
        else:
            self.set_ups += 1
            self.gatekeeper = self._new_gatekeeper()
        self._apply(self.faults)

    def set_faults(self, *faults: Fault | str) -> None:
        """Have exactly these faults from now on; none heals the device."""
        self._apply(Fault(fault) for fault in faults)
        self._changed()

    def when_changed(self, call: Callable[[Self], None]) -> None:
        """Have the one who serves this device told of other faults, or that it is set up."""
        self._on_change = call

    def _changed(self) -> None:
        self._on_change(self)

    def _apply(self, faults: Iterable[Fault]) -> None:
        self.faults = frozenset(faults)
        base = 2 * self.set_ups
        realm = self._realm_after(base + (Fault.CHANGED_REALM in self.faults))
        self.gatekeeper.set_realm(realm)
        self.certificate.use(base + (Fault.CHANGED_CERTIFICATE in self.faults))

    def _learnt_host_name(self) -> str:
        if not self.spec.learns_host_name:
            return ""
        return self.spec.host_name or "sim-" + "-".join(self.address.split(".")[1:])

    def _realm_after(self, set_ups: int) -> str:
        digits = hashlib.sha256(f"{self.address}/{set_ups}".encode()).hexdigest()[:32].upper()
        return "Digest:" + (digits if self.profile.random_realm else digits[:4].ljust(32, "0"))
