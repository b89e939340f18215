"""The ways in which people and programs round numbers, and write them."""

from __future__ import annotations

from collections.abc import Callable
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal
from typing import Any, TypeAlias

import numpy as np

from tests.teaching.calculation.calculate import as_it_is
from tests.teaching.calculation.problem import Matrix
from tests.teaching.calculation.scene import Habit

Rounder: TypeAlias = Callable[[Matrix, int], Matrix]


def each(matrix: Matrix, change: Callable[[float], float]) -> Matrix:
    """Return the matrix with a function done to each finite cell."""
    cells = [change(float(v)) if np.isfinite(v) else float(v) for v in matrix.flat]
    return np.array(cells, dtype=float).reshape(matrix.shape)


def half_up(matrix: Matrix, places: int) -> Matrix:
    """Round as people do: the 12 digits of a calculator, and 5 goes away from zero."""
    unit = Decimal(1).scaleb(-places)
    return each(
        matrix, lambda v: float(Decimal(f"{v:.12g}").quantize(unit, rounding=ROUND_HALF_UP))
    )


def half_even(matrix: Matrix, places: int) -> Matrix:
    """Round as NumPy does: the binary number, and a tie goes to the even digit."""
    return np.round(matrix, places)


def cut(matrix: Matrix, places: int) -> Matrix:
    """Leave out the digits after some places."""
    unit = Decimal(1).scaleb(-places)
    return each(matrix, lambda v: float(Decimal(f"{v:.12g}").quantize(unit, rounding=ROUND_DOWN)))


def significant(matrix: Matrix, digits: int) -> Matrix:
    """Round to significant digits."""
    return each(matrix, lambda v: float(f"{v:.{digits}g}"))


def carried(places: int, rounder: Rounder = half_even) -> Habit:
    """Return the habit of rounding every step, and of going on with the rounded numbers."""
    return lambda name, matrix: rounder(matrix, places)


def some_carried(places: int, parts: tuple[str, ...], rounder: Rounder = half_even) -> Habit:
    """Return the habit of rounding only the steps whose last names are in `parts`."""
    return lambda name, matrix: rounder(matrix, places) if name.split(".")[-1] in parts else matrix


def weights_finer(places: int, rounder: Rounder = half_even) -> Habit:
    """Return the habit of rounding every step, the weights to one place more."""
    return lambda name, matrix: rounder(matrix, places + name.endswith("weights"))


def then(first: Habit, second: Habit) -> Habit:
    """Return two habits one after the other."""
    return lambda name, matrix: second(name, first(name, matrix))


def written(
    matrix: Matrix, places: int, rounder: Rounder = half_even, as_text: bool = False
) -> Any:
    """Return the cells as an answer writes them: numbers, or texts with trailing zeros."""
    return cells(rounder(matrix, places), lambda v: f"{v:.{places}f}" if as_text else number(v))


def cells(matrix: Matrix, write: Callable[[float], Any]) -> Any:
    """Return nested lists of the cells of a matrix, written one by one."""
    if matrix.ndim:
        return [cells(part, write) for part in matrix]
    value = float(matrix)
    if np.isnan(value):
        return "nan"
    if np.isinf(value):
        return "inf" if value > 0 else "-inf"
    return write(value)


def number(value: float) -> float | int:
    """Return a number as JSON writes it: a whole one without a point."""
    value = value + 0.0 if value else 0.0
    return int(value) if value == int(value) and abs(value) < 1e15 else value


EXACT: Habit = as_it_is
