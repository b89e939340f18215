"""Read the rows of one CSV matrix: its numbers, and the labels around them."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from attncli.documents.parsed import AnyArray, IsValue, Part
from attncli.documents.text.cells import BOOLEANS, number, point_for_comma
from attncli.errors import DocumentError
from attncli.records import record
from attncli.words import count

Rows = list[list[str]]


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

    def at(self, row: int, message: str, hint: str) -> DocumentError:
        """Return an error in the row with index `row`, with its line and the name of the matrix."""
        name = f"{self.name}, " if self.name else ""
        return DocumentError(f"line {self.rows[row][0]}: {name}{message}", hint, (self.name,))


@record(frozen=True)
class CellReader:
    """Reads the cells of a file; the cells of an answer, which has `is_value`, stay texts."""

    decimal_comma: bool
    is_value: IsValue | None = None

    def text(self, cell: str) -> str:
        """Return the cell, with a point for a decimal comma."""
        return point_for_comma(cell) if self.decimal_comma else cell

    def is_label(self, cell: str) -> bool:
        """Return True if a cell is not a value, so that it can be a label."""
        if self.is_value:
            return not self.is_value(self.text(cell))
        return number(self.text(cell)) is None and cell.casefold() not in BOOLEANS


def read_section(section: Section, reader: CellReader) -> Part:
    """Return the matrix of a section with its labels.

    A first row or column holds labels only if none of its cells, except the corner, is a number.
    Raises DocumentError, with line, row and column, for ragged rows and cells without a number.
    """
    if not section.rows:
        message = f"line {section.line}: {section.name} has no rows."
        raise DocumentError(message, "Write its rows below its name.", (section.name,))
    rows = [cells for _, cells in section.rows]
    if section.padded:
        used = max(i for cells in rows for i, cell in enumerate(cells, 1) if cell or i == 1)
        rows = [cells[:used] for cells in rows]
    head = _has_label_row(rows, reader)
    side = _has_label_column(rows[head:], reader)
    body = [[reader.text(cell) for cell in cells[side:]] for cells in rows[head:]]
    _check_widths(section, body)
    return Part(
        body if reader.is_value else _numbers(section, body),
        tuple(cells[0] for cells in rows[head:]) if side else None,
        tuple(rows[0][side:]) if head else None,
    )


def _has_label_row(rows: Rows, reader: CellReader) -> bool:
    beside = rows[0][1:]
    if len(rows) < 2 or not any(beside) or not all(map(reader.is_label, beside)):
        return False
    # Without labels below it, the first cell is not a corner, and must be a label as well.
    return reader.is_label(rows[0][0]) or _has_label_column(rows[1:], reader)


def _has_label_column(rows: Rows, reader: CellReader) -> bool:
    first = [cells[0] for cells in rows]
    return len(rows[0]) > 1 and all(cell and reader.is_label(cell) for cell in first)


def _check_widths(section: Section, body: Rows) -> None:
    for i, cells in enumerate(body):
        if len(cells) != len(body[0]):
            here = count(len(cells), "numbers")
            message = f"row {i + 1} has {here}, but row 1 has {len(body[0])}."
            raise section.at(i - len(body), message, "All rows of a matrix have the same length.")


def _numbers(section: Section, body: Rows) -> AnyArray:
    words = {cell.casefold() for cells in body for cell in cells}
    if words <= set(BOOLEANS):
        return np.array([[BOOLEANS[cell.casefold()] for cell in cells] for cells in body])
    numbers = [[number(cell) for cell in cells] for cells in body]
    for i, row in enumerate(numbers):
        if None in row:
            column = row.index(None)
            cell = repr(body[i][column]) if body[i][column] else "empty"
            message = f"row {i + 1}, column {column + 1} is {cell}, not a number."
            raise section.at(i - len(body), message, "Every cell needs a number.")
    return np.array(numbers, dtype=np.float64)
