"""Measure how long files of 1000 rows take to read and to write, beside NumPy and json alone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from attncli.calculation.plans.from_document import read
from attncli.calculation.problem.document import Document, Entry
from attncli.calculation.problem.problem import Result
from attncli.documents.reader import Reader
from attncli.documents.text.json_text import dump_json
from attncli.render.trace_tables import draw_trace
from attncli.render.view import View
from tests.benchmarks.measuring import Ratio, show, side_by_side

ROUNDS = 5
SIDE, LONG = 1000, 4096


def measured() -> Iterator[Ratio]:
    """Measure reading 1000 × 1000 numbers as JSON and CSV, and writing a trace of such matrices."""
    numbers = np.random.default_rng(0).normal(size=(SIDE, SIDE))
    with TemporaryDirectory() as folder:
        as_json, as_csv = Path(folder) / "x.json", Path(folder) / "x.csv"
        as_json.write_text(json.dumps({"X": numbers.tolist()}), encoding="utf-8")
        np.savetxt(as_csv, numbers, delimiter=",", fmt="%.17g")
        ratio = side_by_side(
            lambda: Reader().document(str(as_json)),
            lambda: np.array(json.loads(as_json.read_text(encoding="utf-8"))["X"]),
            ROUNDS,
        )
        yield Ratio("reading JSON, 1000 × 1000", "np.array(json.loads(text))", ratio, 1.4)
        ratio = side_by_side(
            lambda: Reader().document(str(as_csv)),
            lambda: np.loadtxt(as_csv, delimiter=","),
            ROUNDS,
        )
        yield Ratio("reading CSV, 1000 × 1000", "numpy.loadtxt", ratio, 1.2)
    trace = {"scores": numbers, "weights": numbers, "output": numbers}
    ratio = side_by_side(
        lambda: dump_json(trace),
        lambda: json.dumps({name: matrix.tolist() for name, matrix in trace.items()}),
        ROUNDS,
    )
    yield Ratio("writing the JSON of a trace", "json.dumps", ratio, 1.4)
    yield from _drawn()


def _drawn() -> Iterator[Ratio]:
    """Measure drawing the table of a 4096 × 4096 matrix, abbreviated, beside 0.3 s."""
    import time

    random = np.random.default_rng(0)
    entries = {name: Entry(random.normal(size=(LONG, 8)), "") for name in ("Q", "K")}
    problem, plan = read(Document(entries))
    trace = plan.run(problem.matrices)
    ratio = side_by_side(
        lambda: draw_trace(Result(problem, trace, ["weights"]), View(width=100)),
        lambda: time.sleep(0.3),
        3,
    )
    yield Ratio("drawing 4096 × 4096, elided", "0.3 s", ratio, 1.0)


def main() -> None:
    """Print the table of ratios."""
    show("Files: reading, writing, drawing", list(measured()))
