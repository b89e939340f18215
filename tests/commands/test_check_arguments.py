"""`attncli check [DOCUMENT] ANSWER [NAME=VALUE]...`: whose a name is, and differences."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import save_file

from tests.running import ROOT, run

X = [[1, 0], [0, 1], [1, 1]]
SCORES = [[1, 0, 1], [0, 1, 1], [1, 1, 2]]  # X Xᵀ
WEIGHT = {f"W_{letter}": [[1, 0], [0, 1]] for letter in "qkv"}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Work in a folder that has a problem, its parts, and answers."""
    monkeypatch.chdir(tmp_path)
    write("x.json", X)
    write("scores.json", SCORES)
    write("problem.json", {"X": X, **WEIGHT})
    write("weights.json", WEIGHT)
    write("qkv.json", {"Q": X, "K": X, "V": X})
    write("answer.json", {"Q": X, "scores": SCORES})
    write("sinusoidal.json", {"X": X, **WEIGHT, "position": "sinusoidal"})


def write(name: str, document: object) -> None:
    """Write a document as JSON."""
    Path(name).write_text(json.dumps(document), encoding="utf-8")


def verdicts(*arguments: str, stdin: str | None = None) -> dict[str, str]:
    """Return the verdict on each step that is answered."""
    result = run("check", *arguments, "-f", "json", stdin=stdin)
    assert result.exit_code in (0, 1), result.stderr
    found = json.loads(result.stdout)["results"]
    every = {entry["name"]: entry["data"]["verdict"] for entry in found}
    return {name: verdict for name, verdict in every.items() if verdict != "missing"}


RIGHT = {"Q": "right", "scores": "right"}
OF_X = [f"{name}=[[1,0],[0,1]]" for name in WEIGHT]
SORTED: list[tuple[Sequence[str], dict[str, str]]] = [
    (["problem.json", "answer.json"], RIGHT),
    # An input completes the problem.
    (["weights.json", "answer.json", "X=x.json"], RIGHT),
    (["X=x.json", "weights.json", "answer.json"], RIGHT),
    (["problem.json", "answer.json", "X=[[1,0],[0,1],[1,2]]"], {"Q": "wrong", "scores": "wrong"}),
    # A step completes the answer, and replaces that of the file.
    (["problem.json", "scores=scores.json"], {"scores": "right"}),
    (["problem.json", "scores=answer.json"], {"scores": "right"}),
    (["problem.json", "Q=x.json", "scores=scores.json"], RIGHT),
    (["problem.json", "answer.json", "K=x.json"], {**RIGHT, "K": "right"}),
    (
        ["problem.json", "answer.json", "scores=[[1,0,1],[0,1,1],[1,1,9]]"],
        {**RIGHT, "scores": "wrong"},
    ),
    (["weights.json", "X=x.json", "scores=scores.json"], {"scores": "right"}),
    # One file is the answer beside inputs.
    (["answer.json", "X=x.json", *OF_X], RIGHT),
    (["answer.json", "X=x.json", *OF_X, "K=x.json"], {**RIGHT, "K": "right"}),
    (["scores.json", "X=x.json", "--step", "scores"], {"scores": "right"}),
    (["scores.json", "Q=x.json", "K=x.json", "--step", "scores"], {"scores": "right"}),
    # Q, K and V are steps where the problem has X, and inputs elsewhere.
    (["problem.json", "Q=x.json", "V=x.json"], {"Q": "right", "V": "right"}),
    (["answer.json", "Q=x.json", "K=x.json"], {"scores": "right"}),
    (["qkv.json", "scores.json", "--step", "scores", "Q=[[2,0],[0,1],[1,1]]"], {"scores": "wrong"}),
    (["Q=x.json", "K=x.json", "scores=scores.json"], {"scores": "right"}),
    # A matrix of positions is a step where the problem calculates them.
    (
        ["sinusoidal.json", "position=[[0,1],[0.84147,0.54030],[0.90930,-0.41615]]"],
        {"position": "right"},
    ),
    (["problem.json", "answer.json", "position=[[0,0],[0,0],[0,0]]"], RIGHT),
    (
        ["problem.json", "answer.json", "position=[[1,0],[0,0],[0,0]]"],
        {"Q": "wrong", "scores": "wrong"},
    ),
    # `heads` as a matrix is a step.
    (["problem.json", "heads=[[1,2]]"], {"heads": "shape"}),
]


