"""From a document to its problem and its plan, for one attention or for layers."""

from __future__ import annotations

from attncli.calculation.algebra.plan import Plan
from attncli.calculation.plans.attention import attention
from attncli.calculation.problem.document import Document
from attncli.calculation.problem.problem import Problem
from attncli.calculation.problem.read_problem import read_problem


def is_layered(document: Document) -> bool:
    """Return True if a document describes layers.

    It then has the entry `layer`, or entries below `encoder`, `decoder` or `layers`.
    """
    return "layer" in document.entries or any(
        name.startswith(("encoder.", "decoder.", "layers.")) for name in document.entries
    )


def read(document: Document) -> tuple[Problem, Plan]:
    """Return the problem that a document describes, one attention or layers, and its plan.

    Raises ProblemError if names, choices or shapes in the document do not fit each other.
    """
    if not is_layered(document):
        problem = read_problem(document)
        return problem, attention(problem)
    # Most documents describe one attention, and do not need the import of layers.
    from attncli.calculation.plans.layers import Layers

    return Layers(document).read()
