"""Test that long sequences give what the steps give, for every entry of every registry.

The registries are read, so that a new entry is tested too. The tiles are small here, so that
sequences of a few tokens need many of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any, ClassVar

import numpy as np
import pytest
from numpy.testing import assert_allclose
from numpy.typing import NDArray

from attncli.calculation.algebra.layouts import Array, Axes, Booleans
from attncli.calculation.algebra.operation import Operation
from attncli.calculation.algebra.plan import Steps
from attncli.calculation.algebra.tiles import TileMatrices
from attncli.calculation.conventions import PAPER, Convention
from attncli.calculation.long.fused import Fused, fuse
from attncli.calculation.long.whole_rows import Tiling
from attncli.calculation.masks.mask_rules import MASKS, Causal, MaskKind, Numbers, Rule
from attncli.calculation.operations.normalisers import NORMALISERS
from attncli.calculation.plans.from_document import read
from attncli.calculation.positions.alibi import Distances
from attncli.calculation.positions.places import First, places
from attncli.calculation.positions.position_schemes import POSITIONS, Alibi, PositionKind
from attncli.calculation.problem.document import Document, Entry
from attncli.calculation.scoring.scoring_functions import SCORING
from attncli.records import record, replace
from tests.calculation.test_attention_laws import MASK_EXAMPLES

BATCH, HEADS, N, M, PAST, D_K, D_V = 2, 6, 11, 13, 3, 14, 5
SMALL = Tiling(rows=4, columns=5, scores=3 * (M + PAST))
CLOSE = {"float64": 1e-12, "float32": 1e-5}

Choices = dict[str, Any]
rng = np.random.default_rng(20261127)

# Heads as an axis, heads that share keys and values, and no heads; with and without a cache.
SHAPES = {"heads": (HEADS, HEADS), "shared heads": (HEADS, 2), "one head": (0, 0)}
CACHES = ("none", "past", "lengths")


def numbers(*shape: int) -> NDArray[np.float64]:
    return rng.normal(size=shape)


def problem_of(score: str, shape: str, cache: str) -> Choices:
    """Return Q, K and V, the weights of the scoring function, and the cache."""
    heads, kv_heads = SHAPES[shape]
    leading = (BATCH, heads) if heads else (BATCH,)
    of_keys = (BATCH, kv_heads) if heads else (BATCH,)
    sizes = {"d_q": D_K, "d_k": D_K, "hidden": 3, "d_q + d_k": 2 * D_K}
    weights = {
        name: numbers(*(sizes[axis] for axis in axes))
        for name, axes in SCORING[score].shapes.items()
    }
    made: Choices = {
        "score": score,
        "Q": numbers(*leading, N, D_K),
        "K": numbers(*of_keys, M, D_K),
        "V": numbers(*of_keys, M, D_V),
        **weights,
    }
    if cache == "past":
        made |= {"K_past": numbers(*of_keys, PAST, D_K), "V_past": numbers(*of_keys, PAST, D_V)}
    if cache == "lengths":
        made["cache_lens"] = [M, M - 1]
    return made


def masks() -> Iterator[Choices]:
    """Return each kind of mask as a document has it; none; a matrix; one of each kind at once."""
    written = [text for kind in MASKS for text in MASK_EXAMPLES.get(kind) or EXAMPLES[kind]]
    yield {}
    yield from ({"mask": text} for text in written)
    yield {"masks": [text for text in written if not text.endswith(":0")]}
    yield {"masks": [written[0], rng.random((HEADS, N, 1)) > 0.2], "fill": -50.0}


# These kinds exist only in this file.
EXAMPLES: dict[str, list[str]] = {"dilated": ["dilated:2", "dilated:3"]}


def assert_long_is_short(choices: Choices, must_be_fused: bool = False) -> None:
    """Assert that the output in tiles is that of the steps, NaN and infinities included."""
    given = {name: Entry(value, name) for name, value in choices.items()}
    problem, plan = read(Document(given))
    steps = plan.run(problem.matrices, ["output"]).matrices["output"]
    fused = fuse(plan, ["output"], SMALL)
    if must_be_fused:
        assert any(isinstance(step.operation, Fused) for step in fused.steps)
    tiles = fused.run(problem.matrices).matrices["output"]
    close = CLOSE[steps.dtype.name]
    assert tiles.dtype == steps.dtype
    assert_allclose(tiles, steps, rtol=close, atol=close)


def positions() -> list[str]:
    """Return the kinds of position that need no X, because the documents here give Q and K."""
    return [name for name, kind in POSITIONS.items() if not kind.make().needs_x]


def settings(share: int) -> Iterator[tuple[Choices, str, str]]:
    """Return mask × position × heads × cache × dtype, or one out of `share` of them.

    A mask has 54 combinations, which 23 does not divide: one out of 23 has every value.
    """
    every = product(masks(), positions(), SHAPES, CACHES, CLOSE)
    for number, (mask, position, shape, cache, dtype) in enumerate(every):
        has_axis_of_heads = "fill" in mask
        if number % share == 0 and not (has_axis_of_heads and shape == "one head"):
            yield {**mask, "position": position, "dtype": dtype}, shape, cache


def test_every_mask_and_position() -> None:
    """Tiles agree for mask × position × heads × cache × dtype, of scaled scores and softmax."""
    for choices, shape, cache in settings(1):
        assert_long_is_short({**problem_of("scaled", shape, cache), **choices})


@pytest.mark.parametrize("normaliser", NORMALISERS)
@pytest.mark.parametrize("score", SCORING)
def test_every_score_and_normaliser(score: str, normaliser: str) -> None:
    """Tiles agree for score × normaliser, each with a part of the other combinations."""
    for choices, shape, cache in settings(23):
        problem = problem_of(score, shape, cache)
        assert_long_is_short({**problem, **choices, "normaliser": normaliser})


# A mask and a position that the program does not have, each written as one entry.


@record(frozen=True)
class Dilated(Rule):
    """Query i sees every key whose distance is a multiple of `step`: runs of one key, with gaps."""

    step: int
    first: First = 0

    @property
    def words(self) -> str:
        return f"dilated:{self.step}"

    def fit(self, axes: Axes, first: First = 0, convention: Convention = PAPER) -> Rule:
        return replace(self, first=first if convention.counts_cache else 0)

    def sees(self, i: Numbers, j: Numbers, n: int, m: int) -> Booleans:
        return np.asarray((j - i - self.first) % self.step == 0)


DILATED = MaskKind("dilated:N", "every Nth key", lambda argument: Dilated(int(str(argument))))


@record(frozen=True)
class Logarithms(Distances):
    """−slope · log(1 + |i + first − j|), as Kerple has it, derived from the class of ALiBi."""

    def apply(self, source: Array) -> Array:
        n, m = source.shape[-2:]
        slopes = np.array([2 ** (-8 * step / steps) for step, steps in self.slopes])
        distances = np.log1p(np.abs(places(self.first, n) - np.arange(m)))
        return np.asarray(
            -(slopes[:, None, None] if self.heads else slopes) * distances, source.dtype
        )


@record(frozen=True)
class OnTiles(Logarithms):
    """The same operation, with its own answer for tiles."""

    works_by_score: ClassVar[bool] = True

    def on_tile(self, known: TileMatrices) -> Array:
        tile = known.tile
        first = tile.own(np.atleast_2d(np.asarray(self.first)))
        step, steps = self.slopes[tile.index[-1] if self.heads else 0]
        distances = np.log1p(np.abs(first + tile.queries - tile.keys))
        return np.asarray(-(2 ** (-8 * step / steps)) * distances, known.part(self.source).dtype)


@record(frozen=True)
class Kerple(Alibi):
    """A position that lowers the scores with the logarithm of the distance."""

    operation: ClassVar[type[Distances]] = Logarithms

    def add_to_scores(self, steps: Steps, scores: str, first: First) -> tuple[str, ...]:
        heads = steps.axes(scores)[-3].size if steps.has_heads(scores) else None
        return (steps.add("position", self.operation(scores, heads, first)),)


@record(frozen=True)
class KerpleOnTiles(Kerple):
    operation = OnTiles


@pytest.mark.parametrize(
    "mask", ["dilated:2", ["dilated:3", "causal"], ["window:2,2", "dilated:2"]]
)
@pytest.mark.parametrize("cache", CACHES)
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("normaliser", NORMALISERS)
def test_a_mask_with_gaps_is_one_entry(
    monkeypatch: pytest.MonkeyPatch, mask: str | list[str], cache: str, shape: str, normaliser: str
) -> None:
    """A rule that lets a query see several runs of keys is right on the long path as it is."""
    monkeypatch.setitem(MASKS, "dilated", DILATED)
    choices: Choices = {"mask": mask} if isinstance(mask, str) else {"masks": mask}
    assert_long_is_short(
        {**choices, "normaliser": normaliser, **problem_of("scaled", shape, cache)}, True
    )


@pytest.mark.parametrize("kind", [Kerple, KerpleOnTiles])
@pytest.mark.parametrize("mask", [{}, {"mask": "causal"}, {"mask": "window:3,1"}], ids=str)
@pytest.mark.parametrize("cache", CACHES)
@pytest.mark.parametrize("shape", SHAPES)
def test_a_scheme_of_distances_is_one_entry(
    monkeypatch: pytest.MonkeyPatch, kind: type[Kerple], mask: Choices, cache: str, shape: str
) -> None:
    """A class derived from ALiBi's inherits no answer about tiles, and is tiled with its own."""
    monkeypatch.setitem(POSITIONS, "kerple", PositionKind("kerple", "by logarithms", kind))
    choices = {**mask, "position": "kerple", **problem_of("dot", shape, cache)}
    assert_long_is_short(choices, kind is KerpleOnTiles)


