"""Read and write NPZ and NPY files: arrays by name, never pickled."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from io import BytesIO
from typing import IO, TYPE_CHECKING, Any, BinaryIO
from warnings import catch_warnings

import numpy as np

from attncli.documents.arrays.archive import Archive
from attncli.documents.arrays.foreign import PYTORCH
from attncli.documents.arrays.slices import index_of
from attncli.documents.files import SMALL, current_limit
from attncli.documents.parsed import NAMELESS, AnyArray
from attncli.errors import AttncliError, DocumentError

if TYPE_CHECKING:
    from zipfile import ZipInfo

    from attncli.calculation.problem.problem import Computation

_BEGINS = b"\x93NUMPY"  # an NPY file


def open_arrays(path: str, data: bytes | None = None) -> Archive:
    """Return the arrays of an NPZ file; an NPY file holds one nameless matrix.

    `data` are the bytes if they come from a pipe. Arrays of rank 0, and of words, are choices. An
    array is read when it is used. Raises DocumentError for other files and for pickled objects.
    Reading an array raises DocumentError if the array does not hold numbers.
    """

    limit = current_limit()

    def read(key: str, slices: str | None) -> AnyArray:
        with _loaded(path, data) as loaded:
            if not isinstance(loaded, np.ndarray):
                member = _member(loaded, key)
                limit.take(member.file_size, key)  # Python unpacks no more than the archive states
                with loaded.zip.open(member) as file:
                    _check_sizes(file)
            array = loaded if isinstance(loaded, np.ndarray) else loaded[key]
            if not isinstance(array, np.ndarray):  # a member of the archive is not an NPY file
                raise ValueError
        return array if slices is None else array[index_of(slices, key or "it", array.shape)]

    with _loaded(path, data) as loaded:
        if isinstance(loaded, np.ndarray):
            return Archive([NAMELESS], read)
        keys = loaded.files
    if any(key.endswith("data.pkl") for key in keys):
        raise PYTORCH.refusal(path)
    return Archive(keys, read)


def _member(loaded: Any, key: str) -> ZipInfo:
    """Return the member of an archive that holds an array."""
    members: dict[str, ZipInfo] = loaded.zip.NameToInfo
    return members.get(f"{key}.npy") or members[key]


def _check_sizes(file: IO[bytes]) -> None:
    """Raise ValueError if the header of an NPY file states a negative size.

    NumPy before 2.3 reads such a file as if the size were unknown.
    """
    is_long = np.lib.format.read_magic(file) != (1, 0)
    reader = np.lib.format.read_array_header_2_0 if is_long else np.lib.format.read_array_header_1_0
    shape, _, _ = reader(file)
    if min(shape, default=0) < 0:
        raise ValueError


@contextmanager
def _loaded(path: str, data: bytes | None) -> Iterator[Any]:
    """Yield the array, or the open archive. Raises DocumentError for damage and for pickles."""
    try:
        # NumPy warns of files that Python 2 wrote, and of sizes that no file has.
        with _opened(path, data) as file, catch_warnings(action="ignore"):
            if file.read(len(_BEGINS)) == _BEGINS:
                file.seek(0)
                _check_sizes(file)
            file.seek(0)
            mapped = _mapped(path) if data is None else None
            yield np.load(file, allow_pickle=False) if mapped is None else mapped
    except AttncliError:
        raise
    except MemoryError:
        raise current_limit().out_of_memory() from None
    # Damage is found by NumPy, and by the readers of ZIP archives, of headers, and of compressed
    # data that NumPy uses: each has errors of its own, also SyntaxError and SystemError.
    except Exception:  # noqa: BLE001
        message = "it is not an NPZ or NPY file of plain arrays, or it is damaged."
        hint = "Write it with numpy.savez; pickled objects are not read."
        raise DocumentError(message, hint) from None


def _opened(path: str, data: bytes | None) -> BinaryIO:
    """Return the open file, because NumPy leaves a file open if it cannot read it."""
    return open(path, "rb") if data is None else BytesIO(data)


def _mapped(path: str) -> AnyArray | None:
    """Return the array of a large NPY file, mapped from the disk; None for any other file.

    A program that shortens a mapped file ends the program that reads it, so a small file is read.
    """
    if os.path.getsize(path) <= SMALL:
        return None
    try:
        return np.lib.format.open_memmap(path, mode="r")
    except (ValueError, OSError):  # an archive, or damage: np.load decides
        return None


def write_npz(result: Computation, _: bool) -> bytes:
    """Return a result as an NPZ archive."""
    return dump_arrays(result.matrices)


def dump_arrays(matrices: Mapping[str, AnyArray]) -> bytes:
    """Return an NPZ archive of matrices by name."""
    buffer = BytesIO()
    # No options: before NumPy 2.2 an unknown option is stored as an array.
    arrays: dict[str, Any] = dict(matrices)
    np.savez(buffer, **arrays)
    return buffer.getvalue()


def write_npy(result: Computation, _: bool) -> bytes:
    """Return a result of one step as an NPY file. Raises AttncliError for several steps."""
    matrices = result.matrices
    if len(matrices) > 1:
        names = list(matrices)
        message = f"npy holds one matrix, but the result has {len(names)}: {', '.join(names)}."
        raise AttncliError(message, f"Name one (--only {names[-1]}), or write npz.")
    buffer = BytesIO()
    (matrix,) = matrices.values()
    np.save(buffer, matrix)
    return buffer.getvalue()
