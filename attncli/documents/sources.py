"""From an argument to its entries: a file, a literal or standard input, in whatever format."""

from __future__ import annotations

import os.path
import re
import sys
from collections.abc import Iterator

import numpy as np

from attncli.calculation.names.known_names import canonical, known_name
from attncli.calculation.names.pytorch_names import advice
from attncli.documents.arrays.archive import Archive, listed
from attncli.documents.files import read_file
from attncli.documents.parsed import NAMELESS, IsValue, Parsed, Part
from attncli.documents.samples import as_file
from attncli.documents.text.json_text import parse_json
from attncli.errors import AttncliError, DocumentError, errors_at
from attncli.records import record

_POINT_TO_A_MATRIX = "Point to a matrix: FILE, FILE:KEY, or a literal that begins with [."

# The first suffix that a colon, a bracket or the end follows: a drive's colon follows none.
_PLACE = r"(?s)(.+?\.\w+)(?::(.+?))?(?:\[([^\[\]]*)\])?"

_TEXTS = (".json", ".csv", ".tsv")
_BEGINNING = 64  # bytes that tell a format


@record(frozen=True)
class Place:
    """Where a matrix stands: FILE, FILE:KEY, FILE:KEY[SLICE] or FILE[SLICE]."""

    path: str
    key: str | None = None
    slices: str | None = None


def place_of(text: str, folder: str) -> Place:
    """The place that a text names, from a folder. A path that exists as it stands wins.

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


def parse_place(place: Place, is_value: IsValue | None = None) -> Parsed:
    """The entries of a file, or the one matrix of it that a place points to.

    Raises DocumentError where there is no such file, key or slice, and for what cannot be read.
    """
    # What is no regular file, such as a named pipe, can be read once.
    data = None if os.path.isfile(place.path) else read_file(place.path)
    parsed = parse(place.path, data, is_value)
    if place.key is None and place.slices is None:
        return parsed
    if not isinstance(parsed, Archive):
        message = "it has neither keys nor slices: FILE:KEY[SLICE] is for NPZ and safetensors."
        raise DocumentError(message, f"Write {place.path} alone.")
    return {NAMELESS: parsed.matrix(place.key, place.slices)}


def parse(path: str, data: bytes | None, is_value: IsValue | None = None) -> Parsed:
    """The entries of a file, or of bytes, by suffix; elsewhere by how the content begins.

    CSV is what nothing tells. Raises DocumentError for files of other programs.
    """
    begins = read_file(path, _BEGINNING) if data is None else data[:_BEGINNING]
    is_json = begins.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"{", b"[")
    suffix = os.path.splitext(path)[1].casefold()
    # The ninth byte of tensors opens a brace; their first is any.
    if not is_json or begins[8:9] == b"{":
        suffix = _suffix_of(path, begins)
    # Most documents are JSON; what reads the others is loaded where there is one. Of an archive in
    # a file only the part that is asked for is read.
    if suffix == ".safetensors":
        from attncli.documents.arrays.safetensors_file import open_tensors

        return open_tensors(path, data)
    if suffix in (".npz", ".npy"):
        from attncli.documents.arrays.npz import open_arrays

        return open_arrays(path, data)
    text = read_file(path) if data is None else data
    if suffix == ".json" or (suffix not in _TEXTS and is_json):
        return parse_json(text, is_value)
    from attncli.documents.text.csv_text import parse_csv

    return parse_csv(text, is_value)


def _suffix_of(path: str, begins: bytes) -> str:
    """The suffix that a content has which is no JSON. Raises DocumentError for other programs'."""
    from attncli.documents.arrays.foreign import refuse_foreign
    from attncli.documents.arrays.safetensors_file import begins_as_tensors

    if begins_as_tensors(begins):
        return ".safetensors"
    refuse_foreign(path, begins)
    suffix = os.path.splitext(path)[1].casefold()
    is_array = suffix not in _TEXTS and begins.startswith((b"PK\x03\x04", b"\x93NUMPY"))
    return ".npz" if is_array else suffix


@record(frozen=True)
class Source:
    """A file, a literal or standard input: its label in messages, its entries and its folder."""

    label: str
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


class Sources:
    """The files, literals and standard input of one command, which has one standard input."""

    def __init__(self) -> None:
        self._stdin_is_read = False

    def open(
        self, argument: str, label: str, is_value: IsValue | None = None, folder: str = ""
    ) -> Source:
        """The source that an argument stands for, parsed. Raises DocumentError, with the label."""
        label = "standard input" if argument == "-" else label
        with errors_at(label):
            if argument == "-":
                return Source(label, parse("", self._read_stdin(), is_value))
            if argument[:1] in ("[", "{"):
                return Source(label, parse("", argument.encode(), is_value))
            if not argument:
                raise DocumentError("there is no value.", "Name a file, -, or a literal.")
            place = place_of(as_file(argument), folder)
            return Source(label, parse_place(place, is_value), os.path.dirname(place.path))

    def _read_stdin(self) -> bytes:
        if self._stdin_is_read:
            message = "it is asked for twice (-), but it can be read once."
            raise DocumentError(message, "Write one of the two to a file.")
        self._stdin_is_read = True
        data = sys.stdin.buffer.read() if sys.stdin else b""
        if not data.strip():
            raise DocumentError("nothing came in.", "Pipe a document into it, or name a file.")
        return data

    def matrix(self, name: str, argument: str, where: str, folder: str) -> Part:
        """The matrix that an entry points to: in a file beside its document, a literal or `-`.

        `where` is the place of the entry. Raises AttncliError.
        """
        source = self.open(argument, f"{where} {shortened(argument)}".strip(), folder=folder)
        with errors_at(source.label):
            part = source.matrix(name)
            if not isinstance(part.value, list | np.ndarray):
                raise DocumentError("it holds no matrix.", _POINT_TO_A_MATRIX)
            return part


def shortened(literal: str) -> str:
    """A literal short enough for a message; a path stays whole."""
    return f"{literal[:27]}..." if literal[:1] in ("[", "{") and len(literal) > 30 else literal
