"""Patterns of a wrong matrix that no entry explains: a constant, a factor, a row, a column.

A pattern is one function. It takes the trail and the judgement, and returns what it found, or None.
A constant is solved for from the cells, and must then explain them all.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import e, log10
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from attncli.calculation.masks.mask_operation import HIDES
from attncli.homework.answers.answer import AnswerMatrix
from attncli.homework.answers.comparing import ENOUGH, HIDDEN_BELOW, spread
from attncli.homework.answers.tolerance import Numbers
from attncli.homework.diagnosis.causes import Cause, Said
from attncli.homework.judging.trail import Judgement, Trail

if TYPE_CHECKING:
    from numpy.typing import NDArray

FAR = 5  # units of the last place: rounding on the way does not move a number as far
FEWEST = 3  # the fewest numbers from which a constant is solved for

Pattern: TypeAlias = "Callable[[Trail, Judgement, AnswerMatrix], Cause | None]"


def pattern_of(trail: Trail, judged: Judgement, patterns: Sequence[Pattern]) -> Cause | None:
    """Return the first of the patterns in the numbers of a wrong step; None if there is none."""
    answered = judged.answered
    if answered is None or answered.values.shape != judged.target.shape:
        return None
    with np.errstate(all="ignore"):
        found = (look(trail, judged, answered) for look in patterns)
        return next((cause for cause in found if cause), None)


def _is_evident(answered: AnswerMatrix, result: Numbers, solved: int) -> bool:
    """True if the digits of a matrix outweigh the numbers that were solved for."""
    cells = int((~answered.blank & np.isfinite(result)).sum())
    unit = 2 * max(float(answered.half_units.max()), 1e-15)
    return (cells - solved) * log10(max(spread(result) / unit, 1)) > ENOUGH


def _ratio(yours: Numbers, right: Numbers) -> float | None:
    """The factor between two matrices by least squares; None if too few numbers decide it."""
    known = np.isfinite(yours) & np.isfinite(right) & (right != 0)
    if int(known.sum()) < FEWEST:
        return None
    return float((yours[known] * right[known]).sum() / (right[known] ** 2).sum())


def _scaled_by_another(trail: Trail, judged: Judgement, answered: AnswerMatrix) -> Cause | None:
    """The operation multiplies by one factor, and another factor was used."""
    operation = judged.step.operation
    if operation.factor is None:
        return None
    for known in (trail.own, trail.exact):
        source = np.asarray(known[operation.operands[0]], dtype=np.float64)
        factor = _ratio(answered.values, source) if source.shape == judged.target.shape else None
        if not factor:
            continue
        result = factor * source
        if trail.gives(judged.step, answered, result) and _is_evident(answered, result, 1):
            right = operation.factor
            if 0 < factor < 1 and 0 < right < 1:
                squares = f"√{1 / factor / factor:.3g}", f"√{1 / right / right:.3g}"
                text = f"The scores were divided by {squares[0]} = {_short(1 / factor)}."
                advice = f"Divide by {squares[1]} = {_short(1 / right)}."
            else:
                text = f"The numbers were multiplied by {_short(factor)}."
                advice = f"Multiply by {_short(right)}."
            return Said(text, "another-scale", advice=advice, exact=result)
    return None


def _another_base(trail: Trail, judged: Judgement, answered: AnswerMatrix) -> Cause | None:
    """Softmax with powers of another base than e."""
    operation = judged.step.operation
    if not operation.sums_to_1:
        return None
    (source,) = operation.operands
    for known in (trail.exact, trail.own):
        scores = np.asarray(known[source], dtype=np.float64)
        for base in (10.0, 3.0, _base(answered.values, scores)):
            if base is None or not 0 < base < np.inf or base == 1 or abs(base - e) < 0.05:
                continue
            result = np.asarray(operation.apply(scores * np.log(base)), dtype=np.float64)
            if trail.gives(judged.step, answered, result) and _is_evident(answered, result, 1):
                text = f"The powers have the base {_short(base)} instead of e = 2.718…."
                advice = "Take e to the power of each score: exp(score)."
                return Said(text, "softmax-another-base", advice=advice, exact=result)
    return None


def _base(weights: Numbers, scores: Numbers) -> float | None:
    """The base whose powers of the scores are proportional to the weights in each row."""
    if scores.shape != weights.shape:
        return None
    known = (weights > 0) & np.isfinite(scores)
    if int(known.sum()) < FEWEST:
        return None
    x = _centred(np.where(known, scores, 0), known)
    y = _centred(np.log(np.where(known, weights, 1)), known)
    squares = float((x * x).sum())
    return float(np.exp((x * y).sum() / squares)) if squares > 0 else None


def _centred(numbers: Numbers, known: NDArray[np.bool_]) -> Numbers:
    """The known numbers less the mean of those in their row; 0 where a number is not known."""
    counts = np.maximum(known.sum(axis=-1, keepdims=True), 1)
    means = np.where(known, numbers, 0).sum(axis=-1, keepdims=True) / counts
    return np.where(known, numbers - means, 0)


def _filled_with(trail: Trail, judged: Judgement, answered: AnswerMatrix) -> Cause | None:
    """Hidden scores with a number that does not hide its key."""
    operation = judged.step.operation
    if not operation.hides:
        return None
    source = np.asarray(trail.exact[operation.operands[0]], dtype=np.float64)
    hidden = (judged.target <= HIDES) & ~answered.blank
    if not hidden.any() or source.shape != hidden.shape:
        return None
    visible = ~hidden & ~answered.blank
    if not judged.agrees[visible].all() or (visible.sum() == 0):
        return None
    for numbers, words in ((answered.values, "is"), (answered.values - source, "has")):
        fills = numbers[hidden]
        unit = 4 * float(answered.half_units[hidden].max(initial=0)) + 1e-9
        if np.isfinite(fills).all() and np.ptp(fills) <= unit and abs(fills[0]) > unit:
            fill = _short(float(np.round(np.median(fills), 6)))
            place = f"Each hidden score is {fill}"
            if words == "has":
                place = f"{fill} was added to each hidden score"
            text = f"{place}: too little to hide a key. Its weight is not 0."
            name = "fill-does-not-hide"
            if fills[0] > 0:
                text = f"{place}: a score above the others gives its key weight, and hides it not."
                name = "mask-plus-inf"
            advice = f"Use −∞, or a number more than {HIDDEN_BELOW:g} below the other scores."
            return Said(text, name, advice=advice, exact=answered.values)
    return None


def _dropped_out(trail: Trail, judged: Judgement, answered: AnswerMatrix) -> Cause | None:
    """Weights of which some are 0, and all others are larger by one factor."""
    if not judged.step.operation.makes_weights:
        return None
    values, right = answered.values, judged.target
    dropped = (values == 0) & (right > 4 * answered.half_units)
    kept = (values != 0) & (right > 0)
    factor = _ratio(np.where(kept, values, np.nan), right)
    if not dropped.any() or factor is None or factor <= 1.02 or int(kept.sum()) < FEWEST:
        return None
    result = np.where(dropped, 0.0, right * factor)
    if not trail.gives(judged.step, answered, result) or not _is_evident(answered, result, 2):
        return None
    share = _short(round(1 - 1 / factor, 2))
    zeros = int(dropped.sum())
    text = (
        f"Dropout was left on, with p = {share}: {zeros} weights are 0, and the others are "
        f"divided by 1 − p."
    )
    advice = "Switch dropout off to compare numbers: in PyTorch, module.eval()."
    return Said(text, "dropout-left-on", advice=advice, exact=result)


def _another_sum(trail: Trail, judged: Judgement, answered: AnswerMatrix) -> Cause | None:
    """Weights of a row that are divided by another sum than that of the row."""
    operation = judged.step.operation
    if not operation.sums_to_1:
        return None
    yours, right = answered.values, judged.target
    rows = [index for index in np.ndindex(right.shape[:-1]) if not judged.agrees[index].all()]
    result = right.copy()
    found = []
    for index in rows:
        factor = _ratio(yours[index], right[index])
        if not factor or (~judged.agrees[index]).sum() < 2:
            return None
        result[index] = factor * right[index]
        scores = np.asarray(trail.exact[operation.operands[0]])
        if scores.shape != right.shape:
            return None
        total = float(np.exp(scores[index]).sum())
        found.append((index, total / factor, total))
    if not rows or not trail.gives(judged.step, answered, result):
        return None
    if not _is_evident(answered, result, len(rows)):
        return None
    index, yours_sum, right_sum = found[0]
    where = trail.problem.where(judged.step.axes[:-1], index)
    text = (
        f"The exponentials of {where} are divided by {_short(yours_sum)}; their sum is "
        f"{_short(right_sum)}."
    )
    more = len(found) - 1
    text += f" The same holds for {more} more." if more else ""
    return Said(text, "another-sum", advice="Add the exponentials up again.", exact=result)


def _all_by_one_factor(trail: Trail, judged: Judgement, answered: AnswerMatrix) -> Cause | None:
    """A matrix that is right but for one factor."""
    factor = _ratio(answered.values, judged.target)
    if factor is None or abs(factor) < 1e-6:
        return None
    result = factor * judged.target
    if not trail.gives(judged.step, answered, result) or not _is_evident(answered, result, 1):
        return None
    text = f"Every number is {_short(factor)} times the right one."
    return Said(text, exact=result)


def _in_one_line(trail: Trail, judged: Judgement, answered: AnswerMatrix) -> Cause | None:
    """Wrong cells in one row or one column only: a slip in that line of an earlier matrix."""
    if answered.values.ndim != 2:
        return None
    with np.errstate(invalid="ignore"):
        far = np.abs(answered.values - judged.target) > FAR * 2 * answered.half_units
    wrong = ~judged.agrees & ~(np.isfinite(judged.target) & ~far)
    for axis, side, at, line in ((0, -2, 0, "row"), (1, -1, -1, "column")):
        lines = np.flatnonzero(wrong.any(axis=1 - axis))
        if len(lines) != 1 or answered.values.shape[axis] < 3 or wrong.sum() < 2:
            continue
        place = trail.problem.layout.side(judged.step.role, side, 2).removesuffix("s")
        names = judged.step.operation.operands
        text = f"Only {place} {lines[0] + 1} is wrong: look for a slip in the matrices before it"
        if len(names) > 1 or axis == 0:
            text += f", such as {place} {lines[0] + 1} of {names[at]}"
        return Said(f"{text}.", f"slip-in-one-{line}")
    return None


def _short(number: float) -> str:
    """A number with up to four significant digits: `3.5`, `0.1768`."""
    return f"{number:.4g}".replace("-", "−")


CONSTANTS: tuple[Pattern, ...] = (
    _scaled_by_another,
    _another_base,
    _filled_with,
    _dropped_out,
    _another_sum,
    _all_by_one_factor,
)
LINES: tuple[Pattern, ...] = (_in_one_line,)
