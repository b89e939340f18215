"""One answer of the measure, and the facts about it that a good teacher would find."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from tests.teaching.calculation.problem import Document


def never(name: str) -> bool:
    """Return False: no other name has the same numbers."""
    return False


@dataclass(frozen=True)
class Slip:
    """A wrong cell among right ones: the step, the index of the cell, and the kind."""

    step: str
    index: tuple[int, ...]
    kind: str


@dataclass(frozen=True)
class Case:
    """An answer to a problem.

    `kind` is the mistake, the form or the habit, `shown` the choice of steps, `rounding` the habit.
    `names` are the names that fit each mistake put in. `wrong` are the shown steps that are wrong
    by themselves, in order. `same` tells if the mistake with a name gives the same digits, and
    `can_be_right` if the digits could come from rounding alone.
    """

    group: str
    seed: int
    kind: str
    problem: Document
    answer: Document
    shown: str = ""
    rounding: str = ""
    names: tuple[tuple[str, ...], ...] = ()
    wrong: tuple[str, ...] = ()
    slip: Slip | None = None
    words: str = ""
    same: Callable[[str], bool] = field(default=never, repr=False)
    can_be_right: Callable[[], bool] = field(default=lambda: False, repr=False)
