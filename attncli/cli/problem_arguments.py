"""Make a document from the arguments and options of a command."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from types import NoneType
from typing import TYPE_CHECKING, Any

import click

from attncli.cli.messages import note, surroundings, warn
from attncli.cli.terminal import is_terminal, waiting
from attncli.errors import AttncliError
from attncli.words import in_words, option_name

if TYPE_CHECKING:
    from attncli.calculation.problem.document import Document
    from attncli.documents.parsed import CsvForm
    from attncli.documents.reader import Reader

NAMED = r"(?s)([A-Za-z][\w.^{}]*)=(.*)"


def new_reader(say: Callable[[str], None] = note) -> Reader:
    """Return the reader of a command, which knows --delimiter, --header and --memory.

    `say` gets its notes.
    """
    from attncli.documents.files import ReadingLimit
    from attncli.documents.reader import Reader

    limit = ReadingLimit(surroundings().memory.allowed, is_enforced=True)
    return Reader(say, csv_form(), limit)


def csv_form() -> CsvForm:
    """Return the form of CSV files that --delimiter and --header describe."""
    from attncli.documents.parsed import BY_RULE, CsvForm

    context = click.get_current_context(silent=True)
    said = context.meta if context else {}
    form: CsvForm = said.get("form") or CsvForm(said.get("delimiter"), said.get("header"))
    if context and form != BY_RULE and "form" not in said:
        said["form"] = form
        context.call_on_close(lambda: _warn_of_no_effect(form))
    return form


def _warn_of_no_effect(form: CsvForm) -> None:
    """Warn at the end of a command that describes CSV files and has read none."""
    given = {"--delimiter": form.delimiter, "--header": form.header}
    if not form.is_used and isinstance(sys.exception(), NoneType | click.exceptions.Exit):
        options = [option for option, value in given.items() if value is not None]
        have = "has" if len(options) == 1 else "have"
        warn(f"{in_words(options)} {have} no effect: no CSV file is read.")


def gather(
    arguments: Sequence[str], choices: dict[str, Any], reader: Reader | None = None
) -> Document:
    """Return the document of the arguments and options; a later value replaces an earlier one.

    `choices` are the options by name. Raises AttncliError if an argument cannot be read, and for a
    second document.
    """
    words = (*arguments, *(choices.get("mask") or ()))
    is_typed = is_terminal(sys.stdin) and any(word.endswith("-") for word in words)
    with nullcontext() if is_typed else waiting("reading"):
        return _gathered(arguments, choices, reader or new_reader())


def _gathered(arguments: Sequence[str], choices: dict[str, Any], reader: Reader) -> Document:
    from attncli.calculation.problem.document import Document, Entry

    gathered = Document({})
    documents: list[str] = []
    for argument in arguments:
        named = re.fullmatch(NAMED, argument)
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
            options["masks"] = Entry([reader.mask(mask, "--mask").value for mask in value], source)
        elif name != "mask" and value is not None:
            options[name] = Entry(value, option_name(name))
    return gathered.merged(Document(options))
