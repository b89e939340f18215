"""Test the guarantees of cosine, distance and concat scoring."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result
from numpy.testing import assert_allclose, assert_array_equal
from numpy.typing import NDArray

from attncli.cli.program import cli

N, M, D_Q, D_K, HIDDEN, D_V = 3, 5, 2, 7, 11, 13
CLOSE = 1e-12


def numbers(*shape: int) -> NDArray[np.float64]:
    """Return random numbers of this shape, the same in every run."""
    return np.random.default_rng(shape).normal(size=shape)


def written(entries: dict[str, Any]) -> str:
    """Return entries as JSON; their matrices may be arrays."""
    return json.dumps(
        {name: getattr(value, "tolist", lambda v=value: v)() for name, value in entries.items()}
    )


def run(document: dict[str, Any]) -> Result:
    """Run `compute` on a document and return the result."""
    arguments = ["compute", "-", "-f", "json"]
    result = CliRunner().invoke(cli, arguments, input=written(document))
    assert result.exit_code == 0, result.stderr
    return result


def checked(document: dict[str, Any], **answer: NDArray[Any]) -> str:
    """Return the report on an answer to a document."""
    arguments = ["check", written(document), "-"]
    return CliRunner().invoke(cli, arguments, input=written(answer)).stdout


def steps_without_warning(**document: Any) -> dict[str, NDArray[Any]]:
    """Return the steps of a document that raises no warning."""
    result = run(document)
    assert not result.stderr
    return {name: np.array(matrix) for name, matrix in json.loads(result.stdout).items()}


# Cosine.


def test_cosines_are_dot_products_of_directions() -> None:
    """The lengths of queries and keys do not change a cosine, and a vector with itself scores 1."""
    queries, keys = numbers(N, D_K), numbers(M, D_K)
    scores = steps_without_warning(Q=queries, K=keys, score="cosine")["scores"]
    unit = [m / np.linalg.norm(m, axis=-1, keepdims=True) for m in (queries, keys)]
    assert_allclose(scores, unit[0] @ unit[1].T, CLOSE, CLOSE)
    longer = steps_without_warning(
        Q=queries * 7, K=keys * np.arange(1, M + 1)[:, None], score="cosine"
    )
    assert_allclose(longer["scores"], scores, CLOSE, CLOSE)
    assert_allclose(np.diag(steps_without_warning(X=queries, score="cosine")["scores"]), 1, CLOSE)


def test_the_factor_of_qk_norm_is_scale() -> None:
    """Cosine scoring has no factor 1/√d_k: without `scale` there is no step `scaled`."""
    queries, keys = numbers(N, D_K), numbers(M, D_K)
    plain = steps_without_warning(Q=queries, K=keys, score="cosine")
    assert "scaled" not in plain
    scaled = steps_without_warning(Q=queries, K=keys, score="cosine", scale=11.5)["scaled"]
    assert_allclose(scaled, 11.5 * plain["scores"], CLOSE)


@pytest.mark.parametrize("dtype", ["float64", "float32", "float16"])
@pytest.mark.parametrize("size", [1, 1e-3, 3e4])
def test_squares_neither_overflow_nor_vanish(dtype: str, size: float) -> None:
    """Numbers whose squares leave the range of float16, such as 300 and 0.0003, have cosines."""
    scores = steps_without_warning(
        Q=[[3 * size / 5]], K=[[-4 * size / 5]], score="cosine", dtype=dtype
    )
    assert scores["scores"].tolist() == [[-1]]
    vectors = np.array([[0.6, 0.8]]) * size
    scores = steps_without_warning(Q=vectors, K=vectors, score="cosine", dtype=dtype)
    assert_allclose(scores["scores"], 1, rtol=2e-3)


def test_a_vector_of_zeros_has_no_direction() -> None:
    """A vector of zeros has cosines 0, as PyTorch's cosine_similarity has, and gives a warning."""
    result = run({"Q": [[0, 0], [1, 2]], "K": [[0, 0], [3, 4], [0, 0]], "score": "cosine"})
    assert json.loads(result.stdout)["scores"] == [
        [0, 0, 0],
        [0, pytest.approx(11 / 5 / 5**0.5), 0],
    ]
    assert result.stderr.splitlines() == [
        "Warning: Q has 1 vector of zeros: cosines are not defined there, and 0 is used.",
        "Warning: K has 2 vectors of zeros: cosines are not defined there, and 0 is used.",
    ]
    document = ["Q=[[0, 0], [1, 2]]", "K=[[3, 4]]", "--score", "cosine"]
    told = CliRunner().invoke(cli, ["explain", *document, "scores"]).stdout.splitlines()
    assert told[0] == "scores[1,1] = 0  (a vector of zeros has no direction)"
    assert told[1].endswith("≈ 11 / 11.18 ≈ 0.9839")
    once = run({"X": [[0, 0], [1, 2]], "score": "cosine"}).stderr
    assert once == (
        "Warning: X has 1 vector of zeros: cosines are not defined there, and 0 is used.\n"
    )


# Distance.


