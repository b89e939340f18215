"""Mistakes in what a query may attend to."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from attncli.calculation.layouts import Array
from attncli.calculation.masks import Booleans, Causal, Mask, Padding, Rule, Window
from attncli.calculation.operations import DivideByRoot, Multiply, OfOne, Operation, Softmax
from attncli.calculation.plan import Step
from attncli.homework.catalogue import Scene, mistake

HIDES = -1e4  # an added number this small or smaller leaves a key no weight

R = TypeVar("R", bound=Rule)


def chain(scene: Scene) -> list[Step]:
    """The steps that lead from the scores to this one, the nearest first."""
    steps = {step.name: step for step in scene.plan.steps}
    found: list[Step] = []
    step = steps.get(scene.step.operation.operands[0])
    while step and isinstance(step.operation, (OfOne, Mask)):
        found.append(step)
        step = steps.get(step.operation.operands[0])
    return found


def behind(scene: Scene, *kinds: type[Operation]) -> Scene | None:
    """The scene at the nearest step before this one whose operation is of such a kind."""
    steps = (step for step in chain(scene) if isinstance(step.operation, kinds))
    return next((replace(scene, step=step) for step in steps), None)


def masking(scene: Scene) -> Mask:
    """The operation of this step, which is a mask."""
    operation = scene.step.operation
    assert isinstance(operation, Mask)
    return operation


def conditions(scene: Scene) -> list[Booleans]:
    """What each rule and each matrix of booleans lets a query attend to."""
    n, m = scene.operands[0].shape[-2:]
    rules = [rule.may_attend(n, m) for rule in masking(scene).rules]
    return [*rules, *(np.asarray(scene[name], np.bool_) for name in masking(scene).keep)]


def numbers(scene: Scene) -> list[Array]:
    """The matrices that are added to the scores."""
    return [scene[name] for name in masking(scene).add]


def may_attend(scene: Scene) -> Booleans:
    """Every mask combined: true where nothing hides the key, an added number of `HIDES` included."""
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


def filled(scene: Scene, fill: float) -> Array:
    """The scores with another fill where a key is hidden."""
    scores = scored(scene)
    return np.where(may_attend(scene), scores, scores.dtype.type(fill))


def applied(scene: Scene, operation: Mask) -> Array:
    """What another mask makes of the scores."""
    return operation.apply(*(scene[name] for name in operation.operands))


def masked(scene: Scene, keep: Iterable[Booleans], add: Iterable[Array]) -> Array:
    """What these matrices, in place of every mask, make of the scores.

    Raises ValueError where they do not fit the scores.
    """
    scores = scene.operands[0]

    def fitted(matrices: Iterable[NDArray[Any]]) -> list[NDArray[Any]]:
        return [np.broadcast_to(matrix, scores.shape) for matrix in matrices]

    kept, added = fitted(keep), fitted(add)
    names = ("",) * len(kept), ("",) * len(added)
    operation = replace(masking(scene), rules=(), keep=names[0], add=names[1])
    return operation.apply(scores, *kept, *added)


def with_rules(
    scene: Scene, kind: type[R], wrong: Callable[[R, int, int], Booleans | None]
) -> Array | None:
    """The scores masked with each rule of a kind done wrongly: `wrong(rule, n, m)`.

    None where there is no such rule, or none that can be done wrongly.
    """
    n, m = scene.operands[0].shape[-2:]
    parts = conditions(scene)
    found = False
    for position, rule in enumerate(masking(scene).rules):
        part = wrong(rule, n, m) if isinstance(rule, kind) else None
        if part is not None:
            parts[position], found = part, True
    return masked(scene, parts, numbers(scene)) if found else None


@mistake("mask-missing", "scores, nothing hidden", Mask)
def mask_missing(scene: Scene) -> Array | None:
    """The mask was left out: softmax was taken over all the keys.

    Apply the mask to the scores before softmax.

    Keys that are not to be seen take a share of the weights, and their values reach the output.
    """
    operation = masking(scene)
    only_causal = not operation.keep and not operation.add
    if only_causal and all(isinstance(rule, Causal) for rule in operation.rules):
        return None
    return scene.operands[0]


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


def causal(scene: Scene, shift: int) -> Array | None:
    """The scores with every causal diagonal moved to the right."""

    def moved(rule: Causal, n: int, m: int) -> Booleans:
        return np.tri(n, m, shift + (m - n if rule.lower_right else 0), dtype=np.bool_)

    return with_rules(scene, Causal, moved)


@mistake("causal-transposed", "query i sees key j ≥ i", Mask)
def causal_transposed(scene: Scene) -> Array | None:
    """The causal mask was transposed: each query sees itself and what comes after it.

    Let query i see keys j ≤ i: in rows of queries that is the lower triangle (tril, not triu).

    The mask is there to keep the future from a query; this one hides the past and shows the future.
    """

    def transposed(rule: Causal, n: int, m: int) -> Booleans:
        return ~np.tri(n, m, (m - n if rule.lower_right else 0) - 1, dtype=np.bool_)

    return with_rules(scene, Causal, transposed)


@mistake("causal-hides-self", "query i sees key j < i", Mask)
def causal_hides_self(scene: Scene) -> Array | None:
    """The diagonal was hidden too: a query could not see its own position.

    Let query i see keys j ≤ i, its own included.

    The first query is left with no key at all, and each other one lacks its own token.
    """
    return causal(scene, -1)


@mistake("causal-one-too-far", "query i sees key j ≤ i + 1", Mask)
def causal_one_too_far(scene: Scene) -> Array | None:
    """Each query was shown one key after its own position.

    Let query i see keys j ≤ i: that is tril with diagonal=0, or triu with diagonal=1 hidden.

    The one key too many is the very token that a language model is to predict.
    """
    return causal(scene, 1)


@mistake("causal-top-left", "query i sees key j ≤ i", Mask)
def causal_top_left(scene: Scene) -> Array | None:
    """The causal diagonal was started at the first key.

    With causal:lower-right the last query sees the last key: let query i see keys j ≤ i + m − n.

    Where there are more keys than queries, as with cached keys, the queries are the last ones of
    the sequence; counted from the first key they lose most of their past.
    """
    return with_rules(
        scene, Causal, lambda rule, n, m: Causal().may_attend(n, m) if rule.lower_right else None
    )


@mistake("causal-lower-right", "query i sees key j ≤ i + m − n", Mask)
def causal_lower_right(scene: Scene) -> Array | None:
    """The causal diagonal was made to end at the last query and the last key.

    Here the first query goes with the first key: let query i see keys j ≤ i.

    Where queries and keys differ in number the two are not the same mask; PyTorch's is_causal and
    this exercise count from the top left.
    """
    return with_rules(
        scene,
        Causal,
        lambda rule, n, m: None if rule.lower_right else Causal(True).may_attend(n, m),
    )


def window(scene: Scene, more: int) -> Array | None:
    """The scores with every window wider on each side that is bounded and looks beyond itself."""

    def resized(rule: Window, n: int, m: int) -> Booleans:
        left, right = (side + more if side > 0 else side for side in (rule.left, rule.right))
        return Window(left, right).may_attend(n, m)

    return with_rules(scene, Window, resized)


@mistake("window-one-too-many", "keys from i − (left + 1) to i + (right + 1)", Mask)
def window_one_too_many(scene: Scene) -> Array | None:
    """The window was one key too wide on each side that it looks to.

    Let query i see the keys from i − left to i + right, its own position beside them.

    The own position is not one of the keys counted to a side; beyond the window nothing is seen.
    """
    return window(scene, 1)


@mistake("window-one-too-few", "keys from i − (left − 1) to i + (right − 1)", Mask)
def window_one_too_few(scene: Scene) -> Array | None:
    """The window was one key too narrow on each side that it looks to.

    Let query i see the keys from i − left to i + right, its own position beside them.

    The own position is not one of the keys counted to a side; the outermost keys were lost.
    """
    return window(scene, -1)


@mistake("window-end-excluded", "keys from i − left to i + right − 1", Mask)
def window_end_excluded(scene: Scene) -> Array | None:
    """The last key of each window was left out.

    Let query i see the keys from i − left to i + right, both ends included.

    A slice in Python stops before its end, so it has to be written [i − left : i + right + 1].
    """

    def cut(rule: Window, n: int, m: int) -> Booleans | None:
        distance = np.arange(m) - np.arange(n)[:, None]
        return None if rule.right < 0 else rule.may_attend(n, m) & (distance != rule.right)

    return with_rules(scene, Window, cut)


@mistake("window-sides-swapped", "keys from i − right to i + left", Mask)
def window_sides_swapped(scene: Scene) -> Array | None:
    """The two sides of the window were exchanged.

    Let query i see `left` keys before its own position and `right` keys after it.

    Left is the past, right the future: exchanged, queries see what should be hidden from them.
    """
    return with_rules(
        scene, Window, lambda rule, n, m: Window(rule.right, rule.left).may_attend(n, m)
    )


def padding(scene: Scene, more: int) -> Array | None:
    """The scores with every padding length changed, but not below 0 or above the keys."""

    def resized(rule: Padding, n: int, m: int) -> Booleans:
        return replace(rule, lengths=np.clip(rule.lengths + more, 0, m)).may_attend(n, m)

    return with_rules(scene, Padding, resized)


@mistake("padding-one-too-many", "the first N + 1 keys are seen", Mask)
def padding_one_too_many(scene: Scene) -> Array | None:
    """One key of padding was seen too.

    padding:N means that the first N keys are real: hide every key after the Nth.

    Padding stands for nothing; its value does not belong in the output. Counted from 0 the real
    keys are those with j < N, not j ≤ N.
    """
    return padding(scene, 1)


@mistake("padding-one-too-few", "the first N − 1 keys are seen", Mask)
def padding_one_too_few(scene: Scene) -> Array | None:
    """The last real key was hidden.

    padding:N means that the first N keys are real: hide only the keys after the Nth.

    A real token was lost. Counted from 1 the real keys are those with j ≤ N, not j < N.
    """
    return padding(scene, -1)


@mistake("padding-at-the-front", "the last N keys are seen", Mask)
def padding_at_the_front(scene: Scene) -> Array | None:
    """The padding was taken to stand before the real keys: the last N keys were seen.

    padding:N means that the first N keys are real, and the padding comes after them.

    Padding on the left is usual in text generation, but not here: real tokens were hidden, and
    padding was seen.
    """

    def from_the_end(rule: Padding, n: int, m: int) -> Booleans:
        return rule.may_attend(n, m)[..., ::-1]

    return with_rules(scene, Padding, from_the_end)


@mistake("masks-or", "fill where every mask hides", Mask)
def masks_or(scene: Scene) -> Array | None:
    """The masks were combined with "or": a key was seen as soon as one mask allowed it.

    Combine them with "and": a key is seen only where every mask allows it.

    Each mask hides for a reason of its own, padding for one and the future for another; one reason
    is enough.
    """
    parts = [*conditions(scene), *(added > HIDES for added in numbers(scene))]
    if len(parts) < 2:
        return None
    seen = np.zeros(scene.operands[0].shape, np.bool_)
    for part in parts:
        seen |= part
    scores = scored(scene)
    return np.where(seen, scores, scores.dtype.type(masking(scene).fill))


def only(scene: Scene, position: int) -> Array | None:
    """The scores with one of several masks alone; None where this is `causal-missing`."""
    bare = replace(masking(scene), rules=(), keep=(), add=())
    masks = [
        *(replace(bare, rules=(rule,)) for rule in masking(scene).rules),
        *(replace(bare, keep=(name,)) for name in masking(scene).keep),
        *(replace(bare, add=(name,)) for name in masking(scene).add),
    ]
    if len(masks) < 2:
        return None
    used = masks.pop(position)
    if all(isinstance(rule, Causal) for mask in masks for rule in mask.rules or (None,)):
        return None
    return applied(scene, used)


@mistake("mask-only-first", "the first mask alone", Mask)
def mask_only_first(scene: Scene) -> Array | None:
    """Only the first of the masks was used.

    Apply all of them: a key is seen only where every mask allows it.

    What the other masks hide gets weight, and reaches the output.
    """
    return only(scene, 0)


@mistake("mask-only-last", "the last mask alone", Mask)
def mask_only_last(scene: Scene) -> Array | None:
    """Only the last of the masks was used.

    Apply all of them: a key is seen only where every mask allows it.

    What the other masks hide gets weight, and reaches the output; a mask that is assigned in a
    loop instead of combined overwrites the one before.
    """
    return only(scene, -1)


def empty_rows(scene: Scene, weight: float) -> Array | None:
    """The weights with this one in every row that may attend nothing; None without such rows."""
    (scores,) = scene.operands
    empty = np.isneginf(scores).all(axis=-1, keepdims=True)
    return np.where(empty, scores.dtype.type(weight), scene.right()) if empty.any() else None


@mistake("empty-row-nan", "0 / 0 where every key is hidden", Softmax)
def empty_row_nan(scene: Scene) -> Array | None:
    """A query that may attend nothing got NaN (not a number) for its weights.

    Give it weights of 0, and so an output of 0.

    Every exponential in the row is 0, and so is their sum; 0 / 0 is NaN, which spreads to all that
    is calculated from it.
    """
    return empty_rows(scene, np.nan)


@mistake("empty-row-mean", "1 / m where every key is hidden", Softmax)
def empty_row_mean(scene: Scene) -> Array | None:
    """A query that may attend nothing got equal weights for all the keys.

    Give it weights of 0, and so an output of 0.

    Equal scores give equal weights, even when all of them mean "hidden", as with a fill of −1e9:
    the output is then the mean of values that should not be seen.
    """
    return empty_rows(scene, 1 / scene.operands[0].shape[-1])
