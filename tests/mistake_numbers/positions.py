"""Mistakes in positions, in numbers that do not come from the catalogue.

Sinusoids of six columns have the base 100 here, and the right exponents 0 0 1/3 1/3 2/3 2/3. Where
a problem has other columns or another base, its function says so.
"""

from __future__ import annotations

import numpy as np

from tests.mistake_numbers.registry import Known, Matrix, by_hand

ROOT_OF_4 = 2.0
PAIRS = np.array([0, 0, 2, 2, 4, 4]) / 6
COUNTED_FROM_0 = np.array([[0.0], [1.0], [2.0]])
COUNTED_FROM_1 = np.array([[1.0], [2.0], [3.0]])
COUNTED_ON_FROM_3 = np.array([[3.0], [4.0], [5.0]])


# Embeddings


@by_hand("no-embedding-scale", problem="encoder", step="X_scaled")
def not_enlarged(known: Known) -> Matrix:
    """X as it is."""
    return known["X"]


@by_hand("embedding-divided", problem="encoder", step="X_scaled")
def divided_by_the_root(known: Known) -> Matrix:
    """X / √d_model, with d_model = 4."""
    return known["X"] / ROOT_OF_4


@by_hand("embedding-times-d", problem="encoder", step="X_scaled")
def multiplied_without_the_root(known: Known) -> Matrix:
    """X × d_model."""
    return 4.0 * known["X"]


@by_hand("embedding-scale-last", problem="encoder", step="embedded")
def enlarged_last(known: Known) -> Matrix:
    """(X + position) × √d_model."""
    return (known["X"] + by_turns([0, 0, 0.5, 0.5], base=10000)) * ROOT_OF_4


@by_hand("embedding-scale-unasked", problem="learned", step="embedded")
def enlarged_unasked(known: Known) -> Matrix:
    """X × √d_model + position."""
    return ROOT_OF_4 * known["X"] + known["position"]


@by_hand("position-not-added", problem="sinusoidal", step="embedded")
@by_hand("position-not-added", problem="learned", step="embedded")
def bare(known: Known) -> Matrix:
    """X as it is."""
    return known["X"]


@by_hand("position-not-added", problem="sinusoidal", step="K")
def bare_keys(known: Known) -> Matrix:
    """X W_k."""
    return known["X"] @ known["W_k"]


@by_hand("position-not-added", problem="learned, bare", step="scores")
def bare_scores(known: Known) -> Matrix:
    """X Xᵀ, because there are no weights."""
    return known["X"] @ known["X"].T


@by_hand("position-not-added", problem="learned, bare", step="output")
def bare_values(known: Known) -> Matrix:
    """The weights times X."""
    return known["weights"] @ known["X"]


@by_hand("pe-concatenated", problem="sinusoidal", step="embedded")
def side_by_side(known: Known) -> Matrix:
    """The columns of X, then those of the positions."""
    return np.hstack([known["X"], by_turns(PAIRS)])


@by_hand("position-on-memory", problem="sinusoidal, memory", step="K")
def positions_on_memory(known: Known) -> Matrix:
    """(memory + position) W_k, for four tokens and the base 10000."""
    tokens = np.array([[0.0], [1.0], [2.0], [3.0]])
    return (known["memory"] + by_turns(PAIRS, base=10000, tokens=tokens)) @ known["W_k"]


# Frequencies of sinusoids: one exponent for each column


def by_turns(
    exponents: Matrix | list[float], base: float = 100, tokens: Matrix = COUNTED_FROM_0
) -> Matrix:
    """Return sines in columns 0, 2, 4 and cosines in columns 1, 3, 5 of p / base^exponent."""
    return waves(tokens / base ** np.array(exponents))


def waves(angles: Matrix) -> Matrix:
    """Return sines and cosines in alternating columns, of the angles of each column."""
    is_even = np.arange(angles.shape[-1]) % 2 == 0
    return np.where(is_even, np.sin(angles), np.cos(angles))


@by_hand("pe-double-index", problem="sinusoidal", step="position")
def doubled_twice(_: Known) -> Matrix:
    """The exponents 4i/d."""
    return by_turns([0, 0, 4 / 6, 4 / 6, 8 / 6, 8 / 6])


