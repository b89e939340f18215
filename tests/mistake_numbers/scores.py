"""Mistakes in scores, in numbers that do not come from the catalogue."""

from __future__ import annotations

import numpy as np

from tests.mistake_numbers.registry import Known, Matrix, by_hand

# Dot products


@by_hand("no-transpose", problem="self", step="scores")
def keys_as_they_are(known: Known) -> Matrix:
    """Q K."""
    return known["Q"] @ known["K"]


@by_hand("no-transpose", problem="columns, square", step="scores")
def keys_in_columns_as_they_are(known: Known) -> Matrix:
    """K Q of tokens in columns, so that each query has a column of scores."""
    return (known["K"].T @ known["Q"].T).T


@by_hand("wrong-order", problem="self", step="scores")
def keys_first(known: Known) -> Matrix:
    """K Qᵀ."""
    return known["K"] @ known["Q"].T


@by_hand("wrong-order", problem="memory", step="scores")
def keys_first_of_another_number(known: Known) -> Matrix:
    """K Qᵀ of five keys and three queries."""
    return known["K"] @ known["Q"].T


@by_hand("no-transpose-wrong-order", problem="self", step="scores")
def keys_first_not_transposed(known: Known) -> Matrix:
    """K Q."""
    return known["K"] @ known["Q"]


@by_hand("all-axes-transpose", problem="cube", step="scores")
def all_axes_reversed(known: Known) -> Matrix:
    """In entry b, row i is row i of Q[b], and column j is K[j, :, b]."""
    return np.einsum("bid,jdb->bij", known["Q"], known["K"])


@by_hand("elementwise-product", problem="self", step="scores")
def cell_by_cell(known: Known) -> Matrix:
    """Q * K."""
    return known["Q"] * known["K"]


@by_hand("elementwise-transposed", problem="self", step="scores")
def cell_by_transposed_cell(known: Known) -> Matrix:
    """Q * Kᵀ."""
    return known["Q"] * known["K"].T


@by_hand("cosine-instead-of-dot", problem="self", step="scores")
def cosines(known: Known) -> Matrix:
    """q · k / (|q| |k|)."""
    lengths = np.outer(lengths_of(known["Q"]), lengths_of(known["K"]))
    return known["Q"] @ known["K"].T / lengths


def lengths_of(x: Matrix) -> Matrix:
    """Return the length of each row."""
    return np.sqrt((x * x).sum(1))


# General scores: W_a between query and key


@by_hand("no-transpose", problem="general, square", step="scores")
def weighed_keys_as_they_are(known: Known) -> Matrix:
    """Q W_a K, for keys that are square."""
    return known["Q"] @ known["W_a"] @ known["K"]


@by_hand("luong-w-side", problem="general", step="scores")
def weights_on_the_wrong_side(known: Known) -> Matrix:
    """Q W_aᵀ Kᵀ."""
    return known["Q"] @ known["W_a"].T @ known["K"].T


@by_hand("general-no-w", problem="general", step="scores")
def no_weights_between(known: Known) -> Matrix:
    """Q Kᵀ."""
    return known["Q"] @ known["K"].T


# Additive scores


def sums_of(known: Known) -> Matrix:
    """Return W_a q + U_a k of every query and key: 3 × 4 × 5."""
    queries, keys = known["Q"] @ known["W_a"], known["K"] @ known["U_a"]
    return queries[:, None, :] + keys[None, :, :]


@by_hand("additive-no-v", problem="additive", step="scores")
def added_without_v(known: Known) -> Matrix:
    """The sum of the hidden units."""
    return np.tanh(sums_of(known)).sum(-1)


@by_hand("additive-relu", problem="additive", step="hidden")
def relu_for_tanh(known: Known) -> Matrix:
    """max(0, W_a q + U_a k)."""
    return np.maximum(sums_of(known), 0)


@by_hand("additive-no-tanh", problem="additive", step="hidden")
def no_tanh(known: Known) -> Matrix:
    """W_a q + U_a k."""
    return sums_of(known)


