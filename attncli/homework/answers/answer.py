"""Read an answer as written: values, the decimals that they were written with, and blanks."""

from __future__ import annotations

import re
from collections.abc import Mapping
from math import isfinite
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from attncli.calculation.algebra.layouts import Layout, Role, sizes
from attncli.calculation.algebra.plan import Plan
from attncli.calculation.choices.choices import CHOICES
from attncli.calculation.names.known_names import last_of
from attncli.calculation.names.step_names import STEPS
from attncli.calculation.problem.input_matrices import place
from attncli.calculation.problem.problem import Problem
from attncli.errors import ProblemError
from attncli.homework.answers.digits import EXACT, half_a_unit
from attncli.homework.answers.written_arithmetic import LARGEST_EXPONENT, evaluate
from attncli.records import record

if TYPE_CHECKING:
    from numpy.typing import NDArray

MANY = 10  # only programs write this many decimals
_DECIMAL = re.compile(r"[+-]?(?:\d+\.?(\d*)|\.(\d+))(?:[eE]([+-]?\d+))?")
_PERCENT = re.compile(r"[+-]?\d*\.?(\d*)\s*%")


class WrittenNumber(NamedTuple):
    """The number in a cell, its last decimal place, and how far the true number may be from it."""

    value: float
    decimals: int
    half_unit: float


@record(frozen=True)
class AnswerMatrix:
    """One matrix of an answer, in the layout `rows`.

    `values` are NaN in cells that were not answered (`blank`). `decimals` is the last decimal place
    of each cell as it was written, negative for tens and hundreds, EXACT for arithmetic.
    `half_units` is the largest distance of a number from its written value: half a unit of its last
    place, 0 for exact arithmetic, infinities and blanks. `epsilon` is the relative distance of
    neighbouring numbers if all cells fit float32 or float16, else 0.
    """

    values: NDArray[np.float64]
    decimals: NDArray[np.int_]
    half_units: NDArray[np.float64]
    blank: NDArray[np.bool_]
    epsilon: float = 0.0

    @property
    def finest(self) -> int:
        """The finest decimal place in the matrix; EXACT if no cell has decimals."""
        written = self.decimals[(self.decimals < EXACT) & ~self.blank]
        return int(written.max()) if written.size else EXACT

    @property
    def finest_decimal(self) -> int | None:
        """The finest decimal place; None for a matrix of arithmetic alone, such as 1/3."""
        return None if self.finest == EXACT else self.finest


Answer = Mapping[str, AnswerMatrix]


def read_answer(problem: Problem, plan: Plan, entries: Mapping[str, object]) -> Answer:
    """Return the steps of an answer; its choices are ignored, its inputs must equal the problem's.

    Raises ProblemError for a cell without a value, for an input that differs from the problem's,
    for an unknown step, and for an answer without steps.
    """
    steps = {step.name: step for step in plan.steps}
    answer = {}
    for name, value in entries.items():
        if last_of(name) in STEPS and (name in steps or name not in problem.matrices):
            step = steps.get(name)
            role = step.role if step else _role(name)
            answered = read_answer_matrix(name, value, problem.layout, role)
            answer[name] = _as_column(answered, sizes(step.axes)) if step else answered
        elif name in problem.matrices:
            given = read_answer_matrix(name, value, problem.layout, problem.roles[name]).values
            matrix = np.atleast_2d(problem.matrices[name])
            if given.shape != matrix.shape or not np.allclose(given, matrix, rtol=0, atol=1e-9):
                message = f"{name} of the answer is not the {name} of the problem."
                raise ProblemError(message, "An answer holds steps; leave out the inputs.", (name,))
        elif last_of(name) not in CHOICES:
            message = f"{name} is not a step of this calculation, and the problem has no {name}."
            raise ProblemError(message, f"Its steps are {', '.join(plan.names)}.", (name,))
    if not answer:
        raise ProblemError("the answer holds no step.", f"Its steps are {', '.join(plan.names)}.")
    return answer


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
    return AnswerMatrix(
        answered.values.T,
        answered.decimals.T,
        answered.half_units.T,
        answered.blank.T,
        answered.epsilon,
    )


