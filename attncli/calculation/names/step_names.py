"""The steps of a calculation: one entry each in `STEPS`, in the order of the calculation."""

from __future__ import annotations

from attncli.records import by_name, record


@record(frozen=True)
class StepName:
    """A step, and the matrix that it equals if a plan omits it.

    `equals` are the steps or inputs to look for in that case, the nearest first. `kept_as` is the
    input that a cached result becomes in the next call, such as `K_past`. `aliases` are other names
    for the step.
    """

    name: str
    equals: tuple[str, ...] = ()
    kept_as: str = ""
    aliases: tuple[str, ...] = ()


_EMBEDDINGS = ("embedded", "X_scaled", "X")
_OF_MEMORY = ("memory", *_EMBEDDINGS)

STEPS: dict[str, StepName] = by_name(
    StepName("X_scaled", ("X",)),
    StepName("position", ("position",)),
    StepName("embedded", _EMBEDDINGS),
    StepName("Q", ("Q", *_EMBEDDINGS)),
    StepName("K", ("K", *_OF_MEMORY)),
    StepName("V", ("V", *_OF_MEMORY)),
    StepName("Q_h", ("Q", *_EMBEDDINGS)),
    StepName("K_h", ("K", *_OF_MEMORY)),
    StepName("V_h", ("V", *_OF_MEMORY)),
    StepName("Q_rotated", ("Q_h", "Q", *_EMBEDDINGS)),
    StepName("K_rotated", ("K_h", "K", *_OF_MEMORY)),
    StepName("K_present", ("K_rotated", "K_h", "K", *_OF_MEMORY), "K_past", ("present_key",)),
    StepName("V_present", ("V_h", "V", *_OF_MEMORY), "V_past", ("present_value",)),
    StepName("q_hidden"),
    StepName("k_hidden"),
    StepName("hidden"),
    StepName("scores", aliases=("attention_scores",)),
    StepName("scaled", ("scores",)),
    StepName("capped", ("scaled", "scores")),
    StepName("masked", ("capped", "scaled", "scores")),
    StepName("weights", aliases=("attention", "attention_weights")),
    StepName("average"),
    StepName("heads", ("output",)),
    StepName("concat", ("output",)),
    StepName("gate"),
    StepName("activated"),
    StepName("sum"),
    StepName("mean"),
    StepName("variance"),
    StepName("mean_square"),
    StepName("logits"),
    StepName("output"),
)


def back_to(last: str, first: str) -> tuple[str, ...]:
    """Return the step `last`, and the steps that it may equal, back to the step `first`.

    >>> back_to("masked", "scores")
    ('masked', 'capped', 'scaled', 'scores')
    """
    chain = (last, *STEPS[last].equals)
    return chain[: chain.index(first) + 1]
