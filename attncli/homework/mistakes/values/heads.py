"""Mistakes between the weights and the output: heads, the weighted sum, W_o, and shared heads."""

from __future__ import annotations

from collections.abc import Callable
from math import sqrt

import numpy as np

from attncli.calculation.algebra.layouts import Array
from attncli.calculation.algebra.operation import Operation
from attncli.calculation.algebra.plan import Step
from attncli.calculation.algebra.shared_heads import spread
from attncli.calculation.operations.normalisers import Softmax
from attncli.calculation.operations.pointwise import DivideByRoot
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
    """The sequence that the values are projected from."""
    return scene[next(n for n in ("memory", "embedded", "X") if n in scene or n == "X")]


def _split_of_values(scene: Scene) -> SplitHeads | None:
    """The operation that splits the values into heads; None if they are not split."""
    split = {s.name: s.operation for s in scene.plan.steps}.get(scene.operation(WeightedSum).values)
    return split if isinstance(split, SplitHeads) else None


def _inputs_like_values(scene: Scene) -> Array:
    """The sequence that the values are projected from, split into heads like the values."""
    split = _split_of_values(scene)
    return split.apply(_inputs(scene)) if split else _inputs(scene)


def _whole_context(scene: Scene) -> Array | None:
    """The weights of each head times the whole inputs; None if the values are not split."""
    return _context(scene, _inputs(scene)) if _split_of_values(scene) else None


def _last_values(scene: Scene) -> Array:
    """The value of the last key that has a weight, for each query."""
    weights, values = scene.operands
    last = weights.shape[-1] - 1 - (weights[..., ::-1] != 0).argmax(axis=-1)
    return np.take_along_axis(spread(values, weights.shape), last[..., None], axis=-2)


def _own_values(scene: Scene) -> Array | None:
    """The values themselves; None if they do not fit, or are those of the last keys."""
    weights, values = scene.operands
    own = spread(values, weights.shape)
    is_other = own.shape == scene.right().shape and not np.array_equal(own, _last_values(scene))
    return own.copy() if is_other else None


def _of_first_head(scene: Scene) -> Array:
    """The weights of the first head for all heads. Raises KeyError without heads."""
    weights = scene.right()
    scene.size("heads")
    return np.broadcast_to(weights[..., :1, :, :], weights.shape).copy()


def _context(scene: Scene, matrix: Array) -> Array:
    """The weights times another matrix, the same for all heads unless it has heads itself."""
    weights, _ = scene.operands
    missing = (1,) * (weights.ndim - matrix.ndim)
    return weights @ matrix.reshape(*matrix.shape[:-2], *missing, *matrix.shape[-2:])


VALUES = "Multiply the weights by the values: {weights V}."
UNPROJECTED = (
    "The model learns W_v: it makes the information that a token gives to others. Without W_v, the "
    "output is a mixture of the inputs."
)
UNMIXED = "The result of a query is a mixture of the values of all its keys, by their weights."
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
        lambda scene: _context(scene, _inputs_like_values(scene)),
        "The weights were multiplied by the input of W_v (memory, or X with its positions) "
        "instead of V. With several heads, each head used its part of the features.",
        VALUES,
        UNPROJECTED,
    ),
    ("context-from-whole-inputs", "weights X in every head", WeightedSum): Row(
        _whole_context,
        "The weights of every head were multiplied by the whole input of W_v (memory, or X with "
        "its positions) instead of the values of the head.",
        VALUES,
        UNPROJECTED,
    ),
    ("values-unweighted", "V", WeightedSum): Row(
        _own_values,
        "The weights were not used: each query got the value of its own token.",
        VALUES,
        UNMIXED,
    ),
    ("last-value", "the value of the last key", WeightedSum): Row(
        _last_values,
        "The weights were not used: each query got the value of the last key that it may attend "
        "to.",
        VALUES,
        UNMIXED,
    ),
    ("weights-of-first-head", "the weights of head 1 in every head", Softmax): Row(
        _of_first_head,
        "The weights of head 1 were used for every head.",
        "Calculate the weights of each head from its own queries and keys.",
        "The heads are there to attend to different tokens. With the weights of one head, they "
        "all attend to the same.",
    ),
}
enter(CONTEXTS)


def _step_of(scene: Scene, kind: type[Operation]) -> Step:
    """The first step with an operation of this kind. Raises KeyError if there is none."""
    operation = scene.find(kind)
    return next(step for step in scene.plan.steps if step.operation is operation)


