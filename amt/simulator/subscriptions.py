"""Who has subscribed to a device's events, and to which."""

from collections.abc import Iterator
from dataclasses import dataclass, field

MOST = 9  # of AMT 6.0 and newer
PLATFORM, FEATURES = "PLAT", "iAMT"  # how the ids of messages begin
NETWORK = ("iAMT0001", "iAMT0007", "iAMT0008", "iAMT0010", "iAMT0011", "iAMT0012", "iAMT0013")
# What may be subscribed to, and how the ids of its messages begin
COLLECTIONS: dict[str, tuple[str, ...]] = {
    "Intel(r) AMT:All": ("",),
    "Intel(r) AMT:AllEvents": ("",),
    "Intel(r) AMT:Features": (FEATURES,),
    "Intel(r) AMT:CorePlatform": (PLATFORM,),
    "Intel(r) AMT:Platform": (PLATFORM,),
    "Intel(r) AMT:NetworkSecurity": NETWORK,
}


@dataclass(frozen=True, slots=True)
class Subscription:
    """One subscription, as the subscriber wants it."""

    collection: str
    address: str
    is_acked: bool
    username: str = ""
    password: str = field(default="", repr=False)
    parameters: str = ""  # XML that each event brings along
    number: int = 0

    @property
    def name(self) -> str:
        """Return the name of its listener."""
        return f"Intel(r) AMT:Subscription {self.number}"

    def wants(self, message_id: str) -> bool:
        """Return whether a message is among those subscribed to."""
        return message_id.startswith(COLLECTIONS[self.collection])


class Subscriptions:
    """Nine at most; each has a number of its own."""

    def __init__(self) -> None:
        self._kept: tuple[Subscription, ...] = ()  # replaced as a whole: threads read it
        self._last = 0

    def __iter__(self) -> Iterator[Subscription]:
        return iter(self._kept)

    def __len__(self) -> int:
        return len(self._kept)

    @property
    def next_number(self) -> int:
        """Return the number that the next subscription will have."""
        return self._last + 1

    @property
    def is_full(self) -> bool:
        """Return whether there is no room for another."""
        return len(self._kept) >= MOST

    def add(self, subscription: Subscription) -> None:
        """Keep one, whose number is the next."""
        self._last = subscription.number
        self._kept = (*self._kept, subscription)

    def remove(self, name: str) -> None:
        """Forget the one whose listener has this name."""
        self._kept = tuple(one for one in self._kept if one.name != name)