def test_distances_make_the_kernel_regression_of_nadaraya_and_watson() -> None:
    """The output is Σ K(q − k) v / Σ K(q − k) with a Gaussian K; `scale` is 1 / its variance."""
    queries, keys, values = numbers(N, 2), numbers(M, 2), numbers(M, D_V)
    output = steps_without_warning(Q=queries, K=keys, V=values, score="distance", scale=4)["output"]
    for query, row in zip(queries, output, strict=True):
        kernel = [float(np.exp(-(np.linalg.norm((query - key) / 0.5) ** 2) / 2)) for key in keys]
        expected = sum(k * value for k, value in zip(kernel, values, strict=True)) / sum(kernel)
        assert_allclose(row, expected, CLOSE, CLOSE)


def test_distances_are_from_each_other() -> None:
    """A distance to itself is 0 (not −0), is symmetric, and stays when both vectors are moved."""
    matrix = numbers(N, D_K)
    scores = steps_without_warning(X=matrix, score="distance")["scores"]
    assert json.dumps(np.diag(scores).tolist()) == "[0.0, 0.0, 0.0]"
    assert_array_equal(scores, scores.T)
    assert_allclose(
        steps_without_warning(X=matrix + 64, score="distance")["scores"], scores, 1e-11, 1e-11
    )


def test_near_keys_far_from_0_keep_their_digits() -> None:
    """Near keys far from 0 have a distance, though ‖q‖² + ‖k‖² − 2 q·k would round to 0."""
    scores = steps_without_warning(Q=[[1e9, 1]], K=[[1e9, 2], [1e9 + 3, 1]], score="distance")[
        "scores"
    ]
    assert scores.tolist() == [[-0.5, -4.5]]


# Concat.


def test_concat_is_additive_with_one_weight_above_the_other() -> None:
    """Every step of concat equals the step of the same name in additive scoring."""
    given = {"Q": numbers(N, D_Q), "K": numbers(M, D_K), "V": numbers(M, D_V)}
    W_a, U_a = numbers(D_Q, HIDDEN), numbers(D_K, HIDDEN)
    for weights in ({}, {"v_a": numbers(HIDDEN)}):
        additive = steps_without_warning(**given, **weights, W_a=W_a, U_a=U_a, score="additive")
        concat = steps_without_warning(
            **given, **weights, W_a=np.vstack([W_a, U_a]), score="concat"
        )
        assert list(concat) == list(additive)
        for name, matrix in additive.items():
            assert_array_equal(concat[name], matrix, name)


MADE = {
    "additive-relu": lambda pairs, v_a: np.maximum(pairs, 0) @ v_a,
    "additive-no-v": lambda pairs, v_a: np.tanh(pairs).sum(axis=-1),
    "additive-no-tanh": lambda pairs, v_a: pairs @ v_a,
}


@pytest.mark.parametrize("name", MADE)
def test_mistakes_in_concat_name_its_own_weights(name: str) -> None:
    """A diagnosis in concat names its own steps, q_hidden and k_hidden, and no U_a."""
    given = {"Q": numbers(N, D_Q), "K": numbers(M, D_K), "v_a": numbers(HIDDEN)}
    given["W_a"] = numbers(D_Q + D_K, HIDDEN)
    hidden_queries, hidden_keys = given["Q"] @ given["W_a"][:D_Q], given["K"] @ given["W_a"][D_Q:]
    scores = MADE[name](hidden_queries[:, None] + hidden_keys, given["v_a"])
    report = checked({**given, "score": "concat"}, scores=scores)
    assert name in report
    assert "q_hidden + k_hidden" in report
    assert "U_a" not in report


def test_keys_in_place_of_values_are_named_in_concat() -> None:
    """The diagnosis says that the output was made of the keys before k_hidden, and names no U_a."""
    given = {"Q": numbers(N, D_Q), "K": numbers(M, D_K), "V": numbers(M, D_V)}
    document = {**given, "W_a": numbers(D_Q + D_K, HIDDEN), "score": "concat"}
    report = checked(document, output=steps_without_warning(**document)["weights"] @ given["K"])
    assert "The keys were taken before the step k_hidden." in report
    assert "U_a" not in report


@pytest.mark.parametrize("layout", ["rows", "columns", "torch"])
def test_parts_of_the_weight_are_named_as_the_layout_has_them(layout: str) -> None:
    """The parts of W_a are rows where tokens are rows, and columns where W_a is transposed."""
    side = "rows" if layout == "rows" else "columns"
    matrices = {"Q": numbers(N, D_Q), "K": numbers(M, 1), "W_a": numbers(D_Q + 1, HIDDEN)}
    turned = {"rows": "", "columns": ("Q", "K", "W_a"), "torch": ("W_a",)}[layout]
    written = {name: m.T if name in turned else m for name, m in matrices.items()}
    document = {name: matrix.tolist() for name, matrix in written.items()}
    text = json.dumps({**document, "score": "concat", "layout": layout})
    shown = CliRunner().invoke(cli, ["compute", "-"], input=text).stdout
    assert f"q_hidden = Q times {side} 1 to 2 of W_a" in shown
    assert f"k_hidden = K times {side[:-1]} 3 of W_a" in shown
