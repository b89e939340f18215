"""What bends the hidden numbers of a feed-forward: one entry an activation in `ACTIVATIONS`.

The function of each of them is in `bends`, which is loaded when a plan is made.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from attncli.records import record

if TYPE_CHECKING:
    from attncli.calculation.operations.bends import Bend


@record(frozen=True)
class Activation:
    """A function of each number by itself, and how it is told; `bends` is a name in `BENDS`.

    `gated`: a second projection of the token is multiplied by it (Shazeer 2020).
    """

    name: str
    formula: str
    help: str
    bends: str
    gated: bool = False

    @property
    def bend(self) -> Bend:
        """The function itself."""
        from attncli.calculation.operations.bends import BENDS

        return BENDS[self.bends]


_SILU = "x / (1 + exp(−x))"

ACTIVATIONS: dict[str, Activation] = {
    activation.name: activation
    for activation in (
        Activation("relu", "max(0, x)", "Vaswani et al. 2017", "relu"),
        Activation("gelu", "x (1 + erf(x / √2)) / 2", "exact, as in BERT and PyTorch", "gelu"),
        Activation(
            "gelu-tanh",
            "x (1 + tanh(√(2/π) (x + 0.044715 x³))) / 2",
            "the approximation of GPT-2",
            "gelu_tanh",
        ),
        Activation("silu", _SILU, "also called swish", "silu"),
        Activation(
            "swiglu",
            f"{_SILU} times X W_3",
            "silu times a second projection, as in Llama",
            "silu",
            gated=True,
        ),
    )
}
