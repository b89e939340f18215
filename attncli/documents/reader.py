"""From an argument to a document: a path, a literal or `-`, in whatever format it is."""

from __future__ import annotations

import json
import os.path
import re
from collections.abc import Iterator, Mapping

import numpy as np

from attncli.calculation.choices.choices import CHOICES
from attncli.calculation.masks.mask_rules import is_rule
from attncli.calculation.names.known_names import canonical, known_name, last_of
from attncli.calculation.names.matrix_names import MATRICES
from attncli.calculation.names.pytorch_names import advice
from attncli.calculation.names.step_names import STEPS
from attncli.calculation.positions.schemes import is_position
from attncli.calculation.problem.document import MASKS, Document, Entry
from attncli.documents.arrays.archive import Archive, listed
from attncli.documents.arrays.places import place_of
from attncli.documents.files import STDIN, StandardInput
from attncli.documents.parsed import NAMELESS, IsValue, Parsed, Part
from attncli.documents.sources import parse, parse_place
from attncli.documents.text.cells import array_from, is_cell_or_row
from attncli.errors import AttncliError, DocumentError
from attncli.records import record, replace

_POINT_TO_A_MATRIX = "Point to a matrix: FILE, FILE:KEY, or a literal that begins with [."


@record(frozen=True)
class Written:
    """An answer as a file says it: nested lists of texts, or arrays, and where they stand."""

    source: str
    entries: Mapping[str, object]


