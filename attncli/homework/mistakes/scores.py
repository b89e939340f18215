"""Mistakes between queries, keys and their scaled scores."""

from __future__ import annotations

from math import sqrt

import numpy as np

from attncli.calculation.layouts import Array
from attncli.calculation.operations import (
    DivideByRoot,
    Multiply,
    Project,
    SplitHeads,
    WeightedSum,
)
from attncli.calculation.scoring import Bilinear, Dot, TanhSum, WeighHidden
from attncli.homework.catalogue import Scene, mistake
from attncli.homework.mistakes.projections import renamed

# The product of queries and keys.


def _transposed(matrix: Array) -> Array:
    return matrix.swapaxes(-1, -2)


@mistake("no-transpose", "Q K", Dot, Bilinear)
def no_transpose(scene: Scene) -> Array | None:
    """The queries were multiplied by K as it is, not transposed.

    Multiply each query by each key: Q Kᵀ where tokens are rows, Kᵀ Q where they are columns.

    A score is the product of one query with one key. Without the transpose a query meets one
    feature of all keys instead; only square matrices let that pass unnoticed.
    """
    *factors, keys = scene.operands
    product = factors[0]
    for factor in (*factors[1:], keys):
        product = product @ factor
    return product


@mistake("wrong-order", "K Qᵀ", Dot)
def wrong_order(scene: Scene) -> Array | None:
    """Keys and queries changed places: the scores are transposed.

    Each query gets a row: Q Kᵀ where tokens are rows, Kᵀ Q where they are columns.

    Softmax then normalises over the queries instead of the keys.
    """
    queries, keys = scene.operands
    return keys @ _transposed(queries)


@mistake("no-transpose-wrong-order", "K Q", Dot)
def no_transpose_wrong_order(scene: Scene) -> Array | None:
    """Keys and queries changed places, and neither was transposed.

    Multiply each query by each key: Q Kᵀ where tokens are rows, Kᵀ Q where they are columns.

    A score is the product of one query with one key. Here each key meets one feature of all
    queries; only square matrices let that pass unnoticed.
    """
    queries, keys = scene.operands
    return keys @ queries


@mistake("all-axes-transpose", "Q K.T", Dot)
def all_axes_transpose(scene: Scene) -> Array | None:
    """All axes of K were reversed, batch and heads too: that is what NumPy's K.T does.

    Exchange the last two axes alone: K.swapaxes(-1, -2).

    With batch and heads reversed as well, queries meet keys of other entries, or the shapes do not
    fit at all.
    """
    queries, keys = scene.operands
    return queries @ keys.T if keys.ndim > 2 else None


def _cell_by_cell(one: Array, other: Array) -> Array | None:
    """Their product without the sum; None where NumPy would have to repeat cells."""
    return one * other if one.shape == other.shape else None


@mistake("elementwise-product", "Q * K", Dot)
def elementwise_product(scene: Scene) -> Array | None:
    """Q and K were multiplied cell by cell.

    Take the matrix product, Q Kᵀ: in NumPy @ and not *.

    A score is the sum of the products of a whole query with a whole key, and every query meets
    every key, not only the one in its own row.
    """
    return _cell_by_cell(*scene.operands)


@mistake("elementwise-transposed", "Q * Kᵀ", Dot)
def elementwise_transposed(scene: Scene) -> Array | None:
    """Q and the transposed K were multiplied cell by cell.

    Take the matrix product, Q Kᵀ: in NumPy @ and not *.

    A score is the sum of the products of a whole query with a whole key; here each cell is a
    single product, and only square matrices let that pass.
    """
    queries, keys = scene.operands
    return _cell_by_cell(queries, _transposed(keys))


def _unit_rows(matrix: Array) -> Array:
    lengths = np.sqrt((matrix * matrix).sum(axis=-1, keepdims=True))
    rows: Array = matrix / np.where(lengths == 0, lengths.dtype.type(1), lengths)
    return rows


@mistake("cosine-instead-of-dot", "q · k / (|q| |k|)", Dot)
def cosine_instead_of_dot(scene: Scene) -> Array | None:
    """Queries and keys were brought to length 1 first: the scores are cosines.

    Take the dot product of the queries and keys as they are.

    A cosine lies between −1 and 1 and forgets the lengths, so that the weights stay nearly equal.
    """
    queries, keys = scene.operands
    return _unit_rows(queries) @ _transposed(_unit_rows(keys))


@mistake("luong-w-side", "Q W_aᵀ Kᵀ", Bilinear)
def luong_w_side(scene: Scene) -> Array | None:
    """W_a was applied the wrong way round: to the keys as if they were the queries.

    W_a is d_q × d_k: the score is qᵀ W_a k.

    Unless W_a is symmetric, the features of the queries meet the wrong features of the keys; only
    equal widths let that pass.
    """
    queries, weight, keys = scene.operands
    return queries @ _transposed(weight) @ _transposed(keys)


