"""Check an answer by laws that hold for any answer, in every sublayer that the answer has."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from attncli.homework.answers.answer import Answer
from attncli.homework.judging.headline import headline_of_laws
from attncli.homework.judging.judge import Verdict
from attncli.homework.judging.report import Report, StepReport
from attncli.homework.laws import attention_laws, layer_laws  # noqa: F401  # enter their laws
from attncli.homework.laws.law import LAWS, Assumptions, Law, SublayerAnswer

MOST_PLACES_NAMED = 5  # the largest number of places that a text names


def check_laws(answer: Answer, assumptions: Assumptions) -> Report:
    """Check every law that the matrices of the answer allow to check; the others are missing.

    Laws of dot products are missing too if the scoring has other scores, and laws of weights that
    sum to 1 if the normaliser has other weights. The name of a law begins with the sublayer:
    `self.weights-sum-to-1`.
    """
    scopes = {name.removesuffix(name.rpartition(".")[2]): None for name in answer}
    sublayers = [SublayerAnswer(answer, scope, assumptions) for scope in scopes]
    lines = tuple(line for name, check in LAWS.items() for line in _lines(name, check, sublayers))
    return Report("", lines, None, headline_of_laws(lines))


def _lines(name: str, check: Law, sublayers: list[SublayerAnswer]) -> Iterator[StepReport]:
    """One line for each sublayer that allows to check a law; without any, a line for missing."""
    found = [line for sublayer in sublayers if (line := _line(name, check, sublayer))]
    yield from found or [StepReport(name, Verdict.MISSING, None, 0, 1)]


def _line(name: str, check: Law, answer: SublayerAnswer) -> StepReport | None:
    try:
        broken = check(answer)
    except (KeyError, ValueError, IndexError):  # a matrix is missing, or does not fit another one
        return None
    name = answer.scope + name
    if not broken.any():
        return StepReport(name, Verdict.RIGHT, True, 1, 1)
    places = [f"[{','.join(str(i + 1) for i in index)}]" for index in np.argwhere(broken).tolist()]
    more = f" and {len(places) - MOST_PLACES_NAMED} more" if len(places) > MOST_PLACES_NAMED else ""
    fact = f"This law does not hold at {', '.join(places[:MOST_PLACES_NAMED])}{more}."
    return StepReport(name, Verdict.WRONG, False, 0, 1, fact, (check.__doc__ or "").strip())
