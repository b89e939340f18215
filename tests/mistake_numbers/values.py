"""Mistakes with Q, K, V, caches, heads and the output, in numbers of their own."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tests.mistake_numbers.registry import Known, Matrix, by_hand, softmax

# Projections. In layers a name has its sublayer before it: `self.W_q`.


@by_hand("weight-transposed", problem="square", step="Q")
@by_hand("weight-transposed", problem="columns", step="Q")
@by_hand("weight-transposed", problem="torch", step="Q")
def with_rows_for_columns(known: Known) -> Matrix:
    """X W_qᵀ instead of X W_q, in whatever layout W_q is written."""
    return known["X"] @ known["W_q"].T


@by_hand("weight-transposed", problem="biases", step="K")
def with_rows_for_columns_and_a_bias(known: Known) -> Matrix:
    """X W_kᵀ + b_k."""
    return known["X"] @ known["W_k"].T + known["b_k"]


@by_hand("weight-on-left", problem="self", step="Q")
def with_the_weight_in_front(known: Known) -> Matrix:
    """W_q X."""
    return known["W_q"] @ known["X"]


@by_hand("weight-on-left", problem="decoder", step="self.Q")
def with_the_weight_in_front_and_a_bias(known: Known) -> Matrix:
    """W_q X + b_q."""
    return known["self.W_q"] @ known["X"] + known["self.b_q"]


@by_hand("weight-on-left", problem="torch, square", step="Q")
def with_the_weight_in_front_as_torch_writes_it(known: Known) -> Matrix:
    """W_q X with W_q as torch writes it, transposed: one row per output."""
    return known["W_q"].T @ known["X"]


@by_hand("weight-on-right", problem="columns, square", step="V")
def with_the_weight_behind_columns(known: Known) -> Matrix:
    """X W_v of X and W_v as the layout columns writes them; the product is in columns too."""
    X, W_v = known["X"].T, known["W_v"].T
    return (X @ W_v).T


@by_hand("v-uses-wk", problem="wide", step="V")
def values_by_the_weight_of_keys(known: Known) -> Matrix:
    """X W_k."""
    return known["X"] @ known["W_k"]


@by_hand("v-uses-wk", problem="biases", step="V")
def values_by_the_weight_and_bias_of_keys(known: Known) -> Matrix:
    """X W_k + b_k."""
    return known["X"] @ known["W_k"] + known["b_k"]


@by_hand("v-uses-wk", problem="memory", step="V")
def values_of_memory_by_the_weight_of_keys(known: Known) -> Matrix:
    """Memory times W_k."""
    return known["memory"] @ known["W_k"]


@by_hand("k-uses-wq", problem="wide", step="K")
def keys_by_the_weight_of_queries(known: Known) -> Matrix:
    """X W_q."""
    return known["X"] @ known["W_q"]


@by_hand("k-uses-wq", problem="biases", step="K")
def keys_by_the_weight_and_bias_of_queries(known: Known) -> Matrix:
    """X W_q + b_q."""
    return known["X"] @ known["W_q"] + known["b_q"]


@by_hand("k-uses-wq", problem="memory", step="K")
def keys_of_memory_by_the_weight_of_queries(known: Known) -> Matrix:
    """Memory times W_q."""
    return known["memory"] @ known["W_q"]


@by_hand("q-uses-wk", problem="wide", step="Q")
@by_hand("q-uses-wk", problem="memory", step="Q")
def queries_by_the_weight_of_keys(known: Known) -> Matrix:
    """X W_k."""
    return known["X"] @ known["W_k"]


@by_hand("q-uses-wk", problem="biases", step="Q")
def queries_by_the_weight_and_bias_of_keys(known: Known) -> Matrix:
    """X W_k + b_k."""
    return known["X"] @ known["W_k"] + known["b_k"]


@by_hand("k-uses-wv", problem="biases", step="K")
def keys_by_the_weight_and_bias_of_values(known: Known) -> Matrix:
    """X W_v + b_v."""
    return known["X"] @ known["W_v"] + known["b_v"]


@by_hand("k-uses-wv", problem="memory", step="K")
def keys_of_memory_by_the_weight_of_values(known: Known) -> Matrix:
    """Memory times W_v."""
    return known["memory"] @ known["W_v"]


@by_hand("q-uses-wv", problem="memory", step="Q")
def queries_by_the_weight_of_values(known: Known) -> Matrix:
    """X W_v."""
    return known["X"] @ known["W_v"]


@by_hand("v-uses-wq", problem="biases", step="V")
def values_by_the_weight_and_bias_of_queries(known: Known) -> Matrix:
    """X W_q + b_q."""
    return known["X"] @ known["W_q"] + known["b_q"]


@by_hand("q-unprojected", problem="wide", step="Q")
@by_hand("q-unprojected", problem="memory", step="Q")
@by_hand("k-unprojected", problem="wide", step="K")
@by_hand("v-unprojected", problem="wide", step="V")
def unprojected(known: Known) -> Matrix:
    """X."""
    return known["X"]


@by_hand("k-unprojected", problem="memory", step="K")
@by_hand("v-unprojected", problem="memory", step="V")
@by_hand("k-unprojected", problem="sinusoidal, memory", step="K")
@by_hand("v-unprojected", problem="sinusoidal, memory", step="V")
def unprojected_memory(known: Known) -> Matrix:
    """Memory, of which cross-attention makes keys and values."""
    return known["memory"]


@by_hand("cross-swapped", problem="memory", step="Q")
@by_hand("cross-swapped", problem="sinusoidal, memory", step="Q")
def queries_from_memory(known: Known) -> Matrix:
    """Memory times W_q."""
    return known["memory"] @ known["W_q"]


@by_hand("cross-swapped", problem="memory", step="K")
@by_hand("cross-is-self", problem="memory", step="K")
def keys_from_own_tokens(known: Known) -> Matrix:
    """X W_k."""
    return known["X"] @ known["W_k"]


@by_hand("cross-swapped", problem="memory", step="V")
@by_hand("cross-is-self", problem="memory", step="V")
def values_from_own_tokens(known: Known) -> Matrix:
    """X W_v."""
    return known["X"] @ known["W_v"]


@by_hand("cross-swapped", problem="sinusoidal, memory", step="K")
@by_hand("cross-is-self", problem="sinusoidal, memory", step="K")
def keys_from_own_tokens_with_positions(known: Known) -> Matrix:
    """The sum of X and its positions, times W_k."""
    return (known["X"] + known["position"]) @ known["W_k"]


@by_hand("cross-swapped", problem="decoder", step="cross.Q")
def queries_of_a_layer_from_memory(known: Known) -> Matrix:
    """Memory times W_q, plus b_q."""
    return known["memory"] @ known["cross.W_q"] + known["cross.b_q"]


@by_hand("cross-swapped", problem="decoder", step="cross.K")
@by_hand("cross-is-self", problem="decoder", step="cross.K")
def keys_of_a_layer_from_own_tokens(known: Known) -> Matrix:
    """The result of the decoder's first norm, which the queries are made of, times W_k."""
    return known["norm_1.output"] @ known["cross.W_k"]


