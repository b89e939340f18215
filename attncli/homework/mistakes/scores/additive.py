"""Mistakes in additive scoring, and in concat, which is additive with W_a and U_a in one matrix.

The texts hold for both: they speak of `q_hidden` and `k_hidden`, the steps that both have.
"""

from __future__ import annotations

import numpy as np

from attncli.calculation.algebra.layouts import Array
from attncli.calculation.algebra.shared_heads import spread
from attncli.calculation.operations.projections import Project
from attncli.calculation.scoring.additive import TanhSum, WeighHidden
from attncli.homework.mistakes.mistake import Scene, mistake
from attncli.homework.mistakes.values.projections import renamed


def _transposed(matrix: Array) -> Array:
    return matrix.swapaxes(-1, -2)


def _pairs(scene: Scene) -> tuple[Array, Array]:
    """The queries and keys with an axis more, so that every query meets every key."""
    queries, keys = scene.operands
    return queries[..., :, None, :], spread(keys, queries.shape)[..., None, :, :]


@mistake("additive-no-v", "sum of tanh(q_hidden + k_hidden)", WeighHidden)
def additive_no_v(scene: Scene) -> Array | None:
    """The hidden units were added up without v_a.

    Multiply each by its number in v_a, then add: v_aᵀ tanh(q_hidden + k_hidden).

    v_a learns how much each hidden unit counts, and with which sign.
    """
    hidden, *vectors = scene.operands
    total: Array = hidden.sum(axis=-1)
    return total if vectors else None


@mistake("additive-relu", "v_aᵀ relu(q_hidden + k_hidden)", TanhSum)
def additive_relu(scene: Scene) -> Array | None:
    """The sums were put through a ReLU.

    Take their hyperbolic tangent: tanh(q_hidden + k_hidden).

    A ReLU forgets how negative a sum is and does not bound the positive ones; tanh keeps both
    signs within −1 and 1.
    """
    queries, keys = _pairs(scene)
    return np.maximum(queries + keys, 0)


@mistake("additive-no-tanh", "v_aᵀ (q_hidden + k_hidden)", TanhSum)
def additive_no_tanh(scene: Scene) -> Array | None:
    """The tanh was left out.

    Take the tanh of the sum: tanh(q_hidden + k_hidden).

    Without it a query adds the same number to all its scores, which softmax cancels: every query
    gets the same weights.
    """
    queries, keys = _pairs(scene)
    return queries + keys


@mistake("additive-tanh-each", "tanh(q_hidden) + tanh(k_hidden)", TanhSum)
def additive_tanh_each(scene: Scene) -> Array | None:
    """The tanh was taken of query and key apart, and the results were added.

    Add first, then take the tanh: tanh(q_hidden + k_hidden).

    Added afterwards, a query adds the same number to all its scores, which softmax cancels: every
    query gets the same weights.
    """
    queries, keys = _pairs(scene)
    return np.tanh(queries) + np.tanh(keys)


@mistake("additive-product", "tanh(q_hidden * k_hidden)", TanhSum)
def additive_product(scene: Scene) -> Array | None:
    """Query and key were multiplied, feature by feature.

    Add them: tanh(q_hidden + k_hidden).

    Products belong to multiplicative (dot and general) scoring; additive scoring, and concat as a
    form of it, compares by a sum.
    """
    queries, keys = _pairs(scene)
    return np.tanh(queries * keys)


@mistake("additive-extra-bias", "tanh(q_hidden + k_hidden + b_q)", TanhSum)
def additive_extra_bias(scene: Scene) -> Array | None:
    """A bias was added inside the tanh.

    There is none in it: tanh(q_hidden + k_hidden).

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
