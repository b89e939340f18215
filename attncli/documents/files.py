"""The files: read their bytes within a limit, and write one without leaving it half-written."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from contextvars import ContextVar
from errno import EDQUOT, EFBIG, ENOSPC
from functools import cache
from sys import maxsize
from typing import TYPE_CHECKING, BinaryIO

from attncli.ending import tidied
from attncli.errors import DocumentError
from attncli.words import closest

if TYPE_CHECKING:  # loading pathlib takes a tenth of a small run
    from pathlib import Path


class ReadingLimit:
    """The memory that reading all the files of a command may take.

    `most` returns the bytes and the reason for the limit in words, such as `--memory`. It is
    called once, if reading takes more than `SMALL` bytes. If `is_enforced`, the system refuses more
    memory to the whole process while a long text is read, because some texts take much more than
    `TEXT` times their size.
    """

    def __init__(self, most: Callable[[], tuple[int, str]], is_enforced: bool = False) -> None:
        self._most = cache(most)  # free memory shrinks while it is taken
        self._is_enforced = is_enforced
        self._before: tuple[int, int] | None = None
        self._taken = 0

    def take(self, size: int, name: str) -> None:
        """Count `size` bytes of memory for the array `name`. Raises DocumentError beyond it."""
        self._taken += size
        if self._taken > SMALL and self._taken > self._most()[0]:
            message = f"{name or 'it'} takes {_size(size)} of memory, but reading {self._reason()}."
            raise DocumentError(message, "Save fewer numbers, or raise --memory.")

    def check_text(self, size: int) -> None:
        """Raise DocumentError if a text of `size` bytes takes more memory than is left."""
        if self._taken + TEXT * size <= SMALL:
            return
        left = self._most()[0] - self._taken
        if TEXT * size > left:
            message = (
                f"it is longer than {_size(left // TEXT)}: reading a text takes {TEXT} times its "
                f"size, and {self._reason()}."
            )
            hint = "Check that it is the right file, write it as NPZ, or raise --memory."
            raise DocumentError(message, hint)
        if self._is_enforced and self._before is None:
            self._before = _limit_addresses(left)

    def release(self) -> None:
        """End the limit of the system, after a file has been read."""
        if self._before:
            _set_addresses(self._before)
        self._before = None

    def out_of_memory(self) -> DocumentError:
        """Return the error for a file for which the system refuses memory."""
        if self._before is None:
            hint = "End other programs, or give a smaller file."
            return DocumentError("there is not enough memory to read it.", hint)
        message = f"it takes more memory than expected, and reading {self._reason()}."
        return DocumentError(message, "Write it as NPZ, or raise --memory.")

    def _reason(self) -> str:
        most, why = self._most()
        return f"may use {_size(most)} ({why})"


def _limit_addresses(size: int) -> tuple[int, int] | None:
    """Let the system refuse this process more than `size` further bytes, and return its old limits.

    Return None if the system has no such limit.
    """
    try:
        from resource import RLIM_INFINITY, RLIMIT_AS, getrlimit, setrlimit

        with open("/proc/self/statm", "rb") as pages:
            used = int(pages.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    except (ImportError, OSError):
        return None
    soft, hard = getrlimit(RLIMIT_AS)
    least = min([used + size, *(limit for limit in (soft, hard) if limit != RLIM_INFINITY)])
    setrlimit(RLIMIT_AS, (least, hard))
    return soft, hard


def _set_addresses(limits: tuple[int, int]) -> None:
    """Set the limits that `_limit_addresses` has returned."""
    from resource import RLIMIT_AS, setrlimit

    setrlimit(RLIMIT_AS, limits)


def _size(size: int) -> str:
    from attncli.calculation.long.memory_demand import size_text

    return size_text(max(0, size))


SMALL = 64 * 2**20  # bytes of memory that reading may always take
TEXT = 10  # the bytes of memory for each byte of a text: its numbers as Python has them
CHUNK = 2**20  # bytes that are read at once from a pipe

_limit: ContextVar[ReadingLimit | None] = ContextVar("limit", default=None)


def current_limit() -> ReadingLimit:
    """Return the limit of the surrounding block `reading_within`, or no limit."""
    return _limit.get() or ReadingLimit(lambda: (maxsize, ""))


@contextmanager
def reading_within(limit: ReadingLimit) -> Iterator[None]:
    """Limit the memory for reading within the block; beyond it, raise DocumentError."""
    token = _limit.set(limit)
    try:
        yield
    except MemoryError:
        raise limit.out_of_memory() from None
    finally:
        _limit.reset(token)
        limit.release()


def exists(path: str) -> bool:
    """Return True if a file or folder has this path; no text is too long, or too odd, for that."""
    return os.path.exists(path)


def read_file(path: str, size: int | None = None) -> bytes:
    """Return the bytes of a file: all of them, or the first `size` bytes.

    Raises DocumentError if the file is missing, a folder, not readable, or too large.
    """
    with reading(path) as file:
        return read_stream(file) if size is None else file.read(size)


@contextmanager
def reading(path: str) -> Iterator[BinaryIO]:
    """Yield a file for reading. Raises DocumentError if it cannot be opened, or read in the block.

    The error does not name the file: the caller knows how the user has named it.
    """
    with errors_of_reading(path), open(path, "rb") as file:
        yield file


@contextmanager
def errors_of_reading(path: str) -> Iterator[None]:
    """Raise DocumentError in place of an error of the system in the block, which reads `path`."""
    try:
        yield
    except FileNotFoundError:
        raise DocumentError("there is no such file.", _similar(path)) from None
    except IsADirectoryError:
        message, hint = "it is a folder, not a file.", "Name a file in it."
        raise DocumentError(message, hint) from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise DocumentError(f"it cannot be read: {reason}.") from None


def read_stream(file: BinaryIO) -> bytes:
    """Return all the bytes of an open file, a device or a pipe, which may also not block.

    Raises DocumentError at the limit of memory, and OSError.
    """
    limit, raw, size = current_limit(), getattr(file, "raw", file), 0
    expected = _size_of(raw)
    limit.check_text(expected)
    parts: list[bytes] = []
    while (part := raw.read(max(expected - size + 1, CHUNK))) != b"":
        if part is None:  # an empty pipe that does not block
            from select import select

            select([raw], [], [])
            continue
        parts.append(part)
        size += len(part)
        limit.check_text(size)
    limit.take(TEXT * size, "it")
    return b"".join(parts)


def _size_of(file: BinaryIO) -> int:
    """Return the size of an open file; 0 for a pipe, a device, or a file in memory."""
    try:
        return os.fstat(file.fileno()).st_size
    except OSError:
        return 0


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
    with errors_of_writing(path):
        if path.exists() and not path.is_file() and not path.is_dir():
            path.write_bytes(data)
            return
    with replacing(path) as file, errors_of_writing(path):
        file.write(data)


def check_writable(path: Path) -> None:
    """Raise DocumentError if a file exists, and may not be written or is locked by a program.

    The system would allow to replace such a file, whose owner has protected it.
    """
    with errors_of_writing(path):
        if path.is_file():
            path.open("r+b").close()


@contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """Yield a new file, which takes the place and the permissions of `path` after the block.

    If the block raises an error, or if a signal ends the program, `path` is the old or the whole
    new file, and no file is left beside it. Raises DocumentError if it cannot be replaced.
    """
    check_writable(path)
    with errors_of_writing(path):
        if path.is_dir():
            message = "it is a folder, not a file."
            raise DocumentError(message, "Name a file in it.").at(str(path))
        target = path.resolve()  # a link stays a link: the file that it points to is replaced
        mode = target.stat().st_mode & 0o777 if target.exists() else None
    # The name is no longer than that of the target may be.
    beside = os.path.join(target.parent, f".attncli-{os.urandom(4).hex()}")

    def remove() -> None:
        with suppress(FileNotFoundError):
            os.unlink(beside)

    def opener(name: str, flags: int) -> int:
        return os.open(name, flags, 0o666 if mode is None else mode)

    with tidied(remove), ExitStack() as stack:
        stack.callback(remove)
        with errors_of_writing(path):
            file = stack.enter_context(open(beside, "xb", opener=opener))
        yield file
        with errors_of_writing(path):
            file.close()  # Windows replaces no file that is open
            if mode is not None:
                os.chmod(beside, mode)
            os.replace(beside, target)


@contextmanager
def errors_of_writing(path: Path) -> Iterator[None]:
    """Raise DocumentError in place of an error of the system in the block, which writes `path`."""
    try:
        yield
    except (OSError, RuntimeError) as error:
        number, reason = getattr(error, "errno", None), getattr(error, "strerror", None)
        message = f"it cannot be written: {reason or error}."
        hint = "Check that the folder exists and that you may write to it."
        if number in (ENOSPC, EDQUOT, EFBIG):
            hint = "Free some space, or write to another disk."
        raise DocumentError(message, hint).at(str(path)) from None
