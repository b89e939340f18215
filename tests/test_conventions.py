"""What frameworks mean differently: each convention alone, and several side by side."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from attncli.calculation.conventions import CONVENTIONS
from attncli.cli.program import cli
from tests.test_sharing import Document, compute, matrix, numbers, refused

N, M, D = 3, 5, 7
QKV = {"Q": matrix("Q", N, D), "K": matrix("K", M, D), "V": matrix("V", M, 2)}
SQUARE = {name: matrix(name, D, D) for name in ("W_q", "W_k", "W_v")}
CACHE = {"K_past": matrix("K_past", 2, D), "V_past": matrix("V_past", 2, 2)}
EMPTY_ROW = {"mask": [[False] * M, [True] * M, [True, False, True, True, True]]}


def under(convention: str, document: Document) -> dict[str, Any]:
    """The steps of a document that names its convention."""
    return compute({**document, "convention": convention})


@pytest.mark.parametrize("name", CONVENTIONS)
def test_paper_is_what_is_done_unasked_and_others_are_known(name: str) -> None:
    """Each calculates a plain document; without masks and weights only Keras differs."""
    same = under(name, QKV) == compute(QKV)
    assert same == (name != "keras")


@pytest.mark.parametrize(
    ("name", "layout"),
    [
        (n, "torch" if n in ("torch-mha", "torch", "d2l", "annotated-transformer") else "rows")
        for n in CONVENTIONS
    ],
)
def test_weights_are_read_in_the_layout_of_the_convention(name: str, layout: str) -> None:
    """nn.Linear stores d_out × d_in; and what the document says itself holds."""
    document = {"X": matrix("X", N, D), **SQUARE, "score": "scaled", "heads": 1}
    assert under(name, document)["Q"] == compute({**document, "layout": layout})["Q"]
    assert under(name, {**document, "layout": "rows"})["Q"] == compute(document)["Q"]


def test_true_means_ignore_in_modules_of_pytorch_alone() -> None:
    """The polarity of a mask of booleans, or of 0 and 1; numbers are added."""
    mask = [[True, False, True, True, False]] * N
    as_numbers = [[int(cell) for cell in row] for row in mask]
    for name in ("torch-mha", "torch"):
        for written in (mask, as_numbers):
            hidden = numbers(under(name, {**QKV, "mask": written})["weights"]) == 0
            assert (hidden == np.array(mask)).all()
    for name in CONVENTIONS.keys() - {"torch-mha", "torch"}:
        shown = numbers(under(name, {**QKV, "mask": mask})["weights"]) > 0
        assert (shown == np.array(mask)).all(), name


def test_a_mask_of_numbers_beside_one_of_booleans_is_added() -> None:
    """The polarity of the first says nothing of the second: attn_mask beside key_padding_mask."""
    hides = [[False, False, False, True, True]] * N
    bias = matrix("bias", N, M)
    steps = under("torch-mha", {**QKV, "masks": [hides, bias]})
    scores = numbers(steps["scaled"]) + np.array(bias)
    np.testing.assert_allclose(numbers(steps["masked"]), np.where(hides, -np.inf, scores))


@pytest.mark.parametrize("name", CONVENTIONS)
def test_what_a_convention_sets_is_no_choice_of_the_user(name: str) -> None:
    """Its fill, norm and eps change nothing here, and nobody asked for them."""
    document = json.dumps({**QKV, "convention": name})
    assert CliRunner().invoke(cli, ["compute", "-"], input=document).stderr == ""


@pytest.mark.parametrize("name", CONVENTIONS)
def test_causal_counts_a_cache_only_where_the_convention_has_one(name: str) -> None:
    """Query 1 of 3 after two cached keys sees three keys, or one."""
    weights = numbers(under(name, {**QKV, **CACHE, "mask": "causal"})["weights"])
    expected = [3, 4, 5] if name in ("paper", "onnx") else [1, 2, 3]
    assert (weights > 0).sum(axis=1).tolist() == expected


@pytest.mark.parametrize(
    ("name", "row"),
    [
        *((name, [0.0] * M) for name in ("paper", "torch-sdpa", "torch", "onnx")),
        *((name, [1 / M] * M) for name in ("keras", "d2l", "annotated-transformer")),
    ],
)
def test_a_query_without_keys_gets_what_the_framework_gives(name: str, row: list[float]) -> None:
    """0 where the fill is −inf; equal shares where it is finite."""
    document = {**QKV, "mask_kind": "keep", **EMPTY_ROW}
    np.testing.assert_allclose(under(name, document)["weights"][0], row)


def test_a_query_without_keys_is_nan_in_torch_mha() -> None:
    """nn.MultiheadAttention divides 0 by 0; a warning says what becomes of the row."""
    document = {**QKV, "convention": "torch-mha", "mask_kind": "keep", **EMPTY_ROW}
    run = CliRunner().invoke(cli, ["compute", "-", "-f", "json"], input=json.dumps(document))
    assert json.loads(run.stdout)["weights"][0] == ["nan"] * M
    assert json.loads(run.stdout)["output"][0] == ["nan"] * 2
    assert run.stderr == (
        "Warning: no key may be attended by query 1: weights and output are NaN there.\n"
    )


def test_fills_are_those_of_the_frameworks() -> None:
    """And a fill of the document holds."""
    hidden = {**QKV, "mask": "causal"}
    for name, fill in (("d2l", -1e6), ("keras", -1e9), ("annotated-transformer", -1e9)):
        assert under(name, hidden)["masked"][0][-1] == fill
        assert under(name, {**hidden, "fill": -7})["masked"][0][-1] == -7
    assert under("onnx", hidden)["masked"][0][-1] == "-inf"


def test_windows_of_keras_count_the_own_key() -> None:
    """|i − j| < w: a window of 1 is the diagonal."""
    document = {"X": matrix("X", M, D)}
    for width in (1, 2, 4):
        ours = compute({**document, "mask": f"window:{width - 1},{width - 1}", "score": "dot"})
        theirs = under("keras", {**document, "mask": f"window:{width},{width}", "fill": "-inf"})
        assert theirs["weights"] == ours["weights"]


def test_the_mean_of_the_heads_is_a_step_of_torch_mha() -> None:
    """`average` follows the weights of several heads; one head has none."""
    document = {"X": matrix("X", N, 6), "heads": 3, "layout": "rows"}
    steps = under("torch-mha", document)
    assert list(steps)[-4:] == ["weights", "average", "heads", "output"]
    expected = sum(numbers(head) for head in steps["weights"]) / 3
    np.testing.assert_allclose(steps["average"], expected, rtol=1e-15)
    assert "average" not in under("torch-mha", QKV)
    assert "average is no step of this calculation" in refused(document, "--only", "average")


# Side by side.


def compare(document: Document, *options: str) -> str:
    """What `attncli compare` prints."""
    run = CliRunner().invoke(cli, ["compare", "-", *options], input=json.dumps(document))
    assert run.exit_code == 0, run.stderr
    return run.stdout


def pair(*names: str) -> list[str]:
    """Conventions as options."""
    return [part for name in names for part in ("--convention", name)]


SMALL = {
    "Q": [[1, 0], [0, 2]],
    "K": [[1, 1], [0, 1], [2, 0]],
    "V": [[1], [0], [1]],
    "mask": [[False, False, False], [True, True, False]],
}


def test_the_first_parting_is_told_with_its_cell() -> None:
    """A column a convention, a row a step, and a sentence each."""
    assert compare(SMALL, *pair("paper", "d2l", "onnx")) == (
        "The largest difference of each step from paper:\n"
        "\n"
        " step          d2l   onnx\n"
        "─────────────────────────\n"
        " scores       same   same\n"
        " scaled       same   same\n"
        " masked        inf   same\n"
        " weights    0.3333   same\n"
        " output     0.6667   same\n"
        "\n"
        "d2l parts from paper at masked: -inf there, -1000000.0000 here, in row 1, column 1.\n"
        "onnx does not part from paper: every step is the same.\n"
    )


def test_one_convention_is_set_beside_paper_as_json() -> None:
    """A left out step is the one before it: Keras does not scale."""
    found = json.loads(compare({**SMALL, "mask": "causal"}, *pair("keras"), "-f", "json"))
    (keras,) = found.pop("compared")
    assert found == {"against": "paper"}
    assert (keras["name"], keras["parts_at"]) == ("keras", "scaled")
    assert keras["cell"] == [1, 3]
    np.testing.assert_allclose(keras["values"], [2 / np.sqrt(2), 2])
    assert keras["differences"]["scores"] == 0
    assert keras["differences"]["masked"] == "inf"


def test_steps_of_other_sizes_and_absent_ones_are_told() -> None:
    """`average` is a step of torch-mha alone."""
    document = {"X": matrix("X", 3, 4), "heads": 2, "layout": "rows"}
    told = compare(document, *pair("paper", "torch-mha"))
    assert (
        "torch-mha parts from paper at average: no such step under paper, 3 × 3 under torch-mha."
    ) in told
    found = json.loads(compare(document, *pair("paper", "torch-mha"), "-f", "json"))
    assert found["compared"][0]["differences"]["average"] is None
    assert found["compared"][0]["values"] is None
    assert " average   only here\n" in told.replace("    ", "   ")
    assert "none here\n" in compare(document, *pair("torch-mha", "paper"))


def test_more_conventions_than_fit_the_screen_stand_below_each_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Each table has the steps at its side, and no line is wider than the screen."""
    names = ("paper", "annotated-transformer", "torch-sdpa", "d2l", "onnx")
    monkeypatch.setenv("COLUMNS", "41")
    told = compare(SMALL, *pair(*names))
    assert max(map(len, told.splitlines())) <= 41
    heads = [line.split() for line in told.splitlines() if line.startswith(" step")]
    assert [name for head in heads for name in head[1:]] == list(names[1:])
    assert told.count(" weights ") == len(heads) == 2


