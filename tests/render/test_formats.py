"""Test every format of a result: its writer, suffix, numbers and memory."""

from __future__ import annotations

import csv
import io
import json
import math
import re
import tracemalloc
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

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
from tests.pages.embedded import tables_of
from tests.papers.reading import read_latex, read_markdown, read_pdf, read_typst

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
    assert len(TABLES) == 12
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


def read_jsonl(data: bytes, precision: int) -> Matrices:
    """One object per line; its shape is that of its values."""
    lines = [json.loads(line) for line in data.decode().splitlines()]
    found = {line["step"]: np.array(line["values"], dtype=float) for line in lines}
    assert [line["shape"] for line in lines] == [[*matrix.shape] for matrix in found.values()]
    return found


def read_csv(data: bytes, precision: int, delimiter: str = ",") -> Matrices:
    """Each matrix under its name, with an empty line between."""
    found = {}
    for part in data.decode().split("\n\n"):
        (name,), *rows = csv.reader(io.StringIO(part), delimiter=delimiter)
        found[name] = np.array(rows, dtype=float)
    return found


def read_tsv(data: bytes, precision: int) -> Matrices:
    return read_csv(data, precision, "\t")


def read_long(data: bytes, precision: int) -> Matrices:
    """One number per line, after its row and its column, which count from 1."""
    found: dict[str, dict[tuple[int, int], float]] = {}
    for line in csv.DictReader(io.StringIO(data.decode())):
        assert line["batch"] == line["head"] == ""
        place = int(line["row"]), int(line["column"])
        found.setdefault(line["step"], {})[place] = float(line["value"])
    matrices = {}
    for name, cells in found.items():
        matrices[name] = np.zeros(max(cells))
        for (row, column), value in cells.items():
            matrices[name][row - 1, column - 1] = value
        assert len(cells) == matrices[name].size
    return matrices


def read_npy(data: bytes, precision: int) -> Matrices:
    """One matrix without a name, which is that of the last step."""
    return {"output": np.load(io.BytesIO(data))}


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


def read_svg(data: bytes, precision: int) -> Matrices:
    """Return the numbers of the tables in a picture, which stand side by side."""
    lines: dict[float, str] = {}
    for part in ElementTree.fromstring(data).iter("{http://www.w3.org/2000/svg}text"):
        if "clip-path" in part.attrib:
            y, column = float(part.attrib["y"]), round(float(part.attrib["x"]) / CHARACTER)
            lines[y] = lines.get(y, "").ljust(column) + str(part.text).replace("\xa0", " ")
    blocks: list[list[str]] = []
    starts: list[int] = [0]
    for y in sorted(lines):
        headings = [at.start(1) for at in re.finditer(r"(?:^|   )(\d+  \w+ = )", lines[y])]
        if headings:
            starts = headings
            blocks += [[] for _ in starts]
        for block, start, end in zip(
            blocks[-len(starts) :], starts, [*starts[1:], None], strict=True
        ):
            block.append(lines[y][start:end])
    text = "\n".join(line for block in blocks for line in block)
    return read_table(text.encode(), precision)


def read_html(data: bytes, precision: int) -> Matrices:
    """Return the numbers of the tables of a page that belong to steps, without the headings."""
    return {
        str(attributes["data-before"]).partition("[")[0]: np.array(
            [[float(text) for text in row[1:]] for row in rows]
        )
        for attributes, (_, *rows) in tables_of(data.decode())
        if "data-given" not in attributes
    }


CHARACTER = 12.2  # the width of a character in a picture of a terminal


# The reader of each format, and the error of a number that is written with p decimals.
Reader = Callable[[bytes, int], Matrices]
READERS: dict[str, tuple[Reader, Callable[[int], float]]] = {
    "table": (read_table, lambda p: 0.5 * 10.0**-p),
    "json": (read_json, lambda p: 0),
    "jsonl": (read_jsonl, lambda p: 0),
    "csv": (read_csv, lambda p: 0),
    "tsv": (read_tsv, lambda p: 0),
    "long": (read_long, lambda p: 0),
    "npz": (read_npz, lambda p: 0),
    "npy": (read_npy, lambda p: 0),
    "svg": (read_svg, lambda p: 0.5 * 10.0**-p),
    "html": (read_html, lambda p: 0.5 * 10.0**-p),
    "markdown": (read_markdown, lambda p: 0.5 * 10.0**-p),
    "latex": (read_latex, lambda p: 0.5 * 10.0**-p),
    "typst": (read_typst, lambda p: 0.5 * 10.0**-p),
    "pdf": (read_pdf, lambda p: 0.5 * 10.0**-p),
}
DATA = [name for name, form in FORMATS.items() if "precision" not in form.uses]
HOLDS_ONE = ["npy"]


def only(name: str) -> list[str]:
    """Return the option that a form needs which holds one step."""
    return ["--only", "output"] if name in HOLDS_ONE else []


