"""Test `attncli check`: verdicts, causes, points and formats.

`python -m tests.commands.test_check` writes the golden files anew.
"""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result

from attncli.cli.program import cli
from attncli.homework.laws import check_laws  # noqa: F401  # enter all laws
from attncli.homework.laws.law import LAWS
from attncli.homework.mistakes.catalogue import MISTAKES
from tests.running import ROOT

ANSWERS = ROOT / "samples/answers"
GOLDEN = ROOT / "tests/golden/checks"
LESSON = str(ROOT / "samples/self_attention.json")
CASES = [
    *(
        (path.parent.name, str(path.relative_to(ANSWERS)))
        for path in sorted(ANSWERS.glob("*/*.json"))
    ),
    ("self_attention", "as_published.json"),
    ("self_attention", "rounded.json"),
]

# One query with equal scores for three keys: every weight is 1/3.
THIRDS = '{"Q": [[0]], "K": [[1], [2], [3]], "V": [[1], [1], [4]], "score": "dot"}'
LAST = '{"Q": [[1]], "K": [[0], [4]], "score": "dot"}'  # weights 0.0180, 0.9820


def check(*arguments: str, stdin: str | None = None) -> Result:
    """Run `check`, and assert that it does not fail for bad input."""
    run = CliRunner().invoke(cli, ["check", *arguments], input=stdin)
    assert run.exit_code in (0, 1), run.stderr
    return run


def results(*arguments: str, stdin: str | None = None) -> dict[str, Any]:
    """Return the results of a check by the names of their steps."""
    report = json.loads(check(*arguments, "-f", "json", stdin=stdin).stdout)
    return {result["name"]: result for result in report["results"]}


def verdict(document: str, step: str, cells: object, *options: str) -> str:
    """Return the verdict on one step of an answer."""
    answer = json.dumps({step: cells})
    found: str = results(document, "-", *options, stdin=answer)[step]["data"]["verdict"]
    return found


def drawn(sample: str, answer: str) -> str:
    """Return the report as a table."""
    return check(f"samples/{sample}.json", str((ANSWERS / answer).relative_to(ROOT))).stdout


def golden_file(answer: str) -> Path:
    """Return the path of the golden report on an answer."""
    return GOLDEN / answer.replace("/", "-").replace(".json", ".txt")


@pytest.mark.parametrize(("sample", "answer"), CASES)
def test_reports_are_those_of_the_golden_file(sample: str, answer: str) -> None:
    """The report on each answer to a sample equals its golden file."""
    assert drawn(sample, answer) == golden_file(answer).read_text(encoding="utf-8")


@pytest.mark.parametrize("width", [60, 80, 120])
@pytest.mark.parametrize("sample", ["two_heads", "decoder_layer", "additive"])
def test_a_report_fits_the_screen(sample: str, width: int) -> None:
    """No line is longer than the screen, and every number of the report in a pipe is there."""
    arguments = ["check", f"sample:{sample}", f"sample:answers/{sample}/mistake"]
    text = CliRunner(env={"COLUMNS": str(width)}).invoke(cli, arguments).stdout
    assert max(map(len, text.splitlines())) <= width
    whole = golden_file(f"{sample}/mistake").with_suffix(".txt").read_text(encoding="utf-8")
    assert set(re.findall(r"-?\d+\.\d+(?: ✗)?", whole)) == set(
        re.findall(r"-?\d+\.\d+(?: ✗)?", text)
    )
    assert text.count("✗") == whole.count("✗") > 0


def test_the_slips_of_the_lesson_are_named() -> None:
    """The report names the three slips in the published program of the lesson."""
    found = results(LESSON, str(ANSWERS / "as_published.json"))
    named = {name: result["cause"]["mistakes"] for name, result in found.items() if result["cause"]}
    assert named["Q"] == named["K"] == named["V"] == ["weight-on-left"]
    assert named["scores"] == ["no-transpose-wrong-order"]
    assert named["output"] == ["values-first"]


@pytest.mark.parametrize("sample", sorted((ROOT / "samples").glob("*.json")), ids=lambda p: p.stem)
@pytest.mark.parametrize("form", ["json", "csv", "npz"])
def test_the_steps_of_compute_are_right(sample: Path, form: str, tmp_path: Path) -> None:
    """The steps that compute writes for a sample pass with all points, through each format."""
    key = tmp_path / f"key.{form}"
    CliRunner().invoke(cli, ["compute", str(sample), "-o", str(key)], catch_exceptions=False)
    run = check(str(sample), str(key), "-f", "json")
    report = json.loads(run.stdout)
    assert run.exit_code == 0
    assert {result["data"]["verdict"] for result in report["results"]} == {"right"}
    assert report["score"] == report["max_score"] > 0


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("0.33", "right"),
        ("0.34", "wrong"),
        ("0.333", "right"),
        ("0.3334", "wrong"),
        ("1/3", "right"),
        ("33%", "right"),
        ("34%", "wrong"),
        ("⅓", "right"),
        ("0.3", "right"),
        ("0.4", "wrong"),
        ("e^0/(3)", "right"),
        ("-1/3", "wrong"),
        ("0", "wrong"),
        ("1", "wrong"),
        ("0.33333333333333331", "right"),
        ("0.3333333333333333", "right"),
        ("-0.33", "wrong"),
    ],
)
def test_the_digits_as_written_decide(cell: str, expected: str) -> None:
    """A number is right within half a unit of its last place; signs count; arithmetic is exact."""
    assert verdict(THIRDS, "weights", [[cell, cell, cell]]) == expected


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["0.0180", "0.9820"], "right"),
        (["0.0180", "0.982"], "right"),  # a dropped trailing zero
        (["0.0180", "1"], "rounded"),  # whole among four decimals
        (["0.0180", "0.98"], "rounded"),
        (["0.0180", "0.9821"], "wrong"),
        (["0", "1"], "undecided"),  # whole numbers cannot tell these weights from others
        ([None, "0.9820"], "right"),
        (["", "0.5"], "wrong"),
        ([None, None], "missing"),
    ],
)
def test_the_finest_place_is_the_precision(cells: list[str | None], expected: str) -> None:
    """The finest number of a matrix sets its precision; others are rounded, blanks are ignored."""
    assert verdict(LAST, "weights", [cells]) == expected


def test_ties_count_as_right() -> None:
    """For 0.125, both 0.12 and 0.13 are right."""
    document = '{"Q": [[0.125]], "K": [[1]], "score": "dot"}'
    assert [verdict(document, "scores", [[cell]]) for cell in ("0.12", "0.13", "0.14")] == [
        "right",
        "right",
        "wrong",
    ]


def test_rounding_may_be_carried() -> None:
    """An output calculated from rounded weights is right, though not the rounded output."""
    document = '{"Q": [[1]], "K": [[0], [4]], "V": [[100], [900]], "score": "dot"}'
    answer = '{"weights": [[0.02, 0.98]], "output": [["884.0"]]}'
    found = results(document, "-", stdin=answer)
    assert found["output"]["data"]["verdict"] == "right"
    assert verdict(document, "output", [["884.0"]]) == "rounded"  # `weights` is hidden
    assert verdict(document, "output", [["885.6"]]) == "right"
    assert verdict(document, "output", [["886.9"]]) == "wrong"


