"""Test `attncli explore`: the walk, the screen, the keys, and the terminal around it.

`python -m tests.commands.test_explore` writes the screens in tests/golden/explore anew.
"""

from __future__ import annotations

import asyncio
import html
import json
import os
import re
import signal
import sys
import termios
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from textual.binding import Binding
from textual.pilot import Pilot

from attncli.cli.commands import explore as command
from attncli.cli.program import cli
from attncli.render.explore import number_grid
from attncli.render.explore.app import ExploreApp, KeyList, StepList
from attncli.render.explore.keys import KEYS
from attncli.render.explore.matrix_view import MatrixView
from attncli.render.explore.number_grid import GridColumn, NumberGrid
from attncli.render.numbers import number_text
from tests.running import (
    GOLDEN,
    PATIENCE,
    SAMPLES,
    Screen,
    computed,
    on_a_terminal,
    run,
    succeed,
    terminal,
)

SCREENS = GOLDEN / "explore"
CHARACTER = 12.2  # the width of a character in a picture
MISTAKE = "sample:answers/self_attention/mistake"

Drive = Callable[[ExploreApp, "Pilot[None]"], Coroutine[Any, Any, None]]


def opened(*arguments: str) -> ExploreApp:
    """Return the app that the command opens with these arguments."""
    apps: list[ExploreApp] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            command, "_load_screen", lambda: lambda *given: apps.append(ExploreApp(*given))
        )
        succeed("explore", *arguments)
    return apps[0]


def drive(app: ExploreApp, work: Drive, size: tuple[int, int] = (80, 24)) -> ExploreApp:
    """Run the app on a screen of this size, do the work there, and return the app."""

    async def main() -> None:
        async with app.run_test(size=size) as pilot:
            await pilot.pause()
            await work(app, pilot)

    asyncio.run(main())
    return app


def pressed(*keys: str, of: Sequence[str], size: tuple[int, int] = (80, 24)) -> ExploreApp:
    """Return the app of these arguments after these keys."""

    async def press(_: ExploreApp, pilot: Pilot[None]) -> None:
        await pilot.press(*keys)
        await pilot.pause()

    return drive(opened(*of), press, size)


def screen(*keys: str, of: Sequence[str], size: tuple[int, int] = (80, 24)) -> str:
    """Return the lines of the screen after these keys, when they no longer change."""
    shown: list[str] = []

    async def work(app: ExploreApp, pilot: Pilot[None]) -> None:
        await pilot.press(*keys)
        while len(shown) < 2 or shown[-1] != shown[-2]:
            await pilot.pause(0.05)
            shown.append(lines_of(app.export_screenshot()))

    drive(opened(*of), work, size)
    return shown[-1]


def lines_of(picture: str) -> str:
    """Return the lines of text in a picture that the app exports."""
    lines: dict[float, str] = {}
    pattern = r'<text class="[^"]*-r\d+" x="([\d.]+)" y="([\d.]+)"[^>]*>(.*?)</text>'
    for x, y, text in re.findall(pattern, picture):
        before = lines.get(float(y), "").ljust(round(float(x) / CHARACTER))
        lines[float(y)] = before + html.unescape(text).replace("\xa0", " ")
    return "\n".join(line.rstrip() for _, line in sorted(lines.items())) + "\n"


def place(app: ExploreApp) -> str:
    """Return the name of the cell at the cursor."""
    return app.walk.text(app.walk.cell)


def walked(*moves: tuple[Sequence[str], str], of: Sequence[str]) -> None:
    """Press the keys of each move, and compare the cell in which it ends."""

    async def work(app: ExploreApp, pilot: Pilot[None]) -> None:
        for keys, cell in moves:
            await pilot.press(*keys)
            assert place(app) == cell, keys

    drive(opened(*of), work)


# The walk.


