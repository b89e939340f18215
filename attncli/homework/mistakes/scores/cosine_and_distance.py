"""Mistakes in scores that measure, and in the stacked weight of concat scoring."""

from __future__ import annotations

import numpy as np

from attncli.calculation.algebra.layouts import Array
from attncli.calculation.algebra.shared_heads import spread
from attncli.calculation.scoring.additive import ProjectPart
from attncli.calculation.scoring.measures import Cosine, Distance, unit_rows
from attncli.homework.mistakes.mistake import Scene, mistake


def _products(scene: Scene) -> tuple[Array, Array, Array]:
    """Q Kᵀ, and the lengths of the queries as a column and of the keys as a row."""
    queries, keys = scene.operands
    keys = spread(keys, queries.shape)
    lengths = (np.sqrt((matrix * matrix).sum(axis=-1)) for matrix in (queries, keys))
    of_queries, of_keys = (np.where(length == 0, 1, length) for length in lengths)
    products: Array = queries @ keys.swapaxes(-1, -2)
    return products, of_queries[..., :, None], of_keys[..., None, :]


@mistake("cosine-no-norms", "q · k", Cosine)
def cosine_no_norms(scene: Scene) -> Array | None:
    """The dot products were not divided by the lengths of query and key.

    Divide by both: q · k / (‖q‖ ‖k‖).

    Divided, a score is the cosine of an angle, and a long key does not win by its length alone.
    """
    products, _, _ = _products(scene)
    return products


@mistake("cosine-one-norm", "q · k / ‖q‖", Cosine)
def cosine_one_norm(scene: Scene) -> Array | None:
    """The dot products were divided by the length of the query alone.

    Divide by the length of the key too: q · k / (‖q‖ ‖k‖).

    A query's length is the same in all its scores; it is the keys whose lengths differ within a
    row, and would decide which of them wins.
    """
    products, of_queries, _ = _products(scene)
    return products / of_queries


@mistake("cosine-key-norm", "q · k / ‖k‖", Cosine)
def cosine_key_norm(scene: Scene) -> Array | None:
    """The dot products were divided by the length of the key alone.

    Divide by the length of the query too: q · k / (‖q‖ ‖k‖).

    A long query gets larger scores, and so sharper weights, than a short one in the same direction.
    """
    products, _, of_keys = _products(scene)
    return products / of_keys


@mistake("cosine-distance", "1 − q · k / (‖q‖ ‖k‖)", Cosine)
def cosine_distance(scene: Scene) -> Array | None:
    """The cosine was subtracted from 1: that is a distance.

    Take the cosine itself, which is largest where both point the same way.

    A score says how well a key fits, and a distance how badly: the weights are turned round.
    """
    return 1 - scene.right()


@mistake("cosine-squared-norms", "q · k / (‖q‖² ‖k‖²)", Cosine)
def cosine_squared_norms(scene: Scene) -> Array | None:
    """The dot products were divided by the sums of squares: the roots are missing.

    A length is the root of the sum of the squares: ‖q‖ = √(q · q).

    With the squares, long vectors get scores near 0, and a cosine of a vector with itself is not 1.
    """
    products, of_queries, of_keys = _products(scene)
    return products / (of_queries**2 * of_keys**2)


@mistake("cosine-over-tokens", "Q and K with features of length 1", Cosine)
def cosine_over_tokens(scene: Scene) -> Array | None:
    """Each feature was brought to length 1 over all the tokens, instead of each token.

    Normalise each query and each key over its own features: the last axis in NumPy and PyTorch.

    Tokens then depend on what else stands in the sequence, and scores are no cosines.
    """
    queries, keys = (unit_rows(m.swapaxes(-1, -2)).swapaxes(-1, -2) for m in scene.operands)
    return queries @ spread(keys, queries.shape).swapaxes(-1, -2)


@mistake("distance-no-minus", "½ ‖q − k‖²", Distance)
def distance_no_minus(scene: Scene) -> Array | None:
    """The minus sign is missing: far keys got the largest scores.

    The score is −½ ‖q − k‖²: 0 where the key is the query, and less the farther it is.

    The nearer a key, the more weight it should get; without the sign it is the other way round.
    """
    return -scene.right()


@mistake("distance-no-half", "−‖q − k‖²", Distance)
def distance_no_half(scene: Scene) -> Array | None:
    """The squared distances were not halved.

    The score is −½ ‖q − k‖².

    The half is that of the Gaussian, exp(−½ ‖q − k‖²); without it the kernel is narrower, and the
    nearest keys get more of the weight.
    """
    return 2 * scene.right()


@mistake("distance-not-squared", "−½ ‖q − k‖", Distance)
def distance_not_squared(scene: Scene) -> Array | None:
    """Half the distances were taken, and not squared.

    Square them: −½ ‖q − k‖².

    Only the square makes the kernel a Gaussian, which falls off slowly near the query and fast far
    from it.
    """
    lengths: Array = np.sqrt(-2 * scene.right())
    return -lengths / 2


@mistake("distance-itself", "−‖q − k‖", Distance)
def distance_itself(scene: Scene) -> Array | None:
    """The distances themselves were taken.

    Square and halve them: −½ ‖q − k‖².

    Only the square makes the kernel a Gaussian, which falls off slowly near the query and fast far
    from it.
    """
    lengths: Array = np.sqrt(-2 * scene.right())
    return -lengths


@mistake("distance-kernel", "exp(−½ ‖q − k‖²)", Distance)
def distance_kernel(scene: Scene) -> Array | None:
    """The exponential was taken here already: these are the numbers of the kernel.

    The score is −½ ‖q − k‖²; softmax takes the exponential.

    Taken twice, it makes all the weights nearly equal: the scores then lie between 0 and 1.
    """
    return np.exp(scene.right())


@mistake("distance-manhattan", "−Σ |q − k|", Distance)
def distance_manhattan(scene: Scene) -> Array | None:
    """The differences were added up without their signs, and not squared.

    Square them, add them up and halve the sum: −½ ‖q − k‖².

    Only the squares make the kernel a Gaussian, which falls off slowly near the query and fast far
    from it.
    """
    queries, keys = scene.operands
    keys = spread(keys, queries.shape)
    total: Array = np.abs(queries[..., :, None, :] - keys[..., None, :, :]).sum(axis=-1)
    return -total


@mistake("concat-keys-first", "W_a [k; q]", ProjectPart)
def concat_keys_first(scene: Scene) -> Array | None:
    """The rows of W_a were shared out the wrong way round: the keys came first.

    The query stands above the key: W_a [q; k], so its first rows are of the query.

    Each part is learned for its own side; only the order tells them apart.
    """
    operation = scene.step.operation
    assert isinstance(operation, ProjectPart)
    source, weight = scene.operands
    width = source.shape[-1]
    part: Array = weight[-width:] if operation.rows.start == 0 else weight[:width]
    return source @ part
