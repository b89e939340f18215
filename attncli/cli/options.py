"""Options that several commands share, and their completion in the shell."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import wraps
from typing import TYPE_CHECKING, Any, Generic, TypeAlias, TypeVar

import click

from attncli.calculation.choices.choices import CHOICES, TOPICS
from attncli.cli.help import OUTPUT, OWN, READING, Option
from attncli.cli.messages import Failure, warn
from attncli.cli.terminal import (
    colors_for,
    deliver,
    is_dark_screen,
    is_terminal,
    screen_width,
    waiting,
)
from attncli.cli.values import Value, of_choice, one_of, whole_number
from attncli.errors import AttncliError
from attncli.face.memory import SHARE, read_limit
from attncli.formats import COLOR as COLOR_USE
from attncli.formats import (
    COMPACT,
    FRAGMENT,
    FULL,
    HEAT,
    LABELS,
    MATH,
    PRECISION,
    WORKED,
    Format,
    choose_format,
)
from attncli.records import record
from attncli.words import in_words, option_name

if TYPE_CHECKING:
    from pathlib import Path

    from click.shell_completion import CompletionItem

    from attncli.render.view import View

Asked = TypeVar("Asked")
Completion: TypeAlias = "Callable[[click.Context, click.Parameter, str], list[CompletionItem]]"
Decorator = Callable[[Callable[..., None]], Callable[..., None]]


def complete(values: Callable[[], Iterable[str]], or_file: bool = False) -> Completion:
    """Return a completion: the values that begin with the typed text, or files if `or_file`."""

    def offer(_: click.Context, __: click.Parameter, typed: str) -> list[CompletionItem]:
        from click.shell_completion import CompletionItem

        from attncli.cli.completion import offers

        found = offers(values(), typed)
        return found or ([CompletionItem(typed, type="file")] if or_file else [])

    return offer


def steps() -> Iterable[str]:
    """Return the names of all steps."""
    from attncli.calculation.names.step_names import STEPS

    return STEPS


def complete_document(values: Callable[[], Iterable[str]] = tuple) -> Completion:
    """Return the completion of a document: samples, or these values, or files."""
    usual = complete(values, or_file=True)

    def offer(ctx: click.Context, parameter: click.Parameter, typed: str) -> list[CompletionItem]:
        return _samples(ctx.params.get("arguments") or (), typed) or usual(ctx, parameter, typed)

    return offer


def document_arguments(
    metavar: str, values: Callable[[], Iterable[str]] = tuple, required: bool = False
) -> Decorator:
    """Return the arguments of a command; the shell completes samples, `values` and files.

    `metavar` stands for the arguments in the help.
    """
    return click.argument(
        "arguments",
        nargs=-1,
        required=required,
        metavar=metavar,
        shell_complete=complete_document(values),
    )


def _samples(before: Sequence[str], typed: str) -> list[CompletionItem]:
    """Return the samples that complete a word that begins with `sample:`.

    Bash treats a colon as a separate word: it passes `sample`, `:` and the beginning of a name, and
    completes only the name.
    """
    from click.shell_completion import CompletionItem

    from attncli.documents.parsed import SAMPLE
    from attncli.documents.samples import sample_names

    words = (*before, typed)
    split = next((n for n in (2, 3) if words[-n:][:2] == ("sample", ":")), 0)
    written = "".join(words[-split:]) if split else typed
    if not written.startswith(SAMPLE):
        return []
    cut = len(SAMPLE) if split else 0
    return [CompletionItem(name[cut:]) for name in sample_names() if name.startswith(written)]


def refuse_given(options: Mapping[str, Any], why: str, hint: str) -> None:
    """Raise AttncliError for the first of these options that has a value.

    The message is the option, then `why`, such as `has no effect with --laws`, then `hint`.
    """
    for name, value in options.items():
        if value not in (None, ()):
            raise AttncliError(f"{option_name(name)} {why}.", hint)


def option(*names: str, heading: str = OWN, **attributes: Any) -> Decorator:
    """Return an option under a heading of the help."""
    return click.option(*names, cls=Option, heading=heading, **attributes)


def options(*decorators: Decorator) -> Decorator:
    """Return several options as one decorator, in the order in which the help lists them."""

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        for decorator in reversed(decorators):
            command = decorator(command)
        return command

    return decorate


def choice_option(name: str, is_repeated: bool = False) -> Decorator:
    """Return the option of a choice, with the help and the values of the choice.

    If `is_repeated`, the user may give the option several times.
    """
    choice = CHOICES[name]
    return option(
        option_name(name),
        heading=choice.topic,
        type=of_choice(choice),
        metavar=choice.metavar,
        multiple=is_repeated,
        help=choice.help,
    )


def size_option(name: str, text: str, least: int = 1, most: int | None = None) -> Decorator:
    """Return the option of a size: a whole number within these limits, with `text` as its help."""
    return option(option_name(name), type=whole_number(least, most), metavar="N", help=text)


DELIMITERS = {"tab": "\t", "semicolon": ";", "comma": ",", "blank": " "}
HEADERS = {"yes": True, "no": False}


def _remember(ctx: click.Context, parameter: click.Parameter, value: object) -> None:
    """Keep the value of an option for the reader of the command: see `new_reader`."""
    ctx.meta[str(parameter.name)] = value


def _reading_option(name: str, values: Mapping[str, object], metavar: str, text: str) -> Decorator:
    """Return an option that describes CSV files; its values have these names."""
    known = {**values, **{value: value for value in values.values() if isinstance(value, str)}}
    check = one_of(lambda: values).read
    return option(
        name,
        heading=READING,
        type=Value(lambda said: known[said] if said in known else check(said), lambda: values),
        metavar=metavar,
        expose_value=False,
        callback=_remember,
        help=text,
    )


reading_options = options(
    _reading_option(
        "--delimiter",
        DELIMITERS,
        "MARK",
        f"Delimiter of CSV files: {in_words([*DELIMITERS], 'or')}.",
    ),
    _reading_option("--header", HEADERS, "yes|no", "The first row of a CSV matrix is labels."),
    option(
        "--memory",
        heading=READING,
        type=Value(read_limit),
        metavar="SIZE",
        expose_value=False,
        callback=_remember,
        help="Largest memory for reading and calculating: 2GiB, 500MiB, or 50% of the free memory "
        f"(default: {SHARE:.0%}).",
    ),
)


def problem_options(*repeated: str) -> Decorator:
    """Return the options of all choices, by topic, and of reading; `repeated` may be repeated."""
    listed = (choice for choice in CHOICES.values() if choice.is_option)
    by_topic = sorted(listed, key=lambda choice: TOPICS.index(choice.topic))
    choices = (choice_option(choice.name, choice.name in repeated) for choice in by_topic)
    return options(*choices, reading_options)


def _as_path(_: click.Context, __: click.Parameter, file: str | None) -> Path | None:
    """Return the path of a file, or None for standard output."""
    if file == "":
        raise Failure("--output is empty. Name a file, or write - for standard output.")
    if file in (None, "-", "/dev/stdout"):
        return None
    from pathlib import Path

    return Path(file)


COLOR = ("auto", "always", "never")
MATHS = ("github", "dollars")
SHADED = ("weights", "all", "symbols", "off")
# The values of options that were not given.
AS_USUAL = (None, False, COLOR[0], COLOR[2], SHADED[0], MATHS[0])


def _look(*names: str, text: str, **attributes: Any) -> Decorator:
    return option(*names, heading=OUTPUT, help=text, **attributes)


def _flag(name: str, text: str) -> Decorator:
    return _look(name, text=text, is_flag=True)


def _word(name: str, words: Sequence[str], metavar: str, text: str) -> Decorator:
    """Return an option whose value is one of these words, by default the first."""
    usual = f"{text} (default: {words[0]})."
    return _look(name, text=usual, type=one_of(lambda: words), metavar=metavar, default=words[0])


# The options of the look of a result: one entry for each field of View that a form may use.
LOOKS: dict[str, Decorator] = {
    PRECISION: _look(
        *("-p", "--precision"),
        type=whole_number(0, 20),
        metavar="N",
        text="Decimals of the numbers in tables, from 0 to 20 (default: as many as needed).",
    ),
    FULL: _flag("--full", "Show large results whole: leave out no rows, columns, cells or steps."),
    COLOR_USE: _word("--color", COLOR, "WHEN", f"Colours: {in_words(COLOR, 'or')}"),
    HEAT: _word(
        "--heat",
        SHADED,
        "WHAT",
        "Shade weights where there are colours, all steps, weights by symbols ░▒▓█ (also without "
        f"colours), or nothing: {in_words(SHADED, 'or')}",
    ),
    COMPACT: _flag(
        "--compact", "Draw each matrix with one or two characters per cell, and a legend."
    ),
    LABELS: _flag("--labels", "Write the labels of rows and columns in csv, tsv and long."),
    WORKED: _flag(
        "--worked", "Write the given matrices and the arithmetic of each cell into a document."
    ),
    FRAGMENT: _flag(
        "--fragment",
        "Leave out the preamble of LaTeX or Typst, to put the text into your own document.",
    ),
    MATH: _word(
        "--math",
        MATHS,
        "STYLE",
        "Formulas in Markdown: github ($`x`$, also for GitLab) or dollars ($x$)",
    ),
}


@record(frozen=True)
class Output(Generic[Asked]):
    """The form, the file and the look that the user wants: the values of `result_options`.

    `look` holds the values of the options of `LOOKS` that the command has.
    """

    formats: Mapping[str, Format[Asked]]
    format_name: str | None
    file: Path | None
    look: Mapping[str, Any]

    @property
    def is_full(self) -> bool:
        """True if nothing shall be elided."""
        return bool(self.look.get(FULL))

    def check_format(self) -> Format[Asked]:
        """Return the form of the result.

        Raises AttncliError if no form has the suffix of the file, or if an option of the look, such
        as -p, has no effect on this form.
        """
        form = choose_format(self.formats, self.format_name, self.file)
        if self.look.get(COMPACT) and self.look.get(PRECISION) is not None:
            raise AttncliError(
                "--precision has no effect with --compact.", "Leave one of them out."
            )
        for name, value in self.look.items():
            if value not in AS_USUAL and name not in form.uses:
                users = [other for other, entry in self.formats.items() if name in entry.uses]
                shown = next(other for other, entry in self.formats.items() if entry is form)
                message = f"{option_name(name)} has no effect on {shown}."
                hint = f"Leave it out, or write -f {in_words(users, 'or')}." if users else ""
                raise AttncliError(message, hint or "Leave it out.")
        if not form.is_text and self.file is None and is_terminal(sys.stdout):
            message = f"{self.format_name} is binary, and cannot be printed to a terminal."
            raise AttncliError(message, "Write it to a file with -o, or into a pipe.")
        return form

    def write(self, result: Asked) -> None:
        """Print the result, or write it to the file. Raises AttncliError if that is impossible."""
        form, view = self.check_format(), self._view()
        with waiting("writing"):
            data = form.write(result, view)
        for doubt in form.doubts(result, view):
            warn(doubt)
        deliver(data, self.file)

    def _view(self) -> View:
        """Return the look of the result; a table in a file is as wide as it needs."""
        from attncli.render.view import View

        width = screen_width() if self.file is None else None
        colors = colors_for(self.look.get(COLOR_USE, COLOR[2]), self.file)
        screen = {"width": width, COLOR_USE: colors, "is_dark": is_dark_screen()}
        return View(**{**self.look, **screen})


def result_options(formats: Mapping[str, Format[Asked]]) -> Decorator:
    """Return the options -f and -o, and those of `LOOKS` that one of the forms uses.

    `formats` are the forms of the result. The command gets all values as one argument, `output`.
    """
    first = next(iter(formats))
    used = frozenset().union(*(form.uses for form in formats.values()))
    look = {name: decorator for name, decorator in LOOKS.items() if name in used}
    listed: list[Decorator] = [
        option(
            "-f",
            "--format",
            "format_name",
            heading=OUTPUT,
            type=one_of(lambda: formats),
            metavar="FORM",
            help=f"Form of the result: {in_words(list(formats), 'or')} "
            f"(default: {first}, or the suffix of -o).",
        ),
        option(
            "-o",
            "--output",
            "file",
            heading=OUTPUT,
            metavar="FILE",
            callback=_as_path,
            shell_complete=complete(tuple, or_file=True),
            help="Write the result to a file; - is standard output.",
        ),
        *look.values(),
    ]

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        @wraps(command)
        def gathered(format_name: str | None, file: Path | None, **values: Any) -> None:
            wished = {name: values.pop(name) for name in look}
            command(output=Output(formats, format_name, file, wished), **values)

        return options(*listed)(gathered)

    return decorate
