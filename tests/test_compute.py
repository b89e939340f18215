"""`attncli compute` as its users meet it: numbers, choices, output, warnings, terminals, pipes."""

from __future__ import annotations

import json
import os
import pty
import re
import select
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from attncli import __version__
from attncli.calculation.choices.choices import CHOICES
from attncli.calculation.masks.rules import MASKS
from attncli.calculation.names.matrix_names import MATRICES
from attncli.calculation.scoring.functions import SCORING
from attncli.cli.program import COMMANDS, cli
from attncli.formats import FORMATS

ROOT = Path(__file__).parent.parent
LESSON = str(ROOT / "samples/self_attention.json")
PROGRAM = [sys.executable, "-m", "attncli"]


def compute(*arguments: str, stdin: str | None = None) -> Result:
    """A run that must succeed."""
    run = CliRunner().invoke(cli, ["compute", *arguments], input=stdin)
    assert run.exit_code == 0, run.stderr
    return run


def on_a_terminal(*arguments: str, typed: bytes = b"", width: int = 60) -> tuple[int, str]:
    """Status and screen of a run in a real (pseudo) terminal of this width."""
    parent, child = pty.openpty()
    environment = {k: v for k, v in os.environ.items() if k not in ("COLUMNS", "NO_COLOR")}
    subprocess.run(["stty", "cols", str(width), "rows", "40"], stdin=child, check=True)
    process = subprocess.Popen(
        [*PROGRAM, *arguments], stdin=child, stdout=child, stderr=child, cwd=ROOT,
        env={**environment, "TERM": "xterm-256color"}, start_new_session=True,
    )  # fmt: skip
    os.close(child)
    os.write(parent, typed)
    screen = b""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        if select.select([parent], [], [], 0.1)[0]:
            try:
                screen += os.read(parent, 65536)
            except OSError:
                break
    os.close(parent)
    return process.wait(timeout=30), screen.decode()


def test_the_lesson_comes_out_right() -> None:
    """The worked example of the lessons, whose published program gets it wrong."""
    steps = json.loads(compute(LESSON, "--score", "dot", "-f", "json").stdout)
    assert list(steps) == ["Q", "K", "V", "scores", "weights", "output"]
    assert steps["Q"] == [[1, 0, 2], [2, 2, 2], [2, 1, 3]]
    assert steps["K"] == [[0, 1, 1], [4, 4, 0], [2, 3, 1]]
    assert steps["V"] == [[1, 2, 3], [2, 8, 0], [2, 6, 3]]
    assert steps["scores"] == [[2, 4, 4], [4, 16, 12], [4, 12, 10]]
    weights = [[0.0634, 0.4683, 0.4683], [0.0, 0.9820, 0.0180], [0.0003, 0.8805, 0.1192]]
    output = [[1.9366, 6.6831, 1.5951], [2.0, 7.9640, 0.0540], [1.9997, 7.7599, 0.3584]]
    np.testing.assert_allclose(steps["weights"], weights, rtol=0, atol=5e-5)
    np.testing.assert_allclose(steps["output"], output, rtol=0, atol=5e-5)


def test_one_sample_in_three_layouts_has_one_output() -> None:
    """Rows and torch write the same output, columns its transpose."""
    names = ("self_attention", "self_attention_torch", "self_attention_columns")
    outputs = [
        np.array(json.loads(compute(f"samples/{name}.json", "-f", "json").stdout)["output"])
        for name in names
    ]
    np.testing.assert_array_equal(outputs[0], outputs[1])
    np.testing.assert_allclose(outputs[0], outputs[2].T, rtol=1e-15)


@pytest.mark.parametrize("sample", sorted((ROOT / "samples").glob("*.*")), ids=lambda p: p.name)
def test_every_sample_is_calculated(sample: Path) -> None:
    """Without a warning, and to JSON that other programs read."""
    run = compute(str(sample), "-f", "json")
    assert json.loads(run.stdout)["output"]
    assert run.stderr == ""


def test_the_csv_samples_are_the_json_sample() -> None:
    """One sectioned file, and a file for each matrix."""
    expected = compute(LESSON, "-f", "json").stdout
    files = [f"{name}=samples/csv/{name}.csv" for name in ("X", "W_q", "W_k", "W_v")]
    assert compute("samples/self_attention.csv", "-f", "json").stdout == expected
    assert compute(*files, "-f", "json").stdout == expected


