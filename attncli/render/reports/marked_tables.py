"""The matrix of an answer as a table: wrong cells have a sign, and the right numbers beside it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from attncli.calculation.algebra.layouts import Booleans
from attncli.homework.judging.marked_matrix import MarkedMatrix
from attncli.records import record
from attncli.render.console import TextConsole
from attncli.render.numbers import aligned
from attncli.render.reports.wrong_numbers import YOURS, number_texts
from attncli.render.tables.elision import COLUMN_GAP, GAP, ROW_GAP
from attncli.render.tables.labelled_tables import labelled_tables

WRONG, AGREES = "✗", "·"  # the signs of a wrong cell, and of a cell that agrees
MOST = 10  # the largest number of rows or columns that are all shown
FEW_ROWS, FEW_COLUMNS = 6, 4  # of a larger matrix are shown without --full: 60 characters
WIDEST = 100  # characters of tables side by side if there is no screen
BETWEEN = 2  # characters between two tables

Index = tuple[int, ...]


@record(frozen=True)
class ShownPart:
    """The rows and columns of one slice that are shown; GAP stands for some that are not."""

    number: int  # of the slice, in the order of reading
    index: Index
    rows: Sequence[int]
    columns: Sequence[int]

    def cells(self) -> Iterator[Index]:
        """Yield the indices of the cells that are shown."""
        for row in self.rows:
            for column in self.columns:
                if GAP not in (row, column):
                    yield (*self.index, row, column)


def print_marked(console: TextConsole, matrix: MarkedMatrix) -> None:
    """Print the slices that have wrong cells, with the right numbers of these cells beside them.

    Of a large matrix, only the rows and columns with wrong cells are printed.
    """
    parts = list(_parts(matrix, console.view.full))
    shown = [index for part in parts for index in part.cells()]
    wrong = [index for index in shown if matrix.wrong[index]]
    others = [index for index in shown if not (matrix.wrong[index] or matrix.blank[index])]
    columns, own = number_texts(list(map(matrix.cell, wrong)), list(map(matrix.cell, others)))
    texts = {name: dict(zip(wrong, column, strict=True)) for name, column in columns.items()}
    texts[YOURS].update(zip(others, own, strict=True))
    for number, part in enumerate(parts):
        if number:
            console.print()
        if matrix.slices[part.number]:
            console.print(Text(f" {matrix.slices[part.number]}", "italic"))
        _print_part(console, matrix, part, texts)
    hidden = int(matrix.wrong.sum()) - len(wrong)
    if hidden:
        cells = "cell is" if hidden == 1 else "cells are"
        console.say(f" {hidden} more {cells} wrong (--full shows all)", "dim")


def _parts(matrix: MarkedMatrix, full: bool) -> Iterator[ShownPart]:
    """Yield the parts to print; without `full` the last one begins before row `MOST` in all."""
    left = MOST
    for number, index in enumerate(np.ndindex(matrix.wrong.shape[:-2])):
        wrong: Booleans = matrix.wrong[(*index, ...)]
        if wrong.any() and (full or left > 0):
            rows = _shown(np.asarray(wrong.any(axis=1)), None if full else FEW_ROWS)
            seen = wrong[[at for at in rows if at != GAP]]
            columns = _shown(np.asarray(seen.any(axis=0)), None if full else FEW_COLUMNS)
            yield ShownPart(number, index, rows, columns)
            left -= len(rows)


def _shown(is_wrong: Booleans, most: int | None) -> list[int]:
    """Return the positions to show: all of a few, else at most `most` wrong ones with gaps."""
    if is_wrong.size <= MOST:
        return list(range(is_wrong.size))
    wrong = np.flatnonzero(is_wrong)[:most].tolist()
    found: list[int] = []
    for before, at in pairwise([-1, *wrong, is_wrong.size]):
        found += [GAP] * (at > before + 1) + [at]
    return found[:-1]


def _print_part(
    console: TextConsole, matrix: MarkedMatrix, part: ShownPart, texts: dict[str, dict[Index, str]]
) -> None:
    """Print a table for each kind of number: side by side if the screen is wide enough."""
    rows = [ROW_GAP if at == GAP else matrix.rows[at] for at in part.rows]
    columns = [COLUMN_GAP if at == GAP else matrix.columns[at] for at in part.columns]
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
