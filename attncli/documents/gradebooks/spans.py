"""The cells of a CSV text with their places, so that a few change and every other byte stays."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from attncli.errors import DocumentError


class CellSpan(NamedTuple):
    """A cell: its value, its place in the text from `start` to `end`, and True if it is quoted."""

    value: str
    start: int
    end: int
    is_quoted: bool


def read_spans(text: str, delimiter: str) -> list[list[CellSpan]]:
    """Return the cells of each row. Raises DocumentError for a quote that is not closed."""
    mark = re.escape(delimiter)
    cell = re.compile(
        rf'(?:"([^"]*(?:""[^"]*)*)"([^{mark}\r\n]*)|((?!")[^{mark}\r\n]*))({mark}|\r\n|\r|\n|\Z)'
    )
    rows: list[list[CellSpan]] = [[]]
    at = 0
    while True:
        match = cell.match(text, at)
        if not match:
            line = text.count("\n", 0, at) + 1
            raise DocumentError(f"line {line}: a quote is not closed.", "Check the quotes.")
        quoted, rest, plain, separator = match.groups()
        value = plain if quoted is None else quoted.replace('""', '"') + rest
        rows[-1].append(CellSpan(value, at, match.start(4), quoted is not None))
        at = match.end()
        if separator != delimiter:
            if at == len(text):
                return rows
            rows.append([])


def replaced(text: str, changes: Mapping[CellSpan, str], delimiter: str) -> str:
    """Return the text with new values for some cells.

    A new value is quoted if its cell is quoted, and if the value needs quotes.
    """
    parts: list[str] = []
    at = 0
    for span in sorted(changes, key=lambda span: span.start):
        parts += [text[at : span.start], _written(changes[span], span.is_quoted, delimiter)]
        at = span.end
    return "".join([*parts, text[at:]])


def _written(value: str, is_quoted: bool, delimiter: str) -> str:
    special = (delimiter, '"', "\r", "\n")
    if is_quoted or any(mark in value for mark in special):
        return '"' + value.replace('"', '""') + '"'
    return value


def values(row: Sequence[CellSpan]) -> list[str]:
    """Return the values of a row, without blanks around them."""
    return [span.value.strip() for span in row]