def test_only_shows_what_was_asked_for_under_its_own_number() -> None:
    """In the order of the calculation, in any spelling."""
    screen = compute(LESSON, "--only", "OUTPUT,scores", "--only", "w_e_ights").stdout
    assert re.findall(r"(?m)^(\d+)  (\w+) = ", screen) == [
        ("4", "scores"),
        ("6", "weights"),
        ("7", "output"),
    ]


def test_one_step_as_csv_is_bare() -> None:
    """`--only weights -f csv` is a matrix for a spreadsheet, without a name."""
    text = compute(LESSON, "--only", "scores", "-f", "csv").stdout
    assert text == "2.0,4.0,4.0\n4.0,16.0,12.0\n4.0,12.0,10.0\n"


@pytest.mark.parametrize(("dtype", "bits"), [("float64", 8), ("float32", 4), ("float16", 2)])
def test_results_have_the_dtype_that_was_chosen(dtype: str, bits: int, tmp_path: Path) -> None:
    """Nothing on the way promotes to another precision."""
    target = tmp_path / "steps.npz"
    mask = ["--mask", "causal", "--mask", "[[0.5, 0, -0.5]]"]
    compute(LESSON, "--dtype", dtype, "--scale", "0.3", *mask, "-o", str(target))
    with np.load(target) as steps:
        assert {name: steps[name].dtype.itemsize for name in steps.files} == dict.fromkeys(
            ("Q", "K", "V", "scores", "scaled", "masked", "weights", "output"), bits
        )


@pytest.mark.parametrize("precision", [0, 1, 20])
def test_precision_is_the_number_of_decimals(precision: int) -> None:
    """From none to twenty."""
    screen = compute("[[3]]", "--only", "output", "-p", str(precision)).stdout
    assert screen.split()[-1] == f"{3:.{precision}f}"


WARNINGS = [
    (
        ["[[1,0],[0,1]]", "--tokens", "I,love", "--mask", "[[1,0],[0,0]]"],
        "no key may be attended by query 2 (love): weights and output are 0 there.",
    ),
    (
        ["Q=[[1,2]]", "K=[[1,2]]", "--mask", "padding:0"],
        "no key may be attended by query 1: weights are 0 there.",
    ),
    (
        ["[[1,2]]", "--mask", "padding:0", "--heads", "2"],
        "no key may be attended by head 1, query 1; head 2, query 1: weights and heads are 0 there.",
    ),
    (
        ["[[[1],[2]],[[3],[4]]]", "--mask", "padding:2,0"],
        (
            "no key may be attended by batch entry 2, query 1; batch entry 2, query 2: "
            "weights and output are 0 there."
        ),
    ),
    (
        ["[[1],[2],[3],[4],[5],[6],[7]]", "--mask", "padding:0"],
        (
            "no key may be attended by query 1; query 2; query 3; query 4; query 5 and 2 more: "
            "weights and output are 0 there."
        ),
    ),
    (
        ["[[1,0],[0,1]]", "--mask", "causal", "--mask-kind", "drop"],
        "mask_kind changes nothing: it speaks of the cells of a mask matrix, and there is none.",
    ),
    (
        ["[[1,0],[0,1]]", "--fill", "-5"],
        "fill changes nothing: it speaks of what a mask hides, and there is none.",
    ),
    (
        ["[[1,0],[0,1]]", "--activation", "gelu"],
        "activation changes nothing: it speaks of a feed-forward, and there is none.",
    ),
    (
        ["[[1,0],[0,1]]", "--norm", "pre"],
        "norm changes nothing: it speaks of a layer, and there is none.",
    ),
    (
        ["[[1,0],[0,1]]", "--eps", "1e-3"],
        "eps changes nothing: it speaks of a norm, and there is none.",
    ),
    (
        ["Q=[[1]]", "K=[[1]]", "--scale-embeddings", "true"],
        "scale_embeddings changes nothing: it speaks of an X, and there is none.",
    ),
    (
        ["Q=[[1e200]]", "K=[[-1e200]]", "V=[[1]]"],
        "scores overflows float64: of its numbers, 1 of 1 became infinite or NaN.",
    ),
    (["[[1,0],[0,1]]", "W_a=[[1]]"], "W_a is not used by scaled scoring."),
    (
        ["[[300,0],[0,1]]", "--dtype", "float16", "--score", "dot"],
        "scores overflows float16: of its numbers, 1 of 4 became infinite or NaN.",
    ),
]


