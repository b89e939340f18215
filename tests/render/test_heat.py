"""Heat: more is further from the screen, for every reader and in every number of colours."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray
from rich.color import Color
from rich.style import Style

from attncli.render.console import ON_DARK, ON_LIGHT, ON_LIGHT_OF_16
from attncli.render.heat import (
    BLACK,
    RGB,
    WHITE,
    Heat,
    contrast,
    heat_of,
    ink,
    luminance,
    rgb_of_256,
)

PLACES = np.linspace(0, 1, 1001).tolist()
RAMPS = [
    (heat, sign) for heat, sign in ((Heat(1.0), 1), (Heat(1.0, True), 1), (Heat(1.0, True), -1))
]
SCREENS = [True, False]

# The 16 colours as the Linux console, xterm and Windows Terminal show them.
VGA = (
    "000000 aa0000 00aa00 aa5500 0000aa aa00aa 00aaaa aaaaaa "
    "555555 ff5555 55ff55 ffff55 5555ff ff55ff 55ffff ffffff"
)
XTERM = (
    "000000 cd0000 00cd00 cdcd00 0000ee cd00cd 00cdcd e5e5e5 "
    "7f7f7f ff0000 00ff00 ffff00 5c5cff ff00ff 00ffff ffffff"
)
CAMPBELL = (
    "0c0c0c c50f1f 13a10e c19c00 0037da 881798 3a96dd cccccc "
    "767676 e74856 16c60c f9f1a5 3b78ff b4009e 61d6d6 f2f2f2"
)
PALETTES = {"VGA": VGA, "xterm": XTERM, "Windows Terminal": CAMPBELL}

# Cividis as matplotlib has it, between the entries that the ramp is made of.
PUBLISHED = {
    10: (0, 42, 95),
    44: (45, 65, 109),
    80: (83, 90, 109),
    96: (97, 101, 111),
    124: (121, 121, 119),
    160: (155, 148, 118),
    210: (207, 189, 98),
    236: (235, 212, 75),
}

# What people without the red cones (protanopia) and without the green ones (deuteranopia) see of
# linear red, green and blue: Machado, Oliveira and Fernandes (2009), severity 1.
DEFICIENCIES = {
    "protanopia": (
        (0.152286, 1.052583, -0.204868),
        (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ),
    "deuteranopia": (
        (0.367322, 0.860646, -0.227968),
        (0.280085, 0.672501, 0.047413),
        (-0.011820, 0.042940, 0.968881),
    ),
}


def linear(color: RGB) -> NDArray[np.float64]:
    """Return the light of red, green and blue, without the gamma of sRGB."""
    parts = np.asarray(color) / 255
    return np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)


def seen(color: RGB, eye: Sequence[Sequence[float]]) -> float:
    """Return the luminance of a colour for an eye."""
    shown = np.clip(np.asarray(eye) @ linear(color), 0, 1)
    return float(shown @ (0.2126, 0.7152, 0.0722))


def palette(text: str) -> list[RGB]:
    return [(int(c[:2], 16), int(c[2:4], 16), int(c[4:], 16)) for c in text.split()]


def color_of(color: Color | None, basic: Sequence[RGB]) -> RGB:
    """Return the red, green and blue of a colour that is sent to a terminal."""
    assert color is not None
    if color.triplet is not None:
        return (*color.triplet,)
    assert color.number is not None
    return basic[color.number] if color.number < 16 else rgb_of_256(color.number)


def sent(style: str, basic: Sequence[RGB]) -> tuple[RGB, RGB] | None:
    """Return ink and background of a style as a terminal with these 16 colours shows them."""
    if not style:
        return None
    parsed = Style.parse(style)
    return color_of(parsed.color, basic), color_of(parsed.bgcolor, basic)


def ramp(heat: Heat, sign: int, is_dark: bool, colors: str, basic: str) -> list[RGB]:
    """Return the backgrounds of a ramp from 0 outwards, of the numbers that a terminal paints."""
    styles = (heat.style(sign * place, is_dark, colors) for place in PLACES)
    return [shown[1] for style in styles if (shown := sent(style, palette(PALETTES[basic])))]


TERMINALS = [("truecolor", "VGA"), ("256", "VGA"), *(("standard", name) for name in PALETTES)]


@pytest.mark.parametrize(("colors", "basic"), TERMINALS)
@pytest.mark.parametrize("is_dark", SCREENS, ids=["dark", "light"])
@pytest.mark.parametrize(("heat", "sign"), RAMPS, ids=["weights", "above 0", "below 0"])
def test_more_is_further_from_the_screen(
    heat: Heat, sign: int, is_dark: bool, colors: str, basic: str
) -> None:
    """A ramp gets lighter on a dark screen and darker on a light one, at each of 1001 places.

    Rounding red, green and blue to whole numbers may move a shade by less than 0.0005.
    """
    shades = [luminance(color) for color in ramp(heat, sign, is_dark, colors, basic)]
    steps = [after - before for before, after in pairwise(shades)]
    away = 1 if is_dark else -1
    assert min(away * step for step in steps) > -0.0005
    assert len(set(shades)) >= {"truecolor": 200, "256": 5, "standard": 3}[colors]


@pytest.mark.parametrize("eye", DEFICIENCIES)
@pytest.mark.parametrize("colors", ["truecolor", "256"])
@pytest.mark.parametrize("is_dark", SCREENS, ids=["dark", "light"])
@pytest.mark.parametrize(("heat", "sign"), RAMPS, ids=["weights", "above 0", "below 0"])
def test_the_order_is_the_same_for_the_colour_blind(
    heat: Heat, sign: int, is_dark: bool, colors: str, eye: str
) -> None:
    """A ramp has the same order of lightness with protanopia and with deuteranopia."""
    backgrounds = list(dict.fromkeys(ramp(heat, sign, is_dark, colors, "VGA")))
    shades = [seen(color, DEFICIENCIES[eye]) for color in backgrounds]
    away = 1 if is_dark else -1
    assert min(away * (after - before) for before, after in pairwise(shades)) > -0.0005


@pytest.mark.parametrize("colors", ["truecolor", "256"])
@pytest.mark.parametrize("is_dark", SCREENS, ids=["dark", "light"])
@pytest.mark.parametrize("eye", DEFICIENCIES)
def test_the_colour_blind_see_the_sign(is_dark: bool, colors: str, eye: str) -> None:
    """With protanopia and with deuteranopia, numbers above 0 are bluer than those below 0."""
    heat = Heat(1.0, True)
    matrix = np.asarray(DEFICIENCIES[eye])
    for place in (0.5, 0.75, 1.0):
        (above,), (below,) = (
            [sent(heat.style(sign * place, is_dark, colors), palette(VGA))] for sign in (1, -1)
        )
        assert above
        assert below
        red, _, blue = matrix @ (linear(above[1]) - linear(below[1]))
        assert blue > red


@pytest.mark.parametrize(("colors", "basic"), TERMINALS)
@pytest.mark.parametrize("is_dark", SCREENS, ids=["dark", "light"])
@pytest.mark.parametrize(("heat", "sign"), RAMPS, ids=["weights", "above 0", "below 0"])
def test_numbers_can_be_read_on_every_shade(
    heat: Heat, sign: int, is_dark: bool, colors: str, basic: str
) -> None:
    """The contrast of ink and background is at least 4.5, with the colours that are sent."""
    styles = {heat.style(sign * place, is_dark, colors) for place in PLACES}
    shown = [pair for style in styles if (pair := sent(style, palette(PALETTES[basic])))]
    assert min(contrast(*pair) for pair in shown) >= 4.5


def test_the_contrast_is_that_of_wcag() -> None:
    """Black on white has 21, a colour on itself 1, and #767676 on white just over 4.5."""
    assert contrast((0, 0, 0), (255, 255, 255)) == pytest.approx(21)
    assert contrast((9, 9, 9), (9, 9, 9)) == 1
    assert contrast((118, 118, 118), (255, 255, 255)) == pytest.approx(4.54, abs=0.01)
    assert ink((118, 118, 118)) == (0, 0, 0)


