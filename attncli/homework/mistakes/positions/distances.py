"""Mistakes in ALiBi: what is subtracted from the scores for the distance."""

from __future__ import annotations

import numpy as np

from attncli.calculation.algebra.layouts import Array
from attncli.calculation.masks.mask_operation import Mask
from attncli.calculation.positions.places import places
from attncli.calculation.positions.position_operations import Distances
from attncli.homework.mistakes.masks.common import applied, masking
from attncli.homework.mistakes.mistake import Scene, mistake
from attncli.records import replace


def lowering(scene: Scene) -> Distances:
    """The operation of this step, which makes ALiBi's numbers."""
    operation = scene.step.operation
    assert isinstance(operation, Distances)
    return operation


def with_slopes(scene: Scene, exponents: list[float]) -> Array | None:
    """The numbers with slopes 2^−e in place of the right ones; None where these are the same."""
    heads = lowering(scene).heads
    right = [8 * step / steps for step, steps in lowering(scene).slopes]
    if exponents == right:
        return None
    factors = np.array([2.0 ** (own - wrong) for own, wrong in zip(right, exponents, strict=True)])
    return np.asarray(scene.right() * (factors[:, None, None] if heads else factors))


@mistake("alibi-missing", "scores, no position added", Mask)
def alibi_missing(scene: Scene) -> Array | None:
    """ALiBi's numbers were not added to the scores.

    Add position before softmax: −slope · |i − j|.

    Without them attention does not know how far apart tokens are.
    """
    operation = masking(scene)
    if "position" not in operation.add:
        return None
    add = tuple(name for name in operation.add if name != "position")
    return applied(scene, replace(operation, add=add))


@mistake("alibi-sign", "+slope · |i − j|", Distances)
def alibi_sign(scene: Scene) -> Array | None:
    """The distance raises the scores.

    Subtract it: −slope · |i − j|.

    With a plus the farthest keys get the most weight; ALiBi is there to prefer the near ones.
    """
    return -scene.right()


@mistake("alibi-no-absolute", "−slope · (i − j)", Distances)
def alibi_no_absolute(scene: Scene) -> Array | None:
    """The difference of the positions was taken with its sign.

    Take the distance |i − j|, which is never negative.

    Keys after the query would be preferred, the farther the more. Under a causal mask they are
    hidden, and the two are the same.
    """
    (source,) = scene.operands
    n, m = source.shape[-2:]
    return np.asarray(scene.right() * np.sign(places(lowering(scene).first, n) - np.arange(m)))


@mistake("alibi-slope-shift", "2^(−8h/H), h from 0", Distances)
def alibi_slope_shift(scene: Scene) -> Array | None:
    """The heads were counted from 0, so that the first slope is 1.

    Count them from 1: the slopes are 2^(−8/H), 2^(−16/H), … down to 2^(−8).

    Every head gets the slope of the one before it, which is too steep.
    """
    heads = lowering(scene).heads or 1
    return with_slopes(scene, [8 * head / heads for head in range(heads)])


@mistake("alibi-non-pow2", "2^(−8h/H) for an H that is no power of two", Distances)
def alibi_non_pow2(scene: Scene) -> Array | None:
    """The rule for a power of two was used for another number of heads.

    Take the slopes of the next lower power of two, then the first, third, … of twice that power.

    So the authors' program has it; trained weights need the slopes that they were trained with.
    """
    heads = lowering(scene).heads or 1
    return with_slopes(scene, [8 * head / heads for head in range(1, heads + 1)])


@mistake("alibi-next-power", "the first slopes of the next higher power of two", Distances)
def alibi_next_power(scene: Scene) -> Array | None:
    """The first slopes of the next higher power of two were used.

    Take the slopes of the next lower power of two, then the first, third, … of twice that power.

    So the authors' program has it; trained weights need the slopes that they were trained with.
    """
    heads = lowering(scene).heads or 1
    power = 2 ** (heads - 1).bit_length()
    return with_slopes(scene, [8 * head / power for head in range(1, heads + 1)])


@mistake("alibi-same-slope", "the first slope for every head", Distances)
def alibi_same_slope(scene: Scene) -> Array | None:
    """Every head got the slope of the first.

    Give each head its own: 2^(−8/H), 2^(−16/H), … down to 2^(−8).

    Heads with gentle slopes look far, heads with steep ones near; with one slope they all look
    equally far.
    """
    (step, steps), *others = lowering(scene).slopes
    return with_slopes(scene, [8 * step / steps] * (1 + len(others)))


@mistake("alibi-slopes-reversed", "the slopes of the heads from the last to the first", Distances)
def alibi_slopes_reversed(scene: Scene) -> Array | None:
    """The slopes were given to the heads in reverse order.

    The first head has the steepest slope, 2^(−8/H), the last the gentlest.

    Trained heads need the slopes that they were trained with.
    """
    return with_slopes(scene, [8 * step / steps for step, steps in lowering(scene).slopes][::-1])


@mistake("alibi-without-past", "|i − j| although tokens are cached", Distances)
def alibi_without_past(scene: Scene) -> Array | None:
    """The queries were counted from 0, as if no tokens were in the cache.

    Count them on from those that are cached: |i + first − j|.

    The queries are the last of all the tokens: counted from 0 they seem near to the oldest keys.
    """
    operation = lowering(scene)
    return replace(operation, first=0).apply(*scene.operands) if np.any(operation.first) else None
