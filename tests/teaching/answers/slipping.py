"""Slips of the hand: wrong numbers in one cell."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from tests.teaching.calculation.problem import Matrix, Problem
from tests.teaching.calculation.scene import Habit
from tests.teaching.kinds import Random

LEAST_UNITS = 3  # a slip by fewer units of the last place could be rounding
COPIES = ("Q_h", "K_h", "V_h", "concat", "position", "X_scaled")


@dataclass(frozen=True)
class Cell:
    """A cell that a slip may be made in: its matrix, its index, its places and its products."""

    matrix: Matrix
    index: tuple[int, ...]
    places: int
    factors: tuple[Matrix, Matrix] | None
    values: Matrix | None

    @property
    def number(self) -> float:
        """The right number as it is written."""
        return round(float(self.matrix[self.index]), self.places)

    @property
    def digits(self) -> str:
        """The digits of the right number without its sign."""
        return f"{abs(self.number):.{self.places}f}"


def swapped_digits(random: Random, cell: Cell) -> float | None:
    """Two neighbouring digits change their places."""
    digits = cell.digits
    pairs = [
        at
        for at in range(len(digits) - 1)
        if "." not in digits[at : at + 2] and digits[at] != digits[at + 1]
    ]
    if not pairs:
        return None
    at = int(random.choice(pairs))
    changed = digits[:at] + digits[at + 1] + digits[at] + digits[at + 2 :]
    return float(np.copysign(float(changed), cell.number))


def misread_digit(random: Random, cell: Cell) -> float | None:
    """One digit is read as another: 1 as 7, 3 as 8, 4 as 9."""
    like = {"1": "7", "7": "1", "3": "8", "8": "3", "4": "9", "9": "4", "6": "0", "0": "6"}
    places = [at for at, digit in enumerate(cell.digits) if digit in like]
    if not places:
        return None
    at = int(random.choice(places))
    changed = cell.digits[:at] + like[cell.digits[at]] + cell.digits[at + 1 :]
    return float(np.copysign(float(changed), cell.number))


def wrong_sign(random: Random, cell: Cell) -> float | None:
    """The sign is lost, or one too many is written."""
    return -cell.number


def moved_point(random: Random, cell: Cell) -> float | None:
    """The decimal point is one place too far to the left or to the right."""
    return round(cell.number * float(random.choice([0.1, 10.0])), cell.places)


def row_above(random: Random, cell: Cell) -> float | None:
    """The number of the row above is copied."""
    *leading, row, column = cell.index
    return float(cell.matrix[(*leading, row - 1, column)]) if row else None


def next_column(random: Random, cell: Cell) -> float | None:
    """The number of the next column is copied."""
    *leading, row, column = cell.index
    last = cell.matrix.shape[-1] - 1
    return float(cell.matrix[(*leading, row, column + 1)]) if column < last else None


def product_left_out(random: Random, cell: Cell) -> float | None:
    """One product of the sum is left out."""
    return changed_by(random, cell, lambda a, b: -a * b)


def product_twice(random: Random, cell: Cell) -> float | None:
    """One product of the sum is added twice."""
    return changed_by(random, cell, lambda a, b: a * b)


def factor_off_by_one(random: Random, cell: Cell) -> float | None:
    """One factor of a product is read as a number that is larger by 1."""
    return changed_by(random, cell, lambda a, b: a)


def changed_by(random: Random, cell: Cell, change: Callable[[float, float], float]) -> float | None:
    """Return the number with a change in one of its products."""
    if cell.factors is None:
        return None
    one, other = cell.factors
    at = int(random.integers(len(one)))
    return float(cell.matrix[cell.index]) + change(float(one[at]), float(other[at]))


def another_row(random: Random, cell: Cell) -> float | None:
    """One weight is multiplied by another row of V."""
    if cell.values is None or cell.factors is None or len(cell.values) < 2:
        return None
    weights, column = cell.factors
    at, other = (int(n) for n in random.choice(len(column), 2, replace=False))
    moved = float(weights[at]) * float(column[other] - column[at])
    return float(cell.matrix[cell.index]) + moved


SLIPS: Mapping[str, Callable[[Random, Cell], float | None]] = {
    "digits swapped": swapped_digits,
    "sign": wrong_sign,
    "decimal point": moved_point,
    "misread digit": misread_digit,
    "row above": row_above,
    "next column": next_column,
    "product left out": product_left_out,
    "product twice": product_twice,
    "factor off by one": factor_off_by_one,
    "another row of V": another_row,
}


def factors_of(
    problem: Problem, steps: Mapping[str, Matrix], name: str, index: tuple[int, ...]
) -> tuple[Matrix, Matrix] | None:
    """Return the two rows of factors whose products add up to a cell, or None."""
    known = {**problem.matrices, **steps}
    *leading, row, column = index
    at = tuple(leading)
    is_layer = "layer" in problem.choices
    if name in ("Q", "K", "V") and not is_layer:
        other = known.get("memory", known.get("X"))
        source = known.get("embedded", known.get("X")) if name == "Q" else other
        source = known.get("embedded", source)
        if source is None or f"b_{name.lower()}" in known:
            return None
        return source[row], known[f"W_{name.lower()}"][:, column]
    if problem.choices.get("score", "scaled") not in ("scaled", "dot") or is_layer:
        return None
    if name == "scores":
        Q, K = (last_of(known, side) for side in "QK")
        return Q[at][row], K[at][column]
    if name == "heads" or (name == "output" and "W_o" not in known):
        V = last_of(known, "V")
        return known["weights"][at][row], V[at][:, column]
    return None


def last_of(known: Mapping[str, Matrix], side: str) -> Matrix:
    """Return Q, K or V as the scores or the output use it."""
    names = (f"{side}_present", f"{side}_rotated", f"{side}_h", side, "X")
    return next(known[name] for name in names if name in known)


def draw_slip(
    random: Random, problem: Problem, steps: Mapping[str, Matrix], name: str, kind: str, places: int
) -> tuple[tuple[int, ...], float] | None:
    """Return the index of a cell of a step, and the wrong number in it; None if it is not wrong."""
    matrix = steps[name]
    index = tuple(int(random.integers(size)) for size in matrix.shape)
    if not np.isfinite(matrix[index]) or len(index) < 2:
        return None
    factors = factors_of(problem, steps, name, index)
    is_output = name.split(".")[-1] in ("output", "heads")
    values = factors[1] if factors and is_output else None
    wrong = SLIPS[kind](random, Cell(matrix, index, places, factors, values))
    if wrong is None or not np.isfinite(wrong) or abs(wrong) > 1e5:
        return None
    if abs(wrong - float(matrix[index])) <= LEAST_UNITS * 10.0**-places:
        return None
    return index, wrong


def slipped(step: str, index: tuple[int, ...], value: float) -> Habit:
    """Return the habit of writing a wrong number in one cell of a step, and of going on with it."""

    def changed(name: str, matrix: Matrix) -> Matrix:
        if name != step:
            return matrix
        result = np.array(matrix, dtype=float)
        result[index] = value
        return result

    return changed
