"""Mistakes in a rule that masks: causal, window, padding."""

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
    """The scores masked with each rule of a kind done wrongly: `wrong(rule, n, m)`.

    None where there is no such rule, or none that can be done wrongly.
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
    """The causal mask by another rule for j − i, and the largest of it that should be seen."""
    return _done(scene, Causal, lambda rule, n, m: sees(distance(n, m), rule.diagonal(n, m)))


def _from_the_first(rule: Causal, n: int, m: int) -> Booleans | None:
    """The keys seen where the diagonal starts at the first; None where that is right."""
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
        "The causal mask was transposed: each query sees itself and what comes after it.",
        "Let query i see keys j ≤ i: in rows of queries that is the lower triangle (tril, not "
        "triu).",
        "The mask is there to keep the future from a query; this one hides the past and shows the "
        "future.",
    ),
    ("causal-hides-self", "query i sees key j < i", Mask): Row(
        lambda scene: _causal(scene, lambda shift, last: shift <= last - 1),
        "The diagonal was hidden too: a query could not see its own position.",
        "Let query i see keys j ≤ i, its own included.",
        "The first query is left with no key at all, and each other one lacks its own token.",
    ),
    ("causal-one-too-far", "query i sees key j ≤ i + 1", Mask): Row(
        lambda scene: _causal(scene, lambda shift, last: shift <= last + 1),
        "Each query was shown one key after its own position.",
        "Let query i see keys j ≤ i: that is tril with diagonal=0, or triu with diagonal=1 hidden.",
        "The one key too many is the very token that a language model is to predict.",
    ),
    ("causal-top-left-with-cache", "query i sees key j ≤ i", Mask): Row(
        lambda scene: _done(scene, Causal, _from_the_first),
        "The causal diagonal was started at the first key.",
        "The queries are the last tokens: let the last one see the last key, and each other one "
        "less.",
        "With cached keys there are more keys than queries, and the queries come after them; "
        "counted from the first key they lose most of their past.",
    ),
    ("causal-lower-right", "query i sees key j ≤ i + m − n", Mask): Row(
        lambda scene: _replaced(
            scene, Causal, lambda rule: None if rule.lower_right else Causal(True)
        ),
        "The causal diagonal was made to end at the last query and the last key.",
        "Count from where the first query stands: here that is not m − n keys before it.",
        "Where queries and keys differ in number the two are not the same mask; PyTorch's "
        "is_causal and this exercise count from the top left.",
    ),
    ("causal-hides-past", "the cached keys are hidden", Mask): Row(
        _without_past,
        "The cached keys were hidden: only those of this call were seen, as far as causal lets "
        "them.",
        "Let each query see every cached key: they come before it.",
        "A cache spares the work of computing earlier keys again; the tokens are still a query's "
        "past.",
    ),
}
enter(CAUSAL)


def _wider(window: Window, more: int) -> Window:
    """The window with more keys on each side that is bounded and looks beyond itself."""
    left, right = (side + more if side > 0 else side for side in (window.left, window.right))
    return replace(window, left=left, right=right)


def _without_end(scene: Scene, end: Callable[[Window], int | None]) -> Array | None:
    """The windows without the key that stands so far from the query, where there is one."""

    def seen(window: Window, n: int, m: int) -> Booleans | None:
        shift, lost = distance(n, m) - window.first, end(window)
        return None if lost is None else np.asarray(window.may_attend(n, m) & (shift != lost))

    return _done(scene, Window, seen)


WHOLE_WINDOW = "Let query i see the keys from i − left to i + right, its own position beside them."
BOTH_ENDS = "Let query i see the keys from i − left to i + right, both ends included."

WINDOW: Table = {
    ("window-off-by-one", "keys from i − (left + 1) to i + (right + 1)", Mask): Row(
        lambda scene: _replaced(scene, Window, lambda window: _wider(window, 1)),
        "The window was one key too wide on each side that it looks to.",
        WHOLE_WINDOW,
        "The own position is not one of the keys counted to a side; beyond the window nothing is "
        "seen.",
    ),
    ("window-one-too-few", "keys from i − (left − 1) to i + (right − 1)", Mask): Row(
        lambda scene: _replaced(scene, Window, lambda window: _wider(window, -1)),
        "The window was one key too narrow on each side that it looks to.",
        WHOLE_WINDOW,
        "The own position is not one of the keys counted to a side; the outermost keys were lost.",
    ),
    ("window-end-excluded", "keys from i − left to i + right − 1", Mask): Row(
        lambda scene: _without_end(scene, lambda w: w.right if w.right >= 0 else None),
        "The last key of each window was left out.",
        BOTH_ENDS,
        "A slice in Python stops before its end, so it has to be written [i − left : i + right + "
        "1].",
    ),
    ("window-start-excluded", "keys from i − left + 1 to i + right", Mask): Row(
        lambda scene: _without_end(scene, lambda w: -w.left if w.left > 0 else None),
        "The first key of each window was left out.",
        BOTH_ENDS,
        "Where a window counts the query's own key, as in Keras, it begins one key later than "
        "here.",
    ),
    ("window-sides-swapped", "keys from i − right to i + left", Mask): Row(
        lambda scene: _replaced(scene, Window, lambda w: replace(w, left=w.right, right=w.left)),
        "The two sides of the window were exchanged.",
        "Let query i see `left` keys before its own position and `right` keys after it.",
        "Left is the past, right the future: exchanged, queries see what should be hidden from "
        "them.",
    ),
    ("window-ignores-cache", "keys from i − left to i + right, i counted from 0", Mask): Row(
        lambda scene: _replaced(
            scene, Window, lambda w: replace(w, first=0) if np.any(w.first) else None
        ),
        "The window was counted from the first key, as if there were none before the queries.",
        "Count a query's position from the beginning of the sequence: i plus the number of cached "
        "keys.",
        "Query i of this call is not token i of the sequence; its window lies among the keys "
        "before it.",
    ),
}
enter(WINDOW)


def _longer(scene: Scene, more: int) -> Array | None:
    """The padding with other lengths."""
    return _replaced(scene, Padding, lambda rule: replace(rule, lengths=rule.lengths + more))


PADDING: Table = {
    ("padding-one-too-many", "the first N + 1 keys are seen", Mask): Row(
        lambda scene: _longer(scene, 1),
        "One key of padding was seen too.",
        "padding:N means that the first N keys are real: hide every key after the Nth.",
        "Padding stands for nothing; its value does not belong in the output. Counted from 0 the "
        "real keys are those with j < N, not j ≤ N.",
    ),
    ("padding-one-too-few", "the first N − 1 keys are seen", Mask): Row(
        lambda scene: _longer(scene, -1),
        "The last real key was hidden.",
        "padding:N means that the first N keys are real: hide only the keys after the Nth.",
        "A real token was lost. Counted from 1 the real keys are those with j ≤ N, not j < N.",
    ),
    ("padding-at-the-front", "the last N keys are seen", Mask): Row(
        lambda scene: _done(scene, Padding, lambda rule, n, m: rule.may_attend(n, m)[..., ::-1]),
        "The padding was taken to stand before the real keys: the last N keys were seen.",
        "padding:N means that the first N keys are real, and the padding comes after them.",
        "Padding on the left is usual in text generation, but not here: real tokens were hidden, "
        "and padding was seen.",
    ),
}
enter(PADDING)


@mistake("padding-from-embedding-sum", "the keys whose inputs do not sum to 0 are seen", Mask)
def padding_from_embedding_sum(scene: Scene) -> Array | None:
    """Padding was looked for in the numbers: a token whose inputs sum to 0 was taken for padding.

    Take the padding from the lengths.

    Real tokens may sum to 0, and padding need not: with positions added it hardly ever does.
    """
    source = scene["memory" if "memory" in scene else "X"]
    seen = source.sum(axis=-1) != 0
    heads = 1 if any(axis.name == "heads" for axis in scene.step.axes) else 0
    by_sum = seen.reshape(*seen.shape[:-1], *(1,) * heads, 1, seen.shape[-1])
    return _done(scene, Padding, lambda rule, n, m: by_sum)
