"""The help of a command: its options under headings, those of this command alone first."""

from __future__ import annotations

import sys
from typing import Any

import click

from attncli.cli.terminal import deliver, has_colors, styled

OWN, READING, OUTPUT = "Options", "Reading", "Output"  # the first heading, and the last two


class Option(click.Option):
    """An option under a heading of the help; OWN is the heading if only one command has it."""

    def __init__(self, *args: Any, heading: str = OWN, **attributes: Any) -> None:
        super().__init__(*args, **attributes)
        self.heading = heading


class Formatter(click.HelpFormatter):
    """Help in colour on a terminal: headings, and the names of options and commands."""

    def write_heading(self, heading: str) -> None:
        super().write_heading(_styled(heading, "heading", is_bold=True))

    def write_dl(self, rows: Any, *args: Any, **extra: Any) -> None:
        named = [(_styled(name, "name"), text) for name, text in rows]
        super().write_dl(named, *args, **extra)


def _styled(text: str, use: str, is_bold: bool = False) -> str:
    return styled(text, use, is_bold) if text and has_colors(sys.stdout) else text


class Context(click.Context):
    """A context whose help is in colour."""

    formatter_class = Formatter


class WithHelp(click.Command):
    """A command whose help is printed in the same way as a result."""

    context_class = Context

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        option = super().get_help_option(ctx)
        if option:
            option.callback = _show_help
        return option


def _show_help(ctx: click.Context, _: click.Parameter, is_given: bool) -> None:
    if is_given and not ctx.resilient_parsing:
        deliver(f"{ctx.get_help()}\n".encode(), None)
        ctx.exit()


class Command(WithHelp):
    """A command that groups its options in the help, and refuses an option that is given twice."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        groups: dict[str, list[tuple[str, str]]] = {OWN: []}
        for parameter in self.get_params(ctx):
            row = parameter.get_help_record(ctx)
            if row and isinstance(parameter, click.Option):
                groups.setdefault(getattr(parameter, "heading", OUTPUT), []).append(row)
        for heading in sorted(groups, key=lambda heading: heading == OUTPUT):
            if groups[heading]:
                with formatter.section(heading):
                    formatter.write_dl(groups[heading])

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        try:
            if sum(arg.startswith("-") for arg in args) > 1:  # parsing twice takes a millisecond
                self._refuse_repeated(ctx, args)
            return super().parse_args(ctx, args)
        except click.UsageError as error:
            error.ctx = error.ctx or ctx
            raise

    def _refuse_repeated(self, ctx: click.Context, args: list[str]) -> None:
        """Raise UsageError for an option that is given twice, but takes one value."""
        _, _, given = self.make_parser(ctx).parse_args(args=list(args))
        for parameter in given:
            is_single = isinstance(parameter, click.Option) and not parameter.multiple
            if is_single and not parameter.is_eager and given.count(parameter) > 1:
                option = max(parameter.opts, key=len)
                raise click.UsageError(f"{option} is given twice. Leave out one of them.", ctx)