@by_hand("pe-double-index-own", problem="sinusoidal", step="position")
def twice_the_own_column(_: Known) -> Matrix:
    """The exponent 2c/d in column c."""
    return by_turns([0, 2 / 6, 4 / 6, 6 / 6, 8 / 6, 10 / 6])


@by_hand("pe-cos-own-exponent", problem="sinusoidal", step="position")
def cosines_of_their_own_column(_: Known) -> Matrix:
    """The exponent (2i + 1)/d for the cosines, 2i/d for the sines."""
    return by_turns([0, 1 / 6, 2 / 6, 3 / 6, 4 / 6, 5 / 6])


@by_hand("pe-cos-next-pair", problem="sinusoidal", step="position")
def cosines_of_the_next_pair(_: Known) -> Matrix:
    """The exponent 2(i + 1)/d for the cosines, 2i/d for the sines."""
    return by_turns([0, 2 / 6, 2 / 6, 4 / 6, 4 / 6, 6 / 6])


@by_hand("pe-index-not-doubled", problem="sinusoidal", step="position")
def not_doubled(_: Known) -> Matrix:
    """The exponents i/d."""
    return by_turns([0, 0, 1 / 6, 1 / 6, 2 / 6, 2 / 6])


@by_hand("pe-index-not-doubled", problem="sinusoidal, halves", step="position")
def not_doubled_in_halves(_: Known) -> Matrix:
    """The exponents 0 and 1/4 of the sines, and again of the cosines; the base is 10000."""
    angles = COUNTED_FROM_0 / 10000 ** np.array([0, 0.25])
    return np.hstack([np.sin(angles), np.cos(angles)])


@by_hand("pe-last-exponent-1", problem="sinusoidal", step="position")
def up_to_1(_: Known) -> Matrix:
    """The exponents i/(d/2 − 1), which is i/2."""
    return by_turns([0, 0, 1 / 2, 1 / 2, 1, 1])


@by_hand("pe-base", problem="sinusoidal", step="position")
def base_10(_: Known) -> Matrix:
    """10 for the base 100."""
    return by_turns(PAIRS, base=10)


@by_hand("pe-base", problem="sinusoidal, odd", step="position")
def base_1000(_: Known) -> Matrix:
    """1000 for the base 10000."""
    return by_turns([0, 0, 2 / 5, 2 / 5, 4 / 5], base=1000)


@by_hand("pe-base-ignored", problem="sinusoidal", step="position")
def base_10000(_: Known) -> Matrix:
    """10000 for the base 100."""
    return by_turns(PAIRS, base=10000)


@by_hand("pe-inverted", problem="sinusoidal", step="position")
def multiplied_by_the_power(_: Known) -> Matrix:
    """p · 100^(2i/d)."""
    return waves(COUNTED_FROM_0 * 100**PAIRS)


@by_hand("pe-power-swapped", problem="sinusoidal", step="position")
def base_and_exponent_swapped(_: Known) -> Matrix:
    """p · (2i/d)^(1/100), which is 0 in the first pair."""
    return waves(COUNTED_FROM_0 * PAIRS ** (1 / 100))


@by_hand("pe-precedence", problem="sinusoidal", step="position")
def rounded_down_to_minus_1(_: Known) -> Matrix:
    """p · exp(−i), because −ln(100) / 6 // 2 = −4.605 / 6 // 2 is −1."""
    return waves(COUNTED_FROM_0 * np.exp([0.0, 0, -1, -1, -2, -2]))


@by_hand("pe-precedence", problem="sinusoidal, odd", step="position")
def rounded_down_in_five_columns(_: Known) -> Matrix:
    """p · exp(−i), because −ln(10000) / 5 // 2 = −9.210 / 5 // 2 is −1."""
    return waves(COUNTED_FROM_0 * np.exp([0.0, 0, -1, -1, -2]))


