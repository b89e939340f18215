"""The choices of a problem, in a document or as options: one entry each in `CHOICES`."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

from attncli.calculation.problem.choice_values import (
    as_it_is,
    cap,
    eps,
    factor,
    fill,
    labels,
    lengths,
    one_of,
    position,
    temperature,
    text,
    whole_number,
    yes_or_no,
)
from attncli.errors import ProblemError
from attncli.records import record


@record(frozen=True)
class Choice:
    """A choice: how its value is shown, what it means, and how it is read.

    `read` takes the value as a document or an option gives it, and raises ValueError, with what
    was expected, for anything else. `values` are all it may be, where they can be listed.
    """

    metavar: str
    help: str
    read: Callable[[object], Any]
    values: Callable[[], Collection[str]] = tuple
    aliases: tuple[str, ...] = ()
    is_option: bool = True


def _scores() -> Collection[str]:
    from attncli.calculation.scoring.functions import SCORING

    return SCORING


def _normalisers() -> Collection[str]:
    from attncli.calculation.operations.normalisers import NORMALISERS

    return NORMALISERS


def _layouts() -> Collection[str]:
    from attncli.calculation.algebra.layouts import LAYOUTS

    return LAYOUTS


MASK_KINDS = {
    "keep": "1 may be attended",
    "drop": "1 may not be attended",
    "add": "the numbers are added to the scores",
}


def _mask_kinds() -> Collection[str]:
    return MASK_KINDS


def _mask_rules() -> Collection[str]:
    from attncli.calculation.masks.rules import MASKS

    return MASKS


def _positions() -> Collection[str]:
    from attncli.calculation.positions.schemes import POSITIONS

    return POSITIONS


def _conventions() -> Collection[str]:
    from attncli.calculation.conventions import CONVENTIONS

    return CONVENTIONS


def _activations() -> Collection[str]:
    from attncli.calculation.operations.activations import ACTIVATIONS

    return ACTIVATIONS


def _layers() -> Collection[str]:
    return ("encoder", "decoder", "transformer")


def _norms() -> Collection[str]:
    return ("post", "pre")


def _norm_kinds() -> Collection[str]:
    return ("layer", "rms")


def _dtypes() -> Collection[str]:
    return ("float64", "float32", "float16")


CHOICES: dict[str, Choice] = {
    "score": Choice(
        "NAME", "Scoring function (default: scaled).", one_of(_scores), _scores, ("scoring",)
    ),
    "heads": Choice("N", "Number of heads.", whole_number, aliases=("num_heads", "n_heads")),
    "kv_heads": Choice(
        "N",
        "Number of heads of keys and values, shared by those of queries (default: heads).",
        whole_number,
        aliases=("num_kv_heads", "n_kv_heads", "kv_num_heads", "num_key_value_heads"),
    ),
    "scale": Choice("NUMBER|none", "Factor the scores are multiplied by.", factor),
    "softcap": Choice("NUMBER|none", "Soft cap c of the scores: c tanh(s / c).", cap),
    "normaliser": Choice(
        "NAME",
        "What makes weights of scores (default: softmax).",
        one_of(_normalisers),
        _normalisers,
        ("normalizer",),
    ),
    "temperature": Choice(
        "NUMBER", "What is normalised is divided by this (default: 1).", temperature
    ),
    "mask": Choice("MASK", "A mask; repeat to combine several.", as_it_is, _mask_rules),
    "masks": Choice("LIST", "Several masks, combined.", as_it_is, is_option=False),
    "mask_kind": Choice(
        "KIND", "What the cells of a mask matrix mean.", one_of(_mask_kinds), _mask_kinds
    ),
    "fill": Choice("NUMBER", "Score of what may not be attended (default: -inf).", fill),
    "cache_lens": Choice(
        "N,N,...",
        "K and V are a cache; in each batch entry its first N keys are filled.",
        lengths,
        aliases=("nonpad_kv_seqlen",),
    ),
    "position": Choice("KIND", "How tokens are told where they stand.", position, _positions),
    "layout": Choice(
        "NAME", "How matrices are written (default: rows).", one_of(_layouts), _layouts
    ),
    "dtype": Choice("TYPE", "float64 (default), float32 or float16.", one_of(_dtypes), _dtypes),
    "softmax_dtype": Choice(
        "TYPE", "Precision of the softmax alone (default: dtype).", one_of(_dtypes), _dtypes
    ),
    "convention": Choice(
        "NAME",
        "What is meant where frameworks differ (default: paper).",
        one_of(_conventions),
        _conventions,
    ),
    "layer": Choice(
        "NAME", "A Transformer layer instead of one attention.", one_of(_layers), _layers
    ),
    "norm": Choice(
        "NAME", "Normalise after each sublayer (post, default) or before.", one_of(_norms), _norms
    ),
    "norm_kind": Choice(
        "NAME", "Layer normalisation (default) or rms.", one_of(_norm_kinds), _norm_kinds
    ),
    "eps": Choice("NUMBER", "Added to the variance (default: 1e-5).", eps),
    "activation": Choice(
        "NAME", "In the feed-forward (default: relu).", one_of(_activations), _activations
    ),
    "scale_embeddings": Choice(
        "true|false", "Multiply the embeddings by √d_model first.", yes_or_no
    ),
    "tokens": Choice("LABELS", "Labels of the queries: 'I,love,math'.", labels),
    "memory_tokens": Choice("LABELS", "Labels of the keys, where they differ.", labels),
    "title": Choice("TEXT", "A line above the tables.", text),
    "note": Choice("TEXT", "A line below the title.", text),
}


def read_choice(name: str, value: object) -> Any:
    """The value of a choice. Raises ProblemError with what was expected for anything else."""
    try:
        return CHOICES[name].read(value)
    except ValueError as error:
        raise ProblemError(f"{name} is {value!r}: {error}.", names=(name,)) from None
