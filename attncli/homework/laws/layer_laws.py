"""Laws that must hold for any layer: for norms, residual sums, feed-forward and final softmax."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from attncli.calculation.operations.activations import ACTIVATIONS
from attncli.calculation.operations.normalisers import Softmax
from attncli.homework.answers.answer import AnswerMatrix
from attncli.homework.answers.tolerance import Numbers
from attncli.homework.laws.finding import (
    BrokenCells,
    Finding,
    Index,
    Places,
    compared,
    differing,
    unequal,
)
from attncli.homework.laws.law import (
    NotApplicableError,
    StepMissingError,
    SublayerAnswer,
    law,
    rounding,
)
from attncli.words import differing_texts

LARGEST_USUAL_EPS = 1e-3  # if the user gives none
STEEPEST = 1.2  # the largest slope of an activation is below this


@law("sum")
def sum_is_the_residual(answer: SublayerAnswer) -> Finding:
    """norm_2.sum is norm_1.output plus the output of the sublayer between them, and so on."""
    sublayer, _, number = answer.scope.removesuffix(".").rpartition("_")
    if sublayer.rpartition(".")[2] != "norm" or number not in ("2", "3"):
        raise NotApplicableError
    layer = answer.layer
    total = answer["sum"]
    is_decoder = any(name.startswith(("cross.", "norm_3.")) for name in layer)
    names = (
        f"norm_{int(number) - 1}.output",
        "cross.output" if is_decoder and number == "2" else "ffn.output",
    )
    for name in names:
        if name not in layer:
            raise StepMissingError(answer.layer_scope + name)
    source, added = (layer[name] for name in names)
    distance = rounding(total) + rounding(source) + rounding(added)
    rule = " plus ".join(answer.layer_scope + name for name in names)
    return compared(answer, "sum", source.values + added.values, distance, rule)


@law("mean")
def mean_is_that_of_the_sum(answer: SublayerAnswer) -> Finding:
    """mean is the mean of the features of each token of sum."""
    mean, total = answer["mean"], answer["sum"]
    expected = total.values.mean(axis=-1, keepdims=True)
    broken = differing(_column(mean), expected, rounding(mean) + rounding(total))
    return _of_tokens(answer, "mean", "mean", broken, expected)


def _of_tokens(
    answer: SublayerAnswer, name: str, title: str, broken: BrokenCells, expected: Numbers
) -> Finding:
    """The tokens of sum for which one number, such as the mean, differs from the expected one."""
    places, given = Places(answer, "sum"), _column(answer[name])

    def sentence(index: Index) -> str:
        *leading, token, _ = index
        yours, right = differing_texts(float(given[index]), float(expected[index]))
        text = f"the {title} of {places.token(token)} of {places.step} is {right}, not {yours}."
        return places.begin(leading, text)

    return Finding(broken, sentence)


@law("variance")
def variance_is_that_of_the_sum(answer: SublayerAnswer) -> Finding:
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
    return _of_tokens(answer, "variance", "variance", broken, squares / size)


@law("mean_square")
def mean_square_is_that_of_the_sum(answer: SublayerAnswer) -> Finding:
    """mean_square is the mean of the squares of each token of sum."""
    mean_square, total = answer["mean_square"], answer["sum"]
    expected = np.square(total.values).mean(axis=-1, keepdims=True)
    step = rounding(total)
    largest = np.abs(total.values).max(axis=-1, keepdims=True)
    distance = rounding(mean_square) + 2 * step * largest + step * step
    broken = differing(_column(mean_square), expected, distance)
    return _of_tokens(answer, "mean_square", "mean square", broken, expected)


def _column(answered: AnswerMatrix) -> Numbers:
    """A column of one number per token, even if it was written as a row."""
    values = answered.values
    return values.swapaxes(-1, -2) if values.shape[-2] == 1 else values


@law("output")
def norm_has_one_gamma_and_beta(answer: SublayerAnswer) -> Finding:
    """In a norm's output each feature has one gamma and one beta, the same for all tokens.

    So a feature is one linear function of (sum − mean) / √(variance + eps), or in RMSNorm of sum
    over the root of the mean square; of three tokens or more, each lies on the line of two others.
    """
    if not answer.scope.rpartition("norm_")[1]:
        raise NotApplicableError
    output, total = answer["output"], answer["sum"]
    has_mean = "mean" in answer or "variance" in answer
    if output.values.shape != total.values.shape or has_mean == ("mean_square" in answer):
        raise StepMissingError(f"{answer.scope}mean")
    rows = total.values.reshape(-1, total.values.shape[-1])
    results = output.values.reshape(rows.shape)
    centred = rows - rows.mean(axis=-1, keepdims=True) if has_mean else rows
    squares = np.square(centred).mean(axis=-1, keepdims=True)
    if (squares == 0).any():
        raise NotApplicableError
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
    broken, line = next((found for found in tried if not found[0].any()), tried[0])
    expected = line.reshape(total.values.shape)
    rule = "the number that the gamma and beta of other tokens give"
    return Finding(broken.reshape(expected.shape), unequal(answer, "output", expected, rule))


def _divisors(squares: Numbers, size: int, eps: float) -> Iterator[Numbers]:
    """The divisors of norms, up to a factor for all tokens: eps under the root, or added after it.

    The variance of a sample differs by one factor for all tokens, but its eps does not.
    """
    for share in (1.0, (size - 1) / size if size > 1 else 1.0):
        yield np.sqrt(squares + eps * share)
        yield np.sqrt(squares) + eps * np.sqrt(share)


def _cells_off_line(
    standard: Numbers, results: Numbers, slack: Numbers, step: float
) -> tuple[BrokenCells, Numbers]:
    """The line through the lowest and the highest cell of each column, and the cells off it."""
    columns = np.arange(standard.shape[-1])
    low, high = standard.argmin(axis=0), standard.argmax(axis=0)
    width = standard[high, columns] - standard[low, columns]
    is_wide = width > 20 * slack.max(axis=0)
    slope = (results[high, columns] - results[low, columns]) / np.where(is_wide, width, 1)
    line = results[low, columns] + slope * (standard - standard[low, columns])
    distance = 4 * (step + np.abs(slope) * slack.max(axis=0))
    return np.asarray(is_wide & differing(results, line, distance)), line


@law("activated")
def activated_is_the_activation(answer: SublayerAnswer) -> Finding:
    """activated is the activation (by default relu) of hidden, times gate if there is one."""
    activated, hidden = answer["activated"], answer["hidden"]
    kind = answer.assumptions.activation
    activation = ACTIVATIONS[kind]
    expected = np.asarray(activation.apply(hidden.values), dtype=np.float64)
    distance = np.asarray(STEEPEST * rounding(hidden))
    rule = f"{kind} of {answer.scope}hidden"
    if activation.gated or "gate" in answer:
        gate = answer["gate"]
        distance = distance * np.abs(gate.values) + np.abs(expected) * rounding(gate)
        expected = expected * gate.values
        rule += f" and {answer.scope}gate" if activation.gated else f" times {answer.scope}gate"
    return compared(answer, "activated", expected, rounding(activated) + distance, rule)


@law("output")
def output_is_the_softmax_of_logits(answer: SublayerAnswer) -> Finding:
    """After logits, output is the softmax of the logits of each token, which sums to 1."""
    if "logits" not in answer:
        raise NotApplicableError
    output, logits = answer["output"], answer["logits"]
    with np.errstate(all="ignore"):
        expected = np.asarray(Softmax("logits").apply(logits.values), dtype=np.float64)
    distance = rounding(output) + rounding(logits)
    return compared(answer, "output", expected, distance, f"the softmax of {answer.scope}logits")