@by_hand("pe-precedence", problem="encoder, positions", step="position")
def rounded_down_to_minus_2(_: Known) -> Matrix:
    """p · exp(−2i), because −ln(10000) / 4 // 2 = −9.210 / 4 // 2 is −2."""
    return waves(COUNTED_FROM_0 * np.exp([0.0, 0, -2, -2]))


@by_hand("pe-precedence-even", problem="sinusoidal", step="position")
def even_numbers_rounded_down(_: Known) -> Matrix:
    """p · exp(−2i) for 2i = 0, 2, 4, because −ln(100) / 6 // 2 = −0.768 // 2 is −1."""
    return waves(COUNTED_FROM_0 * np.exp([0.0, 0, -2, -2, -4, -4]))


@by_hand("pe-tensor2tensor", problem="sinusoidal", step="position")
def halves_up_to_the_base(_: Known) -> Matrix:
    """Three sines, then three cosines, of p, p / √100 and p / 100."""
    angles = COUNTED_FROM_0 / np.array([1.0, 10, 100])
    return np.hstack([np.sin(angles), np.cos(angles)])


@by_hand("pe-base-and-own-exponent", problem="sinusoidal", step="position")
def columns_of_base_10(_: Known) -> Matrix:
    """The exponent c/d in column c, of the base 10 for 100."""
    return by_turns([0, 1 / 6, 2 / 6, 3 / 6, 4 / 6, 5 / 6], base=10)


@by_hand("pe-power-swapped-halves", problem="sinusoidal", step="position")
def halves_of_small_powers(_: Known) -> Matrix:
    """Three sines, then three cosines, of p · (0, 1/3, 2/3)^(1/100)."""
    angles = COUNTED_FROM_0 * np.array([0, 1 / 3, 2 / 3]) ** 0.01
    return np.hstack([np.sin(angles), np.cos(angles)])


@by_hand("pe-integer-division", problem="sinusoidal", step="position")
def all_exponents_0(_: Known) -> Matrix:
    """sin(p) and cos(p) in every pair."""
    return waves(COUNTED_FROM_0 * np.ones(6))


# The columns of sinusoids, and the counting of tokens


@by_hand("pe-halves", problem="sinusoidal", step="position")
def sines_then_cosines(_: Known) -> Matrix:
    """Three sines, then three cosines."""
    angles = COUNTED_FROM_0 / 100 ** np.array([0, 1 / 3, 2 / 3])
    return np.hstack([np.sin(angles), np.cos(angles)])


@by_hand("pe-by-turns", problem="sinusoidal, halves", step="position")
def sines_and_cosines_by_turns(_: Known) -> Matrix:
    """sin cos sin cos, with the base 10000 in four columns."""
    return by_turns([0, 0, 0.5, 0.5], base=10000)


@by_hand("pe-position-shift", problem="sinusoidal", step="position")
def counted_from_1(_: Known) -> Matrix:
    """p = 1, 2, 3."""
    return by_turns(PAIRS, tokens=COUNTED_FROM_1)


@by_hand("pe-position-shift", problem="sinusoidal, cache", step="position")
def counted_on_from_3(_: Known) -> Matrix:
    """p = 3, 4, 5 after two cached tokens; the base is 10000."""
    return by_turns(PAIRS, base=10000, tokens=COUNTED_ON_FROM_3)


@by_hand("pe-without-past", problem="sinusoidal, cache", step="position")
def counted_from_0_after_two(_: Known) -> Matrix:
    """p = 0, 1, 2, though two tokens are cached; the base is 10000."""
    return by_turns(PAIRS, base=10000)


FROM_SECOND = np.array([[0.0], [0.0], [1.0]])  # the first of three tokens is padding


@by_hand("pe-from-first-real", problem="left padding, sinusoidal", step="position")
def counted_from_the_second_token(_: Known) -> Matrix:
    """p = 0 for the padding, then 0 and 1."""
    return by_turns(PAIRS, tokens=FROM_SECOND)


@by_hand("pe-from-first-real", problem="left padding, batch", step="position")
def counted_from_the_second_token_of_an_entry(_: Known) -> Matrix:
    """p = 0, 1, 2 in the first entry, and 0, 0, 1 in the second, which begins with padding."""
    entries = (COUNTED_FROM_0, FROM_SECOND)
    return np.stack([by_turns([0, 0, 0.5, 0.5], 10000, tokens) for tokens in entries])


