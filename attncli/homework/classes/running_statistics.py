"""Statistics that see each number once, and keep none of them."""

from __future__ import annotations

from collections.abc import Iterable
from math import sqrt
from typing import Generic, TypeVar

Key = TypeVar("Key")


class RunningSpread:
    """The mean, the deviation and the ends of numbers, by Welford's method (1962).

    `squares` is the sum of the squares of the differences from the mean.
    """

    def __init__(self) -> None:
        self.count, self.mean, self.squares = 0, 0.0, 0.0
        self.lowest = self.highest = 0.0

    def add(self, number: float) -> None:
        """Count a number."""
        self.lowest = min(number, self.lowest) if self.count else number
        self.highest = max(number, self.highest) if self.count else number
        self.count += 1
        before = number - self.mean
        self.mean += before / self.count
        self.squares += before * (number - self.mean)

    @property
    def deviation(self) -> float | None:
        """The standard deviation of a sample, which divides by n - 1; None below two numbers."""
        return sqrt(self.squares / (self.count - 1)) if self.count > 1 else None


class RunningCorrelation:
    """The correlation of pairs of numbers, by Welford's method."""

    def __init__(self) -> None:
        self._one, self._other = RunningSpread(), RunningSpread()
        self._products = 0.0

    def add(self, one: float, other: float) -> None:
        """Count a pair."""
        before = one - self._one.mean
        self._one.add(one)
        self._other.add(other)
        self._products += before * (other - self._other.mean)

    @property
    def count(self) -> int:
        """The number of pairs."""
        return self._one.count

    @property
    def correlation(self) -> float | None:
        """The correlation, from -1 to 1; None if one of the two numbers never changes."""
        spread = sqrt(self._one.squares) * sqrt(self._other.squares)
        return max(-1.0, min(1.0, self._products / spread)) if spread else None


class Frequencies(Generic[Key]):
    """The number of times that each key occurs, for at most `most` keys at once.

    The numbers are exact while there are at most `most` different keys. With more, rare keys are
    forgotten (Misra and Gries, 1982): a number may be too low by at most `missed`, and each key
    that occurs more often than `missed` is kept. `missed` is at most the number of all occurrences
    divided by `most` + 1.
    """

    def __init__(self, most: int) -> None:
        self._most, self._times = most, dict[Key, int]()
        self.missed = 0

    def add(self, key: Key) -> None:
        """Count one occurrence of a key."""
        if key in self._times or len(self._times) < self._most:
            self._times[key] = self._times.get(key, 0) + 1
            return
        self.missed += 1
        self._times = {key: times - 1 for key, times in self._times.items() if times > 1}

    def commonest(self) -> Iterable[tuple[Key, int]]:
        """Return the keys with their numbers: the commonest first, and equal ones as they came."""
        return sorted(self._times.items(), key=lambda item: -item[1])
