"""Test that the fused tail of a plan gives the numbers of its steps without n × m matrices.

Tiles are small here, so that sequences of a few tokens need many of them.
"""

from __future__ import annotations

import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from attncli.calculation.algebra.layouts import sizes
from attncli.calculation.algebra.operation import Operation
from attncli.calculation.algebra.operation_cost import Cost
from attncli.calculation.algebra.plan import Step
from attncli.calculation.long.fused import Fused, fuse
from attncli.calculation.long.whole_rows import Tiling
from attncli.calculation.masks.mask_operation import masks_in
from attncli.calculation.masks.seen_keys import rows_without_keys
from attncli.calculation.operations.normalisers import NORMALISERS
from attncli.calculation.operations.pointwise import Same
from attncli.calculation.plans.from_document import read
from attncli.calculation.problem.document import Document, Entry
from attncli.cli.program import cli
from attncli.records import replace

BATCH, HEADS, KV_HEADS, N, M, D_K, D_V, HIDDEN = 2, 6, 3, 11, 13, 5, 7, 3
SMALL = Tiling(rows=3, columns=5, scores=40)
CLOSE = 1e-12
RNG = np.random.default_rng(20261121)
WEIGHTS: dict[str, dict[str, tuple[int, ...]]] = {
    "additive": {"W_a": (D_K, HIDDEN), "U_a": (D_K, HIDDEN), "v_a": (HIDDEN,)},
    "general": {"W_a": (D_K, D_K)},
    "concat": {"W_a": (2 * D_K, HIDDEN), "v_a": (HIDDEN,)},
}


@pytest.fixture(autouse=True)
def _draws_of_its_own() -> None:
    """Make each test draw the same numbers, whatever runs before it."""
    RNG.bit_generator.state = np.random.default_rng(20261121).bit_generator.state


def numbers(*shape: int) -> np.ndarray[Any, Any]:
    """Return normally distributed numbers of this shape."""
    return RNG.standard_normal(shape)


KEEP = RNG.random((N, M)) < 0.6
KEEP[4] = False  # this query sees no key
ADDED = np.where(RNG.random((HEADS, N, M)) < 0.2, -np.inf, numbers(HEADS, N, M))
ADDED[1, 2] = -np.inf

CHOICES: dict[str, dict[str, Any]] = {
    "plain": {},
    "causal": {"mask": "causal"},
    "lower right": {"mask": "causal:lower-right"},
    "window": {"mask": "window:2,1"},
    "padding": {"mask": {"padding": [3, 0]}},
    "a length per query": {"mask": {"padding": RNG.integers(0, M, (BATCH, N)).tolist()}},
    "booleans": {"mask": KEEP},
    "booleans of keys": {"mask": KEEP[0]},
    "numbers of keys": {"mask": ADDED[0, 0]},
    "numbers": {"mask": ADDED},
    "all kinds": {"masks": ["causal", KEEP, ADDED, "window:5,-1"]},
    "finite fill": {"masks": ["causal", KEEP], "fill": -1e9},
    "scale and cap": {"scale": 0.7, "softcap": 2.5, "mask": "causal"},
    "temperature": {"temperature": 3.0, "mask": KEEP},
    "alibi": {"position": "alibi", "mask": "causal"},
    "rope": {"position": "rope:dims=2", "mask": "causal"},
    "filled cache": {"cache_lens": [M, 9], "mask": "causal"},
    "NaN rows": {"convention": "torch-mha", "layout": "rows", "mask": ~KEEP},
    "softmax in float32": {"softmax_dtype": "float32"},
}


def document(score: str, choices: dict[str, Any]) -> Document:
    """Return a document with Q of six heads, K and V of three, and two batch entries."""
    entries: dict[str, Any] = {
        "score": score,
        "Q": numbers(BATCH, HEADS, N, D_K),
        "K": numbers(BATCH, KV_HEADS, M, D_K),
        "V": numbers(BATCH, KV_HEADS, M, D_V),
        **{name: numbers(*shape) for name, shape in WEIGHTS.get(score, {}).items()},
        **choices,
    }
    return Document({name: Entry(value, "the test") for name, value in entries.items()})


def assert_fused_equals(stated: Document, close: float) -> None:
    """Assert that the output of the fused plan is that of all the steps."""
    problem, plan = read(stated)
    expected = plan.run(problem.matrices).matrices
    fused = fuse(plan, ["output"], SMALL)
    assert any(isinstance(step.operation, Fused) for step in fused.steps)
    actual = fused.run(problem.matrices, ["output"]).matrices
    assert "weights" not in actual
    assert actual["output"].dtype == expected["output"].dtype
    np.testing.assert_allclose(actual["output"], expected["output"], rtol=close, atol=close)


@pytest.mark.parametrize("score", ["scaled", "additive", "distance"])
@pytest.mark.parametrize("name", CHOICES)
def test_every_mask_and_choice(score: str, name: str) -> None:
    """The output agrees to 1e-12 in float64, and to float32's precision with a float32 softmax."""
    close = 1e-6 if "softmax_dtype" in CHOICES[name] else CLOSE
    assert_fused_equals(document(score, CHOICES[name]), close)


@pytest.mark.parametrize("score", ["scaled", "additive", "distance"])
@pytest.mark.parametrize(
    "choices",
    [{"scale": 200}, {"scale": -200}, {"softcap": 3e3, "scale": 200}, {"temperature": 5e-3}],
    ids=str,
)
def test_scores_whose_powers_overflow(score: str, choices: dict[str, Any]) -> None:
    """Scores whose exponentials overflow have finite weights, because the largest is subtracted."""
    assert_fused_equals(document(score, choices), 1e-9)


