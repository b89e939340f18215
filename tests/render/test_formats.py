"""Test every format of a result: its writer, suffix, numbers and memory."""

from __future__ import annotations

import csv
import io
import json
import math
import tracemalloc
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from numpy.typing import NDArray

from attncli import formats
from attncli.cli.problem_arguments import gather
from attncli.cli.program import cli
from attncli.face.functions import compute
from attncli.formats import EXPLANATIONS, FORMATS, Format
from attncli.render.view import View

Matrices = dict[str, NDArray[np.float64]]
N, M, D, D_K, D_V = 3, 7, 5, 2, 11

TABLES: dict[str, Mapping[str, Format[Any]]] = {
    name: value
    for name, value in vars(formats).items()
    if isinstance(value, dict) and any(isinstance(entry, Format) for entry in value.values())
}
ENTRIES = [(table, name) for table, entries in TABLES.items() for name in entries]


def test_all_tables_of_forms_are_found() -> None:
    """The module `formats` has one table for each kind of result."""
    assert len(TABLES) == 9
    assert all(isinstance(entry, Format) for table in TABLES.values() for entry in table.values())


@pytest.mark.parametrize(("table", "name"), ENTRIES)
def test_every_form_has_a_writer(table: str, name: str) -> None:
    """Each format names a function that exists, which no type checker tests."""
    assert callable(TABLES[table][name].load_writer())


@pytest.mark.parametrize("table", TABLES)
def test_a_suffix_belongs_to_one_form(table: str) -> None:
    suffixes = [entry.suffix for entry in TABLES[table].values()]
    assert len(set(suffixes)) == len(suffixes)
    assert all(suffix.startswith(".") for suffix in suffixes)


# No form of compute loses a number.


