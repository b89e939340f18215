"""Read the entries of an argument: of a file, a literal or standard input, in any format."""

from __future__ import annotations

import os.path
import re
import sys
from collections.abc import Iterator

import numpy as np

from attncli.calculation.choices.choices import CHOICES
from attncli.calculation.names.known_names import canonical, known_name, last_of
from attncli.calculation.names.matrix_names import MATRICES
from attncli.calculation.names.pytorch_names import advice
from attncli.calculation.names.step_names import STEPS
from attncli.documents.arrays.archive import Archive, listed
from attncli.documents.files import ReadingLimit, read_file, read_stream, reading_within
from attncli.documents.parsed import (
    BY_RULE,
    NAMELESS,
    SAMPLE,
    CsvForm,
    IsValue,
    Keyed,
    Parsed,
    Part,
    part_error,
)
from attncli.documents.text.json_text import parse_json
from attncli.errors import AttncliError, DocumentError, errors_at
from attncli.records import record

_POINT_TO_A_MATRIX = "Point to a matrix: FILE, FILE:KEY, or a literal that begins with [."

# The path ends with the first suffix before a colon, a bracket or the end. No suffix stands before
# the colon of a drive, such as C:.
_PLACE = r"(?s)(.+?\.\w+)(?::(.+?))?(?:\[([^\[\]]*)\])?"

_TEXTS = (".json", ".jsonl", ".csv", ".tsv")
_ZIP = b"PK\x03\x04"  # NPZ files and workbooks begin with it
_BEGINNING = 64  # bytes: enough to recognise a format


@record(frozen=True)
class Place:
    """The place of a matrix: FILE, FILE:KEY, FILE:KEY[SLICE] or FILE[SLICE].

    In a workbook, KEY is a sheet, a range such as `Sheet!A1:C3`, or a defined name.
    """

    path: str
    key: str | None = None
    slices: str | None = None


def place_of(text: str, folder: str) -> Place:
    """Return the place that a text names; its path is relative to `folder`.

    If the whole text is the path of a file, the place is that file.

    >>> place = place_of("model.npz:h.0/W[0:2,:]", "")
    >>> place.path, place.key, place.slices
    ('model.npz', 'h.0/W', '0:2,:')
    """
    whole = os.path.join(folder, text)
    match = None if os.path.exists(whole) else re.fullmatch(_PLACE, text)
    if not match:
        return Place(whole)
    path, key, slices = match.groups()
    return Place(os.path.join(folder, path), key, slices)


def parse_place(place: Place, is_value: IsValue | None = None, form: CsvForm = BY_RULE) -> Parsed:
    """Return the entries of a file, or of the part that the place points to.

    Raises DocumentError if the file, the key or the slice does not exist or cannot be read.
    """
    # A named pipe, or a device, can be read only once.
    data = None if os.path.isfile(place.path) else read_file(place.path)
    parsed = parse(place.path, data, is_value, form)
    if place.key is None and place.slices is None:
        return parsed
    if isinstance(parsed, Keyed):
        if place.slices is None and place.key is not None:
            return parsed.at(place.key)
        message = "a workbook has no slices."
        raise DocumentError(message, f"Write a range: {place.path}:B3:D6.")
    if not isinstance(parsed, Archive):
        message = "it has neither keys nor slices: FILE:KEY[SLICE] is for NPZ and safetensors."
        raise DocumentError(message, f"Write {place.path} alone.")
    return {NAMELESS: parsed.matrix(place.key, place.slices)}


def parse(
    path: str, data: bytes | None, is_value: IsValue | None = None, form: CsvForm = BY_RULE
) -> Parsed:
    """Return the entries of a file, or of the bytes `data`.

    The suffix or the first bytes decide the format; if neither does, it is CSV. Raises
    DocumentError for files of other programs.
    """
    begins = read_file(path, _BEGINNING) if data is None else data[:_BEGINNING]
    is_json = begins.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"{", b"[")
    suffix = os.path.splitext(path)[1].casefold()
    # The ninth byte of a safetensors file is a brace; its first may be any byte.
    if not is_json or begins[8:9] == b"{":
        suffix = _suffix_of(path, begins)
    # Most documents are JSON, so the readers of other formats are imported only when needed. Of an
    # archive, only the arrays that the command needs are read.
    if suffix == ".safetensors":
        from attncli.documents.arrays.safetensors_file import open_tensors

        return open_tensors(path, data)
    if begins.startswith(_ZIP) and not path.casefold().endswith(".npz"):
        from attncli.documents.sheets.workbook import find_workbook

        workbook = find_workbook(path, data, is_value)
        if workbook is not None:
            return workbook
    if suffix in (".npz", ".npy"):
        from attncli.documents.arrays.npz import open_arrays

        return open_arrays(path, data)
    text = read_file(path) if data is None else data
    if is_json and suffix not in (".csv", ".tsv"):
        return parse_json(text, is_value)
    from attncli.documents.prints.recognition import is_markdown_document, looks_like_print

    if is_markdown_document(text):
        from attncli.documents.prints.markdown_documents import parse_markdown_document

        return parse_markdown_document(text, is_value)
    if looks_like_print(text):
        from attncli.documents.prints.pasted_text import parse_prints

        return parse_prints(text, is_value)
    if suffix in (".json", ".jsonl"):
        return parse_json(text, is_value)
    from attncli.documents.text.csv_text import parse_csv

    return parse_csv(text, is_value, form)


