"""The effects of mistakes on an exercise: the steps they change, and mistakes that look alike.

The matrices of a calculation with a mistake are compared as a learner writes them, rounded to the
decimals of the exercise. The output does not distinguish mistakes with the same output as written.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from functools import cached_property
from itertools import islice
from typing import Any, TypeAlias

import numpy as np

from attncli.calculation.algebra.layouts import Array
from attncli.calculation.algebra.plan import Plan
from attncli.calculation.problem.problem import Problem
from attncli.homework.diagnosis.replacements import Replacement
from attncli.homework.diagnosis.runs import Runs
from attncli.records import record

RIGHT = "right"  # the name of the calculation without a mistake
NUDGE = 1e-6  # units of the last place: numbers that differ by less are rounded to the same side
FARTHEST = 2.0**62  # units of the last place, for ∞ and numbers beyond
NEGATIVE, NOT_A_NUMBER = -FARTHEST + 1024, -FARTHEST  # the same for −∞ and for NaN
NUMBERS_AT_ONCE = 2**22  # in the matrices of runs that are made together

Key: TypeAlias = Hashable  # a matrix as written: its shape and its rounded cells


def as_written(matrix: Array, decimals: int) -> Key:
    """Return the cells of a matrix rounded to these decimals, in a form that can be compared.

    >>> as_written(np.array([0.125]), 2) == as_written(np.array([0.1251]), 2)
    True
    """
    units = np.floor(np.asarray(matrix, dtype=np.float64) * 10.0**decimals + 0.5 + NUDGE)
    units = np.fmax(np.minimum(np.maximum(units, NEGATIVE), FARTHEST), NOT_A_NUMBER)
    return matrix.shape, units.astype(np.int64).tobytes()


@record(frozen=True)
class LookAlikes:
    """Mistakes with the same output, in classes that no step tells apart.

    `steps` are the steps that tell the classes apart, as few as possible; without any, there is one
    class.
    """

    classes: tuple[tuple[str, ...], ...]
    steps: tuple[str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The mistakes of all classes."""
        return tuple(name for names in self.classes for name in names)


@record(frozen=True)
class Unseen:
    """A mistake that does not change the output, and the first step that it changes, if any."""

    name: str
    step: str | None


@record(frozen=True)
class Effects:
    """The steps of a calculation, as written, with each mistake that can be made in it.

    `written` holds the keys of all `steps` by the name of the mistake; those of the calculation
    without a mistake have the name `RIGHT`. `stuck` are mistakes whose results do not fit the
    shapes of the later steps.
    """

    steps: tuple[str, ...]
    written: Mapping[str, tuple[Key, ...]]
    stuck: tuple[str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The mistakes that can be carried on to the output."""
        return tuple(name for name in self.written if name != RIGHT)

    @cached_property
    def _by_output(self) -> Mapping[Key, Sequence[str]]:
        """The names by the output that they give."""
        return grouped((name, keys[-1]) for name, keys in self.written.items())

    def changes_output(self, name: str) -> bool:
        """Return True if a mistake can be carried on to the output, and changes it."""
        return name in self.written and self.written[name][-1] != self.written[RIGHT][-1]

    def outputs_of(self, names: Iterable[str]) -> int:
        """Return the number of different outputs of these mistakes."""
        return len({self.written[name][-1] for name in names if name in self.written})

    @property
    def unseen(self) -> tuple[Unseen, ...]:
        """The mistakes that do not change the output."""
        names = self._by_output[self.written[RIGHT][-1]]
        return tuple(Unseen(name, self._changed_by(name)) for name in names if name != RIGHT)

    def _changed_by(self, name: str) -> str | None:
        pairs = zip(self.steps, self.written[name], self.written[RIGHT], strict=True)
        return next((step for step, own, right in pairs if own != right), None)

    @property
    def look_alikes(self) -> tuple[LookAlikes, ...]:
        """The groups of several mistakes that give the same output, which is not the right one."""
        groups = (names for names in self._by_output.values() if RIGHT not in names)
        return tuple(self._classes(names) for names in groups if len(names) > 1)

    def _classes(self, names: Sequence[str]) -> LookAlikes:
        """Return the classes of a group, and the fewest steps that tell them apart."""
        classes = grouped((name, self.written[name]) for name in names)
        chosen: list[int] = []
        while len(self._by_steps(classes, chosen)) < len(classes):
            others = (place for place in range(len(self.steps)) if place not in chosen)
            chosen.append(
                max(others, key=lambda place: len(self._by_steps(classes, [*chosen, place])))
            )
        steps = tuple(self.steps[place] for place in sorted(chosen))
        return LookAlikes(tuple(map(tuple, classes.values())), steps)

    @staticmethod
    def _by_steps(keys: Iterable[tuple[Key, ...]], places: Sequence[int]) -> set[tuple[Key, ...]]:
        return {tuple(every[place] for place in places) for every in keys}


def together(several: Sequence[Effects]) -> Effects:
    """Return the effects in several calculations of one plan, as if they were one.

    A mistake is visible if one of the calculations shows it.
    """
    first, *others = several
    names = [name for name in first.written if all(name in each.written for each in others)]
    written = {
        name: tuple(zip(*(each.written[name] for each in several), strict=True)) for name in names
    }
    return Effects(first.steps, written, first.stuck)


def grouped(pairs: Iterable[tuple[str, Any]]) -> dict[Any, list[str]]:
    """Return the names that have the same key, by that key."""
    groups: dict[Any, list[str]] = {}
    for name, key in pairs:
        groups.setdefault(key, []).append(name)
    return groups


def effects_of(problem: Problem, plan: Plan, decimals: int) -> Effects:
    """Return what each mistake changes that can be made in a calculation.

    A mistake is made at every step where it can be made, as a learner does who makes it.
    """
    runs = Runs(problem, plan, plan.steps, problem.matrices)
    right = [runs.right[name] for name in plan.names]
    size = sum(matrix.size for matrix in right)
    stuck: list[str] = []
    left = iter(replacements_in(runs))
    with np.errstate(all="ignore"):
        of_right = tuple(as_written(matrix, decimals) for matrix in right)
        found = {RIGHT: of_right}
        while some := list(islice(left, max(1, NUMBERS_AT_ONCE // size))):
            for change, known in zip(
                some, runs.all_together([(one,) for one in some]), strict=True
            ):
                if known is None:
                    stuck.append(change.mistake.name)
                    continue
                found[change.mistake.name] = tuple(
                    key if known[step] is matrix else as_written(known[step], decimals)
                    for step, matrix, key in zip(plan.names, right, of_right, strict=True)
                )
    return Effects(plan.names, found, tuple(stuck))


def replacements_in(runs: Runs) -> list[Replacement]:
    """Return each mistake that can be made, at all steps where it can be made."""
    found: dict[str, Replacement] = {}
    for replacement in runs.singles:  # everywhere comes first
        found.setdefault(replacement.mistake.name, replacement)
    return list(found.values())
