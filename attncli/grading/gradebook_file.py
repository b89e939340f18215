"""A gradebook on the disk that grows row by row, so that a run that is killed loses no row."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from io import FileIO
from pathlib import Path

from attncli.documents.files import errors_of_writing, read_file, replacing
from attncli.errors import DocumentError, errors_at
from attncli.formats import LinesFormat
from attncli.homework.classes.grade import Grade


def known_grades(file: Path, form: LinesFormat, steps: Sequence[str]) -> dict[str, Grade]:
    """Return the grades of an earlier run by their digests; none if the file does not exist.

    Raises AttncliError if the file is not the gradebook of a problem with these steps.
    """
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
    head = form.head(steps).encode()
    with ExitStack() as files:
        ordered = files.enter_context(replacing(file)) if known else None
        with errors_of_writing(file):
            lines = files.enter_context(FileIO(file, "r+b" if known else "wb"))
            if known:
                _end_last_line(lines)
            (ordered or lines).write(head)

        def add(grade: Grade) -> None:
            line = form.line(grade, steps).encode()
            with errors_of_writing(file):
                if ordered:
                    ordered.write(line)
                if grade.digest not in known:
                    lines.write(line)  # at once, because FileIO has no buffer

        yield add


def _end_last_line(file: FileIO) -> None:
    """Cut a last line that a run did not finish, and go to the end of the file."""
    end = file.readall().rfind(b"\n") + 1
    file.truncate(end)
    file.seek(end)
