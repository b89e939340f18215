"""A law must hold for any answer, so that no key is needed to check it.

An entry is one function, and its docstring is the law. It takes the matrices of the answer, and
returns the places where the law is broken, with a sentence on each. It raises StepMissingError if
the answer lacks a matrix, and NotApplicableError if the law does not hold for such an answer.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from attncli.calculation.algebra.layouts import LAYOUTS, Layout
from attncli.calculation.choices.choices import Choices
from attncli.calculation.operations.normalisers import NORMALISERS, Normalise
from attncli.calculation.scoring.scoring_functions import SCORING, Scoring
from attncli.homework.answers.answer import Answer, AnswerMatrix
from attncli.homework.answers.digits import EXACT, half_a_unit
from attncli.records import record

if TYPE_CHECKING:
    from attncli.homework.laws.finding import Finding


class StepMissingError(LookupError):
    """A law needs a step that the answer lacks; `name` is its full name."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


class NotApplicableError(LookupError):
    """A law does not hold for answers of this kind, whatever steps they have."""


@record(frozen=True)
class Assumptions:
    """The choices that the matrices of an answer do not show; `eps` is None if it is unknown.

    `has_heads` is True if the first of three axes of `weights` is known to be the heads.
    """

    scoring: Scoring
    normalise: Normalise
    activation: str
    eps: float | None
    layout: Layout
    has_heads: bool


def assumed(choices: Choices) -> Assumptions:
    """Return the assumptions that the choices of a problem or of an answer lead to."""
    return Assumptions(
        SCORING[choices.score],
        NORMALISERS[choices.normaliser]("scores", choices.temperature),
        choices.activation,
        choices.eps if choices.says("eps") else None,
        LAYOUTS[choices.layout],
        choices.heads is not None,
    )


@record(frozen=True)
class SublayerAnswer:
    """The steps of an answer without its problem, by their names in one sublayer.

    `scope` is the prefix of that sublayer, or empty; `every` holds all steps by their full names.
    """

    every: Answer
    scope: str
    assumptions: Assumptions

    def __getitem__(self, name: str) -> AnswerMatrix:
        if name not in self:
            raise StepMissingError(self.scope + name)
        return self.every[self.scope + name]

    def __contains__(self, name: str) -> bool:
        return self.scope + name in self.every

    def first(self, *names: str) -> str:
        """Return the first of these names that the answer has; without any, raise an error.

        The StepMissingError names the last of them.
        """
        for name in names:
            if name in self:
                return name
        raise StepMissingError(self.scope + names[-1])

    @property
    def layer(self) -> Mapping[str, AnswerMatrix]:
        """The steps of the layer that contains this sublayer, such as `norm_1.output`."""
        return {
            name.removeprefix(self.layer_scope): answered
            for name, answered in self.every.items()
            if name.startswith(self.layer_scope)
        }

    @property
    def layer_scope(self) -> str:
        """The prefix of the layer that contains this sublayer, or empty."""
        return "".join(self.scope.removesuffix(".").rpartition(".")[:2])


Check: TypeAlias = Callable[[SublayerAnswer], "Finding"]


@record(frozen=True)
class Law:
    """A law: its name, the steps that it can find wrong, and its check."""

    name: str
    steps: tuple[str, ...]
    check: Check

    @property
    def text(self) -> str:
        """The law in words."""
        return " ".join((self.check.__doc__ or "").split())

    def broken(self, answer: SublayerAnswer) -> str:
        """Return the sentences on the places where an answer breaks the law; or an empty text.

        Raises StepMissingError or NotApplicableError if the law cannot be checked: because the
        matrices of the answer do not fit together, or because its own arithmetic would overflow.
        """
        try:
            with np.errstate(all="ignore", over="raise"):
                return self.check(answer).text
        except (ValueError, IndexError, FloatingPointError):
            raise NotApplicableError from None


LAWS: dict[str, Law] = {}


def law(*steps: str) -> Callable[[Check], Check]:
    """Enter a function into the laws, under its own name, as a law on these steps."""

    def enter(check: Check) -> Check:
        name = check.__name__.replace("_", "-")
        LAWS[name] = Law(name, steps, check)
        return check

    return enter


def rounding(answered: AnswerMatrix) -> float:
    """Return how far a written number may be from the exact one: half a unit of its last place.

    Whole numbers are exact. Numbers of fewer bits, such as float32, may differ in their last bits.
    """
    finest = answered.finest
    sizes = np.abs(np.nan_to_num(answered.values, posinf=0, neginf=0))
    bits = 1e-9 + 32 * answered.epsilon * float(sizes.max(initial=1))
    return bits + (half_a_unit(finest) if 0 < finest < EXACT else 0.0)
