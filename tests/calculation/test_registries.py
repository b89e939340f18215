"""Test that each registered entry does all that the program promises, or names what it lacks.

The laws below hold for every entry of every registry; `tests/registered.py` has the examples.
"""

from __future__ import annotations

import json
import tracemalloc
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose
from numpy.typing import NDArray

from attncli.calculation.algebra.expressions import FUNCTIONS, Cell
from attncli.calculation.algebra.operation_cost import cells
from attncli.calculation.algebra.plan import Trace
from attncli.calculation.analyses.prediction import token_by_token
from attncli.calculation.long.fused import fuse
from attncli.calculation.long.whole_rows import Tiling
from attncli.calculation.names.known_names import last_of
from attncli.calculation.names.step_names import STEPS
from attncli.calculation.plans.from_document import read
from attncli.calculation.problem.problem import Problem
from attncli.documents.reader import Reader
from tests.matrices import Document, matrix
from tests.registered import EVERY, WRITTEN, as_written, of_tokens
from tests.running import run

SMALL = Tiling(rows=3, columns=5, scores=40)
CELLS = 6  # cells of each step whose arithmetic is evaluated

PREDICTED = ("score", "normaliser", "mask", "position")

every = pytest.mark.parametrize("name", EVERY)


@pytest.mark.parametrize("registry", WRITTEN)
def test_every_entry_has_an_example(registry: str) -> None:
    """Every entry has an example, without which all laws here would omit it."""
    entries, written = WRITTEN[registry]
    left_out = [entry for entry in entries if written is not None and not written.get(entry)]
    assert not left_out, (
        f"{registry} {', '.join(left_out)} has no example: write one in tests/registered.py."
    )
    gone = [entry for entry in written or () if entry not in entries]
    assert not gone, f"{registry} {', '.join(gone)} has an example, but is not registered."


@cache
def solved(name: str) -> tuple[Problem, Trace]:
    """Return the problem of an example and all its steps."""
    problem, plan = read(Reader().document(json.dumps(EVERY[name])))
    return problem, plan.run(problem.matrices)


@every
def test_every_step_is_known_by_its_name(name: str) -> None:
    """Answers, `--only` and `explain` find every step by its name in STEPS."""
    _, trace = solved(name)
    unknown = [step.name for step in trace.plan.steps if last_of(step.name) not in STEPS]
    assert not unknown, (
        f"{name} makes the step {', '.join(unknown)}, which the program cannot read back: it has "
        "no entry in STEPS."
    )


@every
def test_a_step_of_scores_equals_the_step_before_it(name: str) -> None:
    """Where a plan or an answer omits a step of scores, STEPS puts the step before in its place."""
    _, trace = solved(name)
    axes = {step.name: step.axes for step in trace.plan.steps}
    for step in trace.plan.steps:
        before, *_ = (*step.operation.operands, "")
        own, last = last_of(step.name), last_of(before)
        works_on_scores = step.operation.works_by_score and own not in ("position", "scores")
        if works_on_scores and axes.get(before) == step.axes:
            assert own not in STEPS or last in STEPS[own].equals, (
                f"{name}: {own} is made of {last}, but STEPS does not say that {own} equals {last} "
                f"where there is no {own}."
            )


@every
def test_the_arithmetic_of_a_cell_gives_its_number(name: str) -> None:
    """Every operation spells out its cells with expressions that evaluate to their numbers."""
    _, trace = solved(name)
    random = np.random.default_rng(1)
    for step in trace.plan.steps:
        matrix, operation = trace.matrices[step.name], step.operation
        operands = [trace.matrices[operand] for operand in operation.operands]
        is_single = matrix.dtype == np.float32 or EVERY[name].get("softmax_dtype") == "float32"
        close = 1e-5 if is_single else 1e-12
        indices = list(np.ndindex(matrix.shape))
        for at in random.permutation(len(indices))[:CELLS]:
            try:
                found = operation.cell(indices[at], *operands).value(trace.matrices)
            except KeyError as error:
                known = ", ".join(FUNCTIONS)
                pytest.fail(
                    f"{name}: {error} in a cell of {step.name} is none of FUNCTIONS: {known}"
                )
            message = f"{name}: the arithmetic of a cell of {step.name} gives another number"
            assert_allclose(found, matrix[indices[at]], close, close, err_msg=message)


