"""Columns that are too many for one line of a screen."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

GUTTER = 1  # between two columns


def wrap_columns(widths: Sequence[int], beside: int, screen: int | None) -> Iterator[slice]:
    """Cut columns of these widths into runs that fit on a screen beside row labels.

    All widths are in characters. A run has at least one column, of any width; if `screen` is None,
    one run has all columns.

    >>> list(wrap_columns([3, 3, 3], beside=5, screen=13))
    [slice(0, 2, None), slice(2, 3, None)]
    """
    start, used = 0, beside
    for column, width in enumerate(widths):
        if screen is not None and used + GUTTER + width > screen and column > start:
            yield slice(start, column)
            start, used = column, beside
        used += GUTTER + width
    yield slice(start, len(widths))
