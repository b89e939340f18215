"""Split a CSV text into lines and fields: its comments, its delimiter, its decimal commas."""

from __future__ import annotations

import csv
import re
import unicodedata

from attncli.calculation.names.known_names import known_name
from attncli.documents.parsed import IsValue
from attncli.documents.text.cells import MINUS, number
from attncli.errors import DocumentError

Lines = list[tuple[int, str]]

# A comment is # at the end of the line, or before a blank: `#N/A` and `##ing` are cells.
_QUOTED_OR_COMMENT = re.compile(r'"[^"]*"|(?:^|(?<=\s))#(?=\s|$)')
_QUOTED_COMMENT = re.compile(r'"#\s(?:[^"]|"")*"[,;\t ]*')  # as a spreadsheet saves a comment
_QUOTED = re.compile(r'"[^"]*"')
_SAID = re.compile(r"(?i)sep=(.)")  # the line in which Excel says the delimiter
DECIMAL_COMMA = re.compile(r"[+\-−]?\d*,\d+")
_GROUPS = re.compile(r"[+\-−]?\d{1,3}(?: \d{3})+")

# Words for a number that is missing; a line of nothing else is not a line of labels.
MISSING = {"NA", "N/A", "n/a", "null", "NULL", "None", "-", "–", "—", "?", "."}

CHOICE = re.compile(r"([A-Za-z][\w^]*)\s*=\s*(\S.*)")


def content_lines(text: str) -> tuple[Lines, str | None]:
    """Return the lines from the first with content, with their numbers and without comments.

    The second value is the delimiter that a first line such as `sep=;` says; None without it.
    """
    lines: Lines = []
    said = None
    commented = ""  # the name in the last comment, if a row stands directly above it
    for i, line in enumerate(re.split(r"\r\n|\r|\n", text), 1):
        if not lines and (match := _SAID.fullmatch(line.strip(" "))):
            said = match[1]
            continue
        line = "#" if _QUOTED_COMMENT.fullmatch(line) else line
        marks = _QUOTED_OR_COMMENT.finditer(line) if not CHOICE.match(line) else ()
        comment = next((mark for mark in marks if mark[0] == "#"), None)
        kept = line[: comment.start()] if comment else line
        # A line with a comment alone is dropped: an empty line would end a matrix.
        if comment and not kept.strip():
            words = line.strip("#: \t")
            is_below_row = bool(lines) and has_a_number(lines[-1][1])
            commented = words if is_below_row and known_name(words) else commented
        elif commented:
            if has_a_number(kept):
                message = f"line {i}: the comment # {commented} stands between two rows."
                raise DocumentError(message, "Write the name without # if a matrix begins here.")
            commented = ""
        if kept.strip() or (lines and not comment):
            lines.append((i, kept.strip(" ")))
    return lines, said


def delimiter_of(lines: Lines, is_value: IsValue | None = None) -> str:
    """Return the delimiter: the first of tab, semicolon and comma in a line with a number.

    Without these, numbers with blanks between them have the delimiter blank. `is_value` is given
    for an answer, whose cells may hold blanks: `3 / sqrt(2)`. Raises DocumentError for lines that
    can be read in two ways.

    >>> delimiter_of([(1, "a;b,c"), (2, "1,2")]), delimiter_of([(1, "1.5 2.5")])
    (',', ' ')
    """
    rows = [(i, line) for i, line in lines if not CHOICE.fullmatch(line)]
    bare = [(i, _QUOTED.sub("0", line)) for i, line in rows]
    numeric = [(i, line) for i, line in bare if has_a_number(line)]
    text = "\n".join(line for _, line in numeric or bare)
    mark = next((mark for mark in "\t;," if mark in text), None)
    if mark == ";" and len(numeric) == 1 and "," in text:
        message = f"line {numeric[0][0]} can be one row with decimal commas, or rows of numbers."
        raise DocumentError(message, "Say --delimiter ';', or write each row on its own line.")
    if mark in (None, ",") and _has_blanks_between_numbers(numeric, mark, is_value):
        return " "
    return mark or ","


def has_a_number(line: str) -> bool:
    """Return True if a word or a cell of the line is a number in any way of writing."""
    words = re.split(r"[\t;, ]", line)
    return any(is_numeral(word) or number(word) is not None for word in words)


def _has_blanks_between_numbers(numeric: Lines, mark: str | None, is_value: IsValue | None) -> bool:
    """Return True if blanks separate the numbers; with commas in them, they are decimal commas."""
    several = [(i, line) for i, line in numeric if len(_words(line)) > 1]
    if mark == ",":
        cells = [cell for _, line in numeric for cell in _words(line)]
        return bool(several) and all(map(DECIMAL_COMMA.fullmatch, cells))
    if is_value and all(is_value(line) for _, line in several):
        return False
    if several and all(_GROUPS.fullmatch(line) for _, line in numeric):
        message = f"line {several[0][0]} can be one number with a thousands separator, or several."
        raise DocumentError(message, "Write 1000 for one number, or put commas between several.")
    return any(sum(number(cell) is not None for cell in _words(line)) > 1 for _, line in several)


# A number as people, spreadsheets and other programs write it: $1, 50%, 1/2, 1 000, 0x10, a date.
_NUMERAL = re.compile(
    r"[=(]*[+-]?[$€£¥]?[+-]?(0x[0-9a-f]+|[.,]?\d[\d.,'’ _/⁄:+-]*([ed][+-]?\d+)?)\s*[%‰$€£¥)ij]*",
    re.IGNORECASE,
)


# A formula of a spreadsheet, or arithmetic, such as sqrt(2) or 2·3: digits with a sign.
_ARITHMETIC = re.compile(
    r"=[^=]*\d.*|(?=.*\d)(?=.*[(√+*/^×·⋅÷])(?:sqrt|exp|ln|log|tanh|pi|[\d\s.,+*/^()√π×·⋅÷-])+"
)


def is_numeral(text: str) -> bool:
    """Return True if a text is a number in any country's way of writing, arithmetic, or a date.

    >>> [is_numeral(text) for text in ("1.234,5", "½", "50%", "2026-11-28", "2nd", "x1")]
    [True, True, True, True, False, False]
    """
    plain = unicodedata.normalize("NFKC", text).translate(MINUS)
    if not plain.isascii():  # a zero-width blank or a mark of direction cannot be seen
        plain = "".join(c for c in plain if unicodedata.category(c) != "Cf")
    return bool(_NUMERAL.fullmatch(plain.strip()) or _ARITHMETIC.fullmatch(plain))


def _words(line: str) -> list[str]:
    """Return the cells between blanks; a no-break space stands within a number."""
    return [word for word in line.split(" ") if word]


def fields(i: int, line: str, delimiter: str) -> list[str]:
    """Return the cells of line `i`, without quotes and blanks around them.

    Raises DocumentError for an open quote.
    """
    text = " ".join(_words(line)) if delimiter == " " else line
    reader = csv.reader([text], delimiter=delimiter, skipinitialspace=True, strict=True)
    try:
        return [cell.strip() for cell in next(reader, [])]
    except csv.Error as error:
        raise DocumentError(f"line {i}: {error}.", "Check the quotes.") from None


def without_padding(line: str) -> str:
    """Return a line of one cell without the quotes and delimiters that a spreadsheet adds."""
    line = line.rstrip(",;\t ")
    return line[1:-1].replace('""', '"') if line[:1] == line[-1:] == '"' else line
