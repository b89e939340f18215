"""The functions that bend numbers: what each entry of `ACTIVATIONS` does."""

from __future__ import annotations

from collections.abc import Callable
from math import erf, pi, sqrt

import numpy as np

from attncli.calculation.algebra.cost import Cost
from attncli.calculation.algebra.expressions import (
    Cell,
    Expression,
    Function,
    Negative,
    Noted,
    Number,
    Product,
    Quotient,
    Root,
    Sum,
)
from attncli.calculation.algebra.layouts import Array
from attncli.records import record

_CUBIC = 0.044715  # the share of x³ in the tanh form of GELU (Hendrycks & Gimpel 2016)


@record(frozen=True)
class Bend:
    """A function of each number by itself: how it is applied and spelled out.

    `cost` is that of one number, as `apply` calculates it.
    """

    apply: Callable[[Array], Array]
    cell: Callable[[Cell, float], Expression]
    cost: Cost


def _relu(x: Array) -> Array:
    return np.maximum(x, 0)


def _relu_cell(x: Cell, value: float) -> Expression:
    return x if value >= 0 else Noted(Number(0), (x, " is below 0"))


def _gelu(x: Array) -> Array:
    # NumPy has no erf; Python's is right to the last bit, and one number at a time is soon enough.
    erfs: Array = np.vectorize(erf, otypes=[np.float64])(x / sqrt(2))
    return (x * (1 + erfs) / 2).astype(x.dtype)


def _gelu_cell(x: Cell, value: float) -> Expression:
    whole = Sum((Number(1), Function("erf", Quotient(x, Root(2)))))
    return Quotient(Product((x, whole)), Number(2))


def _gelu_tanh(x: Array) -> Array:
    bent: Array = np.tanh(sqrt(2 / pi) * (x + _CUBIC * x**3))
    return x * (1 + bent) / 2


def _gelu_tanh_cell(x: Cell, value: float) -> Expression:
    inner = Product((Number(sqrt(2 / pi)), Sum((x, Product((Number(_CUBIC), x, x, x))))))
    return Quotient(Product((x, Sum((Number(1), Function("tanh", inner))))), Number(2))


def _silu(x: Array) -> Array:
    # exp of a number that is not above 0 cannot overflow.
    small: Array = np.exp(-np.abs(x))
    return x * np.where(x >= 0, 1, small) / (1 + small)


def _silu_cell(x: Cell, value: float) -> Expression:
    return Quotient(x, Sum((Number(1), Function("exp", Negative(x)))))


BENDS: dict[str, Bend] = {
    "relu": Bend(_relu, _relu_cell, Cost(comparisons=1)),
    "gelu": Bend(_gelu, _gelu_cell, Cost(1, 1, divisions=2, functions=1)),
    "gelu_tanh": Bend(_gelu_tanh, _gelu_tanh_cell, Cost(5, 2, divisions=1, functions=1)),
    "silu": Bend(_silu, _silu_cell, Cost(1, 1, divisions=1, exponentials=1, comparisons=1)),
}
