"""Habits of rounding: how people shorten the numbers that they go on with.

A habit holds for every hidden step that leads to a matrix. The plan is run again under it, so that
a right method is recognised whatever digits were carried, and a mistake as well.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from typing import TypeAlias

import numpy as np

from attncli.calculation.algebra.layouts import Array
from attncli.calculation.algebra.plan import Step
from attncli.records import record
from attncli.words import count

CALCULATOR = 5e-12  # the relative error of a calculator that shows 12 digits
MOST_DECIMALS = 8  # the most decimals that are tried for numbers that are carried
MOST_DIGITS = 6  # the most significant digits that are tried

Round: TypeAlias = Callable[[Array, int], Array]


def half_up(matrix: Array, places: int) -> Array:
    """Round a half away from 0, as people do, from the digits that a calculator shows.

    >>> half_up(np.array([0.125, -0.125, 0.12499999999999997]), 2).tolist()
    [0.13, -0.13, 0.13]
    """
    scale = float(np.power(10.0, places))
    sizes = np.abs(matrix) * scale
    whole = np.floor(sizes * (1 + CALCULATOR) + 0.5) / scale
    return np.asarray(np.copysign(whole, matrix))


def half_even(matrix: Array, places: int) -> Array:
    """Round a half to the even digit, as NumPy does."""
    return np.round(matrix, places)


def cut(matrix: Array, places: int) -> Array:
    """Cut off the digits after a place.

    >>> cut(np.array([0.129, -0.129]), 2).tolist()
    [0.12, -0.12]
    """
    scale = float(np.power(10.0, places))
    return np.asarray(np.trunc(matrix * scale * (1 + CALCULATOR)) / scale)


def significant(matrix: Array, digits: int) -> Array:
    """Round to a number of significant digits.

    >>> significant(np.array([0.012345, 123.45]), 3).tolist()
    [0.0123, 123.0]
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        places = digits - 1 - np.floor(np.log10(np.abs(matrix)))
        scale = 10.0 ** np.where(np.isfinite(places), places, 0)
        rounded = np.floor(np.abs(matrix) * scale * (1 + CALCULATOR) + 0.5) / scale
    return np.where(np.isfinite(places), np.copysign(rounded, matrix), matrix)


@record(frozen=True)
class Habit:
    """A way of rounding: `round` to `places`, in the steps of these names, or in all.

    `words` say what was done: `every step was rounded to 2 decimals`. `finer` are steps that are
    rounded to one place more.
    """

    words: str
    round: Round
    places: int
    steps: tuple[str, ...] = ()
    finer: tuple[str, ...] = ()

    def __call__(self, name: str, matrix: Array) -> Array:
        if self.steps and name not in self.steps:
            return matrix
        return self.round(matrix, self.places + (name in self.finer))


def usual(places: Iterable[int]) -> Iterator[Habit]:
    """Yield the habits of most people: every step rounded to the places that are written."""
    for place in places:
        words = f"every step was rounded to {count(place, 'decimals')} on the way"
        yield Habit(words, half_up, place)
        yield Habit(words, half_even, place)


def others(hidden: Sequence[Step], places: int) -> Iterator[Habit]:
    """Yield further habits for these hidden steps, the likeliest first.

    `places` are the decimals that are written in the answer.
    """
    weights = tuple(step.name for step in hidden if step.operation.makes_weights)
    for place in _nearest(places):
        every = count(place, "decimals")
        yield from usual([place])
        yield Habit(f"every step was cut off after {every} on the way", cut, place)
        if weights:
            words = f"every step was rounded to {every}, the weights to one more"
            yield Habit(words, half_up, place, (), weights)
    for digits in range(2, MOST_DIGITS + 1):
        words = f"every step was rounded to {digits} significant digits on the way"
        yield Habit(words, significant, digits)
    for step in reversed(hidden):
        # One step alone is often rounded to 1 or 2 decimals, however many the answer has.
        for place in dict.fromkeys((*_nearest(places)[:4], 1, 2)):
            words = f"{step.name} was rounded to {count(place, 'decimals')} on the way"
            yield Habit(words, half_up, place, (step.name,))


@cache
def _nearest(places: int) -> list[int]:
    """The numbers of decimals that may be carried, those nearest to the written ones first."""
    return sorted(range(1, MOST_DECIMALS + 1), key=lambda place: (abs(place - places), -place))
