"""`attncli samples`: the samples that can be named in any folder."""

from __future__ import annotations

import click

from attncli.cli.help import Command
from attncli.cli.program import debug_option
from attncli.cli.terminal import lists, show_by_pages

ANSWER = "sample:answers/"


@click.command(cls=Command)
@debug_option
def samples() -> None:
    """List the samples: problems, answers to them, and files of single matrices.

    \b
    Examples:
      attncli samples
      attncli samples | grep mask
      attncli compute sample:two_heads
      attncli check sample:two_heads sample:answers/two_heads/right

    sample:NAME is a file inside attncli. Write it wherever a command takes a file, in any folder.
    """
    from attncli.documents.samples import titles

    groups: dict[str, list[tuple[str, str]]] = {"Problems": [], "Answers": [], "Other files": []}
    for name, title in titles():
        kind = "Answers" if name.startswith(ANSWER) else "Problems" if title else "Other files"
        groups[kind].append((name, title))
    show_by_pages(lists(groups))