@by_hand("pe-sin-cos-swapped", problem="sinusoidal", step="position")
def cosines_first(_: Known) -> Matrix:
    """cos sin cos sin cos sin."""
    angles = COUNTED_FROM_0 / 100**PAIRS
    return np.where([True, False] * 3, np.cos(angles), np.sin(angles))


@by_hand("pe-sin-cos-swapped", problem="sinusoidal, halves", step="position")
def cosines_first_in_halves(_: Known) -> Matrix:
    """cos cos sin sin, with the base 10000."""
    angles = COUNTED_FROM_0 / 10000 ** np.array([0, 0.5])
    return np.hstack([np.cos(angles), np.sin(angles)])


@by_hand("pe-sin-only", problem="sinusoidal", step="position")
def sines_alone(_: Known) -> Matrix:
    """The sine of every column."""
    return np.sin(COUNTED_FROM_0 / 100**PAIRS)


@by_hand("pe-degrees", problem="sinusoidal", step="position")
def in_degrees(_: Known) -> Matrix:
    """Angles in degrees instead of radians: a · π / 180."""
    return waves(COUNTED_FROM_0 / 100**PAIRS * np.pi / 180)


# Rotations: a pair of features is rotated as a complex number

ROPE = COUNTED_FROM_0 / 100 ** np.array([0, 2 / 6, 4 / 6])
ROPE_OF_4 = COUNTED_FROM_0 / 10000 ** np.array([0, 0.5])


def turn_halves(x: Matrix, angles: Matrix) -> Matrix:
    """Return feature i rotated with feature i + d/2."""
    half = x.shape[-1] // 2
    turned = (x[..., :half] + 1j * x[..., half:]) * np.exp(1j * angles)
    return np.concatenate([turned.real, turned.imag], -1)


def turn_neighbours(x: Matrix, angles: Matrix) -> Matrix:
    """Return feature 2i rotated with feature 2i + 1."""
    turned = (x[..., ::2] + 1j * x[..., 1::2]) * np.exp(1j * angles)
    return np.stack([turned.real, turned.imag], -1).reshape(x.shape)


def turn_first_4(x: Matrix, angles: Matrix) -> Matrix:
    """Return the first four of six features, rotated with their neighbours."""
    return np.hstack([turn_neighbours(x[:, :4], angles), x[:, 4:]])


@by_hand("rope-missing", problem="rope", step="Q_rotated")
def not_turned(known: Known) -> Matrix:
    """Q as it is."""
    return known["Q"]


@by_hand("rope-pairing", problem="rope", step="Q_rotated")
def neighbours_for_halves(known: Known) -> Matrix:
    """Neighbours turned, where halves should be."""
    return turn_neighbours(known["Q"], ROPE)


@by_hand("rope-pairing", problem="rope, interleaved", step="Q_rotated")
def halves_for_neighbours(known: Known) -> Matrix:
    """Halves of the first four features turned, where neighbours should be."""
    Q = known["Q"]
    return np.hstack([turn_halves(Q[:, :4], ROPE_OF_4), Q[:, 4:]])


@by_hand("rope-angles-mixed", problem="rope", step="Q_rotated")
def halves_with_angles_of_neighbours(known: Known) -> Matrix:
    """Feature i turned with i + 3, by the angles θ₁ θ₁ θ₂ θ₂ θ₃ θ₃ of the six features."""
    Q, angles = known["Q"], ROPE[:, [0, 0, 1, 1, 2, 2]]
    partners = np.hstack([-Q[:, 3:], Q[:, :3]])
    return Q * np.cos(angles) + partners * np.sin(angles)


@by_hand("rope-angles-mixed", problem="rope, interleaved", step="Q_rotated")
def neighbours_with_angles_of_halves(known: Known) -> Matrix:
    """Neighbours turned by the angles θ₁ θ₂ θ₁ θ₂ of the first four features."""
    Q, angles = known["Q"][:, :4], ROPE_OF_4[:, [0, 1, 0, 1]]
    partners = Q[:, [1, 0, 3, 2]] * [-1, 1, -1, 1]
    return np.hstack([Q * np.cos(angles) + partners * np.sin(angles), known["Q"][:, 4:]])


