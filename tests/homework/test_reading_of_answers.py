"""Test answers read as they are written: digits, types of numbers, layouts, orders of tokens."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result

import attncli
from attncli.calculation.algebra.layouts import LAYOUTS, Role
from attncli.calculation.problem.document import JsonNumber
from attncli.calculation.problem.written_arithmetic import evaluate
from attncli.cli.program import cli
from attncli.errors import ProblemError
from attncli.homework.answers.answer import AnswerMatrix, read_answer_matrix
from attncli.homework.answers.tolerance import Tolerance
from tests.running import SAMPLES, succeed

FLOAT32, FLOAT16 = (float(np.finfo(kind).eps) for kind in (np.float32, np.float16))
TOKENS = ["the", "cat", "sat"]
MATRICES = {
    "X": [[1, 0, 2], [0, 1, 1], [2, 1, 0]],
    "W_q": [[1, 0], [0, 1], [1, 1]],
    "W_k": [[0, 1], [1, 0], [1, 2]],
    "W_v": [[1, 2], [3, 1], [0, 1]],
}
PROBLEM: dict[str, Any] = {**MATRICES, "mask": "causal", "tokens": TOKENS}


def read(cells: object) -> AnswerMatrix:
    """Return the matrix that these cells write in the layout `rows`."""
    return read_answer_matrix("weights", cells, LAYOUTS["rows"], Role.TOKENS)


def of_json(text: str) -> AnswerMatrix:
    """Return the matrix that a text of JSON writes."""
    return read(json.loads(text, parse_int=JsonNumber, parse_float=JsonNumber))


@pytest.mark.parametrize(
    ("text", "half_units"),
    [
        ('[["0.753", "0.0634", "0.50", "6", "1/3", "-inf", "50%", null]]', None),
        ("[[1.0, 0.0, 0.3302, 6]]", [5e-5] * 4),  # trailing zeros are lost
        ("[[6, 6.0]]", [0.5, 0.5]),
        ("[[0.50, 0.25, 1]]", [5e-3] * 3),
        ("[[120.0, 1e2]]", [0.5, 0.5]),
        ('[[0.3302, "0.33"]]', [5e-5, 5e-3]),
        ("[[0.0123, 1.23, 12.3, 0]]", [5e-5, 5e-3, 5e-2, 5e-5]),  # three significant digits
    ],
)
def test_the_half_unit_is_that_of_the_last_place(text: str, half_units: list[float] | None) -> None:
    """A text has its own places; a number of JSON has the finest place of its matrix."""
    expected = half_units or [5e-4, 5e-5, 5e-3, 0.5, 0, 0, 5e-3, 0]
    np.testing.assert_allclose(of_json(text).half_units, [expected], rtol=1e-12)


def test_numbers_of_arrays_have_the_places_of_their_matrix() -> None:
    """Arrays and lists of Python are read as numbers of JSON are."""
    for cells in (np.array([[0.5, 0.125]]), [[0.5, 0.125]]):
        np.testing.assert_allclose(read(cells).half_units, 5e-4)


@pytest.mark.parametrize(
    ("text", "reach"),
    [
        ("1/3", 0.0),
        ("2.0/3", 0.0),
        ("0.5*4", 0.2),
        ("0.50 + 0.25", 0.01),
        ("(1.5e-1)^2", 0.003025 - 0.0),
        ("e^(-0.70711)", np.exp(-0.70711) * 5e-6),
        ("sqrt(2.25)", 0.005 / 3),
    ],
)
def test_the_reach_is_that_of_the_rounded_literals(text: str, reach: float) -> None:
    """Each literal with decimals moves by half a unit of its last place; others are exact."""
    expected = 0.155**2 - 0.15**2 if "1.5e-1" in text else reach
    assert evaluate(text).reach == pytest.approx(expected, rel=2e-3)


def test_the_reach_bounds_every_rounding_of_the_literals() -> None:
    """Arithmetic with rounded exponents is within its reach of the exact value."""
    rng = np.random.default_rng(3)
    for a, b in rng.normal(size=(200, 2)):
        value, reach = evaluate(f"e^({a:.4f})/(e^({a:.4f})+e^({b:.4f}))")
        exact = np.exp(a) / (np.exp(a) + np.exp(b))
        assert abs(value - exact) <= 1.01 * reach + 1e-12 < 2e-4


def softmax(seed: int, size: int = 3) -> Any:
    """Return random weights with rows that sum to 1."""
    powers = np.exp(np.random.default_rng(seed).normal(size=(size, size)))
    return powers / powers.sum(axis=1, keepdims=True)


def texts(matrix: Any, form: str = "") -> list[list[str]]:
    """Return the numbers of a matrix as texts."""
    return [[format(n, form) if form else str(n) for n in row] for row in matrix]


@pytest.mark.parametrize("seed", range(20))
def test_print_outs_of_float32_are_recognised(seed: int) -> None:
    """float32 is recognised as NumPy prints it, as tolist and savetxt write it, and as an array."""
    weights = softmax(seed).astype(np.float32)
    prints = [texts(weights), weights.tolist(), texts(weights, ".18e"), texts(weights, ".8f")]
    for cells in (*prints, texts(weights, ".8e"), weights):
        assert read(cells).epsilon == FLOAT32
    rounded = np.round(weights, 4)
    np.testing.assert_allclose(read(rounded.tolist()).half_units, 5e-5)


@pytest.mark.parametrize("seed", range(20))
def test_print_outs_of_float64_are_not_those_of_float32(seed: int) -> None:
    """Numbers with more than 9 digits, and those with few, are not float32."""
    weights = softmax(seed)
    for form in (".4f", ".6f", ".10f", ".12g", ".17g"):
        assert read(texts(weights, form)).epsilon == 0
    assert read(weights).epsilon == read(weights.tolist()).epsilon == 0


def test_print_outs_of_float16_are_recognised() -> None:
    """float16 is recognised by its shortest prints, by its exact values, and as an array."""
    published = [[0.003393, 0.948, 0.04883], [0.5586, 0.075, 0.3665]]
    assert read(texts(published)).epsilon == FLOAT16
    halves = np.array([[2.3], [3.1]], dtype=np.float16)
    assert read(halves).epsilon == read(halves.tolist()).epsilon == FLOAT16
    found = 0
    for seed in range(50):
        weights = softmax(seed, 4).astype(np.float16)
        assert read(weights.tolist()).epsilon == FLOAT16
        found += read(texts(weights)).epsilon == FLOAT16
    assert found >= 45


@pytest.mark.parametrize("cells", [[[-0.70703125, 1.060546875]], [[0.490234375, 0.5234375]]])
def test_exact_numbers_of_float16_need_not_have_all_its_bits(cells: list[list[float]]) -> None:
    """A number with 7 decimals or more that is exactly a float16 is recognised."""
    assert read(cells).epsilon == FLOAT16


@pytest.mark.parametrize(
    "sample", sorted(p.stem for p in SAMPLES.glob("*.json") if p.stem != "image")
)
@pytest.mark.parametrize("dtype", ["float16", "float32"])
def test_a_sample_in_a_short_type_passes_check(tmp_path: Path, sample: str, dtype: str) -> None:
    """The results of every sample in float16 and float32, written as JSON, are right."""
    answer = tmp_path / "answer.json"
    succeed("compute", f"sample:{sample}", "--dtype", dtype, "-o", str(answer))
    succeed("check", f"sample:{sample}", str(answer))


def test_numbers_rounded_by_hand_are_not_float16() -> None:
    """Of 3,000 matrices rounded by hand to 3 to 5 decimals, hardly one looks like float16."""
    found = 0
    for seed in range(1000):
        weights = softmax(seed)
        found += sum(read(texts(weights, form)).epsilon > 0 for form in (".3f", ".4f", ".5f"))
    assert found <= 3


def test_exact_fractions_are_not_float16() -> None:
    """Sixteenths, halves and whole numbers, which float16 holds exactly, tell no type."""
    assert read([[0.6875, 0.8125, 0.5625], [0.9375, 0.3125, 0.4375]]).epsilon == 0
    assert read([[0.00390625, 6, -0.5]]).epsilon == 0
    assert read([[0.0078125, 0.0234375, 123.0625]]).epsilon != FLOAT16


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        ([[1, 2, 3, 4], [1, 2, 3]], "row 2 of weights has 3 cells, row 1 has 4 cells."),
        ([[[1, 2]], [[1]]], "weights[2] has 1 × 1 cells, weights[1] has 1 × 2 cells."),
        ([[[1, 2], [1]]], "row 2 of weights[1] has 1 cell, row 1 has 2 cells."),
        ([[1, 2], 3], "row 2 of weights is 3, not a row of cells."),
        ([[], []], "row 1 of weights has 0 cells."),
        ([[[[[[1]]]]]], "the lists of weights are nested too deeply."),
    ],
)
def test_ragged_rows_are_named(cells: object, message: str) -> None:
    """The first row that differs is named, with its length and that of row 1."""
    with pytest.raises(ProblemError) as raised:
        read(cells)
    assert raised.value.message == message


def test_each_tolerance_allows_its_distance() -> None:
    """The digits, --decimals and distances decide; --decimals never blames right digits."""
    answered = of_json('[["0.33", "0.333", "1/3"]]')
    expected = np.full((1, 3), 1 / 3)
    for tolerance, distances in (
        (Tolerance(), [5e-3, 5e-4, 0]),
        (Tolerance(decimals=3), [5e-3, 5e-4, 5e-4]),
        (Tolerance(decimals=2), [5e-3, 5e-3, 5e-3]),
        (Tolerance(atol=1e-3), [1e-3] * 3),
        (Tolerance(rtol=0.03), [0.01] * 3),
    ):
        allowed = tolerance.allowed(answered, expected)
        np.testing.assert_allclose(allowed, [distances], rtol=1e-7, atol=1e-11)


def run(*arguments: str, text: str | None = None) -> Result:
    """Run a command of attncli."""
    return CliRunner().invoke(cli, arguments, input=text)


def in_layout(layout: str) -> dict[str, Any]:
    """Return the problem as a layout writes it."""
    turned = {"rows": [], "columns": ["X", "W_q", "W_k", "W_v"], "torch": ["W_q", "W_k", "W_v"]}
    mask = {"mask": "causal", "tokens": TOKENS, "layout": layout}
    matrices = {
        name: (np.transpose(rows) if name in turned[layout] else np.array(rows)).tolist()
        for name, rows in MATRICES.items()
    }
    return {**matrices, **mask}


def key(problem: dict[str, Any]) -> dict[str, Any]:
    """Return the steps that compute writes for a problem."""
    steps: dict[str, Any] = json.loads(
        run("compute", "-", "-f", "json", text=json.dumps(problem)).stdout
    )
    return steps


def check(problem: dict[str, Any], answer: dict[str, Any]) -> Result:
    """Check an answer to a problem."""
    return run("check", json.dumps(problem), "-", text=json.dumps(answer))


@pytest.mark.parametrize("own", ["rows", "columns"])
@pytest.mark.parametrize("other", ["rows", "columns"])
def test_an_answer_is_read_in_its_own_layout(own: str, other: str) -> None:
    """Right numbers written in the layout that the answer names are right."""
    problem, mine = in_layout(own), in_layout(other)
    right = check(problem, {**key(mine), "layout": other})
    assert right.exit_code == 0, right.output
    assert check(problem, {**key(mine), "layout": own}).exit_code == int(own != other)


def test_an_answer_is_read_in_its_own_order_of_tokens() -> None:
    """Rows and columns in the order of the answer's tokens are read in the problem's order."""
    order = [2, 0, 1]
    answer = {}
    for name, rows in key(PROBLEM).items():
        moved = np.array(rows, dtype=object)[order]
        square = name in ("scores", "scaled", "masked", "weights")
        answer[name] = (moved[:, order] if square else moved).tolist()
    answer["tokens"] = [TOKENS[at] for at in order]
    assert check(PROBLEM, answer).exit_code == 0
    assert check(PROBLEM, {**answer, "tokens": TOKENS}).exit_code == 1


@pytest.mark.parametrize(
    ("of_problem", "of_answer", "message"),
    [
        (
            TOKENS,
            ["cat", "the", "sits"],
            (
                "tokens of the answer are cat, the, sits, but the problem has the, cat, sat. "
                "Write the tokens of the problem, in your order."
            ),
        ),
        (
            ["the", "cat", "the"],
            ["cat", "the", "the"],
            (
                "tokens of the answer have another order than the problem, and repeat the: "
                "nothing tells the repeated ones apart. Write the rows in the order of the "
                "problem, and leave out tokens: the, cat, the."
            ),
        ),
    ],
)
def test_other_tokens_are_refused(
    of_problem: list[str], of_answer: list[str], message: str
) -> None:
    """Labels that are not those of the problem, or are repeated in another order, are an error."""
    result = check({**PROBLEM, "tokens": of_problem}, {"tokens": of_answer, "Q": [[1, 2]]})
    assert (result.exit_code, result.stderr.strip()) == (2, f"Error: standard input: {message}")


@pytest.mark.parametrize("form", ["json", "csv", "npz", "jsonl"])
@pytest.mark.parametrize("layout", sorted(LAYOUTS))
def test_results_pass_in_each_layout_and_format(form: str, layout: str, tmp_path: Path) -> None:
    """The steps of compute, with the labels of the tokens, pass in each layout and format."""
    path, problem = tmp_path / f"key.{form}", json.dumps(in_layout(layout))
    labels = ["--labels"] if form == "csv" else []
    run("compute", problem, "-o", str(path), *labels)
    result = run("check", problem, str(path))
    assert result.exit_code == 0, result.output


def test_equal_numbers_are_no_evidence_of_float16() -> None:
    """Weights with four decimals, some of them equal, are judged by their decimals."""
    inputs = {"X": [[1, 0], [0, 1], [1, 1]], "W_q": [[1, 0], [1, 1]], "W_k": [[0, 1], [1, 1]]}
    problem = {**inputs, "W_v": [[1, 2], [3, 0]]}
    right = [[0.1978, 0.4011, 0.4011], [0.14, 0.284, 0.576], [0.0743, 0.3057, 0.62]]
    wrong = [*right[:2], [0.0744, 0.3057, 0.62]]
    for weights, verdict in ((right, "right"), (wrong, "wrong")):
        report = attncli.check(problem, {"weights": weights})
        assert {step.name: str(step.verdict) for step in report.steps}["weights"] == verdict


WRITERS: list[tuple[dict[str, object], str]] = [
    ({"student": "Anna"}, "Anna"),
    ({"student": "Anna", "name": "homework 1"}, "Anna, homework 1"),
    ({"Name": 4711}, "4711"),
]


@pytest.mark.parametrize(("keys", "student"), WRITERS)
def test_an_answer_may_say_who_wrote_it(keys: dict[str, object], student: str) -> None:
    """The keys student and name stay with the answer, and the report shows them."""
    problem = {"Q": [[1, 0]], "K": [[1, 0], [0, 1]], "title": "One query"}
    answer = {**keys, "scores": [[1, 0]]}
    report = attncli.check(problem, answer).made
    assert (report.student, report.title) == (student, f"{student}: One query")
    assert report.passed
    assert attncli.check(problem, {"scores": [[1, 0]]}).made.student == ""


def test_the_report_shows_who_wrote_an_answer(tmp_path: Path) -> None:
    """check names the student of a CSV file and of JSON, with and without the problem."""
    (tmp_path / "a.csv").write_text("student = Anna\n\nweights\n0.67,0.33\n")
    (tmp_path / "a.json").write_text('{"student": "Anna", "weights": [["0.67", "0.33"]]}')
    for name in ("a.csv", "a.json"):
        arguments = ["check", "Q=[[1,0]]", "K=[[1,0],[0,1]]", str(tmp_path / name)]
        assert "\nAnna\n" in CliRunner().invoke(cli, arguments).stdout
        found = CliRunner().invoke(cli, [*arguments, "-f", "json"]).stdout
        assert json.loads(found)["student"] == "Anna"
        laws = CliRunner().invoke(cli, ["check", "--laws", str(tmp_path / name)])
        assert "\nAnna\n" in laws.stdout
    (tmp_path / "a.json").write_text('{"student": [1], "weights": [[1, 0]]}')
    refused = CliRunner().invoke(cli, [*arguments[:-1], str(tmp_path / "a.json")])
    assert refused.stderr.endswith(
        'student is not a text, but it says who wrote the answer. Write "student": "Anna".\n'
    )
