"""What makes weights of scores: one entry a normaliser in `NORMALISERS`.

The operation of each of them is in `normalising`, which is loaded when a plan is made.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from attncli.records import record

if TYPE_CHECKING:
    from attncli.calculation.operations.weighing import Normalise


@record(frozen=True)
class Normaliser:
    """A way to make weights of scores, and how it is told; `makes` is a class of `normalising`."""

    name: str
    formula: str
    help: str
    makes: str

    @property
    def operation(self) -> type[Normalise]:
        """The operation, still without the scores it works on."""
        from attncli.calculation.operations import weighing

        operation: type[Normalise] = getattr(weighing, self.makes)
        return operation


NORMALISERS: dict[str, Normaliser] = {
    normaliser.name: normaliser
    for normaliser in (
        Normaliser("softmax", "exp(sⱼ) / Σ exp(s)", "weights of a query sum to 1", "Softmax"),
        Normaliser(
            "softmax1",
            "exp(sⱼ) / (1 + Σ exp(s))",
            "with an attention sink of score 0 and value 0",
            "Softmax1",
        ),
        Normaliser(
            "sparsemax",
            "max(sⱼ − τ, 0)",
            "the nearest shares that sum to 1; many are exactly 0",
            "Sparsemax",
        ),
        Normaliser(
            "sigmoid", "1 / (1 + exp(−sⱼ))", "each score by itself, without a bias", "Sigmoid"
        ),
    )
}
