"""Ranges of IPv4 addresses as people write them, for a scan. No socket, no look-up."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network

MOST_ADDRESSES = 262_144  # of one scan: four times a /16
SEPARATORS = re.compile(r"[,;\s]+")
AROUND_DASH = re.compile(r"\s*-\s*")
SMALLEST_WITH_ENDS = 30  # a /31 and a /32 have no network and broadcast address

Span = tuple[int, int]  # first and last address, both included


class RangeError(ValueError):
    """A piece of the text is no range; the sentence names it."""


@dataclass(frozen=True)
class Ranges:
    """Addresses as sorted spans that neither touch nor overlap."""

    spans: tuple[Span, ...]

    @property
    def count(self) -> int:
        """Return how many addresses these are."""
        return sum(last - first + 1 for first, last in self.spans)

    def minus(self, other: Ranges) -> Ranges:
        """Return what is left without the addresses of ``other``."""
        left = list(self.spans)
        for first, last in other.spans:
            left = [part for span in left for part in _without(span, first, last)]
        return Ranges(tuple(left))

    def from_index(self, start: int) -> Iterator[int]:
        """Yield the addresses from the ``start``-th one on, as numbers."""
        for first, last in self.spans:
            size = last - first + 1
            if start < size:
                yield from range(first + start, last + 1)
            start = max(0, start - size)

    def __contains__(self, address: object) -> bool:
        number = int(IPv4Address(address)) if isinstance(address, str) else address
        if not isinstance(number, int):
            return False
        place = bisect_right(self.spans, (number, 1 << 33)) - 1
        return place >= 0 and self.spans[place][0] <= number <= self.spans[place][1]

    def __str__(self) -> str:
        return ", ".join(_told(*span) for span in self.spans)


def read_ranges(text: str) -> Ranges:
    """Return the addresses in ``text``: 10.1.2.3, 10.1.2.1-10.1.2.99, 10.1.0.0/16.

    They are separated by commas, blanks or new lines. Network and broadcast address of a network
    in slash notation are left out.

    Raises:
        RangeError: a piece is none of these, or there are more than ``MOST_ADDRESSES``.
    """
    pieces = [piece for piece in SEPARATORS.split(AROUND_DASH.sub("-", text.strip())) if piece]
    found = merged(_span(piece) for piece in pieces)
    if found.count > MOST_ADDRESSES:
        raise RangeError(
            f"These are {found.count:,} addresses; one scan has {MOST_ADDRESSES:,} at most. "
            "Make several tasks of it."
        )
    return found


def merged(spans: Iterable[Span]) -> Ranges:
    """Return spans as ranges: sorted, those that touch as one."""
    result: list[Span] = []
    for first, last in sorted(spans):
        if result and first <= result[-1][1] + 1:
            result[-1] = (result[-1][0], max(last, result[-1][1]))
        else:
            result.append((first, last))
    return Ranges(tuple(result))


def _span(piece: str) -> Span:
    if "/" in piece:
        return _network(piece)
    begin, dash, end = piece.partition("-")
    first = _address(begin, piece)
    last = _address(end, piece) if dash else first
    if last < first:
        raise RangeError(f'"{piece[:60]}" ends before it begins.')
    return first, last


def _network(piece: str) -> Span:
    address, _, bits = piece.partition("/")
    _address(address, piece)
    if not (bits.isascii() and bits.isdecimal() and int(bits[:3]) <= 32):
        raise RangeError(f'"{piece[:60]}": what stands behind the stroke goes from 0 to 32.')
    network = IPv4Network(piece, strict=False)
    first, last = int(network.network_address), int(network.broadcast_address)
    return (first + 1, last - 1) if network.prefixlen <= SMALLEST_WITH_ENDS else (first, last)


def _address(text: str, piece: str) -> int:
    try:
        return int(IPv4Address(text))
    except ValueError:
        raise RangeError(
            f'"{piece[:60]}" is no IPv4 address or range. Write 10.1.2.3, 10.1.2.1-10.1.2.99 or '
            "10.1.0.0/16."
        ) from None


def _without(span: Span, first: int, last: int) -> list[Span]:
    if last < span[0] or span[1] < first:
        return [span]
    parts = [(span[0], first - 1), (last + 1, span[1])]
    return [part for part in parts if part[0] <= part[1]]


def _told(first: int, last: int) -> str:
    begin = str(IPv4Address(first))
    return begin if first == last else f"{begin}-{IPv4Address(last)}"