# X and memory without weights, of three tokens each.


@by_hand("cross-swapped", problem="memory, bare", step="scores")
def scores_of_memory(known: Known) -> Matrix:
    """Memory times Xᵀ."""
    return known["memory"] @ known["X"].T


@by_hand("cross-is-self", problem="memory, bare", step="scores")
def scores_of_own_tokens(known: Known) -> Matrix:
    """X Xᵀ."""
    return known["X"] @ known["X"].T


@by_hand("cross-swapped", problem="memory, bare, general", step="scores")
def general_scores_of_memory(known: Known) -> Matrix:
    """Memory times W_a Xᵀ."""
    return known["memory"] @ known["W_a"] @ known["X"].T


@by_hand("cross-is-self", problem="memory, bare, general", step="scores")
def general_scores_of_own_tokens(known: Known) -> Matrix:
    """X W_a Xᵀ."""
    return known["X"] @ known["W_a"] @ known["X"].T


@by_hand("cross-swapped", problem="memory, bare, additive", step="hidden")
def hidden_numbers_of_memory(known: Known) -> Matrix:
    """tanh(q + k), with q from memory and k from X: 3 × 3 × 4."""
    return np.tanh(known["memory"][:, None, :] + known["X"][None, :, :])


@by_hand("cross-is-self", problem="memory, bare, additive", step="hidden")
def hidden_numbers_of_own_tokens(known: Known) -> Matrix:
    """tanh(q + k), with both from X."""
    return np.tanh(known["X"][:, None, :] + known["X"][None, :, :])


@by_hand("cross-swapped", problem="memory, bare", step="output")
@by_hand("cross-is-self", problem="memory, bare", step="output")
def mixture_of_own_tokens(known: Known) -> Matrix:
    """The weights times X."""
    return known["weights"] @ known["X"]