def test_one_slip_costs_one_step() -> None:
    """One slip costs one step; steps that follow from it are not wrong, and do not pass."""
    answer = '{"Q": [[1,0,2],[2,2,2],[2,1,3]], "scores": [[2,4,4],[4,61,12],[4,12,10]]}'
    follow = json.loads(answer)
    follow["scaled"] = [[1.155, 2.309, 2.309], [2.309, 35.218, 6.928], [2.309, 6.928, 5.774]]
    report = json.loads(check(LESSON, "-", "-f", "json", stdin=json.dumps(follow)).stdout)
    found = {result["name"]: result for result in report["results"]}
    assert [found[name]["data"]["verdict"] for name in ("Q", "scores", "scaled")] == [
        "right",
        "wrong",
        "follows",
    ]
    assert [found[name]["passed"] for name in ("Q", "scores", "scaled")] == [True, False, False]
    assert (report["score"], report["max_score"]) == (2, 4)
    assert found["scores"]["cause"]["mistakes"] == ["single-cell-slip"]
    assert "scores" in found["scaled"]["cause"]["rationale"]


def test_a_step_follows_from_unrounded_wrong_numbers() -> None:
    """A step calculated from a wrong step before its rounding follows from it."""
    problem = json.loads((ROOT / "samples/two_heads.json").read_text())
    found = CliRunner().invoke(cli, ["compute", "-", "-f", "json"], input=json.dumps(problem))
    steps = {name: np.array(rows) for name, rows in json.loads(found.stdout).items()}
    noise = np.random.default_rng(5).normal(size=steps["scores"].shape)  # no mistake fits
    wrong = {"scores": steps["scores"] + noise}
    wrong["scaled"] = wrong["scores"] / np.sqrt(steps["Q_h"].shape[-1])
    powers = np.exp(wrong["scaled"])
    wrong["weights"] = powers / powers.sum(axis=-1, keepdims=True)
    wrong["heads"] = wrong["weights"] @ steps["V_h"]
    problem.pop("mask", None)
    for decimals in (2, 3, 4):
        answer = {name: rows.round(decimals).tolist() for name, rows in wrong.items()}
        judged = results(json.dumps(problem), "-", stdin=json.dumps(answer))
        verdicts = [judged[name]["data"]["verdict"] for name in wrong]
        assert verdicts == ["wrong", "follows", "follows", "follows"]


@pytest.mark.parametrize("seed", range(3))
def test_a_step_follows_within_rounding_errors_and_no_further(seed: int) -> None:
    """With large values, an output may differ by what rounded weights explain, and by no more."""
    rng = np.random.default_rng(seed)
    queries, keys, values = (rng.normal(size=size) for size in ((5, 3), (11, 3), (11, 31)))
    matrices = {"Q": queries, "K": keys, "V": 100 * values}
    document = json.dumps({name: matrix.tolist() for name, matrix in matrices.items()})
    weights = rng.uniform(0.2, 1, size=(5, 11))  # no mistake fits
    output = weights @ matrices["V"]
    steps = {"weights": weights.round(2).tolist(), "output": output.round(2).tolist()}
    assert results(document, "-", stdin=json.dumps(steps))["output"]["data"]["verdict"] == "follows"
    steps["output"][3][17] += 8  # more than 0.005 in each weight explains
    judged = results(document, "-", stdin=json.dumps(steps))["output"]
    assert judged["data"]["verdict"] == "wrong"
    assert [cell["place"] for cell in judged["data"]["cells"]] == ["row 4, column 18"]


def test_mistakes_with_a_mask_that_is_too_short_are_named() -> None:
    """A short mask is filled up before a mistake such as mask-inverted is tried."""
    queries, keys = np.array([[1, 0], [0, 1], [1, 1]]), np.array([[1, 1], [0, 1], [2, 0]])
    short = np.array([[1, 0], [1, 1], [0, 1]])
    problem = {"Q": queries.tolist(), "K": keys.tolist(), "convention": "onnx"}
    powers = np.exp(queries @ keys.T / np.sqrt(2)) * np.hstack([1 - short, np.ones((3, 1))])
    weights = (powers / powers.sum(axis=-1, keepdims=True)).round(4).tolist()
    document = json.dumps({**problem, "mask": short.tolist()})
    found = results(document, "-", stdin=json.dumps({"weights": weights}))
    assert found["weights"]["cause"]["mistakes"] == ["mask-inverted"]


@pytest.mark.parametrize(("fill", "expected"), [(-1e9, "right"), (-1e6, "right"), (-5, "wrong")])
def test_a_finite_fill_may_be_written_as_infinite(fill: float, expected: str) -> None:
    """A fill of −1e6 or less may be written as −∞, and a fill of −5 may not."""
    problem = json.dumps({**json.loads(PLAIN), "mask": "causal", "fill": fill})
    cells = [[0.71, "-inf"], [0.71, 0.71]]
    assert verdict(problem, "masked", cells) == expected


PLAIN = '{"Q": [[1,0],[0,1]], "K": [[1,1],[0,1]], "V": [[1,0],[0,1]]}'


@pytest.mark.parametrize(
    ("answer", "verdicts"),
    [
        ({"scaled": [[0.71, 0], [0.71, 0.71]], "masked": [[9, 9], [9, 9]]}, ["right", "wrong"]),
        ({"output": [[0.67, 0.33], [0.5, 0.5]], "heads": [[9, 9], [9, 9]]}, ["right", "wrong"]),
        ({"scores": [[0.71, 0], [0.71, 0.71]]}, ["right"]),  # Q was scaled before the product
    ],
)
def test_steps_that_equal_others_are_judged_for_themselves(
    answer: dict[str, object], verdicts: list[str]
) -> None:
    """A wrong `scaled` or `masked` is wrong, although it is expected to equal the step before."""
    found = results(PLAIN, "-", stdin=json.dumps(answer))
    assert [found[name]["data"]["verdict"] for name in answer] == verdicts


def test_queries_without_projection_equal_x() -> None:
    """`Q` in an answer to a problem of X alone must equal X."""
    cells = [[1, 2], [3, 4], [5, 6]]
    assert verdict('{"X": [[1, 0], [0, 1], [1, 1]]}', "Q", cells) == "wrong"
    assert verdict('{"X": [[1, 2], [3, 4], [5, 6]]}', "Q", cells) == "right"


def test_one_slip_costs_one_step_in_rounded_answers() -> None:
    """Steps that follow from an unscaled step still follow when all are rounded to 2 decimals."""
    rng = np.random.default_rng(5)
    for _ in range(20):
        x, w = rng.normal(size=(4, 3)), rng.normal(size=(3, 3, 3))
        names = zip(("W_q", "W_k", "W_v"), w.tolist(), strict=True)
        document = json.dumps({"X": x.tolist(), **dict(names)})
        queries, keys, values = x @ w[0], x @ w[1], x @ w[2]
        scores = queries @ keys.T
        powers = np.exp(scores - scores.max(axis=1, keepdims=True))  # unscaled
        weights = powers / powers.sum(axis=1, keepdims=True)
        steps = {"Q": queries, "K": keys, "V": values, "scores": scores, "scaled": scores}
        steps |= {"weights": weights, "output": weights @ values}
        answer = {name: matrix.round(2).tolist() for name, matrix in steps.items()}
        found = results(document, "-", stdin=json.dumps(answer))
        assert [found[name]["data"]["verdict"] for name in ("scaled", "weights", "output")] == [
            *("wrong", "follows", "follows"),
        ]


