"""Test attncli autograder: its ZIP, run as Gradescope runs it."""

from __future__ import annotations

import io
import json
import os
import shlex
import shutil
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Mapping
from pathlib import Path
from stat import S_IMODE, S_ISREG
from typing import Any

import numpy as np
import pytest

import attncli
from attncli.documents.samples import sample_names
from attncli.documents.text.document_json import document_json
from attncli.face.functions import compute, read_document
from attncli.grading.autograder import REQUIREMENTS
from tests.running import ROOT, run, succeed

DOCUMENT = "sample:self_attention"
BASH = shutil.which("bash") or "bash"

# https://gradescope-autograders.readthedocs.io/en/latest/specs/
FORMATS = {"text", "html", "simple_format", "md", "ansi"}
VISIBILITIES = {"hidden", "after_due_date", "after_published", "visible"}
RESULT_FIELDS: dict[str, Any] = {
    "score": (int, float),
    "execution_time": (int, float),
    "output": str,
    "output_format": FORMATS,
    "test_output_format": FORMATS,
    "test_name_format": FORMATS,
    "visibility": VISIBILITIES,
    "stdout_visibility": VISIBILITIES,
    "extra_data": dict,
    "tests": list,
    "leaderboard": list,
}
TEST_FIELDS: dict[str, Any] = {
    "score": (int, float),
    "max_score": (int, float),
    "status": {"passed", "failed"},
    "name": str,
    "name_format": FORMATS,
    "number": str,
    "output": str,
    "output_format": FORMATS,
    "tags": list,
    "visibility": VISIBILITIES,
    "extra_data": dict,
}


def check_fields(found: Mapping[str, Any], fields: Mapping[str, Any]) -> None:
    """Fail if an object has a field, or a value, that Gradescope does not document."""
    for name, value in found.items():
        kind = fields[name]
        assert value in kind if isinstance(kind, set) else isinstance(value, kind), (name, value)


def packed(*options: str, document: str = DOCUMENT) -> zipfile.ZipFile:
    """Return the autograder of a document."""
    written = run("autograder", document, *options)
    assert written.exit_code == 0, written.stderr
    return zipfile.ZipFile(io.BytesIO(written.stdout_bytes))


class Harness:
    """The folder `/autograder` of Gradescope, in another place."""

    def __init__(self, root: Path, *options: str) -> None:
        self.root = root
        for name in ("submission", "results", "source", "venv/bin"):
            (root / name).mkdir(parents=True)
        with packed(*options) as archive:
            archive.extractall(root / "source")
        shutil.copy(root / "source" / "run_autograder", root)
        self.program("venv/bin/python", f'exec {shlex.quote(sys.executable)} "$@"')

    def program(self, name: str, line: str) -> None:
        """Write a program of the machine."""
        file = self.root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"#!/bin/sh\n{line}\n")
        file.chmod(0o755)

    def bash(self, script: str) -> subprocess.CompletedProcess[str]:
        """Run a script as Gradescope does, with its folder in another place."""
        path = f"{self.root / 'bin'}{os.pathsep}{os.environ['PATH']}"
        environment = {"AUTOGRADER": str(self.root), "PATH": path, "HOME": str(self.root)}
        return subprocess.run(
            [BASH, str(self.root / script)],
            env=environment,
            cwd=self.root,
            capture_output=True,
            text=True,
            check=False,
        )

    def graded(self, **answers: str | bytes) -> dict[str, Any]:
        """Return the results of a submission; `answers` are the bytes by names of files."""
        for name, data in answers.items():
            file = self.root / "submission" / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(data.encode() if isinstance(data, str) else data)
        ran = self.bash("run_autograder")
        assert ran.returncode == 0, ran.stderr
        results: dict[str, Any] = json.loads((self.root / "results" / "results.json").read_text())
        check_fields(results, RESULT_FIELDS)
        for test in results.get("tests", ()):
            check_fields(test, TEST_FIELDS)
        assert str(self.root) not in json.dumps(results)
        return results


