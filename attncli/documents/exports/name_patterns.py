"""The names that platforms give to the files of a class, as regular expressions."""

from __future__ import annotations

import re
from re import Pattern

from attncli.errors import AttncliError
from attncli.records import by_name, record
from attncli.words import did_you_mean, in_words

OPTION = "--student"
# The groups of nbgrader's zip_collect, and three more, which an expression of the user may have.
GROUPS = (
    *("student_id", "first_name", "last_name", "name", "email", "timestamp", "attempt", "late"),
    "file_id",
)
_EXAMPLE = r"--student '(?P<student_id>\w+)\.json'"

# Values of the group `kind`: a text typed into a page, a link, or a record of the platform.
TYPED = ("onlinetext", "text")
LINK, RECORD = "link", ".txt"


@record(frozen=True)
class NamePattern:
    """The names of a platform: `expression` is searched in the place of a file, as in `example`.

    Folders are separated by `/`. If `is_flat`, the platform has no folders, and the expression
    begins at the name of the file. Besides the groups of `GROUPS`, `folder` is the path of the
    student's files in the export, and `kind` tells apart files that the platform writes itself.
    `is_loose` marks an expression that fits names of other programs too: it counts only in a folder
    where most files fit it, and where no id has two names.
    """

    name: str
    expression: Pattern[str]
    example: str = ""
    is_flat: bool = False
    is_loose: bool = False


# The first that fits counts, so the loose one is the last.
PLATFORMS = by_name(
    NamePattern(  # up to Moodle 4.0 with _ before the /
        "Moodle",
        re.compile(
            r"(?:^|/)(?P<folder>(?P<name>[^/]+?)(?:_(?P<student_id>\d+))?"
            r"_assignsubmission_(?P<kind>file|onlinetext)(?:_(?=/))?)[/_](?P<file_id>.+)$"
        ),
        "Anna Smith_123_assignsubmission_file/answer.json",
    ),
    NamePattern(
        "Blackboard",
        re.compile(
            r"(?:^|/)[^/]+_(?P<student_id>[^/_]+)_attempt_(?P<timestamp>\d{4}(?:-\d\d){5})"
            r"(?:_(?P<file_id>[^/]+)|(?P<kind>\.txt))$"
        ),
        "Problem 1_asmith_attempt_2026-01-30-15-00-00_answer.json",
        is_flat=True,
    ),
    NamePattern(
        "Brightspace",
        re.compile(
            r"(?:^|/)(?P<folder>(?P<student_id>\d+)-\d+ - (?P<name>[^/]+) - (?P<timestamp>[^/]+))"
            r"/(?P<file_id>.+)$"
        ),
        "123-456 - Anna Smith - Sep 24, 2026 926 PM/answer.json",
    ),
    NamePattern(  # the student is in a record
        "Gradescope",
        re.compile(r"(?:^|/)(?P<folder>submission_\d+)/(?P<file_id>.+)$"),
        "assignment_1_export/submission_123/answer.json",
    ),
    NamePattern(
        "nbgrader",
        re.compile(r"(?:^|/)submitted/(?P<folder>(?P<student_id>[^/]+)/[^/]+)/(?P<file_id>[^/]+)$"),
        "submitted/asmith/ps1/answer.json",
    ),
    NamePattern(  # also anon_a1B2c_456_answer-1.json
        "Canvas",
        re.compile(
            r"(?:^|/)(?:(?P<name>[^/]*?)_)??(?:(?P<late>LATE)_)?"
            r"(?:anon_)?(?P<student_id>\d+|(?<=anon_)[^\W_]+)_"
            r"(?:(?P<number>\d+)_(?P<file_id>[^/]+)|(?P<kind>text|link)\.html)$"
        ),
        "smithanna_LATE_123_456_answer.json",
        is_flat=True,
        is_loose=True,
    ),
)
BLACKBOARD, BRIGHTSPACE = PLATFORMS["Blackboard"], PLATFORMS["Brightspace"]
GRADESCOPE, NBGRADER, CANVAS = (PLATFORMS[n] for n in ("Gradescope", "nbgrader", "Canvas"))
NO_PLATFORM = NamePattern("", re.compile("(?!)"))  # an expression that fits nothing


def student_pattern(text: str) -> NamePattern:
    """Return the pattern of a regular expression with nbgrader's group names.

    Raises AttncliError if it is not a regular expression, has no group `student_id`, or has a
    group that is unknown.
    """
    try:
        expression = re.compile(text)
    except (re.error, RecursionError, OverflowError) as error:
        message = f"{text!r} is not a regular expression: {error}."
        raise AttncliError(message, f"Write, for example, {_EXAMPLE}.").at(OPTION) from None
    unknown = [name for name in expression.groupindex if name not in GROUPS]
    if unknown:
        message = f"it has an unknown group {unknown[0]!r}{did_you_mean(unknown[0], GROUPS)}."
        raise AttncliError(message, f"The groups are {in_words(GROUPS)}.").at(OPTION)
    if "student_id" not in expression.groupindex:
        message = f"{text!r} has no group student_id."
        raise AttncliError(message, f"Write, for example, {_EXAMPLE}.").at(OPTION)
    return NamePattern(OPTION, expression)


def groups_of(pattern: NamePattern, place: str) -> dict[str, str] | None:
    """Return the groups of a place that fits the pattern, without empty groups; else None."""
    if pattern.is_flat:
        found = pattern.expression.match(place, place.rfind("/"))
    else:
        found = pattern.expression.search(place)
    if not found:
        return None
    return {name: value for name, value in found.groupdict().items() if value}