@pytest.mark.parametrize("dtype", ["float32", "float16"])
@pytest.mark.parametrize("form", ["npz", "json"])
def test_answers_in_fewer_bits_are_right(dtype: str, form: str, tmp_path: Path) -> None:
    """Numbers calculated in float32 are judged by the precision of float32, not by their digits."""
    key = tmp_path / f"key.{form}"
    arguments = ["compute", LESSON, "--scale", "0.3", "--dtype", dtype, "-o", str(key)]
    CliRunner().invoke(cli, arguments, catch_exceptions=False)
    found = results(LESSON, str(key), "--scale", "0.3")
    assert {result["data"]["verdict"] for result in found.values()} == {"right"}


@pytest.mark.parametrize("hidden", ["-inf", "-Infinity", "-1e9", "-1e6"])
def test_a_very_low_number_in_an_answer_is_a_mask(hidden: str) -> None:
    """−inf and numbers such as −1e9 are right for a masked score."""
    cell = f'"{hidden}"' if hidden == "-inf" else hidden
    answer = f'{{"masked": [[0.71, {cell}], [0.71, 0.71]]}}'
    found = results(PLAIN, "-", "--mask", "causal", stdin=answer)
    assert found["masked"]["data"]["verdict"] == "right"


def test_few_digits_name_no_mistake() -> None:
    """Whole numbers that are wrong at one decimal do not suffice to name a pair of mistakes."""
    document = json.dumps({"Q": [[1, 0], [0, 1]], "K": [[1, 0], [1, 1]], "V": [[3, 4], [4, 5]]})
    answer = '{"output": [["3.0", "4.0"], ["3.0", "4.0"]]}'
    cause = results(document, "-", stdin=answer)["output"]["cause"]
    assert cause["mistakes"] == []


SLIPS = [
    ([[2, 4, 4], [4, -16, 12], [4, 12, 10]], "In row 2, column 2: the sign is wrong."),
    ([[2, 4, 4], [4, 61, 12], [4, 12, 10]], "In row 2, column 2: two digits are swapped."),
    ([[2, 4, 4], [4, 16, 12], [4, 12, "-20/2"]], "In row 3, column 3: the sign is wrong."),
    (
        [[2, 4, 4], [4, 16, 1.2], [4, 12, 10]],
        "In row 2, column 3: the decimal point is 1 place too far to the left.",
    ),
    (
        [[2, 4, 4], [4, 16, 0.12], [4, 12, 10]],
        "In row 2, column 3: the decimal point is 2 places too far to the left.",
    ),
    (
        [[2, 4, 4], [4, 16, 0.012], [4, 12, 10]],
        "In row 2, column 3: the decimal point is 3 places too far to the left.",
    ),
    (
        [[2, 4, 4], [4, 16, 120], [4, 12, 10]],
        "In row 2, column 3: the decimal point is 1 place too far to the right.",
    ),
    (
        [[2, 4, 4], [4, 16, 1200], [4, 12, 10]],
        "In row 2, column 3: the decimal point is 2 places too far to the right.",
    ),
    (
        [[2, 4, 4], [4, 16, 12000], [4, 12, 10]],
        "In row 2, column 3: the decimal point is 3 places too far to the right.",
    ),
    ([[2, 4, 4], [4, 16, 8], [4, 12, 10]], "In row 2, column 3: product 1 of the sum is left out."),
    (
        [[2, 4, 4], [4, 16, 12], [4, 12, 16]],
        "In row 3, column 3: product 2 of the sum is added twice.",
    ),
]


@pytest.mark.parametrize(("scores", "told"), SLIPS, ids=[told for _, told in SLIPS])
def test_slips_in_one_cell_are_recognised(scores: list[list[Any]], told: str) -> None:
    """A slip in one cell is named where no wrong operation explains the answer."""
    found = results(LESSON, "-", stdin=json.dumps({"scores": scores}))["scores"]
    if "product 2" in told:
        scores[2][2] = 13  # 2·2 + 1·3 + 3·1 = 10, and the second product once more
        found = results(LESSON, "-", stdin=json.dumps({"scores": scores}))["scores"]
    assert told in found["cause"]["rationale"]
    assert found["cause"]["mistakes"] == ["single-cell-slip"]


def test_a_product_of_0_left_out_is_not_a_slip() -> None:
    """A number near a sum without one product is not a slip, if that product is 0."""
    document = '{"Q": [[3, 0]], "K": [[0.68, 5]], "score": "dot"}'
    found = results(document, "-", "--atol", "0.001", stdin='{"scores": [["2.0"]]}')["scores"]
    assert found["data"]["verdict"] == "wrong"
    assert found["cause"]["mistakes"] == []
    document = '{"Q": [[3, 0.5]], "K": [[0.68, 5]], "score": "dot"}'
    found = results(document, "-", "--atol", "0.001", stdin='{"scores": [["2.0"]]}')["scores"]
    assert "In row 1, column 1: product 2 of the sum is left out." in found["cause"]["rationale"]


@pytest.mark.parametrize(
    ("cell", "expected"), [("3.88", "rounded"), ("3.90", "rounded"), ("3.93", "wrong")]
)
def test_errors_that_rounding_may_cause_are_rounded(cell: str, expected: str) -> None:
    """An error of two units is rounded if a hidden step may have caused it; a larger one is not."""
    document = '{"Q": [[0.7]], "K": [[1], [1.1]], "V": [[3.3], [4.44]], "score": "dot"}'
    assert verdict(document, "output", [[cell]]) == expected


@pytest.mark.parametrize("cell", ["5.02", "4.98", "5.03"])
def test_exact_numbers_leave_no_room_for_rounding(cell: str) -> None:
    """A sum of whole numbers has no hidden step that could be rounded: an error of it is wrong."""
    document = '{"Q": [[3, 2]], "K": [[1, 1]], "score": "dot"}'
    cause = results(document, "-", stdin=json.dumps({"scores": [[cell]]}))["scores"]["cause"]
    assert "rounded" not in cause["rationale"] + cause["help"]


def test_one_infinity_names_no_mistake() -> None:
    """One hidden cell out of two names no mistake, because several mistakes hide it."""
    document = '{"Q": [[1], [2]], "K": [[1], [3]], "score": "dot", "mask": "causal"}'
    answer = '{"masked": [[null, null], ["-inf", null]]}'
    assert results(document, "-", stdin=answer)["masked"]["cause"]["mistakes"] == []


def test_a_step_follows_through_a_step_left_out() -> None:
    """`scaled` follows from a wrong Q although the answer omits the scores between."""
    Q, K = np.array([[1, 0, 2], [2, 9, 2], [2, 1, 3]]), np.array([[0, 1, 1], [4, 4, 0], [2, 3, 1]])
    answer = json.dumps({"Q": Q.tolist(), "scaled": (Q @ K.T / np.sqrt(3)).round(3).tolist()})
    found = results(LESSON, "-", stdin=answer)
    assert [found[name]["data"]["verdict"] for name in ("Q", "scaled")] == ["wrong", "follows"]
    assert "scores" not in found


