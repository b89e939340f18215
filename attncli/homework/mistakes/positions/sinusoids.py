"""Mistakes in positions that are added to X: enlarged embeddings, sinusoids, and the sum."""

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

# Embeddings before the first layer, which are to be enlarged by √d_model, or not.


def _all_enlarged(source: Array, position: Array) -> Array:
    """The embeddings with the positions enlarged, as the embeddings are already."""
    return source + position * sqrt(source.shape[-1])


def _enlarged(source: Array, position: Array) -> Array:
    """The embeddings enlarged, with the positions as they are."""
    return source * sqrt(source.shape[-1]) + position


EMBEDDINGS: Table = {
    ("no-embedding-scale", "X", TimesRoot): Row(
        lambda scene: scene.left_out(),
        "The embeddings were not enlarged.",
        "Multiply them by √d_model before anything is added to them.",
        "Embeddings begin small, and positions are between −1 and 1: without the factor a model "
        "hears more of where a word stands than of which word it is.",
    ),
    ("embedding-divided", "X / √d_model", TimesRoot): Row(
        lambda scene: scene.operands[0] / sqrt(scene.operands[0].shape[-1]),
        "The embeddings were divided by √d_model.",
        "Multiply them by it. It is the scores that are divided by a root, that of d_k.",
        "Divided, they are smaller still beside the positions.",
    ),
    ("embedding-times-d", "X × d_model", TimesRoot): Row(
        lambda scene: scene.operands[0] * scene.operands[0].shape[-1],
        "The embeddings were multiplied by d_model: the root is missing.",
        "Multiply them by √d_model.",
        "A model whose embeddings were trained with the root gets others than it knows.",
    ),
    ("embedding-scale-last", "(X + position) × √d_model", AddPositions): Row(
        lambda scene: scene.of_operands(_all_enlarged) if scene.operations(TimesRoot) else None,
        "The positions were enlarged with the embeddings: first added, then multiplied by "
        "√d_model.",
        "Multiply the embeddings alone, then add the positions.",
        "The factor is there so that positions do not outweigh embeddings; applied to both it does "
        "nothing for that.",
    ),
    ("embedding-scale-unasked", "X × √d_model + position", AddPositions): Row(
        lambda scene: None if scene.operations(TimesRoot) else scene.of_operands(_enlarged),
        "The embeddings were multiplied by √d_model, which this problem does not ask for.",
        "Add the positions to X as it is.",
        "The factor is a choice of the paper; a model that was trained without it gets other "
        "numbers than it knows.",
    ),
}
enter(EMBEDDINGS)


# How fast the waves are: the power of 10000.

# What a place is multiplied by in each column, from its pair, its side (cosine: 1), the width and
# the base.
Frequency: TypeAlias = "Callable[[NDArray[np.int_], NDArray[np.int_], int, float], Any]"
Wave: TypeAlias = "Callable[[Numbers], Numbers]"


def _right_frequency(i: NDArray[np.int_], side: NDArray[np.int_], d: int, base: float) -> Any:
    """1 / base^(2i/d)."""
    return base ** (-2 * i / d)


def _waves(
    scene: Scene,
    frequency: Frequency = _right_frequency,
    sine: Wave = np.sin,
    cosine: Wave = np.cos,
) -> Array:
    """The sinusoids with other frequencies, or other functions in their columns."""
    operation = scene.operation(Sinusoids)
    (source,) = scene.operands
    n, d = source.shape[-2:]
    pair, side = np.array([operation.angles.pair(column, d) for column in range(d)]).T
    turns = places(operation.first, n) * frequency(pair, side, d, operation.angles.base)
    return np.where(side == 1, cosine(turns), sine(turns)).astype(source.dtype)


# Sinusoids and rotations have these mistakes in common; why they matter is told apart.
TENTH_OF_BASE = (
    "A tenth of the base was used: 1000 for 10000.",
    "Take the base as it is given, which is 10000 in the paper.",
)
BASE_IGNORED = (
    "The base 10000 was used, though another one is given.",
    "Take the base of the problem.",
)
NOT_DOUBLED = (
    "The exponent lacks the factor 2: i/d, with i counting pairs.",
    "Take 2i/d: from 0 in the first pair to nearly 1 in the last.",
)
PAST_FORGOTTEN = (
    "The new tokens were counted from 0, as if none were in the cache.",
    "Count on from those that are cached.",
)
SWAPPED = "Sine and cosine changed places."
DEGREES = "The angles were taken for degrees."
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
    "Sine and cosine of one wave make a pair; of two waves they no longer turn into each other "
    "when the position moves on."
)
SINE_BEFORE = "Give them that of the sine before them: 2i/d."


