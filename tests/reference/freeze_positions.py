"""Freezes positions as their papers write them, in plain PyTorch in another way than ours.

    python -m tests.reference.freeze_positions       writes positions.json

Needs the extra `reference`; made with torch 2.13.0, in float64. Rotary positions are products of
complex numbers.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from tests.reference.frozen import Case, case, write
from tests.reference.tensors import attend, numbers

BATCH, HEADS, QUERIES, KEYS, PAST, D_K, D_V = 2, 3, 5, 7, 4, 11, 4
EVEN = 10  # the width of a head whose features are turned in pairs


def given(*leading: int) -> dict[str, Any]:
    return {
        "Q": numbers(*leading, QUERIES, EVEN),
        "K": numbers(*leading, KEYS, EVEN),
        "V": numbers(*leading, KEYS, D_V),
    }


def turned(rows: Tensor, interleaved: bool, dims: int, base: float) -> Tensor:
    """Rotary positions (Su et al. 2021): pairs of features as complex numbers, turned.

    The pair j of the row at p is multiplied by exp(i p base^(−2j / dims)). Pairs are neighbours
    (GPT-J) or the features j and j + dims / 2 (Llama as Hugging Face stores it).
    """
    part, rest = rows[..., :dims], rows[..., dims:]
    pairs = part.unflatten(-1, (-1, 2)) if interleaved else part.unflatten(-1, (2, -1)).mT
    angles = torch.outer(
        torch.arange(rows.shape[-2], dtype=torch.float64),
        base ** (-torch.arange(0, dims, 2, dtype=torch.float64) / dims),
    )
    product = torch.view_as_complex(pairs.contiguous()) * torch.exp(1j * angles)
    result = torch.view_as_real(product)
    result = result.flatten(-2) if interleaved else result.mT.flatten(-2)
    return torch.cat((result, rest), -1)


def turned_halves(rows: Tensor) -> Tensor:
    return turned(rows, False, EVEN, 10000)


def unturned(rows: Tensor) -> Tensor:
    return rows


def rotary() -> Iterator[Case]:
    """Rotary positions on Q and K: both forms, all features or some, without and with heads."""
    for words, interleaved, dims, base in (
        ("rope:halves", False, EVEN, 10000),
        ("rope:interleaved", True, EVEN, 10000),
        ("rope:halves,dims=4,base=500", False, 4, 500),
        ("rope:interleaved,dims=6", True, 6, 10000),
        ("rope:interleaved,base=500", True, EVEN, 500),
    ):
        for name, leading in (("", ()), (", heads", (BATCH, HEADS))):
            inputs = given(*leading)
            q, k = (turned(inputs[letter], interleaved, dims, base) for letter in "QK")
            results = attend(q @ k.mT / math.sqrt(EVEN), inputs["V"])
            yield case(f"{words}{name}", {**inputs, "position": words}, **results)
    split = given(BATCH, HEADS)
    inputs = {name: each.transpose(1, 2).flatten(2) for name, each in split.items()}
    q, k = (turned(split[letter], False, EVEN, 10000) for letter in "QK")
    results = attend(q @ k.mT / math.sqrt(EVEN), split["V"])
    results["output"] = results["output"].transpose(1, 2).flatten(2)
    yield case(
        "rope:halves, split", {**inputs, "heads": HEADS, "position": "rope:halves"}, **results
    )


def biased(scores: Tensor) -> Tensor:
    """ALiBi (Press et al. 2022): each score less its head's slope times how far back the key is."""
    heads, n, m = scores.shape[-3:]
    back = torch.arange(n)[:, None] - torch.arange(m)
    return scores - torch.tensor(slopes(heads), dtype=scores.dtype)[:, None, None] * back


def whole(q: Tensor, k: Tensor, v: Tensor, position: str) -> dict[str, Tensor]:
    """A sequence from its beginning, causal, as if there never was a cache."""
    scores = q @ k.mT / math.sqrt(q.shape[-1])
    scores = biased(scores) if position == "alibi" else scores
    return attend(scores, v, torch.ones(scores.shape[-2:]).triu(1).bool())