def test_wrong_cells_are_reported_with_both_numbers() -> None:
    """A wrong cell is reported with its place, its labels, and both numbers."""
    answer = json.dumps({"weights": [["0.0634", "0.4683", "0.4683"], ["0", "0.98", "0.02"],
                                     ["0.0003", "0.8815", "0.1192"]]})  # fmt: skip
    arguments = (LESSON, "-", "--score", "dot", "--tokens", "I,love,you")
    data = results(*arguments, stdin=answer)["weights"]["data"]
    assert data["first"] == data["cells"][0]
    assert data["first"]["place"] == "row 3 (you), column 2 (love)"
    assert (data["first"]["yours"], data["first"]["from_yours"]) == (0.8815, None)
    assert data["first"]["right"] == pytest.approx(0.8805, abs=5e-5)
    assert data["first"]["index"] == [3, 2]


def test_the_index_of_a_wrong_cell_is_its_place_on_paper() -> None:
    """In the layout columns, index and place have the row first, counted from 1."""
    sample = str(ROOT / "samples/self_attention_columns.json")
    answer = str(ANSWERS / "self_attention_columns/mistake.json")
    first = results(sample, answer)["weights"]["data"]["first"]
    assert (first["place"], first["index"]) == ("row 2, column 1", [2, 1])


def test_a_number_that_follows_from_a_wrong_step_is_shown_beside_the_right_one() -> None:
    """The numbers from the answer's own scores stand beside the true ones, where they differ."""
    problem = '{"Q": [[1]], "K": [[0], [4]], "V": [[1], [3]], "score": "dot"}'
    answer = '{"weights": [["0.50", "0.50"]], "output": [["2.50"]]}'
    cell = results(problem, "-", stdin=answer)["output"]["data"]["first"]
    assert (cell["yours"], cell["from_yours"]) == (2.5, 2.0)
    assert cell["right"] == pytest.approx(2.964, abs=5e-4)
    lines = check(problem, "-", stdin=answer).stdout.splitlines()
    assert " yours       1    right       1    from your numbers  1" in lines
    assert " 1      2.50 ✗    1      2.9640    1                  2" in lines
    page = check(problem, "-", "-f", "markdown", stdin=answer).stdout
    assert "- row 1, column 1: `2.50` instead of `2.9640`; from your numbers: `2`\n" in page


def test_rounded_earlier_numbers_are_not_a_column() -> None:
    """Weights of two decimals move the output by less than two units of its last place."""
    problem = '{"Q": [[1]], "K": [[0], [4]], "V": [[1], [3]], "score": "dot"}'
    answer = '{"weights": [["0.02", "0.98"]], "output": [["2.50"]]}'
    assert results(problem, "-", stdin=answer)["output"]["data"]["first"]["from_yours"] is None
    assert "from your numbers" not in check(problem, "-", stdin=answer).stdout


def test_numbers_that_json_lacks_are_strings() -> None:
    """Hidden scores and NaN are strings among the numbers of wrong cells."""
    problem = '{"Q": [[1]], "K": [[2], [4]], "score": "dot", "mask": [[1, 0]]}'
    cells = results(problem, "-", stdin='{"masked": [["nan", "4"]]}')["masked"]["data"]["cells"]
    assert [(cell["yours"], cell["right"]) for cell in cells] == [("nan", 2), (4, "-inf")]


def test_no_digit_is_cut_on_a_narrow_screen() -> None:
    """On a narrow screen words and places are wrapped, and numbers are not."""
    document = (
        '{"Q": [[123456.123457]], "K": [[1]], "tokens": ["supercalifragilistic"], "score": "dot"}'
    )
    arguments = ["check", document, "scores=[[123456.123497]]"]
    run = CliRunner(env={"COLUMNS": "30"}).invoke(cli, arguments)
    lines = run.stdout.split("\n")
    assert " supercalifragilistic  123456.12350 ✗" in lines
    assert " supercalifragilistic  123456.12346" in lines
    assert max(map(len, (line for line in lines if line.startswith("Work")))) <= 30


@pytest.mark.parametrize(
    ("sample", "step", "index", "cell"),
    [
        ("self_attention", "output", (2, 1), "'output[3,2]'"),
        ("self_attention_columns", "V", (1, 0), "'V[2,1]'"),
        ("two_heads", "scaled", (1, 2, 0), "'scaled[3,1,head=2]'"),
        ("padded_batch", "weights", (1, 0, 1), "'weights[1,2,batch=2]'"),
    ],
)
def test_the_command_of_the_advice_works_as_it_stands(
    sample: str, step: str, index: tuple[int, ...], cell: str, tmp_path: Path
) -> None:
    """It explains the wrong cell, by its place on paper, beside the number of the answer."""
    document = str(ROOT / f"samples/{sample}.json")
    run = CliRunner().invoke(cli, ["compute", document, "-f", "json"])
    matrix = np.array(json.loads(run.stdout)[step])
    matrix[index] = 77.125
    answer = tmp_path / "answer.json"
    answer.write_text(json.dumps({step: matrix.tolist()}), encoding="utf-8")
    advice = results(document, str(answer))[step]["cause"]["help"]
    command = advice.removeprefix("Work the cell out again: attncli ")
    assert command == f"explain {document} {cell} --answer {answer}"
    spelled = CliRunner().invoke(cli, shlex.split(command))
    assert spelled.exit_code == 0
    assert "77.125" in spelled.stdout


def test_several_explanations_are_named_with_the_deciding_step() -> None:
    """If an answer fits several mistakes, all are named, with the step that would decide."""
    output = str(ANSWERS / "self_attention/output_only.json")
    cause = results(LESSON, output)["output"]["cause"]
    assert cause["mistakes"] == ["no-scale", "softmax-unscaled"]
    assert "The step scaled would show which" in cause["rationale"]


def test_pairs_of_mistakes_are_found_from_the_output_alone(tmp_path: Path) -> None:
    """Two mistakes at once are named from the output alone."""
    rng = np.random.default_rng(11)
    x, w = rng.normal(size=(5, 4)).round(1), rng.normal(size=(3, 4, 3)).round(1)
    document = {"X": x.tolist(), **dict(zip(("W_q", "W_k", "W_v"), w.tolist(), strict=True))}
    scores = (x @ w[0]) @ (x @ w[1]).T / 3  # divided by d_k
    powers = np.exp(scores)
    output = (powers / powers.sum(axis=0)) @ (x @ w[2])  # softmax of each column
    (tmp_path / "p.json").write_text(json.dumps(document))
    answer = json.dumps({"output": output.round(6).tolist()})
    cause = results(str(tmp_path / "p.json"), "-", stdin=answer)["output"]["cause"]
    assert {"divide-by-dk", "softmax-columns"} <= set(cause["mistakes"])


@pytest.mark.parametrize("mask", [None, "causal", "causal:lower-right", "window:1,0"])
@pytest.mark.parametrize("shown", ["output", "weights"])
def test_a_forgotten_cache_is_named(mask: str | None, shown: str, tmp_path: Path) -> None:
    """An answer without K_past and V_past is named cache-forgotten, whichever step it shows."""
    rng = np.random.default_rng(13)
    sizes = {"Q": (3, 5), "K": (3, 5), "V": (3, 2), "K_past": (2, 5), "V_past": (2, 2)}
    document: dict[str, Any] = {name: rng.normal(size=of).tolist() for name, of in sizes.items()}
    document |= {"mask": mask} if mask else {}
    forgotten = {name: value for name, value in document.items() if "past" not in name}
    arguments = ["compute", "-", "--only", shown, "-f", "json"]
    answer = CliRunner().invoke(cli, arguments, input=json.dumps(forgotten)).stdout
    (tmp_path / "p.json").write_text(json.dumps(document))
    cause = results(str(tmp_path / "p.json"), "-", stdin=answer)[shown]["cause"]
    assert cause["mistakes"][0] == "cache-forgotten"


