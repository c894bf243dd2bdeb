"""A short round of the fuzz campaign, and that it would notice."""

from collections.abc import Iterator

import pytest

from tests.campaigns import fuzz


@pytest.fixture(scope="module")
def parsers() -> Iterator[dict[str, fuzz.Parser]]:
    with fuzz.parsers() as targets:
        yield {parser.name: parser for parser in targets}


NAMES = (
    "XML of an answer",
    "event log",
    "live alert",
    "digest challenge",
    "HTTP answer",
    "TLS hello and certificate",
    "RMCP pong",
    "older SOAP answer",
    "certificate file",
    "setup.bin",
    "setup.bin (simulator)",
    "hello message",
    "HTTP request (simulator)",
    "XML of a request (simulator)",
    "set-up (simulator)",
    "set-up handshake (simulator)",
    "older SOAP request (simulator)",
    "redirection (simulator)",
    "RMCP ping (simulator)",
)


def test_every_parser_has_its_turn(parsers):
    assert tuple(parsers) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_parser_answers_or_raises_what_it_declares(parsers, name):
    parsers[name].attack(number=1, examples=100)

    assert parsers[name].inputs >= 100


@pytest.mark.parametrize("name", [name for name in NAMES if not name.startswith("TLS")])
def test_parser_reads_some_sample_as_it_is(parsers, name):
    parser = parsers[name]
    read = []
    for sample in parser.samples:
        try:
            read.append(parser.feed(sample))
        except parser.errors:
            continue

    assert any(found is not None for found in read)


def test_error_that_was_not_declared_ends_the_campaign():
    def feed(data: bytes) -> object:
        return data.decode("ascii")

    with pytest.raises(UnicodeDecodeError):
        fuzz.Parser("ASCII", [b"abc"], feed).attack(number=1)