def test_dilated_masks_are_found_on_the_long_path_of_the_whole_registry(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The law above finds a new kind among the masks, because it walks the registries."""
    monkeypatch.setitem(MASKS, "dilated", DILATED)
    assert {"mask": "dilated:2"} in list(masks())


@record(frozen=True)
class EveryOther(Causal):
    """A causal rule that lets a query see every other key, derived from a class with runs."""

    def sees(self, i: Numbers, j: Numbers, n: int, m: int) -> Booleans:
        return np.asarray((j <= i) & ((i - j) % 2 == 0))


def test_a_rule_made_from_another_inherits_no_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    """A derived rule is right on the long path, and is not taken for a plain causal mask."""
    kind = MaskKind("every-other", "every other key", lambda argument: EveryOther())
    monkeypatch.setitem(MASKS, "every-other", kind)
    assert not EveryOther().hides_later_only
    for shape in SHAPES:
        choices = {"mask": "every-other", **problem_of("dot", shape, "none")}
        assert_long_is_short(choices, must_be_fused=True)


@pytest.mark.parametrize("answer", ["works_by_score", "on_tile", "bound"])
def test_a_class_that_changes_apply_answers_anew(answer: str) -> None:
    """A class that changes `apply` inherits no answer about its result from the class above it."""
    assert Logarithms.__dict__[answer] is Operation.__dict__[answer]


def test_axes_alone_are_inherited() -> None:
    """A class that changes `apply` inherits `axes`, which do not depend on the numbers."""

    class Shifted(Distances):
        def axes(self, source: Axes) -> Axes:
            return super().axes(source)

    assert Shifted.on_tile is Distances.on_tile
