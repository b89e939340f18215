"""Mistakes in what a query may attend to: the mask as a whole."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from attncli.calculation.algebra.layouts import Array, Booleans
from attncli.calculation.masks.mask_operation import HIDES, Mask
from attncli.calculation.masks.mask_rules import Causal, Padding, Rule, Window
from attncli.calculation.operations.normalisers import Softmax
from attncli.calculation.operations.pointwise import DivideByRoot, Multiply
from attncli.homework.mistakes.mistake import Row, Scene, Table, enter, mistake
from attncli.records import replace

if TYPE_CHECKING:
    from numpy.typing import NDArray


def counted_from(first: int, rules: tuple[Rule, ...]) -> tuple[Rule, ...]:
    """The rules with the first query at another key, where they count from it."""
    return tuple(
        replace(rule, first=first) if isinstance(rule, Causal | Window) else rule for rule in rules
    )


def conditions(scene: Scene) -> list[Booleans]:
    """The keys that each query may attend to, by each rule and by each matrix of booleans."""
    mask = scene.operation(Mask)
    scores, *matrices = scene.operands
    n, m = scores.shape[-2:]
    keep, _ = mask.whole(scores, matrices)
    rules = (rule.may_attend(n, m) for rule in mask.rules)
    return [*rules, *(np.asarray(part, np.bool_) for part in keep)]


def numbers(scene: Scene) -> list[Array]:
    """The matrices that are added to the scores, with a column for each key."""
    scores, *matrices = scene.operands
    _, add = scene.operation(Mask).whole(scores, matrices)
    return add


def may_attend(scene: Scene) -> Booleans:
    """Every mask combined: true where nothing hides the key, nor an added number of `HIDES`."""
    may = np.ones(scene.operands[0].shape, np.bool_)
    for part in (*conditions(scene), *(added > HIDES for added in numbers(scene))):
        may &= part
    return may


def scored(scene: Scene) -> Array:
    """The scores with the added numbers that do not hide a key: what there is before hiding."""
    scores = scene.operands[0]
    for added in numbers(scene):
        scores = scores + np.where(added > HIDES, added, 0)
    return scores


def masked(scene: Scene, keep: Iterable[Booleans], add: Iterable[Array]) -> Array:
    """The scores masked with these matrices in place of every mask.

    Raises ValueError where they do not fit the scores.
    """
    scores = scene.operands[0]
    kept = [np.broadcast_to(matrix, scores.shape) for matrix in keep]
    added = [np.broadcast_to(matrix, scores.shape) for matrix in add]
    keeps, adds = ("",) * len(kept), ("",) * len(added)
    operation = replace(scene.operation(Mask), rules=(), keep=keeps, add=adds)
    return operation.apply(scores, *kept, *added)


@mistake("mask-missing", "scores, nothing hidden", Mask)
def mask_missing(scene: Scene) -> Array | None:
    """The mask was left out: softmax was taken over all the keys.

    Apply the mask to the scores before softmax.

    Keys that are not to be seen take a share of the weights, and their values reach the output.
    """
    mask = scene.operation(Mask)
    position = tuple(name for name in mask.add if name == "position")  # ALiBi's is no mask
    only_causal = not mask.keep and mask.add == position
    if only_causal and all(isinstance(rule, Causal) for rule in mask.rules):
        return None
    return scene.with_choices(rules=(), keep=(), add=position)


@mistake("causal-missing", "scores, the future not hidden", Mask)
def causal_missing(scene: Scene) -> Array | None:
    """The causal mask was left out.

    Hide the keys that come after the query before softmax is taken.

    Every query sees what comes later: a model that is to predict the next token reads it instead.
    """
    rules = scene.operation(Mask).rules
    others = tuple(rule for rule in rules if not isinstance(rule, Causal))
    return scene.with_choices(rules=others) if len(others) < len(rules) else None


@mistake("mask-inverted", "fill where the key may be seen", Mask)
def mask_inverted(scene: Scene) -> Array | None:
    """The mask was used upside down: what may be seen was hidden, and what is hidden was seen.

    Here 1 (true) means that the query may attend to the key; hide where it is 0 (false).

    Libraries do not agree: in PyTorch's scaled_dot_product_attention true means keep, in
    nn.MultiheadAttention it means hide. The weights land on exactly the wrong keys.
    """
    mask, may = scene.operation(Mask), may_attend(scene)
    if may.all():
        return None
    has_fill = mask.rules or mask.keep
    fill = mask.fill if has_fill else min(float(added.min()) for added in numbers(scene))
    scores = scored(scene)
    return np.where(may, scores.dtype.type(fill), scores)


def _filled(scene: Scene, fill: float) -> Array:
    """The scores with another fill where a key is hidden."""
    scores = scored(scene)
    return np.where(may_attend(scene), scores, scores.dtype.type(fill))


def _large(scene: Scene) -> float:
    """A large number that is finite in the type of the scores."""
    return min(1e9, float(np.finfo(scene.operands[0].dtype).max))


def _added(scene: Scene, ones: Booleans) -> Array | None:
    """The scores and a mask of ones and zeros; None where nothing is hidden."""
    return None if may_attend(scene).all() else scored(scene) + ones


FILLS: Table = {
    ("mask-multiplied", "scores × mask", Mask): Row(
        lambda scene: _filled(scene, 0),
        "The scores were multiplied by the mask: hidden scores became 0.",
        "Put −∞ where a key is hidden.",
        "Softmax makes exp(0) = 1 of a score of 0, so hidden keys still get weight, and even more "
        "than keys with a negative score.",
    ),
    ("mask-tiny-fill", "fill = −1e-12", Mask): Row(
        lambda scene: _filled(scene, -1e-12),
        "Hidden scores were set to −1e-12, which is nearly 0.",
        "Set them to −∞, or to a very large negative number such as −1e12.",
        "Softmax makes exp(−1e-12) ≈ 1 of it: hidden keys still get weight.",
    ),
    ("mask-exponent-slip", "fill = −1e-9", Mask): Row(
        lambda scene: _filled(scene, -1e-9),
        "Hidden scores were set to −1e-9 where −1e9 was meant.",
        "Set them to −∞, or to −1e9: minus one thousand million.",
        "−1e-9 is nearly 0, and softmax makes exp(−1e-9) ≈ 1 of it: hidden keys still get weight.",
    ),
    ("mask-small-fill", "fill = −10", Mask): Row(
        lambda scene: _filled(scene, -10),
        "Hidden scores were set to −10.",
        "Set them to −∞, or to a very large negative number such as −1e9.",
        "exp(−10) is small but not 0: hidden keys keep some weight, the more the lower the other "
        "scores.",
    ),
    ("mask-plus-inf", "fill = +∞", Mask): Row(
        lambda scene: _filled(scene, np.inf),
        "Hidden scores were set to plus infinity.",
        "Set them to minus infinity, −∞.",
        "exp(−∞) is 0, a weight of nothing; exp(+∞) is infinite, and ∞ / ∞ makes the whole row "
        "NaN.",
    ),
    ("mask-plus-large", "fill = +1e9", Mask): Row(
        lambda scene: _filled(scene, _large(scene)),
        "Hidden scores were set to a very large positive number; 1e9 stands here for any such.",
        "Set them to −∞, or to a very large negative number: mind the sign.",
        "The largest score gets the most weight, so the hidden keys share all of it between them.",
    ),
    ("mask-added-as-01", "scores + mask, 1 = seen", Mask): Row(
        lambda scene: _added(scene, may_attend(scene)),
        "The mask of ones and zeros was added to the scores.",
        "Put −∞ where the mask is 0, or add a mask made of 0 (seen) and −∞ (hidden).",
        "Adding 1 to the keys that may be seen favours them by a factor of e, but hides nothing.",
    ),
    ("mask-added-as-10", "scores + mask, 1 = hidden", Mask): Row(
        lambda scene: _added(scene, ~may_attend(scene)),
        "A mask with 1 for every hidden key was added to the scores.",
        "Put −∞ where a key is hidden, or add a mask made of 0 (seen) and −∞ (hidden).",
        "Adding 1 to the hidden keys hides nothing: it raises their weight by a factor of e.",
    ),
}
enter(FILLS)


@mistake("mask-scaled-too", "(unscaled scores + mask) × scale", Mask)
def mask_scaled_too(scene: Scene) -> Array | None:
    """The mask was added before the scores were scaled, so that its numbers were scaled too.

    Scale the scores first, then add the mask.

    −∞ divided is still −∞, but the finite numbers of a mask come out smaller or larger than given.
    """
    mask = scene.operation(Mask)
    scale = scene.behind(DivideByRoot, Multiply).apply
    keep = [scene[name] for name in mask.keep]
    scaled = replace(mask, fill=float(scale(np.array(mask.fill))))
    return scaled.apply(scene.operands[0], *keep, *map(scale, numbers(scene)))


@mistake("mask-after-softmax", "softmax(scores) × mask", Softmax)
def mask_after_softmax(scene: Scene) -> Array | None:
    """Softmax was taken of all the scores, and the hidden weights were set to 0 afterwards.

    Set the hidden scores to −∞ first, then take softmax.

    The hidden keys have already taken their share: the weights that are left no longer sum to 1.
    """
    before = scene.behind(Mask)
    return scene.apply(scored(before)) * may_attend(before)


@mistake("mask-on-query-axis", "maskᵀ", Mask)
def mask_on_query_axis(scene: Scene) -> Array | None:
    """The mask was laid over the queries instead of the keys: rows were hidden, not columns.

    The mask's last axis counts the keys: hide a key's column in every row.

    Queries that are hidden this way attend to nothing at all, while the keys that should be hidden
    are still seen by the others.
    """
    mask = scene.operation(Mask)
    n, m = scene.operands[0].shape[-2:]

    def turned(matrix: NDArray[Any], rows: int, columns: int) -> NDArray[Any]:
        return np.broadcast_to(matrix, (*matrix.shape[:-2], rows, columns)).swapaxes(-1, -2)

    turnable = [rule for rule in mask.rules if isinstance(rule, Padding)]
    others = [rule for rule in mask.rules if not isinstance(rule, Padding)]
    if not (turnable or mask.keep or mask.add):
        return None
    keep = [
        *(turned(rule.may_attend(m, n), m, n) for rule in turnable),
        *(rule.may_attend(n, m) for rule in others),
        *(turned(scene[name], n, m) for name in mask.keep),
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