def test_arrows_and_far_keys_move_and_stop_at_the_ends() -> None:
    """The walk begins in the first cell of the first step, and stays within the matrix."""
    walked(
        ([], "Q[1,1]"),
        (["up", "left"], "Q[1,1]"),
        (["down", "right", "right", "right", "right"], "Q[2,3]"),
        (["ctrl+end"], "Q[3,3]"),
        (["home"], "Q[3,1]"),
        (["end"], "Q[3,3]"),
        (["ctrl+home"], "Q[1,1]"),
        of=["sample:self_attention"],
    )


def test_page_keys_move_by_the_rows_of_the_screen() -> None:
    """PgDn moves as far as the matrix has rows on the screen, and PgUp back."""

    async def work(app: ExploreApp, pilot: Pilot[None]) -> None:
        await pilot.press("right", "left")  # now the matrix has its scroll bars
        rows = app.query_one(MatrixView).page
        await pilot.press("pagedown")
        assert app.walk.row == rows > 5
        await pilot.press("pageup")
        assert app.walk.row == 0

    drive(opened("sample:image"), work)


def test_enter_walks_to_an_operand_and_escape_back() -> None:
    """Enter goes to the first operand of a cell; Escape and Backspace go the way back."""
    walked(
        ([*["tab"] * 5, "down", "right"], "weights[2,2]"),
        (["enter"], "scaled[2,2]"),
        (["enter"], "scores[2,2]"),
        (["escape"], "scaled[2,2]"),
        (["backspace"], "weights[2,2]"),
        of=["sample:self_attention"],
    )


def test_o_chooses_the_operand_of_enter() -> None:
    """scores[2,3] comes from row 2 of Q and row 3 of K: o chooses K, whose row is highlighted."""

    async def work(app: ExploreApp, pilot: Pilot[None]) -> None:
        await pilot.press(*["tab"] * 3, "down", "end", "o", "enter")
        assert place(app) == "K[3,1]"
        assert app.walk.highlighted() == {(2, 0), (2, 1), (2, 2)}
        await pilot.press("escape", "enter")
        assert place(app) == "Q[2,1]"
        assert app.query_one(MatrixView).render_line(2).text.strip() == "2 [2]‹2›‹2›"

    drive(opened("sample:self_attention"), work)


def test_a_step_on_the_way_to_another_is_not_on_the_way_back() -> None:
    """From Q to scores over K and V: Escape leads back to Q, whose cell the reader had moved to."""
    walked((["down", *["tab"] * 3, "escape"], "Q[2,1]"), of=["sample:self_attention"])


def test_the_steps_begin_anew_after_the_last() -> None:
    """Tab behind the last step shows the first input, Shift+Tab the last step again."""
    walked((["tab"] * 7, "X[1,1]"), (["shift+tab"], "output[1,1]"), of=["sample:self_attention"])


def test_heads_are_switched_and_kept() -> None:
    """h shows the next head, H the one before, and the next step keeps the head."""
    walked(
        ([*["tab"] * 3, "h"], "Q_h[1,1,head=2]"),
        (["H"], "Q_h[1,1,head=1]"),
        (["H", "tab"], "K_h[1,1,head=2]"),
        of=["sample:two_heads"],
    )


def test_batch_entries_and_queries_of_hidden_are_switched() -> None:
    """b shows the next batch entry, and n the next query of a step with three axes."""
    walked((["b"], "Q[1,1,batch=2]"), (["B"], "Q[1,1,batch=1]"), of=["sample:padded_batch"])
    walked((["tab", "tab", "n"], "hidden[2,1,1]"), of=["sample:additive"])


def test_inputs_have_no_arithmetic() -> None:
    """The line of an input is its number, and Enter stays there."""
    walk = opened("sample:self_attention").walk
    walk.enter()
    walk.enter()
    assert walk.text(walk.cell) == "X[1,1]"
    assert walk.lines(78) == ["X[1,1] = 1  (an input)"]


