"""Numbers that count the operations on them, for loops or for arrays of objects."""

from __future__ import annotations

import math
from collections import Counter
from types import SimpleNamespace
from typing import Any

import numpy as np
from numpy.typing import NDArray


class Counted:
    """A number that enters each operation on it into a tally.

    Loops begin their sums with a 0 that nobody calculated, and multiply by a 1 where there is no
    factor. Such neutral numbers are plain, not counted ones: an operation with them is entered as
    `neutral`. A comparison with −inf, as for a masked number, is not entered.
    """

    def __init__(self, value: float, tally: Counter[str]) -> None:
        self.value = value
        self.tally = tally

    def _entered(self, name: str, value: float) -> Counted:
        self.tally[name] += 1
        return Counted(value, self.tally)

    def _with(self, name: str, value: float, other: Any, neutral: float) -> Counted:
        is_neutral = not isinstance(other, Counted) and other == neutral
        return self._entered("neutral" if is_neutral else name, value)

    def __add__(self, other: Any) -> Counted:
        return self._with("additions", self.value + plain(other), other, 0)

    def __radd__(self, other: Any) -> Counted:
        return self.__add__(other)

    def __sub__(self, other: Any) -> Counted:
        return self._with("additions", self.value - plain(other), other, 0)

    def __rsub__(self, other: Any) -> Counted:
        return self._with("additions", plain(other) - self.value, other, 0)

    def __mul__(self, other: Any) -> Counted:
        return self._with("multiplications", self.value * plain(other), other, 1)

    def __rmul__(self, other: Any) -> Counted:
        return self.__mul__(other)

    def __truediv__(self, other: Any) -> Counted:
        return self._with("divisions", self.value / plain(other), other, 1)

    def __rtruediv__(self, other: Any) -> Counted:
        return self._entered("divisions", plain(other) / self.value)

    def __pow__(self, exponent: int) -> Counted:
        """Return x³ as x · x · x."""
        self.tally["multiplications"] += exponent - 2
        return self._entered("multiplications", self.value**exponent)

    def __neg__(self) -> Counted:
        return Counted(-self.value, self.tally)

    def __abs__(self) -> Counted:
        return Counted(abs(self.value), self.tally)

    def __gt__(self, other: Any) -> bool:
        self.tally["comparisons"] += 1
        return self.value > plain(other)

    def __lt__(self, other: Any) -> bool:
        self.tally["comparisons"] += 1
        return self.value < plain(other)

    def __ge__(self, other: Any) -> bool:
        self.tally["comparisons"] += 1
        return self.value >= plain(other)

    def __le__(self, other: Any) -> bool:
        self.tally["comparisons"] += 1
        return self.value <= plain(other)

    def __eq__(self, other: object) -> bool:
        self.tally["comparisons"] += math.isfinite(plain(other))
        return self.value == plain(other)

    __hash__ = None  # type: ignore[assignment]

    def exp(self) -> Counted:
        return self._entered("exponentials", math.exp(self.value))

    def tanh(self) -> Counted:
        return self._entered("functions", math.tanh(self.value))

    def sqrt(self) -> Counted:
        return self._entered("functions", math.sqrt(self.value))


def plain(number: Any) -> float:
    """Return the plain number."""
    return number.value if isinstance(number, Counted) else number


def counted(nested: Any, tally: Counter[str]) -> Any:
    """Return the same nested lists, of numbers that enter into this tally."""
    if isinstance(nested, list):
        return [counted(part, tally) for part in nested]
    return Counted(nested, tally)


def counted_array(array: NDArray[Any], tally: Counter[str]) -> NDArray[Any]:
    """Return an array of objects that NumPy adds and multiplies as Python does."""
    numbers = np.empty(array.shape, object)
    numbers.reshape(-1)[:] = [Counted(number, tally) for number in array.reshape(-1).tolist()]
    return numbers


def _or_plain(name: str) -> Any:
    """Return the function of `math`, or the counted number's own method of its name."""
    function = getattr(math, name)
    return lambda x: getattr(x, name)() if isinstance(x, Counted) else function(x)


# The stand-in for the module `math` in loops whose numbers are counted.
MATH = SimpleNamespace(**vars(math))
for _name in ("exp", "tanh", "sqrt"):
    setattr(MATH, _name, _or_plain(_name))
