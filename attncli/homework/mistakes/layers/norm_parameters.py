"""Mistakes with what a norm is given: eps, gamma and beta."""

from __future__ import annotations

from attncli.calculation.algebra.layouts import Array
from attncli.calculation.operations.norm_operations import Standardise
from attncli.homework.mistakes.layers.norms import standardise
from attncli.homework.mistakes.mistake import Scene, mistake
from attncli.records import replace

USUAL_EPS = 1e-5


def _with(scene: Scene, gamma: Array | None, beta: Array | None) -> Array:
    """The norm with another gamma and another beta."""
    names = ("gamma" if gamma is not None else None, "beta" if beta is not None else None)
    operation = replace(standardise(scene), gamma=names[0], beta=names[1])
    known = dict(scene.matrices)
    known.update((n, m) for n, m in (("gamma", gamma), ("beta", beta)) if m is not None)
    return operation.apply(*(known[name] for name in operation.operands))


def _gamma_and_beta(scene: Scene) -> tuple[Array | None, Array | None]:
    """Both as they are given; None for what is left out."""
    operation = standardise(scene)
    return (
        scene[operation.gamma] if operation.gamma else None,
        scene[operation.beta] if operation.beta else None,
    )


def _with_eps(scene: Scene, eps: float) -> Array | None:
    """The norm with another eps; None where it is the right one."""
    operation = standardise(scene)
    return None if operation.eps == eps else replace(operation, eps=eps).apply(*scene.operands)


@mistake("ln-eps-outside", "(x − mean) / (√variance + eps)", Standardise)
def ln_eps_outside(scene: Scene) -> Array | None:
    """eps was added to the root.

    Add it to the variance, under the root: √(variance + eps).

    The two differ most where a token's features are nearly equal, which is what eps is for.
    """
    operation = standardise(scene)
    if operation.eps_outside or not operation.eps:
        return None
    return replace(operation, eps_outside=True).apply(*scene.operands)


@mistake("ln-eps-inside", "(x − mean) / √(variance + eps)", Standardise)
def ln_eps_inside(scene: Scene) -> Array | None:
    """eps was added to the variance, under the root.

    By this convention it is added to the root: √variance + eps.

    The two differ most where a token's features are nearly equal; a trained model needs the one
    that it was trained with.
    """
    operation = standardise(scene)
    if not operation.eps_outside or not operation.eps:
        return None
    return replace(operation, eps_outside=False).apply(*scene.operands)


@mistake("ln-eps-missing", "(x − mean) / √variance", Standardise)
def ln_eps_missing(scene: Scene) -> Array | None:
    """eps was left out.

    Add it to the variance: √(variance + eps).

    A token whose features are all equal has the variance 0, and nothing can be divided by that.
    """
    return _with_eps(scene, 0)


@mistake("ln-eps-usual", "eps = 1e-5", Standardise)
def ln_eps_usual(scene: Scene) -> Array | None:
    """eps was taken as 1e-5, which is usual.

    Take the one of this problem.

    Where a token's variance is small, eps decides how far it is enlarged.
    """
    return _with_eps(scene, USUAL_EPS)


@mistake("ln-gamma-missing", "(x − mean) / √(variance + eps) + beta", Standardise)
def ln_gamma_missing(scene: Scene) -> Array | None:
    """gamma was left out.

    Multiply each feature by its gamma after dividing.

    The norm makes all features of one size; gamma lets a model choose other sizes again.
    """
    gamma, beta = _gamma_and_beta(scene)
    return None if gamma is None else _with(scene, None, beta)


@mistake("ln-beta-missing", "gamma (x − mean) / √(variance + eps)", Standardise)
def ln_beta_missing(scene: Scene) -> Array | None:
    """beta was left out.

    Add each feature's beta at the end.

    The norm centres all features at 0; beta lets a model choose another place for each.
    """
    gamma, beta = _gamma_and_beta(scene)
    return None if beta is None else _with(scene, gamma, None)


@mistake("ln-gamma-beta-missing", "(x − mean) / √(variance + eps)", Standardise)
def ln_gamma_beta_missing(scene: Scene) -> Array | None:
    """gamma and beta were left out.

    Multiply each feature by its gamma and add its beta, after dividing.

    The norm makes all features alike; what a model learned about them is in these two.
    """
    gamma, beta = _gamma_and_beta(scene)
    return None if gamma is None or beta is None else _with(scene, None, None)


@mistake("ln-gamma-beta-swapped", "beta (x − mean) / √(variance + eps) + gamma", Standardise)
def ln_gamma_beta_swapped(scene: Scene) -> Array | None:
    """gamma and beta changed places.

    gamma is the factor, beta what is added.

    With beta as the factor, features whose beta is 0 are lost.
    """
    gamma, beta = _gamma_and_beta(scene)
    return None if gamma is None or beta is None else _with(scene, beta, gamma)


@mistake("ln-gamma-plus-1", "(1 + gamma) (x − mean) / √(variance + eps) + beta", Standardise)
def ln_gamma_plus_1(scene: Scene) -> Array | None:
    """1 was added to gamma.

    Multiply by gamma as it is.

    Some models keep gamma less 1, so that weights of 0 change nothing; here it is the factor
    itself.
    """
    gamma, beta = _gamma_and_beta(scene)
    return None if gamma is None else _with(scene, 1 + gamma, beta)


@mistake("ln-beta-before-gamma", "gamma ((x − mean) / √(variance + eps) + beta)", Standardise)
def ln_beta_before_gamma(scene: Scene) -> Array | None:
    """beta was added before multiplying by gamma.

    Multiply first, then add: gamma z + beta.

    Otherwise beta is multiplied by gamma as well.
    """
    gamma, beta = _gamma_and_beta(scene)
    return None if gamma is None or beta is None else _with(scene, gamma, gamma * beta)
