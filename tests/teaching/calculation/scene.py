"""The place where an operation is done: a sublayer of a problem, and the steps before it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np

from tests.teaching.calculation.problem import Matrix, Problem

Operation: TypeAlias = Callable[..., Matrix]
Habit: TypeAlias = Callable[[str, Matrix], Matrix]


@dataclass
class Scene:
    """The facts that an operation may use: the problem, the sublayer, inputs and earlier steps.

    In an attention `x` is the input of the queries and `memory` the other input. In a residual
    connection or a norm `x` is the residual and `sub` the output of the sublayer; `normed` is the
    result of a norm before the sublayer. `begun` is the input of the whole layer.
    """

    problem: Problem
    prefix: str
    steps: Mapping[str, Matrix]
    operations: Mapping[str, Operation]
    x: Matrix
    memory: Matrix | None = None
    sub: Matrix | None = None
    normed: Matrix | None = None
    begun: Matrix | None = None
    inside: dict[str, Matrix] = field(default_factory=dict)

    def given(self, name: str) -> Matrix | None:
        """Return a matrix of this sublayer, or None."""
        return self.problem.matrices.get(self.prefix + name)

    def need(self, name: str) -> Matrix:
        """Return a matrix of this sublayer, which must be given."""
        return self.problem.matrices[self.prefix + name]

    def choice(self, name: str, default: Any = None) -> Any:
        """Return a choice of this sublayer, or of the whole problem."""
        choices = self.problem.choices
        return choices.get(self.prefix + name, choices.get(name, default))

    def step(self, name: str) -> Matrix:
        """Return an earlier step of this sublayer."""
        return self.steps[self.prefix + name]

    @property
    def heads(self) -> int:
        """The number of heads of the queries."""
        return int(self.choice("heads", 1))

    @property
    def kv_heads(self) -> int:
        """The number of heads of the keys and values."""
        return int(self.choice("kv_heads", self.heads))

    @property
    def past(self) -> int:
        """The number of cached keys."""
        cached = self.given("K_past")
        return 0 if cached is None else cached.shape[-2]

    @property
    def masks(self) -> list[Any]:
        """The masks of this sublayer, as its document writes them."""
        choices = self.problem.choices
        own = choices.get(f"{self.prefix}mask")
        if self.prefix == "self." and own is None:
            own = choices.get("mask")
        matrix = self.given("mask")
        found = [own] if own is not None else []
        if matrix is not None:
            found.append(matrix)
        if self.prefix == "self." and self.problem.choices.get("layer") == "decoder":
            found.append("causal")
        return found

    @property
    def is_causal(self) -> bool:
        """True if a causal mask is in force here."""
        return any(isinstance(mask, str) and mask == "causal" for mask in self.masks)


def visible(at: Scene, n: int, m: int) -> Matrix | None:
    """Return the n × m matrix of the keys that each query sees, or None without such a mask."""
    seen = None
    for mask in at.masks:
        one = seen_by(mask, n, m, at.past)
        if one is not None:
            seen = one if seen is None else seen & one
    return seen


def seen_by(mask: Any, n: int, m: int, past: int = 0) -> Matrix | None:
    """Return the n × m matrix of one mask, or None for numbers that are added."""
    i, j = np.arange(n)[:, None] + past, np.arange(m)[None, :]
    if isinstance(mask, np.ndarray):
        return mask.astype(bool) if is_keep(mask) else None
    if mask == "causal":
        return j <= i
    (name, value), *_ = mask.items()
    if name == "padding":
        return np.broadcast_to(j < value, (n, m))
    left, right = value
    return (j >= i - left) & (j <= i + right)


def is_keep(mask: Matrix) -> bool:
    """Return True for a mask of 0 and 1."""
    return bool(np.isin(mask, (0, 1)).all())


def added(at: Scene) -> Matrix | None:
    """Return the numbers of a mask that are added to the scores, or None."""
    mask = at.given("mask")
    return None if mask is None or is_keep(mask) else mask
