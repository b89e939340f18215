"""The steps of a calculation: one entry each in `STEPS`, in the order of the calculation."""

from __future__ import annotations

from attncli.records import by_name, record


@record(frozen=True)
class StepName:
    """A step: its name, its meaning, and the matrix that it equals if a plan omits it.

    `equals` are the steps or inputs to look for in that case, the nearest first. `kept_as` is the
    input that a cached result becomes in the next call, such as `K_past`. `aliases` are other names
    for the step.
    """

    name: str
    meaning: str
    equals: tuple[str, ...] = ()
    kept_as: str = ""
    aliases: tuple[str, ...] = ()


_EMBEDDINGS = ("embedded", "X_scaled", "X")
_OF_MEMORY = ("memory", *_EMBEDDINGS)

STEPS: dict[str, StepName] = by_name(
    StepName("X_scaled", "X times √d_model (scale_embeddings)", ("X",)),
    StepName(
        "position",
        "the positions that are added to X, or the bias that alibi adds to the scores",
        ("position",),
    ),
    StepName("embedded", "X plus its positions", _EMBEDDINGS),
    StepName("Q", "queries: X W_q + b_q", ("Q", *_EMBEDDINGS)),
    StepName("K", "keys: X W_k + b_k, or memory instead of X", ("K", *_OF_MEMORY)),
    StepName("V", "values: X W_v + b_v, or memory instead of X", ("V", *_OF_MEMORY)),
    StepName("Q_h", "Q split into heads", ("Q", *_EMBEDDINGS)),
    StepName("K_h", "K split into heads", ("K", *_OF_MEMORY)),
    StepName("V_h", "V split into heads", ("V", *_OF_MEMORY)),
    StepName("Q_rotated", "Q turned by its positions (rope)", ("Q_h", "Q", *_EMBEDDINGS)),
    StepName("K_rotated", "K turned by its positions (rope)", ("K_h", "K", *_OF_MEMORY)),
    StepName(
        "K_present",
        "K_past and K: the keys of the next call",
        ("K_rotated", "K_h", "K", *_OF_MEMORY),
        "K_past",
        ("present_key",),
    ),
    StepName(
        "V_present",
        "V_past and V: the values of the next call",
        ("V_h", "V", *_OF_MEMORY),
        "V_past",
        ("present_value",),
    ),
    StepName("q_hidden", "Q W_a, for additive and concat scoring"),
    StepName("k_hidden", "K U_a, for additive scoring; K times its rows of W_a, for concat"),
    StepName("hidden", "tanh(q_hidden + k_hidden); in a feed-forward X W_1 + b_1"),
    StepName("scores", "how well each query fits each key", aliases=("attention_scores",)),
    StepName("scaled", "the scores times the scale", ("scores",)),
    StepName("capped", "the scores within the soft cap", ("scaled", "scores")),
    StepName("masked", "the scores with −inf for the hidden keys", ("capped", "scaled", "scores")),
    StepName(
        "weights",
        "the share of each key in the output of a query",
        aliases=("attention", "attention_weights"),
    ),
    StepName("average", "the mean of the weights over the heads (torch-mha)"),
    StepName("heads", "the output of each head: weights V", ("output",)),
    StepName("concat", "the outputs of the heads side by side", ("output",)),
    StepName("gate", "feed-forward: X W_3 + b_3, for swiglu"),
    StepName("activated", "feed-forward: the activation of hidden"),
    StepName("sum", "residual connection: the input of a sublayer plus its output"),
    StepName("mean", "norm: the mean of each token"),
    StepName("variance", "norm: the variance of each token"),
    StepName("mean_square", "rms norm: the mean square of each token"),
    StepName("logits", "a score per word, before the last softmax"),
    StepName("output", "the result of the attention, or of the layer"),
)


def back_to(last: str, first: str) -> tuple[str, ...]:
    """Return the step `last`, and the steps that it may equal, back to the step `first`.

    >>> back_to("masked", "scores")
    ('masked', 'capped', 'scaled', 'scores')
    """
    chain = (last, *STEPS[last].equals)
    return chain[: chain.index(first) + 1]
