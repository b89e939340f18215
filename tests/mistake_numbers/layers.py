"""Mistakes in layers, in numbers that do not come from the catalogue."""

from __future__ import annotations

import math

import numpy as np

from tests.mistake_numbers.registry import Known, Matrix, by_hand, softmax, sparsemax

# eps is 0.3 in the problems "encoder" and "encoder, annotated", and 1e-5 in all others.


def standard(x: Matrix, eps: float) -> Matrix:
    """Return each token less its mean, over the root of its variance plus eps."""
    centred = x - x.mean(-1, keepdims=True)
    return centred / np.sqrt(x.var(-1, keepdims=True) + eps)


def over_root_mean_square(x: Matrix, eps: float) -> Matrix:
    """Return each token over the root of the mean of its squares plus eps."""
    return x / np.sqrt((x**2).mean(-1, keepdims=True) + eps)


def learned(known: Known, norm: str, standardised: Matrix) -> Matrix:
    """Return the normed tokens x times the norm's gamma, plus its beta."""
    return standardised * known[f"{norm}.gamma"] + known[f"{norm}.beta"]


# Residual sums, and the side of them on which the norm stands.


@by_hand("no-residual", problem="encoder", step="norm_1.sum")
@by_hand("no-residual", problem="encoder, pre", step="self.sum")
def result_of_attention_alone(known: Known) -> Matrix:
    """The result of self-attention."""
    return known["self.output"]


@by_hand("no-residual", problem="encoder, pre", step="output")
def result_of_the_feed_forward_alone(known: Known) -> Matrix:
    """The result of the feed-forward."""
    return known["ffn.output"]


@by_hand("residual-wrong-source", problem="encoder", step="norm_2.sum")
def sum_with_the_embeddings(known: Known) -> Matrix:
    """The result of the feed-forward plus the embeddings, √4 X + positions."""
    return 2.0 * known["X"] + known["position"] + known["ffn.output"]


@by_hand("residual-wrong-source", problem="encoder, pre", step="output")
@by_hand("residual-wrong-source", problem="decoder", step="norm_3.sum")
def sum_with_the_input_of_the_layer(known: Known) -> Matrix:
    """The result of the feed-forward plus X."""
    return known["X"] + known["ffn.output"]


@by_hand("residual-wrong-source", problem="decoder", step="norm_2.sum")
def sum_of_cross_attention_with_the_input_of_the_layer(known: Known) -> Matrix:
    """The result of cross-attention plus X."""
    return known["X"] + known["cross.output"]


@by_hand("residual-wrong-source", problem="transformer", step="encoder.layers.2.norm_2.sum")
def sum_with_the_input_of_the_second_layer(known: Known) -> Matrix:
    """The result of the second feed-forward plus the output of the first layer."""
    return known["encoder.layers.1.output"] + known["encoder.layers.2.ffn.output"]


@by_hand("residual-unnormed", problem="encoder", step="norm_2.sum")
def sum_with_tokens_before_the_norm(known: Known) -> Matrix:
    """The result of the feed-forward plus the first sum, before its norm."""
    return known["embedded"] + known["self.output"] + known["ffn.output"]


@by_hand("residual-unnormed", problem="transformer", step="encoder.layers.2.norm_1.sum")
def sum_with_tokens_before_the_norm_of_the_first_layer(known: Known) -> Matrix:
    """The result of the second attention plus the last sum of the first layer, before its norm."""
    return known["encoder.layers.1.norm_2.sum"] + known["encoder.layers.2.self.output"]


@by_hand("prenorm-residual-normed", problem="encoder, pre", step="self.sum")
def sum_with_normed_tokens(known: Known) -> Matrix:
    """LN(X) plus the result of self-attention."""
    return learned(known, "norm_1", standard(known["X"], 1e-5)) + known["self.output"]


@by_hand("prenorm-residual-normed", problem="encoder, rms", step="output")
def sum_with_tokens_over_their_root_mean_square(known: Known) -> Matrix:
    """RMSNorm of the first sum, plus the result of the feed-forward."""
    x = over_root_mean_square(known["self.sum"], 1e-5)
    return learned(known, "norm_2", x) + known["ffn.output"]


@by_hand("norm-before-add", problem="encoder", step="norm_1.output")
def sum_with_a_normed_result(known: Known) -> Matrix:
    """The embeddings plus the normed result of self-attention."""
    return known["embedded"] + learned(known, "norm_1", standard(known["self.output"], 0.3))


@by_hand("norm-before-add", problem="decoder", step="norm_2.output")
def sum_with_a_normed_result_of_cross_attention(known: Known) -> Matrix:
    """The result of the first norm, plus the result of cross-attention through the second norm."""
    x = standard(known["cross.output"], 1e-5)
    return known["norm_1.output"] + learned(known, "norm_2", x)


