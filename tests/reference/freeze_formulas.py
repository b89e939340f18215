"""Freezes published formulas, written in plain PyTorch in another way than ours.

    python -m tests.reference.freeze_formulas        writes formulas.json

Needs the extra `reference`; made with torch 2.13.0, in float64. Sparsemax is found by bisection,
softmax1 by one more score of 0, general scoring by nn.Bilinear.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import cosine_similarity

from tests.reference.frozen import Case, case, write
from tests.reference.tensors import attend, numbers

BATCH, HEADS, QUERIES, KEYS, D_K, D_V, HIDDEN = 2, 3, 5, 7, 11, 4, 13


def given(*leading: int, width: int = D_K) -> dict[str, Any]:
    return {
        "Q": numbers(*leading, QUERIES, width),
        "K": numbers(*leading, KEYS, width),
        "V": numbers(*leading, KEYS, D_V),
    }


def scoring() -> Iterator[Case]:
    """Scoring functions: cosine, distance, concat (Luong et al. 2015), general."""
    for name, leading in (("", ()), (", heads", (BATCH, HEADS))):
        inputs = given(*leading)
        q, k, v = (inputs[letter] for letter in "QKV")
        pairs = q.unsqueeze(-2), k.unsqueeze(-3)
        cosine = cosine_similarity(*pairs, dim=-1)
        yield case(f"cosine{name}", {**inputs, "score": "cosine"}, **attend(cosine, v))
        document = {**inputs, "score": "cosine", "scale": 7.5}
        yield case(f"cosine, scale{name}", document, **attend(7.5 * cosine, v))
        # Nadaraya and Watson: a Gaussian around each query, summing to 1.
        kernel = torch.exp(-((pairs[0] - pairs[1]) ** 2).sum(-1) / 2)
        weights = kernel / kernel.sum(-1, keepdim=True)
        document = {**inputs, "score": "distance"}
        yield case(f"distance{name}", document, weights=weights, output=weights @ v)
        joined = torch.cat(torch.broadcast_tensors(*pairs), dim=-1)
        first = nn.Linear(2 * D_K, HIDDEN, bias=False, dtype=torch.float64)
        last = nn.Linear(HIDDEN, 1, bias=False, dtype=torch.float64)
        for linear in (first, last):
            linear.weight.copy_(numbers(*linear.weight.shape) / 4)
        results = attend(last(first(joined).tanh()).squeeze(-1), v)
        document = {**inputs, "score": "concat", "v_a": last.weight[0]}
        yield case(f"concat{name}", {**document, "W_a": first.weight.T}, **results)
        stored = {**document, "W_a": first.weight, "layout": "torch"}
        yield case(f"concat, layout torch{name}", stored, **results)
    q, k, v = numbers(QUERIES, D_K), numbers(KEYS, HIDDEN), numbers(KEYS, D_V)
    bilinear = nn.Bilinear(D_K, HIDDEN, 1, bias=False, dtype=torch.float64)
    bilinear.weight.copy_(numbers(1, D_K, HIDDEN) / 4)
    every = torch.cartesian_prod(torch.arange(QUERIES), torch.arange(KEYS))
    scores = bilinear(q[every[:, 0]], k[every[:, 1]]).reshape(QUERIES, KEYS)
    document = {"Q": q, "K": k, "V": v, "score": "general", "W_a": bilinear.weight[0]}
    yield case("general", document, **attend(scores, v))


def softmax1(scores: Tensor) -> Tensor:
    """A further key of score 0 takes its share, and is dropped."""
    return nn.functional.pad(scores, (0, 1)).softmax(-1)[..., :-1]


def sparsemax(scores: Tensor) -> Tensor:
    """max(scores − τ, 0), with the τ for which each row sums to 1, by bisection."""
    high = scores.max(-1, keepdim=True).values
    low = high - 1
    for _ in range(100):
        middle = (low + high) / 2
        is_large = (scores - middle).relu().sum(-1, keepdim=True) >= 1
        low, high = torch.where(is_large, middle, low), torch.where(is_large, high, middle)
    return (scores - low).relu()


NORMALISERS: dict[str, Callable[[Tensor], Tensor]] = {
    "softmax1": softmax1,
    "sparsemax": sparsemax,
    "sigmoid": torch.sigmoid,
}


def normalisers() -> Iterator[Case]:
    """What else may stand in the place of softmax, and its temperature."""
    inputs = given(BATCH, width=3)
    q, k, v = (inputs[letter] for letter in "QKV")
    scores = q @ k.mT / math.sqrt(3)
    open_cells = torch.rand(QUERIES, KEYS) < 0.6
    open_cells[:, 0] = True
    for name, normalise in NORMALISERS.items():
        for masked in (False, True):
            kept = scores.masked_fill(~open_cells, -math.inf) if masked else scores
            weights = normalise(kept)
            document = {**inputs, "normaliser": name, **({"mask": open_cells} if masked else {})}
            title = f"{name}, mask" if masked else name
            yield case(title, document, weights=weights, output=weights @ v)
    for name in ("softmax", *NORMALISERS):
        normalise = NORMALISERS.get(name, lambda rows: rows.softmax(-1))
        weights = normalise(scores / 1.75)
        document = {**inputs, "normaliser": name, "temperature": 1.75}
        yield case(f"{name}, temperature", document, weights=weights, output=weights @ v)


def main() -> None:
    """Write all cases beside this script."""
    torch.manual_seed(20261121)
    with torch.no_grad():
        cases = [*scoring(), *normalisers()]
    write(Path(__file__).with_name("formulas.json"), {"torch": torch.__version__}, cases)


if __name__ == "__main__":
    main()
