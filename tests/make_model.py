"""Write small model files: `python tests/make_model.py`, from the root of the repository.

tests/models/tiny.safetensors and tiny.npz hold the same matrices under the names and in the types
of real models; samples/models/gpt2.safetensors is one attention layer as GPT-2 stores it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import ml_dtypes
import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save_file

ROOT = Path(__file__).parent.parent
MODELS = ROOT / "tests/models"
SAMPLE = ROOT / "samples/models/gpt2.safetensors"

# Sizes that differ, so that nothing fits where it does not belong: X is 3 × 7, W_q is 7 × 5.
LAYERS, TOKENS, WIDTH, D_K, D_V = 2, 3, 7, 5, 11


def tensors() -> dict[str, NDArray[Any]]:
    """Return an encoder with weights in each type, and numbers that fit no other type."""
    numbers = np.random.default_rng(7)

    def cells(*shape: int) -> NDArray[Any]:
        return numbers.normal(size=shape)

    return {
        "embeddings.X": cells(TOKENS, WIDTH).astype(np.float32),
        "encoder.layer.0.attn.q.weight": cells(WIDTH, D_K).astype(np.float32),
        "encoder.layer.0.attn.k.weight": cells(WIDTH, D_K).astype(np.float16),
        "encoder.layer.0.attn.v.weight": cells(WIDTH, D_V).astype(ml_dtypes.bfloat16),
        "encoder.layer.0.attn.v.bias": cells(D_V).astype(np.float64),
        # Q, K and V of one layer side by side, and of all layers one behind the other.
        "h.0.attn.c_attn.weight": cells(WIDTH, 2 * D_K + D_V).astype(ml_dtypes.bfloat16),
        "layers.attn.q.weight": cells(LAYERS, WIDTH, D_K).astype(ml_dtypes.bfloat16),
        "counts:int64/up": np.arange(-2, 19).reshape(TOKENS, WIDTH),
        "counts:uint8/up": np.arange(21, dtype=np.uint8).reshape(TOKENS, WIDTH),
        "mask": np.tri(TOKENS, dtype=np.bool_),
        "quantised.weight": cells(WIDTH, D_K).astype(ml_dtypes.float8_e4m3fn),
    }


def layer_of_gpt2() -> dict[str, NDArray[Any]]:
    """Return numbers that a person can multiply: quarters, which bfloat16 stores exactly."""
    numbers = np.random.default_rng(4)

    def quarters(*shape: int) -> NDArray[Any]:
        return (numbers.integers(-6, 7, size=shape) / 4).astype(ml_dtypes.bfloat16)

    return {
        "h.0.attn.c_attn.weight": quarters(4, 12),
        "h.0.attn.c_attn.bias": quarters(12),
        "h.0.attn.c_proj.weight": quarters(4, 4),
        "h.0.attn.c_proj.bias": quarters(4),
    }


def write(folder: Path) -> None:
    """Write tiny.safetensors, and tiny.npz with the types that NumPy's files support."""
    save_file(tensors(), folder / "tiny.safetensors", metadata={"format": "pt"})
    plain: dict[str, Any] = {
        name: tensor.astype(np.float32) if tensor.dtype.kind == "V" else tensor
        for name, tensor in tensors().items()
        if name != "quantised.weight"
    }
    np.savez(folder / "tiny.npz", **plain)


if __name__ == "__main__":
    write(MODELS)
    save_file(layer_of_gpt2(), SAMPLE)
