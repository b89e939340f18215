"""Mistakes in ALiBi: what is subtracted from the scores for the distance."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np

from attncli.calculation.algebra.layouts import Array
from attncli.calculation.masks.masking import Mask
from attncli.calculation.positions.places import places
from attncli.calculation.positions.position_operations import Distances
from attncli.homework.mistakes.mistake import Row, Scene, Table, mistake, mistakes
from attncli.homework.mistakes.positions.sinusoids import without_past


@mistake("alibi-missing", "scores, no position added", Mask)
def alibi_missing(scene: Scene) -> Array | None:
    """ALiBi's numbers were not added to the scores.

    Add position before softmax: −slope · |i − j|.

    Without them attention does not know how far apart tokens are.
    """
    add = scene.operation(Mask).add
    if "position" not in add:
        return None
    return scene.changed(add=tuple(name for name in add if name != "position"))


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
    first = scene.operation(Distances).first
    return np.asarray(scene.right() * np.sign(places(first, n) - np.arange(m)))


def _eighths(heads: int, steps: int, first: int = 1) -> list[float]:
    """8a / steps of every head, a counted from the first."""
    return [8 * (first + head) / steps for head in range(heads)]


NEXT_LOWER = (
    "Take the slopes of the next lower power of two, then the first, third, … of twice that power."
)
AS_TRAINED = (
    "So the authors' program has it; trained weights need the slopes that they were trained with."
)

# The exponents e of the slopes 2^−e of all heads, from the right ones.
Exponents: TypeAlias = "Callable[[list[float]], list[float]]"

EXPONENTS: Table[Exponents] = {
    ("alibi-slope-shift", "2^(−8h/H), h from 0"): Row(
        lambda e: _eighths(len(e), len(e), first=0),
        "The heads were counted from 0, so that the first slope is 1.",
        "Count them from 1: the slopes are 2^(−8/H), 2^(−16/H), … down to 2^(−8).",
        "Every head gets the slope of the one before it, which is too steep.",
    ),
    ("alibi-non-pow2", "2^(−8h/H) for an H that is no power of two"): Row(
        lambda e: _eighths(len(e), len(e)),
        "The rule for a power of two was used for another number of heads.",
        NEXT_LOWER,
        AS_TRAINED,
    ),
    ("alibi-next-power", "the first slopes of the next higher power of two"): Row(
        lambda e: _eighths(len(e), 2 ** (len(e) - 1).bit_length()),
        "The first slopes of the next higher power of two were used.",
        NEXT_LOWER,
        AS_TRAINED,
    ),
    ("alibi-same-slope", "the first slope for every head"): Row(
        lambda e: e[:1] * len(e),
        "Every head got the slope of the first.",
        "Give each head its own: 2^(−8/H), 2^(−16/H), … down to 2^(−8).",
        "Heads with gentle slopes look far, heads with steep ones near; with one slope they all "
        "look equally far.",
    ),
    ("alibi-slopes-reversed", "the slopes of the heads from the last to the first"): Row(
        lambda e: e[::-1],
        "The slopes were given to the heads in reverse order.",
        "The first head has the steepest slope, 2^(−8/H), the last the gentlest.",
        "Trained heads need the slopes that they were trained with.",
    ),
}


@mistakes(EXPONENTS, Distances)
def with_slopes(scene: Scene, wrong: Exponents) -> Array | None:
    """The numbers with other slopes; None where they are the right ones."""
    right = [8 * step / steps for step, steps in scene.operation(Distances).slopes]
    exponents = wrong(right)
    if exponents == right:
        return None
    factors = np.array([2.0 ** (own - other) for own, other in zip(right, exponents, strict=True)])
    heads = scene.operation(Distances).heads
    return np.asarray(scene.right() * (factors[:, None, None] if heads else factors))


@mistake("alibi-without-past", "|i − j| although tokens are cached", Distances)
def alibi_without_past(scene: Scene) -> Array | None:
    """The queries were counted from 0, as if no tokens were in the cache.

    Count them on from those that are cached: |i + first − j|.

    The queries are the last of all the tokens: counted from 0 they seem near to the oldest keys.
    """
    return without_past(scene)
