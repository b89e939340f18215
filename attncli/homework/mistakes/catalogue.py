"""The catalogue of mistakes, in the order of the calculation."""

from attncli.homework.mistakes.layers import feed_forward, norms, residuals, stacks
from attncli.homework.mistakes.masks import one_mask, rules, several_masks
from attncli.homework.mistakes.mistake import ENTRIES, Mistake
from attncli.homework.mistakes.positions import alibi, rope, sinusoids
from attncli.homework.mistakes.scores import scale, scoring_functions
from attncli.homework.mistakes.values import caches, heads, projections
from attncli.homework.mistakes.weights import other_normalisers, softmax

_IN_ORDER = (
    *(sinusoids, projections, rope, caches, scoring_functions, scale),
    *(alibi, one_mask, rules, several_masks),
    *(softmax, other_normalisers, heads, residuals, norms, feed_forward, stacks),
)

MISTAKES: dict[str, Mistake] = {
    name: entry
    for module in _IN_ORDER
    for name, entry in ENTRIES.items()
    if entry.wrong.__module__ == module.__name__
}
