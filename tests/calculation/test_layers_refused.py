"""Test that a document of layers that cannot be calculated is refused, with the place named."""

from __future__ import annotations

import pytest

from tests.layered import (
    D_K,
    D_MODEL,
    D_V,
    HEADS,
    Entries,
    M,
    N,
    document,
    flat,
    run,
)
from tests.matrices import matrix
from tests.running import refused


def without(given: Entries, name: str) -> Entries:
    return {key: entry for key, entry in given.items() if key != name}


ENCODER, DECODER = flat(document("encoder")), flat(document("decoder"))
STACK, TRANSFORMER = flat(document("encoder", 2)), flat(document("transformer"))
ROWS = matrix("rows", 2, 3)

REFUSED: list[tuple[str, Entries, str]] = [
    # Names.
    (
        "a sublayer misspelled",
        {**ENCODER, "fnn.W_1": ROWS},
        "the name 'fnn.W_1' is unknown: fnn is not a sublayer. Did you mean ffn?",
    ),
    (
        "no such sublayer",
        {**ENCODER, "head.W_1": ROWS},
        (
            "the name 'head.W_1' is unknown: head is not a sublayer. Known are self, cross, ffn, "
            "norm_1, norm_2, norm_3, norm_final, encoder, decoder, layers."
        ),
    ),
    (
        "a matrix misspelled",
        {**ENCODER, "norm_1.gama": ROWS},
        "the name 'norm_1.gama' is unknown. Did you mean gamma?",
    ),
    (
        "a sublayer that is a list",
        {**ENCODER, "self": ROWS},
        (
            "self is not a matrix, but contains matrices. Name one of them: self.NAME, "
            "or write an object in JSON."
        ),
    ),
    (
        "a cell that is not a number",
        {**STACK, "layers.2.ffn.W_1": [[1, "a"]]},
        "layers.2.ffn.W_1, row 1, column 2 is 'a', not a number. Every cell needs a number.",
    ),
    # What is missing.
    (
        "no layer at all",
        {**ENCODER, "layers": []},
        "layers is an empty list. Give a layer, or leave layers out.",
    ),
    (
        "no W_1",
        without(ENCODER, "ffn.W_1"),
        "ffn: there is no W_1: relu needs it in a feed-forward. Give W_1.",
    ),
    (
        "no gate",
        {**STACK, "activation": "swiglu"},
        "layers.1.ffn: there is no W_3: swiglu needs it in a feed-forward. Give W_3.",
    ),
    (
        "no W_k",
        without(without(ENCODER, "self.W_k"), "self.b_k"),
        (
            "self: W_q and W_v are given without W_k: W_q, W_k and W_v belong together. Give W_k "
            "too; an identity matrix changes nothing."
        ),
    ),
    (
        "no X",
        without(ENCODER, "X"),
        "there is no X: an encoder needs it. Give X, tokens × d_model.",
    ),
    (
        "no memory",
        without(DECODER, "memory"),
        "there is no memory: a decoder needs it. Give memory, tokens × d_model.",
    ),
    (
        "half a transformer",
        without(TRANSFORMER, "encoder.X"),
        "there is no encoder.X: a transformer needs it. Give encoder.X, tokens × d_model.",
    ),
    (
        "layers of no kind",
        without(STACK, "layer"),
        "the document has layers, but does not state their kind. Write layer: encoder, or decoder.",
    ),
    (
        "layers with a gap",
        {**STACK, "layers.4.ffn.W_1": ROWS, "layers.10.ffn.W_1": ROWS},
        (
            "the layers are numbered 1, 2, 4, 10, but the numbers must be 1, 2, 3, … "
            "Name them layers.1, layers.2, …"
        ),
    ),
    # What stands in the wrong place.
    (
        "one sublayer too many",
        {**ENCODER, "norm_3.gamma": [1] * D_MODEL},
        "norm_3.gamma belongs to no sublayer here. The sublayers are self, norm_1, ffn and norm_2.",
    ),
    (
        "attention on nothing",
        {**ENCODER, "cross.W_q": ROWS},
        "cross.W_q belongs to no sublayer here. The sublayers are self, norm_1, ffn and norm_2.",
    ),
    (
        "a sublayer beside layers",
        {**STACK, "self.W_q": ROWS},
        (
            "self.W_q belongs to no sublayer here. The sublayers are layers.1.self, "
            "layers.1.norm_1, layers.1.ffn, layers.1.norm_2, layers.2.self, layers.2.norm_1, "
            "layers.2.ffn and layers.2.norm_2."
        ),
    ),
    (
        "many sublayers",
        {**flat(document("encoder", 5)), "W_1": ROWS},
        (
            "W_1 belongs to no sublayer here. The sublayers are layers.1.self, "
            "layers.1.norm_1, layers.1.ffn, layers.1.norm_2, layers.2.self, layers.2.norm_1, "
            "layers.2.ffn, layers.2.norm_2, layers.3.self, layers.3.norm_1, "
            "layers.3.ffn, layers.3.norm_2 and 8 more."
        ),
    ),
    (
        "memory for an encoder",
        {**ENCODER, "memory": DECODER["memory"]},
        (
            "memory belongs to no sublayer here. Only a decoder attends to memory: write layer: "
            "decoder."
        ),
    ),
    (
        "X for a transformer",
        {**TRANSFORMER, "X": ENCODER["X"]},
        "X belongs to no sublayer here. A transformer takes encoder.X and decoder.X.",
    ),
    (
        "X for a sublayer",
        {**ENCODER, "self.X": ENCODER["X"]},
        (
            "self.X belongs to no sublayer here. Leave it out: self takes the result of "
            "the step before it."
        ),
    ),
    (
        "memory for self-attention",
        {**DECODER, "self.memory": ENCODER["X"]},
        (
            "self.memory belongs to no sublayer here. Leave it out: self takes the result of "
            "the step before it."
        ),
    ),
    (
        "a weight of another sublayer",
        {**ENCODER, "ffn.W_q": ROWS},
        (
            "ffn: W_q belongs to a sublayer (attention), not to feed-forward. Write layer: "
            "encoder, and the matrix under its sublayer: ffn.W_1, norm_1.gamma."
        ),
    ),
    (
        "a mask for all",
        {**TRANSFORMER, "mask": "causal"},
        (
            "mask belongs to no sublayer here. A mask belongs to an attention: write "
            "encoder.self.mask, decoder.self.mask or decoder.cross.mask."
        ),
    ),
    (
        "a mask without attention",
        {**DECODER, "ffn.masks": ["causal"]},
        (
            "ffn.masks belongs to no sublayer here. A mask belongs to an attention: write "
            "self.masks or cross.masks."
        ),
    ),
    (
        "positions in a layer",
        {**STACK, "layers.2.position": "sinusoidal"},
        (
            "layers.2.position belongs to no sublayer here. These positions are added to X: "
            "write position at the top."
        ),
    ),
    (
        "positions of no tokens",
        {**ENCODER, "ffn.position": "rope"},
        (
            "ffn.position belongs to no sublayer here. These positions work in self-attention: "
            "write position at the top."
        ),
    ),
    (
        "labels of a side",
        {**TRANSFORMER, "encoder.tokens": ["a", "b"]},
        (
            "encoder.tokens is in encoder, but tokens holds for the whole document. "
            "Write memory_tokens at the top."
        ),
    ),
    (
        "embeddings of a layer",
        {**STACK, "layers.1.scale_embeddings": True},
        (
            "layers.1.scale_embeddings is in layers.1, but scale_embeddings holds for the whole "
            "document. Write scale_embeddings at the top."
        ),
    ),
    (
        "a step",
        {**STACK, "layers.1.output": ROWS},
        (
            "layers.1.output is a step of the calculation, not an input. Leave it out to calculate "
            "it; to check it, put it into an answer for attncli check."
        ),
    ),
    (
        "a step of a sublayer",
        {**ENCODER, "norm_1.mean": ROWS},
        (
            "norm_1: mean is a step of the calculation, not an input. Leave it out to calculate "
            "it; to check it, put it into an answer for attncli check."
        ),
    ),
    # Sizes.
    (
        "W_q of another width",
        {**STACK, "layers.2.self.W_q": matrix("W", N, HEADS * D_K)},
        (
            "layers.2.self: X is 5 × 11 but W_q is 5 × 26: X times W_q needs as many columns in X "
            "as rows in W_q. Check that W_q is not transposed: see --layout."
        ),
    ),
    (
        "heads that do not divide",
        {**ENCODER, "heads": 3},
        (
            "self: Q is 5 × 26: its 26 columns cannot be split into 3 heads. Choose a number of "
            "heads that divides 26: 1, 2, 13 or 26."
        ),
    ),
    (
        "a sublayer of another width than what it is added to",
        {
            **without(ENCODER, "self.b_o"),
            "norm": "pre",
            "self.W_o": matrix("W", HEADS * D_V, N),
        },
        (
            "self: self.output is 5 × 5 but X is 5 × 11: the residual sum needs equal columns. A "
            "sublayer must keep the number of features: check its last weight."
        ),
    ),
    (
        "a sublayer of another width",
        {**without(ENCODER, "self.b_o"), "self.W_o": matrix("W", HEADS * D_V, N)},
        (
            "norm_1: sublayer is 5 × 5 but X is 5 × 11: the residual sum needs equal columns. A "
            "sublayer must keep the number of features: check its last weight."
        ),
    ),
    (
        "gamma of another width",
        {**ENCODER, "norm_1.gamma": [1, 2]},
        (
            "norm_1: gamma is 2 numbers but sum is 5 × 11 (sum = X + sublayer): normalising needs "
            "as many numbers in gamma as columns in sum. gamma "
            "and beta need one number per feature."
        ),
    ),
    (
        "memory of another width",
        {**DECODER, "memory": matrix("m", M, N)},
        (
            "cross: memory is 7 × 5 but W_k is 11 × 26: memory times W_k needs as many columns in "
            "memory as rows in W_k. Check that W_k is not transposed: see --layout."
        ),
    ),
    (
        "X of rank 4",
        {**ENCODER, "X": [[ENCODER["X"]]]},
        "X is of rank 4. Layers take n × d_model, or batch × n × d_model.",
    ),
    (
        "labels of another number",
        {**DECODER, "memory_tokens": ["a", "b"]},
        (
            "memory_tokens has 2 labels, but memory has 7 rows. Give one label per row, "
            "separated by commas."
        ),
    ),
    # Choices.
    (
        "layer",
        {**ENCODER, "layer": "encodr"},
        "layer is 'encodr': it must be encoder, decoder or transformer (did you mean 'encoder'?).",
    ),
    (
        "norm",
        {**ENCODER, "norm": "pots"},
        "norm is 'pots': it must be post or pre (did you mean 'post'?).",
    ),
    (
        "norm_kind",
        {**ENCODER, "norm_kind": "rsm"},
        "norm_kind is 'rsm': it must be layer or rms (did you mean 'rms'?).",
    ),
    (
        "activation",
        {**ENCODER, "ffn.activation": "geul"},
        (
            "ffn: activation is 'geul': it must be relu, gelu, gelu-tanh, silu or swiglu (did you "
            "mean 'gelu'?)."
        ),
    ),
    ("eps", {**ENCODER, "eps": -1}, "eps is -1: it must be a number of at least 0."),
    (
        "scale_embeddings",
        {**ENCODER, "scale_embeddings": "perhaps"},
        "scale_embeddings is 'perhaps': it must be true or false.",
    ),
]


