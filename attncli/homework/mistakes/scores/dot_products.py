"""Mistakes in the product of queries and keys."""

from __future__ import annotations

from attncli.calculation.algebra.layouts import Array
from attncli.calculation.scoring.measures import unit_rows
from attncli.calculation.scoring.products import Bilinear, Dot
from attncli.homework.mistakes.mistake import Scene, mistake


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


@mistake("cosine-instead-of-dot", "q · k / (|q| |k|)", Dot)
def cosine_instead_of_dot(scene: Scene) -> Array | None:
    """Queries and keys were brought to length 1 first: the scores are cosines.

    Take the dot product of the queries and keys as they are.

    A cosine lies between −1 and 1 and forgets the lengths, so that the weights stay nearly equal.
    """
    queries, keys = scene.operands
    return unit_rows(queries) @ _transposed(unit_rows(keys))


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
