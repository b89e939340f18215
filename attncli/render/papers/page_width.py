"""Lines and matrices that are broken to fit the width of a page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from attncli.records import replace
from attncli.render.papers.paper import Grid
from attncli.render.tables.wrapped_columns import wrap_columns

WIDTH = 84  # characters of a matrix on A4, at 10 points
MATH_WIDTH = 112  # characters of a line of math, of which many are small
BETWEEN = 2  # characters between two columns of a matrix


def blocks_of_columns(grid: Grid) -> Iterator[Grid]:
    """Yield the matrix in as many blocks of columns as its width needs on a page."""
    beside = max(map(len, grid.rows), default=0) + BETWEEN
    widths = [
        BETWEEN + max(len(label), *(len(row[at]) for row in grid.cells))
        for at, label in enumerate(grid.columns)
    ]
    for run in wrap_columns(widths, beside, WIDTH):
        yield replace(
            grid,
            columns=grid.columns[run],
            cells=tuple(row[run] for row in grid.cells),
            backgrounds=tuple(row[run] for row in grid.backgrounds),
            marked=frozenset(
                (row, at - run.start)
                for row, at in grid.marked
                if run.start <= at < run.start + len(grid.columns[run])
            ),
            column_numbers=grid.column_numbers[run],
        )


def lines_of_chain(
    head: str, chain: Sequence[str], lengths: Sequence[int], width: int = MATH_WIDTH
) -> list[list[str]]:
    """Return the parts of a chain of equal texts by lines: as many parts on a line as fit.

    `lengths` are the numbers of characters of the parts on the page. `head` stands before the first
    part, and every other line begins below it.
    """
    lines: list[list[str]] = []
    used = margin = len(head)
    for part, length in zip(chain, lengths, strict=True):
        if lines and used + length + 3 <= width:
            lines[-1].append(part)
            used += length + 3
        else:
            lines.append([part])
            used = margin + length + 3
    return lines
