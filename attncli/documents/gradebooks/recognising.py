"""Recognise the platform of a gradebook by its header, and choose the column for the points."""

from __future__ import annotations

from collections.abc import Sequence
from shlex import quote

from attncli.documents.gradebooks.course_gradebooks import (
    BlackboardColumns,
    BrightspaceItems,
    CanvasGradebook,
)
from attncli.documents.gradebooks.moodle_worksheet import MoodleWorksheet
from attncli.documents.gradebooks.platform import GradeTable, Platform, PointsColumn, plain_key
from attncli.documents.gradebooks.spans import read_spans, values
from attncli.errors import DocumentError
from attncli.words import did_you_mean, in_short, in_words

# Moodle's titles depend on the language, so that its worksheet is recognised last.
PLATFORMS: tuple[Platform, ...] = (
    CanvasGradebook(),
    BrightspaceItems(),
    BlackboardColumns(),
    MoodleWorksheet(),
)
DELIMITERS = ",;\t"
_SHOWN = 60  # characters of a first line in a message


def recognised(text: str) -> tuple[Platform, GradeTable, str]:
    """Return the platform of a gradebook, its table and its delimiter."""
    first = next(iter(text.splitlines()), "")
    for delimiter in sorted(DELIMITERS, key=first.count, reverse=True):
        if delimiter not in first:
            continue
        titles, *rows = read_spans(text, delimiter)
        filled = tuple(row for row in rows if any(values(row)))
        table = GradeTable(tuple(values(titles)), filled)
        platform = next((one for one in PLATFORMS if one.recognises(table)), None)
        if platform:
            return platform, table, delimiter
    names = in_words([platform.name for platform in PLATFORMS], "or")
    message = f"it is not a gradebook of {names}: it begins with {in_short(first, _SHOWN)!r}."
    hint = "Download Moodle's grading worksheet, or export the gradebook as CSV."
    raise DocumentError(message, hint)


def chosen_column(columns: Sequence[PointsColumn], wished: str) -> PointsColumn:
    """Return the column that takes the points. Raises DocumentError if it is not clear."""
    if not columns:
        message = "it has no column that takes points."
        raise DocumentError(message, "Export it with the column of this assignment.")
    found = [one for one in columns if not wished or _is_called(one, wished)]
    if len(found) == 1:
        return found[0]
    titles = [column.title for column in found or columns]
    listed = in_words([f"{title!r}" for title in titles])
    if found:
        what = f"are called {wished!r}" if wished else "can take the points"
        message = f"{len(found)} columns {what}: {listed}."
        raise DocumentError(message, f"Choose one with --column {quote(titles[0])}.")
    guess = did_you_mean(wished, titles)
    message = f"no column {wished!r} takes points{guess}."
    raise DocumentError(message, f"These columns do: {listed}.")


def _is_called(column: PointsColumn, wished: str) -> bool:
    """Return True if this is the title of the column, or a short name."""
    return plain_key(wished) in map(plain_key, (column.title, *column.names))
