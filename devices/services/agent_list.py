"""What the list of agents shows: its filter, read from an address."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Q, QuerySet
from django.http import QueryDict
from django.utils import timezone

from devices.models import Agent, Device, User

SILENT_AFTER = timedelta(days=7)
STATES: Mapping[str, str] = {
    "silent": f"Silent for more than {SILENT_AFTER.days} days",
    "revoked": "Revoked",
}
LONGEST = 100  # characters of a search


@dataclass(frozen=True)
class AgentList:
    """The filter of the list. An empty word means "all"."""

    q: str = ""
    state: str = ""

    @classmethod
    def read(cls, query: QueryDict) -> "AgentList":
        """Return what the address asks for; words it does not know mean "all"."""
        state = query.get("state", "")
        q = query.get("q", "").replace("\0", "").strip()[:LONGEST]
        return cls(q, state if state in STATES else "")

    def apply(self, user: User) -> QuerySet[Agent]:
        """Return the agents that the list shows, of devices that ``user`` may see."""
        devices = Device.objects.visible_to(user)
        found = Agent.objects.filter(device__in=devices.search(self.q))
        if self.state == "revoked":
            return found.exclude(revoked_at=None)
        if self.state == "silent":
            since = timezone.now() - SILENT_AFTER
            return found.filter(Q(seen_at__lt=since) | Q(seen_at=None), revoked_at=None)
        return found