@every
@pytest.mark.parametrize("form", ["text", "json", "latex", "markdown"])
def test_a_cell_is_explained_in_every_form(name: str, form: str, tmp_path: Path) -> None:
    """Every form of `explain` writes every expression of every step."""
    _, trace = solved(name)
    document = tmp_path / "document.json"
    document.write_text(json.dumps(EVERY[name]), encoding="utf-8")
    first = [f"{step.name}[{','.join('1' * min(2, len(step.axes)))}]" for step in trace.plan.steps]
    result = run("explain", str(document), *first, "-f", form)
    assert result.exit_code == 0, f"{name} is not explained in the form {form}: {result.stderr}"


@every
def test_the_long_path_gives_the_output_of_the_steps(name: str) -> None:
    """The fused tail of the plan gives the numbers of the steps, in small tiles."""
    problem, trace = solved(name)
    tiles = fuse(trace.plan, ["output"], SMALL).run(problem.matrices, ["output"]).matrices["output"]
    steps = trace.matrices["output"]
    close = 1e-12 if steps.dtype == np.float64 else 1e-5
    message = f"{name}: `--only output` of a long sequence is not what the steps give"
    assert_allclose(tiles, steps, close, close, err_msg=message)
    assert tiles.dtype == steps.dtype


@every
def test_no_score_is_larger_than_its_bound(name: str) -> None:
    """No score exceeds its bound, because tiles add up bounded scores without their largest."""
    _, trace = solved(name)
    for step in trace.plan.steps:
        if step.operation.works_by_score and len(step.operation.operands) == 1:
            source, result = trace.matrices[step.operation.operands[0]], trace.matrices[step.name]
            told = step.operation.bound(float(np.abs(source).max()))
            largest = float(np.abs(result[~np.isneginf(result)]).max(initial=0))
            assert largest <= told * (1 + 1e-6), (
                f"{name}: {step.name} is as large as {largest}, but {told} is the bound that "
                f"{type(step.operation).__name__} gives."
            )


@every
def test_float32_stays_float32(name: str) -> None:
    """Every step is of the chosen type."""
    document = {**EVERY[name], "dtype": "float32"}
    problem, plan = read(Reader().document(json.dumps(document)))
    for step, numbers in plan.run(problem.matrices).matrices.items():
        own = numbers.dtype.name
        assert own in ("float32", "bool"), f"{name}: with dtype float32, {step} is {own}."


@every
def test_the_steps_of_compute_are_a_right_answer(name: str, tmp_path: Path) -> None:
    """The steps, written as JSON and read back, are all judged right."""
    document, key = tmp_path / "document.json", tmp_path / "key.json"
    document.write_text(json.dumps(EVERY[name]), encoding="utf-8")
    assert run("compute", str(document), "-o", str(key)).exit_code == 0
    result = run("check", str(document), str(key), "-f", "json")
    assert result.exit_code == 0, f"{name}: its own steps are not a right answer: {result.output}"


# The choices that laws depend on, as options of `check --laws`.
LAWFUL = ("score", "normaliser", "temperature", "layout", "eps", "activation")


@every
def test_the_steps_of_compute_break_no_law(name: str, tmp_path: Path) -> None:
    """`check --laws` accepts the program's own numbers."""
    document, key = tmp_path / "document.json", tmp_path / "key.json"
    document.write_text(json.dumps(EVERY[name]), encoding="utf-8")
    assert run("compute", str(document), "-o", str(key)).exit_code == 0
    said = {choice: EVERY[name][choice] for choice in LAWFUL if choice in EVERY[name]}
    options = [f"--{choice.replace('_', '-')}={value}" for choice, value in said.items()]
    result = run("check", "--laws", str(key), *options, "-f", "json")
    assert result.exit_code in (0, 1), result.stderr
    laws = json.loads(result.stdout)["results"]
    broken = [law["name"] for law in laws if law["data"]["verdict"] == "wrong"]
    assert not broken, f"{name}: right numbers break the law {', '.join(broken)}"