@pytest.mark.parametrize("entry", PUBLISHED)
def test_the_ramp_is_cividis(entry: int) -> None:
    """Away from the end that fades into the screen, the colours are those of the published map."""
    heat = Heat(1.0)
    if entry > 0.1 * 255:
        assert heat.background(entry / 255, True) == pytest.approx(PUBLISHED[entry], abs=2)
    if entry < 0.9 * 255:
        assert heat.background(1 - entry / 255, False) == pytest.approx(PUBLISHED[entry], abs=2)


@pytest.mark.parametrize("is_dark", SCREENS, ids=["dark", "light"])
def test_a_ramp_begins_with_the_screen(is_dark: bool) -> None:
    """The number 0 has the colour of the screen, or of a screen between black and dark grey."""
    screen = (24, 24, 24) if is_dark else (255, 255, 255)
    assert Heat(1.0).background(0.0, is_dark) == screen
    assert Heat(1.0, True).background(0.0, is_dark) == screen
    for colors in ("256", "standard"):
        assert not Heat(1.0).style(0.0, is_dark, colors)


def test_symbols_have_more_ink_for_more() -> None:
    """The symbols are blank, ░, ▒, ▓ and █ in this order, whatever the sign."""
    heat = Heat(4.0, True)
    for sign in (1, -1):
        symbols = [heat.symbol(sign * 4 * place) for place in PLACES]
        assert list(dict.fromkeys(symbols)) == [" ", "░", "▒", "▓", "█"]
        assert symbols == sorted(symbols, key=" ░▒▓█".index)


