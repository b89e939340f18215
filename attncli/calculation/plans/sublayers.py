"""The sublayers of a Transformer other than attention; each has a plan of its own."""

from __future__ import annotations

from attncli.calculation.algebra.plan import Plan, Steps
from attncli.calculation.operations.activations import ACTIVATIONS, Activate, Gate
from attncli.calculation.operations.norm_operations import Mean, MeanSquare, Standardise, Variance
from attncli.calculation.operations.normalisers import Softmax
from attncli.calculation.operations.pointwise import Add
from attncli.calculation.operations.projections import Project
from attncli.calculation.problem.problem import Problem
from attncli.errors import ProblemError


def feed_forward(problem: Problem) -> Plan:
    """Return the plan of activation(X W_1 + b_1) W_2 + b_2 (Vaswani et al. 2017, 3.3).

    A gated activation is activation(X W_1 + b_1) ⊙ (X W_3 + b_3) instead. Raises ProblemError if a
    weight is missing.
    """
    steps = Steps(problem.layout, problem.axes, problem.roles)
    activation = ACTIVATIONS[problem.choices.activation]
    for weight in ("W_1", "W_2", *(["W_3"] if activation.gated else [])):
        if weight not in steps:
            message = f"there is no {weight}: {activation.name} needs it in a feed-forward."
            raise ProblemError(message, f"Give {weight}.", (weight, "activation"))
    hidden = steps.add("hidden", linear(steps, "X", "1"))
    if activation.gated:
        gate = steps.add("gate", linear(steps, "X", "3"))
        activated = steps.add("activated", Gate(hidden, gate, activation.name))
    else:
        activated = steps.add("activated", Activate(hidden, activation.name))
    steps.add("output", linear(steps, activated, "2"))
    return steps.plan()


def linear(steps: Steps, source: str, number: str) -> Project:
    """Return the operation source W + b for W_1, W_2 or W_3; the bias is left out if missing."""
    bias = f"b_{number}"
    return Project(source, f"W_{number}", bias if bias in steps else None)


def add_and_norm(problem: Problem) -> Plan:
    """Return the plan of LayerNorm(X + sublayer), over each token's features.

    This is the norm after a sublayer of Vaswani et al. 2017, 3.1. Without the input `sublayer`, as
    in a norm before a sublayer, X itself is normalised. If `norm_kind` is rms, no mean is
    subtracted (Zhang & Sennrich 2019).
    """
    steps = Steps(problem.layout, problem.axes, problem.roles)
    source = steps.add("sum", Add("X", "sublayer")) if "sublayer" in steps else "X"
    mean, is_sample = None, False
    if problem.choices.norm_kind == "rms":
        variance = steps.add("mean_square", MeanSquare(source))
    else:
        mean, is_sample = steps.add("mean", Mean(source)), problem.convention.sample_variance
        variance = steps.add("variance", Variance(source, mean, is_sample))
    gamma, beta = (name if name in steps else None for name in ("gamma", "beta"))
    eps, is_outside = problem.choices.eps, problem.convention.eps_outside
    norm = Standardise(source, mean, variance, gamma, beta, eps, is_outside, is_sample)
    steps.add("output", norm)
    return steps.plan()


def output_head(problem: Problem) -> Plan:
    """Return the plan of softmax(X W_out + b_out): after the last layer, a probability per word."""
    steps = Steps(problem.layout, problem.axes, problem.roles)
    logits = steps.add("logits", Project("X", "W_out", "b_out" if "b_out" in steps else None))
    steps.add("output", Softmax(logits))
    return steps.plan()
