"""Test that worked examples from public pages are judged as a careful reader judges them.

Each file names its source, the inputs, the matrices that the page states with their digits as
printed, and the verdict on each of them.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from attncli.cli.program import cli
from tests.running import ROOT

FILES = sorted((ROOT / "tests/published").glob("*.json"))
CHOICES = ("score", "layout", "mask", "tokens")
OF_HEAD = re.compile(r"h\d+\.")  # h1.weights: the weights of head 1
OF_HEADS = {"Q": "Q_h", "K": "K_h", "V": "V_h", "output": "heads"}

# The verdicts that each verdict of a fixture allows; carried rounding may be off by a unit or two.
ALLOWED = {
    "ok": {"right"},
    "ok-float32": {"right"},
    "ok-carried": {"right", "rounded", "follows"},
    "wrong-here": {"wrong"},
    "wrong": {"wrong", "follows"},
    "follows": {"follows", "right"},
}


def problem(example: dict[str, Any]) -> dict[str, Any]:
    """Return the inputs and choices of an example as a document."""
    inputs = {name.removesuffix("_heads"): cells for name, cells in example["inputs"].items()}
    heads = {"heads": example["heads"]} if example["heads"] > 1 else {}
    return {**inputs, **heads, **{name: example[name] for name in CHOICES if example[name]}}


def stated(example: dict[str, Any]) -> dict[str, Any]:
    """Return the matrices of a page as an answer; those of single heads become one of all heads."""
    answer: dict[str, Any] = {}
    for name, cells in example["stated"].items():
        if OF_HEAD.match(name):
            step = OF_HEAD.sub("", name)
            answer.setdefault(OF_HEADS.get(step, step), []).append(cells)
        else:
            answer[name] = cells
    return answer


def verdicts(example: dict[str, Any]) -> dict[str, str]:
    """Return the verdict on each step as the fixture has it, the local one where it is wrong."""
    found = {**example["verdict"], **example.get("verdict_local", {})}
    steps = {name: OF_HEAD.sub("", name) for name in found}
    return {
        step if step == name else OF_HEADS.get(step, step): found[name]
        for name, step in steps.items()
    }


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_published_example_is_judged_justly(path: Path, tmp_path: Path) -> None:
    """Every matrix that the page states gets the verdict of the fixture."""
    example = json.loads(path.read_text(encoding="utf-8"))
    document = tmp_path / "problem.json"
    document.write_text(json.dumps(problem(example)))
    arguments = ["check", str(document), "-", "-f", "json"]
    run = CliRunner().invoke(cli, arguments, input=json.dumps(stated(example)))
    assert run.exit_code in (0, 1), run.stderr
    results = {result["name"]: result["data"] for result in json.loads(run.stdout)["results"]}
    for step, expected in verdicts(example).items():
        assert results[step]["verdict"] in ALLOWED[expected], step


def test_the_softmax_of_unscaled_scores_is_recognised(tmp_path: Path) -> None:
    """Weights from unscaled scores on a page, with one wrong digit, are recognised."""
    path = next(path for path in FILES if path.stem.startswith("070"))
    example = json.loads(path.read_text(encoding="utf-8"))
    document = tmp_path / "problem.json"
    document.write_text(json.dumps(problem(example)))
    arguments = ["check", str(document), "-", "-f", "json"]
    run = CliRunner().invoke(cli, arguments, input=json.dumps(stated(example)))
    weights = next(r for r in json.loads(run.stdout)["results"] if r["name"] == "weights")
    assert weights["cause"]["mistakes"] == ["softmax-unscaled"]
