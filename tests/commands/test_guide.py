"""`attncli guide` on a terminal and in a pipe; `help` and a document in the place of a command."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from attncli.cli.commands.guide import TOPICS
from attncli.render.guide_pages import draw_page
from attncli.render.view import View
from tests.cli.test_help import completed
from tests.running import ROOT, on_a_terminal, run, succeed, terminal

ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


def page(topic: str) -> str:
    """Return the Markdown of a topic."""
    return (ROOT / "attncli/guide" / f"{topic}.md").read_text(encoding="utf-8")


def test_the_list_names_every_topic_with_its_heading() -> None:
    """A line per topic, in the order of reading."""
    lines = succeed("guide").stdout.splitlines()[1:]
    assert [line.split()[0] for line in lines] == list(TOPICS)
    for topic, line in zip(TOPICS, lines, strict=True):
        assert page(topic).split("\n")[0].endswith(f": {' '.join(line.split()[1:])}")


@pytest.mark.parametrize("topic", TOPICS)
def test_a_pipe_gets_the_markdown(topic: str) -> None:
    """The same bytes as in the file."""
    assert succeed("guide", topic).stdout == page(topic)


def test_an_unknown_topic_is_refused() -> None:
    """The message names a similar topic, and all topics."""
    refused = run("guide", "mask")
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert "'mask' is not a topic of the guide (did you mean 'masks'?)." in refused.stderr
    assert f"Topics: {', '.join(TOPICS)}." in refused.stderr


def test_completion_offers_topics() -> None:
    """The shell completes the beginning of a topic."""
    assert completed("attncli guide sc") == "plain,scores\n"


@pytest.mark.parametrize("topic", TOPICS)
@pytest.mark.parametrize("width", [40, 80])
def test_a_terminal_gets_a_page_within_its_width(topic: str, width: int) -> None:
    """No line is too long, and no word of the page is lost where lines are folded."""
    shown = draw_page(page(topic), View(width=width))
    assert max(map(len, shown.split("\n"))) <= width
    whole = "".join(draw_page(page(topic), View(width=100)).split())
    assert "|---" not in shown
    assert "…" not in shown or "…" in page(topic)
    assert len("".join(shown.split()).replace("─", "")) == len(whole.replace("─", ""))


def test_a_long_page_goes_through_the_pager(monkeypatch: pytest.MonkeyPatch) -> None:
    """PAGER names the pager; a short text, and a terminal that cannot go back, need none."""
    monkeypatch.setenv("PAGER", "sed s/^/paged:/")
    status, screen = on_a_terminal("guide", "masks")
    assert status == 0
    assert screen.startswith("paged:")
    assert "paged:" not in on_a_terminal("guide")[1]


def test_less_shows_colours(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without PAGER the pager is less, which gets colours."""
    monkeypatch.delenv("PAGER", raising=False)
    monkeypatch.delenv("LESS", raising=False)
    with terminal("guide", "masks") as screen:
        screen.read_until(b"causal 4")
        screen.type(b"q")
        screen.read_until()
        assert screen.process.wait() == 0
        assert "\x1b[1m$ attncli mask causal 4" in screen.text


def test_a_terminal_shows_headings_without_marks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Colours mark headings; where there are none, the marks of Markdown do."""
    monkeypatch.setenv("PAGER", "cat")
    shown = draw_page("# A\n\n## B\n", View(width=60, color="256"))
    assert ESCAPES.sub("", shown) == "A\n\nB\n"
    assert draw_page("# A\n\n## B\n", View(width=60)) == "# A\n\n## B\n"


INSTEAD = {
    (
        "help",
    ): "help is an option, not a command. Write attncli --help; the manual is attncli guide.",
    ("help", "check"): "Write attncli check --help; the manual is attncli guide.",
    ("help", "masks"): "Write attncli --help; the manual is attncli guide masks.",
    ("samples/rope.json", "-p", "2"): (
        "samples/rope.json is a file, not a command. Write attncli compute samples/rope.json -p 2."
    ),
    (
        "sample:rope",
    ): "sample:rope is a document, not a command. Write attncli compute sample:rope.",
    ("[[1, 2]]",): "[[1, 2]] is a document, not a command. Write attncli compute '[[1, 2]]'.",
}


@pytest.mark.parametrize("words", INSTEAD, ids=" ".join)
def test_what_is_not_a_command_gets_the_command_to_write(words: tuple[str, ...]) -> None:
    """`help`, a file, a sample and a literal; anything else is a misspelled command."""
    refused = run(*words)
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert " ".join(refused.stderr.split()).endswith(INSTEAD[words])


def test_a_file_with_blanks_is_quoted(tmp_path: Path) -> None:
    """The command that the message names works as it stands."""
    (tmp_path / "my problem.json").write_text("{}", encoding="utf-8")
    path = str(tmp_path / "my problem.json")
    assert f"Write attncli compute '{path}'." in run(path).stderr


def test_capital_v_is_the_version() -> None:
    """`-V` is `--version`."""
    assert run("-V").stdout == run("--version").stdout
