"""NPZ and NPY: arrays by name, never pickled."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from io import BytesIO
from typing import TYPE_CHECKING, Any
from zipfile import BadZipFile

import numpy as np

from attncli.documents.arrays.archive import Archive
from attncli.documents.arrays.foreign import PYTORCH
from attncli.documents.arrays.slices import index_of
from attncli.documents.parsed import NAMELESS, AnyArray
from attncli.errors import AttncliError, DocumentError

if TYPE_CHECKING:
    from attncli.calculation.problem.problem import Result


def open_arrays(path: str, data: bytes | None = None) -> Archive:
    """The arrays of an NPZ archive, in a file or as bytes; an NPY file is one nameless matrix.

    Arrays of rank 0, and of words, are choices. Of a file no more is read than what is asked for.
    Raises DocumentError for what is neither, for pickled objects, and for arrays of other things
    than numbers when they are read.
    """

    def read(key: str, slices: str | None) -> AnyArray:
        with _loaded(path, data) as loaded:
            array = loaded if isinstance(loaded, np.ndarray) else loaded[key]
            if not isinstance(array, np.ndarray):  # a member of the archive that is no NPY file
                raise ValueError
        return array if slices is None else array[index_of(slices, key or "it", array.shape)]

    with _loaded(path, data) as loaded:
        if isinstance(loaded, np.ndarray):
            return Archive([NAMELESS], read)
        keys = loaded.files
    if any(key.endswith("data.pkl") for key in keys):
        raise PYTORCH.refusal(path)
    return Archive(keys, read)


@contextmanager
def _loaded(path: str, data: bytes | None) -> Iterator[Any]:
    """An array, or an archive while it is open; damage and pickles are a DocumentError."""
    try:
        # NumPy leaves a file open that it opened itself and cannot read.
        with open(path, "rb") if data is None else BytesIO(data) as file:
            mapped = _mapped(path) if data is None else None
            yield np.load(file, allow_pickle=False) if mapped is None else mapped
    # What NumPy, and the readers of archives below it, raise.
    except (ValueError, EOFError, OSError, BadZipFile, KeyError, RuntimeError, zlib.error):
        message = "it is no NPZ or NPY file of plain arrays."
        hint = "Write it with numpy.savez; pickled objects are not read."
        raise DocumentError(message, hint) from None


def _mapped(path: str) -> AnyArray | None:
    """An NPY file as it lies on the disk, read where it is used; None for what is no such file."""
    try:
        return np.lib.format.open_memmap(path, mode="r")
    except (ValueError, OSError):  # an archive, an empty array, damage: NumPy's reader tells
        return None


def write_npz(result: Result, _: bool) -> bytes:
    """A result as an NPZ archive."""
    return dump_arrays(result.matrices)


def dump_arrays(matrices: Mapping[str, AnyArray]) -> bytes:
    """An NPZ archive of matrices by name."""
    buffer = BytesIO()
    # No options: before NumPy 2.2 an unknown option is stored as an array.
    arrays: dict[str, Any] = dict(matrices)
    np.savez(buffer, **arrays)
    return buffer.getvalue()


def write_npy(result: Result, _: bool) -> bytes:
    """A result of one step as an NPY file. Raises AttncliError if the result has several steps."""
    matrices = result.matrices
    if len(matrices) > 1:
        names = list(matrices)
        message = f"npy holds one matrix, but the result has {len(names)}: {', '.join(names)}."
        raise AttncliError(message, f"Name one (--only {names[-1]}), or write npz.")
    buffer = BytesIO()
    np.save(buffer, *matrices.values())
    return buffer.getvalue()
