"""Odd values of every kind, and small sound documents to put them into."""

from __future__ import annotations

import json
import random
from functools import cache
from typing import Any

from attncli.calculation.choices.choices import CHOICES
from attncli.calculation.choices.layer_kinds import LAYERS
from attncli.calculation.names.matrix_names import MATRICES
from attncli.calculation.names.step_names import STEPS
from tests.running import SAMPLES, succeed

Document = dict[str, Any]

TEXTS = (
    *("", " ", "a", "none", "None", "nan", "-inf", "inf", "true", "0", "1", "-1", "2", "3", "1.5"),
    *("1e308", "1e400", "-1e400", "1e-400", "1_0", "0x10", "½", "1/2", "٣", "１", "−1", "1,5"),
    *("1,2", "1,,2", ",", "2,2,2", "9" * 400, "9" * 5000, "1e155", "1e200", "1e-300", "5e-324"),
    *("a\nb", "a\rb", "a\tb", "a\x1b[31mb", "a\x07", "a\x00b", "\u202eabc", "\u200f", "\ud800"),
    *("[bold]x[/bold]", "[/]", "[link=http://x]y", "$x^2$", "\\frac{1}{2}", "<b>&amp;", "a|b"),
    *("a" * 3000, "ß" * 2500, "日本語", "😀", "e\u0301", "'", '"', "`rm`", "$(x)", "%s %d", "{0}"),
    *("causal", "causal:lower-right", "causal:x", "padding:2", "padding:-1", "padding:99999999999"),
    *("window:1,1", "window:-1,0", "window:1", "window:a,b", "window:1,99999999999999999999"),
    *("rope", "rope:base=0", "rope:dims=3", "rope:base=1e308", "alibi", "sinusoidal", "learned"),
    *("sinusoidal:base=1e-300", "[[1]]", "[1, 2", "{", "{}", "[]", "[[[[[[[[[1]]]]]]]]]", "-", "."),
    *("..", "missing.json", "missing.npz:a[0]", "x.npz:y[1   x]", "sample:", "sample:none"),
    *("sample:self_attention", "sample:answers/rounded", "/", "/dev/null", "weights[1,1]"),
    *("weights[0,0]", "weights[999,999]", "weights[a]", "weights[", "weights]", "scores,weights"),
    *("output", "weights[head=1]", "weights[2,:]", "self.weights", "encoder.ffn.hidden", "X", "Q"),
    *("50%", "2GiB", "1B", "1e9GiB", "-1MiB", "100%", "scores=2", "scores=-1", "scores=1e400"),
)
NUMBERS: tuple[Any, ...] = (
    *(0, 1, -1, 2, 3, 7, 1000, 10**9, 10**15, 10**30, 10**309, -(10**400), True, False, None),
    *(0.0, -0.0, 0.5, 1e-5, 1e5, 1e154, 1e155, 1e200, 1e300, 1.7e308, -1e308, 1e-160, 5e-324),
    *(65504, 65520, 3.4e38, 3.5e38, float("inf"), float("-inf"), float("nan")),
)
SHAPES = ((1,), (3,), (0,), (1, 1), (1, 3), (3, 1), (2, 2), (3, 3), (2, 0), (2, 2, 2), (1, 1, 2, 2))


def small(random: random.Random) -> float:
    """Return a number as exercises have them."""
    return random.choice((0, 1, 2, -1, 0.5, round(random.gauss(0, 1), random.randint(0, 3))))


def matrix(random: random.Random, *shape: int) -> Any:
    """Return nested lists of small numbers."""
    if not shape:
        return small(random)
    return [matrix(random, *shape[1:]) for _ in range(shape[0])]


def odd(random: random.Random) -> Any:
    """Return a value that a document seldom holds, or holds in another place."""
    match random.randrange(9):
        case 0 | 1:
            return random.choice(NUMBERS)
        case 2 | 3:
            return random.choice(TEXTS)
        case 4 | 5:
            return matrix(random, *random.choice(SHAPES))
        case 6:
            size = random.randint(1, 4)
            return [[random.choice(NUMBERS) for _ in range(size)] for _ in range(size)]
        case 7:
            return [random.choice((*NUMBERS, *TEXTS)) for _ in range(random.randint(0, 4))]
        case _:
            return {random.choice(names()): random.choice((*NUMBERS, *TEXTS))}


@cache
def names() -> tuple[str, ...]:
    """Return the names that documents know, with some that they do not know."""
    layered = ("self.W_q", "cross.mask", "encoder.self.W_q", "ffn.W_1", "norm_1.gamma", "a.b.c.d")
    unknown = ("", "x", "W_z", "queries", "WQ", "W^Q", "scoers", "weights[1]", "heads ", "\x1b")
    return (*MATRICES, *CHOICES, *STEPS, *layered, *unknown)


@cache
def layered_documents() -> tuple[str, ...]:
    """Return the samples in JSON, and a new document of every kind of layer."""
    samples = [path.read_text(encoding="utf-8") for path in sorted(SAMPLES.glob("*.json"))]
    return (*samples, *(succeed("new", kind).stdout for kind in LAYERS))


def sound_document(random: random.Random) -> Document:
    """Return a document that can be calculated, unless its choices do not fit each other."""
    n, m, d, d_k = (random.randint(1, 4) for _ in range(4))
    match random.randrange(8):
        case 0:
            return dict(json.loads(random.choice(layered_documents())))
        case 1:
            found: Document = {"X": matrix(random, n, d)}
        case 2:
            found = {"Q": matrix(random, n, d), "K": matrix(random, m, d)}
            found |= {"V": matrix(random, m, d_k)} if random.random() < 0.8 else {}
        case 3:
            axes = (2,) if random.random() < 0.5 else (2, 2)
            found = {name: matrix(random, *axes, n, d) for name in "QKV"}
        case 4:
            sizes = (4, 4)
            found = {f"W_{name}": matrix(random, *sizes) for name in "qkvo"}
            found |= {"X": matrix(random, n, 4), "heads": random.choice((1, 2, 4))}
        case 5:
            found = _projected(random, (2, n), d, d_k)
        case _:
            found = _projected(random, (n,), d, d_k)
            if random.random() < 0.3:
                found["memory"] = matrix(random, m, d)
    for _ in range(random.choice((0, 0, 1, 1, 2, 3))):
        name = random.choice(tuple(CHOICES))
        found[name] = choice_value(random, name)
    return found


def _projected(random: random.Random, rows: tuple[int, ...], d: int, d_k: int) -> Document:
    projections = {f"W_{name}": matrix(random, d, d_k) for name in "qkv"}
    return {"X": matrix(random, *rows, d), **projections}


def choice_value(random: random.Random, name: str) -> Any:
    """Return a value of a choice: mostly one of those that it lists, else a usual one."""
    values = tuple(CHOICES[name].values())
    if values and random.random() < 0.9:
        return random.choice(values)
    if name in ("tokens", "memory_tokens"):
        return [random.choice(("I", "love", "math", "a b")) for _ in range(random.randint(1, 4))]
    usual = (1, 2, 0.5, 1e-5, True, "none", "causal", "padding:1", "window:1,1", [1, 1], "text")
    return random.choice(usual)