@pytest.fixture
def harness(tmp_path: Path) -> Harness:
    """Return the machine of Gradescope with the autograder of the sample."""
    return Harness(tmp_path)


def answer(**changes: Any) -> str:
    """Return the answer with every step, in which some steps are others."""
    right = {name: matrix.tolist() for name, matrix in attncli.compute(DOCUMENT).items()}
    return json.dumps({**right, **changes})


def test_a_right_answer_has_all_points(harness: Harness) -> None:
    """The student of a right answer sees a passed test for each step."""
    results = harness.graded(**{"answer.json": answer()})
    steps = list(attncli.compute(DOCUMENT))
    assert [test["name"] for test in results["tests"]] == steps
    assert {test["status"] for test in results["tests"]} == {"passed"}
    assert results["score"] == len(steps)


def test_a_wrong_answer_has_the_mistake_and_a_command(harness: Harness) -> None:
    """The student of a wrong answer sees the mistake, and a command for the own machine."""
    scores = attncli.compute(DOCUMENT)["scores"]
    weights = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    results = harness.graded(**{"mine.json": json.dumps({"weights": weights.tolist()})})
    failed = [test for test in results["tests"] if test.get("status") == "failed"]
    assert [test["name"] for test in failed] == ["weights"]
    assert "The scores were not scaled." in failed[0]["output"]
    assert results["score"] == 0
    cell = [[1, 2, 3]] * 3
    output = harness.graded(**{"mine.json": json.dumps({"output": cell})})["output"]
    assert "attncli explain problem.json 'output[1,1]' --answer ./mine.json" in output


REFUSED: dict[str, tuple[dict[str, str | bytes], str]] = {
    "nothing": (
        {},
        "The submission has no file. Hand in one file, such as answer.json or answer.csv.",
    ),
    "files of a system alone": (
        {".DS_Store": b"", "__MACOSX/._a.json": b"", "Thumbs.db": b"", ".git/x": b"", "~$a": b""},
        "The submission has no file. Hand in one file, such as answer.json or answer.csv.",
    ),
    "two files": (
        {"a b.json": "{}", "sub/b.json": "{}"},
        "There are 2 files: a b.json, sub/b.json. Hand in one file, the answer.",
    ),
    "no JSON": (
        {"a.json": "weights: 1"},
        "./a.json: line 1, column 1: the text weights has no quotes.",
    ),
    "another step": ({"a.json": '{"wieghts": [[1]]}'}, "./a.json: the name 'wieghts' is unknown"),
    "a program": ({"json.py": "raise SystemExit(0)"}, "./json.py: "),
    "an empty file": ({"a.csv": b""}, "./a.csv: "),
    "bytes": ({"a.npz": b"PK\x03\x04\x00\xff"}, "./a.npz: "),
}


@pytest.mark.parametrize("case", REFUSED)
def test_an_answer_that_cannot_be_graded_has_no_points(harness: Harness, case: str) -> None:
    """The student sees the reason why there are no points."""
    answers, message = REFUSED[case]
    results = harness.graded(**answers)
    assert (results["score"], results["output_format"]) == (0, "text")
    assert results["output"].startswith(message)


@pytest.mark.parametrize(
    "name",
    ["weights=1.json", "-f.json", "problem.json", "sub/ü x.json", "attncli.json", "a'b.json"],
)
def test_an_answer_may_have_any_name(harness: Harness, name: str) -> None:
    """No name of a file is an option, a matrix, or the problem."""
    assert harness.graded(**{name: answer()})["score"] > 1


def test_an_answer_may_be_a_table(harness: Harness) -> None:
    """The forms of answers are those of attncli check."""
    table = (ROOT / "samples/answers/weights.csv").read_bytes()
    assert harness.graded(**{"weights.csv": b"weights\n" + table})["score"] == 1


