"""The options by which `attncli new` writes worksheets, keys, and variants for a class."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from typing import TYPE_CHECKING, Any

import click

from attncli.cli.messages import note, surroundings, warn
from attncli.cli.options import Output, complete, option, options, refuse_given
from attncli.cli.terminal import deliver
from attncli.cli.values import whole_number
from attncli.errors import AttncliError
from attncli.formats import DOCUMENTS, WORKSHEETS
from attncli.records import record, values_of
from attncli.words import in_words

if TYPE_CHECKING:
    from pathlib import Path

    from attncli.calculation.problem.document import Document
    from attncli.calculation.problem.worksheet import Worksheet
    from attncli.face.handouts import Sheets
    from attncli.homework.exercises.orders import Order

MOODLE = "moodle"
_SUFFIXES = in_words([form.suffix for form in WORKSHEETS.values()], "or")


def _file(_: click.Context, parameter: click.Parameter, name: str | None) -> Path | None:
    """Return the path of a file. Raises AttncliError for standard output, which has no suffix."""
    if name is None:
        return None
    from pathlib import Path

    if name in ("", "-"):
        raise AttncliError(f"{parameter.opts[0]} needs a file.", f"Use the suffix {_SUFFIXES}.")
    return Path(name)


def _sheet_option(name: str, text: str) -> Callable[..., Any]:
    return option(
        name,
        metavar="FILE",
        callback=_file,
        shell_complete=complete(tuple, or_file=True),
        help=f"{text} (suffix {_SUFFIXES}).",
    )


_LISTED = (
    _sheet_option("--worksheet", "Also write a worksheet, with an empty grid for each step"),
    _sheet_option("--key", "Also write the key of the worksheet, with the right numbers"),
    option(
        "--variants",
        type=whole_number(1),
        metavar="N",
        help="Make N variants, called 1 to N, in the folder of -o or with -f moodle.",
    ),
    option(
        "--students",
        metavar="FILE[:COLUMN]",
        shell_complete=complete(tuple, or_file=True),
        help="Make a variant for each student of a roster: a CSV file, and its column of ids.",
    ),
)


@record(frozen=True)
class Handouts:
    """The handouts that the user wants: the values of `handout_options`."""

    worksheet: Path | None = None
    key: Path | None = None
    variants: int | None = None
    students: str | None = None

    @property
    def is_class(self) -> bool:
        """True if variants are wanted."""
        return self.variants is not None or self.students is not None

    @property
    def sheets(self) -> Sheets:
        """The worksheet and the key that are wanted."""
        from attncli.face.handouts import Sheets

        return Sheets(self.worksheet, self.key)

    def check(self) -> None:
        """Raise AttncliError if no form has the suffix of the worksheet or of the key."""
        if self.worksheet or self.key:
            self.sheets.check()

    @property
    def given(self) -> dict[str, Any]:
        """The values of the options by name."""
        return values_of(self)

    def write(self, document: Any, decimals: int, output: Output[Any]) -> None:
        """Write a document, or its quiz, and the sheets that are wanted.

        All is made before the first file is written.
        """
        is_quiz = output.check_format() is DOCUMENTS[MOODLE]
        if not is_quiz and not self.worksheet and not self.key:
            output.write(document)
            return
        from attncli.face.handouts import PROBLEM, worksheet_of

        own = output.file.name if output.file and not is_quiz else PROBLEM
        sheet = worksheet_of(document, decimals, own, surroundings())
        files = list(self.sheets.written(sheet))
        output.write({"": sheet} if is_quiz else document)
        self._deliver(sheet, files)

    def write_from(
        self, source: str, document: Document, decimals: int, output: Output[Any]
    ) -> None:
        """Write the sheets, or the quiz, of a document from the file `source`."""
        from attncli.face.handouts import worksheet_of

        self.check()
        why, hint = "has no effect with --from", "Leave out one of them."
        refuse_given({"variants": self.variants, "students": self.students}, why, hint)
        is_quiz = output.format_name is not None or output.file is not None
        is_quiz = is_quiz and output.check_format() is DOCUMENTS[MOODLE]
        if not is_quiz and (output.file or not self.sheets.files):
            message = "--from writes handouts alone."
            raise AttncliError(message, "Add --worksheet FILE, --key FILE or -f moodle.")
        sheet = worksheet_of(document, decimals, source, surroundings())
        files = list(self.sheets.written(sheet))
        if is_quiz:
            output.write({"": sheet})
        self._deliver(sheet, files)

    def _deliver(self, sheet: Worksheet, files: Sequence[tuple[str, Path, bytes]]) -> None:
        """Write the sheets, and warn of characters that they cannot show."""
        for doubt in self.sheets.doubts(sheet):
            warn(doubt)
        for _, file, data in files:
            deliver(data, file)

    def write_class(self, order: Order, output: Output[Any]) -> None:
        """Write the variants of an order: a quiz, or a folder with the manifest of a class."""
        students = self._ids()
        suffix = output.file.suffix.casefold() if output.file and not output.format_name else ""
        if output.format_name == MOODLE or suffix == DOCUMENTS[MOODLE].suffix:
            refuse_given(
                {"worksheet": self.worksheet, "key": self.key},
                "has no effect on the variants of a quiz",
                "Leave it out.",
            )
            from attncli.face.handouts import class_sheets

            output.write(class_sheets(order, students, surroundings()))
            return
        if output.file is None or suffix == DOCUMENTS["json"].suffix:
            message = "variants need a folder."
            raise AttncliError(message, "Name a new folder with -o, or write -f moodle.")
        from attncli.documents.handouts.folders import check_folder, write_folder
        from attncli.face.handouts import class_files

        check_folder(output.file)
        write_folder(output.file, class_files(order, students, self.sheets, surroundings()))

    def _ids(self) -> Sequence[str]:
        if self.students is None:
            return [str(number + 1) for number in range(self.variants or 0)]
        if self.variants is not None:
            message = "--variants and --students exclude each other."
            raise AttncliError(message, "Leave one of them out.")
        from attncli.documents.handouts.rosters import read_roster

        return read_roster(self.students, note)


def handout_options(command: Callable[..., None]) -> Callable[..., None]:
    """Return the command with the options of handouts: it gets all as one argument, `handouts`."""

    @wraps(command)
    def gathered(**values: Any) -> None:
        wished = {name: values.pop(name) for name in Handouts().given}
        command(handouts=Handouts(**wished), **values)

    return options(*_LISTED)(gathered)