@by_hand("prenorm-for-post", problem="encoder", step="self.Q")
def queries_of_normed_tokens(known: Known) -> Matrix:
    """LN(x) W_q + b_q of the embeddings x, with the first norm."""
    x = learned(known, "norm_1", standard(known["embedded"], 0.3))
    return x @ known["self.W_q"] + known["self.b_q"]


@by_hand("prenorm-for-post", problem="encoder", step="ffn.hidden")
def hidden_numbers_of_normed_tokens(known: Known) -> Matrix:
    """LN(x) W_1 + b_1 of the first norm's result x, with the second norm."""
    x = learned(known, "norm_2", standard(known["norm_1.output"], 0.3))
    return x @ known["ffn.W_1"] + known["ffn.b_1"]


@by_hand("prenorm-for-post", problem="encoder", step="norm_1.output")
def sum_without_a_norm_behind(known: Known) -> Matrix:
    """The embeddings plus the result of self-attention."""
    return known["embedded"] + known["self.output"]


@by_hand("postnorm-for-pre", problem="encoder, pre", step="self.sum")
def normed_sum(known: Known) -> Matrix:
    """LN of the sum of X and the result of self-attention, with the first norm."""
    return learned(known, "norm_1", standard(known["X"] + known["self.output"], 1e-5))


@by_hand("postnorm-for-pre", problem="encoder, rms", step="self.sum")
def sum_over_its_root_mean_square(known: Known) -> Matrix:
    """RMSNorm of the sum of X and the result of self-attention."""
    x = over_root_mean_square(known["X"] + known["self.output"], 1e-5)
    return learned(known, "norm_1", x)


@by_hand("postnorm-for-pre", problem="encoder, pre", step="norm_1.output")
@by_hand("postnorm-for-pre", problem="encoder, rms", step="norm_1.output")
@by_hand("no-norm", problem="encoder, pre", step="norm_1.output")
@by_hand("no-norm", problem="encoder, rms", step="norm_1.output")
def tokens_without_a_norm_before(known: Known) -> Matrix:
    """X."""
    return known["X"]


# The mean and the variance of a token, or its mean square.


@by_hand("ln-axis", problem="encoder", step="norm_1.mean")
def means_of_features(known: Known) -> Matrix:
    """A row of the means of four features, each over three tokens."""
    first, second, third = known["norm_1.sum"]
    return np.array([(first + second + third) / 3.0])


@by_hand("ln-axis", problem="encoder", step="norm_1.variance")
def squared_deviations_of_features(known: Known) -> Matrix:
    """A row of the means of the squares over three tokens, each less its own mean."""
    first, second, third = (known["norm_1.sum"] - known["norm_1.mean"]) ** 2
    return np.array([(first + second + third) / 3.0])


@by_hand("ln-axis", problem="encoder, rms", step="norm_1.mean_square")
def mean_squares_of_features(known: Known) -> Matrix:
    """A row of the means of the squares of four features, each over three tokens."""
    first, second, third = known["X"] ** 2
    return np.array([(first + second + third) / 3.0])


@by_hand("ln-axis-all", problem="encoder", step="norm_1.mean")
def mean_of_the_matrix(known: Known) -> Matrix:
    """The mean of all twelve numbers, for each of three tokens."""
    return np.full((3, 1), known["norm_1.sum"].sum() / 12.0)


@by_hand("ln-axis-all", problem="encoder", step="norm_1.variance")
def squared_deviation_of_the_matrix(known: Known) -> Matrix:
    """The mean of the squares of all twelve numbers, each less the mean of its token."""
    squares = (known["norm_1.sum"] - known["norm_1.mean"]) ** 2
    return np.full((3, 1), squares.sum() / 12.0)


@by_hand("ln-axis-all", problem="encoder, rms", step="norm_1.mean_square")
def mean_square_of_the_matrix(known: Known) -> Matrix:
    """The mean of the squares of all twelve numbers, for each of three tokens."""
    return np.full((3, 1), (known["X"] ** 2).sum() / 12.0)


@by_hand("ln-axis", problem="encoder, batch", step="norm_1.mean")
def means_of_features_in_a_batch(known: Known) -> Matrix:
    """The means of the features over the three tokens of each batch entry."""
    return known["norm_1.sum"].sum(1, keepdims=True) / 3.0


@by_hand("ln-axis-all", problem="encoder, batch", step="norm_1.mean")
def mean_of_the_batch(known: Known) -> Matrix:
    """The mean of all 24 numbers, for each token of both entries."""
    return np.full((2, 3, 1), known["norm_1.sum"].sum() / 24.0)


@by_hand("ln-mean-not-divided", problem="encoder, batch", step="norm_1.mean")
@by_hand("ln-mean-not-divided", problem="encoder", step="norm_1.mean")
def sums_of_features(known: Known) -> Matrix:
    """The sum of the features of each token."""
    return known["norm_1.sum"].sum(-1, keepdims=True)


