"""Run all measurements with `python -m tests.benchmarks`, or some with `… start files`."""

from __future__ import annotations

import platform
import sys
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version

PARTS = ("start", "files", "long", "grading", "pages")


def main() -> None:
    """Print the machine and the versions, then one table per part."""
    print(f"{platform.machine()}, {platform.system()}, Python {platform.python_version()}")
    for package in ("numpy", "click", "rich", "torch"):
        try:
            print(f"{package} {version(package)}")
        except PackageNotFoundError:
            print(f"{package} is not installed")
    print()
    for part in sys.argv[1:] or PARTS:
        import_module(f"tests.benchmarks.{part}").main()


if __name__ == "__main__":
    main()