def test_cells_are_counted_as_the_layout_writes_them() -> None:
    """In columns a query is a column."""
    columns = {
        **{name: numbers(SMALL[name]).T.tolist() for name in "QKV"},
        "mask": np.array(SMALL["mask"]).T.tolist(),
        "layout": "columns",
        "tokens": ["I", "love"],
    }
    columns["mask"][0][0] = True
    assert "in row 2, column 1 (I)." in compare(columns, *pair("d2l"))


def test_warnings_say_under_which_convention() -> None:
    """One a convention, on stderr."""
    run = CliRunner().invoke(
        cli, ["compare", "-", *pair("paper", "onnx", "d2l")], input=json.dumps(SMALL)
    )
    assert [line.partition(": no")[0] for line in run.stderr.splitlines()] == [
        "Warning: under paper",
        "Warning: under onnx",
    ]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            [],
            "Error: no convention is named to compare. Write --convention A --convention B, out of",
        ),
        (pair("pytorch"), "Error: convention is 'pytorch': it must be paper, torch-sdpa,"),
        (
            pair("torch-mha"),
            (
                "Error: under torch-mha: standard input: X is 3 × 2 but W_q is 2 × 5: X times W_q needs "
                "equal columns. Check that W_q is not transposed: see --layout. torch-mha reads layout "
                "torch; --layout rows holds for all."
            ),
        ),
    ],
)
def test_what_cannot_be_compared_is_refused(options: list[str], message: str) -> None:
    """The convention is named."""
    document = {"X": matrix("X", 3, 2), **{name: matrix(name, 2, 5) for name in SQUARE}}
    run = CliRunner().invoke(cli, ["compare", "-", *options], input=json.dumps(document))
    assert run.exit_code == 2
    assert run.stdout == ""
    assert run.stderr.startswith(message)


def test_a_document_in_the_layout_of_its_own_convention_gets_a_hint() -> None:
    """It is paper that reads the weights otherwise, not torch-mha."""
    weights = {name: matrix(name, 5, 2) for name in SQUARE}
    document = {"X": matrix("X", 3, 2), **weights, "convention": "torch-mha"}
    run = CliRunner().invoke(cli, ["compare", "-", *pair("paper")], input=json.dumps(document))
    assert run.stderr.endswith(" paper reads layout rows; --layout torch holds for all.\n")