def test_mistakes_in_hidden_sums_are_named_where_heads_share_keys(tmp_path: Path) -> None:
    """Mistakes in hidden units are named where each key head serves a group of query heads."""
    rng = np.random.default_rng(17)
    queries, keys = rng.normal(size=(4, 3, 5)), rng.normal(size=(2, 7, 5))
    Q, K = (np.concatenate(list(heads), axis=-1).tolist() for heads in (queries, keys))
    document = {"Q": Q, "K": K, "heads": 4, "kv_heads": 2, "score": "additive"}
    (tmp_path / "p.json").write_text(json.dumps(document))
    sums = [queries[head, :, None] + keys[head // 2] for head in range(4)]
    scores = np.maximum(sums, 0).sum(axis=-1)
    answer = json.dumps({"scores": scores.tolist()})
    cause = results(str(tmp_path / "p.json"), "-", stdin=answer)["scores"]["cause"]
    assert cause["mistakes"] == ["additive-relu"]


def test_a_step_without_effect_is_judged_by_the_one_before() -> None:
    """`scaled` and `masked` in an answer to a problem without them are judged as `scores`."""
    answer = '{"scaled": [[2,4,4],[4,16,12],[4,12,10]], "masked": [[2,4,4],[4,16,12],[4,12,99]]}'
    found = results(LESSON, "-", "--score", "dot", stdin=answer)
    assert found["scaled"]["data"]["verdict"] == "right"
    assert found["masked"]["data"]["verdict"] == "wrong"


@pytest.mark.parametrize("arguments", [["--step", "weights", "FILE"], ["weights=FILE"]])
def test_one_csv_is_an_answer(arguments: list[str]) -> None:
    """The step of a single CSV matrix stands in an option or before it; semicolons allow commas."""
    file = str(ANSWERS / "weights.csv")
    found = results(LESSON, *(argument.replace("FILE", file) for argument in arguments))
    assert found["weights"]["data"]["verdict"] == "right"


def test_sectioned_csv_with_blanks_and_arithmetic() -> None:
    """In sectioned CSV empty cells are blanks, and arithmetic is not a label."""
    answer = "scores\n2,4,4\n4,,12\n,,\n4,12,10\n".replace(",,\n4,12", "4,12")
    answer += "\nscaled\n2/sqrt(3),4/sqrt(3),\n,16/√3,\n,,10/3^(1/2)\n"
    found = results(LESSON, "-", stdin=answer)
    assert found["scores"]["data"]["verdict"] == "right"
    assert found["scaled"]["data"]["verdict"] == "right"


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ([], "wrong"),
        (["--decimals", "1"], "right"),
        (["--decimals", "2"], "wrong"),
        (["--atol", "0.01"], "right"),
        (["--atol", "0.001"], "wrong"),
        (["--rtol", "0.03"], "right"),
        (["--rtol", "0.01"], "wrong"),
    ],
)
def test_tolerances_override_the_digits(options: list[str], expected: str) -> None:
    """--decimals, --atol and --rtol replace the precision of the answer's digits."""
    assert verdict(THIRDS, "weights", [["0.34", "0.34", "0.34"]], *options) == expected


def test_a_relative_tolerance_is_nothing_at_0() -> None:
    """A relative tolerance allows no difference from an expected 0."""
    document = '{"Q": [[0]], "K": [[1]], "score": "dot"}'
    assert verdict(document, "scores", [["0.001"]], "--rtol", "0.5") == "wrong"


def test_strict_fails_rounded_steps() -> None:
    """--strict gives a rounded step no points, and exit status 1."""
    answer = '{"weights": [["0.0180", "1"]]}'
    assert check(LAST, "-", stdin=answer).exit_code == 0
    strict = check(LAST, "-", "--strict", "-f", "json", stdin=answer)
    report = json.loads(strict.stdout)
    assert (strict.exit_code, report["score"]) == (1, 0)


@pytest.mark.parametrize(
    ("points", "score", "total"),
    [("", 2, 3), ("3", 6, 9), ("Q=2,scores=0.5,output=10", 2.5, 12.5), ("0", 0, 0)],
)
def test_points_are_given_by_step(points: str, score: float, total: float) -> None:
    """Points are 1 per step, N per step, or as listed; 0 points are not full marks."""
    answer = '{"Q": [[1,0,2],[2,2,2],[2,1,3]], "scores": [[2,4,4],[4,16,12],[4,12,10]]}'
    run = check(LESSON, "-", "--points", points, "-f", "json", stdin=answer)
    report = json.loads(run.stdout)
    assert (report["score"], report["max_score"]) == (score, total)


def test_a_step_that_the_plan_leaves_out_earns_no_points() -> None:
    """`heads` equals `output` here, and passes without points."""
    answer = '{"heads": [[0.67, 0.33], [0.5, 0.5]], "output": [[0.67, 0.33], [0.5, 0.5]]}'
    report = json.loads(check(PLAIN, "-", "-f", "json", stdin=answer).stdout)
    passed = [result["name"] for result in report["results"] if result["passed"]]
    assert sorted(passed) == ["heads", "output"]
    assert (report["score"], report["max_score"]) == (1, 1)


def test_zeros_and_lost_signs_are_wrong() -> None:
    """Zeros score 0, and a lost minus sign is a mistake."""
    document = '{"Q": [[-1, 2]], "K": [[3, 0], [0, -2]], "score": "dot"}'
    assert verdict(document, "scores", [[-3, -4]]) == "right"
    assert verdict(document, "scores", [[3, 4]]) == "wrong"
    run = check(document, "-", "-f", "json", stdin='{"scores": [[0, 0]]}')
    assert (run.exit_code, json.loads(run.stdout)["score"]) == (1, 0)


def test_json_has_the_shape_of_check50() -> None:
    """JSON has the fields of check50: results in the order of the plan, null where not answered."""
    report = json.loads(check(LESSON, str(ANSWERS / "as_published.json"), "-f", "json").stdout)
    assert list(report) == ["results", "score", "max_score"]
    assert [result["name"] for result in report["results"]] == [
        *("Q", "K", "V", "scores", "weights", "output"),
    ]
    for result in report["results"]:
        assert list(result) == ["name", "passed", "data", "cause"]
        assert set(result["data"]) == {"verdict", "type", "cells", "first"}
        if result["cause"]:
            assert list(result["cause"]) == ["rationale", "help", "mistakes"]


def test_gradescope_results_hold_one_test_per_step() -> None:
    """Gradescope's results hold one test per step, whose scores add up, and coloured text."""
    answer = str(ANSWERS / "self_attention/mistake.json")
    report = json.loads(check(LESSON, answer, "-f", "gradescope").stdout)
    assert sum(test["score"] for test in report["tests"]) == report["score"] == 6
    assert report["output_format"] == "ansi"
    assert "\x1b[" in report["output"]
    status = {test["name"]: test.get("status") for test in report["tests"]}
    # weights and output follow from scaled, and earn all their points.
    assert [name for name, word in status.items() if word == "failed"] == ["scaled"]
    assert set(status.values()) == {"passed", "failed"}


