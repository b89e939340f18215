"""The matrix of an answer as a table: wrong cells have a sign, and the right numbers beside it."""

from __future__ import annotations

from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from attncli.homework.judging.marked_matrix import MarkedMatrix
from attncli.render.console import TextConsole
from attncli.render.numbers import aligned
from attncli.render.reports.shown_parts import (
    Index,
    ShownPart,
    hidden_text,
    numbers_of,
    shown_parts,
)
from attncli.render.reports.wrong_numbers import YOURS
from attncli.render.tables.elision import COLUMN_GAP, GAP, ROW_GAP, labels_at
from attncli.render.tables.labelled_tables import labelled_tables

WRONG, AGREES = "✗", "·"  # the signs of a wrong cell, and of a cell that agrees
WIDEST = 100  # characters of tables side by side if there is no screen
BETWEEN = 2  # characters between two tables


def print_marked(console: TextConsole, matrix: MarkedMatrix) -> None:
    """Print the slices that have wrong cells, with the right numbers of these cells beside them.

    Of a large matrix, only the rows and columns with wrong cells are printed.
    """
    parts = shown_parts(matrix, console.view.full)
    texts = numbers_of(matrix, parts)
    for number, part in enumerate(parts):
        if number:
            console.print()
        if matrix.slices[part.number]:
            console.print(Text(f" {matrix.slices[part.number]}", "italic"))
        _print_part(console, matrix, part, texts)
    hidden = hidden_text(matrix, parts)
    if hidden:
        console.say(f" {hidden}", "dim")


def _print_part(
    console: TextConsole, matrix: MarkedMatrix, part: ShownPart, texts: dict[str, dict[Index, str]]
) -> None:
    """Print a table for each kind of number: side by side if the screen is wide enough."""
    rows = labels_at(matrix.rows, part.rows, ROW_GAP)
    columns = labels_at(matrix.columns, part.columns, COLUMN_GAP)
    width = console.view.width
    tables = [
        table
        for name, cells in texts.items()
        for table in labelled_tables(
            name, rows, columns, _grid(matrix, part, name, cells), width, "dim"
        )
    ]
    widths = [Measurement.get(console, console.options, table).maximum for table in tables]
    beside = len(tables) == len(texts) and sum(widths) + BETWEEN * len(tables) <= (width or WIDEST)
    if beside:
        row = Table.grid(padding=(0, BETWEEN, 0, 0))
        row.add_row(*tables)
        console.print(row)
        return
    for number, table in enumerate(tables):
        if number:
            console.print()
        console.print(table)


def _grid(
    matrix: MarkedMatrix, part: ShownPart, name: str, texts: dict[Index, str]
) -> list[list[Text]]:
    """Return the cells of one table by rows, with the decimal points of each column aligned."""
    columns = [_column(matrix, part, name, texts, column) for column in part.columns]
    return [list(row) for row in zip(*columns, strict=True)]


def _column(
    matrix: MarkedMatrix, part: ShownPart, name: str, texts: dict[Index, str], column: int
) -> list[Text]:
    if column == GAP:
        return [Text(f" {COLUMN_GAP} ")] * len(part.rows)
    indices = [(*part.index, row, column) for row in part.rows]
    pairs = zip(part.rows, indices, strict=True)
    marked = [row != GAP and bool(matrix.wrong[index]) for row, index in pairs]
    numbers = aligned([texts.get(index, "") for index in indices])
    sign = f" {WRONG}" if name == YOURS and any(marked) else ""
    blank = " " * len(sign)
    style = "bad" if name == YOURS else "good"
    cells = []
    for row, number, is_wrong in zip(part.rows, numbers, marked, strict=True):
        if row == GAP:
            cells.append(Text(f" {ROW_GAP}{blank} "))
        elif is_wrong:
            cells.append(Text(f" {number}{sign} ", style))
        else:
            cells.append(
                Text(f" {number}{blank} ") if name == YOURS else Text(f" {AGREES} ", "dim")
            )
    return cells
