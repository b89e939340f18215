"""Test numbers at the ends of their type: norms, softmax and sums equal exact arithmetic."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose
from numpy.typing import NDArray

from attncli.calculation.analyses.warnings import remarks
from attncli.calculation.long.fused import fuse
from attncli.calculation.long.whole_rows import Tiling
from attncli.calculation.operations.norm_operations import Mean, MeanSquare, Standardise, Variance
from attncli.calculation.operations.normalisers import NORMALISERS, Softmax, Softmax1
from attncli.calculation.plans.from_document import read
from attncli.calculation.problem.document import Document, Entry
from attncli.calculation.scoring.additive import WeighHidden
from attncli.calculation.scoring.measures import unit_rows

TINY = Tiling(rows=2, columns=2, scores=8)
FEATURES = np.array([[3.0, -1, 2, 7], [1, 1, 1, 4], [0.1, 0.2, 0.3, 0.7]])


def norm(x: NDArray[Any], kind: str, is_sample: bool = False, **choices: Any) -> NDArray[Any]:
    """Return the norm of x by its steps."""
    with np.errstate(all="ignore"):
        if kind == "rms":
            return Standardise("x", None, "square", **choices).apply(x, MeanSquare("x").apply(x))
        mean = Mean("x").apply(x)
        variance = Variance("x", "mean", is_sample).apply(x, mean)
        choices["is_sample"] = is_sample
        return Standardise("x", "mean", "variance", **choices).apply(x, mean, variance)


@pytest.mark.parametrize("is_sample", [False, True])
@pytest.mark.parametrize("kind", ["layer", "rms"])
@pytest.mark.parametrize("power", [-1040, -600, -510, 500, 520, 1000, 1020])
def test_a_norm_does_not_depend_on_the_size_of_the_features(
    power: int, kind: str, is_sample: bool
) -> None:
    """Features times 2^p have the norm of the features, though their squares leave the range."""
    large = norm(np.ldexp(FEATURES, power), kind, is_sample)
    rounding = 1e-7 if power < -1000 else 1e-15  # subnormal numbers have fewer digits
    assert_allclose(large, norm(FEATURES, kind, is_sample), rtol=rounding)


@pytest.mark.parametrize("outside", [False, True])
def test_eps_stays_what_it_is_for_features_of_any_size(outside: bool) -> None:
    """Features of 1e200 make eps vanish; beside an eps of 1e-5, features of 1e-200 are 0."""
    large = norm(FEATURES * 1e200, "layer", eps=1e-5, eps_outside=outside)
    assert_allclose(large, norm(FEATURES, "layer"), rtol=1e-14)
    small = norm(FEATURES * 1e-200, "layer", eps=1e-5, eps_outside=outside)
    expected = (FEATURES - Mean("x").apply(FEATURES)) * 1e-200 / (1e-5 if outside else 1e-5**0.5)
    assert_allclose(small, expected, rtol=1e-14)


@pytest.mark.parametrize("eps", [1e-5, 0])
def test_ordinary_features_keep_the_bits_of_the_formula(eps: float) -> None:
    """Only features whose squares leave the range are calculated in another way."""
    mean, variance = FEATURES.mean(axis=-1, keepdims=True), FEATURES.var(axis=-1, keepdims=True)
    assert np.array_equal(
        norm(FEATURES, "layer", eps=eps), (FEATURES - mean) / np.sqrt(variance + eps)
    )


@pytest.mark.parametrize(("number", "size"), [(0.1, 3), (0.1, 6), (0.3, 10), (1e8 + 0.1, 7)])
def test_the_mean_of_equal_features_is_that_feature(number: float, size: int) -> None:
    """The norm of equal features is 0 / 0 without an eps, as in PyTorch, and 0 with one."""
    equal = np.full((1, size), number)
    assert Mean("x").apply(equal) == number
    assert np.isnan(norm(equal, "layer")).all()
    assert (norm(equal, "layer", eps=1e-5) == 0).all()


def test_a_mean_may_be_larger_than_its_sum() -> None:
    """The mean is finite although the sum of the features overflows."""
    with np.errstate(over="ignore"):
        assert_allclose(Mean("x").apply(np.array([[1.5e308, 1.7e308, 1.6e308]])), 1.6e308)


def test_norms_of_float16_add_in_float32() -> None:
    """Squares of 300 do not fit into float16; the norm does, as in PyTorch."""
    features = np.array([[300, -300, 299, 10]], np.float16)
    for kind in ("layer", "rms"):
        expected = norm(features.astype(np.float64), kind, eps=1e-5)
        result = norm(features, kind, eps=1e-5)
        assert result.dtype == np.float16
        assert_allclose(result, expected, rtol=2e-3)


def test_float16_sums_do_not_overflow() -> None:
    """The sums of 70,000 numbers fit into float32, though not into float16."""
    many = np.ones((1, 70_000), np.float16)
    for softmax in (Softmax, Softmax1):
        weights = softmax("scores").apply(many)
        assert weights.dtype == np.float16
        assert_allclose(weights.astype(np.float64).sum(), 1, rtol=2e-3)
        wide = many.astype(np.float64)
        assert_allclose(softmax("scores", dtype="float16").apply(wide).sum(), 1, rtol=2e-3)
    assert_allclose(unit_rows(many)[0, :2], 70_000**-0.5, rtol=1e-3)
    assert WeighHidden("hidden").apply(many / np.float16(2)) == np.float16(35_000)


def outputs(entries: dict[str, Any]) -> tuple[NDArray[Any], NDArray[Any], list[list[str]]]:
    """Return the output by steps and in tiles, and the warnings of both."""
    made = {
        name: np.array(value, np.float64) if isinstance(value, list) else value
        for name, value in entries.items()
    }
    problem, plan = read(Document({name: Entry(value, "") for name, value in made.items()}))
    traces = [p.run(problem.matrices) for p in (plan, fuse(plan, ["output"], TINY))]
    steps, tiles = (trace.matrices["output"] for trace in traces)
    return steps, tiles, [remarks(trace, plan, problem) for trace in traces]


@pytest.mark.parametrize("normaliser", NORMALISERS)
def test_a_temperature_brings_back_a_difference_that_overflows(normaliser: str) -> None:
    """Scores of ±1.5e308 with temperature 1e308 have the weights of ±1.5."""
    keys = np.array([[1.5], [-1.5], [1.4]])
    entries = {"Q": np.ones((1, 1)), "V": np.eye(3), "normaliser": normaliser, "score": "dot"}
    expected, *_ = outputs({**entries, "K": keys})
    entries |= {"K": keys * 1e308, "temperature": 1e308}
    steps, tiles, _ = outputs(entries)
    assert_allclose(steps, expected, rtol=1e-14)
    assert_allclose(tiles, expected, rtol=1e-14)


SOFTMAX_OVERFLOWS = {"Q": [[1], [1e5]], "K": [[1], [2]], "V": [[1], [2]], "score": "dot"}
OVERFLOWS: dict[str, tuple[dict[str, Any], str]] = {
    "the type of softmax, with a mask": (
        SOFTMAX_OVERFLOWS | {"softmax_dtype": "float16", "mask": "causal"},
        "weights overflows float16:",
    ),
    "the type of softmax, without a mask": (
        SOFTMAX_OVERFLOWS | {"softmax_dtype": "float16"},
        "weights overflows float16:",
    ),
    "a mask of numbers with −inf": (
        {
            "X": [[200, 0], [0, 200]],
            "mask": [[0, -np.inf], [60000, 60000]],
            "dtype": "float16",
        },
        "masked overflows float16:",
    ),
    "scores under a mask": (
        {"Q": [[1e200]] * 2, "K": [[1e200]] * 2, "V": [[1]] * 2, "mask": "causal"},
        "scores overflows float64:",
    ),
}


@pytest.mark.parametrize("case", OVERFLOWS)
def test_an_overflow_is_reported_once_with_its_step_and_type(case: str) -> None:
    """A warning names the first step that overflows and its type, masked or not, tiled or not."""
    entries, expected = OVERFLOWS[case]
    _, _, warnings = outputs(entries)
    for words in warnings:
        assert [word.startswith(expected) for word in words] == [True], words


def test_a_norm_of_equal_features_is_undefined_and_does_not_overflow() -> None:
    """The warning says that the norm is 0 / 0, and how many tokens it concerns."""
    features = np.array([[0.1, 0.1, 0.1], [1, 2, 3], [4, 4, 4]])
    norm_2 = Standardise("sum", "mean", "variance")
    mean = Mean("sum").apply(features)
    operands = features, mean, Variance("sum", "mean").apply(features, mean)
    assert norm_2.undefined(*operands).tolist() == [True, False, True]
    (warning,) = norm_2.doubts(*operands)
    assert warning.startswith("all features of 2 tokens of sum are equal and eps is 0: ")
    choices = {"layer": "encoder", "norm": "pre", "eps": 0}
    weights = {"ffn.W_1": np.eye(3), "ffn.W_2": np.eye(3)}
    _, _, warnings = outputs({**choices, "X": features, **weights})
    for words in warnings:
        assert [word for word in words if "0 / 0" in word or "overflows" in word] == [
            warning.replace("of sum", "of X")
        ]


def test_a_row_without_keys_is_not_an_overflow() -> None:
    """The NaN that a convention gives to a query without keys is reported as such alone."""
    entries = {
        **SOFTMAX_OVERFLOWS,
        "Q": [[1], [2]],
        "softmax_dtype": "float16",
        "mask": [[0, 0], [1, 1]],
        "mask_kind": "keep",
        "convention": "torch-mha",
    }
    steps, tiles, warnings = outputs(entries)
    assert np.isnan(steps[0]).all()
    assert np.isnan(tiles[0]).all()
    assert [[w.split(" to by")[0] for w in words] for words in warnings] == [
        ["no key may be attended"]
    ] * 2
