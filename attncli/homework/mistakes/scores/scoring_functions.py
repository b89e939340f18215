"""Mistakes in the scoring functions: dot, general, additive, cosine, distance and concat."""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce

import numpy as np

from attncli.calculation.algebra.layouts import Array
from attncli.calculation.algebra.shared_heads import spread
from attncli.calculation.operations.projections import Project
from attncli.calculation.scoring.additive import ProjectPart, TanhSum, WeighHidden
from attncli.calculation.scoring.measures import Cosine, Distance, unit_rows
from attncli.calculation.scoring.products import Bilinear, Dot
from attncli.homework.mistakes.mistake import Row, Scene, Table, enter, mistake


def _cell_by_cell(one: Array, other: Array) -> Array | None:
    """The product cell by cell; None if the shapes differ."""
    return one * other if one.shape == other.shape else None


EACH_BY_EACH = "Multiply each query by each key: {Q Kᵀ}."
MATRIX_PRODUCT = "Take the matrix product {Q Kᵀ}: in NumPy @, not *."

PRODUCTS: Table = {
    ("no-transpose", "Q K", Dot, Bilinear): Row(
        lambda scene: reduce(np.matmul, scene.operands),
        "K was not transposed: the queries were multiplied by K as it is.",
        "Transpose K, so that each query is multiplied by each key: {Q Kᵀ}, in general scoring "
        "with W_a between them.",
        "A score is the product of one query with one key. Without the transpose, a query is "
        "multiplied by one feature of all keys. Only square matrices allow this, and then no "
        "error warns you.",
    ),
    ("wrong-order", "K Qᵀ", Dot): Row(
        lambda scene: scene.of_operands(lambda q, k: k @ q.mT),
        "Queries and keys were exchanged: the scores are transposed.",
        "Give each query a {row}: {Q Kᵀ}.",
        "Softmax then normalises over the queries instead of the keys.",
    ),
    ("no-transpose-wrong-order", "K Q", Dot): Row(
        lambda scene: scene.of_operands(lambda q, k: k @ q),
        "Queries and keys were exchanged, and neither was transposed.",
        EACH_BY_EACH,
        "A score is the product of one query with one key. Here each key was multiplied by one "
        "feature of all queries. Only square matrices allow this, and then no error warns you.",
    ),
    ("all-axes-transpose", "Q K.T", Dot): Row(
        lambda scene: scene.of_operands(lambda q, k: q @ k.T if k.ndim > 2 else None),
        "All axes of K were reversed, batch and heads too, as NumPy's K.T does.",
        "Exchange only the last two axes: K.swapaxes(-1, -2).",
        "With batch and heads reversed as well, queries are multiplied by keys of other batch "
        "entries or heads, or the shapes do not fit.",
    ),
    ("elementwise-product", "Q * K", Dot): Row(
        lambda scene: scene.of_operands(_cell_by_cell),
        "Q and K were multiplied cell by cell.",
        MATRIX_PRODUCT,
        "A score is the sum of the products of all features of a query and a key, and every query "
        "is compared with every key, not only with the key at its own position.",
    ),
    ("elementwise-transposed", "Q * Kᵀ", Dot): Row(
        lambda scene: scene.of_operands(lambda q, k: _cell_by_cell(q, k.mT)),
        "Q and the transposed K were multiplied cell by cell.",
        MATRIX_PRODUCT,
        "A score is the sum of the products of all features of a query and a key. Here each cell "
        "is a single product. Only square matrices allow this, and then no error warns you.",
    ),
    ("cosine-instead-of-dot", "q · k / (|q| |k|)", Dot): Row(
        lambda scene: scene.of_operands(lambda q, k: unit_rows(q) @ unit_rows(k).mT),
        "Queries and keys were divided by their lengths first: the scores are cosines.",
        "Take the dot product of the queries and keys as they are.",
        "A cosine lies between −1 and 1 and ignores the lengths, so that the weights stay nearly "
        "equal.",
    ),
    ("luong-w-side", "Q W_aᵀ Kᵀ", Bilinear): Row(
        lambda scene: scene.of_operands(lambda q, w, k: q @ w.mT @ k.mT),
        "W_a was used transposed: qᵀ W_aᵀ k.",
        "Use W_a as it is, d_q × d_k: the score is qᵀ W_a k.",
        "Each number of W_a joins one feature of the queries with one feature of the keys. "
        "Transposed, it joins the wrong features; only equal widths allow this.",
    ),
    ("general-no-w", "Q Kᵀ without W_a", Bilinear): Row(
        lambda scene: scene.of_operands(lambda q, w, k: q @ k.mT),
        "W_a was left out: the scores are plain dot products.",
        "Put W_a between query and key: qᵀ W_a k.",
        "W_a learns which feature of a query goes with which feature of a key. Without it, only "
        "features with the same number are multiplied.",
    ),
}
enter(PRODUCTS)


def _of_pairs(scene: Scene, function: Callable[[Array, Array], Array]) -> Array:
    """Another function of the hidden units of every query and every key."""
    queries, keys = scene.operands
    return function(queries[..., :, None, :], spread(keys, queries.shape)[..., None, :, :])


