"""Hello messages of real devices and bent ones."""

import os

import pytest

from amt.protocol import hello
from amt.protocol.hello import HelloError
from tests.amt.protocol import captures
from tests.fixtures.required import require

FOLDER = captures.FOLDER.parent
HEAD = bytes.fromhex("0100 0300 05000000 4b529b93d413181de4871c697a6b7a2b")
ONE = HEAD + b"\x01\x02\x20" + bytes(32)


@pytest.mark.parametrize(
    ("name", "uuid", "retries", "count"),
    [
        ("hello-v3-a.hex", "939b524b-13d4-1d18-e487-1c697a6b7a2b", 0, 23),
        ("hello-v3-b.hex", "d2ffc23e-9dd1-412d-860a-54b2039b72ff", 1, 24),
    ],
)
def test_messages_of_real_devices_are_read(name, uuid, retries, count):
    require("the recorded hello messages", (FOLDER / name).is_file())
    data = bytes.fromhex((FOLDER / name).read_text().strip())
    found = hello.read(data)

    assert (found.version, found.retry_count, len(found.hashes)) == (3, retries, count)
    assert str(found.uuid) == uuid
    assert {kind for kind, _ in found.hashes} <= {"sha1", "sha256", "sha384"}
    assert found.hashes[0][1] == data[27 : 27 + len(found.hashes[0][1]) // 2].hex()


def test_version_2_names_a_key():
    found = hello.read(HEAD.replace(b"\x03", b"\x02", 1) + b"0000037m")

    assert (found.version, found.key_id, found.hashes) == (2, "0000037M", ())


def test_hashes_of_all_kinds_and_none():
    data = HEAD + b"\x03\x01\x14" + b"a" * 20 + b"\x02\x20" + b"b" * 32 + b"\x03\x30" + b"c" * 48
    assert [kind for kind, _ in hello.read(data).hashes] == ["sha1", "sha256", "sha384"]
    assert hello.read(HEAD + b"\x00").hashes == ()


BENT = {
    "nothing": (b"", "only 0 bytes"),
    "half": (ONE[:20], "only 20 bytes"),
    "huge": (ONE + bytes(20_000), "longer than"),
    "password 7": (b"\x07" + ONE[1:], "7 for whether"),
    "version 1": (ONE[:2] + b"\x01" + ONE[3:], "of version 1"),
    "many retries": (ONE[:4] + b"\xff\xff\xff\xff" + ONE[8:], "retries"),
    "no UUID": (ONE[:8] + bytes(16) + ONE[24:], "without a UUID"),
    "all ones": (ONE[:8] + b"\xff" * 16 + ONE[24:], "without a UUID"),
    "hash cut": (ONE[:-1], "without its end"),
    "fewer hashes": (HEAD + b"\x02" + ONE[25:], "fewer hashes"),
    "unknown kind": (HEAD + b"\x01\x09\x20" + bytes(32), "of kind 9"),
    "wrong length": (HEAD + b"\x01\x02\x14" + bytes(20), "with 20 bytes"),
    "more after it": (ONE + b"x", "1 bytes after"),
    "bad key": (HEAD.replace(b"\x03", b"\x02", 1) + b"000 037M", "that is none"),
    "short key": (HEAD.replace(b"\x03", b"\x02", 1) + b"0000", "of 4 bytes"),
    "HTTP": (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", " "),
    "noise": (os.urandom(300), " "),
}


@pytest.mark.parametrize("case", BENT)
def test_what_is_no_hello_says_why(case):
    data, said = BENT[case]
    with pytest.raises(HelloError, match=said):
        hello.read(data)
