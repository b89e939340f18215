"""The catalogue of mistakes, in the order of the calculation."""

from attncli.homework.catalogue import ENTRIES, Mistake
from attncli.homework.mistakes import (
    additive,
    caps,
    distances,
    exponentials,
    frequencies,
    heads,
    mask_rules,
    mask_sets,
    masks,
    measures,
    normalisers,
    positions,
    projections,
    rotations,
    scale,
    scores,
    sharing,
    softmax,
)

_IN_ORDER = (
    *(frequencies, positions, projections, rotations, scores, additive, measures, scale, caps),
    *(distances, masks, mask_rules, mask_sets),
    *(softmax, exponentials, normalisers, heads, sharing),
)

MISTAKES: dict[str, Mistake] = {
    name: entry
    for module in _IN_ORDER
    for name, entry in ENTRIES.items()
    if entry.wrong.__module__ == module.__name__
}
