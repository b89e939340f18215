"""The catalogue of mistakes, in the order of the calculation."""

from attncli.homework.mistakes.layers import feed_forward, norms, residuals, stacks
from attncli.homework.mistakes.masks import one_mask, rules, several_masks
from attncli.homework.mistakes.mistake import ENTRIES, Mistake
from attncli.homework.mistakes.positions import alibi, rope, sinusoids
from attncli.homework.mistakes.scores import scale, scoring_functions
from attncli.homework.mistakes.values import caches, heads, projections
from attncli.homework.mistakes.weights import other_normalisers, softmax

# The files of mistakes by the headings that a list of mistakes gives them.
_FAMILIES = {
    "Sinusoidal and learned positions": sinusoids,
    "Projections": projections,
    "Rotary positions": rope,
    "Caches of keys and values": caches,
    "Scoring functions": scoring_functions,
    "Scale and soft cap": scale,
    "ALiBi": alibi,
    "One mask": one_mask,
    "Named masks": rules,
    "Several masks": several_masks,
    "Softmax": softmax,
    "Other normalisers": other_normalisers,
    "Heads and values": heads,
    "Residual connections": residuals,
    "Norms": norms,
    "Feed-forward": feed_forward,
    "Stacks of layers": stacks,
}

FAMILIES: dict[str, tuple[Mistake, ...]] = {
    heading: tuple(e for e in ENTRIES.values() if e.wrong.__module__ == module.__name__)
    for heading, module in _FAMILIES.items()
}
MISTAKES: dict[str, Mistake] = {
    entry.name: entry for family in FAMILIES.values() for entry in family
}

# The names of causes that are not in the catalogue. The report on an answer describes its numbers;
# these sentences describe what several answers of a class have in common.
PATTERNS: dict[str, str] = {
    "single-cell-slip": "A few cells are wrong, and the others are right.",
    "slip-in-one-row": "Only one row is wrong.",
    "slip-in-one-column": "Only one column is wrong.",
    "another-scale": "The scores were divided by another number.",
    "softmax-another-base": "Softmax was taken with powers of another base than e.",
    "another-sum": "The exponentials were divided by another number than their sum.",
    "fill-does-not-hide": "Hidden scores have a number that does not hide their keys.",
    "dropout-left-on": "Dropout was left on: some weights are 0.",
    "transposed-answer": "The right numbers are transposed.",
    "other-order": "The right numbers stand in another order.",
    "other-order-of-heads": "The right numbers stand in another order of the heads.",
}


def done_in(name: str) -> str:
    """Return a sentence on what was done, by the name of a mistake or of a pattern.

    A gradebook on the disk may hold another name: then the text is empty.
    """
    return MISTAKES[name].done if name in MISTAKES else PATTERNS.get(name, "")