@by_hand("rope-angles-mixed", problem="rope, heads", step="Q_rotated")
def halves_with_angles_of_neighbours_in_each_head(known: Known) -> Matrix:
    """Feature i turned with i + 2, by the angles p, p, p/100, p/100 of a head's four features."""
    Q, angles = known["Q_h"], np.outer([0, 1, 2], [1, 1, 0.01, 0.01])
    partners = np.concatenate([-Q[..., 2:], Q[..., :2]], axis=-1)
    return Q * np.cos(angles) + partners * np.sin(angles)


TO_HALVES, TO_NEIGHBOURS = [0, 2, 4, 1, 3, 5], [0, 3, 1, 4, 2, 5]  # orders of six features


@by_hand("rope-laid-out", problem="rope", step="Q_rotated")
def halves_laid_out_as_neighbours(known: Known) -> Matrix:
    """Features i and i + 3 turned, and laid out side by side."""
    return turn_halves(known["Q"], ROPE)[:, TO_NEIGHBOURS]


@by_hand("rope-laid-out", problem="rope, interleaved", step="Q_rotated")
def neighbours_laid_out_as_halves(known: Known) -> Matrix:
    """Neighbours of the first four features turned, and their results 1 3 2 4."""
    return turn_first_4(known["Q"], ROPE_OF_4)[:, [0, 2, 1, 3, 4, 5]]


@by_hand("rope-read", problem="rope", step="K_rotated")
def neighbours_turned_as_halves(known: Known) -> Matrix:
    """Neighbours turned, and laid out as halves; there are four keys."""
    angles = np.arange(4.0)[:, None] / 100 ** np.array([0, 2 / 6, 4 / 6])
    return turn_neighbours(known["K"], angles)[:, TO_HALVES]


@by_hand("rope-read", problem="rope, interleaved", step="Q_rotated")
def halves_turned_as_neighbours(known: Known) -> Matrix:
    """Features 1 and 3, and 2 and 4, turned and laid out as 1 3 2 4."""
    return turn_first_4(known["Q"][:, [0, 2, 1, 3, 4, 5]], ROPE_OF_4)


def scores_by_neighbours(queries: Matrix, keys: Matrix) -> Matrix:
    """Return the products of queries and keys whose neighbours were turned."""
    angles = np.arange(4.0)[:, None] / 100 ** np.array([0, 2 / 6, 4 / 6])
    return turn_neighbours(queries, angles[:3]) @ turn_neighbours(keys, angles).T


@by_hand("rope-only-q-reordered", problem="rope", step="scores")
def queries_alone_in_the_order_of_neighbours(known: Known) -> Matrix:
    """The features of Q reordered, so that i and i + 3 are neighbours; K as it is."""
    return scores_by_neighbours(known["Q"][:, TO_NEIGHBOURS], known["K"])


@by_hand("rope-only-k-reordered", problem="rope", step="scores")
def keys_alone_in_the_order_of_neighbours(known: Known) -> Matrix:
    """The features of K reordered, so that i and i + 3 are neighbours; Q as it is."""
    return scores_by_neighbours(known["Q"], known["K"][:, TO_NEIGHBOURS])


@by_hand("rope-one-angle", problem="rope", step="Q_rotated")
def all_pairs_by_p(known: Known) -> Matrix:
    """Every pair turned by p = 0, 1, 2."""
    return turn_halves(known["Q"], COUNTED_FROM_0)


@by_hand("rope-one-angle", problem="rope, interleaved", step="Q_rotated")
def both_pairs_by_p(known: Known) -> Matrix:
    """Both pairs of the first four features turned by p."""
    return turn_first_4(known["Q"], COUNTED_FROM_0)


@by_hand("rope-from-first-real", problem="left padding, rope", step="K_rotated")
def turned_from_the_second_token(known: Known) -> Matrix:
    """p = 0 for the padding, then 0 and 1, in each head of four features."""
    return turn_halves(known["K_h"], FROM_SECOND / 10000 ** np.array([0, 0.5]))


