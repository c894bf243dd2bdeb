"""When limited starts may happen: no group ever more than so many in a minute. Pure."""

import heapq
from collections import defaultdict, deque
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

MINUTE = 62  # seconds: starts come in the rounds of a dispatcher, up to a second late

T = TypeVar("T")
Group = Hashable  # the zone, a server, a folder with a limit


@dataclass(frozen=True, slots=True)
class Start(Generic[T]):
    """Something that wants to start at ``at`` (seconds, any zero) and counts in ``groups``."""

    what: T
    at: float
    groups: frozenset[Group]


def plan(
    starts: Iterable[Start[T]],
    per_minute: Mapping[Group, int],
    free_at: dict[Group, float],
    share: Callable[[], float] = float,
) -> list[tuple[T, float]]:
    """Return when each may start: not before it wants to, and in each group apart from the others.

    Two starts of a group with a limit of N lie MINUTE/N seconds apart, so that no minute, wherever
    it begins, has more than N. ``free_at`` says from when a group is free, and is moved on.
    ``share`` returns how much of the distance, from 0 to 1, a start waits beyond it.
    """
    waiting = _classes(starts, per_minute)
    planned = []

    def earliest(number: int) -> float:
        groups, queue = waiting[number]
        return max([queue[0].at, *(free_at.get(group, 0) for group in groups)])

    order = [(earliest(number), number) for number in range(len(waiting))]
    heapq.heapify(order)
    while order:
        _, number = heapq.heappop(order)
        groups, queue = waiting[number]
        if order and (real := earliest(number)) > order[0][0]:
            heapq.heappush(order, (real, number))
            continue
        gaps = {group: MINUTE / per_minute[group] for group in groups}
        at = earliest(number) + share() * max(gaps.values(), default=0)
        planned.append((queue.popleft().what, at))
        free_at.update({group: at + gap for group, gap in gaps.items()})
        if queue:
            heapq.heappush(order, (earliest(number), number))
    return planned


def _classes(
    starts: Iterable[Start[T]], per_minute: Mapping[Group, int]
) -> list[tuple[list[Group], deque[Start[T]]]]:
    """Return the starts by the limited groups they count in, each in the order of its wish."""
    found: defaultdict[frozenset[Group], list[Start[T]]] = defaultdict(list)
    for start in starts:
        found[frozenset(g for g in start.groups if g in per_minute)].append(start)
    return [
        (list(groups), deque(sorted(some, key=lambda start: start.at)))
        for groups, some in found.items()
    ]