def test_gradescope_shows_full_marks_as_passed() -> None:
    """A step that follows is passed if it earns points; a missing step is not a test result."""
    answer = '{"scores": [[0, 5]], "weights": [[0.0067, 0.9933]], "output": [[3]]}'
    problem = '{"Q": [[1]], "K": [[0], [4]], "V": [[1], [3]], "score": "dot", "W_o": [[1]]}'
    for points, word in (("2", "passed"), ("scores=1,weights=0", "failed")):
        run = check(problem, "-", "--points", points, "-f", "gradescope", stdin=answer)
        tests = {test["name"]: test for test in json.loads(run.stdout)["tests"]}
        assert tests["weights"]["status"] == word
        assert "heads" not in tests
        assert tests["scores"]["status"] == "failed"


def test_gradescope_passes_a_right_step_without_points() -> None:
    """A right step that is worth nothing is passed; a rounded one fails with --strict."""
    answer = '{"weights": [["0.0180", "1"]]}'
    for options, word in (((), "passed"), (("--strict",), "failed")):
        run = check(LAST, "-", "--points", "0", *options, "-f", "gradescope", stdin=answer)
        tests = {test["name"]: test for test in json.loads(run.stdout)["tests"]}
        assert tests["weights"]["status"] == word


def test_markdown_is_written_by_its_suffix(tmp_path: Path) -> None:
    """`-o report.md` writes Markdown without a --format."""
    arguments = [LESSON, str(ANSWERS / "self_attention/mistake.json"), "-o"]
    check(*arguments, str(tmp_path / "report.md"))
    text = (tmp_path / "report.md").read_text(encoding="utf-8")
    assert text.startswith("**Wrong from scaled on: the scores were not scaled.**\n")
    assert "| `scaled`  | wrong   | `no-scale` |" in text
    assert "points" not in text
    check(*arguments, str(tmp_path / "points.md"), "--points", "2")
    text = (tmp_path / "points.md").read_text(encoding="utf-8")
    assert "| `scaled`  | wrong   | 0 of 2 | `no-scale` |" in text
    assert "**12 of 14 points**" in text


def test_labels_are_escaped_in_markdown(tmp_path: Path) -> None:
    """`check` escapes labels in Markdown as `explain` does."""
    tokens = ["<b>*x*</b>", "a_b_c|[d](e)`#~&lt;"]
    problem = tmp_path / "problem.json"
    problem.write_text(json.dumps({"X": [[1, 2], [3, 5]], "tokens": tokens}), encoding="utf-8")
    answer = json.dumps({"scores": [[1, 2], [3, 4]]})
    report = check(str(problem), "-", "-f", "markdown", stdin=answer).stdout
    arguments = [str(problem), "scores[1,2]", "-f", "markdown"]
    explained = CliRunner().invoke(cli, ["explain", *arguments]).stdout
    escaped = (r"\<b\>\*x\*\</b\>", r"a\_b\_c\|\[d\](e)\`\#\~\&lt;")
    for label, safe in zip(tokens, escaped, strict=True):
        assert f"({safe})" in report
        assert safe in explained
        assert label not in report + explained


def test_laws_need_no_problem() -> None:
    """`check --laws` needs no problem, and names the place where a law fails."""
    run = check("--laws", str(ANSWERS / "as_published.json"), "-f", "json")
    found = {r["name"]: r["passed"] for r in json.loads(run.stdout)["results"]}
    assert run.exit_code == 1
    assert found["weights-sum-to-1"] is True
    assert found["scores-are-products"] is False
    assert "masked-cells-have-no-weight" not in found


@pytest.mark.parametrize(
    "answer", sorted(ANSWERS.glob("*/right.json")), ids=lambda p: p.parent.name
)
def test_right_answers_break_no_law(answer: Path) -> None:
    """The right answers to every sample break no law."""
    sample = json.loads((ROOT / f"samples/{answer.parent.name}.json").read_text(encoding="utf-8"))
    said = [name for name in ("layout", "normaliser", "temperature") if name in sample]
    options = [part for name in said for part in (f"--{name}", str(sample[name]))]
    assert check("--laws", str(answer), *options).exit_code == 0


SIGMOIDS = {"scaled": [[0, 1], [-1, 2]], "weights": [["0.5", "0.6225"], ["0.3775", "0.7311"]]}


@pytest.mark.parametrize("name", ["output", "heads"])
def test_rows_that_may_attend_nothing_break_no_law(name: str) -> None:
    """A row without keys has output 0 outside of the values and breaks no law; other numbers do."""
    answer = {"weights": [[0, 0], [0.5, 0.5]], "V": [[1, -4], [3, -2]], name: [[0, 0], [2, -3]]}
    found = results("--laws", "-", stdin=json.dumps(answer))
    assert [found[law]["passed"] for law in (*OF_ROWS, "output-lies-among-the-values")] == [
        True
    ] * 3
    answer[name] = [[0.5, 0], [2, -3]]
    found = results("--laws", "-", stdin=json.dumps(answer))["output-lies-among-the-values"]
    expected = f"At row 1, column 1, {name} is 0.5, but column 1 of V lies between 1 and 3."
    assert expected == found["cause"]["rationale"]


OF_ROWS = ("weights-sum-to-1", "output-is-the-weighted-sum")


def test_laws_may_know_the_normaliser() -> None:
    """Laws take the normaliser from an option or the answer; rows of sigmoids need not sum to 1."""
    options = ("--normaliser", "sigmoid", "--temperature", "2")
    said = {"normaliser": "sigmoid", "temperature": 2}
    for found in (
        results("--laws", "-", *options, stdin=json.dumps(SIGMOIDS)),
        results("--laws", "-", stdin=json.dumps({**SIGMOIDS, **said})),
    ):
        assert found["weights-are-the-softmax"]["passed"] is True
        assert "weights-sum-to-1" not in found
    found = results("--laws", "-", stdin=json.dumps({**SIGMOIDS, "normaliser": "sigmoid"}))
    assert found["weights-are-the-softmax"]["passed"] is False
    found = results("--laws", "-", stdin=json.dumps(SIGMOIDS))
    assert found["weights-sum-to-1"]["passed"] is False


def test_laws_may_know_the_scoring() -> None:
    """With --score, scores that are not dot products break no law of dot products."""
    answer = json.dumps({"Q": [[1, 2]], "K": [[3, 4]], "scores": [[-4]]})
    for score, passed in (("dot", False), ("distance", None)):
        found = results("--laws", "-", "--score", score, stdin=answer)
        assert found.get("scores-are-products", {"passed": None})["passed"] is passed


