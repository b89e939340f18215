"""The function `attncli.grade`: from a problem and the answers of a class to their grades."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from os import PathLike
from typing import TYPE_CHECKING

from attncli.errors import AttncliError
from attncli.homework.classes.grade import Grade

if TYPE_CHECKING:
    from attncli.face.functions import DocumentLike

Place = str | PathLike[str]


def grade(
    document: DocumentLike,
    answers: Place | Iterable[Place],
    *,
    jobs: int = 1,
    scheduler: str = "",
    student: str | None = None,
    step: str | None = None,
    decimals: int | None = None,
    atol: float | None = None,
    rtol: float | None = None,
    strict: bool = False,
    points: str = "",
    required: str = "",
    **choices: object,
) -> Iterator[Grade]:
    """Yield the grade of each answer of a class, in input order.

    `document` is a problem as `check` takes it, or the path of the folder that `attncli new
    --students` has written: then each student has a problem. `answers` are files, folders, patterns
    such as `answers/*.json`, and ZIPs, also as learning platforms export them; `student` is a
    regular expression that finds the students in their paths. An answer that cannot be read has a
    grade without points, and a message. The other options are those of `check`.

    The answers are judged by `jobs` processes at the same time, or by the workers of a Dask cluster
    with a `scheduler`, such as `tcp://10.0.0.1:8786`. As with all programs that use several
    processes, the code of a script that calls this function must stand below
    `if __name__ == "__main__":`.

    Raises AttncliError if the document, an option or a path is wrong.

    >>> from attncli import grade
    >>> grades = grade("sample:self_attention", "sample:answers/self_attention/mistake")
    >>> [(each.earned, each.points, each.mistakes) for each in grades]
    [(6.0, 7.0, ('no-scale',))]
    """
    from attncli.face.functions import read_document
    from attncli.face.surroundings import PYTHON
    from attncli.grading.batches import Judging
    from attncli.grading.class_work import class_work
    from attncli.grading.cluster import cluster_crew
    from attncli.grading.crew import local_crew
    from attncli.homework.checking import CheckOptions

    if jobs < 1:
        raise AttncliError(f"jobs is {jobs}.", "Use a whole number of at least 1.")
    chosen = read_document({}, choices)
    options = CheckOptions(decimals, atol, rtol, strict, points, required)
    places = [answers] if isinstance(answers, str | PathLike) else answers
    work = class_work(
        os.fspath(document)
        if isinstance(document, str | PathLike)
        else read_document(document, {}),
        [os.fspath(place) for place in places],
        chosen,
        Judging(options, step),
        student,
        PYTHON,
    )
    with cluster_crew(scheduler) if scheduler else local_crew(jobs) as crew:
        for graded in work.graded(crew, {}):
            yield graded.grade
