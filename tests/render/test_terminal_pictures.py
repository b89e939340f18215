"""Pictures of a terminal: SVG that shows the tables as the options of the look say."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from tests.picture import draw_picture
from tests.running import succeed

MOST = "#fee838"  # the last colour of the map cividis, the background of the weight 1


def picture(*options: str) -> str:
    """Return the picture of the weights of two heads."""
    return succeed("compute", "sample:two_heads", "--only", "weights", *options, "-f", "svg").stdout


def words(svg: str) -> str:
    """Return the text that a picture shows."""
    return " ".join(re.findall(r">([^<]+)</text>", svg)).replace("&#160;", " ")


def backgrounds(svg: str) -> set[str]:
    """Return the colours behind the text of a picture; the window has a frame, and they do not."""
    return set(re.findall(r'<rect fill="(#\w+)" x=', svg))


@pytest.mark.parametrize("precision", ["2", "5"])
def test_a_picture_has_the_decimals_of_the_tables(precision: str) -> None:
    """-p sets the decimals of the numbers in a picture."""
    numbers = re.findall(r"\d\.\d+", words(picture("-p", precision)))
    assert numbers
    assert {len(number) - 2 for number in numbers} == {int(precision)}


def test_a_picture_is_shaded_as_heat_says() -> None:
    """--heat shades the numbers of a picture with colours or symbols, or leaves them plain."""
    painted, symbols, plain = (picture("--heat", heat) for heat in ("weights", "symbols", "off"))
    assert len(backgrounds(painted)) > 2
    assert not backgrounds(symbols) | backgrounds(plain)
    assert set("░▒▓█") & set(words(symbols))
    assert not set("░▒▓█") & set(words(plain))
    assert re.findall(r"\d\.\d+", words(symbols)) == re.findall(r"\d\.\d+", words(plain))


def test_a_compact_picture_has_marks_instead_of_numbers() -> None:
    """--compact draws the cells of a picture as painted marks, with the legend below them."""
    svg = picture("--compact")
    assert not re.findall(r"\d\.\d+", words(svg))
    assert MOST in backgrounds(svg)


def test_each_line_of_a_picture_has_its_clip_path() -> None:
    """A picture defines the clip paths of all words: not every viewer ignores a missing one."""
    svg = picture()
    named = re.findall(r'clip-path="url\(#([^)]*)\)">[^\n<]', svg)
    assert len(named) > 10
    assert set(named) <= set(re.findall(r'<clipPath id="(.*?)"', svg))


@pytest.mark.parametrize("draw", [draw_picture, picture])
def test_a_picture_fetches_nothing(draw: Callable[[], str]) -> None:
    """A picture names no font, style or image of a server."""
    svg = draw()
    assert "@font-face" not in svg
    assert "href" not in svg
    addresses = re.findall(
        r"https?://[^\s\"'<>)]+", re.sub(r"<!--.*?-->", "", svg, flags=re.DOTALL)
    )
    assert set(addresses) == {"http://www.w3.org/2000/svg"}
