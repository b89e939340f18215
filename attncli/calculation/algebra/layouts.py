"""How matrices are written, in and out. Inside, everything is `rows`: one token a row."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias, TypeVar

from attncli.records import record

if TYPE_CHECKING:  # what is said of layouts and names must not wait for numpy
    import numpy as np
    from numpy.typing import NDArray

Scalar = TypeVar("Scalar", bound="np.generic")
Array: TypeAlias = "NDArray[np.floating[Any]]"
Shape = tuple[int, ...]


class Axis(NamedTuple):
    """One axis of a matrix: what it counts (`n`, `m`, `d_k`, `heads`, …) and how many there are."""

    name: str
    size: int


Axes = tuple[Axis, ...]


def sizes(axes: Axes) -> Shape:
    """The shape that these axes make."""
    return tuple(axis.size for axis in axes)


class Role(Enum):
    """What a matrix is for, which decides whether a layout writes it transposed."""

    TOKENS = "one row a token, or a score a pair of tokens: X, Q, scores, mask"
    WEIGHT = "maps features to features: W_q, U_a"
    FIXED = "written alike in every layout: vectors, W_a of general scoring, hidden"


class Factor(NamedTuple):
    """A matrix in a product, in the layout `rows`."""

    name: str
    role: Role = Role.TOKENS
    transposed: bool = False


@record(frozen=True)
class Layout:
    """A way of writing matrices: which roles stand transposed on paper."""

    name: str
    help: str
    swapped: frozenset[Role]

    def swap(self, matrix: NDArray[Scalar], role: Role) -> NDArray[Scalar]:
        """From paper to `rows`, or back: the last two axes exchanged where this layout does so."""
        return matrix.swapaxes(-1, -2) if role in self.swapped and matrix.ndim > 1 else matrix

    def written_shape(self, shape: Shape, role: Role) -> Shape:
        """The shape as the user writes it."""
        if role in self.swapped and len(shape) > 1:
            return (*shape[:-2], shape[-1], shape[-2])
        return shape

    def side(self, role: Role, axis: int, rank: int) -> str:
        """What a person calls the axis (−1 or −2, or a leading one) of a matrix on paper."""
        if rank == 1:
            return "numbers"
        if axis not in (-1, -2):
            return "slices"
        return "columns" if (axis == -1) != (role in self.swapped) else "rows"

    def product(self, *factors: Factor) -> str:
        """The product of matrices as this layout writes it.

        On paper each swapped matrix is the transpose of ours, and so is the result: the factors
        then stand in reverse order. Q Kᵀ becomes Kᵀ Q in `columns`; X W_q becomes W_q X there and
        X W_qᵀ in `torch`.
        """
        reverse = Role.TOKENS in self.swapped
        written = [
            name + "ᵀ" * (transposed ^ reverse ^ (role in self.swapped))
            for name, role, transposed in factors
        ]
        return " ".join(reversed(written) if reverse else written)


LAYOUTS: dict[str, Layout] = {
    layout.name: layout
    for layout in (
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
}
