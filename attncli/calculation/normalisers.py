"""The operations that make weights of scores."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from attncli.calculation.arithmetic import Cell, Expression, Index, Noted, Number, Quotient
from attncli.calculation.layouts import Array, Layout, Role
from attncli.calculation.operations import OfOne
from attncli.calculation.vectors import Line, Mapped, Total


@dataclass(frozen=True)
class Softmax(OfOne):
    """exp(sᵢⱼ) / Σⱼ exp(sᵢⱼ) over the keys, of the same shape.

    The row maximum is subtracted first, which changes nothing but the overflow. A row of −inf
    alone, which may attend nothing, gives zeros.
    """

    def apply(self, source: Array) -> Array:
        largest = source.max(axis=-1, keepdims=True)
        powers = np.exp(source - np.where(np.isneginf(largest), 0, largest))
        total = powers.sum(axis=-1, keepdims=True)
        return powers / np.where(np.isneginf(largest), 1, total)

    def formula(self, layout: Layout) -> str:
        keys = "column" if Role.TOKENS in layout.swapped else "row"
        return f"softmax of each {keys} of {self.source}"

    def cell(self, index: Index, source: Array) -> Expression:
        row = source[index[:-1]]
        largest = int(row.argmax())
        if np.isneginf(row[largest]):
            return Noted(Number(0), ("no key may be attended",))
        # Exponentials of more than this cannot be read; the largest is subtracted, as in `apply`.
        less = Cell(self.source, (*index[:-1], largest)) if abs(row[largest]) > 30 else None
        powers = Mapped("exp", Line(self.source, (*index[:-1], None), len(row)), less)
        return Quotient(powers.at(index[-1]), Total(powers))
