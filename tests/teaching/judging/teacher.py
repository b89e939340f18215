"""The report on an answer, judged as a good teacher would judge it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tests.teaching.calculation.problem import Document
from tests.teaching.case import Case
from tests.teaching.judging.program import Line, Verdicts
from tests.teaching.mistakes.catalogue_of_faults import MISTAKES

ACCEPTED = ("right", "rounded", "follows", "not yet")
SLIP = "single-cell-slip"
KNOWN_NAMES = {SLIP, *(name for mistake in MISTAKES.values() for name in mistake.names)}
RIGHT_GROUPS = ("right", "cut off", "rounded half up", "other habits")

# The words that name a presentation, by its kind.
WORDS = {
    "transposed": r"transpos|tokens (?:are|as|in) columns",
    "tokens in another order": r"order",
    "heads in another order": r"order",
}


@dataclass(frozen=True)
class Outcome:
    """The judgement of one report: its failures, and how the mistake was named.

    The documents and the text are kept only where something failed.
    """

    group: str
    seed: int
    kind: str
    shown: str
    rounding: str
    failures: tuple[str, ...]
    naming: str = ""
    seconds: float = 0.0
    problem: Document | None = None
    answer: Document | None = None
    verdicts: tuple[tuple[str, str, tuple[str, ...]], ...] = ()
    expected: str = ""
    text: str = ""


def judged(case: Case, verdicts: Verdicts) -> Outcome:
    """Return the judgement of a report on a case."""
    naming = ""
    if verdicts.crashed:
        failures = ["crash"]
    elif verdicts.refused:
        failures = ["refused"]
    else:
        failures = list(JUDGES[case.group](case, verdicts))
        naming = how_named(case, verdicts) if len(case.names) == 1 else ""
        if failures and case.group not in RIGHT_GROUPS and case.can_be_right():
            failures, naming = [NOT_IDENTIFIABLE], NOT_IDENTIFIABLE
    kept = bool(failures)
    return Outcome(
        case.group,
        case.seed,
        case.kind,
        case.shown,
        case.rounding,
        tuple(dict.fromkeys(failures)),
        naming,
        verdicts.seconds,
        case.problem if kept else None,
        case.answer if kept else None,
        tuple((l.name, l.verdict, l.mistakes) for l in verdicts.lines) if kept else (),
        expected(case) if kept else "",
        verdicts.text + verdicts.refused + verdicts.crashed if kept else "",
    )


NOT_IDENTIFIABLE = "not identifiable"


def expected(case: Case) -> str:
    """Return the facts that the report should have found, in words."""
    parts = [" and ".join(" or ".join(names) for names in case.names)]
    parts += [f"wrong by themselves: {', '.join(case.wrong)}"] if case.wrong else []
    if case.slip:
        cell = ",".join(str(at + 1) for at in case.slip.index)
        parts.append(f"slip ({case.slip.kind}) in {case.slip.step}[{cell}]")
    return "; ".join(part for part in parts if part) or "a right answer"


# What is looked at


def failing(verdicts: Verdicts) -> list[Line]:
    """Return the lines that are wrong by themselves, or not decided."""
    return [line for line in verdicts.lines if not line.passed and line.verdict != "follows"]


def leading(verdicts: Verdicts) -> Line | None:
    """Return the line that should name the mistake: the first wrong one with names, if it leads.

    A step that is not done yet may leave the name to the step where it is done wrongly.
    """
    for line in failing(verdicts):
        if line.mistakes or line.verdict != "not yet":
            return line
    return None


def how_named(case: Case, verdicts: Verdicts) -> str:
    """Return how the mistake was named: first, in the set, equal, only later, none or wrong."""
    if verdicts.passed:
        return "passed"
    good, lead = case.names[0], leading(verdicts)
    named = lead.mistakes if lead else ()
    if named and named[0] in good:
        return "first"
    if any(name in good for name in named):
        return "in the set"
    if any(case.same(name) for name in named):
        return "equal"
    if not named:
        later = any(name in good for line in verdicts.lines for name in line.mistakes)
        return "only later" if later else "no name"
    return "wrong name"


def blamed(case: Case, verdicts: Verdicts) -> Iterator[str]:
    """Yield the failures of steps: right ones that are called wrong, or the first not found."""
    wrong = [line.name for line in failing(verdicts) if line.verdict in ("wrong", "shape")]
    first = case.wrong[0] if case.wrong else ""
    names = list(order(case, verdicts))
    for name in wrong:
        if name in case.wrong:
            continue
        before = not first or names.index(name) < names.index(first)
        yield "right step accused" if before else "blamed again"
    if first and wrong and wrong[0] not in case.wrong[:1] and wrong[0] in case.wrong:
        line = next(line for line in verdicts.lines if line.name == first)
        if line.verdict in ("right", "follows", "rounded"):
            yield "first step missed"


def order(case: Case, verdicts: Verdicts) -> list[str]:
    """Return the names of the judged steps, and of the wrong ones, in their order."""
    found = [line.name for line in verdicts.lines]
    return found + [name for name in case.wrong if name not in found]


# The groups


def judge_right(case: Case, verdicts: Verdicts) -> Iterator[str]:
    """Yield the failure of a right answer that does not pass."""
    if not verdicts.passed:
        yield "false accusation"
        if any(line.mistakes for line in verdicts.lines):
            yield "false accusation with a name"


def judge_single(case: Case, verdicts: Verdicts) -> Iterator[str]:
    """Yield the failures of an answer with one mistake."""
    if verdicts.passed:
        yield "false pass"
        return
    how = how_named(case, verdicts)
    if how not in ("first", "in the set", "equal"):
        yield how
    yield from blamed(case, verdicts)


def judge_several(case: Case, verdicts: Verdicts) -> Iterator[str]:
    """Yield the failures of an answer with two mistakes, or with a mistake and a slip."""
    if verdicts.passed:
        yield "false pass"
        return
    named = {name for line in verdicts.lines for name in line.mistakes}
    missing = sum(not named.intersection(good) for good in case.names)
    if missing and any(case.same(name) for name in named):
        missing = 0
    if missing:
        yield "no name" if missing == len(case.names) and not named else "not all named"
    if case.slip and not located(case, verdicts):
        yield "slip not located"


def judge_slip(case: Case, verdicts: Verdicts) -> Iterator[str]:
    """Yield the failures of an answer with one wrong cell."""
    assert case.slip is not None
    if verdicts.passed:
        yield "false pass"
        return
    is_hidden = case.shown.startswith("hidden")
    if not is_hidden and not located(case, verdicts):
        yield "not located"
    lead = leading(verdicts)
    named = lead.mistakes if lead else ()
    if is_hidden:
        words = " ".join(line.words for line in verdicts.lines)
        if not re.search(case.words, words) and not any(case.same(n) for n in named):
            yield "hidden slip not named"
    elif SLIP not in named and not any(case.same(name) for name in named):
        yield "slip not named"
    yield from blamed(case, verdicts)


def located(case: Case, verdicts: Verdicts) -> bool:
    """Return True if the step of the slip is called wrong, and its cell is listed."""
    assert case.slip is not None
    line = next((line for line in failing(verdicts) if line.name == case.slip.step), None)
    return line is not None and case.slip.index in line.cells


def judge_late(case: Case, verdicts: Verdicts) -> Iterator[str]:
    """Yield the failures of a layer with a gross error late in it."""
    if verdicts.passed:
        yield "false pass"
        return
    last = verdicts.lines[-1]
    if last.name in case.wrong and last.verdict in ACCEPTED:
        yield "wrong step accepted"


def judge_size(case: Case, verdicts: Verdicts) -> Iterator[str]:
    """Yield the failure of a matrix of a wrong size that passes."""
    if verdicts.passed:
        yield "false pass"


def judge_unknown(case: Case, verdicts: Verdicts) -> Iterator[str]:
    """Yield the failures of an answer with a mistake that no catalogue has."""
    if verdicts.passed:
        yield "false pass"
        return
    named = {name for line in verdicts.lines for name in line.mistakes}
    if any(not case.same(name) for name in named):
        yield "false name"


def judge_presented(case: Case, verdicts: Verdicts) -> Iterator[str]:
    """Yield the failure of a report that does not name the presentation of a right answer."""
    words = " ".join(line.words for line in verdicts.lines)
    if not re.search(WORDS[case.kind], words, re.IGNORECASE):
        yield "presentation not named"
    if any(name in KNOWN_NAMES for line in verdicts.lines for name in line.mistakes):
        yield "presentation called a mistake"


JUDGES: dict[str, Callable[[Case, Verdicts], Iterator[str]]] = {
    "one mistake": judge_single,
    "one new mistake": judge_single,
    "two mistakes": judge_several,
    "mistake and slip": judge_several,
    "one slip": judge_slip,
    "late in a layer": judge_late,
    "wrong size": judge_size,
    "in no catalogue": judge_unknown,
    "presented otherwise": judge_presented,
    **dict.fromkeys(RIGHT_GROUPS, judge_right),
}
