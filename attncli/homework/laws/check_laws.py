"""Check an answer by laws that hold for any answer, in every sublayer that the answer has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from attncli.calculation.names.known_names import last_of
from attncli.homework.answers.answer import Answer
from attncli.homework.judging.report import AnswerReport, StepReport
from attncli.homework.judging.verdicts import Verdict
from attncli.homework.laws import attention_laws, layer_laws  # noqa: F401  # enter their laws
from attncli.homework.laws.law import (
    LAWS,
    Assumptions,
    Law,
    NotApplicableError,
    StepMissingError,
    SublayerAnswer,
)
from attncli.words import count, in_words, some_in_words

MOST_NAMED = 3  # the largest number of laws, or of steps, that the headline names


def check_laws(answer: Answer, assumptions: Assumptions) -> AnswerReport:
    """Check every law that the matrices of the answer allow to check, for one point each.

    Laws of dot products are left out if the scoring has other scores, and laws of weights that sum
    to 1 if the normaliser has other weights. The name of a law begins with the sublayer:
    `self.weights-sum-to-1`.
    """
    sublayers = [SublayerAnswer(answer, scope, assumptions) for scope in _scopes(answer)]
    lines: list[StepReport] = []
    missing: dict[str, str] = {}  # a step that the answer lacks, by the law that needs it
    for name, law in LAWS.items():
        for sublayer in sublayers:
            try:
                fact = law.broken(sublayer)
            except StepMissingError as error:
                if any(step in sublayer for step in law.steps):
                    missing.setdefault(name, error.name)
            except NotApplicableError:
                continue
            else:
                lines.append(_line(sublayer.scope + name, fact, law))
    checked = {last_of(line.name) for line in lines}
    missing = {name: step for name, step in missing.items() if name not in checked}
    return AnswerReport("", tuple(lines), None, _headline(lines, missing), subject="law")


def _scopes(answer: Answer) -> list[str]:
    """The prefixes of the sublayers that have steps in the answer, such as `self.`."""
    return list(dict.fromkeys(name.removesuffix(last_of(name)) for name in answer))


def _line(name: str, fact: str, law: Law) -> StepReport:
    if not fact:
        return StepReport(name, Verdict.RIGHT, True, 1, 1)
    return StepReport(name, Verdict.WRONG, False, 0, 1, rationale=fact, help=law.text)


def _headline(lines: Sequence[StepReport], missing: Mapping[str, str]) -> str:
    """The sentence on an answer: the broken laws; or how many hold, and steps for further laws."""
    broken = [line.name for line in lines if line.passed is False]
    steps = list(dict.fromkeys(missing.values()))[:MOST_NAMED]
    if broken:
        verb = "does not hold" if len(broken) == 1 else "do not hold"
        return f"{some_in_words(broken, MOST_NAMED)} {verb}."
    if not lines:
        return f"No law can be checked. Give more steps, such as {in_words(steps or ['weights'])}."
    hold = f"{count(len(lines), 'laws')} {'holds' if len(lines) == 1 else 'hold'}"
    if not steps:
        return f"{hold}."
    need = f"{count(len(missing), 'laws')} {'needs' if len(missing) == 1 else 'need'}"
    return f"{hold}; {need} more steps, such as {in_words(steps)}."
