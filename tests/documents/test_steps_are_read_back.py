"""Test that every step is read back by its name from each form of output."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from attncli.calculation.names.known_names import last_of
from attncli.calculation.names.step_names import STEPS
from attncli.calculation.plans.from_document import read
from attncli.documents.reader import Reader
from tests.problems import PROBLEMS, transformer
from tests.running import run, succeed

DOCUMENTS = {
    **PROBLEMS,
    "stack": transformer(scale_embeddings=True),
    "average": {**PROBLEMS["heads"], "convention": "torch-mha", "layout": "rows"},
}


def text_of(name: str) -> str:
    """Return a document as JSON."""
    entries = DOCUMENTS[name].items()
    return json.dumps({key: np.asarray(entry).tolist() for key, entry in entries})


@cache
def places() -> dict[str, tuple[str, str]]:
    """Return the document and the whole name of a step, by the last part of the step's name."""
    found: dict[str, tuple[str, str]] = {}
    for name in DOCUMENTS:
        _, plan = read(Reader().document(text_of(name)))
        for step in plan.steps:
            found.setdefault(last_of(step.name), (name, step.name))
    return found


@pytest.mark.parametrize("suffix", ["json", "csv", "npz"])
@pytest.mark.parametrize("name", STEPS)
def test_every_step_is_read_back(name: str, suffix: str, tmp_path: Path) -> None:
    """A step alone in a file of each kind is a right answer."""
    assert name in places(), f"no document here has the step {name}: add one to DOCUMENTS."
    document, step = places()[name]
    problem, key = tmp_path / "problem.json", tmp_path / f"key.{suffix}"
    problem.write_text(text_of(document))
    succeed("compute", str(problem), "--only", step, "-o", str(key))
    # A CSV of one matrix has no name, so that an option names the step.
    answer = f"{step}={key}" if suffix == "csv" else str(key)
    result = run("check", str(problem), answer, "-f", "json")
    verdicts: dict[str, Any] = {
        entry["name"]: entry["data"]["verdict"] for entry in json.loads(result.stdout)["results"]
    }
    assert verdicts[step] == "right", result.stdout


def test_every_step_that_is_calculated_has_its_name() -> None:
    """Every calculated step has an entry in STEPS, as answers need it."""
    assert not set(places()) - set(STEPS)
