"""Judge an answer against a trace, step by step.

The digits as written decide. A cell is right if it is within half a unit of the finest decimal
place in its matrix, either of the true value or of the value that follows from the earlier matrices
of the answer. A step after a wrong one is judged by the value that follows from the wrong one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from enum import IntEnum
from typing import TYPE_CHECKING

import numpy as np

from attncli.calculation.algebra.layouts import Array
from attncli.calculation.algebra.operation import Operation
from attncli.calculation.algebra.plan import Step, Trace
from attncli.calculation.masks.mask_operation import HIDES
from attncli.calculation.problem.problem import Problem
from attncli.homework.answers.answer import Answer, AnswerMatrix
from attncli.homework.answers.tolerance import Numbers, Tolerance, near
from attncli.homework.judging.equal_forms import count_places_from_0
from attncli.homework.judging.stand_ins import by_plan_names
from attncli.records import record

if TYPE_CHECKING:
    from numpy.typing import NDArray

ROUNDING_TRIALS = 8  # random roundings that are tried to see how far they move a result


class Verdict(IntEnum):
    """The verdict on a cell or a step; a larger one is worse, and a step has its worst cell's."""

    RIGHT = 0
    ROUNDED = 1
    FOLLOWS = 2
    WRONG = 3
    SHAPE = 4
    MISSING = 5

    def __str__(self) -> str:
        return self.word

    @property
    def word(self) -> str:
        """The verdict as data and tables have it: `shape`."""
        return self.name.casefold()

    @property
    def words(self) -> str:
        """The verdict as a sentence has it: `wrong shape`."""
        return {Verdict.SHAPE: "wrong shape", Verdict.MISSING: "not answered"}.get(self, self.word)


@record(frozen=True)
class Judgement:
    """The verdict on a step of an answer, and on each of its cells.

    `expected` is the true matrix. `followed` is the matrix that follows from the earlier matrices
    of the answer; None if these do not fit together.
    """

    step: Step
    verdict: Verdict
    answered: AnswerMatrix | None
    expected: Numbers
    followed: Numbers | None
    cell_verdicts: NDArray[np.int_]

    @property
    def name(self) -> str:
        return self.step.name

    @property
    def wrong(self) -> list[tuple[int, ...]]:
        """The indices of the wrong cells, in the order of reading."""
        return [
            tuple(map(int, index)) for index in np.argwhere(self.cell_verdicts == Verdict.WRONG)
        ]

    @property
    def target(self) -> Numbers:
        """The matrix that follows from the earlier matrices of the answer, or the true one."""
        if self.followed is not None and self.followed.shape == self.expected.shape:
            return self.followed
        return self.expected


def _is_good(cells: NDArray[np.int_]) -> NDArray[np.bool_]:
    return np.asarray((cells == Verdict.RIGHT) | (cells == Verdict.FOLLOWS))


