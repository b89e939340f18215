"""Mistakes with keys and values that several heads share."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from attncli.calculation.algebra.layouts import Array
from attncli.calculation.algebra.operation import Operation
from attncli.calculation.operations.projections import WeightedSum
from attncli.calculation.operations.split_heads import Average
from attncli.calculation.scoring.products import Bilinear, OfQueriesAndKeys
from attncli.homework.mistakes.mistake import Scene, mistake

MEETING: tuple[type[Operation], ...] = (OfQueriesAndKeys, Bilinear, WeightedSum)


def _shared(scene: Scene, wrong: Callable[[Array, int], Array]) -> Array | None:
    """What the operation gives where `wrong(keys, heads)` deals out the shared heads."""
    first, *between, last = scene.operands
    if last.ndim < 3 or last.shape[:-2] == first.shape[:-2]:
        return None
    return scene.step.operation.apply(first, *between, wrong(last, first.shape[-3]))


@mistake("gqa-tiled", "query head h uses kv head h mod kv_heads", *MEETING)
def gqa_tiled(scene: Scene) -> Array | None:
    """The shared heads were dealt out in turn: query heads 1, 2, 3 to kv heads 1, 2, 1, and so on.

    Neighbouring query heads share a kv head: query head h uses kv head ⌊h / group⌋ (repeat, not
    tile).

    The projections were learned for groups that lie side by side; dealt out in turn, most heads
    meet the keys of another group.
    """

    def tiled(keys: Array, heads: int) -> Array:
        copies = heads // keys.shape[-3]
        return np.concatenate([keys] * copies, axis=-3)

    return _shared(scene, tiled)


@mistake("gqa-wrong-axis", "tokens are repeated instead of heads", *MEETING)
def gqa_wrong_axis(scene: Scene) -> Array | None:
    """The shared keys or values were repeated along the tokens, not along the heads.

    Repeat whole heads: the axis of heads is the third from the end.

    Each head then has a part of the tokens, every one of them several times over.
    """

    def along_tokens(keys: Array, heads: int) -> Array:
        *leading, own, tokens, width = keys.shape
        repeated = np.repeat(keys, heads // own, axis=-2)
        return repeated.reshape(*leading, heads, tokens, width)

    return _shared(scene, along_tokens)


@mistake("gqa-first-head", "every query head uses kv head 1", *MEETING)
def gqa_first_head(scene: Scene) -> Array | None:
    """The first kv head was used for all query heads.

    Give each group of query heads its own kv head.

    With one head for all it is multi-query attention, and the other kv heads are lost.
    """

    def first(keys: Array, heads: int) -> Array:
        return np.repeat(keys[..., :1, :, :], heads, axis=-3)

    return _shared(scene, first)


@mistake("average-summed", "head 1 + … + head h of the weights", Average)
def average_summed(scene: Scene) -> Array | None:
    """The weights of the heads were added up.

    Divide by the number of heads: the mean of weights is a weight again.

    Rows of the mean sum to 1; those of the sum to the number of heads.
    """
    (weights,) = scene.operands
    total: Array = weights.sum(axis=-3)
    return total