@by_hand("ln-sample-variance", problem="encoder", step="norm_1.variance")
@by_hand("ln-sample-variance", problem="encoder, batch", step="norm_1.variance")
def variances_of_a_sample(known: Known) -> Matrix:
    """The sum of the squared deviations over 3, one less than the number of features."""
    squares = (known["norm_1.sum"] - known["norm_1.mean"]) ** 2
    return squares.sum(-1, keepdims=True) / 3.0


@by_hand("ln-biased-variance", problem="encoder, annotated", step="norm_1.variance")
def variances_of_all_there_are(known: Known) -> Matrix:
    """The sum of the squared deviations over 4, the number of features."""
    squares = (known["X"] - known["norm_1.mean"]) ** 2
    return squares.sum(-1, keepdims=True) / 4.0


@by_hand("ln-variance-uncentred", problem="encoder", step="norm_1.variance")
@by_hand("ln-variance-uncentred", problem="encoder, batch", step="norm_1.variance")
def mean_squares(known: Known) -> Matrix:
    """The sum of the squares of the features themselves, over 4."""
    return (known["norm_1.sum"] ** 2).sum(-1, keepdims=True) / 4.0


@by_hand("ln-mean-square-centred", problem="encoder, rms", step="norm_1.mean_square")
@by_hand("ln-mean-square-centred", problem="encoder, rms, batch", step="norm_1.mean_square")
def variances(known: Known) -> Matrix:
    """The sum of the squares of the features less their mean, over 4."""
    centred = known["X"] - known["X"].mean(-1, keepdims=True)
    return (centred**2).sum(-1, keepdims=True) / 4.0


@by_hand("ln-std-for-variance", problem="encoder", step="norm_1.variance")
def standard_deviations(known: Known) -> Matrix:
    """The root of the variance."""
    return known["norm_1.sum"].std(-1, keepdims=True)


@by_hand("ln-std-for-variance", problem="encoder, annotated", step="norm_1.variance")
def standard_deviations_of_a_sample(known: Known) -> Matrix:
    """The root of the variance, whose sum is divided by 3."""
    return known["X"].std(-1, ddof=1, keepdims=True)


@by_hand("ln-std-for-variance", problem="encoder, rms", step="norm_1.mean_square")
def root_mean_squares(known: Known) -> Matrix:
    """The root of the mean square."""
    return np.sqrt((known["X"] ** 2).mean(-1, keepdims=True))


@by_hand("ln-variance-not-divided", problem="encoder", step="norm_1.variance")
@by_hand("ln-variance-not-divided", problem="encoder, batch", step="norm_1.variance")
def sums_of_squared_deviations(known: Known) -> Matrix:
    """The sum of the squares of the features less their mean."""
    squares = (known["norm_1.sum"] - known["norm_1.mean"]) ** 2
    return squares.sum(-1, keepdims=True)


@by_hand("ln-variance-not-divided", problem="encoder, rms", step="norm_1.mean_square")
def sums_of_squares(known: Known) -> Matrix:
    """The sum of the squares of the features themselves."""
    return (known["X"] ** 2).sum(-1, keepdims=True)


@by_hand("ln-absolute-deviation", problem="encoder", step="norm_1.variance")
@by_hand("ln-absolute-deviation", problem="encoder, batch", step="norm_1.variance")
def mean_distances(known: Known) -> Matrix:
    """The sum of the distances of the features from their mean, over 4."""
    distances = abs(known["norm_1.sum"] - known["norm_1.mean"])
    return distances.sum(-1, keepdims=True) / 4.0


# The terms that a norm subtracts and divides by; x is the norm's input.


@by_hand("no-norm", problem="encoder", step="output")
def sum_as_it_is(known: Known) -> Matrix:
    """The result of the first norm plus the result of the feed-forward."""
    return known["norm_1.output"] + known["ffn.output"]


@by_hand("ln-mean-not-subtracted", problem="encoder", step="norm_1.output")
def not_centred(known: Known) -> Matrix:
    """x / √(variance + 0.3)."""
    x = known["norm_1.sum"]
    return learned(known, "norm_1", x / np.sqrt(x.var(-1, keepdims=True) + 0.3))


@by_hand("ln-mean-not-subtracted", problem="encoder, annotated", step="norm_1.output")
def not_centred_with_eps_outside(known: Known) -> Matrix:
    """x / (√variance + 0.3), with the variance over 3, one less than the number of features."""
    x = known["X"]
    deviation = np.sqrt(x.var(-1, ddof=1, keepdims=True))
    return learned(known, "norm_1", x / (deviation + 0.3))


@by_hand("ln-mean-subtracted", problem="encoder, rms", step="norm_1.output")
@by_hand("ln-mean-subtracted", problem="encoder, rms, batch", step="norm_1.output")
def centred_over_the_root_mean_square(known: Known) -> Matrix:
    """(x − mean) / √(mean square + 1e-5)."""
    x = known["X"]
    root = np.sqrt((x**2).mean(-1, keepdims=True) + 1e-5)
    return learned(known, "norm_1", (x - x.mean(-1, keepdims=True)) / root)


