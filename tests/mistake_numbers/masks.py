"""Mistakes in masks, in numbers that do not come from the catalogue.

A mask is drawn: a row for each query, 1 for a key that is seen and 0 for one that is hidden.
"""

from __future__ import annotations

import numpy as np

from tests.mistake_numbers.registry import Known, Matrix, by_hand, softmax, sparsemax


def drawn(*rows: str) -> Matrix:
    """Return True for each 1 of these rows, and False for each 0."""
    return np.array([[cell == "1" for cell in row] for row in rows])


def hidden(scores: Matrix, *rows: str) -> Matrix:
    """Return the scores with −∞ for each 0 of these rows."""
    return np.where(drawn(*rows), scores, -np.inf)


CAUSAL = ("1000", "1100", "1110", "1111")
PADDING = ("11100",) * 5  # the first three of five keys are real


# The numbers in place of hidden scores


@by_hand("mask-missing", problem="padding", step="masked")
@by_hand("mask-missing", problem="window", step="masked")
@by_hand("mask-missing", problem="number mask", step="masked")
@by_hand("causal-missing", problem="causal", step="masked")
def nothing_hidden(known: Known) -> Matrix:
    """Scaled scores as they are."""
    return known["scaled"]


@by_hand("causal-missing", problem="padding and causal", step="masked")
def only_padding_hidden(known: Known) -> Matrix:
    """The fifth key hidden from all queries, as padding:4 says."""
    return hidden(known["scaled"], *("11110",) * 5)


@by_hand("causal-missing", problem="alibi, causal", step="masked")
@by_hand("masks-or", problem="alibi, causal", step="masked")
def distances_added_and_nothing_hidden(known: Known) -> Matrix:
    """scaled + position: ALiBi's numbers hide no key."""
    return known["scaled"] + known["position"]


@by_hand("mask-inverted", problem="causal", step="masked")
def seen_for_hidden(known: Known) -> Matrix:
    """−∞ where the key does not come after the query."""
    return hidden(known["scaled"], "0111", "0011", "0001", "0000")


@by_hand("mask-multiplied", problem="causal", step="masked")
def multiplied(known: Known) -> Matrix:
    """0 where a key is hidden."""
    return np.where(drawn(*CAUSAL), known["scaled"], 0)


@by_hand("mask-tiny-fill", problem="causal", step="masked")
def filled_with_a_tiny_number(known: Known) -> Matrix:
    """−0.000000000001 where a key is hidden."""
    return np.where(drawn(*CAUSAL), known["scaled"], -0.000000000001)


@by_hand("mask-exponent-slip", problem="causal", step="masked")
def filled_with_a_billionth(known: Known) -> Matrix:
    """−0.000000001 where a key is hidden."""
    return np.where(drawn(*CAUSAL), known["scaled"], -0.000000001)


@by_hand("mask-small-fill", problem="causal", step="masked")
def filled_with_minus_10(known: Known) -> Matrix:
    """−10 where a key is hidden."""
    return np.where(drawn(*CAUSAL), known["scaled"], -10)


@by_hand("mask-small-fill", problem="alibi, causal", step="masked")
def filled_with_minus_10_among_distances(known: Known) -> Matrix:
    """scaled + position, and −10 alone where a key is hidden."""
    return np.where(drawn(*CAUSAL), known["scaled"] + known["position"], -10)


@by_hand("mask-small-added", problem="causal", step="masked")
def ten_less_where_hidden(known: Known) -> Matrix:
    """scaled − 10 where a key is hidden."""
    return known["scaled"] - 10 * (1 - np.tri(4))


@by_hand("mask-fill-minus-1", problem="causal", step="masked")
def filled_with_minus_1(known: Known) -> Matrix:
    """−1 where a key is hidden."""
    return np.where(drawn(*CAUSAL), known["scaled"], -1)


@by_hand("mask-zero-scores", problem="zero scores", step="masked")
def zeros_hidden(known: Known) -> Matrix:
    """The four scores of 0 up to the query hidden: all of the first query's and the third's."""
    return hidden(known["scaled"], "0000", "1100", "1000", "1001")


