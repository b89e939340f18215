"""Test `attncli compare`: several conventions side by side, and the cell where they differ."""

from __future__ import annotations

import json

import numpy as np
import pytest
from click.testing import CliRunner

from attncli.calculation.analyses.comparison import Calculated
from attncli.calculation.analyses.comparison import compare as compared
from attncli.calculation.plans.from_document import read
from attncli.calculation.problem.document import Document as DocumentOfMatrices
from attncli.calculation.problem.document import Entry
from attncli.cli.program import cli
from attncli.records import replace
from tests import layered
from tests.matrices import Document, matrix, numbers
from tests.running import compute

# Side by side.


def compare(document: Document, *options: str) -> str:
    """Return the output of `attncli compare`."""
    run = CliRunner().invoke(cli, ["compare", "-", *options], input=json.dumps(document))
    assert run.exit_code == 0, run.stderr
    return run.stdout


def pair(*names: str) -> list[str]:
    """Return two conventions as options."""
    return [part for name in names for part in ("--convention", name)]


SMALL = {
    "Q": [[1, 0], [0, 2]],
    "K": [[1, 1], [0, 1], [2, 0]],
    "V": [[1], [0], [1]],
    "mask": [[False, False, False], [True, True, False]],
}


def test_the_first_difference_is_shown_with_its_cell() -> None:
    """The first differing cell is shown, with one table column per convention, and a sentence."""
    assert compare(SMALL, *pair("paper", "d2l", "onnx")) == (
        "d2l differs from paper at weights, row 1, column 1: "
        "0 under paper, 0.3333 under d2l.\n"
        "Hidden scores in masked are -inf under paper, -1e+06 under d2l.\n"
        "onnx does not differ from paper: every step is the same.\n"
        "\n"
        "Largest difference of each step from paper:\n"
        "\n"
        " step        d2l  onnx\n"
        "───────────────────────\n"
        " scores     same  same\n"
        " scaled     same  same\n"
        " masked     fill  same\n"
        " weights  0.3333  same\n"
        " output   0.6667  same\n"
    )


def test_one_convention_is_set_beside_paper_as_json() -> None:
    """One convention is compared with paper, and a step that it omits equals the step before it."""
    found = json.loads(compare({**SMALL, "mask": "causal"}, *pair("keras"), "-f", "json"))
    (keras,) = found.pop("compared")
    assert found == {"against": "paper"}
    assert (keras["name"], keras["differs_at"]) == ("keras", "scaled")
    assert keras["cell"] == [1, 3]
    np.testing.assert_allclose(keras["values"], [2 / np.sqrt(2), 2])
    assert keras["differences"]["scores"] == 0
    np.testing.assert_allclose(keras["differences"]["masked"], 2 - 2 / np.sqrt(2))
    assert keras["fills"] == {"masked": ["-inf", -1e9]}


def test_a_key_that_one_side_hides_is_a_difference() -> None:
    """Two fills are not a difference of scores; a hidden score beside a visible one is."""
    document = {**SMALL, "mask": "causal", "K_past": [[1, 1]], "V_past": [[1]]}
    found = json.loads(compare(document, *pair("paper", "torch-sdpa"), "-f", "json"))
    (torch,) = found["compared"]
    assert (torch["differs_at"], torch["differences"]["masked"]) == ("masked", "inf")
    assert torch["fills"] == {}


def test_differences_beyond_roundoff_are_reported() -> None:
    """An eps of 0.001 instead of 0.00001 is a difference beside a variance of about a million."""
    large = (1000 * numbers(matrix("X", 3, 5))).tolist()
    document = {"layer": "encoder", "score": "dot", "X": large}
    document |= {f"norm_{number}": {"gamma": [1.0] * 5, "beta": [0.0] * 5} for number in (1, 2)}
    document["self"] = {f"W_{letter}": matrix(f"W_{letter}", 5, 5) for letter in "qkvo"}
    document["ffn"] = {"W_1": matrix("W_1", 5, 7), "b_1": [0.0] * 7}
    document["ffn"] |= {"W_2": matrix("W_2", 7, 5), "b_2": [0.0] * 5}
    found = json.loads(compare(document, *pair("paper", "keras"), "-f", "json"))
    (keras,) = found["compared"]
    assert keras["differs_at"] == "norm_1.output"
    assert 1e-11 < keras["differences"]["norm_1.output"] < 1e-7


