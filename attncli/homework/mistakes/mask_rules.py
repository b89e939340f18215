"""Mistakes in a rule that masks: causal, window, padding."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from attncli.calculation.layouts import Array
from attncli.calculation.masking import Booleans, Mask
from attncli.calculation.masks import Causal, Padding, Window
from attncli.homework.catalogue import Scene, mistake
from attncli.homework.mistakes.masking import with_rules


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


@mistake("causal-top-left-with-cache", "query i sees key j ≤ i", Mask)
def causal_top_left_with_cache(scene: Scene) -> Array | None:
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
