"""Mistakes in the mask as a whole."""

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
    """The rules with the first query at another key, for the rules that count from it."""
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
    """All masks combined: true unless one hides the key, or adds a number of `HIDES` or less."""
    may = np.ones(scene.operands[0].shape, np.bool_)
    for part in (*conditions(scene), *(added > HIDES for added in numbers(scene))):
        may &= part
    return may


def scored(scene: Scene) -> Array:
    """The scores with the added numbers that do not hide a key: the scores before hiding."""
    scores = scene.operands[0]
    for added in numbers(scene):
        scores = scores + np.where(added > HIDES, added, 0)
    return scores


def masked(scene: Scene, keep: Iterable[Booleans], add: Iterable[Array]) -> Array:
    """The scores masked with these matrices in place of every mask.

    Raises ValueError if they do not fit the scores.
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

    Keys that should be hidden take a share of the weights, and their values reach the output.
    """
    mask = scene.operation(Mask)
    position = tuple(
        name for name in mask.add if name == "position"
    )  # the numbers of ALiBi are not a mask
    only_causal = not mask.keep and mask.add == position
    if only_causal and all(isinstance(rule, Causal) for rule in mask.rules):
        return None
    return scene.with_choices(rules=(), keep=(), add=position)


@mistake("causal-missing", "scores, the future not hidden", Mask)
def causal_missing(scene: Scene) -> Array | None:
    """The causal mask was left out.

    Let query i see only the keys j ≤ {last key}: hide the others before softmax.

    Without the mask, every query sees the tokens after it. A model that must predict the next token
    would simply read it.
    """
    rules = scene.operation(Mask).rules
    others = tuple(rule for rule in rules if not isinstance(rule, Causal))
    return scene.with_choices(rules=others) if len(others) < len(rules) else None


@mistake("mask-inverted", "fill where the key may be seen", Mask)
def mask_inverted(scene: Scene) -> Array | None:
    """The mask was used upside down: the keys that may be seen were hidden, and the hidden keys
    were seen.

    {polarity}

    Libraries differ: true means "may attend" in PyTorch's scaled_dot_product_attention, and
    "hidden" in nn.MultiheadAttention. Inverted, the weights go to exactly the wrong keys.
    """
    mask, may = scene.operation(Mask), may_attend(scene)
    if may.all():
        return None
    has_fill = mask.rules or mask.keep
    fill = mask.fill if has_fill else min(float(added.min()) for added in numbers(scene))
    scores = scored(scene)
    return np.where(may, scores.dtype.type(fill), scores)


def _filled(scene: Scene, fill: float) -> Array:
    """The scores with another fill at the hidden keys."""
    scores = scored(scene)
    return np.where(may_attend(scene), scores, scores.dtype.type(fill))


def _added_to_hidden(scene: Scene, number: float) -> Array | None:
    """The scores plus a number at the hidden keys; None if nothing is hidden."""
    may, scores = may_attend(scene), scored(scene)
    return None if may.all() else scores + np.where(may, 0, scores.dtype.type(number))


def _large(scene: Scene) -> float:
    """A large number that is finite in the type of the scores."""
    return min(1e9, float(np.finfo(scene.operands[0].dtype).max))


def _added(scene: Scene, ones: Booleans) -> Array | None:
    """The scores plus a mask of ones and zeros; None if nothing is hidden."""
    return None if may_attend(scene).all() else scored(scene) + ones


FILLS: Table = {
    ("mask-multiplied", "scores × mask", Mask): Row(
        lambda scene: _filled(scene, 0),
        "The scores were multiplied by the mask: hidden scores became 0.",
        "Put {fill} where a key is hidden.",
        "Softmax turns a score of 0 into exp(0) = 1: hidden keys still get weight, and more than "
        "keys with a negative score.",
    ),
    ("mask-tiny-fill", "fill = −1e-12", Mask): Row(
        lambda scene: _filled(scene, -1e-12),
        "Hidden scores were set to −1e-12, which is nearly 0.",
        "Set hidden scores to {fill}.",
        "exp(−1e-12) is nearly 1: hidden keys still get weight.",
    ),
    ("mask-exponent-slip", "fill = −1e-9", Mask): Row(
        lambda scene: _filled(scene, -1e-9),
        "Hidden scores were set to −1e-9; perhaps −1e9 was meant.",
        "Set hidden scores to {fill}.",
        "−1e-9 is nearly 0, and exp(−1e-9) is nearly 1: hidden keys still get weight. −1e9 is "
        "minus one thousand million.",
    ),
    ("mask-small-fill", "fill = −10", Mask): Row(
        lambda scene: _filled(scene, -10),
        "Hidden scores were set to −10.",
        "Set hidden scores to {fill}.",
        "exp(−10) is small but not 0: hidden keys keep some weight, and more of it if the other "
        "scores are low.",
    ),
    ("mask-small-added", "scores − 10 where hidden", Mask): Row(
        lambda scene: _added_to_hidden(scene, -10),
        "−10 was added to the hidden scores.",
        "Put {fill} where a key is hidden.",
        "A hidden score that is 10 lower still has the weight exp(−10) of its former size, and a "
        "large score stays above the others.",
    ),
    ("mask-fill-minus-1", "fill = −1", Mask): Row(
        lambda scene: _filled(scene, -1),
        "Hidden scores were set to −1.",
        "Set hidden scores to {fill}.",
        "Softmax knows no number that means hidden. Scores below −1 get less weight than the "
        "hidden keys.",
    ),
    ("mask-plus-inf", "fill = +∞", Mask): Row(
        lambda scene: _filled(scene, np.inf),
        "Hidden scores were set to plus infinity.",
        "Set hidden scores to {fill}: mind the sign.",
        "exp(−∞) is 0, and so is the weight. exp(+∞) is infinite, and ∞ / ∞ is NaN (not a number) "
        "in all weights of the query.",
    ),
    ("mask-plus-large", "fill = +1e9", Mask): Row(
        lambda scene: _filled(scene, _large(scene)),
        "Hidden scores were set to a very large positive number, such as 1e9.",
        "Set hidden scores to {fill}: mind the sign.",
        "The largest score gets the most weight, so that the hidden keys take all of it.",
    ),
    ("mask-added-as-01", "scores + mask, 1 = seen", Mask): Row(
        lambda scene: _added(scene, may_attend(scene)),
        "A mask with 1 for every visible key and 0 for every hidden key was added to the scores.",
        "Put {fill} where a key is hidden, or add a mask with 0 for visible keys and −∞ for "
        "hidden keys.",
        "Adding 1 to the visible keys raises their weight by a factor of e, but hides nothing.",
    ),
    ("mask-added-as-10", "scores + mask, 1 = hidden", Mask): Row(
        lambda scene: _added(scene, ~may_attend(scene)),
        "A mask with 1 for every hidden key and 0 for every visible key was added to the scores.",
        "Put {fill} where a key is hidden, or add a mask with 0 for visible keys and −∞ for "
        "hidden keys.",
        "Adding 1 to the hidden keys hides nothing: it even raises their weight by a factor of e.",
    ),
}
enter(FILLS)