@by_hand("mask-added-read-as-keep", problem="number mask with zeros", step="masked")
def hidden_where_nothing_is_added(known: Known) -> Matrix:
    """−∞ for each 0 of the mask 0 ½ −1, 2 0 0, −½ 1 0, and no number added."""
    return hidden(known["scaled"], "011", "100", "110")


@by_hand("mask-plus-inf", problem="causal", step="masked")
def filled_with_infinity(known: Known) -> Matrix:
    """∞ where a key is hidden."""
    return np.where(drawn(*CAUSAL), known["scaled"], np.inf)


@by_hand("mask-plus-large", problem="causal", step="masked")
def filled_with_a_billion(known: Known) -> Matrix:
    """1000000000 where a key is hidden."""
    return np.where(drawn(*CAUSAL), known["scaled"], 1_000_000_000)


@by_hand("mask-added-as-01", problem="causal", step="masked")
def one_added_where_seen(known: Known) -> Matrix:
    """scaled + 1 where a key is seen."""
    return known["scaled"] + np.tri(4)


@by_hand("mask-added-as-10", problem="causal", step="masked")
def one_added_where_hidden(known: Known) -> Matrix:
    """scaled + 1 where a key is hidden."""
    return known["scaled"] + 1 - np.tri(4)


# The order and the axis of a mask


@by_hand("mask-scaled-too", problem="number mask", step="masked")
def mask_scaled_too(known: Known) -> Matrix:
    """(scores + mask) / √3."""
    return (known["Q"] @ known["K"].T + known["mask"]) / np.sqrt(3)


@by_hand("mask-scaled-too", problem="alibi, causal", step="masked")
def distances_scaled_too(known: Known) -> Matrix:
    """(scores + position) / 2, where a key does not come after the query."""
    return hidden((known["scores"] + known["position"]) / 2, *CAUSAL)


@by_hand("mask-after-softmax", problem="causal", step="weights")
def hidden_after_softmax(known: Known) -> Matrix:
    """Weights of all keys, then 0 where a key is hidden."""
    return softmax(known["scaled"]) * np.tri(4)


@by_hand("mask-after-softmax", problem="temperature", step="weights")
def hidden_after_softmax_of_a_temperature(known: Known) -> Matrix:
    """Weights of all keys at the temperature 2.5, then 0 where a key is hidden."""
    return softmax(known["scaled"] / 2.5) * np.tri(4)


@by_hand("mask-on-query-axis", problem="padding", step="masked")
def rows_hidden(known: Known) -> Matrix:
    """The last two queries see no key, and the others see all keys."""
    return hidden(known["scaled"], "11111", "11111", "11111", "00000", "00000")


@by_hand("mask-on-query-axis", problem="empty row", step="masked")
def own_mask_transposed(known: Known) -> Matrix:
    """The mask 110 000 101 transposed."""
    return hidden(known["scaled"], "101", "100", "001")


@by_hand("mask-on-query-axis", problem="number mask", step="masked")
def added_transposed(known: Known) -> Matrix:
    """scaled + maskᵀ."""
    return known["scaled"] + known["mask"].T


@by_hand("mask-head-order", problem="batch and heads", step="masked")
def masks_of_other_entries(known: Known) -> Matrix:
    """The masks m₀ m₁ m₂ m₀ m₁ m₂ for the two heads of three entries, of 3, 2 and 1 keys."""
    lengths = np.array([[3, 2], [1, 3], [2, 1]])
    return np.where(np.arange(3) < lengths[:, :, None, None], known["scaled"], -np.inf)


# Causal masks


@by_hand("causal-transposed", problem="causal", step="masked")
def only_the_future(known: Known) -> Matrix:
    """j ≥ i."""
    return hidden(known["scaled"], "1111", "0111", "0011", "0001")


@by_hand("causal-transposed", problem="lower right", step="masked")
def only_the_future_of_the_last(known: Known) -> Matrix:
    """j ≥ i + 2, for the first query stands at the third key."""
    return hidden(known["scaled"], "00111", "00011", "00001")


@by_hand("causal-hides-self", problem="causal", step="masked")
def only_the_past(known: Known) -> Matrix:
    """j < i."""
    return hidden(known["scaled"], "0000", "1000", "1100", "1110")