@by_hand("ln-for-rms", problem="encoder, rms", step="norm_1.output")
@by_hand("ln-for-rms", problem="encoder, rms, batch", step="norm_1.output")
def layer_norm_for_another(known: Known) -> Matrix:
    """(x − mean) / √(variance + 1e-5)."""
    return learned(known, "norm_1", standard(known["X"], 1e-5))


@by_hand("rms-for-ln", problem="encoder", step="norm_1.output")
def rms_norm_for_another(known: Known) -> Matrix:
    """x / √(mean square + 0.3)."""
    return learned(known, "norm_1", over_root_mean_square(known["norm_1.sum"], 0.3))


@by_hand("rms-for-ln", problem="encoder, annotated", step="norm_1.output")
def rms_norm_with_eps_outside(known: Known) -> Matrix:
    """x / (√mean square + 0.3)."""
    x = known["X"]
    return learned(known, "norm_1", x / (np.sqrt((x**2).mean(-1, keepdims=True)) + 0.3))


def over(known: Known, norm: str, x: str, divisor: Matrix) -> Matrix:
    """Return the norm of x with another divisor: (x − mean) / divisor, times gamma, plus beta."""
    centred = known[x] - known[x].mean(-1, keepdims=True)
    return learned(known, norm, centred / divisor)


@by_hand("ln-not-divided", problem="encoder", step="norm_1.output")
def centred_alone(known: Known) -> Matrix:
    """x − mean."""
    return over(known, "norm_1", "norm_1.sum", np.ones((3, 1)))


@by_hand("ln-not-divided", problem="encoder, rms", step="norm_1.output")
def not_divided_by_the_root_mean_square(known: Known) -> Matrix:
    """X itself, times gamma, plus beta."""
    return learned(known, "norm_1", known["X"])


@by_hand("ln-no-root", problem="encoder", step="norm_1.output")
def over_the_variance(known: Known) -> Matrix:
    """(x − mean) / (variance + 0.3)."""
    variance = known["norm_1.sum"].var(-1, keepdims=True)
    return over(known, "norm_1", "norm_1.sum", variance + 0.3)


@by_hand("ln-no-root", problem="encoder, rms", step="norm_1.output")
def over_the_mean_square(known: Known) -> Matrix:
    """x / (mean square + 1e-5)."""
    x = known["X"]
    return learned(known, "norm_1", x / ((x**2).mean(-1, keepdims=True) + 1e-5))


@by_hand("ln-power", problem="encoder", step="norm_1.output")
def over_the_squared_variance(known: Known) -> Matrix:
    """(x − mean) / (variance + 0.3)²."""
    variance = known["norm_1.sum"].var(-1, keepdims=True)
    return over(known, "norm_1", "norm_1.sum", (variance + 0.3) * (variance + 0.3))


@by_hand("ln-power-root", problem="encoder", step="norm_1.output")
def over_the_fourth_root(known: Known) -> Matrix:
    """(x − mean) / √(√variance + 0.3)."""
    deviation = known["norm_1.sum"].std(-1, keepdims=True)
    return over(known, "norm_1", "norm_1.sum", np.sqrt(deviation + 0.3))


# eps, gamma and beta.


@by_hand("ln-eps-outside", problem="encoder", step="norm_1.output")
def eps_added_to_the_root(known: Known) -> Matrix:
    """(x − mean) / (√variance + 0.3)."""
    deviation = known["norm_1.sum"].std(-1, keepdims=True)
    return over(known, "norm_1", "norm_1.sum", deviation + 0.3)


@by_hand("ln-eps-inside", problem="encoder, annotated", step="norm_1.output")
def eps_added_to_the_variance(known: Known) -> Matrix:
    """(x − mean) / √(variance + 0.3), with the variance of a sample."""
    variance = known["X"].var(-1, ddof=1, keepdims=True)
    return over(known, "norm_1", "X", np.sqrt(variance + 0.3))


@by_hand("ln-eps-missing", problem="encoder", step="norm_1.output")
def without_eps(known: Known) -> Matrix:
    """(x − mean) / √variance."""
    return over(known, "norm_1", "norm_1.sum", known["norm_1.sum"].std(-1, keepdims=True))


@by_hand("ln-eps-missing", problem="encoder, annotated", step="norm_1.output")
def without_eps_beside_the_root(known: Known) -> Matrix:
    """(x − mean) / √variance, with the variance of a sample."""
    return over(known, "norm_1", "X", known["X"].std(-1, ddof=1, keepdims=True))


@by_hand("ln-eps-usual", problem="encoder", step="norm_1.output")
def usual_eps(known: Known) -> Matrix:
    """(x − mean) / √(variance + 0.00001)."""
    return learned(known, "norm_1", standard(known["norm_1.sum"], 0.00001))


