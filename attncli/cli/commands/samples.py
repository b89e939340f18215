"""`attncli samples`: the samples that can be named in any folder."""

from __future__ import annotations

import click

from attncli.cli.help import Command
from attncli.cli.program import debug_option
from attncli.cli.terminal import show_by_pages

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

    sample:NAME is a file of attncli. It stands wherever a command takes a file, in any folder.
    """
    from attncli.documents.samples import titles

    groups: dict[str, list[tuple[str, str]]] = {"Problems": [], "Answers": [], "Other files": []}
    for name, title in titles():
        kind = "Answers" if name.startswith(ANSWER) else "Problems" if title else "Other files"
        groups[kind].append((name, title))
    lines = []
    for heading, entries in groups.items():
        width = max(len(name) for name, _ in entries)
        lines += ["", heading, *(f"  {name:{width}}  {title}".rstrip() for name, title in entries)]
    show_by_pages("\n".join(lines[1:]) + "\n")
