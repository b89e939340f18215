"""Activations, the nonlinear functions in a feed-forward: one entry each in `ACTIVATIONS`."""

from __future__ import annotations

from collections.abc import Callable
from math import erf, pi, sqrt
from typing import TYPE_CHECKING

import numpy as np

from attncli.calculation.algebra.expressions import (
    Cell,
    Expression,
    Function,
    Index,
    Negative,
    Noted,
    Number,
    Product,
    Root,
)
from attncli.calculation.algebra.layouts import Array, Axes, Layout
from attncli.calculation.algebra.operation import Name, OfOne, Operation
from attncli.calculation.algebra.operation_cost import Cost, cells
from attncli.records import by_name, record

if TYPE_CHECKING:
    from attncli.calculation.algebra.requirements import Need

_CUBIC = 0.044715  # the coefficient of x³ in the tanh form of GELU (Hendrycks & Gimpel 2016)


@record(frozen=True)
class Activation:
    """A function that is applied to each number by itself.

    `apply` takes a matrix; `spell` takes one cell and its number, and returns the arithmetic;
    `cost` is the cost of `apply` per number. `gated`: the result is multiplied by X W_3, a second
    projection of the token (Shazeer 2020); `ungated` names the activation without this gate.
    """

    name: str
    formula: str
    help: str
    apply: Callable[[Array], Array]
    spell: Callable[[Cell, float], Expression]
    cost: Cost
    gated: bool = False
    ungated: str = ""


def _relu(x: Array) -> Array:
    return np.maximum(x, 0)


def _relu_cell(x: Cell, value: float) -> Expression:
    return x if value >= 0 else Noted(Number(0), (x, " is below 0"))


def _gelu(x: Array) -> Array:
    # NumPy has no erf; Python's is exact to the last bit, and fast enough one number at a time.
    erfs: Array = np.vectorize(erf, otypes=[np.float64])(x / sqrt(2))
    return (x * (1 + erfs) / 2).astype(x.dtype)


def _gelu_cell(x: Cell, value: float) -> Expression:
    return x * (Number(1) + Function("erf", x / Root(2))) / 2


def _gelu_tanh(x: Array) -> Array:
    bent: Array = np.tanh(sqrt(2 / pi) * (x + _CUBIC * x**3))
    return x * (1 + bent) / 2


def _gelu_tanh_cell(x: Cell, value: float) -> Expression:
    inner = Number(sqrt(2 / pi)) * (x + Product((Number(_CUBIC), x, x, x)))
    return x * (Number(1) + Function("tanh", inner)) / 2


def _silu(x: Array) -> Array:
    # exp of a number that is at most 0 cannot overflow.
    small: Array = np.exp(-np.abs(x))
    return x * np.where(x >= 0, 1, small) / (1 + small)


def _silu_cell(x: Cell, value: float) -> Expression:
    return x / (Number(1) + Function("exp", Negative(x)))


_SILU = "x / (1 + exp(−x))"
_COST_OF_SILU = Cost(1, 1, divisions=1, exponentials=1, comparisons=1)

ACTIVATIONS: dict[str, Activation] = by_name(
    Activation("relu", "max(0, x)", "Vaswani et al. 2017", _relu, _relu_cell, Cost(comparisons=1)),
    Activation(
        "gelu",
        "x (1 + erf(x / √2)) / 2",
        "exact, as in BERT and PyTorch (Hendrycks & Gimpel 2016)",
        _gelu,
        _gelu_cell,
        Cost(1, 1, divisions=2, functions=1),
    ),
    Activation(
        "gelu-tanh",
        "x (1 + tanh(√(2/π) (x + 0.044715 x³))) / 2",
        "approximation of gelu, as in GPT-2 (Hendrycks & Gimpel 2016)",
        _gelu_tanh,
        _gelu_tanh_cell,
        Cost(5, 2, divisions=1, functions=1),
    ),
    Activation(
        "silu",
        _SILU,
        "also called swish (Elfwing et al. 2017)",
        _silu,
        _silu_cell,
        _COST_OF_SILU,
    ),
    Activation(
        "swiglu",
        f"{_SILU} times X W_3",
        "silu of X W_1, times a second projection X W_3, as in Llama (Shazeer 2020)",
        _silu,
        _silu_cell,
        _COST_OF_SILU,
        gated=True,
        ungated="silu",
    ),
)


@record(frozen=True)
class Activate(OfOne):
    """Apply an activation to each number; the shape stays the same."""

    kind: str

    def apply(self, source: Array) -> Array:
        return ACTIVATIONS[self.kind].apply(source)

    def formula(self, layout: Layout) -> str:
        return f"{self.kind} of {self.source}: {ACTIVATIONS[self.kind].formula}"

    def cell(self, index: Index, source: Array) -> Expression:
        return ACTIVATIONS[self.kind].spell(Cell(self.source, index), float(source[index]))

    def cost(self, source: Axes) -> Cost:
        """The cost of the activation for each number."""
        return ACTIVATIONS[self.kind].cost * cells(source)


@record(frozen=True)
class Gate(Operation):
    """Apply an activation to the first matrix, and multiply by the second, number by number."""

    source: Name
    gate: Name
    kind: str

    @property
    def needs(self) -> tuple[Need, ...]:
        # Imported here, so that help lists the activations without loading it.
        from attncli.calculation.algebra.requirements import Equal

        cure = "W_1 and W_3 need the same width."
        return (Equal((self.gate, -1), (self.source, -1), "the gate", cure),)

    def axes(self, source: Axes, gate: Axes) -> Axes:
        return source

    def apply(self, source: Array, gate: Array) -> Array:
        return ACTIVATIONS[self.kind].apply(source) * gate

    def formula(self, layout: Layout) -> str:
        bent = f"{ACTIVATIONS[self.kind].ungated} of {self.source}"
        return f"{bent} × {self.gate}, number by number"

    def cell(self, index: Index, source: Array, gate: Array) -> Expression:
        bent = ACTIVATIONS[self.kind].spell(Cell(self.source, index), float(source[index]))
        return bent * Cell(self.gate, index)

    def cost(self, source: Axes, gate: Axes) -> Cost:
        """The cost of the activation and one multiplication for each number."""
        return (ACTIVATIONS[self.kind].cost + Cost(multiplications=1)) * cells(source)
