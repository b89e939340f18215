"""Tensors by name in a safetensors file, read by its own library: one tensor, or a slice of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

import numpy as np

from attncli.documents.arrays.archive import Archive
from attncli.documents.arrays.slices import index_of
from attncli.documents.parsed import AnyArray
from attncli.errors import DocumentError

# The format's types that are numbers by themselves; of the others the scales stand elsewhere.
DTYPES = {
    **{f"F{bits}": f"<f{bits // 8}" for bits in (16, 32, 64)},
    **{f"I{bits}": f"<i{bits // 8}" for bits in (8, 16, 32, 64)},
    **{f"U{bits}": f"<u{bits // 8}" for bits in (8, 16, 32, 64)},
    "BF16": "bfloat16",
    "BOOL": "bool",
}

_LONGEST_HEADER = 100_000_000  # bytes, as the format has it


def begins_as_tensors(begins: bytes) -> bool:
    """True where bytes begin as the format does: the length of a JSON header, then its bracket."""
    return begins[8:9] == b"{" and int.from_bytes(begins[:8], "little") <= _LONGEST_HEADER


def open_tensors(path: str, data: bytes | None = None) -> Archive:
    """The tensors of a file, of which no more is read than what is asked for, or of bytes.

    F16 and BF16 become float64 without loss. The file's metadata are notes of the program that
    wrote it, and are not read. Raises DocumentError where the library is missing or the file
    damaged, and for a tensor whose type is none of `DTYPES`.
    """
    library = _library()
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
                return _numbers(file.get_tensor(key))
            return _numbers(part[index_of(slices, key, tuple(part.get_shape()))])

    return Archive(keys, read)


def _in_memory(tensors: dict[str, Any]) -> Archive:
    """The tensors that came in through a pipe."""

    def read(key: str, slices: str | None) -> AnyArray:
        tensor = tensors[key]
        _check_dtype(key, tensor["dtype"])
        cells = np.frombuffer(tensor["data"], np.dtype(DTYPES[tensor["dtype"]]))
        array = _numbers(cells.reshape(tensor["shape"]))
        return array if slices is None else array[index_of(slices, key, array.shape)]

    return Archive(sorted(tensors), read)


def _library() -> ModuleType:
    try:
        import ml_dtypes  # noqa: F401  # from then on NumPy knows bfloat16
        import safetensors
    except ImportError as error:
        message = f"it needs the package {error.name}, which is not installed."
        raise DocumentError(message, "Install it: pip install 'attncli[safetensors]'.") from None
    return safetensors


@contextmanager
def _undamaged(library: ModuleType) -> Iterator[None]:
    try:
        yield
    except (library.SafetensorError, OSError) as error:
        reason = str(error).removeprefix("Error while deserializing header: ")
        message = f"it is damaged, or no safetensors file: {reason}."
        raise DocumentError(message, "Fetch it, or write it, again.") from None


def _check_dtype(key: str, dtype: str) -> None:
    if dtype not in DTYPES:
        message = f"{key} is stored as {dtype}, which is no number by itself."
        hint = "Save it as F32, F16 or BF16: tensor.float() in PyTorch, times its scales if any."
        raise DocumentError(message, hint)


def _numbers(tensor: AnyArray) -> AnyArray:
    """NumPy counts bfloat16 among the types that it knows nothing about."""
    return tensor.astype(np.float64) if tensor.dtype.name == "bfloat16" else tensor
