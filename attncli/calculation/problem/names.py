"""The names of matrices and steps, and the words people write for them."""

from __future__ import annotations

from attncli.calculation.algebra.layouts import Role
from attncli.calculation.problem.choices import CHOICES
from attncli.calculation.problem.pytorch_names import from_pytorch
from attncli.errors import ProblemError
from attncli.records import record
from attncli.words import closest


@record(frozen=True)
class MatrixName:
    """A matrix that a problem may give.

    `axes` are its own axes in the layout `rows`; `leading` those that may stand before them; `owner`
    is the kind of sublayer that it belongs to.
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
        return " × ".join(self.axes)


def _tokens(name: str, rows: str, columns: str, meaning: str, *aliases: str) -> MatrixName:
    return MatrixName(name, (rows, columns), meaning, Role.TOKENS, ("batch", "heads"), aliases)


def _projection(letter: str, source: str, rows: str, columns: str, *words: str) -> list[MatrixName]:
    """The weight and the bias of one projection, with the words written for them."""
    weights = [f"w_{word}" for word in words] + [f"{word}_weight" for word in words]
    biases = [f"b_{word}" for word in words] + [f"{word}_bias" for word in words]
    meaning = f"projects {source}; rank 3 gives each head its own"
    return [
        MatrixName(
            f"W_{letter}", (rows, columns), meaning, Role.WEIGHT, ("heads",), tuple(weights)
        ),
        MatrixName(
            f"b_{letter}",
            (columns,),
            f"the bias of W_{letter}",
            leading=("heads",),
            aliases=tuple(biases),
        ),
    ]


def _linear(number: int, rows: str, columns: str, meaning: str) -> list[MatrixName]:
    """The weight and the bias of one product of a feed-forward."""
    weight = MatrixName(f"W_{number}", (rows, columns), meaning, Role.WEIGHT, owner="feed-forward")
    bias = MatrixName(f"b_{number}", (columns,), f"the bias of W_{number}", owner="feed-forward")
    return [weight, bias]


MATRICES: dict[str, MatrixName] = {
    matrix.name: matrix
    for matrix in (
        _tokens("X", "n", "d_model", "the sequence", "input", "inputs", "embeddings"),
        _tokens(
            "memory",
            "m",
            "d_model",
            "another sequence, which keys and values come from",
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
        _tokens("Q", "n", "d_k", "queries, given instead of projected", "query", "queries"),
        _tokens("K", "m", "d_k", "keys, given instead of projected", "key", "keys"),
        _tokens("V", "m", "d_v", "values, given instead of projected", "value", "values"),
        *_projection("q", "X to queries", "d_model", "h·d_k", "query", "queries"),
        *_projection("k", "X or memory to keys", "d_model", "h·d_k", "key", "keys"),
        *_projection("v", "X or memory to values", "d_model", "h·d_v", "value", "values"),
        *_projection("o", "the heads to the output", "h·d_v", "d_out", "out", "output"),
        MatrixName(
            "W_qkv",
            ("d_model", "(h + 2·kv_heads)·d_k"),
            "W_q, W_k and W_v side by side",
            Role.WEIGHT,
            aliases=("in_proj_weight", "c_attn_weight", "qkv_weight"),
        ),
        MatrixName(
            "b_qkv",
            ("(h + 2·kv_heads)·d_k",),
            "the bias of W_qkv",
            aliases=("in_proj_bias", "c_attn_bias", "qkv_bias"),
        ),
        _tokens("K_past", "p", "d_k", "earlier keys, put before K", "past_key", "past_keys"),
        _tokens("V_past", "p", "d_v", "earlier values, put before V", "past_value", "past_values"),
        MatrixName(
            "W_a",
            ("d_q", "hidden"),
            "additive: of queries; general: d_q × d_k; concat: (d_q + d_k) × hidden",
            Role.WEIGHT,
        ),
        MatrixName("U_a", ("d_k", "hidden"), "additive: of keys", Role.WEIGHT),
        MatrixName("v_a", ("hidden",), "additive, concat: turns hidden into a score"),
        MatrixName(
            "mask",
            ("n", "m"),
            "what may be attended (1), or numbers added to the scores",
            Role.TOKENS,
            ("batch", "heads"),
            ("attn_mask", "attention_mask"),
        ),
        *_linear(1, "d_model", "d_ff", "feed-forward: the first product"),
        *_linear(2, "d_ff", "d_model", "feed-forward: the second product"),
        *_linear(3, "d_model", "d_ff", "feed-forward: the gate of swiglu"),
        MatrixName("gamma", ("d_model",), "add & norm: the factor of a feature", owner="norm"),
        MatrixName("beta", ("d_model",), "add & norm: what is added to a feature", owner="norm"),
        MatrixName(
            "W_out",
            ("d_model", "words"),
            "after the last layer: to a score a word",
            Role.WEIGHT,
            owner="head",
        ),
        MatrixName("b_out", ("words",), "the bias of W_out", owner="head"),
    )
}

STEPS = (
    *(
        "X_scaled",
        "position",
        "embedded",
        "Q",
        "K",
        "V",
        "Q_h",
        "K_h",
        "V_h",
        "Q_rotated",
        "K_rotated",
    ),
    *("K_present", "V_present"),
    *("q_hidden", "k_hidden", "hidden", "scores", "scaled", "capped", "masked"),
    *("weights", "average", "heads", "concat"),
    *("gate", "activated", "sum", "mean", "variance", "mean_square"),
    *("logits", "output"),
)


STEP_ALIASES = {
    "attention": "weights",
    "attention_weights": "weights",
    "attention_scores": "scores",
    "present_key": "K_present",
    "present_value": "V_present",
}


_DROPPED = dict.fromkeys(map(ord, "_^{}-"))


def plain(name: str) -> str:
    """A name without what people write differently: case, `_`, `^`, braces, hyphens."""
    return "".join(name.split()).translate(_DROPPED).casefold()


_KNOWN = {
    **{plain(step): step for step in STEPS},
    **{plain(alias): step for alias, step in STEP_ALIASES.items()},
    **{plain(alias): m.name for m in MATRICES.values() for alias in (m.name, *m.aliases)},
    **{plain(alias): name for name, c in CHOICES.items() for alias in (name, *c.aliases)},
}


# The sublayers and stacks that names are nested in; layers are numbered: `layers.2.self.W_q`.
SCOPES = (
    *("self", "cross", "ffn", "norm_1", "norm_2", "norm_3", "norm_final"),
    *("encoder", "decoder", "layers"),
)
_SCOPES = {plain(scope): scope for scope in SCOPES}


def last_of(name: str) -> str:
    """The name itself, without the sublayers that it stands in: `W_q` of `layers.2.self.W_q`."""
    return name.rpartition(".")[2]


def known_name(name: str) -> str | None:
    """The name as this program writes it, or None."""
    of_pytorch = from_pytorch(name.strip())
    if of_pytorch:
        return of_pytorch
    *scopes, last = name.strip().split(".")
    known = [scope if scope.isdecimal() else _SCOPES.get(plain(scope)) for scope in scopes]
    parts = [*known, _KNOWN.get(plain(last))]
    return ".".join(part for part in parts if part) if all(parts) else None


def canonical(name: str) -> str:
    """The name as this program writes it: `W_q` for `WQ`, `W^Q`, `w_query`, `q_proj_weight`.

    Raises ProblemError for a name it does not know.

    >>> canonical("W^Q"), canonical("queries"), canonical("linear1.weight")
    ('W_q', 'Q', 'ffn.W_1')
    """
    known = known_name(name)
    if known:
        return known
    *scopes, last = name.split(".")
    for scope in scopes:
        if not scope.isdecimal() and plain(scope) not in _SCOPES:
            message = f"the name {name!r} is unknown: {scope} is no sublayer."
            listed = f"They are {', '.join(SCOPES)}."
            near = closest(plain(scope), _SCOPES)
            raise ProblemError(message, f"Did you mean {_SCOPES[near]}?" if near else listed)
    if plain(last) in _SCOPES:
        message = f"{name} is no matrix: it is where matrices stand."
        raise ProblemError(message, f"Write them under it: {name}.NAME, or an object in JSON.")
    close = closest(plain(last), _KNOWN)
    listed = "attncli compute --help lists the names it knows."
    hint = f"Did you mean {_KNOWN[close]}?" if close else listed
    raise ProblemError(f"the name {name!r} is unknown.", hint)
