"""Test what each normaliser guarantees: nearest weights, a sink, independent keys, no overflow."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_allclose, assert_array_equal
from numpy.typing import NDArray

from attncli.calculation.algebra.layouts import LAYOUTS
from attncli.calculation.operations.normalisers import (
    NORMALISERS,
    Normalise,
    Sigmoid,
    Softmax,
    Softmax1,
    Sparsemax,
)
from attncli.cli.program import cli

M = 7
CLOSE = 1e-12

rows = arrays(np.float64, (3, M), elements=st.floats(-50, 50))
modest = settings(deadline=None, derandomize=True, max_examples=50)
every_normaliser = pytest.mark.parametrize(
    "operation", list(NORMALISERS.values()), ids=list(NORMALISERS)
)


def steps_without_warning(*arguments: str) -> dict[str, Any]:
    """Return the steps of a run that must succeed without a warning."""
    run = CliRunner().invoke(cli, ["compute", *arguments, "-f", "json"])
    assert (run.exit_code, run.stderr) == (0, "")
    steps: dict[str, Any] = json.loads(run.stdout)
    return steps


def weights_of(scores: list[float], *options: str) -> list[float]:
    """Return the weights of one query with these scores."""
    keys = [[score] for score in scores]
    steps = steps_without_warning("Q=[[1]]", f"K={keys}", "--score", "dot", *options)
    row: list[float] = steps["weights"][0]
    return row


# Sparsemax.


@modest
@given(scores=rows)
def test_sparsemax_is_the_nearest_point_of_the_simplex(scores: NDArray[Any]) -> None:
    """(s − w) · (corner − w) ≤ 0 for each corner, which holds for the nearest weights w alone."""
    weights = Sparsemax("scores").apply(scores)
    assert (weights >= 0).all()
    assert_allclose(weights.sum(axis=-1), 1, CLOSE)
    for corner in np.eye(M):
        assert (((scores - weights) * (corner - weights)).sum(axis=-1) <= 1e-9).all()


@pytest.mark.parametrize(
    ("scores", "weights"),
    [
        ([1, 1, 1, 1], [0.25, 0.25, 0.25, 0.25]),
        ([1.5, 1, 0.2], [0.75, 0.25, 0]),
        ([2, 1, 0], [1, 0, 0]),  # a lead of 1 takes all
        ([-10, -10.5, -20], [0.75, 0.25, 0]),
        ([1e6, 1e6 - 0.5, 0], [0.75, 0.25, 0]),
        ([1e300, 0, -1e300], [1, 0, 0]),
    ],
)
def test_sparsemax_by_hand(scores: list[float], weights: list[float]) -> None:
    """τ is (Σ s − 1) / k of the k scores above τ."""
    assert weights_of(scores, "--normaliser", "sparsemax") == weights


# Softmax with a sink.


@modest
@given(scores=rows, values=arrays(np.float64, (M, 2), elements=st.floats(-4, 4)))
def test_softmax1_is_softmax_with_a_key_of_score_and_value_0(
    scores: NDArray[Any], values: NDArray[Any]
) -> None:
    """The output is that of softmax with a key of zeros, which has the weight missing to 1."""
    weights = Softmax1("scores").apply(scores)
    with_sink = Softmax("scores").apply(np.pad(scores, ((0, 0), (0, 1))))
    assert_allclose(weights, with_sink[:, :-1], CLOSE, CLOSE)
    assert_allclose(1 - weights.sum(axis=-1), with_sink[:, -1], CLOSE, CLOSE)
    assert_allclose(weights @ values, with_sink @ np.pad(values, ((0, 1), (0, 0))), CLOSE, CLOSE)


def test_softmax1_between_its_limits() -> None:
    """Large scores leave the sink no weight, small ones leave it all, and neither overflows."""
    assert weights_of([0, 0, 0], "--normaliser", "softmax1") == [0.25, 0.25, 0.25]
    assert weights_of([1000, 1000], "--normaliser", "softmax1") == [0.5, 0.5]
    assert weights_of([-1000, -1000], "--normaliser", "softmax1") == [0, 0]
    low = weights_of([-700, -701], "--normaliser", "softmax1")
    assert_allclose(low, np.exp([-700, -701]), CLOSE)


# Sigmoid.


def test_the_sigmoid_judges_each_key_by_itself() -> None:
    """A weight does not depend on the other keys, and holds where exponentials overflow."""
    alone = weights_of([0.3], "--normaliser", "sigmoid")
    assert weights_of([0.3, 5, -5], "--normaliser", "sigmoid")[:1] == alone
    large = weights_of([0, 1000, -1000, -700], "--normaliser", "sigmoid")
    assert_allclose(large, [0.5, 1, 0, np.exp(-700)], CLOSE)


# Guarantees of every normaliser.


@pytest.mark.parametrize("name", NORMALISERS)
def test_the_formula_names_the_normaliser(name: str) -> None:
    """The formula of the weights names the normaliser and the temperature."""
    run = CliRunner(env={"COLUMNS": "200"}).invoke(
        cli, ["compute", "X=[[1]]", "--normaliser", name, "--temperature", "0.5"]
    )
    each = "" if name == "sigmoid" else "each row of "
    assert f"weights = {name} of {each}scores / 0.5 " in run.stdout


def test_the_american_spelling_is_read() -> None:
    """A document may write `normalizer` for `normaliser`."""
    document = '{"Q": [[1]], "K": [[1], [3]], "normalizer": "sparsemax"}'
    run = CliRunner().invoke(cli, ["compute", "-", "-f", "json"], input=document)
    assert json.loads(run.stdout)["weights"] == [[0, 1]]


def test_temperatures_sharpen_and_even_out() -> None:
    """A temperature far below 1 gives the largest score all the weight; far above 1, all equal."""
    scores = [1.0, 3, 2]
    for name in ("softmax", "sparsemax"):
        cold = weights_of(scores, "--normaliser", name, "--temperature", "1e-3")
        hot = weights_of(scores, "--normaliser", name, "--temperature", "1e9")
        assert_allclose(cold, [0, 1, 0], atol=1e-9)
        assert_allclose(hot, [1 / 3] * 3, atol=1e-8)
    assert weights_of(scores, "--temperature", "1e-320") == [0, 1, 0]
    assert weights_of([1e300, 1.5e308], "--temperature", "1e-300") == [0, 1]


@every_normaliser
@pytest.mark.parametrize("dtype", ["float32", "float16"])
def test_softmax_dtype_is_the_precision_of_weights(operation: type[Normalise], dtype: str) -> None:
    """With `softmax_dtype`, the scores are cast, normalised, and their weights cast back."""
    scores = np.random.default_rng(7).normal(size=(5, M))
    weights = operation("scores", 1.7, dtype).apply(scores)
    assert weights.dtype == scores.dtype
    assert_array_equal(weights, operation("scores", 1.7).apply(scores.astype(dtype)))
    assert f" in {dtype}" in operation("scores", 1, dtype).formula(LAYOUTS["rows"])


@every_normaliser
@pytest.mark.parametrize("empty", [0.0, 0.25, np.nan])
def test_rows_that_may_attend_nothing(operation: type[Normalise], empty: float) -> None:
    """A query without keys has the weights that its convention gives; the others do not change."""
    scores = np.array([[-np.inf] * 3, [1, -np.inf, 2]])
    weights = operation("scores", 1, None, empty).apply(scores)
    assert_array_equal(weights[0], [empty] * 3)
    assert_array_equal(weights[1], operation("scores").apply(scores[1]))
    assert weights[1, 1] == 0


@pytest.mark.parametrize("name", NORMALISERS)
def test_rows_that_may_attend_nothing_are_warned_of(name: str) -> None:
    """A query without keys gives a warning under every normaliser."""
    mask = ("--mask", "[[1, 0], [0, 0]]")
    run = CliRunner().invoke(cli, ["compute", "X=[[1], [2]]", *mask, "--normaliser", name])
    warning = "Warning: no key may be attended to by query 2: weights and output are 0 there.\n"
    assert run.stderr == warning


@pytest.mark.parametrize("name", NORMALISERS)
def test_weights_are_shaded(name: str) -> None:
    """The weights are shaded as a heat map, and no other step is."""
    arguments = ["compute", "Q=[[1]]", "K=[[0.2]]", "--normaliser", name, "--color", "always"]
    runner = CliRunner(env={"TERM": "xterm-256color"})
    for step in ("scores", "weights"):
        drawn = runner.invoke(cli, [*arguments, "--only", step]).stdout
        assert (";48;" in drawn) == (step == "weights")  # 48 begins a background


@every_normaliser
@modest
@given(scores=rows, moved=arrays(np.float64, (3, M), elements=st.floats(-1, 1)))
def test_weights_move_no_further_than_their_steepness(
    operation: type[Normalise], scores: NDArray[Any], moved: NDArray[Any]
) -> None:
    """Weights move at most `steepness` times as far as their scores, as `check --laws` assumes."""
    normalise = operation("scores")
    distance = np.abs(normalise.apply(scores + moved) - normalise.apply(scores))
    shift = np.abs(moved).max(axis=-1, keepdims=True)
    most = np.where(shift > 0, normalise.steepness, 0) * shift  # unknown is infinite
    assert (distance <= most).all()


def test_small_sigmoids_keep_their_digits() -> None:
    """Where 1 + exp(40) rounds to exp(40), the weight is still exp(−40)."""
    weights = Sigmoid("scores").apply(np.array([[-40.0, 40.0]]))
    assert_allclose(weights, [[np.exp(-40.0), 1]], 1e-15)
