"""Freezes what PyTorch calculates: `python -m tests.reference.freeze_torch` writes torch.json.

Needs the extra `reference`; made with torch 2.13.0, in float64. Each case is a document for attncli
and what scaled_dot_product_attention or nn.MultiheadAttention gives for it.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.attention.bias import causal_lower_right
from torch.nn.functional import scaled_dot_product_attention

from tests.reference.frozen import Case, case, write
from tests.reference.tensors import numbers

BATCH, HEADS, QUERIES, KEYS, D_K, D_V = 2, 3, 5, 7, 11, 4
GROUP, WIDTH, MEMORY_WIDTH = 2, 6, 13


def functional() -> Iterator[Case]:
    """scaled_dot_product_attention on queries, keys and values of rank 2 to 4."""
    for name, leading in (("plain", ()), ("batch", (BATCH,)), ("heads", (BATCH, HEADS))):
        q, k, v = (
            numbers(*leading, QUERIES, D_K),
            numbers(*leading, KEYS, D_K),
            numbers(*leading, KEYS, D_V),
        )
        given = {"Q": q, "K": k, "V": v}
        boolean = torch.rand(QUERIES, KEYS) < 0.6
        boolean[0, 0] = True
        boolean[1, :] = False  # a query that may attend nothing
        added = numbers(QUERIES, KEYS)
        added[2, 3] = float("-inf")
        variants: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
            ("", {}, {}),
            ("causal", {"mask": "causal"}, {"is_causal": True}),
            ("boolean mask", {"mask": boolean}, {"attn_mask": boolean}),
            ("number mask", {"mask": added}, {"attn_mask": added}),
            ("scale", {"scale": 0.37}, {"scale": 0.37}),
            (
                "lower right",
                {"mask": "causal:lower-right"},
                {"attn_mask": causal_lower_right(QUERIES, KEYS)},
            ),
            ("convention", {"mask": boolean, "convention": "torch-sdpa"}, {"attn_mask": boolean}),
        ]
        for variant, choices, arguments in variants[: 4 if name == "heads" else None]:
            output = scaled_dot_product_attention(q, k, v, **arguments)
            yield case(f"sdpa {name} {variant}".strip(), {**given, **choices}, output=output)


def grouped() -> Iterator[Case]:
    """Query heads that share keys and values: those of one group lie side by side."""
    for kv_heads, masked in ((HEADS, False), (HEADS, True), (1, False)):
        q = numbers(BATCH, HEADS * GROUP, QUERIES, D_K)
        k, v = numbers(BATCH, kv_heads, KEYS, D_K), numbers(BATCH, kv_heads, KEYS, D_V)
        choices = {"mask": "causal"} if masked else {}
        output = scaled_dot_product_attention(q, k, v, enable_gqa=True, is_causal=masked)
        name = f"sdpa {HEADS * GROUP} heads share {kv_heads}{', causal' * masked}"
        yield case(name, {"Q": q, "K": k, "V": v, **choices}, output=output)
        if masked:
            continue
        named = {"heads": HEADS * GROUP, "kv_heads": kv_heads}
        flat = {"Q": q, "K": k, "V": v}
        flat = {letter: tensor.transpose(1, 2).flatten(2) for letter, tensor in flat.items()}
        flat_output = output.transpose(1, 2).flatten(2)
        yield case(f"{name}, side by side", {**flat, **named}, output=flat_output)


def layer(**arguments: Any) -> nn.MultiheadAttention:
    """A layer whose weights and biases are all random."""
    made = nn.MultiheadAttention(WIDTH, HEADS, dtype=torch.float64, batch_first=True, **arguments)
    for parameter in made.parameters():
        parameter.copy_(numbers(*parameter.shape))
    return made.eval()


def apart(made: nn.MultiheadAttention) -> dict[str, Any]:
    """The weights of a layer, each projection by itself."""
    if made.in_proj_weight is None:
        held = (made.q_proj_weight, made.k_proj_weight, made.v_proj_weight)
    else:
        held = made.in_proj_weight.chunk(3)
    weights = dict(zip(("W_q", "W_k", "W_v"), held, strict=True))
    biases = dict(zip(("b_q", "b_k", "b_v"), made.in_proj_bias.chunk(3), strict=True))
    return {"heads": HEADS, **weights, **biases, **merging(made)}


def fused(made: nn.MultiheadAttention) -> dict[str, Any]:
    """The weights of a layer as it stores them."""
    packed = {"W_qkv": made.in_proj_weight, "b_qkv": made.in_proj_bias}
    return {"heads": HEADS, **packed, **merging(made)}


def merging(made: nn.MultiheadAttention) -> dict[str, Tensor]:
    return {"W_o": made.out_proj.weight, "b_o": made.out_proj.bias}


def ignored() -> Tensor:
    """key_padding_mask: true are keys to ignore, not only at the end."""
    mask = torch.zeros(BATCH, KEYS, dtype=torch.bool)
    mask[0, -2:] = mask[1, 1] = True
    return mask


def multihead() -> Iterator[Case]:
    """nn.MultiheadAttention with biases, as it stores its weights: layout `torch`."""
    made = layer()
    base = {"layout": "torch", **apart(made)}
    x, memory = numbers(BATCH, QUERIES, WIDTH), numbers(BATCH, KEYS, WIDTH)
    hidden = torch.ones(QUERIES, QUERIES, dtype=torch.bool).triu(1)
    padded = torch.arange(KEYS) >= torch.tensor([[KEYS], [4]])
    drop = {"mask": hidden, "mask_kind": "drop"}
    padding = {"mask": {"padding": [KEYS, 4]}}
    both = {"X": x, "memory": memory}
    variants: list[tuple[str, dict[str, Any], Tensor, dict[str, Any]]] = [
        ("self", {"X": x}, x, {}),
        ("self, causal as booleans to drop", {"X": x, **drop}, x, {"attn_mask": hidden}),
        ("cross", both, memory, {}),
        ("cross, padding", {**both, **padding}, memory, {"key_padding_mask": padded}),
    ]
    for name, document, source, arguments in variants:
        output, attention = made(x, source, source, average_attn_weights=False, **arguments)
        yield case(f"mha {name}", {**base, **document}, output=output, weights=attention)


def multihead_convention() -> Iterator[Case]:
    """The same by the convention: layout, polarity of masks and the average come with it."""
    made = layer()
    base = {"convention": "torch-mha", **apart(made)}
    packed = {"convention": "torch-mha", **fused(made)}
    x, memory = numbers(BATCH, QUERIES, WIDTH), numbers(BATCH, KEYS, WIDTH)
    both = {"X": x, "memory": memory}
    hidden = torch.rand(QUERIES, KEYS) < 0.4
    hidden[:, 0] = False
    added = numbers(QUERIES, KEYS)
    empty = torch.zeros(QUERIES, QUERIES, dtype=torch.bool)
    empty[3] = True
    keys = ignored()[:, None, None]
    variants: list[tuple[str, dict[str, Any], Tensor, dict[str, Any]]] = [
        ("self", {**base, "X": x}, x, {}),
        ("self, fused", {**packed, "X": x}, x, {}),
        ("cross, fused", {**packed, **both}, memory, {}),
        ("self, empty row", {**base, "X": x, "mask": empty}, x, {"attn_mask": empty}),
        ("cross, boolean", {**base, **both, "mask": hidden}, memory, {"attn_mask": hidden}),
        ("cross, numbers", {**base, **both, "mask": added}, memory, {"attn_mask": added}),
        ("cross, keys", {**base, **both, "mask": keys}, memory, {"key_padding_mask": ignored()}),
        (
            "cross, keys and boolean",
            {**base, **both, "masks": [keys, hidden]},
            memory,
            {"key_padding_mask": ignored(), "attn_mask": hidden},
        ),
    ]
    for name, document, source, arguments in variants:
        output, average = made(x, source, source, **arguments)
        _, attention = made(x, source, source, average_attn_weights=False, **arguments)
        results = {"output": output, "weights": attention, "average": average}
        yield case(f"mha convention {name}", document, **results)


def multihead_other() -> Iterator[Case]:
    """Keys and values of another width; and a key of zeros, which is what softmax1 adds."""
    made = layer(kdim=MEMORY_WIDTH, vdim=MEMORY_WIDTH)
    x, memory = numbers(BATCH, QUERIES, WIDTH), numbers(BATCH, KEYS, MEMORY_WIDTH)
    document = {"convention": "torch-mha", **apart(made), "X": x, "memory": memory}
    output, average = made(x, memory, memory)
    yield case("mha keys of another width", document, output=output, average=average)
    made = layer(add_zero_attn=True)
    document = {"convention": "torch-mha", **apart(made), "X": x, "normaliser": "softmax1"}
    output, attention = made(x, x, x, average_attn_weights=False)
    yield case("mha with a key of zeros", document, output=output, weights=attention[..., :-1])


def main() -> None:
    """Write all cases beside this script."""
    torch.manual_seed(20261121)
    with torch.no_grad():
        cases = [
            *functional(),
            *grouped(),
            *multihead(),
            *multihead_convention(),
            *multihead_other(),
        ]
    write(Path(__file__).with_name("torch.json"), {"torch": torch.__version__}, cases)


if __name__ == "__main__":
    main()
