"""End the program while it writes a file: the target must be the old file, or the whole new one.

python -m tests.crashes --times 200
"""

from __future__ import annotations

import argparse
import random
import signal
import subprocess
import time
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from tests.running import PATIENCE, PROGRAM, ROOT

TOKENS = 1500  # their scores are a file of 18 MB, which takes some 10 ms to write
LONGEST = 0.03  # seconds from the beginning of a write to the signal
OLD = b"the old file"
BESIDE = " and a file beside it"


class Writing:
    """A run of the program that replaces a file by a large one, in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        np.save(folder / "x.npy", np.random.default_rng(5).normal(size=(TOKENS, 2)))
        self.results = folder / "results"
        self.results.mkdir()
        self.target = self.results / "scores.npy"
        given = ["compute", str(folder / "x.npy"), "--score", "dot", "--only", "scores"]
        self.command = [*PROGRAM, *given, "-o", str(self.target)]
        subprocess.run(self.command, check=True, cwd=ROOT)
        self.new = self.target.read_bytes()

    def crash(self, number: int, delay: float) -> str:
        """Send a signal `delay` seconds after the write has begun; return the state of the target.

        The state is `old`, `new` or `broken`, followed by `BESIDE` if another file is left.
        """
        for file in self.results.iterdir():
            file.unlink()
        self.target.write_bytes(OLD)
        process = subprocess.Popen(self.command, stderr=subprocess.DEVNULL, cwd=ROOT)
        deadline = time.monotonic() + PATIENCE
        while process.poll() is None and len(list(self.results.iterdir())) == 1:
            assert time.monotonic() < deadline, "the program never began to write"
        time.sleep(delay)
        process.send_signal(number)
        process.wait(timeout=PATIENCE)
        state = {OLD: "old", self.new: "new"}.get(self.target.read_bytes(), "broken")
        return state + BESIDE * (len(list(self.results.iterdir())) > 1)


def crashes(times: int, number: int, folder: Path, seed: int = 0) -> Counter[str]:
    """Return how often the target was in each state, after signals at random moments."""
    writing, moments = Writing(folder), random.Random(seed)
    return Counter(writing.crash(number, moments.uniform(0, LONGEST)) for _ in range(times))


def main() -> None:
    """Print the counts for each signal; exit with status 1 if a file was broken."""
    parser = argparse.ArgumentParser(prog="python -m tests.crashes", description=__doc__)
    parser.add_argument("--times", type=int, default=200)
    times = parser.parse_args().times
    broken = False
    for name in ("SIGKILL", "SIGTERM", "SIGINT", "SIGHUP"):
        with TemporaryDirectory() as folder:
            found = crashes(times, getattr(signal, name), Path(folder))
        print(name, dict(found))
        # Nothing can remove a file after SIGKILL.
        broken |= any(s.startswith("broken") for s in found)
        broken |= name != "SIGKILL" and any(s.endswith(BESIDE) for s in found)
    raise SystemExit(broken)


if __name__ == "__main__":
    main()
