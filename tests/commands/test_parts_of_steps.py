"""`compute --only 'weights[2,:]'`: a part of a step, in every form."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from attncli.calculation.analyses.cell_names import split_names
from tests.running import SAMPLES, computed, run, succeed

HEADS = str(SAMPLES / "two_heads.json")  # 2 heads, 3 tokens: the cat sat
WEIGHTS = np.array(computed(HEADS)["weights"])


def parts(document: str, only: str) -> dict[str, Any]:
    """Return the matrices that compute writes as JSON."""
    return {name: np.array(matrix) for name, matrix in computed(document, "--only", only).items()}


# A text, the name that the result has, and the part of the weights in NumPy's notation.
PARTS = [
    ("weights[2,:]", "weights[2,:]", WEIGHTS[:, 1:2, :]),
    ("weights[cat,:]", "weights[2,:]", WEIGHTS[:, 1:2, :]),
    ("weights[:,3]", "weights[:,3]", WEIGHTS[:, :, 2:3]),
    ("weights[3,1]", "weights[3,1]", WEIGHTS[:, 2:3, 0:1]),
    ("weights[head=2]", "weights[head=2]", WEIGHTS[1]),
    ("weights[2,:,head=1]", "weights[2,:,head=1]", WEIGHTS[0, 1:2, :]),
    ("weights[ sat , cat , head=2 ]", "weights[3,2,head=2]", WEIGHTS[1, 2:3, 1:2]),
    ("weights[:,:]", "weights", WEIGHTS),
    ("Weights", "weights", WEIGHTS),
]


@pytest.mark.parametrize(("text", "name", "expected"), PARTS, ids=[part[0] for part in PARTS])
def test_a_part_has_its_own_name(text: str, name: str, expected: Any) -> None:
    """The name counts from 1; a chosen head loses its axis, and a chosen row keeps its axis."""
    found = parts(HEADS, text)
    assert list(found) == [name]
    np.testing.assert_array_equal(found[name], expected)


def test_several_parts_are_shown_in_the_order_of_the_calculation() -> None:
    """A comma inside brackets does not end a name; each part is shown once."""
    asked = "weights[2,:],scores,weights[head=1],weights[cat,:],Q[1,2]"
    assert list(parts(HEADS, asked)) == ["Q[1,2]", "scores", "weights[2,:]", "weights[head=1]"]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("scores", ["scores"]),
        ("scores, weights[2,:]", ["scores", "weights[2,:]"]),
        ('Q["a,b",:],K', ['Q["a,b",:]', "K"]),
        ('Q["]",1],K', ['Q["]",1]', "K"]),
        ("Q,,K", ["Q", "", "K"]),
    ],
)
def test_names_are_split_outside_brackets(text: str, names: list[str]) -> None:
    """A label in quotes may hold a comma or a bracket."""
    assert split_names(text) == names


def test_columns_are_counted_on_paper() -> None:
    """In the layout `columns` the scores are transposed: their row 2 belongs to the key 2."""
    document = str(SAMPLES / "self_attention_columns.json")
    whole = parts(document, "weights")["weights"]
    np.testing.assert_array_equal(parts(document, "weights[2,:]")["weights[2,:]"], whole[1:2])


def test_a_batch_entry_is_chosen() -> None:
    """batch=2 leaves a matrix of two axes."""
    whole = parts("samples/padded_batch.json", "weights")["weights"]
    found = parts("samples/padded_batch.json", "weights[1,:,batch=2]")
    np.testing.assert_array_equal(found["weights[1,:,batch=2]"], whole[1, :1])


def test_tables_keep_the_labels_of_a_part() -> None:
    """Its heading says which part of which shape it is."""
    text = succeed("compute", HEADS, "--only", "weights[cat,:,head=2]").stdout
    _, heading, head, columns, _, row = text.splitlines()[-6:]
    assert heading.startswith("10  weights[2,:,head=2] = softmax of each row of masked")
    assert heading.endswith("1 × 3 of 2 × 3 × 3")
    assert (head.strip(), columns.split()) == ("head 2", ["the", "cat", "sat"])
    assert row.split() == ["cat", "0.0283", "0.9717", "0"]


def test_every_form_writes_a_part(tmp_path: Path) -> None:
    """A row is a matrix with one row; CSV names the slices of other parts by their head."""
    row, asked = WEIGHTS[1, 1:2], "weights[2,:,head=2]"
    for form, delimiter in (("csv", ","), ("tsv", "\t")):
        text = succeed("compute", HEADS, "--only", asked, "-f", form).stdout
        np.testing.assert_array_equal(
            np.loadtxt(io.StringIO(text), delimiter=delimiter, ndmin=2), row
        )
    file = tmp_path / "row.npy"
    succeed("compute", HEADS, "--only", asked, "-o", str(file))
    np.testing.assert_array_equal(np.load(file), row)
    line = json.loads(succeed("compute", HEADS, "--only", asked, "-f", "jsonl").stdout)
    assert (line["step"], line["shape"]) == (asked, [1, 3])
    assert (line["rows"], line["columns"]) == (["cat"], ["the", "cat", "sat"])
    labelled = succeed("compute", HEADS, "--only", asked, "-f", "csv", "--labels").stdout
    assert labelled.splitlines()[0] == ",the,cat,sat"
    assert labelled.splitlines()[1].startswith("cat,0.0283")
    long = succeed("compute", HEADS, "--only", asked, "-f", "long").stdout.splitlines()[1:]
    assert [entry.rsplit(",", 1)[0] for entry in long] == [f"weights,,2,2,{j}" for j in (1, 2, 3)]
    sections = succeed("compute", HEADS, "--only", "weights[2,:]", "-f", "csv").stdout
    assert [line for line in sections.splitlines() if "weights" in line] == [
        "weights[2,:,head=1]",
        "weights[2,:,head=2]",
    ]


@pytest.mark.parametrize("form", ["json", "jsonl", "csv", "npz"])
def test_a_part_does_not_pass_for_the_whole_step(form: str, tmp_path: Path) -> None:
    """`check` names the part, and the command that writes the whole step."""
    file = tmp_path / f"part.{form}"
    succeed("compute", HEADS, "--only", "Q,weights[head=2]", "-o", str(file))
    checked = run("check", HEADS, str(file))
    assert checked.exit_code == 2
    assert "weights[head=2] is a part of weights" in checked.stderr
    assert "--only weights." in checked.stderr


def test_a_part_of_a_long_sequence_is_the_same(tmp_path: Path) -> None:
    """The step is calculated whole, in the same way as for the whole step."""
    document = json.dumps({"X": np.sin(np.arange(2200)).reshape(1100, 2).tolist()})
    file = tmp_path / "weights.npz"
    succeed("compute", "-", "--only", "weights,weights[7,:]", "-o", str(file), stdin=document)
    with np.load(file) as found:
        np.testing.assert_array_equal(found["weights[7,:]"], found["weights"][6:7])
