"""Freezes the output of nn.MultiheadAttention as answers to a sample, right and under a wrong mask.

`python -m tests.reference.answer_of_torch` needs PyTorch, of the extra `reference`.
"""

from __future__ import annotations

import json

import torch

from tests.running import SAMPLES

PROBLEM = json.loads((SAMPLES / "multihead_torch.json").read_text(encoding="utf-8"))
ANSWERS = SAMPLES / "answers/multihead_torch"
DIGITS = 9  # that tell a float32 from its neighbours


def main() -> None:
    """Write the weights of each head and the output: in full, and to 4 decimals if inverted."""
    ANSWERS.mkdir(exist_ok=True)
    module = f"nn.MultiheadAttention of PyTorch {torch.__version__}"
    mask = torch.tensor(PROBLEM["mask"])  # the module hides where a mask is true
    write("torch", module, mask, DIGITS)
    write("mask_inverted", f"{module}, its mask inverted", ~mask, 4)


def write(name: str, title: str, mask: torch.Tensor, decimals: int) -> None:
    """Write the answer that the module gives under a mask."""
    x = torch.tensor(PROBLEM["X"], dtype=torch.float32)
    module = torch.nn.MultiheadAttention(x.shape[1], PROBLEM["heads"])
    with torch.no_grad():
        module.in_proj_weight.copy_(torch.tensor(PROBLEM["in_proj_weight"]))
        module.in_proj_bias.copy_(torch.tensor(PROBLEM["in_proj_bias"]))
        module.out_proj.weight.copy_(torch.tensor(PROBLEM["W_o"]))
        module.out_proj.bias.copy_(torch.tensor(PROBLEM["b_o"]))
        output, weights = module(x, x, x, attn_mask=mask, average_attn_weights=False)
    entries = {
        "title": title,
        "weights": rounded(weights, decimals),
        "output": rounded(output, decimals),
    }
    lines = (f"  {json.dumps(name)}: {json.dumps(value)}" for name, value in entries.items())
    (ANSWERS / f"{name}.json").write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


def rounded(values: torch.Tensor, decimals: int) -> object:
    """Return nested lists of numbers with these decimals; NaN is a text."""
    if values.ndim:
        return [rounded(value, decimals) for value in values]
    return "nan" if values.isnan() else round(float(values), decimals)


if __name__ == "__main__":
    main()