@pytest.mark.parametrize(
    ("numbers", "most", "is_signed"),
    [
        ([0.9, 0.05], 1.0, False),
        ([0.0, 0.0], 1.0, False),
        ([], 1.0, False),
        ([0.21], 0.5, False),
        ([0.2], 0.2, False),
        ([3e-9], 5e-9, False),
        ([-16.0, 12.0], 20.0, True),
        ([1.7e308], 1.7e308, False),
        ([5e-324], 5e-324, False),
        ([float("-inf"), 3.0, float("nan")], 5.0, False),
    ],
)
def test_a_scale_ends_at_a_short_number(numbers: list[float], most: float, is_signed: bool) -> None:
    """A scale ends at the next 1, 2 or 5 times a power of ten; infinities and NaN do not count."""
    assert heat_of(numbers) == Heat(most, is_signed)


def test_numbers_that_are_not_finite_have_a_place() -> None:
    """An infinity is at the end of the ramp, and NaN has the place of 0."""
    heat = Heat(2.0, True)
    places = [heat.share(number) for number in (float("-inf"), float("inf"), float("nan"))]
    assert places == [-1.0, 1.0, 0.0]


@pytest.mark.parametrize(
    ("style", "screen"),
    [
        *((style, BLACK) for style in ON_DARK.values()),
        *((style, WHITE) for style in (*ON_LIGHT.values(), *ON_LIGHT_OF_16.values())),
    ],
)
@pytest.mark.parametrize("palette", PALETTES)
def test_coloured_words_can_be_read(style: str, screen: RGB, palette: str) -> None:
    """The styles of names and verdicts have a contrast of 4.5 with the screen, in all palettes."""
    color = Style.parse(style).color
    assert color is not None
    assert color.number is not None
    if color.number < 16:
        red, green, blue = bytes.fromhex(PALETTES[palette].split()[color.number])
        assert contrast((red, green, blue), screen) >= 4.5
    else:
        assert contrast(rgb_of_256(color.number), screen) >= 4.5
