"""Bytes that began as something real: a sample, then a few edits where it hurts."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from hypothesis import strategies as st

# What parsers stumble over: markup, numbers at their edges, ends of lines, other encodings.
TOKENS = (
    *(b"<", b">", b"</", b"/>", b"<!--", b"<![CDATA[", b"]]>", b"<!DOCTYPE a [", b"<?xml ?>"),
    *(b"&", b"&amp;", b"&#0;", b"&#xD800;", b"&e;", b'"', b"'", b"=", b",", b":", b";", b"\\"),
    *(b"-1", b"0", b"4294967296", b"99999999999999999999", b"1e9", b"NaN", b"true", b"0x"),
    *(b"\r\n", b"\n", b"\r", b"\t", b" ", b"\x00", b"\xff"),
    *(b"\xc3\x28", b"\xed\xa0\x80", b"\xef\xbb\xbf", b"%s", b"{0}", b"../"),
    *(b"HTTP/1.1 200 OK\r\n", b"Content-Length: -1\r\n", b"FFFFFFFF\r\n"),
    *(b"Transfer-Encoding: chunked\r\n", b"Content-Encoding: gzip\r\n"),
    *(b'Digest realm="', b'nonce="', b'qop="auth-int, auth"'),
)

Edit = Callable[[bytes, int, int, bytes], bytes]
EDITS: tuple[Edit, ...] = (
    lambda data, start, end, token: data[:start] + token + data[end:],
    lambda data, start, end, token: data[:start] + data[end:],
    lambda data, start, end, token: data[:end] + data[start:],
    lambda data, start, end, token: data[:start] + token + data[start:],
    lambda data, start, end, token: data[:start],
    lambda data, start, end, token: data[:start] + data[start:end] * 50 + data[end:],
    lambda data, start, end, token: data[:start] + data[start:end][::-1] + data[end:],
)


@st.composite
def mutated(draw: st.DrawFn, samples: Sequence[bytes]) -> bytes:
    """Draw one of ``samples`` with up to eight edits, or bytes that were never a sample."""
    if draw(st.integers(0, 19)) == 0:
        return draw(st.binary(max_size=200))
    data = draw(st.sampled_from(samples))
    for _ in range(draw(st.integers(0, 8))):
        edit = draw(st.sampled_from(EDITS))
        start = draw(st.integers(0, len(data)))
        end = min(len(data), start + draw(st.integers(0, 60)))
        token = draw(st.sampled_from(TOKENS) | st.binary(max_size=6))
        data = edit(data, start, end, token)[:100_000]
    return data
