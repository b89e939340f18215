"""The answer of each attempt of a student: one of the files of the attempt."""

from __future__ import annotations

import os.path
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence

from attncli.calculation.names.known_names import known_name, last_of
from attncli.calculation.names.step_names import STEPS
from attncli.documents.exports.attempts import natural
from attncli.documents.exports.file_kinds import Rank, rank_of, refusal_of
from attncli.documents.exports.name_patterns import CANVAS, LINK, RECORD, TYPED
from attncli.documents.exports.students import OwnedFile
from attncli.documents.exports.submission import Submission
from attncli.records import replace
from attncli.words import in_words, some_in_words

_MOST_NAMED = 5  # files in a note
_AGAIN = re.compile(r"-\d+$")


def chosen_answers(files: Sequence[OwnedFile], handed_out: frozenset[str]) -> Iterator[Submission]:
    """Yield the answer of each attempt of one student, the newest last; the others are superseded.

    The files of an attempt may be of several kinds. The first kind of `Rank` that occurs is the
    answer: a file of numbers, else a text, else what was typed into a page, else a sheet that the
    teacher has handed out, whose place or name is in `handed_out`. The others are named in a note.
    Two files of that kind are one answer if each is named after another step, such as `scores.csv`
    and `weights.csv`. Otherwise they get a message, because a guess would be unfair, and so do
    files of which none can be an answer. If the order of the attempts cannot be read, each attempt
    gets a message.
    """
    if len(files) == 1:
        yield _chosen(files, handed_out)
        return
    attempts: dict[str | None, list[OwnedFile]] = defaultdict(list)
    for file in files:
        attempts[file.attempt].append(file)
    if None in attempts and len({file.time for file in files}) > 1:
        yield from _unordered(files, handed_out)
        return
    *older, newest = sorted(attempts, key=lambda attempt: natural(attempt or ""))
    for attempt in older:
        yield replace(_chosen(attempts[attempt], handed_out), is_superseded=True)
    replaced, current = _uploaded_again(attempts[newest])
    for file in replaced:
        yield replace(_chosen([file], handed_out), is_superseded=True)
    yield _chosen(current, handed_out)


def _unordered(files: Sequence[OwnedFile], handed_out: frozenset[str]) -> Iterator[Submission]:
    """Yield an answer per attempt, with the message that their order cannot be read."""
    attempts: dict[str, list[OwnedFile]] = defaultdict(list)
    for file in files:
        attempts[file.time].append(file)
    times = some_in_words([repr(time) for time in attempts], _MOST_NAMED)
    message = f"the order of its attempts cannot be read from {times}: remove the older ones."
    for attempt in attempts.values():
        yield replace(_chosen(attempt, handed_out), message=message)


def _uploaded_again(files: list[OwnedFile]) -> tuple[list[OwnedFile], list[OwnedFile]]:
    """Return the files of an attempt in Canvas that a later upload replaces, and the others.

    Canvas names a second `answer.json` of a student `answer-1.json`. The number of the upload tells
    which is newer. Without an `answer.json`, the student may have chosen the numbers: nothing is
    replaced.
    """
    uploads: dict[tuple[str, str], list[OwnedFile]] = defaultdict(list)
    for file in files:
        stem, suffix = os.path.splitext(file.groups.get("file_id", file.found.name))
        if file.pattern is CANVAS:
            uploads[_AGAIN.sub("", stem), suffix].append(file)
    replaced: list[OwnedFile] = []
    for (stem, suffix), same in uploads.items():
        if any(file.groups.get("file_id") == stem + suffix for file in same):
            same.sort(key=lambda file: natural(file.groups.get("number", "")))
            replaced += same[:-1]
    old = {(file.found.path, file.found.member) for file in replaced}
    return replaced, [file for file in files if (file.found.path, file.found.member) not in old]


def _chosen(files: Sequence[OwnedFile], handed_out: frozenset[str]) -> Submission:
    """Return the answer of one attempt; see `chosen_answers`."""
    ranked = [(_rank(file, handed_out), file) for file in files]
    best = min(rank for rank, _ in ranked)
    first, *rivals = (file for rank, file in ranked if rank == best)
    others = [file for rank, file in ranked if rank > best]
    parts: tuple[Submission, ...] = ()
    message = first.found.message or (_refusal(first) if best is Rank.OTHER else "")
    notes = list(first.found.notes)
    if rivals and best is Rank.ANSWER and _are_steps([first, *rivals]):
        parts = tuple(_chosen([file], handed_out) for file in rivals)
        notes.append(f"graded together: {in_words(_names([first, *rivals]))}")
    elif rivals:
        names = some_in_words(_names([first, *rivals]), _MOST_NAMED)
        each = "both" if len(rivals) == 1 else "all"
        message = f"{names} may {each} be the answer: keep one of them."
        if best is Rank.OTHER:
            message = f"none of {names} is a file that attncli reads."
    if others:
        notes.append(f"not graded: {some_in_words(_names(others), _MOST_NAMED)}")
    if first.groups.get("late"):
        notes.append("handed in late")
    return Submission(
        first.student,
        first.found.file,
        first.found.path,
        first.found.member,
        first.attempt if first.attempt is not None else first.time,
        first.report,
        first.problem,
        message=message,
        notes=tuple(notes),
        is_typed=best is Rank.TYPED,
        step=_step_of(first) if best is Rank.ANSWER else "",
        parts=parts,
    )


def _are_steps(files: Sequence[OwnedFile]) -> bool:
    """Return True if each file is named after another step."""
    steps = {_step_of(file) for file in files}
    return len(steps) == len(files) and "" not in steps


def _step_of(file: OwnedFile) -> str:
    """Return the step that a file is named after: `weights` for `Weights.csv`; or an empty text."""
    stem = os.path.splitext(file.groups.get("file_id", file.found.name))[0]
    name = known_name(_AGAIN.sub("", stem) if file.pattern is CANVAS else stem)
    return name if name and last_of(name) in STEPS else ""


def _names(files: Sequence[OwnedFile]) -> list[str]:
    """Return the names of files in a message: short ones, or whole places if two are equal."""
    names = [file.groups.get("file_id", file.found.name) for file in files]
    return names if len(set(names)) == len(names) else [file.found.file for file in files]


def _rank(file: OwnedFile, handed_out: frozenset[str]) -> Rank:
    kind = file.groups.get("kind")
    if kind in (LINK, RECORD):
        return Rank.OTHER
    if kind in TYPED:
        return Rank.TYPED
    if file.found.place in handed_out or file.found.name in handed_out:
        return Rank.HANDED_OUT
    return rank_of(file.found.name)


def _refusal(file: OwnedFile) -> str:
    """Return the reason for which a file of the rank `OTHER` cannot be an answer."""
    kind = file.groups.get("kind")
    if kind == LINK:
        return "it is a link to a page, not a file."
    if kind == RECORD:
        return "the attempt has no file; only this text of Blackboard says what was handed in."
    return refusal_of(file.found.name)
