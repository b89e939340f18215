"""The cells of a result that a mask hides."""

from __future__ import annotations

import numpy as np

from attncli.calculation.algebra.layouts import Booleans
from attncli.calculation.algebra.plan import Step, Trace
from attncli.calculation.problem.problem import Computation
from attncli.calculation.problem.shown import ShownMatrix


def hidden_cells(result: Computation, shown: ShownMatrix) -> Booleans:
    """Return True for each cell of `shown.cells` that a mask hides.

    They are the hidden keys in masked scores, and in weights and their mean, if they are 0 there.
    """
    hidden = _hidden(result.trace, shown.step)
    if hidden is None:
        return np.zeros(shown.cells.shape, dtype=np.bool_)
    written = result.problem.layout.swap(hidden, shown.step.role)
    return written[np.ix_(*shown.places)]


def _hidden(trace: Trace, step: Step) -> Booleans | None:
    """Return the hidden cells of a step in the layout `rows`, or None if no mask is known."""
    operation, known = step.operation, trace.matrices
    if all(name in known for name in operation.operands):
        hidden = operation.hidden_keys(*map(known.__getitem__, operation.operands))
        if hidden is not None:
            return hidden
    if not operation.shows_attention:
        return None
    source = next((s for s in trace.plan.steps if s.name == operation.operands[0]), None)
    hidden = _hidden(trace, source) if source else None
    if hidden is None:
        return None
    weights = known[step.name]
    if hidden.ndim > weights.ndim:  # the mean of the heads
        hidden = np.logical_and.reduce(hidden, axis=-3)
    is_zero: Booleans = np.equal(weights, 0)
    return hidden & is_zero
