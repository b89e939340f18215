"""The laws that one step of an answer breaks; verdicts may use them as evidence."""

from __future__ import annotations

from contextlib import suppress

from attncli.calculation.names.known_names import last_of
from attncli.homework.answers.answer import Answer
from attncli.homework.laws import attention_laws, layer_laws  # noqa: F401  # enter their laws
from attncli.homework.laws.law import (
    LAWS,
    Assumptions,
    NotApplicableError,
    StepMissingError,
    SublayerAnswer,
)


def laws_broken(answer: Answer, assumptions: Assumptions, name: str) -> list[str]:
    """Return a text for each law by which the step `name` of an answer is wrong.

    The text has a sentence on each of the first broken places, such as `Row 2 of weights sums to
    0.87, not to 1.` The laws compare the step only with other steps of the answer. The list is
    empty if the step breaks no law, and if the answer lacks it.
    """
    step = last_of(name)
    sublayer = SublayerAnswer(answer, name.removesuffix(step), assumptions)
    if name not in answer:
        return []
    texts = []
    for law in LAWS.values():
        if step in law.steps:
            with suppress(StepMissingError, NotApplicableError):
                texts.append(law.broken(sublayer))
    return list(filter(None, texts))
