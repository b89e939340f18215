"""The headline of a report: one sentence that says how good the answer is, and why."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from attncli.homework.judging.verdicts import Verdict
from attncli.words import count, in_words, some_in_words

if TYPE_CHECKING:
    from attncli.homework.judging.report import StepReport

MOST_NAMED = 3  # steps that a headline names


def headline(lines: Sequence[StepReport]) -> str:
    """Return the sentence on an answer: the first wrong step and its cause, or what passes."""
    undecided = _names(lines, Verdict.UNDECIDED)
    unjudged = _clause(undecided, "cannot be judged", "cannot be judged")
    wrong = [line for line in lines if line.verdict.is_wrong]
    if wrong:
        same = [line for line in wrong if line is wrong[0] or line.kind == wrong[0].kind != ()]
        others = [line.name for line in wrong if line not in same]
        kind = "another mistake" if len(others) == 1 else "other mistakes"
        further = f"{kind} in {some_in_words(others, MOST_NAMED)}" if others else ""
        cause = _within(wrong[0].cause or wrong[0].fact.replace(" wrong.", "."))
        return _sentence(f"{_place(lines, same)}: {cause.removesuffix('.')}", further, unjudged)
    if undecided:
        return _sentence(unjudged)
    return _sentence(*_of_passing(lines))


def _place(lines: Sequence[StepReport], same: Sequence[StepReport]) -> str:
    """Return the beginning of a headline: where the answer is wrong.

    `same` are the first wrong step and the wrong steps that have its cause.
    """
    first = same[0]
    later = [line for line in lines[lines.index(first) + 1 :] if line.passed is not None]
    if later and all(line.verdict.is_wrong or line.verdict is Verdict.FOLLOWS for line in later):
        return f"Wrong from {first.name} on"
    where = f"Wrong in {some_in_words([line.name for line in same], MOST_NAMED)}"
    follows = _names(later, Verdict.FOLLOWS)
    if not follows:
        return where
    are_few = len(follows) <= MOST_NAMED
    steps = in_words(follows) if are_few else count(len(follows), "later steps")
    return f"{where}, and so in {steps}"


def _of_passing(lines: Sequence[StepReport]) -> tuple[str, str]:
    """Return the clauses on an answer that has neither wrong nor undecided steps."""
    rounded = _names(lines, Verdict.ROUNDED)
    answered = [line for line in lines if line.passed is not None]
    missing = _clause(_names(lines, Verdict.MISSING), "is missing", "are missing")
    if not answered:
        return "The answer has no numbers", ""
    if not all(line.passed for line in answered):
        return _clause(rounded, "is rounded, and fails", "are rounded, and fail"), missing
    names = [line.name for line in answered]
    if missing:
        named = in_words(names) if len(names) <= MOST_NAMED else count(len(names), "steps")
        begin = f"Right so far: {named}"
    elif len(names) > 1:
        begin = f"All right: {len(names)} of {count(len(names), 'steps')}"
    else:
        begin = "All right" if rounded else f"All right: {names[0]}"
    but = _clause(rounded, "is rounded", "are rounded")
    return ", but ".join(filter(None, (begin, but))), missing


def _names(lines: Sequence[StepReport], verdict: Verdict) -> list[str]:
    return [line.name for line in lines if line.verdict is verdict]


def _clause(names: Sequence[str], one: str, several: str) -> str:
    """Return a clause with these names as its subject, or nothing if there are none."""
    verb = one if len(names) == 1 else several
    return f"{some_in_words(names, MOST_NAMED)} {verb}" if names else ""


def _within(text: str) -> str:
    """Return a sentence as it stands within another: its first word small, unless it is a name.

    >>> _within("The scores were not scaled."), _within("K was not transposed."), _within("GELU")
    ('the scores were not scaled.', 'K was not transposed.', 'GELU')
    """
    first = text.partition(" ")[0]
    is_word = first == "A" or (len(first) > 1 and first[1:].isalpha() and first[1:].islower())
    return text[:1].lower() + text[1:] if is_word else text


def _sentence(*clauses: str) -> str:
    return f"{'; '.join(filter(None, clauses))}."
