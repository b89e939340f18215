"""The rows, columns and tables of a large result that are shown, at both of its ends."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

EDGE = 10  # rows, columns or tables that stay at each end of an elided result
MOST = 24  # the largest number of rows, columns or tables that is not elided
GAP = -1  # the position of an elided stretch
ROW_GAP, COLUMN_GAP = "⋮", "…"
LEFT_OUT = "left out: {} (--full shows them)"


def shown_places(size: int, full: bool, most: int = MOST, edge: int = EDGE) -> list[int]:
    """Return the positions that are shown, from 0, with GAP where some are left out.

    All are shown if `full`, or if they are at most `most`; else `edge` at each end.

    >>> shown_places(3, full=False), shown_places(7, full=False, most=6, edge=2)
    ([0, 1, 2], [0, 1, -1, 5, 6])
    """
    if full or size <= most:
        return list(range(size))
    return [*range(edge), GAP, *range(size - edge, size)]


def labels_at(labels: Sequence[str], places: Iterable[int], gap: str) -> list[str]:
    """Return the labels at these positions; `gap` stands for those that are left out."""
    return [gap if at == GAP else labels[at] for at in places]


def gap_sign(row: int, column: int) -> str:
    """Return the sign of a cell at this position if its row or column is a GAP, else ''."""
    if GAP not in (row, column):
        return ""
    return ROW_GAP if row == GAP else COLUMN_GAP


def left_out_text(parts: Iterable[tuple[str, int, int]]) -> str:
    """Return a line on the rows, columns and tables left out; an empty text if all are shown.

    Each part is a kind, its size, and the number of places that are shown, GAP not counted.

    >>> left_out_text([("rows", 53, 20), ("columns", 2, 2)])
    'left out: 33 of 53 rows (--full shows them)'
    """
    left_out = [f"{size - seen} of {size} {kind}" for kind, size, seen in parts if seen < size]
    return LEFT_OUT.format(", ".join(left_out)) if left_out else ""