def test_the_options_decide_the_points(tmp_path: Path) -> None:
    """The options of attncli check come with the ZIP."""
    options = (
        "--decimals",
        "1",
        "--strict",
        "--points",
        "0,weights=2,output=3",
        "--required",
        "weights",
    )
    harness = Harness(tmp_path, *options)
    assert (tmp_path / "source/options.txt").read_text().splitlines() == [
        *("--decimals=1", "--strict", "--points=0,weights=2,output=3", "--required=weights"),
    ]
    output = attncli.compute(DOCUMENT)["output"] + 0.04
    results = harness.graded(**{"a.json": json.dumps({"output": output.round(3).tolist()})})
    assert [(test["name"], test["score"], test["max_score"]) for test in results["tests"]] == [
        ("weights", 0, 2),
        ("output", 3, 3),
    ]


def test_a_machine_without_attncli_says_so(harness: Harness) -> None:
    """If the installation has failed, the student sees that the fault is not the answer's."""
    (harness.root / "venv/bin/python").unlink()
    results = harness.graded(**{"answer.json": answer()})
    assert results == {"score": 0, "output": "The autograder is not installed. Tell your teacher."}


def test_a_program_that_is_ended_says_so(harness: Harness) -> None:
    """If the system ends attncli, the student sees the status instead of a report."""
    own = shlex.quote(sys.executable)
    line = f'[ "$2" = -m ] && kill -9 $$; exec {own} "$@"'
    harness.program("venv/bin/python", line)
    results = harness.graded(**{"answer.json": answer()})
    assert results["output"].endswith("attncli ended with status 137.")


def stub(suitable: str) -> str:
    """Return a Python that answers for its version, and makes a venv whose pip keeps its words."""
    return (
        f'case "$1" in -c) {suitable} ;; -m) mkdir -p "$3/bin" && '
        'printf \'#!/bin/sh\\necho "$@" > "$AUTOGRADER/pip"\\n\' > "$3/bin/pip" && '
        'chmod +x "$3/bin/pip" ;; esac'
    )


def without_python(harness: Harness) -> None:
    """Let no Python of this machine be suitable, and let apt-get keep its words."""
    for name in ("python3", *(f"python3.{minor}" for minor in range(11, 15))):
        harness.program(f"bin/{name}", "exit 1")
    harness.program("bin/apt-get", 'echo "$@" >> "$AUTOGRADER/apt"')


def test_the_setup_installs_the_libraries(harness: Harness) -> None:
    """The setup makes a venv with the libraries that the ZIP lists."""
    without_python(harness)
    harness.program("bin/python3", stub("exit 0"))
    ran = harness.bash("source/setup.sh")
    assert ran.returncode == 0, ran.stderr
    words = (harness.root / "pip").read_text().split()
    assert words == ["install", "--quiet", "--requirement", words[-1]]
    assert tuple(Path(words[-1]).read_text().split()) == REQUIREMENTS
    assert "python3.11" not in (harness.root / "apt").read_text()


def test_the_setup_installs_a_newer_python(harness: Harness) -> None:
    """Where python3 is too old, the setup installs python3.11; without it, it fails and says so."""
    without_python(harness)
    ran = harness.bash("source/setup.sh")
    message = "attncli needs Python 3.11 or later: choose a newer base image.\n"
    assert (ran.returncode, ran.stderr) == (1, message)
    harness.program("new", stub("exit 0"))
    copies = f'cp "{harness.root}/new" "{harness.root}/bin/python3.11"'
    harness.program("bin/apt-get", f'case "$*" in *python3.11*) {copies} ;; esac')
    assert harness.bash("source/setup.sh").returncode == 0
    assert (harness.root / "pip").exists()


