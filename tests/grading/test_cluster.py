"""Test the workers of a real Dask cluster on this machine."""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from attncli.errors import AttncliError
from attncli.grading.cluster import cluster_crew
from tests.grading.counted_tasks import POISON, Numbers, process, squares
from tests.grading.dask_cluster import Cluster, cluster
from tests.grading.poisoned_class import assert_one_is_named, grade_poisoned
from tests.running import run

ROOT = Path(__file__).parents[2]
LONGEST = 10  # seconds until an error is reported


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A scheduler with two workers."""
    with cluster(tmp_path_factory.mktemp("cluster"), 2) as found:
        yield found


def test_a_task_that_ends_its_worker_is_named_and_all_others_are_done(running: Cluster) -> None:
    """Each number but the one that ends its process has its square, in order."""
    numbers = [*range(17), POISON, *range(17, 53)]
    tasks = [Numbers(tuple(numbers[at : at + 5])) for at in range(0, len(numbers), 5)]
    found: list[tuple[int, int | None]] = []
    with cluster_crew(running.address) as crew:
        assert crew.workers == 2
        for task, result in crew.in_order(squares, tasks):
            made = pickle.loads(result) if result else [None] * len(task.numbers)
            found += zip(task.numbers, made, strict=True)
    assert found == [(n, None if n == POISON else n**2) for n in numbers]


def test_an_answer_that_ends_its_worker_is_named_and_all_others_are_graded(
    running: Cluster, tmp_path: Path
) -> None:
    """The row of the answer has its file and a message, and no points."""
    with cluster_crew(running.address) as crew:
        assert_one_is_named(grade_poisoned(tmp_path, crew))


def test_a_killed_worker_loses_nothing(running: Cluster) -> None:
    """A worker is killed in the middle; all results arrive, in order."""
    numbers = range(211)
    found: list[int] = []
    with cluster_crew(running.address) as crew:
        first = next(crew.in_order(process, [Numbers(())]))[1]
        assert first
        for _, result in crew.in_order(squares, [Numbers((number,)) for number in numbers]):
            found += pickle.loads(result or b"")
            if len(found) == 23:
                os.kill(int(first), signal.SIGKILL)
    assert found == [number**2 for number in numbers]


def test_a_scheduler_that_ends_in_the_middle_is_an_error(tmp_path: Path) -> None:
    """The work stops at once, with the cure."""
    with cluster(tmp_path, 1) as found:

        def all_results() -> None:
            with cluster_crew(found.address) as crew:
                for _ in crew.in_order(squares, [Numbers((number,)) for number in range(53)]):
                    found.scheduler.kill()

        with pytest.raises(AttncliError) as caught:
            all_results()
    assert str(caught.value) == (
        f"--scheduler {found.address}: the scheduler has ended before the work was done. Start it "
        "again, and repeat the command; attncli grade has --resume."
    )


# Long sequences


@pytest.mark.parametrize("mask", ["none", "causal"])
@pytest.mark.parametrize("normaliser", ["softmax", "sparsemax"])
def test_blocks_of_a_long_sequence_have_the_same_bytes(
    running: Cluster, tmp_path: Path, mask: str, normaliser: str
) -> None:
    """The cluster calculates the numbers of this machine, also where rows stay whole."""
    tokens = tmp_path / "x.npy"
    np.save(tokens, np.random.default_rng(5).normal(size=(1543, 7)))
    choices = ["--mask", mask] if mask != "none" else []
    given = ["compute", str(tokens), "--only", "output", "--normaliser", normaliser, *choices]
    for name, options in (("here", []), ("there", ["--scheduler", running.address])):
        done = run(*given, *options, "-o", str(tmp_path / f"{name}.npz"))
        assert (done.exit_code, done.stderr) == (0, "")
    with np.load(tmp_path / "here.npz") as here, np.load(tmp_path / "there.npz") as there:
        assert here["output"].tobytes() == there["output"].tobytes()


def test_a_calculation_without_blocks_says_so(running: Cluster) -> None:
    """All steps are wanted, so that no step is calculated in blocks."""
    done = run("compute", "sample:self_attention", "-f", "json", "--scheduler", running.address)
    assert done.exit_code == 0
    assert done.stderr == (
        "Warning: --scheduler has no effect: it needs --only output, or another step after "
        "scores.\n"
    )


def message_of(address: str) -> str:
    """Return the message for an address; it comes soon."""
    began = time.monotonic()
    with pytest.raises(AttncliError) as caught, cluster_crew(address):
        pass
    assert time.monotonic() - began < LONGEST
    return str(caught.value)


def test_nobody_listens() -> None:
    """A port without a scheduler is named, with the command that starts one."""
    assert message_of("tcp://127.0.0.1:9") == (
        "--scheduler tcp://127.0.0.1:9: no scheduler answers there: Timed out trying to connect to "
        "tcp://127.0.0.1:9 after 4 s. Start one: dask scheduler --host 127.0.0.1 --port 8786"
    )


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("ftp://127.0.0.1:8786", "unknown address scheme 'ftp'"),
        ("127.0.0.1", "missing port number in address '127.0.0.1'"),
        ("", "missing port number in address ''"),
    ],
)
def test_a_text_that_is_not_an_address(address: str, reason: str) -> None:
    """A misspelled address is named."""
    text = message_of(address)
    assert text == (
        f"--scheduler {address!r} is not an address: {reason}. "
        "Write tcp://HOST:PORT, such as tcp://127.0.0.1:8786."
    )


def test_a_wrong_address_leaves_the_gradebook_of_an_earlier_run(tmp_path: Path) -> None:
    """Nothing is written before the scheduler answers, and no library prints an error."""
    place = tmp_path / "grades.csv"
    place.write_text("student\n", encoding="utf-8")
    given = [sys.executable, "-m", "attncli", "grade", "sample:self_attention"]
    given += ["sample:answers/rounded", "-o", str(place), "--scheduler", "127.0.0.1"]
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(given, capture_output=True, text=True, check=False, cwd=ROOT, env=env)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1, done.stderr
    assert done.stderr.startswith("Error: --scheduler '127.0.0.1' is not an address: ")
    assert place.read_text(encoding="utf-8") == "student\n"


def test_a_scheduler_without_workers(tmp_path: Path) -> None:
    """A scheduler without workers is named, with the command that starts one."""
    with cluster(tmp_path, 0) as found:
        assert message_of(found.address) == (
            f"--scheduler {found.address}: the scheduler has no workers. "
            f"Start one: dask worker {found.address} --nworkers 2 --nthreads 1"
        )


def test_a_worker_with_another_version(running: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker with another version of the program is named, with the cure."""
    monkeypatch.setattr("attncli.__version__", "0.0.7")
    monkeypatch.setattr("attncli.grading.cluster.__version__", "0.0.7")
    text = message_of(running.address)
    assert "has attncli 0.1.0 and Python 3." in text
    assert "here are attncli 0.0.7 and Python 3." in text
    assert text.endswith("Install the same there: pip install attncli==0.0.7")
