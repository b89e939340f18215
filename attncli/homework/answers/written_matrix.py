"""Read the cells of one matrix as a person or a program writes them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from attncli.calculation.problem.document import JsonNumber
from attncli.calculation.problem.input_matrices import MOST_AXES, place
from attncli.errors import ProblemError
from attncli.homework.answers.digits import (
    EXACT,
    WrittenNumber,
    half_units_of,
    places_of_numbers,
    read_cell,
)
from attncli.homework.answers.print_outs import ShortFloat, nearest
from attncli.records import record, replace
from attncli.words import count, shape_text

if TYPE_CHECKING:
    from numpy.typing import NDArray


@record(frozen=True)
class WrittenMatrix:
    """The cells of a matrix as they are written: each array has the shape of the matrix.

    `values`, `decimals`, `half_units` and `digits` are those of `WrittenNumber`; `values` are NaN
    where `blank`. `is_number` marks numbers of JSON, of Python and of arrays, which have no
    trailing zeros; the others are texts. `arithmetic` holds the texts of cells that are not numbers
    in digits, such as 1/2, and '' in other cells; it is None if there are none. `kind` is the type
    of an array of float32 or float16.
    """

    values: NDArray[np.float64]
    decimals: NDArray[np.int_]
    half_units: NDArray[np.float64]
    digits: NDArray[np.int_]
    is_number: NDArray[np.bool_]
    blank: NDArray[np.bool_]
    arithmetic: NDArray[np.object_] | None = None
    kind: ShortFloat | None = None

    @property
    def is_plain(self) -> NDArray[np.bool_]:
        """True for numbers in digits: no blank, no infinity, no arithmetic, no percentage."""
        return np.asarray(self.digits > 0)

    def with_places(self, kind: ShortFloat | None) -> WrittenMatrix:
        """Return the matrix with the decimal places of the whole matrix in each of its numbers.

        `kind` is float32 or float16 for the print-out of a program that calculates with it: the
        digits beyond those of the type then do not count, and texts have no digits of their own.
        """
        matrix = self._shortened(kind) if kind else self
        numbers = matrix.is_plain & (matrix.is_number | (kind is not None))
        if not numbers.any():
            return matrix
        decimals, half_units = matrix.decimals.copy(), matrix.half_units.copy()
        decimals[numbers] = places_of_numbers(
            matrix.values[numbers], decimals[numbers], matrix.digits[numbers]
        )
        half_units[numbers] = half_units_of(decimals[numbers])
        return replace(matrix, decimals=decimals, half_units=half_units)

    def _shortened(self, kind: ShortFloat) -> WrittenMatrix:
        """The matrix with no more digits than the shortest print of its numbers has."""
        decimals, digits = self.decimals.copy(), self.digits.copy()
        short = nearest(self.values, kind)
        for index in zip(*np.nonzero(self.is_plain & np.isfinite(short)), strict=True):
            shortest = read_cell(str(short[index]).removesuffix(".0"))
            if shortest.digits < digits[index]:
                decimals[index], digits[index] = shortest.decimals, shortest.digits
        return replace(self, decimals=decimals, digits=digits)


def read_matrix(name: str, value: object) -> WrittenMatrix:
    """Return the cells of the matrix `name`: nested lists or an array, with at least two axes.

    Raises ProblemError, which names the row or the cell, for ragged rows and for cells without a
    value.
    """
    kind: ShortFloat | None = None
    if isinstance(value, np.ndarray):
        kind = next((short for short in (np.float16, np.float32) if value.dtype == short), None)
        value = value.tolist()
    if not isinstance(value, list) or not value:
        raise ProblemError(f"{name} is not a matrix.", "Write it as rows of numbers.", (name,))
    try:
        _shape(name, value)
    except ProblemError as error:
        raise ProblemError(error.message, error.hint, (name,)) from None
    cells = np.atleast_2d(np.array(value, dtype=object))
    values, half_units = np.full(cells.shape, np.nan), np.zeros(cells.shape)
    decimals, digits = np.full(cells.shape, EXACT), np.zeros(cells.shape, dtype=np.int_)
    is_number, blank = np.zeros((2, *cells.shape), dtype=np.bool_)
    arithmetic: NDArray[np.object_] | None = None
    for index, cell in np.ndenumerate(cells):
        if cell is None or (isinstance(cell, str) and not cell.strip()):
            blank[index] = True
            continue
        is_number[index] = isinstance(cell, JsonNumber) or not isinstance(cell, str)
        number = _read(name, index, cell, bool(is_number[index]))
        values[index], decimals[index], half_units[index], digits[index] = number
        if isinstance(cell, str) and not number.digits:
            if arithmetic is None:
                arithmetic = np.full(cells.shape, "", dtype=np.object_)
            arithmetic[index] = " ".join(cell.split())
    return WrittenMatrix(values, decimals, half_units, digits, is_number, blank, arithmetic, kind)


def _read(name: str, index: tuple[int, ...], cell: object, is_number: bool) -> WrittenNumber:
    try:
        if isinstance(cell, bool):
            raise ValueError("a truth value")
        text = str(cell)
        # Python writes the whole number 6 as 6.0.
        return read_cell(text.replace(".0e", "e").removesuffix(".0") if is_number else text)
    except ValueError as error:
        message = f"{place(name, index)} is {cell!r}: {error}."
        hint = "Write a number, arithmetic such as 3/sqrt(2) or e^2, or leave it empty."
        raise ProblemError(message, hint, (name,)) from None


def _shape(name: str, part: list[object]) -> tuple[int, ...]:
    """Return the shape of nested lists. Raises ProblemError for the first list that differs.

    `name` is that of the part: `weights`, or `weights[2]` for its second slice.
    """
    if name.count(",") >= MOST_AXES:  # the step `hidden` has an axis more than inputs have
        message = f"the lists of {name.partition('[')[0]} are nested too deeply."
        raise ProblemError(message, f"A matrix has 2 to {MOST_AXES + 1} axes.")
    if part and not any(isinstance(row, list) for row in part):
        return (len(part),)
    shapes = []
    for number, row in enumerate(part, 1):
        if not isinstance(row, list):
            message = f"row {number} of {name} is {row!r}, not a row of cells."
            raise ProblemError(message, "Write each row as a list.")
        inner = f"{name[:-1]},{number}]" if name.endswith("]") else f"{name}[{number}]"
        shape = _shape(inner, row) if row else (0,)
        shapes.append(shape)
        if shape != shapes[0] or not row:
            is_row = len(shape) == len(shapes[0]) == 1
            here = f"row {number} of {name}" if is_row else inner
            first = "row 1" if is_row else f"{inner[: -len(str(number)) - 1]}1]"
            others = f", {first} has {_cells(shapes[0])}" if number > 1 else ""
            message = f"{here} has {_cells(shape)}{others}."
            raise ProblemError(message, "Leave a cell empty (null) where nothing is answered.")
    return (len(part), *shapes[0])


def _cells(shape: tuple[int, ...]) -> str:
    return count(shape[0], "cells") if len(shape) == 1 else f"{shape_text(shape)} cells"
