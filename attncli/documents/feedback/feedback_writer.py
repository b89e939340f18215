"""Write reports for students into a folder, or into a ZIP, one after the other."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from attncli.documents.files import write_file
from attncli.ending import tidied
from attncli.errors import DocumentError

Write = Callable[[str, bytes], None]  # takes a path with `/` between its parts, and the bytes

OLDEST = (1980, 1, 1, 0, 0, 0)  # the time of every file in a ZIP: equal files make equal ZIPs
UNIX, READABLE = 3, 0o100644 << 16  # the system that a ZIP names, and a file that all can read


@contextmanager
def writing_feedback(target: Path) -> Iterator[Write]:
    """Yield a function that writes a file into `target`: a ZIP with the suffix .zip, or a folder.

    A folder is made if it does not exist, and gets each file at once. A ZIP appears when the block
    ends, whole, and not at all if the block raises an error or a signal ends the program. Raises
    DocumentError if a file cannot be written, or if its path leads out of the folder.
    """
    is_zip = target.suffix.casefold() == ".zip"
    with _writing_zip(target) if is_zip else _writing_folder(target) as write:
        yield write


@contextmanager
def _writing_folder(folder: Path) -> Iterator[Write]:
    if folder.exists() and not folder.is_dir():
        message, hint = "it is a file, not a folder.", "Name a folder, or a file with suffix .zip."
        raise DocumentError(message, hint).at(str(folder))
    with _errors_of_writing(folder):
        folder.mkdir(parents=True, exist_ok=True)

    def write(path: str, data: bytes) -> None:
        file = folder.joinpath(*_inner_parts(path))
        with _errors_of_writing(file):
            # A link in the folder may lead out of it, which no name shows.
            if not file.parent.resolve().is_relative_to(folder.resolve()):
                message = "it leads out of the folder."
                hint = "Remove the link, or name another folder."
                raise DocumentError(message, hint).at(str(file.parent))
            file.parent.mkdir(parents=True, exist_ok=True)
            if file.is_symlink():
                file.unlink()
        write_file(file, data)

    yield write


@contextmanager
def _writing_zip(target: Path) -> Iterator[Write]:
    if target.is_dir():
        message, hint = "it is a folder, not a file.", "Name a ZIP in it."
        raise DocumentError(message, hint).at(str(target))
    place = target.resolve()  # a link stays a link: the file that it points to is replaced
    beside = place.parent / f".attncli-{os.urandom(4).hex()}"

    def remove() -> None:
        with suppress(FileNotFoundError):
            os.unlink(beside)

    with tidied(remove):
        try:
            with _errors_of_writing(target):
                archive = zipfile.ZipFile(beside, "x", zipfile.ZIP_DEFLATED)
            try:
                yield lambda path, data: _add(archive, path, data, target)
            finally:
                with _errors_of_writing(target):
                    archive.close()
            with _errors_of_writing(target):
                os.replace(beside, place)
        finally:
            remove()


def _add(archive: zipfile.ZipFile, path: str, data: bytes, target: Path) -> None:
    member = zipfile.ZipInfo("/".join(_inner_parts(path)), OLDEST)
    member.create_system, member.external_attr = UNIX, READABLE
    member.compress_type = zipfile.ZIP_DEFLATED
    with _errors_of_writing(target):
        archive.writestr(member, data)


def _inner_parts(path: str) -> list[str]:
    """Return the parts of a path. Raises DocumentError if it leads out of the folder."""
    parts = path.replace("\\", "/").split("/")
    if any(part in ("", ".", "..") or ":" in part for part in parts):
        raise DocumentError(f"{path!r} is not a path within the folder for feedback.")
    return parts


@contextmanager
def _errors_of_writing(target: Path) -> Iterator[None]:
    """Turn the errors of the system in this block into DocumentError."""
    try:
        yield
    except OSError as error:
        message = f"it cannot be written: {error.strerror or error}."
        hint = "Check that the folder exists and that you may write to it."
        raise DocumentError(message, hint).at(str(target)) from None
