"""What is known before a device is set up, of it and of us: the doctor's only input.

None means: not known, and is never a proof. An empty text or tuple means: told that there is none.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from uuid import UUID

from cryptography.hazmat.primitives.serialization import Encoding

from amt.certificates import chains, hashes
from amt.certificates.chains import Chain
from amt.certificates.firmware import Version
from amt.certificates.hashes import Hash
from amt.certificates.verdicts import Verdict
from amt.constants import ProvisioningState

Digest = tuple[str, str]  # algorithm, hex digits in small letters: as a hello message tells it


class Ended(StrEnum):
    """How a TLS handshake ended."""

    OK = "ok"
    ALERT = "alert"
    DROPPED = "dropped"
    TIMEOUT = "timeout"
    NO_TLS = "no-tls"


@dataclass(frozen=True, slots=True)
class Shake:
    """A TLS handshake with the device."""

    ended: Ended
    alert: str = ""  # as TLS names it: unknown_ca
    version: str = ""  # TLS 1.2
    is_too_old: bool = False  # it ended well only under the profile for old firmware


@dataclass(frozen=True, slots=True)
class DeviceFacts:
    """What is known of the device, from its hello, a scan or an examination."""

    uuid: UUID | None = None
    address: str | None = None
    firmware: Version | None = None
    state: ProvisioningState | None = None
    is_ours: bool | None = None  # a managed device of this zone in Enterprise Mode
    hello_version: int | None = None
    key_id: str | None = None  # PID
    hashes: tuple[Digest, ...] | None = None  # of the roots that it trusts
    has_own_password: bool | None = None
    retry_count: int | None = None
    heard_at: datetime | None = None  # its last hello
    seen_at: datetime | None = None  # its last sign of any kind
    has_dhcp: bool | None = None
    has_wired_link: bool | None = None
    trusted_suffix: str | None = None  # PKI DNS suffix of MEBx
    dhcp_suffix: str | None = None  # option 15 of DHCP
    server_name: str | None = None  # Configuration Server FQDN of MEBx
    clock_off: timedelta | None = None  # positive: it is ahead of us

    @property
    def suffix(self) -> str | None:
        """Return the suffix that it compares names with; MEBx's stands above DHCP's."""
        return self.trusted_suffix or self.dhcp_suffix


@dataclass(frozen=True, slots=True)
class ReachFacts:
    """What was seen when the device was looked at over the network."""

    refusal: str | None = None  # why nobody signs in at this address (D26); empty: allowed
    ports: frozenset[int] | None = None  # of 16992 and 16993, that took a connection
    failure: str | None = None  # code of the error where none did: unreachable, port-closed
    anonymous: Shake | None = None  # without a certificate of ours
    proving: Shake | None = None  # with the chain of our management certificate
    let_in: bool | None = None  # it took that chain
    answers: bool | None = None  # it answered a question then; False: it was silent
    uuid: UUID | None = None  # of whoever answered
    restarted_at: datetime | None = None  # it was unprovisioned, or took a commit


@dataclass(frozen=True, slots=True)
class NameFacts:
    """What name servers say."""

    reverse: str | None = None  # the name of its address
    addresses: tuple[str, ...] | None = None  # of that name


class Key(StrEnum):
    """The private key of a certificate of ours."""

    HERE = "here"
    MISSING = "missing"
    CLOSED = "closed"  # in the vault, which does not open it on this server


@dataclass(frozen=True)
class OurCertificate:
    """A management certificate of the server that would set the device up."""

    name: str  # its common name
    chain: Chain
    verdicts: tuple[Verdict, ...] = ()
    key: Key | None = None
    is_ca: bool | None = None

    @property
    def root(self) -> dict[str, Hash]:
        """Return the hashes of its root by algorithm; none where the root is not at hand."""
        root = self.chain.root
        return hashes.of(root.public_bytes(Encoding.DER)) if root else {}

    def links(self) -> list[tuple[str, dict[str, Hash]]]:
        """Return name and hashes of each link below the root, the leaf first."""
        below = [one for one in self.chain.links if one != self.chain.root]
        return [(chains.called(one), hashes.of(one.public_bytes(Encoding.DER))) for one in below]


@dataclass(frozen=True, slots=True)
class ConsoleFacts:
    """What is known of this console."""

    server: str | None = None  # that would set the device up
    certificates: tuple[OurCertificate, ...] | None = None  # of that server
    elsewhere: int | None = None  # management certificates of other servers
    former_roots: Mapping[Digest, str] = field(default_factory=dict)  # of authorities replaced
    clock_off: timedelta | None = None  # positive: this server is ahead of the database
    can_psk: bool | None = None  # this Python speaks TLS-PSK
    has_key_of_pid: bool | None = None  # the PPS that belongs to the device's PID
    has_credential: bool | None = None
    credential_opens: bool | None = None
    gives_password: bool | None = None  # the credential holds one to replace the factory's
    running_task: str | None = None  # another order to set up the same device; empty: none


@dataclass(frozen=True, slots=True)
class ZoneFacts:
    """The settings that decide."""

    hours_here: int | None = None  # validity of an entry
    hours_external: int | None = None
    legacy_allowed: bool | None = None  # TLS 1.0 and 1.1


@dataclass(frozen=True, slots=True)
class Attempt:
    """The last try to set the device up."""

    code: str = ""  # of its line
    step: str = ""  # where it ended, a key of stages.STEPS
    value: int | None = None  # what a method returned: PT_STATUS
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """All of it, at one moment."""

    now: datetime = field(default_factory=lambda: datetime.now(UTC))
    device: DeviceFacts = DeviceFacts()
    reach: ReachFacts = ReachFacts()
    names: NameFacts = NameFacts()
    console: ConsoleFacts = field(default_factory=ConsoleFacts)
    zone: ZoneFacts = ZoneFacts()
    attempt: Attempt | None = None

    @property
    def was_refused(self) -> bool:
        """Return whether the device was seen to break off when it saw our certificate."""
        proving = self.reach.proving
        is_seen = proving is not None and proving.ended in (Ended.ALERT, Ended.DROPPED)
        tried = self.attempt is not None and self.attempt.code == "chain-refused"
        return not self.reach.let_in and (is_seen or tried)
