"""Columns beside row labels, in blocks that a screen is wide enough for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

GUTTER = 1  # between two columns


def blocks(widths: Sequence[int], side: int, screen: int | None) -> Iterator[tuple[int, int]]:
    """Runs of columns of these widths that fit beside the labels; at least one column each."""
    start, used = 0, side
    for column, width in enumerate(widths):
        if screen is not None and used + GUTTER + width > screen and column > start:
            yield start, column
            start, used = column, side
        used += GUTTER + width
    yield start, len(widths)
