"""Test that answers with matrices of other ranks and sizes get a verdict, never a fault."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import pytest

from attncli.calculation.algebra.layouts import AnyArray
from tests.running import SAMPLES, computed, run

NAMES = sorted(
    str(path.relative_to(SAMPLES.parent))
    for path in SAMPLES.glob("*.json")
    if path.name not in ("conventions.json", "positions.json")
)
SEEDS = range(4)  # answers to each sample; thousands were tried once


@cache
def key_of(name: str) -> dict[str, Any]:
    """Return every step of a sample, as JSON has it."""
    return computed(name)


def numbers_of(step: Any) -> AnyArray:
    """Return a step as an array; JSON writes infinities as texts."""
    return np.array(step, dtype=np.float64)


def another_size(matrix: AnyArray, chance: np.random.Generator) -> AnyArray:
    """Return the numbers in another shape, often of another rank."""
    ways: list[Callable[[], AnyArray]] = [
        lambda: matrix[0],
        lambda: matrix[None],
        lambda: matrix.swapaxes(-1, -2),
        lambda: matrix[..., :-1],
        lambda: matrix[..., :1],
        lambda: matrix[:-1],
        lambda: matrix.ravel(),
        lambda: np.concatenate([matrix, matrix], axis=-1),
        lambda: np.stack([matrix] * 2, axis=int(chance.integers(matrix.ndim + 1))),
        lambda: np.ones((1, 1)),
    ]
    other = ways[int(chance.integers(len(ways)))]()
    return other if other.size and other.ndim <= 4 else matrix


def odd_answer(name: str, seed: int) -> dict[str, Any]:
    """Return an answer to a sample with some steps of another shape, and some wrong cells."""
    chance = np.random.default_rng((seed, len(name)))
    key = key_of(name)
    answer = {}
    for step in chance.choice(list(key), min(len(key), int(chance.integers(1, 6))), replace=False):
        matrix = np.round(numbers_of(key[step]), int(chance.choice([1, 2, 4, 12])))
        if chance.random() < 0.4:
            matrix = another_size(matrix, chance)
        if chance.random() < 0.6:
            matrix = matrix.copy()
            matrix.flat[int(chance.integers(matrix.size))] = chance.choice([0.5, 7.0, -1.0, 0.1234])
        answer[str(step)] = np.where(np.isfinite(matrix), matrix.astype(object), "-inf").tolist()
    return answer


@pytest.mark.parametrize("name", NAMES)
def test_an_answer_of_another_size_gets_a_verdict(name: str) -> None:
    """`check` ends with status 0 or 1, whatever the ranks and sizes of the answer's matrices."""
    for seed in SEEDS:
        answer = odd_answer(name, seed)
        result = run("check", name, "-", stdin=json.dumps(answer))
        assert result.exit_code in (0, 1), (seed, answer, result.stderr)


def test_a_slip_is_found_beside_a_matrix_of_another_rank() -> None:
    """A wrong cell of the output is named although `concat` has the rank of `heads`."""
    key = key_of("samples/two_heads.json")
    output = numbers_of(key["output"])
    output[1, 0] = -output[1, 0]
    answer = {"concat": key["heads"], "output": output.tolist()}
    result = run("check", "samples/two_heads.json", "-", stdin=json.dumps(answer))
    assert result.exit_code == 1
    assert "the sign is wrong" in result.stdout


def test_a_matrix_of_another_size_before_a_wrong_one_gets_a_verdict() -> None:
    """`masked` with a row too many, between wrong scores and wrong weights, has a wrong shape."""
    answer = {
        "masked": [[0.5], [0], [0.5], [-0.04]],
        "weights": [[0.5, 2, -1], [0, 0, 1], [0.5, 2, 0.5]],
        "scores": [[0.45, 1, 2], [0.2, 2, 2], [0.5, 1, 1.1]],
    }
    result = run("check", "X=[[2,-1],[1,-1],[-1,2]]", "-", stdin=json.dumps(answer))
    assert result.exit_code == 1, result.stderr
    assert "masked: wrong shape" in result.stdout


def test_a_step_that_the_problem_does_not_have_is_passed_over() -> None:
    """An answer for two heads is checked against a problem with one head."""
    right = "sample:answers/two_heads/right"
    result = run("check", "sample:two_heads", right, "--heads", "1")
    assert result.exit_code == 1, result.stderr
    assert "concat: wrong shape" in result.stdout
