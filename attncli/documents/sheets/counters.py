"""Tell the row and column numbers that pandas writes around a matrix from the matrix itself."""

from __future__ import annotations

from collections.abc import Sequence

from attncli.documents.sheets.rectangles import Cell, Grid, Rectangle
from attncli.documents.sheets.written_names import read_label
from attncli.records import replace
from attncli.words import outlined


def without_counters(grid: Grid, one: Rectangle) -> Rectangle:
    """Return a rectangle whose row and column numbers are labels, with a note on the reading.

    They are labels beside an empty corner, in the rectangle or in a row of texts above it. A first
    row or column 0, 1, … of another rectangle stays numbers, with a note.
    """
    first, side = one.cells[0], [cells[0] for cells in one.cells]
    if len(first) < 2:
        return one
    if first[0] == "" and _counts(first[1:]) and _counts(side[1:]):
        note = f"the first row, {_said(first[1:])}, and the first column are read as labels."
        return _inner(one, 1, [_text(cell) for cell in first[1:]], note)
    above = grid[one.row - 1][one.column : one.column + len(first)] if one.row else ()
    headings = [cell for cell in above[1:] if isinstance(cell, str) and cell]
    if len(headings) == len(first) - 1 and above[0] == "" and _counts(side):
        note = f"the first column, {_said(side)}, is read as labels."
        return _inner(one, 0, headings, note)
    is_binary = all(cell in (0, 1) for cells in one.cells for cell in cells)
    for name, line, others in (("row", first, one.cells[1:]), ("column", side, [first[1:]])):
        if line[0] == 0 and len(line) > 1 and others and _counts(line) and not is_binary:
            return replace(one, note=f"the first {name}, {_said(line)}, is read as numbers.")
    return one


def _inner(one: Rectangle, top: int, headings: Sequence[str], note: str) -> Rectangle:
    """Return the rectangle without its first column, and without `top` rows."""
    cells = [row[1:] for row in one.cells[top:]]
    return replace(
        one,
        name="" if one.name in headings and not read_label(one.name) else one.name,
        row=one.row + top,
        column=one.column + 1,
        cells=cells,
        row_labels=tuple(_text(row[0]) for row in one.cells[top:]),
        column_labels=tuple(headings),
        has_gaps=any(isinstance(cell, str) for row in cells for cell in row),
        note=note,
    )


def _counts(cells: Sequence[Cell]) -> bool:
    """Return True for 0, 1, … and for 1, 2, …"""
    begin = 0 if cells and cells[0] == 0 else 1
    return list(cells) == list(range(begin, begin + len(cells)))


def _text(cell: Cell) -> str:
    return f"{cell:g}" if isinstance(cell, float) else str(cell)


def _said(cells: Sequence[Cell]) -> str:
    return outlined([_text(cell) for cell in cells])
