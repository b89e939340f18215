"""A gradebook on the disk that grows row by row, so that a run that is killed loses no row."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from io import FileIO
from pathlib import Path

from attncli.ending import tidied
from attncli.errors import DocumentError, errors_at
from attncli.formats import LinesFormat
from attncli.homework.classes.grade import Grade


def known_grades(file: Path, form: LinesFormat, steps: Sequence[str]) -> dict[str, Grade]:
    """Return the grades of an earlier run by their digests; none if the file does not exist.

    Raises AttncliError if the file is not the gradebook of a problem with these steps.
    """
    from attncli.documents.files import read_file
    from attncli.render.classes.grades_reader import read_grades

    if not file.exists():
        return {}
    with errors_at(str(file)):
        data = read_file(str(file))
        if data and not data.startswith(form.head(steps).encode()):
            message = "it is not a gradebook of this problem: its first line is another."
            raise DocumentError(message, "Leave out --resume to replace it, or name another file.")
        return {grade.digest: grade for grade in read_grades(data) if grade.digest}


@contextmanager
def growing_gradebook(
    file: Path, form: LinesFormat, steps: Sequence[str], known: Collection[str]
) -> Iterator[Callable[[Grade], None]]:
    """Write a gradebook whose rows are added one by one, with the function that is yielded.

    A row is in the file when the function returns. `known` are the digests of the rows that the
    file already has, from an earlier run: it keeps them, and only new rows are added; when the
    block ends, all rows in the order of this run replace it. Raises DocumentError if the file
    cannot be written.
    """
    with errors_at(str(file)), ExitStack() as files:
        try:
            lines = _opened(files, file, "r+b" if known else "wb")
            ordered, beside = None, file.with_name(f".attncli-{os.urandom(4).hex()}")
            if known:
                _end_last_line(lines)
                files.enter_context(_removed(beside))
                ordered = _opened(files, beside, "xb")
            for begun in (ordered, None if known else lines):
                if begun:
                    begun.write(form.head(steps).encode())

            def add(grade: Grade) -> None:
                line = form.line(grade, steps).encode()
                if ordered:
                    ordered.write(line)
                if grade.digest not in known:
                    lines.write(line)

            yield add
            if ordered:
                ordered.close()
                beside.replace(file)
        except OSError as error:
            hint = "Check that the folder exists, and that there is space on the disk."
            raise DocumentError(f"it cannot be written: {error.strerror}.", hint) from None


def _opened(files: ExitStack, file: Path, mode: str) -> FileIO:
    """Open a file that is closed with the block; each line is written at once."""
    return files.enter_context(FileIO(file, mode))


@contextmanager
def _removed(file: Path) -> Iterator[None]:
    """Remove a file at the end of the block, or if a signal ends the program within it."""

    def remove() -> None:
        with suppress(FileNotFoundError):
            file.unlink()

    with tidied(remove):
        try:
            yield
        finally:
            remove()


def _end_last_line(file: FileIO) -> None:
    """Cut a last line that a run did not finish, and go to the end of the file."""
    end = file.readall().rfind(b"\n") + 1
    file.truncate(end)
    file.seek(end)