@mistake("batch-as-sequence", "softmax(Q Kᵀ) V over the batch entries", Dot, WeightedSum)
def batch_as_sequence(scene: Scene) -> Array | None:
    """The batch was used as the sequence: tokens attended to tokens of other batch entries.

    Let tokens attend only to tokens of the same batch entry. The first axis is the batch.

    Batch entries are independent of each other. Libraries differ: the first axis is the batch in
    some, and the tokens in others.
    """
    product = _step_of(scene, Dot)
    if not product.axes[:-2] or product.axes[0].name != "batch":
        return None
    turned = (scene[name].swapaxes(0, -2) for name in product.operation.operands)
    scores = product.operation.apply(*turned)
    if scene.step.name == product.name:
        return scores
    weights, values = scene.follow(product.name, scores), scene.operands[1]
    return scene.apply(weights, values.swapaxes(0, -2)).swapaxes(0, -2)


def _scores_of_all_features(scene: Scene) -> tuple[Step, Array]:
    """The step `scores`, and Q Kᵀ before the split into heads: (…, 1, n, m).

    Raises KeyError if queries and keys are not split, ValueError if they have not as many heads.
    """
    product = _step_of(scene, Dot)
    names = product.operation.operands
    if not all(isinstance(scene.maker(name), SplitHeads) for name in names):
        raise KeyError(names)
    queries, keys = (scene[name] for name in names)
    if queries.shape[:-2] != keys.shape[:-2]:
        raise ValueError
    # Each head adds up its own part of the products.
    return product, product.operation.apply(queries, keys).sum(axis=-3, keepdims=True)


def _over_root_of_all_features(scene: Scene) -> tuple[Step, Array]:
    """The step `scaled`, and Q Kᵀ before the split, over the root of the whole width."""
    product, scores = _scores_of_all_features(scene)
    queries = scene[product.operation.operands[0]]
    width = queries.shape[-3] * queries.shape[-1]
    return _step_of(scene, DivideByRoot), scores / sqrt(width)


def _unsplit(scene: Scene, made: tuple[Step, Array]) -> Array:
    """The result of this step if a step gives one matrix, (…, 1, n, m), for all heads."""
    step, matrix = made
    if scene.step.name == step.name:
        return matrix.squeeze(-3)
    weights = scene.follow(step.name, matrix)
    if isinstance(scene.step.operation, Average):
        return weights.squeeze(-3)
    return np.asarray(weights @ scene.operands[1])


SPLIT_FIRST = "Split Q, K and V into heads first, and take softmax in each head by itself."
ONE_MAP = (
    "Without the split, all features share one matrix of weights: a query can attend to the tokens "
    "in one way only."
)

UNSPLIT: Table = {
    ("heads-not-split", "softmax(Q Kᵀ / √d_k) of all features", Dot, WeightedSum, Average): Row(
        lambda scene: _unsplit(scene, _scores_of_all_features(scene)),
        "The features were not split into heads: one matrix of scores was made of all features.",
        SPLIT_FIRST,
        ONE_MAP,
    ),
    (
        "heads-not-split-root",
        "softmax(Q Kᵀ / √(h · d_k)) of all features",
        *(DivideByRoot, WeightedSum, Average),
    ): Row(
        lambda scene: _unsplit(scene, _over_root_of_all_features(scene)),
        "The features were not split into heads: one matrix of scores was made of all features, "
        "and divided by the root of the width of Q with all its heads.",
        SPLIT_FIRST,
        ONE_MAP,
    ),
}
enter(UNSPLIT)


def _shared(scene: Scene, deal: Callable[[Array, int], Array]) -> Array | None:
    """The result of the right operation with shared keys, or values, given to other heads."""
    first, *between, last = scene.operands
    if last.ndim < 3 or last.shape[:-2] == first.shape[:-2]:
        return None
    if first.shape[-3] % last.shape[-3]:  # an answer may have any number of heads
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
    ("gqa-reversed", "the last kv head for the first query heads", *MEETING): Row(
        lambda scene: _shared(
            scene, lambda k, h: np.repeat(k[..., ::-1, :, :], h // k.shape[-3], axis=-3)
        ),
        "The kv heads (heads of keys and values) were given to the query heads in reverse order.",
        "Give the first kv head to the first group of query heads.",
        "The weights were learned for groups of neighbouring query heads. In reverse order, the "
        "query heads use the keys and values of another group.",
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
