"""What the scripts that calculate with PyTorch share."""

from __future__ import annotations

import math

import torch
from torch import Tensor


def numbers(*shape: int) -> Tensor:
    """Random numbers of few digits, which the seed decides."""
    return torch.round(torch.randn(*shape, dtype=torch.float64) * 8) / 8


def attend(scores: Tensor, values: Tensor, hidden: Tensor | None = None) -> dict[str, Tensor]:
    """The end of an attention: softmax of each row without what is hidden, and the weighted sum."""
    if hidden is not None:
        scores = scores.masked_fill(hidden, -math.inf)
    weights = scores.softmax(-1)
    return {"weights": weights, "output": weights @ values}
