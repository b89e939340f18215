"""Every step, by its name, is read back from what the program writes."""

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
    """A document as JSON."""
    entries = DOCUMENTS[name].items()
    return json.dumps({key: np.asarray(entry).tolist() for key, entry in entries})


@cache
def places() -> dict[str, tuple[str, str]]:
    """For the last part of each step's name: a document that has it, and the whole name there."""
    found: dict[str, tuple[str, str]] = {}
    for name in DOCUMENTS:
        _, plan = read(Reader().document(text_of(name)))
        for step in plan.steps:
            found.setdefault(last_of(step.name), (name, step.name))
    return found


@pytest.mark.parametrize("suffix", ["json", "csv", "npz"])
@pytest.mark.parametrize("name", STEPS)
def test_every_step_is_read_back(name: str, suffix: str, tmp_path: Path) -> None:
    """Alone in a file of each kind, it is a right answer."""
    assert name in places(), f"no document here has the step {name}: add one to DOCUMENTS."
    document, step = places()[name]
    problem, key = tmp_path / "problem.json", tmp_path / f"key.{suffix}"
    problem.write_text(text_of(document))
    succeed("compute", str(problem), "--only", step, "-o", str(key))
    # A CSV of one matrix has no name: the answer says which step it is.
    answer = f"{step}={key}" if suffix == "csv" else str(key)
    result = run("check", str(problem), answer, "-f", "json")
    verdicts: dict[str, Any] = {
        entry["name"]: entry["data"]["verdict"] for entry in json.loads(result.stdout)["results"]
    }
    assert verdicts[step] == "right", result.stdout


def test_every_step_that_is_calculated_has_its_name() -> None:
    """A step without an entry in STEPS could not be answered."""
    assert not set(places()) - set(STEPS)
