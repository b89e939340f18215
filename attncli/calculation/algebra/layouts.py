"""The layouts in which users write matrices. Inside, all is `rows`: one token in each row."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias, TypeVar

from attncli.records import by_name, record

if TYPE_CHECKING:  # the names of layouts must not wait for numpy
    import numpy as np
    from numpy.typing import NDArray

Scalar = TypeVar("Scalar", bound="np.generic")
Array: TypeAlias = "NDArray[np.floating[Any]]"
AnyArray: TypeAlias = "NDArray[Any]"
Booleans: TypeAlias = "NDArray[np.bool_]"
WholeNumbers: TypeAlias = "NDArray[np.int_]"
Shape = tuple[int, ...]


class Axis(NamedTuple):
    """One axis of a matrix: what it counts (`n`, `m`, `d_k`, `heads`, …), and its size."""

    name: str
    size: int


Axes = tuple[Axis, ...]


def sizes(axes: Axes) -> Shape:
    """Return the shape of a matrix with these axes."""
    return tuple(axis.size for axis in axes)


class Role(Enum):
    """The purpose of a matrix, which decides whether a layout writes it transposed."""

    TOKENS = "one row a token, or a score a pair of tokens: X, Q, scores, mask"
    WEIGHT = "maps features to features: W_q, U_a"
    FIXED = "written alike in every layout: vectors, W_a of general scoring, hidden"


class Factor(NamedTuple):
    """One matrix in a product, in the layout `rows`."""

    name: str
    role: Role = Role.TOKENS
    transposed: bool = False


@record(frozen=True)
class Layout:
    """A way of writing matrices: matrices with a role in `swapped` are transposed on paper."""

    name: str
    help: str
    swapped: frozenset[Role]

    def swap(self, matrix: NDArray[Scalar], role: Role) -> NDArray[Scalar]:
        """Exchange the last two axes if this layout does; from paper to `rows`, or back."""
        return matrix.swapaxes(-1, -2) if role in self.swapped and matrix.ndim > 1 else matrix

    def written_shape(self, shape: Shape, role: Role) -> Shape:
        """Return the shape as the user writes it."""
        if role in self.swapped and len(shape) > 1:
            return (*shape[:-2], shape[-1], shape[-2])
        return shape

    def side(self, role: Role, axis: int, rank: int) -> str:
        """Return the word for an axis of a matrix on paper: rows, columns, slices or numbers."""
        if rank == 1:
            return "numbers"
        if axis not in (-1, -2):
            return "slices"
        return "columns" if (axis == -1) != (role in self.swapped) else "rows"

    def product(self, *factors: Factor) -> str:
        """Return the product of matrices as this layout writes it.

        On paper each swapped matrix is the transpose of ours, and so is the result: the factors
        then stand in reverse order. Q Kᵀ becomes Kᵀ Q in `columns`; X W_q becomes W_q X in
        `columns` and X W_qᵀ in `torch`.
        """
        reverse = Role.TOKENS in self.swapped
        written = [
            name + "ᵀ" * (transposed ^ reverse ^ (role in self.swapped))
            for name, role, transposed in factors
        ]
        return " ".join(reversed(written) if reverse else written)


LAYOUTS: dict[str, Layout] = by_name(
    Layout("rows", "tokens are rows, weights d_in × d_out: Q = X W_q", frozenset()),
    Layout(
        "columns",
        "tokens are columns, weights d_out × d_in: Q = W_q X",
        frozenset({Role.TOKENS, Role.WEIGHT}),
    ),
    Layout(
        "torch",
        "tokens are rows, weights d_out × d_in as nn.Linear stores them: Q = X W_qᵀ",
        frozenset({Role.WEIGHT}),
    ),
)