@by_hand("cross-swapped", problem="memory, bare, heads", step="Q_h")
def heads_of_memory(known: Known) -> Matrix:
    """Columns 1 and 2 of memory, and columns 3 and 4."""
    return np.stack([known["memory"][:, :2], known["memory"][:, 2:]])


@by_hand("cross-swapped", problem="memory, bare, heads", step="K_h")
@by_hand("cross-is-self", problem="memory, bare, heads", step="K_h")
def heads_of_own_tokens(known: Known) -> Matrix:
    """Columns 1 and 2 of X, and columns 3 and 4."""
    return np.stack([known["X"][:, :2], known["X"][:, 2:]])


# Other projections.


@by_hand("split-before-project", problem="heads", step="Q")
def both_halves_by_one_weight(known: Known) -> Matrix:
    """Columns 1 and 2 of X, then columns 3 and 4, each by the first 2 × 2 numbers of W_q."""
    X, small = known["X"], known["W_q"][:2, :2]
    return np.hstack([X[:, :2] @ small, X[:, 2:] @ small])


@by_hand("split-before-project", problem="encoder", step="self.Q")
def both_halves_by_one_weight_and_bias(known: Known) -> Matrix:
    """Both halves of the embeddings by the first 2 × 2 numbers of W_q, plus two of b_q."""
    X, small, bias = known["embedded"], known["self.W_q"][:2, :2], known["self.b_q"][:2]
    return np.hstack([X[:, :2] @ small + bias, X[:, 2:] @ small + bias])


@by_hand("split-before-project", problem="rope, heads", step="K")
def all_thirds_by_one_weight(known: Known) -> Matrix:
    """Two columns of X for each of three heads, by the first 2 × 4 numbers of W_k."""
    return np.hstack([known["X"][:, i : i + 2] @ known["W_k"][:2, :4] for i in (0, 2, 4)])


@by_hand("split-before-project", problem="batch and heads", step="V")
def both_halves_by_one_weight_in_a_batch(known: Known) -> Matrix:
    """The halves of each entry of a batch, by the first 2 × 2 numbers of W_v."""
    small = known["W_v"][:2, :2]
    return np.stack([np.hstack([X[:, :2] @ small, X[:, 2:] @ small]) for X in known["X"]])


@by_hand("split-before-project-own", problem="heads", step="Q")
def each_half_by_its_own_block(known: Known) -> Matrix:
    """Columns 1 and 2 of X by the upper left of W_q, columns 3 and 4 by the lower right."""
    X, W_q = known["X"], known["W_q"]
    return np.hstack([X[:, :2] @ W_q[:2, :2], X[:, 2:] @ W_q[2:, 2:]])


@by_hand("split-before-project-own", problem="encoder", step="self.Q")
def each_half_by_its_own_block_and_bias(known: Known) -> Matrix:
    """Both halves of the embeddings by their own blocks of W_q, plus b_q."""
    X, W_q = known["embedded"], known["self.W_q"]
    product = np.hstack([X[:, :2] @ W_q[:2, :2], X[:, 2:] @ W_q[2:, 2:]])
    return product + known["self.b_q"]


def packed(known: Known) -> Matrix:
    """Return X times W_q, W_k and W_v side by side."""
    return np.hstack([known["X"] @ known[name] for name in ("W_q", "W_k", "W_v")])


@by_hand("qkv-by-head", problem="heads", step="K")
def keys_of_each_head_in_turn(known: Known) -> Matrix:
    """Of twelve columns, in twos q k v q k v, the third and fourth and the ninth and tenth."""
    return packed(known)[:, [2, 3, 8, 9]]


def packed_with_biases(known: Known) -> Matrix:
    """Return the sixteen columns of all three projections, with their biases."""
    biases = [known[name] for name in ("b_q", "b_k", "b_v")]
    return packed(known) + np.concatenate(biases)


@by_hand("qkv-by-head", problem="packed, shared heads", step="Q")
def queries_of_each_group_in_turn(known: Known) -> Matrix:
    """Sixteen columns, in twos q q k v q q k v: the first four and the ninth to the twelfth."""
    return packed_with_biases(known)[:, [0, 1, 2, 3, 8, 9, 10, 11]]


@by_hand("qkv-by-head", problem="packed, shared heads", step="V")
def values_of_each_group_in_turn(known: Known) -> Matrix:
    """Sixteen columns, in twos q q k v q q k v: the seventh and eighth, and the last two."""
    return packed_with_biases(known)[:, [6, 7, 14, 15]]


