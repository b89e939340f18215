"""Grids of marks, such as a mask, with labels beside the rows and above the columns."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from rich.cells import cell_len, set_cell_size
from rich.text import Text

from attncli.render.tables.wrapped_columns import GUTTER, wrap_columns


def grid_lines(
    rows: Sequence[str],
    heads: Sequence[Sequence[str]],
    widths: Sequence[int],
    screen: int | None,
    draw: Callable[[int, slice], Text],
) -> Iterator[Iterator[Text]]:
    """Yield the lines of a grid, in blocks of columns if it is wider than the screen.

    `rows` are the labels beside the marks; each line of `heads` has a text for each column.
    `widths` are those of the columns, with the spaces before them. `draw` returns the marks of a
    row, by its number from 0, in some columns.
    """
    side = max(map(cell_len, rows))

    def lines(run: slice) -> Iterator[Text]:
        for line in heads:
            cells = zip(line[run], widths[run], strict=True)
            padded = (" " * (width - cell_len(head)) + head for head, width in cells)
            yield Text(" " * side + "".join(padded))
        for at, label in enumerate(rows):
            yield Text(set_cell_size(label, side)).append_text(draw(at, run))

    for run in wrap_columns([width - GUTTER for width in widths], side, screen):
        yield lines(run)
