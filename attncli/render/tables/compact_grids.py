"""Large matrices as grids with one mark per cell."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.cells import cell_len
from rich.text import Text

from attncli.calculation.algebra.layouts import Array, Booleans
from attncli.render.tables.elision import COLUMN_GAP, GAP, ROW_GAP
from attncli.render.tables.mark_grids import grid_lines
from attncli.render.tables.shading import Shading
from attncli.render.tables.wrapped_columns import GUTTER

MOST_MARKS, MARKS_AT_EDGE = 64, 20  # as MOST and EDGE of tables, for grids of marks
MOST_LINES = 20  # rows with a line each: they fill a screen, with the lines around them


def is_paired(rows: Sequence[int]) -> bool:
    """Return True if a line shows two of these rows, one above the other."""
    return len(rows) > MOST_LINES


def compact_grids(
    matrix: Array,
    hidden: Booleans,
    labels: tuple[Sequence[str], Sequence[str]],
    places: tuple[Sequence[int], Sequence[int]],
    shading: Shading,
    screen: int | None,
) -> Iterator[list[Text]]:
    """Yield the lines of a matrix with one mark per cell: two characters wide, or one.

    `labels` stand beside the rows and, from top to bottom, above the columns. `places` are the rows
    and columns that are shown, with GAP where some are left out. A line of a long matrix has two
    rows, one above the other, with the label of the first.
    """
    (rows, columns), (row_labels, column_labels) = places, labels
    side = max(cell_len(row_labels[row]) for row in rows if row != GAP)
    in_pairs = is_paired(rows)
    is_wide = screen is None or side + GUTTER + 2 * len(columns) <= screen
    width = 2 if not in_pairs and (shading.needs_two or is_wide) else 1
    beside: list[str] = []
    marks: list[list[Text]] = []
    for pair in _pairs(rows) if in_pairs else [(row,) for row in rows]:
        beside.append(f"{ROW_GAP if pair[0] == GAP else row_labels[pair[0]]} ")
        line = []
        for column in columns:
            if GAP in (pair[0], column):
                line.append(Text(ROW_GAP if column != GAP else COLUMN_GAP))
                continue
            cells = [(float(matrix[row, column]), bool(hidden[row, column])) for row in pair]
            line.append(shading.pair(cells) if in_pairs else shading.mark(*cells[0], width))
        marks.append(line)
    heads = _upright([COLUMN_GAP if column == GAP else column_labels[column] for column in columns])

    def draw(row: int, run: slice) -> Text:
        return Text().join(marks[row][run])

    grids = grid_lines(beside, heads, [width] * len(columns), screen, draw)
    yield from map(list, grids)


def _pairs(rows: Sequence[int]) -> Iterator[tuple[int, ...]]:
    """Yield rows two by two; a gap, and the last row before it, may be alone."""
    pair: tuple[int, ...] = ()
    for row in rows:
        if row == GAP:
            yield from (pair, (GAP,)) if pair else ((GAP,),)
            pair = ()
        elif pair:
            yield *pair, row
            pair = ()
        else:
            pair = (row,)
    if pair:
        yield pair


def _upright(texts: Sequence[str]) -> list[list[str]]:
    """Return the lines in which each text runs from top to bottom.

    >>> _upright(["9", "10"])
    [[' ', '1'], ['9', '0']]
    """
    height = max(map(len, texts))
    return [list(line) for line in zip(*(text.rjust(height) for text in texts), strict=True)]
