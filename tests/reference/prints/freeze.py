"""Freezes prints of PyTorch and NumPy: `python -m tests.reference.prints.freeze`.

Needs the extra `reference`; made with torch 2.13.0 and numpy 2.4.6. It writes
prints.json: each case is the text of a print, and the numbers that were printed.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch

from tests.reference.frozen import Case, plain, write

SHAPES = {1: (5,), 2: (3, 4), 3: (2, 3, 4), 4: (2, 2, 3, 3)}
SPECIAL = [[0.5, float("-inf"), float("nan")], [float("inf"), -0.0, 12.25]]


def printed(name: str, text: str, values: Any) -> Case:
    """A case: the printed text, and the numbers with all their digits."""
    return {"name": name, "text": text, "values": plain(values)}


def torch_prints() -> Iterator[Case]:
    """Tensors of every rank and type, with the suffixes and prefixes that PyTorch writes."""
    generator = torch.Generator().manual_seed(14)
    for rank, shape in SHAPES.items():
        tensor = torch.randn(shape, generator=generator)
        yield printed(f"torch rank {rank}", f"{tensor}", tensor)
        for dtype in (torch.float64, torch.float16, torch.bfloat16):
            short = tensor.to(dtype)
            yield printed(f"torch rank {rank} {dtype}", f"{short}", short.double())
    wide = torch.randn((3, 30), generator=generator)
    yield printed("torch wrapped rows", f"{wide}", wide)
    long = torch.randn(40, generator=generator)
    yield printed("torch wrapped vector", f"{long}", long)
    whole = torch.randint(-9, 10, (3, 4), generator=generator).float()
    yield printed("torch whole numbers", f"{whole}", whole)
    yield printed("torch whole numbers float16", f"{whole.half()}", whole)
    hidden = torch.tensor([[1.0, float("-inf")], [2.0, 3.0]])
    yield printed("torch whole numbers and infinity", f"{hidden}", hidden)
    special = torch.tensor(SPECIAL)
    yield printed("torch special values", f"{special}", special)
    small = torch.tensor([[1e-5, 0.25], [0.5, 3.0]])
    yield printed("torch exponents", f"{small}", small)
    large = torch.tensor([[1e5, 0.25], [-1e9, 3.0]])
    yield printed("torch large exponents", f"{large}", large)
    scores = torch.randn((2, 3), generator=generator, requires_grad=True)
    yield printed("torch requires_grad", f"{scores}", scores.detach())
    weights = scores.softmax(-1)
    yield printed("torch grad_fn", f"{weights}", weights.detach())
    double = (scores.double() * 2).softmax(-1)
    yield printed("torch grad_fn and dtype", f"{double}", double.detach())
    parameter = torch.nn.Parameter(torch.randn((2, 3), generator=generator))
    yield printed("torch parameter", f"{parameter}", parameter.detach())
    counts = torch.tensor([[1, 2], [3, 4]])
    yield printed("torch integers", f"{counts}", counts)
    booleans = torch.tensor([[True, False], [True, True]])
    yield printed("torch booleans", f"{booleans}", booleans)
    column = torch.randn((4, 1), generator=generator)
    yield printed("torch column", f"{column}", column)
    torch.set_printoptions(precision=2, linewidth=40)
    yield printed("torch two decimals, narrow", f"{wide[:, :9]}", wide[:, :9])
    torch.set_printoptions(profile="default", sci_mode=True)
    yield printed("torch exponents by option", f"{wide[:, :3]}", wide[:, :3])
    torch.set_printoptions(profile="default", sci_mode=False)
    yield printed("torch no exponents by option", f"{small}", small)
    torch.set_printoptions(profile="full", sci_mode=None)
    many = torch.randn((2, 600), generator=generator)
    yield printed("torch full", f"{many}", many)
    torch.set_printoptions(profile="default")


def numpy_prints() -> Iterator[Case]:
    """Arrays of every rank and type, as str and as repr."""
    generator = np.random.default_rng(14)
    for rank, shape in SHAPES.items():
        for dtype in (np.float64, np.float32, np.float16):
            array = generator.normal(size=shape).astype(dtype)
            name = f"numpy rank {rank} {np.dtype(dtype).name}"
            yield printed(f"{name} str", f"{array}", array)
            yield printed(f"{name} repr", repr(array), array)
    arrays = {
        "short cells": np.array([[0.25791239, 0.459], [1.0, 2.0]]),
        "whole numbers": np.array([[1.0, -2.0], [0.0, 12.0]]),
        "special values": np.array(SPECIAL),
        "exponents": np.array([[1e-5, 0.5], [0.25, 3.0]]),
        "exponents of whole numbers": np.array([1e-5, 0.5, 2.0]),
        "large exponents": np.array([[1.25e30, 0.5]]),
        "integers": np.array([[1, -20], [300, 4]]),
        "booleans": np.array([[True, False], [False, True]]),
        "wrapped rows": generator.normal(size=(3, 17)),
        "wrapped vector": generator.normal(size=20),
        "column": generator.normal(size=(3, 1)),
        "one number": np.array([[0.5]]),
    }
    for name, array in arrays.items():
        yield printed(f"numpy {name} str", f"{array}", array)
        yield printed(f"numpy {name} repr", repr(array), array)
    masked = np.ma.masked_array([[0.5, 2.0], [1.25, 3.0]], mask=[[False, True], [False, False]])
    yield printed("numpy masked str", f"{masked}", [[0.5, None], [1.25, 3.0]])
    rows = [[np.float64(0.5), np.float64(0.25)], [np.float64(1 / 3), np.float64(2.0)]]
    yield printed("numpy numbers in lists", repr(rows), rows)
    yield printed("numpy arrays in a list", repr([*arrays["short cells"]]), arrays["short cells"])
    with np.printoptions(precision=3, suppress=True):
        array = generator.normal(size=(3, 4))
        yield printed("numpy three decimals", f"{array}", array)
    with np.printoptions(floatmode="fixed", precision=4):
        array = np.array([[1.0, 0.5], [0.25, 2.0]])
        yield printed("numpy fixed", f"{array}", array)
    with np.printoptions(sign="+"):
        yield printed("numpy signs", f"{arrays['short cells']}", arrays["short cells"])


def elided_prints() -> Iterator[Case]:
    """Prints that leave numbers out."""
    tensor, array = torch.zeros(40, 40), np.zeros((40, 40))
    for name, text in (
        ("torch", f"{tensor}"),
        ("numpy str", f"{array}"),
        ("numpy repr", repr(array)),
        ("numpy vector", f"{np.arange(2000.0)}"),
    ):
        yield printed(f"elided {name}", text, None)


if __name__ == "__main__":
    versions = {"torch": torch.__version__, "numpy": np.__version__}
    path = Path(__file__).with_name("prints.json")
    write(path, versions, [*torch_prints(), *numpy_prints(), *elided_prints()])
