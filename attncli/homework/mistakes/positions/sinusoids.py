"""Mistakes in positions that are added to X: the order of sinusoids, their start, and the sum."""

from __future__ import annotations

import numpy as np

from attncli.calculation.algebra.layouts import Array
from attncli.calculation.operations.projections import Project, WeightedSum
from attncli.calculation.positions.position_operations import AddPositions, Sinusoids
from attncli.calculation.scoring.products import Dot
from attncli.homework.mistakes.mistake import Scene, mistake
from attncli.homework.mistakes.positions.waves import right_frequency, sinusoids, waves, with_angles
from attncli.records import replace


@mistake("pe-halves", "all sines, then all cosines", Sinusoids)
def pe_halves(scene: Scene) -> Array | None:
    """All sines stand in the first half of the columns, and all cosines in the second.

    Let them alternate: sin in the columns 2i, cos in the columns 2i + 1, counted from 0.

    A model that learns its weights with either does as well, but the two are not the same numbers:
    pretrained weights need the order that they were trained with.
    """
    angles = sinusoids(scene).angles
    if not angles.is_interleaved or scene.operands[0].shape[-1] % 2:
        return None
    return with_angles(scene, replace(angles, is_interleaved=False))


@mistake("pe-by-turns", "sines and cosines by turns", Sinusoids)
def pe_by_turns(scene: Scene) -> Array | None:
    """Sines and cosines alternate from column to column.

    Here all sines come first, then all cosines.

    A model that learns its weights with either does as well, but the two are not the same numbers:
    pretrained weights need the order that they were trained with.
    """
    angles = sinusoids(scene).angles
    return (
        None if angles.is_interleaved else with_angles(scene, replace(angles, is_interleaved=True))
    )


@mistake("pe-position-shift", "p = 1, 2, 3, …", Sinusoids)
def pe_position_shift(scene: Scene) -> Array | None:
    """The tokens were counted from 1.

    Count them from 0: the first row is 0 and 1 by turns.

    The numbers of every token are those of the next one; a trained model knows the others.
    """
    operation = sinusoids(scene)
    return replace(operation, first=operation.first + 1).apply(*scene.operands)


@mistake("pe-without-past", "p = 0, 1, 2, … although tokens are cached", Sinusoids)
def pe_without_past(scene: Scene) -> Array | None:
    """The new tokens were counted from 0, as if none were in the cache.

    Count on from those that are cached.

    The new tokens would stand where the first ones of the cache stand.
    """
    operation = sinusoids(scene)
    return replace(operation, first=0).apply(*scene.operands) if np.any(operation.first) else None


@mistake("pe-sin-cos-swapped", "cos first, then sin", Sinusoids)
def pe_sin_cos_swapped(scene: Scene) -> Array | None:
    """Sine and cosine changed places.

    sin stands first: in the columns 2i, counted from 0; cos in the columns 2i + 1.

    The first row, for position 0, then begins with 1 instead of 0.
    """
    return waves(scene, functions=(np.cos, np.sin))


@mistake("pe-sin-only", "sin in every column", Sinusoids)
def pe_sin_only(scene: Scene) -> Array | None:
    """The sine was taken in every column.

    Take the cosine in the second column of each pair.

    A sine alone has the same value at two places of its wave; with the cosine they differ.
    """
    return waves(scene, functions=(np.sin, np.sin))


@mistake("pe-degrees", "sin and cos of degrees", Sinusoids)
def pe_degrees(scene: Scene) -> Array | None:
    """The angles were taken for degrees.

    Set the calculator to radians: sin(1) is 0.8415.

    A full turn is 2π, not 360: in degrees all the waves are 57 times too long.
    """
    return waves(scene, lambda *at: np.deg2rad(right_frequency(*at)))


@mistake("position-not-added", "X without positions", AddPositions, Project, Dot, WeightedSum)
def position_not_added(scene: Scene) -> Array | None:
    """The positions were left out: X was used as it is.

    Add them first: queries, keys and values come from embedded = X + position.

    Attention itself does not know the order of tokens: without positions, the same tokens in
    another order give the same output, in that order.
    """
    operation = scene.step.operation
    if isinstance(operation, AddPositions):
        return scene.operands[0].copy()
    added = next((s for s in scene.plan.steps if isinstance(s.operation, AddPositions)), None)
    if added is None or added.name not in operation.operands:
        return None
    without = added.operation.operands[0]
    names = (without if name == added.name else name for name in operation.operands)
    return operation.apply(*(scene[name] for name in names))


@mistake("pe-concatenated", "X and position side by side", AddPositions)
def pe_concatenated(scene: Scene) -> Array | None:
    """The positions were put beside X.

    Add them, number by number.

    Side by side they double the width, and no weight of the problem fits; the paper adds them.
    """
    source, position = scene.operands
    beside = np.broadcast_to(position, source.shape)
    return np.concatenate((source, beside), axis=-1)


@mistake("position-on-memory", "memory + position", Project)
def position_on_memory(scene: Scene) -> Array | None:
    """Positions were added to memory too.

    Add them to X alone.

    memory is what an encoder gives: it got its own positions there, before its first layer.
    """
    step = scene.find(Sinusoids)
    source, *others = scene.operands
    if step is None or scene.step.operation.operands[0] != "memory":
        return None
    return scene.step.operation.apply(source + step.operation.apply(source), *others)
