"""Mistakes in rotary positions."""

from __future__ import annotations

import numpy as np

from attncli.calculation.algebra.layouts import Array
from attncli.calculation.algebra.shared_heads import spread
from attncli.calculation.operations.projections import WeightedSum
from attncli.calculation.operations.split_heads import SplitHeads
from attncli.calculation.positions.places import places
from attncli.calculation.positions.position_operations import Rotate
from attncli.calculation.scoring.products import Dot
from attncli.homework.mistakes.mistake import Scene, mistake
from attncli.homework.mistakes.positions.rotating import right_turn, rotation, turned, with_angles
from attncli.records import replace

BASE = 10000.0


@mistake("rope-missing", "not turned", Rotate)
def rope_missing(scene: Scene) -> Array | None:
    """The matrix was not turned.

    Turn both the queries and the keys by their positions.

    Turned alone, the queries say where they stand but not how far from the key; not turned at all,
    the order of tokens is nothing to the scores.
    """
    return scene.operands[0].copy()


@mistake("rope-pairing", "neighbours for halves, or halves for neighbours", Rotate)
def rope_pairing(scene: Scene) -> Array | None:
    """The wrong features were turned together: neighbours instead of halves, or the reverse.

    By halves, feature i goes with i + d/2 (Llama in Hugging Face, ONNX); interleaved, it goes
    with its neighbour (the paper, GPT-J).

    Both keep the law that scores depend on distances, but weights trained with one give nonsense
    with the other.
    """
    angles = rotation(scene).angles
    return with_angles(scene, replace(angles, is_interleaved=not angles.is_interleaved))


@mistake("rope-angles-mixed", "pairs of one kind, angles laid out for the other", Rotate)
def rope_angles_mixed(scene: Scene) -> Array | None:
    """The features were paired in one way, and the angles laid out in the other.

    The two features of a pair need one angle: [θ₁ θ₂ θ₁ θ₂] for halves, [θ₁ θ₁ θ₂ θ₂] for
    neighbours.

    With two angles a pair is no longer turned but bent, and scores depend on where the tokens are.
    """
    operation = rotation(scene)
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


@mistake("rope-direction", "turned by −p", Rotate)
def rope_direction(scene: Scene) -> Array | None:
    """The pairs were turned the other way round: cos · x₁ + sin · x₂ and cos · x₂ − sin · x₁.

    Turn counterclockwise: cos · x₁ − sin · x₂ and sin · x₁ + cos · x₂.

    What stands before a query is then taken for what stands after it.
    """
    return turned(scene, lambda cos, sin, x1, x2: (cos * x1 + sin * x2, cos * x2 - sin * x1))


@mistake("rope-sign", "cos · x₁ + sin · x₂", Rotate)
def rope_sign(scene: Scene) -> Array | None:
    """The minus is missing: cos · x₁ + sin · x₂ in the first feature of each pair.

    Subtract there: cos · x₁ − sin · x₂. In programs, rotate_half gives (−x₂, x₁).

    With two plus signs lengths change, and scores depend on where the tokens are.
    """
    return turned(scene, lambda cos, sin, x1, x2: (cos * x1 + sin * x2, sin * x1 + cos * x2))


@mistake("rope-sin-cos-swapped", "sin · x₁ − cos · x₂", Rotate)
def rope_sin_cos_swapped(scene: Scene) -> Array | None:
    """Sine and cosine changed places.

    The own feature is multiplied by the cosine, its partner by the sine.

    Position 0 must change nothing: cos(0) is 1, and sin(0) is 0.
    """
    return turned(scene, lambda cos, sin, x1, x2: right_turn(sin, cos, x1, x2))


@mistake("rope-degrees", "cos and sin of degrees", Rotate)
def rope_degrees(scene: Scene) -> Array | None:
    """The angles were taken for degrees.

    Set the calculator to radians: cos(1) is 0.5403.

    A full turn is 2π, not 360: in degrees hardly anything is turned.
    """
    return turned(scene, of=np.deg2rad)


@mistake("rope-base", "1000^(2i/d)", Rotate)
def rope_base(scene: Scene) -> Array | None:
    """A tenth of the base was used: 1000 for 10000.

    Take the base as it is given, which is 10000 in the paper.

    The base sets how slowly the last pairs turn, and so how far apart tokens can be told apart.
    """
    angles = rotation(scene).angles
    return with_angles(scene, replace(angles, base=angles.base / 10))