def softmax(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    exponentials = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return np.asarray(exponentials / exponentials.sum(axis=-1, keepdims=True))


def problem_and_steps() -> tuple[dict[str, Any], Matrices]:
    """Return cross-attention under a mask, and every step of it, calculated by NumPy alone."""
    random = np.random.default_rng(3)
    shapes = {"X": (N, D), "memory": (M, D), "W_q": (D, D_K), "W_k": (D, D_K), "W_v": (D, D_V)}
    given = {name: random.normal(size=shape) for name, shape in shapes.items()}
    steps = {"Q": given["X"] @ given["W_q"], "K": given["memory"] @ given["W_k"]}
    steps["V"] = given["memory"] @ given["W_v"]
    steps["scores"] = steps["Q"] @ steps["K"].T
    steps["scaled"] = steps["scores"] / math.sqrt(D_K)
    steps["masked"] = np.where(np.tri(N, M) > 0, steps["scaled"], -np.inf)
    steps["weights"] = softmax(steps["masked"])
    steps["output"] = steps["weights"] @ steps["V"]
    document = {name: matrix.tolist() for name, matrix in given.items()}
    return {**document, "mask": np.tri(N, M).tolist()}, steps


def read_json(data: bytes, precision: int) -> Matrices:
    return {name: np.array(rows, dtype=float) for name, rows in json.loads(data).items()}


def read_csv(data: bytes, precision: int) -> Matrices:
    """Return each matrix under its name; an empty line separates them."""
    found = {}
    for part in data.decode().split("\n\n"):
        (name,), *rows = csv.reader(io.StringIO(part))
        found[name] = np.array(rows, dtype=float)
    return found


def read_npz(data: bytes, precision: int) -> Matrices:
    with np.load(io.BytesIO(data)) as arrays:
        return dict(arrays)


def read_table(data: bytes, precision: int) -> Matrices:
    """Return the numbers below each heading, after the labels of their rows, with all decimals."""
    found: dict[str, list[list[float]]] = {}
    for line in data.decode().splitlines():
        words = line.split()
        if " = " in line:
            found[words[1]] = rows = []
        elif words and words[0].isdigit() and "." in line:
            assert all(text == "-inf" or len(text.partition(".")[2]) == precision
                       for text in words[1:])  # fmt: skip
            rows.append([float(text) for text in words[1:]])
    return {name: np.array(rows) for name, rows in found.items()}


# The reader of each format, and the error of a number that is written with p decimals.
Reader = Callable[[bytes, int], Matrices]
READERS: dict[str, tuple[Reader, Callable[[int], float]]] = {
    "table": (read_table, lambda p: 0.5 * 10.0**-p),
    "json": (read_json, lambda p: 0),
    "csv": (read_csv, lambda p: 0),
    "npz": (read_npz, lambda p: 0),
}


@pytest.mark.parametrize("precision", [1, 4, 12])
@pytest.mark.parametrize("name", FORMATS)
def test_a_form_holds_every_number(name: str, precision: int, tmp_path: Path) -> None:
    """Data hold each number up to roundoff, and tables hold it to the chosen decimals."""
    assert name in READERS, f"the form {name} has no reader in READERS of {__name__}."
    document, steps = problem_and_steps()
    problem = tmp_path / "problem.json"
    problem.write_text(json.dumps(document), encoding="utf-8")
    arguments = [str(problem), "-f", name, "-p", str(precision)]
    run = CliRunner(env={"COLUMNS": None}).invoke(cli, ["compute", *arguments])
    assert (run.exit_code, run.stderr) == (0, "")
    read, off = READERS[name]
    found = read(run.stdout_bytes, precision)
    assert list(found) == list(steps)
    for step, matrix in steps.items():
        atol = off(precision)
        np.testing.assert_allclose(found[step], matrix, rtol=1e-13, atol=atol * (1 + 1e-9))


def test_data_have_the_same_bits_in_every_form(tmp_path: Path) -> None:
    """CSV and JSON hold the same bits as NPZ, because text has as many digits as a float needs."""
    problem = tmp_path / "problem.json"
    problem.write_text(json.dumps(problem_and_steps()[0]), encoding="utf-8")
    found = []
    for name in ("npz", "json", "csv"):
        run = CliRunner().invoke(cli, ["compute", str(problem), "-f", name])
        found.append(READERS[name][0](run.stdout_bytes, 0))
    for step, matrix in found[0].items():
        for other in found[1:]:
            np.testing.assert_array_equal(other[step], matrix)


# What writing takes.

# Sides of a matrix. A table of 300 × 301 takes long; a small one shows its fixed cost more.
SIDES = {"table": (100, 101)}


@pytest.mark.parametrize("name", FORMATS)
def test_a_number_takes_no_more_memory_than_predicted(name: str, tmp_path: Path) -> None:
    """Writing takes at most 1.01 times the predicted memory for long or coloured numbers."""
    n, m = SIDES.get(name, (300, 301))
    random = np.random.default_rng(3)
    small = 1 if name == "table" else 1e-100  # -1.2345678901234567e-100
    matrices = {"Q": random.normal(size=(n, 1)), "K": small * random.normal(size=(m, 1))}
    arguments = []
    for key, matrix in matrices.items():
        np.save(tmp_path / f"{key}.npy", matrix)
        arguments.append(f"{key}={tmp_path / key}.npy")
    step = "weights" if name == "table" else "scores"
    view = View(full=True, color="256")  # rich keeps the codes of colours: all tests use these
    first = compute(gather(["Q=[[1]]", "K=[[1]]"], {}), only=[step]).made
    FORMATS[name].write(first, view)  # loads the modules of the writer
    result = compute(gather(arguments, {}), only=[step]).made
    tracemalloc.start()
    try:
        FORMATS[name].write(result, view)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    told = FORMATS[name].bytes_per_number * n * m
    assert 0.5 * told <= peak <= 1.01 * told, (  # names and headings count little
        f"the form {name} says that writing a number takes {FORMATS[name].bytes_per_number} bytes "
        f"(bytes_per_number), but it takes {peak / (n * m):.0f}."
    )


# Markdown.


def test_labels_are_escaped_in_markdown() -> None:
    """Labels are escaped in Markdown, so that a page shows them as the user wrote them."""
    arguments = ["Q=[[1]]", "K=[[2]]", "--tokens", "<b>*x*</b>"]
    for command, forms in (("compute", FORMATS), ("explain", EXPLANATIONS)):
        if "markdown" in forms:
            asked = ["scores"] if command == "explain" else []
            run = CliRunner().invoke(cli, [command, *arguments, *asked, "-f", "markdown"])
            assert r"\<b\>\*x\*\</b\>" in run.stdout, (
                f"the form markdown of {command} does not escape labels: {run.output}"
            )