@by_hand("rope-direction", problem="rope", step="Q_rotated")
def turned_the_other_way(known: Known) -> Matrix:
    """Halves turned by −p."""
    return turn_halves(known["Q"], -ROPE)


@by_hand("rope-direction", problem="rope, interleaved", step="Q_rotated")
def neighbours_turned_the_other_way(known: Known) -> Matrix:
    """Neighbours turned by −p."""
    return turn_first_4(known["Q"], -ROPE_OF_4)


@by_hand("rope-sign", problem="rope", step="Q_rotated")
def minus_missing(known: Known) -> Matrix:
    """cos · x₁ + sin · x₂ and sin · x₁ + cos · x₂, in halves."""
    first, second = known["Q"][:, :3], known["Q"][:, 3:]
    cos, sin = np.cos(ROPE), np.sin(ROPE)
    return np.hstack([cos * first + sin * second, sin * first + cos * second])


@by_hand("rope-sign", problem="rope, interleaved", step="Q_rotated")
def minus_missing_among_neighbours(known: Known) -> Matrix:
    """cos · x₁ + sin · x₂ and sin · x₁ + cos · x₂, for neighbours in the first four features."""
    Q, angles = known["Q"][:, :4], ROPE_OF_4[:, [0, 0, 1, 1]]
    turned = Q * np.cos(angles) + Q[:, [1, 0, 3, 2]] * np.sin(angles)
    return np.hstack([turned, known["Q"][:, 4:]])


@by_hand("rope-sin-cos-swapped", problem="rope", step="Q_rotated")
def sine_for_cosine(known: Known) -> Matrix:
    """sin · x₁ − cos · x₂ and cos · x₁ + sin · x₂, in halves."""
    first, second = known["Q"][:, :3], known["Q"][:, 3:]
    cos, sin = np.cos(ROPE), np.sin(ROPE)
    return np.hstack([sin * first - cos * second, cos * first + sin * second])


@by_hand("rope-degrees", problem="rope", step="Q_rotated")
def turned_by_degrees(known: Known) -> Matrix:
    """Angles in degrees instead of radians: a · π / 180."""
    return turn_halves(known["Q"], ROPE * np.pi / 180)


@by_hand("rope-base", problem="rope", step="Q_rotated")
def rope_of_base_10(known: Known) -> Matrix:
    """10 for the base 100."""
    return turn_halves(known["Q"], COUNTED_FROM_0 / 10 ** np.array([0, 2 / 6, 4 / 6]))


@by_hand("rope-base", problem="rope, interleaved", step="Q_rotated")
def rope_of_base_1000(known: Known) -> Matrix:
    """1000 for the base 10000."""
    return turn_first_4(known["Q"], COUNTED_FROM_0 / 1000 ** np.array([0, 0.5]))


@by_hand("rope-base-ignored", problem="rope", step="Q_rotated")
def rope_of_base_10000(known: Known) -> Matrix:
    """10000 for the base 100."""
    return turn_halves(known["Q"], COUNTED_FROM_0 / 10000 ** np.array([0, 2 / 6, 4 / 6]))


@by_hand("rope-index-not-doubled", problem="rope", step="Q_rotated")
def rope_not_doubled(known: Known) -> Matrix:
    """The exponents i/d."""
    return turn_halves(known["Q"], COUNTED_FROM_0 / 100 ** np.array([0, 1 / 6, 2 / 6]))


@by_hand("rope-index-not-doubled", problem="rope, interleaved", step="Q_rotated")
def rope_of_4_not_doubled(known: Known) -> Matrix:
    """The exponents i/4."""
    return turn_first_4(known["Q"], COUNTED_FROM_0 / 10000 ** np.array([0, 0.25]))


@by_hand("rope-double-index", problem="rope", step="Q_rotated")
def rope_doubled_twice(known: Known) -> Matrix:
    """The exponents 4i/d."""
    return turn_halves(known["Q"], COUNTED_FROM_0 / 100 ** np.array([0, 4 / 6, 8 / 6]))


