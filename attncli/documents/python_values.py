"""Documents that a Python program gives: mappings of arrays, lists and choices, and open files."""

from __future__ import annotations

import os.path
from collections.abc import Mapping
from typing import IO, Any

import numpy as np

from attncli.documents.parsed import NAMELESS, AnyArray, IsValue, Parsed, Part
from attncli.documents.sources import Source, parse
from attncli.documents.text.json_text import flat_entries
from attncli.errors import DocumentError, errors_at


def parse_value(given: Any, is_value: IsValue | None) -> Source:
    """Return the source of a Python value: a mapping, an open file, or one matrix.

    `is_value` is given for answers: see `IsValue`. Raises DocumentError for any other value, and if
    the content of the file or the mapping cannot be read.
    """
    if isinstance(given, Mapping):
        return Source("", _parse_mapping(given))
    if hasattr(given, "read"):
        return _parse_file(given, is_value)
    if isinstance(given, list) or hasattr(given, "__array__"):
        return Source("", {NAMELESS: _part("the matrix", given)})
    message = f"a document cannot be of type {type(given).__name__}."
    raise DocumentError(message, "Give a path, a mapping of matrices, an array or an open file.")


def _parse_mapping(entries: Mapping[str, object]) -> Parsed:
    """Return the entries of a mapping; a mapping inside it is a sublayer: `cross.W_q`.

    A value is an array, anything that NumPy can make an array of (`__array__`, such as a tensor of
    PyTorch), nested lists, or a choice. Raises DocumentError for an array that holds no numbers.
    """
    return {name: _part(name, part.value) for name, part in flat_entries(entries)}


def _part(name: str, value: Any) -> Part:
    if isinstance(value, list | tuple):
        return Part([_plain(part) for part in value])
    if not hasattr(value, "__array__"):
        return Part(value)
    array = _as_array(name, value)
    if array.ndim == 0:  # a number of NumPy is a choice, such as heads=np.int64(2)
        return Part(array.item())
    if array.dtype.kind not in "biuf":
        message = f"{name} is an array of {array.dtype}, but a matrix holds real numbers."
        raise DocumentError(message, "", (name,))
    return Part(array)


def _as_array(name: str, value: Any) -> AnyArray:
    """Return the array of a value; its method `__array__` may raise an error of any class."""
    try:
        return np.asarray(value)
    except Exception as error:
        raise DocumentError(f"{name} is not read as an array: {error}", "", (name,)) from error


def _plain(part: Any) -> Any:
    """Return a part of a list, in which lists of Python's numbers replace the arrays."""
    if isinstance(part, list | tuple):
        return [_plain(inner) for inner in part]
    return np.asarray(part).tolist() if hasattr(part, "__array__") else part


def _parse_file(file: IO[Any], is_value: IsValue | None) -> Source:
    """Return the entries of an open file; the name of the file, if any, gives form and folder."""
    data = file.read()
    name = file.name if isinstance(getattr(file, "name", None), str) else ""
    with errors_at(name):
        raw = data.encode() if isinstance(data, str) else bytes(data)
        return Source(name, parse(name, raw, is_value), os.path.dirname(name))
