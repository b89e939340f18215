"""Which mistake explains a wrong matrix: the plan is run again with operations replaced.

Between the answer's own matrices and a wrong one lie the steps that the answer does not show. Each
mistake of the catalogue is tried at each of them, then every pair; what gives the answer's numbers,
to the digits as written and not by chance, is a diagnosis.
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

ROUGH_CELLS = 3  # that a mistake must account for where they agree only roughly
EXACTLY, ROUGHLY = 1.0, 4.0  # half units of the last place that a result may be off
MOST_PAIRS = 2**13  # of mistakes that are tried, those that are made at many steps first
SECONDS = 1.8  # of searching after which no further rounding, and no pair of mistakes, is tried
SECONDS_OF_SINGLES = 5.0  # and no single one: in a stack of layers there are thousands
DIGITS_OF_INFINITY = 1.0  # what an infinity or NaN in the right place says
MOST_DECIMALS = 4  # of a matrix that was rounded too early
MOST_AT_ONCE = 256  # runs that are made together
NUMBERS_AT_ONCE = 2**20  # and the numbers in all their matrices
LAST_BITS = 100  # times as far off as the last bits usually are


@record(frozen=True)
class Trial:
    """Replacements; whether they change anything; and the results that may be the answer's."""

    replacements: tuple[Replacement, ...]
    changes: bool
    results: Sequence[Numbers]


def diagnose(judge: Judge, judged: Judgement) -> Diagnosis:
    """The cause of a step that is wrong, or whose shape is."""
    if judged.answered is None:
        return Diagnosis()
    search = _Search(judge, judged, judged.answered)
    rounded = search.rounded_early()
    if rounded:
        return Diagnosis(rounded=rounded)
    explanations, is_cut = search.explanations()
    return Diagnosis(tuple(explanations), None, search.decider(explanations), is_cut)


class _Search:
    """Chooses what to try at the hidden steps before a wrong one, and judges what explains it."""

    def __init__(self, judge: Judge, judged: Judgement, answered: AnswerMatrix) -> None:
        self.start = time.monotonic()
        self.problem, self.tolerance = judge.problem, judge.tolerance
        self.judged, self.answered = judged, answered
        values = np.nan_to_num(answered.values, posinf=0, neginf=0)
        self.distance = judge.tolerance.allowed_distance(answered, values)
        # The answer may have gone on from what it had before rounding, or from what it wrote.
        plan = judge.trace.plan
        self.hidden = hidden_steps(plan, judged.step, judge.answer)
        self.exact = Runs(judge.problem, plan, self.hidden, judge.exact)
        self.own = Runs(judge.problem, plan, self.hidden, judge.own)
        self.both = [self.exact] if self.exact.begin_like(self.own) else [self.exact, self.own]
        right = self.exact.right.get(judged.name)
        self.right = None if right is None else _numbers(right)

    def rounded_early(self) -> RoundedEarly | None:
        """The matrix on the way whose rounding, and nothing else, gives the answer."""
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
        """Every single replacement that explains the answer; where none does, every pair.

        The second value says whether the time was up before all had been tried.
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
        """The first hidden step at which the explanations would differ."""
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
        """Each of these tried: many at once, and alone, to the last bit, where that may matter.

        `reach` is how many half units of the last place an explanation is off at most.
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
        """The places of the results that are the answer or the right one, but for a few bits."""
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
        """These tried from what was exact and from what was written."""
        runs = (runs.run(replacements) for runs in self.both)
        results = [_numbers(known[self.judged.name]) for known in runs if known is not None]
        right = self.right
        changes = [right is None or not np.array_equal(r, right, equal_nan=True) for r in results]
        return Trial(replacements, any(changes), results)

    def _explained(self, trial: Trial, reach: float, number: int) -> list[Explanation]:
        """The explanation by the first of the results that explains the answer; none otherwise."""
        for result in trial.results:
            if self._explains(result, reach, len(trial.replacements), number):
                agreeing = int((~self.answered.blank).sum())
                return [Explanation(trial.replacements, agreeing, result, reach > EXACTLY)]
        return []

    def _explains(self, result: Numbers, reach: float, replaced: int, tried: int) -> bool:
        """True where a result of so many replacements agrees with the answer, and not by chance.

        Few digits may agree by chance: the cells that the right result does not explain must say
        more than the number of tries.
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
        """True where every cell that was answered is that of a result, to the digits as written.

        `reach` is how many half units of the last place it may be off.
        """
        values = self.answered.values
        return result.shape == values.shape and bool(
            (near(values, result, reach * self.distance) | self.answered.blank).all()
        )


@cache
def _mistakes_in(kind: type[Operation]) -> list[Mistake]:
    """The mistakes that may be made in place of such an operation."""
    return [mistake for mistake in MISTAKES.values() if issubclass(kind, mistake.replaces)]


def _numbers(matrix: Array) -> Numbers:
    """A matrix in the precision of answers."""
    return np.asarray(matrix, dtype=np.float64)


def _likeliest(found: list[Explanation]) -> list[Explanation]:
    """The likeliest first; of the same mistakes at other steps, the likeliest alone."""
    by_names: dict[tuple[str, ...], Explanation] = {}
    for explanation in sorted(found, key=_rank):
        by_names.setdefault(explanation.names, explanation)
    return list(by_names.values())


def _rank(explanation: Explanation) -> tuple[int, int, int]:
    """The fewer sublayers the likelier; then the catalogue's order, which is the calculation's.

    Within a sublayer a mistake is made wherever it can be: a cache is forgotten for keys, values
    and mask. Of one mistake the fewer steps are the likelier.
    """
    steps = [replacement.steps for replacement in explanation.replacements]
    sublayers = sum(len({name.rpartition(".")[0] for name in names}) for names in steps)
    return sublayers, list(MISTAKES).index(explanation.names[0]), sum(map(len, steps))
