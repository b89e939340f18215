"""`attncli check --mistakes NAME`: the pages of the catalogue, and an example of every mistake."""

from __future__ import annotations

import json
import shlex
from functools import cache
from typing import Any

import numpy as np
import pytest

from attncli.homework.mistakes.catalogue import FAMILIES, MISTAKES
from attncli.homework.mistakes.examples import VISIBLE, Example, example_of
from tests.cli.test_help import completed, pipe
from tests.running import run

PAGE = """\
no-scale: scores
The scores were not scaled.
Before softmax, divide the scores by √d_k.
Scores of long vectors are large, and softmax of large scores gives nearly all the weight to one \
key.

Example: attncli compute '{"Q": [[1.5, -1], [1, 0], [1.5, 1]], "K": [[0, 1], [0.5, 0], \
[1.5, 0.5]], "V": [[-0.5, 1], [-0.5, 0], [-0.5, 0]]}' --only scaled

right: scaled
          1       2       3
────────────────────────────
 1  -0.7071  0.5303  1.2374
 2   0       0.3536  1.0607
 3   0.7071  0.5303  1.9445

wrong: scaled
     1     2     3
───────────────────
 1  -1  0.75  1.75
 2   0  0.5   1.5
 3   1  0.75  2.75
"""


def test_a_page_has_words_and_an_example() -> None:
    """A page shows name, formula, three texts, and the right and the wrong matrix."""
    assert run("check", "--mistakes", "no-scale").stdout == PAGE
    assert run("check", "no-scale", "--mistakes").stdout == PAGE


def test_several_pages_stand_in_the_order_of_the_calculation() -> None:
    """Each once, with an empty line between."""
    shown = run("check", "--mistakes", "softmax-columns", "no-scale", "no-scale").stdout
    assert shown.startswith(f"{PAGE}\nsoftmax-columns: ")


@cache
def example(name: str) -> Example:
    """Return the example of a mistake, which must have one."""
    found = example_of(MISTAKES[name])
    assert found is not None, f"{name} changes nothing in any problem of mistakes/examples.py"
    return found


@pytest.mark.parametrize("name", MISTAKES)
def test_every_mistake_has_an_example(name: str) -> None:
    """A problem where four decimals show the mistake."""
    right, wrong = example(name).right, example(name).wrong
    if right.shape == wrong.shape:
        assert not np.allclose(right, wrong, rtol=0, atol=VISIBLE)


def test_the_command_of_an_example_calculates_the_right_matrix() -> None:
    """Whoever pastes the command sees the numbers of the page."""
    for found in {example(name).command: example(name) for name in MISTAKES}.values():
        *_, (status, stdout, _) = pipe(f"{found.command} -f json")
        assert status == 0, found.command
        matrix = json.loads(stdout)
        while isinstance(matrix, dict):
            (matrix,) = (value for name, value in matrix.items() if not name.endswith("tokens"))
        np.testing.assert_allclose(np.array(matrix, float), found.right, err_msg=found.command)


@pytest.mark.parametrize("name", ["no-scale", "mask-inverted", "gqa-tiled", "rope-base-ignored"])
def test_check_names_the_mistake_of_an_example(name: str) -> None:
    """The wrong matrix, handed in as the answer to the problem, gets this diagnosis."""
    found = example(name)
    _, _, problem, *_ = shlex.split(found.command)
    answer = json.dumps({found.step.name: found.wrong.tolist()}).replace("-Infinity", '"-inf"')
    results = json.loads(run("check", problem, "-", "-f", "json", stdin=answer).stdout)["results"]
    cause = next(entry["cause"] for entry in results if entry["cause"])
    assert name in cause["mistakes"] or name in cause["rationale"]


def test_the_matrices_of_heads_are_shown_where_they_differ() -> None:
    """One head of the scores, which is named."""
    shown = run("check", "--mistakes", "gqa-tiled").stdout
    assert "\nright: scores, head 2\n" in shown
    assert "\nwrong: scores, head 2\n" in shown


def objects(*arguments: str) -> list[dict[str, Any]]:
    """Return the mistakes as JSON."""
    found: list[dict[str, Any]] = json.loads(
        run("check", "--mistakes", *arguments, "-f", "json").stdout
    )
    return found


def test_the_catalogue_is_a_list_in_json() -> None:
    """All entries with their words and their family, in the order of the calculation."""
    listed = objects()
    assert [entry["name"] for entry in listed] == list(MISTAKES)
    for entry in listed:
        mistake = MISTAKES[entry["name"]]
        assert mistake in FAMILIES[entry["family"]]
        assert [entry[key] for key in ("formula", "done", "right", "why")] == [
            *(mistake.formula, mistake.done, mistake.right, mistake.why),
        ]


def test_a_page_in_json_has_its_example() -> None:
    """The command, the step, and both matrices with all their digits."""
    (page,) = objects("no-scale")
    found = page["example"]
    assert list(found) == ["command", "step", "right", "wrong"]
    assert found["step"] == "scaled"
    assert found["wrong"][0] == [-1, 0.75, 1.75]
    np.testing.assert_allclose(np.array(found["wrong"]) / np.sqrt(2), found["right"])


def test_the_list_has_a_heading_for_each_family() -> None:
    """Every family has entries, and the headings stand above them."""
    lines = run("check", "--mistakes").stdout.splitlines()
    places = [lines.index(heading) for heading in FAMILIES]
    assert places == sorted(places)
    for heading, place in zip(FAMILIES, places, strict=True):
        first = FAMILIES[heading][0]
        assert lines[place + 2 : place + 4] == [f"{first.name}: {first.formula}", first.done]


def test_names_are_completed_after_mistakes() -> None:
    """The shell offers names of mistakes, and files elsewhere."""
    assert completed("attncli check --mistakes no-sc") == "plain,no-scale\n"
    assert completed("attncli check sam") == "file,sam\n"
