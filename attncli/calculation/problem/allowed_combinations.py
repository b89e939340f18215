"""The combinations of input matrices that a problem may have."""

from __future__ import annotations

from collections.abc import Set as AbstractSet

from attncli.errors import ProblemError
from attncli.words import in_words

PROJECTIONS = {"Q": "W_q", "K": "W_k", "V": "W_v"}
BIASES = {"b_q": "W_q", "b_k": "W_k", "b_v": "W_v", "b_o": "W_o"}


def check_given(given: AbstractSet[str], score: str) -> None:
    """Raise ProblemError if matrices are missing, or if two of them are alternatives.

    `given` are the names of all matrices, without W_qkv and b_qkv; `score` is the scoring function.
    """
    if score == "additive":
        _check_names_of_d2l(given)
    _check_projected_once(given)
    _check_all_projections(given)
    _check_one_source(given)
    _check_queries_and_keys(given)
    _check_companions(given)
    _check_past(given)


def _are(names: list[str]) -> str:
    return f"{in_words(names)} {'are' if len(names) > 1 else 'is'}"


def _check_names_of_d2l(given: AbstractSet[str]) -> None:
    names = [name for name in ("W_q", "W_k", "W_v") if name in given]
    if names and {"Q", "K"} <= given:
        raise ProblemError(
            f"{_are(names)} given beside Q and K, but these weights project X.",
            "Additive scoring has the weights W_a (for queries), U_a (for keys) and v_a: "
            "D2L's W_q, W_k and w_v.",
            tuple(names),
        )


def _check_projected_once(given: AbstractSet[str]) -> None:
    for result, weight in PROJECTIONS.items():
        if {result, weight} <= given:
            raise ProblemError(
                f"{result} and {weight} are given: {result} can be an input or be projected from X "
                f"by {weight}, but not both.",
                "Leave out one of them.",
                (result, weight),
            )


def _check_all_projections(given: AbstractSet[str]) -> None:
    present = [weight for weight in PROJECTIONS.values() if weight in given]
    missing = [weight for weight in PROJECTIONS.values() if weight not in given]
    if present and missing:
        raise ProblemError(
            f"{_are(present)} given without {in_words(missing)}: W_q, W_k and W_v belong together.",
            f"Give {in_words(missing)} too; an identity matrix changes nothing.",
            tuple(present),
        )
    if present and "X" not in given:
        raise ProblemError(
            f"X is missing: {in_words(present)} project X.",
            "Give X, or Q, K and V instead of the weights.",
            tuple(present),
        )


def _check_one_source(given: AbstractSet[str]) -> None:
    direct = [name for name in PROJECTIONS if name in given]
    if direct and "X" in given:
        raise ProblemError(
            f"{_are(direct)} given beside X, but queries, keys and values come from X.",
            f"Leave out X, or {in_words(direct)}.",
            (*direct, "X"),
        )
    if "memory" in given and "X" not in given:
        raise ProblemError(
            "memory is given without X: memory gives the keys and values for the queries of X.",
            "Give X, or Q, K and V instead of memory.",
            ("memory",),
        )


def _check_queries_and_keys(given: AbstractSet[str]) -> None:
    if "X" in given:
        return
    if not given:
        raise ProblemError(
            "no matrix is given: there is nothing to attend to.", "Give X, or Q and K (and V)."
        )
    missing = [name for name in ("Q", "K") if name not in given]
    if missing:
        raise ProblemError(
            f"{_are(missing)} missing: scores need queries and keys.",
            f"Give {in_words(missing)}, or X, from which both come.",
            tuple(given),
        )


def _check_companions(given: AbstractSet[str]) -> None:
    for bias, weight in BIASES.items():
        if bias in given and weight not in given:
            raise ProblemError(
                f"{bias} is given without {weight}: a bias is added to a projection.",
                f"Give {weight} too, or leave out {bias}.",
                (bias,),
            )
    if "W_o" in given and not {"X", "V"} & given:
        raise ProblemError(
            "W_o is given without V: W_o projects the output, which needs V.",
            "Give V, or leave out W_o.",
            ("W_o",),
        )


def _check_past(given: AbstractSet[str]) -> None:
    has_values = bool({"X", "V"} & given)
    if "V_past" in given and not has_values:
        message = "V_past is given without V: without V, the calculation ends with the weights."
        raise ProblemError(message, "Give V, or leave out V_past.", ("V_past",))
    for one, other in (("K_past", "V_past"), ("V_past", "K_past")):
        if one in given and other not in given and (has_values or one == "V_past"):
            message = f"{one} is given without {other}: each earlier key needs a value."
            raise ProblemError(message, f"Give {other} too, or leave out {one}.", (one,))
