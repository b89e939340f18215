"""Mistakes in how fast the waves of sinusoids are: the power of 10000."""

from __future__ import annotations

import numpy as np

from attncli.calculation.algebra.layouts import Array
from attncli.calculation.positions.position_operations import Sinusoids
from attncli.homework.mistakes.mistake import Scene, mistake
from attncli.homework.mistakes.positions.waves import BASE, sinusoids, waves, with_angles
from attncli.records import replace


@mistake("pe-double-index", "10000^(4i/d)", Sinusoids)
def pe_double_index(scene: Scene) -> Array | None:
    """The exponent was doubled twice: 2i/d with i the even column, which is 2i already.

    Let i count pairs of columns, 0, 1, 2, …: the columns 2i and 2i + 1 have the exponent 2i/d.

    A loop over the even columns has the factor 2 in its index; doubled again, the waves become
    longer twice as fast, and the last columns hardly differ between tokens.
    """
    return waves(scene, lambda pair, side, width, base: base ** (-4 * pair / width))


@mistake("pe-double-index-own", "10000^(2c/d) in column c", Sinusoids)
def pe_double_index_own(scene: Scene) -> Array | None:
    """Each column has twice its own number in the exponent, sines and cosines alike.

    Let i count pairs of columns: the columns 2i and 2i + 1 share the exponent 2i/d.

    Sine and cosine of one wave make a pair; of two waves they no longer turn into each other when
    the position moves on.
    """
    return waves(scene, lambda pair, side, width, base: base ** (-2 * (2 * pair + side) / width))


@mistake("pe-cos-own-exponent", "10000^((2i + 1)/d) for cos", Sinusoids)
def pe_cos_own_exponent(scene: Scene) -> Array | None:
    """The cosines have the exponent of their own column: (2i + 1)/d.

    Give them that of the sine before them: 2i/d.

    Sine and cosine of one wave make a pair; of two waves they no longer turn into each other when
    the position moves on.
    """
    return waves(scene, lambda pair, side, width, base: base ** (-(2 * pair + side) / width))


@mistake("pe-cos-next-pair", "10000^(2(i + 1)/d) for cos", Sinusoids)
def pe_cos_next_pair(scene: Scene) -> Array | None:
    """The cosines have the exponent of the next pair: 2(i + 1)/d.

    Give them that of the sine before them: 2i/d.

    Sine and cosine of one wave make a pair; of two waves they no longer turn into each other when
    the position moves on.
    """
    return waves(scene, lambda pair, side, width, base: base ** (-2 * (pair + side) / width))


@mistake("pe-index-not-doubled", "10000^(i/d)", Sinusoids)
def pe_index_not_doubled(scene: Scene) -> Array | None:
    """The exponent lacks the factor 2: i/d, with i counting pairs.

    Take 2i/d: from 0 in the first pair to nearly 1 in the last.

    Half of all wavelengths are missing: the longest is only the square root of what it should be.
    """
    return waves(scene, lambda pair, side, width, base: base ** (-pair / width))


@mistake("pe-last-exponent-1", "10000^(i/(d/2 − 1))", Sinusoids)
def pe_last_exponent_1(scene: Scene) -> Array | None:
    """The exponents run from 0 to exactly 1: i/(d/2 − 1), with i counting pairs.

    Take 2i/d, which ends before 1.

    tensor2tensor divides so; the paper does not, and the waves differ in every pair but the first.
    """
    width = scene.operands[0].shape[-1]
    if width < 4:
        return None
    return waves(scene, lambda pair, side, width, base: base ** (-pair / (width // 2 - 1)))


@mistake("pe-base", "1000^(2i/d)", Sinusoids)
def pe_base(scene: Scene) -> Array | None:
    """A tenth of the base was used: 1000 for 10000.

    Take the base as it is given, which is 10000 in the paper.

    The base sets the longest wave: with a smaller one far positions are told apart less well.
    """
    angles = sinusoids(scene).angles
    return with_angles(scene, replace(angles, base=angles.base / 10))


@mistake("pe-base-ignored", "10000 for the base that is given", Sinusoids)
def pe_base_ignored(scene: Scene) -> Array | None:
    """The base 10000 was used, though another one is given.

    Take the base of the problem.

    10000 is the paper's choice; the base sets the longest wave.
    """
    angles = sinusoids(scene).angles
    return None if angles.base == BASE else with_angles(scene, replace(angles, base=BASE))


@mistake("pe-inverted", "p · 10000^(2i/d)", Sinusoids)
def pe_inverted(scene: Scene) -> Array | None:
    """The position was multiplied by the power of 10000.

    Divide by it: p / 10000^(2i/d).

    Waves become shorter from pair to pair instead of longer; beyond the first, what they say of
    neighbouring positions is next to random.
    """
    return waves(scene, lambda pair, side, width, base: base ** (2 * pair / width))


@mistake("pe-power-swapped", "p · (2i/d)^(1/10000)", Sinusoids)
def pe_power_swapped(scene: Scene) -> Array | None:
    """Base and exponent changed places: (2i/d)^(1/10000) for (1/10000)^(2i/d).

    Raise 10000 to the power 2i/d, and divide by that.

    A number to the power 1/10000 is nearly 1, and 0 stays 0: all waves but the first are the same.
    """
    return waves(scene, lambda pair, side, width, base: (2 * pair / width) ** (1 / base))


@mistake("pe-precedence", "exp(i · ⌊−ln(10000)/d / 2⌋)", Sinusoids)
def pe_precedence(scene: Scene) -> Array | None:
    """In the program, log(10000) / d // 2 was calculated from left to right, and rounded down.

    Put brackets: exp(−i · log(10000) / (d // 2)).

    // rounds what stands before it to a whole number, here a negative one: −1 for a small fraction.
    """
    return waves(scene, lambda pair, side, width, base: np.exp(pair * (-np.log(base) / width // 2)))


@mistake("pe-integer-division", "10000^0", Sinusoids)
def pe_integer_division(scene: Scene) -> Array | None:
    """The exponent was rounded down to 0, as 2i // d does: every pair is sin(p) and cos(p).

    Divide without rounding: 2i / d.

    With a single wave, which repeats after 6 tokens, positions are not told apart.
    """
    return waves(scene, lambda pair, side, width, base: 1.0)
