"""From a document to its problem and its plan: of one attention, or of layers."""

from __future__ import annotations

from attncli.calculation.algebra.plan import Plan
from attncli.calculation.plans.attention import attention
from attncli.calculation.problem.document import Document
from attncli.calculation.problem.problem import Problem
from attncli.calculation.problem.read_problem import read_problem


def is_layered(document: Document) -> bool:
    """Whether a document states layers: it says so, or has an encoder or a decoder."""
    return "layer" in document.entries or any(
        name.startswith(("encoder.", "decoder.", "layers.")) for name in document.entries
    )


def read(document: Document) -> tuple[Problem, Plan]:
    """The problem that a document states, of one attention or of layers, and its steps.

    Raises ProblemError for whatever makes no problem, and where shapes do not fit.
    """
    if not is_layered(document):
        problem = read_problem(document)
        return problem, attention(problem)
    # Most documents state one attention, and need not wait for what layers are made of.
    from attncli.calculation.plans.layers import Layers

    return Layers(document).read()
