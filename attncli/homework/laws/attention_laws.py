"""Laws that must hold for any attention: for its scores, its weights and its sums of values."""

from __future__ import annotations

import numpy as np

from attncli.calculation.names.step_names import back_to
from attncli.homework.answers.answer import AnswerMatrix
from attncli.homework.answers.tolerance import Numbers
from attncli.homework.laws.finding import (
    Finding,
    Index,
    Places,
    compared,
    differing,
)
from attncli.homework.laws.law import (
    NotApplicableError,
    StepMissingError,
    SublayerAnswer,
    law,
    rounding,
)
from attncli.records import replace
from attncli.words import differing_texts, number_in_words


@law("weights")
def weights_sum_to_1(answer: SublayerAnswer) -> Finding:
    """The weights of each query sum to 1, or to 0 if it may attend to nothing."""
    weights = answer["weights"]
    if not answer.assumptions.normalise.sums_to_1:
        raise NotApplicableError
    sums = weights.values.sum(axis=-1)
    distance = rounding(weights) * weights.values.shape[-1]
    broken = differing(sums, np.ones_like(sums), distance) & (np.abs(sums) > distance)
    places = Places(answer, "weights")

    def sentence(index: Index) -> str:
        *leading, query = index
        yours, right = differing_texts(float(sums[index]), 1)
        text = f"{places.token(query)} of {places.step} sums to {yours}, not to {right}."
        return places.begin(leading, text)

    return Finding(np.asarray(broken), sentence)


@law("weights")
def weights_are_shares(answer: SublayerAnswer) -> Finding:
    """Weights lie between 0 and 1."""
    weights = answer["weights"]
    with np.errstate(invalid="ignore"):
        outside = (weights.values < -rounding(weights)) | (weights.values > 1 + rounding(weights))
    broken = outside | (np.isnan(weights.values) & ~weights.blank)
    places = Places(answer, "weights")

    def sentence(index: Index) -> str:
        number = number_in_words(float(weights.values[index]))
        return f"At {places.cell(index)}, {places.step} is {number}, not between 0 and 1."

    return Finding(np.asarray(broken), sentence)


@law("weights")
def masked_cells_have_no_weight(answer: SublayerAnswer) -> Finding:
    """The weight of each key with the masked score −inf is 0."""
    weights = answer["weights"]
    if "masked" not in answer and weights.values.all():
        raise NotApplicableError  # no key is hidden
    masked = answer["masked"]
    broken = np.isneginf(masked.values) & (np.abs(weights.values) > rounding(weights))
    places = Places(answer, "weights")

    def sentence(index: Index) -> str:
        number = number_in_words(float(weights.values[index]))
        hidden = f"{answer.scope}masked is −inf"
        return f"At {places.cell(index)}, {places.step} is {number}, but must be 0: {hidden}."

    return Finding(np.asarray(broken), sentence)


@law("scores")
def scores_are_products(answer: SublayerAnswer) -> Finding:
    """The scores are the products of each query with each key of the answer's own Q and K."""
    scores = answer["scores"]
    queries = answer[answer.first(*back_to("Q_rotated", "Q"))]
    keys = answer[answer.first(*back_to("K_present", "K"))]
    if not answer.assumptions.scoring.is_dot_product or "hidden" in answer:
        raise NotApplicableError  # additive scoring needs no --score to be known
    if queries.values.ndim != scores.values.ndim:
        raise StepMissingError(f"{answer.scope}Q_h")  # heads that are not split yet
    if "Q_rotated" in answer and "K_rotated" not in answer and "K_present" not in answer:
        raise StepMissingError(f"{answer.scope}K_rotated")
    transposed = keys.values.swapaxes(-1, -2)
    distance = _distance(scores, queries, transposed, rounding(keys))
    rule = "the product of its query and its key"
    return compared(answer, "scores", queries.values @ transposed, distance, rule)


def _distance(
    product: AnswerMatrix, left: AnswerMatrix, right: Numbers, error_right: float
) -> Numbers:
    """The largest distance that rounding explains between a written product and the exact one."""
    sizes = np.abs(np.nan_to_num(left.values))
    of_left = rounding(left) * np.abs(np.nan_to_num(right)).sum(axis=-2, keepdims=True)
    of_right = error_right * sizes.sum(axis=-1, keepdims=True)
    return np.asarray(rounding(product) + (of_left + of_right))