@by_hand("ln-eps-usual", problem="encoder, annotated", step="norm_1.output")
def usual_eps_beside_the_root(known: Known) -> Matrix:
    """(x − mean) / (√variance + 0.00001), with the variance of a sample."""
    deviation = known["X"].std(-1, ddof=1, keepdims=True)
    return over(known, "norm_1", "X", deviation + 0.00001)


@by_hand("ln-gamma-missing", problem="encoder", step="norm_1.output")
def without_gamma(known: Known) -> Matrix:
    """(x − mean) / √(variance + 0.3) + beta."""
    return standard(known["norm_1.sum"], 0.3) + known["norm_1.beta"]


@by_hand("ln-gamma-missing", problem="encoder, rms", step="norm_1.output")
def without_gamma_over_the_root_mean_square(known: Known) -> Matrix:
    """x / √(mean square + 1e-5) + beta."""
    return over_root_mean_square(known["X"], 1e-5) + known["norm_1.beta"]


@by_hand("ln-beta-missing", problem="encoder", step="norm_1.output")
def without_beta(known: Known) -> Matrix:
    """(x − mean) / √(variance + 0.3) times gamma."""
    return standard(known["norm_1.sum"], 0.3) * known["norm_1.gamma"]


@by_hand("ln-gamma-beta-missing", problem="encoder", step="norm_1.output")
def without_gamma_and_beta(known: Known) -> Matrix:
    """(x − mean) / √(variance + 0.3)."""
    return standard(known["norm_1.sum"], 0.3)


@by_hand("ln-gamma-beta-swapped", problem="encoder", step="norm_1.output")
def gamma_for_beta(known: Known) -> Matrix:
    """(x − mean) / √(variance + 0.3) times beta, plus gamma."""
    return standard(known["norm_1.sum"], 0.3) * known["norm_1.beta"] + known["norm_1.gamma"]


@by_hand("ln-gamma-plus-1", problem="encoder", step="norm_1.output")
def one_more_than_gamma(known: Known) -> Matrix:
    """(x − mean) / √(variance + 0.3) times 1 + gamma, plus beta."""
    x = standard(known["norm_1.sum"], 0.3)
    return x + x * known["norm_1.gamma"] + known["norm_1.beta"]


@by_hand("ln-beta-before-gamma", problem="encoder", step="norm_1.output")
def beta_added_first(known: Known) -> Matrix:
    """The sum of (x − mean) / √(variance + 0.3) and beta, times gamma."""
    x = standard(known["norm_1.sum"], 0.3)
    return (x + known["norm_1.beta"]) * known["norm_1.gamma"]


# Activations.


def relu(x: Matrix) -> Matrix:
    """The larger of 0 and x."""
    return np.where(x > 0, x, 0)


def erf(x: Matrix) -> Matrix:
    """The error function of each number."""
    return np.array([math.erf(number) for number in x.flat]).reshape(x.shape)


def gelu(x: Matrix) -> Matrix:
    """x (1 + erf(x / √2)) / 2."""
    return x * (1 + erf(x / math.sqrt(2))) / 2


def gelu_by_tanh(x: Matrix) -> Matrix:
    """x (1 + tanh(√(2/π) (x + 0.044715 x³))) / 2."""
    return x * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3))) / 2


def sigmoid(x: Matrix) -> Matrix:
    """1 / (1 + exp(−x))."""
    return 1 / (1 + np.exp(-x))


def silu(x: Matrix) -> Matrix:
    """x / (1 + exp(−x))."""
    return x / (1 + np.exp(-x))


# The feed-forward. "encoder" has ReLU, "encoder, pre" GELU and "encoder, rms" SwiGLU.


@by_hand("ffn-of-input", problem="encoder", step="ffn.hidden")
def hidden_numbers_of_the_embeddings(known: Known) -> Matrix:
    """The embeddings times W_1, plus b_1."""
    return known["embedded"] @ known["ffn.W_1"] + known["ffn.b_1"]


@by_hand("ffn-of-input", problem="decoder", step="ffn.hidden")
def hidden_numbers_of_the_decoders_input(known: Known) -> Matrix:
    """X W_1 + b_1."""
    return known["X"] @ known["ffn.W_1"] + known["ffn.b_1"]


@by_hand("ffn-of-input", problem="encoder, rms", step="ffn.hidden")
def hidden_numbers_of_the_first_norm(known: Known) -> Matrix:
    """The result of the first norm, which also enters self-attention, times W_1, plus b_1."""
    return known["norm_1.output"] @ known["ffn.W_1"] + known["ffn.b_1"]


@by_hand("ffn-of-input", problem="encoder, rms", step="ffn.gate")
def gate_of_the_first_norm(known: Known) -> Matrix:
    """The result of the first norm times W_3, plus b_3."""
    return known["norm_1.output"] @ known["ffn.W_3"] + known["ffn.b_3"]