def test_roundoff_of_large_numbers_is_not_a_difference() -> None:
    """Sums in another order differ by more than 1e-9 beside a billion, and count as equal."""
    document: Document = {"X": matrix("X", 7, 5), "mask": "causal"}
    document |= {"W_q": matrix("W_q", 5, 3), "W_k": matrix("W_k", 5, 3)}
    document["W_v"] = (1e9 * numbers(matrix("W_v", 5, 11))).tolist()
    found = json.loads(compare(document, "--token-by-token", "-f", "json"))
    (by_token,) = found["compared"]
    assert by_token["differences"]["V"] > 1e-9
    assert by_token["differs_at"] is None


@pytest.mark.parametrize("sample", ["decoder_layer", "transformer"])
def test_roundoff_of_float32_is_not_a_difference(sample: str) -> None:
    """Rounding in float32 does not make token by token differ from all tokens at once."""
    arguments = ["compare", f"sample:{sample}", "--token-by-token", "--dtype", "float32"]
    run = CliRunner().invoke(cli, arguments)
    assert "token by token does not differ from all at once: the largest difference" in run.stdout


def differing(step: str, change: float, **choices: str) -> bool:
    """Return True if a calculation with a change at one step and all later steps differs."""
    given = {"Q": matrix("Q", 3, 2), "K": matrix("K", 4, 2), "V": matrix("V", 4, 2), **choices}
    problem, plan = read(
        DocumentOfMatrices(
            {
                name: Entry(value if isinstance(value, str) else np.array(value), "")
                for name, value in given.items()
            }
        )
    )
    trace = plan.run(problem.matrices)
    later = plan.names[plan.names.index(step) :]
    changed = {
        name: matrix + matrix.dtype.type(change) if name in later else matrix
        for name, matrix in trace.matrices.items()
    }
    sides = trace, replace(trace, matrices=changed)
    pair = (Calculated("", problem, side) for side in sides)
    return compared(*pair).first_difference is not None


@pytest.mark.parametrize(
    ("step", "change", "choices", "differs"),
    [
        ("scores", 1e-13, {}, False),
        ("scores", 1e-9, {}, True),
        ("weights", 1e-5, {"dtype": "float32"}, False),
        ("weights", 1e-3, {"dtype": "float32"}, True),
        ("scores", 5e-3, {"dtype": "float16"}, False),
        ("scores", 1e-1, {"dtype": "float16"}, True),
        ("scores", 1e-9, {"softmax_dtype": "float16"}, True),
        ("weights", 5e-4, {"softmax_dtype": "float16"}, False),
    ],
)
def test_roundoff_depends_on_the_type_of_the_numbers(
    step: str, change: float, choices: dict[str, str], differs: bool
) -> None:
    """A step in a coarse type, and all steps after it, may differ by the rounding of that type."""
    assert differing(step, change, **choices) is differs


@pytest.mark.parametrize("names", [("paper", "torch-mha"), ("torch-mha", "paper")])
def test_a_step_of_one_side_stands_where_that_side_calculates_it(names: tuple[str, ...]) -> None:
    """`average` stands after the weights, as in torch-mha, in each attention of a layer."""
    document = layered.document("decoder") | {"layout": "rows"}
    found = json.loads(compare(document, *pair(*names), "-f", "json"))
    steps = list(found["compared"][0]["differences"])
    assert steps == list(compute({**document, "convention": "torch-mha"}))
    assert [name for name in steps if "average" in name] == ["self.average", "cross.average"]


