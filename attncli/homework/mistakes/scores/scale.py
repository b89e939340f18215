"""Mistakes in scaling the scores."""

from __future__ import annotations

from math import sqrt

from attncli.calculation.algebra.layouts import Array
from attncli.calculation.operations.pointwise import DivideByRoot, Multiply
from attncli.calculation.operations.projections import WeightedSum
from attncli.calculation.operations.split_heads import SplitHeads
from attncli.calculation.scoring.additive import WeighHidden
from attncli.calculation.scoring.measures import Cosine, Distance
from attncli.calculation.scoring.products import Bilinear, Dot
from attncli.homework.mistakes.mistake import Scene, mistake


def _transposed(matrix: Array) -> Array:
    return matrix.swapaxes(-1, -2)


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


@mistake("scale-twice", "scores × factor × factor", Multiply)
def scale_twice(scene: Scene) -> Array | None:
    """The scores were scaled twice.

    Scale once: the scores, or the queries before the product, but not both.

    Dividing by √d_k twice is dividing by d_k: the scores become so small that softmax gives nearly
    equal weights.
    """
    (scores,) = scene.operands
    return scores * _factor(scene) ** 2


@mistake("scale-unasked", "Q Kᵀ / √d_k as the scores", Dot, Bilinear, WeighHidden, Cosine, Distance)
def scale_unasked(scene: Scene) -> Array | None:
    """The scores were divided by a square root here: √d_k, or that of the hidden width.

    Scores are not scaled yet: where a scale is asked for, it is the next step, scaled.

    Scaled where the problem asks for none, or once more in the next step, the scores become too
    small, and the weights too equal.
    """
    return scene.right() / sqrt(scene.operands[0].shape[-1])
