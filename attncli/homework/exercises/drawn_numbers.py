"""The numbers of an exercise, drawn with a seed: the same on every machine."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Any

from attncli.calculation.algebra.layouts import Role, Shape
from attncli.calculation.names.known_names import last_of
from attncli.calculation.names.matrix_names import MATRICES
from attncli.records import by_name, record

Numbers = Sequence[float]


@record(frozen=True)
class Values:
    """The numbers that an exercise may have.

    `tokens` are the numbers of X and memory, `enlarged` those of an X that is multiplied by
    √d_model first, `given` those of Q, K and V, and `added` those of beta and of biases. `weights`
    are the numbers of weights, with either sign; a column of a weight has at most `terms` of them,
    and zeros.
    """

    name: str
    help: str
    tokens: Numbers
    enlarged: Numbers
    given: Numbers
    weights: Numbers
    terms: int
    gamma: Numbers
    added: Numbers


def _parts(first: int, last: int, unit: int) -> Numbers:
    """Return the whole numbers from `first` to `last` without 0, divided by `unit`."""
    return tuple(number / unit for number in range(first, last + 1) if number)


def _decimals(name: str, text: str, unit: int, weights: Numbers, terms: int) -> Values:
    """Return numbers that are whole multiples of 1 / `unit`."""
    tokens, near_0 = _parts(-3 * unit // 2, 2 * unit, unit), _parts(-unit // 2, unit // 2, unit)
    gamma = _parts(unit // 2, 3 * unit // 2, unit)
    return Values(name, text, tokens, near_0, tokens, weights, terms, gamma, near_0)


VALUES: dict[str, Values] = by_name(
    Values(
        "integers",
        "whole numbers from -2 to 3; in weights -1, 0 and 1",
        tokens=(-1, 0, 1, 1, 1, 2, 2, 3),
        enlarged=(-1, 0, 1),
        given=(-2, -1, 0, 1, 1, 2, 3),
        weights=(1,),
        terms=2,
        gamma=(1, 1, 2),
        added=(-1, 0, 1),
    ),
    Values(
        "halves",
        "halves from -1 to 2",
        tokens=(-1, -0.5, 0, 0.5, 1, 1.5, 2),
        enlarged=(-0.5, 0, 0.5),
        given=(-1, -0.5, 0, 0.5, 1, 1.5, 2),
        weights=(0.5, 0.5, 0.5, 1),
        terms=3,
        gamma=(0.5, 1, 1.5),
        added=(-0.5, 0, 0.5),
    ),
    _decimals("tenths", "numbers with one decimal from -1.5 to 2", 10, _parts(1, 9, 10), 4),
    _decimals("any", "numbers with two decimals from -1.5 to 2", 100, _parts(5, 99, 100), 8),
)
HALVES = VALUES["halves"]


def drawn(
    name: str, shape: Shape, dice: Dice, values: Values, is_enlarged: bool = False
) -> list[Any]:
    """Return a vector, or rows of numbers, one list in another for further axes.

    In a column of a weight, at most `values.terms` numbers are not 0. `is_enlarged`: X will be
    multiplied by √d_model.
    """
    last = last_of(name)
    if len(shape) == 1:
        if last.startswith("v_"):
            return [dice.signed(values) for _ in range(shape[0])]
        return [dice.pick(values.gamma if last == "gamma" else values.added) for _ in range(*shape)]
    if len(shape) > 2:
        return [drawn(name, shape[1:], dice, values, is_enlarged) for _ in range(shape[0])]
    rows, columns = shape
    if MATRICES[last].role is Role.WEIGHT:
        turned = [dice.column(rows, values) for _ in range(columns)]
        return [list(row) for row in zip(*turned, strict=True)]
    numbers = values.enlarged if is_enlarged else values.tokens
    if last[0] in "QKV":
        numbers = values.given
    return [[dice.pick(numbers) for _ in range(columns)] for _ in range(rows)]


class Dice:
    """Choices made with a seed. Only `random()` is the same in every version of Python."""

    def __init__(self, seed: str) -> None:
        self._random = Random(seed).random

    def pick(self, values: Numbers) -> float:
        """Return one of these values."""
        return values[int(self._random() * len(values))]

    def signed(self, values: Values) -> float:
        """Return a number of a weight that is not 0, with either sign."""
        return self.pick((1, -1)) * self.pick(values.weights)

    def column(self, rows: int, values: Values) -> list[float]:
        """Return a column of a weight: a few numbers, each at its own place, and zeros."""
        places = list(range(rows))
        column: list[float] = [0] * rows
        for _ in range(min(values.terms, rows)):
            place = places.pop(int(self._random() * len(places)))
            column[place] = self.signed(values)
        return column
