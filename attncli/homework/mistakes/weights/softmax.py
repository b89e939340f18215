"""Mistakes in softmax: over what it is taken, how often, and of which scores."""

from __future__ import annotations

import numpy as np

from attncli.calculation.algebra.layouts import Array
from attncli.calculation.operations.normalisers import NORMALISERS, Normalise, Softmax
from attncli.calculation.operations.pointwise import DivideByRoot, Multiply
from attncli.homework.mistakes.masks.common import behind, chain
from attncli.homework.mistakes.mistake import Scene, mistake

EVERY_NORMALISER = tuple(NORMALISERS.values())


def shifted(scores: Array) -> tuple[Array, Array]:
    """The scores less the largest of their row, and that largest; 0 in a row of −inf alone."""
    largest = scores.max(axis=-1, keepdims=True)
    largest = np.where(np.isneginf(largest), scores.dtype.type(0), largest)
    return scores - largest, largest


def sums(powers: Array) -> Array:
    """The sum for each query, as a column."""
    totals: Array = powers.sum(axis=-1, keepdims=True)
    return totals


def normalising(scene: Scene) -> Normalise:
    """The operation of this step, which makes weights of scores."""
    operation = scene.step.operation
    assert isinstance(operation, Normalise)
    return operation


def tempered(scene: Scene) -> Array:
    """The scores over the temperature: what the exponentials are taken of."""
    (scores,) = scene.operands
    return scores / normalising(scene).temperature


def along(scene: Scene, axis: int) -> Array:
    """Softmax over another axis than the keys."""
    (scores,) = scene.operands
    return np.moveaxis(scene.step.operation.apply(np.moveaxis(scores, axis, -1)), -1, axis)


def along_named(scene: Scene, name: str) -> Array:
    """Softmax over the axis that counts this. Raises ValueError where there is none."""
    return along(scene, [axis.name for axis in scene.step.axes].index(name))


@mistake("softmax-columns", "exp(sᵢⱼ) / Σᵢ exp(sᵢⱼ)", Softmax)
def softmax_columns(scene: Scene) -> Array | None:
    """Softmax was taken over the queries: all the weights of one key sum to 1.

    Take it over the keys: all the weights of one query sum to 1.

    The weights say how one query shares its attention among the keys, so they must sum to 1 for
    each query; only then is the output an average of the values.
    """
    return along(scene, -2)


@mistake("softmax-wrong-batch-axis", "softmax over the batch", Softmax)
def softmax_wrong_batch_axis(scene: Scene) -> Array | None:
    """Softmax was taken over the batch axis.

    Take it over the last axis, the keys: axis=-1.

    Entries of a batch have nothing to do with each other; with one entry every weight becomes 1.
    """
    return along_named(scene, "batch")


@mistake("softmax-over-heads", "softmax over the heads", Softmax)
def softmax_over_heads(scene: Scene) -> Array | None:
    """Softmax was taken over the heads.

    Take it over the last axis, the keys, in every head by itself: axis=-1.

    Heads do not compete with each other: each one is an attention of its own.
    """
    return along_named(scene, "heads")


@mistake("softmax-whole-matrix", "exp(sᵢⱼ) / Σᵢⱼ exp(sᵢⱼ)", Softmax)
def softmax_whole_matrix(scene: Scene) -> Array | None:
    """The exponentials were divided by the sum of the whole matrix.

    Divide each by the sum for its own query only.

    The weights of each query must sum to 1; here those of all the queries together do.
    """
    (scores,) = scene.operands
    flat = scores.reshape(*scores.shape[:-2], -1)
    return scene.step.operation.apply(flat).reshape(scores.shape)


def laid_across(column: Array, scores: Array) -> Array:
    """One number a query as one number a key. Raises ValueError where they differ in number."""
    return np.broadcast_to(column.swapaxes(-1, -2), scores.shape)


@mistake("keepdims-missing", "exp(sᵢⱼ) / Σₖ exp(sⱼₖ)", Softmax)
@np.errstate(all="ignore")
def keepdims_missing(scene: Scene) -> Array | None:
    """The cell of query i and key j was divided by the sum for query j.

    Divide by the sum for query i: in NumPy, sum with keepdims=True.

    Without keepdims the sums become a row, and are laid over the columns. As many queries as keys
    hide this: there is no error, but the weights of a query do not sum to 1.
    """
    scores = tempered(scene)
    powers = np.exp(scores)
    return powers / laid_across(sums(powers), scores)


@mistake("keepdims-missing-twice", "exp(sᵢⱼ − maxⱼ) / Σₖ exp(sⱼₖ − maxₖ)", Softmax)
@np.errstate(all="ignore")
def keepdims_missing_twice(scene: Scene) -> Array | None:
    """For the cell of query i and key j the maximum and the sum of query j were used.

    Use the maximum and the sum of query i: in NumPy, max and sum with keepdims=True.

    Without keepdims both become a row, and are laid over the columns. As many queries as keys hide
    this: there is no error, but the weights of a query do not sum to 1.
    """
    scores = tempered(scene)
    powers = np.exp(scores - laid_across(scores.max(axis=-1, keepdims=True), scores))
    return powers / laid_across(sums(powers), scores)


@mistake("softmax-twice", "softmax(softmax(scores))", Softmax)
def softmax_twice(scene: Scene) -> Array | None:
    """Softmax was taken twice.

    Take it once; some functions, such as a loss, take it themselves.

    The second one works on numbers between 0 and 1 and makes them nearly equal; keys hidden by a
    mask, with a weight of 0 after the first, get weight again.
    """
    return scene.step.operation.apply(scene.right())


@mistake("softmax-unscaled", "softmax of the scores before scaling", Softmax)
def softmax_unscaled(scene: Scene) -> Array | None:
    """Softmax was taken of the scores before they were scaled.

    Take it of the scaled scores: they are what scaling was done for.

    Larger scores make a sharper softmax: the largest weight comes out too large.
    """
    return unscaled_weights(scene)


@mistake("scale-after-softmax", "softmax(unscaled scores) × scale", Softmax)
def scale_after_softmax(scene: Scene) -> Array | None:
    """The weights were scaled instead of the scores: scaling came after softmax.

    Scale the scores, then take softmax.

    Weights must sum to 1; scaled, they sum to the scale, and softmax saw the scores at full size.
    """
    scaling = behind(scene, DivideByRoot, Multiply)
    weights = unscaled_weights(scene)
    return weights if scaling is None or weights is None else scaling.step.operation.apply(weights)


def unscaled_weights(scene: Scene) -> Array | None:
    """Softmax of the scores without their scaling, masked all the same; None without scaling."""
    scaling = behind(scene, DivideByRoot, Multiply)
    if scaling is None:
        return None
    known = {**scene.matrices, scaling.step.name: scaling.operands[0]}
    steps = chain(scene)
    for step in reversed(steps[: steps.index(scaling.step)]):
        known[step.name] = step.operation.apply(*(known[name] for name in step.operation.operands))
    return scene.step.operation.apply(known[steps[0].name])
