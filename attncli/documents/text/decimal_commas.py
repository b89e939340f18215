"""Read the decimal commas of an answer in JSON, where a cell such as "0,96" is a text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from attncli.documents.parsed import Part
from attncli.errors import DocumentError
from attncli.records import replace

_COMMA = re.compile(r"\s*[+-]?\d*,\d+\s*")
# A comma before groups of three digits can also stand between thousands, as in 1,234.
_THOUSANDS = re.compile(r"\s*[+-]?[1-9]\d{0,2},\d{3}\s*")


def with_points(name: str, part: Part) -> Part:
    """Return the matrix `name` with a point for each decimal comma, and with a note.

    Raises DocumentError if every comma can also stand between thousands.
    """
    if not isinstance(part.value, list):
        return part
    commas = [cell for cell in _cells(part.value) if _COMMA.fullmatch(cell)]
    if not commas:
        return part
    first = commas[0].strip()
    if all(_THOUSANDS.fullmatch(cell) for cell in commas):
        said = f"{name} holds {first!r}" if name else f"it holds {first!r}"
        message = f"{said}, which can be {_point(first)} or {first.replace(',', '')}."
        raise DocumentError(message, "Write decimal points, and no commas in numbers.", (name,))
    note = f"{name}: {first!r} is read as {_point(first)}, with a decimal comma.".removeprefix(": ")
    return replace(part, value=_replaced(part.value), notes=(*part.notes, note))


def _point(cell: str) -> str:
    return cell.strip().replace(",", ".")


def _cells(value: list[Any]) -> Iterator[str]:
    """Yield all texts in nested lists."""
    for cell in value:
        if isinstance(cell, list):
            yield from _cells(cell)
        elif isinstance(cell, str):
            yield cell


def _replaced(value: list[Any]) -> list[Any]:
    return [
        _replaced(cell)
        if isinstance(cell, list)
        else _point(cell)
        if isinstance(cell, str) and _COMMA.fullmatch(cell)
        else cell
        for cell in value
    ]