class Judge:
    """Goes through a plan with an answer, and keeps the matrices of the answer.

    `own` holds the matrices of the answer as written, and the matrices that follow from them for
    the steps that it leaves out. `exact` holds the same before they were rounded, as far as they
    are explained. The others have a slack, a bound on the error that rounding may have caused.
    """

    def __init__(
        self, problem: Problem, trace: Trace, answer: Answer, tolerance: Tolerance
    ) -> None:
        self.problem, self.trace = problem, trace
        self.answer = count_places_from_0(trace, by_plan_names(problem, trace.plan, answer))
        self.tolerance = tolerance
        self.own: dict[str, Array] = dict(problem.matrices)
        self.exact: dict[str, Array] = dict(problem.matrices)
        self._standing: dict[str, Verdict] = {}
        self._slack: dict[str, Array] = {}
        self._last: Step | None = None

    def judge(self, step: Step) -> Judgement:
        """Return the verdict on a step, which must be the next one of the plan."""
        self._redirect()
        operation = step.operation
        source = operation.repeats or step.name
        expected = np.asarray(self.trace.matrices[source], dtype=np.float64)
        follows = [self._result(operation, known) for known in (self.own, self.exact)]
        trust = max(self._standing.get(name, Verdict.RIGHT) for name in operation.operands)
        answered = self.answer.get(step.name)
        slack = self._rounding_slack(operation, follows[1])
        if slack is not None:
            self._slack[step.name] = slack
        cells = np.full(expected.shape, Verdict.MISSING)
        verdict = Verdict.MISSING
        if answered is None:
            self.own[step.name], self.exact[step.name] = (
                expected if matrix is None else matrix for matrix in follows
            )
            self._standing[step.name] = trust
        else:
            references = [(expected, Verdict.RIGHT), *self._scaled_references(step.name)]
            references += [(matrix, trust) for matrix in follows if matrix is not None]
            cells = self._cell_verdicts(answered, references)
            if slack is not None and follows[1] is not None and slack.shape == cells.shape:
                reach = self.tolerance.allowed_distance(answered, follows[1]) + slack
                carried = near(answered.values, follows[1], reach) & ~answered.blank
                cells[carried] = np.minimum(cells[carried], trust)
            verdict = self._verdict(answered, expected, cells)
        judged = Judgement(step, verdict, answered, expected, follows[0], cells)
        self._remember(judged, follows[1])
        self._last = step
        return judged

    def _verdict(
        self, answered: AnswerMatrix, expected: Numbers, cells: NDArray[np.int_]
    ) -> Verdict:
        """The verdict of the worst cell; a matrix of another size is right only if it follows."""
        given = cells[~answered.blank]
        worst = Verdict(int(given.max())) if given.size else Verdict.MISSING
        has_shape = answered.values.shape == expected.shape
        return worst if has_shape or worst == Verdict.FOLLOWS else Verdict.SHAPE

    def explain(self, judged: Judgement, exact: Numbers) -> None:
        """Keep the unrounded numbers of a wrong matrix that a mistake explains."""
        self.exact[judged.name] = exact
        self._slack.pop(judged.name, None)

    def _redirect(self) -> None:
        """After a step that only repeats another, let later steps use the numbers of this step."""
        if self._last and (source := self._last.operation.repeats):
            name = self._last.name
            if source not in self.answer and name in self.answer:
                self.own[source], self.exact[source] = self.own[name], self.exact[name]
                self._standing[source] = self._standing.get(name, Verdict.RIGHT)

    def _remember(self, judged: Judgement, followed: Numbers | None) -> None:
        if judged.answered is None:
            return
        values = judged.answered.values
        if values.shape == judged.target.shape:
            values = np.where(judged.answered.blank, judged.target, values)
        exact = values
        if judged.verdict in (Verdict.RIGHT, Verdict.ROUNDED, Verdict.MISSING):
            exact = judged.expected
        elif judged.verdict == Verdict.FOLLOWS and followed is not None:
            exact = followed
        elif judged.verdict == Verdict.WRONG:
            is_later = (judged.cell_verdicts == Verdict.FOLLOWS).any()
            right = judged.expected if followed is None or not is_later else followed
            exact = np.where(_is_good(judged.cell_verdicts), right, values)
            rounding = self.tolerance.allowed_distance(judged.answered, judged.expected)
            self._slack[judged.name] = np.where(_is_good(judged.cell_verdicts), 0, rounding)
        self.own[judged.name], self.exact[judged.name] = values, exact
        if judged.verdict != Verdict.MISSING:
            # A wrong step and a step that follows from it make the later steps follow.
            self._standing[judged.name] = min(judged.verdict, Verdict.FOLLOWS)

    def _result(self, operation: Operation, known: Mapping[str, Array]) -> Numbers | None:
        try:
            with np.errstate(all="ignore"):
                result = operation.apply(*(known[name] for name in operation.operands))
        except (ValueError, IndexError):  # the matrices of the answer do not fit together
            return None
        return np.asarray(result, dtype=np.float64)

    def _rounding_slack(self, operation: Operation, result: Numbers | None) -> Numbers | None:
        """The distance by which the rounding of its operands may move a result.

        Every cell of the operands is rounded up or down at random, several times. Twice the largest
        change is more than rounding has ever caused with a right method. None if nothing was
        rounded.
        """
        rounded = [
            name
            for name in operation.operands
            if name in self._slack and self._slack[name].shape == self.exact[name].shape
        ]
        if result is None or not rounded:
            return None
        chance = np.random.default_rng(0)
        slack = np.zeros(result.shape)
        for _ in range(ROUNDING_TRIALS):
            tried = dict(self.exact)
            for name in rounded:
                signs = chance.choice((-1.0, 1.0), self._slack[name].shape)
                tried[name] = self.exact[name] + signs * self._slack[name]
            moved = self._result(operation, tried)
            if moved is not None:
                with np.errstate(invalid="ignore"):
                    slack = np.fmax(slack, 2 * np.abs(moved - result))
        return slack

    def _scaled_references(self, name: str) -> Iterator[tuple[Numbers, Verdict]]:
        """The next step, if it only scales: an answer that scales Q has its numbers already."""
        for step in self.trace.plan.steps:
            operation = step.operation
            if operation.factor is not None and operation.operands == (name,):
                yield np.asarray(self.trace.matrices[step.name], dtype=np.float64), Verdict.RIGHT

    def _cell_verdicts(
        self, answered: AnswerMatrix, references: Sequence[tuple[Numbers, Verdict]]
    ) -> NDArray[np.int_]:
        """The verdict on each cell: the best one that a reference allows."""
        verdicts = np.full(answered.values.shape, int(Verdict.WRONG))
        # On paper a hidden score is −∞, whatever low number a program fills in.
        fill = self.problem.masks.fill if self.problem.masks.fill <= HIDES else -np.inf
        for reference, best in references:
            if reference.shape != verdicts.shape:
                continue
            right = near(
                answered.values, reference, self.tolerance.allowed_distance(answered, reference)
            )
            hidden = np.isneginf(reference) | (reference == fill)
            right |= hidden & (answered.values <= HIDES)
            coarse = near(
                answered.values, reference, self.tolerance.coarse_distance(answered, reference)
            )
            verdicts[coarse] = np.minimum(verdicts[coarse], max(Verdict.ROUNDED, best))
            verdicts[right] = np.minimum(verdicts[right], best)
        verdicts[answered.blank] = Verdict.MISSING
        return verdicts
