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
    """The earlier tokens were put after the new ones.

    Begin with those of the cache: they came first.

    Masks and positions count from the beginning of the sequence, and would now hide the wrong keys.
    """
    past, new = scene.operands
    return np.concatenate((new, past), axis=-2)


@mistake("cache-forgotten", "the new tokens alone", Join, Mask)
def cache_forgotten(scene: Scene) -> Array | None:
    """The earlier tokens were left out.

    Put them before the new ones.

    The queries come after them in the sequence, and attend to all of it.
    """
    if isinstance(scene.step.operation, Mask):
        return _of_new_keys(scene)
    _, new = scene.operands
    return new.copy()


def _of_new_keys(scene: Scene) -> Array:
    """The masked scores of the new keys alone, as if the first query stood at the first of them."""
    every = scene.step.axes[-1].size
    new = slice(scene["K_past"].shape[-2] - every, None)
    scores, *matrices = scene.operands
    mask = scene.operation(Mask)
    rules = counted_from(0, mask.rules)
    own = (matrix[..., new] if matrix.shape[-1] == every else matrix for matrix in matrices)
    return replace(mask, rules=rules).apply(scores[..., new], *own)
