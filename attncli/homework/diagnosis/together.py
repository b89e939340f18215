"""Many runs at once, to see quickly which of them are worth one of their own.

Small matrices are calculated in less time than the call to numpy takes. Runs with other
replacements go through the same steps: their matrices are stacked, and a step is applied to all of
them in one call. Last bits may come out otherwise than in a run alone, so these results only sort
out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from attncli.calculation.algebra.layouts import Array
from attncli.calculation.algebra.plan import Step
from attncli.homework.diagnosis.replacements import Replacement
from attncli.homework.diagnosis.replay import Replay, applied
from attncli.homework.mistakes.mistake import Mistake, scene_at

MOST_KEPT = 2**22  # numbers in the runs that others go on from


class Together:
    """Runs a replay with many replacements at once.

    Two replacements go on from the run of the one alone that is made before the other.
    """

    def __init__(self, replay: Replay) -> None:
        self._replay = replay
        self._places = {step.name: place for place, (step, _) in enumerate(replay.steps)}
        self._stacks: dict[str, bool] = {}
        self._kept: dict[object, dict[str, Array]] = {}
        self._room = MOST_KEPT

    def results(self, tries: Sequence[tuple[Replacement, ...]], target: str) -> list[Array | None]:
        """What each of these makes of a step; None where it cannot be made, or does not fit."""
        replay = self._replay
        runs = [self._begun(replacements) for replacements in tries]
        with np.errstate(all="ignore"):
            for place, (step, operands) in enumerate(replay.steps):
                waiting = []
                for run in runs:
                    if run.failed or place < run.start:
                        continue
                    if step.name in run.wrong:
                        scene = scene_at(replay.problem, replay.plan, step, run.known)
                        run.note(step, run.wrong[step.name].make(scene))
                    elif step.name not in run.known or not run.changed.isdisjoint(operands):
                        waiting.append(run)
                self._apply(step, operands, waiting)
        for replacements, run in zip(tries, runs, strict=True):
            self._keep(replacements, run)
        return [None if run.failed else run.known[target] for run in runs]

    def _begun(self, replacements: tuple[Replacement, ...]) -> _Run:
        wrong = {name: r.mistake for r in replacements for name in r.steps}
        *before, last = sorted(replacements, key=lambda r: self._places[r.steps[0]])
        known = self._kept.get(_key(before[0])) if before else None
        if known is None:
            return _Run(dict(self._replay.right), wrong, 0)
        return _Run(dict(known), wrong, self._places[last.steps[0]])

    def _keep(self, replacements: tuple[Replacement, ...], run: _Run) -> None:
        """Keep the run of one replacement, while there is room."""
        if len(replacements) == 1 and not run.failed and self._room > 0:
            self._room -= sum(run.known[name].size for name in run.changed)
            self._kept[_key(replacements[0])] = run.known

    def _apply(self, step: Step, operands: tuple[str, ...], runs: Sequence[_Run]) -> None:
        """Apply a step in each run: in one call where its matrices have the shapes of the right."""
        right, given = self._replay.right, self._replay.given
        hidden = [name for name in operands if name not in given]
        alike: list[_Run] = []
        others: list[_Run] = []
        if len(runs) > 1 and self._can_stack(step, operands):
            kinds = [(name, right[name].shape, right[name].dtype) for name in hidden]
            for run in runs:
                (alike if run.has(kinds) else others).append(run)
        else:
            others += runs
        if alike:
            stacked = {name: np.stack([run.known[name] for run in alike]) for name in hidden}
            made = step.operation.apply(*(stacked.get(name, right[name]) for name in operands))
            for run, result in zip(alike, made, strict=True):
                run.note(step, result)
        for run in others:
            run.note(step, applied(step, operands, run.known))

    def _can_stack(self, step: Step, operands: tuple[str, ...]) -> bool:
        """Whether a step does to each of a stack what it does to one: tried once, on two."""
        if step.name not in self._stacks:
            given, right = self._replay.given, self._replay.right
            one = {name: right[name] for name in operands if name in right}
            other = {n: m if n in given else np.flip(m) for n, m in one.items()}
            both = {n: m if n in given else np.stack((m, other[n])) for n, m in one.items()}
            alone = [applied(step, operands, known) for known in (one, other)]
            self._stacks[step.name] = _is_stack(applied(step, operands, both), alone)
        return self._stacks[step.name]


class _Run:
    """A run on its way: its matrices so far, and which of them are not right."""

    def __init__(self, known: dict[str, Array], wrong: Mapping[str, Mistake], start: int) -> None:
        self.known, self.wrong, self.start = known, wrong, start
        self.changed: set[str] = set()
        self.failed = False

    def note(self, step: Step, result: Array | None) -> None:
        """What a step gave; None where it failed."""
        if result is None:
            self.failed = True
        else:
            self.known[step.name] = result
            self.changed.add(step.name)

    def has(self, kinds: Sequence[tuple[str, tuple[int, ...], object]]) -> bool:
        """Whether the matrices of these names have these shapes and dtypes."""
        known = self.known
        return all(known[name].shape == s and known[name].dtype == d for name, s, d in kinds)


def _key(replacement: Replacement) -> object:
    """What tells replacements apart, quicker than all their words."""
    return replacement.mistake.name, replacement.steps


def _is_stack(together: Array | None, alone: Sequence[Array | None]) -> bool:
    """Whether matrices that were made together are those that were made alone."""
    return together is not None and all(
        mine is not None
        and together.shape == (len(alone), *mine.shape)
        and np.allclose(together[number], mine, equal_nan=True)
        for number, mine in enumerate(alone)
    )
