"""The steps that an answer shows, and the digits with which it is written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from tests.teaching.calculation.problem import Document, Matrix, nested
from tests.teaching.calculation.scene import Habit
from tests.teaching.kinds import Random
from tests.teaching.rounding import EXACT, Rounder, carried, half_even, half_up, written

USUAL = ("Q", "K", "V", "scores", "scaled", "weights", "output")
SHOWN = ("all", "usual", "some", "weights", "output")
# The share of each choice of steps, as in the review that the measure repeats.
SHARES = (0.34, 0.2, 0.13, 0.05, 0.28)


@dataclass(frozen=True)
class Writing:
    """How an answer is written: the steps it shows, the places, and what was rounded when."""

    shown: str
    places: int
    rounding: str
    as_text: bool

    @property
    def rounder(self) -> Rounder:
        """The rounding of one number."""
        return half_up if self.rounding.endswith("up") else half_even

    @property
    def habit(self) -> Habit:
        """The rounding on the way."""
        return carried(self.places, self.rounder) if self.rounding.startswith("carried") else EXACT

    def write(self, steps: Mapping[str, Matrix], names: Sequence[str]) -> Document:
        """Return the document of the named steps."""
        return nested(
            {n: written(steps[n], self.places, self.rounder, self.as_text) for n in names}
        )

    def digits(self, matrix: Matrix) -> Matrix:
        """Return the numbers as written."""
        return self.rounder(matrix, self.places)


def draw_writing(random: Random, shown: str | None = None) -> Writing:
    """Return a way of writing: a third of the answers were rounded on the way."""
    chosen = shown or str(random.choice(SHOWN, p=SHARES))
    way = random.choice(["at the end", "at the end, up", "carried", "carried, up"], p=WAYS)
    places = int(random.choice([2, 3, 4, 4]))
    return Writing(chosen, places, str(way), bool(random.random() < 0.25))


WAYS = (0.5, 0.17, 0.17, 0.16)


def choose(random: Random, shown: str, names: Sequence[str]) -> list[str]:
    """Return the names of the steps that an answer shows, in their order."""
    last = names[-1]
    if shown == "all":
        return list(names)
    if shown == "usual":
        return [n for n in names if n.split(".")[-1] in USUAL]
    if shown == "weights":
        return [[n for n in names if n.endswith("weights")][-1]]
    if shown == "some":
        kept = random.random(len(names)) < random.choice([0.3, 0.5, 0.7])
        chosen = [n for n, keep in zip(names, kept, strict=True) if keep]
        return chosen or [last]
    if shown == "half":
        kept = random.random(len(names)) < 0.5
        return [n for n, keep in zip(names, kept, strict=True) if keep or n == last]
    return [last]


def differ(one: Matrix, other: Matrix, distance: float) -> bool:
    """Return True if two matrices differ in size, or somewhere by more than a distance."""
    if one.shape != other.shape:
        return True
    with np.errstate(invalid="ignore"):
        close = np.abs(one - other) <= distance
    close |= (one == other) | (np.isnan(one) & np.isnan(other))
    return not bool(close.all())
