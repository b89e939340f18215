"""The trail of an answer: its matrices as written, and the same before they were rounded.

A step is judged by the true numbers, and by the numbers that follow from the earlier matrices of
the answer. One of the two must explain the whole matrix: a mixture of both is a wrong matrix.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from attncli.calculation.algebra.layouts import Array
from attncli.calculation.algebra.operation import result_if_it_fits
from attncli.calculation.algebra.plan import Plan, Step, Trace
from attncli.calculation.problem.problem import Problem
from attncli.homework.answers.answer import Answer, AnswerMatrix
from attncli.homework.answers.comparing import ENOUGH, Fit, Manner, compare, evidence, spread
from attncli.homework.answers.tolerance import Numbers, Tolerance, near
from attncli.homework.judging.equal_forms import EqualForm, equal_form
from attncli.homework.judging.verdicts import Verdict
from attncli.records import record

if TYPE_CHECKING:
    from numpy.typing import NDArray

STEPS_OF_ALL_PAIRS = 40_000  # the most steps that all pairs of mistakes for an answer run
ROUNDING_TRIALS = 16  # random roundings that are tried to see how far they move a result
NEARLY = 4.0  # half units: a result off by so little follows, whatever rounding may do
MOST_CELLS = 100  # the most cells whose unknown digits are followed one by one
LARGEST_REACH = 0.1  # a larger reach of rounding, as a share of the spread, decides nothing
SAME = 1e-9  # relative: numbers this close are the same calculation

Sources = frozenset[str]


@record(frozen=True)
class Judgement:
    """The verdict on a step of an answer, before its mistakes are searched.

    `expected` is the true matrix. `followed` is the matrix that follows from the earlier matrices
    of the answer; None if these do not fit together. `agrees` marks the cells that agree with one
    of the two. `sources` are the wrong steps that the step follows from.
    """

    step: Step
    verdict: Verdict
    answered: AnswerMatrix | None
    expected: Numbers
    followed: Numbers | None
    agrees: NDArray[np.bool_]
    sources: Sources = frozenset()
    manner: Manner = Manner.PLAIN
    form: EqualForm | None = None
    coarse: NDArray[np.bool_] | None = None

    @property
    def name(self) -> str:
        return self.step.name

    @property
    def wrong(self) -> list[tuple[int, ...]]:
        """The indices of the wrong cells, in the order of reading."""
        if self.answered is None or self.verdict.passes:
            return []
        return [tuple(map(int, index)) for index in np.argwhere(~self.agrees)]

    @property
    def target(self) -> Numbers:
        """The matrix that follows from the earlier matrices of the answer, or the true one."""
        if self.followed is not None and self.followed.shape == self.expected.shape:
            return self.followed
        return self.expected


class Work:
    """The work that is left to explain an answer: steps that may be run with pairs of mistakes."""

    def __init__(self, left: int) -> None:
        self.left = left


class Trail:
    """Goes through a plan beside an answer.

    `own` holds the matrices of the answer as written, and those that follow from them for the steps
    that it leaves out. `exact` holds the same before they were rounded. For a wrong matrix that
    nothing explains, these are unknown: `loose` holds the distance by which they may differ.
    """

    def __init__(
        self, problem: Problem, trace: Trace, answer: Answer, tolerance: Tolerance
    ) -> None:
        self.problem, self.trace, self.tolerance = problem, trace, tolerance
        self.answer = dict(answer)
        self.own: dict[str, Array] = dict(problem.matrices)
        self.exact: dict[str, Array] = dict(problem.matrices)
        self.loose: dict[str, Numbers] = {}
        self.sources: dict[str, Sources] = {}
        self.work = Work(STEPS_OF_ALL_PAIRS)
        self._noise: Mapping[str, float] | None = None
        self._last: Step | None = None

    @property
    def plan(self) -> Plan:
        return self.trace.plan

    def copy(self) -> Trail:
        """Return a trail at the same place, which goes on by itself."""
        other = Trail(self.problem, self.trace, self.answer, self.tolerance)
        other.own, other.exact = dict(self.own), dict(self.exact)
        other.loose, other.sources = dict(self.loose), dict(self.sources)
        other._noise, other._last, other.work = self._noise, self._last, self.work
        return other

    def take(self, other: Trail) -> None:
        """Go on from another trail, at the same place."""
        self.answer, self.own, self.exact = other.answer, other.own, other.exact
        self.loose, self.sources = other.loose, other.sources

    def true(self, step: Step) -> Numbers:
        """The true matrix of a step, or of the step that it repeats."""
        matrix = self.trace.matrices[step.operation.repeats or step.name]
        # A copy would not be recognised as a true matrix, which is known by its identity.
        return matrix.astype(np.float64, copy=False)

    def judge(self, step: Step) -> Judgement:
        """Return the verdict on a step, which must be the next one, and go on from its numbers."""
        self._redirect()
        self._last = step
        expected = self.true(step)
        exact, own = self.results(step)
        sources = self._sources(step, exact, expected)
        answered = self.answer.get(step.name)
        if answered is None or answered.blank.all():
            self.exact[step.name] = expected if exact is None else exact
            self.own[step.name] = expected if own is None else own
            self.sources[step.name] = sources
            nothing = np.zeros(expected.shape, dtype=np.bool_)
            return Judgement(step, Verdict.MISSING, answered, expected, own, nothing, sources)
        judged = self._judge(step, answered, expected, (exact, own), sources)
        self._remember(judged, exact)
        return judged

    def results(self, step: Step) -> tuple[Numbers | None, Numbers | None]:
        """The results of a step for the exact numbers and for the numbers as written."""
        return self._result(step, self.exact), self._result(step, self.own)

    def _judge(
        self,
        step: Step,
        answered: AnswerMatrix,
        expected: Numbers,
        results: tuple[Numbers | None, Numbers | None],
        sources: Sources,
    ) -> Judgement:
        exact, own = results
        followed = [matrix for matrix in results if matrix is not None]
        truths = [expected] if sources else [expected, *followed]
        for references, verdict in ((truths, Verdict.RIGHT), (followed, Verdict.FOLLOWS)):
            if verdict is Verdict.FOLLOWS and not sources:
                continue
            fit = self.fit(step, answered, references)
            if fit and fit.is_whole and self._is_enough(answered, fit, references[0]):
                is_rounded = verdict is Verdict.RIGHT and fit.manner is not Manner.PLAIN
                return Judgement(
                    step,
                    Verdict.ROUNDED if is_rounded else verdict,
                    answered,
                    expected,
                    own if verdict is Verdict.FOLLOWS else expected,
                    fit.agrees,
                    sources if verdict is Verdict.FOLLOWS else frozenset(),
                    fit.manner,
                    coarse=fit.coarse,
                )
            form = equal_form(self, step, answered, references)
            if form:
                everywhere = np.ones(expected.shape, dtype=np.bool_)
                return Judgement(
                    step, verdict, answered, expected, own, everywhere, sources, form=form
                )
        reached, within = self._reached(step, answered, exact)
        target = own if own is not None else expected
        if reached is not None:
            all_cells = np.ones(expected.shape, dtype=np.bool_)
            return Judgement(step, reached, answered, expected, target, all_cells, sources)
        agrees = self._agreeing(step, answered, truths, followed) | within
        verdict = Verdict.WRONG if answered.values.shape == expected.shape else Verdict.SHAPE
        return Judgement(step, verdict, answered, expected, own, agrees, sources)

    def fit(
        self,
        step: Step,
        answered: AnswerMatrix,
        references: Sequence[Numbers],
        noise: float = 0.0,
    ) -> Fit | None:
        """Compare a matrix of the answer with references of this step; `noise` is allowed more."""
        noise += self.noise_of(step, answered)
        return compare(answered, references, self.tolerance, noise, step.operation.sums_to_1)

    def gives(
        self, step: Step, answered: AnswerMatrix, numbers: Numbers, noise: float = 0.0
    ) -> bool:
        """Return True if these numbers of a step explain the whole matrix of the answer."""
        fit = self.fit(step, answered, [numbers], noise)
        return fit is not None and fit.is_whole

    def _is_enough(self, answered: AnswerMatrix, fit: Fit, reference: Numbers) -> bool:
        """True if the digits of a matrix tell right numbers from others."""
        if fit.manner is not Manner.FEWER:
            return True
        may_have_lost_places = answered.finest <= 0 < self.tolerance.places and not answered.is_text
        return not may_have_lost_places and evidence(answered, reference) >= ENOUGH

    def _agreeing(
        self,
        step: Step,
        answered: AnswerMatrix,
        truths: Sequence[Numbers],
        followed: Sequence[Numbers],
    ) -> NDArray[np.bool_]:
        """The cells that agree with the true numbers or with what follows, whichever are more."""
        fits = [self.fit(step, answered, references) for references in (followed, truths)]
        known = [fit for fit in fits if fit is not None]
        if not known:
            return np.zeros(answered.values.shape, dtype=np.bool_)
        best = max(known, key=lambda fit: int(fit.agrees.sum()))
        # Coarse cells that agree do not make a matrix right: here its finer cells decide.
        return best.agrees & ~best.coarse if best.is_whole else best.agrees

    def settle(self, judged: Judgement, exact: Numbers | None) -> None:
        """Go on from the unrounded numbers of a wrong matrix that a mistake explains."""
        if exact is not None:
            self.exact[judged.name] = exact
            self.loose.pop(judged.name, None)

    def pardon(self, judged: Judgement) -> None:
        """Go on from a matrix that is right after all: rounded on the way."""
        self.exact[judged.name] = judged.expected if not judged.sources else judged.target
        self.sources[judged.name] = judged.sources
        self.loose.pop(judged.name, None)

    def _redirect(self) -> None:
        """After a step that only repeats another, let later steps use the numbers of this step."""
        if self._last and (source := self._last.operation.repeats):
            name = self._last.name
            if source not in self.answer and name in self.answer:
                self.own[source], self.exact[source] = self.own[name], self.exact[name]
                self.sources[source] = self.sources.get(name, frozenset())

    def _sources(self, step: Step, exact: Numbers | None, expected: Numbers) -> Sources:
        """The nearest wrong steps whose numbers reach this step, and change it."""
        if exact is not None and exact.shape == expected.shape:
            size = max(1.0, float(np.abs(expected[np.isfinite(expected)]).max(initial=0)))
            if near(exact, expected, np.asarray(SAME * size)).all():
                return frozenset()
        every = (self.sources.get(name, frozenset()) for name in step.operation.operands)
        return frozenset().union(*every)

    def _remember(self, judged: Judgement, exact: Numbers | None) -> None:
        assert judged.answered is not None
        answered, name = judged.answered, judged.name
        values = judged.form.own if judged.form else answered.values
        if values.shape == judged.target.shape:
            values = np.where(answered.blank, judged.target, values)
        self.own[name] = values
        self.sources[name] = judged.sources
        if judged.verdict in (Verdict.RIGHT, Verdict.ROUNDED):
            self.exact[name] = judged.expected
        elif (
            judged.verdict is Verdict.FOLLOWS
            and exact is not None
            and self.gives(judged.step, answered, exact)
            and not self._loose_before(judged.step)
        ):
            self.exact[name] = exact
        else:
            self.exact[name] = values
            self.loose[name] = np.where(answered.blank, 0.0, answered.half_units)
            if judged.verdict.is_wrong:
                self.sources[name] = frozenset((name,))
                if exact is not None and exact.shape == values.shape:
                    self.exact[name] = np.where(judged.agrees, exact, values)
                    self.loose[name] = np.where(judged.agrees, 0.0, self.loose[name])

    def _result(self, step: Step, known: Mapping[str, Array]) -> Numbers | None:
        """The result of a step; true operands give the true result, which is known already."""
        true = self.trace.matrices
        if all(name in true and known.get(name) is true[name] for name in step.operation.operands):
            return self.true(step)
        with np.errstate(all="ignore"):
            result = result_if_it_fits(step.operation, known)
        return None if result is None else np.asarray(result, dtype=np.float64)

    def _reached(
        self, step: Step, answered: AnswerMatrix, exact: Numbers | None
    ) -> tuple[Verdict | None, NDArray[np.bool_]]:
        """The verdict if the digits of an earlier wrong matrix leave room for these numbers.

        A number that was handed in is known to half a unit of its last place. That is carried to
        this step in one go, through the steps between that the answer does not show. The second
        value marks the cells for which there is room.
        """
        reach = self.reach(step, exact)
        if exact is None or reach is None or exact.shape != answered.values.shape:
            return None, np.zeros(answered.values.shape, dtype=np.bool_)
        allowed = self.tolerance.allowed(answered, exact)
        within = near(answered.values, exact, allowed + reach)
        if not (within | answered.blank).all():
            return None, within
        few = near(answered.values, exact, allowed + NEARLY * answered.half_units)
        wide = reach > LARGEST_REACH * spread(exact)
        is_undecided = (wide & ~near(answered.values, exact, allowed)).any()
        if is_undecided and not (few | answered.blank).all():
            return Verdict.UNDECIDED, within
        return Verdict.FOLLOWS, within

    def reach(self, step: Step, exact: Numbers | None) -> Numbers | None:
        """How far the unknown digits of wrong matrices may move this step; None if not at all."""
        loose = self._loose_before(step)
        if not loose or exact is None:
            return None
        steps = hidden_steps(self.plan, step, self.answer)
        cells = [
            (name, index) for name, distance in loose.items() for index in np.argwhere(distance > 0)
        ]
        if len(cells) > MOST_CELLS:
            return self._moved(steps, self.exact, exact, loose, 0.0)
        reach = np.zeros(exact.shape)
        for name, index in cells:
            moved = self.exact[name].copy()
            moved[tuple(index)] += loose[name][tuple(index)]
            result = self._run(steps, {**self.exact, name: moved})
            if result is None or result.shape != exact.shape:  # a matrix of another size before
                return None
            reach += np.nan_to_num(np.abs(result - exact), nan=0.0)
        return reach

    def _loose_before(self, step: Step) -> dict[str, Numbers]:
        """The distances of the matrices with unknown digits from which a step is calculated."""
        return {
            name: self.loose[name]
            for each in hidden_steps(self.plan, step, self.answer)
            for name in each.operation.operands
            if name in self.loose and self.loose[name].shape == self.exact[name].shape
        }

    def _run(self, steps: Sequence[Step], known: dict[str, Array]) -> Numbers | None:
        """The result of the last of these steps; None if a matrix does not fit."""
        made = None
        for each in steps:
            made = self._result(each, known)
            if made is None:
                return None
            known[each.name] = made
        return made

    def rounding_reach(self, step: Step, answered: AnswerMatrix) -> Numbers:
        """How far rounding to the places of a matrix, in all steps before it, may move it."""
        half = float(answered.half_units.max(initial=0))
        steps = hidden_steps(self.plan, step, self.answer)
        made = {name for name in self.sources if name in self.own}
        given = {
            name: self._unknown(name, half)
            for each in steps
            for name in each.operation.operands
            if name in made and self.own[name].shape == self.exact[name].shape
        }
        result = self._result(step, self.own)
        reach = self._moved(steps, self.own, result, given, half)
        return np.zeros(answered.values.shape) if reach is None else reach

    def _unknown(self, name: str, half: float) -> Numbers:
        """The distance by which the numbers of a matrix may differ from those gone on with."""
        unknown = (self.own[name] != self.exact[name]) | (self.loose.get(name, 0.0) > 0)
        return np.where(unknown, half, 0.0)

    def _moved(
        self,
        steps: Sequence[Step],
        known: Mapping[str, Array],
        result: Numbers | None,
        distances: Mapping[str, Numbers],
        half: float,
    ) -> Numbers | None:
        """Twice the largest change of a result when numbers are off by distances at random.

        `distances` are those of the matrices before the steps; each hidden step adds `half` to the
        numbers that rounding to these places changes.
        """
        if result is None:
            return None
        chance = np.random.default_rng(0)
        reach = np.zeros(result.shape)
        for _ in range(ROUNDING_TRIALS):
            tried = dict(known)
            for name, distance in distances.items():
                tried[name] = known[name] + chance.choice((-1.0, 1.0), distance.shape) * distance
            for each in steps:
                made = self._result(each, tried)
                if made is None:
                    return None
                if half and each is not steps[-1]:
                    with np.errstate(invalid="ignore"):
                        is_exact = np.abs(made - np.round(made / half) * half) < SAME
                    errors = chance.choice((-half, half), made.shape)
                    made = made + np.where(is_exact, 0.0, errors)
                tried[each.name] = made
            if tried[steps[-1].name].shape != result.shape:
                return None
            with np.errstate(invalid="ignore"):
                reach = np.fmax(reach, 2 * np.abs(tried[steps[-1].name] - result))
        return reach

    def noise_of(self, step: Step, answered: AnswerMatrix) -> float:
        """How far the numbers of a calculation in fewer bits may be from those in float64.

        The same plan is run in that type: the largest difference of the step is its error.
        """
        if not answered.epsilon:
            return 0.0
        if self._noise is None:
            dtype = np.float32 if answered.epsilon < 1e-5 else np.float16
            with np.errstate(all="ignore"):
                inputs: dict[str, Array] = {
                    name: m.astype(dtype) if m.dtype.kind == "f" else m
                    for name, m in self.problem.matrices.items()
                }
                run = self.plan.run(inputs).matrices
            self._noise = {
                name: _largest(np.abs(run[name].astype(np.float64) - self.trace.matrices[name]))
                for name in self.plan.names
            }
        return 8 * self._noise.get(step.operation.repeats or step.name, 0.0)


def hidden_steps(plan: Plan, target: Step, shown: Collection[str]) -> tuple[Step, ...]:
    """Return the steps that lead to a target and that an answer does not show, the target last."""
    needed = set(target.operation.operands)
    found = [target]
    for step in reversed(plan.steps):
        if step.name in needed and step.name not in shown and step.name != target.name:
            found.append(step)
            needed.update(step.operation.operands)
    return tuple(reversed(found))


def _largest(differences: Numbers) -> float:
    finite = differences[np.isfinite(differences)]
    return float(finite.max(initial=0))
