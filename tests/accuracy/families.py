"""Seeded families of numbers, and the documents that they fill."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from numpy.random import Generator


def _sized(power: int, generator: Generator, shape: tuple[int, ...]) -> Any:
    return generator.normal(size=shape) * float(f"1e{power}")


FAMILIES: dict[str, Callable[[Generator, tuple[int, ...]], Any]] = {
    "normal": lambda r, shape: r.normal(size=shape),
    "integers": lambda r, shape: r.integers(-9, 10, shape).astype(np.float64),
    "decimals": lambda r, shape: r.integers(-99, 100, shape) / 10,
    "mixed": lambda r, shape: r.normal(size=shape) * 10.0 ** r.integers(-12, 13, shape),
    "cancelling": lambda r, shape: (
        r.choice([-1.0, 1.0], shape) * (1 + 1e-15 * r.normal(size=shape))
    ),
    "ties": lambda r, shape: r.choice([-0.5, 0.1, 0.1, 0.3], shape),
    "x30": lambda r, shape: 30 * r.normal(size=shape),
    "x300": lambda r, shape: 300 * r.normal(size=shape),
    **{f"1e{power}": partial(_sized, power) for power in (100, 150, 300, -150, -300)},
    "subnormal": lambda r, shape: r.integers(-999, 1000, shape) * 5e-324,
    "zeros": lambda r, shape: np.zeros(shape),
}
SHAPES = {"X": (3, 4), "W_q": (4, 3), "W_k": (4, 3), "W_v": (4, 4), "b_q": (3,)}
LAYER = {"layer": "encoder", "ffn.W_1": (4, 5), "ffn.b_1": (5,), "ffn.W_2": (5, 4)}
# The choices of each document, and the shapes of its matrices beside X and the projections.
KINDS: dict[str, dict[str, Any]] = {
    "scaled": {"temperature": 3},
    "scale": {"score": "dot", "scale": 0.3, "softcap": 5, "mask": (3, 3), "mask_kind": "add"},
    "cosine": {"score": "cosine", "normaliser": "softmax1"},
    "distance": {"score": "distance", "normaliser": "sparsemax"},
    "additive": {"score": "additive", "v_a": (3,), "normaliser": "sigmoid"},
    "sums": {"score": "additive"},
    "general": {"score": "general", "W_a": (3, 3)},
    "encoder": {**LAYER, "activation": "gelu"},
    "silu": {**LAYER, "activation": "silu", "eps": 0},
    "rms": {**LAYER, "norm_kind": "rms", "activation": "swiglu", "ffn.W_3": (4, 5), "norm": "pre"},
}


def document(kind: str, family: str, seed: int) -> dict[str, Any]:
    """Return the entries of a document: its choices, and matrices of one family."""
    generator = np.random.default_rng([seed, *f"{kind} {family}".encode()])
    entries: dict[str, Any] = dict(KINDS[kind])
    inside = "self." if "layer" in entries else ""
    entries |= {inside * (name != "X") + name: shape for name, shape in SHAPES.items()}
    return {
        name: FAMILIES[family](generator, value) if isinstance(value, tuple) else value
        for name, value in entries.items()
    }
