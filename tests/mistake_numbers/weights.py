"""Mistakes in weights, in numbers that do not come from the catalogue."""

from __future__ import annotations

import numpy as np

from tests.mistake_numbers.registry import Known, Matrix, by_hand, exponentials, softmax, sparsemax

HIDDEN = -np.inf
CAUSAL = np.tril(np.ones((4, 4), dtype=np.bool_))
TOKENS = np.arange(5)
BEHIND = TOKENS[:, None] - TOKENS  # distance of a key before its query
WINDOW = (BEHIND <= 2) & (BEHIND >= -1)  # window:2,1

# Softmax: its axis, how often, and its scores.


@by_hand("softmax-columns", problem="memory", step="weights")
@by_hand("softmax-columns", problem="three heads", step="weights")
def weights_of_each_key(known: Known) -> Matrix:
    """Exponentials over their sums over the queries, the last axis but one."""
    powers = np.exp(known["scaled"])
    return powers / powers.sum(-2, keepdims=True)


@by_hand("softmax-columns", problem="causal", step="weights")
def weights_of_each_key_not_hidden(known: Known) -> Matrix:
    """Exponentials over their sums over the queries that see the key."""
    powers = np.where(CAUSAL, np.exp(known["scaled"]), 0)
    return powers / powers.sum(0)


@by_hand("softmax-wrong-batch-axis", problem="batch of three", step="weights")
@by_hand("softmax-over-heads", problem="three heads", step="weights")
def weights_over_the_first_axis(known: Known) -> Matrix:
    """Exponentials over their sums over the batch entries, or over the heads."""
    powers = np.exp(known["scaled"])
    return powers / (powers[0] + powers[1] + powers[2])


@by_hand("softmax-wrong-batch-axis", problem="batch and heads", step="weights")
def weights_over_the_batch(known: Known) -> Matrix:
    """Exponentials over their sums over the three batch entries; a hidden key adds nothing."""
    powers = np.exp(known["masked"])
    return powers / (powers[0] + powers[1] + powers[2])


@by_hand("softmax-over-heads", problem="batch and heads", step="weights")
def weights_over_two_heads(known: Known) -> Matrix:
    """Exponentials over their sums over the heads; a key hidden in both has no weight."""
    powers = np.exp(known["masked"])
    seen = np.isfinite(known["masked"])
    return np.where(seen, powers / powers.sum(1, keepdims=True), 0)


@by_hand("softmax-whole-matrix", problem="memory", step="weights")
def weights_of_the_matrix(known: Known) -> Matrix:
    """Exponentials over the sum of all the exponentials."""
    powers = np.exp(known["scaled"])
    return powers / powers.sum()


@by_hand("softmax-whole-matrix", problem="three heads", step="weights")
def weights_of_the_matrix_of_each_head(known: Known) -> Matrix:
    """Exponentials over the sum of all the exponentials of the head."""
    powers = np.exp(known["scaled"])
    return np.stack([head / head.sum() for head in powers])


@by_hand("keepdims-missing", problem="wide", step="weights")
def sums_laid_across(known: Known) -> Matrix:
    """Exponentials over the sums of the rows, which NumPy lays over the columns."""
    powers = np.exp(known["scaled"])
    return powers / powers.sum(-1)


@by_hand("keepdims-missing-twice", problem="wide", step="weights")
def maxima_and_sums_laid_across(known: Known) -> Matrix:
    """Largest scores and sums of the rows, which NumPy lays over the columns."""
    powers = np.exp(known["scaled"] - known["scaled"].max(-1))
    return powers / powers.sum(-1)


@by_hand("keepdims-missing", problem="three heads", step="weights")
def sums_laid_across_in_each_head(known: Known) -> Matrix:
    """Exponentials over the sums of the rows, laid over the columns of each head."""
    powers = np.exp(known["scaled"])
    return np.stack([head / head.sum(-1) for head in powers])


@by_hand("keepdims-missing-twice", problem="three heads", step="weights")
def maxima_and_sums_laid_across_in_each_head(known: Known) -> Matrix:
    """Largest scores and sums of the rows, laid over the columns of each head."""
    heads = [np.exp(scores - scores.max(-1)) for scores in known["scaled"]]
    return np.stack([powers / powers.sum(-1) for powers in heads])


@by_hand("keepdims-missing", problem="causal", step="weights")
def causal_sums_laid_across(known: Known) -> Matrix:
    """Causal exponentials over the sums of the rows, laid over the columns."""
    powers = np.where(CAUSAL, np.exp(known["scaled"]), 0)
    return powers / powers.sum(-1)


@by_hand("softmax-twice", problem="wide", step="weights")
@by_hand("softmax-twice", problem="causal", step="weights")
def weights_of_weights(known: Known) -> Matrix:
    """Exponentials of the weights over their sum, with exp(0) for hidden keys."""
    powers = np.exp(known["weights"])
    return powers / powers.sum(-1, keepdims=True)


