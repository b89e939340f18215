"""Mistakes with several masks, with a cache that is not full, and with queries that see nothing."""

from __future__ import annotations

import numpy as np

from attncli.calculation.algebra.layouts import Array, Booleans
from attncli.calculation.masks.mask_operation import HIDES, Mask
from attncli.calculation.masks.mask_rules import Causal, Window
from attncli.calculation.operations.normalisers import Softmax
from attncli.calculation.operations.projections import WeightedSum
from attncli.homework.mistakes.masks.one_mask import conditions, counted_from, numbers, scored
from attncli.homework.mistakes.masks.rules import real_queries
from attncli.homework.mistakes.mistake import ENTRIES, Row, Scene, Table, enter, mistake
from attncli.homework.mistakes.weights.softmax import EVERY_NORMALISER
from attncli.records import replace


@mistake("masks-or", "fill where every mask hides", Mask)
def masks_or(scene: Scene) -> Array | None:
    """The masks were combined with "or": a key was seen if any mask allowed it.

    Combine the masks with "and": a key is seen only if every mask allows it.

    Each mask hides keys for its own reason, such as padding or the future, and one reason is
    enough.
    """
    parts = [*conditions(scene), *(added > HIDES for added in numbers(scene))]
    if len(parts) < 2:
        return None
    seen = np.zeros(scene.operands[0].shape, np.bool_)
    for part in parts:
        seen |= part
    scores = scored(scene)
    return np.where(seen, scores, scores.dtype.type(scene.operation(Mask).fill))


def _only(scene: Scene, position: int) -> Array | None:
    """The scores with one of several masks alone; None if this is `causal-missing`."""
    mask = scene.operation(Mask)
    bare = replace(mask, rules=(), keep=(), add=())
    masks = [
        *(replace(bare, rules=(rule,)) for rule in mask.rules),
        *(replace(bare, keep=(name,)) for name in mask.keep),
        *(replace(bare, add=(name,)) for name in mask.add),
    ]
    if len(masks) < 2:
        return None
    used = masks.pop(position)
    if all(isinstance(rule, Causal) for other in masks for rule in other.rules or (None,)):
        return None
    return scene.result_of(used)


def _without_lengths(scene: Scene, first: int) -> Array | None:
    """The scores with all the keys of a cache, and the first query at this key."""
    rules = scene.operation(Mask).rules
    others = tuple(rule for rule in rules if rule.words != "cache_lens")
    if len(others) == len(rules):
        return None
    return scene.with_choices(rules=counted_from(first, others))


def _at_the_end(scene: Scene) -> Array | None:
    """The scores with all the keys of a cache, and the last query at the last of them."""
    n, m = scene.operands[0].shape[-2:]
    return _without_lengths(scene, m - n)


def _at_the_beginning(scene: Scene) -> Array | None:
    """The scores with the first query at the first key; None if no rule counts from it."""
    counts = any(isinstance(rule, Causal | Window) for rule in scene.operation(Mask).rules)
    return _without_lengths(scene, 0) if counts else None


def _is_empty(scores: Array) -> Booleans:
    """True for the queries that see no key, as a column."""
    return np.asarray(np.isneginf(scores).all(axis=-1, keepdims=True))


def _empty_rows(scene: Scene, weight: float) -> Array | None:
    """The weights, with `weight` for every query that sees no key; None if all see a key."""
    (scores,) = scene.operands
    empty = _is_empty(scores)
    return np.where(empty, scores.dtype.type(weight), scene.right()) if empty.any() else None


def _emptied(scene: Scene, name: str, weight: float) -> Array | None:
    """The weights after a mistake in the mask, with `weight` for the queries that see no key.

    None if the mistake cannot be made, or if it leaves every query a key.
    """
    before = scene.behind(Mask)
    scores = ENTRIES[name].make(before)
    if scores is None or not (_is_empty(scores) & ~_is_empty(before.right())).any():
        return None
    return np.where(_is_empty(scores), scores.dtype.type(weight), scene.apply(scores))


def _of_real_queries(scene: Scene) -> Array | None:
    """The weighted sums, with 0 for padded queries; None without a mask of padding."""
    before = scene.behind(Mask)
    columns = [real_queries(before, part) for part in conditions(before)]
    found = [column for column in columns if column is not None]
    return np.asarray(scene.right() * found[0]) if found else None


def causal_weights(scene: Scene) -> Array:
    """The weights of the keys j ≤ i alone."""
    (scores,) = scene.operands
    causal = np.tri(*scores.shape[-2:], dtype=np.bool_)
    return scene.apply(np.where(causal, scores, scores.dtype.type(-np.inf)))


def _causal_of_memory(scene: Scene) -> Array | None:
    """The weights of the keys j ≤ i in cross-attention; None elsewhere, or with a mask."""
    return causal_weights(scene) if "memory" in scene and not scene.operations(Mask) else None


