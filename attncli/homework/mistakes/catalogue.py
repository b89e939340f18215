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
