"""Freezes what PyTorch calculates: `python tests/reference/freeze_torch.py` writes torch.json.

Needs the extra `reference`. Each case is a document for attncli and what PyTorch gives for it, in
float64, with sizes that are different primes.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.nn.functional import scaled_dot_product_attention

Case = dict[str, Any]

BATCH, HEADS, QUERIES, KEYS, D_K, D_V = 2, 3, 5, 7, 11, 13


def random(*shape: int) -> torch.Tensor:
    """Numbers that the seed decides."""
    return torch.randn(*shape, dtype=torch.float64)


def case(name: str, document: dict[str, Any], **expected: torch.Tensor) -> Case:
    """A document and what is expected of it, as JSON can say them."""
    return {"name": name, "document": plain(document), "expected": plain(expected)}


def plain(value: Any) -> Any:
    """Tensors as nested lists; infinities as the strings that documents use."""
    if isinstance(value, torch.Tensor):
        return plain(value.tolist())
    if isinstance(value, dict):
        return {key: plain(entry) for key, entry in value.items()}
    if isinstance(value, list):
        return [plain(entry) for entry in value]
    return str(value) if value in (float("inf"), float("-inf")) else value


def functional() -> Iterator[Case]:
    """scaled_dot_product_attention on queries, keys and values of rank 2 to 4."""
    for name, leading in (("plain", ()), ("batch", (BATCH,)), ("heads", (BATCH, HEADS))):
        q, k, v = (
            random(*leading, QUERIES, D_K),
            random(*leading, KEYS, D_K),
            random(*leading, KEYS, D_V),
        )
        given = {"Q": q, "K": k, "V": v}
        boolean = torch.rand(QUERIES, KEYS) < 0.6
        boolean[0, 0] = True
        boolean[1, :] = False  # a query that may attend nothing
        numbers = random(QUERIES, KEYS)
        numbers[2, 3] = float("-inf")
        variants: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
            ("", {}, {}),
            ("causal", {"mask": "causal"}, {"is_causal": True}),
            ("boolean mask", {"mask": boolean}, {"attn_mask": boolean}),
            ("number mask", {"mask": numbers}, {"attn_mask": numbers}),
            ("scale", {"scale": 0.37}, {"scale": 0.37}),
        ]
        for variant, choices, arguments in variants:
            output = scaled_dot_product_attention(q, k, v, **arguments)
            yield case(f"sdpa {name} {variant}".strip(), {**given, **choices}, output=output)


def multihead() -> Iterator[Case]:
    """nn.MultiheadAttention with biases, as it stores its weights: layout `torch`."""
    width = HEADS * 5
    layer = nn.MultiheadAttention(width, HEADS, dtype=torch.float64, batch_first=True).eval()
    nn.init.normal_(layer.in_proj_bias)
    nn.init.normal_(layer.out_proj.bias)
    weights = dict(zip(("W_q", "W_k", "W_v"), layer.in_proj_weight.chunk(3), strict=True))
    biases = dict(zip(("b_q", "b_k", "b_v"), layer.in_proj_bias.chunk(3), strict=True))
    projection = {"W_o": layer.out_proj.weight, "b_o": layer.out_proj.bias}
    base = {"layout": "torch", "heads": HEADS, **weights, **biases, **projection}
    x, memory = random(BATCH, QUERIES, width), random(BATCH, KEYS, width)
    hidden = torch.ones(QUERIES, QUERIES, dtype=torch.bool).triu(1)
    lengths = torch.tensor([[KEYS], [4]])
    ignored = torch.arange(KEYS) >= lengths
    drop = {"mask": hidden, "mask_kind": "drop"}
    padding = {"mask": {"padding": [KEYS, 4]}}
    variants = [
        ("self", {"X": x}, x, {}),
        ("self, causal as booleans to drop", {"X": x, **drop}, x, {"attn_mask": hidden}),
        ("cross", {"X": x, "memory": memory}, memory, {}),
        (
            "cross, padding",
            {"X": x, "memory": memory, **padding},
            memory,
            {"key_padding_mask": ignored},
        ),
    ]
    for name, document, source, arguments in variants:
        output, attention = layer(x, source, source, average_attn_weights=False, **arguments)
        yield case(f"mha {name}", {**base, **document}, output=output, weights=attention)


def main() -> None:
    """Write all cases beside this script."""
    torch.manual_seed(20261121)
    with torch.no_grad():
        cases = [*functional(), *multihead()]
    frozen = {"torch": torch.__version__, "cases": cases}
    path = Path(__file__).with_name("torch.json")
    path.write_text(json.dumps(frozen) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
