"""Mistakes in positions that are added to X: scaled embeddings, sinusoids, and the sum."""

from __future__ import annotations

from collections.abc import Callable
from math import sqrt
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from attncli.calculation.algebra.layouts import Array
from attncli.calculation.operations.pointwise import TimesRoot
from attncli.calculation.operations.projections import Project, WeightedSum
from attncli.calculation.positions.alibi import Distances
from attncli.calculation.positions.angles import Angles
from attncli.calculation.positions.places import places
from attncli.calculation.positions.rope import Rotate
from attncli.calculation.positions.sinusoids import AddPositions, Sinusoids
from attncli.calculation.scoring.products import Dot
from attncli.homework.mistakes.mistake import Row, Scene, Table, enter, mistake
from attncli.records import replace

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Numbers: TypeAlias = NDArray[np.float64]

# Mistakes in the factor √d_model of the embeddings.


def _all_enlarged(source: Array, position: Array) -> Array:
    """The embeddings, which are scaled already, plus the positions scaled in the same way."""
    return source + position * sqrt(source.shape[-1])


def _enlarged(source: Array, position: Array) -> Array:
    """The embeddings times √d_model, plus the positions as they are."""
    return source * sqrt(source.shape[-1]) + position


EMBEDDINGS: Table = {
    ("no-embedding-scale", "X", TimesRoot): Row(
        lambda scene: scene.left_out(),
        "The embeddings were not multiplied by √d_model.",
        "Multiply X by √d_model first, before the positions are added.",
        "Embeddings start out small, and positions lie between −1 and 1: without the factor, the "
        "positions outweigh the words.",
    ),
    ("embedding-divided", "X / √d_model", TimesRoot): Row(
        lambda scene: scene.operands[0] / sqrt(scene.operands[0].shape[-1]),
        "The embeddings were divided by √d_model.",
        "Multiply the embeddings by √d_model.",
        "Divided, the embeddings become even smaller beside the positions. It is the scores that "
        "are divided by a root, that of d_k.",
    ),
    ("embedding-times-d", "X × d_model", TimesRoot): Row(
        lambda scene: scene.operands[0] * scene.operands[0].shape[-1],
        "The embeddings were multiplied by d_model instead of its square root.",
        "Multiply the embeddings by √d_model.",
        "The model was trained with embeddings multiplied by √d_model, and needs the same numbers "
        "again.",
    ),
    ("embedding-scale-last", "(X + position) × √d_model", AddPositions): Row(
        lambda scene: scene.of_operands(_all_enlarged) if scene.operations(TimesRoot) else None,
        "The positions were added first, and the sum was multiplied by √d_model.",
        "Multiply only the embeddings by √d_model, then add the positions.",
        "The factor makes the embeddings large beside the positions. Applied to both, it does not "
        "change their ratio.",
    ),
    ("embedding-scale-unasked", "X × √d_model + position", AddPositions): Row(
        lambda scene: None if scene.operations(TimesRoot) else scene.of_operands(_enlarged),
        "The embeddings were multiplied by √d_model, but this problem does not scale them.",
        "Add the positions to X as it is.",
        "The factor is a choice of the paper. A model that was trained without it needs its "
        "embeddings as they are.",
    ),
}
enter(EMBEDDINGS)


# Mistakes in the waves: the power of the base, the functions and their order.

# The factor of the position in each column, as a function of the pair, the side (1 for cosine), the
# width and the base.
Frequency: TypeAlias = "Callable[[NDArray[np.int_], NDArray[np.int_], int, float], Any]"
Wave: TypeAlias = "Callable[[Numbers], Numbers]"


def _right_frequency(i: NDArray[np.int_], side: NDArray[np.int_], d: int, base: float) -> Any:
    """The right frequency, 1 / base^(2i/d)."""
    return base ** (-2 * i / d)


