"""What must hold of any answer, whatever the problem: no key is needed to check it.

An entry is one function, whose docstring is the law. It is given the answer's matrices and says of
each cell, or row, whether the law is broken there; what it lacks ends in a KeyError.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from attncli.calculation.normalisers import Normalise
from attncli.calculation.scoring import Scoring, dot
from attncli.homework.answers import EXACT, Answer, Answered
from attncli.homework.checking import Verdict
from attncli.homework.report import Line, Report
from attncli.homework.tolerance import Numbers, half_a_unit, near
from attncli.records import record

Broken = NDArray[np.bool_]


@record(frozen=True)
class Alone:
    """The steps of an answer without its problem, and how scores and weights are said to be made."""

    steps: Answer
    scoring: Scoring
    normalise: Normalise

    def __getitem__(self, name: str) -> Answered:
        return self.steps[name]

    def __contains__(self, name: str) -> bool:
        return name in self.steps


Law = Callable[[Alone], Broken]

LAWS: dict[str, Law] = {}
MOST_NAMED = 5


def law(check: Law) -> Law:
    """Enter a function among the laws, under its own name."""
    LAWS[check.__name__.replace("_", "-")] = check
    return check


def unit(answered: Answered) -> float:
    """How far a cell may be from the number it stands for: half a unit of its last place.

    Whole numbers are taken for what they are.
    """
    finest = answered.finest
    return 1e-9 + (float(half_a_unit(finest)) if 0 < finest < EXACT else 0.0)


def _first(answer: Alone, *names: str) -> Answered:
    """The first of these that the answer has."""
    for name in names:
        if name in answer:
            return answer[name]
    raise KeyError(names)


def _differs(given: Numbers, expected: Numbers, distance: Numbers | float) -> Broken:
    """Cells that are not what follows; blanks, which are NaN, break no law."""
    known = ~np.isnan(given) & ~np.isnan(expected)
    return np.asarray(known & ~near(given, expected, np.broadcast_to(distance, given.shape)))


def _product_error(left: Answered, right: Numbers, unit_right: float) -> Numbers:
    """How far a product may be off because its factors were rounded."""
    sizes = np.abs(np.nan_to_num(left.values))
    of_left = unit(left) * np.abs(np.nan_to_num(right)).sum(axis=-2, keepdims=True)
    return np.asarray(of_left + unit_right * sizes.sum(axis=-1, keepdims=True))


@law
def weights_sum_to_1(answer: Alone) -> Broken:
    """Each row of weights sums to 1, or to 0 where nothing may be attended."""
    weights = answer["weights"]
    if not answer.normalise.sums_to_1:
        raise KeyError("weights")
    sums = weights.values.sum(axis=-1)
    distance = unit(weights) * weights.values.shape[-1]
    return np.asarray(_differs(sums, np.ones_like(sums), distance) & (np.abs(sums) > distance))


@law
def weights_are_shares(answer: Alone) -> Broken:
    """Weights lie between 0 and 1."""
    weights = answer["weights"]
    with np.errstate(invalid="ignore"):
        outside = (weights.values < -unit(weights)) | (weights.values > 1 + unit(weights))
    return np.asarray(outside | (np.isnan(weights.values) & ~weights.blank))


@law
def masked_cells_have_no_weight(answer: Alone) -> Broken:
    """Where masked is −inf, the weight is 0."""
    weights, masked = answer["weights"], answer["masked"]
    return np.isneginf(masked.values) & (np.abs(weights.values) > unit(weights))


@law
def scores_are_products(answer: Alone) -> Broken:
    """scores = Q Kᵀ, of the answer's own Q and K (dot products)."""
    scores = answer["scores"]
    queries = _first(answer, "Q_rotated", "Q_h", "Q")
    keys = _first(answer, "K_present", "K_rotated", "K_h", "K")
    if answer.scoring.score is not dot or "hidden" in answer:
        raise KeyError("scores")  # additive scoring needs no --score to be known
    if queries.values.ndim != scores.values.ndim:
        raise KeyError("Q_h")  # heads that are not split yet
    if "Q_rotated" in answer and "K_rotated" not in answer and "K_present" not in answer:
        raise KeyError("K_rotated")
    transposed = keys.values.swapaxes(-1, -2)
    distance = unit(scores) + _product_error(queries, transposed, unit(keys))
    return _differs(scores.values, queries.values @ transposed, distance)


