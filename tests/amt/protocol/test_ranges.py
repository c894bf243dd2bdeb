"""Ranges of addresses, as people write them."""

from __future__ import annotations

from ipaddress import IPv4Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amt.protocol.ranges import MOST_ADDRESSES, RangeError, merged, read_ranges


@pytest.mark.parametrize(
    ("text", "told", "count"),
    [
        ("10.1.2.3", "10.1.2.3", 1),
        ("10.1.2.1-10.1.2.99", "10.1.2.1-10.1.2.99", 99),
        ("10.1.2.1 - 10.1.2.3", "10.1.2.1-10.1.2.3", 3),
        ("10.1.0.0/16", "10.1.0.1-10.1.255.254", 65_534),
        ("10.1.2.77/24", "10.1.2.1-10.1.2.254", 254),
        ("10.1.2.2/31", "10.1.2.2-10.1.2.3", 2),
        ("10.1.2.3/32", "10.1.2.3", 1),
        ("10.1.2.3, 10.1.2.4\n10.1.2.9", "10.1.2.3-10.1.2.4, 10.1.2.9", 3),
        ("10.1.2.1-10.1.2.9 10.1.2.5-10.1.2.20", "10.1.2.1-10.1.2.20", 20),
        ("", "", 0),
    ],
)
def test_ranges_are_read_merged_and_told(text: str, told: str, count: int) -> None:
    found = read_ranges(text)

    assert (str(found), found.count) == (told, count)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("10.1.2.999", "no IPv4 address or range"),
        ("10.1.2.9-10.1.2.1", "ends before it begins"),
        ("10.1.2.0/33", "from 0 to 32"),
        ("10.1.2.0/x", "from 0 to 32"),
        ("10.1.2.0/", "from 0 to 32"),
        ("10.1.2.0/²", "from 0 to 32"),
        ("10.1.2.1-", "no IPv4 address"),
        ("fe80::1", "no IPv4 address"),
        ("pc.example.org", "no IPv4 address"),
        ("10.0.0.0/8", "262,144 at most"),
        ("0.0.0.0-255.255.255.255", "262,144 at most"),
    ],
)
def test_what_is_no_range_is_named(text: str, words: str) -> None:
    with pytest.raises(RangeError, match=words):
        read_ranges(text)


spans = st.lists(
    st.tuples(st.integers(0, 300), st.integers(0, 40)).map(lambda pair: (pair[0], sum(pair))),
    max_size=8,
)


@given(spans, spans, st.integers(0, 400))
def test_sets_say_the_same(mine: list, other: list, start: int) -> None:
    ours, others = merged(mine), merged(other)
    expected = sorted(
        {n for first, last in mine for n in range(first, last + 1)}
        - {n for first, last in other for n in range(first, last + 1)}
    )

    left = ours.minus(others)

    assert list(left.from_index(0)) == expected
    assert list(left.from_index(start)) == expected[start:]
    assert left.count == len(expected)
    assert all(number in left for number in expected)
    assert not any(number in left for number in set(range(400)) - set(expected))


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        found = read_ranges(text)
    except RangeError:
        return
    assert found.count <= MOST_ADDRESSES
    assert read_ranges(str(found)) == found


def test_addresses_are_found_in_it() -> None:
    found = read_ranges("10.1.2.0/24")

    assert "10.1.2.7" in found
    assert "10.1.3.7" not in found
    assert int(IPv4Address("10.1.2.254")) in found
    assert None not in found
