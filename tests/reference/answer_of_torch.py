"""Freezes what nn.MultiheadAttention gives under an inverted mask, as an answer to a sample.

`python -m tests.reference.answer_of_torch` needs PyTorch, of the extra `reference`.
"""

from __future__ import annotations

import json

import torch

from tests.running import SAMPLES

PROBLEM = json.loads((SAMPLES / "multihead_torch.json").read_text(encoding="utf-8"))
ANSWER = SAMPLES / "answers/multihead_torch/mask_inverted.json"


def main() -> None:
    """Write the weights of each head and the output, to 4 decimals."""
    x = torch.tensor(PROBLEM["X"], dtype=torch.float32)
    module = torch.nn.MultiheadAttention(x.shape[1], PROBLEM["heads"])
    with torch.no_grad():
        module.in_proj_weight.copy_(torch.tensor(PROBLEM["in_proj_weight"]))
        module.in_proj_bias.copy_(torch.tensor(PROBLEM["in_proj_bias"]))
        module.out_proj.weight.copy_(torch.tensor(PROBLEM["W_o"]))
        module.out_proj.bias.copy_(torch.tensor(PROBLEM["b_o"]))
        may_attend = ~torch.tensor(PROBLEM["mask"])  # the module hides where a mask is true
        output, weights = module(x, x, x, attn_mask=may_attend, average_attn_weights=False)
    entries = {
        "title": f"nn.MultiheadAttention of PyTorch {torch.__version__}, its mask inverted",
        "weights": rounded(weights),
        "output": rounded(output),
    }
    ANSWER.parent.mkdir(exist_ok=True)
    lines = (f"  {json.dumps(name)}: {json.dumps(value)}" for name, value in entries.items())
    ANSWER.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


def rounded(values: torch.Tensor) -> object:
    """Return nested lists of numbers with 4 decimals; NaN is a text."""
    if values.ndim:
        return [rounded(value) for value in values]
    return "nan" if values.isnan() else round(float(values), 4)


if __name__ == "__main__":
    main()