@law
def scaled_by_one_factor(answer: Alone) -> Broken:
    """scaled is scores times one factor, the same in every cell."""
    scores, scaled = answer["scores"], answer["scaled"]
    known = np.isfinite(scores.values) & np.isfinite(scaled.values)
    largest = np.where(known, np.abs(scores.values), 0).argmax()
    if not scores.values.flat[largest]:
        raise KeyError("scores")
    factor = scaled.values.flat[largest] / scores.values.flat[largest]
    distance = 2 * (unit(scaled) + unit(scores) * abs(factor))
    return _differs(scaled.values, scores.values * factor, distance)


@law
def weights_are_the_softmax(answer: Alone) -> Broken:
    """weights are the softmax (or the --normaliser) of each row of the answer's own last scores."""
    weights, scores = answer["weights"], _first(answer, "masked", "capped", "scaled")
    if "masked" not in answer and ("position" in answer or (weights.values == 0).any()):
        raise KeyError("masked")  # ALiBi's numbers may be added, some keys may be hidden
    normalise = answer.normalise
    with np.errstate(all="ignore"):
        expected = np.asarray(normalise.apply(scores.values), dtype=np.float64)
    distance = unit(scores) * normalise.steepness / normalise.temperature
    return _differs(weights.values, expected, unit(weights) + distance)


@law
def output_is_the_weighted_sum(answer: Alone) -> Broken:
    """output (or heads) = weights V, of the answer's own weights and V."""
    weights, values = answer["weights"], _first(answer, "V_h", "V")
    output = _first(answer, "heads", "output")
    if values.values.ndim != weights.values.ndim:
        raise KeyError("V_h")
    distance = unit(output) + _product_error(weights, values.values, unit(values))
    return _differs(output.values, weights.values @ values.values, distance)


@law
def output_lies_among_the_values(answer: Alone) -> Broken:
    """No number of output (or heads) lies outside the range of its column of V."""
    if not answer.normalise.sums_to_1:
        raise KeyError("weights")
    values, output = _first(answer, "V_h", "V"), _first(answer, "heads", "output")
    if values.values.ndim != output.values.ndim:
        raise KeyError("V_h")
    lowest, highest = values.values.min(axis=-2), values.values.max(axis=-2)
    slack = unit(output) + unit(values)
    # A row that may attend nothing is 0, which may lie outside.
    inside = (output.values >= lowest[..., None, :] - slack) & (
        output.values <= highest[..., None, :] + slack
    )
    return np.asarray(~inside & ~np.isnan(output.values) & (output.values != 0))


def check_laws(answer: Answer, scoring: Scoring, normalise: Normalise) -> Report:
    """Every law that the answer's matrices allow to check; the others are missing.

    So are those of dot products where this scoring makes no such scores, and those of weights that
    sum to 1 where this normaliser makes no such weights.
    """
    alone = Alone(answer, scoring, normalise)
    return Report("", tuple(_line(name, check, alone) for name, check in LAWS.items()), None)


def _line(name: str, check: Law, answer: Alone) -> Line:
    try:
        broken = check(answer)
    except (KeyError, ValueError):  # a matrix is missing, or does not fit the other
        return Line(name, Verdict.MISSING, None, 0, 1, "", "", (), ())
    if not broken.any():
        return Line(name, Verdict.RIGHT, True, 1, 1, "", "", (), ())
    places = [f"[{','.join(str(i + 1) for i in index)}]" for index in np.argwhere(broken).tolist()]
    more = f" and {len(places) - MOST_NAMED} more" if len(places) > MOST_NAMED else ""
    told = f"This does not hold at {', '.join(places[:MOST_NAMED])}{more}."
    return Line(name, Verdict.WRONG, False, 0, 1, told, (check.__doc__ or "").strip(), (), ())
