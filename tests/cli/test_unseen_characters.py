"""Test that nothing from the input steers the terminal, hides on it, or fills it.

Every place where a text of the user can appear gets characters without a picture, and long texts.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from unicodedata import category

import pytest

from attncli.words import LONGEST_TEXT, printable
from tests.running import run

CONTROLS = "\a\b\v\f\x1b\x7f\x85\x9b"
DIRECTIONS = "\u061c\u200e\u200f\u202a\u202b\u202d\u202e\u2066\u2067\u2068\u2069"
UNSEEN = "\u00ad\u200b\u200c\u200d\u2028\u2029\u2060\ufeff\ufff9\ufffa\ufffb\U000e0001\U000e0041"
CHARACTERS = CONTROLS + DIRECTIONS + UNSEEN
ODD = "".join(f"a{character}b" for character in CHARACTERS)
LONG = "k" * 30_000
LONG_IN_WORDS = "k " * 15_000

X = "X=[[1,2],[3,4]]"
RIGHT = "weights=[[0.1,0.9],[0.1,0.9]]"
PICTURED = ("table", "markdown", "csv", "latex", "json", "svg")  # not each command knows each


def document(**entries: Any) -> str:
    """Return a small document with further entries, as JSON."""
    return json.dumps({"X": [[1, 2], [3, 4]], **entries})


def places(text: str) -> list[tuple[list[str], str]]:
    """Return commands and their standard input, with the text in one place each."""
    labelled = document(tokens=[text, "z"], title=text, note=text)
    entries: list[dict[str, Any]] = [
        *({name: text} for name in ("score", "heads", "mask", "position", "layer", "cache_lens")),
        *({text: [[1]]}, {f"{text}.W_q": [[1]]}, {"mask": {text: 1}}, {"K": text}),
        *({"K": [[text]]}, {"K": {text: 1}}, {"W_q": [text]}, {"layers": [{text: 1}]}),
    ]
    written = [
        *(f"{text}\n1,2\n\nK\n3,4\n", f",{text},z\n{text},1,2\ny,3,4\n", f"X\n1,{text}\n"),
        *(f"{text} = 3\nX\n1,2\n", f"title = {text}\nX\n1,2\n", f'{{"X": {text}}}', text),
    ]
    answers = [
        {text: [[1]]},
        {"weights": [[text, 1], [1, 1]]},
        {"weights": [[1]], "tokens": [text]},
    ]
    odd_options = ["tokens", "title", "only", "score", "mask", "format", "precision", "convention"]
    return [
        *((["compute", "-"], document(**entry)) for entry in entries),
        *((["compute", "-"], content) for content in written),
        *((["check", X, "-"], json.dumps(answer)) for answer in answers),
        *((["compute", X, f"--{option}", text], "") for option in odd_options),
        *((["check", X, RIGHT, f"--{option}", text], "") for option in ("points", "require")),
        *(([*command, "-f", form], labelled) for command in SHOWING for form in PICTURED),
        *((["explain", X, cell], "") for cell in (f"weights[{text},1]", f"{text}[1,1]")),
        *((["mask", mask, "2"], "") for mask in (text, f"causal:{text}")),
        *(([command, text], "") for command in ("new", "guide", "compute", "explain", "mask")),
        *((["compute", X, f"{text}=3"], ""), (["compute", f"X=sample:{text}"], "")),
        *((["compute", X, f"--{text}"], ""), ([text], ""), (["cost", "--n", text], "")),
        (["mask", "causal", "2", "--tokens", f"{text},z"], ""),
    ]


SHOWING = [
    *(["compute", "-"], ["compute", "-", "--mask", "padding:0"], ["explain", "-", "weights"]),
    *(["check", "-", "weights=[[1,0],[0.5,0.5]]"], ["compare", "-"], ["cost", "-"]),
]


@pytest.mark.parametrize("number", range(len(places(""))))
def test_a_character_without_a_picture_is_spelled_out(number: int) -> None:
    """Neither standard output nor standard error has one, wherever the input has them."""
    arguments, stdin = places(ODD)[number]
    result = run(*arguments, stdin=stdin)
    assert result.exit_code in (0, 1, 2)
    assert "fault" not in result.stderr
    found = {c for c in result.stdout + result.stderr if _steers(c)}
    assert not found


def _steers(character: str) -> bool:
    return character != "\n" and category(character) in ("Cc", "Cf", "Cs", "Zl", "Zp")


@pytest.mark.parametrize("text", [LONG, LONG_IN_WORDS], ids=["a word", "many words"])
@pytest.mark.parametrize("number", range(len(places(""))))
def test_a_message_is_short(number: int, text: str) -> None:
    """A message about a text of 30,000 characters has two thousand at most, and the fact."""
    arguments, stdin = places(text)[number]
    result = run(*arguments, stdin=stdin)
    assert result.exit_code in (0, 1, 2)
    assert all(len(line) < 2 * LONGEST_TEXT + 20 for line in result.stderr.splitlines())


@pytest.mark.parametrize("name", [f"a{c}b" for c in CHARACTERS], ids=map(hex, map(ord, CHARACTERS)))
def test_the_name_of_a_file_is_spelled_out(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Warnings, errors and commands to paste name a file by text that can be seen."""
    monkeypatch.chdir(tmp_path)
    Path(f"{name}.json").write_text(document(title="t"), encoding="utf-8")
    Path(f"{name}.csv").write_text("1,x\n", encoding="utf-8")
    answer = '{"weights": [[1, 0], [0, 1]], "scores": [[5, 11], [11, 25]], "heads": 2}'
    Path(f"ans{name}.json").write_text(answer, encoding="utf-8")
    for arguments in (
        ["compute", f"{name}.csv"],
        ["compute", f"{name}.json:{name}"],
        ["explain", f"{name}.json", "weights[1,1]", "--answer", f"ans{name}.json"],
        ["explain", f"{name}.json", "output[1,1]", "--answer", f"ans{name}.json"],
        ["check", f"{name}.json", f"ans{name}.json"],
        ["compute", X, "-o", f"no{name}/x.json"],
    ):
        result = run(*arguments)
        assert not {c for c in result.stdout + result.stderr if _steers(c)}, arguments


def test_a_joiner_inside_a_word_stays() -> None:
    """A joiner of a Persian word or of an emoji is kept; at the end, or in Latin, it is not."""
    for seen in ("خانه‌ها", "👩‍💻", "e\u0301", "क्‍ष"):
        assert printable(seen) == seen
    assert printable("a\u200db\u200d") == "a\\u200db\\u200d"
