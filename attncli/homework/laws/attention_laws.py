"""Laws that must hold for any attention: for its scores, its weights and its sums of values."""

from __future__ import annotations

import numpy as np

from attncli.calculation.names.step_names import back_to
from attncli.homework.answers.answer import AnswerMatrix
from attncli.homework.laws.law import (
    BrokenCells,
    SublayerAnswer,
    differing,
    differing_from_product,
    first_given,
    law,
    rounding,
)


@law
def weights_sum_to_1(answer: SublayerAnswer) -> BrokenCells:
    """The weights of each query sum to 1, or to 0 if it may attend to nothing."""
    weights = answer["weights"]
    if not answer.assumptions.normalise.sums_to_1:
        raise KeyError("weights")
    sums = weights.values.sum(axis=-1)
    distance = rounding(weights) * weights.values.shape[-1]
    return np.asarray(differing(sums, np.ones_like(sums), distance) & (np.abs(sums) > distance))


@law
def weights_are_shares(answer: SublayerAnswer) -> BrokenCells:
    """Weights lie between 0 and 1."""
    weights = answer["weights"]
    with np.errstate(invalid="ignore"):
        outside = (weights.values < -rounding(weights)) | (weights.values > 1 + rounding(weights))
    return np.asarray(outside | (np.isnan(weights.values) & ~weights.blank))


@law
def masked_cells_have_no_weight(answer: SublayerAnswer) -> BrokenCells:
    """The weight of each key with the masked score −inf is 0."""
    weights, masked = answer["weights"], answer["masked"]
    return np.isneginf(masked.values) & (np.abs(weights.values) > rounding(weights))


@law
def scores_are_products(answer: SublayerAnswer) -> BrokenCells:
    """The scores are the products of each query with each key of the answer's own Q and K."""
    scores = answer["scores"]
    queries = first_given(answer, *back_to("Q_rotated", "Q"))
    keys = first_given(answer, *back_to("K_present", "K"))
    if not answer.assumptions.scoring.is_dot_product or "hidden" in answer:
        raise KeyError("scores")  # additive scoring needs no --score to be known
    if queries.values.ndim != scores.values.ndim:
        raise KeyError("Q_h")  # heads that are not split yet
    if "Q_rotated" in answer and "K_rotated" not in answer and "K_present" not in answer:
        raise KeyError("K_rotated")
    transposed = keys.values.swapaxes(-1, -2)
    return differing_from_product(scores, queries, transposed, rounding(keys))


@law
def scaled_by_one_factor(answer: SublayerAnswer) -> BrokenCells:
    """scaled is scores times one factor, which is the same in every cell."""
    scores, scaled = answer["scores"], answer["scaled"]
    known = np.isfinite(scores.values) & np.isfinite(scaled.values)
    largest = np.where(known, np.abs(scores.values), 0).argmax()
    if not scores.values.flat[largest]:
        raise KeyError("scores")
    factor = scaled.values.flat[largest] / scores.values.flat[largest]
    distance = 2 * (rounding(scaled) + rounding(scores) * abs(factor))
    return differing(scaled.values, scores.values * factor, distance)


@law
def weights_are_the_softmax(answer: SublayerAnswer) -> BrokenCells:
    """The weights of a query are the softmax (or --normaliser) of the answer's own last scores."""
    weights, scores = answer["weights"], first_given(answer, *back_to("masked", "scaled"))
    if "masked" not in answer and ("position" in answer or (weights.values == 0).any()):
        raise KeyError("masked")  # the numbers of ALiBi may be added, and keys may be hidden
    normalise = answer.assumptions.normalise
    with np.errstate(all="ignore"):
        expected = np.asarray(normalise.apply(scores.values), dtype=np.float64)
    distance = rounding(scores) * normalise.steepness / normalise.temperature
    return differing(weights.values, expected, rounding(weights) + distance)


def weighted_sum(answer: SublayerAnswer) -> AnswerMatrix:
    """Return weights times values: `heads` in a layer, where `output` comes after W_o."""
    return answer["heads"] if answer.scope else first_given(answer, "heads", "output")


@law
def output_is_the_weighted_sum(answer: SublayerAnswer) -> BrokenCells:
    """output (or heads) is the product of the answer's own weights and V."""
    weights, values = answer["weights"], first_given(answer, *back_to("V_h", "V"))
    output = weighted_sum(answer)
    if values.values.ndim != weights.values.ndim:
        raise KeyError("V_h")
    return differing_from_product(output, weights, values.values, rounding(values))


@law
def output_lies_among_the_values(answer: SublayerAnswer) -> BrokenCells:
    """No number of output (or heads) lies outside the range of its feature in V."""
    if not answer.assumptions.normalise.sums_to_1:
        raise KeyError("weights")
    values, output = first_given(answer, *back_to("V_h", "V")), weighted_sum(answer)
    if values.values.ndim != output.values.ndim:
        raise KeyError("V_h")
    lowest = values.values.min(axis=-2, keepdims=True)
    highest = values.values.max(axis=-2, keepdims=True)
    slack = rounding(output) + rounding(values)
    # The output of a query that may attend to nothing is 0, which may lie outside.
    inside = (output.values >= lowest - slack) & (output.values <= highest + slack)
    return np.asarray(~inside & ~np.isnan(output.values) & (output.values != 0))
