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
    try:
        with _writing_zip(target) if is_zip else _writing_folder(target) as write:
            yield write
    except OSError as error:
        raise _cannot_write(error.strerror or str(error), target) from None


@contextmanager
def _writing_folder(folder: Path) -> Iterator[Write]:
    if folder.exists() and not folder.is_dir():
        message, hint = "it is a file, not a folder.", "Name a folder, or a file with suffix .zip."
        raise DocumentError(message, hint).at(str(folder))
    folder.mkdir(parents=True, exist_ok=True)

    def write(path: str, data: bytes) -> None:
        file = folder.joinpath(*_inner_parts(path))
        # A link in the folder may lead out of it, so that no name shows it.
        if not file.parent.resolve().is_relative_to(folder.resolve()):
            message, hint = "it leads out of the folder.", "Remove the link, or name a new folder."
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
            with zipfile.ZipFile(beside, "x", zipfile.ZIP_DEFLATED) as archive:
                yield lambda path, data: _add(archive, path, data)
            os.replace(beside, place)
        finally:
            remove()


def _add(archive: zipfile.ZipFile, path: str, data: bytes) -> None:
    member = zipfile.ZipInfo("/".join(_inner_parts(path)), OLDEST)
    member.create_system, member.external_attr = UNIX, READABLE
    member.compress_type = zipfile.ZIP_DEFLATED
    archive.writestr(member, data)


def _inner_parts(path: str) -> list[str]:
    """Return the parts of a path. Raises DocumentError if it leads out of the folder."""
    parts = path.replace("\\", "/").split("/")
    if any(part in ("", ".", "..") or ":" in part for part in parts):
        raise DocumentError(f"{path!r} is not a path within the folder for feedback.")
    return parts


def _cannot_write(reason: str, target: Path) -> DocumentError:
    hint = "Check that the folder exists and that you may write to it."
    return DocumentError(f"it cannot be written: {reason}.", hint).at(str(target))
