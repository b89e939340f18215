"""Read CSV: choices first, then one matrix, or several under their names.

The delimiter is found by a rule, never by looking at digits: a tab where any line has one, else a
semicolon where any line has one, else a comma. Where it is no comma, cells may have decimal commas.
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
from attncli.documents.parsed import NAMELESS, AnyArray, IsValue, Parsed, Part
from attncli.documents.text.cells import BOOLEANS, number
from attncli.documents.text.csv_labels import CellReader, Section, read_section
from attncli.errors import DocumentError

_CHOICE = re.compile(r"([A-Za-z][\w^]*)\s*=\s*(\S.*)")
_NAME = re.compile(r"([A-Za-z][\w.^{}]*)(?:\[(\d+(?:,\d+)*)\])?")
_QUOTED_OR_COMMENT = re.compile(r'"[^"]*"|(?:^|(?<=\s))#')

Lines = list[tuple[int, str]]


def parse_csv(data: bytes, is_value: IsValue | None = None) -> Parsed:
    """Choices, then one nameless matrix or several named ones; labels are kept beside them.

    For an answer (`is_value` is given) cells stay the texts they are written as.

    Raises DocumentError with the line for whatever is neither.
    """
    if not is_value and (matrix := _plain(data)) is not None:
        return {NAMELESS: Part(matrix)}
    lines = _lines(decode(data))
    choices: dict[str, Part] = {}
    while lines and (choice := _choice(*lines[0])):
        name, value = choice
        if name in choices:
            raise DocumentError(f"line {lines[0][0]}: {name} stands twice.", "Remove one of them.")
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
    """A matrix of nothing but numbers and commas, which NumPy reads several times as fast.

    None for whatever else: names, labels, comments, blanks between rows, and rows that are ragged,
    which are told with their line elsewhere.
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
    """The lines with their numbers, from the first that says something; comments are taken out."""
    lines: Lines = []
    for i, line in enumerate(re.split(r"\r\n|\r|\n", text), 1):
        marks = _QUOTED_OR_COMMENT.finditer(line) if not _CHOICE.match(line) else ()
        comment = next((mark for mark in marks if mark[0] == "#"), None)
        kept = line[: comment.start()] if comment else line
        # A line that is a comment alone is no line, not an empty one, which would end a matrix.
        if kept.strip() or (lines and not comment):
            lines.append((i, kept.strip(" ")))
    return lines


def _unpadded(line: str) -> str:
    """A line that stands in one cell, without the quotes and delimiters of a spreadsheet."""
    line = line.rstrip(",;\t ")
    return line[1:-1].replace('""', '"') if line[:1] == line[-1:] == '"' else line


def _choice(number_of_line: int, line: str) -> tuple[str, object] | None:
    """The name and the value of a line `name = value`; the value may be JSON."""
    match = _CHOICE.fullmatch(_unpadded(line))
    if not match:
        return None
    name, text = match.groups()
    if text[0] not in "[{":
        return name, text
    try:
        return name, json.loads(text)
    except ValueError:
        message = f"line {number_of_line}: the value of {name} begins as JSON, but is none: {text}."
        raise DocumentError(message, "Check brackets and quotes.") from None


def _delimiter(lines: Lines) -> str:
    text = "\n".join(re.sub(r'"[^"]*"', "", line) for _, line in lines)
    return next((mark for mark in "\t;" if mark in text), ",")


def _sections(lines: Lines, delimiter: str) -> Iterator[Section]:
    """Rows gathered under the names that stand before them."""
    section: Section | None = None
    blank: list[tuple[int, list[str]]] = []
    for i, line in lines:
        match = _NAME.fullmatch(_unpadded(line))
        if match and number(match[0]) is None and match[0].casefold() not in BOOLEANS:
            if section:
                yield section
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
            raise DocumentError(message, "Put its name on a line before it, or close the gap.")
        # Delimiters alone, between rows, are a row of empty cells.
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
    """The matrices by name; slices `weights[1]`, `weights[2]` become one of higher rank."""
    by_name: dict[str, dict[tuple[int, ...], Part]] = {}
    for section in sections:
        slices = by_name.setdefault(section.name, {})
        lengths = {len(index) for index in (section.index, *slices)}
        if 0 in section.index or (len(lengths) > 1 and 0 not in lengths):
            name = _slice_name(section.name, section.index)
            message = f"line {section.line}: {name} fits no slice before it."
            raise DocumentError(message, "Slices are counted from 1: weights[1], or weights[2,1].")
        if section.index in slices or (slices and (() in slices or not section.index)):
            message = f"line {section.line}: {section.name} stands twice."
            raise DocumentError(message, "Remove one of them.")
        slices[section.index] = read_section(section, reader)
    return {
        name: slices[()] if () in slices else _stacked(name, slices)
        for name, slices in by_name.items()
    }


def _stacked(name: str, slices: Mapping[tuple[int, ...], Part]) -> Part:
    """Slices by their indices, counted from 1, as one array; with the labels of the first."""
    counts = tuple(map(max, zip(*slices, strict=False)))
    for index in product(*(range(1, count + 1) for count in counts)):
        if index not in slices:
            message = f"{_slice_name(name, index)} is missing among the slices of {name}."
            raise DocumentError(message, "Slices are counted from 1, without gaps.", (name,))
    values = [slices[index].value for index in sorted(slices)]
    # Cells of an answer, which are texts in lists, stay objects.
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