def test_absent_steps_are_reported() -> None:
    """`average`, which only torch-mha has, is reported as absent in the other conventions."""
    document = {"X": matrix("X", 3, 4), "heads": 2, "layout": "rows"}
    told = compare(document, *pair("paper", "torch-mha"))
    assert (
        "torch-mha differs from paper at average: no such step under paper, 3 × 3 under torch-mha."
    ) in told
    found = json.loads(compare(document, *pair("paper", "torch-mha"), "-f", "json"))
    assert found["compared"][0]["differences"]["average"] is None
    assert found["compared"][0]["values"] is None
    assert " average  only here\n" in told
    assert "not here\n" in compare(document, *pair("torch-mha", "paper"))


def test_more_conventions_than_fit_the_screen_stand_below_each_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Tables of many conventions stand below each other, with all steps, and fit the width."""
    names = ("paper", "annotated-transformer", "torch-sdpa", "d2l", "onnx")
    monkeypatch.setenv("COLUMNS", "41")
    told = compare(
        {**SMALL, "title": "A title that takes more than a line of this screen"}, *pair(*names)
    )
    assert max(map(len, told.splitlines())) <= 41
    heads = [line.split() for line in told.splitlines() if line.startswith(" step")]
    assert [name for head in heads for name in head[1:]] == list(names[1:])
    assert told.count(" weights ") == len(heads) == 2


def test_cells_are_counted_as_the_layout_writes_them() -> None:
    """In the layout columns, the differing cell is named by the column of its query."""
    columns = {
        **{name: numbers(SMALL[name]).T.tolist() for name in "QKV"},
        "mask": np.array(SMALL["mask"]).T.tolist(),
        "layout": "columns",
        "tokens": ["I", "love"],
    }
    assert "keras differs from paper at scaled, row 3, column 1 (I):" in compare(
        columns, *pair("keras")
    )


def test_two_fills_are_only_a_remark() -> None:
    """If only hidden scores are different numbers, no step counts as different."""
    text = compare({**SMALL, "mask": "causal"}, *pair("d2l"))
    lines = [line for line in text.splitlines() if "─" not in line]
    assert lines == [
        "d2l differs from paper only in hidden scores.",
        "Hidden scores in masked are -inf under paper, -1e+06 under d2l.",
        "",
        "Largest difference of each step from paper:",
        "",
        " step      d2l",
        " scores   same",
        " scaled   same",
        " masked   fill",
        " weights  same",
        " output   same",
    ]


def test_warnings_say_under_which_convention() -> None:
    """Each convention's warnings are on stderr, with its name."""
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
            "Error: there is no convention to compare. Write --convention keras --convention d2l;",
        ),
        (pair("pytorch"), "Error: --convention is 'pytorch': it must be paper, torch-sdpa,"),
        (
            pair("torch-mha"),
            (
                "Error: under torch-mha: standard input: X is 3 × 2 but W_q is 2 × 5: X times W_q "
                "needs equal columns. Check that W_q is not transposed: see --layout. torch-mha "
                "reads layout torch; --layout rows sets the layout for all."
            ),
        ),
    ],
)
def test_what_cannot_be_compared_is_refused(options: list[str], message: str) -> None:
    """A comparison that is not possible is refused, with the convention named."""
    document = {
        "X": matrix("X", 3, 2),
        **{name: matrix(name, 2, 5) for name in ("W_q", "W_k", "W_v")},
        "heads": 1,
    }
    run = CliRunner().invoke(cli, ["compare", "-", *options], input=json.dumps(document))
    assert run.exit_code == 2
    assert run.stdout == ""
    assert run.stderr.startswith(message)


def test_a_document_in_the_layout_of_its_own_convention_gets_a_hint() -> None:
    """A document with torch-mha's layout gets a hint that paper reads the weights otherwise."""
    weights = {name: matrix(name, 5, 2) for name in ("W_q", "W_k", "W_v")}
    document = {"X": matrix("X", 3, 2), **weights, "convention": "torch-mha"}
    run = CliRunner().invoke(cli, ["compare", "-", *pair("paper")], input=json.dumps(document))
    assert run.stderr.endswith(
        " paper reads layout rows; --layout torch sets the layout for all.\n"
    )
