"""Write reports for students into a folder, or into a ZIP, one after the other."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

from attncli.documents.files import errors_of_writing, replacing, write_file
from attncli.documents.zip_entries import file_entry
from attncli.errors import DocumentError

Write = Callable[[str, bytes], None]  # takes a path with `/` between its parts, and the bytes


@contextmanager
def writing_feedback(target: Path) -> Iterator[Write]:
    """Yield a function that writes a file into `target`: a ZIP with the suffix .zip, or a folder.

    A folder is made if it does not exist, and gets each file at once. A ZIP appears when the block
    ends, whole, and not at all if the block raises an error or a signal ends the program. Raises
    DocumentError if a file cannot be written, or if its path leads out of the folder.
    """
    with _writing_zip(target) if is_zip(target) else _writing_folder(target) as write:
        yield write


def is_zip(target: Path) -> bool:
    """Return True if the reports go into a ZIP, and False for a folder."""
    return target.suffix.casefold() == ".zip"


@contextmanager
def _writing_folder(folder: Path) -> Iterator[Write]:
    if folder.exists() and not folder.is_dir():
        message, hint = "it is a file, not a folder.", "Name a folder, or a file with suffix .zip."
        raise DocumentError(message, hint).at(str(folder))
    with errors_of_writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        top = folder.resolve()

    def write(path: str, data: bytes) -> None:
        file = folder.joinpath(*_inner_parts(path))
        with errors_of_writing(file):
            # A link in the folder may lead out of it, which no name shows.
            if not file.parent.resolve().is_relative_to(top):
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
    with replacing(target) as file:
        archive = ZipFile(file, "w")

        def write(path: str, data: bytes) -> None:
            entry = file_entry("/".join(_inner_parts(path)))
            with errors_of_writing(target):
                archive.writestr(entry, data, ZIP_DEFLATED)

        try:
            yield write
        finally:
            with errors_of_writing(target):
                archive.close()


def _inner_parts(path: str) -> list[str]:
    """Return the parts of a path. Raises DocumentError if it leads out of the folder."""
    parts = path.replace("\\", "/").split("/")
    if any(part in ("", ".", "..") or ":" in part for part in parts):
        raise DocumentError(f"{path!r} is not a path within the folder for feedback.")
    return parts
