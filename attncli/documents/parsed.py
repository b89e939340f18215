"""The entries of a file, before their names are understood."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

from attncli.records import record

if TYPE_CHECKING:
    from numpy.typing import NDArray

AnyArray: TypeAlias = "NDArray[Any]"


@record(frozen=True)
class Part:
    """A matrix (an array, or nested lists of cells) or a choice, with the labels beside it.

    `is_torch_weight`: its key in the file is the name of a weight that PyTorch stores transposed.
    """

    value: object
    row_labels: tuple[str, ...] | None = None
    column_labels: tuple[str, ...] | None = None
    is_torch_weight: bool = False


# By the names as written; the name of a matrix that has none is empty.
Parsed = Mapping[str, Part]

NAMELESS = ""

# Whether a text is a value in an answer: a number, arithmetic, a blank. A parser that is given it
# keeps the cells as they are written.
IsValue = Callable[[str], bool]
