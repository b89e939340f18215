"""Try seeded inputs of many kinds on the program, and hold each to what every input is promised.

The status is 0, 1 or 2; with status 2 there is one bounded message and no output; no input makes
Python warn, takes more than 2 s of CPU or 500 MB, or brings a control character to the terminal. A
file whose matrix is known is read as that matrix, read with a note, or refused.

`python -m tests.fuzz --seconds 20` shares the time among the groups. The input number i of a group
has the seed S + i; `--group NAME --seed S --inputs 1` tries that input again and shows it whole.
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from tests.fuzz.answers_returned import returned_answer
from tests.fuzz.arithmetic_cells import arithmetic_cell
from tests.fuzz.csv_dialects import csv_in_a_dialect
from tests.fuzz.damaged_bytes import damaged_file
from tests.fuzz.odd_documents import odd_document
from tests.fuzz.odd_options import odd_options
from tests.fuzz.pasted_prints import pasted_print
from tests.fuzz.trial import Failure, Outcome, Trial, attempt, failures, shrunk
from tests.fuzz.workbooks import workbook

GROUPS: dict[str, Callable[[random.Random], Trial]] = {
    "documents": odd_document,
    "bytes": damaged_file,
    "options": odd_options,
    "csv": csv_in_a_dialect,
    "sheets": workbook,
    "prints": pasted_print,
    "arithmetic": arithmetic_cell,
    "answers": returned_answer,
}
SHOWN = 3  # failures of one kind that are printed


@dataclass
class Tally:
    """The inputs of one group: how many were tried and failed, and the time that they took."""

    group: str
    inputs: int = 0
    failed: int = 0
    seconds: float = 0.0
    cpu: float = 0.0
    kinds: Counter[str] = field(default_factory=Counter)


def main() -> None:
    """Try the inputs that the options name, print the failures and a table; end with 1 or 0."""
    options = read_options()
    groups = [options.group] if options.group else list(GROUPS)
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        share = options.seconds / len(groups)
        tallies = [try_group(name, options.seed, share, options.inputs) for name in groups]
        os.chdir("/")
    print(table(tallies))
    sys.exit(any(tally.failed for tally in tallies))


def read_options() -> argparse.Namespace:
    """Return the options of the command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--seconds", type=float, default=20, help="for all groups (default: 20)")
    parser.add_argument("--seed", type=int, default=1, help="seed of the first input (default: 1)")
    parser.add_argument("--group", default="", choices=["", *GROUPS], help="one group alone")
    parser.add_argument("--inputs", type=int, default=0, help="inputs per group, whatever the time")
    return parser.parse_args()


def try_group(group: str, seed: int, seconds: float, inputs: int = 0) -> Tally:
    """Try inputs of a group for some seconds, or this number of inputs; print the failures."""
    tally = Tally(group)
    start, cpu = time.monotonic(), time.process_time()
    while tally.inputs < inputs if inputs else time.monotonic() - start < seconds:
        trial = drawn(group, seed + tally.inputs)
        outcome = attempt(trial)
        found = failures(trial, outcome)
        if inputs == 1:
            print(described(trial, outcome))
        for failure in found:
            tally.kinds[failure.kind] += 1
            if tally.kinds[failure.kind] <= SHOWN:
                report(group, seed + tally.inputs, failure, trial, inputs == 1)
        tally.inputs += 1
        tally.failed += bool(found)
    tally.seconds, tally.cpu = time.monotonic() - start, time.process_time() - cpu
    return tally


def drawn(group: str, seed: int) -> Trial:
    """Return the input of a group with this seed."""
    return GROUPS[group](random.Random(f"{group} {seed}"))


def report(group: str, seed: int, failure: Failure, trial: Trial, is_whole: bool) -> None:
    """Print a failure, the command that tries its input again, and a small input that fails."""
    print(f"=== {group}: {failure.kind}\n    {failure.details}")
    print(f"    python -m tests.fuzz --group {group} --seed {seed} --inputs 1")
    if not is_whole:
        print(described(shrunk(trial, failure.kind)), flush=True)


def described(trial: Trial, outcome: Outcome | None = None) -> str:
    """Return an input and its outcome in a few lines; without the outcome, each line is cut."""
    most = 100_000 if outcome else 600
    lines = [f"    arguments: {list(trial.arguments)}"]
    lines += [f"    stdin: {trial.stdin!r}"] if trial.stdin else []
    lines += [f"    {name}: {content!r}" for name, content in trial.files.items()]
    if outcome:
        streams = f"    stdout: {outcome.stdout!r}\n    stderr: {outcome.stderr!r}"
        lines.append(f"{streams}\n    status: {outcome.status}")
    return "\n".join(line if len(line) <= most else f"{line[:most]}…" for line in lines)


def table(tallies: list[Tally]) -> str:
    """Return the table of the groups, and below it the kinds of failures with their numbers."""
    lines = [f"{'group':<12}{'inputs':>10}{'failures':>10}{'inputs/s':>10}{'CPU s':>10}"]
    everything = Tally("all")
    for tally in tallies:
        everything.inputs += tally.inputs
        everything.failed += tally.failed
        everything.seconds += tally.seconds
        everything.cpu += tally.cpu
    for tally in (*tallies, everything):
        rate = tally.inputs / (tally.seconds or 1)
        figures = f"{tally.inputs:>10,}{tally.failed:>10,}{rate:>10.0f}{tally.cpu:>10.1f}"
        lines.append(f"{tally.group:<12}{figures}")
    for tally in tallies:
        lines += [f"{number:>7,}  {tally.group}: {k}" for k, number in tally.kinds.most_common()]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.path.insert(0, str(Path.cwd()))
    main()
