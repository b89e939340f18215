"""Read the rows of one CSV matrix: its numbers, and the labels around them.

`_side` is the one place that says what a first row or column can be.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from attncli.documents.parsed import AnyArray, IsValue, Part
from attncli.documents.text.cells import (
    BOOLEANS,
    is_arithmetic,
    is_counter,
    number,
    number_or_arithmetic,
    point_for_comma,
)
from attncli.documents.text.csv_lines import MISSING, is_numeral
from attncli.errors import DocumentError
from attncli.records import record
from attncli.words import count, outlined

Rows = list[list[str]]

INDEX_NAMES = {
    "",
    "index",
    "id",
    "row",
    "no",
    "nr",
    "unnamed: 0",
}  # above a column that counts rows


@dataclass
class Section:
    """The rows below one name, each with its line number; `weights[2,1]` has the index (2, 1).

    `padded` is True if a spreadsheet has filled all lines to the same width with empty cells.
    """

    name: str
    index: tuple[int, ...]
    line: int
    padded: bool = False
    rows: list[tuple[int, list[str]]] = field(default_factory=list)

    def error(self, row: int, message: str, hint: str) -> DocumentError:
        """Return an error in the row with index `row`: its line in the file, then the message."""
        return DocumentError(f"line {self.rows[row][0]}{message}", hint, (self.name,))

    def wrong_cell(self, row: int, column: int, expected: str, hint: str) -> DocumentError:
        """Return the error for a cell, which is not `expected`; it is named as the file has it."""
        cell = self.rows[row][1][column]
        written = repr(cell) if cell else "empty"
        of = f" of {self.name}" if self.name else ""
        return self.error(row, f", field {column + 1}{of} is {written}, not a {expected}.", hint)


@record(frozen=True)
class CellReader:
    """Reads the cells of a file; the cells of an answer, which has `is_value`, stay texts.

    `header` says if the first row of each matrix is labels; None leaves it to the rule.
    """

    decimal_comma: bool
    is_value: IsValue | None = None
    header: bool | None = None

    def text(self, cell: str) -> str:
        """Return the cell, with a point for a decimal comma."""
        return point_for_comma(cell) if self.decimal_comma else cell

    def is_label(self, cell: str) -> bool:
        """Return True if a cell is not a value in any way of writing, so that it can be a label."""
        if self.is_value and self.is_value(self.text(cell)):
            return False
        is_number = is_arithmetic(self.text(cell)) or is_numeral(cell)
        is_error = cell.startswith("#") and cell.endswith(("!", "?", "/A"))  # of a spreadsheet
        return bool(cell) and not is_number and not is_error and cell.casefold() not in BOOLEANS

    def kind(self, cells: Sequence[str]) -> Literal["labels", "counter", "numbers"]:
        """Return what a first row or column without its corner can be.

        A counter is 0, 1, … or 1, 2, …: the labels that programs write, or numbers.
        """
        if any(cells) and all(map(self.is_label, cells)):
            return "numbers" if MISSING.issuperset(cells) else "labels"
        return "counter" if is_counter(cells) else "numbers"


def read_section(section: Section, reader: CellReader) -> Part:
    """Return the matrix of a section, its labels, and notes where other readings are possible.

    Raises DocumentError, with line and field, for rows of different widths, for cells without a
    number, and for a first row or column that can be read in two ways.
    """
    if not section.rows:
        message = f"line {section.line}: {section.name} has no rows."
        raise DocumentError(message, "Write its rows below its name.", (section.name,))
    rows = [cells for _, cells in section.rows]
    if section.padded or not reader.is_value:  # each line may end with delimiters
        used = max(i for cells in rows for i, cell in enumerate(cells, 1) if cell or i == 1)
        rows = [cells[:used] for cells in rows]
    rows = _with_corner(rows, reader)
    head, side, notes = _labels(section, rows, reader)
    _check_widths(section, rows)
    body = [[reader.text(cell) for cell in cells[side:]] for cells in rows[head:]]
    if reader.is_value:
        _check_values(section, body, side, reader.is_value)
    return Part(
        body if reader.is_value else _numbers(section, body, side),
        tuple(cells[0] for cells in rows[head:]) if side else None,
        tuple(rows[0][side:]) if head else None,
        notes=notes,
    )


def _with_corner(rows: Rows, reader: CellReader) -> Rows:
    """Return the rows with an empty corner, which R and the prints of pandas leave out.

    Their first row, of column labels, has one cell less than the rows below it.
    """
    first, *below = rows
    is_shorter = bool(below) and all(len(cells) == len(first) + 1 for cells in below)
    if not is_shorter or reader.header is False:
        return rows
    column = reader.kind([cells[0] for cells in below])
    return rows if "numbers" in (reader.kind(first), column) else [["", *first], *below]


def _labels(section: Section, rows: Rows, reader: CellReader) -> tuple[bool, bool, tuple[str, ...]]:
    """Return whether the first row and the first column are labels, and notes about both.

    Labels are never numbers in any way of writing. Counters are labels beside an empty corner.
    """
    several = len(rows) > 1 and len(rows[0]) > 1
    corner, top = rows[0][0], rows[0][1:] or rows[0]
    first = [cells[0] for cells in rows]
    row, column = reader.kind(top), reader.kind(first[1:])
    is_whole_column = several and all(first) and reader.kind(first) == "labels"
    notes: list[str] = []
    is_corner = several and not corner and reader.header is not False
    if is_corner and "numbers" not in (row, column):
        head, side = True, True
    elif is_corner and row == "labels":
        message = f": the first cell is empty, so the column {outlined(first[1:])} could be labels."
        raise section.error(0, message, "Fill the cell for numbers, or leave the column out.")
    else:
        fits = row == "labels" and (reader.is_label(corner) or (column == "labels" and several))
        head = len(rows) > 1 and (fits if reader.header is None else reader.header)
        is_index = column == "counter" and corner.casefold() in INDEX_NAMES
        side = several and (column == "labels" or is_index) if head else is_whole_column
    if head and reader.header is None:
        notes += _note("row", rows[0][side:], row)
    if side:
        notes += _note("column", first[head:], column if head else "labels")
    if reader.header is None and not head:
        if not reader.is_value:
            _check_fractions(section, [cells[side:] or [""] for cells in rows], reader)
        notes += _counters(section, [cells[side:] or [""] for cells in rows], reader)
    elif head and not side and len(rows) > 2 and column == "counter":
        notes.append(f"the first column, {outlined(first[1:])}, is read as numbers.")
    return head, side, tuple(notes)


def _note(side: str, cells: Sequence[str], kind: str) -> list[str]:
    """Return the note for labels that could be numbers: counters, and cells that begin so."""
    is_doubtful = kind != "labels" or any(
        cell[:1].isdigit() or (cell in MISSING and cell[0].isalpha()) for cell in cells
    )
    return [f"the first {side}, {outlined(cells)}, is read as labels."] if is_doubtful else []


# Labels of columns that are arithmetic too: a day and a month, a range, a quantile.
FRACTION = re.compile(r"\s*\d+(?:\s*[-/]\s*\d+|\s*%)\s*")


def _check_fractions(section: Section, rows: Rows, reader: CellReader) -> None:
    """Raise DocumentError if only the first row or column is `1/2`, `1-2` or `50%`.

    Such cells can be arithmetic, and they can be labels.
    """
    for side, lines in (("row", rows), ("column", list(zip(*rows, strict=False)))):
        cells, others = lines[0], [cell for line in lines[1:] for cell in line]
        is_alone = others and all(number(reader.text(cell)) is not None for cell in others)
        if is_alone and all(map(FRACTION.fullmatch, cells)):
            message = f": the first {side}, {outlined(cells)}, can be labels or numbers."
            cure = "Say --header yes or no." if side == "row" else "Leave labels out."
            raise section.error(0, message, f"{cure} Numbers can be written as 0.5.")


def _counters(section: Section, rows: Rows, reader: CellReader) -> list[str]:
    """Return the note for a first row or column 0, 1, … that is read as numbers.

    Raises DocumentError if all other numbers have a point: such counters are written by pandas.
    """
    for side, lines in (("row", rows), ("column", list(zip(*rows, strict=False)))):
        cells, others = lines[0], [cell for line in lines[1:] for cell in line]
        if cells[0] != "0" or len(cells) < 2 or not others or reader.kind(cells) != "counter":
            continue
        if all("." in reader.text(cell) for cell in others):
            numbers = ", ".join(f"{cell}.0" for cell in cells)
            message = f": the first {side}, {outlined(cells)}, can be labels or numbers."
            cure = "Say --header yes or no." if side == "row" else "Leave labels out."
            raise section.error(0, message, f"{cure} Numbers can be written as {numbers}.")
        if not {*cells, *others} <= {"0", "1"}:  # a mask, or a lesson's matrix
            return [f"the first {side}, {outlined(cells)}, is read as numbers."]
    return []


def _check_widths(section: Section, rows: Rows) -> None:
    for i, cells in enumerate(rows):
        if len(cells) != len(rows[0]):
            first = f"line {section.rows[0][0]} has {len(rows[0])}"
            message = f" has {count(len(cells), 'cells')}, but {first}."
            raise section.error(i, message, "All rows of a matrix have the same length.")


def _numbers(section: Section, body: Rows, side: bool) -> AnyArray:
    words = {cell.casefold() for cells in body for cell in cells}
    if words <= set(BOOLEANS):
        return np.array([[BOOLEANS[cell.casefold()] for cell in cells] for cells in body])
    numbers = [[_number(cell) for cell in cells] for cells in body]
    for i, row in enumerate(numbers):
        if None in row:
            column = row.index(None) + side
            hint = "Write numbers as 1.5, -2, 1e-5 or 1/2."
            if _OTHER_DELIMITER.fullmatch(body[i][column - side]):
                hint = "Put a comma, a semicolon, a tab or a blank between numbers."
            elif column == 0 and len(row) > 1 and None not in row[1:]:
                _check_labels(section, [cells[0] for cells in body])
            raise section.wrong_cell(i - len(body), column, "number", hint)
    return np.array(numbers, dtype=np.float64)


def _number(cell: str) -> float | None:
    try:
        return number_or_arithmetic(cell)
    except ValueError:
        return None


_OTHER_DELIMITER = re.compile(r"[-+.\d\s]+(?:[|，；、:][-+.\d\s]+)+")


def _check_labels(section: Section, first: list[str]) -> None:
    """Raise DocumentError for a first column with labels and one number or empty cell."""
    label = next((cell for cell in first if cell and number(cell) is None), "")
    if not label or is_numeral(label):
        return
    for i, cell in enumerate(first):
        if not cell or is_numeral(cell):
            message = (
                f", field 1 is {cell or 'empty'}, but the column has labels such as {label!r}."
            )
            cure = "Leave the column out, and give the labels with --tokens."
            raise section.error(i - len(first), message, cure)


def _check_values(section: Section, body: Rows, side: bool, is_value: IsValue) -> None:
    for i, row in enumerate(body):
        for j, cell in enumerate(row):
            if number(cell) is None and not is_value(cell):
                hint = "Write a number, arithmetic such as 3/sqrt(2) or e^2, or leave it empty."
                raise section.wrong_cell(i - len(body), j + side, "number or arithmetic", hint)
