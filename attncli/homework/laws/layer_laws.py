"""Laws that must hold for any layer: for norms, residual sums, feed-forward and final softmax."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from attncli.calculation.operations.activations import ACTIVATIONS
from attncli.calculation.operations.normalisers import Softmax
from attncli.homework.answers.answer import AnswerMatrix
from attncli.homework.answers.tolerance import Numbers
from attncli.homework.laws.law import BrokenCells, SublayerAnswer, differing, law, rounding

LARGEST_USUAL_EPS = 1e-3  # if the user gives none
STEEPEST = 1.2  # the largest slope of an activation is below this


@law
def sum_is_the_residual(answer: SublayerAnswer) -> BrokenCells:
    """norm_2.sum is norm_1.output plus the output of the sublayer between them, and so on."""
    sublayer, _, number = answer.scope.removesuffix(".").rpartition("_")
    if sublayer.rpartition(".")[2] != "norm":
        raise KeyError("norm_")
    layer = answer.layer
    total = answer["sum"]
    is_decoder = any(name.startswith(("cross.", "norm_3.")) for name in layer)
    added = layer["cross.output" if is_decoder and number == "2" else "ffn.output"]
    source = layer[f"norm_{int(number) - 1}.output"]
    distance = rounding(total) + rounding(source) + rounding(added)
    return differing(total.values, source.values + added.values, distance)


@law
def mean_is_that_of_the_sum(answer: SublayerAnswer) -> BrokenCells:
    """mean is the mean of the features of each token of sum."""
    mean, total = answer["mean"], answer["sum"]
    expected = total.values.mean(axis=-1, keepdims=True)
    return differing(_column(mean), expected, rounding(mean) + rounding(total))


@law
def variance_is_that_of_the_sum(answer: SublayerAnswer) -> BrokenCells:
    """variance is the mean squared distance from the mean of each token of sum.

    It may be divided by one less than the number of features, as some programs do.
    """
    variance, total = answer["variance"], answer["sum"]
    distances = total.values - total.values.mean(axis=-1, keepdims=True)
    size = distances.shape[-1]
    squares = np.square(distances).sum(axis=-1, keepdims=True)
    step = 2 * rounding(total)
    distance = rounding(variance) + 2 * (2 * step * np.abs(distances).max(axis=-1, keepdims=True))
    distance = distance + 2 * step * step
    broken = differing(_column(variance), squares / size, distance)
    if size > 1:
        broken &= differing(_column(variance), squares / (size - 1), distance)
    return broken


@law
def mean_square_is_that_of_the_sum(answer: SublayerAnswer) -> BrokenCells:
    """mean_square is the mean of the squares of each token of sum."""
    mean_square, total = answer["mean_square"], answer["sum"]
    expected = np.square(total.values).mean(axis=-1, keepdims=True)
    step = rounding(total)
    largest = np.abs(total.values).max(axis=-1, keepdims=True)
    distance = rounding(mean_square) + 2 * step * largest + step * step
    return differing(_column(mean_square), expected, distance)


def _column(answered: AnswerMatrix) -> Numbers:
    """A column of one number per token, even if it was written as a row."""
    values = answered.values
    return values.swapaxes(-1, -2) if values.shape[-2] == 1 else values


@law
def norm_has_one_gamma_and_beta(answer: SublayerAnswer) -> BrokenCells:
    """In a norm's output each feature has one gamma and one beta, the same for all tokens.

    So a feature is one linear function of (sum − mean) / √(variance + eps), or in RMSNorm of sum
    over the root of the mean square; of three tokens or more, each lies on the line of two others.
    """
    output, total = answer["output"], answer["sum"]
    has_mean = "mean" in answer or "variance" in answer
    if output.values.shape != total.values.shape or has_mean == ("mean_square" in answer):
        raise KeyError("mean")
    rows = total.values.reshape(-1, total.values.shape[-1])
    results = output.values.reshape(rows.shape)
    centred = rows - rows.mean(axis=-1, keepdims=True) if has_mean else rows
    squares = np.square(centred).mean(axis=-1, keepdims=True)
    if (squares == 0).any():
        raise KeyError("variance")
    slack = 2 * rounding(total) / np.sqrt(squares)
    if answer.assumptions.eps is None:
        slack = slack + np.abs(centred) * squares**-1.5 * LARGEST_USUAL_EPS
    tried = [
        _cells_off_line(
            centred / divisor,
            results,
            slack * (1 + np.abs(centred / divisor)),
            rounding(output),
        )
        for divisor in _divisors(squares, rows.shape[-1], answer.assumptions.eps or 0)
    ]
    broken = next((broken for broken in tried if not broken.any()), tried[0])
    return broken.reshape(total.values.shape)


def _divisors(squares: Numbers, size: int, eps: float) -> Iterator[Numbers]:
    """The divisors of norms, up to a factor for all tokens: eps under the root, or added after it.

    The variance of a sample differs by one factor for all tokens, but its eps does not.
    """
    for share in (1.0, (size - 1) / size if size > 1 else 1.0):
        yield np.sqrt(squares + eps * share)
        yield np.sqrt(squares) + eps * np.sqrt(share)


def _cells_off_line(
    standard: Numbers, results: Numbers, slack: Numbers, step: float
) -> BrokenCells:
    """True for cells that do not lie on the line between the lowest and the highest of a column."""
    columns = np.arange(standard.shape[-1])
    low, high = standard.argmin(axis=0), standard.argmax(axis=0)
    width = standard[high, columns] - standard[low, columns]
    is_wide = width > 20 * slack.max(axis=0)
    slope = (results[high, columns] - results[low, columns]) / np.where(is_wide, width, 1)
    line = results[low, columns] + slope * (standard - standard[low, columns])
    distance = 4 * (step + np.abs(slope) * slack.max(axis=0))
    return np.asarray(is_wide & differing(results, line, np.broadcast_to(distance, line.shape)))


@law
def activated_is_the_activation(answer: SublayerAnswer) -> BrokenCells:
    """activated is the activation (by default relu) of hidden, times gate if there is one."""
    activated, hidden = answer["activated"], answer["hidden"]
    activation = ACTIVATIONS[answer.assumptions.activation]
    expected = np.asarray(activation.apply(hidden.values), dtype=np.float64)
    step = STEEPEST * rounding(hidden)
    if not activation.gated and "gate" not in answer:
        return differing(activated.values, expected, rounding(activated) + step)
    gate = answer["gate"]
    distance = step * np.abs(gate.values) + np.abs(expected) * rounding(gate)
    return differing(activated.values, expected * gate.values, rounding(activated) + distance)


@law
def output_is_the_softmax_of_logits(answer: SublayerAnswer) -> BrokenCells:
    """After logits, output is the softmax of the logits of each token, which sums to 1."""
    output, logits = answer["output"], answer["logits"]
    with np.errstate(all="ignore"):
        expected = np.asarray(Softmax("logits").apply(logits.values), dtype=np.float64)
    return differing(output.values, expected, rounding(output) + rounding(logits))
