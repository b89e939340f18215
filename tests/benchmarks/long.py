"""Measure long sequences beside PyTorch's kernels, and how their time and memory grow."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from attncli.calculation.long.fused import fuse
from attncli.calculation.plans.from_document import read
from attncli.calculation.problem.document import Document, Entry
from tests.benchmarks.measuring import Ratio, seconds, show, side_by_side

WIDTH, HIDDEN, THREADS = 64, 128, 2
RNG = np.random.default_rng(0)


def numbers(*shape: int) -> np.ndarray[Any, Any]:
    """Return normally distributed numbers of this shape in float32."""
    return RNG.normal(size=shape).astype(np.float32)


def fused(matrices: dict[str, Any], **choices: str) -> Any:
    """Return the output of an attention alone, the result that is measured."""
    entries = {name: Entry(value, "") for name, value in (matrices | choices).items()}
    problem, plan = read(Document({**entries, "dtype": Entry("float32", "")}))
    shorter = fuse(plan, ["output"])
    return lambda: shorter.run(problem.matrices, ["output"])


def measured(torch: Any) -> Iterator[Ratio]:
    """Measure attncli's kernels beside PyTorch's, in one process, with two threads each."""
    torch.set_num_threads(THREADS)
    sdpa = torch.nn.functional.scaled_dot_product_attention
    for n, rounds, limit in ((2048, 41, 1.3), (8192, 7, 1.4)):
        matrices = {name: numbers(n, WIDTH) for name in "QKV"}
        tensors = [torch.from_numpy(matrix)[None, None] for matrix in matrices.values()]
        for mask in ("", "causal"):
            ours = fused(matrices, **({"mask": mask} if mask else {}))
            theirs = partial(sdpa, *tensors, is_causal=bool(mask))
            ratio = side_by_side(ours, theirs, rounds)
            yield Ratio(f"{n} tokens, {mask or 'no mask'}", "PyTorch's SDPA", ratio, limit)
    matrices = {"Q": numbers(512, HIDDEN), "K": numbers(512, HIDDEN), "V": numbers(512, WIDTH)}
    vector = numbers(HIDDEN)
    q, k, v = (torch.from_numpy(m) for m in (matrices["Q"], matrices["K"], vector))
    ours = fused(matrices | {"v_a": vector}, score="additive")
    ratio = side_by_side(ours, lambda: torch.tanh(q[:, None] + k[None]) @ v, 9)
    yield Ratio("additive, 512 × 512, hidden 128", "tanh(q[:, None] + k[None]) @ v", ratio, 0.25)


# A process inherits the memory peak of its parent, so a small process starts the program.
PEAK = """
import resource, subprocess, sys
subprocess.run(sys.argv[1:], check=True)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024)
"""


def growth() -> None:
    """Print the time of the fused tail and the command's memory for n = 4k to 32k in float32."""
    print("n, time beside 4096, peak MiB of `attncli compute … --only output` (limit: 300)")
    first = 0.0
    for n in (4096, 8192, 16384, 32768):
        matrices = {name: numbers(n, WIDTH) for name in "QKV"}
        run = fused(matrices)
        least = min(seconds(run) for _ in range(3))
        first = first or least
        print(f"{n:6}  {least / first:5.1f}  {peak(matrices):5}")
    print()


def peak(matrices: dict[str, Any]) -> int:
    """Return the peak memory of the program, in MiB, while it calculates the output."""
    program = str(Path(sys.executable).with_name("attncli"))
    options = ["--only", "output", "--dtype", "float32"]
    with TemporaryDirectory() as folder:
        files = [f"{name}={folder}/{name}.npy" for name in matrices]
        for name, matrix in matrices.items():
            np.save(f"{folder}/{name}.npy", matrix)
        command = [program, "compute", *files, *options, "-o", f"{folder}/output.npz"]
        told = subprocess.run(
            [sys.executable, "-c", PEAK, *command], capture_output=True, text=True, check=True
        )
    return int(told.stdout)


def main() -> None:
    """Print the table of ratios, and the growth."""
    growth()
    # Otherwise PyTorch's waiting threads keep busy the processors that attncli needs.
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    try:
        import torch
    except ImportError:
        print("PyTorch is not installed here: its kernels are not measured.\n")
        return
    show("Long sequences, float32, d = 64, 2 threads each", list(measured(torch)))