@by_hand("ffn-of-layer-input", problem="encoder, rms", step="ffn.hidden")
@by_hand("ffn-of-layer-input", problem="encoder, pre", step="ffn.hidden")
def hidden_numbers_before_any_norm(known: Known) -> Matrix:
    """X W_1 + b_1."""
    return known["X"] @ known["ffn.W_1"] + known["ffn.b_1"]


@by_hand("ffn-weights-swapped", problem="encoder, square", step="ffn.hidden")
def second_weight_first(known: Known) -> Matrix:
    """x W_2 + b_2."""
    return known["norm_1.output"] @ known["ffn.W_2"] + known["ffn.b_2"]


@by_hand("ffn-weights-swapped", problem="encoder, square", step="ffn.output")
def first_weight_last(known: Known) -> Matrix:
    """The activation times W_1, plus b_1."""
    return known["ffn.activated"] @ known["ffn.W_1"] + known["ffn.b_1"]


@by_hand("ffn-linear", problem="encoder", step="ffn.activated")
@by_hand("ffn-linear", problem="encoder, pre", step="ffn.activated")
def not_activated(known: Known) -> Matrix:
    """The hidden numbers."""
    return known["ffn.hidden"]


@by_hand("ffn-linear", problem="encoder, rms", step="ffn.activated")
def not_activated_times_the_gate(known: Known) -> Matrix:
    """The hidden numbers times the gate."""
    return known["ffn.hidden"] * known["ffn.gate"]


@by_hand("ffn-activation-last", problem="encoder", step="ffn.output")
def relu_behind_both_products(known: Known) -> Matrix:
    """ReLU of W_2 applied to the hidden numbers, plus b_2."""
    return relu(known["ffn.hidden"] @ known["ffn.W_2"] + known["ffn.b_2"])


@by_hand("ffn-activation-last", problem="encoder, pre", step="ffn.output")
def gelu_behind_both_products(known: Known) -> Matrix:
    """GELU of W_2 applied to the hidden numbers, plus b_2."""
    return gelu(known["ffn.hidden"] @ known["ffn.W_2"] + known["ffn.b_2"])


@by_hand("ffn-activation-twice", problem="encoder", step="ffn.output")
def relu_once_more(known: Known) -> Matrix:
    """ReLU of W_2 applied to the ReLU of the hidden numbers, plus b_2."""
    return relu(relu(known["ffn.hidden"]) @ known["ffn.W_2"] + known["ffn.b_2"])


@by_hand("ffn-activation-twice", problem="encoder, pre", step="ffn.output")
def gelu_once_more(known: Known) -> Matrix:
    """GELU of W_2 applied to the GELU of the hidden numbers, plus b_2."""
    return gelu(gelu(known["ffn.hidden"]) @ known["ffn.W_2"] + known["ffn.b_2"])


@by_hand("ffn-bias-after-activation", problem="encoder", step="ffn.activated")
def relu_before_the_bias(known: Known) -> Matrix:
    """ReLU of x W_1, plus b_1."""
    return relu(known["norm_1.output"] @ known["ffn.W_1"]) + known["ffn.b_1"]


@by_hand("ffn-bias-after-activation", problem="encoder, pre", step="ffn.activated")
def gelu_before_the_bias(known: Known) -> Matrix:
    """GELU of x W_1, plus b_1."""
    return gelu(known["norm_2.output"] @ known["ffn.W_1"]) + known["ffn.b_1"]


@by_hand("swiglu-gate-swapped", problem="encoder, rms", step="ffn.activated")
def silu_of_the_gate(known: Known) -> Matrix:
    """SiLU of the gate, times the hidden numbers."""
    return silu(known["ffn.gate"]) * known["ffn.hidden"]


@by_hand("swiglu-gate-missing", problem="encoder, rms", step="ffn.activated")
def silu_without_a_gate(known: Known) -> Matrix:
    """SiLU of the hidden numbers."""
    return silu(known["ffn.hidden"])


@by_hand("swiglu-gate-added", problem="encoder, rms", step="ffn.activated")
def silu_plus_the_gate(known: Known) -> Matrix:
    """SiLU of the hidden numbers, plus the gate."""
    return silu(known["ffn.hidden"]) + known["ffn.gate"]


@by_hand("swiglu-silu-of-both", problem="encoder, rms", step="ffn.activated")
def silu_of_the_product(known: Known) -> Matrix:
    """SiLU of the hidden numbers times the gate."""
    return silu(known["ffn.hidden"] * known["ffn.gate"])


# Wrong activations, and slips in each activation.


@by_hand("relu-instead", problem="encoder, pre", step="ffn.activated")
@by_hand("relu-instead", problem="encoder, silu", step="ffn.activated")
def relu_for_another(known: Known) -> Matrix:
    """ReLU of the hidden numbers."""
    return relu(known["ffn.hidden"])