@by_hand("additive-tanh-each", problem="additive", step="hidden")
def tanh_of_each(known: Known) -> Matrix:
    """tanh(W_a q) + tanh(U_a k)."""
    queries, keys = known["Q"] @ known["W_a"], known["K"] @ known["U_a"]
    return np.tanh(queries)[:, None, :] + np.tanh(keys)[None, :, :]


@by_hand("additive-product", problem="additive", step="hidden")
def product_for_sum(known: Known) -> Matrix:
    """tanh(W_a q * U_a k)."""
    queries, keys = known["Q"] @ known["W_a"], known["K"] @ known["U_a"]
    return np.tanh(queries[:, None, :] * keys[None, :, :])


@by_hand("additive-extra-bias", problem="additive, projected", step="hidden")
def bias_once_more(known: Known) -> Matrix:
    """tanh(q + k + b_q): there is no W_a, and the queries contain b_q already."""
    queries = known["X"] @ known["W_q"] + known["b_q"]
    keys = known["X"] @ known["W_k"]
    return np.tanh(queries[:, None, :] + keys[None, :, :] + known["b_q"])


@by_hand("additive-swapped-weights", problem="additive", step="q_hidden")
def queries_by_the_weight_of_keys(known: Known) -> Matrix:
    """U_a q."""
    return known["Q"] @ known["U_a"]


@by_hand("additive-swapped-weights", problem="additive", step="k_hidden")
def keys_by_the_weight_of_queries(known: Known) -> Matrix:
    """W_a k."""
    return known["K"] @ known["W_a"]


@by_hand("concat-keys-first", problem="concat", step="q_hidden")
def queries_by_the_lower_rows(known: Known) -> Matrix:
    """The queries times the last two of the four rows of W_a."""
    return known["Q"] @ known["W_a"][2:]


@by_hand("concat-keys-first", problem="concat, wider keys", step="q_hidden")
def queries_below_wider_keys(known: Known) -> Matrix:
    """The queries times the last two of the five rows of W_a, after three rows for the keys."""
    return known["Q"] @ known["W_a"][3:]


@by_hand("concat-keys-first", problem="concat, wider keys", step="k_hidden")
def wider_keys_above_queries(known: Known) -> Matrix:
    """The keys times the first three of the five rows of W_a."""
    return known["K"] @ known["W_a"][:3]


@by_hand("concat-keys-first", problem="concat", step="k_hidden")
def keys_by_the_upper_rows(known: Known) -> Matrix:
    """The keys times the first two of the four rows of W_a."""
    return known["K"] @ known["W_a"][:2]


# Cosines


@by_hand("cosine-no-norms", problem="cosine", step="scores")
def no_lengths(known: Known) -> Matrix:
    """q · k."""
    return known["Q"] @ known["K"].T


@by_hand("cosine-one-norm", problem="cosine", step="scores")
def over_the_length_of_the_query(known: Known) -> Matrix:
    """q · k / ‖q‖."""
    return known["Q"] @ known["K"].T / lengths_of(known["Q"])[:, None]


@by_hand("cosine-key-norm", problem="cosine", step="scores")
def over_the_length_of_the_key(known: Known) -> Matrix:
    """q · k / ‖k‖."""
    return known["Q"] @ known["K"].T / lengths_of(known["K"])


@by_hand("cosine-distance", problem="cosine", step="scores")
def one_minus_cosine(known: Known) -> Matrix:
    """1 − q · k / (‖q‖ ‖k‖)."""
    lengths = np.outer(lengths_of(known["Q"]), lengths_of(known["K"]))
    return 1 - known["Q"] @ known["K"].T / lengths


@by_hand("cosine-squared-norms", problem="cosine", step="scores")
def over_the_squares_of_the_lengths(known: Known) -> Matrix:
    """q · k / (‖q‖² ‖k‖²)."""
    squares = np.outer((known["Q"] ** 2).sum(1), (known["K"] ** 2).sum(1))
    return known["Q"] @ known["K"].T / squares


@by_hand("cosine-over-tokens", problem="cosine", step="scores")
def features_of_length_1(known: Known) -> Matrix:
    """The product of Q and K, with each column scaled to length 1."""
    return (known["Q"] / lengths_of(known["Q"].T)) @ (known["K"] / lengths_of(known["K"].T)).T


# Distances


