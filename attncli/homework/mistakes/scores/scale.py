"""Mistakes in the scale of the scores, and in the soft cap after it."""

from __future__ import annotations

from math import sqrt

import numpy as np

from attncli.calculation.algebra.layouts import Array
from attncli.calculation.masks.mask_operation import Mask
from attncli.calculation.operations.pointwise import DivideByRoot, Multiply, SoftCap
from attncli.calculation.operations.projections import WeightedSum
from attncli.calculation.operations.split_heads import SplitHeads
from attncli.calculation.scoring.additive import WeighHidden
from attncli.calculation.scoring.measures import Cosine, Distance
from attncli.calculation.scoring.products import Bilinear, Dot
from attncli.homework.mistakes.mistake import Row, Scene, Table, enter, mistake

SCORING = (Dot, Bilinear, WeighHidden, Cosine, Distance)


def _factor(scene: Scene) -> float:
    """The number that the right operation multiplies the scores by."""
    operation = scene.step.operation
    if isinstance(operation, DivideByRoot):
        return 1 / sqrt(operation.d_k)
    return scene.operation(Multiply).factor


def _over_root(scene: Scene, size: int) -> Array:
    """The scores divided by the root of a size."""
    (scores,) = scene.operands
    return scores / sqrt(size)


def _all_heads(scene: Scene) -> int:
    """The width of Q with all its heads. Raises KeyError if nothing is split."""
    return int(scene[scene.find(SplitHeads).source].shape[-1])


def _model(scene: Scene) -> int:
    """The width of X, or of Q with all its heads if there is no X."""
    return int(scene["X"].shape[-1]) if "X" in scene else _all_heads(scene)


def _over_root_of_all_heads(scene: Scene) -> Array | None:
    """The scores divided by the root of the width of Q with all heads; None if X is as wide."""
    width = _all_heads(scene)
    return _over_root(scene, width) if width != _model(scene) else None


OF_A_HEAD = "Divide by {root}, the root of the width of the queries and keys of one head."
OF_QUERIES = "Divide by {root}, the root of the width of the queries and keys."

SCALES: Table = {
    ("no-scale", "scores", DivideByRoot, Multiply): Row(
        lambda scene: scene.left_out(),
        "The scores were not scaled.",
        "Before softmax, {scaling}.",
        "Scores of long vectors are large, and softmax of large scores gives nearly all the "
        "weight to one key.",
    ),
    ("divide-by-dk", "scores / d_k", DivideByRoot): Row(
        lambda scene: scene.operands[0] / scene.operation(DivideByRoot).d_k,
        "The scores were divided by d_k instead of its square root.",
        "Divide by {root}.",
        "A sum of d_k products has a typical size of √d_k. Divided by d_k, the scores become so "
        "small that softmax gives nearly equal weights.",
    ),
    ("sqrt-dmodel", "scores / √d_model", DivideByRoot): Row(
        lambda scene: _over_root(scene, _model(scene)),
        "The scores were divided by √d_model, the root of the width of a whole token.",
        OF_A_HEAD,
        "A score adds up d_k products, not d_model: the divisor must match that number.",
    ),
    ("sqrt-all-heads", "scores / √(h · d_k)", DivideByRoot): Row(
        _over_root_of_all_heads,
        "The scores were divided by the root of the width of Q with all its heads.",
        OF_A_HEAD,
        "The score of a head adds up only the products of that head. The larger divisor makes the "
        "weights too equal.",
    ),
    ("sqrt-heads", "scores / √h", DivideByRoot): Row(
        lambda scene: _over_root(scene, scene.size("heads")),
        "The scores were divided by √h, the root of the number of heads.",
        OF_A_HEAD,
        "The size of a score depends on the number of products that it adds up, not on the number "
        "of heads.",
    ),
    ("sqrt-dv", "scores / √d_v", DivideByRoot): Row(
        lambda scene: _over_root(scene, scene[scene.find(WeightedSum).values].shape[-1]),
        "The scores were divided by √d_v, the root of the width of the values.",
        OF_QUERIES,
        "The values take no part in the scores: their width has no effect on the size of a score.",
    ),
    ("sqrt-n", "scores / √(number of keys)", DivideByRoot): Row(
        lambda scene: _over_root(scene, scene.operands[0].shape[-1]),
        "The scores were divided by the root of the number of keys.",
        OF_QUERIES,
        "The size of a score depends on the number of products that it adds up, not on the length "
        "of the sequence.",
    ),
    ("scale-inverted", "scores × √d_k, or over the given scale", DivideByRoot, Multiply): Row(
        lambda scene: scene.operands[0] / _factor(scene) if _factor(scene) else None,
        "The scores were {unscaling}.",
        "Do the opposite: {scaling}.",
        "Scaling brings the scores into the range that softmax needs. The opposite moves them "
        "away from it.",
    ),
    ("scale-twice", "scores × factor × factor", Multiply): Row(
        lambda scene: scene.operands[0] * _factor(scene) ** 2,
        "The scores were scaled twice.",
        "Scale once: {scaling}, or scale the queries before the product, but not both.",
        "Scaled twice, the scores are multiplied by the square of the scale.",
    ),
    ("scale-unasked", "Q Kᵀ / √d_k as the scores", *SCORING): Row(
        lambda scene: scene.right() / sqrt(scene.operands[0].shape[-1]),
        "The step scores was already divided by a square root: √d_k, or the root of the hidden "
        "width.",
        "Do not scale in this step: if the problem has a scale, it comes in the next step, scaled.",
        "Scaled where the problem has no scale, or once more in the next step, the scores become "
        "too small and the weights too equal.",
    ),
}
enter(SCALES)


