"""NPZ and NPY: arrays by name, never pickled."""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from attncli.documents.parsed import NAMELESS, IsValue, Parsed, Part
from attncli.errors import DocumentError


def parse_arrays(data: bytes, is_value: IsValue | None = None) -> Parsed:
    """The arrays of an NPZ archive; an NPY file is one nameless matrix. Answers are no exception.

    Arrays of rank 0, and of words, are choices. Raises DocumentError for what is neither, for
    pickled objects and for arrays that hold no numbers.
    """
    try:
        loaded = np.load(BytesIO(data), allow_pickle=False)
        if isinstance(loaded, np.ndarray):
            arrays = {NAMELESS: loaded}
        else:
            arrays = {name: loaded[name] for name in loaded.files}
    except (ValueError, EOFError, OSError, BadZipFile, KeyError):
        message = "it is no NPZ or NPY file of plain arrays."
        hint = "Write it with numpy.savez; pickled objects are not read."
        raise DocumentError(message, hint) from None
    if list(arrays) == ["arr_0"]:
        arrays = {NAMELESS: arrays["arr_0"]}
    return {name: Part(_value(name, array)) for name, array in arrays.items()}


def _value(name: str, array: NDArray[Any]) -> object:
    if array.ndim == 0 or array.dtype.kind == "U":
        return array.tolist()
    if array.dtype.kind == "b":
        return array
    if array.dtype.kind not in "iuf":
        message = f"{name or 'the array'} holds {array.dtype}, but a matrix holds real numbers."
        raise DocumentError(message, names=(name,))
    with np.errstate(over="ignore"):  # what becomes infinite is named where cells are checked
        return array.astype(np.float64)


def dump_arrays(matrices: Mapping[str, NDArray[Any]]) -> bytes:
    """An NPZ archive of the matrices."""
    buffer = BytesIO()
    # No options: before NumPy 2.2 an unknown one is stored as an array.
    arrays: dict[str, Any] = dict(matrices)
    np.savez(buffer, **arrays)
    return buffer.getvalue()
