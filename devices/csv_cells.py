"""Cells of CSV files that a spreadsheet must not take for formulas, and a file that streams."""

import csv
from collections.abc import Iterable, Iterator

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


class Echo:
    """A file that gives back what is written, so that csv can feed a streaming answer."""

    def write(self, text: str) -> str:
        """Return ``text``."""
        return text


def harmless(cells: Iterable[str]) -> list[str]:
    """Return the cells with a quote before what a spreadsheet would run."""
    return ["'" + cell if cell.startswith(FORMULA_STARTS) else cell for cell in cells]


def lines(head: Iterable[str], rows: Iterable[Iterable[str]]) -> Iterator[str]:
    """Yield the lines of a CSV file, its head first."""
    write = csv.writer(Echo()).writerow
    yield write(head)
    for row in rows:
        yield write(harmless(row))