@pytest.mark.parametrize(("arguments", "warning"), WARNINGS, ids=[w[:40] for _, w in WARNINGS])
def test_what_deserves_a_second_look_is_said_on_stderr(arguments: list[str], warning: str) -> None:
    """And the result is printed all the same."""
    run = compute(*arguments, "-f", "json")
    assert run.stderr == f"Warning: {warning}\n"
    json.loads(run.stdout)


def test_a_row_that_may_attend_nothing_is_zero() -> None:
    """Weights and output 0, not NaN and not the mean."""
    steps = json.loads(compute("[[1,2],[3,4]]", "--mask", "[[0,0],[1,1]]", "-f", "json").stdout)
    assert (steps["weights"][0], steps["output"][0]) == ([0, 0], [0, 0])


def test_what_is_masked_cannot_spread() -> None:
    """A score that overflowed under −inf stays −inf, and is no NaN."""
    arguments = ["[[300,0],[0,1]]", "--dtype", "float16", "--score", "dot"]
    run = compute(*arguments, "--mask", '[["-inf",0.5],[0,0]]', "-f", "json")
    steps = json.loads(run.stdout)
    assert steps["scores"][0][0] == "inf"
    assert (steps["masked"][0], steps["weights"][0]) == (["-inf", 0.5], [0, 1])


def test_a_finite_fill_overwrites_the_scores() -> None:
    """A row with nothing to attend then gets what softmax gives: equal shares."""
    arguments = ("[[1,2],[3,4]]", "--mask", "[[0,0],[1,0]]", "--fill", "-1e9", "-f", "json")
    run = compute(*arguments)
    steps = json.loads(run.stdout)
    assert (steps["masked"][0], steps["weights"][0]) == ([-1e9, -1e9], [0.5, 0.5])
    assert run.stderr == ""


def test_output_takes_the_format_of_its_suffix(tmp_path: Path) -> None:
    """Every format has a suffix, and what is written is what is printed."""
    for name, entry in FORMATS.items():
        target = tmp_path / f"steps{entry.suffix}"
        assert compute(LESSON, "-o", str(target)).stdout == ""
        if entry.is_text:
            assert target.read_text(encoding="utf-8") == compute(LESSON, "-f", name).stdout


def test_a_file_that_is_replaced_keeps_its_permissions_and_its_links(tmp_path: Path) -> None:
    """Written beside it first, but to the user it is the same file."""
    target, link = tmp_path / "steps.json", tmp_path / "link.json"
    target.write_text("old")
    target.chmod(0o640)
    link.symlink_to(target)
    compute(LESSON, "-o", str(link))
    assert link.is_symlink()
    assert json.loads(target.read_text())["output"]
    assert stat.S_IMODE(target.stat().st_mode) == 0o640
    assert sorted(tmp_path.iterdir()) == [link, target]