@mistake("mask-zero-scores", "fill where the key is hidden or the score is 0", Mask)
def mask_zero_scores(scene: Scene) -> Array | None:
    """A score that is exactly 0 was taken for a hidden one: its key was hidden too.

    Look at the mask, not at the scores: put {fill} only where the mask hides a key.

    Some programs multiply the scores by the mask, and then hide every score of 0. A query and a key
    that are perpendicular have the score 0 as well.
    """
    scores, may = scored(scene), may_attend(scene)
    seen = may & (scores != 0)
    if (seen == may).all():
        return None
    return np.where(seen, scores, scores.dtype.type(scene.operation(Mask).fill))


@mistake("mask-added-read-as-keep", "fill where the added number is 0", Mask)
def mask_added_read_as_keep(scene: Scene) -> Array | None:
    """The numbers of the mask were read as true and false: the keys at 0 were hidden.

    Add the numbers of this mask to the scores.

    In a mask that is added, 0 leaves a score as it is: such a key may be attended to. Only in a
    mask of true and false does 0 mean hidden.
    """
    named = [*zip(scene.operation(Mask).add, numbers(scene), strict=True)]
    given = [matrix for name, matrix in named if name != "position"]
    if all((matrix != 0).all() for matrix in given):
        return None  # nothing is hidden: the mistake is mask-missing
    if all(((matrix == 0) | (matrix <= HIDES)).all() for matrix in given):
        return None  # the mistake is mask-inverted
    of_alibi = (matrix for name, matrix in named if name == "position")
    return masked(scene, [*conditions(scene), *(matrix != 0 for matrix in given)], of_alibi)


@mistake("mask-scaled-too", "(unscaled scores + mask) × scale", Mask)
def mask_scaled_too(scene: Scene) -> Array | None:
    """The mask was added before the scores were scaled, so that its numbers were scaled too.

    Scale the scores first, then add the mask.

    Scaled, −∞ is still −∞, but the finite numbers of a mask become larger or smaller.
    """
    mask = scene.operation(Mask)
    scale = scene.behind(DivideByRoot, Multiply).apply
    keep = [scene[name] for name in mask.keep]
    scaled = replace(mask, fill=float(scale(np.array(mask.fill))))
    return scaled.apply(scene.operands[0], *keep, *map(scale, numbers(scene)))


@mistake("mask-after-softmax", "softmax(scores) × mask", Softmax)
def mask_after_softmax(scene: Scene) -> Array | None:
    """Softmax was taken of all the scores, and the hidden weights were set to 0 afterwards.

    Set the hidden scores to {fill} first, then take softmax.

    The hidden keys have already taken their share: the weights that are left do not sum to 1.
    """
    before = scene.behind(Mask)
    return scene.apply(scored(before)) * may_attend(before)


@mistake("mask-on-query-axis", "maskᵀ", Mask)
def mask_on_query_axis(scene: Scene) -> Array | None:
    """The mask was transposed: queries were hidden instead of keys.

    Each {row} of the mask belongs to a query, and each {column} to a key: hide cells in the
    {columns} of the hidden keys.

    Transposed, the mask hides keys from the wrong queries: the queries that should not see a key
    still see it.
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

    If batch and heads share one axis, the heads of an entry stand together: repeat each mask once
    per head (m₀ m₀ m₁ m₁), not the whole list of masks (m₀ m₁ m₀ m₁).

    Some heads get the mask of another batch entry. The shapes fit, so no error warns you.
    """
    shape = scene.operands[0].shape
    if len(shape) != 4:
        return None

    def shuffled(matrix: NDArray[Any]) -> NDArray[Any]:
        return np.broadcast_to(matrix, shape).swapaxes(0, 1).reshape(shape)

    return masked(scene, map(shuffled, conditions(scene)), map(shuffled, numbers(scene)))
