"""Mistakes with the keys and values of earlier calls."""

from __future__ import annotations

import numpy as np

from attncli.calculation.algebra.layouts import Array
from attncli.calculation.masks.mask_operation import Mask
from attncli.calculation.plans.cache import Join
from attncli.homework.mistakes.masks.one_mask import counted_from
from attncli.homework.mistakes.mistake import Scene, mistake
from attncli.records import replace


@mistake("cache-in-wrong-order", "new tokens, then earlier ones", Join)
def cache_in_wrong_order(scene: Scene) -> Array | None:
    """The cached tokens were put after the new tokens.

    Put the cached tokens first: they come before the new tokens in the sequence.

    Masks and positions count from the beginning of the sequence. In the wrong order, they apply to
    the wrong keys.
    """
    past, new = scene.operands
    return np.concatenate((new, past), axis=-2)


@mistake("cache-forgotten", "the new tokens alone", Join, Mask)
def cache_forgotten(scene: Scene) -> Array | None:
    """The cached tokens were left out.

    Put K_past before the new keys, and V_past before the new values.

    The cached tokens are the earlier tokens of the same sequence. The new queries attend to them
    too.
    """
    if isinstance(scene.step.operation, Mask):
        return _of_new_keys(scene)
    _, new = scene.operands
    return new.copy()


def _of_new_keys(scene: Scene) -> Array:
    """The masked scores of the new keys alone, with the first query at the first new key."""
    every = scene.step.axes[-1].size
    new = slice(scene["K_past"].shape[-2] - every, None)
    scores, *matrices = scene.operands
    mask = scene.operation(Mask)
    rules = counted_from(0, mask.rules)
    own = (matrix[..., new] if matrix.shape[-1] == every else matrix for matrix in matrices)
    return replace(mask, rules=rules).apply(scores[..., new], *own)