def _cap(scene: Scene) -> float:
    """The cap of the scores."""
    return scene.operation(SoftCap).cap


CAPS: Table = {
    ("softcap-missing", "scaled", SoftCap): Row(
        lambda scene: scene.left_out(),
        "The soft cap was left out.",
        "Cap the scores: {cap} · tanh(s / {cap}).",
        "Without the cap, large scores stay large, and softmax gives nearly all the weight to one "
        "key.",
    ),
    ("softcap-not-multiplied", "tanh(scaled / c)", SoftCap): Row(
        lambda scene: scene.right() / _cap(scene),
        "The result of tanh was not multiplied by the cap.",
        "Multiply it by the cap: {cap} · tanh(s / {cap}).",
        "tanh lies between −1 and 1: without the multiplication, this is the limit of the scores, "
        "whatever the cap.",
    ),
    ("softcap-clipped", "scaled cut off at ±c", SoftCap): Row(
        lambda scene: np.clip(scene.operands[0], -_cap(scene), _cap(scene)),
        "The scores were cut off at the cap.",
        "Use tanh: {cap} · tanh(s / {cap}).",
        "Cutting off makes all large scores equal. The soft cap makes them smaller, but keeps "
        "their order.",
    ),
}
enter(CAPS)


@mistake("softcap-before-scale", "c tanh(scores / c) × factor", SoftCap)
def softcap_before_scale(scene: Scene) -> Array | None:
    """The soft cap was applied before the scores were scaled.

    Scale first, then cap.

    The cap limits the numbers that softmax gets. Scaled after the cap, the scores have another
    limit than the cap.
    """
    scaling = scene.behind(DivideByRoot, Multiply)
    return scaling.apply(scene.apply(*scaling.operands))


@mistake("softcap-after-mask", "c tanh((scaled + mask) / c)", Mask)
def softcap_after_mask(scene: Scene) -> Array | None:
    """The soft cap was applied after the mask, and changed the hidden scores too.

    Cap first, then mask.

    tanh of −∞ is −1: a hidden score becomes minus the cap, and its key gets some weight.
    """
    cap = scene.find(SoftCap)
    _, *matrices = scene.operands
    return cap.apply(scene.apply(scene[cap.source], *matrices))
