"""Read the XML files of a ZIP archive from a stranger, with limits on size and time."""

from __future__ import annotations

import posixpath
import zlib
from collections.abc import Callable, Mapping
from functools import lru_cache
from io import BytesIO
from typing import TypeAlias
from xml.parsers.expat import ExpatError, ParserCreate
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile

from attncli.errors import DocumentError

MOST_BYTES = 100_000_000  # of one file after unpacking
MOST_BYTES_OF_ALL = 200_000_000
MOST_ELEMENTS = 1_000_000  # of one file; a cell has two or three

_CHUNK = 1 << 16

SMALLER = "Save the sheet alone as CSV UTF-8, or write the matrices with numpy.savez."
DAMAGED = "Open it in a spreadsheet, and save it again as .xlsx or as CSV UTF-8."

# The local name of an element, and its attributes by local names; `calcext:` stays before a name.
Start: TypeAlias = "Callable[[str, Mapping[str, str]], None]"
# The local name of an element that ends, or a piece of text.
Receive: TypeAlias = "Callable[[str], None]"


class PackedXml:
    """A ZIP archive of XML files. `data` are its bytes if it does not come from a file."""

    def __init__(self, path: str, data: bytes | None) -> None:
        self._unpacked = 0
        try:
            self._archive = ZipFile(path if data is None else BytesIO(data))
        except (BadZipFile, OSError, ValueError, NotImplementedError) as error:
            raise _damaged("it is not a ZIP archive") from error
        self.names = frozenset(self._archive.namelist())

    def close(self) -> None:
        """Close the archive."""
        self._archive.close()

    def read(self, name: str, start: Start, end: Receive, text: Receive) -> None:
        """Read one XML file, and pass on its elements and texts.

        Raises DocumentError if the file is missing, damaged or encrypted, if it is larger than the
        limits, and if it declares a document type, which can make it grow without bound.
        """
        parser = ParserCreate(namespace_separator=" ")
        elements = 0

        def start_element(element: str, attributes: dict[str, str]) -> None:
            nonlocal elements
            elements += 1
            if elements > MOST_ELEMENTS:
                raise _too_large(f"{name} has more than {MOST_ELEMENTS} elements")
            start(_local(element), {_local(key): value for key, value in attributes.items()})

        def refuse(*_: object) -> None:
            message = f"{name} declares a document type, as no spreadsheet does."
            raise DocumentError(message, DAMAGED)

        parser.StartElementHandler = start_element
        parser.EndElementHandler = lambda element: end(_local(element))
        parser.CharacterDataHandler = text
        parser.StartDoctypeDeclHandler = refuse
        parser.EntityDeclHandler = refuse
        parser.buffer_text = True
        try:
            info = self._archive.getinfo(name)
            if info.flag_bits & 1:
                raise DocumentError("it is protected with a password.", UNPROTECTED)
            if info.compress_type not in (ZIP_STORED, ZIP_DEFLATED):
                raise _damaged(f"{name} is packed in an unknown way")
            size = 0
            with self._archive.open(info) as file:
                while chunk := file.read(_CHUNK):
                    size += len(chunk)
                    self._unpacked += len(chunk)
                    if size > MOST_BYTES:
                        raise _too_large(f"{name} has more than {MOST_BYTES // 1_000_000} MB")
                    if self._unpacked > MOST_BYTES_OF_ALL:
                        most = MOST_BYTES_OF_ALL // 1_000_000
                        raise _too_large(f"the sheets have more than {most} MB together")
                    parser.Parse(chunk, False)
            parser.Parse(b"", True)
        except KeyError:
            raise _damaged(f"it has no {name}") from None
        except LookupError:  # its first line names an encoding that does not exist
            raise _damaged(f"{name} has an unknown encoding") from None
        except ExpatError as error:
            raise _damaged(f"{name} is not XML: {error}") from None
        except (BadZipFile, zlib.error, EOFError, OSError, RuntimeError, ValueError) as error:
            raise _damaged(f"{name} cannot be unpacked: {error}") from None


UNPROTECTED = "Save it without a password, as .xlsx, .ods or CSV UTF-8."


@lru_cache(maxsize=1024)
def _local(name: str) -> str:
    """Return the name without its namespace."""
    space, _, local = name.rpartition(" ")
    return f"calcext:{local}" if "calcext" in space else local


def _damaged(fact: str) -> DocumentError:
    return DocumentError(f"it is not a workbook, or it is damaged: {fact}.", DAMAGED)


def _too_large(fact: str) -> DocumentError:
    return DocumentError(f"it is too large to be read as a workbook: {fact}.", SMALLER)


def beside(part: str, target: str) -> str:
    """Return the name of a file to which the file `part` points.

    >>> beside("xl/workbook.xml", "worksheets/a.xml"), beside("xl/workbook.xml", "/xl/b.xml")
    ('xl/worksheets/a.xml', 'xl/b.xml')
    """
    return posixpath.normpath(posixpath.join("/", posixpath.dirname(part), target))[1:]
