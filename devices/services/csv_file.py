"""Read an uploaded CSV file into rows, or say in a sentence why it cannot be read."""

import csv
import io
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError

from devices.csv_cells import FORMULA_STARTS

if TYPE_CHECKING:
    from _csv import Reader

Row = tuple[int, list[str]]  # the line it begins in, and its cells
MOST_BYTES = 5_000_000
MOST_LINES = 20_000


def too_large(size: int) -> str:
    """Return the sentence that refuses a file of ``size`` bytes."""
    return f"The file has {size / 1e6:.1f} MB; {MOST_BYTES / 1e6:.0f} MB at most. Split it."


def decode(raw: bytes) -> str:
    """Return the text of an uploaded file; ValidationError says why it cannot be read."""
    if len(raw) > MOST_BYTES:
        raise ValidationError(too_large(len(raw)))
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        number = raw.count(b"\n", 0, error.start) + 1
        raise ValidationError(
            f"Line {number}: the file is not UTF-8 (byte {raw[error.start]:#04x})."
            ' Save it as "CSV UTF-8".'
        ) from None


def rows(text: str) -> tuple[list[str], list[Row]]:
    """Return the head and the rows that are not empty, each with the line it begins in."""
    first = text.split("\n", 1)[0]
    mark = max(";,\t", key=first.count)
    found: list[Row] = []
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=mark, strict=True)
    for number, row in _numbered(reader):
        if any(cell.strip() for cell in row):
            found.append((number, row))
        if len(found) > MOST_LINES + 1:
            raise ValidationError(f"The file has more than {MOST_LINES:,} lines. Split it.")
    if not found:
        raise ValidationError("The file is empty. Its first line names the columns.")
    if len(found) == 1:
        raise ValidationError("The file has a head but no line below it.")
    return found[0][1], found[1:]


def _numbered(reader: "Reader") -> Iterator[Row]:
    while True:
        begins = reader.line_num + 1
        try:
            row = next(reader, None)
        except csv.Error as error:
            raise ValidationError(f"Line {begins}: {_why(error)}") from None
        if row is None:
            return
        yield begins, row


def _why(error: csv.Error) -> str:
    """Return a sentence for what the reader stumbled over."""
    said = str(error)
    if "unexpected end of data" in said:
        return 'a quote (") is opened here and never closed.'
    if "expected after" in said:
        return 'text follows a closing quote ("). Write a quote inside a cell twice.'
    return f"this is not CSV ({said})."


def plain(cell: str) -> str:
    """Return a head as it is looked up: lower case, one blank between words."""
    return " ".join(cell.lower().replace("_", " ").split())


def require_columns(columns: Sequence[str]) -> None:
    """Raise ValidationError unless there is a name, and no column twice."""
    if "name" not in columns:
        raise ValidationError(
            'The first line names no column "name". It parts columns by comma, semicolon or tab.'
        )
    if twice := [name for name, n in Counter(filter(None, columns)).items() if n > 1]:
        raise ValidationError(f"Two columns mean the same: {twice[0].replace('_', ' ')}.")


def cells(columns: Sequence[str], row: Sequence[str]) -> dict[str, str]:
    """Return a row by column, without the quote that an export puts before a formula."""
    found = {}
    for name, raw in zip(columns, row, strict=False):
        cell = raw.strip()
        if cell.startswith("'") and cell[1:].startswith(FORMULA_STARTS):
            cell = cell[1:]
        found[name] = cell
    found.pop("", None)
    return found
