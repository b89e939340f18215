"""Read pasted text: the prints of matrices, with their names and with lines of prose between."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator

from attncli.calculation.names.known_names import known_name
from attncli.documents.files import decode
from attncli.documents.parsed import NAMELESS, IsValue, Parsed, Part
from attncli.documents.prints.brackets import CONSTRUCTOR, read_brackets
from attncli.documents.prints.latex_matrices import BEGIN, read_latex
from attncli.documents.prints.pasted_tables import (
    MARKDOWN_ROW,
    heading_at,
    read_markdown,
    read_own_table,
)
from attncli.documents.prints.printed import PrintedMatrix
from attncli.documents.text.excerpts import TextError
from attncli.records import record, replace

# A matrix begins with a constructor, a tuple of such, an environment of LaTeX or a bracket.
_START = re.compile(
    rf"(?<![\w.]){CONSTRUCTOR}|\((?=\s*{CONSTRUCTOR})|{BEGIN}"
    r"|(?:(?<=[\s=:])|^)\[(?=[\s\[]*(?:[\d.+−-]|inf|nan|True|False|…|(?:np|numpy)\.|tensor|array))"
)
_PROMPT = re.compile(r"\s*(?:>>> ?|In ?\[\d*\]: ?|Out ?\[\d*\]: ?)")
_PRINT_CALL = re.compile(r"print\((.*)\);?")
_MARKUP = re.compile(r"\\(?:mathbf|mathrm|mathit|boldsymbol|bm|text|operatorname)\s*\{([^{}]*)\}")
_FRAME = re.compile(
    r"\s*(?:\\\[|\\\]|\$\$|```\w*|\\(?:begin|end)\{\w+\*?\}|-{3,}|={3,}|Parameter containing:"
    r"|\\(?:documentclass|usepackage)\b.*|\\maketitle"
    r"|[{}()\[\]])\s*[.,]?\s*"
)
_AFTER = re.compile(r"(?:\\right[)\]}.|]|[\s.,;$}]|\\\\|\\\]|\\\))*(?:# .*)?")
_IDENTIFIER = re.compile(r"[^\W\d][\w.^{}]*(?:\[[^\[\]]*\])?")
_SHAPE = re.compile(r"(?i).*\bshape\b.*|.*\btorch\.Size\(.*")
_PROSE = re.compile(r"[^\[\]{}=|\\<>;_\d]*")
_HEADING = re.compile(r"[^\[\]{}=|\\<>;_]*")  # of Markdown: `# Homework 3`


@record(frozen=True)
class Heading:
    """A text that may name the matrix after it, and its position."""

    text: str
    position: int

    @property
    def name(self) -> str | None:
        """The name that the label gives: a known name, or one that a program can have."""
        text = self.text.strip().strip("\"'`*").strip()
        if known_name(text) or _IDENTIFIER.fullmatch(text):
            return text
        return None


@record(frozen=True)
class FoundMatrix:
    """A matrix of a text with its name, if it has one, and the line where it begins."""

    name: str | None
    matrix: PrintedMatrix
    line: int

    def part(self, notes: tuple[str, ...], is_value: IsValue | None) -> Part:
        """Return the matrix as a part of a document, with these notes and its own."""
        own = (f"{self.name or ''}: {note}".removeprefix(": ") for note in self.matrix.notes)
        return replace(self.matrix, notes=(*notes, *own)).part(is_value)


def parse_prints(data: bytes, is_value: IsValue | None = None) -> Parsed:
    """Return the matrices that a text prints, by name; one matrix may be without a name.

    For an answer, which has `is_value`, cells stay texts, with the digits that the program printed.

    Raises DocumentError, with the line, for a line that is neither a name nor a matrix nor prose,
    for a matrix that is not whole, and for matrices without names beside others.
    """
    text = decode(data).replace("\r\n", "\n").replace("\r", "\n")
    scan = PrintScan(text, is_value)
    found = list(scan.matrices())
    if not found:
        raise TextError(text, 0, "the text holds no matrix.", "Paste the print of a matrix.")
    by_name: dict[str, FoundMatrix] = {}
    for entry in found:
        if entry.name is None and len(found) > 1:
            message = "this matrix has no name, but the text holds several."
            hint = "Write its name on a line before it: weights ="
            raise TextError(text, entry.matrix.position, message, hint)
        key = entry.name or NAMELESS
        if key in by_name:
            message = f"{key} is printed twice; the first is in line {by_name[key].line}."
            raise TextError(text, entry.matrix.position, message, "Remove one of them.")
        by_name[key] = entry
    first = found[0]
    return {
        key: entry.part(scan.notes if entry is first else (), is_value)
        for key, entry in by_name.items()
    }


class PrintScan:
    """Finds the matrices of a text, and remembers the lines that are skipped.

    With `only_names`, any line without a matrix is skipped, as the outputs of a notebook hold more
    than matrices.
    """

    def __init__(self, text: str, is_value: IsValue | None, *, only_names: bool = False) -> None:
        self.text = text
        self.is_value = is_value
        self.only_names = only_names
        self.label_name: str | None = None  # of the last matrix that was begun
        self._skipped: dict[str, list[Heading]] = {}
        self._label: Heading | None = None
        self._lines = list(_lines(text))
        self._starts = [position for position, _ in self._lines]
        # The title and the note of a result stand before its first table, and may hold anything.
        tables = (i for i in range(len(self._lines)) if heading_at(self._lines, i))
        first = next(tables, None)
        self._titles_end = 0 if first is None else self._lines[first][0]

    def matrices(self) -> Iterator[FoundMatrix]:
        """Yield the matrices in their order. Raises TextError for a line that has no meaning."""
        at = 0
        while at < len(self._lines):
            position, line = self._lines[at]
            if heading_at(self._lines, at):
                name, matrix, at = read_own_table(self.text, self._lines, at, self.is_value)
                self._drop_label()
                yield self._found(name, matrix)
            elif MARKDOWN_ROW.fullmatch(line):
                matrix, at = read_markdown(self.text, self._lines, at, self.is_value)
                yield self._found(self._take_name(), matrix)
            else:
                end = position
                for names, matrices in self._in_line(position, line):
                    yield from map(self._found, names, matrices)
                    end = matrices[-1].end
                at += 1
                while at < len(self._lines) and self._lines[at][0] < end:
                    at += 1
        self._drop_label()

    def _in_line(
        self, position: int, line: str
    ) -> Iterator[tuple[list[str | None], list[PrintedMatrix]]]:
        """Yield the matrices that begin in a line, or after another matrix that began there."""
        prompt = _PROMPT.match(line)
        start = position + (prompt.end() if prompt else 0)
        stop = position + len(line)
        match = _START.search(self.text, start, stop)
        if not match:
            self._read_line(Heading(line, position))
        while match:
            before = self.text[start : match.start()]
            if before.strip():
                self._read_label(Heading(before, start))
            self.label_name = self._label.name if self._label else None
            if match[0].startswith("\\"):
                matrices = [read_latex(self.text, match.start(), self.is_value)]
            else:
                matrices = read_brackets(self.text, match.start(), self.is_value)
            yield self._names(matrices), matrices
            start = matrices[-1].end
            begin, line = self._lines[self._line(start) - 1]
            stop = begin + len(line)
            match = _START.search(self.text, start, stop)
            rest = self.text[start : match.start() if match else stop]
            start += len(_AFTER.match(rest)[0])  # type: ignore[index]
            if not match and start < stop and not self.only_names:
                message = "this text after the matrix has no meaning here."
                raise TextError(self.text, start, message, "Remove it.")

    def _names(self, matrices: list[PrintedMatrix]) -> list[str | None]:
        """Return the names of one matrix or of a tuple: `output, weights = (tensor(...), ...)`."""
        if len(matrices) == 1:
            return [self._take_name()]
        names = self._label.text.split(",") if self._label else []
        if len(names) != len(matrices) and self.only_names:
            self._label = None
            return [None] * len(matrices)
        if len(names) != len(matrices):
            message = f"here begins a tuple of {len(matrices)} matrices without names."
            hint = "Write one name for each before it: output, weights ="
            raise TextError(self.text, matrices[0].position, message, hint)
        position = self._label.position if self._label else 0
        self._label = None
        return [Heading(name, position).name for name in names]

    def _read_label(self, label: Heading) -> None:
        """Remember the text before a matrix as its label."""
        text = cleaned(label.text)
        if text:
            self._drop_label()
            self._label = Heading(text, label.position)

    def _read_line(self, label: Heading) -> None:
        """Remember a line without a matrix as a label; skip frames and lines of code."""
        line = label.text.strip()
        prompt = _PROMPT.match(line)
        if not line or _FRAME.fullmatch(line) or (prompt and prompt.end() == len(line)):
            return
        if line.startswith("...") or (prompt and not _names_a_value(line[prompt.end() :])):
            self._skip(label, "code")
        elif _SHAPE.fullmatch(line):
            self._skip(label, "a shape")
        else:
            self._read_label(label)

    def _take_name(self) -> str | None:
        """Return the name that the last label gives to the matrix after it."""
        label, self._label = self._label, None
        if label and not label.name:
            self._skip_prose(label)
        return label.name if label else None

    def _drop_label(self) -> None:
        """Skip a label that no matrix follows."""
        if self._label:
            self._skip_prose(self._label)
        self._label = None

    def _skip_prose(self, label: Heading) -> None:
        """Skip a line that is plainly prose. Raises TextError for any other line."""
        is_title = label.position < self._titles_end
        is_heading = self.text.startswith("#", label.position) and _HEADING.fullmatch(label.text)
        is_prose = is_heading or _PROSE.fullmatch(label.text)
        if not is_title and not self.only_names and not is_prose:
            message = "this line is neither a matrix nor a name of one."
            raise TextError(
                self.text, label.position, message, "Remove it, or write NAME = before a matrix."
            )
        kind = "a name without a matrix" if label.name else "prose"
        self._skip(label, "a title" if is_title else kind)

    def _skip(self, label: Heading, kind: str) -> None:
        self._skipped.setdefault(kind, []).append(label)

    @property
    def notes(self) -> tuple[str, ...]:
        """A note for each kind of skipped lines, with the first of them."""
        return tuple(self._note(kind, labels) for kind, labels in self._skipped.items())

    def _note(self, kind: str, labels: list[Heading]) -> str:
        line = self._line(labels[0].position)
        shown = labels[0].text.strip()
        shown = f"{shown[:37]}..." if len(shown) > 40 else shown
        if len(labels) == 1:
            return f"line {line} is skipped as {kind}: {shown}"
        return f"{len(labels)} lines are skipped as {kind}, the first is line {line}: {shown}"

    def _line(self, position: int) -> int:
        return bisect_right(self._starts, position)

    def _found(self, name: str | None, matrix: PrintedMatrix) -> FoundMatrix:
        return FoundMatrix(name, matrix, self._line(matrix.position))


def _lines(text: str) -> Iterator[tuple[int, str]]:
    position = 0
    for line in text.split("\n"):
        yield position, line
        position += len(line) + 1


def _names_a_value(code: str) -> bool:
    """Return True for code that shows one value: `weights` or `print(weights)`."""
    call = _PRINT_CALL.fullmatch(code.strip())
    return bool(_IDENTIFIER.fullmatch((call[1] if call else code).strip()))


def cleaned(text: str) -> str:
    """Return the text of a label without prompt, markup, `print()` and the sign at its end.

    >>> cleaned("## Attention weights:"), cleaned(">>> print(weights)"), cleaned(r"\\mathbf{Q} &=")
    ('Attention weights', 'weights', 'Q')
    """
    prompt = _PROMPT.match(text)
    text = _MARKUP.sub(r"\1", text[prompt.end() :] if prompt else text)
    text = text.replace(r"\approx", "=")
    text = re.sub(r"\\left[(\[{.|]|\\\[|\\\(|[$&]", "", text).strip("#{, \t")
    call = _PRINT_CALL.fullmatch(text)
    text = call[1] if call else text
    return re.sub(r"[\s=:]+(?:Parameter containing:)?\s*\Z", "", text)
