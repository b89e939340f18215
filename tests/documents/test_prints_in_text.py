"""Test that prints are found in pasted text with their names, and that nothing is guessed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from attncli.documents.prints.recognition import looks_like_print
from attncli.documents.sources import parse
from attncli.documents.text.json_text import flat_entries
from attncli.errors import AttncliError
from attncli.homework.answers.answer import is_value
from tests.running import ROOT, assert_linear, run

HALVES = [["0.5000", "0.5000"]]
TENSOR = "tensor([[0.5000, 0.5000]])"


def read(text: str) -> dict[str, Any]:
    """Return the matrices of an answer by the names in the text."""
    return {name: part.value for name, part in parse("", text.encode(), is_value).items()}


def notes(text: str) -> list[str]:
    """Return all notes on how the text of an answer was read."""
    parts = parse("", text.encode(), is_value).values()
    return [note for part in parts for note in part.notes]


def refusal(text: str, *, as_answer: bool = True) -> str:
    """Return the message with which a text is refused."""
    with pytest.raises(AttncliError) as refused:
        parse("", text.encode(), is_value if as_answer else None)
    return str(refused.value)


NAMED = {
    "equals sign": f"weights = {TENSOR}",
    "f-string": f"weights={TENSOR}",
    "colon": f"weights:\n{TENSOR}",
    "line": f"weights\n{TENSOR}\n",
    "same line": f"weights {TENSOR}",
    "prompt": f">>> weights\n{TENSOR}",
    "print": f">>> print(weights)\n{TENSOR}",
    "IPython": f"In [3]: weights\nOut[3]: \n{TENSOR}",
    "heading": f"## weights\n\n```\n{TENSOR}\n```",
    "dictionary": "{'weights': " + TENSOR + "}",
    "device": "weights = tensor([[0.5000, 0.5000]], device='cuda:0',\n       grad_fn=<Mm>)",
    "old grad_fn": "weights = tensor([[0.5000, 0.5000]], grad_fn=<SoftmaxBackward>)",
    "parameter": "weights\nParameter containing:\ntensor([[0.5000, 0.5000]], requires_grad=True)",
    "parameter on the line of its name": f"weights = Parameter containing:\n{TENSOR}",
    "comment": f"weights = {TENSOR}  # a row per query",
    "line break after the constructor": "weights = tensor(\n    [[0.5000, 0.5000]]\n)",
    "NumPy": "weights\n[[0.5000 0.5000]]",
    "JAX": "weights\nArray([[0.5000, 0.5000]])",
    "TensorFlow": "weights\ntf.Tensor(\n[[0.5000 0.5000]], shape=(1, 2))",
    "Windows line ends": f"weights\r\n{TENSOR}\r\n",
    "byte order mark": f"\ufeffweights = {TENSOR}",
    "LaTeX": r"$$\text{weights} = \begin{bmatrix} 0.5000 & 0.5000 \\ \end{bmatrix}$$",
    "a wavy equals sign of LaTeX": r"$weights \approx \begin{matrix} 0.5000 & 0.5000 \end{matrix}$",
    "a file of LaTeX": (
        "\\documentclass{article}\n\\usepackage{amsmath}\n"
        "weights = \\begin{matrix} 0.5000 & 0.5000 \\end{matrix}"
    ),
    "Markdown below a title": "# Homework 3\n\nweights\n\n|a|b|\n|-|-|\n| 0.5000 | 0.5000 |\n",
    "marks in Markdown": "weights\n\n| | |\n|-|-|\n| $0.5000$ | **0.5000** |\n",
    "Markdown": "weights\n\n| | |\n|---|---|\n| 0.5000 | 0.5000 |\n",
}


@pytest.mark.parametrize("text", NAMED.values(), ids=NAMED)
def test_a_name_before_a_print_is_its_name(text: str) -> None:
    """A name is found in every form in which programs and people write it before a matrix."""
    assert read(text) == {"weights": HALVES}


def test_several_prints_have_their_names() -> None:
    """Several matrices stand in one text, also on one line, and in a tuple."""
    text = f"scores {TENSOR} weights: {TENSOR}\noutput, K = ({TENSOR}, {TENSOR})"
    assert read(text) == dict.fromkeys(("scores", "weights", "output", "K"), HALVES)


def test_one_print_may_be_without_a_name() -> None:
    """One matrix without a name is nameless, also one in a tuple with None."""
    assert read(TENSOR) == read(f"({TENSOR}, None)") == {"": HALVES}


def test_skipped_lines_are_noted() -> None:
    """Lines of prose, code and shapes are skipped, and a note shows the first of each kind."""
    text = f"My results\n>>> import torch\n>>> x.shape\nweights\n{TENSOR}\nThe end.\n"
    assert notes(text) == [
        "line 2 is skipped as code: >>> import torch",
        "line 3 is skipped as a shape: >>> x.shape",
        "2 lines are skipped as prose, the first is line 1: My results",
    ]


def test_written_zeros_are_noted() -> None:
    """A note shows the first number to which zeros were added."""
    expected = ["weights: NumPy prints zeros at the end as blanks: 1. is read as 1.00."]
    assert notes("weights\n[[1.   0.25]]") == expected


REFUSED = {
    f"weights\n{TENSOR}\n1 2 3": "line 3, column 1: this line is neither a matrix nor a name",
    f"{TENSOR}\n{TENSOR}": "line 1, column 1: this matrix has no name, but the text holds several",
    f"K = {TENSOR}\nK = {TENSOR}": "line 2, column 5: K is printed twice; the first is in line 1",
    f"({TENSOR}, {TENSOR})": "a tuple of 2 matrices without names",
    "weights = tensor([[0.5, 0.5],": "the text ends here, but a bracket is still open",
    "weights = tensor([[0.5, 0.5]]": "the text ends here, but a bracket is still open",
    "weights\n[[0,5 0,25]]": "commas and blanks separate the numbers of one row",
    "weights\n[[1 2]\n [3, 4]]": "some rows have commas between their numbers, and some blanks",
    "[1 2\n 3 4]": "this can be a vector of 4 numbers, or 2 rows",
    "weights = tensor([[0.5, x]])": "line 1, column 25: 'x' is not a number",
    r"Q = \begin{bmatrix} 1 \end{bmatrix}^T": "this text after the matrix has no meaning here",
    r"Q = \begin{bmatrix} 1 & \dots \end{bmatrix}": "dots stand for cells that are left out",
    r"Q = \begin{bmatrix} 2\frac12 \end{bmatrix}": "can be a sum or a product",
    r"Q = \begin{bmatrix} 1 & 2": r"\end{bmatrix} is missing",
    "| 1 | 2 |\n|---|---|\n| 0.5 | 0.5 |": "the header of this table holds numbers",
    "| a | b |\n|---|---|\n": "this table has no rows",
    "[[[[[[[[[[[1 2]]]]]]]]]]]": "nested too deeply",
}


@pytest.mark.parametrize("text", REFUSED)
def test_nothing_is_guessed(text: str) -> None:
    """A text that can be read in two ways, or not at all, is refused with its place."""
    assert REFUSED[text] in refusal(text)


def test_a_row_with_an_empty_end_is_refused() -> None:
    """A mark & at the end of the last row leaves an empty cell, which a problem cannot hold."""
    text = "\\begin{matrix} 1 & 2 & \\end{matrix}"
    assert "this cell is empty, not a number." in refusal(text, as_answer=False)


def test_arithmetic_is_only_for_answers() -> None:
    """Fractions and roots are read in an answer; a problem needs numbers."""
    text = r"Q = \begin{pmatrix} \frac{1}{2} & \sqrt{2} \\ e^{-1} & 0{,}5 \end{pmatrix}"
    assert read(text) == {"Q": [["1/2", "sqrt(2)"], ["e^(-1)", "0.5"]]}
    assert "'1/2' is not a number. A problem needs numbers" in refusal(text, as_answer=False)


@pytest.mark.parametrize("cell", ["1/2", "0,5", "50%"])
def test_a_number_in_a_table_is_never_a_label(cell: str) -> None:
    """A column of numbers in another way of writing is refused, or read in an answer."""
    text = f"| | |\n|-|-|\n| {cell} | 1 |\n| {cell} | 2 |\n"
    assert f"'{cell}' is not a number." in refusal(text, as_answer=False)
    if cell == "1/2":
        assert read(text) == {"": [["1/2", "1"], ["1/2", "2"]]}


def test_a_bar_in_a_label_is_written_with_a_backslash() -> None:
    """The label of a row may be a bar; an empty corner may stand without blanks."""
    (part,) = parse("", b"||a|b|\n|-|-|-|\n|\\||1|2|\n|you|3|4|\n").values()
    assert (part.row_labels, part.column_labels) == (("|", "you"), ("a", "b"))


CSV = {
    "choice": "mask = [[1, 0], [1, 1]]\n\nX\n1,2\n3,4\n",
    "one line of Python": "X = [[1, 0], [0, 1]]\n",
    "label in brackets": "a,b\n[CLS],1\n[1],2\n",
    "pipe in a label": "a|b,1,2\nc,3,4\n",
}


@pytest.mark.parametrize("text", CSV.values(), ids=CSV)
def test_csv_stays_csv(text: str) -> None:
    """A CSV file with brackets or bars in it is not taken for a print."""
    assert not looks_like_print(text.encode())


@pytest.mark.parametrize("columns", ["40", "1000"])
@pytest.mark.parametrize("sample", ["two_heads", "transformer", "self_attention_columns"])
def test_own_tables_are_read_back(
    sample: str, columns: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The tables of a result, broken for a narrow screen or whole, are read with all digits."""
    monkeypatch.setenv("COLUMNS", columns)
    document = str(ROOT / f"samples/{sample}.json")
    printed = parse("", run("compute", document).stdout.encode(), is_value)
    exact = dict(flat_entries(json.loads(run("compute", document, "-f", "json").stdout)))
    assert exact.keys() - printed.keys() <= {"tokens", "memory_tokens"}
    for name, part in printed.items():
        expected = np.atleast_2d(np.array(exact[name].value, dtype=float))
        assert np.allclose(np.array(part.value, dtype=float), expected, rtol=0, atol=5.1e-5)


