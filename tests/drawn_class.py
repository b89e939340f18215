"""A small class of drawn answers: right, wrong in several ways, unreadable, old and missing."""

from __future__ import annotations

import json
import pickle
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from attncli.documents.reader import Reader
from attncli.grading.batches import Batch, Graded, Judging, Ungraded, grade_batch
from attncli.homework.checking import CheckOptions
from attncli.homework.classes.class_report import ClassReport
from attncli.homework.classes.class_tally import ClassTally
from attncli.homework.classes.grade import Grade, Status
from attncli.records import replace
from tests.running import SAMPLES

TITLE = "Exercise 1 | Three inputs"
STEPS = ("scores", "scaled", "weights", "output")
ODD = np.array([[0.21, -0.13, 0.07], [0.34, 0.05, -0.27], [0.11, -0.4, 0.16]])


def _softmax(scores: Any) -> Any:
    exponentials = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return exponentials / exponentials.sum(axis=-1, keepdims=True)


def _answer(**wrong: Any) -> bytes:
    """Return an answer that NumPy calculates, with these mistakes.

    `slip` is added to a cell of the scores. With `unscaled`, the scores are not scaled. With `odd`,
    the weights are wrong in a way that no mistake of the catalogue explains.
    """
    document = json.loads((SAMPLES / "self_attention.json").read_text(encoding="utf-8"))
    given = {name: np.array(document[name]) for name in ("X", "W_q", "W_k", "W_v")}
    q, k, v = (given["X"] @ given[f"W_{letter}"] for letter in "qkv")
    scores = (q @ k.T).astype(float)
    scores[1, 0] += wrong.get("slip", 0)
    scaled = scores if "unscaled" in wrong else scores / np.sqrt(3)
    weights = _softmax(scaled)
    weights += ODD if "odd" in wrong else 0
    matrices = dict(zip(STEPS, (scores, scaled, weights, weights @ v), strict=True))
    shown = {name: matrix.round(4).tolist() for name, matrix in matrices.items()}
    return json.dumps(shown).encode()


# The answers by their files; the program reads and grades them.
ANSWERS: Mapping[str, bytes] = {
    "answers/student-01.json": _answer(),
    "answers/student-02.json": _answer(unscaled=True),
    "answers/student-03.json": _answer(slip=7),
    "answers/student-04.json": b'{"scores": [[1, 2],, [3, 4]]}',
    "answers/student-05.json": _answer(odd=True),
    "answers/student-06.json": _answer(odd=True),
}
NAMES = ("Anna Li", "=1+1", "<b>Bo</b> | *Lee*", "", "'t Hooft, Cy", "Dee \U0001f600 Lee")


def graded(form: str = "") -> list[Graded]:
    """Return the graded answers in the order of their files, with reports in a form of `check`."""
    document = Reader().document(str(SAMPLES / "self_attention.json"))
    answers = tuple(Ungraded("p", file, data) for file, data in ANSWERS.items())
    batch = Batch({"p": pickle.dumps(document)}, Judging(CheckOptions(), feedback=form), answers)
    found: list[Graded] = pickle.loads(grade_batch(pickle.dumps(batch)))
    return [
        replace(
            each,
            grade=replace(
                each.grade,
                student=f"student-{number:02}",
                name=name,
                digest=f"{number:032x}",
                variant="AB"[number % 2],
            ),
        )
        for number, (each, name) in enumerate(zip(found, NAMES, strict=True), 1)
    ]


def drawn_grades() -> list[Grade]:
    """Return the rows of the class, with an older attempt and a student without an answer."""
    grades = [each.grade for each in graded()]
    old = Grade("student-02", Status.SUPERSEDED, "=1+1", file="answers/old/student-02.json")
    return [*grades[:2], old, *grades[2:], Grade("student-07", Status.MISSING, "Ed Lee")]


def class_report(grades: Iterable[Grade], title: str = "") -> ClassReport:
    """Return the report on a class with these grades."""
    tally, kept = ClassTally(), tuple(grades)
    for grade in kept:
        tally.add(grade)
    return ClassReport(title, kept, tally.statistics())


def drawn_class() -> ClassReport:
    """Return the report on the class."""
    return class_report(drawn_grades(), TITLE)
