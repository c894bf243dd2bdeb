"""Hello messages: what a device that waits to be set up says on port 9971. Bytes to values.

Source: amt-protocol.md 6.
"""

import struct
from dataclasses import dataclass
from uuid import UUID

LARGEST = 16_000  # bytes; 255 hashes of the longest kind take 12,775
HEAD = struct.Struct("<H H I 16s")
PID_BYTES = 8
ALGORITHMS = {1: ("sha1", 20), 2: ("sha256", 32), 3: ("sha384", 48)}
MOST_RETRIES = 10_000  # firmware counts to 14; a clone may go on


class HelloError(Exception):
    """The bytes are no hello message; the text says what is wrong with them."""


@dataclass(frozen=True, slots=True)
class Hello:
    """What a device said of itself."""

    version: int  # 2: with a key id (PSK); 3: with the hashes of the roots that it trusts
    uuid: UUID
    retry_count: int
    has_own_password: bool  # False: still that of the factory
    hashes: tuple[tuple[str, str], ...] = ()  # algorithm, hex digits in small letters
    key_id: str = ""  # PID


def read(data: bytes) -> Hello:
    """Return what ``data`` says.

    Raises:
        HelloError: it is no hello of version 2 or 3, or a broken one.
    """
    if len(data) > LARGEST:
        raise HelloError(f"longer than {LARGEST:,} bytes")
    if len(data) < HEAD.size + 1:
        raise HelloError(f"only {len(data)} bytes")
    password, version, retries, raw = HEAD.unpack_from(data)
    if password > 1:
        raise HelloError(f"{password} for whether the password is set")
    if version not in (2, 3):
        raise HelloError(f"of version {version}")
    if retries > MOST_RETRIES:
        raise HelloError(f"{retries:,} retries")
    if raw in (bytes(16), b"\xff" * 16):
        raise HelloError("without a UUID")
    body, uuid = data[HEAD.size :], UUID(bytes_le=raw)
    if version == 2:
        return Hello(2, uuid, retries, bool(password), key_id=_key_id(body))
    return Hello(3, uuid, retries, bool(password), _hashes(body))


def _key_id(body: bytes) -> str:
    if len(body) != PID_BYTES:
        raise HelloError(f"a key id of {len(body)} bytes")
    try:
        text = body.decode("ascii")
    except UnicodeDecodeError:
        text = ""
    if not text.isalnum():
        raise HelloError("a key id that is none")
    return text.upper()


def _hashes(body: bytes) -> tuple[tuple[str, str], ...]:
    found, at = [], 1
    for _ in range(body[0]):
        if at + 2 > len(body):
            raise HelloError("fewer hashes than it promises")
        name, length = ALGORITHMS.get(body[at], ("", 0))
        if not name or body[at + 1] != length:
            raise HelloError(f"a hash of kind {body[at]} with {body[at + 1]} bytes")
        digest = body[at + 2 : at + 2 + length]
        if len(digest) < length:
            raise HelloError("a hash without its end")
        found.append((name, digest.hex()))
        at += 2 + length
    if at != len(body):
        raise HelloError(f"{len(body) - at} bytes after its end")
    return tuple(found)
