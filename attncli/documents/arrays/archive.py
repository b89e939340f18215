"""Arrays by name in a file; each is read when it is used."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from itertools import islice
from sys import maxunicode
from typing import TypeAlias

import numpy as np

from attncli.calculation.names.pytorch_names import is_torch_weight
from attncli.documents.files import current_limit
from attncli.documents.parsed import NAMELESS, AnyArray, Part
from attncli.errors import DocumentError

# Returns the array of a key, or the part of the array that a slice such as `0:64,:` names.
ReadArray: TypeAlias = "Callable[[str, str | None], AnyArray]"

MOST_LISTED = 10
FLOAT64 = 8  # bytes of a number


class Archive(Mapping[str, Part]):
    """The arrays of a file: choices if they have rank 0 or hold words, else matrices."""

    def __init__(self, keys: Collection[str], read: ReadArray) -> None:
        self._keys = keys
        self._read = read
        self._limit = current_limit()

    def __iter__(self) -> Iterator[str]:
        # numpy.savez calls an array without a name arr_0.
        return iter([NAMELESS] if list(self._keys) == ["arr_0"] else self._keys)

    def __len__(self) -> int:
        return len(self._keys)

    def __getitem__(self, name: str) -> Part:
        key = next(iter(self._keys)) if name == NAMELESS else name
        if key not in self._keys:
            raise KeyError(key)
        value = self._value(key, self._read(key, None))
        return Part(value, is_torch_weight=is_torch_weight(key))

    def matrix(self, key: str | None, slices: str | None) -> Part:
        """Return the matrix at a key, or a slice of the matrix; without a key, the only matrix.

        `slices` is a text such as `0:64,:`. Raises DocumentError, with the keys of the file, for an
        unknown key, and for an entry or a slice that is not a matrix.
        """
        if key is None:
            key = self._alone()
        elif slices is not None and f"{key}[{slices}]" in self._keys:
            key, slices = f"{key}[{slices}]", None
        if key not in self._keys:
            raise self._unknown(key)
        value = self._value(key, self._read(key, slices))
        if not isinstance(value, np.ndarray):
            raise DocumentError(f"{key} is {value!r}, not a matrix.", listed(self._keys))
        return Part(value, is_torch_weight=is_torch_weight(key))

    def _value(self, key: str, array: AnyArray) -> object:
        """Return the value of an array: a choice, or a matrix of numbers or booleans."""
        if array.dtype.kind == "U":
            native = array.astype(array.dtype.newbyteorder("="))
            if np.frombuffer(native.tobytes(), np.uint32).max(initial=0) > maxunicode:
                message = f"{key} holds characters that do not exist: it is damaged."
                raise DocumentError(message, "Write it again.", (key,))
        if array.ndim == 0 or array.dtype.kind == "U":
            return array.tolist()
        if array.dtype.kind == "b":
            return array
        if array.dtype.kind not in "iuf":
            message = f"{key or 'the array'} holds {array.dtype}, but a matrix holds real numbers."
            cure = "NumPy's files cannot hold bfloat16: save it as float32."
            raise DocumentError(message, cure if array.dtype.kind == "V" else "", (key,))
        if array.dtype in (np.float32, np.float64) and array.dtype.isnative:
            return array  # not copied: it may be as large as the file
        self._limit.take(array.size * FLOAT64, key)
        # The check of the cells names a number that overflows, and one that is not a number.
        with np.errstate(over="ignore", invalid="ignore"):
            return array.astype(np.float64)

    def _unknown(self, key: str) -> DocumentError:
        if NAMELESS in self._keys:
            return DocumentError(
                "it holds one matrix, which has no key.", "Write FILE without :KEY."
            )
        from difflib import get_close_matches

        close = get_close_matches(key, self._keys)
        hint = f"Did you mean {' or '.join(close)}? {listed(self._keys)}" if close else ""
        return DocumentError(f"it has no key {key}.", hint or listed(self._keys))

    def _alone(self) -> str:
        if len(self._keys) != 1:
            message = "it holds several matrices, so a slice needs a key."
            raise DocumentError(message, f"Write FILE:KEY[SLICE]. {listed(self._keys)}")
        return next(iter(self._keys))


def listed(keys: Collection[str]) -> str:
    """Return a sentence with the keys of a file, or with the number of keys and the first three."""
    if len(keys) <= MOST_LISTED:
        return f"Its keys are {', '.join(keys)}." if keys else "It is empty."
    return f"It has {len(keys)} keys, such as {', '.join(islice(keys, 3))}."
