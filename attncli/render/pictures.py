"""A mask as a picture in a terminal: ● may be attended to, · may not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.cells import cell_len
from rich.text import Text

from attncli.calculation.algebra.layouts import Booleans
from attncli.calculation.analyses.mask_description import Pattern, remarks_on
from attncli.records import record
from attncli.render.tables.mark_grids import grid_lines
from attncli.render.tables.shelves import wrap_words
from attncli.render.tables.wrapped_columns import GUTTER
from attncli.render.view import View

OPEN, HIDDEN = "●", "·"


@record(frozen=True)
class Picture:
    """A mask with the labels of its rows and columns; if `is_described`, with remarks below it."""

    pattern: Pattern
    rows: Sequence[str]
    columns: Sequence[str]
    is_described: bool = False

    @property
    def matrices(self) -> dict[str, Booleans]:
        """The mask, by its name."""
        return {"mask": self.pattern.may_attend}


def draw_mask(picture: Picture, view: View) -> str:
    """Return the picture of a mask: one row per query and one column per key, with labels.

    Each batch entry and head has its own picture, with remarks below it: its size in queries and
    keys, and more if the mask is described.
    """
    drawn = []
    for where, pattern in picture.pattern.slices():
        lines = [where] if where else []
        for at, grid in enumerate(_grids(pattern.may_attend, picture, view.width)):
            lines += [*([""] if at else []), *(line.plain for line in grid)]
        lines.append("")
        for remark in remarks_on(pattern)[: None if picture.is_described else 1]:
            lines += [line.plain for line in wrap_words(Text(remark), view.width)]
        drawn.append("".join(f"{line}\n" for line in lines))
    return "\n".join(drawn)


def _grids(opened: Booleans, picture: Picture, screen: int | None) -> Iterator[Iterator[Text]]:
    """Yield the lines of one picture, in blocks of columns if it is wider than the screen."""
    widths = [GUTTER + cell_len(column) for column in picture.columns]

    def draw(row: int, run: slice) -> Text:
        marks = zip(opened[row, run].tolist(), widths[run], strict=True)
        return Text("".join((OPEN if cell else HIDDEN).rjust(width) for cell, width in marks))

    return grid_lines(picture.rows, [picture.columns], widths, screen, draw)