@by_hand("causal-hides-self", problem="lower right", step="masked")
def only_the_past_of_the_last(known: Known) -> Matrix:
    """j < i + 2, for the first query stands at the third key."""
    return hidden(known["scaled"], "11000", "11100", "11110")


@by_hand("causal-one-too-far", problem="causal", step="masked")
def one_of_the_future(known: Known) -> Matrix:
    """j ≤ i + 1."""
    return hidden(known["scaled"], "1100", "1110", "1111", "1111")


@by_hand("causal-one-too-far", problem="padding and causal", step="masked")
def one_of_the_future_but_no_padding(known: Known) -> Matrix:
    """j ≤ i + 1, and the fifth key hidden."""
    return hidden(known["scaled"], "11000", "11100", "11110", "11110", "11110")


@by_hand("causal-top-left-with-cache", problem="lower right", step="masked")
def from_the_first_key(known: Known) -> Matrix:
    """j ≤ i."""
    return hidden(known["scaled"], "10000", "11000", "11100")


@by_hand("causal-top-left-with-cache", problem="cache", step="masked")
def from_the_first_cached_key(known: Known) -> Matrix:
    """j ≤ i, though three keys are cached."""
    return hidden(known["scaled"], "10000", "11000")


@by_hand("causal-lower-right", problem="upper left", step="masked")
def up_to_the_last_key(known: Known) -> Matrix:
    """j ≤ i + 5 − 3."""
    return hidden(known["scaled"], "11100", "11110", "11111")


@by_hand("causal-lower-right", problem="filled cache", step="masked")
def up_to_the_last_key_of_the_cache(known: Known) -> Matrix:
    """j ≤ i + 6 − 2, and the last two keys hidden, because they are not filled."""
    return hidden(known["scaled"], "111100", "111100")


@by_hand("causal-hides-past", problem="cache", step="masked")
def cached_keys_hidden(known: Known) -> Matrix:
    """The three cached keys hidden, and j ≤ i among the other two."""
    return hidden(known["scaled"], "00010", "00011")


# Windows: from two keys before the query to one after it


@by_hand("window-off-by-one", problem="window", step="masked")
def too_wide(known: Known) -> Matrix:
    """Keys from i − 3 to i + 2."""
    rows = ("111000", "111100", "111110", "111111", "011111", "001111")
    return hidden(known["scaled"], *rows)


@by_hand("window-off-by-one", problem="two masks", step="masked")
def too_wide_on_the_left(known: Known) -> Matrix:
    """Keys from i − 2 for i − 1, with no end but causal's."""
    return hidden(known["scaled"], "10000", "11000", "11100", "01110", "00111")


@by_hand("window-one-too-few", problem="window", step="masked")
def too_narrow(known: Known) -> Matrix:
    """Keys from i − 1 to i."""
    rows = ("100000", "110000", "011000", "001100", "000110", "000011")
    return hidden(known["scaled"], *rows)


@by_hand("window-one-too-few", problem="two masks", step="masked")
def too_narrow_on_the_left(known: Known) -> Matrix:
    """Keys from i for i − 1, with no end but causal's."""
    return hidden(known["scaled"], "10000", "01000", "00100", "00010", "00001")


@by_hand("window-end-excluded", problem="window", step="masked")
def end_excluded(known: Known) -> Matrix:
    """Keys from i − 2 to i."""
    rows = ("100000", "110000", "111000", "011100", "001110", "000111")
    return hidden(known["scaled"], *rows)


@by_hand("window-end-excluded", problem="window up to itself", step="masked")
def end_excluded_at_itself(known: Known) -> Matrix:
    """Keys from i − 2 to i − 1: the last key of such a window is the query's own."""
    rows = ("000000", "100000", "110000", "011000", "001100", "000110")
    return hidden(known["scaled"], *rows)


@by_hand("window-start-excluded", problem="window", step="masked")
def start_excluded(known: Known) -> Matrix:
    """Keys from i − 1 to i + 1."""
    rows = ("110000", "111000", "011100", "001110", "000111", "000011")
    return hidden(known["scaled"], *rows)


@by_hand("window-sides-swapped", problem="window", step="masked")
def sides_swapped(known: Known) -> Matrix:
    """Keys from i − 1 to i + 2."""
    rows = ("111000", "111100", "011110", "001111", "000111", "000011")
    return hidden(known["scaled"], *rows)


