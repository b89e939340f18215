"""Mistakes between the weights and the output: the weighted sum, heads, and W_o."""

from __future__ import annotations

import numpy as np

from attncli.calculation.algebra.layouts import Array
from attncli.calculation.operations.projections import Project, WeightedSum
from attncli.calculation.operations.split_heads import Concat, SplitHeads
from attncli.calculation.scoring.products import Bilinear, Dot, OfQueriesAndKeys
from attncli.homework.mistakes.mistake import Scene, mistake

# Heads apart.


def _split(scene: Scene) -> tuple[Array, int, int]:
    """What is to be split, the number of heads, and the width of each."""
    (source,) = scene.operands
    operation = scene.step.operation
    assert isinstance(operation, SplitHeads)
    return source, operation.heads, source.shape[-1] // operation.heads


@mistake("split-by-reshape", "reshape(h, n, d)", SplitHeads)
def split_by_reshape(scene: Scene) -> Array | None:
    """The matrix was reshaped to heads × tokens × features at once.

    Cut each row into h parts: reshape to tokens × heads × features, then exchange the first two.

    Reshaping fills the first head with the first tokens, all their features, and the last head with
    the last tokens: a head then sees some of the tokens instead of some of the features of all.
    """
    source, heads, width = _split(scene)
    return source.reshape(*source.shape[:-2], heads, source.shape[-2], width).copy()


@mistake("heads-interleaved", "head i: columns i, i + h, i + 2h, …", SplitHeads)
def heads_interleaved(scene: Scene) -> Array | None:
    """The columns were dealt out to the heads in turn: head 1 got columns 1, 1 + h, and so on.

    Give each head a block of neighbouring columns: the first d_k to head 1, the next to head 2.

    W_q, W_k, W_v and W_o were learned for blocks; dealt out in turn, every head is a mixture of
    all of them.
    """
    source, heads, width = _split(scene)
    return np.moveaxis(source.reshape(*source.shape[:-1], width, heads), -1, -3).copy()


# Heads together.


@mistake("merge-by-reshape", "reshape(n, h · d)", Concat)
def merge_by_reshape(scene: Scene) -> Array | None:
    """The heads were reshaped to tokens × all features at once.

    Exchange heads and tokens first, so that a token's heads stand side by side; then reshape.

    Reshaping at once puts several tokens of one head into one row, and no row belongs to one token
    any more.
    """
    (source,) = scene.operands
    *leading, heads, tokens, width = source.shape
    return source.reshape(*leading, tokens, heads * width).copy()


@mistake("merge-batch-head-swap", "(h, batch, n, d) read as (batch, h, n, d)", Concat)
def merge_batch_head_swap(scene: Scene) -> Array | None:
    """The heads of the whole batch were laid out head by head, but read entry by entry.

    Keep batch and heads in one order from the split to the merge.

    An entry is then put together from heads of other entries, which have nothing to do with it.
    """
    (source,) = scene.operands
    if source.ndim != 4:
        return None
    return scene.step.operation.apply(source.swapaxes(0, 1).reshape(source.shape)).copy()


@mistake("merge-interleaved", "one column of each head in turn", Concat)
def merge_interleaved(scene: Scene) -> Array | None:
    """The columns of the heads were interleaved: the first of every head, then the second.

    Put whole heads side by side: all columns of head 1, then all of head 2.

    W_o expects each head's features as a block; interleaved, its rows meet the wrong ones.
    """
    (source,) = scene.operands
    in_turn = np.moveaxis(source, -3, -1)
    return in_turn.reshape(*in_turn.shape[:-2], -1).copy()


@mistake("heads-reversed-order", "head h, …, head 1 side by side", Concat)
def heads_reversed_order(scene: Scene) -> Array | None:
    """The heads were put side by side in reverse, the last one first.

    Begin with head 1.

    W_o has rows for each head in its order; reversed, each head meets the rows of another.
    """
    (source,) = scene.operands
    return scene.step.operation.apply(source[..., ::-1, :, :]).copy()


@mistake("heads-summed", "head 1 + … + head h", Concat)
def heads_summed(scene: Scene) -> Array | None:
    """The heads were added up.

    Put them side by side: the result is as wide as all of them together.

    In a sum the heads cannot be told apart any more, and W_o cannot weigh each of them by itself.
    """
    (source,) = scene.operands
    total: Array = source.sum(axis=-3)
    return total


@mistake("heads-averaged", "(head 1 + … + head h) / h", Concat)
def heads_averaged(scene: Scene) -> Array | None:
    """The mean of the heads was taken.

    Put them side by side: the result is as wide as all of them together.

    In a mean the heads cannot be told apart any more, and W_o cannot weigh each of them by itself.
    """
    (source,) = scene.operands
    mean: Array = source.mean(axis=-3)
    return mean