def _with_bias(scene: Scene) -> Array | None:
    """The tanh with b_q in it; None if b_q does not fit."""
    bias = scene["b_q"]
    if bias.shape != scene.operands[0].shape[-1:]:
        return None
    return _of_pairs(scene, lambda q, k: np.tanh(q + k + bias))


# Concat scoring is additive scoring with W_a and U_a in one matrix. The texts hold for both: they
# use `q_hidden` and `k_hidden`, steps that both have.
ADDITIVE: Table = {
    ("additive-no-v", "sum of tanh(q_hidden + k_hidden)", WeighHidden): Row(
        lambda scene: scene.of_operands(lambda h, *v: h.sum(axis=-1) if v else None),
        "The hidden units were added up without v_a.",
        "Multiply each hidden unit by its number in v_a, then add: v_aᵀ tanh(q_hidden + k_hidden).",
        "v_a learns how much each hidden unit counts, and with which sign.",
    ),
    ("additive-relu", "relu(q_hidden + k_hidden)", TanhSum): Row(
        lambda scene: _of_pairs(scene, lambda q, k: np.maximum(q + k, 0)),
        "ReLU was used instead of tanh.",
        "Take the tanh of the sum: tanh(q_hidden + k_hidden).",
        "ReLU turns all negative sums into 0 and does not limit the positive ones. tanh keeps the "
        "sign, and stays between −1 and 1.",
    ),
    ("additive-no-tanh", "q_hidden + k_hidden", TanhSum): Row(
        lambda scene: _of_pairs(scene, lambda q, k: q + k),
        "The tanh was left out.",
        "Take the tanh of the sum: tanh(q_hidden + k_hidden).",
        "Without tanh, a query adds the same number to all its scores. Softmax cancels this "
        "number, and every query gets the same weights.",
    ),
    ("additive-tanh-each", "tanh(q_hidden) + tanh(k_hidden)", TanhSum): Row(
        lambda scene: _of_pairs(scene, lambda q, k: np.tanh(q) + np.tanh(k)),
        "tanh was applied to q_hidden and k_hidden separately, and the results were added.",
        "Add first, then take the tanh: tanh(q_hidden + k_hidden).",
        "Added after the tanh, a query adds the same number to all its scores. Softmax cancels "
        "this number, and every query gets the same weights.",
    ),
    ("additive-product", "tanh(q_hidden * k_hidden)", TanhSum): Row(
        lambda scene: _of_pairs(scene, lambda q, k: np.tanh(q * k)),
        "q_hidden and k_hidden were multiplied, feature by feature.",
        "Add them: tanh(q_hidden + k_hidden).",
        "Products belong to dot and general scoring. Additive and concat scoring compare by a sum.",
    ),
    ("additive-extra-bias", "tanh(q_hidden + k_hidden + b_q)", TanhSum): Row(
        _with_bias,
        "A bias was added inside the tanh.",
        "Leave it out: tanh(q_hidden + k_hidden).",
        "b_q belongs to the projection of the queries and is already in Q. Added again, it shifts "
        "every hidden unit.",
    ),
    ("additive-swapped-weights", "U_a q, W_a k", Project): Row(
        lambda scene: scene.with_names({"W_a": "U_a", "U_a": "W_a"}),
        "W_a and U_a were exchanged.",
        "Multiply the queries by W_a and the keys by U_a: tanh(W_a q + U_a k).",
        "Each weight was learned for its own side. Queries and keys of the same width allow the "
        "exchange, and then no error warns you.",
    ),
}
enter(ADDITIVE)


def _over_lengths(scene: Scene, divisor: Callable[[Array, Array], Array | float]) -> Array:
    """Q Kᵀ divided by a function of the lengths of the queries and of the keys."""
    queries, keys = scene.operands
    keys = spread(keys, queries.shape)
    lengths = (np.sqrt((matrix * matrix).sum(axis=-1)) for matrix in (queries, keys))
    of_queries, of_keys = (np.where(length == 0, 1, length) for length in lengths)
    return queries @ keys.mT / divisor(of_queries[..., :, None], of_keys[..., None, :])


def _over_tokens(queries: Array, keys: Array) -> Array:
    """Q Kᵀ with each feature divided by its length over all tokens."""
    queries, keys = unit_rows(queries.mT).mT, unit_rows(keys.mT).mT
    return queries @ spread(keys, queries.shape).mT


def _manhattan(queries: Array, keys: Array) -> Array:
    """The sum of the absolute differences of every query and key."""
    keys = spread(keys, queries.shape)
    total: Array = np.abs(queries[..., :, None, :] - keys[..., None, :, :]).sum(axis=-1)
    return total


GAUSSIAN = (
    "Only the square makes exp(score) a Gaussian kernel, which falls slowly near the query and "
    "fast far from it."
)

