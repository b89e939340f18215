"""Arrays by name in a file, each read when it is asked for."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from itertools import islice
from typing import TypeAlias

import numpy as np

from attncli.calculation.names.pytorch_names import is_torch_weight
from attncli.documents.parsed import NAMELESS, AnyArray, Part
from attncli.errors import DocumentError

# Reads the array of a name, or the slice of it that a text asks for.
ReadArray: TypeAlias = "Callable[[str, str | None], AnyArray]"

MOST_LISTED = 10


class Archive(Mapping[str, Part]):
    """The arrays of a file: matrices, and choices where they have rank 0 or hold words."""

    def __init__(self, keys: Collection[str], read: ReadArray) -> None:
        self._keys = keys
        self._read = read

    def __iter__(self) -> Iterator[str]:
        # What numpy.savez names by itself has no name.
        return iter([NAMELESS] if list(self._keys) == ["arr_0"] else self._keys)

    def __len__(self) -> int:
        return len(self._keys)

    def __getitem__(self, name: str) -> Part:
        key = next(iter(self._keys)) if name == NAMELESS else name
        if key not in self._keys:
            raise KeyError(key)
        value = _value(key, self._read(key, None))
        return Part(value, is_torch_weight=is_torch_weight(key))

    def matrix(self, key: str | None, slices: str | None) -> Part:
        """The matrix at a key, or the slice of it; without a key the one that is alone.

        Raises DocumentError for an unknown key, with those that are there.
        """
        if key is None:
            key = self._alone()
        elif slices is not None and f"{key}[{slices}]" in self._keys:
            key, slices = f"{key}[{slices}]", None
        if key not in self._keys:
            raise self._unknown(key)
        value = _value(key, self._read(key, slices))
        if not isinstance(value, np.ndarray):
            raise DocumentError(f"{key} is {value!r}, not a matrix.", listed(self._keys))
        return Part(value, is_torch_weight=is_torch_weight(key))

    def _unknown(self, key: str) -> DocumentError:
        if NAMELESS in self._keys:
            return DocumentError("it holds one matrix, which has no key.", "Name the file alone.")
        from difflib import get_close_matches

        close = get_close_matches(key, self._keys)
        hint = f"Did you mean {' or '.join(close)}? {listed(self._keys)}" if close else ""
        return DocumentError(f"it has no key {key}.", hint or listed(self._keys))

    def _alone(self) -> str:
        if len(self._keys) != 1:
            message = "a slice needs the key of a matrix here."
            raise DocumentError(message, f"Write FILE:KEY[SLICE]. {listed(self._keys)}")
        return next(iter(self._keys))


def listed(keys: Collection[str]) -> str:
    """A sentence on the keys of a file: all where they are few, else their number and the first."""
    if len(keys) <= MOST_LISTED:
        return f"Its keys are {', '.join(keys)}." if keys else "It is empty."
    return f"It has {len(keys)} keys, such as {', '.join(islice(keys, 3))}."


def _value(key: str, array: AnyArray) -> object:
    if array.ndim == 0 or array.dtype.kind == "U":
        return array.tolist()
    if array.dtype.kind == "b":
        return array
    if array.dtype.kind not in "iuf":
        message = f"{key or 'the array'} holds {array.dtype}, but a matrix holds real numbers."
        cure = "NumPy's files know no bfloat16: save it as float32."
        raise DocumentError(message, cure if array.dtype.kind == "V" else "", (key,))
    if array.dtype in (np.float32, np.float64) and array.dtype.isnative:
        return array  # as it lies in the file, of which no copy is made
    with np.errstate(over="ignore"):  # what becomes infinite is named where cells are checked
        return array.astype(np.float64)