@by_hand("window-sides-swapped", problem="two masks", step="masked")
def sides_swapped_without_a_start(known: Known) -> Matrix:
    """Keys from the first to i + 1, of which causal keeps the keys up to i."""
    return hidden(known["scaled"], "10000", "11000", "11100", "11110", "11111")


@by_hand("window-left-open", problem="window", step="masked")
def without_a_left_end(known: Known) -> Matrix:
    """Keys from the first to i + 1."""
    rows = ("110000", "111000", "111100", "111110", "111111", "111111")
    return hidden(known["scaled"], *rows)


@by_hand("window-right-open", problem="window", step="masked")
def without_a_right_end(known: Known) -> Matrix:
    """Keys from i − 2 to the last."""
    rows = ("111111", "111111", "111111", "011111", "001111", "000111")
    return hidden(known["scaled"], *rows)


@by_hand("window-ignores-cache", problem="cache and window", step="masked")
def window_from_the_first_key(known: Known) -> Matrix:
    """Keys from i − 2 to i + 1, with i from 0 though three keys are cached."""
    return hidden(known["scaled"], "11000", "11100")


# Padding


@by_hand("padding-one-too-many", problem="padding", step="masked")
def four_keys_for_three(known: Known) -> Matrix:
    """The first four keys are seen."""
    return hidden(known["scaled"], *("11110",) * 5)


@by_hand("padding-one-too-many", problem="batch", step="masked")
@by_hand("padding-from-embedding-sum", problem="batch", step="masked")
def all_three_keys(known: Known) -> Matrix:
    """All three keys: one more than the two real keys, and no token sums to 0."""
    return known["scaled"]


@by_hand("padding-one-too-few", problem="padding", step="masked")
def two_keys_for_three(known: Known) -> Matrix:
    """The first two keys are seen."""
    return hidden(known["scaled"], *("11000",) * 5)


@by_hand("padding-one-too-few", problem="batch", step="masked")
def two_keys_and_one(known: Known) -> Matrix:
    """Two keys for three in the first entry, one for two in the second."""
    first, second = known["scaled"]
    return np.stack([hidden(first, *("110",) * 3), hidden(second, *("100",) * 3)])


@by_hand("padding-one-too-few", problem="filled cache", step="masked")
def three_filled_for_four(known: Known) -> Matrix:
    """The first three keys are seen, up to the query: j ≤ i + 2."""
    return hidden(known["scaled"], "111000", "111000")


@by_hand("padding-at-the-front", problem="padding", step="masked")
def last_three_keys(known: Known) -> Matrix:
    """The last three keys are seen."""
    return hidden(known["scaled"], *("00111",) * 5)


@by_hand("padding-at-the-front", problem="padding and causal", step="masked")
def last_four_keys_up_to_the_query(known: Known) -> Matrix:
    """The last four keys are seen, up to the query."""
    return hidden(known["scaled"], "00000", "01000", "01100", "01110", "01111")


@by_hand("padding-on-queries", problem="padding", step="masked")
def padded_queries_hidden_too(known: Known) -> Matrix:
    """The last two of five tokens see nothing and are seen by none."""
    return hidden(known["scaled"], "11100", "11100", "11100", "00000", "00000")


@by_hand("padding-on-queries", problem="batch", step="masked")
def padded_queries_of_an_entry_hidden_too(known: Known) -> Matrix:
    """No padding in the first entry; the third token of the second is hidden on both axes."""
    first, second = known["scaled"]
    return np.stack([first, hidden(second, "110", "110", "000")])


@by_hand("padding-on-queries", problem="left padding, rope", step="masked")
def a_padded_query_in_front_hidden_too(known: Known) -> Matrix:
    """The first of three tokens sees nothing and is seen by none, in each of three heads."""
    return np.stack([hidden(scores, "000", "011", "011") for scores in known["scaled"]])


@by_hand("padding-from-embedding-sum", problem="padding and zeros", step="masked")
def tokens_of_sum_0_hidden(known: Known) -> Matrix:
    """The first token, 1 −1 0 0, and the third, all zeros, are hidden instead of the fourth."""
    return hidden(known["scaled"], *("0101",) * 4)


