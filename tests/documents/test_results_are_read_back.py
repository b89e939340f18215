"""The program reads what it writes: results in every form, with and without labels."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from attncli.documents.text.csv_text import parse_csv
from attncli.documents.text.csv_writer import write_csv, write_tsv
from attncli.face.functions import compute
from attncli.formats import FORMATS
from attncli.homework.answers.answer import is_value
from tests.running import SAMPLES, run, succeed

LESSON = str(SAMPLES / "self_attention.json")
FOR_PEOPLE = ("latex", "typst", "pdf", "svg", "html")  # nothing reads these back
READ_BACK = [name for name in FORMATS if name not in ("table", "long", "npy", *FOR_PEOPLE)]
LABELLED = [name for name in READ_BACK if "labels" in FORMATS[name].uses]

# Labels that a reader could take for numbers, blanks, arithmetic, names, choices or comments.
LABELS = [
    ["1", "2", "3"],
    ["2.5", "-inf", "1e3"],
    ["1,5", "1;5", "1\t5"],
    ["true", "nan", "0x1F"],
    ["e", "pi", "1/3"],
    ["½", "50%", "∞"],
    ["-", ".", "( )"],
    ["#1", 'a "b"', "c, d"],
    ["Q", "weights[2]", "x = 1"],
    ["I\nyou", "  he ", "'3'"],
    ["same", "same", "same"],
]


@pytest.mark.parametrize("options", [(name,) for name in READ_BACK] + [
    (name, "--labels") for name in LABELLED
], ids=" ".join)  # fmt: skip
@pytest.mark.parametrize(
    "sample",
    ["self_attention_columns", "two_heads", "padded_batch", "decoder_layer", "additive"],
)
def test_a_result_is_a_right_answer(sample: str, options: tuple[str, ...], tmp_path: Path) -> None:
    """`compute p.json -f FORM > key; check p.json key` passes, whatever the layout and the axes."""
    problem = str(SAMPLES / f"{sample}.json")
    key = tmp_path / f"key{FORMATS[options[0]].suffix}"
    key.write_bytes(succeed("compute", problem, "-f", *options).stdout_bytes)
    assert run("check", problem, str(key)).exit_code == 0


@pytest.mark.parametrize("options", [(name,) for name in READ_BACK] + [
    (name, "--labels") for name in LABELLED
], ids=" ".join)  # fmt: skip
def test_a_result_comes_back_through_a_pipe(options: tuple[str, ...]) -> None:
    """No suffix names the form there."""
    written = succeed("compute", LESSON, "-f", *options).stdout_bytes
    assert run("check", LESSON, "-", stdin=written).exit_code == 0


def test_one_step_comes_back_as_npy(tmp_path: Path) -> None:
    """The file holds no name, so the argument names the step."""
    file = tmp_path / "weights.npy"
    succeed("compute", LESSON, "--only", "weights", "-o", str(file))
    assert run("check", LESSON, f"weights={file}").exit_code == 0


@pytest.mark.parametrize("form", LABELLED)
@pytest.mark.parametrize("tokens", LABELS, ids=" ".join)
def test_no_label_is_read_as_a_number(tokens: list[str], form: str, tmp_path: Path) -> None:
    """A result with labels is a right answer, whatever text the labels are."""
    document = {
        "X": [[1, 0], [0, 1], [1, 1]],
        "W_q": [[1], [2]],
        "W_k": [[0], [1]],
        "W_v": [[3], [1]],
    }
    for layout in ("rows", "columns"):
        matrices = {n: np.transpose(m).tolist() for n, m in document.items()}
        given = {**(document if layout == "rows" else matrices), "layout": layout, "tokens": tokens}
        problem, key = tmp_path / "problem.json", tmp_path / f"key{FORMATS[form].suffix}"
        problem.write_text(json.dumps(given), encoding="utf-8")
        succeed("compute", str(problem), "--labels", "-o", str(key))
        checked = run("check", str(problem), str(key), "-f", "json")
        assert checked.exit_code == 0, checked.output


def written_with(tokens: list[str]) -> dict[str, Any]:
    """The weights of one-number tokens with these labels, as CSV and as TSV."""
    document = {"X": [[i] for i in range(len(tokens))], "tokens": tokens}
    result = compute(json.dumps(document), only="weights").made
    forms = {"csv": write_csv(result, labels=True), "tsv": write_tsv(result, labels=True)}
    return {"weights": result.matrices["weights"], **forms}


@settings(derandomize=True, deadline=None)
@example(["fill"])
@example(["fill = 1"])
@given(st.lists(st.text(st.characters(codec="utf-8")), min_size=1, max_size=4))
def test_any_text_may_be_a_label(tokens: list[str]) -> None:
    """A problem and an answer get back the same numbers, to the last bit."""
    written = written_with(tokens)
    for form in ("csv", "tsv"):
        for as_answer in (None, is_value):
            (part,) = parse_csv(written[form], as_answer).values()
            back = np.array(part.value, dtype=np.float64)
            np.testing.assert_array_equal(back, written["weights"])
            assert part.row_labels is not None
            assert part.column_labels is not None


def test_labels_stand_above_and_beside_a_matrix() -> None:
    """Rows and columns without tokens are numbered in words; ambiguous labels stand in quotes."""
    arguments = ["--tokens", "I,3", "--only", "Q,scores", "-f", "csv", "--labels"]
    document = ["X=[[1,0],[0,2]]", "W_q=[[1],[1]]", "W_k=[[1],[1]]", "W_v=[[1],[1]]"]
    assert succeed("compute", *document, *arguments).stdout.splitlines() == [
        *("Q", ",column 1", "I,1.0", "'3',2.0", ""),
        *("scores", ",I,'3'", "I,1.0,2.0", "'3',2.0,4.0"),
    ]


def test_a_matrix_is_bare_without_labels() -> None:
    """A spreadsheet and numpy.loadtxt read the numbers alone."""
    printed = succeed("compute", "samples/two_heads.json", "--only", "Q", "-f", "tsv").stdout
    assert np.loadtxt(printed.splitlines(), delimiter="\t").shape == (3, 4)


def test_json_carries_the_labels_of_tokens() -> None:
    """A reader sees which row belongs to which token."""
    result = json.loads(succeed("compute", "samples/decoder_layer.json", "-f", "json").stdout)
    assert list(result)[:2] == ["tokens", "memory_tokens"]
    assert result["memory_tokens"] == ["j'aime", "les", "maths", "<pad>"]
    assert "tokens" not in json.loads(succeed("compute", LESSON, "-f", "json").stdout)


def test_json_lines_carry_the_labels_of_each_side() -> None:
    """Only an axis of tokens has labels."""
    arguments = ["samples/cross_attention.json", "--only", "Q,weights", "-f", "jsonl"]
    first, second = map(json.loads, succeed("compute", *arguments).stdout.splitlines())
    assert (first["rows"], first.get("columns")) == (["je", "t'aime"], None)
    assert (second["rows"], second["columns"]) == (["je", "t'aime"], ["I", "love", "you"])


def test_a_result_with_labels_is_still_one_matrix(tmp_path: Path) -> None:
    """`X=FILE` finds the only matrix of a file that also holds tokens and a title."""
    file = tmp_path / "output.json"
    succeed("compute", "samples/two_heads.json", "--only", "output", "-o", str(file))
    assert "tokens" in json.loads(file.read_text(encoding="utf-8"))
    succeed("compute", f"X={file}")


def test_the_long_form_names_batch_entry_and_head() -> None:
    """Both count from 1 and are empty without such an axis; --labels gives names to the tokens."""
    arguments = ["samples/two_heads.json", "--only", "Q,weights", "-f", "long"]
    lines = succeed("compute", *arguments).stdout.splitlines()
    assert lines[:2] == ["step,batch,head,row,column,value", "Q,,,1,1,3.0"]
    assert lines[-1].startswith("weights,,2,3,3,0.1063")
    assert (
        succeed("compute", *arguments, "--labels")
        .stdout.splitlines()[-1]
        .startswith("weights,,2,sat,sat,0.1063")
    )
    batch = succeed("compute", "samples/padded_batch.json", "--only", "weights", "-f", "long")
    assert batch.stdout.splitlines()[-1].startswith("weights,2,,")


def test_the_long_form_numbers_the_queries_of_hidden() -> None:
    """`hidden` of additive scoring has a third axis: CSV and the long form name it hidden[1]."""
    arguments = ["samples/additive.json", "--only", "hidden", "-f", "long"]
    steps = [line.split(",")[0] for line in succeed("compute", *arguments).stdout.splitlines()[1:]]
    assert list(dict.fromkeys(steps)) == ["hidden[1]", "hidden[2]"]


@pytest.mark.parametrize("suffix", ["json", "csv", "npz"])
def test_a_step_of_five_axes_comes_back(suffix: str, tmp_path: Path) -> None:
    """Additive scores of rank 4 have the step `hidden` with five axes, which an answer may show."""
    heads = [[[[1, 0], [0, 1]]] * 2]
    problem, key = tmp_path / "problem.json", tmp_path / f"key.{suffix}"
    problem.write_text(json.dumps({"Q": heads, "K": heads, "V": heads, "score": "additive"}))
    succeed("compute", str(problem), "-o", str(key))
    succeed("check", str(problem), str(key))
