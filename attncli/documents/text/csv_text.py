"""Read CSV: choices first, then one matrix, or several matrices, each below its name."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from io import BytesIO
from itertools import takewhile
from operator import itemgetter

import numpy as np

from attncli.calculation.choices.choices import CHOICES
from attncli.calculation.masks.mask_rules import is_rule
from attncli.calculation.names.known_names import known_name
from attncli.documents.files import decode
from attncli.documents.parsed import (
    BY_RULE,
    LONG_HEAD,
    NAMELESS,
    AnyArray,
    CsvForm,
    IsValue,
    Parsed,
    Part,
    part_error,
)
from attncli.documents.text.cells import BOOLEANS, number, point_for_comma
from attncli.documents.text.csv_grid import GridOfLines
from attncli.documents.text.csv_labels import CellReader, Section, read_section
from attncli.documents.text.csv_lines import (
    CHOICE,
    DECIMAL_COMMA,
    Lines,
    content_lines,
    delimiter_of,
    fields,
    has_a_number,
    without_padding,
)
from attncli.documents.text.numbered_slices import slice_name, stack
from attncli.errors import DocumentError
from attncli.records import replace

_NAME = re.compile(r"([A-Za-z][\w.^{}]*)(?:\[([^\[\]]*)\])?")
_INDEX = re.compile(r"\d{1,9}(?:,\d{1,9}){0,7}")
_MARKDOWN_RULE = re.compile(r"\s*:?-{2,}:?\s*(?:\|\s*:?-{2,}:?\s*)+")
LABELS = ("tokens", "memory_tokens")  # the choices that hold one label per row


def parse_csv(data: bytes, is_value: IsValue | None = None, form: CsvForm = BY_RULE) -> Parsed:
    """Return the choices, and one nameless matrix or several matrices by name, with their labels.

    For an answer, which has `is_value`, cells stay texts, as they are written.

    Raises DocumentError, with the line, for any other text, and for a text that can be read in two
    ways.
    """
    form.is_used = True
    if form == BY_RULE and not is_value and (matrix := _plain(data)) is not None:
        return {NAMELESS: Part(matrix)}
    lines, delimiter = content_lines(decode(data))
    if not lines:
        raise DocumentError("it is empty.", "Write a line of numbers for each row.")
    if lines and lines[0][1] == LONG_HEAD:
        message = "it is in the long form, which attncli writes but does not read."
        raise DocumentError(message, "Write the result with -f csv or -f json.")
    rule = next((i for i, line in lines if _MARKDOWN_RULE.fullmatch(line)), None)
    if rule:
        message = f"line {rule}: this is a Markdown table without bars at its sides."
        raise DocumentError(message, "Write | at both ends of each of its lines.")
    delimiter = form.delimiter or delimiter or delimiter_of(lines, is_value)
    rows = _without_title(lines, delimiter, form.header)
    title = lines[: len(lines) - len(rows)]
    notes = tuple(
        f"line {i}, {text!r}, is read as a title." for i, text in title if without_padding(text)
    )
    choices = _choices(rows, delimiter)
    matrices = _matrices(rows, delimiter, is_value, form.header)
    if not matrices and not choices:
        raise DocumentError("it holds no matrix.", "Write a line of numbers for each row.")
    parsed = {**choices, **matrices}
    first = next(iter(parsed))
    return {**parsed, first: replace(parsed[first], notes=notes + parsed[first].notes)}


def _plain(data: bytes) -> AnyArray | None:
    """Return a matrix that is written with only numbers and commas, or None for any other text.

    NumPy reads such a matrix several times as fast. Ragged rows give None too: the slower reader
    names their line. So does a matrix whose first row or column could be labels.
    """
    rows = data.replace(b"\r\n", b"\n") if b"\r" in data else data
    if rows.translate(None, b"0123456789+-.eE, \n"):
        return None
    compact = rows.replace(b" ", b"") if b" " in rows else rows
    if not compact or compact.isspace() or (b"\n\n" in compact and b"\n\n" in compact.strip()):
        return None
    try:
        matrix = np.loadtxt(BytesIO(rows), delimiter=",", comments=None, ndmin=2)
    except ValueError:
        return None
    return None if _begins_with_a_counter(matrix) else matrix


def _begins_with_a_counter(matrix: AnyArray) -> bool:
    """Return True if the first row or column is 0, 1, …, which could be labels."""
    lines = (matrix[0], matrix[:, 0]) if matrix[0, 0] == 0 else ()
    return any(line.size > 1 and np.array_equal(line, np.arange(line.size)) for line in lines)


def _matrices(
    lines: Lines, delimiter: str, is_value: IsValue | None, header: bool | None
) -> Parsed:
    """Return the matrices below their names; matrices that are laid out otherwise, by their labels.

    Raises DocumentError if neither reading is possible.
    """
    grid = GridOfLines(lines, delimiter, is_value)
    if grid.has_names_side_by_side():
        return grid.parts()
    try:
        sections = list(_sections(lines, delimiter, bool(is_value)))
        reader = CellReader(_has_decimal_commas(sections, delimiter), is_value, header)
        return _assembled(sections, reader)
    except DocumentError as error:
        parts = grid.parts_or_none()
        if parts is None:
            raise error from None
        return parts


def _without_title(lines: Lines, delimiter: str, header: bool | None) -> Lines:
    """Return the lines without the lines of words before the first choice, name or row.

    Words above numbers that blanks separate can be column labels too.
    """
    for at, (i, line) in enumerate(lines):
        text = without_padding(line)
        is_prose = " " in text and not any(c in text for c in ",;\t") and not has_a_number(text)
        if text and (not is_prose or _name(i, line) or CHOICE.fullmatch(text)):
            return lines[at:]
        if delimiter == " " and header is not False and _is_header(lines, at, header):
            return lines[at:]
    return []


def _is_header(lines: Lines, at: int, header: bool | None) -> bool:
    """Return True if the words of a line label the columns of a data frame, as R prints it.

    Raises DocumentError if the words can be a title too: `V1 V2` above rows that begin 1, 2, ….
    """
    i, line = lines[at]
    width = len(fields(i, line, " ")) + 1
    first: list[str] = []
    for j, row in takewhile(itemgetter(1), (lines[k] for k in range(at + 1, len(lines)))):
        cells = fields(j, row, " ")
        if len(cells) != width:
            return False
        first.append(cells[0])
    if not first:
        return False
    if header or '"' in line:
        return True
    counters = (list(map(str, range(k, k + len(first)))) for k in (0, 1))
    is_counter = len(first) > 1 and first in counters
    if is_counter:
        message = f"line {i}: {line!r} can be a title or column labels."
        raise DocumentError(message, "Say --header no for a title, --header yes for labels.")
    return False


def _choices(lines: Lines, delimiter: str) -> dict[str, Part]:
    """Return the choices at the beginning of the lines, and take their lines away."""
    choices: dict[str, Part] = {}
    while lines and (choice := _choice(lines, delimiter)):
        name, value = choice
        if name in choices:
            message = f"line {lines[0][0]}: {name} is given twice."
            raise DocumentError(message, "Remove one of them.")
        choices[name] = Part(value)
        lines.pop(0)
        while lines and not without_padding(lines[0][1]):
            lines.pop(0)
    return choices


def _choice(lines: Lines, delimiter: str) -> tuple[str, object] | None:
    """Return the name and the value of the choice in the first line, or None.

    It is written `name = value`, or in two cells; the value may be JSON.
    """
    i, line = lines[0]
    text = without_padding(line)
    match = CHOICE.fullmatch(text)
    if match:
        name, value = match.groups()
        cells = fields(i, value, delimiter) if known_name(name) in LABELS else [value]
    else:
        name, *cells = fields(i, line.rstrip(",;\t "), delimiter)
        if not cells or not _is_choice(name, cells, lines, delimiter):
            return None
        value = cells[0]
    if len(cells) > 1:
        return name, cells
    if value[0] in "[{":
        return name, _json(i, name, value)
    return name, value if delimiter == "," else _with_point(value)


def _is_choice(name: str, cells: list[str], lines: Lines, delimiter: str) -> bool:
    """Return True if a line of cells is a choice with its value, and not a row of labels."""
    known = known_name(name)
    if known in LABELS:
        below = fields(*lines[1], delimiter) if len(lines) > 1 else []
        return len(below) != len(cells) + 1
    return known in CHOICES and len(cells) == 1 and (known != "mask" or is_rule(cells[0]))


def _json(i: int, name: str, text: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        shown = text if len(text) < 60 else f"{text[:60]}…"
        message = f"line {i}: the value of {name} is not valid JSON: {shown}."
        raise DocumentError(message, "Check its brackets and quotes.") from None


def _with_point(text: str) -> str:
    """Return the text with a decimal point if it is a number with a decimal comma."""
    return pointed if number(pointed := point_for_comma(text)) is not None else text


def _name(i: int, line: str) -> tuple[str, tuple[int, ...]] | None:
    """Return the name and the index of a line with a name alone, or None: `weights[2,1]:`."""
    text = re.sub(r"\s*[:=]$", "", without_padding(line))
    match = _NAME.fullmatch(text)
    if not match:
        # Below an empty corner, `\tX` is the label of a column.
        return (text, ()) if known_name(text) and not text[0].isspace() else None
    if number(text) is not None or text.casefold() in BOOLEANS:
        return None
    if match[2] is not None and not _INDEX.fullmatch(match[2]):
        if re.fullmatch(r"[\d, -]+", match[2]):
            hint = "Slices are counted from 1: weights[1], or weights[2,1]."
            raise DocumentError(f"line {i}: {text} is not a slice.", hint)
        raise part_error(f"line {i}: {text}", match[1])
    return match[1], tuple(map(int, match[2].split(","))) if match[2] else ()


def _sections(lines: Lines, delimiter: str, is_answer: bool) -> Iterator[Section]:
    """Yield one section per name, with the rows below the name.

    A line of delimiters alone is a row of empty cells: between rows, and in an answer at both ends.
    """
    section: Section | None = None
    blank: list[tuple[int, list[str]]] = []
    for i, line in lines:
        is_row = is_answer and not blank and section and _is_empty(section, i, line, delimiter)
        name = None if is_row else _name(i, line)
        if name:
            if section:
                yield _ended(section, blank, is_answer)
            section, blank = Section(*name, i, line != line.rstrip(",;\t ")), []
            continue
        cells = fields(i, line, delimiter)
        choice = CHOICE.fullmatch(without_padding(line))
        if section and section.rows and blank and choice and known_name(choice[1]) in CHOICES:
            message = f"line {i}: the choice {choice[1]} stands below a matrix."
            raise DocumentError(message, "Move its line to the top of the file.")
        if not any(cells):
            blank.append((i, cells))
            continue
        section = section or Section(NAMELESS, (), i)
        if section.rows and any(len(empty) == 0 for _, empty in blank):
            message = f"line {i}: another matrix begins here, after an empty line, without a name."
            raise DocumentError(message, "Write its name on a line before it, or remove the gap.")
        is_kept = section.rows or (is_answer and not section.padded)
        section.rows += [*((row for row in blank if row[1]) if is_kept else ()), (i, cells)]
        blank = []
    if section:
        yield _ended(section, blank, is_answer)


def _is_empty(section: Section, i: int, line: str, delimiter: str) -> bool:
    """Return True if a line is a row of a section, with a label and empty cells: `love,,`.

    Such a line stands directly below a row, as long as it is, and the first row labels the columns.
    """
    columns = section.rows[0][1] if section.rows else []
    if len(columns) < 2 or columns[0] or not line.endswith(delimiter):
        return False
    label, *cells = fields(i, line, delimiter)
    is_label = bool(label) and not any(cells) and not known_name(label)
    return is_label and len(cells) == len(columns) - 1


def _ended(section: Section, blank: list[tuple[int, list[str]]], is_answer: bool) -> Section:
    """Return the section with the empty rows at its end, if it is of an answer."""
    if is_answer and section.rows and not section.padded:
        width = len(section.rows[0][1])
        section.rows += [row for row in blank if len(row[1]) == width]
    return section


def _has_decimal_commas(sections: list[Section], delimiter: str) -> bool:
    """Return True if the cells of a file have decimal commas.

    Raises DocumentError if some have decimal points instead, and if a comma can separate thousands.
    """
    with_comma: tuple[int, str] | None = None
    with_point: tuple[int, str] | None = None
    are_thousands = True
    for section in sections:
        for i, cells in section.rows:
            for cell in cells:
                if "," in cell and DECIMAL_COMMA.fullmatch(cell):
                    with_comma = with_comma or (i, cell)
                    are_thousands = are_thousands and bool(_THOUSANDS.fullmatch(cell))
                elif "." in cell and not with_point and number(cell) is not None:
                    with_point = i, cell
    if with_comma and with_point:
        message = f"line {with_comma[0]} has {with_comma[1]}, and line {with_point[0]} has"
        raise DocumentError(
            f"{message} {with_point[1]}.", "Write all numbers with a decimal point."
        )
    if with_comma and are_thousands and delimiter == ",":
        i, cell = with_comma
        message = f"line {i}: {cell} can be {cell.replace(',', '.')} or {cell.replace(',', '')}."
        raise DocumentError(message, "Write it without a comma.")
    return delimiter != "," or bool(with_comma)


_THOUSANDS = re.compile(r"[+\-−]?[1-9]\d{0,2},\d{3}")


def _assembled(sections: list[Section], reader: CellReader) -> dict[str, Part]:
    """Return the matrices by name; slices `weights[1]`, `weights[2]` become a matrix of rank 3."""
    by_name: dict[str, dict[tuple[int, ...], Part]] = {}
    for section in sections:
        slices = by_name.setdefault(section.name, {})
        length = len(next(iter(slices), section.index))  # that of each slice before this one
        is_odd = len(section.index) != length and section.index and length
        if 0 in section.index or is_odd:
            name = slice_name(section.name, section.index)
            message = f"line {section.line}: {name} does not fit the slices before it."
            raise DocumentError(message, "Slices are counted from 1: weights[1], or weights[2,1].")
        if section.index in slices or (slices and (() in slices or not section.index)):
            message = f"line {section.line}: {section.name} is given twice."
            raise DocumentError(message, "Remove one of them.")
        slices[section.index] = read_section(section, reader)
    return {
        name: slices[()] if () in slices else stack(name, slices)
        for name, slices in by_name.items()
    }