@by_hand("qkv-keys-first", problem="packed, shared heads", step="K")
def keys_at_the_front(known: Known) -> Matrix:
    """The first four of sixteen columns."""
    return packed_with_biases(known)[:, :4]


@by_hand("qkv-keys-first", problem="packed, shared heads", step="Q")
def queries_at_the_end(known: Known) -> Matrix:
    """The last eight of sixteen columns."""
    return packed_with_biases(known)[:, 8:]


@by_hand("bias-missing", problem="biases", step="V")
def without_bias(known: Known) -> Matrix:
    """X W_v."""
    return known["X"] @ known["W_v"]


@by_hand("bias-missing", problem="heads", step="output")
def output_without_bias(known: Known) -> Matrix:
    """The heads side by side, times W_o."""
    return np.hstack([*known["heads"]]) @ known["W_o"]


@by_hand("bias-twice", problem="biases", step="V")
def with_two_biases(known: Known) -> Matrix:
    """X W_v + b_v + b_v."""
    return known["X"] @ known["W_v"] + known["b_v"] + known["b_v"]


@by_hand("bias-twice", problem="heads", step="output")
def output_with_two_biases(known: Known) -> Matrix:
    """The heads side by side, times W_o, plus b_o and b_o."""
    return known["concat"] @ known["W_o"] + known["b_o"] + known["b_o"]


@by_hand("relu-on-projection", problem="biases", step="Q")
def projected_without_negative_numbers(known: Known) -> Matrix:
    """X W_q + b_q, or 0 where that is negative."""
    return np.maximum(0, known["X"] @ known["W_q"] + known["b_q"])


@by_hand("relu-on-projection", problem="heads", step="output")
def output_without_negative_numbers(known: Known) -> Matrix:
    """The heads side by side, times W_o, plus b_o, or 0 where that is negative."""
    return np.maximum(0, known["concat"] @ known["W_o"] + known["b_o"])


# Caches.


@by_hand("cache-in-wrong-order", problem="cache", step="K_present")
def new_keys_first(known: Known) -> Matrix:
    """K above K_past."""
    return np.vstack([known["K"], known["K_past"]])


@by_hand("cache-in-wrong-order", problem="sinusoidal, cache", step="V_present")
def new_values_first_in_each_head(known: Known) -> Matrix:
    """V above V_past, in each of three heads."""
    pairs = zip(known["V_h"], known["V_past"], strict=True)
    return np.stack([np.vstack(pair) for pair in pairs])


@by_hand("cache-forgotten", problem="cache", step="K_present")
def new_keys_alone(known: Known) -> Matrix:
    """K."""
    return known["K"]


@by_hand("cache-forgotten", problem="cache", step="V_present")
def new_values_alone(known: Known) -> Matrix:
    """V."""
    return known["V"]


@by_hand("cache-forgotten", problem="cache", step="masked")
def causal_scores_of_new_keys(known: Known) -> Matrix:
    """Q Kᵀ / √3 of two tokens, the second hidden from the first."""
    (a, _), (c, d) = known["Q"] @ known["K"].T / np.sqrt(3.0)
    return np.array([[a, -np.inf], [c, d]])


@by_hand("cache-forgotten", problem="cache and window", step="masked")
def scores_of_new_keys_in_a_window(known: Known) -> Matrix:
    """Q Kᵀ / √3 of two tokens, which both see one token ahead."""
    return known["Q"] @ known["K"].T / np.sqrt(3.0)


@by_hand("cache-forgotten", problem="alibi, cache", step="masked")
def scores_of_new_keys_by_distance(known: Known) -> Matrix:
    """Q Kᵀ / √4, less the distance times the slope of a single head, 2⁻⁸."""
    token = np.arange(3)
    distance = abs(token[:, None] - token)
    return known["Q"] @ known["K"].T / 2.0 - distance / 256.0


# Heads apart and together.


@by_hand("split-by-reshape", problem="three heads", step="Q_h")
def heads_of_some_tokens(known: Known) -> Matrix:
    """The 30 numbers of Q row by row: ten for each head, two of them for each token."""
    return known["Q"].reshape(3, 5, 2)


@by_hand("split-by-reshape", problem="batch and heads", step="V_h")
def heads_of_some_tokens_in_a_batch(known: Known) -> Matrix:
    """Six of the twelve numbers of each batch entry for each head, row by row."""
    return np.stack([entry.reshape(2, 3, 2) for entry in known["V"]])


