"""The lowest versions that CI tries are the lowest that the package allows."""

from __future__ import annotations

import re
import tomllib

from tests.running import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]

EXTRAS = ("safetensors", "pdf", "explore", "dask")  # the extras for users


def versions(lines: list[str]) -> dict[str, list[int]]:
    """Return the version behind each name: `numpy>=2.0` gives [2], without zeros at its end."""
    found = {}
    for line in lines:
        if match := re.fullmatch(r"([\w-]+)[=>]=([\d.]+)", line):
            numbers = list(map(int, match[2].split(".")))
            while numbers[-1] == 0:
                numbers.pop()
            found[match[1]] = numbers
    return found


def test_the_lowest_versions_are_tried() -> None:
    """The constraints of CI hold each requirement at run time, in its lowest version."""
    tried = (ROOT / ".ci/lowest.txt").read_text(encoding="utf-8").splitlines()
    extras = PROJECT["optional-dependencies"]
    needed = [*PROJECT["dependencies"], *(line for name in EXTRAS for line in extras[name])]
    assert versions(tried) == versions(needed)


def test_each_python_is_claimed() -> None:
    """The classifiers name each Python from the lowest one to the newest that CI tries."""
    named = [text for text in PROJECT["classifiers"] if re.search(r"Python :: 3\.\d+", text)]
    script = (ROOT / ".ci/run").read_text(encoding="utf-8")
    minors = re.search(r"for minor in ([\d ]+);", script)
    assert minors
    tried = [int(PROJECT["requires-python"].rpartition(".")[2]), *map(int, minors[1].split())]
    assert named == [f"Programming Language :: Python :: 3.{minor}" for minor in tried]