@pytest.mark.parametrize(
    "sample", ["self_attention", "self_attention_columns", "two_heads", "additive", "transformer"]
)
@pytest.mark.parametrize("width", [58, None])
def test_the_arithmetic_is_that_of_explain(sample: str, width: int | None) -> None:
    """The lines of a cell in each step are those that `attncli explain` prints."""
    walk = opened(f"sample:{sample}").walk
    lines: list[str] = []
    cells: list[str] = []
    for step in walk.explained.trace.plan.names:
        walk.go(step)
        walk.move(1, -9)
        cells.append(walk.text(walk.cell))
        lines.append("\n".join(walk.lines(width)))
    printed = succeed("explain", f"sample:{sample}", *cells, width=width).stdout
    assert re.sub(r"\n+", "\n", "\n".join(lines) + "\n") == re.sub(r"\n+", "\n", printed)


def test_the_screen_shows_the_arithmetic() -> None:
    """The lines that `attncli explain` prints stand below the matrix, in their room."""
    document = ["sample:two_heads"]
    shown = screen(*["tab"] * 9, "down", "right", of=document, size=(80, 40))
    lines = succeed("explain", *document, "weights[2,2,head=1]", width=78).stdout
    assert "".join(f" {line}\n" for line in lines.splitlines()) in shown


DOCUMENTS = [
    *(f"sample:{path.stem}" for path in sorted(SAMPLES.glob("*.json"))),
    "sample:encoder_layer --score additive",
    "sample:decoder_layer --position alibi",
]


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_matrix_of_every_sample_can_be_reached(document: str) -> None:
    """Each matrix has a heading, numbers and labels, and each operand is a cell of one."""
    app = opened(*document.split())
    walk = app.walk
    for name in walk.names:
        walk.go(name)
        walk.move(10**9, 10**9)
        assert app._heading().plain.startswith(name)
        grid = app._new_grid()
        assert grid.shape == (walk.row + 1, walk.column + 1)
        assert (
            number_text(float(walk.explained.trace.matrices[name][walk.cell.index]))
            in (grid.cell(walk.row, walk.column)[0])
        )
        for operand in walk.operands:
            walk.enter()
            assert walk.cell == operand
            assert (walk.row, walk.column) in walk.highlighted()
            walk.back()
            for _ in range(walk.operands.index(operand) + 1):
                walk.choose(1)


# Masks.


def test_another_mask_is_calculated() -> None:
    """m changes to the next mask; the numbers are those of `attncli compute --mask`."""
    app = pressed(*["tab"] * 5, "m", of=["sample:self_attention"])
    right = computed("sample:self_attention", "--mask", "causal")
    matrices = app.walk.explained.trace.matrices
    assert app.mask == "causal"
    assert place(app) == "weights[1,1]"
    assert matrices["weights"].tolist() == right["weights"]
    assert matrices["output"].tolist() == right["output"]


def test_the_mask_of_the_document_comes_back() -> None:
    """A document with padding has three masks: its own, none, and causal."""
    own = computed("sample:padded_batch")["weights"]

    async def work(app: ExploreApp, pilot: Pilot[None]) -> None:
        for mask in ("of the document", "none", "causal", "of the document"):
            assert app.mask == mask
            weights = app.walk.explained.trace.matrices["weights"].tolist()
            assert (weights == own) == (mask == "of the document")
            await pilot.press("m")

    drive(opened("sample:padded_batch"), work)


def test_a_mask_without_the_step_leads_to_the_step_before() -> None:
    """Without a mask there is no step `masked`: the reader stays in the same cell of `scaled`."""
    app = pressed(*["tab"] * 8, "down", "m", of=["sample:two_heads"])
    assert place(app) == "scaled[2,1,head=1]"
    assert "masked" not in app.walk.names


def test_a_document_that_takes_no_other_mask_has_one() -> None:
    """In a Transformer a mask belongs to one of its sublayers, so that the key m is not there."""
    app = opened("sample:transformer")
    assert app.check_action("mask", ()) is False
    assert opened("sample:self_attention").check_action("mask", ()) is True


