"""Two rows of a matrix on one line without colours: braille characters, more dots for more."""

from __future__ import annotations

from collections.abc import Sequence

from attncli.render.heat import Heat

NO_DOTS = 0x2800  # the braille character without dots; its lowest bits are the dots
# The dots of the upper and of the lower row: left and right, then left and right below them.
UPPER, LOWER = (0x01, 0x08, 0x02, 0x10), (0x04, 0x20, 0x40, 0x80)


def dots(heat: Heat, upper: float, lower: float) -> str:
    """Return one character for two numbers, one above the other, with up to 4 dots each.

    A signed matrix has up to 2 dots: at the right for numbers above 0, at the left for numbers
    below 0. The number of dots is the nearest: 4 dots for 1 are 2 for 0.5, and 1 for 0.2.

    >>> weights, scores = Heat(1.0), Heat(9.0, is_signed=True)
    >>> dots(weights, 1.0, 0.0), dots(weights, 0.5, 0.2), dots(scores, -3.0, 9.0)
    ('⠛', '⠍', '⢡')
    """
    return _character(_bits(heat, upper, UPPER) | _bits(heat, lower, LOWER))


def dot_ramp(heat: Heat, is_negative: bool) -> list[tuple[str, float]]:
    """Return the characters of an upper number, from one dot on, each with its smallest size."""
    some = _ordered(UPPER, is_negative, heat.is_signed)
    return [
        (_character(sum(some[:count])), heat.most * (count - 0.5) / len(some))
        for count in range(1, len(some) + 1)
    ]


def _bits(heat: Heat, number: float, row: Sequence[int]) -> int:
    share = heat.share(number)
    some = _ordered(row, share < 0, heat.is_signed)
    return sum(some[: int(abs(share) * len(some) + 0.5)])


def _ordered(row: Sequence[int], is_negative: bool, is_signed: bool) -> Sequence[int]:
    """Return the dots of a row in the order in which larger numbers get them."""
    return row[1 - is_negative :: 2] if is_signed else row


def _character(bits: int) -> str:
    return chr(NO_DOTS | bits) if bits else " "