@mistake("rope-base-ignored", "10000 for the base that is given", Rotate)
def rope_base_ignored(scene: Scene) -> Array | None:
    """The base 10000 was used, though another one is given.

    Take the base of the problem.

    Models for long texts have larger bases, so that their last pairs turn more slowly.
    """
    angles = rotation(scene).angles
    return None if angles.base == BASE else with_angles(scene, replace(angles, base=BASE))


@mistake("rope-index-not-doubled", "10000^(i/d)", Rotate)
def rope_index_not_doubled(scene: Scene) -> Array | None:
    """The exponent lacks the factor 2: i/d, with i counting pairs.

    Take 2i/d: from 0 in the first pair to nearly 1 in the last.

    All pairs but the first turn too fast.
    """
    return turned(scene, exponent=lambda pair, width: pair / width)


@mistake("rope-double-index", "10000^(4i/d)", Rotate)
def rope_double_index(scene: Scene) -> Array | None:
    """The exponent was doubled twice: 2i/d with i the even feature, which is 2i already.

    Let i count pairs, 0, 1, 2, …: the exponent is 2i/d.

    All pairs but the first turn too slowly.
    """
    return turned(scene, exponent=lambda pair, width: 4 * pair / width)


@mistake("rope-all-features", "all features turned, not the first dims", Rotate)
def rope_all_features(scene: Scene) -> Array | None:
    """All features were turned.

    Turn only the first dims of them, and leave the others as they are.

    What is not turned lets a score depend on what tokens are, wherever they stand.
    """
    operation = rotation(scene)
    if operation.dims is None:
        return None
    return replace(operation, dims=None).apply(*scene.operands)


@mistake("rope-partial-exponent", "10000^(2i/d), d the whole width", Rotate)
def rope_partial_exponent(scene: Scene) -> Array | None:
    """The exponent was divided by the whole width, though only some features are turned.

    Divide by dims, the number of features that are turned: 2i/dims.

    The angles of the turned part are those of a matrix that has only this part.
    """
    if rotation(scene).dims is None:
        return None
    whole = scene.operands[0].shape[-1]
    return turned(scene, exponent=lambda pair, width: 2 * pair / whole)


@mistake("rope-before-heads", "turned, then split into heads", Rotate)
def rope_before_heads(scene: Scene) -> Array | None:
    """The whole matrix was turned before it was split into heads.

    Split first, then turn the features of every head in the same way.

    The angles go through once over all the features, so that each head gets only some of them.
    """
    split = next((s for s in scene.plan.steps if s.name == rotation(scene).source), None)
    if split is None or not isinstance(split.operation, SplitHeads):
        return None
    whole = rotation(scene).apply(scene[split.operation.source])
    return split.operation.apply(whole)


@mistake("rope-positions-from-1", "p = 1, 2, 3, … for one of Q and K", Rotate, Dot)
def rope_positions_from_1(scene: Scene) -> Array | None:
    """The tokens were counted from 1 here, and from 0 on the other side.

    Count queries and keys alike; from 0 is usual.

    Scores depend on the difference of two positions: a shift of both changes nothing, a shift of
    one is as if every key stood one place further away.
    """
    turned_queries = scene.find(Rotate)
    operation = scene.step.operation
    if isinstance(operation, Rotate):
        return replace(operation, first=operation.first + 1).apply(*scene.operands)
    if turned_queries is None:
        return None
    before = replace(scene, step=turned_queries)
    return operation.apply(rope_positions_from_1(before), scene.operands[1])


@mistake("rope-without-past", "p = 0, 1, 2, … although tokens are cached", Rotate)
def rope_without_past(scene: Scene) -> Array | None:
    """The new tokens were counted from 0, as if none were in the cache.

    Count on from those that are cached.

    The cached keys were turned by positions from 0: the new ones would stand in the same places.
    """
    operation = rotation(scene)
    return replace(operation, first=0).apply(*scene.operands) if np.any(operation.first) else None


@mistake("rope-on-values", "weights times turned V", WeightedSum)
def rope_on_values(scene: Scene) -> Array | None:
    """The values were turned as well.

    Turn the queries and the keys, and nothing else.

    Scores need to know where tokens stand; turned values would cancel each other out in the sum.
    """
    keys = next((s.operation for s in reversed(scene.plan.steps) if s.name == "K_rotated"), None)
    weights, values = scene.operands
    if not isinstance(keys, Rotate):
        return None
    return weights @ spread(keys.apply(values), weights.shape)