def test_a_mask_that_cannot_be_calculated_is_reported() -> None:
    """The screen stays as it is, and a message says why."""
    app = opened("sample:self_attention")

    def fails(_: str) -> Any:
        from attncli.errors import AttncliError

        raise AttncliError("weights needs 9 GiB.", "Use fewer tokens.")

    app._calculate = fails
    shown: list[str] = []

    async def work(app: ExploreApp, pilot: Pilot[None]) -> None:
        await pilot.press("m")
        await pilot.pause()
        shown.extend(each.message for each in app._notifications)

    drive(app, work)
    assert shown == ["mask causal: weights needs 9 GiB. Use fewer tokens."]
    assert place(app) == "Q[1,1]"


def test_warnings_of_the_calculation_are_shown() -> None:
    """A warning, which the screen would cover, appears on the screen."""
    shown: list[str] = []

    async def work(app: ExploreApp, pilot: Pilot[None]) -> None:
        shown.extend(each.message for each in app._notifications)

    document = ["Q=[[1,0]]", "K=[[1,2]]", "V=[[1]]", "--mask", "padding:0"]
    drive(opened(*document), work)
    warning = run("compute", *document).stderr.removeprefix("Warning: ").rstrip()
    assert shown == [warning]


# An answer.


def test_wrong_cells_of_an_answer_are_marked() -> None:
    """Wrong cells have a sign and the number of the answer, and each step its sign."""
    shown = screen(*["tab"] * 4, of=["sample:self_attention", "--answer", MISTAKE])
    headline = run("check", "sample:self_attention", MISTAKE).stdout
    assert shown.splitlines()[0].strip() in headline
    assert "[1.1547 ✗ 2] 2.3094 ✗ 4   2.3094 ✗ 4" in shown
    assert "9.2376 ✗ 16" in shown
    assert re.findall(r"\d (\w+) +([✓✗≠])", shown) == [
        ("Q", "✓"), ("K", "✓"), ("V", "✓"), ("scores", "✓"),
        ("scaled", "✗"), ("weights", "≠"), ("output", "≠"),
    ]  # fmt: skip


def test_cells_that_follow_are_marked_in_another_way() -> None:
    """Weights that follow from wrong scores have the sign ≠, right cells have none."""
    shown = screen(*["tab"] * 5, of=["sample:self_attention", "--answer", MISTAKE])
    assert "answer: follows" in shown
    assert re.search(r"\[0\.1361 +≠ 0\.0634\]", shown)


def test_marks_follow_the_layout() -> None:
    """In the layout `columns`, the wrong cell is marked at its place on paper."""
    document = "sample:self_attention_columns"
    answer = computed(document)
    answer["scores"][0][2] += 1
    folder = Path(os.environ.get("TMPDIR", "/tmp"))
    file = folder / f"explore-{os.getpid()}.json"
    file.write_text(json.dumps({"layout": "columns", "scores": answer["scores"]}))
    try:
        app = opened(document, "--answer", str(file))
    finally:
        file.unlink()
    app.walk.go("scores")
    right, own = answer["scores"][0][2] - 1, answer["scores"][0][2]
    grid = app._new_grid()
    assert grid.beside == {(0, 2): f"✗ {own:g}"}
    assert grid.numbers[0, 2] == right


def test_an_answer_of_another_size_is_named() -> None:
    """A step of another size is left out with a warning, and its sign is that of a wrong step."""
    app = opened("sample:self_attention", "--answer", str(SCREENS / "wrong_size.json"))
    assert app._remarks[0].endswith("scores is 1 × 2, not 3 × 3: it is left out.")
    assert app._marks["scores"].sign == "✗"
    assert not app._marks["scores"].cells


# The screen.