def _suffix_of(path: str, begins: bytes) -> str:
    """Return the suffix that fits the content of a file that is not JSON.

    Raises DocumentError for files of other programs.
    """
    from attncli.documents.arrays.foreign import refuse_foreign
    from attncli.documents.arrays.safetensors_file import begins_as_tensors

    if begins_as_tensors(begins):
        return ".safetensors"
    refuse_foreign(path, begins)
    suffix = os.path.splitext(path)[1].casefold()
    is_array = suffix not in _TEXTS and begins.startswith((_ZIP, b"\x93NUMPY"))
    return ".npz" if is_array else suffix


@record(frozen=True)
class Source:
    """A file, a literal or standard input: its label in messages, its entries and its folder."""

    label: str
    parsed: Parsed
    folder: str = ""

    def names(self, nameless: str) -> Iterator[tuple[str, str]]:
        """Yield the name of each entry in two spellings: the canonical one, and the source's.

        A matrix without a name is called `nameless`. Raises AttncliError for unknown names.
        """
        for spelled in self.parsed:
            try:
                yield nameless if spelled == NAMELESS else canonical(spelled), spelled
            except AttncliError as error:
                part = _PART.fullmatch(spelled)
                if part and last_of(known_name(part[1]) or "") in STEPS:
                    raise part_error(spelled, part[1]) from None
                if isinstance(self.parsed, Archive):
                    say = f"{error.hint} Or give it a name: NAME=FILE:{spelled}."
                    error.hint = advice(self.parsed) or say
                raise

    def matrix(self, name: str) -> Part:
        """Return the only matrix of the source, or the matrix `name`.

        Raises DocumentError if there is no such matrix, or if two have this name.
        """
        named = [spelled for spelled in self.parsed if known_name(spelled) == name]
        matrices = [spelled for spelled in self.parsed if not _can_only_be_a_choice(spelled)]
        if len(matrices) == 1:
            named = matrices
        if len(named) == 1:
            return self.parsed[named[0]]
        if named:
            message = f"it holds {name} twice: as {named[0]!r} and as {named[1]!r}."
            raise DocumentError(message, "Leave out one of them.", (name,))
        if not matrices:
            raise DocumentError("it holds no matrix.", _POINT_TO_A_MATRIX)
        if isinstance(self.parsed, Archive):
            message = f"it holds several matrices, but not {name}."
            raise DocumentError(message, f"Write FILE:KEY. {listed(self.parsed)}")
        message = f"it holds several matrices ({', '.join(matrices)}), but not {name}."
        raise DocumentError(message, f"Give a file that holds {name} alone.", (name,))


_PART = re.compile(r"(?s)([^\[\]]+)\[.*\]")


def _can_only_be_a_choice(spelled: str) -> bool:
    """Return True if an entry with this name can only be a choice, such as `title` or `tokens`."""
    last = last_of(known_name(spelled) or "")
    return last in CHOICES and last not in MATRICES and last not in STEPS


class Sources:
    """Opens the files, the literals and the standard input of one command.

    `form` is the form of its CSV files, and `limit` the memory that reading may take.
    """

    def __init__(self, form: CsvForm, limit: ReadingLimit) -> None:
        self._form = form
        self._limit = limit
        self._stdin_is_read = False

    def open(
        self, argument: str, label: str, is_value: IsValue | None = None, folder: str = ""
    ) -> Source:
        """Return the source that an argument names, parsed.

        `label` names the source in messages; a path is relative to `folder`. Raises DocumentError
        if the source cannot be read.
        """
        label = "standard input" if argument == "-" else label
        with errors_at(label), reading_within(self._limit):
            if argument == "-":
                return Source(label, parse("", self._read_stdin(), is_value, self._form))
            if argument[:1] in ("[", "{"):
                written = argument.encode(errors="surrogateescape")
                return Source(label, parse("", written, is_value, self._form))
            if not argument:
                raise DocumentError("there is no value.", "Name a file, or write [[1, 0], [0, 1]].")
            if argument.startswith(SAMPLE):
                from attncli.documents.samples import sample_path

                argument = sample_path(argument.removeprefix(SAMPLE))
            place = place_of(argument, folder)
            return Source(
                label, parse_place(place, is_value, self._form), os.path.dirname(place.path)
            )

    def _read_stdin(self) -> bytes:
        if self._stdin_is_read:
            message = "two arguments are -, but it can be read only once."
            raise DocumentError(message, "Write one of the two to a file, and name the file.")
        self._stdin_is_read = True
        data = read_stream(sys.stdin.buffer) if sys.stdin else b""
        if not data.strip():
            raise DocumentError("it is empty.", "Pipe a document into attncli, or name a file.")
        return data

    def matrix(self, name: str, argument: str, where: str, folder: str) -> Part:
        """Return the matrix that an entry points to: a file beside its document, a literal or `-`.

        `where` is the place of the entry, for messages. Raises AttncliError if there is no such
        matrix.
        """
        source = self.open(argument, f"{where} {shortened(argument)}".strip(), folder=folder)
        with errors_at(source.label):
            part = source.matrix(name)
            if not isinstance(part.value, list | np.ndarray):
                raise DocumentError("it holds no matrix.", _POINT_TO_A_MATRIX)
            return part


def shortened(literal: str) -> str:
    """Return the beginning of a literal, for a message; a path stays whole."""
    return f"{literal[:27]}..." if literal[:1] in ("[", "{") and len(literal) > 30 else literal
