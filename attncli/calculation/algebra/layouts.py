"""The layouts in which users write matrices.

The program itself works in the layout `rows`: each row of a matrix is one token.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias, TypeVar

from attncli.records import by_name, record

if TYPE_CHECKING:  # help lists the layouts, and must not wait for NumPy
    import numpy as np
    from numpy.typing import NDArray

Scalar = TypeVar("Scalar", bound="np.generic")
Item = TypeVar("Item")
Array: TypeAlias = "NDArray[np.floating[Any]]"
AnyArray: TypeAlias = "NDArray[Any]"
Booleans: TypeAlias = "NDArray[np.bool_]"
WholeNumbers: TypeAlias = "NDArray[np.int_]"
Shape = tuple[int, ...]


class Axis(NamedTuple):
    """One axis of a matrix: its name (`n`, `m`, `d_k`, `heads`, …) and its size."""

    name: str
    size: int


Axes = tuple[Axis, ...]


def sizes(axes: Axes) -> Shape:
    """Return the shape of a matrix with these axes."""
    return tuple(axis.size for axis in axes)


class Role(Enum):
    """The purpose of a matrix, which decides whether a layout writes it transposed."""

    TOKENS = "one row per token, or one score per pair of tokens: X, Q, scores, mask"
    WEIGHT = "maps features to features: W_q, U_a"
    FIXED = "written the same way in every layout: vectors, W_a of general scoring, hidden"


class Factor(NamedTuple):
    """One matrix in a product, in the layout `rows`."""

    name: str
    role: Role = Role.TOKENS
    transposed: bool = False


@record(frozen=True)
class Layout:
    """A way to write matrices: a matrix whose role is in `swapped` is transposed on paper."""

    name: str
    help: str
    swapped: frozenset[Role]

    def swap(self, matrix: NDArray[Scalar], role: Role) -> NDArray[Scalar]:
        """Transpose the matrix if this layout does: from paper to `rows`, or back.

        Only the last two axes are exchanged; a vector stays as it is.
        """
        return matrix.swapaxes(-1, -2) if role in self.swapped and matrix.ndim > 1 else matrix

    def written_order(self, axes: tuple[Item, ...], role: Role) -> tuple[Item, ...]:
        """Return the axes of a matrix, or their sizes, as the user writes them; given in `rows`."""
        if role in self.swapped and len(axes) > 1:
            return (*axes[:-2], axes[-1], axes[-2])
        return axes

    def side(self, role: Role, axis: int, rank: int) -> str:
        """Return the word for an axis of a matrix on paper: rows, columns, slices or numbers."""
        if rank == 1:
            return "numbers"
        if axis not in (-1, -2):
            return "slices"
        return "columns" if (axis == -1) != (role in self.swapped) else "rows"

    def product(self, *factors: Factor) -> str:
        """Return the product of matrices as this layout writes it.

        If a layout writes tokens as columns, the result is transposed on paper, so the factors
        stand in reverse order. Q Kᵀ becomes Kᵀ Q in `columns`; X W_q becomes W_q X in `columns`
        and X W_qᵀ in `torch`.
        """
        reverse = Role.TOKENS in self.swapped
        written = [
            name + "ᵀ" * (transposed ^ reverse ^ (role in self.swapped))
            for name, role, transposed in factors
        ]
        return " ".join(reversed(written) if reverse else written)


LAYOUTS: dict[str, Layout] = by_name(
    Layout("rows", "each token is a row, weights are d_in × d_out: Q = X W_q", frozenset()),
    Layout(
        "columns",
        "each token is a column, weights are d_out × d_in: Q = W_q X",
        frozenset({Role.TOKENS, Role.WEIGHT}),
    ),
    Layout(
        "torch",
        "each token is a row, weights are d_out × d_in, as in nn.Linear: Q = X W_qᵀ",
        frozenset({Role.WEIGHT}),
    ),
)