@law("scaled")
def scaled_by_one_factor(answer: SublayerAnswer) -> Finding:
    """scaled is scores times one factor, which is the same in every cell."""
    scores, scaled = answer["scores"], answer["scaled"]
    known = np.isfinite(scores.values) & np.isfinite(scaled.values)
    sizes = np.where(known, np.abs(scores.values), 0)
    if not sizes.any():
        raise NotApplicableError
    with np.errstate(divide="ignore", invalid="ignore"):
        factors = scaled.values / scores.values
    # The factor of the largest score is the most exact, unless this cell is the wrong one.
    tried = [float(factors.flat[at]) for at in (sizes.argmax(), _middle(factors, sizes))]
    findings = [
        compared(
            answer,
            "scaled",
            scores.values * factor,
            2 * (rounding(scaled) + rounding(scores) * abs(factor)),
            f"{answer.scope}scores times {number_in_words(factor)}, the factor of other cells,",
        )
        for factor in tried
    ]
    return min(findings, key=lambda finding: int(finding.broken.sum()))


def _middle(factors: Numbers, sizes: Numbers) -> int:
    """The position of the median factor, in which each factor counts by the size of its score."""
    order = np.where(sizes > 0, factors, 0).argsort(axis=None)
    shares = sizes.flat[order].cumsum()
    return int(order[shares.searchsorted(shares[-1] / 2)])


@law("weights")
def weights_are_the_softmax(answer: SublayerAnswer) -> Finding:
    """The weights of a query are the softmax (or --normaliser) of the answer's own last scores."""
    weights, source = answer["weights"], answer.first(*back_to("masked", "scaled"))
    scores = answer[source]
    if "masked" not in answer and ("position" in answer or (weights.values == 0).any()):
        # The numbers of ALiBi may be added, and keys may be hidden.
        raise StepMissingError(f"{answer.scope}masked")
    normalise = replace(answer.assumptions.normalise, source=answer.scope + source)
    with np.errstate(all="ignore"):
        expected = np.asarray(normalise.apply(scores.values), dtype=np.float64)
    distance = rounding(scores) * normalise.steepness / normalise.temperature
    rule = f"the {normalise.name} of {normalise.tempered}"
    return compared(answer, "weights", expected, rounding(weights) + distance, rule)


def weighted_sum(answer: SublayerAnswer) -> str:
    """Return the step that is weights times values: `heads` in a layer, as W_o makes `output`."""
    return "heads" if answer.scope else answer.first("heads", "output")


@law("heads", "output")
def output_is_the_weighted_sum(answer: SublayerAnswer) -> Finding:
    """output (or heads) is the product of the answer's own weights and V."""
    output = weighted_sum(answer)
    weights, source = answer["weights"], answer.first(*back_to("V_h", "V"))
    values = answer[source]
    if values.values.ndim != weights.values.ndim:
        raise StepMissingError(f"{answer.scope}V_h")
    distance = _distance(answer[output], weights, values.values, rounding(values))
    rule = f"the sum of the weighted {answer.scope}{source}"
    return compared(answer, output, weights.values @ values.values, distance, rule)


@law("heads", "output")
def output_lies_among_the_values(answer: SublayerAnswer) -> Finding:
    """No number of output (or heads) lies outside the range of its feature in V."""
    if not answer.assumptions.normalise.sums_to_1:
        raise NotApplicableError
    name, source = weighted_sum(answer), answer.first(*back_to("V_h", "V"))
    values, output = answer[source], answer[name]
    if values.values.ndim != output.values.ndim:
        raise StepMissingError(f"{answer.scope}V_h")
    shape = output.values.shape
    lowest = np.broadcast_to(values.values.min(axis=-2, keepdims=True), shape)
    highest = np.broadcast_to(values.values.max(axis=-2, keepdims=True), shape)
    slack = rounding(output) + rounding(values)
    # The output of a query that may attend to nothing is 0, which may lie outside.
    inside = (output.values >= lowest - slack) & (output.values <= highest + slack)
    broken = ~inside & ~np.isnan(output.values) & (output.values != 0)
    places = Places(answer, name)

    def sentence(index: Index) -> str:
        numbers = (float(matrix[index]) for matrix in (output.values, lowest, highest))
        yours, low, high = map(number_in_words, numbers)
        feature = f"{places.feature(index[-1])} of {answer.scope}{source}"
        fact = f"At {places.cell(index)}, {places.step} is {yours}"
        return f"{fact}, but {feature} lies between {low} and {high}."

    return Finding(np.asarray(broken), sentence)
