"""Find the mistakes that explain a wrong matrix: run the plan again with operations replaced.

Between the earlier matrices of the answer and a wrong one are the steps that the answer does not
show. Each mistake of the catalogue is tried at each of these steps, then pairs of mistakes, on
several courses: with the numbers before rounding, with the numbers as written, and with hidden
steps rounded on the way. A try that gives the numbers of the answer, and not by chance, explains
them. The work is limited by counts alone, so that a verdict depends on no clock.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from itertools import islice, pairwise, zip_longest
from math import log10
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from attncli.calculation.algebra.layouts import Array
from attncli.homework.answers.answer import AnswerMatrix
from attncli.homework.answers.comparing import COARSEST, HIDDEN_BELOW, Manner, spread
from attncli.homework.answers.tolerance import Numbers, near
from attncli.homework.diagnosis.diagnosis import Explanation
from attncli.homework.diagnosis.habits import Habit
from attncli.homework.diagnosis.replacements import Replacement, pairs
from attncli.homework.diagnosis.runs import Known, Runs, runs_from
from attncli.homework.judging.trail import Judgement, Trail, hidden_steps
from attncli.homework.mistakes.catalogue import MISTAKES
from attncli.records import record

if TYPE_CHECKING:
    from numpy.typing import NDArray

ROUGH_CELLS = 3  # the fewest wrong cells that a mistake must explain if they agree only roughly
EXACTLY, ROUGHLY = 1.0, 4.0  # the largest error, in half units of the last place
STEPS_OF_PAIRS = 24_000  # the largest number of steps that the pairs for one matrix run
WIDEST = 100  # the number of these pairs that are made at the most steps
PART_UNDER_HABIT = 3  # the part of the pairs that is tried under each habit of rounding
MOST_SLIPS = 2  # the most cells that a mistake need not explain
FEWEST_CELLS = 6  # the fewest cells of which one may be a slip beside a mistake
DIGITS_OF_SLIP = 3.0  # the evidence that a slip beside a mistake costs
MOST_NUMBERS = 2**20  # the largest number of numbers that pairs calculate
DIGITS_OF_INFINITY = 1.0  # the evidence of an infinity or NaN in the right place, in digits
DIGITS_OF_PATTERN = 0.3  # the evidence of each cell in a pattern of hidden cells: one bit
MOST_AT_ONCE = 256  # the most runs that are made together
NUMBERS_AT_ONCE = 2**20  # the most numbers in all their matrices
FARTHEST = 0.35  # the largest error by rounding on the way, as a share of the numbers
LOW = -90.0  # people fill in −99, −1e4 or −1e9, and scores are not as low
WHOLE = 0.1  # the unit of whole numbers, which rarely agree by chance
TINY, FAR = 1e-9, 1e6  # bounds of numbers in the choice of pairs
LAST_BITS = 100  # stacked runs may differ by this many times the usual rounding error


Pair: TypeAlias = tuple[Replacement, Replacement]


@record(frozen=True)
class Trial:
    """Replacements, whether they change anything, and the results that may equal the answer."""

    replacements: tuple[Replacement, ...]
    changes: bool
    results: Sequence[Numbers]
    first: Numbers | None = None


class Search:
    """Tries mistakes at the hidden steps, and finds those that explain a wrong step."""

    def __init__(self, trail: Trail, judged: Judgement, answered: AnswerMatrix) -> None:
        self.trail, self.problem, self.plan = trail, trail.problem, trail.plan
        self.judged, self.answered = judged, answered
        finite = np.nan_to_num(answered.values, posinf=0, neginf=0)
        noise = trail.noise_of(judged.step, answered)
        self.distance = trail.tolerance.allowed(answered, finite) + noise
        if trail.tolerance.by_digits:  # whole numbers must be equal
            whole = trail.tolerance.of_whole_numbers + 1e-9
            self.distance = np.where(answered.decimals <= 0, whole, self.distance)
        self.hidden = hidden_steps(self.plan, judged.step, trail.answer)
        self.exact = runs_from(self.problem, trail.trace, self.hidden, trail.exact)
        self.own = Runs(self.problem, self.plan, self.hidden, trail.own)
        self.changing: list[Replacement] = []
        self.effects: dict[object, Numbers] = {}
        self.tried = 0
        self.values = _with_infinities(judged, answered)
        right = self.exact.right.get(judged.name)
        self.right = None if right is None else _numbers(right)

    @cached_property
    def plain(self) -> list[Runs]:
        """The courses without rounding on the way: they go on from exact or from own numbers."""
        return [self.exact] if self.exact.begin_like(self.own) else [self.exact, self.own]

    @cached_property
    def reach(self) -> Numbers:
        """How far rounding in all steps before it may move each cell of the wrong step."""
        return self.trail.rounding_reach(self.judged.step, self.answered)

    def under(self, habit: Habit) -> Runs:
        """The course that goes on from own numbers, and rounds hidden steps by a habit."""
        return Runs(self.problem, self.plan, self.hidden, self.trail.own, habit)

    def fits_under(self, habit: Habit) -> bool:
        """True if the right method gives the numbers of the answer under a habit."""
        result = self.under(habit).right.get(self.judged.name)
        return result is not None and self._fits(_numbers(result), EXACTLY)

    def fits_with_rounded(self, names: Sequence[str], habit: Habit) -> bool:
        """True if the right method gives the numbers for given matrices rounded by a habit."""
        known = dict(self.trail.own)
        for name in names:
            if known[name].dtype.kind == "f":
                known[name] = habit(name, known[name])
        runs = Runs(self.problem, self.plan, self.hidden, known)
        result = runs.right.get(self.judged.name)
        return result is not None and self._fits(_numbers(result), EXACTLY)

    def fits_with(self, replacement: Replacement) -> bool:
        """True if a replacement gives the numbers of the answer on one of the plain courses."""
        runs = (course.run([replacement]) for course in self.plain)
        return any(
            known and self._fits(_numbers(known[self.judged.name]), EXACTLY) for known in runs
        )

    def by_singles(self, courses: Sequence[Runs], habit: Habit | None = None) -> list[Explanation]:
        """Return every single replacement that explains the answer on one of the courses."""
        return self.by([(single,) for single in self.exact.singles], courses, habit)

    def by(
        self,
        tries: Sequence[tuple[Replacement, ...]],
        courses: Sequence[Runs],
        habit: Habit | None = None,
    ) -> list[Explanation]:
        """Return the tries that explain the answer; if none does, those that do so roughly."""
        found: list[Explanation] = []
        rough: list[Explanation] = []
        is_first = not self.changing
        for trial in self._try(tries, courses, ROUGHLY):
            self.tried += 1
            if trial.changes and is_first:
                self.changing += trial.replacements
                self._remember(trial)
            found += self._explained(trial, EXACTLY, self.tried, habit)
            if habit is None:
                rough += self._explained(trial, ROUGHLY, len(tries) + self.tried, habit)
        return likeliest(found or rough)

    def _remember(self, trial: Trial) -> None:
        """Keep the difference that a single mistake makes, to choose pairs by."""
        right, first = self.right, trial.first
        if right is not None and first is not None and first.shape == right.shape:
            with np.errstate(invalid="ignore"):
                self.effects[trial.replacements[0].key] = first - right

    def with_slips(self, courses: Sequence[Runs]) -> list[Explanation]:
        """Return the single replacements that explain the answer but for one or two cells."""
        found: list[Explanation] = []
        cells = int((~self.answered.blank).sum())
        most = MOST_SLIPS if cells >= FEWEST_CELLS * MOST_SLIPS else 1
        if cells < FEWEST_CELLS:
            return []
        tries = [(single,) for single in self.exact.singles]
        for trial in self._try(tries, courses, EXACTLY, most):
            for result in trial.results:
                off = self._off(result)
                if off is not None and 0 < len(off) <= most and self._outweighs(result, off):
                    agreeing = cells - len(off)
                    found.append(Explanation(trial.replacements, agreeing, result, slips=off))
                    break
        return likeliest(found)

    def _off(self, result: Numbers) -> tuple[tuple[int, ...], ...] | None:
        """The cells that do not agree with a result; None if its shape is another one."""
        if result.shape != self.values.shape:
            return None
        agrees = near(self.values, result, self.distance) | self.answered.blank
        return tuple(tuple(map(int, index)) for index in np.argwhere(~agrees))

    def _outweighs(self, result: Numbers, off: Sequence[tuple[int, ...]]) -> bool:
        """True if the cells that a result explains say more than the cells that it does not."""
        digits = self._digits(result, EXACTLY, off)
        return digits > DIGITS_OF_SLIP * len(off) + log10(len(self.exact.singles) + 1) + EXACTLY

    def by_pairs(self, courses: Sequence[Runs], habit: Habit | None = None) -> list[Explanation]:
        """Return the pairs of replacements that explain the answer on one of the courses."""
        found: list[Explanation] = []
        work, steps = self.trail.work, len(self.hidden)
        most = min(self._most_pairs // (PART_UNDER_HABIT if habit else 1), work.left // steps)
        work.left -= most * steps
        for trial in self._try(self._nearest_pairs[:most], courses, EXACTLY):
            self.tried += 1
            found += self._explained(trial, EXACTLY, self.tried, habit)
        return likeliest(found)

    @property
    def _most_pairs(self) -> int:
        """The largest number of pairs that are tried: a long calculation takes more time."""
        return min(STEPS_OF_PAIRS // len(self.hidden), MOST_NUMBERS // max(1, self._size))

    @cached_property
    def _nearest_pairs(self) -> list[Pair]:
        """Pairs of mistakes: those whose effects together come to the answer's, then the widest.

        Two effects add up, or multiply: neither is quite true, but a small part of all pairs is
        enough. A pair is near if few cells are far from the answer, however far.
        """
        widest = islice(pairs(self.changing), WIDEST)
        known = [single for single in self.changing if single.key in self.effects]
        right, values = self.right, self.values
        if right is None or len(known) < 2 or right.shape != values.shape:
            return list(islice(pairs(self.changing), self._most_pairs))
        cells = np.isfinite(values) & np.isfinite(right) & ~self.answered.blank
        wanted, base = values[cells], np.where(right[cells] == 0, TINY, right[cells])
        effects = np.stack([self.effects[single.key][cells] for single in known])
        effects = np.nan_to_num(effects, nan=FAR, posinf=FAR, neginf=-FAR).clip(-FAR, FAR)
        one, other = (effects[places] for places in np.triu_indices(len(known), 1))
        unit = np.abs(wanted - right[cells]) + TINY
        found: dict[int, None] = {}
        for result in (base + one + other, (base + one) * (base + other) / base):
            far = np.minimum(np.abs(result - wanted) / unit, 1).sum(axis=1)
            found |= dict.fromkeys(np.argsort(far, kind="stable")[: self._most_pairs // 2].tolist())
        firsts, seconds = np.triu_indices(len(known), 1)
        nearest = [(known[firsts[at]], known[seconds[at]]) for at in found]
        apart = [pair for pair in nearest if not set(pair[0].steps) & set(pair[1].steps)]
        return [*_in_turns(apart), *widest]

    def decider(self, explanations: Sequence[Explanation], *others: Known) -> str | None:
        """Return the first hidden step at which the explanations differ; None if they never do.

        `others` are the matrices of further runs, such as `exact.right`.
        """
        runs = [*others, *(self.exact.run(each.replacements) for each in explanations)]
        for step in self.hidden[:-1]:
            matrices = [
                _numbers(known[step.name]) for known in runs if known and step.name in known
            ]
            for one, other in pairwise(matrices):
                if one.shape != other.shape or not np.allclose(one, other, 0, 1e-9, equal_nan=True):
                    return step.name
        return None

    @cached_property
    def _size(self) -> int:
        """The count of numbers in all hidden steps."""
        right = self.exact.right
        return sum(right[step.name].size for step in self.hidden if step.name in right)

    def _try(
        self,
        tries: Iterable[tuple[Replacement, ...]],
        courses: Sequence[Runs],
        reach: float,
        slips: int = 0,
    ) -> Iterator[Trial]:
        """Try each of these, many at once; try it alone, to the last bit, if that may matter.

        `reach` is the largest error of an explanation, in half units of the last place, and `slips`
        the most cells that need not agree.
        """
        at_once = max(1, min(MOST_AT_ONCE, NUMBERS_AT_ONCE // max(1, self._size)))
        left = iter(tries)
        while some := list(islice(left, at_once)):
            together = [runs.run_together(some) for runs in courses]
            matter = {n for results in together for n in self._mattering(results, reach, slips)}
            for number, replacements in enumerate(some):
                if number in matter:
                    yield self._try_alone(replacements, courses)
                else:
                    is_made = any(results[number] is not None for results in together)
                    yield Trial(replacements, is_made, (), _first(together[0][number]))

    def _mattering(
        self, results: Sequence[Array | None], reach: float, slips: int
    ) -> Iterator[int]:
        """The indices of results that equal the answer, or the right result, up to a few bits."""
        targets = [(self.values, reach * self.distance, self.answered.blank)]
        if self.right is not None:
            targets.append((self.right, np.zeros(()), np.zeros((), dtype=np.bool_)))
        for target, distance, blank in targets:
            places = [n for n, r in enumerate(results) if r is not None and r.shape == target.shape]
            if places:
                stacked = np.array([results[place] for place in places], dtype=np.float64)
                bits = LAST_BITS * self.trail.tolerance.roundoff(self.answered, target)
                cells = near(stacked, target, distance + bits) | blank
                off = (~cells).reshape(len(places), -1).sum(axis=1)
                most = slips if target is self.values else 0
                yield from np.array(places)[off <= most].tolist()

    def _try_alone(self, replacements: tuple[Replacement, ...], courses: Sequence[Runs]) -> Trial:
        """Try these on each course by themselves."""
        runs = (runs.run(replacements) for runs in courses)
        results = [_numbers(known[self.judged.name]) for known in runs if known is not None]
        right = self.right
        changes = [right is None or not np.array_equal(r, right, equal_nan=True) for r in results]
        return Trial(replacements, any(changes), results, results[0] if results else None)

    def _explained(
        self, trial: Trial, reach: float, number: int, habit: Habit | None
    ) -> list[Explanation]:
        """The explanation by the first result that explains the answer; empty if none does."""
        for result in trial.results:
            if self._explains(result, reach, len(trial.replacements), number):
                agreeing = int((~self.answered.blank).sum())
                is_rough = reach > EXACTLY
                return [Explanation(trial.replacements, agreeing, result, is_rough, habit)]
        return []

    def _explains(self, result: Numbers, reach: float, replaced: int, tried: int) -> bool:
        """True if a result agrees with the answer, and not by chance.

        `replaced` is the number of replacements, and `tried` the number of tries so far. A few
        digits may agree by chance: the digits of the cells that the right result does not explain
        must outweigh the number of tries.
        """
        if not self._fits(result, reach):
            return False
        if reach > EXACTLY and int(self._telling(result, reach).sum()) < ROUGH_CELLS:
            return False
        digits = self._digits(result, reach)
        return digits > reach + 2 * (replaced - 1) + log10(tried + 1)

    def _telling(
        self, result: Numbers, reach: float, off: Sequence[tuple[int, ...]] = ()
    ) -> NDArray[np.bool_]:
        """The cells that a result explains and the right method does not; `off` are left out."""
        telling = ~self.answered.blank
        for index in off:
            telling[index] = False
        target = self.judged.target
        if target.shape == result.shape:
            whole = (self.answered.decimals <= 0) & ~self.answered.blank
            distance = np.where(whole, 1e-9, reach * self.distance)
            telling &= ~near(result, target, distance)
        return telling

    def _digits(self, result: Numbers, reach: float, off: Sequence[tuple[int, ...]] = ()) -> float:
        """The digits of the telling cells, which must outweigh the number of tries."""
        telling, target = self._telling(result, reach, off), self.judged.target
        width = spread(np.concatenate((result.ravel(), target.ravel())))
        finite = np.isfinite(result)
        digits = sum(
            log10(max(width / unit, 2)) * int((telling & finite & chosen).sum())
            for unit, chosen in self._units(reach)
        )
        if (telling & ~finite).any():
            digits += DIGITS_OF_INFINITY * int((telling & ~finite).sum())
            digits += DIGITS_OF_PATTERN * int((~self.answered.blank).sum())
        return digits

    def _is_near(self, result: Numbers) -> bool:
        """True if the numbers may agree in another manner, such as cut off: a quick first look."""
        sizes = np.abs(np.nan_to_num(self.values, posinf=0, neginf=0))
        wide = 2 * self.answered.half_units + self.distance + COARSEST * sizes
        return bool((near(self.values, result, wide) | self.answered.blank).all())

    @property
    def may_be_rounded(self) -> bool:
        """True if the answer is as near to the right numbers as rounding on the way leaves it."""
        right = self.right
        if right is None or right.shape != self.values.shape:
            return False
        sizes = np.abs(right[np.isfinite(right)])
        most = (
            FARTHEST * max(spread(right), float(sizes.max(initial=0)))
            + 2 * self.answered.half_units
        )
        return bool((near(self.values, right, most) | self.answered.blank).all())

    def _units(self, reach: float) -> Iterator[tuple[float, NDArray[np.bool_]]]:
        """The units of the cells, which say how much a cell tells: whole numbers are exact."""
        whole = self.answered.decimals <= 0
        written = self.distance[~whole & ~self.answered.blank]
        yield float(2 * reach * written.max(initial=1e-12)), ~whole
        yield WHOLE * reach, whole

    def _fits(self, result: Numbers, reach: float) -> bool:
        """True if every answered cell equals the cell of a result, to the digits as written.

        `reach` is the largest error that is allowed, in half units of the last place.
        """
        if result.shape != self.values.shape:
            return False
        if (near(self.values, result, reach * self.distance) | self.answered.blank).all():
            return True
        if reach > EXACTLY or not self._is_near(result):
            return False
        fit = self.trail.fit(self.judged.step, self.answered, [result])
        return fit is not None and fit.is_whole and fit.manner is not Manner.FEWER


def _with_infinities(judged: Judgement, answered: AnswerMatrix) -> Numbers:
    """The values, with −∞ in place of other numbers that hide a key, such as −999."""
    values = answered.values
    if not judged.step.operation.hides:
        return values
    with np.errstate(invalid="ignore"):
        largest = np.nanmax(values, axis=-1, keepdims=True, initial=-np.inf)
        low = (values <= largest - HIDDEN_BELOW) & (values <= LOW)
    return np.where(low, -np.inf, values)


def _numbers(matrix: Array) -> Numbers:
    """A matrix in the precision of answers."""
    return np.asarray(matrix, dtype=np.float64)


def _in_turns(pairs: list[Pair]) -> list[Pair]:
    """The first half and the second half of a list in turns: both begin with the likeliest."""
    half = (len(pairs) + 1) // 2
    turns = zip_longest(pairs[:half], pairs[half:])
    return [pair for both in turns for pair in both if pair is not None]


def _first(result: Array | None) -> Numbers | None:
    return None if result is None else _numbers(result)


def likeliest(found: list[Explanation]) -> list[Explanation]:
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
    order = list(MISTAKES)
    name = explanation.names[0]
    return sublayers, order.index(name) if name in order else 0, sum(map(len, steps))
