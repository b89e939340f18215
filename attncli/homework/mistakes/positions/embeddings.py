"""Mistakes before the first layer: embeddings that are to be enlarged by √d_model, or not."""

from __future__ import annotations

from math import sqrt

from attncli.calculation.algebra.layouts import Array
from attncli.calculation.operations.pointwise import TimesRoot
from attncli.calculation.positions.position_operations import AddPositions
from attncli.homework.mistakes.mistake import Scene, mistake


@mistake("no-embedding-scale", "X", TimesRoot)
def no_embedding_scale(scene: Scene) -> Array | None:
    """The embeddings were not enlarged.

    Multiply them by √d_model before anything is added to them.

    Embeddings begin small, and positions are between −1 and 1: without the factor a model hears
    more of where a word stands than of which word it is.
    """
    (source,) = scene.operands
    return source.copy()


@mistake("embedding-divided", "X / √d_model", TimesRoot)
def embedding_divided(scene: Scene) -> Array | None:
    """The embeddings were divided by √d_model.

    Multiply them by it. It is the scores that are divided by a root, that of d_k.

    Divided, they are smaller still beside the positions.
    """
    (source,) = scene.operands
    return source / sqrt(source.shape[-1])


@mistake("embedding-times-d", "X × d_model", TimesRoot)
def embedding_times_d(scene: Scene) -> Array | None:
    """The embeddings were multiplied by d_model: the root is missing.

    Multiply them by √d_model.

    A model whose embeddings were trained with the root gets others than it knows.
    """
    (source,) = scene.operands
    larger: Array = source * source.shape[-1]
    return larger


def _is_enlarged(scene: Scene) -> bool:
    """Whether the problem asks for larger embeddings."""
    return scene.find(TimesRoot) is not None


@mistake("embedding-scale-last", "(X + position) × √d_model", AddPositions)
def embedding_scale_last(scene: Scene) -> Array | None:
    """The positions were enlarged with the embeddings: first added, then multiplied by √d_model.

    Multiply the embeddings alone, then add the positions.

    The factor is there so that positions do not outweigh embeddings; applied to both it does
    nothing for that.
    """
    source, position = scene.operands
    return source + position * sqrt(source.shape[-1]) if _is_enlarged(scene) else None


@mistake("embedding-scale-unasked", "X × √d_model + position", AddPositions)
def embedding_scale_unasked(scene: Scene) -> Array | None:
    """The embeddings were multiplied by √d_model, which this problem does not ask for.

    Add the positions to X as it is.

    The factor is a choice of the paper; a model that was trained without it gets other numbers
    than it knows.
    """
    source, position = scene.operands
    return None if _is_enlarged(scene) else source * sqrt(source.shape[-1]) + position