@by_hand("softmax-unscaled", problem="wide", step="weights")
@by_hand("softmax-unscaled", problem="scale", step="weights")
def weights_of_unscaled_scores(known: Known) -> Matrix:
    """Softmax of Q Kᵀ."""
    return softmax(known["Q"] @ known["K"].T)


@by_hand("softmax-unscaled", problem="soft cap", step="weights")
def weights_of_unscaled_capped_scores(known: Known) -> Matrix:
    """Softmax of Q Kᵀ, capped at 0.8 and masked, but not scaled."""
    capped = 0.8 * np.tanh(known["Q"] @ known["K"].T / 0.8)
    return softmax(np.where(CAUSAL, capped, HIDDEN))


@by_hand("scale-after-softmax", problem="wide", step="weights")
def weights_over_a_root(known: Known) -> Matrix:
    """Softmax of Q Kᵀ, divided by √d_k = √3."""
    return softmax(known["Q"] @ known["K"].T) / np.sqrt(3.0)


@by_hand("scale-after-softmax", problem="scale", step="weights")
def weights_times_the_scale(known: Known) -> Matrix:
    """Softmax of Q Kᵀ, multiplied by the scale 0.3."""
    return softmax(known["Q"] @ known["K"].T) * 0.3


@by_hand("scale-after-softmax", problem="causal", step="weights")
def causal_weights_over_a_root(known: Known) -> Matrix:
    """Softmax of the masked Q Kᵀ, divided by √d_k = √3."""
    return softmax(np.where(CAUSAL, known["Q"] @ known["K"].T, HIDDEN)) / np.sqrt(3.0)


# Exponentials and their sum.


@by_hand("exp-overflow", problem="large", step="weights")
def overflown(known: Known) -> Matrix:
    """Exponentials of X Xᵀ over their sum, which overflow: NaN for the largest scores, else 0."""
    powers = np.exp(known["X"] @ known["X"].T)
    return powers / powers.sum(-1, keepdims=True)


@by_hand("shift-not-in-sum", problem="wide", step="weights")
@by_hand("shift-not-in-sum", problem="memory", step="weights")
@by_hand("shift-not-in-sum", problem="three heads", step="weights")
def shifted_above_alone(known: Known) -> Matrix:
    """Exponentials of the shifted scores over the sum of the exponentials of the scores."""
    total = np.exp(known["scaled"]).sum(-1, keepdims=True)
    return exponentials(known["scaled"]) / total


@by_hand("softmax1", problem="wide", step="weights")
@by_hand("softmax1", problem="three heads", step="weights")
def off_by_one(known: Known) -> Matrix:
    """Exponentials over 1 + their sum."""
    powers = np.exp(known["scaled"])
    return powers / (1 + powers.sum(-1, keepdims=True))


@by_hand("softmax1", problem="temperature", step="weights")
def off_by_one_at_a_temperature(known: Known) -> Matrix:
    """Exponentials over 1 + their sum, of scores over the temperature 2.5."""
    powers = np.exp(known["masked"] / 2.5)
    return powers / (1 + powers.sum(-1, keepdims=True))


@by_hand("softmax1-shift", problem="wide", step="weights")
@by_hand("softmax1-shift", problem="three heads", step="weights")
def off_by_one_after_the_shift(known: Known) -> Matrix:
    """Exponentials of the shifted scores over 1 + their sum."""
    powers = exponentials(known["scaled"])
    return powers / (1 + powers.sum(-1, keepdims=True))


@by_hand("exp-not-normalised", problem="causal", step="weights")
def bare_exponentials(known: Known) -> Matrix:
    """Exponentials of the scores; 0 for a hidden key."""
    return np.where(CAUSAL, np.exp(known["scaled"]), 0)


@by_hand("no-exp", problem="wide", step="weights")
@by_hand("no-exp", problem="three heads", step="weights")
def shares_of_the_scores(known: Known) -> Matrix:
    """Scores over their sum."""
    return known["scaled"] / known["scaled"].sum(-1, keepdims=True)


@by_hand("no-exp", problem="causal", step="weights")
def shares_of_the_scores_seen(known: Known) -> Matrix:
    """Scores over their sum, where a hidden score counts as 0."""
    seen = np.where(CAUSAL, known["scaled"], 0)
    return seen / seen.sum(-1, keepdims=True)


@by_hand("no-exp", problem="empty row", step="weights")
def shares_of_the_scores_of_no_key(known: Known) -> Matrix:
    """Scores over their sum, for three queries, of which the second sees no key."""
    seen = np.where([[True, True, False], [False] * 3, [True, False, True]], known["scaled"], 0)
    return seen / np.array([[seen[0].sum()], [1], [seen[2].sum()]])


