"""What an operation costs: how often it multiplies, adds, divides, and takes functions."""

from __future__ import annotations

from math import prod

from attncli.calculation.algebra.layouts import Axes, sizes
from attncli.records import names_of, record


@record(frozen=True)
class Cost:
    """How often arithmetic is done: one number with another, or a function of one number.

    Subtractions are additions. `functions` are all but exp: tanh, √, sin, cos, erf, powers.
    `multiply_adds` are those of the multiplications that stand in products of matrices. Signs,
    copies, and constants of the sizes alone (such as √d_k) cost nothing.
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
        """2 a multiply-add of the products of matrices, and nothing for the rest.

        So count the papers (2 n m d for an n × d times a d × m) and PyTorch's FlopCounterMode. An
        inner product of d numbers is d multiply-adds here, though it needs d − 1 additions.
        """
        return 2 * self.multiply_adds

    @property
    def operations(self) -> int:
        """All that is done, one each; a multiply-add is two, a comparison one."""
        return sum(getattr(self, name) for name in COUNTED)


COUNTED = tuple(name for name in names_of(Cost()) if name != "multiply_adds")


def cells(axes: Axes) -> int:
    """How many numbers a matrix of these axes has."""
    return prod(sizes(axes))


def product(results: int, length: int) -> Cost:
    """So many inner products of this length: `length` multiplications and one addition less each."""
    return Cost(
        multiplications=results * length,
        additions=results * (length - 1),
        multiply_adds=results * length,
    )
