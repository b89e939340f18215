"""The parts of an answer's matrix that a report shows: those with wrong cells."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np

from attncli.calculation.algebra.layouts import Booleans
from attncli.homework.judging.marked_matrix import MarkedMatrix
from attncli.records import record
from attncli.render.reports.wrong_numbers import YOURS, number_texts
from attncli.render.tables.elision import GAP

MOST = 10  # the largest number of rows or columns that are all shown
FEW_ROWS, FEW_COLUMNS = 6, 4  # of a larger matrix are shown without --full: 60 characters

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


def shown_parts(matrix: MarkedMatrix, full: bool) -> list[ShownPart]:
    """Return the slices with wrong cells; of a large one, only rows and columns with wrong cells.

    Without `full` the last part begins before row `MOST` in all.
    """
    parts = []
    left = MOST
    for number, index in enumerate(np.ndindex(matrix.wrong.shape[:-2])):
        wrong: Booleans = matrix.wrong[(*index, ...)]
        if wrong.any() and (full or left > 0):
            rows = _shown(np.asarray(wrong.any(axis=1)), None if full else FEW_ROWS)
            seen = wrong[[at for at in rows if at != GAP]]
            columns = _shown(np.asarray(seen.any(axis=0)), None if full else FEW_COLUMNS)
            parts.append(ShownPart(number, index, rows, columns))
            left -= len(rows)
    return parts


def _shown(is_wrong: Booleans, most: int | None) -> list[int]:
    """Return the positions to show: all of a few, else at most `most` wrong ones with gaps."""
    if is_wrong.size <= MOST:
        return list(range(is_wrong.size))
    wrong = np.flatnonzero(is_wrong)[:most].tolist()
    found: list[int] = []
    for before, at in pairwise([-1, *wrong, is_wrong.size]):
        found += [GAP] * (at > before + 1) + [at]
    return found[:-1]


def wrong_cells(matrix: MarkedMatrix, parts: Sequence[ShownPart]) -> list[Index]:
    """Return the indices of the wrong cells that are shown."""
    return [index for part in parts for index in part.cells() if matrix.wrong[index]]


def numbers_of(matrix: MarkedMatrix, parts: Sequence[ShownPart]) -> dict[str, dict[Index, str]]:
    """Return the numbers of the cells that are shown by the heading of their table.

    Under `yours` are all numbers of the answer, under the other headings those of wrong cells.
    """
    wrong = wrong_cells(matrix, parts)
    shown = (index for part in parts for index in part.cells())
    others = [index for index in shown if not (matrix.wrong[index] or matrix.blank[index])]
    columns, own = number_texts(list(map(matrix.cell, wrong)), list(map(matrix.cell, others)))
    texts = {name: dict(zip(wrong, column, strict=True)) for name, column in columns.items()}
    texts[YOURS].update(zip(others, own, strict=True))
    return texts


def hidden_text(matrix: MarkedMatrix, parts: Sequence[ShownPart]) -> str:
    """Return a text on the wrong cells that are not shown; an empty text if all are shown."""
    hidden = int(matrix.wrong.sum()) - len(wrong_cells(matrix, parts))
    cells = "cell is" if hidden == 1 else "cells are"
    return f"{hidden} more {cells} wrong (--full shows all)" if hidden else ""
