"""Heat: the more a number is, the further its background is from the colour of the screen.

Weights have the colours of the map cividis, which people with a colour-vision deficiency see in the
same order. Signed numbers have the colours of the map RdBu: red below 0, blue above. On a dark
screen larger numbers are lighter, on a light one darker.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from math import floor, inf, isfinite, isnan, log10
from typing import TypeAlias

from attncli.records import record

RGB: TypeAlias = tuple[int, int, int]

BLACK, WHITE = (0, 0, 0), (255, 255, 255)
DARK = (24, 24, 24)  # between black and the dark greys of usual screens: no number is a black hole
FADE = 0.1  # of the ramp: the smallest weights fade into the screen
SYMBOLS = " ░▒▓█"
NO_DOTS = 0x2800  # the braille character without dots; its lowest bits are the dots
# The dots of the upper and of the lower of two rows: left and right, then left and right below.
UPPER_DOTS, LOWER_DOTS = (0x01, 0x08, 0x02, 0x10), (0x04, 0x20, 0x40, 0x80)

# Cividis (Nuñez, Anderton and Renslow, 2018, doi.org/10.1371/journal.pone.0199239): entries of its
# table of 256 colours. Straight lines between them are within 2 units of all 256.
CIVIDIS = (
    (0, (0, 34, 78)),
    (21, (0, 49, 112)),
    (24, (5, 51, 113)),
    (32, (26, 56, 111)),
    (55, (58, 72, 108)),
    (110, (109, 111, 114)),
    (138, (134, 131, 121)),
    (188, (184, 170, 110)),
    (225, (223, 202, 87)),
    (247, (248, 223, 60)),
    (252, (254, 228, 52)),
    (255, (254, 232, 56)),
)

# RdBu (ColorBrewer), from the colours near 0 outwards. On a dark screen the order is the other way
# round, and the first colour, in which red and blue hardly differ, is left out.
BLUES = ((209, 229, 240), (146, 197, 222), (67, 147, 195), (33, 102, 172), (5, 48, 97))
REDS = ((253, 219, 199), (244, 165, 130), (214, 96, 77), (178, 24, 43), (103, 0, 31))

# Terminals of 256 and of 16 colours have ramps of their own, as numbers of colours, from the colour
# of the screen outwards: weights, blues, reds. The nearest colours of the maps would not do: they
# are lighter and darker in turn. The 16 colours are names: each terminal has its own values.
CODES = {
    ("256", True): (
        (17, 18, 19, 239, 60, 243, 245, 247, 179, 185, 227),
        (18, 25, 67, 74, 153),
        (52, 124, 167, 209, 216),
    ),
    ("256", False): (
        (230, 228, 185, 179, 247, 245, 243, 60, 239, 19, 18, 17),
        (195, 153, 74, 67, 25, 18),
        (224, 216, 209, 167, 124, 52),
    ),
    ("standard", True): (
        (4, 6, 7, 15),  # blue, cyan, white, bright white
        (4, 6, 14),  # blue, cyan, bright cyan
        (1, 9, 11),  # red, bright red, bright yellow
    ),
    ("standard", False): ((7, 6, 4, 0), (14, 6, 4), (11, 9, 1)),
}
BASIC = 16  # the colours below this number are the 16 that each terminal has of its own
BASIC_WITH_WHITE_INK = (0, 1, 4)  # black, red and blue: white is easier to read on them than black


@record(frozen=True)
class Heat:
    """The scale of one matrix: `most` is the number at the end of the ramp.

    If `is_signed`, the ramp has a second side that ends at `-most`.
    """

    most: float
    is_signed: bool = False

    def share(self, number: float) -> float:
        """Return the place of a number on the ramp: from 0 to 1, or from -1 to 1 if it is signed.

        Numbers beyond the ends of the ramp are at its ends. NaN has the place of 0.

        >>> Heat(2.0).share(0.5), Heat(2.0).share(-1.0), Heat(2.0, is_signed=True).share(-9.0)
        (0.25, 0.0, -1.0)
        """
        if isnan(number) or not number or not self.most:
            return 0.0
        return min(max(number / self.most, -1.0 if self.is_signed else 0.0), 1.0)

    def background(self, number: float, is_dark: bool) -> RGB:
        """Return the colour of a number on a dark or a light screen, in red, green and blue."""
        share = self.share(number)
        screen = DARK if is_dark else WHITE
        if not self.is_signed:
            color = _cividis(share if is_dark else 1 - share)
            return _mix(screen, color, min(share / FADE, 1.0))
        side = BLUES if share > 0 else REDS
        ramp = (screen, *(side[:0:-1] if is_dark else side))
        place = abs(share) * (len(ramp) - 1)
        lower = min(int(place), len(ramp) - 2)
        return _mix(ramp[lower], ramp[lower + 1], place - lower)

    def symbol(self, number: float) -> str:
        """Return a blank, ░, ▒, ▓ or █: one for each fifth of the ramp, whatever the sign.

        >>> [Heat(1.0).symbol(number) for number in (0.19, 0.2, 0.5, 0.6, 1.0)]
        [' ', '░', '▒', '▓', '█']
        """
        return SYMBOLS[_level(abs(self.share(number)), len(SYMBOLS))]

    def dots(self, upper: float, lower: float) -> str:
        """Return a braille character for two numbers, one above the other: up to 4 dots for each.

        A signed matrix has up to 2 dots: at the right for numbers above 0, at the left for numbers
        below 0. The number of dots is the nearest: 4 dots for 1 are 2 for 0.5, and 1 for 0.2.

        >>> weights, scores = Heat(1.0), Heat(9.0, is_signed=True)
        >>> weights.dots(1.0, 0.0), weights.dots(0.5, 0.2), scores.dots(-3.0, 9.0)
        ('⠛', '⠍', '⢡')
        """
        bits = 0
        for number, row in ((upper, UPPER_DOTS), (lower, LOWER_DOTS)):
            share = self.share(number)
            some = self._ordered(row, share < 0)
            bits |= sum(some[: int(abs(share) * len(some) + 0.5)])
        return _braille(bits)

    def dot_ramp(self, is_negative: bool) -> list[tuple[str, float]]:
        """Return the characters of an upper number, from one dot on, each with its least size."""
        some = self._ordered(UPPER_DOTS, is_negative)
        return [
            (_braille(sum(some[:count])), self.most * (count - 0.5) / len(some))
            for count in range(1, len(some) + 1)
        ]

    def _ordered(self, row: Sequence[int], is_negative: bool) -> Sequence[int]:
        """Return the dots of a row in the order in which larger numbers get them."""
        return row[1 - is_negative :: 2] if self.is_signed else row

    def style(self, number: float, is_dark: bool, colors: str) -> str:
        """Return the colours of a number in a terminal: the style `INK on BACKGROUND` of rich.

        `colors` is `truecolor`, `256` or `standard` (16 colours). The style of a number that has
        the colours of the screen is empty.
        """
        share = self.share(number)
        if not share:
            return ""
        if colors == "truecolor":
            color = self.background(number, is_dark)
            return f"{hex_of(ink(color))} on {hex_of(color)}"
        codes = self.codes(share < 0, is_dark, colors)
        code = codes[_level(abs(share), len(codes))]
        return "" if code is None else f"color({ink_code(code)}) on color({code})"

    def codes(self, is_negative: bool, is_dark: bool, colors: str) -> tuple[int | None, ...]:
        """Return one side of the ramp in 256 or 16 colours, from 0 outwards.

        A colour is its number in the terminal, or None for the colours of the screen.
        """
        weights, blues, reds = CODES[colors, is_dark]
        if not self.is_signed:
            return (None, *weights)
        return (None, *(reds if is_negative else blues))


def heat_of(numbers: Iterable[float]) -> Heat:
    """Return the scale of these numbers: it ends at 1, 2 or 5, or at a power of ten times one.

    The scale is signed if a finite number is negative.

    >>> heat_of([0.0, 0.32]), heat_of([-12.0, 7.0, float("-inf")])
    (Heat(most=0.5, is_signed=False), Heat(most=20.0, is_signed=True))
    """
    finite = [number for number in numbers if isfinite(number)]
    largest = max(map(abs, finite), default=0.0)
    return Heat(_round_up(largest), is_signed=min(finite, default=0.0) < 0)


def _round_up(number: float) -> float:
    """Return the smallest of 1, 2, 5, 10, … and 0.5, 0.2, 0.1, … that is not below a number."""
    if number == 0:
        return 1.0
    power = floor(log10(number))
    ends = (float(f"{first}e{power}") for first in (1, 2, 5, 10))
    return next((end for end in ends if number <= end < inf), number)


def ink(background: RGB) -> RGB:
    """Return black or white: the one with the better contrast on this background.

    The contrast is at least 4.58, whatever the background.
    """
    return max(BLACK, WHITE, key=lambda color: contrast(color, background))


def contrast(one: RGB, other: RGB) -> float:
    """Return the contrast of two colours as WCAG 2 defines it, from 1 to 21."""
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def luminance(color: RGB) -> float:
    """Return the relative luminance of an sRGB colour as WCAG 2 defines it, from 0 to 1."""
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in (value / 255 for value in color)
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def ink_code(background: int) -> int:
    """Return the number of black or of white: the one that is easier to read on this colour."""
    if background < BASIC:
        return 15 if background in BASIC_WITH_WHITE_INK else 0
    return 16 if ink(rgb_of_256(background)) == BLACK else 231


def rgb_of_256(color: int) -> RGB:
    """Return the colour with a number from 16 to 255, which is the same in all terminals.

    >>> rgb_of_256(16), rgb_of_256(67), rgb_of_256(243)
    ((0, 0, 0), (95, 135, 175), (118, 118, 118))
    """
    if color >= 232:
        grey = 8 + 10 * (color - 232)
        return grey, grey, grey
    steps = (0, 95, 135, 175, 215, 255)
    red, rest = divmod(color - 16, 36)
    return steps[red], steps[rest // 6], steps[rest % 6]


def _cividis(place: float) -> RGB:
    """Return the colour of cividis at a place from 0 to 1."""
    entry = place * 255
    for (start, color), (end, following) in pairwise(CIVIDIS):
        if entry <= end:
            return _mix(color, following, (entry - start) / (end - start))
    return CIVIDIS[-1][1]


def _level(share: float, levels: int) -> int:
    """Return the level, from 0, of a share from 0 to 1; all levels are equally wide."""
    return min(int(share * levels), levels - 1)


def _braille(bits: int) -> str:
    return chr(NO_DOTS | bits) if bits else " "


def _mix(one: RGB, other: RGB, part: float) -> RGB:
    red, green, blue = (round(a + (b - a) * part) for a, b in zip(one, other, strict=True))
    return red, green, blue


def hex_of(color: RGB) -> str:
    """Return a colour as rich and style sheets write it: `#00224e`."""
    return "#" + bytes(color).hex()


OF_SHARES = Heat(1.0)  # for shares from 0 to 1