@by_hand("heads-interleaved", problem="three heads", step="K_h")
def heads_of_every_third_column(known: Known) -> Matrix:
    """Columns 1 and 4 for head 1, 2 and 5 for head 2, 3 and 6 for head 3."""
    return np.stack([known["K"][:, [0, 3]], known["K"][:, [1, 4]], known["K"][:, [2, 5]]])


@by_hand("heads-interleaved", problem="batch and heads", step="Q_h")
def heads_of_every_second_column(known: Known) -> Matrix:
    """Columns 1 and 3 for head 1, 2 and 4 for head 2, in each entry of the batch."""
    return np.stack([known["Q"][..., [0, 2]], known["Q"][..., [1, 3]]], axis=1)


@by_hand("merge-by-reshape", problem="shared heads", step="output")
def rows_of_several_tokens(known: Known) -> Matrix:
    """The 36 numbers of the heads one after the other: twelve for each token."""
    return known["heads"].reshape(3, 12)


@by_hand("merge-by-reshape", problem="batch and heads", step="concat")
def rows_of_several_tokens_in_a_batch(known: Known) -> Matrix:
    """Four of the twelve numbers of each batch entry for each token, head after head."""
    return np.stack([entry.reshape(3, 4) for entry in known["heads"]])


@by_hand("merge-batch-head-swap", problem="batch and heads", step="concat")
def heads_of_other_entries(known: Known) -> Matrix:
    """Head 1 of the three entries, then head 2, dealt out two to each entry."""
    in_turn = [known["heads"][entry, head] for head in range(2) for entry in range(3)]
    return np.stack([np.hstack(in_turn[:2]), np.hstack(in_turn[2:4]), np.hstack(in_turn[4:])])


@by_hand("merge-interleaved", problem="shared heads", step="output")
def columns_in_turn(known: Known) -> Matrix:
    """The first column of each of four heads, then the second, then the third."""
    columns = [head[:, column] for column in range(3) for head in known["heads"]]
    return np.stack(columns, axis=-1)


@by_hand("merge-interleaved", problem="batch and heads", step="concat")
def columns_in_turn_in_a_batch(known: Known) -> Matrix:
    """The first column of both heads, then the second, in each entry of the batch."""
    first, second = known["heads"][:, 0], known["heads"][:, 1]
    columns = (first[..., 0], second[..., 0], first[..., 1], second[..., 1])
    return np.stack(columns, axis=-1)


@by_hand("heads-reversed-order", problem="three heads", step="concat")
def last_head_first(known: Known) -> Matrix:
    """Head 3, head 2 and head 1 side by side."""
    first, second, third = known["heads"]
    return np.hstack([third, second, first])


@by_hand("heads-summed", problem="three heads", step="concat")
def sum_of_heads(known: Known) -> Matrix:
    """Head 1 + head 2 + head 3."""
    first, second, third = known["heads"]
    return first + second + third


@by_hand("heads-summed", problem="batch and heads", step="concat")
def sum_of_heads_in_a_batch(known: Known) -> Matrix:
    """Head 1 + head 2 in each entry of the batch."""
    return known["heads"][:, 0] + known["heads"][:, 1]


@by_hand("heads-averaged", problem="three heads", step="concat")
def mean_of_heads(known: Known) -> Matrix:
    """A third of head 1 + head 2 + head 3."""
    first, second, third = known["heads"]
    return (first + second + third) / 3.0


@by_hand("no-wo", problem="three heads", step="output")
def output_without_its_weight(known: Known) -> Matrix:
    """The heads side by side."""
    return np.hstack([*known["heads"]])


# The weighted sum.


@by_hand("values-first", problem="additive", step="output")
@by_hand("values-first", problem="columns, square", step="output")
def values_in_front(known: Known) -> Matrix:
    """V times the weights; in the layout columns weightsᵀ Vᵀ, which is its transpose."""
    return known["V"] @ known["weights"]


@by_hand("weights-transposed", problem="wide", step="output")
def weights_of_the_other_side(known: Known) -> Matrix:
    """The transposed weights times V."""
    return known["weights"].T @ known["V"]


@by_hand("weights-transposed", problem="three heads", step="heads")
def weights_of_the_other_side_in_each_head(known: Known) -> Matrix:
    """The transposed weights of each head times the head's V."""
    pairs = zip(known["weights"], known["V_h"], strict=True)
    return np.stack([weights.T @ V for weights, V in pairs])


@by_hand("context-from-projected-keys", problem="wide", step="output")
@by_hand("context-from-projected-keys", problem="cosine", step="output")
@by_hand("context-from-projected-keys", problem="general", step="output")
@by_hand("context-from-keys", problem="additive", step="output")
@by_hand("context-from-keys", problem="concat", step="output")
def mixture_of_keys(known: Known) -> Matrix:
    """The weights times K."""
    return known["weights"] @ known["K"]