@pytest.mark.parametrize("normaliser", NORMALISERS)
@pytest.mark.parametrize("column", [0, -1])
def test_values_of_zero_are_not_taken_for_hidden_keys(normaliser: str, column: int) -> None:
    """An output of exactly 0 does not count as a query that sees no key."""
    values = numbers(BATCH, KV_HEADS, M, D_V)
    values[..., column] = 0
    assert_fused_equals(document("scaled", {"V": values, "normaliser": normaliser}), CLOSE)


@pytest.mark.parametrize("name", CHOICES)
def test_queries_that_may_attend_nothing_are_known(name: str) -> None:
    """A query without keys has masked scores −inf, known without a matrix; rows of NaN as well."""
    problem, plan = read(document("scaled", CHOICES[name]))
    trace = plan.run(problem.matrices)
    (tail,) = (step.operation for step in fuse(plan, ["output"]).steps[-1:])
    assert isinstance(tail, Fused)
    expected = np.isneginf(trace.matrices[tail.chain.normalise.source]).all(axis=-1)
    operands = [trace.matrices[name] for name in tail.operands]
    np.testing.assert_array_equal(tail.rows_without_keys(*operands), expected)
    for _, mask in masks_in(plan.steps):
        known, axes = dict(zip(tail.operands, operands, strict=True)), tail.chain.weights.axes
        in_parts = rows_without_keys(mask, sizes(axes), known, most=3 * M)
        np.testing.assert_array_equal(in_parts, expected)


def test_weights_that_another_step_needs_are_not_fused() -> None:
    """A step that needs the weights finds them, because they are then not fused."""
    _, plan = read(document("scaled", {}))
    (weights,) = (step for step in plan.steps if step.name == "weights")
    copy = Step("copy", Same("weights"), weights.axes)
    longer = replace(plan, steps=(*plan.steps, copy))
    assert fuse(longer, ["output", "copy"], SMALL) == longer


def test_weights_that_only_names_are_not_fused() -> None:
    """Weights that --only names are kept, with the same numbers."""
    problem, plan = read(document("scaled", {}))
    both = fuse(plan, ["weights", "output"], SMALL).run(problem.matrices, ["weights", "output"])
    np.testing.assert_array_equal(
        both.matrices["weights"], plan.run(problem.matrices).matrices["weights"]
    )


def test_fused_steps_cost_as_much_as_the_steps() -> None:
    """Fused steps cost as much work as the steps alone; only the intermediate results are gone."""
    stated = document("distance", {"mask": "causal", "position": "alibi", "softcap": 2.0})
    problem, plan = read(stated)
    fused = fuse(plan, ["output"])
    (tail,) = (step for step in fused.steps if isinstance(step.operation, Fused))
    axes = {**problem.axes, **{step.name: step.axes for step in plan.steps}}

    def cost(operation: Operation) -> Cost:
        return operation.cost(*(axes[name] for name in operation.operands))

    total = Cost()
    for step in plan.steps:
        total += cost(step.operation)
    assert cost(tail.operation) == total


def test_no_matrix_of_all_pairs_is_made() -> None:
    """A causal attention of 4096 tokens needs a fraction of the memory of its scores."""
    n = 4096
    entries = {name: Entry(numbers(n, 16).astype(np.float32), "") for name in "QKV"}
    choices = {"mask": Entry("causal", ""), "dtype": Entry("float32", "")}
    problem, plan = read(Document({**entries, **choices}))
    tracemalloc.start()
    fuse(plan, ["output"]).run(problem.matrices, ["output"])
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < n * n * 4 / 4


@pytest.mark.parametrize("tiling", [None, SMALL])
def test_the_reported_share_of_work_grows(tiling: Tiling | None) -> None:
    """The reported share of the work grows from 0, and never exceeds 1."""
    problem, plan = read(document("scaled", {"mask": "causal"}))
    shares: list[float] = []
    run = plan if tiling is None else fuse(plan, ["output"], tiling)
    run.run(problem.matrices, ["output"], lambda name, share: shares.append(share))
    assert shares[0] == 0
    assert shares == sorted(shares)
    assert 0.5 < shares[-1] <= 1


def run_command(*arguments: str) -> tuple[str, str]:
    """Run a command that must succeed, and return its output."""
    run = CliRunner().invoke(cli, arguments)
    assert run.exit_code == 0, run.stderr
    return run.stdout, run.stderr


def test_long_sequences_are_fused_by_the_command(tmp_path: Path) -> None:
    """`--only output` of 1000 tokens gives the output and the warnings of all the steps."""
    files = []
    for name in "QKV":
        np.save(tmp_path / f"{name}.npy", numbers(1100, 4))
        files.append(f"{name}={tmp_path / name}.npy")
    options = ["--mask", "causal", "--mask", "padding:900", "--mask", "window:50,-1", "-f", "csv"]
    alone, warned = run_command("compute", *files, *options, "--only", "output")
    both, warned_too = run_command("compute", *files, *options, "--only", "output,weights")
    output = both[both.index("output\n") + len("output\n") :]
    actual, expected = (
        np.array([line.split(",") for line in text.split()], np.float64) for text in (alone, output)
    )
    np.testing.assert_allclose(actual, expected, rtol=1e-12, atol=1e-12)
    assert warned == warned_too
    assert warned.startswith("Warning: no key may be attended to by query 951; query 952;")
