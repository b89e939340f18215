"""Mistakes in a rule that masks: causal, window, padding."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias, TypeVar

import numpy as np

from attncli.calculation.algebra.layouts import Array
from attncli.calculation.masks.masking import Booleans, Mask, Rule
from attncli.calculation.masks.rules import Causal, Padding, Window, distance
from attncli.homework.mistakes.masks.matrices import conditions, masked, numbers
from attncli.homework.mistakes.mistake import Row, Scene, Table, mistake, mistakes
from attncli.records import replace

R = TypeVar("R", bound=Rule)
# What a rule, done wrongly, lets n queries see of m keys; None where it cannot be done wrongly.
WrongRule: TypeAlias = "Callable[[R, int, int], Booleans | None]"


def with_rules(scene: Scene, kind: type[R], wrong: WrongRule[R]) -> Array | None:
    """The scores masked with each rule of a kind done wrongly.

    None where there is no such rule, or none that can be done wrongly.
    """
    n, m = scene.operands[0].shape[-2:]
    parts = conditions(scene)
    found = False
    for position, rule in enumerate(scene.operation(Mask).rules):
        part = wrong(rule, n, m) if isinstance(rule, kind) else None
        if part is not None:
            parts[position], found = np.asarray(part), True
    return masked(scene, parts, numbers(scene)) if found else None


CAUSAL: Table[WrongRule[Causal]] = {
    ("causal-transposed", "query i sees key j ≥ i"): Row(
        lambda rule, n, m: distance(n, m) >= rule.diagonal(n, m),
        "The causal mask was transposed: each query sees itself and what comes after it.",
        "Let query i see keys j ≤ i: in rows of queries that is the lower triangle (tril, not "
        "triu).",
        "The mask is there to keep the future from a query; this one hides the past and shows the "
        "future.",
    ),
    ("causal-hides-self", "query i sees key j < i"): Row(
        lambda rule, n, m: distance(n, m) <= rule.diagonal(n, m) - 1,
        "The diagonal was hidden too: a query could not see its own position.",
        "Let query i see keys j ≤ i, its own included.",
        "The first query is left with no key at all, and each other one lacks its own token.",
    ),
    ("causal-one-too-far", "query i sees key j ≤ i + 1"): Row(
        lambda rule, n, m: distance(n, m) <= rule.diagonal(n, m) + 1,
        "Each query was shown one key after its own position.",
        "Let query i see keys j ≤ i: that is tril with diagonal=0, or triu with diagonal=1 hidden.",
        "The one key too many is the very token that a language model is to predict.",
    ),
    ("causal-top-left-with-cache", "query i sees key j ≤ i"): Row(
        lambda rule, n, m: Causal().may_attend(n, m) if np.any(rule.diagonal(n, m)) else None,
        "The causal diagonal was started at the first key.",
        "The queries are the last tokens: let the last one see the last key, and each other one "
        "less.",
        "With cached keys there are more keys than queries, and the queries come after them; "
        "counted from the first key they lose most of their past.",
    ),
    ("causal-lower-right", "query i sees key j ≤ i + m − n"): Row(
        lambda rule, n, m: None if rule.lower_right else Causal(True).may_attend(n, m),
        "The causal diagonal was made to end at the last query and the last key.",
        "Count from where the first query stands: here that is not m − n keys before it.",
        "Where queries and keys differ in number the two are not the same mask; PyTorch's "
        "is_causal and this exercise count from the top left.",
    ),
}


@mistakes(CAUSAL, Mask)
def causal(scene: Scene, wrong: WrongRule[Causal]) -> Array | None:
    """The scores masked with the causal rule done wrongly."""
    return with_rules(scene, Causal, wrong)


@mistake("causal-hides-past", "the cached keys are hidden", Mask)
def causal_hides_past(scene: Scene) -> Array | None:
    """The cached keys were hidden: only those of this call were seen, as far as causal lets them.

    Let each query see every cached key: they come before it.

    A cache spares the work of computing earlier keys again; the tokens are still a query's past.
    """
    past = scene["K_past"].shape[-2]

    def without_past(rule: Causal, n: int, m: int) -> Booleans | None:
        is_seen = np.asarray(rule.may_attend(n, m) & (np.arange(m) >= past))
        return None if rule.lower_right else is_seen

    return with_rules(scene, Causal, without_past)


def _wider(window: Window, more: int) -> Window:
    """The window with more keys on each side that is bounded and looks beyond itself."""
    left, right = (side + more if side > 0 else side for side in (window.left, window.right))
    return replace(window, left=left, right=right)


def _without(window: Window, end: int, n: int, m: int) -> Booleans:
    """What the window lets see, but for the key that stands so far from the query."""
    return np.asarray(window.may_attend(n, m) & (distance(n, m) - window.first != end))


WHOLE_WINDOW = "Let query i see the keys from i − left to i + right, its own position beside them."
BOTH_ENDS = "Let query i see the keys from i − left to i + right, both ends included."

WINDOW: Table[WrongRule[Window]] = {
    ("window-off-by-one", "keys from i − (left + 1) to i + (right + 1)"): Row(
        lambda w, n, m: _wider(w, 1).may_attend(n, m),
        "The window was one key too wide on each side that it looks to.",
        WHOLE_WINDOW,
        "The own position is not one of the keys counted to a side; beyond the window nothing is "
        "seen.",
    ),
    ("window-one-too-few", "keys from i − (left − 1) to i + (right − 1)"): Row(
        lambda w, n, m: _wider(w, -1).may_attend(n, m),
        "The window was one key too narrow on each side that it looks to.",
        WHOLE_WINDOW,
        "The own position is not one of the keys counted to a side; the outermost keys were lost.",
    ),
    ("window-end-excluded", "keys from i − left to i + right − 1"): Row(
        lambda w, n, m: None if w.right < 0 else _without(w, w.right, n, m),
        "The last key of each window was left out.",
        BOTH_ENDS,
        "A slice in Python stops before its end, so it has to be written [i − left : i + right + "
        "1].",
    ),
    ("window-start-excluded", "keys from i − left + 1 to i + right"): Row(
        lambda w, n, m: None if w.left <= 0 else _without(w, -w.left, n, m),
        "The first key of each window was left out.",
        BOTH_ENDS,
        "Where a window counts the query's own key, as in Keras, it begins one key later than "
        "here.",
    ),
    ("window-sides-swapped", "keys from i − right to i + left"): Row(
        lambda w, n, m: replace(w, left=w.right, right=w.left).may_attend(n, m),
        "The two sides of the window were exchanged.",
        "Let query i see `left` keys before its own position and `right` keys after it.",
        "Left is the past, right the future: exchanged, queries see what should be hidden from "
        "them.",
    ),
    ("window-ignores-cache", "keys from i − left to i + right, i counted from 0"): Row(
        lambda w, n, m: replace(w, first=0).may_attend(n, m) if np.any(w.first) else None,
        "The window was counted from the first key, as if there were none before the queries.",
        "Count a query's position from the beginning of the sequence: i plus the number of cached "
        "keys.",
        "Query i of this call is not token i of the sequence; its window lies among the keys "
        "before it.",
    ),
}


@mistakes(WINDOW, Mask)
def window(scene: Scene, wrong: WrongRule[Window]) -> Array | None:
    """The scores masked with the window done wrongly."""
    return with_rules(scene, Window, wrong)


def _longer(padding: Padding, more: int, m: int) -> Padding:
    """The padding with other lengths, but not below 0 or above the keys."""
    return replace(padding, lengths=np.clip(padding.lengths + more, 0, m))


PADDING: Table[WrongRule[Padding]] = {
    ("padding-one-too-many", "the first N + 1 keys are seen"): Row(
        lambda rule, n, m: _longer(rule, 1, m).may_attend(n, m),
        "One key of padding was seen too.",
        "padding:N means that the first N keys are real: hide every key after the Nth.",
        "Padding stands for nothing; its value does not belong in the output. Counted from 0 the "
        "real keys are those with j < N, not j ≤ N.",
    ),
    ("padding-one-too-few", "the first N − 1 keys are seen"): Row(
        lambda rule, n, m: _longer(rule, -1, m).may_attend(n, m),
        "The last real key was hidden.",
        "padding:N means that the first N keys are real: hide only the keys after the Nth.",
        "A real token was lost. Counted from 1 the real keys are those with j ≤ N, not j < N.",
    ),
    ("padding-at-the-front", "the last N keys are seen"): Row(
        lambda rule, n, m: rule.may_attend(n, m)[..., ::-1],
        "The padding was taken to stand before the real keys: the last N keys were seen.",
        "padding:N means that the first N keys are real, and the padding comes after them.",
        "Padding on the left is usual in text generation, but not here: real tokens were hidden, "
        "and padding was seen.",
    ),
}


@mistakes(PADDING, Mask)
def padding(scene: Scene, wrong: WrongRule[Padding]) -> Array | None:
    """The scores masked with the padding done wrongly."""
    return with_rules(scene, Padding, wrong)


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
    return padding(scene, lambda rule, n, m: by_sum)