@by_hand("context-from-projected-keys", problem="additive", step="output")
def mixture_of_hidden_keys(known: Known) -> Matrix:
    """The weights times K U_a, the keys in additive scores."""
    return known["weights"] @ (known["K"] @ known["U_a"])


@by_hand("context-from-projected-keys", problem="rope", step="output")
def mixture_of_rotated_keys(known: Known) -> Matrix:
    """The weights times the rotated keys, whose products with the queries are the scores."""
    return known["weights"] @ known["K_rotated"]


@by_hand("context-from-projected-keys", problem="cache", step="output")
def mixture_of_keys_of_a_cache(known: Known) -> Matrix:
    """The weights times the keys of the cache and the new ones."""
    return known["weights"] @ np.vstack([known["K_past"], known["K"]])


@by_hand("context-from-projected-keys", problem="three heads", step="heads")
def mixture_of_keys_in_each_head(known: Known) -> Matrix:
    """The weights of each head times the head's two columns of K."""
    columns = np.split(known["K"], 3, axis=1)
    pairs = zip(known["weights"], columns, strict=True)
    return np.stack([weights @ K for weights, K in pairs])


@by_hand("context-from-inputs", problem="wide", step="output")
def mixture_of_tokens(known: Known) -> Matrix:
    """The weights times X."""
    return known["weights"] @ known["X"]


@by_hand("context-from-inputs", problem="sinusoidal", step="output")
def mixture_of_tokens_with_positions(known: Known) -> Matrix:
    """The weights times X + positions, the input of the projections."""
    return known["weights"] @ (known["X"] + known["position"])


@by_hand("context-from-inputs", problem="memory", step="output")
@by_hand("context-from-inputs", problem="sinusoidal, memory", step="output")
def mixture_of_memory(known: Known) -> Matrix:
    """The weights times memory."""
    return known["weights"] @ known["memory"]


@by_hand("context-from-inputs", problem="batch, weights of each head", step="heads")
def mixture_of_whole_tokens_in_each_head(known: Known) -> Matrix:
    """The weights of both heads times the whole X, because each head has its own W_v."""
    sequences = zip(known["weights"], known["X"], strict=True)
    return np.stack([np.stack([first @ X, second @ X]) for (first, second), X in sequences])


@by_hand("context-from-inputs", problem="heads", step="heads")
def mixture_of_halves_of_tokens(known: Known) -> Matrix:
    """The weights of head 1 times columns 1 and 2 of X, and of head 2 times columns 3 and 4."""
    first, second = known["weights"]
    return np.stack([first @ known["X"][:, :2], second @ known["X"][:, 2:]])


@by_hand("context-from-whole-inputs", problem="heads", step="heads")
def mixture_of_tokens_in_each_head(known: Known) -> Matrix:
    """The weights of both heads times the whole X."""
    return np.stack([weights @ known["X"] for weights in known["weights"]])


@by_hand("values-unweighted", problem="wide", step="output")
def values_as_they_are(known: Known) -> Matrix:
    """V."""
    return known["V"]


@by_hand("values-unweighted", problem="three heads", step="heads")
def values_of_each_head_as_they_are(known: Known) -> Matrix:
    """The two columns of V of each head."""
    return np.stack(np.split(known["V"], 3, axis=1))


@by_hand("last-value", problem="causal", step="output")
def value_of_the_query_itself(known: Known) -> Matrix:
    """V: the last key that a query sees is its own."""
    return known["V"]


@by_hand("last-value", problem="padding", step="output")
def third_value_five_times(known: Known) -> Matrix:
    """The value of the third of five keys, the last that is real."""
    return known["V"][[2, 2, 2, 2, 2]]


@by_hand("last-value", problem="shared heads", step="heads")
def last_value_of_each_kv_head(known: Known) -> Matrix:
    """The value of the fourth key: of kv head 1 in query heads 1 and 2, of 2 in 3 and 4."""
    first, second = (V[[3, 3, 3]] for V in known["V_h"])
    return np.stack([first, first, second, second])


@by_hand("weights-of-first-head", problem="three heads", step="weights")
def first_weights_three_times(known: Known) -> Matrix:
    """Softmax of the scores of head 1, for all three heads."""
    weights = softmax(known["Q"][:, :2] @ known["K"][:, :2].T / np.sqrt(2.0))
    return np.stack([weights, weights, weights])


