"""Run the steps before a wrong one again, with mistakes or with rounded results.

For small matrices, a call to NumPy takes longer than the calculation. So runs with different
mistakes go through the steps together: their matrices are stacked, and a step is applied to all of
them in one call. The last bits may then differ from those of a single run.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache, cached_property, partial
from typing import TypeAlias

import numpy as np

from attncli.calculation.algebra.layouts import Array
from attncli.calculation.algebra.operation import Operation, result_if_it_fits
from attncli.calculation.algebra.plan import Plan, Step, Trace
from attncli.calculation.problem.problem import Problem
from attncli.homework.diagnosis.replacements import Replacement, in_order
from attncli.homework.mistakes.catalogue import MISTAKES
from attncli.homework.mistakes.mistake import Mistake, Scene, scene_at

MOST_KEPT = 2**22  # the largest count of numbers in runs that are kept for other runs
MOST_SHARED = 16  # the most runs that are kept for other answers to a problem
LARGEST_SHARED = 2**11  # the most numbers in all matrices of such a problem

Known: TypeAlias = Mapping[str, Array]
# Takes a step and the matrices before it, and returns the result in place of the right one.
Change: TypeAlias = "Callable[[Step, Known], Array | None]"
# Takes the name of a step and its result, and returns the number that a person writes down.
Rounding: TypeAlias = "Callable[[str, Array], Array]"


class Runs:
    """Runs the hidden steps from given matrices: first without a change, then again with changes.

    Only the steps that a change reaches are calculated again, because a stack of layers has many
    steps. `given` holds the matrices before the hidden steps. `right` holds the same and the
    results without a change, as far as the given matrices fit together. With `rounding`, each run
    goes on from rounded results; the last result is not rounded.
    """

    def __init__(
        self,
        problem: Problem,
        plan: Plan,
        hidden: Sequence[Step],
        known: Known,
        rounding: Rounding | None = None,
    ) -> None:
        self._problem, self._plan, self._rounding = problem, plan, rounding
        self._steps = [(step, step.operation.operands) for step in hidden]
        self._places = {step.name: place for place, step in enumerate(hidden)}
        self.given = {name: matrix for name, matrix in known.items() if name not in self._places}
        unchanged = _Run(dict(self.given), {})
        self._finish(unchanged)
        self.right = unchanged.known
        missing = (place for name, place in self._places.items() if name not in self.right)
        self._first_missing = next(missing, len(hidden))
        self._stackable: dict[str, bool] = {}
        self._kept: dict[object, Known | None] = {}
        self._room = MOST_KEPT

    def begin_like(self, other: Runs) -> bool:
        """Return True if the given matrices equal those of other runs of the same steps."""
        return all(
            matrix is other.given[name] or np.array_equal(matrix, other.given[name], equal_nan=True)
            for name, matrix in self.given.items()
        )

    def scene(self, step: Step) -> Scene:
        """Return the scene of a step after right steps."""
        return scene_at(self._problem, self._plan, step, self.right)

    @cached_property
    def singles(self) -> list[Replacement]:
        """Each mistake at each hidden step where it can be made, then at several steps."""
        found = []
        for step, _ in self._steps:
            scene = self.scene(step)
            for mistake in mistakes_in(type(step.operation)):
                if mistake.make(scene) is not None:
                    found.append(Replacement(mistake, (step.name,)))
        return in_order(self._problem, found)

    def run(self, replacements: Sequence[Replacement]) -> Known | None:
        """Return the matrices of a run with these mistakes.

        None if one of them cannot be made, or if its result does not fit the steps after it.
        """
        return self._finish(self._begin(replacements, {}))[0]

    def run_together(self, tries: Sequence[tuple[Replacement, ...]]) -> list[Array | None]:
        """Return the result of the last step for each try; None if `run` returns None.

        A try of two replacements continues the run of the earlier one alone.
        """
        target = self._steps[-1][0].name
        return [None if known is None else known[target] for known in self.all_together(tries)]

    def all_together(self, tries: Sequence[tuple[Replacement, ...]]) -> list[Known | None]:
        """Return the matrices of `run` for each try, as `run_together` calculates them.

        The runs of single replacements are kept, and not made again.
        """
        is_kept = [len(each) == 1 and each[0].key in self._kept for each in tries]
        new = [each for each, kept in zip(tries, is_kept, strict=True) if not kept]
        runs = [self._begin(replacements, self._kept) for replacements in new]
        made = iter(self._finish(*runs))
        for replacements, run in zip(new, runs, strict=True):
            if len(replacements) == 1 and self._room > 0:
                self._room -= sum(run.known[name].size for name in run.changed)
                self._kept[replacements[0].key] = None if run.failed else run.known
        return [
            self._kept[each[0].key] if kept else next(made)
            for each, kept in zip(tries, is_kept, strict=True)
        ]

    def _begin(
        self, replacements: Sequence[Replacement], kept: Mapping[object, Known | None]
    ) -> _Run:
        """A run that begins at the first replacement, or after it if its run was kept."""
        first, *others = sorted(replacements, key=lambda r: self._places[r.steps[0]])
        known = kept.get(first.key) if others else None
        changes = {name: partial(self._make, r.mistake) for r in replacements for name in r.steps}
        start = self._places[(others[-1] if known else first).steps[0]]
        return _Run(dict(known or self.right), changes, min(start, self._first_missing))

    def _make(self, mistake: Mistake, step: Step, known: Known) -> Array | None:
        return mistake.make(scene_at(self._problem, self._plan, step, known))

    def _finish(self, *runs: _Run) -> list[Known | None]:
        """Take runs through the steps: the matrices of each, or None if it failed."""
        with np.errstate(all="ignore"):
            for place, (step, operands) in enumerate(self._steps):
                waiting = []
                for run in runs:
                    if place < run.start:
                        continue
                    if step.name in run.changes:
                        made = run.changes[step.name](step, run.known)
                        run.note(step.name, None if made is None else self._rounded(place, made))
                    elif step.name not in run.known or not run.changed.isdisjoint(operands):
                        waiting.append(run)
                if waiting:
                    self._apply_in(waiting, place)
        return [None if run.failed else run.known for run in runs]

    def _rounded(self, place: int, result: Array) -> Array:
        """The result of the step at a place as a person writes it down; the last is not rounded."""
        if self._rounding is None or place == len(self._steps) - 1:
            return result
        return self._rounding(self._steps[place][0].name, result)

    def _apply_in(self, runs: Sequence[_Run], place: int) -> None:
        """Apply a step in each run; runs with matrices of the right shapes share one call."""
        step, operands = self._steps[place]
        alike: list[_Run] = []
        others = list(runs)
        if len(runs) > 1 and self._can_stack(step, operands):
            hidden = {name: self.right[name] for name in operands if name not in self.given}
            others = []
            for run in runs:
                (alike if run.is_alike(hidden) else others).append(run)
        if alike:
            stacks = {name: np.stack([run.known[name] for run in alike]) for name in hidden}
            results = step.operation.apply(*(stacks.get(n, self.right[n]) for n in operands))
            for run, result in zip(alike, self._rounded(place, results), strict=True):
                run.note(step.name, result)
        for run in others:
            made = result_if_it_fits(step.operation, run.known)
            run.note(step.name, None if made is None else self._rounded(place, made))

    def _can_stack(self, step: Step, operands: tuple[str, ...]) -> bool:
        """True if a step treats each matrix of a stack like one alone; tried once, with two."""
        if step.name not in self._stackable:
            given = self.given
            one = {name: self.right[name] for name in operands if name in self.right}
            other = {n: m if n in given else np.flip(m) for n, m in one.items()}
            both = {n: m if n in given else np.stack((m, other[n])) for n, m in one.items()}
            alone = [result_if_it_fits(step.operation, known) for known in (one, other)]
            together = result_if_it_fits(step.operation, both)
            self._stackable[step.name] = together is not None and all(
                result is not None
                and together.shape == (len(alone), *result.shape)
                and np.allclose(together[number], result, equal_nan=True)
                for number, result in enumerate(alone)
            )
        return self._stackable[step.name]


def runs_from(problem: Problem, trace: Trace, hidden: Sequence[Step], known: Known) -> Runs:
    """Return the runs of hidden steps from these matrices.

    Runs from the true matrices of a small problem are made once: they are the same for all answers.
    """
    names = tuple(step.name for step in hidden)
    given = tuple(name for name in known if name not in names)
    true = trace.matrices
    is_shared = all(known[name] is true.get(name) for name in given) and (
        sum(matrix.size for matrix in true.values()) <= LARGEST_SHARED
    )
    shared = trace.derived.setdefault(Runs, {}) if is_shared else {}
    if (names, given) in shared:
        runs: Runs = shared[names, given]
        return runs
    runs = Runs(problem, trace.plan, hidden, known)
    if len(shared) < MOST_SHARED:
        shared[names, given] = runs
    return runs


@cache
def mistakes_in(kind: type[Operation]) -> list[Mistake]:
    """Return the mistakes that may be made in place of an operation of this kind."""
    return [mistake for mistake in MISTAKES.values() if issubclass(kind, mistake.replaces)]


class _Run:
    """A run: its matrices so far, and the names of those that a change has reached."""

    def __init__(
        self, known: dict[str, Array], changes: Mapping[str, Change], start: int = 0
    ) -> None:
        self.known, self.changes, self.start = known, changes, start
        self.changed: set[str] = set()
        self.failed = False

    def note(self, name: str, result: Array | None) -> None:
        """Take the result of a step; with None the run has failed."""
        if result is None:
            self.failed = True
        else:
            self.known[name] = result
            self.changed.add(name)

    def is_alike(self, matrices: Known) -> bool:
        """Return True if the run's matrices of these names have the same shapes and dtypes."""
        for name, matrix in matrices.items():
            own = self.known[name]
            if own.shape != matrix.shape or own.dtype != matrix.dtype:
                return False
        return True