@by_hand("relu-instead", problem="encoder, rms", step="ffn.activated")
def relu_times_the_gate(known: Known) -> Matrix:
    """ReLU of the hidden numbers, times the gate."""
    return relu(known["ffn.hidden"]) * known["ffn.gate"]


@by_hand("gelu-instead", problem="encoder", step="ffn.activated")
@by_hand("gelu-instead", problem="encoder, silu", step="ffn.activated")
def gelu_for_another(known: Known) -> Matrix:
    """GELU of the hidden numbers."""
    return gelu(known["ffn.hidden"])


@by_hand("gelu-instead", problem="encoder, rms", step="ffn.activated")
def gelu_times_the_gate(known: Known) -> Matrix:
    """GELU of the hidden numbers, times the gate."""
    return gelu(known["ffn.hidden"]) * known["ffn.gate"]


@by_hand("gelu-tanh-instead", problem="encoder", step="ffn.activated")
@by_hand("gelu-tanh-instead", problem="encoder, silu", step="ffn.activated")
def gelu_by_tanh_for_another(known: Known) -> Matrix:
    """The approximation of GELU by tanh, of the hidden numbers."""
    return gelu_by_tanh(known["ffn.hidden"])


@by_hand("gelu-tanh-instead", problem="encoder, rms", step="ffn.activated")
def gelu_by_tanh_times_the_gate(known: Known) -> Matrix:
    """The approximation of GELU by tanh, times the gate."""
    return gelu_by_tanh(known["ffn.hidden"]) * known["ffn.gate"]


@by_hand("silu-instead", problem="encoder", step="ffn.activated")
@by_hand("silu-instead", problem="encoder, pre", step="ffn.activated")
def silu_for_another(known: Known) -> Matrix:
    """SiLU of the hidden numbers."""
    return silu(known["ffn.hidden"])


@by_hand("gelu-by-sigmoid", problem="encoder, pre", step="ffn.activated")
@by_hand("gelu-by-sigmoid", problem="encoder, tanh", step="ffn.activated")
def gelu_by_a_sigmoid(known: Known) -> Matrix:
    """x / (1 + exp(−1.702 x))."""
    x = known["ffn.hidden"]
    return x / (1 + np.exp(-1.702 * x))


@by_hand("gelu-no-root", problem="encoder, pre", step="ffn.activated")
def gelu_without_its_root(known: Known) -> Matrix:
    """x (1 + erf(x)) / 2."""
    x = known["ffn.hidden"]
    return x * (1 + erf(x)) / 2


@by_hand("gelu-not-halved", problem="encoder, pre", step="ffn.activated")
def gelu_not_halved(known: Known) -> Matrix:
    """x (1 + erf(x / √2))."""
    x = known["ffn.hidden"]
    return x * (1 + erf(x / math.sqrt(2)))


@by_hand("gelu-not-halved", problem="encoder, tanh", step="ffn.activated")
def gelu_by_tanh_not_halved(known: Known) -> Matrix:
    """x (1 + tanh(√(2/π) (x + 0.044715 x³)))."""
    x = known["ffn.hidden"]
    return x + x * np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3))


@by_hand("gelu-cdf-alone", problem="encoder, pre", step="ffn.activated")
def share_below_alone(known: Known) -> Matrix:
    """(1 + erf(x / √2)) / 2."""
    return (1 + erf(known["ffn.hidden"] / math.sqrt(2))) / 2


@by_hand("silu-without-x", problem="encoder, silu", step="ffn.activated")
@by_hand("sigmoid-for-activation", problem="encoder", step="ffn.activated")
@by_hand("sigmoid-for-activation", problem="encoder, pre", step="ffn.activated")
def sigmoid_for_another(known: Known) -> Matrix:
    """1 / (1 + exp(−x))."""
    return sigmoid(known["ffn.hidden"])


@by_hand("silu-without-x", problem="encoder, rms", step="ffn.activated")
def sigmoid_times_the_gate(known: Known) -> Matrix:
    """1 / (1 + exp(−x)), times the gate."""
    return sigmoid(known["ffn.hidden"]) * known["ffn.gate"]


@by_hand("silu-sign", problem="encoder, silu", step="ffn.activated")
def silu_without_its_sign(known: Known) -> Matrix:
    """x / (1 + exp(x))."""
    x = known["ffn.hidden"]
    return x / (1 + np.exp(x))


@by_hand("silu-sign", problem="encoder, rms", step="ffn.activated")
def silu_without_its_sign_times_the_gate(known: Known) -> Matrix:
    """x / (1 + exp(x)), times the gate."""
    x = known["ffn.hidden"]
    return x / (1 + np.exp(x)) * known["ffn.gate"]


@by_hand("tanh-for-activation", problem="encoder", step="ffn.activated")
def tanh_for_another(known: Known) -> Matrix:
    """The hyperbolic tangent of the hidden numbers."""
    return np.tanh(known["ffn.hidden"])