# Several masks


@by_hand("masks-or", problem="padding and causal", step="masked")
def one_mask_is_enough(known: Known) -> Matrix:
    """j ≤ i, or one of the first four keys."""
    return hidden(known["scaled"], "11110", "11110", "11110", "11110", "11111")


@by_hand("masks-or", problem="two masks", step="masked")
def one_of_two_sees_all(known: Known) -> Matrix:
    """j ≤ i, or j ≥ i − 1: one of them is always true."""
    return known["scaled"]


@by_hand("mask-only-first", problem="two masks", step="masked")
def causal_alone(known: Known) -> Matrix:
    """j ≤ i; the window is left out."""
    return hidden(known["scaled"], "10000", "11000", "11100", "11110", "11111")


@by_hand("mask-only-last", problem="padding and causal", step="masked")
def causal_without_padding(known: Known) -> Matrix:
    """j ≤ i; padding is left out."""
    return hidden(known["scaled"], "10000", "11000", "11100", "11110", "11111")


@by_hand("cache-lens-ignored", problem="filled cache", step="masked")
def all_taken_for_filled(known: Known) -> Matrix:
    """j ≤ i + 6 − 2: the last query stands at the last of six keys."""
    return hidden(known["scaled"], "111110", "111111")


@by_hand("cache-lens-plain-causal", problem="filled cache", step="masked")
def counted_from_the_first_key(known: Known) -> Matrix:
    """j ≤ i."""
    return hidden(known["scaled"], "100000", "110000")


# Rows in which every key is hidden, and masks without reason


@by_hand("empty-row-nan", problem="empty row", step="weights")
def no_number(known: Known) -> Matrix:
    """NaN for the second query."""
    return softmax_of_seen(known, np.full(3, np.nan))


@by_hand("empty-row-mean", problem="empty row", step="weights")
def equal_weights(known: Known) -> Matrix:
    """A third for each key of the second query."""
    return softmax_of_seen(known, np.full(3, 1 / 3))


@by_hand("empty-row-ones", problem="empty row", step="weights")
def all_weights_1(known: Known) -> Matrix:
    """1 for each key of the second query."""
    return softmax_of_seen(known, np.ones(3))


def filled_up(seen: list[Matrix], size: int, empty: float) -> Matrix:
    """Return the softmax of each row of scores, with 0 behind it; `empty` in rows without any."""
    rows = [
        [*softmax(row), *[0] * (size - len(row))] if len(row) else [empty] * size for row in seen
    ]
    return np.array(rows)


def weights_of_the_past(known: Known, empty: float) -> Matrix:
    """Return the weights of the keys j < i, of which the first query has none."""
    return filled_up([row[:i] for i, row in enumerate(known["scaled"])], 4, empty)


@by_hand("causal-hides-self-nan", problem="causal", step="weights")
def no_number_without_a_past(known: Known) -> Matrix:
    """NaN for the first query."""
    return weights_of_the_past(known, np.nan)


@by_hand("causal-hides-self-mean", problem="causal", step="weights")
def a_quarter_without_a_past(known: Known) -> Matrix:
    """A quarter for each key of the first query."""
    return weights_of_the_past(known, 0.25)


def weights_of_real_queries(known: Known, empty: float) -> Matrix:
    """Return the weights of three real tokens among themselves, of five."""
    return filled_up([*known["scaled"][:3, :3], np.array([]), np.array([])], 5, empty)


@by_hand("padding-on-queries-nan", problem="padding", step="weights")
def no_number_for_padded_queries(known: Known) -> Matrix:
    """NaN for the last two queries."""
    return weights_of_real_queries(known, np.nan)


@by_hand("padding-on-queries-mean", problem="padding", step="weights")
def a_fifth_for_padded_queries(known: Known) -> Matrix:
    """A fifth for each key of the last two queries."""
    return weights_of_real_queries(known, 0.2)


def weights_of_all_keys(known: Known, empty: float) -> Matrix:
    """Return the weights of three real tokens for all five keys."""
    return filled_up([*known["scaled"][:3], np.array([]), np.array([])], 5, empty)


