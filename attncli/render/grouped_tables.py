"""Tables whose columns belong together in groups, each under a title of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from rich import box
from rich.table import Table
from rich.text import Text

from attncli.records import record
from attncli.render.console import TextConsole
from attncli.render.tables.wrapped_columns import GUTTER, wrap_columns

BETWEEN = "  "  # columns of one group
PADDING = 2  # characters around a group in a table


@record(frozen=True)
class ColumnGroup:
    """Columns of text under one title."""

    title: str
    heads: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]

    @property
    def lines(self) -> list[str]:
        """The title, the heads and the rows, as lines of equal width."""
        cells = (self.heads, *self.rows)
        widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
        lines = [
            BETWEEN.join(cell.rjust(width) for cell, width in zip(row, widths, strict=True))
            for row in cells
        ]
        width = max(len(self.title), len(lines[0]))
        return [self.title.center(width), *(line.rjust(width) for line in lines)]

    @property
    def width(self) -> int:
        """The width of the group in a table, in characters."""
        return PADDING + len(self.lines[0])

    def split(self, size: int) -> list[ColumnGroup]:
        """Return the same columns in groups of at most `size` columns."""
        parts = (slice(start, start + size) for start in range(0, len(self.heads), size))
        return [
            ColumnGroup(self.title, self.heads[p], [row[p] for row in self.rows]) for p in parts
        ]


def column_group(
    title: str,
    columns: Sequence[tuple[str, str]],
    rows: Sequence[Mapping[str, Any]],
    write: Callable[[Any], str],
) -> ColumnGroup:
    """Return the group of these columns, with a line for each of `rows`.

    A column is a pair of its head and its key in `rows`. `write` turns a value into text.
    """
    cells = [tuple(write(row[key]) for _, key in columns) for row in rows]
    return ColumnGroup(title, tuple(head for head, _ in columns), cells)


def print_grouped(
    console: TextConsole, heading: str, labels: ColumnGroup, groups: Sequence[ColumnGroup]
) -> None:
    """Print a heading, then the groups beside their labels, in as many tables as a screen needs.

    A group that is too wide by itself is split; a single column is never cut.
    """
    console.print()
    if heading:
        console.say(heading, "name")
    beside, screen = labels.width + GUTTER, console.view.width
    fitting = [part for group in groups for part in _split_to_fit(group, beside, screen)]
    for run in wrap_columns([group.width for group in fitting], beside, screen):
        if run.start:
            console.print()
        console.print(_table([labels, *fitting[run]]))


def _split_to_fit(group: ColumnGroup, beside: int, screen: int | None) -> list[ColumnGroup]:
    """Return the group, or, if it is too wide beside the labels, pairs or single columns of it."""
    for size in (len(group.heads), 2):
        parts = group.split(size)
        if screen is None or beside + GUTTER + max(part.width for part in parts) <= screen:
            return parts
    return group.split(1)


def _table(groups: Sequence[ColumnGroup]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, padding=(0, 1))
    lines = [group.lines for group in groups]
    has_titles = any(group.title for group in groups)
    for title, heads, *_ in lines:
        table.add_column(Text(f"{title}\n{heads}" if has_titles else heads), no_wrap=True)
    for cells in zip(*(rows for _, _, *rows in lines), strict=True):
        table.add_row(*map(Text, cells))
    return table
