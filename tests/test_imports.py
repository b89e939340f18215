"""Test the imports between rooms, and the modules that a start may load."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "attncli"
FILES = sorted(PACKAGE.rglob("*.py"))

# The rooms that each room may import from, besides itself and `SHARED`.
SHARED = {"ending", "words", "records"}
ROOMS: dict[str, str] = {
    "cli": "grading face formats documents render homework calculation errors",
    "grading": "face formats documents render homework calculation errors",
    "face": "formats documents render homework calculation errors",
    "formats": "documents render homework calculation errors",
    "documents": "calculation errors",
    "render": "homework calculation errors",
    "homework": "calculation errors",
    "calculation": "errors",
    "errors": "",
    "ending": "",
    "words": "",
    "records": "",
}

# The rooms of `calculation`, from the top down: an import points down this list.
CALCULATION = (
    *("analyses", "counting", "long", "plans", "problem", "names", "choices", "scoring"),
    *("masks", "positions", "operations", "conventions", "algebra"),
)
MOST_FILES = 14  # per room: about a dozen, and its __init__.py

# Third-party packages, and the only room that may import each.
OWNERS = {
    "click": {"cli"},
    "rich": {"render"},
    "textual": {"render"},
    "numpy": {"cli", "grading", "face", "documents", "render", "homework", "calculation"},
}


CLOCKS = ("time", "datetime", "signal")  # a verdict that asks one depends on the machine


def room(path: Path) -> str:
    """Return the room that a file belongs to."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports(path: Path) -> set[str]:
    """Yield the modules that a file imports anywhere in it."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
    return found


@pytest.mark.parametrize("path", FILES, ids=str)
def test_rooms_import_only_those_below_them(path: Path) -> None:
    """Each room imports only from the rooms that are listed beside it."""
    mine = room(path)
    if mine in ("__init__", "__main__"):
        return
    rooms = {name.split(".")[1] for name in imports(path) if name.startswith("attncli.")}
    assert rooms <= {mine, *SHARED, *ROOMS[mine].split()}


def test_calculation_points_down() -> None:
    """Imports go down: analyses, plans, problem, scoring and masks, operations, algebra.

    `choices` lists the registries of rooms below and beside it, and loads them when it needs them.
    """
    for path in (PACKAGE / "calculation").rglob("*.py"):
        mine = path.relative_to(PACKAGE / "calculation").parts[0].removesuffix(".py")
        for name in imports(path):
            if mine != "__init__" and name.startswith("attncli.calculation."):
                theirs = name.split(".")[2]
                assert CALCULATION.index(mine) <= CALCULATION.index(theirs), f"{path}: {name}"


def test_no_room_is_too_large() -> None:
    """No room has more files than a reader surveys at a glance."""
    for folder in {path.parent for path in FILES}:
        assert len(list(folder.glob("*.py"))) <= MOST_FILES, folder


def repeated(names: Iterable[str]) -> list[str]:
    """Return the names that occur more than once."""
    return sorted(name for name, times in Counter(names).items() if times > 1)


def test_a_name_means_one_file_and_one_class() -> None:
    """Names of files and classes are unique, except files named after commands and mistakes."""
    named_after_others = {PACKAGE / "cli" / "commands", PACKAGE / "homework" / "mistakes"}
    files = [path for path in FILES if named_after_others.isdisjoint(path.parents)]
    assert not repeated(path.stem for path in files if path.stem != "__init__")
    trees = (ast.parse(path.read_text(encoding="utf-8")) for path in FILES)
    nodes = (node for tree in trees for node in tree.body)
    assert not repeated(node.name for node in nodes if isinstance(node, ast.ClassDef))


def test_files_of_render_have_names_of_their_own() -> None:
    """No two files of `render` have the same name, whatever their folders."""
    names = [path.name for path in FILES if room(path) == "render" and path.stem != "__init__"]
    assert sorted(set(names)) == sorted(names)


@pytest.mark.parametrize("path", FILES, ids=str)
def test_libraries_stay_in_their_rooms(path: Path) -> None:
    """Only the command line imports click, and only the renderers import rich."""
    libraries = {name.split(".")[0] for name in imports(path)} & OWNERS.keys()
    assert all(room(path) in OWNERS[library] for library in libraries)


@pytest.mark.parametrize("path", FILES, ids=str)
def test_files_are_opened_in_one_room(path: Path) -> None:
    """Only `documents` opens files, so that it shows everything the program reads and writes."""
    names = {
        node.func.attr if isinstance(node.func, ast.Attribute) else node.func.id
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute | ast.Name)
    }
    opening = {"open", "read_bytes", "read_text", "write_bytes", "write_text", "fdopen"}
    # cli reads the guide, face the free memory; the start opens the null device.
    assert room(path) in ("documents", "cli", "face", "__main__") or not names & opening


def loaded_by(*arguments: str) -> set[str]:
    """Return the packages and modules that a run of the program has loaded when it ends."""
    script = (
        "import sys\n"
        f"sys.argv = ['attncli', *{list(arguments)!r}]\n"
        "from attncli.cli import cli\n"
        "try:\n    cli()\n"
        "finally:\n    print(*sys.modules, file=sys.stderr)\n"
    )
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return set(run.stderr.split())


@pytest.mark.parametrize("arguments", [["--version"], ["--help"]])
def test_the_program_starts_without_heavy_libraries(arguments: list[str]) -> None:
    """`attncli --version` and `--help` load neither numpy nor rich."""
    assert not loaded_by(*arguments) & {"numpy", "rich"}


def test_data_formats_do_not_load_rich() -> None:
    """JSON output loads numpy, and does not load rich."""
    loaded = loaded_by("compute", "[[1, 2], [3, 4]]", "-f", "json")
    assert "numpy" in loaded
    assert "rich" not in loaded


SAMPLE = Path(__file__).parent.parent / "samples" / "two_heads.json"


def test_a_right_answer_loads_the_judging_alone(tmp_path: Path) -> None:
    """A right answer loads neither the mistakes nor the modules of tables."""
    answer = tmp_path / "answer.json"
    loaded_by("compute", str(SAMPLE), "-o", str(answer))
    loaded = loaded_by("check", str(SAMPLE), str(answer), "-f", "json")
    assert "attncli.homework.judging.report" in loaded
    assert not loaded & {
        "attncli.homework.mistakes.catalogue",
        "numpy.random",
        "numpy.typing",
        "rich",
    }


@pytest.mark.parametrize(
    "path",
    [path for path in FILES if room(path) == "homework"],
    ids=lambda path: str(path.relative_to(PACKAGE)),
)
def test_homework_asks_no_clock(path: Path) -> None:
    """No verdict depends on a clock: the room that judges answers does not import one."""
    assert not {name.partition(".")[0] for name in imports(path)} & set(CLOCKS)
