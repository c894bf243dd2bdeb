"""The marks by which a machine is known, told apart from what makers leave in unset fields."""

import re
from collections.abc import Iterable
from uuid import UUID

# What boards carry whose maker set no UUID
EMPTY_UUIDS = {
    UUID(int=0),
    UUID(int=2**128 - 1),
    UUID("03000200-0400-0500-0006-000700080009"),
    UUID("00020003-0004-0005-0006-000700080009"),  # the same in the other byte order
    UUID("12345678-1234-5678-90ab-cddeefaabbcc"),
}
EMPTY_SERIALS = {
    *("", "0", "none", "n/a", "na", "unknown", "default", "default string", "invalid", "oem"),
    *("not specified", "not available", "not applicable", "system serial number", "serial number"),
    *("to be filled by o.e.m.", "to be filled by oem", "chassis serial number", "serial", "xxxxxx"),
    *("123456789", "1234567890", "0123456789", "01234567890123456789"),
}
MAC = re.compile(r"[0-9a-f]{12}")
WRITTEN_MAC = re.compile(  # aa:bb:cc:dd:ee:01, aa-bb-…, aabb.ccdd.ee01, aabbcc-ddee01, aabbccddee01
    r"[0-9a-f]{2}([:-])[0-9a-f]{2}(?:\1[0-9a-f]{2}){4}"
    r"|[0-9a-f]{4}([:.-])[0-9a-f]{4}\2[0-9a-f]{4}|[0-9a-f]{6}[:-]?[0-9a-f]{6}"
)
ADDRESS = re.compile(r"[0-9.]+|[0-9a-f:]*:[0-9a-f:.]*")
CONTAINERS = "0242"  # the same few on every machine that runs them
EVERYBODYS = {"localhost", "localhost.localdomain", "localhost6", "workstation", "desktop", "pc"}


def usable_uuid(uuid: UUID | None) -> UUID | None:
    """Return ``uuid`` unless it is one that many boards share."""
    return None if uuid is None or uuid in EMPTY_UUIDS else uuid


def swapped(uuid: UUID) -> UUID:
    """Return the UUID that the same 16 bytes make in the other byte order.

    SMBIOS stores the first three fields little-endian; some tools print them as they lie.
    """
    return UUID(bytes=uuid.bytes_le)


def usable_serial(text: str) -> str:
    """Return a serial number to compare by, empty where the maker set none."""
    plain = " ".join(text.split()).lower()
    is_filler = plain in EMPTY_SERIALS or (len(plain) > 1 and len(set(plain)) == 1)
    return "" if is_filler or len(plain) < 3 else plain


def usable_macs(texts: Iterable[str]) -> tuple[str, ...]:
    """Return MAC addresses to compare by; multicast, all-zero and containers' ones name nobody."""
    found = []
    for text in texts:
        plain = re.sub(r"[^0-9a-f]", "", str(text).lower())
        is_own = MAC.fullmatch(plain) and int(plain, 16) and not int(plain[:2], 16) & 1
        if is_own and not plain.startswith(CONTAINERS):
            found.append(plain)
    return tuple(dict.fromkeys(found))


def dashed_mac(text: str) -> str:
    """Return a MAC address as Intel AMT tells it, aa-bb-cc-dd-ee-01; empty if ``text`` is none."""
    plain = text.strip().lower()
    digits = re.sub(r"[^0-9a-f]", "", plain) if WRITTEN_MAC.fullmatch(plain) else ""
    return "-".join(digits[at : at + 2] for at in range(0, len(digits), 2))


def usable_name(text: str) -> str:
    """Return a DNS name to compare by, empty for an address or a name that anybody may bear."""
    plain = text.strip().rstrip(".").lower()
    return "" if plain in EVERYBODYS or ADDRESS.fullmatch(plain) else plain
