"""The matrices that a problem may give: one entry each in `MATRICES`."""

from __future__ import annotations

from attncli.calculation.algebra.layouts import Role
from attncli.records import by_name, record


@record(frozen=True)
class MatrixName:
    """A matrix that a problem may give, with its meaning for help.

    `axes` are its last axes, in the layout `rows`; `leading` are the axes that may stand before
    them. `aliases` are other names for it. `owner` is the kind of sublayer that it belongs to.
    """

    name: str
    axes: tuple[str, ...]
    meaning: str
    role: Role = Role.FIXED
    leading: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    owner: str = "attention"

    @property
    def shape(self) -> str:
        """The shape as text, such as `n × d_model`."""
        return " × ".join(self.axes)


def _tokens(name: str, rows: str, columns: str, meaning: str, *aliases: str) -> MatrixName:
    return MatrixName(name, (rows, columns), meaning, Role.TOKENS, ("batch", "heads"), aliases)


def _linear(
    name: str,
    rows: str,
    columns: str,
    meaning: str,
    owner: str = "attention",
    leading: tuple[str, ...] = (),
    words: tuple[str, ...] = (),
) -> tuple[MatrixName, MatrixName]:
    """Return a weight and its bias; each of the `words` makes aliases for both.

    The word `query` makes `query_weight` and `query_bias`, and with `leading` axes also `w_query`
    and `b_query`.
    """
    weights, biases = (
        (*(f"{letter}_{word}" for word in words if leading), *(f"{word}_{kind}" for word in words))
        for letter, kind in (("w", "weight"), ("b", "bias"))
    )
    of_bias = f"the bias of W_{name}"
    return (
        MatrixName(f"W_{name}", (rows, columns), meaning, Role.WEIGHT, leading, weights, owner),
        MatrixName(f"b_{name}", (columns,), of_bias, Role.FIXED, leading, biases, owner),
    )


def _projection(
    letter: str, source: str, rows: str, columns: str, *words: str
) -> tuple[MatrixName, MatrixName]:
    """Return the weight and the bias of one projection."""
    meaning = f"projects {source}; with rank 3, one matrix per head"
    return _linear(letter, rows, columns, meaning, leading=("heads",), words=words)


MATRICES: dict[str, MatrixName] = by_name(
    _tokens("X", "n", "d_model", "the input, one row per token", "input", "inputs", "embeddings"),
    _tokens(
        "memory",
        "m",
        "d_model",
        "another sequence (encoder output), from which keys and values come instead of X",
        "encoder_output",
        "encoder_outputs",
        "source",
    ),
    MatrixName(
        "position",
        ("n", "d_model"),
        "learned positions, added to X",
        Role.TOKENS,
        aliases=("positions", "positional_encoding", "position_embeddings"),
    ),
    _tokens("Q", "n", "d_k", "queries, if there is no X", "query", "queries"),
    _tokens("K", "m", "d_k", "keys, if there is no X", "key", "keys"),
    _tokens("V", "m", "d_v", "values, if there is no X", "value", "values"),
    *_projection("q", "X to queries", "d_model", "h·d_k", "query", "queries"),
    *_projection("k", "X or memory to keys", "d_model", "h·d_k", "key", "keys"),
    *_projection("v", "X or memory to values", "d_model", "h·d_v", "value", "values"),
    *_projection("o", "the heads to the output", "h·d_v", "d_out", "out", "output"),
    *_linear(
        "qkv",
        "d_model",
        "(h + 2·kv_heads)·d_k",
        "W_q, W_k and W_v side by side",
        words=("in_proj", "c_attn", "qkv"),
    ),
    _tokens("K_past", "p", "d_k", "cached keys, put before K", "past_key", "past_keys"),
    _tokens("V_past", "p", "d_v", "cached values, put before V", "past_value", "past_values"),
    MatrixName(
        "W_a",
        ("d_q", "hidden"),
        "weight of queries in additive scoring; general: d_q × d_k; concat: (d_q + d_k) × hidden",
        Role.WEIGHT,
    ),
    MatrixName("U_a", ("d_k", "hidden"), "weight of keys in additive scoring", Role.WEIGHT),
    MatrixName("v_a", ("hidden",), "additive and concat scoring: score = v_aᵀ hidden"),
    MatrixName(
        "mask",
        ("n", "m"),
        "1 where a query may attend to a key, else 0; or numbers that are added to the scores",
        Role.TOKENS,
        ("batch", "heads"),
        ("attn_mask", "attention_mask"),
    ),
    *_linear("1", "d_model", "d_ff", "first weight of the feed-forward", "feed-forward"),
    *_linear("2", "d_ff", "d_model", "second weight of the feed-forward", "feed-forward"),
    *_linear("3", "d_model", "d_ff", "weight of the gate in swiglu", "feed-forward"),
    MatrixName("gamma", ("d_model",), "norm: the factor of each feature", owner="norm"),
    MatrixName("beta", ("d_model",), "norm: the number added to each feature", owner="norm"),
    *_linear("out", "d_model", "words", "maps the last output to one score per word", "head"),
)
