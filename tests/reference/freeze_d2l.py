"""Freezes attention as two textbooks write it: `python -m tests.reference.freeze_d2l`, d2l.json.

Needs the extra `reference`; made with torch 2.13.0, in float64. The formulas are those of Dive into
Deep Learning (chapter "Attention Mechanisms and Transformers") and of The Annotated Transformer,
in a few lines of our own: the books' code is no package.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from tests.reference.frozen import Case, case, write
from tests.reference.tensors import numbers

BATCH, HEADS, QUERIES, KEYS, D_Q, D_K, D_V, HIDDEN = 2, 3, 5, 7, 11, 13, 4, 8


def linear(width: int, width_out: int, bias: bool = False) -> nn.Linear:
    """A projection as nn.Linear stores it, with random weights."""
    made = nn.Linear(width, width_out, bias=bias, dtype=torch.float64)
    for parameter in made.parameters():
        parameter.copy_(numbers(*parameter.shape) / 4)
    return made


def masked_softmax(scores: Tensor, lengths: Tensor | None) -> Tensor:
    """D2L: scores behind each length become −1e6; one length a batch entry, or one a query.

    A length of 0 leaves a row of equal scores, and so of equal weights.
    """
    if lengths is None:
        return scores.softmax(-1)
    rows = lengths[:, None, None] if lengths.ndim == 1 else lengths[:, :, None]
    if scores.ndim == 4:
        rows = rows[:, None]
    behind = torch.arange(scores.shape[-1]) >= rows
    return torch.where(behind, -1e6, scores).softmax(-1)


LENGTHS = {
    "": None,
    "a length an entry": torch.tensor([2, 6]),
    "a length of 0": torch.tensor([0, 7]),
    "a length a query": torch.tensor([[1, 2, 3, 0, 7], [4, 4, 5, 6, 1]]),
}


def d2l() -> Iterator[Case]:
    """AdditiveAttention, DotProductAttention and MultiHeadAttention, with valid_lens."""
    for variant, lengths in LENGTHS.items():
        choices: dict[str, Any] = {"convention": "d2l"}
        if lengths is not None:
            choices["mask"] = {"padding": lengths}
        for name, cases in (
            ("AdditiveAttention", additive),
            ("DotProductAttention", dot_product),
            ("MultiHeadAttention", multihead),
        ):
            document, results = cases(lengths)
            title = ", ".join(filter(None, (name, variant)))
            yield case(title, {**document, **choices}, **results)


Made = tuple[dict[str, Any], dict[str, Tensor]]


def additive(lengths: Tensor | None) -> Made:
    """w_vᵀ tanh(W_q q + W_k k): our W_a, U_a and v_a."""
    q, k, v = numbers(BATCH, QUERIES, D_Q), numbers(BATCH, KEYS, D_K), numbers(BATCH, KEYS, D_V)
    w_q, w_k, w_v = linear(D_Q, HIDDEN), linear(D_K, HIDDEN), linear(HIDDEN, 1)
    features = torch.tanh(w_q(q).unsqueeze(2) + w_k(k).unsqueeze(1))
    weights = masked_softmax(w_v(features).squeeze(-1), lengths)
    document = {"Q": q, "K": k, "V": v, "score": "additive"}
    document |= {"W_a": w_q.weight, "U_a": w_k.weight, "v_a": w_v.weight[0]}
    return document, {"weights": weights, "output": torch.bmm(weights, v)}


def dot_product(lengths: Tensor | None) -> Made:
    """q · k / √d."""
    q, k, v = numbers(BATCH, QUERIES, D_K), numbers(BATCH, KEYS, D_K), numbers(BATCH, KEYS, D_V)
    weights = masked_softmax(torch.bmm(q, k.mT) / math.sqrt(D_K), lengths)
    return {"Q": q, "K": k, "V": v}, {"weights": weights, "output": torch.bmm(weights, v)}


def multihead(lengths: Tensor | None) -> Made:
    """Projections without bias to num_hiddens, split into heads, merged by W_o."""
    hiddens = HEADS * 2
    x, memory = numbers(BATCH, QUERIES, D_Q), numbers(BATCH, KEYS, D_K)
    w_q, w_k, w_v = linear(D_Q, hiddens), linear(D_K, hiddens), linear(D_K, hiddens)
    w_o = linear(hiddens, hiddens)
    q, k, v = (
        projected.reshape(BATCH, -1, HEADS, 2).permute(0, 2, 1, 3)
        for projected in (w_q(x), w_k(memory), w_v(memory))
    )
    weights = masked_softmax(q @ k.mT / math.sqrt(2), lengths)
    output = w_o((weights @ v).permute(0, 2, 1, 3).reshape(BATCH, QUERIES, hiddens))
    document: dict[str, Any] = {"X": x, "memory": memory, "heads": HEADS}
    document |= {"W_q": w_q.weight, "W_k": w_k.weight, "W_v": w_v.weight, "W_o": w_o.weight}
    return document, {"weights": weights, "output": output}


def annotated() -> Iterator[Case]:
    """The Annotated Transformer: four layers with biases, −1e9 where the mask is 0."""
    width = HEADS * 2
    x = numbers(BATCH, QUERIES, width)
    layers = [linear(width, width, bias=True) for _ in "qkvo"]
    w_q, w_k, w_v, w_o = layers
    q, k, v = (layer(x).view(BATCH, -1, HEADS, 2).transpose(1, 2) for layer in (w_q, w_k, w_v))
    document: dict[str, Any] = {"X": x, "heads": HEADS, "convention": "annotated-transformer"}
    for letter, layer in zip("qkvo", layers, strict=True):
        document |= {f"W_{letter}": layer.weight, f"b_{letter}": layer.bias}
    empty = torch.ones(QUERIES, QUERIES).tril()
    empty[1] = 0
    for name, mask in (
        ("", None),
        (", causal", torch.ones(QUERIES, QUERIES).tril()),
        (", empty row", empty),
    ):
        scores = q @ k.mT / math.sqrt(2)
        if mask is not None:
            scores = scores.masked_fill(mask == 0, -1e9)
        weights = scores.softmax(-1)
        output = w_o((weights @ v).transpose(1, 2).contiguous().view(BATCH, -1, width))
        masks = {} if mask is None else {"mask": mask}
        title = f"The Annotated Transformer{name}"
        yield case(title, {**document, **masks}, weights=weights, output=output)


def main() -> None:
    """Write all cases beside this script."""
    torch.manual_seed(20261121)
    with torch.no_grad():
        cases = [*d2l(), *annotated()]
    write(Path(__file__).with_name("d2l.json"), {"torch": torch.__version__}, cases)


if __name__ == "__main__":
    main()
