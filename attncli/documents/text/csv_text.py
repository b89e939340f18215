"""Read CSV: choices first, then one matrix, or several matrices, each below its name.

The delimiter is a tab if any line has one, else a semicolon if any line has one, else a comma.
With a tab or a semicolon, cells may have decimal commas.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator, Mapping
from io import BytesIO
from itertools import product

import numpy as np

from attncli.documents.files import decode
from attncli.documents.parsed import (
    LONG_HEAD,
    NAMELESS,
    AnyArray,
    IsValue,
    Parsed,
    Part,
    part_error,
)
from attncli.documents.text.cells import BOOLEANS, number
from attncli.documents.text.csv_labels import CellReader, Section, read_section
from attncli.errors import DocumentError

_CHOICE = re.compile(r"([A-Za-z][\w^]*)\s*=\s*(\S.*)")
_NAME = re.compile(r"([A-Za-z][\w.^{}]*)(?:\[([^\[\]]*)\])?")
_INDEX = re.compile(r"\d+(?:,\d+)*")
_QUOTED_OR_COMMENT = re.compile(r'"[^"]*"|(?:^|(?<=\s))#')

Lines = list[tuple[int, str]]


def parse_csv(data: bytes, is_value: IsValue | None = None) -> Parsed:
    """Return the choices, and one nameless matrix or several matrices by name, with their labels.

    For an answer, which has `is_value`, cells stay texts, as they are written.

    Raises DocumentError, with the line, for any other text.
    """
    if not is_value and (matrix := _plain(data)) is not None:
        return {NAMELESS: Part(matrix)}
    lines = _lines(decode(data))
    if lines and lines[0][1] == LONG_HEAD:
        message = "it is in the long form, which attncli writes but does not read."
        raise DocumentError(message, "Write the result with -f csv or -f json.")
    choices: dict[str, Part] = {}
    while lines and (choice := _choice(*lines[0])):
        name, value = choice
        if name in choices:
            raise DocumentError(
                f"line {lines[0][0]}: {name} is given twice.", "Remove one of them."
            )
        choices[name] = Part(value)
        lines.pop(0)
        while lines and not lines[0][1]:
            lines.pop(0)
    delimiter = _delimiter(lines)
    reader = CellReader(delimiter != ",", is_value)
    matrices = _assembled(list(_sections(lines, delimiter)), reader)
    if not matrices and not choices:
        raise DocumentError("it holds no matrix.", "Write a line of numbers for each row.")
    return {**choices, **matrices}


def _plain(data: bytes) -> AnyArray | None:
    """Return a matrix that is written with only numbers and commas, or None for any other text.

    NumPy reads such a matrix several times as fast. Ragged rows give None too: the slower reader
    names their line.
    """
    rows = data.replace(b"\r\n", b"\n") if b"\r" in data else data
    if rows.translate(None, b"0123456789+-.eE, \n"):
        return None
    compact = rows.replace(b" ", b"") if b" " in rows else rows
    if not compact or compact.isspace() or (b"\n\n" in compact and b"\n\n" in compact.strip()):
        return None
    try:
        return np.loadtxt(BytesIO(rows), delimiter=",", comments=None, ndmin=2)
    except ValueError:
        return None


def _lines(text: str) -> Lines:
    """Return the lines, with their numbers and without comments, from the first with content."""
    lines: Lines = []
    for i, line in enumerate(re.split(r"\r\n|\r|\n", text), 1):
        marks = _QUOTED_OR_COMMENT.finditer(line) if not _CHOICE.match(line) else ()
        comment = next((mark for mark in marks if mark[0] == "#"), None)
        kept = line[: comment.start()] if comment else line
        # A line with a comment alone is dropped: an empty line would end a matrix.
        if kept.strip() or (lines and not comment):
            lines.append((i, kept.strip(" ")))
    return lines


def _unpadded(line: str) -> str:
    """Return a line of one cell without the quotes and delimiters that a spreadsheet adds."""
    line = line.rstrip(",;\t ")
    return line[1:-1].replace('""', '"') if line[:1] == line[-1:] == '"' else line


def _choice(number_of_line: int, line: str) -> tuple[str, object] | None:
    """Return the name and the value of a line `name = value`, or None; the value may be JSON."""
    match = _CHOICE.fullmatch(_unpadded(line))
    if not match:
        return None
    name, text = match.groups()
    if text[0] not in "[{":
        return name, text
    try:
        return name, json.loads(text)
    except ValueError:
        message = f"line {number_of_line}: the value of {name} is not valid JSON: {text}."
        raise DocumentError(message, "Check its brackets and quotes.") from None


def _delimiter(lines: Lines) -> str:
    text = "\n".join(re.sub(r'"[^"]*"', "", line) for _, line in lines)
    return next((mark for mark in "\t;" if mark in text), ",")


def _sections(lines: Lines, delimiter: str) -> Iterator[Section]:
    """Yield one section per name, with the rows below the name."""
    section: Section | None = None
    blank: list[tuple[int, list[str]]] = []
    for i, line in lines:
        match = _NAME.fullmatch(_unpadded(line))
        if match and number(match[0]) is None and match[0].casefold() not in BOOLEANS:
            if section:
                yield section
            if match[2] is not None and not _INDEX.fullmatch(match[2]):
                raise part_error(f"line {i}: {match[0]}", match[1])
            index = tuple(map(int, match[2].split(","))) if match[2] else ()
            section, blank = Section(match[1], index, i, line != line.rstrip(",;\t ")), []
            continue
        cells = _cells(i, line, delimiter)
        if not any(cells):
            blank.append((i, cells))
            continue
        section = section or Section(NAMELESS, (), i)
        if section.rows and any(len(empty) == 0 for _, empty in blank):
            message = f"line {i}: another matrix begins here, after an empty line, without a name."
            raise DocumentError(message, "Write its name on a line before it, or remove the gap.")
        # A line of delimiters alone, between rows, is a row of empty cells.
        section.rows += [*(blank if section.rows else []), (i, cells)]
        blank = []
    if section:
        yield section


def _cells(i: int, line: str, delimiter: str) -> list[str]:
    reader = csv.reader([line], delimiter=delimiter, skipinitialspace=True, strict=True)
    try:
        return [cell.strip() for cell in next(reader, [])]
    except csv.Error as error:
        raise DocumentError(f"line {i}: {error}.", "Check the quotes.") from None


def _assembled(sections: list[Section], reader: CellReader) -> dict[str, Part]:
    """Return the matrices by name; slices `weights[1]`, `weights[2]` become a matrix of rank 3."""
    by_name: dict[str, dict[tuple[int, ...], Part]] = {}
    for section in sections:
        slices = by_name.setdefault(section.name, {})
        lengths = {len(index) for index in (section.index, *slices)}
        if 0 in section.index or (len(lengths) > 1 and 0 not in lengths):
            name = _slice_name(section.name, section.index)
            message = f"line {section.line}: {name} does not fit the slices before it."
            raise DocumentError(message, "Slices are counted from 1: weights[1], or weights[2,1].")
        if section.index in slices or (slices and (() in slices or not section.index)):
            message = f"line {section.line}: {section.name} is given twice."
            raise DocumentError(message, "Remove one of them.")
        slices[section.index] = read_section(section, reader)
    return {
        name: slices[()] if () in slices else _stacked(name, slices)
        for name, slices in by_name.items()
    }


def _stacked(name: str, slices: Mapping[tuple[int, ...], Part]) -> Part:
    """Return one matrix of the slices, counted from 1, with the labels of the first slice."""
    counts = tuple(map(max, zip(*slices, strict=False)))
    for index in product(*(range(1, count + 1) for count in counts)):
        if index not in slices:
            message = f"{_slice_name(name, index)} is missing among the slices of {name}."
            raise DocumentError(message, "Slices are counted from 1, without gaps.", (name,))
    values = [slices[index].value for index in sorted(slices)]
    # The cells of an answer, which are lists of texts, stay objects.
    arrays = [np.asarray(v, dtype=object if isinstance(v, list) else None) for v in values]
    shapes = {array.shape for array in arrays}
    if len(shapes) > 1:
        said = " and ".join(" × ".join(map(str, shape)) for shape in sorted(shapes))
        message = f"the slices of {name} differ in size: {said}."
        raise DocumentError(message, "All slices of a matrix have one size.", (name,))
    first = slices[min(slices)]
    stacked = np.stack(arrays).reshape(*counts, *arrays[0].shape)
    value = stacked.tolist() if stacked.dtype == object else stacked
    return Part(value, first.row_labels, first.column_labels)


def _slice_name(name: str, index: tuple[int, ...]) -> str:
    return f"{name}[{','.join(map(str, index))}]" if index else name