@mistake("general-no-w", "Q Kᵀ without W_a", Bilinear)
def general_no_w(scene: Scene) -> Array | None:
    """W_a was left out: the scores are plain dot products.

    General scoring puts W_a between them: qᵀ W_a k.

    W_a learns which features of a query go with which features of a key; without it only equal
    ones meet.
    """
    queries, _, keys = scene.operands
    return queries @ _transposed(keys)


# Additive scoring.


def _pairs(scene: Scene) -> tuple[Array, Array]:
    """The queries and keys with an axis more, so that every query meets every key."""
    queries, keys = scene.operands
    return queries[..., :, None, :], keys[..., None, :, :]


@mistake("additive-no-v", "sum of tanh(W_a q + U_a k)", WeighHidden)
def additive_no_v(scene: Scene) -> Array | None:
    """The hidden units were added up without v_a.

    Multiply each by its number in v_a, then add: v_aᵀ tanh(W_a q + U_a k).

    v_a learns how much each hidden unit counts, and with which sign.
    """
    hidden, *vectors = scene.operands
    total: Array = hidden.sum(axis=-1)
    return total if vectors else None


@mistake("additive-relu", "v_aᵀ relu(W_a q + U_a k)", TanhSum)
def additive_relu(scene: Scene) -> Array | None:
    """The sums were put through a ReLU.

    Additive scoring takes their hyperbolic tangent: tanh(W_a q + U_a k).

    A ReLU forgets how negative a sum is and does not bound the positive ones; tanh keeps both
    signs within −1 and 1.
    """
    queries, keys = _pairs(scene)
    return np.maximum(queries + keys, 0)


@mistake("additive-no-tanh", "v_aᵀ (W_a q + U_a k)", TanhSum)
def additive_no_tanh(scene: Scene) -> Array | None:
    """The tanh was left out.

    Take the tanh of the sum: tanh(W_a q + U_a k).

    Without it a query adds the same number to all its scores, which softmax cancels: every query
    gets the same weights.
    """
    queries, keys = _pairs(scene)
    return queries + keys


@mistake("additive-tanh-each", "tanh(W_a q) + tanh(U_a k)", TanhSum)
def additive_tanh_each(scene: Scene) -> Array | None:
    """The tanh was taken of query and key apart, and the results were added.

    Add first, then take the tanh: tanh(W_a q + U_a k).

    Added afterwards, a query adds the same number to all its scores, which softmax cancels: every
    query gets the same weights.
    """
    queries, keys = _pairs(scene)
    return np.tanh(queries) + np.tanh(keys)


@mistake("additive-product", "tanh(W_a q * U_a k)", TanhSum)
def additive_product(scene: Scene) -> Array | None:
    """Query and key were multiplied, feature by feature.

    Add them: tanh(W_a q + U_a k).

    Products belong to multiplicative (dot and general) scoring; the additive one compares by a sum,
    which is what gives it its name.
    """
    queries, keys = _pairs(scene)
    return np.tanh(queries * keys)


@mistake("additive-extra-bias", "tanh(W_a q + U_a k + b_q)", TanhSum)
def additive_extra_bias(scene: Scene) -> Array | None:
    """A bias was added inside the tanh.

    Additive scoring has none: tanh(W_a q + U_a k).

    b_q belongs to the projection of the queries and is in them already; added again it shifts
    every hidden unit.
    """
    bias = scene["b_q"]
    queries, keys = _pairs(scene)
    if bias.shape != queries.shape[-1:]:
        return None
    return np.tanh(queries + keys + bias)


@mistake("additive-swapped-weights", "U_a q, W_a k", Project)
def additive_swapped_weights(scene: Scene) -> Array | None:
    """W_a and U_a changed places.

    W_a is the weight of the queries and U_a that of the keys: tanh(W_a q + U_a k).

    Each is learned for its own side; only where queries and keys have one width does the exchange
    pass unnoticed.
    """
    return renamed(scene, {"W_a": "U_a", "U_a": "W_a"})


# The scale.


def _factor(scene: Scene) -> float:
    """What the right operation multiplies the scores by."""
    operation = scene.step.operation
    if isinstance(operation, DivideByRoot):
        return 1 / sqrt(operation.d_k)
    assert isinstance(operation, Multiply)
    return operation.factor


def _over_root(scene: Scene, size: int) -> Array:
    """The scores over the square root of some size."""
    (scores,) = scene.operands
    return scores / sqrt(size)


def _unsplit_width(scene: Scene) -> int:
    """The width of Q with all its heads; 0 where nothing is split."""
    step = scene.find(SplitHeads)
    return scene[step.operation.operands[0]].shape[-1] if step else 0


