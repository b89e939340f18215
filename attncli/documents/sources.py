"""From a file, or from bytes, to its entries, in whatever format it is."""

from __future__ import annotations

import os.path
from collections.abc import Callable

from attncli.documents.arrays.archive import Archive
from attncli.documents.arrays.places import Place
from attncli.documents.files import read_file
from attncli.documents.parsed import NAMELESS, IsValue, Parsed
from attncli.documents.text.json_text import parse_json
from attncli.errors import DocumentError

# Most documents are JSON; what reads the others is loaded where there is one.


def _csv(data: bytes, is_value: IsValue | None) -> Parsed:
    from attncli.documents.text.csv_text import parse_csv

    return parse_csv(data, is_value)


def _arrays(path: str, data: bytes | None) -> Archive:
    from attncli.documents.arrays.npz import open_arrays

    return open_arrays(path, data)


def _tensors(path: str, data: bytes | None) -> Archive:
    from attncli.documents.arrays.safetensors_file import open_tensors

    return open_tensors(path, data)


TEXTS: dict[str, Callable[[bytes, IsValue | None], Parsed]] = {
    ".json": parse_json,
    ".csv": _csv,
    ".tsv": _csv,
}

# Data that is None stands in the file, of which only the part that is asked for is read.
ARCHIVES: dict[str, Callable[[str, bytes | None], Archive]] = {
    ".npz": _arrays,
    ".npy": _arrays,
    ".safetensors": _tensors,
}

_BEGINNING = 64  # bytes that tell a format


def parse_place(place: Place, is_value: IsValue | None = None) -> Parsed:
    """The entries of a file, or the one matrix of it that a place points to.

    Raises DocumentError where there is no such file, key or slice, and for what cannot be read.
    """
    # What is no regular file, such as a named pipe, can be read once.
    data = None if os.path.isfile(place.path) else read_file(place.path)
    parsed = parse(place.path, data, is_value)
    if place.is_whole_file:
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
    if suffix in ARCHIVES:
        return ARCHIVES[suffix](path, data)
    if suffix not in TEXTS:
        suffix = ".json" if is_json else ".csv"
    return TEXTS[suffix](read_file(path) if data is None else data, is_value)


def _suffix_of(path: str, begins: bytes) -> str:
    """The suffix that a content has which is no JSON. Raises DocumentError for other programs'."""
    from attncli.documents.arrays.foreign import refuse_foreign
    from attncli.documents.arrays.safetensors_file import begins_as_tensors

    if begins_as_tensors(begins):
        return ".safetensors"
    refuse_foreign(path, begins)
    suffix = os.path.splitext(path)[1].casefold()
    is_array = suffix not in TEXTS and begins.startswith((b"PK\x03\x04", b"\x93NUMPY"))
    return ".npz" if is_array else suffix