def differences_of(known: Known) -> Matrix:
    """Return q − k of every query and key: 4 × 3 × 2."""
    return known["Q"][:, None, :] - known["K"][None, :, :]


@by_hand("distance-no-minus", problem="distance", step="scores")
def distances_not_negative(known: Known) -> Matrix:
    """½ ‖q − k‖²."""
    return 0.5 * (differences_of(known) ** 2).sum(-1)


@by_hand("distance-no-half", problem="distance", step="scores")
def distances_not_halved(known: Known) -> Matrix:
    """−‖q − k‖²."""
    return -(differences_of(known) ** 2).sum(-1)


@by_hand("distance-not-squared", problem="distance", step="scores")
def half_the_distances(known: Known) -> Matrix:
    """−½ ‖q − k‖."""
    return -0.5 * np.sqrt((differences_of(known) ** 2).sum(-1))


@by_hand("distance-itself", problem="distance", step="scores")
def distances_themselves(known: Known) -> Matrix:
    """−‖q − k‖."""
    return -np.sqrt((differences_of(known) ** 2).sum(-1))


@by_hand("distance-kernel", problem="distance", step="scores")
def exponentials_of_distances(known: Known) -> Matrix:
    """exp(−½ ‖q − k‖²)."""
    return np.exp(-0.5 * (differences_of(known) ** 2).sum(-1))


@by_hand("distance-manhattan", problem="distance", step="scores")
def differences_added_up(known: Known) -> Matrix:
    """−Σ |q − k|."""
    return -np.abs(differences_of(known)).sum(-1)


# The scale


def products(known: Known) -> Matrix:
    """Return Q Kᵀ of a problem without heads."""
    return known["Q"] @ known["K"].T


@by_hand("no-scale", problem="self", step="scaled")
@by_hand("no-scale", problem="scale", step="scaled")
def not_scaled(known: Known) -> Matrix:
    """Scores as they are, instead of divided by √3 or multiplied by 0.3."""
    return products(known)


@by_hand("divide-by-dk", problem="self", step="scaled")
def over_the_width(known: Known) -> Matrix:
    """scores / d_k, with d_k = 3."""
    return products(known) / 3


@by_hand("sqrt-dmodel", problem="self", step="scaled")
def over_the_root_of_the_width_of_x(known: Known) -> Matrix:
    """scores / √d_model, with d_model = 4."""
    return products(known) / 2


def products_of_three_heads(known: Known, width: int) -> Matrix:
    """Return the scores of three heads with this width of queries and keys."""
    Q, K = known["X"] @ known["W_q"], known["X"] @ known["W_k"]
    parts = [slice(head * width, (head + 1) * width) for head in range(3)]
    return np.stack([Q[:, part] @ K[:, part].T for part in parts])


@by_hand("sqrt-all-heads", problem="three heads", step="scaled")
def over_the_root_of_all_heads(known: Known) -> Matrix:
    """scores / √(h · d_k), with h = 3 and d_k = 2."""
    return products_of_three_heads(known, 2) / np.sqrt(6)


@by_hand("sqrt-heads", problem="three heads", step="scaled")
def over_the_root_of_the_number_of_heads(known: Known) -> Matrix:
    """scores / √h, with h = 3."""
    return products_of_three_heads(known, 2) / np.sqrt(3)


@by_hand("sqrt-dmodel", problem="shared heads", step="scaled")
def over_the_root_of_the_width_of_q(known: Known) -> Matrix:
    """scores / √8, because there is no X, and Q has eight columns for all its heads."""
    return products_of_shared_heads(known) / np.sqrt(8)


@by_hand("sqrt-dv", problem="wide", step="scaled")
def over_the_root_of_the_width_of_values(known: Known) -> Matrix:
    """scores / √d_v, with d_v = 2."""
    return products(known) / np.sqrt(2)


@by_hand("sqrt-dv", problem="shared heads", step="scaled")
def over_the_root_of_the_width_of_one_head_of_values(known: Known) -> Matrix:
    """scores / √d_v, with d_v = 3: V has six columns, for two heads."""
    return products_of_shared_heads(known) / np.sqrt(3)


