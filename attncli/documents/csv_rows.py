"""The rows of one CSV matrix: its numbers, and the labels around them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from attncli.calculation.layouts import count
from attncli.documents.cells import BOOLEANS, number
from attncli.documents.parsed import Part
from attncli.errors import DocumentError

Rows = list[list[str]]


@dataclass
class Section:
    """The rows under one name, each with its line; `weights[2,1]` has the index (2, 1).

    `padded` says that a spreadsheet filled the lines up to one width.
    """

    name: str
    index: tuple[int, ...]
    line: int
    padded: bool = False
    rows: list[tuple[int, list[str]]] = field(default_factory=list)


def read_section(section: Section, decimal_comma: bool) -> Part:
    """The matrix of a section with its labels.

    A first row, or column, is labels only when every cell of it but the corner is no number.
    Raises DocumentError with line, row and column for ragged rows and for cells without a number.
    """
    if not section.rows:
        message = f"line {section.line}: {section.name} has no rows."
        raise DocumentError(message, "Write its rows below its name.", (section.name,))
    rows = [cells for _, cells in section.rows]
    if section.padded:
        used = max(i for cells in rows for i, cell in enumerate(cells, 1) if cell or i == 1)
        rows = [cells[:used] for cells in rows]
    head = _has_label_row(rows, decimal_comma)
    side = _has_label_column(rows[head:], decimal_comma)
    body = [cells[side:] for cells in rows[head:]]
    return Part(
        _numbers(section, body, decimal_comma),
        tuple(cells[0] for cells in rows[head:]) if side else None,
        tuple(rows[0][side:]) if head else None,
    )


def _is_label(cell: str, decimal_comma: bool) -> bool:
    return number(cell, decimal_comma) is None and cell.casefold() not in BOOLEANS


def _has_label_row(rows: Rows, decimal_comma: bool) -> bool:
    beside = rows[0][1:]
    if len(rows) < 2 or not any(beside) or not all(_is_label(c, decimal_comma) for c in beside):
        return False
    # Without labels below it, the first cell is no corner, and must be a label as well.
    return _is_label(rows[0][0], decimal_comma) or _has_label_column(rows[1:], decimal_comma)


def _has_label_column(rows: Rows, decimal_comma: bool) -> bool:
    first = [cells[0] for cells in rows]
    return len(rows[0]) > 1 and all(cell and _is_label(cell, decimal_comma) for cell in first)


def _numbers(section: Section, body: Rows, decimal_comma: bool) -> NDArray[Any]:
    lines = [line for line, _ in section.rows[-len(body) :]]
    name = f"{section.name}, " if section.name else ""
    width = len(body[0])
    numbers: list[list[float]] = []
    words = {cell.casefold() for cells in body for cell in cells}
    if words <= set(BOOLEANS) and len({len(cells) for cells in body}) == 1:
        return np.array([[BOOLEANS[cell.casefold()] for cell in cells] for cells in body])
    for i, (line, cells) in enumerate(zip(lines, body, strict=True), 1):
        if len(cells) != width:
            cells_here = count(len(cells), "numbers")
            message = f"line {line}: {name}row {i} has {cells_here}, but row 1 has {width}."
            raise DocumentError(message, "All rows of a matrix have one length.", (section.name,))
        row = [number(cell, decimal_comma) for cell in cells]
        if None in row:
            column = row.index(None)
            cell = repr(cells[column]) if cells[column] else "empty"
            message = f"line {line}: {name}row {i}, column {column + 1} is {cell}, not a number."
            raise DocumentError(message, "Every cell needs a number.", (section.name,))
        numbers.append([cell for cell in row if cell is not None])
    return np.array(numbers, dtype=np.float64)
