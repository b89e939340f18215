"""Write reports for students into a folder, or into a ZIP, one after the other."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from attncli.documents.files import errors_of_writing, replacing, write_file
from attncli.errors import DocumentError

Write = Callable[[str, bytes], None]  # takes a path with `/` between its parts, and the bytes

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
        archive = ZipFile(file, "w", ZIP_DEFLATED)

        def write(path: str, data: bytes) -> None:
            member = ZipInfo("/".join(_inner_parts(path)))  # the date is 1980-01-01
            member.create_system, member.external_attr = UNIX, READABLE
            member.compress_type = ZIP_DEFLATED
            with errors_of_writing(target):
                archive.writestr(member, data)

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
