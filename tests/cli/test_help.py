"""Help, README and completion list what is registered; the examples of help run."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest
from click.testing import CliRunner

from attncli import __version__
from attncli.calculation.masks.rules import MASKS
from attncli.calculation.problem.choices import CHOICES
from attncli.calculation.problem.names import MATRICES
from attncli.calculation.scoring.functions import SCORING
from attncli.cli import cli
from attncli.cli.program import COMMANDS
from attncli.formats import FORMATS
from tests.running import ROOT


def test_version_names_program_and_number() -> None:
    """`--version` is one line."""
    run = CliRunner().invoke(cli, ["--version"])
    assert run.stdout == f"attncli, version {__version__}\n"


@pytest.mark.parametrize("command", [[], *([name] for name in COMMANDS)])
def test_examples_in_help_run(command: list[str]) -> None:
    """Help leads with examples, and each of them succeeds as it stands."""
    shown = CliRunner().invoke(cli, [*command, "--help"]).stdout
    examples = re.findall(r"(?m)^    (\S.*attncli .*|attncli .*)$", shown)
    assert examples
    assert shown.index("Examples:") < shown.index("Options:")
    program = f"attncli() {{ '{sys.executable}' -m attncli \"$@\"; }}; set -o pipefail\n"
    for example in examples:
        run = subprocess.run(
            ["bash", "-c", program + example], cwd=ROOT, capture_output=True, text=True, check=False
        )
        assert (run.returncode, run.stderr) == (0, ""), example


def test_help_lists_what_is_registered() -> None:
    """Matrices, choices, scoring functions, masks and formats, from their own places."""
    shown = " ".join(CliRunner().invoke(cli, ["compute", "--help"]).stdout.split())
    options = [f"--{name.replace('_', '-')}" for name, c in CHOICES.items() if c.is_option]
    signatures = [mask.signature for mask in MASKS.values()]
    for word in (*MATRICES, *options, *SCORING, *signatures, *FORMATS):
        assert word in shown


def test_readme_lists_what_is_registered() -> None:
    """A new matrix, choice, scoring function, mask or step belongs in the README."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for word in (*MATRICES, *CHOICES, *SCORING, *MASKS):
        assert f"`{word}" in readme


def test_completion_offers_the_registered_values() -> None:
    """Values of choices are completed from the place that lists them."""
    environment = {"_ATTNCLI_COMPLETE": "bash_complete", "COMP_CWORD": "3"}
    environment["COMP_WORDS"] = "attncli compute --score "
    run = CliRunner(env=environment).invoke(cli, prog_name="attncli")
    assert [line.split(",")[1] for line in run.stdout.split()] == list(SCORING)
    environment["COMP_WORDS"], environment["COMP_CWORD"] = "attncli compute sam", "2"
    run = CliRunner(env=environment).invoke(cli, prog_name="attncli")
    assert run.stdout == "file,sam\n"
