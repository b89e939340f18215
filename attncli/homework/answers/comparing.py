"""Compare a matrix of an answer with right numbers: which cells agree, and in which manner.

A person may round to the digits that stand there, write fewer digits in some cells, cut the digits
off, or raise one weight so that its row sums to 1. Each manner explains a whole matrix or nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from typing import TYPE_CHECKING

import numpy as np

from attncli.calculation.masks.mask_operation import HIDES
from attncli.homework.answers.answer import AnswerMatrix
from attncli.homework.answers.digits import EXACT
from attncli.homework.answers.tolerance import Numbers, Tolerance, finite_sizes, near
from attncli.records import record

if TYPE_CHECKING:
    from numpy.typing import NDArray

HIDDEN_BELOW = 20.0  # a score this far below the row's largest leaves no digit: e^(−20) = 2e−9
SMALL = 0.1  # a bare 0 may stand for numbers up to this share of the largest in the matrix
COARSEST = 0.051  # the relative error of a number with two significant digits
ENOUGH = 3.0  # digits of evidence that coarse numbers need to be accepted as rounded


class Manner(Enum):
    """The way in which the numbers of a matrix were written; all but `PLAIN` are rounded."""

    PLAIN = ""
    FEWER = "fewer digits"
    CUT = "cut off"
    SIGNIFICANT = "significant digits"
    RAISED = "raised to sum to 1"


@record(frozen=True)
class Fit:
    """The comparison of a matrix with right numbers.

    `agrees` is True for each cell that agrees; if all do, `manner` is how they were written.
    `coarse` marks the cells that agree only to fewer digits than the finest cell has.
    """

    agrees: NDArray[np.bool_]
    coarse: NDArray[np.bool_]
    manner: Manner = Manner.PLAIN

    @property
    def is_whole(self) -> bool:
        """True if every cell agrees."""
        return bool(self.agrees.all())


def compare(
    answered: AnswerMatrix,
    references: Sequence[Numbers],
    tolerance: Tolerance,
    noise: float = 0.0,
    sums_to_1: bool = False,
) -> Fit | None:
    """Compare a matrix with references; each cell may agree with any of them.

    `noise` is a further distance, for numbers that were calculated in fewer bits. With `sums_to_1`
    each row of right numbers sums to 1. None if no reference has the shape of the matrix.
    """
    shape = answered.values.shape
    # The same array may stand for several references.
    fitting = list({id(each): each for each in references if each.shape == shape}.values())
    if not fitting:
        return None
    agrees = answered.blank.copy()
    exactly = answered.blank.copy()
    for reference in fitting:
        hidden = hides(answered.values, reference)
        bits = tolerance.roundoff(answered, reference)
        allowed = tolerance.distance(answered, reference) + bits + noise
        fine = np.minimum(allowed, _finest(answered, tolerance, reference) + bits + noise)
        exactly |= hidden | near(answered.values, reference, fine)
        if exactly.all():
            return Fit(exactly, ~exactly)
        empty = _says_nothing(answered, reference)
        agrees |= hidden | (near(answered.values, reference, allowed) & ~empty)
    agrees |= exactly
    coarse = agrees & ~exactly & ~answered.has_its_digits
    if agrees.all():
        return Fit(agrees, coarse, Manner.FEWER if coarse.any() else Manner.PLAIN)
    if tolerance.by_digits:
        for manner, is_so in WAYS.items():
            if manner is Manner.RAISED and not sums_to_1:
                continue
            if any(is_so(answered, reference, tolerance) for reference in fitting):
                return Fit(np.ones_like(agrees), coarse, manner)
    return Fit(agrees, coarse)


def evidence(answered: AnswerMatrix, reference: Numbers) -> float:
    """Return how many digits of a matrix speak for numbers near these, and not for others."""
    units = 2 * answered.half_units[~answered.blank]
    return float(np.log10(np.maximum(spread(reference) / np.maximum(units, 1e-15), 1)).sum())


def spread(numbers: Numbers) -> float:
    """Return the distance from the smallest finite number to the largest; 0 if there are none."""
    finite = numbers[np.isfinite(numbers)]
    return float(np.ptp(finite)) if finite.size else 0.0


def hides(values: Numbers, reference: Numbers) -> NDArray[np.bool_]:
    """Return True for scores that hide a key where the right score is −∞, or very low.

    On paper a hidden score is −∞; programs fill in −99, −1e4 or −1e9. All are as right, because
    their weights are 0 to every digit.
    """
    is_hidden = reference <= HIDES
    if not is_hidden.any():
        return is_hidden
    with np.errstate(invalid="ignore"):
        visible = np.where(is_hidden, -np.inf, reference)
        largest = visible.max(axis=-1, keepdims=True, initial=-np.inf)
        limit = np.where(np.isfinite(largest), largest, 0.0) - HIDDEN_BELOW
        return np.asarray(is_hidden & (values <= limit))


def _finest(answered: AnswerMatrix, tolerance: Tolerance, reference: Numbers) -> Numbers:
    """The allowed distance of the cell with the most decimals; whole numbers must be equal."""
    if not tolerance.by_digits:
        return tolerance.distance(answered, reference)
    finest = answered.finest_half_unit
    if finest is None:
        finest = tolerance.of_whole_numbers
    return np.where(answered.decimals < EXACT, finest, answered.half_units)


def _says_nothing(answered: AnswerMatrix, reference: Numbers) -> NDArray[np.bool_]:
    """True for a 0 with few decimals where the right number is large beside the others."""
    sizes = finite_sizes(reference)
    return np.asarray((answered.values == 0) & (sizes > sizes.max(initial=0) * SMALL))


def _is_cut(answered: AnswerMatrix, reference: Numbers, tolerance: Tolerance) -> bool:
    """True if the digits after the last place written were cut off: 0.619 for 0.6199."""
    bits = tolerance.roundoff(answered, reference)
    has_places = (answered.decimals < EXACT) & (answered.decimals > 0)
    hidden = hides(answered.values, reference)
    with np.errstate(invalid="ignore"):
        lost = np.abs(reference) - np.abs(answered.values)
        same_side = (answered.values * reference >= 0) | (answered.values == 0)
        one_unit = 2 * answered.half_units
        cut = has_places & same_side & (lost >= -bits) & (lost < one_unit + bits)
    exact = near(answered.values, reference, bits)
    return bool((cut | exact | hidden | answered.blank).all())


def _is_raised(answered: AnswerMatrix, reference: Numbers, tolerance: Tolerance) -> bool:
    """True if in each row at most one weight was changed, by a unit, so that the row sums to 1."""
    decimals = answered.decimals
    if answered.blank.any() or not ((decimals < EXACT) & (decimals > 0)).all():
        return False
    allowed = tolerance.allowed(answered, reference)
    with np.errstate(invalid="ignore"):
        differences = answered.values - reference
    off = ~(np.abs(differences) <= allowed)
    near_enough = np.abs(differences) <= 2 * answered.half_units + allowed
    sums = np.abs(answered.values.sum(axis=-1) - 1) <= 1e-9
    rows = off.sum(axis=-1)
    return bool(near_enough.all() and ((rows == 0) | ((rows == 1) & sums)).all())


def _is_significant(answered: AnswerMatrix, reference: Numbers, tolerance: Tolerance) -> bool:
    """True if each number is right to as many significant digits as the longest one has.

    A number of JSON has lost its trailing zeros: 1.1 beside 0.034 may have two digits of each.
    """
    values = np.where(answered.blank | ~np.isfinite(answered.values), 0.0, answered.values)
    written = values[values != 0]
    if not written.size or (answered.decimals[values != 0] >= EXACT).any():
        return False
    with np.errstate(invalid="ignore"):
        off = np.abs(values - reference) > COARSEST * np.abs(values)
    if (off & (values != 0)).any():
        return False
    longest = max(len(f"{abs(v):.15g}".replace(".", "").strip("0").split("e")[0]) for v in written)
    sizes = np.abs(np.where(values == 0, 1.0, values))
    unit = 10.0 ** (np.floor(np.log10(sizes)) + 1 - max(longest, 2))
    near_enough = near(values, reference, 0.5 * unit + tolerance.roundoff(answered, reference))
    near_enough &= ((values != 0) | (reference == 0)) & np.isfinite(answered.values)
    same = near_enough | (answered.values == reference) | answered.blank
    same |= hides(answered.values, reference)
    digits = float((np.log10(np.maximum(spread(reference) / unit, 1)) * (values != 0)).sum())
    return bool(same.all()) and digits >= ENOUGH


WAYS = {
    Manner.CUT: _is_cut,
    Manner.RAISED: _is_raised,
    Manner.SIGNIFICANT: _is_significant,
}
