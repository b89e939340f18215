"""The steps of a plan from scores to weights V, if nobody needs the matrices between them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from attncli.calculation.algebra.operation import Operation
from attncli.calculation.algebra.plan import Step
from attncli.calculation.operations.normalisers import Normalise
from attncli.records import record


@record(frozen=True)
class Chain:
    """The steps of an attention from its scores to weights V, in the order of the plan.

    `normalise` is the operation that makes the weights; `values` is the name of V.
    """

    steps: tuple[Step, ...]
    normalise: Normalise
    values: str

    @property
    def weights(self) -> Step:
        """The step that makes the weights."""
        return self.steps[-2]

    @property
    def last(self) -> Step:
        """The weighted sum of the values."""
        return self.steps[-1]

    @property
    def pairs(self) -> tuple[Step, ...]:
        """The steps from queries and keys to the scores: `scores`, or `hidden` and `scores`."""
        sizes = [step.axes for step in self.steps]
        return self.steps[: sizes.index(self.weights.axes) + 1]

    @property
    def scores(self) -> Step:
        """The step that makes the first scores."""
        return self.pairs[-1]

    @property
    def between(self) -> tuple[Step, ...]:
        """The steps between scores and weights: scale, soft cap, mask, and distances to add."""
        return self.steps[len(self.pairs) : -2]


def chain_to(last: Step, steps: Sequence[Step], asked: Collection[str]) -> Chain | None:
    """Return the chain that ends with the step `last`, among the `steps` to run.

    Return None if `last` is not a weighted sum, if an earlier step does not work score by score, or
    if the result of a step between is needed elsewhere or is in `asked`, the names of the results
    that the user wants. Each step is then run by itself.
    """
    known = {step.name: step for step in steps}
    if last.operation.weighted_sum is None:
        return None
    weights, values = last.operation.weighted_sum
    normalise = known[weights].operation if weights in known else None
    # Tiles read `temperature` and `dtype`, which only a `Normalise` has.
    if not isinstance(normalise, Normalise):
        return None
    names = _scores_to(normalise.source, known)
    if names is None:
        return None
    names |= {weights, last.name} | set(_beside(names, known))
    others = (step for step in steps if step.name not in names)
    elsewhere = {name for step in others for name in step.operation.operands}
    if (names - {last.name}) & (elsewhere | set(asked)):
        return None
    return Chain(tuple(step for step in steps if step.name in names), normalise, values)


def _scores_to(name: str, known: Mapping[str, Step]) -> set[str] | None:
    """Return the names of the steps from the first scores to the step `name`.

    Return None if one of them does not work score by score.
    """
    names = set()
    while step := known.get(name):
        names.add(name)
        if step.operation.works_by_pair:
            return names
        if not step.operation.works_by_score:
            return None
        name = step.operation.operands[0]
    return None


def _beside(names: Collection[str], known: Mapping[str, Step]) -> list[str]:
    """Return the other operands of the steps `names` that are made of their scores alone."""

    def is_made_of_these(operation: Operation) -> bool:
        return operation.works_by_score and set(operation.operands) <= set(names)

    used = {operand for name in names for operand in known[name].operation.operands}
    return [n for n in used - set(names) if n in known and is_made_of_these(known[n].operation)]
