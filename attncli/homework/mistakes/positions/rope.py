"""Mistakes in rotary positions."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from attncli.calculation.algebra.layouts import Array
from attncli.calculation.algebra.shared_heads import spread
from attncli.calculation.operations.projections import WeightedSum
from attncli.calculation.operations.split_heads import SplitHeads
from attncli.calculation.positions.places import places
from attncli.calculation.positions.rope import Rotate
from attncli.calculation.scoring.products import Dot
from attncli.homework.mistakes.mistake import Row, Scene, Table, enter
from attncli.homework.mistakes.positions.sinusoids import (
    BASE_IGNORED,
    DEGREES,
    NOT_DOUBLED,
    NOT_FROM_FIRST_REAL,
    PAST_FORGOTTEN,
    SWAPPED,
    TENTH_OF_BASE,
    angles_of,
    from_first_real,
    with_angles,
    with_usual_base,
    without_past,
)
from attncli.records import replace

if TYPE_CHECKING:
    from numpy.typing import NDArray

Pair: TypeAlias = "tuple[Array, Array]"
# Takes cos, sin, x₁ and x₂ of every pair, and returns the two turned features.
Turn: TypeAlias = "Callable[[Any, Any, Array, Array], Pair]"


def _right_turn(cos: Any, sin: Any, x1: Array, x2: Array) -> Pair:
    """The right rotation: (cos · x₁ − sin · x₂, sin · x₁ + cos · x₂)."""
    return cos * x1 - sin * x2, sin * x1 + cos * x2


def _turned(
    scene: Scene,
    turn: Turn = _right_turn,
    of: Callable[[NDArray[np.float64]], NDArray[np.float64]] = lambda angles: angles,
    exponent: Callable[[NDArray[np.int_], int], Any] = lambda i, d: 2 * i / d,
    reads_others: bool = False,
    lays_otherwise: bool = False,
) -> Array:
    """The rotation with another rule for a pair, for its angle, or for the exponent.

    `reads_others`: pairs of the other kind are turned. `lays_otherwise`: the results are laid out
    as pairs of the other kind.
    """
    operation = scene.operation(Rotate)
    own = operation.angles
    other = replace(own, is_interleaved=not own.is_interleaved)
    (source,) = scene.operands
    width = operation.dims or source.shape[-1]
    powers = own.base ** exponent(np.arange(width // 2), width)
    angles = of(places(operation.first, source.shape[-2]) / powers)
    first, second = (other if reads_others else own).sides(width)
    pair = turn(np.cos(angles), np.sin(angles), source[..., first], source[..., second])
    first, second = (other if lays_otherwise else own).sides(width)
    result = source.copy()
    result[..., first], result[..., second] = pair
    return result


def _mixed(scene: Scene) -> Array:
    """The rotation with features paired in one way, and angles laid out in the other."""
    operation = scene.operation(Rotate)
    (source,) = scene.operands
    width = operation.dims or source.shape[-1]
    other = replace(operation.angles, is_interleaved=not operation.angles.is_interleaved)
    pairs = [other.pair(feature, width)[0] for feature in range(width)]
    angles = operation.angles.of(places(operation.first, source.shape[-2]), width)[..., pairs]
    first, second = operation.angles.sides(width)
    cos, sin, x1, x2 = np.cos(angles), np.sin(angles), source[..., first], source[..., second]
    result = source.copy()
    result[..., first] = cos[..., first] * x1 - sin[..., first] * x2
    result[..., second] = cos[..., second] * x2 + sin[..., second] * x1
    return result


def _re_paired(scene: Scene, which: str) -> Array:
    """The scores of a program with pairs of the other kind, made to fit for `which` matrix alone.

    Raises KeyError if the scores are not made of the turned queries and keys themselves.
    """
    steps = {step.name: step for step in scene.plan.steps if isinstance(step.operation, Rotate)}
    turned = (
        _turned(replace(scene, step=steps[name]), reads_others=name != which, lays_otherwise=True)
        for name in scene.operation(Dot).operands
    )
    return scene.apply(*turned)


def _by_whole_width(scene: Scene) -> Array | None:
    """The rotation with the whole width in the exponent; None if all features are turned."""
    whole = scene.operands[0].shape[-1]
    is_right = scene.operation(Rotate).dims is None
    return None if is_right else _turned(scene, exponent=lambda i, d: 2 * i / whole)


def _before_heads(scene: Scene) -> Array | None:
    """The whole matrix turned, and then split into heads; None if it is not split."""
    split = scene.maker(scene.operation(Rotate).source)
    if not isinstance(split, SplitHeads):
        return None
    return split.apply(scene.apply(scene[split.source]))


def _from_1(scene: Scene) -> Array:
    """The rotation by positions from 1, or the scores of queries that are turned by them."""
    is_here = isinstance(scene.step.operation, Rotate)
    right = scene.operation(Rotate) if is_here else scene.find(Rotate)
    turned = scene.result_of(replace(right, first=right.first + 1))
    return turned if is_here else scene.apply(turned, scene.operands[1])


def _with_turned_values(scene: Scene) -> Array:
    """The weights times the turned values. Raises KeyError if the keys are not turned."""
    weights, values = scene.operands
    return weights @ spread(scene.maker("K_rotated").apply(values), weights.shape)


BOTH_OR_NEITHER = "Reorder the features of both queries and keys, or of neither: turn {pair}."
REORDERED = (
    "A program that turns halves reorders the features of W_q and W_k if their weights come from "
    "a program that turns neighbours. Reordered in one of them only, a feature of the query meets "
    "another feature of the key."
)

ROTATIONS: Table = {
    ("rope-missing", "not turned", Rotate): Row(
        lambda scene: scene.left_out(),
        "The queries, or the keys, were not turned by their positions.",
        "Turn both the queries and the keys by their positions.",
        "Only if both are turned do the scores depend on the distance between query and key. If "
        "neither is turned, the order of the tokens has no effect on the scores.",
    ),
    ("rope-pairing", "neighbours for halves, or halves for neighbours", Rotate): Row(
        lambda scene: with_angles(scene, is_interleaved=not angles_of(scene).is_interleaved),
        "The wrong features were turned as a pair.",
        "Turn {pair}.",
        "Both ways are in use: halves in Llama (Hugging Face) and ONNX, neighbours in the paper "
        "and in GPT-J. Weights trained with one way give nonsense with the other.",
    ),
    ("rope-angles-mixed", "pairs of one kind, angles laid out for the other", Rotate): Row(
        _mixed,
        "The pairs of features were formed in one way, but the angles were laid out for the other.",
        "Give both features of a pair the same angle: {angles}.",
        "With two angles, a pair is not turned but distorted, and the scores depend on where the "
        "tokens stand, not only on their distance.",
    ),
    ("rope-laid-out", "pairs of one kind, laid out as the other", Rotate): Row(
        lambda scene: _turned(scene, lays_otherwise=True),
        "The right pairs were turned, but the results were put where the other kind of pair has "
        "its features.",
        "Put each result at the place of its own feature: turn {pair}.",
        "Halves are put together by concat, neighbours by stack and reshape. If queries and keys "
        "are both laid out wrongly, the scores are still right, but their features do not fit "
        "those of other programs, or of a cache.",
    ),
    ("rope-read", "pairs of the other kind, laid out as the right one", Rotate): Row(
        lambda scene: _turned(scene, reads_others=True),
        "Features of the other kind of pair were turned, and the results were put where the right "
        "pairs have theirs.",
        "Turn {pair}, and put each result at the place of its own feature.",
        "The same comes out if the features are first reordered for the right pairs, as when "
        "weights of another program are loaded, although they had the right order already.",
    ),
    ("rope-only-q-reordered", "Q reordered for the other kind of pair, K not", Dot): Row(
        lambda scene: _re_paired(scene, "Q_rotated"),
        "The other kind of pair was turned. The features of the queries were reordered for it, "
        "but the features of the keys were not.",
        BOTH_OR_NEITHER,
        REORDERED,
    ),
    ("rope-only-k-reordered", "K reordered for the other kind of pair, Q not", Dot): Row(
        lambda scene: _re_paired(scene, "K_rotated"),
        "The other kind of pair was turned. The features of the keys were reordered for it, but "
        "the features of the queries were not.",
        BOTH_OR_NEITHER,
        REORDERED,
    ),
    ("rope-one-angle", "every pair turned by p", Rotate): Row(
        lambda scene: _turned(scene, exponent=lambda i, d: 0 * i),
        "Every pair was turned by the same angle, p.",
        "Divide the angle for each pair by its own power: p / {base}^(2i/d), where i counts the "
        "pairs from 0.",
        "With one angle, positions that are about 6 tokens (2π) apart look nearly the same. The "
        "slow pairs let far positions differ.",
    ),
    ("rope-from-first-real", "p from the first token that is not padding", Rotate): Row(
        lambda scene: from_first_real(scene),
        *NOT_FROM_FIRST_REAL,
        "Scores depend on the difference of two positions: if both are counted in this way, they "
        "stay the same. But the turned queries and keys differ, and a cache keeps the keys.",
    ),
    ("rope-direction", "turned by −p", Rotate): Row(
        lambda scene: _turned(scene, lambda cos, sin, x1, x2: _right_turn(cos, -sin, x1, x2)),
        "The pairs were turned in the wrong direction: cos · x₁ + sin · x₂ and cos · x₂ − sin · "
        "x₁.",
        "Turn counterclockwise: cos · x₁ − sin · x₂ and sin · x₁ + cos · x₂.",
        "A key before the query is then treated as if it came after the query.",
    ),
    ("rope-sign", "cos · x₁ + sin · x₂", Rotate): Row(
        lambda scene: _turned(scene, lambda c, s, x1, x2: (c * x1 + s * x2, s * x1 + c * x2)),
        "The minus sign is missing: cos · x₁ + sin · x₂ in the first feature of each pair.",
        "Subtract in the first feature: cos · x₁ − sin · x₂. In programs, rotate_half gives (−x₂, "
        "x₁).",
        "With two plus signs, a pair changes its length, and the scores depend on where the "
        "tokens stand, not only on their distance.",
    ),
    ("rope-sin-cos-swapped", "sin · x₁ − cos · x₂", Rotate): Row(
        lambda scene: _turned(scene, lambda cos, sin, x1, x2: _right_turn(sin, cos, x1, x2)),
        SWAPPED,
        "Multiply each feature by the cosine, and the other feature of its pair by the sine.",
        "Position 0 must change nothing: cos(0) is 1, and sin(0) is 0.",
    ),
    ("rope-degrees", "cos and sin of degrees", Rotate): Row(
        lambda scene: _turned(scene, of=np.deg2rad),
        DEGREES,
        "Set the calculator to radians: cos(1) is then 0.5403.",
        "A full turn is 2π in radians. Taken as degrees, the angles are so small that hardly "
        "anything is turned.",
    ),
    ("rope-base", "1000^(2i/d)", Rotate): Row(
        lambda scene: with_angles(scene, base=angles_of(scene).base / 10),
        *TENTH_OF_BASE,
        "The base sets how slowly the last pairs turn, and so up to which distance two positions "
        "can be distinguished.",
    ),
    ("rope-base-ignored", "10000 for the base that is given", Rotate): Row(
        lambda scene: with_usual_base(scene),
        *BASE_IGNORED,
        "Models for long texts have a larger base, so that their last pairs turn more slowly.",
    ),
    ("rope-index-not-doubled", "10000^(i/d)", Rotate): Row(
        lambda scene: _turned(scene, exponent=lambda i, d: i / d),
        *NOT_DOUBLED,
        "All pairs but the first turn too fast.",
    ),
    ("rope-double-index", "10000^(4i/d)", Rotate): Row(
        lambda scene: _turned(scene, exponent=lambda i, d: 4 * i / d),
        "The factor 2 was applied twice: i was the number of an even feature (0, 2, 4, …), which "
        "is 2i already.",
        "Let i count the pairs: 0, 1, 2, …. The exponent is 2i/d.",
        "All pairs but the first turn too slowly.",
    ),
    ("rope-all-features", "all features turned, not the first dims", Rotate): Row(
        lambda scene: scene.with_choices(dims=None) if scene.operation(Rotate).dims else None,
        "All features were turned, not only the first {dims}.",
        "Turn only the first {dims} features, and leave the others as they are.",
        "The features that are not turned let a score depend on the tokens themselves, wherever "
        "they stand.",
    ),
    ("rope-partial-exponent", "10000^(2i/d), d the whole width", Rotate): Row(
        _by_whole_width,
        "The exponent was divided by the width of the whole matrix, but only some features are "
        "turned.",
        "Divide by {dims}, the number of features that are turned: 2i/{dims}.",
        "The turned features get the angles of a matrix that has only these features.",
    ),
    ("rope-before-heads", "turned, then split into heads", Rotate): Row(
        _before_heads,
        "The whole matrix was turned by the positions before it was split into heads.",
        "Split first, then turn each head by itself, all heads with the same angles.",
        "The angles run from fast to slow over the features that are turned. Turned before the "
        "split, each head gets only a part of the angles.",
    ),
    ("rope-positions-from-1", "p = 1, 2, 3, … for one of Q and K", Rotate, Dot): Row(
        _from_1,
        "Queries and keys were counted differently: one of them from 1, the other from 0.",
        "Count both in the same way, usually from 0.",
        "Scores depend on the difference of two positions. Moving both changes nothing, but "
        "moving one moves every key by one place.",
    ),
    ("rope-without-past", "p = 0, 1, 2, … although tokens are cached", Rotate): Row(
        lambda scene: without_past(scene),
        *PAST_FORGOTTEN,
        "The cached keys were already turned by the positions from 0: the new tokens would stand "
        "at the same places.",
    ),
    ("rope-on-values", "weights times turned V", WeightedSum): Row(
        _with_turned_values,
        "The values were turned by their positions too.",
        "Turn only the queries and the keys.",
        "Only the scores need the positions. Turned values would partly cancel each other in the "
        "sum.",
    ),
}
enter(ROTATIONS)
