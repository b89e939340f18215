"""Mistakes in ALiBi: the numbers that are subtracted from the scores for the distance."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from attncli.calculation.algebra.layouts import Array
from attncli.calculation.masks.mask_operation import Mask
from attncli.calculation.positions.alibi import Distances
from attncli.calculation.positions.places import places
from attncli.homework.mistakes.mistake import Row, Scene, Table, enter
from attncli.homework.mistakes.positions.sinusoids import without_past


def _without(scene: Scene) -> Array | None:
    """The masked scores without the numbers of ALiBi; None if there are none."""
    add = scene.operation(Mask).add
    others = tuple(name for name in add if name != "position")
    return scene.with_choices(add=others) if others != add else None


def _signed(scene: Scene) -> Array:
    """The numbers with the sign that the difference of the positions has."""
    (source,) = scene.operands
    n, m = source.shape[-2:]
    first = scene.operation(Distances).first
    return np.asarray(scene.right() * np.sign(places(first, n) - np.arange(m)))


def _with_slopes(scene: Scene, wrong: Callable[[list[float]], list[float]]) -> Array | None:
    """The numbers with other slopes 2^−e; None if these are the right slopes.

    `wrong` takes the right exponents e of all heads and returns the wrong ones.
    """
    right = [8 * step / steps for step, steps in scene.operation(Distances).slopes]
    exponents = wrong(right)
    if exponents == right:
        return None
    factors = np.array([2.0 ** (own - other) for own, other in zip(right, exponents, strict=True)])
    heads = scene.operation(Distances).heads
    return np.asarray(scene.right() * (factors[:, None, None] if heads else factors))


def _eighths(heads: int, steps: int) -> list[float]:
    """The exponents 8a / steps of all heads, where a counts from 1."""
    return [8 * head / steps for head in range(1, heads + 1)]


def _from_0(scene: Scene) -> list[float]:
    """The right exponents of all heads, each of the head before it in its own list."""
    return [8 * (step - 1) / steps for step, steps in scene.operation(Distances).slopes]


def _of_next_power(right: list[float]) -> list[float]:
    """The first exponents of the next higher power of two."""
    return _eighths(len(right), 2 ** (len(right) - 1).bit_length())


NEXT_LOWER = (
    "Take the slopes for the next lower power of two, then the first, third, … slope for twice "
    "that power: {slopes}."
)
AS_TRAINED = (
    "The program of the authors does it in this way, and trained weights need the slopes that "
    "they were trained with."
)

DISTANCES: Table = {
    ("alibi-missing", "scores, no position added", Mask): Row(
        _without,
        "The numbers of ALiBi were not added to the scores.",
        "Add position, −slope · |i − j|, to the scores before softmax.",
        "Without these numbers, attention does not know how far apart two tokens are.",
    ),
    ("alibi-sign", "+slope · |i − j|", Distances): Row(
        lambda scene: -scene.right(),
        "The distances were added to the scores.",
        "Subtract slope times distance: −slope · |i − j|.",
        "With a plus sign, the farthest keys get the most weight. ALiBi is made to prefer near "
        "keys.",
    ),
    ("alibi-no-absolute", "−slope · (i − j)", Distances): Row(
        _signed,
        "The difference of the positions was used with its sign: −slope · (i − j).",
        "Use the distance |i − j|, which is never negative.",
        "With the sign, keys after the query get higher scores, the more the farther away they "
        "are. Only a causal mask, which hides these keys, makes the two equal.",
    ),
    ("alibi-slope-shift", "2^(−8h/H), h from 0", Distances): Row(
        lambda scene: _with_slopes(scene, lambda e: _from_0(scene)),
        "The heads were counted from 0, so that the first slope is 1.",
        "Count the heads from 1: the slopes are {slopes}.",
        "With the slope 1, the first head sees hardly anything but its own position.",
    ),
    ("alibi-non-pow2", "2^(−8h/H) for an H that is not a power of two", Distances): Row(
        lambda scene: _with_slopes(scene, lambda e: _eighths(len(e), len(e))),
        "The rule for a power of two, 2^(−8h/H), was used, but the number of heads H is not a "
        "power of two.",
        NEXT_LOWER,
        AS_TRAINED,
    ),
    ("alibi-next-power", "the first slopes of the next higher power of two", Distances): Row(
        lambda scene: _with_slopes(scene, _of_next_power),
        "The first slopes for the next higher power of two were used.",
        NEXT_LOWER,
        AS_TRAINED,
    ),
    ("alibi-same-slope", "the first slope for every head", Distances): Row(
        lambda scene: _with_slopes(scene, lambda e: e[:1] * len(e)),
        "Every head got the slope of the first head.",
        "Give each head its own slope: {slopes}.",
        "Heads with a gentle slope look far, heads with a steep slope look near. With one slope, "
        "all heads look equally far.",
    ),
    ("alibi-slopes-reversed", "the slopes of the heads from the last to the first", Distances): Row(
        lambda scene: _with_slopes(scene, lambda e: e[::-1]),
        "The slopes were given to the heads in reverse order.",
        "From the first head to the last, the slopes are {slopes}.",
        "Each trained head needs the slope that it was trained with.",
    ),
    (
        "alibi-slopes-sorted",
        "the slopes of the heads from the largest to the smallest",
        Distances,
    ): Row(
        lambda scene: _with_slopes(scene, sorted),
        "The slopes were sorted: the first head got the largest slope, the last head the smallest.",
        "From the first head to the last, the slopes are {slopes}.",
        "If the number of heads is not a power of two, the slopes do not fall from head to head. "
        "Each trained head needs the slope that it was trained with.",
    ),
    ("alibi-without-past", "|i − j| although tokens are cached", Distances): Row(
        lambda scene: without_past(scene),
        "The queries were counted from 0, as if the cache were empty.",
        "Go on counting after the tokens in the cache: the distance is |i + {first} − j|.",
        "The queries are the last of all the tokens. Counted from 0, they seem to stand near the "
        "oldest keys.",
    ),
}
enter(DISTANCES)
