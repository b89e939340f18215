"""A class whose students have variants, with seeded answers: every second has one known mistake.

The mistakes are those of tests/teaching, which import nothing of the package.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from tests.running import run
from tests.teaching.answers.digits import same_digits
from tests.teaching.answers.showing import Writing
from tests.teaching.answers.single_mistakes import changes
from tests.teaching.calculation.calculate import Steps, calculate
from tests.teaching.calculation.problem import Problem
from tests.teaching.kinds import Random, seeded
from tests.teaching.mistakes.catalogue_of_faults import MISTAKES

KIND = "self"
STEPS = ("scores", "scaled", "weights", "output")  # the steps that each answer shows
MATRICES = ("X", "W_q", "W_k", "W_v")
KNOWN = [mistake for mistake in MISTAKES.values() if KIND in mistake.kinds]
MOST_DRAWS = 30  # mistakes that are tried until one changes the digits


@dataclass(frozen=True)
class Drawn:
    """A student's answer: the names that fit its mistake, none if it is right.

    `others` are the names of other mistakes that give the same digits.
    """

    student: str
    answer: dict[str, Any]
    names: tuple[str, ...] = ()
    others: frozenset[str] = frozenset()


def make_class(folder: Path, students: int) -> None:
    """Write the variants of a class into `folder`/class, as `attncli new` does."""
    made = run("new", KIND, "--variants", str(students), "-o", str(folder / "class"))
    assert made.exit_code == 0, made.stderr


def drawn_answers(folder: Path) -> Iterator[Drawn]:
    """Yield the answer of each student of the class in `folder`/class."""
    manifest = json.loads((folder / "class" / "manifest.json").read_text(encoding="utf-8"))
    for number, entry in enumerate(manifest["students"]):
        document = entry["document"]
        problem = Problem(KIND, {name: np.array(document[name], float) for name in MATRICES})
        yield _drawn(entry["id"], problem, seeded("class", number), is_wrong=number % 2 == 1)


def write_answers(folder: Path, drawn: Iterator[Drawn]) -> list[Drawn]:
    """Write each answer into `folder`/answers, and return all."""
    (folder / "answers").mkdir()
    kept = []
    for one in drawn:
        text = json.dumps(one.answer)
        (folder / "answers" / f"{one.student}.json").write_text(text, encoding="utf-8")
        kept.append(one)
    return kept


def _drawn(student: str, problem: Problem, random: Random, is_wrong: bool) -> Drawn:
    places = int(random.choice([2, 3, 4]))
    writing = Writing("usual", places, "at the end", as_text=False)
    right = calculate(problem)
    for _ in range(MOST_DRAWS if is_wrong else 0):
        mistake = KNOWN[int(random.integers(len(KNOWN)))]
        try:
            steps = mistake.done(problem)
        except (ValueError, IndexError):  # the wrong matrix does not fit the next step
            continue
        if set(STEPS) <= steps.keys() and changes(steps, right, STEPS, writing):
            others = frozenset(_same(problem, steps, writing)) - {*mistake.names}
            return Drawn(student, writing.write(steps, STEPS), mistake.names, others)
    return Drawn(student, writing.write(right, STEPS))


def _same(problem: Problem, steps: Steps, writing: Writing) -> Iterator[str]:
    """Yield the names of the mistakes that give the same digits."""
    for mistake in KNOWN:
        if same_digits(partial(mistake.done, problem), steps, STEPS, writing):
            yield from mistake.names
