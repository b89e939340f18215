"""Test which cells of a result count as masked."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from attncli.calculation.analyses.hidden_cells import hidden_cells
from attncli.errors import AttncliWarning
from attncli.face.functions import compute

X = np.random.default_rng(3).normal(size=(3, 4)).tolist()
ABOVE = np.triu(np.ones((3, 3)), 1).astype(bool)
ADDED = np.where(ABOVE, -1e9, 0.5).tolist()


def hidden(step: str, **document: Any) -> Any:
    """Return the masked cells of a step, as its matrix is written."""
    made = compute({"X": X, **document}, only=[step]).made
    (shown,) = made.shown()
    return hidden_cells(made, shown)


@pytest.mark.parametrize("mask", [{"mask": "causal"}, {"mask": ADDED}, {"mask": (~ABOVE).tolist()}])
def test_every_kind_of_mask_hides_its_cells(mask: dict[str, Any]) -> None:
    """Rules, booleans and added numbers hide the same cells of the scores and the weights."""
    np.testing.assert_array_equal(hidden("masked", **mask), ABOVE)
    np.testing.assert_array_equal(hidden("weights", **mask), ABOVE)


@pytest.mark.parametrize("fill", [-100.0, -1e9])
def test_a_masked_score_is_hidden_whatever_the_fill(fill: float) -> None:
    """The fill of a mask does not matter for scores: the mask itself is looked at."""
    np.testing.assert_array_equal(hidden("masked", mask="causal", fill=fill), ABOVE)


def test_a_masked_cell_with_weight_is_not_hidden() -> None:
    """A low fill that is not low enough leaves weights above 0, which are shown as weights."""
    assert not hidden("weights", mask="causal", fill=-1.0).any()
    assert not hidden("weights", mask="padding:0", fill=-1e9).any()
    with pytest.warns(AttncliWarning):
        assert hidden("weights", mask="padding:0").all()


def test_hidden_cells_follow_the_layout_and_the_part() -> None:
    """In the layout `columns` keys are rows, and a part of a step has its own cells."""
    columns = {"X": np.transpose(X).tolist(), "layout": "columns", "mask": "causal"}
    np.testing.assert_array_equal(hidden("weights", **columns), ABOVE.T)
    np.testing.assert_array_equal(hidden("weights[1,:]", mask="causal"), [[False, True, True]])


def test_the_mean_of_the_heads_hides_what_all_heads_hide() -> None:
    """A key that one head sees is not hidden in the mean."""
    heads = {"heads": 2, "convention": "torch-mha"}
    np.testing.assert_array_equal(hidden("average", mask="causal", **heads), ABOVE)
    one_sees = np.stack([ABOVE, np.zeros_like(ABOVE)])
    masks = {"mask": one_sees.tolist()}  # in this convention true hides
    found = hidden("average", **masks, **heads)
    np.testing.assert_array_equal(found, ABOVE & one_sees[1])


def test_steps_without_a_mask_have_no_hidden_cells() -> None:
    """Scores, and weights without a mask, hide nothing, even where they are 0."""
    assert not hidden("scores", mask="causal").any()
    assert not hidden("weights").any()
    assert not hidden("weights", score="dot", normaliser="sparsemax").any()
