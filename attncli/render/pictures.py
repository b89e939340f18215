"""A mask as a picture in a terminal: ● may be attended, · may not."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len, set_cell_size

from attncli.calculation.described import Pattern
from attncli.calculation.masking import Booleans

OPEN, HIDDEN = "●", "·"


def draw_mask(pattern: Pattern, rows: Sequence[str], columns: Sequence[str]) -> str:
    """A row a query and a column a key, with labels; one picture a batch entry."""
    opened = pattern.may_attend
    if opened.ndim == 2:
        return _picture(opened, rows, columns)
    pictures = [
        f"batch entry {i}\n{_picture(entry, rows, columns)}" for i, entry in enumerate(opened, 1)
    ]
    return "\n".join(pictures)


def _picture(opened: Booleans, rows: Sequence[str], columns: Sequence[str]) -> str:
    side = max(map(cell_len, rows))
    widths = [cell_len(column) for column in columns]
    lines = [" ".join([" " * side, *columns])]
    for label, row in zip(rows, opened.tolist(), strict=True):
        cells = [(OPEN if cell else HIDDEN).rjust(w) for cell, w in zip(row, widths, strict=True)]
        lines.append(" ".join([set_cell_size(label, side), *cells]))
    return "\n".join(lines) + "\n"
