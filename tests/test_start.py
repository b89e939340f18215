"""Test which modules each command loads, so that a small job does not wait for large ones.

Each additional file costs every run of that command about half a millisecond. If it is needed,
raise the number, and compare the figures of `python -m tests.benchmarks start`.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from attncli.cli.program import COMMANDS

ROOT = Path(__file__).parent.parent


# The rooms whose files a command may load; `calculation.plans` is a room of its own.
PROGRAM = {"__main__", "ending", "errors", "words", "cli"}
HELP = PROGRAM | {
    *("formats", "records", "face", "cli.commands", "calculation", "calculation.conventions"),
    *("calculation.algebra", "calculation.choices", "calculation.names", "calculation.masks"),
    *("calculation.operations", "calculation.positions", "calculation.scoring"),
}
CALCULATING = HELP | {
    *("documents", "documents.text", "documents.arrays", "render", "render.tables"),
    *("calculation.plans", "calculation.problem", "calculation.analyses"),
}
JUDGING = {
    *("homework", "homework.answers", "homework.judging", "homework.diagnosis"),
    *("homework.mistakes", "render.reports"),
}
SUBJECTS = ("layers", "masks", "positions", "scores", "values", "weights")
MISTAKES = {f"homework.mistakes.{subject}" for subject in SUBJECTS}
GRADING = {
    *("grading", "homework.classes", "documents.exports", "documents.handouts", "render.classes"),
}
CLICK, NUMPY, RICH = {"click"}, {"click", "numpy"}, {"click", "numpy", "rich"}

LESSON = "samples/self_attention.json"

# A command line, the rooms that it may load, how many files of the program, and the libraries.
MAY_LOAD: dict[str, tuple[set[str], int, set[str]]] = {
    "--version": (PROGRAM, 9, CLICK),
    "--help": (PROGRAM, 9, CLICK),
    "compute --help": (HELP, 27, CLICK),
    f"compute {LESSON} -f json": (CALCULATING, 85, NUMPY),
    f"compute {LESSON} -f csv": (CALCULATING, 87, NUMPY),
    f"compute {LESSON}": (CALCULATING, 98, RICH),
    f"explain {LESSON} scores[1,1]": (CALCULATING | {"render.explain"}, 97, RICH),
    "explore --help": (HELP, 27, CLICK),  # it does not load Textual
    f"check {LESSON} samples/answers/rounded.json -f json": (CALCULATING | JUDGING, 116, NUMPY),
    f"compare {LESSON} --convention keras": (CALCULATING, 94, RICH),
    "mask causal 3 -f json": (CALCULATING, 66, RICH),
    f"cost {LESSON}": (CALCULATING | {"calculation.counting", "render.costs"}, 105, RICH),
    "why-scale": (CALCULATING | {"render.saturation"}, 76, RICH),
    "autograder --help": (HELP, 28, CLICK),
    f"grade {LESSON} samples/answers/self_attention -f csv": (
        CALCULATING | JUDGING | MISTAKES | GRADING,
        176,
        NUMPY,
    ),
    "guide masks": (PROGRAM | {"cli.commands"}, 11, CLICK),
    "samples": (PROGRAM | {"cli.commands", "documents", "records"}, 15, CLICK),
    "new encoder": (
        CALCULATING | JUDGING | MISTAKES | {"calculation.counting", "homework.exercises"},
        150,
        NUMPY,
    ),
}


def loaded_by(*arguments: str) -> set[str]:
    """Return all the modules that Python holds when a run of the program ends."""
    script = (
        f"import sys\nsys.argv = ['attncli', *{list(arguments)!r}]\n"
        "from attncli.__main__ import main\n"
        "try:\n    main()\nfinally:\n    print(*sys.modules, file=sys.stderr)\n"
    )
    run = subprocess.run(  # check ends with 1 where an answer differs
        [sys.executable, "-c", script], check=False, capture_output=True, text=True, cwd=ROOT
    )
    assert run.returncode in (0, 1), run.stderr
    return set(run.stderr.split())


def test_every_command_has_its_list() -> None:
    assert {line.split()[0] for line in MAY_LOAD} - {"--version", "--help"} == set(COMMANDS)


@pytest.mark.parametrize("line", MAY_LOAD)
def test_a_command_loads_its_list_alone(line: str) -> None:
    """A command loads only the rooms and libraries in its list, and only few files."""
    rooms, most, libraries = MAY_LOAD[line]
    loaded = loaded_by(*line.split())
    own = {name.removeprefix("attncli.") for name in loaded if name.startswith("attncli.")}
    files = {name for name in own if not any(other.startswith(f"{name}.") for other in own)}
    assert {name if name in rooms else name.rpartition(".")[0] for name in files} <= rooms
    assert len(own) <= most
    # NumPy is there by name from the start, and loaded when one of its functions is used.
    used = {"numpy"} & libraries if "numpy._core" in loaded else set()
    others = {"rich", "threadpoolctl", "safetensors", "ml_dtypes", "torch"} & loaded
    assert used | others <= libraries


@pytest.mark.parametrize("name", ["pathlib", "shutil", "numpy.typing", "unicodedata"])
def test_a_small_calculation_does_without(name: str) -> None:
    """A small calculation loads none of these, as each takes a tenth of its time."""
    script = "import sys, numpy, click; print(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    loaded = loaded_by("compute", LESSON, "-f", "json")
    assert name not in loaded - set(run.stdout.split())