# One matrix of weights for all features.


@by_hand("heads-not-split", problem="three heads", step="scores")
@by_hand("heads-not-split", problem="torch", step="scores")
def scores_of_all_features(known: Known) -> Matrix:
    """Q Kᵀ."""
    return known["Q"] @ known["K"].T


@by_hand("heads-not-split", problem="batch and heads, unmasked", step="scores")
def scores_of_all_features_in_a_batch(known: Known) -> Matrix:
    """Q Kᵀ of each batch entry."""
    return np.stack([Q @ K.T for Q, K in zip(known["Q"], known["K"], strict=True)])


@by_hand("heads-not-split", problem="torch", step="average")
def weights_of_all_features(known: Known) -> Matrix:
    """softmax(Q Kᵀ / √2): scaled by the width of one of two heads."""
    return softmax(known["Q"] @ known["K"].T / np.sqrt(2.0))


@by_hand("heads-not-split", problem="three heads", step="heads")
def heads_of_the_same_weights(known: Known) -> Matrix:
    """softmax(Q Kᵀ / √2) V, cut into three heads of two columns."""
    weights = softmax(known["Q"] @ known["K"].T / np.sqrt(2.0))
    return np.stack(np.split(weights @ known["V"], 3, axis=1))


@by_hand("heads-not-split-root", problem="three heads", step="scaled")
def scores_over_the_whole_root(known: Known) -> Matrix:
    """Q Kᵀ / √6."""
    return known["Q"] @ known["K"].T / np.sqrt(6.0)


@by_hand("heads-not-split-root", problem="torch", step="average")
def weights_over_the_whole_root(known: Known) -> Matrix:
    """softmax(Q Kᵀ / √4)."""
    return softmax(known["Q"] @ known["K"].T / 2.0)


@by_hand("heads-not-split-root", problem="alibi, causal", step="heads")
def heads_of_the_same_scores(known: Known) -> Matrix:
    """Q Kᵀ / √12 for all three heads, each with its own ALiBi and the causal mask."""
    scores = known["Q"] @ known["K"].T / np.sqrt(12.0) + known["position"]
    weights = softmax(np.where(np.tri(4) == 1, scores, -np.inf))
    return np.stack([w @ V for w, V in zip(weights, known["V_h"], strict=True)])


@by_hand("heads-not-split-root", problem="batch and heads, unmasked", step="heads")
def heads_of_the_same_weights_in_a_batch(known: Known) -> Matrix:
    """softmax(Q Kᵀ / √4) V of both entries, cut into two heads."""
    found = []
    for Q, K, V in zip(known["Q"], known["K"], known["V"], strict=True):
        found.append(np.split(softmax(Q @ K.T / 2.0) @ V, 2, axis=1))
    return np.array(found)


@by_hand("batch-as-sequence", problem="batch and heads, unmasked", step="heads")
def attention_between_entries_in_each_head(known: Known) -> Matrix:
    """softmax(Q Kᵀ / √2) V between the two entries, for each of three tokens and both heads."""
    found = np.empty((2, 2, 3, 2))
    for token in range(3):
        for head in range(2):
            columns = slice(2 * head, 2 * head + 2)
            Q, K, V = (known[name][:, token, columns] for name in "QKV")
            found[:, head, token] = softmax(Q @ K.T / np.sqrt(2.0)) @ V
    return found


@by_hand("batch-as-sequence", problem="batch of three", step="scores")
def scores_between_entries(known: Known) -> Matrix:
    """Q Kᵀ between the three entries, for each of five tokens."""
    Q, K = known["Q"], known["K"]
    return np.stack([Q[:, token] @ K[:, token].T for token in range(5)])


@by_hand("batch-as-sequence", problem="batch of three", step="output")
def attention_between_entries(known: Known) -> Matrix:
    """softmax(Q Kᵀ / √4) V between the three entries, for each of five tokens."""
    Q, K, V = known["Q"], known["K"], known["V"]
    tokens = [softmax(Q[:, i] @ K[:, i].T / 2.0) @ V[:, i] for i in range(5)]
    return np.stack(tokens, axis=1)


# Shared heads: four query heads share two key heads.


@by_hand("gqa-tiled", problem="shared heads", step="scores")
def scores_in_turn(known: Known) -> Matrix:
    """Scores with the keys of heads 1, 2, 1 and 2."""
    first, second = known["K_h"]
    keys = (first, second, first, second)
    return np.stack([Q @ K.T for Q, K in zip(known["Q_h"], keys, strict=True)])


