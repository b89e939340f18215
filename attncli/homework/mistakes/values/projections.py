"""Mistakes in the projections: Q, K, V, and the output."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np

from attncli.calculation.algebra.layouts import Array, Role
from attncli.calculation.operations.projections import Project, WeightedSum
from attncli.calculation.operations.split_heads import Concat, SplitHeads
from attncli.calculation.scoring.additive import TanhSum
from attncli.calculation.scoring.products import Bilinear, Dot
from attncli.homework.mistakes.mistake import Row, Scene, Table, enter, mistake

OF_SEQUENCES = (Project, SplitHeads, Dot, Bilinear, TanhSum, WeightedSum)


@mistake("weight-transposed", "X Wᵀ for X W, or X W for X Wᵀ", Project)
def weight_transposed(scene: Scene) -> Array | None:
    """The weight was transposed: {source weightᵀ} instead of {source weight}.

    Use the weight as it is written: {source weight}.

    Only a square weight allows this, and then no error warns you that the features are mixed by the
    wrong numbers.
    """
    source, weight, *biases = scene.operands
    return scene.apply(source, weight.mT, *biases)


def _weight_first(scene: Scene, weight: Array) -> Array:
    """The product with the weight in front, with the bias if there is one."""
    source, _, *biases = scene.operands
    per_head = weight.ndim == 3
    product = weight @ (source[..., None, :, :] if per_head else source)
    for bias in biases:
        product = product + (bias[:, None, :] if per_head else bias)
    return product


@mistake("weight-on-left", "W X", Project)
def weight_on_left(scene: Scene) -> Array | None:
    """The weight was put on the left: W X.

    Tokens are {rows} in this layout, so the weight stands on the right: {source weight}.

    On the left, the weight adds up whole tokens instead of the features of each token, and gives a
    {row} for each {row} of W instead of one for each token.
    """
    swapped = scene.problem.layout.swapped
    if Role.TOKENS in swapped:
        return None
    weight = scene.operands[1]
    return _weight_first(scene, weight.mT if Role.WEIGHT in swapped else weight)


@mistake("weight-on-right", "X W, where tokens are columns", Project)
def weight_on_right(scene: Scene) -> Array | None:
    """The weight was put on the right: X W.

    Tokens are columns in this layout, so the weight stands on the left: W X.

    On the right, the weight adds up whole tokens instead of the features of each token, and gives a
    column for each column of W instead of one for each token.
    """
    if Role.TOKENS not in scene.problem.layout.swapped:
        return None
    return _weight_first(scene, scene.operands[1])


def _by_weight_of(scene: Scene, own: str, other: str) -> Array | None:
    """One of Q, K and V by the weight and bias of another; None at the other projections."""
    return scene.with_names({f"W_{own}": f"W_{other}", f"b_{own}": f"b_{other}"})


def _unprojected(scene: Scene, weight: str) -> Array | None:
    """The source of the projection by this weight; None for others, or for weights per head."""
    source, matrix, *_ = scene.operands
    is_this = scene.operation(Project).weight == weight
    return source.copy() if is_this and matrix.ndim == 2 else None


def _own(scene: Scene) -> str:
    """The name of the sequence that the queries come from."""
    return "embedded" if "embedded" in scene else "X"


SYMMETRIC = (
    "With one weight for both, the scores of a sequence with itself are symmetric: token 1 then "
    "seeks in token 2 exactly what token 2 seeks in token 1."
)

OTHER_SOURCES: Table = {
    ("v-uses-wk", "V = X W_k", Project): Row(
        lambda scene: _by_weight_of(scene, "v", "k"),
        "The values were projected by W_k, the weight of the keys.",
        "V has a weight of its own: V = {source W_v}.",
        "Keys say where to look, values say what is found there. With one weight for both, the "
        "output is a mixture of keys.",
    ),
    ("k-uses-wq", "K = X W_q", Project): Row(
        lambda scene: _by_weight_of(scene, "k", "q"),
        "The keys were projected by W_q, the weight of the queries.",
        "K has a weight of its own: K = {source W_k}.",
        SYMMETRIC,
    ),
    ("q-uses-wk", "Q = X W_k", Project): Row(
        lambda scene: _by_weight_of(scene, "q", "k"),
        "The queries were projected by W_k, the weight of the keys.",
        "Q has a weight of its own: Q = {source W_q}.",
        SYMMETRIC,
    ),
    ("k-uses-wv", "K = X W_v", Project): Row(
        lambda scene: _by_weight_of(scene, "k", "v"),
        "The keys were projected by W_v, the weight of the values.",
        "K has a weight of its own: K = {source W_k}.",
        "Keys say where to look, values say what is found there. With one weight for both, a token "
        "is found by what it passes on.",
    ),
    ("q-uses-wv", "Q = X W_v", Project): Row(
        lambda scene: _by_weight_of(scene, "q", "v"),
        "The queries were projected by W_v, the weight of the values.",
        "Q has a weight of its own: Q = {source W_q}.",
        "A query says what a token seeks, a value what it passes on.",
    ),
    ("v-uses-wq", "V = X W_q", Project): Row(
        lambda scene: _by_weight_of(scene, "v", "q"),
        "The values were projected by W_q, the weight of the queries.",
        "V has a weight of its own: V = {source W_v}.",
        "A query says what a token seeks, a value what it passes on. With one weight for both, the "
        "output is a mixture of queries.",
    ),
    ("q-unprojected", "Q = X", Project): Row(
        lambda scene: _unprojected(scene, "W_q"),
        "{source} itself was used as the queries.",
        "Project it: Q = {source W_q}.",
        "W_q learns what a token seeks. Without it, every token seeks tokens like itself.",
    ),
    ("k-unprojected", "K = X", Project): Row(
        lambda scene: _unprojected(scene, "W_k"),
        "{source} itself was used as the keys.",
        "Project it: K = {source W_k}.",
        "W_k learns by what a token can be found. Without it, the queries are compared with raw "
        "embeddings.",
    ),
    ("v-unprojected", "V = X", Project): Row(
        lambda scene: _unprojected(scene, "W_v"),
        "{source} itself was used as the values.",
        "Project it: V = {source W_v}.",
        "W_v learns what a token passes on. Without it, the output is a mixture of raw embeddings.",
    ),
    ("cross-swapped", "Q from memory, K and V from X", *OF_SEQUENCES): Row(
        lambda scene: scene.with_names({_own(scene): "memory", "memory": _own(scene)}),
        "X and memory were exchanged: the queries came from memory, the keys and values from X.",
        "Take the queries from X, and the keys and values from memory.",
        "X asks, and memory is asked. The output has one {row} per query: exchanged, it has one "
        "per token of memory.",
    ),
    ("cross-is-self", "K and V from X although memory is given", *OF_SEQUENCES): Row(
        lambda scene: scene.with_names({"memory": _own(scene)}),
        "X was used where memory belongs.",
        "In cross-attention, take the keys and values from memory; only the queries come from X.",
        "X then attends to itself, and nothing of memory reaches the output.",
    ),
}
enter(OTHER_SOURCES)


def _in_blocks(scene: Scene, block_of: Callable[[int], int]) -> Array | None:
    """Each part of the source times a block of the weight: `block_of` takes the head."""
    source, weight, *biases = scene.operands
    splits = [s for s in scene.operations(SplitHeads) if s.source == scene.step.name]
    if not splits:
        return None
    heads = splits[0].heads
    rows, columns = source.shape[-1] // heads, weight.shape[-1] // heads
    blocks = [block_of(head) for head in range(heads)]
    small = [weight[b * rows :, b * columns :][:rows, :columns] for b in blocks]
    parts = splits[0].apply(source) @ np.stack(small)
    for bias in biases:
        parts = parts + bias.reshape(heads, 1, columns)[blocks]
    return Concat(splits[0].source).apply(parts)


# Takes the columns of W_q, W_k and W_v side by side, (…, h + 2 g, d), then h and g.
Cut: TypeAlias = "Callable[[Array, int, int], tuple[Array, Array, Array]]"


def _cut_otherwise(scene: Scene, cut: Cut) -> Array:
    """Q, K or V if the three weights, side by side, are cut in another way.

    Raises ValueError for another projection, without heads, or for heads of two widths.
    """
    place = ["W_q", "W_k", "W_v"].index(scene.operation(Project).weight)
    split, shared, _ = scene.operations(SplitHeads)
    width = scene["W_q"].shape[-1] // split.heads
    if scene["W_v"].shape[-1] != shared.heads * width:
        raise ValueError

    def part(letter: str) -> Array:
        whole = np.concatenate([scene[f"{letter}_{name}"] for name in "qkv"], axis=-1)
        units = whole.reshape(*whole.shape[:-1], -1, width)
        return cut(units, split.heads, shared.heads)[place].reshape(*whole.shape[:-1], -1)

    biases = [part("b")] if scene.operation(Project).bias else []
    return scene.apply(scene.operands[0], part("W"), *biases)


def _by_head(units: Array, heads: int, shared: int) -> tuple[Array, Array, Array]:
    """For each kv head: its query heads, then its keys, then its values."""
    grouped = units.reshape(*units.shape[:-2], shared, heads // shared + 2, units.shape[-1])
    return grouped[..., :-2, :], grouped[..., -2, :], grouped[..., -1, :]


def _keys_first(units: Array, heads: int, shared: int) -> tuple[Array, Array, Array]:
    """The keys, then the values, then the queries. Raises ValueError if all are as wide."""
    if heads == shared:
        raise ValueError
    return units[..., -heads:, :], units[..., :shared, :], units[..., shared : 2 * shared, :]


WHOLE_WEIGHT = "Multiply all of {source} by the whole weight, then cut the result into heads."
OWN_PART = "Each head must see all features of a token. Cut first, it sees only its own part."
SIDE_BY_SIDE = "W_qkv holds the whole of W_q first, then W_k, then W_v."

BLOCKS: Table = {
    ("split-before-project", "each part of X times the first block of W", Project): Row(
        lambda scene: _in_blocks(scene, lambda head: 0),
        "{source} was cut into heads first, and every head was multiplied by the same small "
        "weight, the first block of {weight}.",
        WHOLE_WEIGHT,
        OWN_PART,
    ),
    ("split-before-project-own", "each part of X times its own block of W", Project): Row(
        lambda scene: _in_blocks(scene, lambda head: head),
        "{source} was cut into heads first, and every head was multiplied by its own block on the "
        "diagonal of {weight}.",
        WHOLE_WEIGHT,
        OWN_PART,
    ),
    ("qkv-by-head", "W_qkv read as q, k, v of head 1, then q, k, v of head 2, …", Project): Row(
        lambda scene: _cut_otherwise(scene, _by_head),
        "The three weights, side by side as in W_qkv, were cut head by head: the queries, keys and "
        "values of head 1 first, then those of head 2.",
        SIDE_BY_SIDE,
        "Both orders are in use: head by head in GPT-NeoX, BLOOM and Falcon, whole weights in "
        "PyTorch and GPT-2. The shapes are the same, so no error warns you.",
    ),
    ("qkv-keys-first", "W_qkv read as keys, values, queries", Project): Row(
        lambda scene: _cut_otherwise(scene, _keys_first),
        "The three weights, side by side as in W_qkv, were cut in another order: keys, values, "
        "queries.",
        SIDE_BY_SIDE,
        "With fewer kv heads than query heads, the three parts have different widths. Cut in "
        "another order, a part begins in the middle of a weight.",
    ),
}
enter(BLOCKS)


def _relu(scene: Scene) -> Array | None:
    """The projection without its negative numbers; None in a feed-forward."""
    is_of_attention = scene.operation(Project).weight in ("W_q", "W_k", "W_v", "W_o")
    return np.maximum(scene.right(), 0) if is_of_attention else None


BIASES: Table = {
    ("bias-missing", "X W", Project): Row(
        lambda scene: scene.apply(*scene.operands[:2]) if scene.operation(Project).bias else None,
        "The bias {bias} was left out.",
        "Add it to the product for every token: {source weight} + {bias}.",
        "The bias shifts each feature by the same amount for every token. Without it, the whole "
        "matrix is shifted.",
    ),
    ("bias-twice", "X W + 2 b", Project): Row(
        lambda scene: scene.apply(*scene.operands[:2], 2 * scene.operands[2]),
        "The bias {bias} was added twice.",
        "Add it once: {source weight} + {bias}.",
        "Added once more, as when a layer has already added it, it shifts the whole matrix.",
    ),
    ("relu-on-projection", "max(0, X W)", Project): Row(
        _relu,
        "ReLU was applied to the projection: its negative numbers became 0.",
        "Leave the projection as it is: the projections of attention have no activation.",
        "Without negative numbers in queries and keys no score is negative, and without negative "
        "numbers in values nothing lowers the output.",
    ),
}
enter(BIASES)
