"""The guide says what the program does: its tables are the registries', its examples are run."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from attncli.cli.commands.guide import TOPICS
from tests.guide.examples import rerun
from tests.guide.tables import TABLE, TABLES, rewritten
from tests.running import ROOT

PAGES = {path.stem: path for path in (ROOT / "attncli/guide").glob("*.md")}
MOST_COLUMNS = 100  # of a line of text or code; a row of a table is one line


def text_of(topic: str) -> str:
    """Return the Markdown of a topic."""
    return PAGES[topic].read_text(encoding="utf-8")


def test_every_page_is_a_topic() -> None:
    """No page is left out of the list of topics, and no topic is without a page."""
    assert sorted(TOPICS) == sorted(PAGES)


def test_every_registry_is_in_the_guide() -> None:
    """Each table stands in one page."""
    found = [name for topic in PAGES for name in TABLE.findall(text_of(topic))]
    assert sorted(found) == sorted(TABLES)


@pytest.mark.parametrize("topic", PAGES)
def test_tables_are_those_of_the_registries(topic: str) -> None:
    """`python -m tests.guide` writes them."""
    assert rewritten(text_of(topic)) == text_of(topic)


@pytest.mark.parametrize("topic", PAGES)
def test_examples_print_what_the_page_says(topic: str, tmp_path: Path) -> None:
    """To the letter, in a folder that holds only the files that the page shows."""
    assert rerun(text_of(topic), tmp_path) == text_of(topic)


@pytest.mark.parametrize("topic", PAGES)
def test_a_page_begins_with_its_topic(topic: str) -> None:
    """The heading names the topic, then says in a few words what it is about."""
    heading, empty, *_ = text_of(topic).split("\n")
    name = topic.replace("-", " ").capitalize()
    assert re.fullmatch(rf"# {name}: [a-z].{{10,60}}(?<!\.)", heading, re.IGNORECASE)
    assert empty == ""


@pytest.mark.parametrize("topic", PAGES)
def test_lines_fit_an_editor(topic: str) -> None:
    """Only rows of tables, and what a command prints, are longer than 100 columns."""
    written = re.sub(r"(?ms)^```(?:console|python)\n.*?^```$", "", text_of(topic))
    long = [line for line in written.split("\n") if len(line) > MOST_COLUMNS]
    assert all(line.startswith("| ") for line in long), long


@pytest.mark.parametrize("topic", PAGES)
def test_a_page_that_is_named_exists(topic: str) -> None:
    """`attncli guide TOPIC` is a link to the page, so that it works on a code host as well."""
    prose = re.sub(r"(?ms)^```.*?^```$", "", text_of(topic))
    named = re.findall(r"`attncli guide ([\w-]+)`", prose)
    assert named == re.findall(r"\[`attncli guide [\w-]+`\]\(([\w-]+)\.md\)", prose)
    assert set(named) <= set(TOPICS)


def test_examples_that_lie_are_found(tmp_path: Path) -> None:
    """Another output of a command and another value in Python are both noticed."""
    page = "`a.json`:\n\n```json\n{}\n```\n\n```console\n$ cat a.json\n[]\n```\n"
    assert rerun(page, tmp_path) == page.replace("[]", "{}")
    python = "```python\n>>> a = 1\n>>> a + 1\n{}\n>>> a\n1\n```\n"
    assert rerun(python.format(3), tmp_path) == python.format(2)