SIZES = {(60, 20), (80, 24), (120, 40)}
GOLDEN_SCREENS: dict[str, tuple[list[str], list[str]]] = {
    "heads": ([*["tab"] * 9, "down", "right", "enter"], ["sample:two_heads"]),
    "answer": ([*["tab"] * 4, "down"], ["sample:self_attention", "--answer", MISTAKE]),
    "layers": ([*["tab"] * 6], ["sample:transformer"]),
    "keys": (["question_mark"], ["sample:self_attention"]),
}


@pytest.mark.parametrize("name", GOLDEN_SCREENS)
@pytest.mark.parametrize("size", sorted(SIZES), ids=lambda size: str(size[0]))
def test_screens_are_as_they_were_looked_at(name: str, size: tuple[int, int]) -> None:
    """The screens at 60, 80 and 120 columns are those that a person has looked at."""
    keys, document = GOLDEN_SCREENS[name]
    file = SCREENS / f"{name}-{size[0]}.txt"
    assert screen(*keys, of=document, size=size) == file.read_text(encoding="utf-8")


def test_a_narrow_screen_cuts_no_digit() -> None:
    """A matrix that is wider than the screen scrolls with the cursor, digits and all."""
    shown = screen("end", of=["sample:image"], size=(60, 20))
    last = computed("sample:image")["scores"][0][49]
    assert re.search(rf"\[ *{re.escape(number_text(last))} *\]", shown)


