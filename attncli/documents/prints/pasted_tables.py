"""Read tables that were made for people: those of Markdown, and those that attncli prints."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from attncli.documents.parsed import IsValue
from attncli.documents.prints.printed import WRITTEN, PrintedMatrix, checked_cell
from attncli.documents.text.cells import is_counter, number
from attncli.documents.text.csv_labels import CellReader
from attncli.documents.text.excerpts import TextError

HEADING = re.compile(r"\d+  ([\w.]+(?:\[[^\[\]]*\])?) = (?:.*\S)   (\d+(?: × \d+)+)( of .*)?")
_HEADING_BEGINS = re.compile(r"\d+  [\w.]+(?:\[[^\[\]]*\])? =(?: |$)")
_RULE = re.compile(r"─+")
_ELIDED = re.compile(r"[⋮…]|left out: ")
_MARKDOWN_RULE = re.compile(r":?-+:?")
_MARKED = re.compile(r"(\*\*|[$`])(.+)\1")
MARKDOWN_ROW = re.compile(r"[ \t]*\|.*\|[ \t]*")

LONGEST_HEADING = 20  # lines

Lines = Sequence[tuple[int, str]]  # each line with the position of its first character


def heading_at(lines: Lines, at: int) -> tuple[re.Match[str], int] | None:
    """Return the heading of a table of attncli that begins in a line, and the line after it.

    A narrow terminal breaks a heading into several lines.
    """
    if not _HEADING_BEGINS.match(lines[at][1]):
        return None
    joined = ""
    for i in range(at, min(at + LONGEST_HEADING, len(lines))):
        if not lines[i][1].strip():
            break
        joined = f"{joined} {lines[i][1]}" if joined else lines[i][1]
        match = HEADING.fullmatch(joined.rstrip()) or HEADING.fullmatch(
            re.sub(r" (\d+(?: × \d+)+)( of .*)?\Z", r"   \1\2", joined.rstrip())
        )
        if match:
            return match, i + 1
    return None


def read_own_table(
    text: str, lines: Lines, at: int, is_value: IsValue | None
) -> tuple[str, PrintedMatrix, int]:
    """Return the name and the matrix of a table that attncli printed, and the line after it.

    The table may be in blocks of columns, and have several slices. Raises DocumentError if a part
    of it is left out or missing.
    """
    found = heading_at(lines, at)
    assert found
    heading, i = found
    name, shape = heading[1], tuple(map(int, heading[2].split(" × ")))
    blocks: list[list[list[str]]] = []
    headers: list[list[str]] = []
    labels: list[str] = []
    rows: list[list[str]] | None = None
    while i < len(lines) and not heading_at(lines, i):
        position, line = lines[i]
        if _ELIDED.search(line):
            message = f"{name} is not whole: numbers are left out of the table."
            raise TextError(text, position, message, "Write the result with --full, or -f csv.")
        if _RULE.fullmatch(line.strip()):
            headers.append(lines[i - 1][1].split())
            rows = []
            blocks.append(rows)
            labels = []
        elif rows is not None and line.strip():
            label, *cells = re.split(r" {2,}", line.strip())
            if not cells or (rows and len(cells) != len(rows[0])):
                break
            labels.append(label)
            rows.append([_cell(text, position, cell, is_value) for cell in cells])
        elif not line.strip():
            rows = None
        elif not any(_RULE.fullmatch(below.strip()) for _, below in lines[i + 1 : i + 3]):
            break  # neither a header nor the title of a slice
        i += 1
    whole = _assembled(blocks, shape)
    if whole is None:
        message = f"{name} is not whole: its heading says {heading[2]}."
        raise TextError(text, lines[at][0], message, "Copy the whole table, or write -f csv.")
    columns = [label for header in headers for label in header][: shape[-1]]
    row_labels = tuple(labels) if any(number(label) is None for label in labels) else None
    is_named = len(columns) == shape[-1] and any(number(label) is None for label in columns)
    end = lines[i - 1][0] + len(lines[i - 1][1])
    matrix = PrintedMatrix(
        whole,
        WRITTEN,
        lines[at][0],
        end,
        row_labels=row_labels,
        column_labels=tuple(columns) if is_named else None,
    )
    return name, matrix, i


def _cell(text: str, position: int, cell: str, is_value: IsValue | None) -> str:
    return checked_cell(text, cell, text.find(cell, position), is_value)


def _assembled(blocks: list[list[list[str]]], shape: tuple[int, ...]) -> list[Any] | None:
    """Return the matrix of this shape that the blocks of columns make up, or None."""
    *leading, rows, columns = shape
    slices: list[list[list[str]]] = []
    for block in blocks:
        if len(block) != rows:
            return None
        if not slices or len(slices[-1][0]) == columns:
            slices.append([[] for _ in range(rows)])
        for row, cells in zip(slices[-1], block, strict=True):
            row.extend(cells)
    if not slices or any(len(row) != columns for part in slices for row in part):
        return None
    nested: list[Any] = slices
    for size in reversed(leading):
        if len(nested) % size:
            return None
        nested = [nested[k : k + size] for k in range(0, len(nested), size)]
    return nested[0] if len(nested) == 1 else None


def read_markdown(
    text: str, lines: Lines, at: int, is_value: IsValue | None, is_labelled: bool = False
) -> tuple[PrintedMatrix, int]:
    """Return the matrix of a Markdown table that begins in a line, and the line after it.

    The header holds labels, or nothing. If `is_labelled`, the header and the first column are
    labels, whatever they look like. Raises DocumentError for another header of numbers, which can
    be a row of the matrix.
    """
    rows = []
    i = at
    while i < len(lines) and MARKDOWN_ROW.fullmatch(lines[i][1]):
        position, line = lines[i]
        cells = re.split(r"(?<!\\)\|", line.strip()[1:-1])
        rows.append((position, list(map(_plain, cells))))
        i += 1
    has_rule = len(rows) > 1 and all(map(_MARKDOWN_RULE.fullmatch, rows[1][1]))
    header = rows[0][1] if has_rule else None
    body = rows[2:] if has_rule else rows
    if not body:
        raise TextError(text, lines[at][0], "this table has no rows.", "Write a row of numbers.")
    is_label = CellReader(True, is_value).is_label
    side = is_labelled or all(is_label(cells[0]) for _, cells in body)
    side = side or (header is not None and not header[0] and any(header))
    columns = tuple(header[side:]) if header and any(header) else None
    has_numbers = columns and not all(is_label(label) or not label for label in columns)
    if columns and has_numbers and not is_labelled and not (side and is_counter(columns)):
        message = "the header of this table holds numbers: it can be labels, or a row."
        raise TextError(text, lines[at][0], message, "Leave the header empty: | | |.")
    cells = [[_cell(text, position, c, is_value) for c in row[side:]] for position, row in body]
    end = lines[i - 1][0] + len(lines[i - 1][1])
    labels = tuple(row[0] for _, row in body) if side else None
    return PrintedMatrix(cells, WRITTEN, lines[at][0], end, "", (), labels, columns), i


def _plain(cell: str) -> str:
    """Return a cell without blanks and marks of Markdown around it: `**0.5**`, `$2$`, `\\|`."""
    cell = cell.strip().replace("\\|", "|")
    marked = _MARKED.fullmatch(cell)
    return marked[2].strip() if marked else cell
