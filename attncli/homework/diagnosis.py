"""Which mistake explains a wrong matrix: the plan is run again with operations replaced.

Between the answer's own matrices and a wrong one lie the steps that the answer does not show. Each
mistake of the catalogue is tried at each of them, then every pair; what gives the answer's numbers,
to the digits as written and not by chance, is a diagnosis.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from itertools import combinations
from math import log10

import numpy as np
from numpy.typing import NDArray

from attncli.calculation.given import in_words
from attncli.calculation.layouts import Array
from attncli.calculation.plan import Plan, Step
from attncli.homework.answers import Answered
from attncli.homework.catalogue import Mistake, scene_at
from attncli.homework.checking import Judge, Judged
from attncli.homework.mistakes import MISTAKES
from attncli.homework.tolerance import Numbers, near
from attncli.records import record

ROUGH_CELLS = 3  # that a mistake must account for where they agree only roughly
SECONDS = 1.8  # how long one wrong step may be searched for
DIGITS_OF_INFINITY = 1.0  # what an infinity or NaN in the right place says
MOST_DECIMALS = 4  # of a matrix that was rounded too early


@record(frozen=True)
class Replacement:
    """A mistake at the steps of these names."""

    mistake: Mistake
    steps: tuple[str, ...]


@record(frozen=True)
class Explanation:
    """What explains a wrong matrix: one replacement or two, the cells that agree, and the result.

    `is_rough` says that the cells agree only to 2 units of their last place: rounded on the way.
    """

    replacements: tuple[Replacement, ...]
    agreeing: int
    result: Numbers
    is_rough: bool

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(replacement.mistake.name for replacement in self.replacements)


@record(frozen=True)
class RoundedEarly:
    """The method is right, but a matrix was rounded before it was used."""

    name: str
    decimals: int


@record(frozen=True)
class Diagnosis:
    """All that explains a wrong step, the likeliest first.

    `decider` is the step that would tell the explanations apart, where one would; `is_cut` says
    that the time was up before all pairs had been tried.
    """

    explanations: tuple[Explanation, ...] = ()
    rounded: RoundedEarly | None = None
    decider: str | None = None
    is_cut: bool = False


def diagnose(judge: Judge, judged: Judged) -> Diagnosis:
    """What explains a step that is wrong, or whose shape is."""
    if judged.answered is None:
        return Diagnosis()
    search = _Search(judge, judged, judged.answered)
    rounded = search.rounded_early()
    if rounded:
        return Diagnosis(rounded=rounded)
    explanations, is_cut = search.explanations()
    return Diagnosis(tuple(explanations), None, search.decider(explanations), is_cut)


class _Search:
    """Runs the hidden steps before a wrong one again and again, with replacements."""

    def __init__(self, judge: Judge, judged: Judged, answered: Answered) -> None:
        self.problem, self.plan = judge.problem, judge.trace.plan
        self.judged, self.answered = judged, answered
        self.hidden = hidden_steps(self.plan, judged.step, set(judge.answer))
        values = np.nan_to_num(answered.values, posinf=0, neginf=0)
        self.distance = judge.tolerance.allowed(answered, values)
        self.tried = 0
        self.reach = 1.0  # half units of the last place that a result may be off
        # The answer may have gone on from what it had before rounding, or from what it wrote.
        names = {step.name for step in self.hidden}
        self.bases = [
            {name: matrix for name, matrix in known.items() if name not in names}
            for known in (judge.exact, judge.own)
        ]

    def run(
        self, replacements: tuple[Replacement, ...], base: Mapping[str, Array]
    ) -> dict[str, Array] | None:
        """The hidden steps with these operations replaced; None where one cannot be."""
        wrong = {name: r.mistake for r in replacements for name in r.steps}
        known = dict(base)
        with np.errstate(all="ignore"):
            for step in self.hidden:
                scene = scene_at(self.problem, self.plan, step, known)
                try:
                    result = wrong[step.name].make(scene) if step.name in wrong else scene.right()
                except ValueError:
                    return None
                if result is None:
                    return None
                known[step.name] = result
        return known

    def fits(self, result: Numbers) -> bool:
        """Whether every cell that was answered is that of a result, to the digits as written."""
        values = self.answered.values
        if result.shape != values.shape:
            return False
        return bool((self._near(result, values) | self.answered.blank).all())

    def _near(self, result: Numbers, values: Numbers) -> NDArray[np.bool_]:
        return near(values, result, self.reach * self.distance)

    def explains(self, result: Numbers, replaced: int) -> int:
        """How many cells a result of so many replacements accounts for; 0 if it fails one.

        A match of few digits may be chance: the cells that the right result does not account for
        must say more than the number of tries.
        """
        if not self.fits(result):
            return 0
        answered = self.answered
        target = self.judged.target
        if target.shape != result.shape:
            told = ~answered.blank
        else:
            told = ~self._near(result, target) & ~answered.blank
        finite = result[np.isfinite(result)]
        spread = float(np.ptp(finite)) if finite.size else 0.0
        unit = float(2 * self.reach * self.distance.max())
        digits = log10(max(spread / unit, 2)) * int((told & np.isfinite(result)).sum())
        digits += DIGITS_OF_INFINITY * int((told & ~np.isfinite(result)).sum())
        if self.reach > 1 and int(told.sum()) < ROUGH_CELLS:
            return 0
        needed = self.reach + 2 * (replaced - 1) + log10(self.tried + 1)
        return int((~answered.blank).sum()) if digits > needed else 0

    def explanations(self) -> tuple[list[Explanation], bool]:
        """Every single replacement that explains the answer; where none does, every pair."""
        deadline = time.monotonic() + SECONDS
        known = self.run((), self.bases[0])
        makeable = [single for single in self._singles() if known and self._can_make(single, known)]
        tried = [*makeable, *self._everywhere(makeable)]
        singles = [single for single in tried if self.run((single,), self.bases[0]) is not None]
        for reach in (1.0, 4.0):
            self.reach = reach
            found = [e for one in singles if (e := self._explanation((one,)))]
            if found:
                return _likeliest(found), False
        self.reach = 1.0
        for pair in combinations(singles, 2):
            if time.monotonic() > deadline:
                return _likeliest(found), True
            if not set(pair[0].steps) & set(pair[1].steps) and (e := self._explanation(pair)):
                found.append(e)
        return _likeliest(found), False

    def _singles(self) -> Iterator[Replacement]:
        """Each mistake at each hidden step, in the order of the calculation."""
        for step in self.hidden:
            for mistake in MISTAKES.values():
                if isinstance(step.operation, mistake.replaces):
                    yield Replacement(mistake, (step.name,))

    def _can_make(self, single: Replacement, known: Mapping[str, Array]) -> bool:
        """Whether a mistake can be made at its step, where all before it is right."""
        step = next(step for step in self.hidden if step.name in single.steps)
        with np.errstate(all="ignore"):
            scene = scene_at(self.problem, self.plan, step, known)
            return single.mistake.make(scene) is not None

    def _everywhere(self, singles: list[Replacement]) -> list[Replacement]:
        """Whoever makes a mistake at one step may make it at every step where it can be made."""
        places: dict[str, list[Replacement]] = {}
        for single in singles:
            places.setdefault(single.mistake.name, []).append(single)
        return [
            Replacement(group[0].mistake, tuple(name for one in group for name in one.steps))
            for group in places.values()
            if len(group) > 1
        ]

    def _explanation(self, replacements: tuple[Replacement, ...]) -> Explanation | None:
        self.tried += 1
        for base in self.bases:
            known = self.run(replacements, base)
            if known is not None:
                result = np.asarray(known[self.judged.name], dtype=np.float64)
                agreeing = self.explains(result, len(replacements))
                if agreeing:
                    return Explanation(replacements, agreeing, result, self.reach > 1)
        return None

    def rounded_early(self) -> RoundedEarly | None:
        """Whether rounding a matrix on the way, and nothing else, gives the answer."""
        hidden = [step.name for step in self.hidden[:-1]]
        used = [name for name in self.judged.step.operation.operands if name in self.bases[1]]
        every = [tuple(hidden)] if len(hidden) > 1 else []
        for names in (*every, *((name,) for name in (*hidden, *used))):
            for decimals in range(MOST_DECIMALS, 0, -1):
                result = self._run_rounding(names, decimals)
                if result is not None and self.fits(result):
                    return RoundedEarly(in_words(names), decimals)
        return None

    def _run_rounding(self, names: tuple[str, ...], decimals: int) -> Numbers | None:
        known = dict(self.bases[1])
        for name in names:
            if name in known and known[name].dtype.kind == "f":
                known[name] = np.round(known[name], decimals)
        with np.errstate(all="ignore"):
            for step in self.hidden:
                try:
                    result = scene_at(self.problem, self.plan, step, known).right()
                except ValueError:
                    return None
                known[step.name] = np.round(result, decimals) if step.name in names else result
        return np.asarray(known[self.judged.step.name], dtype=np.float64)

    def decider(self, explanations: list[Explanation]) -> str | None:
        """The first hidden step at which the explanations would differ."""
        runs = [self.run(e.replacements, self.bases[0]) for e in explanations]
        known = [run for run in runs if run is not None]
        for step in self.hidden[:-1]:
            matrices = [np.asarray(run[step.name], dtype=np.float64) for run in known]
            first = matrices[0] if matrices else None
            if first is not None and any(
                m.shape != first.shape or not near(m, first, np.full(first.shape, 1e-9)).all()
                for m in matrices
            ):
                return step.name
        return None


def _rank(explanation: Explanation) -> tuple[int, int]:
    """The fewer places the likelier; then the catalogue's order, which is the calculation's."""
    places = sum(len(replacement.steps) for replacement in explanation.replacements)
    return places, list(MISTAKES).index(explanation.names[0])


def _likeliest(found: list[Explanation]) -> list[Explanation]:
    """The likeliest first; of the same mistakes at other steps, the likeliest alone."""
    by_names: dict[tuple[str, ...], Explanation] = {}
    for explanation in sorted(found, key=_rank):
        by_names.setdefault(explanation.names, explanation)
    return list(by_names.values())


def hidden_steps(plan: Plan, target: Step, given: set[str]) -> tuple[Step, ...]:
    """The steps that lead to a target and that an answer does not show, the target last."""
    needed = set(target.operation.operands)
    found = [target]
    for step in reversed(plan.steps):
        if step.name in needed - given and step.name != target.name:
            found.append(step)
            needed.update(step.operation.operands)
    return tuple(reversed(found))