def test_a_large_matrix_formats_the_visible_cells_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a million cells, one screen formats those that it shows, after a sample for the widths."""
    formatted = 0

    def counted(*given: Any) -> str:
        nonlocal formatted
        formatted += 1
        return number_text(*given)

    monkeypatch.setattr(number_grid, "number_text", counted)
    numbers = np.random.default_rng(0).normal(size=(1000, 1000))
    grid = NumberGrid(numbers, [str(n) for n in range(1000)], [str(n) for n in range(1000)])
    assert formatted < 3000
    formatted = 0
    for row in range(30):
        for column in range(20):
            grid.cell(row, column)
    assert formatted == 600


def test_columns_grow_for_a_number_that_the_sample_missed() -> None:
    """A number that is longer than all in the sample is whole, and its column grows."""
    numbers = np.zeros((200, 200))
    numbers[7, 5] = 123456.75
    numbers[8, 5] = 1234567.25
    grid = NumberGrid(numbers, [str(n) for n in range(200)], [str(n) for n in range(200)])
    grid.columns[5] = GridColumn("6")
    assert grid.cell(7, 5)[0] == "123456.75"
    assert grid.cell(8, 5)[0] == "1234567.25"
    assert grid.cell(7, 5)[0] == " 123456.75"


def test_decimal_points_are_aligned() -> None:
    """Decimal points of a column stand below each other; -inf ends where the numbers end."""
    grid = NumberGrid(np.array([[10.5], [-1.25], [-np.inf], [3.0]]), list("abcd"), ["x"])
    texts = [grid.cell(row, 0)[0] for row in range(4)]
    assert texts == ["10.5 ", "-1.25", " -inf", " 3   "]


def test_the_cursor_is_seen_without_colours(monkeypatch: pytest.MonkeyPatch) -> None:
    """With NO_COLOR no segment of the screen has a colour, and the cursor has its brackets."""
    monkeypatch.setenv("NO_COLOR", "1")
    styles: list[Any] = []

    async def work(app: ExploreApp, pilot: Pilot[None]) -> None:
        await pilot.press("down")
        await pilot.pause()
        for strip in app.screen._compositor.render_strips():
            styles.extend(segment.style for segment in strip if segment.style)

    drive(opened("sample:self_attention"), work)
    assert styles
    assert all(style.color is None or style.color.is_default for style in styles)
    assert all(style.bgcolor is None or style.bgcolor.is_default for style in styles)
    assert "[2]" in screen("down", of=["sample:self_attention"])


def backgrounds(app: ExploreApp, row: int) -> set[str]:
    """Return the background colours of a row of the matrix."""
    strip = app.query_one(MatrixView).render_line(row + 1)
    return {
        segment.style.bgcolor.name for segment in strip if segment.style and segment.style.bgcolor
    }


def test_colours_are_switched() -> None:
    """c hides the colours of the numbers and shows them again; d changes to a light screen."""
    found: list[int] = []
    dark: list[bool] = []

    async def work(app: ExploreApp, pilot: Pilot[None]) -> None:
        for key in ("tab", "c", "c", "d"):
            await pilot.press(key)
            await pilot.pause()
            found.append(len(backgrounds(app, 1)))
            dark.append(app.current_theme.dark)

    drive(opened("sample:self_attention"), work)
    assert found[0] > 1
    assert found[1:3] == [1, found[0]]
    assert dark == [True, True, True, False]


def test_a_long_headline_ends_with_a_sign() -> None:
    """A headline that is longer than the screen ends with …, so that nobody takes it for whole."""
    answer = ("--answer", "sample:answers/two_heads/mistake")
    first, *_ = screen(of=("sample:two_heads", *answer), size=(60, 24)).splitlines()
    assert re.fullmatch(r" Wrong from masked on: the causal mask was transposed: .*…", first)


def test_a_light_terminal_gets_a_light_screen(monkeypatch: pytest.MonkeyPatch) -> None:
    """COLORFGBG, which some terminals set, decides between dark and light."""
    monkeypatch.setenv("COLORFGBG", "0;15")
    assert pressed(of=["sample:self_attention"]).theme == "textual-light"
    monkeypatch.setenv("COLORFGBG", "15;0")
    assert pressed(of=["sample:self_attention"]).theme == "textual-dark"


def test_a_click_chooses_a_cell_and_a_step() -> None:
    """A click on a cell moves the cursor there, and a click on a step shows its matrix."""

    async def work(app: ExploreApp, pilot: Pilot[None]) -> None:
        await pilot.press("down", "right")
        at = app.query_one(MatrixView).render_line(2).text.index("[") + 2
        await pilot.press("ctrl+home")
        await pilot.click(MatrixView, offset=(at, 2))
        await pilot.pause()
        assert place(app) == "Q[2,2]"
        await pilot.click(StepList, offset=(4, 0))
        await pilot.pause()
        assert place(app) == "X[2,2]"

    drive(opened("sample:self_attention"), work)


def test_the_list_of_keys_closes_again() -> None:
    """? lists the keys, Escape closes the list, and the walk stays where it was."""

    async def work(app: ExploreApp, pilot: Pilot[None]) -> None:
        await pilot.press("down", "question_mark")
        assert isinstance(app.screen, KeyList)
        await pilot.press("escape")
        assert not isinstance(app.screen, KeyList)

    assert place(drive(opened("sample:self_attention"), work)) == "Q[2,1]"


def test_every_key_is_known_to_the_app() -> None:
    """Each entry of KEYS is a key of the matrix, and names an action that the app has."""
    bound = {each.key: each.action for each in MatrixView.BINDINGS if isinstance(each, Binding)}
    for key in KEYS:
        assert bound[key.keys] == f"app.{key.action}"
        assert hasattr(ExploreApp, f"action_{key.action.partition('(')[0]}")


def test_words_are_completed() -> None:
    """The shell completes samples and the values of options, as for compute."""
    for words, expected in {
        "attncli explore sample:two": ["sample:two_heads"],
        "attncli explore --mask ": ["causal", "padding:", "window:"],
    }.items():
        environment = {
            "_ATTNCLI_COMPLETE": "zsh_complete",
            "COMP_CWORD": str(words.count(" ")),
            "COMP_WORDS": words,
        }
        printed = CliRunner(env=environment).invoke(cli, prog_name="attncli").stdout
        assert [line.replace("\\:", ":") for line in printed.splitlines()[1::3]] == expected


# The terminal.


def assert_usual_lines(shown: Screen) -> None:
    """Check that the terminal shows what is typed, line by line, and that Ctrl-C interrupts."""
    local = termios.tcgetattr(shown.terminal)[3]
    for mode in (termios.ECHO, termios.ICANON, termios.ISIG):
        assert local & mode


def test_quitting_restores_the_terminal() -> None:
    """q ends the program with status 0, on the screen that was there before, with a cursor."""
    with terminal("explore", "sample:self_attention", width=80) as shown:
        shown.read_until(b"Three inputs")
        shown.type(b"q")
        shown.read_until()
        assert shown.process.wait(timeout=PATIENCE) == 0
        assert_usual_lines(shown)
    assert shown.text.rindex("\x1b[?1049l") > shown.text.rindex("\x1b[?1049h")
    assert shown.text.rindex("\x1b[?25h") > shown.text.rindex("\x1b[?25l")


@pytest.mark.parametrize("by_signal", [False, True], ids=["key", "signal"])
def test_an_interruption_restores_the_terminal(by_signal: bool) -> None:
    """Ctrl-C as a key or a signal ends with status 130, on the screen that was there before."""
    with terminal("explore", "sample:self_attention", width=80) as shown:
        shown.read_until(b"Three inputs")
        if by_signal:
            shown.process.send_signal(signal.SIGINT)
        else:
            shown.type(b"\x03")
        shown.read_until()
        assert shown.process.wait(timeout=PATIENCE) == 130
        assert_usual_lines(shown)
    assert shown.text.rindex("\x1b[?1049l") > shown.text.rindex("\x1b[?1049h")
    assert "Traceback" not in shown.text


def test_a_fault_of_the_app_is_one_message(capfd: pytest.CaptureFixture[str]) -> None:
    """An error inside the app ends it, and is raised to the command, which has words for it."""
    app = opened("sample:self_attention")

    def fails() -> None:
        raise ZeroDivisionError("a fault")

    app.walk.enter = fails  # type: ignore[method-assign]

    async def work(app: ExploreApp, pilot: Pilot[None]) -> None:
        await pilot.press("enter")
        await pilot.pause()

    with pytest.raises(ZeroDivisionError):
        drive(app, work)
    assert isinstance(app.fault, ZeroDivisionError)
    assert "a fault" not in capfd.readouterr().err  # the traceback that Textual would print


def test_without_a_terminal_other_commands_are_named() -> None:
    """In a pipe, the error names the commands that print the same."""
    result = run("explore", "sample:self_attention")
    assert result.exit_code == 2
    assert result.stderr == (
        "Error: explore needs a terminal, but standard input, output and error are not. "
        "Use attncli compute, or attncli explain for one cell.\n"
    )


def test_without_textual_the_cure_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the extra, the error names the package and the command that installs it."""
    monkeypatch.setattr(command, "is_terminal", lambda _: True)
    for name in [name for name in sys.modules if name.startswith("attncli.render.explore")]:
        monkeypatch.delitem(sys.modules, name)
    for name in [name for name in sys.modules if name.partition(".")[0] == "textual"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "textual", None)
    result = run("explore", "sample:self_attention")
    assert result.exit_code == 2
    assert result.stderr == (
        "Error: explore needs the package textual, which is not installed. "
        "Write pip install textual.\n"
    )


def test_errors_of_a_document_come_before_the_screen() -> None:
    """A document with an error is refused with status 2, before the screen opens."""
    status, shown = on_a_terminal("explore", "samples/missing.json")
    assert status == 2
    assert "samples/missing.json: there is no such file." in shown
    assert "\x1b[?1049h" not in shown


def test_without_a_document_an_example_is_named() -> None:
    """Without a document, the error is an example that can be copied."""
    status, shown = on_a_terminal("explore")
    assert status == 2
    assert "attncli explore sample:self_attention" in shown


if __name__ == "__main__":
    for name, (keys, document) in GOLDEN_SCREENS.items():
        for size in SIZES:
            text = screen(*keys, of=document, size=size)
            (SCREENS / f"{name}-{size[0]}.txt").write_text(text, encoding="utf-8")
