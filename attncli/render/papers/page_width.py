"""Lines and matrices that are broken to fit the width of a page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from attncli.render.papers.inline_spelling import broken
from attncli.render.papers.paper import Grid
from attncli.render.tables.wrapped_columns import wrap_columns

WIDTH = 84  # characters of a matrix on A4, at 10 points
MATH_WIDTH = 92  # digits that a line of math on A4 has room for
_NARROW = frozenset(" .,:'/·ijlt")  # about half as wide as a digit
_WIDE = frozenset("-+=≈×∞Σmw…ABCDGHKNOQUVWX")  # about one and a half times as wide
BETWEEN = 2  # characters between two columns of a matrix


def blocks_of_columns(grid: Grid) -> Iterator[Grid]:
    """Yield the matrix in as many blocks of columns as its width needs on a page."""
    beside = max(map(len, grid.rows), default=0) + BETWEEN
    widths = [
        BETWEEN + max(len(label), *(len(row[at]) for row in grid.cells))
        for at, label in enumerate(grid.columns)
    ]
    for run in wrap_columns(widths, beside, WIDTH):
        yield grid.part(slice(None), run)


def math_width(text: str) -> float:
    """Return the width of math, as `MeasuredSpelling` writes it, in digits.

    >>> math_width("-0.25"), math_width("10 + 1")
    (5.0, 5.5)
    """
    narrow, wide = (sum(map(kind.__contains__, text)) for kind in (_NARROW, _WIDE))
    return len(text) + (wide - narrow) / 2


def lines_of_chain(
    head: float, parts: Sequence[str], lengths: Sequence[float], inline: Sequence[str]
) -> list[str]:
    """Return the parts of a chain of equal expressions by lines: as many on a line as fit.

    `head` and `lengths` are the widths of the cell and of the parts on the page, in digits. A part
    that is too long for a line is taken from `inline`, where it has no fractions, and broken before
    a plus; but the arithmetic in names, the first part, is then left out.
    """
    room = MATH_WIDTH - head
    if len(parts) > 1 and lengths[0] > room:
        parts, lengths, inline = parts[1:], lengths[1:], inline[1:]
    lines: list[str] = []
    used = 0.0
    for part, length, whole in zip(parts, lengths, inline, strict=True):
        if lines and used + length < room:
            lines[-1] += f" {part}"
            used += length + 1
        elif length <= room:
            lines.append(part)
            used = length
        else:
            lines += broken(whole, max(1, int(room * len(whole) / length)))
            used = room
    return lines
