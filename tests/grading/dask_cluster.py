"""A real Dask scheduler with workers on this machine, each a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from distributed import Client

from attncli.records import record

ROOT = Path(__file__).parents[2]
# The deaths of workers after which the scheduler gives a task up; restarting a worker takes long.
ALLOWED = "DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES"
PATIENCE = 60  # seconds for a scheduler to start on a busy machine


@record(frozen=True)
class Cluster:
    """The address of a scheduler, its process, and those of its workers: all end with the test."""

    address: str
    scheduler: subprocess.Popen[bytes]
    workers: list[subprocess.Popen[bytes]]


def _start(*arguments: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "distributed.cli.dask_" + arguments[0], *arguments[1:]],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), ALLOWED: "1"},
    )


@contextmanager
def cluster(folder: Path, workers: int) -> Iterator[Cluster]:
    """Start a scheduler and workers; `folder` gets the file with its address."""
    file = folder / "scheduler.json"
    places = ["--host", "127.0.0.1", "--port", "0", "--scheduler-file", str(file)]
    running = [_start("scheduler", *places, "--no-dashboard")]
    try:
        deadline = time.monotonic() + PATIENCE
        while not (file.exists() and file.read_text()) and time.monotonic() < deadline:
            time.sleep(0.05)
        address = json.loads(file.read_text())["address"]
        own = ["--nworkers", "1", "--nthreads", "1", "--no-dashboard"]
        started = [
            _start("worker", address, *own, "--local-directory", str(folder))
            for _ in range(workers)
        ]
        running += started
        connect: Any = Client
        with connect(address, timeout=PATIENCE, set_as_default=False) as client:
            while len(client.scheduler_info()["workers"]) < workers:
                time.sleep(0.05)
        yield Cluster(address, running[0], started)
    finally:
        for process in running:
            process.terminate()
        for process in running:
            process.wait()
