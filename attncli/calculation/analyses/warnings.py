"""What a trace should make the user look twice at: walks over it that end in a sentence."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Protocol, runtime_checkable

import numpy as np

from attncli.calculation.algebra.layouts import Array
from attncli.calculation.algebra.plan import Plan, Step, Trace
from attncli.calculation.masks.masking import Mask
from attncli.calculation.operations.projections import WeightedSum
from attncli.calculation.operations.weighing import Normalise
from attncli.calculation.problem.names import MATRICES, last_of
from attncli.calculation.problem.problem import Part, Problem
from attncli.words import in_words, some_in_words

if TYPE_CHECKING:
    from numpy.typing import NDArray

MOST_NAMED = 5
IDLE = {
    "mask_kind": "the cells of a mask matrix",
    "fill": "what a mask hides",
    "scale_embeddings": "an X",
    "norm": "a layer",
    "norm_kind": "a norm",
    "eps": "a norm",
    "activation": "a feed-forward",
}


@runtime_checkable
class FusedTail(Protocol):
    """An operation that stands for all the steps from scores to weights V."""

    operands: tuple[str, ...]
    names: tuple[str, ...]
    weights: Step
    normalise: Normalise

    def hidden_rows(self, *operands: Array) -> NDArray[np.bool_]:
        """Which queries may attend nothing."""


def remarks(trace: Trace, plan: Plan, problem: Problem) -> list[str]:
    """Warnings: what nothing uses, what is missing, undefined or too large, what attends nothing.

    The trace may be that of a shorter plan than the problem's own.
    """
    return [
        *unused(plan, problem),
        *_unprojected(problem),
        *_doubts(trace),
        *_overflows(trace),
        *_empty_rows(trace, plan, problem),
    ]


def unused(plan: Plan, problem: Problem) -> Iterator[str]:
    """The matrices that no step takes, and the choices that change nothing."""
    used = {name for step in plan.steps for name in step.operation.operands}
    for name in problem.matrices:
        if name not in used:
            parts = (part.problem for part in problem.parts if _holds(part, name))
            own = next(parts, problem)
            is_gate = MATRICES[last_of(name)].owner == "feed-forward"
            user = own.activation if is_gate else f"{own.scoring.name} scoring"
            yield f"{name} is not used by {user}."
    for name in problem.idle:
        yield f"{name} changes nothing: it speaks of {IDLE[name]}, and there is none."


def _unprojected(problem: Problem) -> Iterator[str]:
    """The attentions of a layer that have no projections, which may have been forgotten."""
    bare: dict[str, list[str]] = {}
    for part in problem.parts:
        if "weights" in part.plan.names and "W_q" not in part.problem.axes:
            others = ", and memory K and V" if "memory" in part.problem.axes else ", K and V"
            bare.setdefault(others, []).append(part.prefix.removesuffix("."))
    for others, names in bare.items():
        have = "has" if len(names) == 1 else "have"
        yield f"{some_in_words(names, MOST_NAMED)} {have} no W_q, W_k and W_v: X itself is Q{others}."


def _holds(part: Part, name: str) -> bool:
    return any(part.name(local) == name for local in part.problem.matrices)


def _calculated(trace: Trace) -> Iterator[Step]:
    return (step for step in trace.plan.steps if step.name in trace.matrices)


def _doubts(trace: Trace) -> Iterator[str]:
    """What operations themselves say of what they were given."""
    for step in _calculated(trace):
        yield from step.operation.doubts(*map(trace.matrices.get, step.operation.operands))


def _overflows(trace: Trace) -> Iterator[str]:
    """The steps that made infinities or NaN of finite numbers; −inf is what masks are for."""
    for step in _calculated(trace):
        operands = [trace.matrices[name] for name in step.operation.operands]
        result = trace.matrices[step.name]
        if isinstance(step.operation, FusedTail):
            within = [name for name in step.operation.names if name in trace.overflowed]
            for name in within:
                numbers = "some of its numbers became infinite or NaN"
                yield f"{name} overflows {result.dtype.name}: {numbers}."
            if within:
                continue
        strange = _strange(result, isinstance(step.operation, Mask))
        if strange and isinstance(step.operation, FusedTail):  # NaN may be what empty rows have
            strange = _strange(result[~step.operation.hidden_rows(*operands)], is_masked=False)
        if strange and not any(_strange(operand, is_masked=False) for operand in operands):
            yield (
                f"{step.name} overflows {result.dtype.name}: of its numbers, {strange} of "
                f"{result.size} became infinite or NaN."
            )


def _strange(matrix: Array, is_masked: bool) -> int:
    fine = np.isfinite(matrix) | ((matrix == -np.inf) & is_masked)
    return int(fine.size - fine.sum())


def _empty_rows(trace: Trace, plan: Plan, problem: Problem) -> Iterator[str]:
    """Queries all of whose keys are masked."""
    masked = {step.name for step in trace.plan.steps if isinstance(step.operation, Mask)}
    for step in _calculated(trace):
        operation = step.operation
        if isinstance(operation, Normalise) and operation.source in masked:
            hidden = np.asarray(np.isneginf(trace.matrices[operation.source]).all(axis=-1))
            yield from _hidden(hidden, step, operation, plan, problem)
        elif isinstance(operation, FusedTail):
            operands = (trace.matrices[name] for name in operation.operands)
            hidden = operation.hidden_rows(*operands)
            yield from _hidden(hidden, operation.weights, operation.normalise, plan, problem)


def _hidden(
    hidden: NDArray[np.bool_], weights: Step, normalise: Normalise, plan: Plan, problem: Problem
) -> Iterator[str]:
    """The queries without a key, and what their weights are, and the sums of values by them."""
    rows = np.argwhere(hidden)
    if not len(rows):
        return
    named = [problem.where(weights.axes[:-1], index) for index in rows[:MOST_NAMED].tolist()]
    weight = f"{normalise.empty:g}".replace("nan", "NaN")
    more = f" and {len(rows) - MOST_NAMED} more" if len(rows) > MOST_NAMED else ""
    sums = (step for step in plan.steps if isinstance(step.operation, WeightedSum))
    of_these = (step.name for step in sums if weights.name in step.operation.operands)
    empty = in_words([weights.name, *of_these])
    yield f"no key may be attended by {'; '.join(named)}{more}: {empty} are {weight} there."