@pytest.mark.parametrize(
    ("given", "message"),
    [(given, message) for _, given, message in REFUSED],
    ids=[case for case, _, _ in REFUSED],
)
def test_errors_name_the_sublayer(given: Entries, message: str) -> None:
    """The message is one line with the sublayer, the fact and the cure."""
    assert refused(given) == f"Error: standard input: {message}\n"


def test_only_knows_the_steps_of_layers() -> None:
    """A step without its sublayer, or of an absent layer, is refused with the names of steps."""
    asked = (("scaled", "self.scaled"), ("layers.2.self.weights", "self.weights"))
    for name, meant in asked:
        result = run("compute", "-", "--only", name, given=document("encoder"))
        message = f"{name} is not a step of this calculation (did you mean {meant!r}?)."
        assert result.exit_code == 2
        assert result.stderr.startswith(f"Error: --only: {message} Its steps are self.Q, self.K, ")


MEANT = [
    ("encoder", 2, "weights", ["layers.1.self.weights", "layers.2.self.weights"]),
    ("encoder", 5, "weights", [f"layers.{number}.self.weights" for number in (1, 2, 3)]),
    ("encoder", 2, "norm_2.sum", ["layers.1.norm_2.sum", "layers.2.norm_2.sum"]),
    ("decoder", 1, "Weights", ["self.weights", "cross.weights"]),
    ("transformer", 1, "ffn.hidden", ["encoder.ffn.hidden", "decoder.ffn.hidden"]),
]


@pytest.mark.parametrize(("kind", "layers", "name", "meant"), MEANT)
def test_a_step_without_its_layer_suggests_full_names(
    kind: str, layers: int, name: str, meant: list[str]
) -> None:
    """Every command suggests the full names that end in the given name, three at most."""
    given = document(kind, layers)
    guess = (
        f" is not a step of this calculation (did you mean {' or '.join(map(repr, meant))}?). Its"
    )
    for arguments in (
        ["compute", "-", "--only", name],
        ["explain", "-", f"{name}[1,1]"],
        ["check", "-", "[[1]]", "--step", name],
        ["check", "-", "output=[[1]]", "--points", f"{name}=1"],
    ):
        result = run(*arguments, given=given)
        assert result.exit_code == 2
        said = result.stderr.replace("Weights", "weights")
        assert f"{name.casefold()}{guess}" in said
