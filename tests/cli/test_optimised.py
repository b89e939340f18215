"""Test the program without assertions and docstrings, as PYTHONOPTIMIZE removes them."""

from __future__ import annotations

import os
import subprocess

import pytest

from tests.running import PATIENCE, PROGRAM, ROOT, run

LESSON = "samples/self_attention.json"
BY_DOCSTRINGS = pytest.mark.xfail(reason="diagnoses and help are docstrings, which -OO leaves out")
LINES = [
    ["compute", LESSON],
    ["explain", LESSON, "weights[2,1]"],
    ["check", LESSON, "samples/answers/rounded.json"],
    pytest.param(["check", LESSON, "samples/answers/as_published.json"], marks=BY_DOCSTRINGS),
    pytest.param(["check", "--help"], marks=BY_DOCSTRINGS),
]


@pytest.mark.parametrize("line", LINES, ids=lambda line: " ".join(line))
def test_nothing_depends_on_assertions_or_docstrings(line: list[str]) -> None:
    """The status and the text are those of a run with assertions and docstrings."""
    optimised = subprocess.run(
        [*PROGRAM, *line],
        env={**os.environ, "PYTHONOPTIMIZE": "2"},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    plain = run(*line)
    assert optimised.stdout == plain.stdout
    assert (optimised.returncode, optimised.stderr) == (plain.exit_code, plain.stderr)