def cached() -> Iterator[Case]:
    """The last tokens of a sequence with the others in a cache are what they are in the whole."""
    for position in ("rope:halves", "alibi"):
        count = PAST + QUERIES
        q, k = numbers(BATCH, HEADS, count, EVEN), numbers(BATCH, HEADS, count, EVEN)
        v = numbers(BATCH, HEADS, count, D_V)
        turn = unturned if position == "alibi" else turned_halves
        results = whole(turn(q), turn(k), v, position)
        results = {name: rows[..., PAST:, :] for name, rows in results.items()}
        new = {"Q": q[..., PAST:, :], "K": k[..., PAST:, :], "V": v[..., PAST:, :]}
        past = {"K_past": turn(k)[..., :PAST, :], "V_past": v[..., :PAST, :]}
        choices = {"position": position, "mask": "causal"}
        yield case(f"{position}, past", {**new, **past, **choices}, **results)
        lengths = [count - 2, QUERIES + 1]
        queries = torch.stack([q[i, :, n - QUERIES : n] for i, n in enumerate(lengths)])
        rows = []
        for i, n in enumerate(lengths):
            alone = whole(turn(q[i, :, :n]), turn(k[i, :, :n]), v[i, :, :n], position)
            rows.append(alone["output"][:, n - QUERIES :])
        document = {"Q": queries, "K": k, "V": v, "cache_lens": lengths, **choices}
        yield case(f"{position}, filled cache", document, output=torch.stack(rows))


def sinusoids(count: int, width: int) -> Tensor:
    """Vaswani et al. 2017, 3.5: the sine of each angle, and its cosine beside it."""
    return torch.tensor(
        [
            [
                (math.cos if column % 2 else math.sin)(row / 10000 ** ((column // 2) * 2 / width))
                for column in range(width)
            ]
            for row in range(count)
        ],
        dtype=torch.float64,
    )


def added() -> Iterator[Case]:
    """Positions that are added to X, in self- and cross-attention: sinusoids, and learned ones."""
    for width in (6, 7):
        for crossed in (False, True):
            x, memory = numbers(BATCH, QUERIES, width), numbers(BATCH, KEYS, width)
            weights = {f"W_{letter}": numbers(width, D_K) for letter in "qk"}
            weights["W_v"] = numbers(width, D_V)
            learned = nn.Embedding(QUERIES, width, dtype=torch.float64)
            learned.weight.copy_(numbers(QUERIES, width))
            for name, position, table in (
                ("sinusoidal", "sinusoidal", sinusoids(QUERIES, width)),
                ("learned positions", learned.weight, learned(torch.arange(QUERIES))),
            ):
                embedded = x + table
                source = memory if crossed else embedded
                scores = (embedded @ weights["W_q"]) @ (source @ weights["W_k"]).mT
                results = attend(scores / math.sqrt(D_K), source @ weights["W_v"])
                document = {"X": x, **weights, "position": position}
                if crossed:
                    document["memory"] = memory
                title = f"{name}, width {width}{', cross' * crossed}"
                yield case(title, document, embedded=embedded, **results)


def timing() -> Iterator[Case]:
    """Tensor2tensor's signal: all sines, then all cosines, of wavelengths from 2π to 10000 · 2π.

    Between them the last pair is one whole step, so that the base is 10000^(pairs / (pairs − 1)).
    """
    pairs = 3
    x = numbers(BATCH, QUERIES, 2 * pairs)
    increment = math.log(10000) / (pairs - 1)
    timescales = torch.exp(torch.arange(pairs, dtype=torch.float64) * -increment)
    scaled = torch.arange(QUERIES, dtype=torch.float64)[:, None] * timescales
    embedded = x + torch.cat((scaled.sin(), scaled.cos()), -1)
    scores = embedded @ embedded.mT / math.sqrt(2 * pairs)
    document = {"X": x, "position": "sinusoidal:halves,base=1000000"}
    yield case("tensor2tensor", document, embedded=embedded, **attend(scores, embedded))


def slopes(heads: int) -> list[float]:
    """2^(−8/h), 2^(−16/h), … of ALiBi, where h is a power of two.

    For other counts h is the power of two below, and the rest are every second slope of 2 h heads.
    """
    power = 2 ** int(math.log2(heads))
    first = [2 ** (-8 * (head + 1) / power) for head in range(power)]
    between = [2 ** (-4 * (2 * head + 1) / power) for head in range(power)]
    return (first + between)[:heads]


def linear_biases() -> Iterator[Case]:
    """ALiBi for counts of heads that are powers of two, and for others."""
    for heads in (1, 2, 3, 6, 8, 12):
        shape = (1, heads, QUERIES)
        inputs = {"Q": numbers(*shape, 3), "K": numbers(*shape, 3), "V": numbers(*shape, 2)}
        results = whole(inputs["Q"], inputs["K"], inputs["V"], "alibi")
        document = {**inputs, "position": "alibi", "mask": "causal"}
        yield case(f"alibi, {heads} heads", document, **results)


def main() -> None:
    """Write all cases beside this script."""
    torch.manual_seed(20261121)
    with torch.no_grad():
        cases = [*rotary(), *cached(), *added(), *timing(), *linear_biases()]
    write(Path(__file__).with_name("positions.json"), {"torch": torch.__version__}, cases)


if __name__ == "__main__":
    main()
