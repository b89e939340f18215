"""Mistakes between the weights and the output: heads, the weighted sum, W_o, and shared heads."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from attncli.calculation.algebra.layouts import Array
from attncli.calculation.algebra.operation import Operation
from attncli.calculation.operations.projections import Project, WeightedSum
from attncli.calculation.operations.split_heads import Average, Concat, SplitHeads
from attncli.calculation.scoring.products import Bilinear, Dot, OfQueriesAndKeys
from attncli.homework.mistakes.mistake import Row, Scene, Table, enter, mistake

MEETING: tuple[type[Operation], ...] = (OfQueriesAndKeys, Bilinear, WeightedSum)


@mistake("split-by-reshape", "reshape(h, n, d)", SplitHeads)
def split_by_reshape(scene: Scene) -> Array | None:
    """The matrix was reshaped to heads × tokens × features in one step.

    Give each head a part of the features of every token: {split}.

    In one step, the first head gets all features of the first tokens, and the last head gets all
    features of the last tokens.
    """
    (source,) = scene.operands
    *leading, tokens, width = source.shape
    heads = scene.operation(SplitHeads).heads
    return source.reshape(*leading, heads, tokens, width // heads).copy()


@mistake("heads-interleaved", "head i: columns i, i + h, i + 2h, …", SplitHeads)
def heads_interleaved(scene: Scene) -> Array | None:
    """The features were given to the heads in turn: with h heads, head 1 got the features 1, 1 + h,
    1 + 2h, and so on.

    Give each head a block of neighbouring features: the first d_k features to head 1, the next d_k
    features to head 2.

    W_q, W_k, W_v and W_o were learned for blocks. If the features are given in turn, each head gets
    features of all heads.
    """
    (source,) = scene.operands
    *leading, width = source.shape
    heads = scene.operation(SplitHeads).heads
    return np.moveaxis(source.reshape(*leading, width // heads, heads), -1, -3).copy()


def _of_heads(scene: Scene, merge: Callable[[Array], Array]) -> Array:
    """The heads put together in another way: (…, heads, n, width) → (…, n, all or one width)."""
    (heads,) = scene.operands
    return merge(heads).copy()


_side_by_side = Concat("heads").apply


def _by_head_and_entry(heads: Array) -> Array:
    """The heads written head by head, read entry by entry. Raises ValueError without a batch."""
    return _side_by_side(heads.transpose(1, 0, 2, 3).reshape(heads.shape))


SIDE_BY_SIDE = "Put the heads side by side: the result keeps all features of all heads."

MERGED: Table = {
    ("merge-by-reshape", "reshape(n, h · d)", Concat): Row(
        lambda scene: _of_heads(scene, lambda h: h.reshape(_side_by_side(h).shape)),
        "The heads were reshaped to tokens × features in one step.",
        "Put the heads of each token side by side: {merge}.",
        "In one step, a {row} gets several tokens of one head instead of one token of all heads.",
    ),
    ("merge-batch-head-swap", "(h, batch, n, d) read as (batch, h, n, d)", Concat): Row(
        lambda scene: _of_heads(scene, _by_head_and_entry),
        "The heads were stored in the order heads, batch, but they were read in the order batch, "
        "heads.",
        "Keep the axes of batch and heads in the same order from the split to the merge.",
        "In the wrong order, one batch entry gets heads of other batch entries.",
    ),
    ("merge-interleaved", "one column of each head in turn", Concat): Row(
        lambda scene: _of_heads(scene, lambda h: _side_by_side(h.swapaxes(-3, -1))),
        "The features of the heads were put in turn: the first feature of every head, then the "
        "second feature of every head, and so on.",
        "Put whole heads side by side: all features of head 1, then all features of head 2.",
        "W_o expects the features of each head as a block. In another order, the features are "
        "multiplied by the wrong numbers of W_o.",
    ),
    ("heads-reversed-order", "head h, …, head 1 side by side", Concat): Row(
        lambda scene: _of_heads(scene, lambda h: _side_by_side(h[..., ::-1, :, :])),
        "The heads were put side by side in reverse order, the last head first.",
        "Begin with head 1, and end with the last head.",
        "W_o has numbers for each head, in the order of the heads. In reverse order, head 1 is "
        "multiplied by the numbers for the last head.",
    ),
    ("heads-summed", "head 1 + … + head h", Concat): Row(
        lambda scene: _of_heads(scene, lambda h: h.sum(axis=-3)),
        "The heads were added up.",
        SIDE_BY_SIDE,
        "After a sum, the heads cannot be separated, and W_o cannot use different numbers for "
        "each head.",
    ),
    ("heads-averaged", "(head 1 + … + head h) / h", Concat): Row(
        lambda scene: _of_heads(scene, lambda h: h.mean(axis=-3)),
        "The mean of the heads was taken.",
        SIDE_BY_SIDE,
        "After a mean, the heads cannot be separated, and W_o cannot use different numbers for "
        "each head.",
    ),
}
enter(MERGED)


def _keys(scene: Scene) -> Array:
    """The keys, as the scores use them."""
    return scene[scene.find(*MEETING).operands[-1]]


def _inputs(scene: Scene) -> Array:
    """The sequence that the values are projected from, split into heads like the values."""
    inputs = scene[next(n for n in ("memory", "embedded", "X") if n in scene or n == "X")]
    split = {s.name: s.operation for s in scene.plan.steps}.get(scene.operation(WeightedSum).values)
    return split.apply(inputs) if isinstance(split, SplitHeads) else inputs


def _context(scene: Scene, matrix: Array) -> Array:
    """The weights times another matrix, the same for all heads unless it has heads itself."""
    weights, _ = scene.operands
    missing = (1,) * (weights.ndim - matrix.ndim)
    return weights @ matrix.reshape(*matrix.shape[:-2], *missing, *matrix.shape[-2:])


VALUES = "Multiply the weights by the values: {weights V}."
KEYS = "Keys are compared with queries. Values are the information that a token gives to others."

CONTEXTS: Table = {
    ("no-wo", "without W_o", Project): Row(
        lambda scene: scene.left_out() if "W_o" in scene.step.operation.operands else None,
        "The multiplication by W_o was left out.",
        "Multiply by W_o: output = {concat W_o}.",
        "W_o mixes the features of all heads. Without W_o, the heads stay separate.",
    ),
    ("values-first", "V weights", WeightedSum): Row(
        lambda scene: scene.of_operands(lambda weights, values: values @ weights),
        "Weights and values were multiplied in the wrong order.",
        "Multiply the weights of each query by the values: {weights V}.",
        "The output of a query is a sum of values, each multiplied by its weight. In the wrong "
        "order, features are mixed instead of tokens.",
    ),
    ("weights-transposed", "weightsᵀ V", WeightedSum): Row(
        lambda scene: scene.of_operands(lambda weights, values: weights.mT @ values),
        "The weights were transposed.",
        "Multiply the weights of each query by the values of the keys: {weights V}.",
        "The output of a query needs the weights that this query gives to all keys. If the "
        "weights are transposed, the output uses the weights that all queries give to one key.",
    ),
    ("context-from-projected-keys", "weights K", WeightedSum): Row(
        lambda scene: _context(scene, _keys(scene)),
        "The weights were multiplied by the keys that the scores use, instead of the values.",
        VALUES,
        KEYS,
    ),
    ("context-from-keys", "weights K, before k_hidden", WeightedSum): Row(
        lambda scene: _context(scene, scene[scene.maker("k_hidden").operands[0]]),
        "The weights were multiplied by the keys instead of the values. The keys were taken "
        "before the step k_hidden.",
        VALUES,
        KEYS,
    ),
    ("context-from-inputs", "weights X", WeightedSum): Row(
        lambda scene: _context(scene, _inputs(scene)),
        "The weights were multiplied by the input of W_v (memory, or X with its positions) "
        "instead of V. With several heads, each head used its part of the features.",
        VALUES,
        "The model learns W_v: it makes the information that a token gives to others. Without "
        "W_v, the output is a mixture of the inputs.",
    ),
}
enter(CONTEXTS)


@mistake("batch-as-sequence", "softmax(Q Kᵀ) V over the batch entries", Dot, WeightedSum)
def batch_as_sequence(scene: Scene) -> Array | None:
    """The batch was used as the sequence: tokens attended to tokens of other batch entries.

    Let tokens attend only to tokens of the same batch entry. The first axis is the batch.

    Batch entries are independent of each other. Libraries differ: the first axis is the batch in
    some, and the tokens in others.
    """
    product = scene.find(Dot)
    steps = scene.plan.steps
    first = next(place for place, step in enumerate(steps) if step.operation is product)
    if [axis.name for axis in steps[first].axes[:-2]] != ["batch"]:
        return None
    if scene.step.operation is product:
        return scene.apply(*(matrix.swapaxes(0, 1) for matrix in scene.operands))
    known = dict(scene.matrices)
    for step in steps[first : steps.index(scene.step)]:
        operands = [known[name] for name in step.operation.operands]
        turned = [m.swapaxes(0, 1) for m in operands] if step is steps[first] else operands
        known[step.name] = step.operation.apply(*turned)
    weights, values = (known[name] for name in scene.step.operation.operands)
    return (weights @ values.swapaxes(0, 1)).swapaxes(0, 1)


def _shared(scene: Scene, deal: Callable[[Array, int], Array]) -> Array | None:
    """The result of the right operation with shared keys, or values, given to other heads."""
    first, *between, last = scene.operands
    if last.ndim < 3 or last.shape[:-2] == first.shape[:-2]:
        return None
    return scene.apply(first, *between, deal(last, first.shape[-3]))


def _along_tokens(keys: Array, heads: int) -> Array:
    """The keys repeated along the tokens, then cut into heads."""
    *leading, own, tokens, width = keys.shape
    repeated = np.repeat(keys, heads // own, axis=-2)
    return repeated.reshape(*leading, heads, tokens, width)


SHARED: Table = {
    ("gqa-tiled", "query head h uses kv head h mod kv_heads", *MEETING): Row(
        lambda scene: _shared(
            scene, lambda k, h: np.concatenate([k] * (h // k.shape[-3]), axis=-3)
        ),
        "The kv heads (heads of keys and values) were given to the query heads in turn: with two "
        "kv heads, query heads 1, 2, 3 used kv heads 1, 2, 1.",
        "Let neighbouring query heads share a kv head: in NumPy use repeat, not tile.",
        "The weights were learned for groups of neighbouring query heads. If the kv heads are "
        "given in turn, most query heads use the keys and values of another group.",
    ),
    ("gqa-wrong-axis", "tokens are repeated instead of heads", *MEETING): Row(
        lambda scene: _shared(scene, _along_tokens),
        "The shared keys or values were repeated along the tokens instead of the heads.",
        "Repeat along the axis of the heads, the third axis from the end.",
        "If keys or values are repeated along the tokens, each head gets only a part of the "
        "tokens, several times.",
    ),
    ("gqa-first-head", "every query head uses kv head 1", *MEETING): Row(
        lambda scene: _shared(scene, lambda k, h: np.repeat(k[..., :1, :, :], h, axis=-3)),
        "All query heads used the first kv head (head of keys and values).",
        "Give each group of query heads its own kv head.",
        "If all query heads share one kv head, this is multi-query attention. This problem has "
        "several kv heads, and all of them must be used.",
    ),
    ("average-summed", "head 1 + … + head h of the weights", Average): Row(
        lambda scene: scene.operands[0].sum(axis=-3),
        "The weights of the heads were added up, but not divided by the number of heads.",
        "Divide the sum by the number of heads: the step average is the mean of the heads.",
        "In the mean, the weights of a query sum to 1. In the sum, they sum to the number of "
        "heads.",
    ),
}
enter(SHARED)
