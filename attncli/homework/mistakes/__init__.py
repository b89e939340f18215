"""The catalogue of mistakes, in the order of the calculation."""

from attncli.homework.catalogue import ENTRIES, Mistake
from attncli.homework.mistakes import (
    activations,
    additive,
    caches,
    caps,
    distances,
    embeddings,
    exponentials,
    feed_forward,
    frequencies,
    heads,
    mask_rules,
    mask_sets,
    masks,
    measures,
    moments,
    norm_parameters,
    normalisers,
    norms,
    positions,
    projections,
    residuals,
    rotations,
    scale,
    scores,
    sharing,
    softmax,
    stacks,
)

_IN_ORDER = (
    embeddings,
    *(frequencies, positions, projections, rotations, caches),
    *(scores, additive, measures, scale, caps),
    *(distances, masks, mask_rules, mask_sets),
    *(softmax, exponentials, normalisers, heads, sharing),
    *(residuals, moments, norms, norm_parameters, feed_forward, activations, stacks),
)

MISTAKES: dict[str, Mistake] = {
    name: entry
    for module in _IN_ORDER
    for name, entry in ENTRIES.items()
    if entry.wrong.__module__ == module.__name__
}
