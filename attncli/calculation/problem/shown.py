"""The matrices that a result shows: whole steps, and the parts of steps that the user chose."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from attncli.calculation.algebra.layouts import Array, Axes, Axis
from attncli.calculation.algebra.plan import Plan, Step
from attncli.records import record
from attncli.words import shape_text

WORDS = {"batch": "batch", "heads": "head"}  # the words for leading axes

Places = tuple[Sequence[int], ...]  # along each axis of a matrix, counted from 0


@record(frozen=True)
class StepPart:
    """A part of a step, such as `weights[2,:]`: the places of it along each axis on paper."""

    step: str
    name: str
    places: Places


def part_name(step: str, axes: Axes, places: Places) -> str:
    """Return the name of a part of a step, with places counted from 1 as `explain` reads them.

    >>> part_name("weights", (Axis("heads", 2), Axis("n", 3), Axis("m", 3)), ([1], [0], range(3)))
    'weights[1,:,head=2]'
    """
    sides = list(zip(axes, places, strict=True))
    own = [_place(*side) for side in sides if side[0].name not in WORDS]
    leading = [
        f"{WORDS[axis.name]}={at[0] + 1}"
        for axis, at in sides
        if axis.name in WORDS and len(at) < axis.size
    ]
    named = [*(own if set(own) != {":"} else []), *leading]
    return f"{step}[{','.join(named)}]" if named else step


def _place(axis: Axis, places: Sequence[int]) -> str:
    return ":" if len(places) == axis.size else str(places[0] + 1)


@record(frozen=True)
class Slice:
    """Rows and columns of a matrix at one place along its leading axes, counted from 0."""

    name: str
    index: tuple[int, ...]
    cells: Array


@record(frozen=True)
class ShownMatrix:
    """A step, or a part of it, as the user's layout writes it.

    `axes` are those of the whole step. `cells` holds the cells at `places`, with every axis of the
    step. `row_labels` and `column_labels` are tokens; they are empty where an axis has no labels.
    """

    name: str
    step: Step
    axes: Axes
    places: Places
    cells: Array
    row_labels: tuple[str, ...]
    column_labels: tuple[str, ...]

    @property
    def is_part(self) -> bool:
        """True if some cells of the step are not shown."""
        return self.name != self.step.name

    def shape_text(self, plan: Plan) -> str:
        """Return the shape of the step, or of the part in it: `3 × 4`, `1 × 4 of 3 × 4`."""
        whole = plan.shape(self.step)
        return f"{shape_text(self.matrix.shape)} of {whole}" if self.is_part else whole

    @property
    def matrix(self) -> Array:
        """The cells, without a heads or batch axis of which one place was chosen."""
        dropped = tuple(
            at
            for at, (axis, places) in enumerate(zip(self.axes, self.places, strict=True))
            if axis.name in WORDS and len(places) < axis.size
        )
        return self.cells.squeeze(dropped)

    @property
    def rows(self) -> list[str]:
        """The label of each row; its number, counted from 1, if it has no label."""
        return [*self.row_labels] or [str(at + 1) for at in self.places[-2]]

    @property
    def columns(self) -> list[str]:
        """The label of each column; its number, counted from 1, if it has no label."""
        return [*self.column_labels] or [str(at + 1) for at in self.places[-1]]

    def slices(self) -> Iterator[Slice]:
        """Yield the matrices of two axes, named as CSV names them: `weights[1]` for head 1."""
        *leading, rows, columns = self.places
        for at in np.ndindex(self.cells.shape[:-2]):
            index = tuple(places[i] for places, i in zip(leading, at, strict=True))
            yield Slice(self._slice_name(index, rows, columns), index, self.cells[at])

    def _slice_name(self, index: tuple[int, ...], *own: Sequence[int]) -> str:
        if self.is_part:
            return part_name(self.step.name, self.axes, (*([at] for at in index), *own))
        numbers = ",".join(str(at + 1) for at in index)
        return f"{self.name}[{numbers}]" if index else self.name
