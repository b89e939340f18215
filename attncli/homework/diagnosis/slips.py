"""Slips in single cells: errors of the hand, not of the method."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import isfinite

import numpy as np

from attncli.calculation.algebra.expressions import Expression, Values
from attncli.calculation.algebra.vector_expressions import Inner
from attncli.calculation.problem.problem import Problem
from attncli.homework.answers.answer import AnswerMatrix
from attncli.homework.answers.digits import EXACT
from attncli.homework.answers.tolerance import Numbers
from attncli.homework.judging.trail import Judgement
from attncli.words import count

OFF_BY = 2.1  # the most units of the last place by which rounding may move a number
FEWEST = 3  # the fewest cells of which one can be the wrong one among right ones
MOST_SLIPS = 3  # if more cells are wrong, the method is wrong
TERM_SLIPS = {-1: "is left out", 1: "is added twice", -2: "has the wrong sign"}
DIGITS = 2  # the digits that a claim must account for


def slips(
    problem: Problem, judged: Judgement, own: Values, reach: Numbers, goes_on: bool
) -> str | None:
    """Return the sentences on a few wrong cells among right ones; None if the method is wrong.

    `own` are the matrices of the answer that have the right shape, and `reach` is how far rounding
    on the way may move each cell. `goes_on`: the later steps follow from these cells.
    """
    answered = judged.answered
    if answered is None:
        return None
    wrong = _far(judged, answered, reach)
    if not 0 < len(wrong) <= _most(answered):
        return None
    places = [problem.place(judged.step.axes, judged.step.role, index) for index in wrong]
    kinds = [next(_kinds(problem, judged, own, index), "") for index in wrong]
    found = [f"In {at}: {kind}." for at, kind in zip(places, kinds, strict=True) if kind]
    is_rounded = len(wrong) < len(judged.wrong)
    rest = f" The other cells are right{', but for rounding' if is_rounded else ''}"
    if answered.values.size - answered.blank.sum() < FEWEST:
        return found[0] if len(found) == len(wrong) == 1 else None
    rest += ", and the later steps go on correctly from it." if goes_on else "."
    if len(places) == 1:
        return f"{found[0] if found else f'Only {places[0]} is wrong.'}{rest}"
    rest = rest.replace("from it", "from them")
    if len(found) < len(places):
        found.append(f"Only {len(places)} cells are wrong: {'; '.join(places)}.")
    return f"{' '.join(found)}{rest}"


def _far(judged: Judgement, answered: AnswerMatrix, reach: Numbers) -> list[tuple[int, ...]]:
    """The wrong cells that rounding on the way cannot explain; all, if there are none."""
    if not judged.target.shape == answered.values.shape == reach.shape:
        return []
    units = 2 * answered.half_units
    most = np.minimum(OFF_BY * units, reach + units)
    off = np.abs(answered.values - judged.target)
    return [index for index in judged.wrong if not off[index] <= most[index]] or judged.wrong


def _most(answered: AnswerMatrix) -> int:
    """The most cells that count as slips: a third of the matrix, but not more than three."""
    cells = int((~answered.blank).sum())
    return min(MOST_SLIPS, cells // 3) if cells >= FEWEST else 1


def _kinds(
    problem: Problem, judged: Judgement, own: Values, index: tuple[int, ...]
) -> Iterator[str]:
    """The slips that may have made a wrong cell, in words, the simplest first."""
    assert judged.answered is not None
    yours, right = float(judged.answered.values[index]), float(judged.target[index])
    decimals = int(judged.answered.decimals[index])
    if not isfinite(yours) or not isfinite(right) or yours == 0:
        return  # a 0 has no digit that could speak for a slip
    # Whole numbers have no digit that was rounded.
    unit = float(judged.answered.half_units[index]) if decimals > 0 else 0.0
    distance = unit + 1e-9 * max(1.0, abs(right))
    if abs(yours - right) <= 3 * distance:
        return
    told = abs(yours) >= 2 * unit * 10 ** (DIGITS - 1)  # two digits are written
    if abs(yours + right) <= distance and told:
        yield "the sign is wrong"
    for power in (-3, -2, -1, 1, 2, 3):
        if right and told and abs(yours - right * 10.0**power) <= distance:
            side = "right" if power > 0 else "left"
            yield f"the decimal point is {count(abs(power), 'places')} too far to the {side}"
    if 0 <= decimals < EXACT:
        texts = f"{yours:.{decimals}f}", f"{right:.{decimals}f}"
        if _swapped(*texts):
            yield "two digits are swapped"
    loose = distance + 2 * unit  # the factors are rounded too
    for number, term in enumerate(_products(judged, own, index), 1):
        value = term.value(own)
        for factor, text in TERM_SLIPS.items():
            if abs(value) > 2 * loose and abs(yours - right - factor * value) <= loose:
                yield f"product {number} of the sum {text}"
        for part in term.parts if len(term.parts) == 2 else ():
            more = part.value(own) - value
            if abs(more) > 2 * loose and abs(yours - right - more) <= loose:
                yield f"product {number} of the sum has only one of its two factors"
    yield from _copied(problem, judged, yours, distance, index)
    if 0 <= decimals < EXACT and _one_digit_differs(*texts):
        yield "one digit is wrong"


def _copied(
    problem: Problem, judged: Judgement, yours: float, distance: float, index: tuple[int, ...]
) -> Iterator[str]:
    """The cell from which the number may have been copied: its mirror image, or a neighbour."""
    row, column = index[-2:]
    places = [(column, row), *((row + step, column) for step in (-1, 1))]
    places += [(row, column + step) for step in (-1, 1)]
    for at in places:
        other = (*index[:-2], *at)
        inside = all(0 <= i < size for i, size in zip(other, judged.target.shape, strict=True))
        if inside and other != index and abs(yours - float(judged.target[other])) <= distance:
            yield f"this is the number of {_place(problem, judged, other)}"


def _place(problem: Problem, judged: Judgement, index: tuple[int, ...]) -> str:
    """The place of a cell on paper: `row 2, column 3`."""
    return problem.place(judged.step.axes, judged.step.role, index)


def _products(judged: Judgement, own: Values, index: tuple[int, ...]) -> Sequence[Expression]:
    """The products that are added up to the cell.

    The list is empty if the cell is not a sum of products, or if a matrix of the answer has another
    shape.
    """
    operation = judged.step.operation
    try:
        expression = operation.cell(index, *(own[name] for name in operation.operands))
        sums = (part for part in (expression, *expression.parts) if isinstance(part, Inner))
        products = [part for inner in sums for part in inner.parts]
        for part in products:
            part.value(own)
    except KeyError:
        return []
    return products


def _swapped(yours: str, right: str) -> bool:
    """True if the numbers differ only in the order of two neighbouring digits.

    >>> _swapped("0.4863", "0.4683"), _swapped("12", "22")
    (True, False)
    """
    if len(yours) != len(right):
        return False
    differing = [i for i, (a, b) in enumerate(zip(yours, right, strict=True)) if a != b]
    if len(differing) != 2 or differing[1] != differing[0] + 1:
        return False
    i = differing[0]
    return yours[i : i + 2] == right[i : i + 2][::-1]


def _one_digit_differs(yours: str, right: str) -> bool:
    """True if the numbers differ in one digit, and have at least three.

    >>> _one_digit_differs("0.4683", "0.4983"), _one_digit_differs("2", "3")
    (True, False)
    """
    differing = [a != b for a, b in zip(yours, right, strict=False)]
    return len(yours) == len(right) and sum(differing) == 1 and sum(map(str.isdigit, yours)) > 2