BROKEN = [
    ("weights-sum-to-1", {"weights": [["0.50", "0.40"], [0.5, 0.5]]}),
    ("weights-are-shares", {"weights": [[1.5, -0.5]]}),
    ("masked-cells-have-no-weight", {"masked": [["1", "-inf"]], "weights": [[0.9, 0.1]]}),
    ("scores-are-products", {"Q": [[1, 2]], "K": [[3, 4]], "scores": [[12]]}),
    ("scaled-by-one-factor", {"scores": [[2, 4]], "scaled": [["1.00", "2.50"]]}),
    ("weights-are-the-softmax", {"scaled": [["1.00", "2.00"]], "weights": [["0.50", "0.50"]]}),
    (
        "output-is-the-weighted-sum",
        {"weights": [["0.50", "0.50"]], "V": [[1], [2]], "output": [[1.7]]},
    ),
    ("output-lies-among-the-values", {"V": [[1], [2]], "output": [[2.5]]}),
    (
        "norm_2.sum-is-the-residual",
        {"norm_1.output": [[1, 2]], "ffn.output": [[3, 4]], "norm_2.sum": [[4, 7]]},
    ),
    ("norm_1.mean-is-that-of-the-sum", {"norm_1": {"sum": [[1, 2]], "mean": [["1.6"]]}}),
    ("norm_1.variance-is-that-of-the-sum", {"norm_1": {"sum": [[1, 3]], "variance": [[4]]}}),
    ("norm_1.mean-square-is-that-of-the-sum", {"norm_1": {"sum": [[1, 3]], "mean_square": [[9]]}}),
    (
        "norm_1.norm-has-one-gamma-and-beta",
        {
            "norm_1": {
                "sum": [[0, 4, 5], [1, 0, 5], [3, 2, 0]],
                "mean": [[3], [2], ["5/3"]],
                "output": [["-1.4", "0.5", "0.9"], ["-0.4", "-0.9", "1.4"], ["1.2", "0.3", "1.3"]],
            }
        },
    ),
    ("ffn.activated-is-the-activation", {"ffn": {"hidden": [[1, -2]], "activated": [[1, 2]]}}),
    ("output-is-the-softmax-of-logits", {"logits": [[0, 0]], "output": [["0.50", "0.51"]]}),
]


@pytest.mark.parametrize(("law", "answer"), BROKEN, ids=[law for law, _ in BROKEN])
def test_each_law_can_be_broken(law: str, answer: dict[str, object]) -> None:
    """Each law fails for an answer that breaks it."""
    assert results("--laws", "-", stdin=json.dumps(answer))[law]["passed"] is False


@pytest.mark.parametrize(
    ("weights", "fact"),
    [
        ([[0.5, 1.5]], "At row 1, column 2, weights is 1.5,"),
        ([[-0.5, 0.5]], "At row 1, column 1, weights is -0.5,"),
        ([[None, "nan"]], "At row 1, column 2, weights is NaN,"),
    ],
)
def test_a_weight_is_a_number_from_0_to_1(weights: list[list[object]], fact: str) -> None:
    """A weight above 1, below 0 or NaN breaks the law; a blank does not."""
    answer = json.dumps({"weights": weights})
    found = results("--laws", "-", stdin=answer)["weights-are-shares"]
    assert found["cause"]["rationale"] == f"{fact} not between 0 and 1."


@pytest.mark.parametrize(
    ("more", "passed"),
    [({}, None), ({"masked": [["0", "1", "-inf"]]}, True), ({"masked": [["0", "1", "0"]]}, False)],
)
def test_weights_of_0_may_be_hidden_by_a_mask_that_is_not_shown(
    more: dict[str, object], passed: bool | None
) -> None:
    """Weights of 0 are not compared with a softmax of scores before the mask."""
    answer = {"scaled": [["0", "1", "0"]], "weights": [["0.269", "0.731", "0"]], **more}
    found = results("--laws", "-", stdin=json.dumps(answer))
    law = found.get("weights-are-the-softmax", {"passed": None})
    assert law["passed"] is passed


def test_only_laws_that_apply_are_listed() -> None:
    """Each law is worth one point, and a law without its steps is not in the report."""
    answer = '{"weights": [[0.5, 0.5]]}'
    report = json.loads(check("--laws", "-", "-f", "json", stdin=answer).stdout)
    listed = [(result["name"], result["passed"]) for result in report["results"]]
    assert listed == [("weights-sum-to-1", True), ("weights-are-shares", True)]
    assert (report["score"], report["max_score"]) == (2, 2)


@pytest.mark.parametrize("form", ["table", "markdown"])
def test_without_a_law_a_report_is_one_sentence(form: str) -> None:
    """An answer that no law checks has no table and no points, and exit status 0."""
    run = check("--laws", "-", "-f", form, stdin='{"output": [[1]]}')
    assert run.exit_code == 0
    assert run.stdout.replace("*", "") == (
        "No law can be checked. Give more steps, such as weights and V.\n"
    )


@pytest.mark.parametrize(("cells", "passed"), [([0.3, 0.3, 0.3], True), ([0.3, 0.3, 0.2], False)])
def test_laws_allow_for_numbers_of_one_decimal(cells: list[float], passed: bool) -> None:
    """Three weights rounded to one decimal may sum to 1 ± 0.15."""
    found = results("--laws", "-", stdin=json.dumps({"weights": [cells]}))
    assert found["weights-sum-to-1"]["passed"] is passed


SUMS = np.array([[0, 4, 5], [1, 0, 5], [3, 2, 0], [1, 2, 2]])
MEANS = SUMS.mean(axis=1, keepdims=True)
VARIANCES, SQUARES = SUMS.var(axis=1, keepdims=True), (SUMS**2).mean(axis=1, keepdims=True)
NORMED = {
    "under the root": (SUMS - MEANS) / np.sqrt(VARIANCES + 2),
    "added to the root": (SUMS - MEANS) / (np.sqrt(VARIANCES) + 2),
    "sample, under the root": (SUMS - MEANS) / np.sqrt(VARIANCES * 3 / 2 + 2),
    "sample, added to the root": (SUMS - MEANS) / (np.sqrt(VARIANCES * 3 / 2) + 2),
    "mean square, under the root": SUMS / np.sqrt(SQUARES + 2),
    "mean square, added to the root": SUMS / (np.sqrt(SQUARES) + 2),
}


@pytest.mark.parametrize("way", NORMED)
def test_the_law_of_norms_accepts_both_places_of_eps(way: str) -> None:
    """The law of norms accepts eps under the root or added to it, and detects a wrong eps."""
    output = (NORMED[way] * [0.5, -3, 2] + [1, 0, -2]).round(5).tolist()
    kind = {"mean_square": SQUARES} if "square" in way else {"variance": VARIANCES}
    norm = {"sum": SUMS, "output": output, **kind}
    answer = {f"norm_1.{name}": np.array(cells).tolist() for name, cells in norm.items()}
    for eps, passed in (("2", True), ("1e-5", False)):
        found = results("--laws", "-", "--eps", eps, stdin=json.dumps(answer))
        assert found["norm_1.norm-has-one-gamma-and-beta"]["passed"] is passed


def test_an_eps_without_option_may_be_up_to_a_thousandth() -> None:
    """Without --eps, an eps up to 1e-3 is accepted; with --eps 1e-5 it is wrong."""
    sums = (SUMS * 0.10001).round(5)  # digits enough to detect eps
    output = (sums - sums.mean(1, keepdims=True)) / np.sqrt(sums.var(1, keepdims=True) + 1e-3)
    mean = sums.mean(1, keepdims=True).round(6)
    norm = {"sum": sums.tolist(), "mean": mean.tolist(), "output": output.round(5).tolist()}
    for eps, passed in (([], True), (["--eps", "1e-5"], False)):
        found = results("--laws", "-", *eps, stdin=json.dumps({"norm_1": norm}))
        assert found["norm_1.norm-has-one-gamma-and-beta"]["passed"] is passed


