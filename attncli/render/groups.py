"""Tables whose columns belong together in groups, each under a title of its own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich import box
from rich.table import Table
from rich.text import Text

from attncli.records import record

BETWEEN = "  "  # columns of one group
AROUND = 3  # characters that a table puts beside a group


@record(frozen=True)
class Group:
    """Columns of text under one title."""

    title: str
    heads: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]

    @property
    def lines(self) -> list[str]:
        """Title, heads and rows, all of one width."""
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
        """The characters it takes in a table."""
        return AROUND + len(self.lines[0])

    def parts(self, size: int) -> Iterator[Group]:
        """Its columns, so many a group."""
        for start in range(0, len(self.heads), size):
            some = slice(start, start + size)
            yield Group(self.title, self.heads[some], [row[some] for row in self.rows])


def tables(labels: Group, groups: Sequence[Group], width: int | None) -> Iterator[Table]:
    """The groups beside their labels; as many tables as a screen of this width needs.

    A group that is too wide by itself is taken apart; a single column is never cut.
    """
    left = list(fitting(labels, groups, width))
    while left:
        shown, used = [labels], labels.width
        while left and (len(shown) == 1 or width is None or used + left[0].width <= width):
            used += left[0].width
            shown.append(left.pop(0))
        yield table(shown)


def fitting(labels: Group, groups: Sequence[Group], width: int | None) -> Iterator[Group]:
    """The groups, those that do not fit beside the labels in pairs of columns, or one by one."""
    for group in groups:
        for size in (len(group.heads), 2, 1):
            parts = list(group.parts(size))
            if width is None or labels.width + max(part.width for part in parts) <= width:
                break
        yield from parts


def table(groups: Sequence[Group]) -> Table:
    """The groups side by side."""
    drawn = Table(box=box.SIMPLE_HEAD, show_edge=False, padding=(0, 1))
    lines = [group.lines for group in groups]
    has_titles = any(group.title for group in groups)
    for title, heads, *_ in lines:
        drawn.add_column(Text(f"{title}\n{heads}" if has_titles else heads), no_wrap=True)
    for cells in zip(*(rows for _, _, *rows in lines), strict=True):
        drawn.add_row(*map(Text, cells))
    return drawn