@pytest.mark.parametrize(("arguments", "expected"), SORTED, ids=[" ".join(a) for a, _ in SORTED])
def test_a_name_belongs_to_the_problem_or_to_the_answer(
    arguments: Sequence[str], expected: dict[str, str]
) -> None:
    """Inputs complete the problem, steps the answer, and one file is what is lacking."""
    found = verdicts(*arguments, "--score", "dot")
    assert {name: found.get(name) for name in expected} == expected


def test_a_number_of_heads_belongs_to_a_sublayer_of_the_problem() -> None:
    """`self.heads=2` is a choice of the problem, as in compute."""
    layer = json.loads(run("new", "encoder").stdout)
    layer.pop("heads")
    write("layer.json", layer)
    key = run("compute", "layer.json", "self.heads=3", "-f", "json").stdout
    assert set(verdicts("layer.json", "-", "self.heads=3", stdin=key).values()) == {"right"}
    assert "shape" in verdicts("layer.json", "-", "self.heads=2", stdin=key).values()


def test_what_stands_in_standard_input_is_the_problem_beside_steps() -> None:
    """Standard input is read once, so that it is not looked into."""
    problem = json.dumps({"X": X})
    assert verdicts("-", "Q=x.json", stdin=problem) == {"Q": "right"}
    assert verdicts("-", "X=x.json", stdin='{"Q": [[1,0],[0,1],[1,1]]}') == {"Q": "right"}


# ---------------------------------------------------------------------------------------------
# A reference from PyTorch.

CASES = json.loads((ROOT / "tests/reference/torch.json").read_text(encoding="utf-8"))["cases"]
CASE = next(case for case in CASES if case["name"] == "mha convention self, fused")
PYTORCH = {
    "W_qkv": "in_proj_weight",
    "b_qkv": "in_proj_bias",
    "W_o": "out_proj.weight",
    "b_o": "out_proj.bias",
}
MHA = ["mha.safetensors", "ref.npz", "X=x.npy", "--convention", "torch-mha", "--heads", "3"]


@pytest.fixture
def reference() -> dict[str, np.ndarray[Any, Any]]:
    """Save a frozen nn.MultiheadAttention, and the results of PyTorch in float32."""
    document = CASE["document"]
    save_file({PYTORCH[name]: np.array(document[name]) for name in PYTORCH}, "mha.safetensors")
    np.save("x.npy", np.array(document["X"]))
    results: dict[str, Any] = {
        name: np.array(rows, np.float32) for name, rows in CASE["expected"].items()
    }
    np.savez("ref.npz", **results)
    return results


@pytest.mark.usefixtures("reference")
def test_the_numbers_of_pytorch_are_right() -> None:
    """A state dict, its input and its results are three files of one command."""
    expected = {"weights": "right", "average": "right", "output": "right"}
    assert verdicts(*MHA) == expected


AXES = {"weights": ["batch entry", "head", "row", "column"]}


def largest(rows: np.ndarray[Any, Any], name: str) -> tuple[float, str]:
    """Return the largest difference from the reference in float64, and its place in words."""
    differences = np.abs(rows - np.array(CASE["expected"][name]))
    index = np.unravel_index(differences.argmax(), rows.shape)
    axes = AXES.get(name, ["batch entry", "row", "column"])
    place = ", ".join(f"{axis} {at + 1}" for axis, at in zip(axes, index, strict=True))
    return float(differences.max()), place


@pytest.mark.parametrize("distance", [["--atol", "1e-6"], ["--rtol", "1e-5", "--atol", "1e-7"]])
def test_a_distance_shows_the_largest_difference_of_each_step(
    distance: list[str], reference: dict[str, np.ndarray[Any, Any]]
) -> None:
    """With its place, in the table and in JSON; a step that is not given has none."""
    result = run("check", *MHA, *distance)
    assert result.exit_code == 0
    table = result.stdout
    assert "largest difference" in table
    found = json.loads(run("check", *MHA, *distance, "-f", "json").stdout)["results"]
    data = {entry["name"]: entry["data"] for entry in found}
    for name, rows in reference.items():
        difference, place = largest(rows, name)
        assert difference > 1e-9
        assert data[name]["largest_difference"] == pytest.approx(difference, rel=1e-3)
        assert data[name]["largest_difference_at"] == place
        short = f"{difference:.2g}".replace("e-0", "e-")
        assert f"{name} " in table
        assert f"   {short} at {place}\n" in table
    assert data.keys() == {*reference, "output"}


