"""Find the mistake that explains a wrong matrix: run the plan again with operations replaced.

Between the earlier matrices of the answer and a wrong one are the steps that the answer does not
show. Each mistake of the catalogue is tried at each of these steps, then every pair of mistakes. A
try that gives the numbers of the answer, to the digits as written and not by chance, explains them.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from itertools import islice, pairwise
from math import log10

import numpy as np

from attncli.calculation.algebra.layouts import Array
from attncli.calculation.algebra.operation import Operation
from attncli.homework.answers.answer import AnswerMatrix
from attncli.homework.answers.tolerance import Numbers, near
from attncli.homework.diagnosis.diagnosis import Diagnosis, Explanation, RoundedEarly
from attncli.homework.diagnosis.replacements import Replacement, in_order, pairs
from attncli.homework.diagnosis.runs import Runs, hidden_steps
from attncli.homework.judging.judge import Judge, Judgement
from attncli.homework.mistakes.catalogue import MISTAKES
from attncli.homework.mistakes.mistake import Mistake
from attncli.records import record
from attncli.words import in_words

ROUGH_CELLS = 3  # the fewest wrong cells that a mistake must explain if they agree only roughly
EXACTLY, ROUGHLY = 1.0, 4.0  # the largest error, in half units of the last place
MOST_PAIRS = 2**13  # the largest number of pairs that are tried
SECONDS = 1.8  # after this time, no further rounding and no pair of mistakes is tried
SECONDS_OF_SINGLES = 5.0  # after this time, no single mistake is tried: a stack has thousands
DIGITS_OF_INFINITY = 1.0  # the evidence of an infinity or NaN in the right place, in digits
MOST_DECIMALS = 4  # the most decimals of a matrix that was rounded too early
MOST_AT_ONCE = 256  # the most runs that are made together
NUMBERS_AT_ONCE = 2**20  # the most numbers in all their matrices
LAST_BITS = 100  # stacked runs may differ by this many times the usual rounding error


@record(frozen=True)
class Trial:
    """Replacements, whether they change anything, and the results that may equal the answer."""

    replacements: tuple[Replacement, ...]
    changes: bool
    results: Sequence[Numbers]


def diagnose(judge: Judge, judged: Judgement) -> Diagnosis:
    """Return the cause of a step that is wrong, or has a wrong shape."""
    if judged.answered is None:
        return Diagnosis()
    search = _Search(judge, judged, judged.answered)
    rounded = search.rounded_early()
    if rounded:
        return Diagnosis(rounded=rounded)
    explanations, is_cut = search.explanations()
    return Diagnosis(tuple(explanations), None, search.decider(explanations), is_cut)


class _Search:
    """Tries mistakes at the hidden steps, and finds those that explain a wrong step."""

    def __init__(self, judge: Judge, judged: Judgement, answered: AnswerMatrix) -> None:
        self.start = time.monotonic()
        self.problem, self.tolerance = judge.problem, judge.tolerance
        self.judged, self.answered = judged, answered
        values = np.nan_to_num(answered.values, posinf=0, neginf=0)
        self.distance = judge.tolerance.allowed_distance(answered, values)
        # The answer may have continued with numbers before rounding, or with the numbers it wrote.
        plan = judge.trace.plan
        self.hidden = hidden_steps(plan, judged.step, judge.answer)
        self.exact = Runs(judge.problem, plan, self.hidden, judge.exact)
        self.own = Runs(judge.problem, plan, self.hidden, judge.own)
        self.both = [self.exact] if self.exact.begin_like(self.own) else [self.exact, self.own]
        right = self.exact.right.get(judged.name)
        self.right = None if right is None else _numbers(right)

    def rounded_early(self) -> RoundedEarly | None:
        """Return the matrix whose early rounding alone gives the answer; None if none does."""
        hidden = [step.name for step in self.hidden[:-1]]
        used = [name for name in self.judged.step.operation.operands if name in self.own.given]
        every = [tuple(hidden)] if len(hidden) > 1 else []
        for names in (*every, *((name,) for name in (*hidden, *used))):
            if time.monotonic() > self.start + SECONDS:
                break
            for decimals in range(MOST_DECIMALS, 0, -1):
                known = self.own.run_rounding(names, decimals)
                if known and self._fits(_numbers(known[self.judged.name]), EXACTLY):
                    return RoundedEarly(in_words(names), decimals)
        return None

    def explanations(self) -> tuple[list[Explanation], bool]:
        """Return every single replacement that explains the answer; if none does, every pair.

        The second value is True if the time was up before all had been tried.
        """
        singles = in_order(self.problem, list(self._singles()))
        changing: list[Replacement] = []
        found: list[Explanation] = []
        rough: list[Explanation] = []
        every = self._try([(single,) for single in singles], ROUGHLY)
        for number, trial in enumerate(every, 1):
            if time.monotonic() > self.start + SECONDS_OF_SINGLES:
                return _likeliest(found or rough), True
            if trial.changes:
                changing += trial.replacements
            found += self._explained(trial, EXACTLY, number)
            rough += self._explained(trial, ROUGHLY, len(singles) + number)
        if found or rough:
            return _likeliest(found or rough), False
        for number, trial in enumerate(self._try(pairs(changing), EXACTLY)):
            if number == MOST_PAIRS or time.monotonic() > self.start + SECONDS:
                return _likeliest(found), True
            found += self._explained(trial, EXACTLY, 2 * len(singles) + 1 + number)
        return _likeliest(found), False

    def decider(self, explanations: list[Explanation]) -> str | None:
        """Return the first hidden step at which the explanations differ; None if they never do."""
        runs = [self.exact.run(explanation.replacements) for explanation in explanations]
        for step in self.hidden[:-1]:
            matrices = [_numbers(known[step.name]) for known in runs if known]
            for one, other in pairwise(matrices):
                if one.shape != other.shape or not np.allclose(one, other, 0, 1e-9, equal_nan=True):
                    return step.name
        return None

    def _singles(self) -> Iterator[Replacement]:
        """Each mistake at each hidden step where it can be made, in the order of the steps."""
        for step in self.hidden:
            scene = self.exact.scene(step)
            with np.errstate(all="ignore"):
                for mistake in _mistakes_in(type(step.operation)):
                    if mistake.make(scene) is not None:
                        yield Replacement(mistake, (step.name,))

    def _try(self, tries: Iterable[tuple[Replacement, ...]], reach: float) -> Iterator[Trial]:
        """Try each of these, many at once; try it alone, to the last bit, if that may matter.

        `reach` is the largest error of an explanation, in half units of the last place.
        """
        right = self.exact.right
        size = sum(right[step.name].size for step in self.hidden if step.name in right)
        at_once = max(1, min(MOST_AT_ONCE, NUMBERS_AT_ONCE // max(1, size)))
        left = iter(tries)
        while some := list(islice(left, at_once)):
            together = [runs.run_together(some) for runs in self.both]
            matter = {n for results in together for n in self._mattering(results, reach)}
            for number, replacements in enumerate(some):
                if number in matter:
                    yield self._try_alone(replacements)
                else:
                    is_made = any(results[number] is not None for results in together)
                    yield Trial(replacements, is_made, ())

    def _mattering(self, results: Sequence[Array | None], reach: float) -> Iterator[int]:
        """The indices of results that equal the answer, or the right result, up to a few bits."""
        answered = self.answered
        targets = [(answered.values, reach * self.distance, answered.blank)]
        if self.right is not None:
            targets.append((self.right, np.zeros(()), np.zeros((), dtype=np.bool_)))
        for target, distance, blank in targets:
            places = [n for n, r in enumerate(results) if r is not None and r.shape == target.shape]
            if places:
                stacked = np.array([results[place] for place in places], dtype=np.float64)
                bits = LAST_BITS * self.tolerance.roundoff(answered, target)
                cells = near(stacked, target, distance + bits) | blank
                yield from np.array(places)[cells.reshape(len(places), -1).all(axis=1)].tolist()

    def _try_alone(self, replacements: tuple[Replacement, ...]) -> Trial:
        """Try these from the exact matrices and from the matrices as written."""
        runs = (runs.run(replacements) for runs in self.both)
        results = [_numbers(known[self.judged.name]) for known in runs if known is not None]
        right = self.right
        changes = [right is None or not np.array_equal(r, right, equal_nan=True) for r in results]
        return Trial(replacements, any(changes), results)

    def _explained(self, trial: Trial, reach: float, number: int) -> list[Explanation]:
        """The explanation by the first result that explains the answer; empty if none does."""
        for result in trial.results:
            if self._explains(result, reach, len(trial.replacements), number):
                agreeing = int((~self.answered.blank).sum())
                return [Explanation(trial.replacements, agreeing, result, reach > EXACTLY)]
        return []

    def _explains(self, result: Numbers, reach: float, replaced: int, tried: int) -> bool:
        """True if a result agrees with the answer, and not by chance.

        `replaced` is the number of replacements, and `tried` the number of tries so far. A few
        digits may agree by chance: the digits of the cells that the right result does not explain
        must outweigh the number of tries.
        """
        if not self._fits(result, reach):
            return False
        target = self.judged.target
        telling = ~self.answered.blank
        if target.shape == result.shape:
            telling &= ~near(result, target, reach * self.distance)
        if reach > EXACTLY and int(telling.sum()) < ROUGH_CELLS:
            return False
        numbers = np.concatenate((result.ravel(), target.ravel()))
        finite = numbers[np.isfinite(numbers)]
        spread = float(np.ptp(finite)) if finite.size else 0.0
        unit = float(2 * reach * self.distance.max())
        digits = log10(max(spread / unit, 2)) * int((telling & np.isfinite(result)).sum())
        digits += DIGITS_OF_INFINITY * int((telling & ~np.isfinite(result)).sum())
        return digits > reach + 2 * (replaced - 1) + log10(tried + 1)

    def _fits(self, result: Numbers, reach: float) -> bool:
        """True if every answered cell equals the cell of a result, to the digits as written.

        `reach` is the largest error that is allowed, in half units of the last place.
        """
        values = self.answered.values
        return result.shape == values.shape and bool(
            (near(values, result, reach * self.distance) | self.answered.blank).all()
        )


@cache
def _mistakes_in(kind: type[Operation]) -> list[Mistake]:
    """The mistakes that may be made in place of an operation of this kind."""
    return [mistake for mistake in MISTAKES.values() if issubclass(kind, mistake.replaces)]


def _numbers(matrix: Array) -> Numbers:
    """A matrix in the precision of answers."""
    return np.asarray(matrix, dtype=np.float64)


def _likeliest(found: list[Explanation]) -> list[Explanation]:
    """Sort the likeliest first; of the same mistakes at several steps, keep only the likeliest."""
    by_names: dict[tuple[str, ...], Explanation] = {}
    for explanation in sorted(found, key=_rank):
        by_names.setdefault(explanation.names, explanation)
    return list(by_names.values())


def _rank(explanation: Explanation) -> tuple[int, int, int]:
    """The sort key: fewer sublayers are likelier, then an earlier place in the catalogue.

    Within a sublayer, a mistake is made wherever it can be: a cache is forgotten for keys, values
    and mask. Of one mistake, fewer steps are likelier.
    """
    steps = [replacement.steps for replacement in explanation.replacements]
    sublayers = sum(len({name.rpartition(".")[0] for name in names}) for names in steps)
    return sublayers, list(MISTAKES).index(explanation.names[0]), sum(map(len, steps))
