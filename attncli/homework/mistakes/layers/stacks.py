"""Mistakes between the layers of a stack: the memory of the decoder, and its predictions."""

from __future__ import annotations

from attncli.calculation.algebra.layouts import Array
from attncli.calculation.masks.mask_operation import Mask
from attncli.calculation.operations.normalisers import Softmax
from attncli.calculation.operations.projections import Project
from attncli.homework.mistakes.masks.several_masks import causal_weights
from attncli.homework.mistakes.mistake import Scene, mistake
from attncli.homework.mistakes.weights.softmax import EVERY_NORMALISER


def _with_memory(scene: Scene, name: str) -> Array | None:
    """The projection of another matrix of the encoder; None if this one is not of memory."""
    source, *others = scene.step.operation.operands
    if source != "memory" or scene.part is None or name == scene.full_name("memory"):
        return None
    return scene.apply(scene.whole[name], *(scene[other] for other in others))


@mistake("memory-unencoded", "K and V from what goes into the encoder", Project)
def memory_unencoded(scene: Scene) -> Array | None:
    """The keys and values of cross-attention were made from the input of the encoder.

    Make the keys and values of cross-attention from the last output of the encoder.

    In the input, no token has information about the other tokens. The encoder adds this
    information.
    """
    for name in ("encoder.embedded", "encoder.X_scaled", "encoder.X"):
        if name in scene.whole:
            return _with_memory(scene, name)
    return None


@mistake("memory-layer-by-layer", "K and V from the encoder's layer of the same number", Project)
def memory_layer_by_layer(scene: Scene) -> Array | None:
    """Each decoder layer attended to the encoder layer with the same number.

    Let every decoder layer attend to the same memory: the last output of the encoder.

    Many pictures show the two stacks side by side. But all encoder layers are calculated before the
    first decoder layer.
    """
    if "decoder" not in scene.layer:  # a decoder alone: its memory is given
        return None
    return _with_memory(scene, f"{scene.layer.replace('decoder', 'encoder')}output")


@mistake("causal-unasked", "weights of the keys j ≤ i alone", *EVERY_NORMALISER)
def causal_unasked(scene: Scene) -> Array | None:
    """A causal mask was used, but this problem has no mask.

    Let every query attend to all the keys.

    A decoder must not see the tokens that it has to predict. An encoder may see the whole sequence.
    """
    n, m = scene.operands[0].shape[-2:]
    if scene.operations(Mask) or "memory" in scene or n != m or "logits" in scene:
        return None
    return causal_weights(scene)


@mistake("softmax-missing", "the scores, or logits, as they are", Softmax)
def softmax_missing(scene: Scene) -> Array | None:
    """Softmax was left out.

    Take softmax of each {row}: divide exp(x) by the sum of all exp(x) in the same {row}.

    Scores can be negative and can have any sum. Weights and probabilities lie between 0 and 1, and
    each {row} sums to 1.
    """
    return scene.left_out()