def _waves(
    scene: Scene,
    frequency: Frequency = _right_frequency,
    sine: Wave = np.sin,
    cosine: Wave = np.cos,
    in_halves: bool = False,
) -> Array | None:
    """The sinusoids with other frequencies, or other functions in their columns.

    `in_halves`: all sines come first, then all cosines; None if that is right, or if d is odd.
    """
    operation = scene.operation(Sinusoids)
    (source,) = scene.operands
    n, d = source.shape[-2:]
    angles = operation.angles
    if in_halves:
        if d % 2 or not angles.is_interleaved:
            return None
        angles = replace(angles, is_interleaved=False)
    pair, side = np.array([angles.pair(column, d) for column in range(d)]).T
    turns = places(operation.first, n) * frequency(pair, side, d, angles.base)
    return np.where(side == 1, cosine(turns), sine(turns)).astype(source.dtype)


# Sinusoids and rotations share these mistakes; the reasons why they matter differ.
TENTH_OF_BASE = (
    "A tenth of the base {base} was used.",
    "The base is {base}.",
)
BASE_IGNORED = (
    "The base 10000 was used, but the problem gives another base.",
    "Use the base that the problem gives.",
)
NOT_DOUBLED = (
    "The factor 2 is missing in the exponent of the base: i/d, where i counts the pairs.",
    "The exponent is 2i/d, where i counts the pairs from 0: it runs from 0 to nearly 1.",
)
PAST_FORGOTTEN = (
    "The new tokens were counted from 0, as if the cache were empty.",
    "Go on counting after the tokens in the cache.",
)
NOT_FROM_FIRST_REAL = (
    "Each position was counted from the first token that is not padding; padding got 0.",
    "Count from the first token, padding included.",
)
SWAPPED = "Sine and cosine were exchanged."
DEGREES = "The angles were taken as degrees."
BASE = 10000.0


def angles_of(scene: Scene) -> Angles:
    """The angles of the sinusoids, or of the rotation, of this step."""
    operation = scene.step.operation
    assert isinstance(operation, Sinusoids | Rotate)
    return operation.angles


def with_angles(scene: Scene, **choices: Any) -> Array:
    """The sinusoids, or the rotation, by angles with other choices."""
    return scene.with_choices(angles=replace(angles_of(scene), **choices))


ONE_WAVE = (
    "The sine and the cosine of a pair must belong to one wave: together they are a point that "
    "moves around a circle, one step per position."
)
SINE_BEFORE = "Give each cosine the exponent of the sine in its pair: 2i/d."


def _to_exactly_1(scene: Scene, in_halves: bool = False) -> Array | None:
    """The sinusoids with i/(d/2 − 1) in the exponent; None if d is odd, or with only one pair."""
    width = scene.operands[0].shape[-1]
    if width < 4 or width % 2:
        return None
    return _waves(scene, lambda i, side, d, base: base ** (-i / (d / 2 - 1)), in_halves=in_halves)


def with_usual_base(scene: Scene) -> Array | None:
    """The sinusoids, or the rotation, with the base of the paper; None if that is right."""
    return None if angles_of(scene).base == BASE else with_angles(scene, base=BASE)


def without_past(scene: Scene) -> Array | None:
    """The positions counted from 0; None if that is right."""
    operation = scene.step.operation
    assert isinstance(operation, Sinusoids | Rotate | Distances)
    return scene.with_choices(first=0) if np.any(operation.first) else None


def from_first_real(scene: Scene) -> Array | None:
    """The positions counted from the first key that is not hidden from all queries.

    None if that is right. Raises IndexError without a mask of true and false.
    """
    (source,) = scene.operands
    operation = scene.step.operation
    assert isinstance(operation, Sinusoids | Rotate)
    seen = np.atleast_2d(scene[scene.problem.masks.keep[0]]).any(axis=-2)
    padded, n = seen.argmax(axis=-1), source.shape[-2]
    if not padded.any() or seen.shape[-1] != n:
        return None
    padded = padded.reshape(-1, *(1,) * (source.ndim - 1)) if padded.size > 1 else padded.item()
    counted = np.maximum(places(operation.first, n) - padded, 0)
    return scene.with_choices(first=counted - np.arange(n)[:, None])


