"""Mistakes in the masks by rule: causal, window, padding."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np

from attncli.calculation.algebra.layouts import Array, Booleans
from attncli.calculation.masks.mask_operation import Mask
from attncli.calculation.masks.mask_rules import Causal, Padding, Rule, Window, distance
from attncli.homework.mistakes.masks.one_mask import conditions, masked, numbers
from attncli.homework.mistakes.mistake import Row, Scene, Table, enter, mistake
from attncli.records import replace

R = TypeVar("R", bound=Rule)


def _done(
    scene: Scene, kind: type[R], wrong: Callable[[R, int, int], Booleans | None]
) -> Array | None:
    """The scores masked with other keys for each rule of a kind: `wrong(rule, n, m)`.

    None if there is no such rule, or if `wrong` returns None for all of them.
    """
    n, m = scene.operands[0].shape[-2:]
    parts = conditions(scene)
    found = False
    for position, rule in enumerate(scene.operation(Mask).rules):
        part = wrong(rule, n, m) if isinstance(rule, kind) else None
        if part is not None:
            parts[position], found = part, True
    return masked(scene, parts, numbers(scene)) if found else None


def _replaced(scene: Scene, kind: type[R], other: Callable[[R], Rule | None]) -> Array | None:
    """The scores masked with other rules in place of those of a kind."""

    def seen(rule: R, n: int, m: int) -> Booleans | None:
        instead = other(rule)
        return instead.may_attend(n, m) if instead else None

    return _done(scene, kind, seen)


def _causal(scene: Scene, sees: Callable[[Any, Any], Booleans]) -> Array | None:
    """The causal mask by another rule: `sees` takes j − i, and the largest j − i that is right."""
    return _done(scene, Causal, lambda rule, n, m: sees(distance(n, m), rule.diagonal(n, m)))


def _from_the_first(rule: Causal, n: int, m: int) -> Booleans | None:
    """The keys seen if the diagonal starts at the first key; None if that is right."""
    return Causal().may_attend(n, m) if np.any(rule.diagonal(n, m)) else None


def _without_past(scene: Scene) -> Array | None:
    """The causal mask with the cached keys hidden."""
    past = scene["K_past"].shape[-2]

    def seen(rule: Causal, n: int, m: int) -> Booleans | None:
        own = np.arange(m) >= past
        return None if rule.lower_right else np.asarray(rule.may_attend(n, m) & own)

    return _done(scene, Causal, seen)


CAUSAL: Table = {
    ("causal-transposed", "query i sees key j ≥ i", Mask): Row(
        lambda scene: _causal(scene, lambda shift, last: shift >= last),
        "The causal mask was transposed: each query saw itself and the keys after it.",
        "Let query i see the keys j ≤ {last key}: the {lower} triangle (NumPy's {tril}, not "
        "{triu}).",
        "A causal mask must hide the future from a query. Transposed, it hides the past and shows "
        "the future.",
    ),
    ("causal-hides-self", "query i sees key j < i", Mask): Row(
        lambda scene: _causal(scene, lambda shift, last: shift <= last - 1),
        "The diagonal was hidden too: a query could not see its own position.",
        "Let query i see the keys j ≤ {last key}, its own position included.",
        "Each query lacks its own token, and the first token of a sequence has no key left.",
    ),
    ("causal-one-too-far", "query i sees key j ≤ i + 1", Mask): Row(
        lambda scene: _causal(scene, lambda shift, last: shift <= last + 1),
        "Each query saw one key after its own position.",
        "Let query i see the keys j ≤ {last key}: NumPy's {tril} with k={diagonal}.",
        "The extra key is the very token that a language model must predict.",
    ),
    ("causal-top-left-with-cache", "query i sees key j ≤ i", Mask): Row(
        lambda scene: _done(scene, Causal, _from_the_first),
        "The causal diagonal was started at the first key.",
        "Let query i see the keys j ≤ {last key}.",
        "There are more keys than queries, and the queries are the last tokens. A diagonal that "
        "starts at the first key hides most of their past.",
    ),
    ("causal-lower-right", "query i sees key j ≤ i + m − n", Mask): Row(
        lambda scene: _replaced(
            scene, Causal, lambda rule: None if rule.lower_right else Causal(True)
        ),
        "The causal diagonal was made to end at the last query and the last key.",
        "Let query i see the keys j ≤ {last key}.",
        "If there are not as many queries as keys, a diagonal that ends at the last key differs "
        "from one that starts at the first key. PyTorch's is_causal starts at the first key.",
    ),
    ("causal-hides-past", "the cached keys are hidden", Mask): Row(
        _without_past,
        "The cached keys were hidden: the queries saw only the new keys, as far as the causal "
        "mask allows.",
        "Let each query see all cached keys: they come before it.",
        "A cache saves the work of calculating earlier keys again. The cached tokens are still "
        "the past of each query.",
    ),
}
enter(CAUSAL)


def _wider(window: Window, more: int) -> Window:
    """The window with more keys on each side that is bounded and not 0."""
    left, right = (side + more if side > 0 else side for side in (window.left, window.right))
    return replace(window, left=left, right=right)


def _without_end(scene: Scene, end: Callable[[Window], int | None]) -> Array | None:
    """The windows without the key at the distance `end`; None if `end` returns None."""

    def seen(window: Window, n: int, m: int) -> Booleans | None:
        shift, lost = distance(n, m) - window.first, end(window)
        return None if lost is None else np.asarray(window.may_attend(n, m) & (shift != lost))

    return _done(scene, Window, seen)


WHOLE_WINDOW = "Let query i see the keys {window}."
BOTH_ENDS = "Let query i see the keys {window}, both ends included."

WINDOW: Table = {
    ("window-off-by-one", "keys from i − (left + 1) to i + (right + 1)", Mask): Row(
        lambda scene: _replaced(scene, Window, lambda window: _wider(window, 1)),
        "The window was one key too wide on each side.",
        WHOLE_WINDOW,
        "Keys outside the window must stay hidden.",
    ),
    ("window-one-too-few", "keys from i − (left − 1) to i + (right − 1)", Mask): Row(
        lambda scene: _replaced(scene, Window, lambda window: _wider(window, -1)),
        "The window was one key too narrow on each side.",
        WHOLE_WINDOW,
        "The outermost keys of the window were lost.",
    ),
    ("window-end-excluded", "keys from i − left to i + right − 1", Mask): Row(
        lambda scene: _without_end(scene, lambda w: w.right if w.right >= 0 else None),
        "The last key of each window was left out.",
        BOTH_ENDS,
        "A slice in Python stops before its end: write [start : end + 1].",
    ),
    ("window-start-excluded", "keys from i − left + 1 to i + right", Mask): Row(
        lambda scene: _without_end(scene, lambda w: -w.left if w.left > 0 else None),
        "The first key of each window was left out.",
        BOTH_ENDS,
        "Some libraries, such as Keras, count the query's own key as part of the window's side, "
        "so that their windows begin one key later.",
    ),
    ("window-sides-swapped", "keys from i − right to i + left", Mask): Row(
        lambda scene: _replaced(scene, Window, lambda w: replace(w, left=w.right, right=w.left)),
        "The two sides of the window were exchanged.",
        "Let query i see the keys {window}.",
        "The left side is the past, the right side is the future. Exchanged, queries see keys "
        "that should be hidden from them.",
    ),
    ("window-left-open", "keys from the first to i + right", Mask): Row(
        lambda scene: _replaced(
            scene, Window, lambda w: replace(w, left=-1) if w.left >= 0 else None
        ),
        "The window had no left end: each query saw all the keys before it.",
        WHOLE_WINDOW,
        "A causal mask has no left end, but a sliding window has one: keys that are farther back "
        "must stay hidden.",
    ),
    ("window-right-open", "keys from i − left to the last", Mask): Row(
        lambda scene: _replaced(
            scene, Window, lambda w: replace(w, right=-1) if w.right >= 0 else None
        ),
        "The window had no right end: each query saw all the keys after it.",
        WHOLE_WINDOW,
        "Some programs cut only the left end, and leave the right end to a causal mask. Without "
        "that mask, a query sees the future.",
    ),
    ("window-ignores-cache", "keys from i − left to i + right, i counted from 0", Mask): Row(
        lambda scene: _replaced(
            scene, Window, lambda w: replace(w, first=0) if np.any(w.first) else None
        ),
        "The window was counted from the first key, as if the cache were empty.",
        "Go on counting after the tokens in the cache: query i sees the keys {window}.",
        "Query i of this call is not token i of the sequence: the cached tokens come before it.",
    ),
}
enter(WINDOW)


def _longer(scene: Scene, more: int) -> Array | None:
    """The padding with other lengths."""
    return _replaced(scene, Padding, lambda rule: replace(rule, lengths=rule.lengths + more))


def real_queries(scene: Scene, seen: Booleans) -> Booleans | None:
    """True for the queries that are not padding, as a column, if `seen` is a mask of padding.

    A mask of padding hides the same keys from all queries. None for another mask, for one that
    hides nothing, and in cross-attention, where queries and keys are not the same tokens.
    """
    rows = np.atleast_2d(seen)
    keys = rows[..., :1, :]
    hides_keys = (rows == keys).all() and not keys.all()
    is_own = "memory" not in scene and rows.shape[-1] == scene.step.axes[-2].size
    return keys.mT if hides_keys and is_own else None


def _on_both_axes(scene: Scene) -> Array | None:
    """The padding hidden as keys and as queries; None without padding, or in cross-attention."""
    parts = conditions(scene)
    columns = [real_queries(scene, part) for part in parts]
    if all(column is None for column in columns):
        return None
    pairs = zip(parts, columns, strict=True)
    keep = (part if column is None else part & column for part, column in pairs)
    return masked(scene, keep, numbers(scene))


PADDING: Table = {
    ("padding-one-too-many", "the first N + 1 keys are seen", Mask): Row(
        lambda scene: _longer(scene, 1),
        "One key of padding was seen too.",
        "The first N keys are real: hide every key after them.",
        "Padding stands for nothing, and its value does not belong in the output. Counted from 0, "
        "the real keys are those with j < N, not j ≤ N.",
    ),
    ("padding-one-too-few", "the first N − 1 keys are seen", Mask): Row(
        lambda scene: _longer(scene, -1),
        "The last real key was hidden.",
        "The first N keys are real: hide only the keys after them.",
        "A real token was lost. Counted from 1, the real keys are those with j ≤ N, not j < N.",
    ),
    ("padding-at-the-front", "the last N keys are seen", Mask): Row(
        lambda scene: _done(scene, Padding, lambda rule, n, m: rule.may_attend(n, m)[..., ::-1]),
        "The padding was taken to be in front: the last N keys were seen.",
        "The first N keys are real, and the padding comes after them.",
        "Padding on the left is usual in text generation, but not in this problem: real tokens "
        "were hidden, and padding was seen.",
    ),
    ("padding-on-queries", "query i and key j are seen if i < N and j < N", Mask): Row(
        _on_both_axes,
        "The padding was hidden as queries too: a query that is padding saw no key.",
        "Hide only the keys that are padding, from every query.",
        "The output of a padded query is not used, so that its weights do no harm. Without any "
        "key, its sum of exponentials is 0.",
    ),
}
enter(PADDING)


@mistake("padding-from-embedding-sum", "the keys whose inputs do not sum to 0 are seen", Mask)
def padding_from_embedding_sum(scene: Scene) -> Array | None:
    """Padding was guessed from the numbers: a token whose features sum to 0 was taken for padding.

    Take the padding from the lengths that the mask gives.

    Real tokens may sum to 0, and padding often does not, above all with positions added.
    """
    source = scene["memory" if "memory" in scene else "X"]
    seen = source.sum(axis=-1) != 0
    heads = 1 if any(axis.name == "heads" for axis in scene.step.axes) else 0
    by_sum = seen.reshape(*seen.shape[:-1], *(1,) * heads, 1, seen.shape[-1])
    return _done(scene, Padding, lambda rule, n, m: by_sum)
