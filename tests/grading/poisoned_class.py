"""A class in which one answer ends its worker, and the crew that grades it."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable
from pathlib import Path
from typing import Any

from attncli.documents.reader import Reader
from attncli.face.surroundings import PYTHON
from attncli.grading.batches import Graded, Judging
from attncli.grading.class_work import class_work
from attncli.grading.crew import AnyTask, Crew
from attncli.homework.checking import CheckOptions
from tests.grading.counted_tasks import POISONED, grade_or_end

PROBLEM = {"Q": [[1, 2]], "K": [[1, 0], [0, 1]], "V": [[2], [4]], "score": "dot"}
RIGHT = b'{"output": [[3.46]]}'
ANSWERS, AT = 61, 37  # the answers fill more than two batches


class PoisonedCrew(Crew):
    """The workers of a crew, which end when they grade the answer that is POISONED."""

    def __init__(self, crew: Crew) -> None:
        self._crew = crew

    def in_order(
        self, function: Callable[..., bytes], tasks: Iterable[AnyTask], *shared: Any
    ) -> Generator[tuple[AnyTask, bytes | None], None, None]:
        return self._crew.in_order(grade_or_end, tasks, *shared)


def grade_poisoned(folder: Path, crew: Crew) -> list[Graded]:
    """Return the grades of the class, with reports, as `attncli grade` makes them."""
    for number in range(ANSWERS):
        data = POISONED if number == AT else RIGHT
        (folder / f"{number}.json").write_bytes(data)
    problem = Reader().document(PROBLEM)
    judging = Judging(CheckOptions(), feedback="markdown")
    work = class_work(problem, [str(folder)], Reader().document({}), judging, None, PYTHON)
    return list(work.graded(PoisonedCrew(crew), {}))


def assert_one_is_named(found: list[Graded]) -> None:
    """One answer is unreadable, by its name and with a report; all others have their points."""
    assert [each.grade.earned for each in found[:AT] + found[AT + 1 :]] == [1] * (ANSWERS - 1)
    poisoned = found[AT].grade
    assert (poisoned.status.word, poisoned.earned) == ("unreadable", None)
    assert poisoned.file.endswith(f"/{AT}.json")
    assert poisoned.message == f"{poisoned.file}: reading or judging it ended the process."
    assert found[AT].feedback.decode() == (
        f"**Your answer is not graded.**\n\n{AT}.json: reading or judging it ended the process.\n"
    )
