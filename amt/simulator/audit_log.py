"""The audit log of a device: what was done by whom, oldest first, in big-endian records."""

import struct

SECURITY, REMOTE_CONTROL, NETWORK_TIME, EVENT_MANAGER = 16, 17, 21, 24  # applications
PROVISIONING, PROVISIONED, USER_ADDED, USER_CHANGED, USER_REMOVED = range(5)  # of security
TLS_CHANGED, CERTIFICATE_SET, CERTIFICATE_REMOVED, ROOT_ADDED, ROOT_REMOVED = 7, 8, 9, 10, 11
TO_ADMIN_CONTROL, UNPROVISIONING = 18, 19
TIME_SET = 0  # of network time
SUBSCRIBED, UNSUBSCRIBED = 0, 1  # of the event manager
UP, DOWN, CYCLE, RESET, BOOT_OPTIONS = range(5)  # events of remote control
HTTP_DIGEST, KERBEROS, LOCAL, KVM_PORT = range(4)  # initiators
IPV4, IPV6, NOWHERE = range(3)  # addresses
MAX_PER_READ = 10


def by_kerberos(domain: int, sid: bytes) -> bytes:
    """Return the initiator that signed in with an account of a Windows domain."""
    return struct.pack(">BIB", KERBEROS, domain, len(sid)) + sid


class AuditLog:
    """Records kept as they go over the wire."""

    def __init__(self) -> None:
        self.records: list[bytes] = []
        self.last_at = 0.0

    def add(
        self,
        when: float,
        application: int,
        event: int,
        user: str,
        address: str,
        extended: bytes = b"",
    ) -> None:
        """Write that ``user`` at ``address`` did ``event`` at ``when`` (seconds since 1970)."""
        name = user.encode()
        initiator = bytes([HTTP_DIGEST, len(name)]) + name
        self.add_by(initiator, when, application, event, address, extended)

    def add_by(
        self,
        initiator: bytes,
        when: float,
        application: int,
        event: int,
        address: str = "",
        extended: bytes = b"",
    ) -> None:
        """Write what ``initiator`` did: its kind, then what tells it from others of its kind."""
        source = address.encode()
        kind = NOWHERE if not source else IPV6 if b":" in source else IPV4
        self.records.append(
            struct.pack(">HH", application, event)
            + initiator
            + struct.pack(">IBB", int(when), kind, len(source))
            + source
            + bytes([len(extended)])
            + extended
        )
        self.last_at = when

    def read(self, start: int) -> list[bytes]:
        """Return up to ten records from the 1-based position ``start``."""
        return self.records[start - 1 : start - 1 + MAX_PER_READ]
