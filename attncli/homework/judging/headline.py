"""The headline of a report: one sentence that says how good the answer is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from attncli.homework.judging.verdicts import Verdict
from attncli.words import count, some_in_words

MOST_NAMED = 3  # steps that a headline names


class Judged(Protocol):
    """A step with its verdict; `passed` is None where nothing was answered."""

    @property
    def name(self) -> str: ...
    @property
    def verdict(self) -> Verdict: ...
    @property
    def passed(self) -> bool | None: ...


def headline(lines: Sequence[Judged]) -> str:
    """Return the sentence on an answer: the wrong steps and those that follow, or what passes."""
    wrong = _names(lines, Verdict.WRONG, Verdict.SHAPE)
    undecided = _names(lines, Verdict.UNDECIDED)
    unjudged = _clause(undecided, "cannot be judged", "cannot be judged")
    right, rounded = _names(lines, Verdict.RIGHT, Verdict.NOT_YET), _names(lines, Verdict.ROUNDED)
    if wrong:
        follows = _names(lines, Verdict.FOLLOWS)
        source = "it" if len(wrong) == 1 else "them"
        second = _clause(follows, f"follows from {source}", f"follow from {source}")
        return _sentence(_clause(wrong, "is wrong", "are wrong"), second, unjudged)
    if undecided:
        return _sentence(unjudged)
    if rounded:
        fails = any(line.passed is False for line in lines)
        end = ", and fails" if fails and len(rounded) == 1 else ", and fail" if fails else ""
        first = _clause(rounded, "is rounded", "are rounded") + end
        first = first if fails else f"All steps of the answer pass, but {first}"
    elif right:
        first = _all_right(right, len(lines))
    else:
        return "The answer has no numbers."
    return _sentence(first, _missing(_names(lines, Verdict.MISSING)))


def _all_right(right: Sequence[str], steps: int) -> str:
    """Return the clause on an answer of right steps, which may be fewer than there are."""
    if len(right) == 1:
        return f"{right[0]} is right"
    return f"{'All ' if len(right) == steps else ''}{len(right)} steps are right"


def _missing(names: Sequence[str]) -> str:
    verb = "is" if len(names) == 1 else "are"
    return f"{count(len(names), 'steps')} {verb} missing" if names else ""


def _names(lines: Sequence[Judged], *verdicts: Verdict) -> list[str]:
    return [line.name for line in lines if line.verdict in verdicts]


def _clause(names: Sequence[str], one: str, several: str) -> str:
    """Return a clause with these names as its subject, or nothing if there are none."""
    verb = one if len(names) == 1 else several
    return f"{some_in_words(names, MOST_NAMED)} {verb}" if names else ""


def _sentence(*clauses: str) -> str:
    return f"{'; '.join(filter(None, clauses))}."
