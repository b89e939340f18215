"""Test which mistakes are named, how much evidence they need, and which are tried first."""

from __future__ import annotations

import json
from copy import deepcopy
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from attncli.cli.program import cli
from tests.homework.test_mistakes_in_layers import DECODER, ENCODER, TRANSFORMER, written

Document = dict[str, Any]


def output_of(document: Document) -> Any:
    """Return the output that `attncli compute` gives."""
    arguments = ["compute", "-", "--only", "output", "-f", "json"]
    run = CliRunner().invoke(cli, arguments, input=json.dumps(document))
    return json.loads(run.stdout)["output"]


def cause(document: Document, output: Any) -> Document:
    """Return the cause that `attncli check` reports for a wrong output."""
    arguments = ["check", json.dumps(document), "-", "-f", "json"]
    run = CliRunner().invoke(cli, arguments, input=json.dumps({"output": output}))
    (*_, result) = json.loads(run.stdout)["results"]
    assert (result["name"], result["passed"]) == ("output", False)
    found: Document = result["cause"]
    return found


def without_gammas(document: Document, *norms: str) -> Document:
    """Return the same layer with all gammas of these norms set to 1."""
    found = deepcopy(document)
    for norm in norms:
        found[norm]["gamma"] = [1.0] * len(found[norm]["gamma"])
    return found


@pytest.mark.parametrize(("columns", "named"), [(2, []), (3, ["no-scale", "softmax-unscaled"])])
def test_rough_agreement_takes_three_cells(columns: int, named: list[str]) -> None:
    """Two roughly equal numbers are not enough to name a mistake; three are."""
    queries, keys = np.array([[1.5, -0.5, 2.0]]), np.array([[0.5, 1, -1], [1, 0.25, 0], [2, 1, -1]])
    values = np.array([[0.75, -1.25, 3.5], [2.5, 0.5, -1.75], [-3.25, 1.5, 0.25]])[:, :columns]
    powers = np.exp(queries @ keys.T)  # not divided by the root
    nearly = powers @ values / powers.sum() + 1.4e-5
    matrices = {"Q": queries.tolist(), "K": keys.tolist(), "V": values.tolist()}
    found = cause(matrices, written(nearly, 5))
    assert found["mistakes"] == named
    assert ("to 2 units of the last digit" in found["rationale"]) == bool(named)


def test_a_mistake_in_one_sublayer_is_likelier_than_in_two() -> None:
    """A mistake in one sublayer is preferred to an earlier one in two with the same digits."""
    wrong = deepcopy(TRANSFORMER)
    norm = wrong["encoder"]["layers"][0]["norm_1"]
    norm["gamma"] = [1.0] * len(norm["gamma"])
    found = cause(TRANSFORMER, written(output_of(wrong), 5))
    assert found["mistakes"] == ["ln-gamma-missing", "k-unprojected"]
    assert "In encoder.layers.1.norm_1.output: " in found["rationale"]


def test_mistakes_at_all_steps_need_less_evidence() -> None:
    """One number of two decimals names a mistake at all steps, but none at one of many steps."""
    everywhere = written(output_of(without_gammas(ENCODER, "norm_1", "norm_2")), 2)
    once = written(output_of(without_gammas(ENCODER, "norm_2")), 2)
    for output, named in ((everywhere, ["ln-gamma-missing"]), (once, [])):
        blank: list[list[str | None]] = [[None] * 4 for _ in range(4)]
        assert cause(ENCODER, [[output[0][0], None, None, None], *blank])["mistakes"] == named


def test_pairs_of_mistakes_at_all_steps_are_tried_first() -> None:
    """Pairs of mistakes at all steps are tried first, within the limit on the number of pairs."""
    wrong = without_gammas(DECODER, "norm_1", "norm_2", "norm_3")
    for name in ("b_q", "b_o"):
        del wrong["self"][name]
    found = cause(DECODER, written(output_of(wrong), 6))
    assert found["mistakes"] == ["ln-gamma-missing", "bias-missing"]