@mistake("no-scale", "scores", DivideByRoot, Multiply)
def no_scale(scene: Scene) -> Array | None:
    """The scores were not scaled.

    Multiply them by the scale: 1/√d_k, unless another is given.

    Products of long vectors are large, and softmax of large scores gives nearly all the weight to
    one key.
    """
    (scores,) = scene.operands
    return scores.copy()


@mistake("divide-by-dk", "scores / d_k", DivideByRoot)
def divide_by_dk(scene: Scene) -> Array | None:
    """The scores were divided by d_k.

    Divide by its square root, √d_k.

    A sum of d_k products has a standard deviation of √d_k; dividing by d_k makes the scores so
    small that softmax gives nearly equal weights.
    """
    (scores,) = scene.operands
    operation = scene.step.operation
    assert isinstance(operation, DivideByRoot)
    return scores / operation.d_k


@mistake("sqrt-dmodel", "scores / √d_model", DivideByRoot)
def sqrt_dmodel(scene: Scene) -> Array | None:
    """The scores were divided by √d_model, the root of the width of the whole sequence.

    Divide by √d_k, the root of the width of one head's queries and keys.

    A score adds up d_k products, not d_model; the larger divisor makes the weights too equal.
    """
    width = scene["X"].shape[-1] if "X" in scene else _unsplit_width(scene)
    return _over_root(scene, width) if width else None


@mistake("sqrt-all-heads", "scores / √(h · d_k)", DivideByRoot)
def sqrt_all_heads(scene: Scene) -> Array | None:
    """The scores were divided by the root of the width of Q with all its heads.

    Divide by √d_k, the root of the width of one head's queries and keys.

    A head's score adds up only that head's products; the larger divisor makes the weights too
    equal.
    """
    width = _unsplit_width(scene)
    is_d_model = "X" not in scene or scene["X"].shape[-1] == width
    return _over_root(scene, width) if width and not is_d_model else None


@mistake("sqrt-heads", "scores / √h", DivideByRoot)
def sqrt_heads(scene: Scene) -> Array | None:
    """The scores were divided by √h, the root of the number of heads.

    Divide by √d_k, the root of the width of one head's queries and keys.

    How large a score becomes depends on how many products it adds up, not on how many heads there
    are.
    """
    sizes = [axis.size for axis in scene.step.axes if axis.name == "heads"]
    return _over_root(scene, sizes[0]) if sizes else None


@mistake("sqrt-dv", "scores / √d_v", DivideByRoot)
def sqrt_dv(scene: Scene) -> Array | None:
    """The scores were divided by √d_v, the root of the width of the values.

    Divide by √d_k, the root of the width of the queries and keys.

    The values have no part in the scores; their width says nothing about how large those are.
    """
    step = scene.find(WeightedSum)
    return _over_root(scene, scene[step.operation.operands[1]].shape[-1]) if step else None


@mistake("sqrt-n", "scores / √(number of keys)", DivideByRoot)
def sqrt_n(scene: Scene) -> Array | None:
    """The scores were divided by the root of the number of keys.

    Divide by √d_k, the root of the width of the queries and keys.

    How large a score becomes depends on how many products it adds up, not on how long the sequence
    is.
    """
    (scores,) = scene.operands
    return _over_root(scene, scores.shape[-1])


@mistake("scale-inverted", "scores × √d_k, or over the given scale", DivideByRoot, Multiply)
def scale_inverted(scene: Scene) -> Array | None:
    """The scores were multiplied where they should be divided, or the other way round.

    Divide them by √d_k, or multiply them by the scale that is given.

    Inverted, the scale makes large scores larger, and softmax gives nearly all the weight to one
    key.
    """
    (scores,) = scene.operands
    factor = _factor(scene)
    return scores / factor if factor else None


@mistake("scale-twice", "scores / √d_k / √d_k", DivideByRoot, Multiply)
def scale_twice(scene: Scene) -> Array | None:
    """The scores were scaled twice.

    Scale once: the scores, or the queries before the product, but not both.

    Dividing by √d_k twice is dividing by d_k: the scores become so small that softmax gives nearly
    equal weights.
    """
    (scores,) = scene.operands
    return scores * _factor(scene) ** 2


@mistake("scale-unasked", "Q Kᵀ / √d_k as the scores", Dot, Bilinear, WeighHidden)
def scale_unasked(scene: Scene) -> Array | None:
    """The scores were divided by a square root here: √d_k, or that of the hidden width.

    Scores are not scaled yet: where a scale is asked for, it is the next step, scaled.

    Scaled where the problem asks for none, or once more in the next step, the scores become too
    small, and the weights too equal.
    """
    return scene.right() / sqrt(scene.operands[0].shape[-1])
