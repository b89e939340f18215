"""What each command may load: whoever asks for little must not wait for much.

A module that is missing here costs every run of that command its time. When it is needed, add it,
and look at what `python -m tests.benchmarks start` says.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from attncli.cli.program import COMMANDS

ROOT = Path(__file__).parent.parent


def modules(folder: str, names: str) -> set[str]:
    """Names of modules in a folder of the program, and the folder itself."""
    return {folder, *(f"{folder}.{name}" for name in names.split())}


PROGRAM = {"__main__", "errors"} | modules("cli", "program terminal")
HELP = (
    PROGRAM
    | {"formats", "records"}
    | modules("cli", "gathering memory names options")
    | modules(
        "calculation",
        "choices conventions layouts masks names normalisers positions scoring state_dict values",
    )
)
READING = modules("documents", "archives cells files json_text parsed places reader sources")
CALCULATING = (
    HELP
    | READING
    | modules("render", "view")
    | modules(
        "calculation",
        "arithmetic attention cache costs document given heads inputs labels mask_set masking "
        "needs normalising operation operations packed pairs per_head plan problem reading remarks scores "
        "sharing validation vectors",
    )
)
TABLES = modules("render", "blocks console numbers tables")
COSTS = modules("calculation", "activations alternatives costing opened size_options sized sizes")
JUDGING = modules(
    "homework",
    "alike answers arithmetic catalogue checking diagnosis replacements replay report slips stand_ins "
    "together tolerance trials",
)
CLICK, NUMPY, RICH = {"click"}, {"click", "numpy"}, {"click", "numpy", "rich"}

LESSON = "samples/self_attention.json"

# A command line, the modules of the program that it may load, and the libraries.
MAY_LOAD: dict[str, tuple[set[str], set[str]]] = {
    "--version": (PROGRAM, CLICK),
    "--help": (PROGRAM, CLICK),
    "compute --help": (HELP | {"cli.compute", "calculation.activations"}, CLICK),
    f"compute {LESSON} -f json": (CALCULATING | {"cli.compute"}, NUMPY),
    f"compute {LESSON} -f csv": (
        CALCULATING | {"cli.compute"} | modules("documents", "csv_rows csv_text"),
        NUMPY,
    ),
    f"compute {LESSON}": (CALCULATING | TABLES | {"cli.compute"}, RICH),
    f"explain {LESSON} scores[1,1]": (
        CALCULATING
        | {"forms", "cli.explain", "calculation.cells"}
        | modules("render", "arithmetic explanations latex numbers spelling"),
        RICH,
    ),
    f"check {LESSON} samples/answers/rounded.json -f json": (
        CALCULATING
        | JUDGING
        | {"forms", "cli.check"}
        | modules("calculation", "angles norms positioning")
        | modules("render", "numbers reports"),
        NUMPY,
    ),
    f"compare {LESSON} --convention keras": (
        CALCULATING | TABLES | {"forms", "cli.compare", "calculation.compared", "render.comparisons"},
        RICH,
    ),
    "mask causal 3 -f json": (
        CALCULATING | {"forms", "cli.mask", "calculation.described", "render.pictures", "render.blocks"},
        RICH,
    ),
    f"cost {LESSON}": (
        CALCULATING
        | TABLES
        | COSTS
        | {"forms", "cli.cost"}
        | modules("render", "alternatives cost_columns costs groups"),
        RICH,
    ),
    "why-scale": (
        CALCULATING
        | TABLES
        | {"forms", "cli.why_scale", "calculation.saturation", "calculation.why_scale"}
        | modules("render", "bars groups saturation"),
        RICH,
    ),
    "new encoder": (
        CALCULATING
        | COSTS
        | {"forms", "cli.new"}
        | modules("homework", "exercises"),
        NUMPY,
    ),
}  # fmt: skip


def loaded_by(*arguments: str) -> set[str]:
    """All the modules that Python holds when a run of the program ends."""
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
def test_what_a_command_loads(line: str) -> None:
    """Of the program no module but its own, and of libraries none that it does not need."""
    allowed, libraries = MAY_LOAD[line]
    loaded = loaded_by(*line.split())
    own = {name.removeprefix("attncli.") for name in loaded if name.startswith("attncli.")}
    assert own <= allowed
    # NumPy is there by name from the start, and loaded when something of it is used.
    used = {"numpy"} & libraries if "numpy._core" in loaded else set()
    others = {"rich", "threadpoolctl", "safetensors", "ml_dtypes", "torch"} & loaded
    assert used | others <= libraries


@pytest.mark.parametrize("line", [line for line in MAY_LOAD if "compute" in line])
def test_a_list_holds_no_more_than_is_loaded(line: str) -> None:
    allowed, _ = MAY_LOAD[line]
    own = {name.removeprefix("attncli.") for name in loaded_by(*line.split())}
    assert allowed <= own


@pytest.mark.parametrize("name", ["pathlib", "shutil", "numpy.typing", "unicodedata"])
def test_a_small_calculation_does_without(name: str) -> None:
    """Each of these would take a tenth of what the run adds to NumPy and click."""
    script = "import sys, numpy, click; print(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    loaded = loaded_by("compute", LESSON, "-f", "json")
    assert name not in loaded - set(run.stdout.split())