MEASURES: Table = {
    ("cosine-no-norms", "q · k", Cosine): Row(
        lambda scene: _over_lengths(scene, lambda q, k: 1),
        "The dot products were not divided by the lengths of query and key.",
        "Divide by both lengths: q · k / (‖q‖ ‖k‖).",
        "Divided, a score is the cosine of the angle between query and key, and a long key does "
        "not win by its length alone.",
    ),
    ("cosine-one-norm", "q · k / ‖q‖", Cosine): Row(
        lambda scene: _over_lengths(scene, lambda q, k: q),
        "The dot products were divided by the length of the query alone.",
        "Divide by the length of the key too: q · k / (‖q‖ ‖k‖).",
        "The length of a query is the same in all its scores and does not change their order. The "
        "lengths of the keys differ, and would decide which key wins.",
    ),
    ("cosine-key-norm", "q · k / ‖k‖", Cosine): Row(
        lambda scene: _over_lengths(scene, lambda q, k: k),
        "The dot products were divided by the length of the key alone.",
        "Divide by the length of the query too: q · k / (‖q‖ ‖k‖).",
        "A long query gets larger scores, and so sharper weights, than a short query in the same "
        "direction.",
    ),
    ("cosine-distance", "1 − q · k / (‖q‖ ‖k‖)", Cosine): Row(
        lambda scene: 1 - scene.right(),
        "The cosine was subtracted from 1: this is a distance, not a score.",
        "Take the cosine itself: it is largest where query and key point the same way.",
        "A score says how well a key fits, a distance how badly. With a distance, the worst key "
        "gets the most weight.",
    ),
    ("cosine-squared-norms", "q · k / (‖q‖² ‖k‖²)", Cosine): Row(
        lambda scene: _over_lengths(scene, lambda q, k: q**2 * k**2),
        "The dot products were divided by the squared lengths: the square roots are missing.",
        "The length of q is the root of the sum of its squares: ‖q‖ = √(q · q).",
        "With squared lengths, long vectors get scores near 0, and the cosine of a vector with "
        "itself is not 1.",
    ),
    ("cosine-over-tokens", "Q and K with features of length 1", Cosine): Row(
        lambda scene: scene.of_operands(_over_tokens),
        "Each feature was divided by its length over all tokens, instead of each token by its own "
        "length.",
        "Divide each query and each key by its own length, taken over its features: axis={last "
        "axis} in NumPy.",
        "Over the tokens, a score depends on what else stands in the sequence, and is not a "
        "cosine.",
    ),
    ("distance-no-minus", "½ ‖q − k‖²", Distance): Row(
        lambda scene: -scene.right(),
        "The minus sign is missing: far keys got the largest scores.",
        "The score is −½ ‖q − k‖²: 0 where key and query are equal, and lower the farther apart "
        "they are.",
        "The nearer a key, the more weight it must get. Without the sign it is the other way "
        "round.",
    ),
    ("distance-no-half", "−‖q − k‖²", Distance): Row(
        lambda scene: 2 * scene.right(),
        "The squared distances were not halved.",
        "The score is −½ ‖q − k‖².",
        "The ½ belongs to the Gaussian kernel exp(−½ ‖q − k‖²). Without it, the kernel is "
        "narrower, and the nearest keys get too much weight.",
    ),
    ("distance-not-squared", "−½ ‖q − k‖", Distance): Row(
        lambda scene: -np.sqrt(-2 * scene.right()) / 2,
        "Half of the distance was taken: the square is missing.",
        "Square the distance: −½ ‖q − k‖².",
        GAUSSIAN,
    ),
    ("distance-itself", "−‖q − k‖", Distance): Row(
        lambda scene: -np.sqrt(-2 * scene.right()),
        "The distances were neither squared nor halved.",
        "Square and halve them: −½ ‖q − k‖².",
        GAUSSIAN,
    ),
    ("distance-kernel", "exp(−½ ‖q − k‖²)", Distance): Row(
        lambda scene: np.exp(scene.right()),
        "The exponential was already taken in this step: these are the numbers of the kernel.",
        "The score is −½ ‖q − k‖². The exponential comes later, in softmax.",
        "Scores that are already exponentials lie between 0 and 1, and softmax then makes all the "
        "weights nearly equal.",
    ),
    ("distance-manhattan", "−Σ |q − k|", Distance): Row(
        lambda scene: -_manhattan(*scene.operands),
        "The absolute differences were added up: they were not squared.",
        "Square the differences, add them up and halve the sum: −½ ‖q − k‖².",
        GAUSSIAN,
    ),
}
enter(MEASURES)


@mistake("concat-keys-first", "W_a [k; q]", ProjectPart)
def concat_keys_first(scene: Scene) -> Array | None:
    """W_a was split in the wrong order: its first part was used for the keys.

    Use the first part of W_a for the query: W_a [q; k].

    Each part of W_a was learned for its own side, and only the order distinguishes the two parts.
    """
    source, weight = scene.operands
    width = source.shape[-1]
    is_query = scene.operation(ProjectPart).rows.start == 0
    return source @ (weight[-width:] if is_query else weight[:width])