@pytest.mark.parametrize("precision", [1, 4, 12])
@pytest.mark.parametrize("name", FORMATS)
def test_a_form_holds_every_number(name: str, precision: int, tmp_path: Path) -> None:
    """Data hold each number up to roundoff, and tables hold it to the chosen decimals."""
    assert name in READERS, f"the form {name} has no reader in READERS of {__name__}."
    document, steps = problem_and_steps()
    problem = tmp_path / "problem.json"
    problem.write_text(json.dumps(document), encoding="utf-8")
    decimals = ["-p", str(precision)] if "precision" in FORMATS[name].uses else []
    arguments = [str(problem), "-f", name, *decimals, *only(name)]
    run = CliRunner(env={"COLUMNS": None}).invoke(cli, ["compute", *arguments])
    assert (run.exit_code, run.stderr) == (0, "")
    read, off = READERS[name]
    found = read(run.stdout_bytes, precision)
    assert list(found) == (["output"] if name in HOLDS_ONE else list(steps))
    for step in found:
        matrix = steps[step]
        atol = off(precision)
        np.testing.assert_allclose(found[step], matrix, rtol=1e-13, atol=atol * (1 + 1e-9))


def test_data_have_the_same_bits_in_every_form(tmp_path: Path) -> None:
    """CSV and JSON hold the same bits as NPZ, because text has as many digits as a float needs."""
    problem = tmp_path / "problem.json"
    problem.write_text(json.dumps(problem_and_steps()[0]), encoding="utf-8")
    found = {}
    for name in DATA:
        run = CliRunner().invoke(cli, ["compute", str(problem), "-f", name, *only(name)])
        found[name] = READERS[name][0](run.stdout_bytes, 0)
    for matrices in found.values():
        for step, matrix in matrices.items():
            np.testing.assert_array_equal(matrix, found["npz"][step])


# The options that a form uses.

# A command for each table of forms, with a result in which everything is long enough to be elided.
SHOWN: dict[str, list[str]] = {
    "FORMATS": ["compute", "LARGE", "--only", "weights"],
    "EXPLANATIONS": ["explain", "LARGE", "output[1,1]", "--depth", "1"],
    "COMPARISONS": ["compare", "samples/conventions.json", "--convention", "keras"],
    "SATURATIONS": ["why-scale", "--queries", "10"],
    "COSTS": ["cost", "samples/transformer.json"],
}
CHANGES = {
    "precision": ["-p", "7"],
    "full": ["--full"],
    "color": ["--color", "always"],
    "labels": ["--labels"],
    "heat": ["--heat", "symbols"],
    "compact": ["--compact"],
    "worked": ["--worked"],
    "fragment": ["--fragment"],
    "math": ["--math", "dollars"],
}


@pytest.mark.parametrize(("table", "name"), [e for e in ENTRIES if e[0] in SHOWN])
def test_a_form_names_the_options_that_change_it(table: str, name: str, tmp_path: Path) -> None:
    """An option that a form does not name changes nothing in it, or is refused."""
    large = tmp_path / "large.json"
    tokens = [f"token {i}" for i in range(30)]
    matrix = np.linspace(-1, 1, 60).reshape(30, 2)
    large.write_text(json.dumps({"tokens": tokens, "X": matrix.tolist()}), encoding="utf-8")
    line = [str(large) if word == "LARGE" else word for word in SHOWN[table]]

    def written(*options: str) -> bytes | None:
        run = CliRunner().invoke(cli, [*line, "-f", name, *options], color=True)
        return run.stdout_bytes if run.exit_code == 0 else None

    before = written()
    assert before
    known = CliRunner().invoke(cli, [line[0], "--help"]).stdout
    for option, words in CHANGES.items():
        if f"{words[0]} " in known or f"{words[0]}," in known:
            after = written(*words)
            assert (after not in (None, before)) == (option in TABLES[table][name].uses), (
                f"the form {name} of {line[0]}: is it changed by {words[0]}? See `uses` in {table}."
            )


# What writing takes.

# Sides of a matrix. Texts for people take long; a small matrix shows their fixed cost more.
SHADED = dict.fromkeys(("table", "svg", "markdown", "latex", "typst"), (40, 41))
SIDES = {**SHADED, "html": (50, 51)}


# The memory of Typst is not Python's: see `tests/papers/test_pdf.py`.
@pytest.mark.parametrize("name", [name for name in FORMATS if name != "pdf"])
def test_a_number_takes_no_more_memory_than_predicted(name: str, tmp_path: Path) -> None:
    """Writing takes at most 1.01 times the predicted memory for long or coloured numbers."""
    n, m = SIDES.get(name, (300, 301))
    random = np.random.default_rng(3)
    small = 1 if name in SHADED else 1e-100  # -1.2345678901234567e-100
    matrices = {"Q": random.normal(size=(n, 1)), "K": small * random.normal(size=(m, 1))}
    arguments = []
    for key, matrix in matrices.items():
        np.save(tmp_path / f"{key}.npy", matrix)
        arguments.append(f"{key}={tmp_path / key}.npy")
    step = "weights" if name in SHADED else "scores"
    view = View(full=True, color="256", heat="all")  # rich keeps the codes of colours
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
