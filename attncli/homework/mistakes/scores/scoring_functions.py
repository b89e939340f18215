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
    """Their product without the sum; None where NumPy would have to repeat cells."""
    return one * other if one.shape == other.shape else None


EACH_BY_EACH = (
    "Multiply each query by each key: Q Kᵀ where tokens are rows, Kᵀ Q where they are columns."
)
MATRIX_PRODUCT = "Take the matrix product, Q Kᵀ: in NumPy @ and not *."

PRODUCTS: Table = {
    ("no-transpose", "Q K", Dot, Bilinear): Row(
        lambda scene: reduce(np.matmul, scene.operands),
        "The queries were multiplied by K as it is, not transposed.",
        EACH_BY_EACH,
        "A score is the product of one query with one key. Without the transpose a query meets one "
        "feature of all keys instead; only square matrices let that pass unnoticed.",
    ),
    ("wrong-order", "K Qᵀ", Dot): Row(
        lambda scene: scene.of_operands(lambda q, k: k @ q.mT),
        "Keys and queries changed places: the scores are transposed.",
        "Each query gets a row: Q Kᵀ where tokens are rows, Kᵀ Q where they are columns.",
        "Softmax then normalises over the queries instead of the keys.",
    ),
    ("no-transpose-wrong-order", "K Q", Dot): Row(
        lambda scene: scene.of_operands(lambda q, k: k @ q),
        "Keys and queries changed places, and neither was transposed.",
        EACH_BY_EACH,
        "A score is the product of one query with one key. Here each key meets one feature of all "
        "queries; only square matrices let that pass unnoticed.",
    ),
    ("all-axes-transpose", "Q K.T", Dot): Row(
        lambda scene: scene.of_operands(lambda q, k: q @ k.T if k.ndim > 2 else None),
        "All axes of K were reversed, batch and heads too: that is what NumPy's K.T does.",
        "Exchange the last two axes alone: K.swapaxes(-1, -2).",
        "With batch and heads reversed as well, queries meet keys of other entries, or the shapes "
        "do not fit at all.",
    ),
    ("elementwise-product", "Q * K", Dot): Row(
        lambda scene: scene.of_operands(_cell_by_cell),
        "Q and K were multiplied cell by cell.",
        MATRIX_PRODUCT,
        "A score is the sum of the products of a whole query with a whole key, and every query "
        "meets every key, not only the one in its own row.",
    ),
    ("elementwise-transposed", "Q * Kᵀ", Dot): Row(
        lambda scene: scene.of_operands(lambda q, k: _cell_by_cell(q, k.mT)),
        "Q and the transposed K were multiplied cell by cell.",
        MATRIX_PRODUCT,
        "A score is the sum of the products of a whole query with a whole key; here each cell is a "
        "single product, and only square matrices let that pass.",
    ),
    ("cosine-instead-of-dot", "q · k / (|q| |k|)", Dot): Row(
        lambda scene: scene.of_operands(lambda q, k: unit_rows(q) @ unit_rows(k).mT),
        "Queries and keys were brought to length 1 first: the scores are cosines.",
        "Take the dot product of the queries and keys as they are.",
        "A cosine lies between −1 and 1 and forgets the lengths, so that the weights stay nearly "
        "equal.",
    ),
    ("luong-w-side", "Q W_aᵀ Kᵀ", Bilinear): Row(
        lambda scene: scene.of_operands(lambda q, w, k: q @ w.mT @ k.mT),
        "W_a was applied the wrong way round: to the keys as if they were the queries.",
        "W_a is d_q × d_k: the score is qᵀ W_a k.",
        "Unless W_a is symmetric, the features of the queries meet the wrong features of the keys; "
        "only equal widths let that pass.",
    ),
    ("general-no-w", "Q Kᵀ without W_a", Bilinear): Row(
        lambda scene: scene.of_operands(lambda q, w, k: q @ k.mT),
        "W_a was left out: the scores are plain dot products.",
        "General scoring puts W_a between them: qᵀ W_a k.",
        "W_a learns which features of a query go with which features of a key; without it only "
        "equal ones meet.",
    ),
}
enter(PRODUCTS)


def _of_pairs(scene: Scene, function: Callable[[Array, Array], Array]) -> Array:
    """Another function of the hidden units of every query and every key."""
    queries, keys = scene.operands
    return function(queries[..., :, None, :], spread(keys, queries.shape)[..., None, :, :])


def _with_bias(scene: Scene) -> Array | None:
    """The tanh with b_q in it; None where that does not fit."""
    bias = scene["b_q"]
    if bias.shape != scene.operands[0].shape[-1:]:
        return None
    return _of_pairs(scene, lambda q, k: np.tanh(q + k + bias))