def _to_exactly_1(scene: Scene) -> Array | None:
    """The sinusoids with i/(d/2 − 1) in the exponent; None where there is no more than a pair."""
    if scene.operands[0].shape[-1] < 4:
        return None
    return _waves(scene, lambda i, side, d, base: base ** (-i / (d // 2 - 1)))


def with_usual_base(scene: Scene) -> Array | None:
    """The sinusoids, or the rotation, with the base of the paper; None where that is right."""
    return None if angles_of(scene).base == BASE else with_angles(scene, base=BASE)


def without_past(scene: Scene) -> Array | None:
    """The positions counted from 0; None where that is right."""
    operation = scene.step.operation
    assert isinstance(operation, Sinusoids | Rotate | Distances)
    return scene.with_choices(first=0) if np.any(operation.first) else None


def _in_order(scene: Scene, by_turns: bool) -> Array | None:
    """The sinusoids in this order; None where it is the right one, or where a sine is left over."""
    is_odd = not by_turns and scene.operands[0].shape[-1] % 2
    if angles_of(scene).is_interleaved == by_turns or is_odd:
        return None
    return with_angles(scene, is_interleaved=by_turns)


ORDER_LEARNED = (
    "A model that learns its weights with either does as well, but the two are not the same "
    "numbers: pretrained weights need the order that they were trained with."
)

SINUSOIDS: Table = {
    ("pe-double-index", "10000^(4i/d)", Sinusoids): Row(
        lambda scene: _waves(scene, lambda i, side, d, base: base ** (-4 * i / d)),
        "The exponent was doubled twice: 2i/d with i the even column, which is 2i already.",
        "Let i count pairs of columns, 0, 1, 2, …: the columns 2i and 2i + 1 have the exponent "
        "2i/d.",
        "A loop over the even columns has the factor 2 in its index; doubled again, the waves "
        "become longer twice as fast, and the last columns hardly differ between tokens.",
    ),
    ("pe-double-index-own", "10000^(2c/d) in column c", Sinusoids): Row(
        lambda scene: _waves(scene, lambda i, side, d, base: base ** (-2 * (2 * i + side) / d)),
        "Each column has twice its own number in the exponent, sines and cosines alike.",
        "Let i count pairs of columns: the columns 2i and 2i + 1 share the exponent 2i/d.",
        ONE_WAVE,
    ),
    ("pe-cos-own-exponent", "10000^((2i + 1)/d) for cos", Sinusoids): Row(
        lambda scene: _waves(scene, lambda i, side, d, base: base ** (-(2 * i + side) / d)),
        "The cosines have the exponent of their own column: (2i + 1)/d.",
        SINE_BEFORE,
        ONE_WAVE,
    ),
    ("pe-cos-next-pair", "10000^(2(i + 1)/d) for cos", Sinusoids): Row(
        lambda scene: _waves(scene, lambda i, side, d, base: base ** (-2 * (i + side) / d)),
        "The cosines have the exponent of the next pair: 2(i + 1)/d.",
        SINE_BEFORE,
        ONE_WAVE,
    ),
    ("pe-index-not-doubled", "10000^(i/d)", Sinusoids): Row(
        lambda scene: _waves(scene, lambda i, side, d, base: base ** (-i / d)),
        *NOT_DOUBLED,
        "Half of all wavelengths are missing: the longest is only the square root of what it "
        "should be.",
    ),
    ("pe-last-exponent-1", "10000^(i/(d/2 − 1))", Sinusoids): Row(
        _to_exactly_1,
        "The exponents run from 0 to exactly 1: i/(d/2 − 1), with i counting pairs.",
        "Take 2i/d, which ends before 1.",
        "tensor2tensor divides so; the paper does not, and the waves differ in every pair but the "
        "first.",
    ),
    ("pe-base", "1000^(2i/d)", Sinusoids): Row(
        lambda scene: with_angles(scene, base=angles_of(scene).base / 10),
        *TENTH_OF_BASE,
        "The base sets the longest wave: with a smaller one far positions are told apart less "
        "well.",
    ),
    ("pe-base-ignored", "10000 for the base that is given", Sinusoids): Row(
        with_usual_base,
        *BASE_IGNORED,
        "10000 is the paper's choice; the base sets the longest wave.",
    ),
    ("pe-inverted", "p · 10000^(2i/d)", Sinusoids): Row(
        lambda scene: _waves(scene, lambda i, side, d, base: base ** (2 * i / d)),
        "The position was multiplied by the power of 10000.",
        "Divide by it: p / 10000^(2i/d).",
        "Waves become shorter from pair to pair instead of longer; beyond the first, what they say "
        "of neighbouring positions is next to random.",
    ),
    ("pe-power-swapped", "p · (2i/d)^(1/10000)", Sinusoids): Row(
        lambda scene: _waves(scene, lambda i, side, d, base: (2 * i / d) ** (1 / base)),
        "Base and exponent changed places: (2i/d)^(1/10000) for (1/10000)^(2i/d).",
        "Raise 10000 to the power 2i/d, and divide by that.",
        "A number to the power 1/10000 is nearly 1, and 0 stays 0: all waves but the first are the "
        "same.",
    ),
    ("pe-precedence", "exp(i · ⌊−ln(10000)/d / 2⌋)", Sinusoids): Row(
        lambda scene: _waves(scene, lambda i, side, d, base: np.exp(i * (-np.log(base) / d // 2))),
        "In the program, log(10000) / d // 2 was calculated from left to right, and rounded down.",
        "Put brackets: exp(−i · log(10000) / (d // 2)).",
        "// rounds what stands before it to a whole number, here a negative one: −1 for a small "
        "fraction.",
    ),
    ("pe-integer-division", "10000^0", Sinusoids): Row(
        lambda scene: _waves(scene, lambda i, side, d, base: 1.0),
        "The exponent was rounded down to 0, as 2i // d does: every pair is sin(p) and cos(p).",
        "Divide without rounding: 2i / d.",
        "With a single wave, which repeats after 6 tokens, positions are not told apart.",
    ),
    ("pe-halves", "all sines, then all cosines", Sinusoids): Row(
        lambda scene: _in_order(scene, by_turns=False),
        "All sines stand in the first half of the columns, and all cosines in the second.",
        "Let them alternate: sin in the columns 2i, cos in the columns 2i + 1, counted from 0.",
        ORDER_LEARNED,
    ),
    ("pe-by-turns", "sines and cosines by turns", Sinusoids): Row(
        lambda scene: _in_order(scene, by_turns=True),
        "Sines and cosines alternate from column to column.",
        "Here all sines come first, then all cosines.",
        ORDER_LEARNED,
    ),
    ("pe-position-shift", "p = 1, 2, 3, …", Sinusoids): Row(
        lambda scene: scene.with_choices(first=scene.operation(Sinusoids).first + 1),
        "The tokens were counted from 1.",
        "Count them from 0: the first row is 0 and 1 by turns.",
        "The numbers of every token are those of the next one; a trained model knows the others.",
    ),
    ("pe-without-past", "p = 0, 1, 2, … although tokens are cached", Sinusoids): Row(
        without_past,
        *PAST_FORGOTTEN,
        "The new tokens would stand where the first ones of the cache stand.",
    ),
    ("pe-sin-cos-swapped", "cos first, then sin", Sinusoids): Row(
        lambda scene: _waves(scene, sine=np.cos, cosine=np.sin),
        SWAPPED,
        "sin stands first: in the columns 2i, counted from 0; cos in the columns 2i + 1.",
        "The first row, for position 0, then begins with 1 instead of 0.",
    ),
    ("pe-sin-only", "sin in every column", Sinusoids): Row(
        lambda scene: _waves(scene, cosine=np.sin),
        "The sine was taken in every column.",
        "Take the cosine in the second column of each pair.",
        "A sine alone has the same value at two places of its wave; with the cosine they differ.",
    ),
    ("pe-degrees", "sin and cos of degrees", Sinusoids): Row(
        lambda scene: _waves(scene, lambda *at: np.deg2rad(_right_frequency(*at))),
        DEGREES,
        "Set the calculator to radians: sin(1) is 0.8415.",
        "A full turn is 2π, not 360: in degrees all the waves are 57 times too long.",
    ),
}
enter(SINUSOIDS)


# The sum.


@mistake("position-not-added", "X without positions", AddPositions, Project, Dot, WeightedSum)
def position_not_added(scene: Scene) -> Array | None:
    """The positions were left out: X was used as it is.

    Add them first: queries, keys and values come from embedded = X + position.

    Attention itself does not know the order of tokens: without positions, the same tokens in
    another order give the same output, in that order.
    """
    if isinstance(scene.step.operation, AddPositions):
        return scene.left_out()
    return scene.with_names({"embedded": scene.find(AddPositions).source})


@mistake("pe-concatenated", "X and position side by side", AddPositions)
def pe_concatenated(scene: Scene) -> Array | None:
    """The positions were put beside X.

    Add them, number by number.

    Side by side they double the width, and no weight of the problem fits; the paper adds them.
    """
    source, position = scene.operands
    return np.concatenate((source, np.broadcast_to(position, source.shape)), axis=-1)


@mistake("position-on-memory", "memory + position", Project)
def position_on_memory(scene: Scene) -> Array | None:
    """Positions were added to memory too.

    Add them to X alone.

    memory is what an encoder gives: it got its own positions there, before its first layer.
    """
    source, *others = scene.operands
    if scene.operation(Project).source != "memory":
        return None
    return scene.apply(source + scene.find(Sinusoids).apply(source), *others)
