"""Put the slices of a matrix together, such as `weights[1]` and `weights[2]`."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from attncli.documents.parsed import Part
from attncli.errors import DocumentError


def stack(name: str, slices: Mapping[tuple[int, ...], Part]) -> Part:
    """Return one matrix of the slices, counted from 1, with the labels of the first slice.

    Raises DocumentError if a slice is missing, or if the slices differ in size.
    """
    counts = tuple(map(max, zip(*slices, strict=False)))
    for place, index in enumerate(sorted(slices)):
        if index != (expected := _index_at(place, counts)):
            message = f"{slice_name(name, expected)} is missing among the slices of {name}."
            raise DocumentError(message, "Slices are counted from 1, without gaps.", (name,))
    if len(slices) < math.prod(counts):
        message = f"{slice_name(name, _index_at(len(slices), counts))} is missing among the slices"
        raise DocumentError(f"{message} of {name}.", "Slices are counted from 1, without gaps.")
    values = [slices[index].value for index in sorted(slices)]
    # The cells of an answer, which are lists of texts, stay objects.
    arrays = [np.asarray(v, dtype=object if isinstance(v, list) else None) for v in values]
    shapes = {array.shape for array in arrays}
    if len(shapes) > 1:
        said = " and ".join(" × ".join(map(str, shape)) for shape in sorted(shapes))
        message = f"the slices of {name} differ in size: {said}."
        raise DocumentError(message, "All slices of a matrix have one size.", (name,))
    first = slices[min(slices)]
    stacked = np.stack(arrays).reshape(*counts, *arrays[0].shape)
    value = stacked.tolist() if stacked.dtype == object else stacked
    return Part(value, first.row_labels, first.column_labels)


def _index_at(place: int, counts: tuple[int, ...]) -> tuple[int, ...]:
    """Return the index of the slice at this place, in the order of the slices."""
    index: list[int] = []
    for count in reversed(counts):
        place, at = divmod(place, count)
        index.insert(0, at + 1)
    return tuple(index)


def slice_name(name: str, index: tuple[int, ...]) -> str:
    """Return the name of a slice, such as `weights[2,1]`."""
    return f"{name}[{','.join(map(str, index))}]" if index else name