# Concat is additive with W_a and U_a in one matrix. The texts hold for both: they speak of
# `q_hidden` and `k_hidden`, the steps that both have.
ADDITIVE: Table = {
    ("additive-no-v", "sum of tanh(q_hidden + k_hidden)", WeighHidden): Row(
        lambda scene: scene.of_operands(lambda h, *v: h.sum(axis=-1) if v else None),
        "The hidden units were added up without v_a.",
        "Multiply each by its number in v_a, then add: v_aᵀ tanh(q_hidden + k_hidden).",
        "v_a learns how much each hidden unit counts, and with which sign.",
    ),
    ("additive-relu", "v_aᵀ relu(q_hidden + k_hidden)", TanhSum): Row(
        lambda scene: _of_pairs(scene, lambda q, k: np.maximum(q + k, 0)),
        "The sums were put through a ReLU.",
        "Take their hyperbolic tangent: tanh(q_hidden + k_hidden).",
        "A ReLU forgets how negative a sum is and does not bound the positive ones; tanh keeps "
        "both signs within −1 and 1.",
    ),
    ("additive-no-tanh", "v_aᵀ (q_hidden + k_hidden)", TanhSum): Row(
        lambda scene: _of_pairs(scene, lambda q, k: q + k),
        "The tanh was left out.",
        "Take the tanh of the sum: tanh(q_hidden + k_hidden).",
        "Without it a query adds the same number to all its scores, which softmax cancels: every "
        "query gets the same weights.",
    ),
    ("additive-tanh-each", "tanh(q_hidden) + tanh(k_hidden)", TanhSum): Row(
        lambda scene: _of_pairs(scene, lambda q, k: np.tanh(q) + np.tanh(k)),
        "The tanh was taken of query and key apart, and the results were added.",
        "Add first, then take the tanh: tanh(q_hidden + k_hidden).",
        "Added afterwards, a query adds the same number to all its scores, which softmax cancels: "
        "every query gets the same weights.",
    ),
    ("additive-product", "tanh(q_hidden * k_hidden)", TanhSum): Row(
        lambda scene: _of_pairs(scene, lambda q, k: np.tanh(q * k)),
        "Query and key were multiplied, feature by feature.",
        "Add them: tanh(q_hidden + k_hidden).",
        "Products belong to multiplicative (dot and general) scoring; additive scoring, and concat "
        "as a form of it, compares by a sum.",
    ),
    ("additive-extra-bias", "tanh(q_hidden + k_hidden + b_q)", TanhSum): Row(
        _with_bias,
        "A bias was added inside the tanh.",
        "There is none in it: tanh(q_hidden + k_hidden).",
        "b_q belongs to the projection of the queries and is in them already; added again it "
        "shifts every hidden unit.",
    ),
    ("additive-swapped-weights", "U_a q, W_a k", Project): Row(
        lambda scene: scene.with_names({"W_a": "U_a", "U_a": "W_a"}),
        "W_a and U_a changed places.",
        "W_a is the weight of the queries and U_a that of the keys: tanh(W_a q + U_a k).",
        "Each is learned for its own side; only where queries and keys have one width does the "
        "exchange pass unnoticed.",
    ),
}
enter(ADDITIVE)


def _over_lengths(scene: Scene, divisor: Callable[[Array, Array], Array | float]) -> Array:
    """Q Kᵀ over what a function makes of the lengths: of the queries, and of the keys."""
    queries, keys = scene.operands
    keys = spread(keys, queries.shape)
    lengths = (np.sqrt((matrix * matrix).sum(axis=-1)) for matrix in (queries, keys))
    of_queries, of_keys = (np.where(length == 0, 1, length) for length in lengths)
    return queries @ keys.mT / divisor(of_queries[..., :, None], of_keys[..., None, :])


def _over_tokens(queries: Array, keys: Array) -> Array:
    """The products of features that have length 1 over all tokens."""
    queries, keys = unit_rows(queries.mT).mT, unit_rows(keys.mT).mT
    return queries @ spread(keys, queries.shape).mT


def _manhattan(queries: Array, keys: Array) -> Array:
    """The sum of the differences without their signs, of every query and key."""
    keys = spread(keys, queries.shape)
    total: Array = np.abs(queries[..., :, None, :] - keys[..., None, :, :]).sum(axis=-1)
    return total


GAUSSIAN = (
    "Only the square makes the kernel a Gaussian, which falls off slowly near the query and fast "
    "far from it."
)

