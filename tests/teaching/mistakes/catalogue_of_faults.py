"""Every mistake of the measure: importing this file fills the registry."""

from __future__ import annotations

from tests.teaching.mistakes import (  # noqa: F401
    heads_and_values,
    in_layers,
    masking,
    outside_the_catalogue,
    positions,
    projections,
    scoring,
    softmaxes,
)
from tests.teaching.mistakes.registry import MISTAKES, OUTSIDE

__all__ = ["MISTAKES", "OUTSIDE"]