def test_each_token_has_a_mean_and_a_variance_or_a_mean_square_of_its_own() -> None:
    """Mean, variance and mean square are 2, 1, 5 for (1, 3), and −1, 9, 10 for (2, −4)."""
    norm = {"sum": [[1, 3], [2, -4]], "mean": [[2], [-1]], "variance": [[1], [9]]}
    answer = json.dumps({"norm_1": {**norm, "mean_square": [[5], [10]]}})
    found = results("--laws", "-", stdin=answer)
    for law in ("mean", "variance", "mean-square"):
        assert found[f"norm_1.{law}-is-that-of-the-sum"]["passed"] is True


def test_one_token_breaks_no_law_of_norms() -> None:
    """For a single token any gamma and beta fulfil the law of norms."""
    answer = {"norm_1": {"sum": [[0, 4, 5]], "mean": [[3]], "output": [[1.5, 7.25, -3.75]]}}
    found = results("--laws", "-", stdin=json.dumps(answer))
    assert found["norm_1.norm-has-one-gamma-and-beta"]["passed"] is True


def test_every_law_is_tested() -> None:
    """Each law has an answer that breaks it."""
    assert [law.rpartition(".")[2] for law, _ in BROKEN] == list(LAWS)


def test_the_catalogue_is_listed_with_formulas() -> None:
    """`--mistakes` lists every mistake with its formula and its text."""
    listed = check("--mistakes").stdout
    for name, entry in MISTAKES.items():
        assert name in listed
        assert entry.formula in listed
        assert entry.done in listed


ERRORS = [
    ([], None, "check needs a problem and an answer. Write attncli check problem.json answer.json"),
    ([LESSON], None, "check needs an answer beside the problem. Write attncli check problem.json"),
    (["X=[[1]]"], None, "check needs an answer beside the problem."),
    (["weights=[[1]]"], None, "check needs a problem beside the answer. Write attncli check"),
    (["-", "--step", "weights"], "[[1]]", "check needs an answer beside the problem."),
    ([LESSON] * 2, None, "self_attention.json: the answer holds no step. Its steps are Q, K, V"),
    ([LESSON] * 3, None, "check needs a problem and an answer, but there are 3 files."),
    ([LESSON, "-", "heads=2"], "{}", "Write --heads 2."),
    ([LESSON, "-", "wights=[[1]]"], "{}", "the name 'wights' is unknown. Did you mean weights?"),
    (
        [LESSON, 'weights={"Q": [[1]], "K": [[1]]}'],
        None,
        """weights={"Q": [[1]], "K": [[1]]}: it holds Q, K, but not weights.""",
    ),
    (
        [LESSON, "-"],
        '{"weights": [[1]], "attention": [[1]]}',
        "standard input: weights is given twice: as 'weights' and as 'attention'. Leave out one",
    ),
    (
        [LESSON, "-", "--step", "output"],
        '{"weights": [[1]]}',
        "--step output has no effect: the matrices of standard input have names. Leave out --step.",
    ),
    (
        [LESSON, "weights=[[1]]", "--step", "output"],
        None,
        "--step output has no effect: STEP=FILE already names the step. Leave out --step.",
    ),
    (
        [LESSON, "-", "--decimals", "2", "--atol", "0"],
        "{}",
        "--decimals and --atol exclude each other: each decides which cells are right. Leave out",
    ),
    (
        [LESSON, "-", "--decimals", "0", "--rtol", "1"],
        "{}",
        "--decimals and --rtol exclude each other: each decides which cells are right. Leave out",
    ),
    ([LESSON, "-"], '{"wights": [[1]]}', "the name 'wights' is unknown. Did you mean weights?"),
    ([LESSON, "-"], '{"hidden": [[1]]}', "hidden is not a step of this calculation"),
    (
        [LESSON, "-"],
        '{"scores": [[1, "two"]]}',
        "scores, row 1, column 2 is 'two': not arithmetic.",
    ),
    ([LESSON, "-"], '{"scores": [[1, true]]}', "scores, row 1, column 2 is True: a truth value."),
    ([LESSON, "-"], '{"scores": [[1, 2], [3]]}', "row 2 of scores has 1 cell, row 1 has 2 cells."),
    ([LESSON, "-"], '{"title": "nothing"}', "the answer holds no step."),
    ([LESSON, "-"], '{"Q": [["1e99999", 1]]}', "is '1e99999': too large, or too small"),
    ([LESSON, "-"], "[[1, 2]]", "its matrix has no name."),
    ([LESSON, "-"], '{"X": [[9]]}', "X of the answer is not the X of the problem."),
    (
        [LESSON, "-"],
        '{"X": [[1, 0, 1, 0], [0, 2, 0, 2], [1, 1, 1, 1.01]], "Q": [[1]]}',
        "X of the answer is not the X of the problem. An answer holds steps; leave out the inputs.",
    ),
    (
        [LESSON, "-", "--points", "weights=x"],
        "{}",
        "--points weights=x: 'x' is not a number of points.",
    ),
    (
        [LESSON, "-", "--points", "wights=1"],
        "{}",
        "--points wights=1: wights is not a step of this calculation (did you mean 'weights'?).",
    ),
    (
        [LESSON, "-", "--atol", "nan"],
        "{}",
        "--atol is 'nan': it must be a number of at least 0",
    ),
    (["--laws"], None, "--laws needs one answer, but there is none. Write attncli check --laws"),
    (["--laws", LESSON, LESSON], None, "--laws needs one answer, but there are 2 files."),
    (
        ["--laws", "X=[[1]]", "weights=[[1]]"],
        None,
        "X=[[1]]: --laws checks an answer without its problem. Leave out the input, or leave out",
    ),
    *(
        (["--laws", "-", *option], "{}", f"{option[0]} has no effect with --laws. Leave out one")
        for option in (
            *(["--strict"], ["--points", "2"], ["--decimals", "0"], ["--atol", "0"]),
            *(["--rtol", "0"], ["--mask", "causal"], ["--heads", "2"]),
        )
    ),
    *(
        (["--mistakes", *option], None, f"{option[0]} has no effect with --mistakes. Leave out one")
        for option in (["--step", "Q"], ["--laws"], ["--strict"], ["--score", "dot"])
    ),
    (
        ["--mistakes", "-f", "gradescope"],
        None,
        "--format gradescope has no effect with --mistakes. Write --format table or json.",
    ),
    (
        ["--mistakes", "no-scale", "no-scal"],
        None,
        "'no-scal' is not a known mistake (did you mean 'no-scale'?). attncli check --mistakes",
    ),
]


@pytest.mark.parametrize(
    ("arguments", "stdin", "message"),
    ERRORS,
    ids=[f"{' '.join(e[0][-2:])}: {e[2]}" for e in ERRORS],
)
def test_bad_input_ends_with_2(arguments: list[str], stdin: str | None, message: str) -> None:
    """Bad input ends with status 2, one line on stderr and nothing on stdout."""
    run = CliRunner().invoke(cli, ["check", *arguments], input=stdin)
    assert (run.exit_code, run.stdout) == (2, "")
    assert message in run.stderr
    assert run.stderr.count("\n") == 1


if __name__ == "__main__":
    GOLDEN.mkdir(parents=True, exist_ok=True)
    for sample, answer in CASES:
        golden_file(answer).write_text(drawn(sample, answer), encoding="utf-8")