@by_hand("relu-normalised", problem="wide", step="weights")
@by_hand("relu-normalised", problem="three heads", step="weights")
def shares_of_the_positive_scores(known: Known) -> Matrix:
    """Scores over their sum, where a negative score counts as 0."""
    positive = np.maximum(known["scaled"], 0)
    return positive / positive.sum(-1, keepdims=True)


@by_hand("softmax-base-2", problem="wide", step="weights")
@by_hand("softmax-base-2", problem="memory", step="weights")
@by_hand("softmax-base-2", problem="three heads", step="weights")
def powers_of_2(known: Known) -> Matrix:
    """Powers of 2 over their sum."""
    powers = 2 ** known["scaled"]
    return powers / powers.sum(-1, keepdims=True)


@by_hand("softmax-base-2", problem="temperature", step="weights")
def powers_of_2_at_a_temperature(known: Known) -> Matrix:
    """Powers of 2 over their sum, of scores over the temperature 2.5."""
    powers = 2 ** (known["masked"] / 2.5)
    return powers / powers.sum(-1, keepdims=True)


@by_hand("sigmoid-instead", problem="wide", step="weights")
def sigmoids(known: Known) -> Matrix:
    """1 / (1 + exp(−s)) of each score."""
    return 1 / (1 + np.exp(-known["scaled"]))


@by_hand("sigmoid-instead", problem="causal", step="weights")
def sigmoids_of_what_is_seen(known: Known) -> Matrix:
    """1 / (1 + exp(−s)) of each score; 0 for a hidden key."""
    return np.where(CAUSAL, 1 / (1 + np.exp(-known["scaled"])), 0)


@by_hand("hardmax", problem="memory", step="weights")
@by_hand("hardmax", problem="three heads", step="weights")
def one_for_the_largest(known: Known) -> Matrix:
    """The row of the unit matrix at the largest score of each query."""
    return np.eye(5)[known["scaled"].argmax(-1)]


@by_hand("hardmax", problem="padding and zeros", step="weights")
def one_for_the_first_of_the_largest(known: Known) -> Matrix:
    """Weight 1 for the first of the largest scores; key 1 has it where all scores are 0."""
    assert not known["scaled"][2].any()
    return np.eye(4)[known["scaled"][:, :3].argmax(-1)]


@by_hand("softmax-negated", problem="causal", step="weights")
def negated(known: Known) -> Matrix:
    """exp(−s) over the sum; hidden keys stay hidden."""
    powers = np.where(CAUSAL, np.exp(-known["scaled"]), 0)
    return powers / powers.sum(-1, keepdims=True)


@by_hand("log-softmax", problem="wide", step="weights")
@by_hand("log-softmax", problem="causal", step="weights")
def logarithms(known: Known) -> Matrix:
    """The logarithms of the weights; −inf for a hidden key."""
    return np.log(known["weights"])


# Other normalisers, and the temperature.


def sink(scores: Matrix) -> Matrix:
    """Exponentials over 1 + their sum: softmax1."""
    powers = np.exp(scores)
    return powers / (1 + powers.sum(-1, keepdims=True))


@by_hand("temperature-missing", problem="temperature, sparsemax", step="weights")
def sparsemax_without_temperature(known: Known) -> Matrix:
    """Sparsemax of the masked scores as they are."""
    return sparsemax(known["masked"])


@by_hand("temperature-multiplied", problem="temperature, sparsemax", step="weights")
def sparsemax_times_temperature(known: Known) -> Matrix:
    """Sparsemax of 2.5 times the masked scores."""
    return sparsemax(known["masked"] * 2.5)


@by_hand("temperature-after", problem="temperature, sparsemax", step="weights")
def sparsemax_over_temperature(known: Known) -> Matrix:
    """Sparsemax of the masked scores as they are, over 2.5."""
    return sparsemax(known["masked"]) / 2.5


@by_hand("temperature-missing", problem="temperature, sigmoid", step="weights")
def sigmoids_without_temperature(known: Known) -> Matrix:
    """Sigmoids of the masked scores as they are."""
    return 1 / (1 + np.exp(-known["masked"]))


@by_hand("temperature-multiplied", problem="temperature, sigmoid", step="weights")
def sigmoids_times_temperature(known: Known) -> Matrix:
    """Sigmoids of 2.5 times the masked scores."""
    return 1 / (1 + np.exp(-known["masked"] * 2.5))


@by_hand("temperature-after", problem="temperature, sigmoid", step="weights")
def sigmoids_over_temperature(known: Known) -> Matrix:
    """Sigmoids of the masked scores as they are, over 2.5."""
    return 1 / (1 + np.exp(-known["masked"])) / 2.5


@by_hand("temperature-missing", problem="temperature", step="weights")
def softmax_without_temperature(known: Known) -> Matrix:
    """Softmax of the masked scores as they are."""
    return softmax(known["masked"])


