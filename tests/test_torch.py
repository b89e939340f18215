"""What PyTorch 2.13 calculates, frozen by tests/reference/freeze_torch.py, is what compute gives."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from attncli.cli import cli

CASES = json.loads((Path(__file__).parent / "reference/torch.json").read_text())["cases"]


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_the_result_is_that_of_pytorch(case: dict[str, Any]) -> None:
    """Every matrix that PyTorch returns is met to 1e-12 in float64."""
    run = CliRunner().invoke(
        cli, ["compute", "-", "-f", "json"], input=json.dumps(case["document"])
    )
    assert run.exit_code == 0, run.stderr
    result = json.loads(run.stdout)
    for name, expected in case["expected"].items():
        np.testing.assert_allclose(result[name], expected, rtol=1e-12, atol=1e-12)
