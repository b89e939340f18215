"""Turn the entries of a source into a document, with known names and with arrays."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator, Mapping

from attncli.calculation.choices.choices import CHOICES
from attncli.calculation.masks.mask_rules import is_rule
from attncli.calculation.names.known_names import canonical, last_of
from attncli.calculation.names.matrix_names import MATRICES
from attncli.calculation.names.step_names import STEPS
from attncli.calculation.positions.position_schemes import is_position
from attncli.calculation.problem.document import MASKS, Document, Entry
from attncli.documents.files import ReadingLimit, current_limit
from attncli.documents.parsed import BY_RULE, NAMELESS, SAMPLE, CsvForm, IsValue, Part
from attncli.documents.sources import Source, Sources, shortened
from attncli.documents.text.cells import array_from, is_cell_or_row, said
from attncli.errors import DocumentError, errors_at
from attncli.records import record, replace
from attncli.words import option_name


def _nothing(_: str) -> None:
    """Say nothing."""


STUDENT = ("student", "name")  # the keys of an answer that say who wrote it


@record(frozen=True)
class Written:
    """An answer as a file holds it: nested lists of texts, or arrays, by their names.

    `has_nameless` is True if a matrix in the file has no name there. `student` is the text of the
    keys `student` and `name`: the person who wrote the answer.
    """

    source: str
    entries: Mapping[str, object]
    has_nameless: bool = False
    student: str = ""


class Reader:
    """Reads the documents of one command; only one of them can be standard input.

    `note` gets each note about a file that could be read in two ways; see `Part`. `form` is the
    form of CSV files. `limit` is the memory that reading may take; None is any memory. `naming` is
    the cure for a matrix of an answer that has no name.
    """

    def __init__(
        self,
        note: Callable[[str], None] = _nothing,
        form: CsvForm = BY_RULE,
        limit: ReadingLimit | None = None,
        naming: str = "Name the step: --step NAME, or NAME=FILE.",
    ) -> None:
        self._naming = naming
        self._sources = Sources(form, limit or current_limit())
        self._note = note
        self._noted: set[str] = set()

    def document(self, given: object) -> Document:
        """Return the document of a path, a literal, `-`, a mapping, an array or an open file.

        Raises AttncliError if it cannot be read, and for a name that is unknown or given twice.
        """
        source = self._source(given)
        with errors_at(source.label):
            entries = {
                known: self._entry(known, source.parsed[spelled], source)
                for known, spelled in _names_once(source, "X")
            }
        return Document(entries, (source.label,))

    def matrix(self, name: str, argument: str) -> Document:
        """Return the document of one NAME=VALUE: a matrix, or a choice such as `cross.mask=causal`.

        Raises AttncliError for any other name, and if the value cannot be read.
        """
        known = canonical(name)
        last = last_of(known)
        rules = {"mask": is_rule, "position": is_position}
        by_rule = last in rules and rules[last](argument)
        if by_rule or last not in MATRICES:
            written = f"{name}={argument}"
            if last in CHOICES and known != last:
                return Document({known: Entry(argument, written)}, (written,))
            if last in CHOICES:
                what = f"{argument} is a named {last}" if by_rule else f"{known} is a choice"
                message = f"{written}: {what}, not a matrix."
                raise DocumentError(message, f"Write {option_name(last)} {argument}.")
            message = f"{written}: {known} is a step: attncli calculates it."
            raise DocumentError(message, "Leave it out.")
        source = self._sources.open(argument, f"{name}={shortened(argument)}")
        with errors_at(source.label):
            part = source.matrix(known)
            if part.value is None or isinstance(part.value, int | float | dict):
                key = ", ".join(source.parsed)
                held = f"{key} is {said(part.value)}" if key else f"it holds {said(part.value)}"
                message = f"{held}, not a matrix."
                raise DocumentError(message, f"Write rows of numbers: {name}=[[1, 0], [0, 1]].")
            return Document({known: self._entry(known, part, source)}, (source.label,))

    def mask(self, argument: str, option: str = "") -> Part:
        """Return the mask that an argument names, with its labels.

        `option` is the option that gives the mask, for messages. The name of a mask stays as it is
        written; a matrix becomes an array. Raises AttncliError if the mask cannot be read.
        """
        if argument[:1] != "{":
            return self._mask("mask", argument, option, "")
        try:
            return Part(json.loads(argument))
        except ValueError:
            message = f"{option} {argument}: it is not valid JSON.".strip()
            raise DocumentError(message, 'Write {"padding": [3, 2]}.') from None

    def written(self, given: object, name: str | None, is_value: IsValue) -> Written:
        """Return an answer: its entries by canonical name, with the cells as they are written.

        A matrix without a name is the step `name`; if `name` is None, it raises AttncliError.
        `is_value` tells which texts are values.
        """
        source = self._source(given, name, is_value)
        entries: dict[str, object] = {}
        with errors_at(source.label):
            student, source = _without_student(source)
            for known, spelled in _names_once(source, name or NAMELESS):
                if known == NAMELESS:
                    message = "its matrix has no name."
                    raise DocumentError(message, self._naming)
                entries[known] = self._noticed(source.parsed[spelled], source.label).value
        return Written(source.label, entries, NAMELESS in [*source.parsed], student)

    def _source(
        self, given: object, name: str | None = None, is_value: IsValue | None = None
    ) -> Source:
        """Return the user's source; messages call it `NAME=SOURCE` if its matrix has a name."""
        if isinstance(given, str | os.PathLike):
            argument = os.fspath(given)
            label = f"{name}={shortened(argument)}" if name else shortened(argument)
            return self._sources.open(argument, label, is_value)
        from attncli.documents.python_values import parse_value

        return parse_value(given, is_value)

    def _noticed(self, part: Part, label: str) -> Part:
        """Return the part, after its notes; each note is given once."""
        for note in part.notes:
            said_once = f"{label}: {note}".removeprefix(": ")
            if said_once not in self._noted:
                self._noted.add(said_once)
                self._note(said_once)
        return part

    def _entry(self, name: str, part: Part, source: Source) -> Entry:
        """Return an entry by its canonical name: a matrix as an array, a choice as written."""
        last = last_of(name)
        where = f"{source.label}: {last}".removeprefix(": ")
        points = isinstance(part.value, str) and last not in MASKS and last in MATRICES
        if points and not _is_choice(last, str(part.value), source.folder):
            part = self._sources.matrix(last, str(part.value), where, source.folder)
        value = self._noticed(part, source.label).value
        if last == "masks" and isinstance(value, list):
            value = [self._mask(last, mask, where, source.folder).value for mask in value]
        elif last in MASKS:
            value = self._mask(last, value, where, source.folder).value
        elif isinstance(value, list) and (last not in CHOICES or last in STEPS):
            value = array_from(value, name)
        labels = part.row_labels, part.column_labels
        return Entry(value, source.label, *labels, part.is_torch_weight)

    def _mask(self, name: str, value: object, where: str, folder: str) -> Part:
        """Return a mask: a name as it is written, a matrix as an array.

        The matrix is the value itself, or stands in the file that the value names.
        """
        if isinstance(value, list):
            if value and name == "mask" and not is_cell_or_row(value[0]):
                message = "mask is a list, but not of numbers."
                raise DocumentError(message, "A list of masks is called masks.", ("mask",))
            return Part(array_from(value, name))
        if not isinstance(value, str) or is_rule(value) or not _is_place(value, folder):
            return Part(value)
        part = self._noticed(self._sources.matrix("mask", value, where, folder), value)
        matrix = array_from(part.value, "mask") if isinstance(part.value, list) else part.value
        return Part(matrix, part.row_labels, part.column_labels)


