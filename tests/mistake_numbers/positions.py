"""Mistakes in positions, in numbers that do not come from the catalogue."""

from __future__ import annotations

from tests.mistake_numbers.registry import Known, Matrix, by_hand


@by_hand("embedding-divided", problem="encoder", step="X_scaled")
def divided_by_the_root(known: Known) -> Matrix:
    """X / √d_model, with d_model = 4."""
    return known["X"] / 2.0
