"""The catalogue of mistakes, in the order of the calculation."""

from attncli.homework.mistakes.layers import (
    activations,
    feed_forward,
    moments,
    norm_parameters,
    norms,
    residuals,
    stacks,
)
from attncli.homework.mistakes.masks import matrices, rules, several
from attncli.homework.mistakes.mistake import ENTRIES, Mistake
from attncli.homework.mistakes.positions import (
    distances,
    embeddings,
    frequencies,
    rotations,
    sinusoids,
)
from attncli.homework.mistakes.scores import (
    additive,
    cosine_and_distance,
    dot_products,
    scale,
    soft_cap,
)
from attncli.homework.mistakes.values import caches, heads, projections, shared_heads
from attncli.homework.mistakes.weights import exponentials, other_normalisers, softmax

_IN_ORDER = (
    embeddings,
    *(frequencies, sinusoids, projections, rotations, caches),
    *(dot_products, additive, cosine_and_distance, scale, soft_cap),
    *(distances, matrices, rules, several),
    *(softmax, exponentials, other_normalisers, heads, shared_heads),
    *(residuals, moments, norms, norm_parameters, feed_forward, activations, stacks),
)

MISTAKES: dict[str, Mistake] = {
    name: entry
    for module in _IN_ORDER
    for name, entry in ENTRIES.items()
    if entry.wrong.__module__ == module.__name__
}
