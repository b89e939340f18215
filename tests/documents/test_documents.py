"""Test that documents are read in every form, and read back from every form."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from attncli.cli.program import cli
from attncli.documents.arrays.npz import dump_arrays
from attncli.documents.sources import parse
from attncli.documents.text.csv_text import parse_csv
from attncli.documents.text.csv_writer import dump_csv
from attncli.documents.text.json_text import dump_json, parse_json
from tests.running import ROOT, compute, computed, refused

Q = [[1.0, 0.5, -2.0], [0.25, 3.0, 1.0]]
K = [[1.0, 2.0, 0.0], [0.5, 0.5, 0.5], [2.0, -1.0, 1.0], [0.0, 1.0, 4.0], [1.0, 1.0, 1.0]]
V = [[1.0], [2.0], [3.0], [4.0], [5.0]]


EXPECTED = computed(json.dumps({"Q": Q, "K": K, "V": V}))

ROWS_Q = "1,0.5,-2\n0.25,3,1\n"
ROWS_K = "1,2,0\n0.5,0.5,0.5\n2,-1,1\n0,1,4\n1,1,1\n"
ROWS_V = "1\n2\n3\n4\n5\n"
SECTIONED = f"Q\n{ROWS_Q}\nK\n{ROWS_K}\nV\n{ROWS_V}"

SAME_DOCUMENT = {
    "sectioned": SECTIONED,
    "byte order mark": "\ufeff" + SECTIONED,
    "windows line ends": SECTIONED.replace("\n", "\r\n"),
    "old line ends": SECTIONED.replace("\n", "\r"),
    "semicolons": SECTIONED.replace(",", ";"),
    "semicolons and decimal commas": SECTIONED.replace(",", ";").replace(".", ","),
    "tabs": SECTIONED.replace(",", "\t"),
    "tabs and decimal commas": SECTIONED.replace(",", "\t").replace(".", ","),
    "spaces": SECTIONED.replace(",", " ,  "),
    "quotes": SECTIONED.replace("0.5", '"0.5"'),
    "comments": "# by hand\n" + SECTIONED.replace("\n1,2,0\n", "\n# keys\n1,2,0   # first\n"),
    "several empty lines": SECTIONED.replace("\n\n", "\n\n\n\n"),
    "names as others write them": SECTIONED.replace("K\n", "keys\n").replace("V\n", "VALUE\n"),
    "choices": "score = scaled\nheads = 1\n\n" + SECTIONED,
    "as a spreadsheet saves it": "\n".join(
        line + "," * (2 - line.count(",")) for line in ("score = scaled\n" + SECTIONED).split("\n")
    ),
    "labels": "Q\n,a,b,c\nfirst,1,0.5,-2\nsecond,0.25,3,1\n\nK\n"
    + ROWS_K
    + "\nV\nvalue,\n".replace("value,\n", ROWS_V),
    "json in csv": 'masks = ["padding:5", {"window": [-1, -1]}]\n' + SECTIONED,
}


@pytest.mark.parametrize("text", SAME_DOCUMENT.values(), ids=SAME_DOCUMENT)
@pytest.mark.parametrize("from_stdin", [False, True], ids=["file", "standard input"])
def test_csv_is_read_in_all_its_forms(text: str, from_stdin: bool, tmp_path: Path) -> None:
    """Each CSV form of a document gives the same result, from a file and from standard input."""
    path = tmp_path / "document.csv"
    path.write_bytes(text.encode())
    result = computed("-", stdin=text.encode()) if from_stdin else computed(str(path))
    result.pop("masked", None)
    assert result == EXPECTED


def test_a_hash_belongs_to_a_title(tmp_path: Path) -> None:
    """A hash ends lines of numbers, and belongs to the text of a choice."""
    (tmp_path / "p.csv").write_text("title = see issue #3\n1,2 # a row\n")
    run = CliRunner().invoke(cli, ["compute", str(tmp_path / "p.csv")])
    assert run.stdout.startswith("see issue #3\n")


def test_every_way_to_hand_in_matrices_is_the_same(tmp_path: Path) -> None:
    """JSON, CSV, NPZ, NPY, literals, standard input and mixtures give the same result."""
    numbers: dict[str, Any] = {"Q": np.array(Q), "K": np.array(K), "V": np.array(V)}
    np.savez(tmp_path / "all.npz", **numbers)
    np.save(tmp_path / "k.npy", np.array(K))
    (tmp_path / "v.csv").write_text(ROWS_V)
    (tmp_path / "q.json").write_text(json.dumps({"Q": Q}))
    assert computed(str(tmp_path / "all.npz")) == EXPECTED
    assert computed("-", stdin=(tmp_path / "all.npz").read_bytes()) == EXPECTED
    files = [f"K={tmp_path / 'k.npy'}", f"values={tmp_path / 'v.csv'}"]
    assert computed(str(tmp_path / "q.json"), *files) == EXPECTED
    assert computed(f"Q={json.dumps(Q)}", *files) == EXPECTED
    assert computed(*files, "Q=-", stdin=ROWS_Q) == EXPECTED
    assert computed(*files, f"Q={tmp_path / 'all.npz'}") == EXPECTED


@pytest.mark.parametrize("word", ["query", "queries"])
@pytest.mark.parametrize("spelling", ["w_{}", "{}_weight", "{}Weight", "W^{}"])
@pytest.mark.parametrize("bias", ["b_{}", "{}_bias", "{}Bias", "B^{}"])
def test_weights_and_biases_are_known_by_other_names(word: str, spelling: str, bias: str) -> None:
    """Names of weights and biases are read in either case, with or without `_` and `^`."""
    rest: dict[str, Any] = {"X": [[1, 2], [3, 5]], "W_k": [[1, 0], [2, 1]], "W_v": [[1], [7]]}
    weight, numbers = [[2, 1], [0, 3]], [0.5, 11]
    said: dict[str, Any] = {"W_q": weight, "b_q": numbers}
    written: dict[str, Any] = {spelling.format(word): weight, bias.format(word): numbers}
    assert compute({**rest, **written}) == compute({**rest, **said})


def test_a_wrong_cell_of_a_vector_is_counted_from_one() -> None:
    """A wrong cell of a vector is named by one number, counted from 1."""
    document = {"X": [[1, 2]], "W_q": [[1, 2]] * 2, "W_k": [[1, 2]] * 2, "W_v": [[3]] * 2}
    assert "b_q, number 2 is nan, but" in refused({**document, "b_q": [1, "nan"]})


def test_choices_may_stand_in_an_archive(tmp_path: Path) -> None:
    """An NPZ file may contain choices beside matrices."""
    path = tmp_path / "choices.npz"
    np.savez(path, X=np.eye(3), score="dot", heads=3, tokens=np.array(["a", "b", "c"]))
    assert list(computed(str(path))) == [
        "Q_h",
        "K_h",
        "V_h",
        "scores",
        "weights",
        "heads",
        "output",
    ]


def test_later_entries_win_and_options_win_over_all(tmp_path: Path) -> None:
    """Later arguments win over earlier ones, options over all; --mask replaces all masks."""
    document = {"X": [[5, 5]], "score": "additive", "mask": "causal", "masks": ["padding:1"]}
    (tmp_path / "p.json").write_text(json.dumps(document))
    first, second = "inputs=[[1,2],[3,4]]", "X=[[1,0],[0,1],[1,1]]"
    result = computed(
        str(tmp_path / "p.json"), first, second, "--score", "dot", "--mask", "padding:2"
    )
    assert result["masked"] == [[1, 0, "-inf"], [0, 1, "-inf"], [1, 1, "-inf"]]


finite_matrices = arrays(
    np.float64,
    st.tuples(st.integers(1, 5), st.integers(1, 5)),
    elements=st.floats(allow_nan=False, allow_infinity=False),
)
results = arrays(
    np.float64,
    st.lists(st.integers(1, 4), min_size=2, max_size=4).map(tuple),
    elements=st.floats(allow_nan=False),
)


def same_bits(left: NDArray[Any], right: NDArray[Any]) -> bool:
    """Return True if two arrays are equal to the last bit, with negative zeros and shapes."""
    return left.shape == right.shape and left.tobytes() == right.tobytes()


@settings(derandomize=True, deadline=None)
@given(results, results)
def test_written_matrices_are_read_back_bit_for_bit(
    weights: NDArray[np.float64], output: NDArray[np.float64]
) -> None:
    """Matrices written as CSV and NPZ are read back bit for bit, infinities included."""
    for matrices in ({"weights": weights}, {"weights": weights, "output": output}):
        from_npz = parse("", dump_arrays(matrices))
        assert all(same_bits(np.asarray(from_npz[name].value), matrices[name]) for name in matrices)
        back = {part: np.asarray(p.value) for part, p in parse_csv(dump_csv(matrices)).items()}
        if list(back) == [""]:
            back = {"weights": back[""]}
        assert all(same_bits(back[name], matrices[name]) for name in matrices)


@settings(derandomize=True, deadline=None)
@given(results)
def test_json_is_standard_and_loses_no_bit(matrix: NDArray[np.float64]) -> None:
    """JSON output is standard, with infinities as strings, and is read back bit for bit."""
    text = dump_json({"weights": matrix})

    def refuse(word: str) -> None:
        raise AssertionError(f"{word} is not JSON")

    cells = json.loads(text, parse_constant=refuse)["weights"]
    assert same_bits(np.array(cells, dtype=object).astype(np.float64), matrix)
    value = parse_json(text)["weights"].value
    assert same_bits(np.array(value, dtype=object).astype(np.float64), matrix)


@settings(derandomize=True, deadline=None, max_examples=25)
@given(finite_matrices)
def test_inputs_survive_each_format(matrix: NDArray[np.float64]) -> None:
    """A single token attends to itself alone, so that the output equals the input exactly."""
    row = matrix[:1] + 0.0  # no negative zero: 1 × −0 summed with 0 is 0
    for text in (dump_csv({"V": row}), dump_json({"V": row}), dump_arrays({"V": row})):
        arguments = ["compute", "V=-", "Q=[[1]]", "K=[[1]]", "--only", "output", "-f", "npz"]
        run = CliRunner().invoke(cli, arguments, input=text)
        assert run.exit_code == 0, run.stderr
        assert same_bits(np.load(io.BytesIO(run.stdout_bytes))["output"], row)


@pytest.mark.parametrize("sample", sorted((ROOT / "samples").glob("*.json")), ids=lambda p: p.stem)
@pytest.mark.parametrize("suffix", [".json", ".csv", ".npz"])
def test_results_of_samples_are_read_back(sample: Path, suffix: str, tmp_path: Path) -> None:
    """The result of every sample is read back to the last bit, through each format."""
    steps = computed(str(sample))
    run = CliRunner().invoke(cli, ["compute", str(sample), "-o", str(tmp_path / f"key{suffix}")])
    assert (run.exit_code, run.stdout) == (0, "")
    data = (tmp_path / f"key{suffix}").read_bytes()
    back = parse(f"key{suffix}", data)
    assert [name for name in back if not name.endswith("tokens")] == list(steps)
    for name, cells in steps.items():
        read = np.array(back[name].value, dtype=object).astype(np.float64)
        assert same_bits(read, np.array(cells, dtype=object).astype(np.float64))
