"""Draw seeded answers, have them checked, and print a table of figures, false passes first.

`python -m tests.teaching` draws every answer; `--share 0.1` takes a tenth of each group.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
from collections import Counter
from datetime import date
from multiprocessing import Pool
from pathlib import Path
from typing import Any

import numpy as np

from tests.teaching.figures import table
from tests.teaching.groups import GROUPS, judge_one, places
from tests.teaching.judging.program import version
from tests.teaching.judging.teacher import NOT_IDENTIFIABLE, Outcome


def main() -> None:
    """Run the measure as the options say."""
    options = read_options()
    wanted = places(options.share, options.group)
    outcomes = run(wanted, options.jobs)
    print(f"{date.today()}  attncli {version()}  Python {platform.python_version()}", end="  ")
    print(f"NumPy {np.__version__}  {len(outcomes)} answers\n")
    print(table(outcomes))
    if options.show:
        show([o for o in outcomes if is_failure(o)], options.show)
    if options.write:
        lines = (json.dumps(record(o), ensure_ascii=False) for o in outcomes if o.failures)
        Path(options.write).write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def is_failure(outcome: Outcome) -> bool:
    """Return True for an answer that is not judged well, though its digits can be judged."""
    return bool(set(outcome.failures) - {NOT_IDENTIFIABLE})


def record(outcome: Outcome) -> dict[str, Any]:
    """Return the entries of a failure for a line of JSON."""
    return {
        "group": outcome.group,
        "kind": outcome.kind,
        "seed": outcome.seed,
        "shown": outcome.shown,
        "rounding": outcome.rounding,
        "why": outcome.failures,
        "expected": outcome.expected,
        "verdicts": {name: verdict for name, verdict, _ in outcome.verdicts},
        "mistakes": {name: names for name, _, names in outcome.verdicts if names},
        "problem": outcome.problem,
        "answer": outcome.answer,
        "text": outcome.text,
    }


def read_options() -> argparse.Namespace:
    """Return the options of the command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.teaching", description=__doc__)
    parser.add_argument("--share", type=float, default=1.0, help="part of each group (default: 1)")
    parser.add_argument("--group", default="", choices=["", *GROUPS], help="one group alone")
    parser.add_argument("--show", type=int, default=0, help="failing answers of each kind to print")
    parser.add_argument("--write", default="", help="file for the failures, as JSON lines")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes")
    return parser.parse_args()


def run(wanted: list[tuple[str, int]], jobs: int) -> list[Outcome]:
    """Return the outcomes of the wanted answers, in their order."""
    if jobs == 1:
        return [outcome for outcome in map(judge_one, wanted) if outcome]
    with Pool(jobs) as pool:
        return [outcome for outcome in pool.imap(judge_one, wanted, chunksize=8) if outcome]


def show(failed: list[Outcome], number: int) -> None:
    """Print some failing answers of each group and failure, with all that reproduces them."""
    shown: Counter[tuple[str, str]] = Counter()
    for outcome in failed:
        key = (outcome.group, outcome.failures[0])
        if shown[key] >= number:
            continue
        shown[key] += 1
        print(f"\n=== {outcome.group} #{outcome.seed}: {', '.join(outcome.failures)}")
        print(f"    {outcome.kind}; shown: {outcome.shown}; rounded: {outcome.rounding}")
        print(f"    expected: {outcome.expected}")
        print(f"problem: {json.dumps(outcome.problem)}")
        print(f"answer: {json.dumps(outcome.answer)}")
        print(outcome.text)


if __name__ == "__main__":
    main()
