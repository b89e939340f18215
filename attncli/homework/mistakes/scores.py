"""Mistakes between queries, keys and their scaled scores."""

from __future__ import annotations

from attncli.calculation.layouts import Array
from attncli.calculation.operations import DivideByRoot
from attncli.homework.catalogue import Scene, mistake


@mistake("divide-by-dk", "scores / d_k", DivideByRoot)
def divide_by_dk(scene: Scene) -> Array | None:
    """The scores were divided by d_k.

    Divide by its square root, √d_k.

    A sum of d_k products has a standard deviation of √d_k; dividing by d_k makes the scores so
    small that softmax gives nearly equal weights.
    """
    (scores,) = scene.operands
    operation = scene.step.operation
    assert isinstance(operation, DivideByRoot)
    return scores / operation.d_k