MEASURES: Table = {
    ("cosine-no-norms", "q · k", Cosine): Row(
        lambda scene: _over_lengths(scene, lambda q, k: 1),
        "The dot products were not divided by the lengths of query and key.",
        "Divide by both: q · k / (‖q‖ ‖k‖).",
        "Divided, a score is the cosine of an angle, and a long key does not win by its length "
        "alone.",
    ),
    ("cosine-one-norm", "q · k / ‖q‖", Cosine): Row(
        lambda scene: _over_lengths(scene, lambda q, k: q),
        "The dot products were divided by the length of the query alone.",
        "Divide by the length of the key too: q · k / (‖q‖ ‖k‖).",
        "A query's length is the same in all its scores; it is the keys whose lengths differ "
        "within a row, and would decide which of them wins.",
    ),
    ("cosine-key-norm", "q · k / ‖k‖", Cosine): Row(
        lambda scene: _over_lengths(scene, lambda q, k: k),
        "The dot products were divided by the length of the key alone.",
        "Divide by the length of the query too: q · k / (‖q‖ ‖k‖).",
        "A long query gets larger scores, and so sharper weights, than a short one in the same "
        "direction.",
    ),
    ("cosine-distance", "1 − q · k / (‖q‖ ‖k‖)", Cosine): Row(
        lambda scene: 1 - scene.right(),
        "The cosine was subtracted from 1: that is a distance.",
        "Take the cosine itself, which is largest where both point the same way.",
        "A score says how well a key fits, and a distance how badly: the weights are turned round.",
    ),
    ("cosine-squared-norms", "q · k / (‖q‖² ‖k‖²)", Cosine): Row(
        lambda scene: _over_lengths(scene, lambda q, k: q**2 * k**2),
        "The dot products were divided by the sums of squares: the roots are missing.",
        "A length is the root of the sum of the squares: ‖q‖ = √(q · q).",
        "With the squares, long vectors get scores near 0, and a cosine of a vector with itself is "
        "not 1.",
    ),
    ("cosine-over-tokens", "Q and K with features of length 1", Cosine): Row(
        lambda scene: scene.of_operands(_over_tokens),
        "Each feature was brought to length 1 over all the tokens, instead of each token.",
        "Normalise each query and each key over its own features: the last axis in NumPy and "
        "PyTorch.",
        "Tokens then depend on what else stands in the sequence, and scores are no cosines.",
    ),
    ("distance-no-minus", "½ ‖q − k‖²", Distance): Row(
        lambda scene: -scene.right(),
        "The minus sign is missing: far keys got the largest scores.",
        "The score is −½ ‖q − k‖²: 0 where the key is the query, and less the farther it is.",
        "The nearer a key, the more weight it should get; without the sign it is the other way "
        "round.",
    ),
    ("distance-no-half", "−‖q − k‖²", Distance): Row(
        lambda scene: 2 * scene.right(),
        "The squared distances were not halved.",
        "The score is −½ ‖q − k‖².",
        "The half is that of the Gaussian, exp(−½ ‖q − k‖²); without it the kernel is narrower, "
        "and the nearest keys get more of the weight.",
    ),
    ("distance-not-squared", "−½ ‖q − k‖", Distance): Row(
        lambda scene: -np.sqrt(-2 * scene.right()) / 2,
        "Half the distances were taken, and not squared.",
        "Square them: −½ ‖q − k‖².",
        GAUSSIAN,
    ),
    ("distance-itself", "−‖q − k‖", Distance): Row(
        lambda scene: -np.sqrt(-2 * scene.right()),
        "The distances themselves were taken.",
        "Square and halve them: −½ ‖q − k‖².",
        GAUSSIAN,
    ),
    ("distance-kernel", "exp(−½ ‖q − k‖²)", Distance): Row(
        lambda scene: np.exp(scene.right()),
        "The exponential was taken here already: these are the numbers of the kernel.",
        "The score is −½ ‖q − k‖²; softmax takes the exponential.",
        "Taken twice, it makes all the weights nearly equal: the scores then lie between 0 and 1.",
    ),
    ("distance-manhattan", "−Σ |q − k|", Distance): Row(
        lambda scene: -_manhattan(*scene.operands),
        "The differences were added up without their signs, and not squared.",
        "Square them, add them up and halve the sum: −½ ‖q − k‖².",
        "Only the squares make the kernel a Gaussian, which falls off slowly near the query and "
        "fast far from it.",
    ),
}
enter(MEASURES)


@mistake("concat-keys-first", "W_a [k; q]", ProjectPart)
def concat_keys_first(scene: Scene) -> Array | None:
    """The rows of W_a were shared out the wrong way round: the keys came first.

    The query stands above the key: W_a [q; k], so its first rows are of the query.

    Each part is learned for its own side; only the order tells them apart.
    """
    source, weight = scene.operands
    width = source.shape[-1]
    is_query = scene.operation(ProjectPart).rows.start == 0
    return source @ (weight[-width:] if is_query else weight[:width])
