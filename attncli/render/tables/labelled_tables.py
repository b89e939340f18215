"""Tables with labels beside the rows and above the columns, in blocks that fit a screen."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.cells import cell_len, set_cell_size
from rich.text import Text

from attncli.render.tables.wrapped_columns import GUTTER, wrap_columns

PADDING = 2  # the spaces around a label; cells have their own


def labelled_tables(
    corner: str,
    row_labels: Sequence[str],
    column_labels: Sequence[str],
    cells: Sequence[Sequence[Text]],
    screen: int | None,
    style: str = "",
) -> Iterator[Text]:
    """Yield the tables that these rows and columns need on a screen of this width in characters.

    `corner` is the heading of the row labels. `cells` already have spaces around them; labels do
    not. One table holds all columns if `screen` is None.
    """
    for lines in table_lines(corner, row_labels, column_labels, cells, screen, style):
        yield Text("\n").join(lines)


def table_lines(
    corner: str,
    row_labels: Sequence[str],
    column_labels: Sequence[str],
    cells: Sequence[Sequence[Text]],
    screen: int | None,
    style: str,
) -> Iterator[list[Text]]:
    """Yield the lines of the tables that `labelled_tables` describes."""
    side = PADDING + max(map(cell_len, [corner, *row_labels]))
    widths = [
        max(PADDING + cell_len(label), *(row[column].cell_len for row in cells))
        for column, label in enumerate(column_labels)
    ]
    # Cells bring the space between columns with them.
    for run in wrap_columns([width - GUTTER for width in widths], side, screen):
        heads = [Text(f" {label} ", style) for label in column_labels[run]]
        corner_text = Text(set_cell_size(f" {corner}", side))
        lines = [_row(corner_text, heads, widths[run])]
        lines.append(Text("─" * (side + sum(widths[run])), style))
        for label, row in zip(row_labels, cells, strict=True):
            label_text = Text(set_cell_size(f" {label}", side), style)
            lines.append(_row(label_text, row[run], widths[run]))
        yield lines


def _row(label: Text, cells: Sequence[Text], widths: Sequence[int]) -> Text:
    """Return a line of a table: each cell at the right of its column."""
    line = Text().append_text(label)  # a Text with a style of its own would pass it on
    for cell, width in zip(cells, widths, strict=True):
        padded = cell.copy()
        padded.pad_left(width - cell.cell_len)
        line.append_text(padded)
    return line
