"""Measure how long a small job takes from start to end, beside the libraries that it needs."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from subprocess import CalledProcessError
from tempfile import TemporaryDirectory

from tests.benchmarks.measuring import Ratio, command, show, side_by_side

ROUNDS = 25
SAMPLE = "samples/self_attention.json"

# The script that a user would write instead of using attncli.
SCRIPT = """
import json, sys, torch
document = json.load(open(sys.argv[1]))
X, W_q, W_k, W_v = (torch.tensor(document[n], dtype=torch.float64) for n in "X W_q W_k W_v".split())
Q, K, V = X @ W_q, X @ W_k, X @ W_v
scores = Q @ K.T
scaled = scores / K.shape[-1] ** 0.5
weights = scaled.softmax(dim=-1)
output = weights @ V
steps = dict(Q=Q, K=K, V=V, scores=scores, scaled=scaled, weights=weights, output=output)
print(json.dumps({name: step.tolist() for name, step in steps.items()}))
"""


def measured() -> Iterator[Ratio]:
    """Measure each start beside a Python that imports the same libraries and does nothing."""
    program = [str(Path(sys.executable).with_name("attncli"))]
    click = "import click"
    data = "import numpy, click"
    tables = "import numpy, click, rich.console, rich.table"
    for arguments, script, limit in (
        (["--version"], click, 1.4),
        (["--help"], click, 1.4),
        (["compute", "--help"], click, 1.4),
        (["compute", SAMPLE, "-f", "json"], data, 1.25),
        (["compute", SAMPLE], tables, 1.25),
    ):
        bare = command(sys.executable, "-c", script)
        ratio = side_by_side(command(*program, *arguments), bare, ROUNDS)
        yield Ratio(f"attncli {' '.join(arguments)}", f'python -c "{script}"', ratio, limit)
    with TemporaryDirectory() as folder:
        document = Path(folder) / "p.json"
        sample = json.loads(Path(SAMPLE).read_text(encoding="utf-8"))
        names = ("X", "W_q", "W_k", "W_v")
        by_plain_name = {name: sample[key] for name, key in zip(names, _keys(sample), strict=True)}
        document.write_text(json.dumps(by_plain_name), encoding="utf-8")
        try:
            theirs = command(sys.executable, "-c", SCRIPT, str(document))
            theirs()
        except CalledProcessError:
            print("PyTorch is not installed here: a script of it is not measured.\n")
            return
        ours = command(*program, "compute", str(document), "-f", "json")
        ratio = side_by_side(ours, theirs, 5)
        yield Ratio("attncli compute p.json -f json", "a PyTorch script of 10 lines", ratio, 1 / 6)


def _keys(sample: dict[str, object]) -> list[str]:
    """Return the keys of X, W_q, W_k, W_v as the sample spells them."""
    from attncli.calculation.names.known_names import known_name

    spelled = {known_name(key): key for key in sample}
    return [spelled[name] for name in ("X", "W_q", "W_k", "W_v")]


def main() -> None:
    """Print the table of ratios."""
    show("The start: time from start to end", list(measured()))
