"""Read safetensors files with their own library: one tensor by its name, or a slice of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from math import prod
from types import ModuleType
from typing import Any

import numpy as np

from attncli.documents.arrays.archive import Archive
from attncli.documents.arrays.slices import index_of
from attncli.documents.files import current_limit
from attncli.documents.parsed import AnyArray
from attncli.errors import DocumentError

# The types of the format that are plain numbers. Other types need scale factors, which are stored
# apart from the tensor.
DTYPES = {
    **{f"F{bits}": f"<f{bits // 8}" for bits in (16, 32, 64)},
    **{f"I{bits}": f"<i{bits // 8}" for bits in (8, 16, 32, 64)},
    **{f"U{bits}": f"<u{bits // 8}" for bits in (8, 16, 32, 64)},
    "BF16": "bfloat16",
    "BOOL": "bool",
}

_LONGEST_HEADER = 100_000_000  # bytes: the limit of the format


def begins_as_tensors(begins: bytes) -> bool:
    """Return True for a safetensors file: it begins with the length of a JSON header, then `{`."""
    return begins[8:9] == b"{" and int.from_bytes(begins[:8], "little") <= _LONGEST_HEADER


def open_tensors(path: str, data: bytes | None = None) -> Archive:
    """Return the tensors of a file; each is read when it is used.

    `data` are the bytes if they come from a pipe. F16 and BF16 become float64 without loss. The
    metadata of the file are ignored. Raises DocumentError if the library is missing or the file is
    damaged. Reading a tensor raises DocumentError if its type is not in `DTYPES`.
    """
    library, limit = _library(), current_limit()
    with _undamaged(library):
        if data is not None:
            return _in_memory(dict(library.deserialize(data)))
        with library.safe_open(path, framework="numpy") as file:
            keys = sorted(file.keys())

    def read(key: str, slices: str | None) -> AnyArray:
        with _undamaged(library), library.safe_open(path, framework="numpy") as file:
            part = file.get_slice(key)
            _check_dtype(key, part.get_dtype())
            if slices is None:
                limit.take(
                    prod(part.get_shape()) * np.dtype(DTYPES[part.get_dtype()]).itemsize, key
                )
                return _numbers(file.get_tensor(key))
            return _numbers(part[index_of(slices, key, tuple(part.get_shape()))])

    return Archive(keys, read)


def _in_memory(tensors: dict[str, Any]) -> Archive:
    """Return the tensors of a file that came through a pipe."""

    def read(key: str, slices: str | None) -> AnyArray:
        tensor = tensors[key]
        _check_dtype(key, tensor["dtype"])
        cells = np.frombuffer(tensor["data"], np.dtype(DTYPES[tensor["dtype"]]))
        array = _numbers(cells.reshape(tensor["shape"]))
        return array if slices is None else array[index_of(slices, key, array.shape)]

    return Archive(sorted(tensors), read)


def _library() -> ModuleType:
    try:
        import ml_dtypes  # noqa: F401  # adds bfloat16 to NumPy
        import safetensors
    except ImportError as error:
        message = f"it needs the package {error.name}, which is not installed."
        raise DocumentError(message, "Write pip install safetensors ml_dtypes.") from None
    return safetensors


@contextmanager
def _undamaged(library: ModuleType) -> Iterator[None]:
    try:
        yield
    except (library.SafetensorError, OSError) as error:
        reason = str(error).removeprefix("Error while deserializing header: ")
        message = f"it is damaged, or not a safetensors file: {reason}."
        raise DocumentError(message, "Download it again, or write it again.") from None


def _check_dtype(key: str, dtype: str) -> None:
    if dtype not in DTYPES:
        message = (
            f"{key} is stored as {dtype}: its numbers need scale factors, which it does not hold."
        )
        hint = "Save it as F32, F16 or BF16: tensor.float() in PyTorch, times its scale factors."
        raise DocumentError(message, hint)


def _numbers(tensor: AnyArray) -> AnyArray:
    """Return the tensor, as float64 if it is bfloat16, with which NumPy cannot calculate."""
    return tensor.astype(np.float64) if tensor.dtype.name == "bfloat16" else tensor
