"""Test that the outputs of a notebook are read by name, and that its code is never run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from attncli.documents.prints.notebook_outputs import parse_notebook
from attncli.errors import AttncliError, DocumentError
from attncli.homework.answers.answer import is_value
from tests.running import run

TENSOR = "tensor([[0.5000, 0.5000]])"
HALVES = [["0.5000", "0.5000"]]


def cell(source: str, *shown: str, stream: str = "") -> dict[str, Any]:
    """Return a code cell that has printed `stream`, and whose last line has the values `shown`."""
    outputs: list[dict[str, Any]] = [
        {"output_type": "execute_result", "data": {"text/plain": text.splitlines(True)}}
        for text in shown
    ]
    if stream:
        outputs.insert(0, {"output_type": "stream", "name": "stdout", "text": stream})
    return {"cell_type": "code", "source": source.splitlines(True), "outputs": outputs}


def notebook(*cells: dict[str, Any]) -> dict[str, Any]:
    """Return a notebook with these cells; the first of them is cell 2."""
    title = {"cell_type": "markdown", "source": [f"weights = {TENSOR}"]}
    return {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [title, *cells]}


def read(*cells: dict[str, Any]) -> dict[str, Any]:
    """Return the steps that an answer takes from these cells."""
    parts = parse_notebook(notebook(*cells), is_value)
    return {name: part.value for name, part in parts.items()}


NAMED = {
    "label": cell("show()", stream=f"weights = {TENSOR}\n"),
    "label above": cell("show()", stream=f"Epoch 1, loss 0.25\nAttention weights:\n{TENSOR}\n"),
    "print": cell("print(weights)", stream=f"{TENSOR}\n"),
    "print with a text": cell("print('the result is', weights)", stream=f"the result is {TENSOR}"),
    "last line": cell("weights = f(x)\n\nweights\n", TENSOR),
    "last line, rounded": cell("weights.detach().round(decimals=2)", TENSOR),
    "rounded by NumPy": cell("np.round(weights, 4)", "array([[0.5000, 0.5000]])"),
    "tuple": cell("loss, weights", f"({TENSOR.replace('5', '1')}, {TENSOR})"),
    "as a string": {**cell("weights", TENSOR), "source": "weights"},
}


@pytest.mark.parametrize("one", NAMED.values(), ids=NAMED)
def test_a_matrix_is_named_by_label_print_or_last_line(one: dict[str, Any]) -> None:
    """A label in the output, `print(NAME)` and a NAME on the last line give the name."""
    assert read(one) == {"weights": HALVES}


def test_two_prints_of_a_cell_have_their_names() -> None:
    """Several matrices of one output have the names in the code, in their order."""
    both = cell("print(scores)\nprint(weights)", stream=f"{TENSOR}\n{TENSOR}\n")
    assert read(both) == {"scores": HALVES, "weights": HALVES}


UNNAMED = {
    "another expression": cell("weights[0]", TENSOR),
    "transposed": cell("weights.T", TENSOR),
    "a loop": cell("for weights in all:\n    print(weights)", stream=f"{TENSOR}\n"),
    "a function": cell("def show(weights):\n    print(weights)\nshow(x)", stream=f"{TENSOR}\n"),
    "one line": cell("if x: print(weights)", stream=f"{TENSOR}\n"),
    "fewer prints": cell("print(weights)", stream=f"{TENSOR}\n{TENSOR}\n"),
    "no matrix": cell("weights", "0.5"),
    "an error": {
        **cell("weights"),
        "outputs": [{"output_type": "error", "traceback": [f"weights = {TENSOR}"]}],
    },
}


@pytest.mark.parametrize("one", UNNAMED.values(), ids=UNNAMED)
def test_no_name_is_guessed(one: dict[str, Any]) -> None:
    """A matrix that the code changes, or prints an unknown number of times, has no name."""
    with pytest.raises(DocumentError, match="show no steps such as weights by name"):
        read(one)


def test_the_last_output_of_a_name_counts() -> None:
    """If a name is shown twice, the last output counts, and a note says so."""
    cells = cell("weights", TENSOR.replace("5", "1")), cell("weights", TENSOR)
    parts = parse_notebook(notebook(*cells), is_value)
    assert parts["weights"].value == HALVES
    assert parts["weights"].notes == (
        "weights is taken from the output of cell 3.",
        "weights is also shown in cell 2; the last output counts.",
    )


def test_other_matrices_are_noted() -> None:
    """An answer takes no inputs from a notebook, and a note says what was skipped."""
    cells = cell("X", TENSOR), cell("weights", TENSOR), cell("f(x)", TENSOR)
    parts = parse_notebook(notebook(*cells), is_value)
    assert [*parts] == ["weights"]
    skipped = "skipped: X in cell 2 and a matrix without a name in cell 4."
    assert parts["weights"].notes[-1] == skipped


def test_a_matrix_that_is_not_whole_is_refused() -> None:
    """An output of a known name with left out numbers is refused with its cell and the cure."""
    with pytest.raises(AttncliError) as refused:
        read(cell("weights", "tensor([[0.5, ..., 0.5]])"))
    assert str(refused.value).startswith("cell 2, line 1, column 15: ... stands for numbers")
    assert "torch.set_printoptions" in str(refused.value)


@pytest.mark.parametrize("name", ["answer.ipynb", "answer.json", "-"])
def test_a_notebook_is_an_answer(name: str, tmp_path: Path) -> None:
    """`check` reads a notebook by its content, and says on standard error what it took."""
    text = json.dumps(notebook(cell("weights", "tensor([[1.]])")))
    path = name if name == "-" else str(tmp_path / name)
    (tmp_path / "answer").with_suffix(Path(name).suffix).write_text(text, encoding="utf-8")
    result = run("check", '{"Q": [[1]], "K": [[1]]}', path, stdin=text)
    label = "standard input" if name == "-" else path
    note = f"Note: {label}: weights is taken from the output of cell 2.\n"
    assert (result.exit_code, result.stderr) == (0, note)


def test_a_notebook_is_a_problem() -> None:
    """`compute` takes the inputs from a notebook, and leaves its steps out."""
    text = json.dumps(notebook(cell("X", "tensor([[2., 3.]])"), cell("weights", TENSOR)))
    result = run("compute", "-", "--only", "scores", "-f", "csv", stdin=text)
    assert result.stdout == "13.0\n"
    assert "skipped: weights in cell 3" in result.stderr


def test_no_code_is_run(tmp_path: Path) -> None:
    """The code of a notebook is only looked at for names."""
    target = tmp_path / "run"
    read(cell(f"open({str(target)!r}, 'w')\nweights", TENSOR))
    assert not target.exists()


@pytest.mark.parametrize(
    "broken",
    [
        {"nbformat": 4, "cells": []},
        {"nbformat": 4, "cells": [1, {"cell_type": "code"}]},
        {"nbformat": 4, "cells": [{"cell_type": "code", "source": 1, "outputs": [1, {"data": 2}]}]},
    ],
)
def test_a_broken_notebook_is_refused(broken: dict[str, Any]) -> None:
    """A notebook without readable outputs is refused, with the cure."""
    with pytest.raises(DocumentError, match="Write print"):
        parse_notebook(broken, is_value)