def products_of_shared_heads(known: Known) -> Matrix:
    """Return the scores of four query heads, of which every two share a key head."""
    Q, K = known["Q"], known["K"]
    pairs = [(0, 0), (2, 0), (4, 2), (6, 2)]  # first columns of each head's q and k
    return np.stack([Q[:, q : q + 2] @ K[:, k : k + 2].T for q, k in pairs])


@by_hand("sqrt-n", problem="wide", step="scaled")
@by_hand("sqrt-n", problem="memory", step="scaled")
def over_the_root_of_the_number_of_keys(known: Known) -> Matrix:
    """scores / √5, because there are five keys."""
    return products(known) / np.sqrt(5)


@by_hand("scale-inverted", problem="self", step="scaled")
def times_the_root(known: Known) -> Matrix:
    """scores × √d_k, with d_k = 3."""
    return products(known) * np.sqrt(3)


@by_hand("scale-inverted", problem="scale", step="scaled")
def over_the_scale(known: Known) -> Matrix:
    """scores / 0.3."""
    return products(known) / 0.3


@by_hand("scale-twice", problem="scale", step="scaled")
def scaled_twice(known: Known) -> Matrix:
    """scores × 0.3 × 0.3."""
    return products(known) * 0.09


@by_hand("scale-unasked", problem="self", step="scores")
def scaled_already(known: Known) -> Matrix:
    """Q Kᵀ / √3."""
    return products(known) / np.sqrt(3)


@by_hand("scale-unasked", problem="general", step="scores")
def general_scaled(known: Known) -> Matrix:
    """Q W_a Kᵀ / √2."""
    return known["Q"] @ known["W_a"] @ known["K"].T / np.sqrt(2)


@by_hand("scale-unasked", problem="additive", step="scores")
def additive_scaled(known: Known) -> Matrix:
    """v_aᵀ tanh(W_a q + U_a k) / √5, the root of the hidden width."""
    return np.tanh(sums_of(known)) @ known["v_a"] / np.sqrt(5)


@by_hand("scale-unasked", problem="additive, projected", step="scores")
def sums_of_hidden_units_scaled(known: Known) -> Matrix:
    """Σ tanh(q + k) / √3, because there is no v_a."""
    return np.tanh(known["Q"][:, None, :] + known["K"][None, :, :]).sum(-1) / np.sqrt(3)


@by_hand("scale-unasked", problem="cosine", step="scores")
def cosines_scaled(known: Known) -> Matrix:
    """Cosines over √5."""
    lengths = np.outer(lengths_of(known["Q"]), lengths_of(known["K"]))
    return products(known) / lengths / np.sqrt(5)


@by_hand("scale-unasked", problem="distance", step="scores")
def distances_scaled(known: Known) -> Matrix:
    """−½ ‖q − k‖² / √2."""
    return -0.5 * (differences_of(known) ** 2).sum(-1) / np.sqrt(2)


# The soft cap, which is 0.8; d_k is 3, and the mask is causal


@by_hand("softcap-missing", problem="soft cap", step="capped")
def not_capped(known: Known) -> Matrix:
    """scores / √3."""
    return products(known) / np.sqrt(3)


@by_hand("softcap-not-multiplied", problem="soft cap", step="capped")
def tanh_alone(known: Known) -> Matrix:
    """tanh(scaled / 0.8)."""
    return np.tanh(products(known) / np.sqrt(3) / 0.8)


@by_hand("softcap-clipped", problem="soft cap", step="capped")
def cut_off(known: Known) -> Matrix:
    """Scores clipped to −0.8 to 0.8."""
    return np.clip(products(known) / np.sqrt(3), -0.8, 0.8)


@by_hand("softcap-before-scale", problem="soft cap", step="capped")
def capped_then_scaled(known: Known) -> Matrix:
    """0.8 tanh(scores / 0.8) / √3."""
    return 0.8 * np.tanh(products(known) / 0.8) / np.sqrt(3)


@by_hand("softcap-after-mask", problem="soft cap", step="masked")
def masked_then_capped(known: Known) -> Matrix:
    """0.8 tanh((scaled + mask) / 0.8), which is −0.8 where a key is hidden."""
    capped = 0.8 * np.tanh(products(known) / np.sqrt(3) / 0.8)
    return np.where(np.tri(4) == 1, capped, -0.8)
