"""Which mistake explains a wrong matrix: the plan is run again with operations replaced.

Between the answer's own matrices and a wrong one lie the steps that the answer does not show. Each
mistake of the catalogue is tried at each of them, then every pair; what gives the answer's numbers,
to the digits as written and not by chance, is a diagnosis.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from math import log10
from typing import TYPE_CHECKING

import numpy as np

from attncli.homework.answers.answer import Answered
from attncli.homework.answers.tolerance import Numbers, near
from attncli.homework.diagnosis.replacements import Replacement, in_order, pairs
from attncli.homework.diagnosis.replay import Replay, hidden_steps
from attncli.homework.diagnosis.trials import Trials, Tried
from attncli.homework.judging.judge import Judge, Judged
from attncli.records import record
from attncli.words import in_words

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from attncli.homework.mistakes.mistake import Mistake

ROUGH_CELLS = 3  # that a mistake must account for where they agree only roughly
EXACTLY, ROUGHLY = 1.0, 4.0  # half units of the last place that a result may be off
MOST_PAIRS = 2**13  # of mistakes that are tried, those that are made at many steps first
SECONDS = 1.8  # of searching after which no further rounding, and no pair of mistakes, is tried
SECONDS_OF_SINGLES = 5.0  # and no single one: in a stack of layers there are thousands
DIGITS_OF_INFINITY = 1.0  # what an infinity or NaN in the right place says
MOST_DECIMALS = 4  # of a matrix that was rounded too early


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
    that the time was up before all had been tried.
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
        self.start = time.monotonic()
        self.problem, self.plan = judge.problem, judge.trace.plan
        self.judged, self.answered = judged, answered
        self.hidden = hidden_steps(self.plan, judged.step, set(judge.answer))
        values = np.nan_to_num(answered.values, posinf=0, neginf=0)
        self.distance = judge.tolerance.allowed(answered, values)
        # The answer may have gone on from what it had before rounding, or from what it wrote.
        self.exact, self.own = (
            Replay(self.problem, self.plan, self.hidden, known)
            for known in (judge.exact, judge.own)
        )
        replays = [self.exact] if self.exact.equals(self.own) else [self.exact, self.own]
        self.trials = Trials(replays, judged.name, answered, judge.tolerance)

    def fits(self, result: Numbers, reach: float = EXACTLY) -> bool:
        """Whether every cell that was answered is that of a result, to the digits as written.

        `reach` is how many half units of the last place it may be off.
        """
        values = self.answered.values
        if result.shape != values.shape:
            return False
        return bool((self._near(result, values, reach) | self.answered.blank).all())

    def _near(self, result: Numbers, values: Numbers, reach: float) -> NDArray[np.bool_]:
        return near(values, result, reach * self.distance)

    def explains(self, result: Numbers, reach: float, replaced: int, tried: int) -> int:
        """How many cells a result of so many replacements accounts for; 0 if it fails one.

        A match of few digits may be chance: the cells that the right result does not account for
        must say more than the number of tries.
        """
        if not self.fits(result, reach):
            return 0
        answered = self.answered
        target = self.judged.target
        if target.shape != result.shape:
            told = ~answered.blank
        else:
            told = ~self._near(result, target, reach) & ~answered.blank
        numbers = np.concatenate((result.ravel(), target.ravel()))
        finite = numbers[np.isfinite(numbers)]
        spread = float(np.ptp(finite)) if finite.size else 0.0
        unit = float(2 * reach * self.distance.max())
        digits = log10(max(spread / unit, 2)) * int((told & np.isfinite(result)).sum())
        digits += DIGITS_OF_INFINITY * int((told & ~np.isfinite(result)).sum())
        if reach > EXACTLY and int(told.sum()) < ROUGH_CELLS:
            return 0
        needed = reach + 2 * (replaced - 1) + log10(tried + 1)
        return int((~answered.blank).sum()) if digits > needed else 0

    def explanations(self) -> tuple[list[Explanation], bool]:
        """Every single replacement that explains the answer; where none does, every pair.

        Whether the time was up before all had been tried is told as well.
        """
        singles = in_order(self.problem, list(self._singles()))
        changing: list[Replacement] = []
        found: list[Explanation] = []
        rough: list[Explanation] = []
        every = self.trials.all([(single,) for single in singles], ROUGHLY * self.distance)
        for number, tried in enumerate(every, 1):
            if time.monotonic() > self.start + SECONDS_OF_SINGLES:
                return _likeliest(found or rough), True
            if tried.changes:
                changing += tried.replacements
            found += self._explained(tried, EXACTLY, number)
            rough += self._explained(tried, ROUGHLY, len(singles) + number)
        if found or rough:
            return _likeliest(found or rough), False
        every = self.trials.all(pairs(changing), EXACTLY * self.distance)
        for number, tried in enumerate(every):
            if number == MOST_PAIRS or time.monotonic() > self.start + SECONDS:
                return _likeliest(found), True
            found += self._explained(tried, EXACTLY, 2 * len(singles) + 1 + number)
        return _likeliest(found), False

    def _singles(self) -> Iterator[Replacement]:
        """Each mistake at each hidden step where it can be made, in order of calculation."""
        for step in self.hidden:
            kinds = [m for m in _catalogue().values() if isinstance(step.operation, m.replaces)]
            scene = self.exact.scene(step)
            with np.errstate(all="ignore"):
                for mistake in kinds:
                    if mistake.make(scene) is not None:
                        yield Replacement(mistake, (step.name,))

    def _explained(self, tried: Tried, reach: float, number: int) -> list[Explanation]:
        """The explanation by the first of the results that explains the answer; none otherwise."""
        replacements = tried.replacements
        for result in tried.results:
            agreeing = self.explains(result, reach, len(replacements), number)
            if agreeing:
                return [Explanation(replacements, agreeing, result, reach > EXACTLY)]
        return []

    def rounded_early(self) -> RoundedEarly | None:
        """Whether rounding a matrix on the way, and nothing else, gives the answer."""
        hidden = [step.name for step in self.hidden[:-1]]
        used = [name for name in self.judged.step.operation.operands if name in self.own.given]
        every = [tuple(hidden)] if len(hidden) > 1 else []
        for names in (*every, *((name,) for name in (*hidden, *used))):
            if time.monotonic() > self.start + SECONDS:
                break
            for decimals in range(MOST_DECIMALS, 0, -1):
                known = self.own.run_rounding(names, decimals)
                if known and self.fits(np.asarray(known[self.judged.name], dtype=np.float64)):
                    return RoundedEarly(in_words(names), decimals)
        return None

    def decider(self, explanations: list[Explanation]) -> str | None:
        """The first hidden step at which the explanations would differ."""
        wrongs = ({n: r.mistake for r in e.replacements for n in r.steps} for e in explanations)
        known = [run for run in map(self.exact.run, wrongs) if run is not None]
        for step in self.hidden[:-1]:
            matrices = [np.asarray(run[step.name], dtype=np.float64) for run in known]
            first = matrices[0] if matrices else None
            if first is not None and any(
                m.shape != first.shape or not near(m, first, np.full(first.shape, 1e-9)).all()
                for m in matrices
            ):
                return step.name
        return None


def _catalogue() -> dict[str, Mistake]:
    """All mistakes; their many modules are loaded only where an answer is wrong."""
    from attncli.homework.mistakes.catalogue import MISTAKES

    return MISTAKES


def _rank(explanation: Explanation) -> tuple[int, int, int]:
    """The fewer sublayers the likelier; then the catalogue's order, which is the calculation's.

    Within a sublayer a mistake is made wherever it can be: a cache is forgotten for keys, values
    and mask. Of one mistake the fewer steps are the likelier.
    """
    steps = [replacement.steps for replacement in explanation.replacements]
    sublayers = sum(len({name.rpartition(".")[0] for name in names}) for names in steps)
    first = list(_catalogue()).index(explanation.names[0])
    return sublayers, first, sum(map(len, steps))


def _likeliest(found: list[Explanation]) -> list[Explanation]:
    """The likeliest first; of the same mistakes at other steps, the likeliest alone."""
    by_names: dict[tuple[str, ...], Explanation] = {}
    for explanation in sorted(found, key=_rank):
        by_names.setdefault(explanation.names, explanation)
    return list(by_names.values())
