"""Pairs, questions and leftovers, case by case and against a simple reading of the rules."""

from uuid import UUID

import pytest

from amt.reconciliation.matching import Conflict, Doubt, Machine, Match, Reason, reconcile
from devices.marks import usable_macs, usable_name, usable_serial, usable_uuid

ONE = UUID("4c4c4544-0043-3510-8052-c7c04f4e3532")
TURNED = UUID("44454c4c-4300-1035-8052-c7c04f4e3532")
TWO = UUID("5d5d5655-0043-3510-8052-c7c04f4e3532")


def found(**marks) -> Machine:
    return Machine(key=1, **marks)


def pc(key: int = 10, **marks) -> Machine:
    return Machine(key=key, **marks)


@pytest.mark.parametrize(
    ("mine", "theirs", "reason", "confidence"),
    [
        ({"uuid": ONE}, {"uuid": ONE}, Reason.UUID, 100),
        ({"uuid": ONE}, {"uuid": TURNED}, Reason.UUID_SWAPPED, 98),
        ({"uuid": TURNED}, {"uuid": ONE}, Reason.UUID_SWAPPED, 98),
        ({"serial": "5cg1"}, {"serial": "5cg1"}, Reason.SERIAL, 90),
        ({"macs": ("a" * 12,)}, {"macs": ("b" * 12, "a" * 12)}, Reason.MAC, 80),
        ({"host_name": "a.b.c"}, {"host_name": "a.b.c"}, Reason.HOST_NAME, 60),
        ({"host_name": "a.b.c"}, {"host_name": "a"}, Reason.SHORT_NAME, 40),
        ({"host_name": "a"}, {"host_name": "a.b.c"}, Reason.SHORT_NAME, 40),
        ({"uuid": ONE, "host_name": "x"}, {"uuid": ONE, "host_name": "y"}, Reason.UUID, 100),
        ({"uuid": ONE, "serial": "5cg1"}, {"serial": "5cg1"}, Reason.SERIAL, 90),
    ],
)
def test_one_mark_in_common_makes_a_pair(mine, theirs, reason, confidence):
    outcome = reconcile([found(**mine)], [pc(**theirs), pc(11, serial="other")])
    assert outcome.matches == [Match(1, 10, reason)]
    assert outcome.matches[0].confidence == confidence
    assert not outcome.conflicts
    assert not outcome.unmatched


@pytest.mark.parametrize(
    ("mine", "theirs"),
    [
        ({"host_name": "a.b.c"}, {"host_name": "a.other.c"}),
        ({"uuid": ONE}, {"uuid": TWO}),
        ({}, {"serial": "5cg1"}),
        ({"macs": ("a" * 12,)}, {"macs": ("b" * 12,)}),
    ],
)
def test_nothing_in_common_is_left_over(mine, theirs):
    outcome = reconcile([found(**mine)], [pc(**theirs)])
    assert outcome.unmatched == [1]
    assert not outcome.matches
    assert not outcome.conflicts


@pytest.mark.parametrize(
    ("mine", "others", "doubt", "asked"),
    [
        ({"uuid": ONE}, [pc(uuid=ONE), pc(11, uuid=ONE)], Doubt.SEVERAL_MANAGED, (10, 11)),
        (
            {"serial": "5cg1"},
            [pc(serial="5cg1"), pc(11, serial="5cg1")],
            *(Doubt.SEVERAL_MANAGED, (10, 11)),
        ),
        (
            {"uuid": ONE, "serial": "5cg1"},
            [pc(uuid=ONE), pc(11, serial="5cg1")],
            *(Doubt.CONTRADICTION, (10, 11)),
        ),
        ({"uuid": ONE}, [pc(uuid=ONE), pc(11, uuid=TURNED)], Doubt.CONTRADICTION, (10, 11)),
        ({"uuid": TWO, "serial": "5cg1"}, [pc(uuid=ONE, serial="5cg1")], Doubt.OTHER_UUID, (10,)),
        ({"uuid": TWO, "host_name": "a"}, [pc(uuid=ONE, host_name="a")], Doubt.OTHER_UUID, (10,)),
        (
            {"serial": "5cg1", "macs": ("a" * 12,)},
            [pc(serial="5cg2", macs=("a" * 12,))],
            *(Doubt.OTHER_SERIAL, (10,)),
        ),
        (
            {"serial": "5cg1", "host_name": "a"},
            [pc(serial="5cg2", host_name="a")],
            *(Doubt.OTHER_SERIAL, (10,)),
        ),
    ],
)
def test_what_is_not_certain_is_asked(mine, others, doubt, asked):
    outcome = reconcile([found(**mine)], others)
    assert [(one.doubt, one.managed) for one in outcome.conflicts] == [(doubt, asked)]
    assert not outcome.matches
    assert not outcome.unmatched


def test_two_that_claim_one_are_asked_unless_one_is_surer():
    rivals = [Machine(1, serial="5cg1"), Machine(2, serial="5cg1")]
    outcome = reconcile(rivals, [pc(serial="5cg1")])
    assert {one.discovered for one in outcome.conflicts} == {1, 2}
    assert not outcome.matches
    rivals = [Machine(1, uuid=ONE), Machine(2, host_name="a.b")]
    outcome = reconcile(rivals, [pc(uuid=ONE, host_name="a.b")])
    assert outcome.matches == [Match(1, 10, Reason.UUID)]
    assert outcome.conflicts == [Conflict(2, (10,), Doubt.SEVERAL_DISCOVERED, Reason.HOST_NAME)]


def test_what_a_person_said_counts():
    twins = [pc(uuid=ONE), pc(11, uuid=ONE)]
    assert reconcile([found(uuid=ONE)], twins, same={1: 11}).matches == [
        Match(1, 11, Reason.PERSON)
    ]
    assert reconcile([found(uuid=ONE)], twins, apart=[(1, 10)]).matches == [
        Match(1, 11, Reason.UUID)
    ]
    assert reconcile([found(uuid=ONE)], twins, apart=[(1, 10), (1, 11)]).unmatched == [1]


def test_what_makers_leave_unset_names_nobody():
    assert usable_uuid(UUID("03000200-0400-0500-0006-000700080009")) is None
    assert usable_uuid(UUID(int=0)) is None
    assert usable_uuid(ONE) == ONE
    assert [usable_serial(text) for text in (" To Be Filled By O.E.M.", "0000", "5CG1 ", "ab")] == [
        *("", "", "5cg1", "")
    ]
    told = ["00:00:00:00:00:00", "02-42-ac-11-00-02", "A4:BB:6D:00:00:01", "ff" * 6, "x"]
    assert usable_macs(told) == ("a4bb6d000001",)
    assert [
        usable_name(text) for text in ("PC1.Example.test.", "10.1.2.3", "fe80::1", "localhost")
    ] == [*("pc1.example.test", "", "", "")]
