"""Test W_qkv and b_qkv, the projections of queries, keys and values side by side."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.matrices import Document, matrix, numbers
from tests.running import compute, refused

HEADS, N, D_MODEL, D_K = 6, 5, 11, 13


@pytest.mark.parametrize("layout", ["rows", "columns", "torch"])
@pytest.mark.parametrize("kv_heads", [2, 6])
def test_packed_projections_are_the_three_side_by_side(layout: str, kv_heads: int) -> None:
    """W_qkv and b_qkv give what the projections of Q, K and V give, in every layout."""
    X = numbers(matrix("X", N, D_MODEL))
    weights = {
        "W_q": numbers(matrix("W_q", D_MODEL, HEADS * D_K)),
        "W_k": numbers(matrix("W_k", D_MODEL, kv_heads * D_K)),
        "W_v": numbers(matrix("W_v", D_MODEL, kv_heads * D_K)),
    }
    biases = {name.replace("W", "b"): weight[0] for name, weight in weights.items()}
    packed = np.concatenate(list(weights.values()), axis=1)

    def written(weight: np.ndarray[Any, Any]) -> Any:
        return (weight if layout == "rows" else weight.T).tolist()

    base = {
        "X": (X.T if layout == "columns" else X).tolist(),
        "heads": HEADS,
        "kv_heads": kv_heads,
        "layout": layout,
    }
    apart = {name: written(weight) for name, weight in weights.items()}
    apart |= {name: bias.tolist() for name, bias in biases.items()}
    together = {
        "in_proj_weight": written(packed),
        "in_proj_bias": np.concatenate(list(biases.values())).tolist(),
    }
    assert compute({**base, **together}) == compute({**base, **apart})


REFUSED: list[tuple[Document, str]] = [
    (
        {"X": matrix("X", 3, 4), "W_qkv": matrix("w", 4, 10)},
        "W_qkv gives 10 numbers per token, which cannot be cut into 3 equal parts.",
    ),
    (
        {"X": matrix("X", 3, 4), "W_qkv": matrix("w", 4, 12), "heads": 4, "kv_heads": 2},
        "W_qkv gives 12 numbers per token, which cannot be cut into 4 + 2 + 2 heads.",
    ),
    (
        {"X": matrix("X", 3, 4), "W_qkv": matrix("w", 4, 12), "W_k": matrix("w", 4, 4)},
        "W_qkv and W_k are given, but W_qkv already holds W_k. Leave out W_qkv or W_k.",
    ),
    (
        {"X": matrix("X", 3, 4), "b_qkv": matrix("w", 12)},
        "b_qkv is given without W_qkv: a bias is added to a projection.",
    ),
]


@pytest.mark.parametrize(("document", "message"), REFUSED, ids=[text[:50] for _, text in REFUSED])
def test_packed_projections_that_cannot_be_cut_are_refused(
    document: Document, message: str
) -> None:
    """An unfit W_qkv is refused in one line with the object, the fact and the cure."""
    assert message in refused(document)