@pytest.mark.parametrize("target", ["-", "/dev/stdout", "/dev/fd/1"])
def test_standard_output_is_no_file_to_replace(target: str) -> None:
    """`-o -` and its relatives print, between what others print."""
    program = f"'{sys.executable}' -m attncli compute '[[1, 2]]' --only output -f csv -o {target}"
    run = subprocess.run(
        ["bash", "-c", f"echo before; {program}; echo after"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert (run.stdout, run.stderr) == ("before\n1.0,2.0\nafter\n", "")


@pytest.mark.parametrize(
    "arguments",
    [
        ["check", LESSON, "scores=[[2,4,4],[4,16,12],[4,12,10]]"],
        ["explain", LESSON, "scores[1,1]"],
        ["mask", "causal", "2"],
    ],
)
def test_every_command_knows_standard_output_by_name(arguments: list[str]) -> None:
    """`-o -` prints what is printed without it, in whatever command."""
    run = CliRunner().invoke(cli, [*arguments, "-o", "-"])
    assert run.exit_code == 0, run.stderr
    assert run.stdout == CliRunner().invoke(cli, arguments).stdout


def test_a_result_that_cannot_be_printed_is_an_error() -> None:
    """A full disk behind standard output: one line and status 2."""
    with Path("/dev/full").open("wb") as full:
        command = [*PROGRAM, "compute", "[[1, 2]]"]
        run = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert run.returncode == 2
    assert run.stderr == "Error: the result cannot be written: No space left on device.\n"


def test_files_are_written_without_colour(tmp_path: Path) -> None:
    """Also when the command was typed on a terminal."""
    status, _ = on_a_terminal("compute", LESSON, "-o", str(tmp_path / "steps.txt"))
    assert status == 0
    assert "\x1b" not in (tmp_path / "steps.txt").read_text(encoding="utf-8")


def test_masks_on_the_command_line_may_be_json() -> None:
    """An object as in a document, and any case or minus sign."""
    steps = [
        compute("[[1],[2],[3]]", "--mask", mask, "--only", "masked", "-f", "csv").stdout
        for mask in ('{"window": [-1, 0]}', "window:-1,0", "Window: −1, 0", "causal")
    ]
    assert len(set(steps)) == 1


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


def test_without_arguments_a_terminal_is_told_how_to_start() -> None:
    """An example that can be copied, and status 2."""
    status, screen = on_a_terminal("compute")
    assert status == 2
    assert "attncli compute samples/self_attention.json" in screen
    assert "Traceback" not in screen


def test_without_arguments_a_pipe_is_read() -> None:
    """`cat p.json | attncli compute` needs no dash."""
    assert compute(stdin=Path(LESSON).read_text()).stdout == compute(LESSON).stdout


def test_a_terminal_gets_colour_and_blocks_that_fit() -> None:
    """On a real terminal of 60 columns: shaded weights, and no table wider than the screen."""
    status, screen = on_a_terminal("compute", "samples/image.json", "--only", "weights")
    lines = re.sub(r"\x1b\[[\d;]*m", "", screen).split("\r\n")
    assert status == 0
    assert "\x1b[38;" in screen
    assert max(len(line) for line in lines if re.match(r" \S+ +\d", line)) <= 60


def test_binary_is_not_thrown_at_a_terminal() -> None:
    """NPZ on a screen helps nobody."""
    status, screen = on_a_terminal("compute", "[[1]]", "-f", "npz")
    assert status == 2
    assert "with -o" in screen


def test_interrupting_ends_quietly_with_130() -> None:
    """Ctrl-C while standard input is awaited."""
    process = subprocess.Popen(
        [*PROGRAM, "compute", "-"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    time.sleep(3)
    process.send_signal(signal.SIGINT)
    stdout, stderr = process.communicate(timeout=30)
    assert (process.returncode, stdout, stderr) == (130, "", "")


def test_a_closed_pipe_is_no_error(tmp_path: Path) -> None:
    """`| head -1` on more than a pipe holds: status 0 and nothing on stderr."""
    np.save(tmp_path / "x.npy", np.ones((400, 3)))
    script = f"'{sys.executable}' -m attncli compute '{tmp_path}/x.npy' -f csv | head -n 1; "
    run = subprocess.run(
        ["bash", "-c", script + "echo ${PIPESTATUS[0]}"], capture_output=True, text=True, check=True
    )
    assert (run.stdout.split("\n")[-2], run.stderr) == ("0", "")


def test_other_encodings_do_not_break_tables() -> None:
    """Documents and tables are UTF-8 wherever they go."""
    environment = {**os.environ, "PYTHONIOENCODING": "ascii", "LC_ALL": "C"}
    run = subprocess.run(
        [*PROGRAM, "compute", LESSON], env=environment, capture_output=True, check=True
    )
    assert "Q Kᵀ" in run.stdout.decode()


def test_debug_shows_where_an_error_came_from() -> None:
    """The only way to a traceback."""
    command = [*PROGRAM, "compute", "missing.json"]
    plain = subprocess.run(command, capture_output=True, text=True, check=False)
    debug = subprocess.run([*command, "--debug"], capture_output=True, text=True, check=False)
    assert "Traceback" not in plain.stderr
    assert "Traceback" in debug.stderr