LESSON = str(ROOT / "samples/self_attention.json")
SHOWN = """\
Wrong from scores on: only row 2, column 2 is wrong.
Three inputs of four numbers

 step     verdict   largest difference        mistake
───────────────────────────────────────────────────────────────────────────────────────
 scores   wrong     1 at row 2, column 2      single-cell-slip
 scaled   follows   0.58 at row 2, column 2
 output   missing
"""


def test_the_largest_difference_is_from_the_right_numbers() -> None:
    """Not from those that follow from an earlier wrong step, which are right without a distance."""
    steps = json.loads(run("compute", LESSON, "-f", "json").stdout)
    scores = np.array(steps["scores"])
    scores[1, 1] += 1
    answer = {"scores": scores.tolist(), "scaled": (scores / np.sqrt(3)).tolist()}
    result = run("check", LESSON, "-", "--atol", "1e-9", stdin=json.dumps(answer))
    assert result.exit_code == 1
    shown = [line.replace("─", "") for line in result.stdout.splitlines()]
    expected = [line.replace("─", "") for line in SHOWN.splitlines()]
    assert shown[: len(expected)] == expected
    page = run("check", LESSON, "-", "--atol", "1e-9", "-f", "markdown", stdin=json.dumps(answer))
    headings = next(line for line in page.stdout.splitlines() if line.startswith("| step"))
    assert headings.split(" | ")[2].strip() == "largest difference"
    cells = next(line for line in page.stdout.splitlines() if line.startswith("| `scaled`"))
    assert [cell.strip() for cell in cells.split("|")][2:4] == [
        "follows",
        "0.58 at row 2, column 2",
    ]


@pytest.mark.parametrize(
    ("cells", "difference", "at"),
    [
        ([[0.5, "-inf"], [0.5, 0.5]], None, None),  # 2 × 2 for 3 × 3
        ([["1", "-1e9", "-inf"], ["0", "1", "-inf"], ["1", "1", "2"]], 0.0, "row 1, column 1"),
        ([["1", "5", "-inf"], ["0", "1", "-inf"], ["1", "1", "2"]], "inf", "row 1, column 2"),
        ([["1", None, None], [None, "1.25", None], ["1", None, "2"]], 0.25, "row 2, column 2"),
        ([[None, None, None], [None, None, None], ["nan", None, None]], "nan", "row 3, column 1"),
    ],
)
def test_differences_of_cells_that_are_not_numbers(
    cells: list[list[object]], difference: object, at: str | None
) -> None:
    """Hidden scores differ by 0, a number and infinity by infinity, and NaN by NaN; no blanks."""
    arguments = ["problem.json", "-", "--score", "dot", "--mask", "causal", "--atol", "1"]
    result = run("check", *arguments, "-f", "json", stdin=json.dumps({"masked": cells}))
    found = json.loads(result.stdout)["results"]
    data = next(entry["data"] for entry in found if entry["name"] == "masked")
    assert (data["largest_difference"], data["largest_difference_at"]) == (difference, at)


def test_a_cell_that_is_not_a_number_has_the_largest_difference() -> None:
    """The table says NaN and its place, whatever the differences of the other cells."""
    answer = json.dumps({"masked": [["9", "1", "1"], ["nan", "1", "1"], ["1", "1", "2"]]})
    arguments = ["problem.json", "-", "--score", "dot", "--mask", "causal", "--atol", "1"]
    assert "NaN at row 2, column 1" in run("check", *arguments, stdin=answer).stdout


def test_without_a_distance_there_is_no_difference() -> None:
    """The digits decide, and a report is as it was."""
    assert "largest" not in run("check", "problem.json", "answer.json").stdout
    assert "largest" not in run("check", "problem.json", "answer.json", "-f", "json").stdout


