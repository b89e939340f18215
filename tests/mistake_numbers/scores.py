"""Mistakes in scores, in numbers that do not come from the catalogue."""

from __future__ import annotations

from tests.mistake_numbers.registry import Known, Matrix, by_hand


@by_hand("no-scale", problem="self", step="scaled")
@by_hand("no-scale", problem="scale", step="scaled")
def not_scaled(known: Known) -> Matrix:
    """Scores as they are, whether they should be divided by √d_k or multiplied by 0.3."""
    return known["Q"] @ known["K"].T
