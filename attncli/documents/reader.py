"""From an argument to a document: a path, a literal or `-`, in whatever format it is."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from attncli.calculation.choices import CHOICES
from attncli.calculation.document import MASKS, Document, Entry
from attncli.calculation.masks import is_rule
from attncli.calculation.names import MATRICES, canonical
from attncli.documents.arrays import parse_arrays
from attncli.documents.cells import array_from
from attncli.documents.csv_text import parse_csv
from attncli.documents.files import STDIN, StandardInput, read_file
from attncli.documents.json_text import parse_json
from attncli.documents.parsed import NAMELESS, IsValue, Parsed, Part
from attncli.errors import AttncliError, DocumentError

Parse = Callable[[bytes, IsValue | None], Parsed]

BY_SUFFIX: dict[str, Parse] = {
    ".json": parse_json,
    ".csv": parse_csv,
    ".tsv": parse_csv,
    ".npz": parse_arrays,
    ".npy": parse_arrays,
}


@dataclass(frozen=True)
class Written:
    """An answer as a file says it: nested lists of texts, or arrays, and where they stand."""

    source: str
    entries: Mapping[str, object]


@dataclass(frozen=True)
class _Text:
    """What an argument stands for: where it was found, what it says, and the folder it is in."""

    source: str
    parsed: Parsed
    folder: Path


class Reader:
    """Reads the documents of one command, which share one standard input."""

    def __init__(self) -> None:
        self._stdin = StandardInput()

    def document(self, argument: str) -> Document:
        """The document that a path, a literal or `-` stands for. Raises AttncliError."""
        text = self._parse(argument, _shortened(argument))
        entries: dict[str, Entry] = {}
        spelled: dict[str, str] = {}
        try:
            for name, part in text.parsed.items():
                known = canonical(name) if name != NAMELESS else "X"
                if known in entries:
                    message = f"{known} is given twice: as {spelled[known]!r} and as {name!r}."
                    raise DocumentError(message, "Leave out one of them.", (known,))
                entries[known] = self._entry(known, part, text)
                spelled[known] = name
        except AttncliError as error:
            raise error.at(text.source) from None
        return Document(entries, (text.source,))

    def matrix(self, name: str, argument: str) -> Document:
        """One matrix under a name: what `NAME=VALUE` says. Raises AttncliError."""
        known = canonical(name)
        if known not in MATRICES:
            option = f"--{known.replace('_', '-')} {argument}"
            message = f"{name}={argument}: {known} is no matrix."
            hint = f"Write {option}." if known in CHOICES else "It is a step, which is calculated."
            raise DocumentError(message, hint)
        if known == "mask" and is_rule(argument):
            message = f"{name}={argument}: a mask by rule is no matrix."
            raise DocumentError(message, f"Write --mask {argument}.")
        text = self._parse(argument, f"{name}={_shortened(argument)}")
        try:
            part = self._only_matrix(known, text.parsed)
            return Document({known: self._entry(known, part, text)}, (text.source,))
        except AttncliError as error:
            raise error.at(text.source) from None

    def mask(self, argument: str) -> object:
        """A mask as an option gives it: a rule as it stands, a matrix as an array."""
        if argument[:1] != "{":
            return self._mask(argument, "--mask", Path())
        try:
            return json.loads(argument)
        except ValueError:
            message = f"--mask {argument}: it begins as JSON, but is none."
            raise DocumentError(message, 'Write {"padding": [3, 2]}.') from None

    def written(self, argument: str, name: str | None, is_value: IsValue) -> Written:
        """An answer: its entries by canonical name, with the cells as they are written.

        A matrix without a name is of this name. Raises AttncliError where it has none.
        """
        label = f"{name}={_shortened(argument)}" if name else _shortened(argument)
        text = self._parse(argument, label, is_value)
        entries: dict[str, object] = {}
        try:
            for spelled, part in text.parsed.items():
                known = canonical(spelled) if spelled != NAMELESS else name
                if known is None:
                    message = "it holds one matrix without a name."
                    raise DocumentError(message, "Say which step it is: --step NAME, or NAME=FILE.")
                if known in entries:
                    raise DocumentError(f"{known} is given twice.", "Leave out one of them.")
                entries[known] = part.value
        except AttncliError as error:
            raise error.at(text.source) from None
        return Written(text.source, entries)

    def _entry(self, name: str, part: Part, text: _Text) -> Entry:
        value = part.value
        if name == "masks" and isinstance(value, list):
            value = [self._mask(mask, name, text.folder) for mask in value]
        elif name in MASKS:
            value = self._mask(value, name, text.folder)
        elif name not in CHOICES or (name == "heads" and isinstance(value, list)):
            value = array_from(value, name) if isinstance(value, list) else value
        return Entry(value, text.source, part.row_labels, part.column_labels)

    def _mask(self, value: object, name: str, folder: Path) -> object:
        """A rule as it stands; nested lists, and the matrix of a file, as an array."""
        if isinstance(value, list):
            if value and name == "mask" and not isinstance(value[0], list | int | float):
                message = "mask holds a list, but not of numbers."
                raise DocumentError(message, "Several masks are written masks.", ("mask",))
            return array_from(value, name)
        if not isinstance(value, str) or is_rule(value) or not _is_place(value, folder):
            return value
        path = value if value == "-" or value[:1] == "[" else str(folder / value)
        text = self._parse(path, f"{name} {value}")
        try:
            matrix = self._only_matrix("mask", text.parsed).value
            if not isinstance(matrix, list | np.ndarray):
                raise DocumentError("it holds no matrix.", "A mask in a file is a matrix.")
            return array_from(matrix, "mask") if isinstance(matrix, list) else matrix
        except AttncliError as error:
            raise error.at(text.source) from None

    def _parse(self, argument: str, label: str, is_value: IsValue | None = None) -> _Text:
        """The text behind an argument, parsed; errors say where it was found."""
        source = STDIN if argument == "-" else label
        try:
            if argument == "-":
                data = self._stdin.read()
            elif argument[:1] in ("[", "{"):
                data = argument.encode()
            elif argument:
                data = read_file(Path(argument))
            else:
                raise DocumentError("there is no value.", "Name a file, -, or a literal.")
            return _Text(source, _parser(argument, data)(data, is_value), Path(argument).parent)
        except DocumentError as error:
            raise error.at(source) from None

    def _only_matrix(self, name: str, parsed: Parsed) -> Part:
        """The one matrix of a file, or the one that bears this name among several."""
        if len(parsed) == 1:
            return next(iter(parsed.values()))
        named = {canonical(other): part for other, part in parsed.items() if other != NAMELESS}
        if name in named:
            return named[name]
        message = f"it holds several matrices ({', '.join(parsed)}), and none is {name}."
        raise DocumentError(message, f"Give a file that holds {name} alone.", (name,))


def _shortened(literal: str) -> str:
    """A literal short enough for a message; a path stays whole."""
    return f"{literal[:27]}..." if literal[:1] in ("[", "{") and len(literal) > 30 else literal


def _is_place(text: str, folder: Path) -> bool:
    """Whether a mask's text is a file, a literal or `-` rather than a misspelled rule."""
    if text == "-" or re.search(r"^\[|[./\\]", text):
        return True
    try:
        return bool(text) and (folder / text).exists()
    except OSError:  # longer than a name may be
        return False


def _parser(source: str, data: bytes) -> Parse:
    """The parser for a suffix; elsewhere for how the content begins, CSV where nothing tells."""
    by_suffix = BY_SUFFIX.get(Path(source).suffix.casefold())
    if by_suffix:
        return by_suffix
    begins = data.lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
    if data.startswith((b"PK\x03\x04", b"\x93NUMPY")):
        return parse_arrays
    return parse_json if begins in (b"{", b"[") else parse_csv
