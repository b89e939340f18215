"""The cost of an operation: the number of multiplications, additions, divisions and functions."""

from __future__ import annotations

from math import prod

from attncli.calculation.algebra.layouts import Axes, sizes
from attncli.records import names_of, record


@record(frozen=True)
class Cost:
    """The number of arithmetic operations of each kind.

    Subtractions count as additions. `functions` are all functions except exp: tanh, √, sin, cos,
    erf, powers. `multiply_adds` are the multiplications inside matrix products; they are part of
    `multiplications`. Signs, copies, and constants of the sizes alone (such as √d_k) cost nothing.
    """

    multiplications: int = 0
    additions: int = 0
    divisions: int = 0
    exponentials: int = 0
    functions: int = 0
    comparisons: int = 0
    multiply_adds: int = 0

    def __add__(self, other: Cost) -> Cost:
        return Cost(*(getattr(self, n) + getattr(other, n) for n in names_of(self)))

    def __mul__(self, times: int) -> Cost:
        return Cost(*(getattr(self, n) * times for n in names_of(self)))

    @property
    def flops(self) -> int:
        """The FLOPs: 2 per multiply-add in matrix products; nothing else counts.

        Papers (2 n m d for an n × d times a d × m) and PyTorch's FlopCounterMode count like this.
        An inner product of d numbers counts as d multiply-adds, though it needs only d − 1
        additions.
        """
        return 2 * self.multiply_adds

    @property
    def operations(self) -> int:
        """The number of all arithmetic operations; a multiply-add counts as two of them."""
        return sum(getattr(self, name) for name in COUNTED)


COUNTED = tuple(name for name in names_of(Cost()) if name != "multiply_adds")


def cells(axes: Axes) -> int:
    """Return how many numbers a matrix with these axes has."""
    return prod(sizes(axes))


def product(results: int, length: int) -> Cost:
    """Return the cost of `results` inner products of vectors of `length` numbers.

    Each inner product takes `length` multiplications and one addition less.
    """
    return Cost(
        multiplications=results * length,
        additions=results * (length - 1),
        multiply_adds=results * length,
    )
