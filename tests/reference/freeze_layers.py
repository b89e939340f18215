"""Freezes PyTorch's layers: `python -m tests.reference.freeze_layers` writes layers.json.

Needs the extra `reference`; made with torch 2.13.0, in float64. Each case is the state dict of a
layer, a stack or a whole nn.Transformer under PyTorch's own names, and what it gives in eval mode.
The first of them is also written as samples/models/encoder_layer.npz.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import gelu, rms_norm, silu

from tests.reference.frozen import Case, case, write
from tests.reference.tensors import numbers

SAMPLE = Path(__file__).parents[2] / "samples/models/encoder_layer.npz"

BATCH, TOKENS, OTHERS, WIDTH, HIDDEN, OTHER_WIDTH = 2, 5, 7, 6, 11, 13
# With an even number nn.TransformerEncoder leaves out padded tokens, and makes up their outputs.
HEADS = 3
EPS = 1e-3

Document = dict[str, Any]

NORMS = {"post": False, "pre": True}
EVERY = tuple(product(NORMS, ("relu", "gelu")))

# What the modules of a layer give, by the names of our steps.
MODULES = {
    "norm1": "norm_1.output",
    "self_attn": "self.output",
    "norm2": "norm_2.output",
    "multihead_attn": "cross.output",
    "norm3": "norm_3.output",
    "linear1": "ffn.hidden",
    "linear2": "ffn.output",
}


def settled(module: nn.Module) -> nn.Module:
    """A module whose parameters are all random, in eval mode."""
    for parameter in module.parameters():
        parameter.copy_(numbers(*parameter.shape))
    return module.eval()


def arguments(norm: str = "post", activation: Any = "relu", **more: Any) -> dict[str, Any]:
    """How a layer is made."""
    chosen = {"norm_first": NORMS[norm], "activation": activation, "layer_norm_eps": EPS}
    sizes = {"d_model": WIDTH, "nhead": HEADS, "dim_feedforward": HIDDEN}
    return {**sizes, **chosen, "batch_first": True, "dtype": torch.float64, **more}


def written(module: nn.Module, **entries: Any) -> Document:
    """The state dict of a module as it is, and what it does not say."""
    return {"convention": "torch", "heads": HEADS, "eps": EPS, **entries, **module.state_dict()}


def encoder_layer(norm: str, activation: str) -> tuple[nn.Module, Document]:
    """A layer, and its document but for what it is to work on."""
    made = settled(nn.TransformerEncoderLayer(**arguments(norm, activation)))
    return made, written(made, layer="encoder", norm=norm, activation=activation)


def padded(keys: int) -> Tensor:
    """A key_padding_mask: true are keys to ignore, in each batch entry others, never the first."""
    mask = torch.zeros(BATCH, keys, dtype=torch.bool)
    mask[0, -2:] = mask[1, 1] = True
    return mask


def of_keys(mask: Tensor) -> Tensor:
    """The same with the axes of the scores: batch × heads × queries × keys."""
    return mask[:, None, None]


def later(tokens: int) -> Tensor:
    """What a decoder passes as tgt_mask: true where a key comes after the query."""
    return torch.ones(tokens, tokens, dtype=torch.bool).triu(1)


def within(made: nn.Module, inputs: tuple[Tensor, ...], passed: dict[str, Any]) -> Document:
    """What the modules of a layer give on the way; the last of all is the output itself."""
    steps: dict[str, Tensor] = {}
    hooks = [
        module.register_forward_hook(
            lambda _, __, given, step=MODULES[name]: steps.update(
                {step: given[0] if isinstance(given, tuple) else given}
            )
        )
        for name, module in made.named_children()
        if name in MODULES
    ]
    output = made(*inputs, **passed)
    for hook in hooks:
        hook.remove()
    return {name: step for name, step in steps.items() if step is not output}


def sample() -> Iterator[Case]:
    """A layer of two heads that a person can follow, as a file and as a case."""
    made = settled(nn.TransformerEncoderLayer(4, 2, 3, batch_first=True, dtype=torch.float64))
    for norm in (made.norm1, made.norm2):
        norm.weight.copy_(1 + numbers(4) / 8)
    state = {name: parameter.numpy() for name, parameter in made.state_dict().items()}
    np.savez(SAMPLE, **state)
    x = torch.tensor([[1, 0, 2, 1], [0, 1, 1, 0], [2, 1, 0, 1]], dtype=torch.float64)
    document = {"convention": "torch", "heads": 2, "layer": "encoder", "X": x, **state}
    yield case("the sample", document, output=made(x))


def encoder_layers() -> Iterator[Case]:
    """nn.TransformerEncoderLayer: norms before and after, activations, masks."""
    x, plain = numbers(BATCH, TOKENS, WIDTH), numbers(TOKENS, WIDTH)
    ignored = padded(TOKENS)
    for norm, activation in EVERY:
        made, document = encoder_layer(norm, activation)
        passed = {"src_key_padding_mask": ignored}
        steps = within(made, (x,), passed) if activation == "relu" else {}
        yield case(
            f"encoder layer, {norm}, {activation}, padding",
            {**document, "X": x, "mask": of_keys(ignored)},
            output=made(x, **passed),
            **steps,
        )
    made, document = encoder_layer("post", "relu")
    empty = later(TOKENS).T.clone()
    empty[3] = True  # a query that may attend nothing
    added = numbers(TOKENS, TOKENS)
    added[2, 3] = float("-inf")
    for name, mask in (("no", None), ("a boolean", empty), ("a number", added)):
        masked = {} if mask is None else {"mask": mask}
        output = made(plain, src_mask=mask)
        yield case(f"encoder layer, {name} mask", {**document, "X": plain, **masked}, output=output)


def other_layers() -> Iterator[Case]:
    """nn.TransformerEncoderLayer without biases, with an even number of heads, other functions."""
    x = numbers(BATCH, TOKENS, WIDTH)
    given = {"layer": "encoder", "X": x}
    made = settled(nn.TransformerEncoderLayer(**arguments(bias=False)))
    yield case("encoder layer, no bias", written(made, **given), output=made(x))
    made = settled(nn.TransformerEncoderLayer(**arguments(nhead=2, layer_norm_eps=1e-5)))
    document = {**written(made, **given), "heads": 2}
    del document["eps"]  # the one of PyTorch is ours
    yield case("encoder layer, two heads", document, output=made(x))
    functions = {"gelu-tanh": lambda hidden: gelu(hidden, approximate="tanh"), "silu": silu}
    for name, function in functions.items():
        made = settled(nn.TransformerEncoderLayer(**arguments("pre", function)))
        document = written(made, **given, norm="pre", activation=name)
        yield case(f"encoder layer, {name}", document, output=made(x))


def root_mean_square() -> Iterator[Case]:
    """nn.RMSNorm in the place of nn.LayerNorm; and a layer as Llama has it, with swiglu."""
    x = numbers(BATCH, TOKENS, WIDTH)
    given = {"layer": "encoder", "norm_kind": "rms", "X": x}
    for norm in NORMS:
        made = nn.TransformerEncoderLayer(**arguments(norm))
        for name in ("norm1", "norm2"):
            setattr(made, name, nn.RMSNorm(WIDTH, eps=EPS, dtype=torch.float64))
        settled(made)
        yield case(f"rms, {norm}", written(made, **given, norm=norm), output=made(x))
    attention = settled(nn.MultiheadAttention(WIDTH, HEADS, batch_first=True, dtype=torch.float64))
    gammas = numbers(2, WIDTH)
    first, gate, second = numbers(HIDDEN, WIDTH), numbers(HIDDEN, WIDTH), numbers(WIDTH, HIDDEN)
    normed = rms_norm(x, (WIDTH,), gammas[0], EPS)
    inner = x + attention(normed, normed, normed)[0]
    normed = rms_norm(inner, (WIDTH,), gammas[1], EPS)
    output = inner + (silu(normed @ first.T) * (normed @ gate.T)) @ second.T
    document = {
        **given,
        "convention": "torch",
        "heads": HEADS,
        "eps": EPS,
        "norm": "pre",
        "activation": "swiglu",
        "self_attn": attention.state_dict(),
        "ffn": {"W_1": first, "W_2": second, "W_3": gate},
        "norm_1": {"gamma": gammas[0]},
        "norm_2": {"gamma": gammas[1]},
    }
    yield case("rms, pre, swiglu", document, output=output)


def decoder_layers() -> Iterator[Case]:
    """nn.TransformerDecoderLayer, which is causal where it is told so: our decoders always are."""
    x, memory = numbers(BATCH, TOKENS, WIDTH), numbers(BATCH, OTHERS, WIDTH)
    inputs = {"layer": "decoder", "X": x, "memory": memory}
    masks = {"mask": of_keys(padded(TOKENS)), "cross": {"mask": of_keys(padded(OTHERS))}}
    causal = {"tgt_mask": later(TOKENS)}
    ignored = {
        "tgt_key_padding_mask": padded(TOKENS),
        "memory_key_padding_mask": padded(OTHERS),
    }
    for norm, activation in EVERY:
        made = settled(nn.TransformerDecoderLayer(**arguments(norm, activation)))
        document = written(made, **inputs, **masks, norm=norm, activation=activation)
        steps = within(made, (x, memory), causal | ignored) if activation == "relu" else {}
        output = made(x, memory, **causal, **ignored)
        yield case(
            f"decoder layer, {norm}, {activation}, padding", document, output=output, **steps
        )
    made = settled(nn.TransformerDecoderLayer(**arguments(bias=False)))
    document = written(made, **inputs, mask=later(TOKENS))
    output = made(x, memory, **causal, tgt_is_causal=True)
    yield case("decoder layer, its mask said, no bias", document, output=output)


def stacks() -> Iterator[Case]:
    """nn.TransformerEncoder and nn.TransformerDecoder, with a last norm and without."""
    x, memory = numbers(BATCH, TOKENS, WIDTH), numbers(BATCH, OTHERS, WIDTH)
    ignored = padded(TOKENS)
    for norm, last in (("post", None), ("pre", nn.LayerNorm(WIDTH, EPS, dtype=torch.float64))):
        layer = nn.TransformerEncoderLayer(**arguments(norm))
        made = settled(nn.TransformerEncoder(layer, 2, last, enable_nested_tensor=False))
        document = written(made, layer="encoder", norm=norm, X=x, mask=of_keys(ignored))
        output = made(x, src_key_padding_mask=ignored)
        yield case(f"encoder{', last norm' if last else ''}", document, output=output)
    layer = nn.TransformerDecoderLayer(**arguments())
    made = settled(nn.TransformerDecoder(layer, 2, nn.LayerNorm(WIDTH, EPS, dtype=torch.float64)))
    document = written(made, layer="decoder", X=x, memory=memory)
    yield case("decoder, last norm", document, output=made(x, memory, tgt_mask=later(TOKENS)))


def transformers() -> Iterator[Case]:
    """nn.Transformer: both stacks and their last norms."""
    source, target = numbers(BATCH, OTHERS, WIDTH), numbers(BATCH, TOKENS, WIDTH)
    layers = {"num_encoder_layers": 1, "num_decoder_layers": 2}
    for norm, activation in EVERY:
        made = settled(nn.Transformer(**arguments(norm, activation, **layers)))
        document = written(made, norm=norm, activation=activation)
        document |= {"encoder.X": source, "encoder.mask": of_keys(padded(OTHERS))}
        document |= {"decoder.X": target, "decoder.cross.mask": of_keys(padded(OTHERS))}
        output = made(
            source,
            target,
            tgt_mask=later(TOKENS),
            src_key_padding_mask=padded(OTHERS),
            memory_key_padding_mask=padded(OTHERS),
        )
        yield case(f"transformer, {norm}, {activation}", document, output=output)


def attentions() -> Iterator[Case]:
    """nn.MultiheadAttention alone, also for keys and values of other widths."""
    x, memory = numbers(BATCH, TOKENS, WIDTH), numbers(BATCH, OTHERS, OTHER_WIDTH)
    kind = {"batch_first": True, "dtype": torch.float64}
    made = settled(nn.MultiheadAttention(WIDTH, HEADS, **kind))
    yield case("attention", written(made, X=x), output=made(x, x, x)[0])
    widths = {"kdim": OTHER_WIDTH, "vdim": OTHER_WIDTH}
    made = settled(nn.MultiheadAttention(WIDTH, HEADS, **kind, **widths))
    output = made(x, memory, memory)[0]
    yield case("attention, keys of another width", written(made, X=x, memory=memory), output=output)


def main() -> None:
    """Write all cases beside this script."""
    torch.manual_seed(20261127)
    with torch.no_grad():
        cases = [
            *sample(),
            *encoder_layers(),
            *other_layers(),
            *root_mean_square(),
            *decoder_layers(),
            *stacks(),
            *transformers(),
            *attentions(),
        ]
    write(Path(__file__).with_name("layers.json"), {"torch": torch.__version__}, cases)


if __name__ == "__main__":
    main()
