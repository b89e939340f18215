"""Mistakes with several masks, and with queries that may attend nothing."""

from __future__ import annotations

import numpy as np

from attncli.calculation.algebra.layouts import Array
from attncli.calculation.masks.mask_operation import HIDES, Mask
from attncli.calculation.masks.mask_rules import Causal, Rule, Window
from attncli.calculation.operations.normalisers import Softmax
from attncli.homework.mistakes.masks.common import (
    applied,
    conditions,
    masking,
    numbers,
    scored,
)
from attncli.homework.mistakes.mistake import Scene, mistake
from attncli.homework.mistakes.weights.softmax import EVERY_NORMALISER
from attncli.records import replace


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


def without_lengths(scene: Scene, first: int) -> Array | None:
    """The scores with all the keys of a cache, and the first query at another one of them."""
    rules: list[Rule] = []
    for rule in masking(scene).rules:
        if isinstance(rule, Causal | Window):
            rules.append(replace(rule, first=first))
        elif rule.words != "cache_lens":
            rules.append(rule)
    if len(rules) == len(masking(scene).rules):
        return None
    return applied(scene, replace(masking(scene), rules=tuple(rules)))


@mistake("cache-lens-ignored", "every key of the cache is seen", Mask)
def cache_lens_ignored(scene: Scene) -> Array | None:
    """The lengths of the cache were left out: all its keys were taken for filled.

    Hide the keys after the filled ones, and let the last query stand at the last that is filled.

    What stands behind them belongs to no token: it gets weight, and reaches the output.
    """
    n, m = scene.operands[0].shape[-2:]
    return without_lengths(scene, m - n)


@mistake("cache-lens-plain-causal", "query i sees key j ≤ i, whatever is filled", Mask)
def cache_lens_plain_causal(scene: Scene) -> Array | None:
    """The lengths of the cache were left out, and the queries counted from its first key.

    Count from where the first query stands, at length − n, and hide the keys that are not filled.

    The queries are the last tokens of the cache, and see those before them.
    """
    counts = any(isinstance(rule, Causal | Window) for rule in masking(scene).rules)
    return without_lengths(scene, 0) if counts else None


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


@mistake("cross-mask-wrong", "weights under the causal mask of the target", *EVERY_NORMALISER)
def cross_mask_wrong(scene: Scene) -> Array | None:
    """The causal mask of the target was used in cross-attention.

    Let every query see all of memory: a causal mask belongs to self-attention.

    The source is known as a whole before the first word of the target; hiding its end from the
    first queries takes away what they need.
    """
    if "memory" not in scene or any(isinstance(s.operation, Mask) for s in scene.plan.steps):
        return None
    (scores,) = scene.operands
    causal = np.tri(*scores.shape[-2:], dtype=np.bool_)
    return scene.step.operation.apply(np.where(causal, scores, scores.dtype.type(-np.inf)))
