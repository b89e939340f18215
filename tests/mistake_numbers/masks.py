"""Mistakes in masks, in numbers that do not come from the catalogue."""

from __future__ import annotations

import numpy as np

from tests.mistake_numbers.registry import Known, Matrix, by_hand

CAUSAL = np.tril(np.ones((4, 4), dtype=np.bool_))


@by_hand("mask-small-fill", problem="causal", step="masked")
def filled_with_minus_10(known: Known) -> Matrix:
    """−10 for each key after the query."""
    return np.where(CAUSAL, known["scaled"], -10.0)