@by_hand("rope-double-index", problem="rope, interleaved", step="Q_rotated")
def rope_of_4_doubled_twice(known: Known) -> Matrix:
    """The exponents 4i/4."""
    return turn_first_4(known["Q"], COUNTED_FROM_0 / 10000 ** np.array([0, 1]))


@by_hand("rope-all-features", problem="rope, interleaved", step="Q_rotated")
def all_turned(known: Known) -> Matrix:
    """All six features turned with their neighbours, by the exponents 2i/6."""
    return turn_neighbours(known["Q"], COUNTED_FROM_0 / 10000 ** np.array([0, 2 / 6, 4 / 6]))


@by_hand("rope-partial-exponent", problem="rope, interleaved", step="Q_rotated")
def exponents_of_the_whole_width(known: Known) -> Matrix:
    """Four features turned, by the exponents 2i/6 instead of 2i/4."""
    return turn_first_4(known["Q"], COUNTED_FROM_0 / 10000 ** np.array([0, 2 / 6]))


@by_hand("rope-before-heads", problem="rope, heads", step="Q_rotated")
def turned_before_the_split(known: Known) -> Matrix:
    """X W_q turned with its twelve features, then split into three heads of four."""
    exponents = np.array([0, 2, 4, 6, 8, 10]) / 12
    turned = turn_halves(known["X"] @ known["W_q"], COUNTED_FROM_0 / 10000**exponents)
    return np.stack([turned[:, :4], turned[:, 4:8], turned[:, 8:]])


@by_hand("rope-positions-from-1", problem="rope", step="Q_rotated")
def turned_from_1(known: Known) -> Matrix:
    """p = 1, 2, 3 for Q."""
    return turn_halves(known["Q"], COUNTED_FROM_1 / 100 ** np.array([0, 2 / 6, 4 / 6]))


@by_hand("rope-positions-from-1", problem="rope", step="scores")
def queries_turned_from_1(known: Known) -> Matrix:
    """p = 1, 2, 3 for the queries, and 0, 1, 2, 3 for the keys."""
    frequencies = 1 / 100 ** np.array([0, 2 / 6, 4 / 6])
    queries = turn_halves(known["Q"], COUNTED_FROM_1 * frequencies)
    return queries @ turn_halves(known["K"], np.arange(4.0)[:, None] * frequencies).T


@by_hand("rope-positions-from-1", problem="rope, cache", step="K_rotated")
def keys_turned_on_from_3(known: Known) -> Matrix:
    """p = 3, 4, 5 for the keys after two cached keys."""
    return turn_halves(known["K"], COUNTED_ON_FROM_3 / 10000 ** np.array([0, 0.5]))


@by_hand("rope-without-past", problem="rope, cache", step="K_rotated")
def turned_from_0_after_two(known: Known) -> Matrix:
    """p = 0, 1, 2, though two tokens are cached."""
    return turn_halves(known["K"], ROPE_OF_4)


@by_hand("rope-on-values", problem="rope, heads", step="heads")
def values_turned(known: Known) -> Matrix:
    """The weights times V, each head of which is rotated as Q is."""
    V = known["X"] @ known["W_v"]
    heads = [turn_halves(V[:, first : first + 4], ROPE_OF_4) for first in (0, 4, 8)]
    return np.stack([known["weights"][head] @ heads[head] for head in range(3)])


# Distances. Three heads have the slopes 2⁻⁴ and 2⁻⁸ of two heads, then the first of four, 2⁻².

DISTANCE = np.array([[0.0, 1, 2, 3], [1, 0, 1, 2], [2, 1, 0, 1], [3, 2, 1, 0]])
BEFORE = np.array([[0.0, -1, -2, -3], [1, 0, -1, -2], [2, 1, 0, -1], [3, 2, 1, 0]])


def sloped(*slopes: float) -> Matrix:
    """Return −slope · |i − j| of four tokens, for heads with these slopes."""
    return np.stack([-slope * DISTANCE for slope in slopes])


@by_hand("alibi-missing", problem="alibi", step="masked")
def no_distances(known: Known) -> Matrix:
    """The scaled scores as they are."""
    return known["scores"] / 2.0


