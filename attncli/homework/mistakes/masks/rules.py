"""Mistakes in a rule that masks: causal, window, padding."""

from __future__ import annotations

import numpy as np

from attncli.calculation.algebra.layouts import Array
from attncli.calculation.masks.mask_operation import Mask
from attncli.calculation.masks.mask_rules import Booleans, Causal, Padding, Window, distance
from attncli.homework.mistakes.masks.common import with_rules
from attncli.homework.mistakes.mistake import Scene, mistake
from attncli.records import replace


def causal(scene: Scene, shift: int) -> Array | None:
    """The scores with every causal diagonal moved to the right."""

    def moved(rule: Causal, n: int, m: int) -> Booleans:
        return np.asarray(distance(n, m) <= rule.diagonal(n, m) + shift)

    return with_rules(scene, Causal, moved)


@mistake("causal-transposed", "query i sees key j ≥ i", Mask)
def causal_transposed(scene: Scene) -> Array | None:
    """The causal mask was transposed: each query sees itself and what comes after it.

    Let query i see keys j ≤ i: in rows of queries that is the lower triangle (tril, not triu).

    The mask is there to keep the future from a query; this one hides the past and shows the future.
    """

    def transposed(rule: Causal, n: int, m: int) -> Booleans:
        return np.asarray(distance(n, m) >= rule.diagonal(n, m))

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


@mistake("causal-top-left-with-cache", "query i sees key j ≤ i", Mask)
def causal_top_left_with_cache(scene: Scene) -> Array | None:
    """The causal diagonal was started at the first key.

    The queries are the last tokens: let the last one see the last key, and each other one less.

    With cached keys there are more keys than queries, and the queries come after them; counted from
    the first key they lose most of their past.
    """

    def from_the_first(rule: Causal, n: int, m: int) -> Booleans | None:
        is_later = np.any(np.asarray(rule.diagonal(n, m)) != 0)
        return Causal().may_attend(n, m) if is_later else None

    return with_rules(scene, Causal, from_the_first)


@mistake("causal-lower-right", "query i sees key j ≤ i + m − n", Mask)
def causal_lower_right(scene: Scene) -> Array | None:
    """The causal diagonal was made to end at the last query and the last key.

    Count from where the first query stands: here that is not m − n keys before it.

    Where queries and keys differ in number the two are not the same mask; PyTorch's is_causal and
    this exercise count from the top left.
    """

    def to_the_last(rule: Causal, n: int, m: int) -> Booleans | None:
        return None if rule.lower_right else Causal(True).may_attend(n, m)

    return with_rules(scene, Causal, to_the_last)


@mistake("causal-hides-past", "the cached keys are hidden", Mask)
def causal_hides_past(scene: Scene) -> Array | None:
    """The cached keys were hidden: only those of this call were seen, as far as causal lets them.

    Let each query see every cached key: they come before it.

    A cache spares the work of computing earlier keys again; the tokens are still a query's past.
    """

    def without_past(rule: Causal, n: int, m: int) -> Booleans | None:
        if "K_past" not in scene or rule.lower_right:
            return None
        past = scene["K_past"].shape[-2]
        return np.asarray(rule.may_attend(n, m) & (np.arange(m) >= past))

    return with_rules(scene, Causal, without_past)


def window(scene: Scene, more: int) -> Array | None:
    """The scores with every window wider on each side that is bounded and looks beyond itself."""

    def resized(rule: Window, n: int, m: int) -> Booleans:
        left, right = (side + more if side > 0 else side for side in (rule.left, rule.right))
        return replace(rule, left=left, right=right).may_attend(n, m)

    return with_rules(scene, Window, resized)


@mistake("window-off-by-one", "keys from i − (left + 1) to i + (right + 1)", Mask)
def window_off_by_one(scene: Scene) -> Array | None:
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
        shift = distance(n, m) - rule.first
        return None if rule.right < 0 else rule.may_attend(n, m) & (shift != rule.right)

    return with_rules(scene, Window, cut)


@mistake("window-start-excluded", "keys from i − left + 1 to i + right", Mask)
def window_start_excluded(scene: Scene) -> Array | None:
    """The first key of each window was left out.

    Let query i see the keys from i − left to i + right, both ends included.

    Where a window counts the query's own key, as in Keras, it begins one key later than here.
    """

    def cut(rule: Window, n: int, m: int) -> Booleans | None:
        shift = distance(n, m) - rule.first
        return None if rule.left <= 0 else rule.may_attend(n, m) & (shift != -rule.left)

    return with_rules(scene, Window, cut)


@mistake("window-sides-swapped", "keys from i − right to i + left", Mask)
def window_sides_swapped(scene: Scene) -> Array | None:
    """The two sides of the window were exchanged.

    Let query i see `left` keys before its own position and `right` keys after it.

    Left is the past, right the future: exchanged, queries see what should be hidden from them.
    """

    def swapped(rule: Window, n: int, m: int) -> Booleans:
        return replace(rule, left=rule.right, right=rule.left).may_attend(n, m)

    return with_rules(scene, Window, swapped)


@mistake("window-ignores-cache", "keys from i − left to i + right, i counted from 0", Mask)
def window_ignores_cache(scene: Scene) -> Array | None:
    """The window was counted from the first key, as if there were none before the queries.

    Count a query's position from the beginning of the sequence: i plus the number of cached keys.

    Query i of this call is not token i of the sequence; its window lies among the keys before it.
    """

    def from_the_first(rule: Window, n: int, m: int) -> Booleans | None:
        if not np.any(np.asarray(rule.first) != 0):
            return None
        return replace(rule, first=0).may_attend(n, m)

    return with_rules(scene, Window, from_the_first)


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


@mistake("padding-from-embedding-sum", "the keys whose inputs do not sum to 0 are seen", Mask)
def padding_from_embedding_sum(scene: Scene) -> Array | None:
    """Padding was looked for in the numbers: a token whose inputs sum to 0 was taken for padding.

    Take the padding from the lengths.

    Real tokens may sum to 0, and padding need not: with positions added it hardly ever does.
    """
    source = scene["memory" if "memory" in scene else "X"]
    seen = source.sum(axis=-1) != 0
    heads = 1 if any(axis.name == "heads" for axis in scene.step.axes) else 0

    def by_sum(rule: Padding, n: int, m: int) -> Booleans:
        return np.asarray(seen.reshape(*seen.shape[:-1], *(1,) * heads, 1, seen.shape[-1]))

    return with_rules(scene, Padding, by_sum)
