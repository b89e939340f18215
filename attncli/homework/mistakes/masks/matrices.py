"""Mistakes in what a query may attend to: the mask as a whole."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from attncli.calculation.algebra.layouts import Array
from attncli.calculation.masks.mask_operation import Mask
from attncli.calculation.masks.mask_rules import Causal, Padding
from attncli.calculation.operations.normalisers import Softmax
from attncli.calculation.operations.pointwise import DivideByRoot, Multiply
from attncli.homework.mistakes.masks.common import (
    applied,
    behind,
    conditions,
    filled,
    masked,
    masking,
    may_attend,
    numbers,
    scored,
)
from attncli.homework.mistakes.mistake import Scene, mistake
from attncli.records import replace

if TYPE_CHECKING:
    from numpy.typing import NDArray


@mistake("mask-missing", "scores, nothing hidden", Mask)
def mask_missing(scene: Scene) -> Array | None:
    """The mask was left out: softmax was taken over all the keys.

    Apply the mask to the scores before softmax.

    Keys that are not to be seen take a share of the weights, and their values reach the output.
    """
    operation = masking(scene)
    position = tuple(name for name in operation.add if name == "position")  # ALiBi's is no mask
    only_causal = not operation.keep and operation.add == position
    if only_causal and all(isinstance(rule, Causal) for rule in operation.rules):
        return None
    return applied(scene, replace(operation, rules=(), keep=(), add=position))


@mistake("causal-missing", "scores, the future not hidden", Mask)
def causal_missing(scene: Scene) -> Array | None:
    """The causal mask was left out.

    Hide the keys that come after the query before softmax is taken.

    Every query sees what comes later: a model that is to predict the next token reads it instead.
    """
    operation = masking(scene)
    rules = tuple(rule for rule in operation.rules if not isinstance(rule, Causal))
    if len(rules) == len(operation.rules):
        return None
    return applied(scene, replace(operation, rules=rules))


@mistake("mask-inverted", "fill where the key may be seen", Mask)
def mask_inverted(scene: Scene) -> Array | None:
    """The mask was used upside down: what may be seen was hidden, and what is hidden was seen.

    Here 1 (true) means that the query may attend to the key; hide where it is 0 (false).

    Libraries do not agree: in PyTorch's scaled_dot_product_attention true means keep, in
    nn.MultiheadAttention it means hide. The weights land on exactly the wrong keys.
    """
    operation, may = masking(scene), may_attend(scene)
    if may.all():
        return None
    has_fill = operation.rules or operation.keep
    fill = operation.fill if has_fill else min(float(added.min()) for added in numbers(scene))
    scores = scored(scene)
    return np.where(may, scores.dtype.type(fill), scores)


@mistake("mask-multiplied", "scores × mask", Mask)
def mask_multiplied(scene: Scene) -> Array | None:
    """The scores were multiplied by the mask: hidden scores became 0.

    Put −∞ where a key is hidden.

    Softmax makes exp(0) = 1 of a score of 0, so hidden keys still get weight, and even more than
    keys with a negative score.
    """
    return filled(scene, 0)


@mistake("mask-tiny-fill", "fill = −1e-12", Mask)
def mask_tiny_fill(scene: Scene) -> Array | None:
    """Hidden scores were set to −1e-12, which is nearly 0.

    Set them to −∞, or to a very large negative number such as −1e12.

    Softmax makes exp(−1e-12) ≈ 1 of it: hidden keys still get weight.
    """
    return filled(scene, -1e-12)


@mistake("mask-exponent-slip", "fill = −1e-9", Mask)
def mask_exponent_slip(scene: Scene) -> Array | None:
    """Hidden scores were set to −1e-9 where −1e9 was meant.

    Set them to −∞, or to −1e9: minus one thousand million.

    −1e-9 is nearly 0, and softmax makes exp(−1e-9) ≈ 1 of it: hidden keys still get weight.
    """
    return filled(scene, -1e-9)


@mistake("mask-small-fill", "fill = −10", Mask)
def mask_small_fill(scene: Scene) -> Array | None:
    """Hidden scores were set to −10.

    Set them to −∞, or to a very large negative number such as −1e9.

    exp(−10) is small but not 0: hidden keys keep some weight, the more the lower the other scores.
    """
    return filled(scene, -10)


@mistake("mask-plus-inf", "fill = +∞", Mask)
def mask_plus_inf(scene: Scene) -> Array | None:
    """Hidden scores were set to plus infinity.

    Set them to minus infinity, −∞.

    exp(−∞) is 0, a weight of nothing; exp(+∞) is infinite, and ∞ / ∞ makes the whole row NaN.
    """
    return filled(scene, np.inf)


@mistake("mask-plus-large", "fill = +1e9", Mask)
def mask_plus_large(scene: Scene) -> Array | None:
    """Hidden scores were set to a very large positive number; 1e9 stands here for any such.

    Set them to −∞, or to a very large negative number: mind the sign.

    The largest score gets the most weight, so the hidden keys share all of it between them.
    """
    return filled(scene, min(1e9, float(np.finfo(scene.operands[0].dtype).max)))


@mistake("mask-added-as-01", "scores + mask, 1 = seen", Mask)
def mask_added_as_01(scene: Scene) -> Array | None:
    """The mask of ones and zeros was added to the scores.

    Put −∞ where the mask is 0, or add a mask made of 0 (seen) and −∞ (hidden).

    Adding 1 to the keys that may be seen favours them by a factor of e, but hides nothing.
    """
    may = may_attend(scene)
    return None if may.all() else scored(scene) + may


@mistake("mask-added-as-10", "scores + mask, 1 = hidden", Mask)
def mask_added_as_10(scene: Scene) -> Array | None:
    """A mask with 1 for every hidden key was added to the scores.

    Put −∞ where a key is hidden, or add a mask made of 0 (seen) and −∞ (hidden).

    Adding 1 to the hidden keys hides nothing: it raises their weight by a factor of e.
    """
    may = may_attend(scene)
    return None if may.all() else scored(scene) + ~may


@mistake("mask-scaled-too", "(unscaled scores + mask) × scale", Mask)
def mask_scaled_too(scene: Scene) -> Array | None:
    """The mask was added before the scores were scaled, so that its numbers were scaled too.

    Scale the scores first, then add the mask.

    −∞ divided is still −∞, but the finite numbers of a mask come out smaller or larger than given.
    """
    scaling = behind(scene, DivideByRoot, Multiply)
    if scaling is None:
        return None
    scale = scaling.step.operation.apply
    operation = masking(scene)
    scaled = replace(operation, fill=float(scale(np.array(operation.fill))))
    return scaled.apply(
        scene.operands[0],
        *(scene[name] for name in operation.keep),
        *(scale(added) for added in numbers(scene)),
    )


@mistake("mask-after-softmax", "softmax(scores) × mask", Softmax)
def mask_after_softmax(scene: Scene) -> Array | None:
    """Softmax was taken of all the scores, and the hidden weights were set to 0 afterwards.

    Set the hidden scores to −∞ first, then take softmax.

    The hidden keys have already taken their share: the weights that are left no longer sum to 1.
    """
    before = behind(scene, Mask)
    if before is None:
        return None
    weights = scene.step.operation.apply(scored(before))
    return weights * may_attend(before)


@mistake("mask-on-query-axis", "maskᵀ", Mask)
def mask_on_query_axis(scene: Scene) -> Array | None:
    """The mask was laid over the queries instead of the keys: rows were hidden, not columns.

    The mask's last axis counts the keys: hide a key's column in every row.

    Queries that are hidden this way attend to nothing at all, while the keys that should be hidden
    are still seen by the others.
    """
    operation = masking(scene)
    n, m = scene.operands[0].shape[-2:]

    def turned(matrix: NDArray[Any], rows: int, columns: int) -> NDArray[Any]:
        return np.broadcast_to(matrix, (*matrix.shape[:-2], rows, columns)).swapaxes(-1, -2)

    turnable = [rule for rule in operation.rules if isinstance(rule, Padding)]
    others = [rule for rule in operation.rules if not isinstance(rule, Padding)]
    if not (turnable or operation.keep or operation.add):
        return None
    keep = [
        *(turned(rule.may_attend(m, n), m, n) for rule in turnable),
        *(rule.may_attend(n, m) for rule in others),
        *(turned(scene[name], n, m) for name in operation.keep),
    ]
    return masked(scene, keep, [turned(added, n, m) for added in numbers(scene)])


@mistake("mask-head-order", "mask of entry (batch · heads + head) mod entries", Mask)
def mask_head_order(scene: Scene) -> Array | None:
    """The masks of the batch entries were repeated for the heads in the wrong order.

    With batch and heads on one axis the heads of an entry stand together: repeat each mask once
    for every head (m₀ m₀ m₁ m₁), not the whole list of masks (m₀ m₁ m₀ m₁).

    Some heads get the mask of another entry, and no error says so, because the shapes fit.
    """
    shape = scene.operands[0].shape
    if len(shape) != 4:
        return None

    def shuffled(matrix: NDArray[Any]) -> NDArray[Any]:
        return np.broadcast_to(matrix, shape).swapaxes(0, 1).reshape(shape)

    return masked(scene, map(shuffled, conditions(scene)), map(shuffled, numbers(scene)))