def _without_student(source: Source) -> tuple[str, Source]:
    """Return the text of the entries `student` and `name`, and the source without them.

    Raises DocumentError if one of them is not a text or a number.
    """
    found = [name for name in source.parsed if name.strip().casefold() in STUDENT]
    if not found:
        return "", source
    texts = []
    for name in found:
        value = source.parsed[name].value
        if isinstance(value, list | dict | bool) or value is None or hasattr(value, "__array__"):
            message = f"{name} is not a text, but it says who wrote the answer."
            raise DocumentError(message, 'Write "student": "Anna".')
        texts.append(str(value).strip())
    others = {name: part for name, part in source.parsed.items() if name not in found}
    return ", ".join(filter(None, texts)), replace(source, parsed=others)


def _names_once(source: Source, nameless: str) -> Iterator[tuple[str, str]]:
    """Yield each name of a source in two spellings: the canonical one, and the one of the source.

    Raises DocumentError if a source has two spellings of one name.
    """
    spellings: dict[str, str] = {}
    for known, spelled in source.names(nameless):
        if known in spellings:
            message = f"{known} is given twice: as {spellings[known]!r} and as {spelled!r}."
            raise DocumentError(message, "Leave out one of them.", (known,))
        spellings[known] = spelled
        yield known, spelled


def _is_choice(name: str, value: str, folder: str) -> bool:
    """Return True if the text of an entry is a choice, not the place of a matrix."""
    return name in CHOICES and (is_position(value) or not _is_place(value, folder))


def _is_place(text: str, folder: str) -> bool:
    """Return True if the text of a mask is a file, a literal or `-`, and not a misspelled name."""
    if text == "-" or text.startswith(SAMPLE) or re.search(r"^\[|[./\\]", text):
        return True
    return bool(text) and os.path.exists(os.path.join(folder, text))
