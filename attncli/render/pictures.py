"""A mask as a picture in a terminal: ● may be attended to, · may not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.cells import cell_len, set_cell_size

from attncli.calculation.algebra.layouts import Booleans
from attncli.calculation.analyses.mask_description import Pattern, remarks_on
from attncli.records import record
from attncli.render.tables.wrapped_columns import wrap_columns
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

    Each batch entry and head has its own picture, with remarks below it if the mask is described.
    """
    drawn = []
    for where, pattern in picture.pattern.slices():
        lines = [where] if where else []
        lines += _drawn(pattern.may_attend, picture.rows, picture.columns, view.width)
        lines += ["", *remarks_on(pattern)] if picture.is_described else []
        drawn.append("".join(f"{line}\n" for line in lines))
    return "\n".join(drawn)


def _drawn(
    opened: Booleans, rows: Sequence[str], columns: Sequence[str], width: int | None
) -> Iterator[str]:
    """Yield the lines of one picture, in blocks of columns if it is wider than the screen."""
    side = max(map(cell_len, rows))
    widths = [cell_len(column) for column in columns]
    for run in wrap_columns(widths, side, width):
        if run.start:
            yield ""
        yield " ".join([" " * side, *columns[run]])
        for label, row in zip(rows, opened[:, run].tolist(), strict=True):
            marks = zip(row, widths[run], strict=True)
            cells = [(OPEN if cell else HIDDEN).rjust(w) for cell, w in marks]
            yield " ".join([set_cell_size(label, side), *cells])