EVERY_MASK = "Apply all masks: a key is seen only if every mask allows it."
NAN_SPREADS = (
    "All exponentials of such a query are 0, and so is their sum. 0 / 0 is NaN, which spreads to "
    "everything that is calculated from it."
)
EQUAL_SCORES = (
    'Equal scores give equal weights, even if all of them mean "hidden", as with a fill of −1e9. '
    "The output is then the mean of values that should not be seen."
)
NO_WEIGHT = "Give such a query the weight {empty} for every key."

SEVERAL: Table = {
    ("mask-only-first", "the first mask alone", Mask): Row(
        lambda scene: _only(scene, 0),
        "Only the first of the masks was used.",
        EVERY_MASK,
        "The keys that only the other masks hide get weight, and their values reach the output.",
    ),
    ("mask-only-last", "the last mask alone", Mask): Row(
        lambda scene: _only(scene, -1),
        "Only the last of the masks was used.",
        EVERY_MASK,
        "The keys that only the other masks hide get weight, and their values reach the output. A "
        "loop that assigns each mask, instead of combining it with the others, keeps only the "
        "last one.",
    ),
    ("cache-lens-ignored", "every key of the cache is seen", Mask): Row(
        _at_the_end,
        "The lengths of the cache were ignored: all its keys were used.",
        "Hide the keys after the filled ones, and let the last query stand at the last filled key.",
        "The keys after the filled ones belong to no token. They get weight, and their values "
        "reach the output.",
    ),
    ("cache-lens-plain-causal", "query i sees key j ≤ i, whatever is filled", Mask): Row(
        _at_the_beginning,
        "The lengths of the cache were ignored, and the queries were counted from the first key.",
        "Hide the keys that are not filled, and let the first query stand at key length − n.",
        "The queries are the last tokens in the cache, and see all the tokens before them.",
    ),
    ("empty-row-nan", "0 / 0 where every key is hidden", Softmax): Row(
        lambda scene: _empty_rows(scene, np.nan),
        "A query that may attend to nothing got NaN (not a number) as its weights.",
        NO_WEIGHT,
        NAN_SPREADS,
    ),
    ("empty-row-mean", "1 / m where every key is hidden", Softmax): Row(
        lambda scene: _empty_rows(scene, 1 / scene.operands[0].shape[-1]),
        "A query that may attend to nothing got equal weights for all keys.",
        NO_WEIGHT,
        EQUAL_SCORES,
    ),
    ("empty-row-ones", "1 where every key is hidden", Softmax): Row(
        lambda scene: _empty_rows(scene, 1),
        "A query that may attend to nothing got the weight 1 for every key.",
        NO_WEIGHT,
        "exp(s − log Σ exp(s)) loses the sum if all scores are about −1e9: in float32, both "
        "numbers are then equal, and exp(0) is 1. The output is a sum of values that should not "
        "be seen.",
    ),
    ("padding-queries-zero", "0 for a query that is padding", WeightedSum): Row(
        _of_real_queries,
        "The result of a query that is padding was set to 0.",
        "Calculate the result of every query: the mask hides only keys.",
        "Some programs, such as the older attention layers of Keras, take a mask of the queries "
        "too. This problem has none.",
    ),
    ("cross-mask-wrong", "weights under the causal mask of the target", *EVERY_NORMALISER): Row(
        _causal_of_memory,
        "The causal mask of self-attention was used in cross-attention.",
        "Let every query see all of memory.",
        "The whole source is known before the first word of the target. If its end is hidden, the "
        "first queries lack what they need.",
    ),
}
enter(SEVERAL)

# Mistakes in the mask that leave a query without a key, by what the program then gave that query.
EMPTYING = ("causal-hides-self", "padding-on-queries", "mask-on-query-axis", "mask-zero-scores")
EMPTIED: Table = {
    (f"{name}-{ending}", f"{ENTRIES[name].formula}; {formula}", Softmax): Row(
        lambda scene, name=name, weight=weight: _emptied(  # type: ignore[misc]
            scene, name, weight(scene)
        ),
        f"{ENTRIES[name].texts.done} {done}",
        ENTRIES[name].texts.right,
        f"{ENTRIES[name].texts.why} {why}",
    )
    for name in EMPTYING
    for ending, formula, weight, done, why in (
        (
            "nan",
            "0 / 0 without a key",
            lambda scene: np.nan,
            "A query without a key then got NaN (not a number) as its weights.",
            NAN_SPREADS,
        ),
        (
            "mean",
            "1 / m without a key",
            lambda scene: 1 / scene.operands[0].shape[-1],
            "A query without a key then got equal weights for all keys.",
            EQUAL_SCORES,
        ),
    )
}
enter(EMPTIED)