@by_hand("tanh-for-activation", problem="encoder, rms", step="ffn.activated")
def tanh_times_the_gate(known: Known) -> Matrix:
    """The hyperbolic tangent of the hidden numbers, times the gate."""
    return np.tanh(known["ffn.hidden"]) * known["ffn.gate"]


@by_hand("relu-kept-negatives", problem="encoder", step="ffn.activated")
def negative_numbers_kept(known: Known) -> Matrix:
    """The hidden numbers below 0; 0 for the others."""
    return np.where(known["ffn.hidden"] < 0, known["ffn.hidden"], 0)


@by_hand("relu-absolute", problem="encoder", step="ffn.activated")
def signs_lost(known: Known) -> Matrix:
    """The hidden numbers without their signs."""
    return abs(known["ffn.hidden"])


# Stacks: the memory of the decoder, and its predictions.


@by_hand("memory-unencoded", problem="transformer", step="decoder.layers.1.cross.K")
def keys_of_the_embeddings(known: Known) -> Matrix:
    """The encoder's embeddings, X + positions, times W_k of the first layer."""
    embedded = known["encoder.X"] + known["encoder.position"]
    return embedded @ known["decoder.layers.1.cross.W_k"]


@by_hand("memory-unencoded", problem="transformer", step="decoder.layers.2.cross.V")
def values_of_the_embeddings(known: Known) -> Matrix:
    """The encoder's embeddings, X + positions, times W_v of the second layer."""
    embedded = known["encoder.X"] + known["encoder.position"]
    return embedded @ known["decoder.layers.2.cross.W_v"]


@by_hand("memory-layer-by-layer", problem="transformer", step="decoder.layers.1.cross.K")
def keys_of_the_first_layer(known: Known) -> Matrix:
    """The result of the encoder's first layer, times W_k of the decoder's first layer."""
    return known["encoder.layers.1.output"] @ known["decoder.layers.1.cross.W_k"]


@by_hand("memory-layer-by-layer", problem="transformer", step="decoder.layers.2.cross.V")
def values_of_the_second_layer(known: Known) -> Matrix:
    """The result of the encoder's second layer before its final norm, times W_v."""
    return known["encoder.layers.2.output"] @ known["decoder.layers.2.cross.W_v"]


def without_later_keys(scores: Matrix) -> Matrix:
    """Return the scores, with −inf for each key after its query."""
    is_later = np.triu(np.ones(scores.shape[-2:], dtype=np.bool_), 1)
    return np.where(is_later, -np.inf, scores)


@by_hand("causal-unasked", problem="wide", step="weights")
@by_hand("causal-unasked", problem="three heads", step="weights")
def softmax_of_earlier_keys(known: Known) -> Matrix:
    """Softmax of the scores of the keys j ≤ i."""
    return softmax(without_later_keys(known["scaled"]))


@by_hand("causal-unasked", problem="encoder", step="self.weights")
def softmax_of_earlier_keys_in_a_layer(known: Known) -> Matrix:
    """Softmax of the scores of the keys j ≤ i, in the heads of an encoder."""
    return softmax(without_later_keys(known["self.scaled"]))


@by_hand("causal-unasked", problem="sink", step="weights")
def softmax1_of_earlier_keys(known: Known) -> Matrix:
    """Exponentials of the scores of the keys j ≤ i over 1 + their sum, at the temperature 0.5."""
    powers = np.exp(without_later_keys(known["scaled"]) / 0.5)
    return powers / (1 + powers.sum(-1, keepdims=True))


@by_hand("causal-unasked", problem="sparsemax, unmasked", step="weights")
def sparsemax_of_earlier_keys(known: Known) -> Matrix:
    """Sparsemax of the scores of the keys j ≤ i."""
    return sparsemax(without_later_keys(known["scaled"]))


@by_hand("causal-unasked", problem="sigmoid", step="weights")
def sigmoids_of_earlier_keys(known: Known) -> Matrix:
    """1 / (1 + exp(−s)) of the keys j ≤ i; 0 for the later ones."""
    return np.tril(1 / (1 + np.exp(-known["scaled"])))


@by_hand("softmax-missing", problem="wide", step="weights")
def scaled_scores(known: Known) -> Matrix:
    """Q Kᵀ / √3."""
    return known["Q"] @ known["K"].T / math.sqrt(3.0)


@by_hand("softmax-missing", problem="causal", step="weights")
def masked_scores(known: Known) -> Matrix:
    """Q Kᵀ / √3, with −inf for hidden keys."""
    return without_later_keys(known["Q"] @ known["K"].T / math.sqrt(3.0))


@by_hand("softmax-missing", problem="transformer", step="output")
def logits(known: Known) -> Matrix:
    """The decoder's output times W_out, plus b_out."""
    return known["decoder.output"] @ known["W_out"] + known["b_out"]
