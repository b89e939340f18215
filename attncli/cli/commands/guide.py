"""`attncli guide`: the manual, one Markdown file per topic in the folder `attncli/guide`."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from attncli.cli.help import Command
from attncli.cli.program import debug_option
from attncli.cli.terminal import colors_for, columns, is_terminal, lists, show_by_pages
from attncli.errors import AttncliError
from attncli.words import did_you_mean

# The topics in the order in which a newcomer reads them; each is a file of this name.
TOPICS = (
    *("documents", "names", "scores", "masks", "heads", "positions", "layers", "conventions"),
    *("checking", "explaining", "exercises", "handing-out", "grading", "formats", "pages", "pipes"),
    *("exit-codes", "long-sequences", "python"),
)


def _beginning_with(_: click.Context, __: click.Parameter, typed: str) -> list[str]:
    """Return the topics that begin with the typed text."""
    return [topic for topic in TOPICS if topic.startswith(typed)]


@click.command(cls=Command)
@click.argument("topic", required=False, shell_complete=_beginning_with)
@debug_option
def guide(topic: str | None) -> None:
    """Show a topic of the manual, or list the topics.

    \b
    Examples:
      attncli guide
      attncli guide masks
      attncli guide documents | head -n 20

    On a terminal a topic is formatted, and shown in a pager (PAGER, or less) if it is longer than
    the screen. In a pipe it is Markdown.
    """
    if topic is None:
        show_by_pages(_list_of_topics())
    elif topic not in TOPICS:
        message = f"{topic!r} is not a topic of the guide{did_you_mean(topic, TOPICS)}."
        raise AttncliError(message, f"Topics: {', '.join(TOPICS)}.")
    elif is_terminal(sys.stdout):
        from attncli.render.guide_pages import draw_page
        from attncli.render.view import View

        view = View(width=columns(), color=colors_for("auto", None))
        show_by_pages(draw_page(page(topic), view))
    else:
        show_by_pages(page(topic))


def page(topic: str) -> str:
    """Return the Markdown of a topic."""
    package = Path(__file__).parents[2]
    return (package / "guide" / f"{topic}.md").read_text(encoding="utf-8")


def _list_of_topics() -> str:
    """Return one line per topic: its name, and the words after the colon of its heading."""
    headings = {topic: page(topic).partition("\n")[0] for topic in TOPICS}
    rows = [(topic, heading.partition(": ")[2]) for topic, heading in headings.items()]
    return lists({"Topics of the manual (attncli guide TOPIC)": rows})