@by_hand("gqa-tiled", problem="shared heads", step="heads")
def heads_in_turn(known: Known) -> Matrix:
    """The weighted sums of the values of heads 1, 2, 1 and 2."""
    first, second = known["V_h"]
    values = (first, second, first, second)
    return np.stack([weights @ V for weights, V in zip(known["weights"], values, strict=True)])


@by_hand("gqa-wrong-axis", problem="shared heads", step="scores")
def scores_of_repeated_tokens(known: Known) -> Matrix:
    """Keys of tokens 1, 1, 2, 2 and 3, 3, 4, 4 of key head 1, then the same of key head 2."""
    first, second = known["K_h"]
    keys = (first[[0, 0, 1, 1]], first[[2, 2, 3, 3]], second[[0, 0, 1, 1]], second[[2, 2, 3, 3]])
    return np.stack([Q @ K.T for Q, K in zip(known["Q_h"], keys, strict=True)])


@by_hand("gqa-wrong-axis", problem="shared heads", step="heads")
def heads_of_repeated_tokens(known: Known) -> Matrix:
    """Values of tokens 1, 1, 2, 2 and 3, 3, 4, 4 of key head 1, then the same of key head 2."""
    first, second = known["V_h"]
    values = (first[[0, 0, 1, 1]], first[[2, 2, 3, 3]], second[[0, 0, 1, 1]], second[[2, 2, 3, 3]])
    return np.stack([weights @ V for weights, V in zip(known["weights"], values, strict=True)])


@by_hand("gqa-first-head", problem="shared heads", step="scores")
def scores_of_the_first_keys(known: Known) -> Matrix:
    """Scores of all query heads with the keys of head 1."""
    return np.stack([Q @ known["K_h"][0].T for Q in known["Q_h"]])


@by_hand("gqa-first-head", problem="shared heads", step="heads")
def heads_of_the_first_values(known: Known) -> Matrix:
    """The weights of all query heads times the values of head 1."""
    return np.stack([weights @ known["V_h"][0] for weights in known["weights"]])


def general_scores(known: Known, keys: Sequence[Matrix]) -> Matrix:
    """Return Q W_a Kᵀ of four heads."""
    return np.stack([Q @ known["W_a"] @ K.T for Q, K in zip(known["Q_h"], keys, strict=True)])


@by_hand("gqa-tiled", problem="general, shared heads", step="scores")
def general_scores_in_turn(known: Known) -> Matrix:
    """Scores with the keys of heads 1, 2, 1 and 2."""
    first, second = known["K_h"]
    return general_scores(known, (first, second, first, second))


@by_hand("gqa-wrong-axis", problem="general, shared heads", step="scores")
def general_scores_of_repeated_tokens(known: Known) -> Matrix:
    """Keys of tokens 1, 1, 2, 2 and 3, 3, 4, 4 of key head 1, then the same of key head 2."""
    keys = [head[tokens] for head in known["K_h"] for tokens in ([0, 0, 1, 1], [2, 2, 3, 3])]
    return general_scores(known, keys)


@by_hand("gqa-first-head", problem="general, shared heads", step="scores")
def general_scores_of_the_first_keys(known: Known) -> Matrix:
    """Scores of all query heads with the keys of head 1."""
    return general_scores(known, [known["K_h"][0]] * 4)


@by_hand("gqa-reversed", problem="shared heads", step="scores")
def scores_of_the_other_group(known: Known) -> Matrix:
    """Scores with the keys of heads 2, 2, 1 and 1."""
    first, second = known["K_h"]
    keys = (second, second, first, first)
    return np.stack([Q @ K.T for Q, K in zip(known["Q_h"], keys, strict=True)])


@by_hand("gqa-reversed", problem="general, shared heads", step="scores")
def general_scores_of_the_other_group(known: Known) -> Matrix:
    """Q W_a Kᵀ with the keys of heads 2, 2, 1 and 1."""
    first, second = known["K_h"]
    return general_scores(known, (second, second, first, first))


@by_hand("gqa-reversed", problem="shared heads", step="heads")
def heads_of_the_other_group(known: Known) -> Matrix:
    """The weighted sums of the values of heads 2, 2, 1 and 1."""
    first, second = known["V_h"]
    values = (second, second, first, first)
    return np.stack([weights @ V for weights, V in zip(known["weights"], values, strict=True)])


@by_hand("average-summed", problem="torch", step="average")
def sum_of_the_weights(known: Known) -> Matrix:
    """The weights of head 1 plus the weights of head 2."""
    first, second = known["weights"]
    return first + second
