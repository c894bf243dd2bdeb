"""The users of a device beside its administrator, by handle."""

from dataclasses import dataclass

MAX_USERS, MAX_NAME = 15, 16  # entries; characters
ADMINISTRATION = 3  # the realm that holds all others
REALMS = frozenset(range(2, 25)) - {22, 23}


@dataclass(frozen=True, slots=True)
class AclEntry:
    """One user: by digest, or a Kerberos identity that nobody here can prove."""

    name: str
    realms: tuple[int, ...]
    access: int = 2  # 0 from the host, 1 from the network, 2 from both
    sid: str = ""
    is_enabled: bool = True
