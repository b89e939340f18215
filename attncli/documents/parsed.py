"""The entries of a file, before their names are understood."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

from attncli.errors import DocumentError
from attncli.records import record

if TYPE_CHECKING:
    from numpy.typing import NDArray

AnyArray: TypeAlias = "NDArray[Any]"


@record(frozen=True)
class Part:
    """A matrix (an array, or nested lists of cells) or a choice, with the labels beside it.

    `is_torch_weight`: its key in the file is the name of a weight that PyTorch stores transposed.
    `notes` say how the file was read where another reading is possible.
    """

    value: object
    row_labels: tuple[str, ...] | None = None
    column_labels: tuple[str, ...] | None = None
    is_torch_weight: bool = False
    notes: tuple[str, ...] = ()


# The entries by their names as written.
Parsed = Mapping[str, Part]


class Keyed(Mapping[str, Part]):
    """The entries of a file whose parts can be named: FILE:KEY."""

    def at(self, key: str) -> Parsed:
        """Return the entries of a part. Raises DocumentError if the file has no such part."""
        raise NotImplementedError


SAMPLE = "sample:"  # before the name of a sample, which is a file in any folder

NAMELESS = ""  # the name of a matrix without a name

# Returns True if a text is a value in an answer: a number, arithmetic, or a blank. A parser that
# has such a function keeps the cells as texts, as they are written.
IsValue = Callable[[str], bool]


@dataclass
class CsvForm:
    """The form of the CSV files of a command: the delimiter, and if first rows are labels.

    None leaves it to the rule. `is_used` becomes True when a CSV file is read.
    """

    delimiter: str | None = None
    header: bool | None = None
    is_used: bool = field(default=False, compare=False)


BY_RULE = CsvForm()

LONG_HEAD = "step,batch,head,row,column,value"  # the first line of the long form


def part_error(name: str, step: str) -> DocumentError:
    """Return the error for a matrix that holds a part of a step, such as `weights[2,:]`."""
    message = f"{name} is a part of {step}, but only whole steps are read."
    return DocumentError(message, f"Write the whole step: --only {step}.")
