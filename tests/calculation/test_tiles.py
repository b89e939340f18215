"""Test tiles with large numbers, rounded numbers, empty rows, and sizes that tiles do not divide.

Tiles must equal the steps one by one, which the oracle tests. Every scoring function under every
mask is in test_fused_tail.py, and so are the plans that have tiles.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from math import e, log2
from threading import Event, Thread, active_count
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from numpy.typing import NDArray

from attncli.calculation.long.fused import Fused, fuse
from attncli.calculation.long.threads import do
from attncli.calculation.long.whole_rows import Tiling
from attncli.calculation.operations import running_sums
from attncli.calculation.operations.normalisers import NORMALISERS
from attncli.calculation.plans.from_document import read
from attncli.calculation.problem.document import Document, Entry
from attncli.calculation.scoring.scoring_functions import SCORING

BATCH, HEADS, N, M, PAST, D_K, D_V, HIDDEN = 2, 6, 13, 17, 5, 7, 3, 11
TINY = Tiling(rows=5, columns=4, scores=3 * M)
CLOSE = {"float64": 1e-12, "float32": 1e-5, "float16": 2e-3}

rng = np.random.default_rng(7)
Choices = dict[str, Any]


@pytest.fixture(autouse=True)
def _draws_of_its_own() -> None:
    """Make each test draw the same numbers, whatever runs before it: some round to few digits."""
    rng.bit_generator.state = np.random.default_rng(7).bit_generator.state


def numbers(*shape: int) -> NDArray[np.float64]:
    return rng.normal(size=shape)


def whole(*shape: int) -> NDArray[np.float64]:
    """Return whole numbers, whose sums are exact in any order."""
    return np.sign(rng.normal(size=shape)) * rng.integers(1, 3, shape)


def matrices(kv_heads: int = HEADS, past: int = 0) -> Choices:
    """Return Q, K and V with axes of batch and heads, and a cache."""
    made: Choices = {
        "Q": numbers(BATCH, HEADS, N, D_K),
        "K": numbers(BATCH, kv_heads, M, D_K),
        "V": numbers(BATCH, kv_heads, M, D_V),
    }
    if past:
        made["K_past"] = numbers(BATCH, kv_heads, past, D_K)
        made["V_past"] = numbers(BATCH, kv_heads, past, D_V)
    return made


def weights(score: str) -> Choices:
    """Return the weights of a scoring function."""
    shapes: dict[str, dict[str, tuple[int, ...]]] = {
        "additive": {"W_a": (D_K, HIDDEN), "U_a": (D_K, HIDDEN), "v_a": (HIDDEN,)},
        "general": {"W_a": (D_K, D_K)},
        "concat": {"W_a": (2 * D_K, HIDDEN), "v_a": (HIDDEN,)},
    }
    return {name: whole(*shape) / 2 for name, shape in shapes.get(score, {}).items()}


def assert_same(tiling: Tiling = TINY, **entries: Any) -> None:
    """Assert that tiles give what steps give, with NaN and infinities in the same places."""
    given = {name: Entry(value, name) for name, value in entries.items() if value is not None}
    problem, plan = read(Document(given))
    steps = plan.run(problem.matrices, ["output"]).matrices["output"]
    fused = fuse(plan, ["output"], tiling)
    assert any(isinstance(step.operation, Fused) for step in fused.steps)
    tiles = fused.run(problem.matrices).matrices["output"]
    assert tiles.dtype == steps.dtype
    close = CLOSE[steps.dtype.name]
    assert_allclose(tiles, steps, rtol=close, atol=close)


KEEP = rng.random((N, M)) > 0.4
KEEP[3] = False
with_dtype = pytest.mark.parametrize("dtype", ["float64", "float32"])


@with_dtype
@pytest.mark.parametrize(
    "mask",
    [
        {"mask": "window:4,-1"},
        {"masks": ["causal", {"padding": [11, 0]}]},
        {"mask": rng.random((BATCH, 1, N, M)) > 0.5},
        {"mask": rng.random(M) > 0.5},
        {"mask": np.where(rng.random(M) > 0.5, numbers(M), -np.inf)},
        {"mask": np.where(rng.random((HEADS, N, M)) > 0.2, numbers(HEADS, N, M), -np.inf)},
        {"mask": "window:1,1", "fill": -2.0},
        {"masks": ["causal", KEEP], "fill": -1e9},
    ],
    ids=str,
)
@pytest.mark.parametrize("score", ["scaled", "additive"])
@pytest.mark.parametrize("normaliser", NORMALISERS)
def test_masks_of_every_form(score: str, normaliser: str, mask: Choices, dtype: str) -> None:
    """Tiles agree for masks of keys alone, of batch entries, of heads, and with a finite fill."""
    choices: Choices = {"score": score, "normaliser": normaliser, "temperature": 0.7}
    assert_same(dtype=dtype, **choices, **matrices(kv_heads=2), **weights(score), **mask)


@pytest.mark.parametrize("normaliser", NORMALISERS)
@pytest.mark.parametrize("convention", ["torch-mha", "paper"])
def test_queries_that_may_attend_nothing(normaliser: str, convention: str) -> None:
    """A query without keys has output 0, or NaN in torch-mha, in tiles as in steps."""
    mask = np.ones((N, M), np.bool_)
    mask[[0, 4, 5]] = False
    if convention == "torch-mha":
        mask = ~mask
    made: Choices = {name: numbers(12, 12) for name in ("W_q", "W_k", "W_v", "W_o")}
    made |= {"X": numbers(BATCH, N, 12), "memory": numbers(BATCH, M, 12)}
    choices: Choices = {"normaliser": normaliser, "heads": 3, "convention": convention}
    assert_same(mask=mask, **made, **choices)


@with_dtype
@pytest.mark.parametrize("mask", ["causal", "window:3,1", None])
@pytest.mark.parametrize("kv_heads", [1, 3])
@pytest.mark.parametrize("score", ["scaled", "additive", "distance"])
def test_caches_are_counted_in_positions(
    score: str, kv_heads: int, mask: str | None, dtype: str
) -> None:
    made = matrices(kv_heads, PAST)
    assert_same(score=score, mask=mask, dtype=dtype, **made, **weights(score))


@pytest.mark.parametrize("mask", ["causal", "window:3,1", "causal:lower-right", None])
@pytest.mark.parametrize("position", [None, "alibi", "rope"])
def test_lengths_of_a_cache(mask: str | None, position: str | None) -> None:
    """Each batch entry sees its own number of keys, and its queries stand at their end."""
    made = {**matrices(), "Q": numbers(BATCH, HEADS, N, 2 * D_K)}
    made["K"] = numbers(BATCH, HEADS, M, 2 * D_K)
    assert_same(cache_lens=[15, 13], mask=mask, position=position, **made)


@pytest.mark.parametrize("heads", [1, 2, 6])
@pytest.mark.parametrize("past", [0, PAST])
@pytest.mark.parametrize("softcap", [None, 2.0])
def test_distances_of_alibi(heads: int, past: int, softcap: float | None) -> None:
    """Each head keeps its own slope in tiles."""
    made = {name: m[0, :heads] for name, m in matrices(past=past).items()}
    assert_same(position="alibi", mask="causal", softcap=softcap, **made)


@pytest.mark.parametrize("convention", ["onnx", "keras", "d2l"])
def test_conventions(convention: str) -> None:
    """Tiles agree under conventions with short masks and with finite fills."""
    short = rng.random((N, M - 4)) > 0.3 if convention == "onnx" else None
    assert_same(convention=convention, mask=short, **matrices())


def test_a_mask_of_one_key_for_many() -> None:
    """Where short masks are filled up, a mask of one column hides all keys but the first."""
    assert_same(convention="onnx", mask=np.ones((N, 1), np.bool_), **matrices())
    assert_same(mask=rng.random((N, 1)) > 0.5, **matrices())


@with_dtype
@pytest.mark.parametrize(
    "choices",
    [
        {"softcap": 3.0},
        {"softcap": 3.0, "scale": 0.3, "mask": "causal", "temperature": 2.0},
        {"softcap": 200.0, "scale": 8.0},
        {"scale": 0.3},
        {"scale": 4.0, "temperature": 3.0},
        {"scale": -0.5, "mask": "causal"},
        {"score": "dot", "temperature": 1e-3},
        {"score": "additive", "softcap": 2.0},
        {"score": "cosine", "scale": 30.0},
    ],
    ids=str,
)
def test_scales_caps_and_temperatures(choices: Choices, dtype: str) -> None:
    assert_same(dtype=dtype, **choices, **matrices())


@pytest.mark.parametrize("softmax_dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize("score", ["scaled", "additive"])
def test_precisions_of_the_softmax(score: str, dtype: str, softmax_dtype: str) -> None:
    """Weights rounded to fewer digits are rounded alike in tiles and in steps."""
    made = matrices()
    assert_same(score=score, dtype=dtype, softmax_dtype=softmax_dtype, mask="causal", **made)


@with_dtype
@pytest.mark.parametrize("score", SCORING)
@pytest.mark.parametrize("normaliser", NORMALISERS)
@pytest.mark.parametrize("mask", [None, "causal", KEEP], ids=["none", "causal", "keep"])
def test_extreme_scores(score: str, normaliser: str, mask: Any, dtype: str) -> None:
    """Scores of ±1e4 neither overflow nor lose the largest."""
    queries = whole(BATCH, HEADS, N, D_K) * rng.choice([1e4, 4.0, 0.5], (N, D_K))
    made = {**matrices(), "Q": queries, "K": whole(BATCH, HEADS, M, D_K)}
    choices: Choices = {"score": score, "normaliser": normaliser, "mask": mask}
    assert_same(dtype=dtype, **choices, **made, **weights(score))


@pytest.mark.parametrize(
    ("dtype", "score", "small"), [("float32", -40, 1e-30), ("float64", -340, 1e-200)]
)
def test_small_values_keep_their_digits(dtype: str, score: float, small: float) -> None:
    """However small all exponentials are, the weights keep their digits."""
    made: Choices = {"Q": np.ones((N, 1)), "K": np.full((M, 1), float(score)), "score": "dot"}
    values = small * (2 + numbers(M, D_V) ** 2)
    given = {name: Entry(value, name) for name, value in {**made, "V": values}.items()}
    problem, plan = read(Document({**given, "dtype": Entry(dtype, "")}))
    steps = plan.run(problem.matrices, ["output"]).matrices["output"]
    tiles = fuse(plan, ["output"], TINY).run(problem.matrices).matrices["output"]
    assert_allclose(tiles, steps, rtol=CLOSE[dtype], atol=0)


@with_dtype
def test_large_weights_of_small_tanh(dtype: str) -> None:
    """Small values of tanh keep their digits beside large weights v_a."""
    made = {name: m / 1e4 if name != "V" else m for name, m in matrices().items()}
    own = weights("additive")
    assert_same(score="additive", dtype=dtype, **made, **{**own, "v_a": own["v_a"] * 1e4})


@pytest.mark.parametrize("large", [1e20, 3e38])
@pytest.mark.parametrize("name", ["Q", "K", "V"])
@pytest.mark.parametrize("mask", [None, "causal", KEEP], ids=["none", "causal", "keep"])
@pytest.mark.parametrize("normaliser", NORMALISERS)
def test_overflow_is_that_of_the_steps(name: str, large: float, mask: Any, normaliser: str) -> None:
    """Infinite scores give NaN where the steps do, and large values of few keys do not."""
    made = matrices()
    made[name][0, 0, 2, 1] = large
    made[name][1, 2, 5, 0] = -large
    assert_same(dtype="float32", mask=mask, normaliser=normaliser, **made)


@pytest.mark.parametrize("normaliser", NORMALISERS)
def test_sums_of_large_values(normaliser: str) -> None:
    """Values whose sum overflows have the right mean."""
    made = matrices()
    made["V"][...] = 3e38
    assert_same(dtype="float32", normaliser=normaliser, **made)


@with_dtype
@pytest.mark.parametrize("normaliser", ["softmax", "softmax1"])
def test_powers_of_two_are_powers_of_e(
    monkeypatch: pytest.MonkeyPatch, normaliser: str, dtype: str
) -> None:
    """Where exp2 is faster, the queries are multiplied by its factor; the output is the same."""
    monkeypatch.setattr(running_sums, "POWER", np.exp2)
    monkeypatch.setattr(running_sums.BoundedPowers, "exponent", log2(e))
    assert running_sums.EXPONENT in (1.0, log2(e))
    made = matrices()
    assert_same(dtype=dtype, normaliser=normaliser, mask="causal", **made)
    assert_same(dtype=dtype, normaliser=normaliser, softcap=3.0, temperature=2.0, **made)


@pytest.mark.parametrize("size", [0.0, 1e-30, 1e30])
@pytest.mark.parametrize("far", [32.0, -32.0, 60.0, -60.0])
def test_any_weights_of_the_tanh(size: float, far: float) -> None:
    """Additive scores agree where the exponentials in tanh overflow or vanish, and so with v_a."""
    vector = size * whole(D_K)
    choices: Choices = {"score": "additive", "v_a": vector, "scale": 1 / (size or 1)}
    queries, keys = numbers(N, D_K) - far, numbers(M, D_K) + far
    assert_same(dtype="float32", Q=queries, K=keys, V=numbers(M, D_V), **choices)


sizes = st.integers(1, 40)


@settings(deadline=None, derandomize=True, max_examples=150)
@given(
    n=sizes,
    m=sizes,
    rows=sizes,
    columns=sizes,
    mask=st.sampled_from(["causal", "causal:lower-right"])
    | st.builds("window:{},{}".format, st.integers(-1, 5), st.integers(-1, 5)),
    score=st.sampled_from(sorted(SCORING)),
    normaliser=st.sampled_from(sorted(NORMALISERS)),
    share=st.none() | st.floats(0, 1),
    seed=st.integers(0, 2**16),
)
def test_any_sizes_in_any_tiles(
    n: int,
    m: int,
    rows: int,
    columns: int,
    mask: str,
    score: str,
    normaliser: str,
    share: float | None,
    seed: int,
) -> None:
    """Tiles agree for one query, one key, tiles larger than the matrix, and tiles of one score."""
    random = np.random.default_rng(seed)
    booleans = [] if share is None else [random.random((n, m)) < share]
    assert_same(
        Tiling(rows, columns, rows * columns),
        Q=random.normal(size=(n, D_K)),
        K=random.normal(size=(m, D_K)),
        V=random.normal(size=(m, D_V)),
        masks=[*booleans, mask],
        score=score,
        normaliser=normaliser,
        **weights(score),
    )


# The threads.


def test_all_parts_are_done_and_reported() -> None:
    """The threads do every part once; the reported share grows and does not exceed 1."""
    done: list[int] = []
    told: list[float] = []
    do(lambda part, stop: done.append(part), range(29), told.append)
    assert sorted(done) == list(range(29))
    assert told == sorted(told)
    assert all(0 < share <= 1 for share in told)


@pytest.mark.parametrize("failing", [0, 1, 17])
def test_a_failure_stops_the_others(failing: int) -> None:
    """The error of one thread is raised when all threads have ended."""
    begun: list[int] = []

    def work(part: int, stop: Event) -> None:
        begun.append(part)
        if part == failing:
            raise MemoryError("no more")
        if part > failing:
            assert stop.wait(timeout=60)

    with pytest.raises(MemoryError, match="no more"):
        do(work, range(1000), None)
    assert len(begun) < 30


@pytest.mark.parametrize("started", [0, 1])
def test_threads_that_cannot_be_started(monkeypatch: pytest.MonkeyPatch, started: int) -> None:
    """If the system starts no further thread, the threads before it do all the work."""
    done: list[int] = []
    start = Thread.start

    def refuse(thread: Thread) -> None:
        if active_count() - before >= started:
            raise RuntimeError("can't start new thread")
        start(thread)

    def work(part: int, _: Event) -> None:
        done.append(part)

    before = active_count()
    with ThreadPoolExecutor(5) as helpers:
        monkeypatch.setattr("attncli.calculation.long.threads.processors", lambda: 5)
        monkeypatch.setattr("attncli.calculation.long.threads._helpers", lambda: helpers)
        monkeypatch.setattr(Thread, "start", refuse)
        do(work, range(1000), None)
    assert sorted(done) == list(range(1000))


@pytest.mark.parametrize("mask", ["causal", "padding:690"])
def test_the_bits_do_not_depend_on_the_number_of_processors(
    monkeypatch: pytest.MonkeyPatch, mask: str
) -> None:
    """A machine with any number of processors gives the same bits in tiles."""
    given = {name: Entry(numbers(700, 16), "") for name in "QKV"}
    problem, plan = read(Document({**given, "mask": Entry(mask, "")}))
    results = set()
    for number in (1, 2, 3, 64):
        monkeypatch.setattr(
            os, "sched_getaffinity", lambda _, number=number: range(number), raising=False
        )
        trace = fuse(plan, ["output"]).run(problem.matrices)
        results.add(trace.matrices["output"].tobytes())
    assert len(results) == 1