def test_a_table_that_is_not_whole_is_refused() -> None:
    """A table with left out rows, and one that is cut off, are refused."""
    X = json.dumps(np.eye(30).tolist())
    elided = run("compute", X, "--only", "scores").stdout
    assert "Write the result with --full, or -f csv." in refusal(elided)
    whole = run("compute", "[[1, 0], [0, 1]]", "--only", "scores").stdout
    assert "its heading says 2 × 2" in refusal(whole.strip().rpartition("\n")[0])


@pytest.mark.parametrize("name", ["answer.txt", "answer.json", "answer.csv", "-"])
def test_a_print_is_an_answer(name: str, tmp_path: Path) -> None:
    """`check` reads a print from a file of any name, and from standard input."""
    text = b"weights = tensor([[1.]])\n\noutput:\n[[3. 4.]]\n"
    (tmp_path / "answer").with_suffix(Path(name).suffix).write_bytes(text)
    path = name if name == "-" else str(tmp_path / name)
    result = run("check", '{"Q": [[1]], "K": [[1]], "V": [[3, 4]]}', path, stdin=text.decode())
    assert (result.exit_code, result.stderr) == (0, "")


def test_a_print_is_a_matrix_of_a_problem() -> None:
    """`NAME=-` and a literal take a print of NumPy or a matrix of MATLAB."""
    arguments = ["X=-", "W_q=[1 0; 0 1]", "W_k=[[1. 0.]\n [0. 1.]]", "W_v=[[1,0],[0,1]]"]
    result = run("compute", *arguments, "--only", "Q", "-f", "csv", stdin="tensor([[2., 3.]])")
    assert result.stdout == "2.0,3.0\n"


@pytest.mark.parametrize(
    "piece",
    ["[[1 2]\n", "[", "weights ", "| 1 ", "\\begin{bmatrix} 1 ", "tensor([1.]) ", "1  Q = a"],
)
def test_a_long_text_takes_no_long_time(piece: str) -> None:
    """The time to refuse a text grows with its length, not with the square."""
    begin, end = "K = tensor([[1.]])\n", "\n[1 2\n"
    assert_linear(lambda size: refusal(begin + piece * (size // len(piece)) + end), 30_011)
