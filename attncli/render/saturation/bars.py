"""Bars of block characters, in eighths of a character."""

from __future__ import annotations

from math import isnan

EIGHTHS = ("", "▏", "▎", "▍", "▌", "▋", "▊", "▉")
FULL = "█"


def bar(share: float, width: int) -> str:
    """A share of a width in characters, to the nearest eighth of one; nothing for NaN.

    >>> bar(0.5, 5), bar(1, 2), bar(0, 2)
    ('██▌', '██', '')
    """
    eighths = 0 if isnan(share) else round(min(max(share, 0.0), 1.0) * width * len(EIGHTHS))
    whole, rest = divmod(eighths, len(EIGHTHS))
    return FULL * whole + EIGHTHS[rest]


def scale(title: str, last: str, width: int) -> str:
    """What stands above bars that reach from 0 to `last`: `0   title   1`."""
    return f"0{title.center(width - 1 - len(last))}{last}"