PAIR = {"Q": [[1]], "K": [[0], [4]], "score": "dot"}  # weights 0.0180, 0.9820
PROJECTED = {"X": X, "W_q": [[1, 2], [0, 3]], "W_k": [[2, 1], [5, 1]], "W_v": X[:2]}
TRANSPOSED = "the weight was transposed: X W_qᵀ instead of X W_q"
ROUNDED = {"weights": [["0.0180", "0.98"]]}
HOLDS = "1 law holds; 1 law needs more steps, such as weights."
HEADLINES: list[tuple[object, object, Sequence[str], str]] = [
    (PAIR, {"scores": [[0, 4]], "weights": [[0.018, 0.982]]}, [], "All right: 2 of 2 steps."),
    (PAIR, {"weights": [[0.018, 0.982]]}, [], "All right: weights."),
    (PAIR, {"scores": [[0, 4]]}, [], "Right so far: scores; weights is missing."),
    ({"X": X}, {"scores": SCORES, "Q": X}, [], "Right so far: Q and scores; output is missing."),
    (
        PAIR,
        {"scores": [[0, 5]], "weights": [[0.41, 0.98]]},
        [],
        "Wrong from scores on: 1 of 2 cells; another mistake in weights.",
    ),
    (
        PAIR,
        {"scores": [[0, 5]], "weights": [[0.0067, 0.9933]]},
        [],
        "Wrong from scores on: 1 of 2 cells.",
    ),
    (
        PROJECTED,
        {"scores": [[4, 7, 11], [3, 3, 6], [7, 10, 17]], "Q": [[1, 0], [2, 3], [3, 3]]},
        [],
        f"Wrong in Q: {TRANSPOSED}.",
    ),
    (
        PROJECTED,
        {"Q": [[1, 0], [2, 3], [3, 3]], "K": [[2, 5], [1, 1], [3, 6]], "scaled": SCORES},
        [],
        f"Wrong from Q on: {TRANSPOSED}; another mistake in scaled.",
    ),
    (PAIR, {"weights": [[None, ""]]}, [], "The answer has no numbers."),
    (PAIR, ROUNDED, [], "All right, but weights is rounded."),
    (PAIR, ROUNDED, ["--strict"], "weights is rounded, and fails."),
    (
        None,
        {"weights": [[0.5, 0.5]]},
        ["--laws"],
        "2 laws hold; 1 law needs more steps, such as scaled.",
    ),
    (None, {"V": [[1], [2]], "output": [[1.5]]}, ["--laws"], HOLDS),
    (None, {"mean": [[1]], "sum": [[0, 2]]}, ["--laws"], "1 law holds."),
    (None, {"weights": [["0.50", "0.40"]]}, ["--laws"], "weights-sum-to-1 does not hold."),
    (
        None,
        {"output": [[0.5, 0.4]]},
        ["--laws"],
        "No law can be checked. Give more steps, such as weights and V.",
    ),
    (None, {"Q": X}, ["--laws"], "No law can be checked. Give more steps, such as weights."),
]


@pytest.mark.parametrize(("problem", "answer", "options", "sentence"), HEADLINES)
def test_a_report_begins_with_a_sentence(
    problem: object, answer: object, options: Sequence[str], sentence: str
) -> None:
    """The first line names the wrong steps and their cause, or the right and missing steps."""
    documents = [json.dumps(document) for document in (problem, answer) if document]
    result = run("check", *documents, *options)
    assert result.stdout.splitlines()[0] == sentence
    markdown = run("check", *documents, *options, "-f", "markdown").stdout
    assert markdown.splitlines()[0].replace("\\", "") == f"**{sentence}**"


def test_steps_with_one_mistake_have_one_paragraph() -> None:
    """One mistake is described once, for all steps in which it was made; each has its matrix."""
    answer = {"Q": [[1, 0], [2, 3], [3, 3]], "K": [[2, 5], [1, 1], [None, None]]}
    lines = run("check", json.dumps(PROJECTED), json.dumps(answer)).stdout.splitlines()
    explained = "This explains all 6 cells. The same mistake explains K."
    paragraph = f"Q and K: wrong. 4 of 6 cells wrong. T{TRANSPOSED[1:]}. {explained}"
    assert [line for line in lines[1:] if "was transposed" in line] == [paragraph]
    assert [line for line in lines if line in (" Q", " K")] == [" Q", " K"]


def test_a_report_has_no_empty_column() -> None:
    """Mistakes have a column where there are mistakes."""
    assert "mistake" not in run("check", "problem.json", "answer.json").stdout
    assert "mistake" not in run("check", "problem.json", "answer.json", "-f", "markdown").stdout


def test_a_strict_check_fails_rounding_on_the_way_whatever_the_decimals() -> None:
    """`--strict` and `--decimals` do not exclude each other."""
    problem = {"Q": [[1]], "K": [[0], [4]], "V": [[100], [900]], "score": "dot"}
    early = ["check", json.dumps(problem), '{"output": [["884.0"]]}', "--decimals", "1"]
    assert [run(*early).exit_code, run(*early, "--strict").exit_code] == [0, 1]