@mistake("no-wo", "without W_o", Project)
def no_wo(scene: Scene) -> Array | None:
    """The last projection, by W_o, was left out.

    Multiply by it: output = concat W_o.

    W_o is what mixes the heads; without it each stays in its own columns.
    """
    source, *_ = scene.operands
    return source.copy() if "W_o" in scene.step.operation.operands else None


# The weighted sum.


def _spread(scene: Scene, matrix: Array) -> Array:
    """The matrix with axes of size 1 before its last two, to meet the weights of all heads."""
    weights, _ = scene.operands
    missing = (1,) * (weights.ndim - matrix.ndim)
    return matrix.reshape(*matrix.shape[:-2], *missing, *matrix.shape[-2:])


@mistake("values-first", "V weights", WeightedSum)
def values_first(scene: Scene) -> Array | None:
    """Weights and values changed places in the product.

    Each query's weights are multiplied by all values: weights V where tokens are rows, V weights
    where they are columns.

    In the other order features are mixed instead of tokens, by weights of different queries, which
    do not add up to 1.
    """
    weights, values = scene.operands
    return values @ weights


@mistake("weights-transposed", "weightsᵀ V", WeightedSum)
def weights_transposed(scene: Scene) -> Array | None:
    """The weights were used transposed.

    Take the weights that softmax made over the keys of each query, and give them to the values of
    those keys.

    Transposed, the weights of one output do not add up to 1, and a token gets what it gives to
    others.
    """
    weights, values = scene.operands
    return weights.swapaxes(-1, -2) @ values


@mistake("context-from-projected-keys", "weights K", WeightedSum)
def context_from_projected_keys(scene: Scene) -> Array | None:
    """The weights were multiplied by the keys, as they stand in the scores.

    Multiply them by the values: weights V.

    Keys are made for being compared with queries; what a token passes on is in its value.
    """
    keys = next(
        step.operation.keys
        for step in scene.plan.steps
        if isinstance(step.operation, OfQueriesAndKeys | Bilinear)
    )
    return scene.operands[0] @ _spread(scene, scene[keys])


@mistake("context-from-keys", "weights K, before k_hidden", WeightedSum)
def context_from_keys(scene: Scene) -> Array | None:
    """The weights were multiplied by the keys, as they are before k_hidden.

    Multiply them by the values: weights V.

    Keys are made for being compared with queries; what a token passes on is in its value.
    """
    source = next(
        (step.operation.operands[0] for step in scene.plan.steps if step.name == "k_hidden"), None
    )
    return scene.operands[0] @ _spread(scene, scene[source]) if source else None


@mistake("context-from-inputs", "weights X", WeightedSum)
def context_from_inputs(scene: Scene) -> Array | None:
    """The weights were multiplied by the sequence itself: X, or memory in cross-attention.

    Multiply them by the values: weights V, where V = X W_v.

    W_v learns what a token passes on; without it the output is a mixture of raw embeddings.
    """
    weights, _ = scene.operands
    inputs = scene[next(n for n in ("memory", "embedded", "X") if n in scene or n == "X")]
    values = scene.step.operation.operands[1]
    for step in scene.plan.steps:
        if step.name == values and isinstance(step.operation, SplitHeads):
            inputs = step.operation.apply(inputs)
    return weights @ _spread(scene, inputs)


@mistake("batch-as-sequence", "softmax(Q Kᵀ) V over the batch entries", Dot, WeightedSum)
def batch_as_sequence(scene: Scene) -> Array | None:
    """The batch was taken for the sequence: entries of the batch attended to each other.

    Attend within each batch entry: the axis of the tokens is the last but one.

    Batch entries have nothing to do with each other; libraries differ in which axis comes first.
    """
    product = scene.find(Dot)
    if product is None or product.axes[0].name != "batch" or len(product.axes) != 3:
        return None
    steps = scene.plan.steps
    known = dict(scene.matrices)
    for step in steps[steps.index(product) : steps.index(scene.step)]:
        operands = [known[name] for name in step.operation.operands]
        turned = [m.swapaxes(0, 1) for m in operands] if step is product else operands
        known[step.name] = step.operation.apply(*turned)
    if scene.step is product:
        return scene.step.operation.apply(*(m.swapaxes(0, 1) for m in scene.operands))
    weights, values = (known[name] for name in scene.step.operation.operands)
    return (weights @ values.swapaxes(0, 1)).swapaxes(0, 1)
