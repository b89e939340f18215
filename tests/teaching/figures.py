"""The figures of a measure, as a table that begins with the false passes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np

from tests.teaching.judging.teacher import NOT_IDENTIFIABLE, RIGHT_GROUPS, Outcome

NAMED = ("first", "in the set", "equal")
BLAMED = ("right step accused", "blamed again", "first step missed")
HOWS = (*NAMED, "only later", "no name", "wrong name", "passed", NOT_IDENTIFIABLE)


def share(part: int, whole: int) -> str:
    """Return a number with its share: `12 (4.8 %)`."""
    return f"{part} ({100 * part / whole:.1f} %)" if whole else "–"


def table(outcomes: Sequence[Outcome]) -> str:
    """Return every figure as text."""
    parts = [headline(outcomes), by_group(outcomes), naming(outcomes)]
    parts += [rounding(outcomes), kinds(outcomes)]
    return "\n\n".join(part for part in parts if part)


def headline(outcomes: Sequence[Outcome]) -> str:
    """Return the figures that have goals."""
    wrong = [o for o in outcomes if o.group not in RIGHT_GROUPS and "presented" not in o.group]
    rows = [
        goal("false passes", count(wrong, "false pass"), len(wrong), "0"),
        goal("right steps blamed", count(wrong, *BLAMED), len(wrong), ""),
        goal("wrong steps accepted late", count(wrong, "wrong step accepted"), len(wrong), "0"),
    ]
    for group, aim in (
        ("right", "0"),
        ("cut off", "0"),
        ("rounded half up", "at most 0.5 %"),
        ("other habits", ""),
    ):
        own = of(outcomes, group)
        rows.append(
            goal(f"false accusations, {group}", count(own, "false accusation"), len(own), aim)
        )
    for group, aim in (("one mistake", "at least 97 %"), ("one new mistake", "")):
        own = identifiable(of(outcomes, group))
        named = sum(o.naming in NAMED for o in own)
        rows.append(goal(f"named well, {group}", named, len(own), aim))
    alone = [
        o
        for o in identifiable(of(outcomes, "one mistake"))
        if o.shown == "output" and o.rounding.startswith("carried")
    ]
    named = sum(o.naming in NAMED for o in alone)
    rows.append(goal("named well, carried output alone", named, len(alone), "at least 90 %"))
    for group, failure, text, aim in (
        ("two mistakes", "not all named|no name|false pass", "both named", "at least 90 %"),
        ("mistake and slip", "", "mistake and slip found", ""),
        ("one slip", "not located|false pass", "slips located", "100 %"),
        (
            "one slip",
            "slip not named|hidden slip not named|false pass",
            "slips named",
            "at least 95 %",
        ),
        ("presented otherwise", "", "presentation named", ""),
    ):
        own = identifiable(of(outcomes, group))
        good = sum(
            not set(o.failures) & set(failure.split("|")) if failure else not o.failures
            for o in own
        )
        rows.append(goal(text, good, len(own), aim))
    own = of(outcomes, "in no catalogue")
    rows.append(
        goal("false names, in no catalogue", count(own, "false name"), len(own), "at most 0.5 %")
    )
    rows.append(
        goal("crashes and refusals", count(outcomes, "crash", "refused"), len(outcomes), "0")
    )
    return aligned([("figure", "answers", "goal"), *(row for row in rows if row), *times(outcomes)])


def goal(text: str, part: int, whole: int, aim: str) -> tuple[str, str, str] | None:
    """Return a row of the figures, or None for a group that was not drawn."""
    if not whole:
        return None
    return text, f"{part} of {whole}, {100 * part / whole:.1f} %", aim


def of(outcomes: Iterable[Outcome], group: str) -> list[Outcome]:
    """Return the outcomes of a group."""
    return [o for o in outcomes if o.group == group]


def identifiable(outcomes: Iterable[Outcome]) -> list[Outcome]:
    """Return the outcomes of answers that rounding alone does not explain."""
    return [o for o in outcomes if NOT_IDENTIFIABLE not in o.failures]


def count(outcomes: Iterable[Outcome], *failures: str) -> int:
    """Return the number of outcomes with one of the failures."""
    return sum(bool(set(o.failures) & set(failures)) for o in outcomes)


def by_group(outcomes: Sequence[Outcome]) -> str:
    """Return a row per group: answers, well judged, and each failure with its number."""
    rows = [("group", "answers", "judged well", "failures")]
    for group in dict.fromkeys(o.group for o in outcomes):
        own = of(outcomes, group)
        found = Counter(failure for o in own for failure in o.failures)
        good = sum(not set(o.failures) - {NOT_IDENTIFIABLE} for o in own)
        text = ", ".join(f"{number} {failure}" for failure, number in found.most_common())
        rows.append((group, str(len(own)), share(good, len(own)), text))
    return aligned(rows)


def naming(outcomes: Sequence[Outcome]) -> str:
    """Return how one mistake was named, by the steps shown and the rounding."""
    own = of(outcomes, "one mistake")
    if not own:
        return ""
    hows = Counter(o.naming for o in own)
    total = ", ".join(f"{how} {share(hows[how], len(own))}" for how in HOWS if hows[how])
    rows: list[tuple[str, ...]] = [
        ("one mistake, named well", "rounded at the end", "rounded on the way")
    ]
    for shown in dict.fromkeys(("all", "usual", "some", "weights", "output")):
        cells = []
        for start in ("at the end", "carried"):
            part = [
                o for o in identifiable(own) if o.shown == shown and o.rounding.startswith(start)
            ]
            good = sum(o.naming in NAMED for o in part)
            cells.append(
                f"{good}/{len(part)}" + (f" ({100 * good / len(part):.0f} %)" if part else "")
            )
        rows.append((shown, *cells))
    return f"{aligned(rows)}\n{total}"


def rounding(outcomes: Sequence[Outcome]) -> str:
    """Return the false accusations of rounded answers, by steps shown and places."""
    own = of(outcomes, "rounded half up")
    if not own:
        return ""
    rows: list[tuple[str, ...]] = [
        ("rounded half up, accused", "1 place", "2 places", "3 places", "4 places")
    ]
    for shown in ("all", "half", "output"):
        cells = []
        for places in range(1, 5):
            part = [o for o in own if o.shown == shown and f" {places} places" in o.kind]
            cells.append(f"{count(part, 'false accusation')}/{len(part)}")
        rows.append((shown, *cells))
    return aligned(rows)


def kinds(outcomes: Sequence[Outcome]) -> str:
    """Return the kinds of right answers, habits, slips and presentations that fail."""
    rows = [("kind", "failed")]
    for group in ("right", "other habits", "one slip", "presented otherwise", "late in a layer"):
        own = of(outcomes, group)
        for kind in sorted({o.kind for o in own}):
            part = [o for o in own if o.kind == kind]
            failed = sum(bool(set(o.failures) - {NOT_IDENTIFIABLE}) for o in part)
            rows.append((f"{group}: {kind}", f"{failed}/{len(part)}"))
    return aligned(rows) if len(rows) > 1 else ""


def times(outcomes: Sequence[Outcome]) -> list[tuple[str, str, str]]:
    """Return the rows of the CPU time of a check in process."""
    seconds = [o.seconds for o in outcomes if o.seconds]
    if not seconds:
        return []
    middle, high, worst = 1000 * np.percentile(seconds, [50, 95, 100])
    return [
        ("CPU time of a check, median", f"{middle:.1f} ms", "at most 10 ms"),
        ("CPU time of a check, 95 %", f"{high:.1f} ms", "at most 60 ms"),
        ("CPU time of a check, worst", f"{worst:.0f} ms", "at most 500 ms"),
    ]


def aligned(rows: Sequence[tuple[str, ...]]) -> str:
    """Return rows of texts with aligned columns, and a line below the first row."""
    widths = [max(len(row[at]) for row in rows) for at in range(len(rows[0]))]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]
    return "\n".join([lines[0], "─" * max(map(len, lines)), *lines[1:]])