def _in_order(scene: Scene, by_turns: bool) -> Array | None:
    """The sinusoids in this order; None if it is the right one, or if a sine is left over."""
    is_odd = not by_turns and scene.operands[0].shape[-1] % 2
    if angles_of(scene).is_interleaved == by_turns or is_odd:
        return None
    return with_angles(scene, is_interleaved=by_turns)


ORDER_LEARNED = (
    "A model can learn its weights with either order. But the numbers differ, and trained weights "
    "need the order that they were trained with."
)

BY_TURNS = (
    "Let sine and cosine alternate: the sine in the features 2i, the cosine in the features 2i + "
    "1, counted from 0."
)
BELOW_1 = "The exponent is 2i/d, which stays below 1."
EXACTLY_1 = (
    "In the program tensor2tensor, the last exponent is exactly 1; in the paper it is not. Every "
    "wave but the first differs."
)
FLOORED = (
    "In Python, // rounds its result down to a whole number. Here the result is negative, and a "
    "small fraction becomes −1."
)

SINUSOIDS: Table = {
    ("pe-double-index", "10000^(4i/d)", Sinusoids): Row(
        lambda scene: _waves(scene, lambda i, side, d, base: base ** (-4 * i / d)),
        "The factor 2 was applied twice: i was the number of an even feature (0, 2, 4, …), which "
        "is 2i already.",
        "Let i count the pairs of features: 0, 1, 2, …. Both features of a pair have the exponent "
        "2i/d.",
        "A loop over the even features already has the factor 2 in its index. Doubled again, the "
        "waves become long too fast, and the last features hardly differ between tokens.",
    ),
    ("pe-double-index-own", "10000^(2c/d) in column c", Sinusoids): Row(
        lambda scene: _waves(scene, lambda i, side, d, base: base ** (-2 * (2 * i + side) / d)),
        "The exponent of each feature was twice its own number, for sines and for cosines.",
        "Let i count the pairs of features: both features of a pair have the exponent 2i/d.",
        ONE_WAVE,
    ),
    ("pe-cos-own-exponent", "10000^((2i + 1)/d) for cos", Sinusoids): Row(
        lambda scene: _waves(scene, lambda i, side, d, base: base ** (-(2 * i + side) / d)),
        "Each cosine got the exponent of its own feature number: (2i + 1)/d.",
        SINE_BEFORE,
        ONE_WAVE,
    ),
    ("pe-cos-next-pair", "10000^(2(i + 1)/d) for cos", Sinusoids): Row(
        lambda scene: _waves(scene, lambda i, side, d, base: base ** (-2 * (i + side) / d)),
        "Each cosine got the exponent of the next pair: 2(i + 1)/d.",
        SINE_BEFORE,
        ONE_WAVE,
    ),
    ("pe-index-not-doubled", "10000^(i/d)", Sinusoids): Row(
        lambda scene: _waves(scene, lambda i, side, d, base: base ** (-i / d)),
        *NOT_DOUBLED,
        "The waves become long too slowly: the longest wave has only about the square root of its "
        "right length.",
    ),
    ("pe-last-exponent-1", "10000^(i/(d/2 − 1))", Sinusoids): Row(
        _to_exactly_1,
        "The exponent was i/(d/2 − 1), where i counts the pairs from 0.",
        BELOW_1,
        EXACTLY_1,
    ),
    ("pe-tensor2tensor", "all sines, then all cosines, of 10000^(i/(d/2 − 1))", Sinusoids): Row(
        lambda scene: _to_exactly_1(scene, in_halves=True),
        "All sines came first, then all cosines, and the exponent was i/(d/2 − 1), where i counts "
        "the pairs from 0.",
        f"{BY_TURNS} {BELOW_1}",
        EXACTLY_1,
    ),
    ("pe-base", "1000^(2i/d)", Sinusoids): Row(
        lambda scene: with_angles(scene, base=angles_of(scene).base / 10),
        *TENTH_OF_BASE,
        "The base sets the length of the longest wave. With a smaller base, positions that are "
        "far apart get similar numbers.",
    ),
    ("pe-base-and-own-exponent", "1000^((2i + 1)/d) for cos, 1000^(2i/d) for sin", Sinusoids): Row(
        lambda scene: _waves(scene, lambda i, side, d, base: (base / 10) ** (-(2 * i + side) / d)),
        "A tenth of the base {base} was used, and each cosine got the exponent of its own feature "
        "number: (2i + 1)/d.",
        f"The base is {{base}}. {SINE_BEFORE}",
        ONE_WAVE,
    ),
    ("pe-base-ignored", "10000 for the base that is given", Sinusoids): Row(
        with_usual_base,
        *BASE_IGNORED,
        "The base sets the length of the longest wave. 10000 is only the choice of the paper.",
    ),
    ("pe-inverted", "p · 10000^(2i/d)", Sinusoids): Row(
        lambda scene: _waves(scene, lambda i, side, d, base: base ** (2 * i / d)),
        "The position was multiplied by {base}^(2i/d).",
        "Divide the position by this power: p / {base}^(2i/d).",
        "The waves must become longer from pair to pair. Multiplied, they become so short that "
        "the numbers of neighbouring positions look random.",
    ),
    ("pe-power-swapped", "p · (2i/d)^(1/10000)", Sinusoids): Row(
        lambda scene: _waves(scene, lambda i, side, d, base: (2 * i / d) ** (1 / base)),
        "Base and exponent were exchanged: (2i/d)^(1/{base}) instead of (1/{base})^(2i/d).",
        "Divide the position by {base}^(2i/d).",
        "Any number to the power 1/{base} is nearly 1, and 0 stays 0: all waves but the first are "
        "the same.",
    ),
    (
        "pe-power-swapped-halves",
        "all sines, then all cosines, of p · (2i/d)^(1/10000)",
        Sinusoids,
    ): Row(
        lambda scene: _waves(
            scene, lambda i, side, d, base: (2 * i / d) ** (1 / base), in_halves=True
        ),
        "Base and exponent were exchanged, (2i/d)^(1/{base}), and all sines came first, then all "
        "cosines.",
        f"Divide the position by {{base}}^(2i/d). {BY_TURNS}",
        "Any number to the power 1/{base} is nearly 1, and 0 stays 0: all waves but the first are "
        "the same.",
    ),
    ("pe-precedence", "exp(i · ⌊−ln(10000)/d / 2⌋)", Sinusoids): Row(
        lambda scene: _waves(scene, lambda i, side, d, base: np.exp(i * (-np.log(base) / d // 2))),
        "In the program, −log({base}) / d // 2 was calculated from left to right, and rounded "
        "down.",
        "Write exp(−2 * i * log({base}) / d).",
        FLOORED,
    ),
    ("pe-precedence-even", "exp(2i · ⌊−ln(10000)/d / 2⌋)", Sinusoids): Row(
        lambda scene: _waves(
            scene, lambda i, side, d, base: np.exp(2 * i * (-np.log(base) / d // 2))
        ),
        "In the program, each even feature number 2i was multiplied by −log({base}) / d // 2, "
        "which was calculated from left to right, and rounded down.",
        "Write exp(−2 * i * log({base}) / d), where i counts the pairs from 0.",
        FLOORED,
    ),
    ("pe-integer-division", "10000^0", Sinusoids): Row(
        lambda scene: _waves(scene, lambda i, side, d, base: 1.0),
        "The exponent was rounded down to 0, as 2i // d does in Python: every pair is sin(p) and "
        "cos(p).",
        "Divide without rounding: 2i / d.",
        "With a single wave, positions that are about 6 tokens (2π) apart get nearly the same "
        "numbers.",
    ),
    ("pe-halves", "all sines, then all cosines", Sinusoids): Row(
        lambda scene: _in_order(scene, by_turns=False),
        "All sines came first, then all cosines.",
        BY_TURNS,
        ORDER_LEARNED,
    ),
    ("pe-by-turns", "sines and cosines by turns", Sinusoids): Row(
        lambda scene: _in_order(scene, by_turns=True),
        "Sine and cosine alternated from feature to feature.",
        "Put all sines first, then all cosines: the problem says sinusoidal:halves.",
        ORDER_LEARNED,
    ),
    ("pe-position-shift", "p = 1, 2, 3, …", Sinusoids): Row(
        lambda scene: scene.with_choices(first=scene.operation(Sinusoids).first + 1),
        "Every position was 1 too large, as if the tokens were counted from 1.",
        "Count the tokens from 0: position 0 gives sin(0) = 0 and cos(0) = 1.",
        "Every token gets the numbers of the token after it. A trained model needs the numbers "
        "that it was trained with.",
    ),
    ("pe-without-past", "p = 0, 1, 2, … although tokens are cached", Sinusoids): Row(
        without_past,
        *PAST_FORGOTTEN,
        "Counted from 0, the new tokens get the positions of the first tokens in the cache.",
    ),
    ("pe-from-first-real", "p from the first token that is not padding", Sinusoids): Row(
        from_first_real,
        *NOT_FROM_FIRST_REAL,
        "Programs that pad on the left differ in this. A model needs the positions that it was "
        "trained with.",
    ),
    ("pe-sin-cos-swapped", "cos first, then sin", Sinusoids): Row(
        lambda scene: _waves(scene, sine=np.cos, cosine=np.sin),
        SWAPPED,
        "The first feature of each pair is the sine, the second is the cosine.",
        "Position 0 must begin with sin(0) = 0. With the exchange, it begins with cos(0) = 1.",
    ),
    ("pe-sin-only", "sin in every column", Sinusoids): Row(
        lambda scene: _waves(scene, cosine=np.sin),
        "The sine was taken in every feature.",
        "Take the cosine in the second feature of each pair.",
        "A sine has the same value at two places of its wave. With the cosine beside it, the two "
        "places differ.",
    ),
    ("pe-degrees", "sin and cos of degrees", Sinusoids): Row(
        lambda scene: _waves(scene, lambda *at: np.deg2rad(_right_frequency(*at))),
        DEGREES,
        "Set the calculator to radians: sin(1) is then 0.8415.",
        "A full turn is 2π in radians. Taken as degrees, all the waves are 57 times too long.",
    ),
}
enter(SINUSOIDS)


# Mistakes in the sum of X and positions.


@mistake("position-not-added", "X without positions", AddPositions, Project, Dot, WeightedSum)
def position_not_added(scene: Scene) -> Array | None:
    """The positions were left out: X was used without them.

    Add the positions first, embedded = X + position, and use embedded in place of X.

    Attention itself does not see the order of the tokens. Without positions, the same tokens in
    another order give the same results, only in that order.
    """
    if isinstance(scene.step.operation, AddPositions):
        return scene.left_out()
    return scene.with_names({"embedded": scene.find(AddPositions).source})


@mistake("pe-concatenated", "X and position side by side", AddPositions)
def pe_concatenated(scene: Scene) -> Array | None:
    """The positions were put beside X, as further features.

    Add position to X, number by number.

    Side by side, the tokens are twice as wide, and no weight of the problem fits them.
    """
    source, position = scene.operands
    return np.concatenate((source, np.broadcast_to(position, source.shape)), axis=-1)


@mistake("position-on-memory", "memory + position", Project)
def position_on_memory(scene: Scene) -> Array | None:
    """Positions were added to memory too.

    Add the positions only to X.

    memory is the output of an encoder: its tokens got their positions before the first layer of the
    encoder.
    """
    source, *others = scene.operands
    if scene.operation(Project).source != "memory":
        return None
    return scene.apply(source + scene.find(Sinusoids).apply(source), *others)
