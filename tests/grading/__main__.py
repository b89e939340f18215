"""Grade a drawn class on this machine and on a cluster, and print rates and the names found.

`python -m tests.grading` draws 1,000 variants and answers, every second one with a known mistake.
`--folder FOLDER` keeps the class there for the next time.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import date
from pathlib import Path
from subprocess import DEVNULL, run
from tempfile import TemporaryDirectory

import numpy as np

import attncli
from tests.grading.dask_cluster import cluster
from tests.grading.drawn_answers import Drawn, drawn_answers, make_class, write_answers

WORKERS = 2
SINGLE = 20  # answers that a shell loop checks; the loop over all is reckoned from them


def main() -> None:
    """Run the measure as the options say."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--students", type=int, default=1000)
    parser.add_argument("--folder", type=Path)
    options = parser.parse_args()
    with ExitStack() as stack:
        folder = options.folder or Path(stack.enter_context(TemporaryDirectory()))
        drawn = made(folder, options.students)
        print(
            f"{date.today()}  attncli {attncli.__version__}  Python {platform.python_version()}  "
        )
        print(f"NumPy {np.__version__}, {os.cpu_count()} processors, {len(drawn)} answers\n")
        here, seconds = graded(folder)
        print(f"processes of this machine: {len(drawn) / seconds:.0f} answers a second")
        loop = single(folder, drawn[:SINGLE])
        print(
            f"a shell loop over attncli check takes {loop * len(drawn) / seconds:.0f} times as long"
        )
        running = stack.enter_context(cluster(folder, WORKERS))
        there, seconds = graded(folder, "--scheduler", running.address)
        print(f"{WORKERS} workers of a cluster: {len(drawn) / seconds:.0f} answers a second")
        print(f"the same gradebook, to the byte: {'yes' if here == there else 'no'}")
        report(here, drawn)


def made(folder: Path, students: int) -> list[Drawn]:
    """Return the answers of the class, which is made if the folder does not have it."""
    if not (folder / "class").exists():
        folder.mkdir(exist_ok=True)
        make_class(folder, students)
        return write_answers(folder, drawn_answers(folder))
    return list(drawn_answers(folder))


def graded(folder: Path, *options: str) -> tuple[bytes, float]:
    """Return the gradebook of the class as lines of JSON, and the seconds that it takes."""
    places = [str(folder / "class"), str(folder / "answers")]
    command = [sys.executable, "-m", "attncli", "grade", *places, "-f", "jsonl", *options]
    start = time.perf_counter()
    done = run(command, capture_output=True, check=True)
    return done.stdout, time.perf_counter() - start


def single(folder: Path, drawn: Sequence[Drawn]) -> float:
    """Return the seconds that `attncli check` takes for an answer, in a process of its own."""
    start = time.perf_counter()
    for one in drawn:
        problem = folder / "class" / one.student / "problem.json"
        answer = folder / "answers" / f"{one.student}.json"
        command = [sys.executable, "-m", "attncli", "check", str(problem), str(answer)]
        run(command, stdout=DEVNULL, check=False)
    return (time.perf_counter() - start) / len(drawn)


def report(gradebook: bytes, drawn: Sequence[Drawn]) -> None:
    """Print how often the mistake that was put in is named, and each answer where it is not."""
    rows = {row["student"]: row for row in map(json.loads, gradebook.splitlines())}
    right = [one for one in drawn if not one.names]
    accepted = sum(rows[one.student]["earned"] == rows[one.student]["points"] for one in right)
    print(f"right answers with all points: {accepted} of {len(right)}")
    clear = [one for one in drawn if one.names and not one.others]
    missed = [one for one in clear if not {*one.names} & {*rows[one.student]["mistakes"]}]
    named = len(clear) - len(missed)
    share = 100 * named / len(clear)
    print(
        f"mistakes named, where their digits are their own: {named} of {len(clear)} ({share:.1f}%)"
    )
    shared = [one for one in drawn if one.others]
    among = sum(
        bool(({*one.names} | one.others) & {*rows[one.student]["mistakes"]}) for one in shared
    )
    print(f"where other mistakes give the same digits, one of them: {among} of {len(shared)}")
    for one in missed:
        found = ", ".join(rows[one.student]["mistakes"]) or "nothing"
        print(f"  student {one.student}: {', '.join(one.names)}; named: {found}")


if __name__ == "__main__":
    main()
