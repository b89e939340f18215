"""The causes of a step's verdict: each has its verdict, its names, and its words.

A cause is an entry: what a report says about a step is asked of its cause.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

from attncli.calculation.algebra.plan import Plan
from attncli.calculation.problem.problem import Problem
from attncli.homework.answers.answer import AnswerMatrix
from attncli.homework.answers.tolerance import Numbers
from attncli.homework.diagnosis.diagnosis import Explanation
from attncli.homework.diagnosis.replacements import Replacement
from attncli.homework.judging.trail import Judgement
from attncli.homework.judging.verdicts import Verdict
from attncli.records import record
from attncli.words import in_words, some_in_words

MOST_STEPS_NAMED = 3  # the largest number of steps that a text names as the place of a mistake
CARRY = "Carry more digits, and round at the end."


@record(frozen=True)
class Told:
    """A step, in its calculation, for the words of a cause; `again` is a command for a cell."""

    problem: Problem
    plan: Plan
    judged: Judgement
    again: str


Turn: TypeAlias = Callable[[AnswerMatrix], AnswerMatrix]


class Cause:
    """The cause of a verdict. The defaults are those of a wrong step that nothing explains."""

    verdict = Verdict.WRONG
    # The code names of mistakes, the likeliest first.
    names: tuple[str, ...] = ()
    # The mistakes of the catalogue that explain every cell: equal ones in two steps are one cause.
    kind: tuple[str, ...] = ()
    # The unrounded matrix with which the answer goes on; None if it is unknown.
    exact: Numbers | None = None
    # Turns a later matrix of the answer back, if the answer is presented otherwise; else None.
    turn: Turn | None = None

    def text(self, told: Told) -> str:
        """Return the sentences on the error."""
        return "No known mistake explains these numbers."

    def summary(self, told: Told) -> str:
        """Return one sentence on the error, or nothing if it is unknown."""
        return ""

    def advice(self, told: Told) -> str:
        """Return the sentences on what to do."""
        return told.again


class Said(Cause):
    """A cause with one text; the advice is to calculate the cell again, unless it is given."""

    def __init__(
        self,
        text: str,
        *names: str,
        advice: str | None = None,
        verdict: Verdict = Verdict.WRONG,
        exact: Numbers | None = None,
        turn: Turn | None = None,
    ) -> None:
        self._text, self.names, self._advice = text, names, advice
        self.verdict, self.exact, self.turn = verdict, exact, turn

    def text(self, told: Told) -> str:
        return self._text

    def summary(self, told: Told) -> str:
        first = self._text.partition(". ")[0].removesuffix(".")
        # A list of places is too long for one sentence.
        return f"{first.partition(':')[0] if ';' in first else first}."

    def advice(self, told: Told) -> str:
        return told.again if self._advice is None else self._advice


class Mistaken(Cause):
    """Mistakes of the catalogue that give the numbers of the answer."""

    def __init__(self, explanations: Sequence[Explanation], decider: str | None) -> None:
        self.explanations, self.decider = explanations, decider
        self.exact = explanations[0].result
        every = [name for explanation in explanations for name in explanation.names]
        slips = ["single-cell-slip"] if explanations[0].slips else []
        self.names = tuple(dict.fromkeys([*every, *slips]))
        self.kind = () if slips else explanations[0].names

    def text(self, told: Told) -> str:
        likeliest, *others = self.explanations
        text = done(told, likeliest)
        if likeliest.agreeing > 1:
            rough = ", to 2 units of the last digit" if likeliest.is_rough else ""
            rough = f", if {likeliest.habit.words}" if likeliest.habit else rough
            subject = (
                "Together they explain" if len(likeliest.replacements) > 1 else "This explains"
            )
            cells = f"all {likeliest.agreeing} cells{rough}"
            if likeliest.slips:
                role = told.judged.step.role
                places = [
                    told.problem.place(told.judged.step.axes, role, at) for at in likeliest.slips
                ]
                cells = f"all cells but {in_words(places)}: look for a slip there"
            text = f"{text} {subject} {cells}."
        return f"{text}{also(told, others, self.decider)}"

    def summary(self, told: Told) -> str:
        replacements = self.explanations[0].replacements
        sentences = []
        for replacement in replacements:
            place = _place(told, replacement).removesuffix(": ")
            place = f" ({place[0].lower()}{place[1:]})" if place else ""
            text = replacement.texts(told.problem, told.plan).done
            sentences.append(f"{text.removesuffix('.')}{place}.")
        return " ".join(sentences)

    def advice(self, told: Told) -> str:
        every = [
            replacement.texts(told.problem, told.plan)
            for replacement in self.explanations[0].replacements
        ]
        return " ".join(f"{texts.right} {texts.why}" for texts in every)


class RoundedOnTheWay(Cause):
    """A right method, with numbers rounded before they were used.

    `explanations` are mistakes that give the same numbers: the digits cannot tell.
    """

    def __init__(
        self,
        words: str,
        verdict: Verdict,
        explanations: Sequence[Explanation] = (),
        decider: str | None = None,
    ) -> None:
        self.words, self.verdict = words, verdict
        self.explanations, self.decider = explanations, decider

    def text(self, told: Told) -> str:
        text = f"The method is right: these are the numbers if {self.words}."
        return f"{text}{also(told, self.explanations, self.decider)}"

    def advice(self, told: Told) -> str:
        return CARRY


def done(told: Told, explanation: Explanation) -> str:
    """Return the sentences on what was done, in the words of this problem."""
    return " ".join(
        f"{_place(told, r)}{r.texts(told.problem, told.plan).done}"
        for r in explanation.replacements
    )


def also(told: Told, others: Sequence[Explanation], decider: str | None) -> str:
    """Return the sentences on further mistakes that give the same numbers."""
    if not others:
        return ""
    verb = "Other mistakes give" if len(others) > 1 else "Another mistake gives"
    named = " ".join(f"{' with '.join(e.names)}: {done(told, e)}" for e in others)
    step = "No step tells which one was made."
    if decider:
        step = f"The step {decider} would show which one was made."
    return f" {verb} the same numbers. {named} {step}"


def _place(told: Told, replacement: Replacement) -> str:
    """The steps of a layer in which a mistake was made; empty if it is the step itself."""
    steps = replacement.steps
    if not told.problem.parts or steps == (told.judged.name,):
        return ""
    return f"In {some_in_words(steps, MOST_STEPS_NAMED)}: "