@record(frozen=True)
class _Text:
    """What an argument stands for: where it was found, what it says, and the folder it is in."""

    source: str
    parsed: Parsed
    folder: str = ""

    def names(self, nameless: str) -> Iterator[tuple[str, str]]:
        """The names of its entries, as this program writes them and as they are spelled.

        A matrix without a name has the one given here. Raises AttncliError for unknown names.
        """
        for spelled in self.parsed:
            try:
                yield nameless if spelled == NAMELESS else canonical(spelled), spelled
            except AttncliError as error:
                if isinstance(self.parsed, Archive):
                    say = f"{error.hint} Or say what it is: NAME=FILE:{spelled}."
                    error.hint = advice(self.parsed) or say
                raise

    def matrix(self, name: str) -> Part:
        """The matrix that is alone, or the one that bears this name. Raises DocumentError."""
        named = [spelled for spelled in self.parsed if known_name(spelled) == name]
        if len(self.parsed) == 1:
            named = list(self.parsed)
        if len(named) == 1:
            return self.parsed[named[0]]
        if named:
            message = f"{name} is in it twice: as {named[0]!r} and as {named[1]!r}."
            raise DocumentError(message, "Leave out one of them.", (name,))
        if not self.parsed:
            raise DocumentError("it holds no matrix.", _POINT_TO_A_MATRIX)
        if isinstance(self.parsed, Archive):
            message = f"it holds several matrices, and none is {name}."
            raise DocumentError(message, f"Write FILE:KEY. {listed(self.parsed)}")
        message = f"it holds several matrices ({', '.join(self.parsed)}), and none is {name}."
        raise DocumentError(message, f"Give a file that holds {name} alone.", (name,))


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
            for known, name in text.names("X"):
                if known in entries:
                    message = f"{known} is given twice: as {spelled[known]!r} and as {name!r}."
                    raise DocumentError(message, "Leave out one of them.", (known,))
                entries[known] = self._entry(known, text.parsed[name], text)
                spelled[known] = name
        except AttncliError as error:
            raise error.at(text.source) from None
        return Document(entries, (text.source,))

    def matrix(self, name: str, argument: str) -> Document:
        """What `NAME=VALUE` says: a matrix, or a choice of one sublayer, which no option says.

        Raises AttncliError.
        """
        known = canonical(name)
        last = last_of(known)
        by_rule = (last == "mask" and is_rule(argument)) or (
            last == "position" and is_position(argument)
        )
        if by_rule or last not in MATRICES:
            said = f"{name}={argument}"
            if last in CHOICES and known != last:
                return Document({known: Entry(argument, said)}, (said,))
            message = f"{said}: {f'a {last} by rule' if by_rule else known} is no matrix."
            option = f"Write --{last.replace('_', '-')} {argument}."
            hint = option if last in CHOICES else "It is a step, which is calculated."
            raise DocumentError(message, hint)
        text = self._parse(argument, f"{name}={_shortened(argument)}")
        try:
            part = text.matrix(known)
            return Document({known: self._entry(known, part, text)}, (text.source,))
        except AttncliError as error:
            raise error.at(text.source) from None

    def mask(self, argument: str) -> object:
        """A mask as the option gives it: a rule as it stands, a matrix as an array."""
        return self.labelled_mask(argument, "--mask").value

    def labelled_mask(self, argument: str, option: str = "") -> Part:
        """A mask as an option, or no option, gives it, with the labels that stand beside it."""
        if argument[:1] != "{":
            return self._mask(argument, "mask", _Text(option, {}))
        try:
            return Part(json.loads(argument))
        except ValueError:
            message = f"{option} {argument}: it begins as JSON, but is none.".strip()
            raise DocumentError(message, 'Write {"padding": [3, 2]}.') from None

    def written(self, argument: str, name: str | None, is_value: IsValue) -> Written:
        """An answer: its entries by canonical name, with the cells as they are written.

        A matrix without a name is of this name. Raises AttncliError where it has none.
        """
        label = f"{name}={_shortened(argument)}" if name else _shortened(argument)
        text = self._parse(argument, label, is_value)
        entries: dict[str, object] = {}
        try:
            for known, spelled in text.names(name or NAMELESS):
                if known == NAMELESS:
                    message = "it holds one matrix without a name."
                    raise DocumentError(message, "Say which step it is: --step NAME, or NAME=FILE.")
                if known in entries:
                    raise DocumentError(f"{known} is given twice.", "Leave out one of them.")
                entries[known] = text.parsed[spelled].value
        except AttncliError as error:
            raise error.at(text.source) from None
        return Written(text.source, entries)

    def _entry(self, name: str, part: Part, text: _Text) -> Entry:
        full, name = name, last_of(name)
        if name in MATRICES and isinstance(part.value, str) and not _is_choice(name, part, text):
            part = self._referred(name, part.value, text)
        value = part.value
        if name == "masks" and isinstance(value, list):
            value = [self._mask(mask, name, text).value for mask in value]
        elif name in MASKS:
            value = self._mask(value, name, text).value
        elif name not in CHOICES or (name in STEPS and isinstance(value, list)):
            value = array_from(value, full) if isinstance(value, list) else value
        return Entry(value, text.source, part.row_labels, part.column_labels)

    def _mask(self, value: object, name: str, text: _Text) -> Part:
        """A rule as it stands; nested lists, and the matrix of a file, as an array."""
        if isinstance(value, list):
            if value and name == "mask" and not is_cell_or_row(value[0]):
                message = "mask holds a list, but not of numbers."
                raise DocumentError(message, "Several masks are written masks.", ("mask",))
            return Part(array_from(value, name))
        if not isinstance(value, str) or is_rule(value) or not _is_place(value, text.folder):
            return Part(value)
        found = self._referred("mask", value, text)
        if not isinstance(found.value, list):
            return found
        return replace(found, value=array_from(found.value, "mask"))

    def _referred(self, name: str, value: str, text: _Text) -> Part:
        """The matrix that a text points to: a file beside the document, a literal or `-`."""
        label = text.source if text.source in ("--mask", "") else f"{text.source}: {name}"
        found = self._parse(value, f"{label} {_shortened(value)}".strip(), folder=text.folder)
        try:
            part = found.matrix(name)
            if not isinstance(part.value, list | np.ndarray):
                raise DocumentError("it holds no matrix.", _POINT_TO_A_MATRIX)
            return part
        except AttncliError as error:
            raise error.at(found.source) from None

    def _parse(
        self,
        argument: str,
        label: str,
        is_value: IsValue | None = None,
        folder: str = "",
    ) -> _Text:
        """The text behind an argument, parsed; errors say where it was found."""
        source = STDIN if argument == "-" else label
        try:
            if argument == "-":
                return _Text(source, parse("", self._stdin.read(), is_value))
            if argument[:1] in ("[", "{"):
                return _Text(source, parse("", argument.encode(), is_value))
            if not argument:
                raise DocumentError("there is no value.", "Name a file, -, or a literal.")
            place = place_of(argument, folder)
            return _Text(source, parse_place(place, is_value), os.path.dirname(place.path))
        except DocumentError as error:
            raise error.at(source) from None


def _is_choice(name: str, part: Part, text: _Text) -> bool:
    """Whether an entry that may be a matrix or a choice holds a word instead of a place."""
    if name in MASKS:
        return True
    value = str(part.value)
    return name in CHOICES and (is_position(value) or not _is_place(value, text.folder))


def _shortened(literal: str) -> str:
    """A literal short enough for a message; a path stays whole."""
    return f"{literal[:27]}..." if literal[:1] in ("[", "{") and len(literal) > 30 else literal


def _is_place(text: str, folder: str) -> bool:
    """Whether a mask's text is a file, a literal or `-` rather than a misspelled rule."""
    if text == "-" or re.search(r"^\[|[./\\]", text):
        return True
    return bool(text) and os.path.exists(os.path.join(folder, text))
