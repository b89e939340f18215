"""JSON: an object of matrices and choices, sublayers nested; and matrices back to JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from attncli.calculation.names.known_names import known_name, last_of
from attncli.calculation.names.pytorch_names import from_pytorch
from attncli.documents.files import decode
from attncli.documents.parsed import NAMELESS, AnyArray, IsValue, Parsed, Part
from attncli.errors import DocumentError


def parse_json(data: bytes, is_value: IsValue | None = None) -> Parsed:
    """The entries of an object; a bare array is one nameless matrix.

    For an answer (`is_value` is given) numbers stay the texts they are written as.

    Raises DocumentError with line and column where the text is no JSON, and for a key that stands
    twice.
    """
    text = decode(data)
    try:
        parsers = ("parse_int", "parse_float", "parse_constant") if is_value else ()
        as_written: dict[str, Any] = dict.fromkeys(parsers, str)
        value = json.loads(text, object_pairs_hook=_unique, **as_written)
        entries = dict(flat_entries(value)) if isinstance(value, dict) else {}
    except json.JSONDecodeError as error:
        message = f"line {error.lineno}, column {error.colno}: not JSON: {error.msg}."
        hint = "Look for a comma, quote or bracket too many or too few."
        if re.match("[+-]?(inf|nan)", text[error.pos :], re.IGNORECASE):
            hint = 'Write "-inf", "inf" and "nan" in quotes.'
        raise DocumentError(message, hint) from None
    except RecursionError:
        hint = "A matrix has 2 to 4 axes."
        raise DocumentError("its lists are nested too deeply.", hint) from None
    except ValueError:  # Python reads no whole number of more than 4300 digits
        raise DocumentError("a number in it is too long.", "Numbers reach to 1.8e308.") from None
    if isinstance(value, list):
        return {NAMELESS: Part(value)}
    if not isinstance(value, dict):
        message = f"it holds {json.dumps(value)}, but a document is an object of matrices."
        raise DocumentError(message, 'Write {"X": [[1, 0], [0, 1]]}.')
    return entries


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    entries = dict(pairs)
    if len(entries) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise DocumentError(f"the key {twice!r} stands twice in one object.", "Remove one of them.")
    return entries


def flat_entries(value: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Part]]:
    """Sublayers' entries with a dot: `cross.W_q`; those of a list are numbered, `layers.1.W_q`.

    A mask may be an object of its own.
    """
    for key, entry in value.items():
        if isinstance(entry, Mapping) and last_of(known_name(key) or "") != "mask":
            yield from flat_entries(entry, f"{prefix}{key}.")
        elif key == "layers" and entry == []:
            message = f"{prefix}layers is an empty list."
            raise DocumentError(message, "Give a layer, or leave layers out.")
        elif key == "layers" and isinstance(entry, list) and all(type(e) is dict for e in entry):
            for number, nested in enumerate(entry, 1):
                # A list counts from 1, whoever names its layers.
                for name, part in flat_entries(nested):
                    yield f"{prefix}{key}.{number}.{from_pytorch(name) or name}", part
        else:
            yield prefix + key, Part(entry)


def dump_json(matrices: Mapping[str, AnyArray]) -> bytes:
    """One object of matrices, a row a line; infinities and NaN are strings. Every digit is kept."""
    entries = [
        f"  {json.dumps(name)}: {_lines(_json_numbers(m), '  ')}" for name, m in matrices.items()
    ]
    return ("{\n" + ",\n".join(entries) + "\n}\n").encode()


def dump_document(document: Mapping[str, Any], _: object = None) -> bytes:
    """A document of nested objects as text: a choice or vector on a line, a matrix a row a line."""
    return f"{_block(document, '')}\n".encode()


def _block(value: Any, indent: str) -> str:
    inner = f"{indent}  "
    if isinstance(value, Mapping):
        lines = [f"{inner}{json.dumps(name)}: {_block(e, inner)}" for name, e in value.items()]
        return "{\n" + ",\n".join(lines) + f"\n{indent}}}"
    if isinstance(value, list) and value and isinstance(value[0], Mapping):
        lines = [f"{inner}{_block(entry, inner)}" for entry in value]
        return "[\n" + ",\n".join(lines) + f"\n{indent}]"
    return _lines(value, indent) if isinstance(value, list) else json.dumps(value)


def _json_numbers(matrix: AnyArray) -> Any:
    """Nested lists of the numbers; infinities and NaN, which JSON has not, as strings."""
    if np.isfinite(matrix).all():
        return matrix.tolist()
    as_objects = matrix.astype(object)
    for index in zip(*np.nonzero(~np.isfinite(matrix)), strict=True):
        as_objects[index] = str(float(matrix[index]))
    return as_objects.tolist()


def _lines(value: Any, indent: str) -> str:
    if not value or not isinstance(value[0], list):
        return json.dumps(value, allow_nan=False)
    rows = ",\n".join(f"{indent}  {_lines(row, indent + '  ')}" for row in value)
    return f"[\n{rows}\n{indent}]"
