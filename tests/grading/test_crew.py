"""Test a crew of real processes: order, memory, and workers that end."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import CancelledError, Executor, Future
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from attncli.grading.crew import AHEAD, Crew, local_crew
from tests.grading.counted_tasks import POISON, SLOW, Numbers, squares
from tests.grading.poisoned_class import assert_one_is_named, grade_poisoned

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def crew() -> Iterator[Crew]:
    """Two processes for all tests of this file."""
    with local_crew(2) as found:
        yield found


def tasks(*numbers: int, size: int = 7) -> Iterator[Numbers]:
    """Yield the numbers in tasks of this size."""
    left = iter(numbers)
    while chosen := tuple(islice(left, size)):
        yield Numbers(chosen)


def test_results_come_in_the_order_of_the_tasks(crew: Crew) -> None:
    """A slow task does not let a later one pass."""
    numbers = [SLOW, *range(101)]
    found = [
        square
        for _, result in crew.in_order(squares, tasks(*numbers))
        for square in pickle.loads(result or b"")
    ]
    assert found == [number**2 for number in numbers]


def test_a_task_that_ends_its_worker_is_named_and_all_others_are_done(crew: Crew) -> None:
    """Each number but the one that ends its process has its square, in order."""
    numbers = [*range(31), POISON, *range(31, 83)]
    found: list[tuple[int, int | None]] = []
    for task, result in crew.in_order(squares, tasks(*numbers)):
        made = pickle.loads(result) if result else [None] * len(task.numbers)
        found += zip(task.numbers, made, strict=True)
    assert found == [(n, None if n == POISON else n**2) for n in numbers]


def test_an_answer_that_ends_its_worker_is_named_and_all_others_are_graded(
    crew: Crew, tmp_path: Path
) -> None:
    """The row of the answer has its file and a message, and no points."""
    assert_one_is_named(grade_poisoned(tmp_path, crew))


def test_few_tasks_are_taken_ahead(crew: Crew) -> None:
    """Memory does not grow with the number of tasks: they are taken as results are yielded."""
    taken: list[Numbers] = []

    def counted() -> Iterator[Numbers]:
        for task in tasks(*range(10**6)):
            taken.append(task)
            yield task

    results = crew.in_order(squares, counted())
    for done in range(1, 12):
        next(results)
        assert len(taken) <= AHEAD * crew.workers + done
    results.close()


class Silent(Executor):
    """Takes tasks, and never returns a result."""

    def submit(self, *_: object, **__: object) -> Future[Any]:
        return Future()


def test_a_result_that_never_arrives_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The crew is looked at while a result is awaited, and is lost."""
    monkeypatch.setattr("attncli.grading.crew.BETWEEN", 0.01)
    asked = iter([False, False, True])
    lost = Crew(Silent, 1, is_lost=lambda: next(asked))
    with pytest.raises(CancelledError):
        next(lost.in_order(squares, tasks(1)))
    assert not [*asked]


def test_a_script_without_a_guard_is_an_error(tmp_path: Path) -> None:
    """Each process runs the script again, and ends: no answer is called unreadable for that."""
    script = tmp_path / "script.py"
    script.write_text(
        "from attncli import grade\n"
        "print(list(grade('sample:self_attention', 'sample:answers/self_attention')))\n",
        encoding="utf-8",
    )
    done = subprocess.run(
        [sys.executable, str(script)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert "AttncliError: a new process ends at once, before it has work. In a script, call" in (
        done.stderr
    )


def is_alive(number: int) -> bool:
    """Return True if a process with this number runs; a dead one that nobody waits for does not."""
    with suppress(OSError):
        return Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="the system has no /proc")
def test_workers_end_with_a_killed_parent() -> None:
    """A parent that is killed leaves no process behind."""
    program = (
        "from attncli.grading.crew import local_crew\n"
        "from tests.grading.counted_tasks import Numbers, process\n"
        "if __name__ == '__main__':\n"
        "    with local_crew(1) as crew:\n"
        "        print(next(crew.in_order(process, [Numbers(())]))[1].decode(), flush=True)\n"
        "        import os; os.kill(os.getpid(), 9)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert done.returncode == -9, done.stderr
    worker = int(done.stdout)
    deadline = time.monotonic() + 20
    while is_alive(worker) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not is_alive(worker)