def is_value(text: str) -> bool:
    """Return True if the text is a cell of an answer: a number, arithmetic, or a blank."""
    try:
        return not text or bool(read_cell(text))
    except ValueError:
        return False


def read_cell(text: str) -> WrittenNumber:
    """Return a cell of an answer. Raises ValueError for other text.

    >>> tuple(read_cell("0.50")), tuple(read_cell("1/4")) == (0.25, EXACT, 0)
    ((0.5, 2, 0.005), True)
    """
    text = text.strip().replace("−", "-")
    number = _DECIMAL.fullmatch(text)
    if number:
        whole, bare, exponent = number.groups()
        if not isfinite(float(text)) or abs(int(exponent or 0)) > LARGEST_EXPONENT:
            raise ValueError("too large, or too small, for a number")
        return _rounded(float(text), len(whole or bare or "") - int(exponent or 0))
    percent = _PERCENT.fullmatch(text)
    value = evaluate(text)
    return _rounded(value, len(percent[1]) + 2) if percent else WrittenNumber(value, EXACT, 0.0)


def _rounded(value: float, decimals: int) -> WrittenNumber:
    return WrittenNumber(value, decimals, float(half_a_unit(decimals)))


def read_answer_matrix(name: str, value: object, layout: Layout, role: Role) -> AnswerMatrix:
    """Return a matrix in the layout `rows`. Raises ProblemError, which names the cell."""
    if isinstance(value, np.ndarray):
        value = value.tolist()
    if not isinstance(value, list) or not value:
        raise ProblemError(f"{name} is not a matrix.", "Write it as rows of numbers.", (name,))
    try:
        texts = np.array(value, dtype=object)
        is_ragged = any(isinstance(cell, list) for cell in texts.flat)
    except ValueError:
        is_ragged = True
    if is_ragged or not texts.size:
        message = f"the rows of {name} are of different lengths, or empty."
        raise ProblemError(message, "Leave a cell empty (null) where nothing is answered.", (name,))
    if texts.ndim < 2:
        texts = texts.reshape(1, -1)
    values = np.full(texts.shape, np.nan)
    decimals = np.full(texts.shape, EXACT)
    half_units = np.zeros(texts.shape)
    blank = np.zeros(texts.shape, dtype=np.bool_)
    for index, cell in np.ndenumerate(texts):
        if cell is None or (isinstance(cell, str) and not cell.strip()):
            blank[index] = True
        else:
            values[index], decimals[index], half_units[index] = _read(name, index, cell)
    written = ~blank & np.isfinite(values)
    return AnswerMatrix(
        layout.swap(values, role),
        layout.swap(decimals, role),
        layout.swap(half_units, role),
        layout.swap(blank, role),
        _epsilon(values[written], decimals[written]),
    )


def _epsilon(values: NDArray[np.float64], decimals: NDArray[np.int_]) -> float:
    """The precision of numbers that only a program writes, if all of them fit fewer bits."""
    if values.size and MANY <= decimals.max() < EXACT:
        for dtype in (np.float16, np.float32):
            with np.errstate(over="ignore"):
                if (values.astype(dtype) == values).all():
                    return float(np.finfo(dtype).eps)
    return 0.0


def _read(name: str, index: tuple[int, ...], cell: object) -> WrittenNumber:
    try:
        if isinstance(cell, bool):
            raise ValueError("a truth value")
        return read_cell(cell if isinstance(cell, str) else repr(cell))
    except ValueError as error:
        message = f"{place(name, index)} is {cell!r}: {error}."
        hint = "Write a number, arithmetic such as 3/sqrt(2) or e^2, or leave it empty."
        raise ProblemError(message, hint, (name,)) from None
