"""Turn the bytes of an answer into an XML tree, or refuse them: a device may be hostile."""

from __future__ import annotations

from lxml import etree

from amt.protocol.errors import AmtBadAnswer

MAX_BYTES = 1 << 20
MAX_NODES = 40_000  # elements and attributes together; a full event log is below 1,000
MAX_DEPTH = 100

_too_deep = etree.XPath(f"boolean({'/*' * (MAX_DEPTH + 1)})")


def parse(body: bytes, *, max_bytes: int = MAX_BYTES) -> etree._Element:
    """Return the root element of ``body``, which must be UTF-8 as all that AMT sends.

    Raises:
        AmtBadAnswer: too big, not XML, cut off, or built to exhaust whoever reads it.
    """
    if len(body) > max_bytes:
        raise too_big(max_bytes)
    if b"<!DOCTYPE" in body or b"<!ENTITY" in body:
        raise html(body) if looks_like_html(body) else hostile("it declares a document type")
    if body.count(b"<") > 2 * MAX_NODES or body.count(b'"') + body.count(b"'") > 2 * MAX_NODES:
        raise hostile("too many elements or attributes")
    try:
        root = etree.fromstring(body, _parser())
    except etree.XMLSyntaxError as error:
        raise not_xml(body, error) from None
    if _too_deep(root):
        raise hostile("nested too deeply")
    return root


def _parser() -> etree.XMLParser:
    # A parser may not be used by two threads at once, so each answer gets its own (3 us). The
    # encoding is forced: a declared UTF-7 could smuggle a document type past the check above.
    return etree.XMLParser(
        encoding="utf-8",
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )


def looks_like_html(body: bytes) -> bool:
    start = body[:1024].lstrip().lower()
    return start.startswith((b"<!doctype html", b"<html")) or b"<html" in start


def excerpt(body: bytes) -> str:
    return body[:600].decode("utf-8", "replace")


def too_big(max_bytes: int) -> AmtBadAnswer:
    return AmtBadAnswer(
        f"The answer was larger than {max_bytes // 1024} kB; no AMT answer is. We stopped reading.",
        reason="too-big",
    )


def html(body: bytes) -> AmtBadAnswer:
    return AmtBadAnswer(
        "The answer is a web page, not AMT's: another web server at this address?",
        reason="html",
        detail=excerpt(body),
    )


def hostile(what: str) -> AmtBadAnswer:
    return AmtBadAnswer(reason="hostile", detail=what)


def not_xml(body: bytes, error: etree.XMLSyntaxError) -> AmtBadAnswer:
    if looks_like_html(body):
        return html(body)
    if "depth" in str(error):  # libxml2's own limit, 256 levels
        return hostile(str(error))
    if not body.lstrip().startswith(b"<"):
        return AmtBadAnswer(
            "The answer is not AMT's: another server at this address?",
            reason="not-xml",
            detail=excerpt(body),
        )
    return AmtBadAnswer(reason="truncated", detail=f"{error}: {excerpt(body)}")
