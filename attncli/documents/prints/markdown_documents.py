"""Read the Markdown documents that attncli writes, such as a worksheet that is filled in."""

from __future__ import annotations

import re

from attncli.documents.files import decode
from attncli.documents.parsed import IsValue, Parsed, Part
from attncli.documents.prints.pasted_tables import MARKDOWN_ROW, read_markdown
from attncli.documents.text.excerpts import TextError
from attncli.documents.text.numbered_slices import slice_name, stack

# A line that names the table after it: a heading ## 4 `scores`, `weights[1]` (head 1), or `X`.
_NAME = re.compile(r"(?:## \d+ )?`([^`\[]+)(?:\[(\d+(?:,\d+)*)\])?`(?: \(.*\))?\s*")


def parse_markdown_document(data: bytes, is_value: IsValue | None) -> Parsed:
    """Return the matrices of all tables by name; all other lines are skipped.

    Raises DocumentError, with the line, for a table without a name, and for a name that has two
    tables.
    """
    text = decode(data).replace("\r\n", "\n")
    lines = []
    position = 0
    for line in text.split("\n"):
        lines.append((position, line))
        position += len(line) + 1
    found: dict[str, dict[tuple[int, ...], Part]] = {}
    name = ""
    index: tuple[int, ...] = ()
    at = 0
    while at < len(lines):
        place, line = lines[at]
        if MARKDOWN_ROW.fullmatch(line):
            if not name:
                message = "this table has no name."
                raise TextError(text, place, message, "Write its name on a line above: `scores`.")
            matrix, at = read_markdown(text, lines, at, is_value, is_labelled=True)
            if index in found.setdefault(name, {}):
                message = f"{slice_name(name, index)} has two tables."
                raise TextError(text, place, message, "Remove one of them.")
            found[name][index] = matrix.part(is_value)
            name = ""
            continue
        if named := _NAME.fullmatch(line):
            name = named[1]
            index = tuple(map(int, named[2].split(","))) if named[2] else ()
        at += 1
    return {
        name: slices[()] if () in slices else stack(name, slices) for name, slices in found.items()
    }
