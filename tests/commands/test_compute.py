"""Test `attncli compute` for its users: numbers, choices, output, warnings, terminals, pipes."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest

from tests.running import ROOT, computed, succeed

LESSON = str(ROOT / "samples/self_attention.json")


def test_the_lesson_comes_out_right() -> None:
    """The worked example of the lessons has the right result, unlike its published program."""
    steps = json.loads(succeed("compute", LESSON, "--score", "dot", "-f", "json").stdout)
    assert list(steps) == ["Q", "K", "V", "scores", "weights", "output"]
    assert steps["Q"] == [[1, 0, 2], [2, 2, 2], [2, 1, 3]]
    assert steps["K"] == [[0, 1, 1], [4, 4, 0], [2, 3, 1]]
    assert steps["V"] == [[1, 2, 3], [2, 8, 0], [2, 6, 3]]
    assert steps["scores"] == [[2, 4, 4], [4, 16, 12], [4, 12, 10]]
    weights = [[0.0634, 0.4683, 0.4683], [0.0, 0.9820, 0.0180], [0.0003, 0.8805, 0.1192]]
    output = [[1.9366, 6.6831, 1.5951], [2.0, 7.9640, 0.0540], [1.9997, 7.7599, 0.3584]]
    np.testing.assert_allclose(steps["weights"], weights, rtol=0, atol=5e-5)
    np.testing.assert_allclose(steps["output"], output, rtol=0, atol=5e-5)


def test_one_sample_in_three_layouts_has_one_output() -> None:
    """Rows and torch write the same output, and columns write its transpose."""
    names = ("self_attention", "self_attention_torch", "self_attention_columns")
    outputs = [
        np.array(
            json.loads(succeed("compute", f"samples/{name}.json", "-f", "json").stdout)["output"]
        )
        for name in names
    ]
    np.testing.assert_array_equal(outputs[0], outputs[1])
    np.testing.assert_allclose(outputs[0], outputs[2].T, rtol=1e-15)


@pytest.mark.parametrize("sample", sorted((ROOT / "samples").glob("*.*")), ids=lambda p: p.name)
def test_every_sample_is_calculated(sample: Path) -> None:
    """Every sample is calculated without a warning, and to JSON that other programs read."""
    run = succeed("compute", str(sample), "-f", "json")
    assert json.loads(run.stdout)["output"]
    assert run.stderr == ""


def test_the_csv_samples_are_the_json_sample() -> None:
    """One sectioned CSV file, and a CSV file per matrix, give what the JSON sample gives."""
    expected = computed(LESSON)
    files = [f"{name}=samples/csv/{name}.csv" for name in ("X", "W_q", "W_k", "W_v")]
    assert computed("samples/self_attention.csv") == expected
    assert computed(*files) == expected


def test_only_shows_the_named_steps_under_their_numbers() -> None:
    """`--only` shows the named steps in the order of the calculation, in any spelling."""
    screen = succeed("compute", LESSON, "--only", "OUTPUT,scores", "--only", "w_e_ights").stdout
    assert re.findall(r"(?m)^(\d+)  (\w+) = ", screen) == [
        ("4", "scores"),
        ("6", "weights"),
        ("7", "output"),
    ]


def test_one_step_as_csv_is_bare() -> None:
    """`--only weights -f csv` is a matrix for a spreadsheet, without a name."""
    text = succeed("compute", LESSON, "--only", "scores", "-f", "csv").stdout
    assert text == "2.0,4.0,4.0\n4.0,16.0,12.0\n4.0,12.0,10.0\n"


@pytest.mark.parametrize(("dtype", "bits"), [("float64", 8), ("float32", 4), ("float16", 2)])
def test_results_have_the_dtype_that_was_chosen(dtype: str, bits: int, tmp_path: Path) -> None:
    """Every step has the chosen dtype."""
    target = tmp_path / "steps.npz"
    mask = ["--mask", "causal", "--mask", "[[0.5, 0, -0.5]]"]
    succeed("compute", LESSON, "--dtype", dtype, "--scale", "0.3", *mask, "-o", str(target))
    with np.load(target) as steps:
        assert {name: steps[name].dtype.itemsize for name in steps.files} == dict.fromkeys(
            ("Q", "K", "V", "scores", "scaled", "masked", "weights", "output"), bits
        )


@pytest.mark.parametrize("precision", [0, 1, 20])
def test_precision_is_the_number_of_decimals(precision: int) -> None:
    """`-p` sets the number of decimals, from 0 to 20."""
    screen = succeed("compute", "[[3]]", "--only", "output", "-p", str(precision)).stdout
    assert screen.split()[-1] == f"{3:.{precision}f}"


WARNINGS = [
    (
        ["[[1,0],[0,1]]", "--tokens", "I,love", "--mask", "[[1,0],[0,0]]"],
        "no key may be attended to by query 2 (love): weights and output are 0 there.",
    ),
    (
        ["Q=[[1,2]]", "K=[[1,2]]", "--mask", "padding:0"],
        "no key may be attended to by query 1: weights are 0 there.",
    ),
    (
        ["[[1,2]]", "--mask", "padding:0", "--heads", "2"],
        (
            "no key may be attended to by head 1, query 1; head 2, query 1: "
            "weights and heads are 0 there."
        ),
    ),
    (
        ["[[[1],[2]],[[3],[4]]]", "--mask", "padding:2,0"],
        (
            "no key may be attended to by batch entry 2, query 1; batch entry 2, query 2: "
            "weights and output are 0 there."
        ),
    ),
    (
        ["[[1],[2],[3],[4],[5],[6],[7]]", "--mask", "padding:0"],
        (
            "no key may be attended to by query 1; query 2; query 3; query 4; query 5 and 2 more: "
            "weights and output are 0 there."
        ),
    ),
    (
        ["[[1,0],[0,1]]", "--mask", "causal", "--mask-kind", "drop"],
        "mask_kind has no effect: the document has no mask matrix.",
    ),
    (
        ["[[1,0],[0,1]]", "--fill", "-5"],
        "fill has no effect: the document has no mask that hides keys.",
    ),
    (
        ["[[1,0],[0,1]]", "--activation", "gelu"],
        "activation has no effect: the document has no feed-forward.",
    ),
    (
        ["[[1,0],[0,1]]", "--norm", "pre"],
        "norm has no effect: the document has no layer.",
    ),
    (
        ["[[1,0],[0,1]]", "--eps", "1e-3"],
        "eps has no effect: the document has no norm.",
    ),
    (
        ["Q=[[1]]", "K=[[1]]", "--scale-embeddings", "true"],
        "scale_embeddings has no effect: the document has no X.",
    ),
    (
        ["Q=[[1e200]]", "K=[[-1e200]]", "V=[[1]]"],
        "scores overflows float64: 1 of 1 value became infinite or NaN.",
    ),
    (["[[1,0],[0,1]]", "W_a=[[1]]"], "W_a is not used by scaled scoring."),
    (
        ["[[300,0],[0,1]]", "--dtype", "float16", "--score", "dot"],
        "scores overflows float16: 1 of 4 values became infinite or NaN.",
    ),
]


@pytest.mark.parametrize(("arguments", "warning"), WARNINGS, ids=[w[:40] for _, w in WARNINGS])
def test_warnings_are_printed_on_stderr(arguments: list[str], warning: str) -> None:
    """Warnings are printed on stderr, and the result is printed on stdout all the same."""
    run = succeed("compute", *arguments, "-f", "json")
    assert run.stderr == f"Warning: {warning}\n"
    json.loads(run.stdout)


def test_a_row_that_may_attend_nothing_is_zero() -> None:
    """A query without keys has weights and output 0, not NaN and not the mean."""
    steps = json.loads(
        succeed("compute", "[[1,2],[3,4]]", "--mask", "[[0,0],[1,1]]", "-f", "json").stdout
    )
    assert (steps["weights"][0], steps["output"][0]) == ([0, 0], [0, 0])


def test_an_overflowed_score_that_is_masked_gives_no_nan() -> None:
    """A score that overflowed stays −inf under a mask of −inf, and does not become NaN."""
    arguments = ["[[300,0],[0,1]]", "--dtype", "float16", "--score", "dot"]
    run = succeed("compute", *arguments, "--mask", '[["-inf",0.5],[0,0]]', "-f", "json")
    steps = json.loads(run.stdout)
    assert steps["scores"][0][0] == "inf"
    assert (steps["masked"][0], steps["weights"][0]) == (["-inf", 0.5], [0, 1])


def test_a_finite_fill_overwrites_the_scores() -> None:
    """With a finite fill, a query without keys has equal weights, as softmax gives."""
    arguments = ("[[1,2],[3,4]]", "--mask", "[[0,0],[1,0]]", "--fill", "-1e9", "-f", "json")
    run = succeed("compute", *arguments)
    steps = json.loads(run.stdout)
    assert (steps["masked"][0], steps["weights"][0]) == ([-1e9, -1e9], [0.5, 0.5])
    assert run.stderr == ""


def test_masks_on_the_command_line_may_be_json() -> None:
    """--mask accepts an object as in a document, in any case, and either minus sign."""
    steps = [
        succeed("compute", "[[1],[2],[3]]", "--mask", mask, "--only", "masked", "-f", "csv").stdout
        for mask in ('{"window": [-1, 0]}', "window:-1,0", "Window: −1, 0", "causal")
    ]
    assert len(set(steps)) == 1
