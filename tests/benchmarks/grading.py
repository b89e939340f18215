"""Measure how long an answer of a homework takes: alone, in a batch, and in a loop of the shell."""

from __future__ import annotations

import json
import pickle
import random
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from attncli import check, compute
from attncli.calculation.problem.problem import Computation
from attncli.face.functions import read_document
from attncli.grading.batches import Batch, Graded, Judging, Ungraded, grade_batch
from attncli.homework.checking import CheckOptions
from attncli.homework.mistakes.catalogue import MISTAKES
from tests.benchmarks.measuring import Ratio, command, seconds, show
from tests.make_answers import carried, rows

SAMPLE = "samples/self_attention.json"
STEPS = ("scores", "scaled", "weights", "output")  # the steps that the homework asks for
DECIMALS = 2
CLASS = 1000  # answers, every second one with a mistake
PROCESSES = 10  # runs of `attncli check`, from which the loop over a class is reckoned
RIGHT_MS, WRONG_MS, EACH_MS = 4, 15, 9  # limits of CPU time
ROUNDS = 10


def homework(made: Computation, mistake: str | None, decimals: int = DECIMALS) -> str:
    """Return an answer as JSON: four steps, with or without a mistake in one of them."""
    with np.errstate(all="ignore"):  # some mistakes overflow
        steps = carried(made, None, mistake)
    blocks = [f'"{name}": {rows(np.round(steps[name], decimals).tolist(), "")}' for name in STEPS]
    return "{" + ", ".join(blocks) + "}"


def fitting_mistakes(made: Computation) -> list[str]:
    """Return the mistakes that change a step of the homework, and fit into it."""
    right = homework(made, None)
    found = []
    for name in MISTAKES:
        try:
            if homework(made, name) != right:
                found.append(name)
        except ValueError:  # the wrong matrix does not fit the next step
            continue
    return found


def class_of(made: Computation, mistakes: list[str], number: int) -> tuple[Ungraded, ...]:
    """Return the answers of a class, which are the same at each call."""
    chance = random.Random(0)
    answers = []
    for at in range(number):
        mistake = chance.choice(mistakes) if at % 2 else None
        text = homework(made, mistake, chance.choice((2, 3, 4)))
        answers.append(Ungraded("homework", f"student-{at:04}.json", text.encode()))
    return tuple(answers)


def processor_seconds(run: Callable[[], object]) -> float:
    """Return the CPU time of a run in this process: others on the machine hardly change it."""
    start = time.process_time()
    run()
    return time.process_time() - start


def milliseconds(text: str) -> float:
    """Return the CPU time of one check in this process, the least of some."""
    answer = json.loads(text)
    return 1000 * min(processor_seconds(lambda: check(SAMPLE, answer)) for _ in range(ROUNDS))


def measured() -> Iterator[Ratio]:
    """Measure checks in this process, a class in one batch, and the same class in a shell loop."""
    made = compute(SAMPLE).made
    mistakes = fitting_mistakes(made)
    right = milliseconds(homework(made, None))
    yield Ratio(f"check, right: {right:.1f} ms", f"{RIGHT_MS} ms", right / RIGHT_MS, 1.0)
    times = {name: milliseconds(homework(made, name)) for name in mistakes}
    slowest = max(times, key=lambda name: times[name])
    for words, name in (("", "no-scale"), (f", slowest of {len(times)}", slowest)):
        what = f"check, {name}{words}: {times[name]:.1f} ms"
        yield Ratio(what, f"{WRONG_MS} ms", times[name] / WRONG_MS, 1.0)
    answers = class_of(made, mistakes, CLASS)
    each = processor_seconds(lambda: graded(answers)) / CLASS
    what = f"grade_batch, {CLASS} answers: {1 / each:.0f} per second of CPU"
    yield Ratio(what, f"{EACH_MS} ms for each", 1000 * each / EACH_MS, 1.0)
    one_by_one = shell_loop(answers[:PROCESSES]) / PROCESSES
    in_batch = seconds(lambda: graded(answers)) / CLASS
    what = f"grade_batch, one process: {one_by_one / in_batch:.0f} times as fast"
    yield Ratio(what, "a loop over attncli check", in_batch / one_by_one, 1 / 30)


def graded(answers: tuple[Ungraded, ...]) -> list[Graded]:
    """Grade a class in one batch."""
    problems = {"homework": pickle.dumps(read_document(SAMPLE, {}))}
    found: list[Graded] = pickle.loads(
        grade_batch(pickle.dumps(Batch(problems, Judging(CheckOptions()), answers)))
    )
    return found


def shell_loop(answers: tuple[Ungraded, ...]) -> float:
    """Return the seconds that `attncli check` takes for these answers, a process for each."""
    program = str(Path(sys.executable).with_name("attncli"))
    with TemporaryDirectory() as folder:
        total = 0.0
        for answer in answers:
            file = Path(folder) / answer.file
            file.write_bytes(answer.data)
            run = command(program, "check", SAMPLE, str(file), passes=(0, 1))
            total += seconds(run)
    return total


def main() -> None:
    """Print the table of ratios."""
    show("Grading: a homework of four steps", list(measured()))
