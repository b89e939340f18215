"""The sizes that stand for a document on the command line: one entry each in `SIZES`."""

from __future__ import annotations

from attncli.records import record

LAYERED = ("encoder", "decoder", "transformer")


@record(frozen=True)
class Size:
    """A size: what it counts, what it is unless given, and the kinds that have it."""

    help: str
    default: str = ""
    kinds: tuple[str, ...] = ("attention", *LAYERED)


SIZES: dict[str, Size] = {
    "n": Size("Tokens of X, or queries"),
    "m": Size(
        "Tokens of memory, or keys",
        "X is all; with Q and K, and for a decoder: n",
        ("attention", "decoder", "transformer"),
    ),
    "d_model": Size("Features of X", "Q, K and V are given"),
    "d_q": Size("Features of a query of one head", "d_k"),
    "d_k": Size("Features of a key of one head", "d_model / heads"),
    "d_v": Size("Features of a value of one head", "d_k"),
    "d_out": Size(
        "Features of the output: W_o", "d_model with several heads, else no W_o", ("attention",)
    ),
    "hidden": Size("Hidden units of additive and concat scoring", "d_k"),
    "past": Size("Cached keys and values before these", "none"),
    "batch": Size("Batch entries", "no batch"),
    "d_ff": Size("Hidden features of a feed-forward", "4 d_model", LAYERED),
    "layers": Size("Layers", "one", LAYERED),
    "words": Size("Words after the last layer: W_out", "none", LAYERED),
}

# Where a product with a weight adds a bias; the first unless it is said.
BIASES = {
    "ffn": "in feed-forwards alone, as in the paper",
    "none": "nowhere",
    "all": "everywhere",
}


def option(name: str) -> str:
    """How a size is written on the command line: `--d-model`."""
    return f"--{name.replace('_', '-')}"
