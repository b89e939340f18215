"""Places in a sheet as spreadsheets write them: `B3:D6`, `'My sheet'!$A$1`."""

from __future__ import annotations

import re

from attncli.records import record

MOST_ROWS, MOST_COLUMNS = 1_048_576, 16_384  # of Excel and of LibreOffice

_CELL = r"\$?([A-Za-z]{1,3})\$?([0-9]{1,7})"
_ONE = re.compile(_CELL)
_RANGE = re.compile(rf"{_CELL}(?::\.?{_CELL})?")
_PLACE = re.compile(r"(?s)\$?(?:'((?:[^']|'')+)'|([^'!]+?))[!.]([^!.]*(?::\..*)?)")


@record(frozen=True)
class Range:
    """Cells of a sheet: the first row and column, counted from 0, and the numbers of both."""

    row: int
    column: int
    rows: int
    columns: int

    def __str__(self) -> str:
        return range_text(self.row, self.column, self.rows, self.columns)


def cell_of(text: str) -> tuple[int, int] | None:
    """Return the row and the column of `B3`, counted from 0; None if it is not a cell of a sheet.

    >>> cell_of("B3"), cell_of("XFD1048576"), cell_of("XFE1")
    ((2, 1), (1048575, 16383), None)
    """
    match = _ONE.fullmatch(text)
    if not match:
        return None
    column = 0
    for letter in match[1].upper():
        column = column * 26 + ord(letter) - 64
    row = int(match[2])
    in_sheet = 0 < row <= MOST_ROWS and column <= MOST_COLUMNS
    return (row - 1, column - 1) if in_sheet else None


def range_of(text: str) -> Range | None:
    """Return the range of `A1:C3` or `$A$1`, or None if the text is not a range."""
    if not _RANGE.fullmatch(text):
        return None
    first, _, last = text.partition(":")
    here, there = cell_of(first), cell_of(last.removeprefix(".") or first)
    if here is None or there is None:
        return None
    (top, bottom), (left, right) = (sorted(pair) for pair in zip(here, there, strict=True))
    return Range(top, left, bottom - top + 1, right - left + 1)


def range_text(row: int, column: int, rows: int = 1, columns: int = 1) -> str:
    """Return the text of a range, such as `B3:D6`, or `B3` for one cell."""
    first = f"{_letters(column)}{row + 1}"
    if rows == columns == 1:
        return first
    return f"{first}:{_letters(column + columns - 1)}{row + rows}"


def _letters(column: int) -> str:
    text = ""
    number = column + 1
    while number:
        number, rest = divmod(number - 1, 26)
        text = chr(65 + rest) + text
    return text


def in_sheet(text: str) -> tuple[str, str] | None:
    """Return the sheet and the rest of `Sheet!A1:C3`, `'My sheet'!A1` or `$Sheet.$A$1:.$C$3`.

    >>> in_sheet("'Ann''s sheet'!A1:B2"), in_sheet("$Sheet1.$A$1:.$B$2"), in_sheet("W_q")
    (("Ann's sheet", 'A1:B2'), ('Sheet1', '$A$1:.$B$2'), None)
    """
    match = _PLACE.fullmatch(text)
    if not match:
        return None
    quoted, plain, rest = match.groups()
    return (quoted.replace("''", "'") if quoted else plain), rest
