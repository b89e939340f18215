"""Each step judged alone, from the program's own operands; and ways that must agree."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import mpmath
import numpy as np

from attncli.calculation.algebra.plan import Trace
from attncli.calculation.long.fused import fuse
from attncli.calculation.long.whole_rows import Tiling
from attncli.calculation.operations.norm_operations import Standardise
from attncli.calculation.plans.from_document import read
from attncli.calculation.problem.document import Document, Entry
from tests.accuracy.exact import EXACT, numbers
from tests.accuracy.families import document

EPS, LEAST, MOST = 2.0**-52, 5e-324, 1.7e308
# The largest differences between two ways, in eps times the largest number.
AGREEMENT = {"long path": 64.0, "layout": 0.0, "batch": 0.0, "dtype": 256.0}


def trace_of(entries: dict[str, Any]) -> Trace:
    """Return the calculation of a document by its steps."""
    problem, plan = read(Document({name: Entry(value, "") for name, value in entries.items()}))
    return plan.run(problem.matrices)


def errors(kind: str, family: str, seed: int) -> Iterator[tuple[str, float]]:
    """Yield the name of each operation, and the largest error of its step in its unit."""
    trace = trace_of(document(kind, family, seed))
    for step in trace.plan.steps:
        name, operation = type(step.operation).__name__, step.operation
        if name not in EXACT:
            continue
        operands = [trace.matrices[operand] for operand in operation.operands]
        # A variance that overflows is calculated anew.
        finite = operands[:-1] if isinstance(operation, Standardise) else operands
        if not all(np.isfinite(matrix).all() for matrix in finite):
            continue
        try:
            with np.errstate(all="ignore"):
                exact, sizes = EXACT[name](operation, *map(numbers, operands))
        except ZeroDivisionError:  # the norm of equal features without an eps
            continue
        yield name, error(trace.matrices[step.name], exact, sizes)


def error(result: Any, exact: Any, sizes: Any) -> float:
    """Return the largest error in ulp, or in eps times `sizes`; results out of range are left out.

    Near 0, a number has no more digits than subnormal numbers have.
    """
    worst = 0.0
    units = np.zeros(exact.shape) if sizes is None else np.broadcast_to(sizes, exact.shape)
    for own, true, size in zip(result.flat, exact.flat, units.flat, strict=True):
        if max(abs(true), size) > MOST / 8:
            continue
        unit = max(mpmath.mpf(EPS) * size, mpmath.mpf(float(np.spacing(abs(float(true))))))
        unit = max(unit, mpmath.mpf(4 * LEAST))
        worst = max(worst, float(abs(mpmath.mpf(float(own)) - true) / unit))
        if not np.isfinite(own):
            return float("inf")
    return worst


def disagreements(kind: str, family: str, seed: int) -> Iterator[tuple[str, float]]:
    """Yield the name of another way to calculate, and its difference in eps · largest."""
    entries = document(kind, family, seed)
    trace = trace_of(entries)
    output = trace.matrices["output"]
    if not all(np.isfinite(matrix).all() for matrix in trace.matrices.values()):
        return
    problem, plan = read(Document({name: Entry(value, "") for name, value in entries.items()}))
    tiles = fuse(plan, ["output"], Tiling(2, 2, 4)).run(problem.matrices).matrices["output"]
    yield "long path", apart(tiles, output)
    turned = {
        n: m.T if isinstance(m, np.ndarray) and m.ndim == 2 else m for n, m in entries.items()
    }
    turned["layout"] = "columns"
    if "W_a" in entries:
        turned["W_a"] = entries["W_a"]  # general scoring reads W_a in every layout
    yield "layout", apart(trace_of(turned).matrices["output"], output)
    batch = np.stack([entries["X"], entries["X"][::-1]])
    yield "batch", apart(trace_of({**entries, "X": batch}).matrices["output"][0], output)
    if family in ("normal", "decimals"):
        short = trace_of({**entries, "dtype": "float32"}).matrices["output"].astype(np.float64)
        yield "dtype", apart(short, output) * EPS / 2.0**-23


def apart(other: Any, output: Any) -> float:
    """Return the largest difference in eps times the largest number."""
    largest = float(np.abs(output).max())
    return float(np.abs(other - output).max() / max(EPS * largest, 4 * LEAST))
