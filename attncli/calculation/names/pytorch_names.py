"""The names of parameters in PyTorch's state dicts, each with the name that this program uses.

PyTorch counts layers from 0, this program from 1.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

# nn.MultiheadAttention. With `kdim` or `vdim`, PyTorch stores W_q, W_k and W_v separately.
ATTENTION = {
    "in_proj_weight": "W_qkv",
    "in_proj_bias": "b_qkv",
    "q_proj_weight": "W_q",
    "k_proj_weight": "W_k",
    "v_proj_weight": "W_v",
    "out_proj.weight": "W_o",
    "out_proj.bias": "b_o",
}

# nn.TransformerEncoderLayer and nn.TransformerDecoderLayer.
LAYER = {
    **{f"self_attn.{torch_name}": f"self.{name}" for torch_name, name in ATTENTION.items()},
    **{f"multihead_attn.{torch_name}": f"cross.{name}" for torch_name, name in ATTENTION.items()},
    **{f"linear{number}.weight": f"ffn.W_{number}" for number in (1, 2)},
    **{f"linear{number}.bias": f"ffn.b_{number}" for number in (1, 2)},
    **{f"norm{number}.weight": f"norm_{number}.gamma" for number in (1, 2, 3)},
    **{f"norm{number}.bias": f"norm_{number}.beta" for number in (1, 2, 3)},
}

# nn.TransformerEncoder and nn.TransformerDecoder, after their last layer.
STACK = {"norm.weight": "norm_final.gamma", "norm.bias": "norm_final.beta"}

ADDED_KEY = ("bias_k", "bias_v")  # parameters of nn.MultiheadAttention(add_bias_kv=True)

# Modules of GPT-2 that store weights as d_in × d_out: `Conv1D` of the library transformers.
CONV1D = ("c_attn", "c_fc", "c_proj", "q_attn")

_NAME = r"(?s)((?:encoder\.|decoder\.)?)(?:layers\.(\d{1,9})\.)?(.+)"


def from_pytorch(name: str) -> str | None:
    """Return this program's name for a parameter of PyTorch; None if the tables lack it.

    >>> from_pytorch("encoder.layers.0.linear1.weight")
    'encoder.layers.1.ffn.W_1'
    >>> from_pytorch("layers.1.ffn.W_1")
    """
    match = re.fullmatch(_NAME, name) if "." in name else None
    if name in ATTENTION or not match:
        return ATTENTION.get(name)
    side, number, last = match.groups()
    if number is None:
        known = (LAYER | STACK).get(last)
        return known and side + known
    known = LAYER.get(last)
    return known and f"{side}layers.{int(number) + 1}.{known}"


def is_torch_weight(key: str) -> bool:
    """Return True if a key in a file names a weight that PyTorch stores as d_out × d_in.

    These are `weight` in `nn.Linear`, and the projections of `nn.MultiheadAttention`.

    >>> is_torch_weight("bert.encoder.layer.0.attention.self.query.weight")
    True
    >>> is_torch_weight("h.0.attn.c_attn.weight"), is_torch_weight("W_q")
    (False, False)
    """
    *modules, last = key.split(".")
    if modules and modules[-1] in CONV1D:
        return False
    return bool(modules and last == "weight") or last.endswith("_proj_weight")


def advice(names: Iterable[str]) -> str:
    """Return advice about a state dict with parameters that do not belong to layers, or "".

    >>> advice(["embedding.weight", "body.layers.0.self_attn.in_proj_weight"])
    "Only a model's layers can be read: save model.get_submodule('body').state_dict() alone."
    """
    for name in names:
        parts = name.split(".")
        if parts[-1] in ADDED_KEY:
            return "add_bias_kv=True, which adds a learned key and value, cannot be read."
        if parts[-2:] == ["self_attn", "in_proj_weight"]:  # every layer has it
            start = next(i for i in range(len(parts)) if from_pytorch(".".join(parts[i:])))
            part = f"model.get_submodule('{'.'.join(parts[:start])}')"
            cure = f"save {part}.state_dict() alone" if start else "leave out other parameters"
            return f"Only a model's layers can be read: {cure}."
    return ""
