"""Read an answer as written: values, the decimals that they were written with, and blanks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property, partial
from typing import TYPE_CHECKING

import numpy as np

from attncli.calculation.algebra.layouts import AnyArray, Axes, Layout, Role, sizes
from attncli.calculation.algebra.plan import Plan
from attncli.calculation.choices.choices import CHOICES
from attncli.calculation.names.known_names import last_of
from attncli.calculation.names.step_names import STEPS
from attncli.calculation.problem.problem import Problem
from attncli.errors import ProblemError
from attncli.homework.answers.digits import EXACT, read_cell
from attncli.homework.answers.presentation import Presentation, read_presentation
from attncli.homework.answers.print_outs import ShortFloat, is_print_out, printed_type
from attncli.homework.answers.written_matrix import WrittenMatrix, read_matrix
from attncli.records import record, replace

if TYPE_CHECKING:
    from numpy.typing import NDArray

OF_PROGRAMS = 1e-9  # half a unit: only a program writes digits as fine as this
FEWEST = 4  # significant digits that let a matrix count as a print-out, if another matrix is one


@record(frozen=True)
class AnswerMatrix:
    """One matrix of an answer, in the layout `rows`.

    `values` are NaN in cells that were not answered (`blank`). `decimals` is the last decimal place
    of each cell, negative for tens and hundreds, EXACT for arithmetic. A text has its own places; a
    number of JSON or of an array, which has lost its trailing zeros, has those of its matrix.
    `half_units` is the largest distance of the true number from the written one: half a unit of the
    last place; 0 for exact arithmetic, infinities and blanks; for arithmetic with rounded literals
    their reach. `epsilon` is the relative distance of neighbouring numbers of float32 or float16 if
    a program with that type has printed the matrix, else 0. `is_text` is True if all cells are
    texts, which have lost no trailing zeros. `arithmetic` holds the texts of arithmetic, such as
    1/3, and '' in other cells; it is None if no cell is arithmetic.
    """

    values: NDArray[np.float64]
    decimals: NDArray[np.int_]
    half_units: NDArray[np.float64]
    blank: NDArray[np.bool_]
    epsilon: float = 0.0
    is_text: bool = False
    arithmetic: NDArray[np.object_] | None = None

    @cached_property
    def is_rounded(self) -> NDArray[np.bool_]:
        """True for each answered cell with a last decimal place: not arithmetic such as 1/3."""
        return (self.decimals < EXACT) & ~self.blank

    @cached_property
    def finest(self) -> int:
        """The finest decimal place in the matrix; EXACT if no cell has decimals."""
        written = self.decimals[self.is_rounded]
        return int(written.max()) if written.size else EXACT

    @cached_property
    def finest_half_unit(self) -> float | None:
        """Half a unit of the finest decimal place; None if no cell has digits after the point."""
        halves = self.half_units[self.is_rounded]
        return float(halves.min()) if 0 < self.finest < EXACT else None

    @cached_property
    def is_by_hand(self) -> bool:
        """True if a person may have written the matrix: programs write finer digits."""
        return bool((self.half_units > OF_PROGRAMS).any())

    @cached_property
    def has_its_digits(self) -> NDArray[np.bool_]:
        """True for cells with as many significant digits as the cells with the most decimals have.

        0.753 beside 0.0634 has as many: people write three digits of each.
        """
        written = self.is_rounded & (self.values != 0)
        if not written.any():
            return np.ones(self.values.shape, dtype=np.bool_)
        most = self.decimals[written].max()
        digits = self._significant()
        fewest = digits[written & (self.decimals == most)].min() if most > 0 else np.inf
        return np.asarray((digits >= fewest) | (self.decimals >= EXACT))

    def _significant(self) -> NDArray[np.float64]:
        """The number of significant digits of each cell, as it is written."""
        sizes = np.where(np.isfinite(self.values), np.abs(self.values), 0.0)
        with np.errstate(divide="ignore"):
            places = np.floor(np.log10(sizes)) + 1
        return np.where(sizes > 0, places + self.decimals, 0)

    @property
    def finest_decimal(self) -> int | None:
        """The finest decimal place; None for a matrix of arithmetic alone, such as 1/3."""
        return None if self.finest == EXACT else self.finest

    def place_at(self, index: tuple[int, ...]) -> int | None:
        """Return the last decimal place of a cell; None for arithmetic, such as 1/3."""
        place = int(self.decimals[index])
        return None if place == EXACT else place

    def each(self, turn: Callable[[AnyArray], AnyArray]) -> AnswerMatrix:
        """Return the matrix with each of its arrays turned in the same way."""
        return replace(
            self,
            values=turn(self.values),
            decimals=turn(self.decimals),
            half_units=turn(self.half_units),
            blank=turn(self.blank),
            arithmetic=None if self.arithmetic is None else turn(self.arithmetic),
        )

    def arithmetic_at(self, index: tuple[int, ...]) -> str:
        """Return the text of a cell that is written as arithmetic, such as 1/3, and else ''."""
        return "" if self.arithmetic is None else str(self.arithmetic[index])


Answer = Mapping[str, AnswerMatrix]


def read_answer(problem: Problem, plan: Plan, entries: Mapping[str, object]) -> Answer:
    """Return the steps of an answer, in the layout `rows` and in the problem's order of tokens.

    The choices `layout`, `tokens` and `memory_tokens` of an answer say how its matrices are
    written; its other choices are ignored. Its inputs must equal the problem's.

    Raises ProblemError for a cell without a value, for an input that differs from the problem's,
    for tokens other than the problem's, for an unknown step, and for an answer without steps.
    """
    steps = {step.name: step for step in plan.steps}
    presentation = read_presentation(problem, entries)
    written = {}
    for name, value in entries.items():
        if last_of(name) in STEPS and (name in steps or name not in problem.matrices):
            written[name] = read_matrix(name, value)
        elif name in problem.matrices:
            _check_input(name, value, problem, presentation)
        elif last_of(name) not in CHOICES:
            message = f"{name} is not a step of this calculation, and the problem has no {name}."
            raise ProblemError(message, f"Its steps are {', '.join(plan.names)}.", (name,))
    if not written:
        raise ProblemError("the answer holds no step.", f"Its steps are {', '.join(plan.names)}.")
    kinds = _kinds(written)
    answer = {}
    for name, matrix in written.items():
        role = steps[name].role if name in steps else _role(name)
        answered = _in_rows(matrix, kinds[name], presentation.layout, role)
        if name in steps:
            answered = _as_column(answered, sizes(steps[name].axes))
        axes = _axes(name, problem, plan)
        answer[name] = answered.each(partial(presentation.in_order, axes=axes))
    return answer


def _check_input(name: str, value: object, problem: Problem, presentation: Presentation) -> None:
    role = problem.roles[name]
    given = read_answer_matrix(name, value, presentation.layout, role).values
    given = presentation.in_order(given, problem.axes[name])
    matrix = np.atleast_2d(problem.matrices[name])
    if given.shape != matrix.shape or not np.allclose(given, matrix, rtol=0, atol=1e-9):
        message = f"{name} of the answer is not the {name} of the problem."
        raise ProblemError(message, "An answer holds steps; leave out the inputs.", (name,))


def _kinds(written: Mapping[str, WrittenMatrix]) -> dict[str, ShortFloat | None]:
    """The type that a program has printed each matrix with; None for numbers without one.

    One matrix that is clearly a print-out lets the others be print-outs on less evidence; if it is
    one of float16, so are others that are prints of float16, and of float32 too.
    """
    kinds = {name: matrix.kind or printed_type(matrix) for name, matrix in written.items()}
    evident = set(kinds.values())
    for found in (kind for kind in (np.float32, np.float16) if kind in evident):
        for name, matrix in written.items():
            is_open = matrix.kind is None and found is not kinds[name]
            if is_open and matrix.digits.max() >= FEWEST and is_print_out(matrix, found):
                kinds[name] = found
    return kinds


def _axes(name: str, problem: Problem, plan: Plan) -> Axes:
    """The axes of a step; of the step or input that it equals, if the plan leaves it out."""
    known = {**problem.axes, **{step.name: step.axes for step in plan.steps}}
    scope, dot, last = name.rpartition(".")
    for source in (last, *STEPS[last].equals):
        if scope + dot + source in known:
            return known[scope + dot + source]
    # In a layer, the last step of a part may have another name: norm_2.output is the output.
    inside = [axes for step, axes in known.items() if dot and step.startswith(scope + dot)]
    return inside[-1] if inside else ()


def read_without_problem(entries: Mapping[str, object], layout: Layout) -> Answer:
    """Return the steps of an answer without its problem. Raises ProblemError for a bad cell."""
    return {
        name: read_answer_matrix(name, value, layout, _role(name))
        for name, value in entries.items()
        if last_of(name) in STEPS
    }


def _role(name: str) -> Role:
    """The role of a step without a plan: `hidden` has three axes in additive scoring."""
    is_hidden = last_of(name) == "hidden" and not name.endswith("ffn.hidden")
    return Role.FIXED if is_hidden else Role.TOKENS


def _as_column(answered: AnswerMatrix, shape: tuple[int, ...]) -> AnswerMatrix:
    """A column of one number per token, if it was written as a row or as a list."""
    if shape[-1] != 1 or len(shape) != 2 or answered.values.shape != shape[::-1]:
        return answered
    return answered.each(np.transpose)


def is_value(text: str) -> bool:
    """Return True if the text is a cell of an answer: a number, arithmetic, or a blank."""
    try:
        return not text or bool(read_cell(text))
    except ValueError:
        return False


def read_answer_matrix(name: str, value: object, layout: Layout, role: Role) -> AnswerMatrix:
    """Return a matrix in the layout `rows`. Raises ProblemError, which names the cell."""
    matrix = read_matrix(name, value)
    return _in_rows(matrix, matrix.kind or printed_type(matrix), layout, role)


def _in_rows(
    written: WrittenMatrix, kind: ShortFloat | None, layout: Layout, role: Role
) -> AnswerMatrix:
    matrix = written.with_places(kind)
    epsilon = float(np.finfo(kind).eps) if kind else 0.0
    is_text = kind is None and not matrix.is_number.any()
    answered = AnswerMatrix(
        matrix.values,
        matrix.decimals,
        matrix.half_units,
        matrix.blank,
        epsilon,
        is_text,
        matrix.arithmetic,
    )
    return answered.each(lambda cells: layout.swap(cells, role))