@by_hand("temperature-missing", problem="sink", step="weights")
def sink_without_temperature(known: Known) -> Matrix:
    """Softmax1 of the scaled scores as they are."""
    return sink(known["scaled"])


@by_hand("temperature-multiplied", problem="temperature", step="weights")
def softmax_times_temperature(known: Known) -> Matrix:
    """Softmax of 2.5 times the masked scores."""
    return softmax(known["masked"] * 2.5)


@by_hand("temperature-multiplied", problem="sink", step="weights")
def sink_times_temperature(known: Known) -> Matrix:
    """Softmax1 of half the scaled scores, whose temperature is 0.5."""
    return sink(known["scaled"] * 0.5)


@by_hand("temperature-after", problem="temperature", step="weights")
def softmax_over_temperature(known: Known) -> Matrix:
    """Softmax of the masked scores as they are, over 2.5."""
    return softmax(known["masked"]) / 2.5


@by_hand("temperature-after", problem="sink", step="weights")
def sink_over_temperature(known: Known) -> Matrix:
    """Softmax1 of the scaled scores as they are, over 0.5."""
    return sink(known["scaled"]) / 0.5


@by_hand("softmax-instead", problem="sink", step="weights")
def softmax_for_a_sink(known: Known) -> Matrix:
    """Softmax of the scaled scores over the temperature 0.5."""
    return softmax(known["scaled"] / 0.5)


@by_hand("softmax-instead", problem="sparsemax", step="weights")
def softmax_for_sparsemax(known: Known) -> Matrix:
    """Softmax of the scores that the window shows."""
    return softmax(np.where(WINDOW, known["scaled"], HIDDEN))


@by_hand("softmax-instead", problem="sigmoid", step="weights")
def softmax_for_sigmoids(known: Known) -> Matrix:
    """Softmax of the scaled scores."""
    return softmax(known["scaled"])


@by_hand("sink-not-shifted", problem="sink", step="weights")
def sink_that_stays(known: Known) -> Matrix:
    """Exponentials of the shifted scores over 1 + their sum, at the temperature 0.5."""
    powers = exponentials(known["scaled"] / 0.5)
    return powers / (1 + powers.sum(-1, keepdims=True))


@by_hand("sparsemax-all-keys", problem="sparsemax", step="weights")
def cut_at_a_threshold_of_all(known: Known) -> Matrix:
    """max(0, score − τ), with τ the sum of the visible scores, less 1, over their number."""
    weights = np.zeros((5, 5))
    for scores, row, seen in zip(known["scaled"], weights, WINDOW, strict=True):
        threshold = (scores[seen].sum() - 1) / seen.sum()
        row[seen] = np.maximum(scores[seen] - threshold, 0)
    return weights


@by_hand("sparsemax-hidden-keys", problem="sparsemax", step="weights")
def cut_at_a_threshold_over_all_five(known: Known) -> Matrix:
    """max(0, score − τ), with τ the sum of the visible scores, less 1, over 5."""
    scores = known["scaled"]
    threshold = (np.where(WINDOW, scores, 0).sum(-1, keepdims=True) - 1) / 5.0
    return np.where(WINDOW, np.maximum(scores - threshold, 0), 0)


@by_hand("sparsemax-clipped", problem="sparsemax", step="weights")
def shares_of_the_positive_scores_seen(known: Known) -> Matrix:
    """Scores over their sum, where negative and hidden scores count as 0."""
    positive = np.where(WINDOW, np.maximum(known["scaled"], 0), 0)
    return positive / positive.sum(-1, keepdims=True)


@by_hand("sigmoid-sign", problem="sigmoid", step="weights")
def falling_sigmoids(known: Known) -> Matrix:
    """1 / (1 + exp(s)) of each score."""
    return 1 / (1 + np.exp(known["scaled"]))


@by_hand("sigmoid-normalised", problem="sigmoid", step="weights")
def shares_of_sigmoids(known: Known) -> Matrix:
    """Each sigmoid over the sum of its row."""
    weights = 1 / (1 + np.exp(-known["scaled"]))
    return weights / weights.sum(-1, keepdims=True)


@by_hand("sigmoid-bias", problem="sigmoid", step="weights")
def biased_sigmoids(known: Known) -> Matrix:
    """Sigmoids of the scores less the logarithm of 4, the number of keys."""
    return 1 / (1 + np.exp(-known["scaled"] + np.log(4)))


@by_hand("sigmoid-bias", problem="memory, sigmoid", step="weights")
def biased_sigmoids_of_memory(known: Known) -> Matrix:
    """Sigmoids of the scores less the logarithm of 5, the number of keys, not of queries."""
    return 1 / (1 + np.exp(-known["scaled"] + np.log(5)))
