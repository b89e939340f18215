"""Print the largest errors of each operation against mpmath, and exit with 1 beyond the bounds.

`python -m tests.accuracy` takes all families; `--share 0.1` takes a tenth of the documents.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Sequence
from math import inf, isnan

from tests.accuracy.exact import BOUNDS
from tests.accuracy.families import FAMILIES, KINDS
from tests.accuracy.measure import AGREEMENT, disagreements, errors

Worst = dict[str, tuple[float, str]]


def main() -> int:
    """Run the measure as the options say; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.accuracy", description=__doc__)
    parser.add_argument("--seeds", type=int, default=10, help="documents per family and kind")
    parser.add_argument("--families", nargs="+", choices=FAMILIES, default=list(FAMILIES))
    parser.add_argument("--share", type=float, default=1.0, help="part of the documents")
    options = parser.parse_args()
    worst, ways = measured(places(options.seeds, options.families, options.share))
    print("operation        worst  bound  document")
    for name, bound in {**BOUNDS, **AGREEMENT}.items():
        error, where = {**worst, **ways}.get(name, (0.0, "not measured"))
        print(f"{name:15} {error:6.2f} {bound:6.1f}  {where}{'  BEYOND' * (error > bound)}")
    return int(bool(beyond(worst, BOUNDS) or beyond(ways, AGREEMENT)))


def places(seeds: int, families: Iterable[str], share: float) -> list[tuple[str, str, int]]:
    """Return kind, family and seed of the documents; a share takes every n-th of them."""
    every = [(kind, family, s) for s in range(seeds) for family in families for kind in KINDS]
    return [every[int(at / share)] for at in range(int(len(every) * share))]


def measured(documents: Sequence[tuple[str, str, int]]) -> tuple[Worst, Worst]:
    """Return the worst error of each operation and of each other way, with its document."""
    worst: Worst = {}
    ways: Worst = {}
    for place in documents:
        for found, rows in ((worst, errors(*place)), (ways, disagreements(*place))):
            for name, error in rows:
                counted = inf if isnan(error) else error
                found[name] = max(found.get(name, (-1.0, "")), (counted, str(place)))
    return worst, ways


def beyond(worst: Worst, bounds: dict[str, float]) -> list[str]:
    """Return the names whose error is beyond its bound."""
    return [name for name, (error, _) in worst.items() if error > bounds[name]]


if __name__ == "__main__":
    sys.exit(main())