@by_hand("alibi-missing", problem="alibi, causal", step="masked")
def no_distances_before_the_query(known: Known) -> Matrix:
    """The scaled scores as they are, where a key does not come after the query."""
    return np.where(np.tri(4) == 1, known["scores"] / 2.0, -np.inf)


@by_hand("alibi-sign", problem="alibi", step="position")
def distances_added(_: Known) -> Matrix:
    """+slope · |i − j|."""
    return sloped(-(2**-4), -(2**-8), -(2**-2))


@by_hand("alibi-no-absolute", problem="alibi", step="position")
def differences(_: Known) -> Matrix:
    """−slope · (i − j)."""
    return np.stack([-(2.0**-4) * BEFORE, -(2.0**-8) * BEFORE, -(2.0**-2) * BEFORE])


@by_hand("alibi-no-absolute", problem="alibi, cache", step="position")
def differences_after_two(_: Known) -> Matrix:
    """−2⁻⁸ · (i + 2 − j), because two of the five keys are cached."""
    return -(2.0**-8) * np.array([[2, 1, 0, -1, -2], [3, 2, 1, 0, -1], [4, 3, 2, 1, 0]])


@by_hand("alibi-slope-shift", problem="alibi, cache", step="position")
def slope_of_1(_: Known) -> Matrix:
    """One head of slope 2⁰ for 2⁻⁸; two of the five keys are cached."""
    return np.array([[-2.0, -1, 0, -1, -2], [-3, -2, -1, 0, -1], [-4, -3, -2, -1, 0]])


@by_hand("alibi-slope-shift", problem="alibi, four heads", step="position")
def slopes_from_0(_: Known) -> Matrix:
    """2⁰, 2⁻², 2⁻⁴ and 2⁻⁶ for 2⁻², 2⁻⁴, 2⁻⁶ and 2⁻⁸."""
    return sloped(1, 2**-2, 2**-4, 2**-6)


@by_hand("alibi-slope-shift", problem="alibi", step="position")
def slopes_of_two_lists_from_0(_: Known) -> Matrix:
    """2⁰ and 2⁻⁴ of two heads, counted from 0, then 2⁰ of four heads."""
    return sloped(1, 2**-4, 1)


@by_hand("alibi-non-pow2", problem="alibi", step="position")
def thirds(_: Known) -> Matrix:
    """2^(−8h/3)."""
    return sloped(2 ** (-8 / 3), 2 ** (-16 / 3), 2**-8)


@by_hand("alibi-next-power", problem="alibi", step="position")
def slopes_of_four_heads(_: Known) -> Matrix:
    """The first three slopes of four heads."""
    return sloped(2**-2, 2**-4, 2**-6)


@by_hand("alibi-same-slope", problem="alibi", step="position")
def one_slope(_: Known) -> Matrix:
    """The slope of the first head, three times."""
    return sloped(2**-4, 2**-4, 2**-4)


@by_hand("alibi-same-slope", problem="alibi, four heads", step="position")
def one_slope_of_four(_: Known) -> Matrix:
    """The slope of the first head, four times."""
    return sloped(2**-2, 2**-2, 2**-2, 2**-2)


@by_hand("alibi-slopes-reversed", problem="alibi", step="position")
def slopes_reversed(_: Known) -> Matrix:
    """The slopes from the last head to the first."""
    return sloped(2**-2, 2**-8, 2**-4)


@by_hand("alibi-slopes-sorted", problem="alibi", step="position")
def slopes_falling(_: Known) -> Matrix:
    """2⁻², 2⁻⁴, 2⁻⁸: the three slopes, the largest first."""
    return sloped(2**-2, 2**-4, 2**-8)


@by_hand("alibi-without-past", problem="alibi, cache", step="position")
def cached_tokens_not_counted(_: Known) -> Matrix:
    """|i − j| times −2⁻⁸, with i from 0 though two of the five keys are cached."""
    distance = np.array([[0.0, 1, 2, 3, 4], [1, 0, 1, 2, 3], [2, 1, 0, 1, 2]])
    return -(2.0**-8) * distance
