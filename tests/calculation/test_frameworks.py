"""Test that `compute` gives what PyTorch, Keras, ONNX and published formulas give.

The scripts tests/reference/freeze_*.py have frozen each case: a document, and the reference's
results under the step names of attncli.
"""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from attncli.cli.program import cli
from tests.running import ROOT

REFERENCE = ROOT / "tests/reference"
FILES = sorted(REFERENCE.glob("*.json"))
CASES = [
    pytest.param(case, id=f"{path.stem}: {case['name']}")
    for path in FILES
    for case in json.loads(path.read_text(encoding="utf-8"))["cases"]
]


@pytest.mark.parametrize("case", CASES)
def test_the_results_are_those_of_the_reference(case: dict[str, Any]) -> None:
    """Every matrix agrees to 1e-12 in float64, or to the tolerance that the case states."""
    run = CliRunner().invoke(
        cli, ["compute", "-", "-f", "json"], input=json.dumps(case["document"])
    )
    assert run.exit_code == 0, run.stderr
    results = json.loads(run.stdout)
    tolerance = case.get("tolerance", 1e-12)
    for name, expected in case["expected"].items():
        ours = np.array(results[name], dtype=np.float64)
        theirs = np.array(expected, dtype=np.float64)
        assert ours.shape == theirs.shape, name
        np.testing.assert_allclose(ours, theirs, rtol=tolerance, atol=tolerance, err_msg=name)


def test_each_frozen_file_has_its_script() -> None:
    """Each frozen file can be frozen again by its script."""
    scripts = {path.stem.removeprefix("freeze_") for path in REFERENCE.glob("freeze_*.py")}
    assert {path.stem for path in FILES} == scripts