def test_the_libraries_are_the_dependencies() -> None:
    """The libraries of an autograder are those of the package."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert list(REQUIREMENTS) == project["dependencies"]


def test_the_files_stand_at_the_root_of_the_zip() -> None:
    """Gradescope finds both scripts at the root, and may run them."""
    with packed() as archive:
        infos = {info.filename: info for info in archive.infolist()}
    assert list(infos) == sorted(infos)  # whatever the order of the files on the disk
    modes = {name: info.external_attr >> 16 for name, info in infos.items()}
    assert all(map(S_ISREG, modes.values()))
    runs = {name for name, mode in modes.items() if S_IMODE(mode) & 0o111}
    assert runs == {"setup.sh", "run_autograder"}
    assert {"problem.json", "options.txt", "attncli/__main__.py"} <= infos.keys()
    assert not [name for name in infos if "__pycache__" in name or "samples/" in name]
    assert {info.date_time for info in infos.values()} == {(1980, 1, 1, 0, 0, 0)}


def test_the_same_command_writes_the_same_bytes(tmp_path: Path) -> None:
    """The ZIP does not depend on the time, and -o writes what standard output gets."""
    file = tmp_path / "autograder.zip"
    succeed("autograder", DOCUMENT, "-o", str(file))
    assert file.read_bytes() == run("autograder", DOCUMENT).stdout_bytes


PARTS = ("sample:models/encoder_layer", "sample:models/gpt2.safetensors")  # weights alone
PROBLEMS = [n for n in sample_names() if not n.startswith(("sample:answers/", *PARTS))]


@pytest.mark.filterwarnings("ignore::attncli.AttncliWarning")
@pytest.mark.parametrize("name", PROBLEMS)
def test_a_document_keeps_every_digit(name: str) -> None:
    """The document of an autograder gives the same matrices and labels as its file."""
    document = read_document(name, {})
    own = compute(document)
    data = document_json(document, own.made.labels)
    again = compute(io.BytesIO(data))
    assert again.made.labels == own.made.labels
    assert list(again) == list(own)
    for step, matrix in own.items():
        np.testing.assert_array_equal(again[step], matrix, strict=True)


def test_matrices_of_files_and_arguments_are_written_out(tmp_path: Path) -> None:
    """The document of an autograder holds the matrices and labels of other files."""
    np.savez(tmp_path / "x.npz", x=np.array([[1, 0.1], [0, np.pi]], np.float32))
    (tmp_path / "v.csv").write_text(",a,b\nI,1,2\nlove,3,4\n")
    (tmp_path / "p.json").write_text('{"X": "x.npz:x", "masks": ["causal", [[0, 0], ["-inf", 0]]]}')
    written = problem_in(str(tmp_path / "p.json"), "memory=[[1, 2], [3, 4]]")
    assert written["memory"] == [[1, 2], [3, 4]]
    assert written["X"][1] == [0, float(np.float32(np.pi))]
    assert written["masks"] == ["causal", [[0, 0], ["-inf", 0]]]
    assert problem_in(str(tmp_path / "v.csv"))["tokens"] == ["I", "love"]


def problem_in(document: str, *arguments: str) -> dict[str, Any]:
    """Return the document of an autograder."""
    with packed(*arguments, document=document) as archive:
        written: dict[str, Any] = json.loads(archive.read("problem.json"))
    return written


MESSAGES = [
    ([], "attncli autograder needs a document. Write attncli autograder problem.json -o"),
    ([DOCUMENT, "-o", "a.tar"], "--output a.tar: Gradescope takes a ZIP. Write -o autograder.zip."),
    ([DOCUMENT, "--points", "x=1"], "--points x=1: x is not a step of this calculation."),
    ([DOCUMENT, "--required", "x"], "--required x is not a step of this calculation."),
    (["[[1, 2], [3]]"], "row 2 has 1 number, but row 1 has 2 numbers."),
]


@pytest.mark.parametrize(("arguments", "message"), MESSAGES)
def test_what_makes_no_autograder_is_refused(arguments: list[str], message: str) -> None:
    """A fault of the document or of an option is found when the ZIP is written."""
    result = run("autograder", *arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert message in result.stderr


def test_a_note_says_the_points() -> None:
    """The teacher learns which number to set in Gradescope."""
    several = run("autograder", DOCUMENT).stderr
    assert several == (
        "Note: a right answer has 1 point, or 7 points if it has every step. Set 7 in Gradescope, "
        "or write --points 0,output=1: then output alone counts.\n"
    )
    one = run("autograder", DOCUMENT, "--points", "0,output=4").stderr
    assert one == "Note: a right answer has 4 points: set this number in Gradescope.\n"