@by_hand("mask-on-query-axis-nan", problem="padding", step="weights")
def no_number_for_hidden_queries(known: Known) -> Matrix:
    """NaN for the last two queries, and nothing hidden from the others."""
    return weights_of_all_keys(known, np.nan)


@by_hand("mask-on-query-axis-mean", problem="padding", step="weights")
def a_fifth_for_hidden_queries(known: Known) -> Matrix:
    """A fifth for each key of the last two queries, and nothing hidden from the others."""
    return weights_of_all_keys(known, 0.2)


def weights_without_zero_scores(known: Known, empty: float) -> Matrix:
    """Return the weights of the scores 0, then 1 1, then −1 0 0, then 1 0 0 −2, over √2."""
    second = softmax(known["scaled"][1, :2])
    last = softmax(known["scaled"][3, [0, 3]])
    return np.array([[empty] * 4, [*second, 0, 0], [1, 0, 0, 0], [last[0], 0, 0, last[1]]])


@by_hand("mask-zero-scores-nan", problem="zero scores", step="weights")
def no_number_for_zero_scores(known: Known) -> Matrix:
    """NaN for the first query, whose only score is 0."""
    return weights_without_zero_scores(known, np.nan)


@by_hand("mask-zero-scores-mean", problem="zero scores", step="weights")
def a_quarter_for_zero_scores(known: Known) -> Matrix:
    """A quarter for each key of the first query, whose only score is 0."""
    return weights_without_zero_scores(known, 0.25)


@by_hand("padding-queries-zero", problem="padding", step="output")
def nothing_for_padded_queries(known: Known) -> Matrix:
    """The weighted sums of three queries, and 0 for two."""
    sums = known["weights"][:3] @ known["V"]
    return np.vstack([sums, np.zeros((2, 3))])


@by_hand("padding-queries-zero", problem="batch", step="output")
def nothing_for_a_padded_query(known: Known) -> Matrix:
    """The weighted sums, but 0 for the third query of the second entry."""
    sums = [weights @ V for weights, V in zip(known["weights"], known["V"], strict=True)]
    return np.stack([sums[0], np.vstack([sums[1][:2], np.zeros((1, 4))])])


def softmax_of_seen(known: Known, second: Matrix) -> Matrix:
    """Return the weights under the mask 110 000 101, whose second row is given."""
    first, _, last = known["scaled"]
    sees_two = softmax(first[:2])
    sees_ends = softmax(last[[0, 2]])
    return np.array([[*sees_two, 0], second, [sees_ends[0], 0, sees_ends[1]]])


@by_hand("cross-mask-wrong", problem="memory", step="weights")
def cross_attention_hidden(known: Known) -> Matrix:
    """Softmax of the keys j ≤ i of memory."""
    return softmax(hidden(known["scaled"], "10000", "11000", "11100"))


@by_hand("cross-mask-wrong", problem="memory, softmax1", step="weights")
def cross_attention_hidden_with_a_sink(known: Known) -> Matrix:
    """exp(s) / (1 + Σ exp(s)) of the keys j ≤ i of memory."""
    powers = np.exp(hidden(known["scaled"], "10000", "11000", "11100"))
    return powers / (1 + powers.sum(1, keepdims=True))


@by_hand("cross-mask-wrong", problem="memory, sigmoid", step="weights")
def cross_attention_hidden_from_a_sigmoid(known: Known) -> Matrix:
    """1 / (1 + exp(−s)) of the keys j ≤ i of memory."""
    return 1 / (1 + np.exp(-hidden(known["scaled"], "10000", "11000", "11100")))


@by_hand("cross-mask-wrong", problem="memory, sparsemax", step="weights")
def cross_attention_hidden_from_sparsemax(known: Known) -> Matrix:
    """Sparsemax of the keys j ≤ i of memory."""
    return sparsemax(hidden(known["scaled"], "10000", "11000", "11100"))


@by_hand("cross-mask-wrong", problem="decoder", step="cross.weights")
def cross_attention_of_a_layer_hidden(known: Known) -> Matrix:
    """Softmax of the keys j ≤ i of the encoder, in both heads; the last query sees all three."""
    rows = ("100", "110", "111", "111")
    return np.stack([softmax(hidden(scores, *rows)) for scores in known["cross.scaled"]])