def with_causal(document: Document) -> Document:
    """Return the document with a causal mask besides its own."""
    own = [document["mask"]] if "mask" in document else []
    rest = {name: entry for name, entry in document.items() if name != "mask"}
    return {**rest, "masks": [*own, "causal"]}


@pytest.mark.parametrize(
    "name", [name for name in EVERY if name.split()[0] in PREDICTED and "cached" not in name]
)
def test_tokens_one_by_one_give_the_same_as_all_at_once(name: str) -> None:
    """Prediction, with a causal mask and a cache, gives the numbers of all tokens at once."""
    document = Reader().document(json.dumps(with_causal(EVERY[name])))
    problem, plan = read(document)
    trace = plan.run(problem.matrices)
    one_by_one = token_by_token(document, problem, trace)
    for step in plan.names:
        found, expected = one_by_one.matrices[step], trace.matrices[step]
        message = f"{name}: {step} of token after token is not that of all tokens at once"
        assert_allclose(found, expected, 1e-12, 1e-12, err_msg=message)


PAST = 2  # number of cached tokens


def output_of(document: Document) -> NDArray[Any]:
    """Return the output of a document, calculated step by step."""
    problem, plan = read(Reader().document(json.dumps(document)))
    output: NDArray[Any] = plan.run(problem.matrices, ["output"]).matrices["output"]
    return output


@pytest.mark.parametrize("mask", [text for registry, text in as_written() if registry == "mask"])
def test_a_mask_counts_from_where_the_first_query_stands(mask: str) -> None:
    """After cached tokens a query sees the keys that it sees in the whole sequence."""
    whole = of_tokens(mask=mask)
    last = {**whole, **{name: whole[name][PAST:] for name in "QKV"}}
    past = {f"{name}_past": whole[name][:PAST] for name in "KV"}
    assert_allclose(
        output_of({**last, **past}),
        output_of(whole)[PAST:],
        1e-12,
        1e-12,
        err_msg=f"mask {mask} does not count the keys of a cache: see `Rule.fit`",
    )


# Memory.

LONG = 401  # number of tokens
OVERHEAD = 100_000  # bytes: a buffer of NumPy, and objects other than numbers


def lengthened(document: Document) -> Document | None:
    """Return the document with many tokens, or None if other matrices have a row per token too."""
    tokens: list[str] = [name for name in ("Q", "K", "V", "X") if name in document]
    if not tokens or {"mask_kind", "cache_lens", "tokens", "memory_tokens"} & set(document):
        return None
    rows = {name: matrix(name, LONG, len(document[name][0])) for name in tokens}
    return {**document, **rows}


@pytest.mark.parametrize("name", [name for name in EVERY if lengthened(EVERY[name])])
def test_no_step_needs_more_memory_than_predicted(name: str) -> None:
    """A step's result and temporaries fit in the memory that `compute` predicts for the step."""
    problem, plan = read(Reader().document(json.dumps(lengthened(EVERY[name]))))
    matrices = plan.run(problem.matrices).matrices
    axes = {**problem.axes, **{step.name: step.axes for step in plan.steps}}
    for step in plan.steps:
        operation = step.operation
        operands = [matrices[operand] for operand in operation.operands]
        told = operation.room(step.axes, *(axes[operand] for operand in operation.operands))
        tracemalloc.start()
        try:
            operation.apply(*operands)
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        most = (told + cells(step.axes)) * matrices[step.name].itemsize
        assert peak <= most + OVERHEAD, (
            f"{name}: {step.name} takes {peak} bytes, and {type(operation).__name__}.room with the "
            f"result says at most {most}."
        )


@every
def test_a_step_is_a_copy_if_each_of_its_cells_is_one(name: str) -> None:
    """An operation says that there is nothing to calculate exactly if its cells are copies."""
    _, trace = solved(name)
    for step in trace.plan.steps:
        operands = [trace.matrices[operand] for operand in step.operation.operands]
        indices = np.ndindex(trace.matrices[step.name].shape)
        parts = [step.operation.cell(index, *operands) for index in indices]
        copies = [isinstance(part, Cell) for part in parts]
        assert step.operation.is_copy == all(copies), f"{name}: {step.name}"
