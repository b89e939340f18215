"""Hold a part of the documents of `python -m tests.accuracy` to its bounds."""

from __future__ import annotations

import pytest

from attncli.calculation.operations.normalisers import Softmax
from tests.accuracy.__main__ import beyond, measured, places
from tests.accuracy.exact import BOUNDS
from tests.accuracy.families import FAMILIES
from tests.accuracy.measure import AGREEMENT


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_each_step_is_as_exact_as_its_type_allows() -> None:
    """Each operation is measured, and none is beyond its bound; neither is another way."""
    worst, ways = measured(places(1, FAMILIES, 1.0))
    assert (set(worst), set(ways)) == (set(BOUNDS), set(AGREEMENT))
    assert (beyond(worst, BOUNDS), beyond(ways, AGREEMENT)) == ([], [])


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_a_wrong_operation_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """A softmax that is off by 1e-15 is beyond the bound."""
    weigh = Softmax.weigh
    monkeypatch.setattr(Softmax, "weigh", lambda self, scores: weigh(self, scores) + 1e-15)
    worst, _ = measured([("scaled", "normal", 0)])
    assert beyond(worst, BOUNDS) == ["Softmax"]
