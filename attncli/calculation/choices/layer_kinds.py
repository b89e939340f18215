"""The kinds of layers: one entry each in `LAYERS`; the choice `layer` names one of them."""

from __future__ import annotations

from collections.abc import Mapping

from attncli.records import by_name, field, record

FFN = "ffn"  # every other sublayer is attention: `self` on the tokens, `cross` on the memory


@record(frozen=True)
class Stack:
    """A stack of layers: the sublayers of each layer, and the name of the stack in a document.

    `is_causal`: a token does not attend to later tokens, even if the document gives no mask.
    """

    sublayers: tuple[str, ...]
    name: str = ""
    is_causal: bool = False

    @property
    def attentions(self) -> tuple[str, ...]:
        """The sublayers that are attention."""
        return tuple(name for name in self.sublayers if name != FFN)

    @property
    def attends_memory(self) -> bool:
        return "cross" in self.sublayers

    @property
    def prefix(self) -> str:
        return f"{self.name}." if self.name else ""


@record(frozen=True)
class LayerKind:
    """A kind of layer: its stacks in order; a stack may attend to the output of the one before.

    `attncli new` writes a document with these `sizes` and `choices`.
    """

    name: str
    article: str
    help: str
    stacks: tuple[Stack, ...]
    sizes: Mapping[str, int]
    choices: Mapping[str, object] = field(default_factory=dict)

    @property
    def last(self) -> Stack:
        return self.stacks[-1]

    @property
    def is_composed(self) -> bool:
        """True if there are several stacks, whose names then stand before those of matrices."""
        return len(self.stacks) > 1

    @property
    def inputs(self) -> dict[str, str]:
        """The document's names of `X`, the last stack's input, and of the `memory` it attends."""
        inputs = {"X": f"{self.last.prefix}X"}
        if self.last.attends_memory:
            inputs["memory"] = f"{self.stacks[0].prefix}X" if self.is_composed else "memory"
        return inputs


_ENCODER, _DECODER = ("self", FFN), ("self", "cross", FFN)
_SMALL = {"n": 3, "d_model": 6, "d_ff": 7}

LAYERS: dict[str, LayerKind] = by_name(
    LayerKind(
        "encoder",
        "an",
        "self-attention and a feed-forward, each with a norm",
        (Stack(_ENCODER),),
        _SMALL,
        {"heads": 2},
    ),
    LayerKind(
        "decoder",
        "a",
        "causal self-attention, attention on memory and a feed-forward, each with a norm",
        (Stack(_DECODER, is_causal=True),),
        {**_SMALL, "m": 4},
        {"heads": 2},
    ),
    LayerKind(
        "transformer",
        "a",
        "an encoder and a decoder, from embeddings to the probability of each word",
        (Stack(_ENCODER, "encoder"), Stack(_DECODER, "decoder", is_causal=True)),
        {**_SMALL, "m": 4, "words": 5},
        {"heads": 2, "position": "sinusoidal", "scale_embeddings": True},
    ),
)
