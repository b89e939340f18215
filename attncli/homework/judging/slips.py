"""Slips in single cells: errors of the hand, not of the method."""

from __future__ import annotations

from collections.abc import Iterator
from math import isfinite

from attncli.calculation.algebra.expressions import Values
from attncli.calculation.algebra.vector_expressions import Inner
from attncli.calculation.problem.problem import Problem
from attncli.homework.answers.digits import EXACT, half_a_unit
from attncli.homework.judging.judge import Judgement
from attncli.words import count

MOST_SLIPS = 3  # if more cells are wrong, the method is wrong
TERM_SLIPS = {-1: "is left out", 1: "is added twice", -2: "has the wrong sign"}


def slips(problem: Problem, judged: Judgement, own: Values) -> list[str]:
    """Return a sentence on each wrong cell that a slip explains, if only a few cells are wrong.

    `own` are the matrices of the answer.
    """
    if not judged.answered or not 0 < len(judged.wrong) <= MOST_SLIPS:
        return []
    found = []
    for index in judged.wrong:
        text = next(_explanations(problem, judged, own, index), None)
        if text:
            found.append(f"In {_place(problem, judged, index)}: {text}.")
    return found


def _place(problem: Problem, judged: Judgement, index: tuple[int, ...]) -> str:
    """The place of a cell on paper: `row 2, column 3`."""
    return problem.place(judged.step.axes, judged.step.role, index)


def _explanations(
    problem: Problem, judged: Judgement, own: Values, index: tuple[int, ...]
) -> Iterator[str]:
    """The slips that may have made a wrong cell, in words, the simplest first."""
    assert judged.answered is not None
    yours, right = float(judged.answered.values[index]), float(judged.target[index])
    decimals = int(judged.answered.decimals[index])
    if not isfinite(yours) or not isfinite(right):
        return
    unit = float(half_a_unit(decimals)) if decimals < EXACT else 0.0
    distance = unit + 1e-9 * max(1.0, abs(right))
    if abs(yours + right) <= distance:
        yield "the sign is wrong"
    for power in (-3, -2, -1, 1, 2, 3):
        if right and abs(yours - right * 10.0**power) <= distance:
            side = "right" if power > 0 else "left"
            yield f"the decimal point is {count(abs(power), 'places')} too far to the {side}"
    if 0 <= decimals < EXACT and _swapped(f"{yours:.{decimals}f}", f"{right:.{decimals}f}"):
        yield "two digits are swapped"
    for number, term in enumerate(_products(judged, own, index), 1):
        for factor, text in TERM_SLIPS.items():
            if abs(term) > distance and abs(yours - right - factor * term) <= distance:
                yield f"product {number} of the sum {text}"
    mirrored = (*index[:-2], index[-1], index[-2])
    inside = all(at < size for at, size in zip(mirrored, judged.target.shape, strict=True))
    if inside and mirrored != index and abs(yours - float(judged.target[mirrored])) <= distance:
        yield f"this is the number of {_place(problem, judged, mirrored)}"


def _products(judged: Judgement, own: Values, index: tuple[int, ...]) -> list[float]:
    """The products that are added up to the cell.

    The list is empty if the cell is not a sum of products, or if the matrices of the answer are too
    small for it.
    """
    operation = judged.step.operation
    try:
        expression = operation.cell(index, *(own[name] for name in operation.operands))
        sums = (part for part in (expression, *expression.parts) if isinstance(part, Inner))
        return [part.value(own) for inner in sums for part in inner.parts]
    except (ValueError, IndexError):
        return []


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
