"""A gradebook on the disk that grows row by row, so that a run that is killed loses no row."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from io import FileIO
from pathlib import Path

from attncli.documents.files import errors_of_writing, reading, replacing
from attncli.errors import DocumentError, errors_at
from attncli.formats import LinesFormat
from attncli.homework.classes.grade import Grade
from attncli.render.classes.grades_reader import GradesReader


class KnownGrades(Mapping[str, Grade]):
    """The grades of an earlier run by their digests; none if the file does not exist.

    They stay in the file, and only their places are in memory. Raises AttncliError if the file is
    not the gradebook of a problem with these steps.
    """

    def __init__(self, file: Path, form: LinesFormat, steps: Sequence[str]) -> None:
        self._file, self._reader = file, GradesReader()
        self._places: dict[str, int] = {}
        self.end = 0  # of the last whole line
        head = form.head(steps).encode()
        if not file.exists():
            return
        with errors_at(str(file)), reading(str(file)) as lines:
            for number, line in enumerate(lines):
                if number == 0 and not line.startswith(head):
                    message = "it is not a gradebook of this problem: its first line is another."
                    hint = "Leave out --resume to replace it, or name another file."
                    raise DocumentError(message, hint)
                grade = self._reader.next_grade(line)
                if grade and grade.digest:
                    self._places[grade.digest] = self.end
                self.end += len(line) if line.endswith(b"\n") else 0

    def __getitem__(self, digest: str) -> Grade:
        place = self._places[digest]
        with reading(str(self._file)) as lines:
            lines.seek(place)
            return self._reader.grade(lines.readline())

    def __contains__(self, digest: object) -> bool:
        return digest in self._places

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)


@contextmanager
def growing_gradebook(
    file: Path, form: LinesFormat, steps: Sequence[str], known: KnownGrades | None
) -> Iterator[Callable[[Grade], None]]:
    """Write a gradebook whose rows are added one by one, with the function that is yielded.

    A row is in the file when the function returns. `known` are the rows that the file has from an
    earlier run: it keeps them, and only new rows are added; when the block ends, all rows in the
    order of this run replace it. Without them, the file is begun anew. Raises DocumentError if it
    cannot be written.
    """
    head = form.head(steps).encode()
    with ExitStack() as files:
        ordered = files.enter_context(replacing(file)) if known else None
        with errors_of_writing(file):
            lines = files.enter_context(FileIO(file, "r+b" if known else "wb"))
            if known:  # a line that the run before did not finish is cut
                lines.truncate(known.end)
                lines.seek(known.end)
            (ordered or lines).write(head)

        def add(grade: Grade) -> None:
            line = form.line(grade, steps).encode()
            with errors_of_writing(file):
                if ordered:
                    ordered.write(line)
                if not known or grade.digest not in known:
                    lines.write(line)  # at once, because FileIO has no buffer

        yield add
