"""Readers of the values of choices, as a document or an option gives them.

Each reader raises ValueError for a wrong value; its message says what the value must be.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from math import inf, isfinite
from typing import TYPE_CHECKING

from attncli.words import between_commas, did_you_mean, in_words, printable

if TYPE_CHECKING:
    from attncli.calculation.positions.position_schemes import Position


def one_of(values: Callable[[], Collection[str]]) -> Callable[[object], str]:
    """Return a reader of one of several words; upper and lower case are the same."""

    def read(value: object) -> str:
        word = str(value).strip().casefold()
        if word not in values():
            expected = in_words(list(values()), "or")
            raise ValueError(f"it must be {expected}{did_you_mean(word, values())}")
        return word

    return read


def whole_number(value: object) -> int:
    """Read a whole number of at least 1; `2`, `"2"` and `2.0` are the same."""
    try:
        number = int(value) if isinstance(value, int | str) else int(_number(value))
    except (ValueError, OverflowError):  # infinity is not whole
        number = -1
    if number < 1 or isinstance(value, bool) or (isinstance(value, float) and value != number):
        raise ValueError("it must be a whole number of at least 1")
    return number


def _number(value: object, expected: str = "it must be a number") -> float:
    try:
        number = float(value) if isinstance(value, int | float | str) else None
    except (ValueError, OverflowError):
        number = None
    if number is None or isinstance(value, bool):
        raise ValueError(expected)
    return number


def lengths(value: object) -> tuple[int, ...]:
    """Read lengths from a list, from one number, or from text with commas."""
    parts = value.split(",") if isinstance(value, str) else value
    numbers = parts if isinstance(parts, list | tuple) else [parts]
    expected = "it must be whole numbers of at least 0, one per batch entry"
    lengths = [_number(number, expected) for number in numbers]
    if not lengths or not all(0 <= length < 2**63 and length.is_integer() for length in lengths):
        raise ValueError(expected)
    return tuple(map(int, lengths))


def number_that(
    expected: str, is_allowed: Callable[[float], bool] = isfinite
) -> Callable[[object], float]:
    """Return a reader of allowed numbers; `expected` is the message for other values."""

    def read(value: object) -> float:
        number = _number(value, expected)
        if not is_allowed(number):
            raise ValueError(expected)
        return number

    return read


def _is_none(value: object) -> bool:
    return value is None or (isinstance(value, str) and value.strip().casefold() == "none")


def factor(value: object) -> float:
    """Read a factor; `none` is 1, which changes nothing."""
    return 1.0 if _is_none(value) else _factor(value)


def cap(value: object) -> float | None:
    """Read a soft cap; 0 and `none` mean that there is no cap."""
    return None if _is_none(value) else _cap(value) or None


_factor = number_that("it must be a number, or none")
_cap = number_that("it must be a number above 0, or none", lambda cap: 0 <= cap < inf)
temperature = number_that("it must be a finite number above 0", lambda number: 0 < number < inf)
fill = number_that("it must be a number, or -inf", lambda fill: fill < inf)
eps = number_that("it must be a number of at least 0", lambda eps: 0 <= eps < inf)


def yes_or_no(value: object) -> bool:
    """Read true or false; yes and no mean the same."""
    words = {"true": True, "yes": True, "false": False, "no": False}
    word = str(value).strip().casefold()
    if word not in words:
        raise ValueError("it must be true or false")
    return words[word]


def labels(value: object) -> tuple[str, ...]:
    """Read labels from a list, or from text with commas; a label with a comma is quoted."""
    if isinstance(value, str):
        value = between_commas(value)
    if not isinstance(value, list | tuple) or not all(
        isinstance(label, str | int | float) for label in value
    ):
        raise ValueError("it must be a list of labels, or labels with commas between")
    return tuple(printable(str(label)) for label in value)


def text(value: object) -> str:
    """Read text; characters that would control a terminal are escaped."""
    if not isinstance(value, str):
        raise ValueError("it must be text")
    return printable(value)


def position(value: object) -> Position:
    """Read a positional encoding; a matrix of learned positions is an input, not a choice."""
    from attncli.calculation.positions.position_schemes import read_position

    return read_position(value)


def as_it_is(value: object) -> object:
    """Return the value unchanged: masks are read later, with the shapes of the scores."""
    return value
