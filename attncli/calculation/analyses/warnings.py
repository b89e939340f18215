"""Warnings about a trace: each function looks for one kind of problem and yields sentences."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from attncli.calculation.algebra.layouts import Array, Booleans
from attncli.calculation.algebra.operation import Operation
from attncli.calculation.algebra.plan import Plan, Step, Trace
from attncli.calculation.names.known_names import last_of
from attncli.calculation.names.matrix_names import MATRICES
from attncli.calculation.problem.problem import Problem, Sublayer
from attncli.words import count, in_words, some_in_words

MOST_NAMED = 5
# For each choice that can be without effect: the part that the document must have for an effect.
IDLE = {
    "mask_kind": "mask matrix",
    "fill": "mask that hides keys",
    "scale_embeddings": "X",
    "norm": "layer",
    "norm_kind": "norm",
    "eps": "norm",
    "activation": "feed-forward",
}


def remarks(trace: Trace, plan: Plan, problem: Problem) -> list[str]:
    """Return warnings: unused inputs, doubtful weights, overflow, queries that attend to no key.

    `plan` is the whole plan of the problem; the trace may belong to a shorter one.
    """
    return [
        *unused(plan, problem),
        *_unprojected(problem),
        *_transposed(problem),
        *_doubts(trace),
        *_overflows(trace, plan),
        *_empty_rows(trace, plan, problem),
    ]


def unused(plan: Plan, problem: Problem) -> Iterator[str]:
    """Yield a warning for each matrix that no step uses, and for each choice without effect."""
    used = {name for step in plan.steps for name in step.operation.operands}
    for name in problem.matrices:
        if name not in used:
            parts = (part.problem for part in problem.parts if _holds(part, name))
            own = next(parts, problem)
            is_gate = MATRICES[last_of(name)].owner == "feed-forward"
            user = own.choices.activation if is_gate else f"{own.scoring.name} scoring"
            yield f"{name} is not used by {user}."
    for name in problem.idle:
        yield f"{name} has no effect: the document has no {IDLE[name]}."


def _unprojected(problem: Problem) -> Iterator[str]:
    """Yield a warning for attentions of a layer whose projections may have been forgotten."""
    bare: dict[str, list[str]] = {}
    for part in problem.parts:
        if "weights" in part.plan.names and "W_q" not in part.problem.axes:
            others = ", memory is K and V" if "memory" in part.problem.axes else ", K and V"
            bare.setdefault(others, []).append(part.prefix.removesuffix("."))
    for others, names in bare.items():
        have = "has" if len(names) == 1 else "have"
        yield (
            f"{some_in_words(names, MOST_NAMED)} {have} no W_q, W_k and W_v: X itself is Q{others}."
        )


def _transposed(problem: Problem) -> Iterator[str]:
    """Yield a warning for square weights that PyTorch may have stored as d_out × d_in."""
    of_parts = (part.name(n) for part in problem.parts for n in part.problem.perhaps_transposed)
    names = [*problem.perhaps_transposed, *of_parts]
    if names:
        yield (
            f"{some_in_words(names, MOST_NAMED)} {'come' if len(names) > 1 else 'comes'} from a "
            "PyTorch file, which stores weights as d_out × d_in, but layout rows reads d_in × "
            "d_out; square weights fit both. Use --layout torch, or --layout rows if the file has "
            "d_in × d_out."
        )


def _holds(part: Sublayer, name: str) -> bool:
    return any(part.name(local) == name for local in part.problem.matrices)


def _calculated(trace: Trace) -> Iterator[Step]:
    return (step for step in trace.plan.steps if step.name in trace.matrices)


def _doubts(trace: Trace) -> Iterator[str]:
    """Yield the operations' own warnings about their operands."""
    for step in _calculated(trace):
        yield from step.operation.doubts(*map(trace.matrices.get, step.operation.operands))


def _overflows(trace: Trace, plan: Plan) -> Iterator[str]:
    """Yield a warning for each step that made infinities or NaN of finite numbers.

    The −inf of a mask is neither an overflow nor a reason to ignore one.
    """
    masked = _masked(plan)
    for step in _calculated(trace):
        operation, result = step.operation, trace.matrices[step.name]
        operands = {name: trace.matrices[name] for name in operation.operands}
        if any(_strange(matrix, name in masked) for name, matrix in operands.items()):
            continue
        within = [plan.step(name) for name in operation.stands_for if name in trace.overflowed]
        for inner in within:
            type_ = inner.operation.works_in or result.dtype.name
            yield f"{inner.name} overflows {type_}: some values became infinite or NaN."
        strange = _strange(_defined(operation, result, operands), step.name in masked)
        if strange and not within:
            yield (
                f"{step.name} overflows {operation.works_in or result.dtype.name}: {strange} of "
                f"{count(result.size, 'values')} became infinite or NaN."
            )


def _masked(plan: Plan) -> set[str]:
    """Return the names of the matrices in which −inf may mark a masked score."""
    steps = {step.name for step in plan.steps}
    masked = {name for step in plan.steps for name in step.operation.operands} - steps
    for step in plan.steps:
        is_masked = not masked.isdisjoint(steps.intersection(step.operation.operands))
        if step.operation.hides or (is_masked and step.operation.works_by_score):
            masked.add(step.name)
    return masked


def _defined(operation: Operation, result: Array, operands: Mapping[str, Array]) -> Array:
    """Return the result without the rows that have no value by definition, and may be NaN."""
    undefined = operation.undefined(*operands.values())
    if undefined is None and (operation.makes_weights or operation.stands_for):
        undefined = operation.rows_without_keys(*operands.values())
    return result if undefined is None else result[~undefined]


def _strange(matrix: Array, is_masked: bool) -> int:
    fine = np.isfinite(matrix) | ((matrix == -np.inf) & is_masked)
    return int(fine.size - fine.sum())


def _empty_rows(trace: Trace, plan: Plan, problem: Problem) -> Iterator[str]:
    """Yield a warning for queries whose keys are all masked, with the value of their weights."""
    masked = {step.name for step in plan.steps if step.operation.hides}
    weights = {step.name: step for step in plan.steps if step.operation.makes_weights}
    for step in _calculated(trace):
        operation = step.operation
        if not masked.intersection(operation.operands[:1] + operation.stands_for):
            continue
        names = [name for name in (step.name, *operation.stands_for) if name in weights]
        hidden = operation.rows_without_keys(*map(trace.matrices.__getitem__, operation.operands))
        if names and hidden is not None and hidden.any():
            yield _empty(hidden, weights[names[0]], plan, problem)


def _empty(hidden: Booleans, weights: Step, plan: Plan, problem: Problem) -> str:
    rows = np.argwhere(hidden)
    named = [problem.where(weights.axes[:-1], index) for index in rows[:MOST_NAMED].tolist()]
    more = f" and {len(rows) - MOST_NAMED} more" if len(rows) > MOST_NAMED else ""
    sums = ((step.name, step.operation.weighted_sum) for step in plan.steps)
    of_these = (name for name, pair in sums if pair and weights.name in pair)
    owner = problem.part_of(weights.name)
    empty = (owner.problem if owner else problem).convention.empty
    value = f"{empty:g}".replace("nan", "NaN")
    named_empty = in_words([weights.name, *of_these])
    return (
        f"no key may be attended to by {'; '.join(named)}{more}: {named_empty} are {value} there."
    )
