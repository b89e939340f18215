"""The commands: thin, with heavy imports inside their bodies; the one except, the one print."""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TextIO

import click
from click.shell_completion import CompletionItem

from attncli import __version__
from attncli.calculation.choices import CHOICES
from attncli.errors import AttncliError
from attncli.formats import FORMATS, Result, choose_format

if TYPE_CHECKING:
    from attncli.calculation.document import Document

Completion = Callable[[click.Context, click.Parameter, str], list[CompletionItem]]

INTERRUPTED = 130
NAMED = re.compile(r"([A-Za-z][\w.^{}]*)=(.*)", re.DOTALL)


class Failure(click.ClickException):
    """Bad input, told in one line."""

    exit_code = 2


class Commands(click.Group):
    """The program: whatever goes wrong in a command ends here, in a line and a status."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.Abort, click.exceptions.Exit):
            raise
        except KeyboardInterrupt:
            ctx.exit(INTERRUPTED)
        except BrokenPipeError:
            # Nobody reads on, which is no error; Python would complain at its own last flush.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            ctx.exit(0)
        except OSError as error:
            raise Failure(f"the result cannot be written: {error.strerror}.") from None
        except Exception as error:
            if ctx.meta.get("debug"):
                raise
            raise Failure(_told(error)) from None


def _told(error: Exception) -> str:
    if isinstance(error, AttncliError):
        return str(error)
    if isinstance(error, MemoryError):
        return f"there is not enough memory. {error}"
    name = type(error).__name__
    return f"attncli itself is at fault: {name}: {error}. Report what --debug prints, please."


def _remember_debug(ctx: click.Context, _: click.Parameter, value: bool) -> None:
    ctx.meta["debug"] = ctx.meta.get("debug", False) or value


debug_option = click.option(
    "--debug",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_remember_debug,
    help="Show the traceback of an error.",
)


def _complete(values: Callable[[], Iterable[str]], or_file: bool = False) -> Completion:
    """What the shell may offer for a word: the values of a registry, or files."""

    def complete(_: click.Context, __: click.Parameter, typed: str) -> list[CompletionItem]:
        offers = [CompletionItem(value) for value in values() if value.startswith(typed)]
        return offers or ([CompletionItem(typed, type="file")] if or_file else [])

    return complete


def _steps() -> Iterable[str]:
    from attncli.calculation.names import STEPS

    return STEPS


def problem_options(command: Callable[..., None]) -> Callable[..., None]:
    """The choices of a problem as options, from the place that lists them."""
    for name, choice in reversed(CHOICES.items()):
        if not choice.is_option:
            continue

        command = click.option(
            f"--{name.replace('_', '-')}",
            metavar=choice.metavar,
            multiple=name == "mask",
            shell_complete=_complete(choice.values),
            help=choice.help,
        )(command)
    return command


class WithNames(click.Command):
    """A command whose help ends with the names it knows, read where they are registered."""

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        from attncli.calculation.layouts import LAYOUTS
        from attncli.calculation.masks import MASK_KINDS, MASKS
        from attncli.calculation.names import MATRICES, STEPS
        from attncli.calculation.scoring import SCORING

        sections = {
            "Matrices": [(m.name, f"{m.shape}: {m.meaning}") for m in MATRICES.values()],
            "Steps (--only)": [("", " ".join(STEPS))],
            "Scoring functions (--score)": [
                (name, f"{entry.formula}: {entry.help}") for name, entry in SCORING.items()
            ],
            "Masks (--mask)": [
                *((entry.signature, entry.help) for entry in MASKS.values()),
                ("FILE, '[[1, 0], [1, 1]]'", "a matrix: 1 may be attended; or numbers to add"),
            ],
            "Cells of a mask matrix (--mask-kind)": list(MASK_KINDS.items()),
            "Layouts (--layout)": [(name, entry.help) for name, entry in LAYOUTS.items()],
            "Formats (--format)": [
                (name, f"{entry.help}; {entry.suffix}") for name, entry in FORMATS.items()
            ],
        }
        for title, rows in sections.items():
            with formatter.section(title):
                formatter.write_dl(rows)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="attncli")
@debug_option
def cli() -> None:
    """Calculate attention, and see every matrix on the way.

    \b
    Examples:
      attncli compute samples/self_attention.json
      attncli compute 'X=[[1,0],[0,1],[1,1]]' --mask causal
      attncli compute --help
    """


@cli.command(cls=WithNames)
@click.argument(
    "arguments",
    nargs=-1,
    metavar="[DOCUMENT] [NAME=VALUE]...",
    shell_complete=_complete(tuple, or_file=True),
)
@problem_options
@click.option(
    "--only",
    metavar="STEP[,STEP...]",
    multiple=True,
    shell_complete=_complete(_steps),
    help="Only these steps.",
)
@click.option(
    "-f",
    "--format",
    "format_name",
    type=click.Choice(list(FORMATS)),
    help="Form of the result (default: table, or the suffix of -o).",
)
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), help="Write to a file, whole or not at all."
)
@click.option(
    "-p",
    "--precision",
    type=click.IntRange(0, 20),
    default=4,
    show_default=True,
    help="Decimals in tables.",
)
@click.option("--full", is_flag=True, help="Leave no row or column out of tables.")
@click.option(
    "--color",
    type=click.Choice(["auto", "always", "never"]),
    default="auto",
    show_default=True,
    help="Colours in tables.",
)
@debug_option
def compute(
    arguments: tuple[str, ...],
    only: tuple[str, ...],
    format_name: str | None,
    output: Path | None,
    precision: int,
    full: bool,
    color: str,
    **choices: Any,
) -> None:
    """Calculate every intermediate matrix of an attention.

    \b
    Examples:
      attncli compute samples/self_attention.json
      attncli compute samples/self_attention.json --score dot --only scores,weights
      attncli compute 'Q=[[1,0],[0,1]]' 'K=[[1,0],[1,1]]' 'V=[[2],[4]]' --mask causal
      attncli compute samples/two_heads.json -f json | python -m json.tool
      attncli compute samples/cross_attention.json --only weights -f csv
      cat samples/self_attention.json | attncli compute - -p 8

    DOCUMENT is a JSON, CSV or NPZ file, - for standard input, or a literal. NAME=VALUE gives one
    matrix: VALUE is a file, -, or a literal that begins with [. What comes later wins, and
    options win over all.
    """
    if not arguments:
        if is_terminal(sys.stdin):
            raise click.UsageError(HOW_TO_START)
        arguments = ("-",)
    if output and str(output) in ("-", "/dev/stdout"):
        output = None
    from attncli.render.view import View

    chosen = choose_format(format_name, output)
    if not chosen.is_text and output is None and is_terminal(sys.stdout):
        message = f"{format_name} is not for a terminal's eyes."
        raise AttncliError(message, "Write it to a file with -o, or into a pipe.")
    result = calculate(gather(arguments, choices), only)
    colorful = color == "always" or (color == "auto" and output is None and is_colorful())
    width = screen_width() if output is None else None
    view = View(precision, full, width, colors_known() if colorful else None)
    data = chosen.write(result, view)
    if output is None:
        if sys.stdout is None:
            raise AttncliError("standard output is closed.", "Write to a file with -o.")
        click.echo(data, nl=False)
    else:
        from attncli.documents.files import write_file

        write_file(output, data)


HOW_TO_START = """there is nothing to calculate yet. Name a document, or give matrices:

  attncli compute samples/self_attention.json
  attncli compute 'X=[[1,0],[0,1],[1,1]]' --mask causal"""


def gather(arguments: Sequence[str], choices: dict[str, Any]) -> Document:
    """The document that arguments and options make together; what comes later wins."""
    from attncli.calculation.document import Document, Entry
    from attncli.documents.reader import Reader

    reader = Reader()
    gathered = Document({})
    documents: list[str] = []
    for argument in arguments:
        named = NAMED.fullmatch(argument)
        if named:
            gathered = gathered.merged(reader.matrix(*named.groups()))
            continue
        documents.append(argument)
        if len(documents) > 1:
            message = f"there are two documents, {documents[0]} and {documents[1]}."
            raise AttncliError(message, "Give one, and further matrices as NAME=FILE.")
        gathered = gathered.merged(reader.document(argument))
    options: dict[str, Entry] = {}
    for name, value in choices.items():
        if name == "mask" and value:
            source = f"--mask {value[0]}" if len(value) == 1 else "--mask"
            options["masks"] = Entry([reader.mask(mask) for mask in value], source)
        elif name != "mask" and value is not None:
            options[name] = Entry(value, f"--{name.replace('_', '-')}")
    return gathered.merged(Document(options))


def calculate(document: Document, only: Iterable[str]) -> Result:
    """From a document to the steps asked for; says on stderr what should be looked at twice."""
    from attncli.calculation.attention import attention
    from attncli.calculation.names import plain
    from attncli.calculation.problem import read_problem
    from attncli.calculation.remarks import remarks
    from attncli.errors import ProblemError

    try:
        problem = read_problem(document)
        plan = attention(problem)
        steps = {plain(name): name for name in plan.names}
        asked = [name.strip() for names in only for name in names.split(",")]
        names = [steps.get(plain(name), name) for name in asked] or list(plan.names)
    except ProblemError as error:
        raise error.at(document.source(error.names)) from None
    try:
        trace = plan.run(problem.matrices, names)
    except ProblemError as error:
        raise error.at("--only") from None
    for remark in remarks(trace, problem):
        click.echo(f"Warning: {remark}", err=True)
    return Result(problem, trace, names)


def screen_width() -> int | None:
    """The width to fit tables into: of the terminal, or as COLUMNS says; elsewhere none."""
    if is_terminal(sys.stdout) or os.environ.get("COLUMNS", "").isdecimal():
        return shutil.get_terminal_size().columns
    return None


def is_colorful() -> bool:
    """Whether standard output is a terminal whose user has not refused colours."""
    refused = os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb"
    return is_terminal(sys.stdout) and not refused


def colors_known() -> Literal["256", "truecolor"]:
    """How many colours the screen says it has; 256 are understood everywhere today."""
    return "truecolor" if os.environ.get("COLORTERM") in ("truecolor", "24bit") else "256"


def is_terminal(stream: TextIO | None) -> bool:
    """Whether a person sits at the other end; a stream that was closed is None."""
    return stream is not None and stream.isatty()
