"""Slips in single cells: what a hand does, not a method."""

from __future__ import annotations

from collections.abc import Iterator
from math import isfinite

from attncli.calculation.algebra.expressions import Values
from attncli.calculation.algebra.vector_expressions import Inner
from attncli.homework.answers.answer import EXACT
from attncli.homework.answers.tolerance import half_a_unit
from attncli.homework.judging.judge import Judgement

MOST_SLIPS = 3  # more wrong cells than this are no slip
TERM_SLIPS = {-1: "is left out", 1: "is added twice", -2: "has the wrong sign"}


def slips(judged: Judgement, own: Values) -> list[str]:
    """A sentence on each wrong cell that a slip explains, where such cells are few.

    `own` are the answer's own matrices.
    """
    if not judged.answered or not 0 < len(judged.wrong) <= MOST_SLIPS:
        return []
    found = []
    for index in judged.wrong:
        text = next(_explanations(judged, own, index), None)
        if text:
            row, column = index[-2] + 1, index[-1] + 1
            found.append(f"In [{row},{column}] {text}.")
    return found


def _explanations(judged: Judgement, own: Values, index: tuple[int, ...]) -> Iterator[str]:
    """The slips that a wrong cell may have come from, in words, the plainest first."""
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
            yield f"the decimal point is {abs(power)} to the {'right' if power > 0 else 'left'}"
    if 0 <= decimals < EXACT and _swapped(f"{yours:.{decimals}f}", f"{right:.{decimals}f}"):
        yield "two digits are swapped"
    for number, term in enumerate(_products(judged, own, index), 1):
        for factor, text in TERM_SLIPS.items():
            if abs(term) > distance and abs(yours - right - factor * term) <= distance:
                yield f"product {number} of the sum {text}"
    mirrored = (*index[:-2], index[-1], index[-2])
    inside = all(at < size for at, size in zip(mirrored, judged.target.shape, strict=True))
    if inside and mirrored != index and abs(yours - float(judged.target[mirrored])) <= distance:
        yield f"stands the number of [{index[-1] + 1},{index[-2] + 1}]"


def _products(judged: Judgement, own: Values, index: tuple[int, ...]) -> list[float]:
    """The products whose sum the cell is; none where it is no sum of products.

    Nor are there any where the answer's own matrices are too small for it.
    """
    operation = judged.step.operation
    try:
        expression = operation.cell(index, *(own[name] for name in operation.operands))
        sums = (part for part in (expression, *expression.parts) if isinstance(part, Inner))
        return [part.value(own) for inner in sums for part in inner.parts]
    except (ValueError, IndexError):
        return []


def _swapped(yours: str, right: str) -> bool:
    """True where two neighbouring digits have changed places.

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
