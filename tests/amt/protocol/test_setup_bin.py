"""setup.bin: read, written again to the same bytes, and refused with a reason."""

import os
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amt.protocol import setup_bin, setup_variables
from amt.protocol.setup_bin import CHUNK, Entry, Record, SetupFile, SetupFileError
from tests.amt.protocol import captures
from tests.fixtures.required import require

REAL = captures.FOLDER.parent / "setup-v4-meshcommander.bin"
ENTRIES = (
    setup_variables.entry((1, 1), "admin"),
    setup_variables.entry((1, 2), "P@ssw0rd-1"),
    setup_variables.entry((2, 3), "example.org"),
)
ONE = setup_bin.write(SetupFile((Record(ENTRIES),)))


@pytest.fixture
def real() -> bytes:
    require("the recorded setup.bin of ../shared/captures", REAL.is_file())
    return Path(REAL).read_bytes()


def test_file_of_intels_tool_is_read_to_its_end(real):
    file = setup_bin.read(real)
    (record,) = file.records

    assert (file.version, file.is_consumable, record.is_scrambled) == ((4, 0), False, True)
    assert {f"{e.module}/{e.variable}": setup_variables.told(e) for e in record.entries} == {
        "1/1": "kept secret",
        "1/2": "kept secret",
        "1/3": "Intel AMT",
        "1/6": "46732273-dc23-2f43-a98a-13d37982d855",
        "2/10": "SOL and IDER, with password",
        "2/13": "on",
        "2/23": "on",
        "2/25": "on",
        "2/26": "none",
        "2/27": "on",
        "2/29": "by hand",
    }
    assert record.get(setup_variables.CURRENT_PASSWORD) == b"admin"


def test_what_was_read_is_written_as_the_same_bytes(real):
    assert setup_bin.write(setup_bin.read(real)) == real


def test_header_names_modules_and_counts():
    assert ONE[18:20] == (46).to_bytes(2, "little")
    assert ONE[40:46] == b"\1\0\2\0\0\0"
    assert ONE[28:36] == b"\1\0\0\0\0\0\0\0"
    assert len(ONE) == 2 * CHUNK


def test_scrambled_record_does_not_show_its_texts():
    assert b"P@ssw0rd-1" not in ONE
    plain = setup_bin.write(SetupFile((Record(ENTRIES, flags=setup_bin.VALID),), version=(1, 0)))
    assert b"P@ssw0rd-1" in plain


entries = st.builds(
    Entry,
    st.integers(1, 65535),
    st.integers(0, 65535),
    st.binary(max_size=60),
    st.integers(0, 65535),
)
records = st.builds(
    Record,
    st.lists(entries, max_size=6).map(tuple),
    number=st.integers(0, 2**32 - 1),
    flags=st.integers(0, 3),
    reserved=st.binary(min_size=8, max_size=8),
)
setup_files = st.builds(
    SetupFile,
    st.lists(records, max_size=4).map(tuple),
    version=st.tuples(st.integers(1, 4), st.integers(0, 9)),
    flags=st.integers(0, 65535),
)


@given(setup_files)
def test_any_file_comes_back(file):
    data = setup_bin.write(file)
    found = setup_bin.read(data)

    assert found.records == file.records
    assert (found.version, found.flags) == (file.version, file.flags)
    assert setup_bin.write(found) == data


BROKEN = {
    "nothing": b"",
    "short": ONE[:500],
    "of another kind": os.urandom(1024),
    "cut": ONE[:-1],
    "longer": ONE + bytes(CHUNK),
    "another version than its type": ONE[:24] + b"\3" + ONE[25:],
    "many records promised": ONE[:28] + b"\xff\xff\xff\x7f" + ONE[32:],
    "more used than there are": ONE[:32] + b"\2\0\0\0" + ONE[36:],
    "variable without end": ONE[: CHUNK + 28] + b"\xff\xff" + ONE[CHUNK + 30 :],
}


@pytest.mark.parametrize("case", BROKEN)
def test_broken_file_says_what_is_wrong(case):
    with pytest.raises(SetupFileError) as error:
        setup_bin.read(BROKEN[case])

    assert str(error.value).endswith(".")


def test_record_that_is_too_long_is_not_written():
    long = Record(tuple(Entry(2, 3, bytes(200)) for _ in range(3)))
    with pytest.raises(SetupFileError, match="there is room for 488"):
        setup_bin.write(SetupFile((long,)))


def test_used_record_is_marked_and_the_next_one_follows():
    file = SetupFile((Record(ENTRIES), Record(ENTRIES, number=2)), flags=0)
    once = setup_bin.read(setup_bin.write(setup_bin.consume(file)))

    assert [record.is_valid for record in once.records] == [False, True]
    assert once.consumed == 1


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ((1, 2), "Ünsafe-1", "New MEBx password is text of a US keyboard"),
        ((1, 2), "x" * 33, "at most 32"),
        ((2, 3), "x" * 256, "at most 255"),
        ((2, 5), 2, r"0 \(off\) or 1 \(on\)"),
        ((2, 18), 70000, "a number from 0 to 65535"),
        ((1, 6), "no guid", "a GUID"),
        ((2, 13), 0, r"1 \(off\) or 2 \(on\)"),
    ],
)
def test_value_that_a_variable_does_not_take_is_named(key, value, said):
    with pytest.raises(SetupFileError, match=said):
        setup_variables.entry(key, value)


HASH = setup_variables.hash_entry("sha256", bytes(32), "Zone root")


@pytest.mark.parametrize(
    ("entries", "version", "said"),
    [
        ([setup_variables.entry((2, 29), 1)], (3, 0), "needs version 4"),
        ([setup_variables.entry((2, 11), "pc")], (2, 0), "needs version 2.1"),
        ([HASH], (2, 1), "SHA-1 hashes only"),
        ([HASH] * 4, (4, 0), "room for 3 hashes"),
        ([setup_variables.entry((1, 1), "admin")], (4, 0), "has to be replaced"),
    ],
)
def test_record_that_firmware_would_refuse_is_named(entries, version, said):
    with pytest.raises(SetupFileError, match=said):
        setup_variables.check(Record(tuple(entries)), version)


def test_hash_is_checked_for_length_and_name():
    with pytest.raises(SetupFileError, match="32 bytes, not 20"):
        setup_variables.hash_entry("sha256", bytes(20), "x")
    with pytest.raises(SetupFileError, match="1 to 32 characters"):
        setup_variables.hash_entry("sha1", bytes(20), "x" * 33)


def test_addresses_of_a_static_device():
    found = setup_variables.static_ipv4("10.0.0.7, 255.255.255.0, 10.0.0.1")

    assert found == bytes([10, 0, 0, 7, 255, 255, 255, 0, 10, 0, 0, 1]) + bytes(8)
    for text in ("10.0.0.7", "10.0.0.7,255.255.255.0,nowhere", "::1,::2,::3"):
        with pytest.raises(SetupFileError):
            setup_variables.static_ipv4(text)


def test_secrets_are_not_in_representations():
    assert b"P@ssw0rd-1".hex() not in repr(Record(ENTRIES))
    assert "P@ssw0rd-1" not in repr(replace(Record(ENTRIES), rest=b"P@ssw0rd-1"))
