"""The few DER elements that are put together here by hand."""


def sequence(*elements: bytes) -> bytes:
    """Return a SEQUENCE of elements that are DER already."""
    return _tagged(0x30, b"".join(elements))


def bit_string(data: bytes) -> bytes:
    """Return a BIT STRING of whole bytes."""
    return _tagged(0x03, b"\0" + data)


def _tagged(tag: int, body: bytes) -> bytes:
    if len(body) < 0x80:
        return bytes((tag, len(body))) + body
    length = len(body).to_bytes((len(body).bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(length))) + length + body
