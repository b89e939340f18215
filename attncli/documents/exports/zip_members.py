"""The members of a ZIP from a stranger: listed and read in place, never extracted."""

from __future__ import annotations

import os
import stat
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from struct import error as StructError  # noqa: N812
from typing import TYPE_CHECKING
from zipfile import BadZipFile, ZipFile

from attncli.documents.files import errors_of_reading
from attncli.errors import DocumentError, errors_at

if TYPE_CHECKING:
    from zipfile import ZipInfo

LARGEST = 20_000_000  # bytes of an answer, unpacked
_OPEN = 2  # archives that stay open, because listing the members of one takes time
_UTF8, _ENCRYPTED = 0x800, 0x1  # flags of a member
_FAULTS = (BadZipFile, zlib.error, StructError, EOFError, OSError, RuntimeError, ValueError)

ENCRYPTED = "it is encrypted: unpack the ZIP with its password, and name the folder."


def members(path: str) -> list[ZipInfo]:
    """Return the members of a ZIP without its folders, in their order.

    Raises DocumentError if the file is not a ZIP, is damaged, or cannot be read.
    """
    return [info for info in _opened(path).infolist() if not info.is_dir()]


def repaired_name(info: ZipInfo) -> str:
    """Return the name of a member as it was meant.

    Some programs, such as those of macOS, write UTF-8 without the flag for it. Python then decodes
    the name as the code page 437.
    """
    if not info.flag_bits & _UTF8 and not info.filename.isascii():
        try:
            return info.filename.encode("cp437").decode("utf-8")
        except UnicodeError:
            pass
    return info.filename


def fault_of(info: ZipInfo) -> str:
    """Return the reason for which a member is never read, or an empty text."""
    if info.flag_bits & _ENCRYPTED:
        return ENCRYPTED
    if stat.S_ISLNK(info.external_attr >> 16):
        return "it is a symbolic link, which attncli does not follow: hand in the file itself."
    return too_large(info.file_size)


def too_large(size: int) -> str:
    """Return the reason for which an answer of `size` bytes is not read, or an empty text."""
    if size <= LARGEST:
        return ""
    return f"it has {size:,} bytes, more than the {LARGEST // 1_000_000} MB that are allowed."


def read_member(path: str, name: str, most: int | None = None) -> bytes:
    """Return the bytes of a member, or the first `most`. Raises DocumentError without the place.

    If the ZIP holds the name twice, the last member has it, as in an unpacked folder.
    """
    archive = _opened(path)
    with _damage():
        try:
            info = archive.getinfo(name)
        except KeyError:
            message = "the ZIP does not hold it any more."
            raise DocumentError(message, "Start again with the present ZIP.") from None
        if most is None and (fault := fault_of(info)):
            raise DocumentError(fault)
        with archive.open(info) as file:
            # Without a limit, a member that declares a wrong size would be unpacked whole.
            return file.read(info.file_size + 1 if most is None else most)


def member_lines(path: str, name: str, longest: int) -> Iterator[bytes]:
    """Yield the lines of a member; one that is longer than `longest` bytes comes in pieces.

    Raises DocumentError if the member is damaged.
    """
    with _damage(), _opened(path).open(name) as file:
        while line := file.readline(longest):
            yield line


@contextmanager
def _damage() -> Iterator[None]:
    """Raise DocumentError if a member cannot be unpacked in the block."""
    try:
        yield
    except NotImplementedError:
        message = "the ZIP has packed it by a method that attncli does not know."
        raise DocumentError(message, "Unpack the ZIP, and name the folder.") from None
    except _FAULTS as error:
        message = f"the ZIP is damaged here: {error}."
        raise DocumentError(message, "Download the ZIP again.") from None


def _opened(path: str) -> ZipFile:
    """Return the archive of a path. Raises DocumentError, with the place, if it cannot be read."""
    with errors_at(path), errors_of_reading(path):
        status = os.stat(path)
        try:
            return _archive(path, status.st_mtime_ns, status.st_size)
        except PermissionError:
            raise
        except (*_FAULTS, NotImplementedError) as error:
            message = f"it is not a ZIP, or it is damaged: {error}."
            raise DocumentError(message, "Download it again.") from None


def close_archives() -> None:
    """Close the ZIPs that were read: Windows removes or replaces no file that is open."""
    _archive.cache_clear()


@lru_cache(_OPEN)
def _archive(path: str, _changed: int, _size: int) -> ZipFile:
    """Return the archive of a path; a file that has changed is opened anew."""
    return ZipFile(path)
