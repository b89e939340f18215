"""Read the bytes of a file, and write a file without ever leaving it half-written."""

from __future__ import annotations

import os
import re
from contextlib import suppress
from typing import TYPE_CHECKING

from attncli.errors import DocumentError
from attncli.words import closest

if TYPE_CHECKING:  # loading pathlib takes a tenth of a small run
    from pathlib import Path


def exists(path: str) -> bool:
    """Return True if a file or folder has this path; no text is too long, or too odd, for that."""
    return os.path.exists(path)


def read_file(path: str, size: int = -1) -> bytes:
    """Return the bytes of a file: all of them, or the first `size` bytes.

    Raises DocumentError if the file is missing, a folder, or not readable.
    """
    try:
        with open(path, "rb") as file:
            return file.read(size)
    except FileNotFoundError:
        raise DocumentError("there is no such file.", _similar(path)) from None
    except IsADirectoryError:
        message, hint = "it is a folder, not a file.", "Name a file in it."
        raise DocumentError(message, hint) from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise DocumentError(f"it cannot be read: {reason}.") from None


def _similar(path: str) -> str:
    """Return the likely cure for a path that does not exist, such as a similar name."""
    spaced = re.fullmatch(r"(?s)\s*([A-Za-z][\w.]*)\s*=\s*(.+)", path)
    if spaced:
        return f"Write it without spaces: {spaced[1]}={spaced[2]}"
    from attncli.calculation.names.known_names import known_name
    from attncli.calculation.names.matrix_names import MATRICES

    if known_name(path) in MATRICES:
        return f"Write {path}=FILE, or {path}=[[1, 0], [0, 1]]."
    sample = re.fullmatch(r"(?:.*/)?samples/([\w/]+)\.\w+", path)
    if sample:
        return f"Write sample:{sample[1]} for a sample, in any folder."
    folder, name = os.path.split(path)
    try:
        names = os.listdir(folder or ".")
    except OSError:
        return f"The folder {folder} does not exist either."
    close = closest(name, names, likeness=0.75)
    if close:
        return f"Did you mean {os.path.join(folder, close)}?"
    return "Check the name and the folder. A matrix that is written out begins with [."


def decode(data: bytes) -> str:
    """Return the text of UTF-8, with or without a byte order mark.

    Raises DocumentError if the bytes are not UTF-8.
    """
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        utf16 = data[:2] in (b"\xff\xfe", b"\xfe\xff")
        line = data[: error.start].count(b"\n") + 1
        place = f"byte 0x{data[error.start]:02x} in line {line}"
        message = f"it is not UTF-8 text: {'it looks like UTF-16' if utf16 else place}."
        raise DocumentError(message, "Save it as UTF-8 (in a spreadsheet: CSV UTF-8).") from None


def write_file(path: Path, data: bytes) -> None:
    """Write a file: the data go into a new file beside it, which then replaces it.

    The file is therefore never left half-written. A named pipe, or a device, is written to
    directly. Raises DocumentError if the file cannot be written.
    """
    try:
        if path.is_dir():
            message = "it is a folder, not a file."
            raise DocumentError(message, "Name a file in it.").at(str(path))
        if path.exists() and not path.is_file():
            path.write_bytes(data)
            return
        target = path.resolve()  # a link stays a link: the file that it points to is replaced
        import tempfile

        handle, beside = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
            os.chmod(beside, _mode(target))
            os.replace(beside, target)
        except BaseException:
            with suppress(FileNotFoundError):
                os.unlink(beside)
            raise
    except (OSError, RuntimeError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        message = f"it cannot be written: {reason}."
        hint = "Check that the folder exists and that you may write to it."
        raise DocumentError(message, hint).at(str(path)) from None


def _mode(target: Path) -> int:
    """Return the permissions of the file, or the default permissions if it does not exist."""
    if target.exists():
        return target.stat().st_mode & 0o777
    umask = os.umask(0)
    os.umask(umask)
    return 0o666 & ~umask
