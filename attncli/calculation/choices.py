"""The choices of a problem, in a document or as options: one entry each in `CHOICES`."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from math import inf, isfinite
from typing import Any

from attncli.errors import ProblemError, did_you_mean, printable
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
    from attncli.calculation.scoring import SCORING

    return SCORING


def _normalisers() -> Collection[str]:
    from attncli.calculation.normalisers import NORMALISERS

    return NORMALISERS


def _layouts() -> Collection[str]:
    from attncli.calculation.layouts import LAYOUTS

    return LAYOUTS


def _mask_kinds() -> Collection[str]:
    from attncli.calculation.masks import MASK_KINDS

    return MASK_KINDS


def _mask_rules() -> Collection[str]:
    from attncli.calculation.masks import MASKS

    return MASKS


def _positions() -> Collection[str]:
    from attncli.calculation.positions import POSITIONS

    return POSITIONS


def _conventions() -> Collection[str]:
    from attncli.calculation.conventions import CONVENTIONS

    return CONVENTIONS


def _activations() -> Collection[str]:
    from attncli.calculation.activations import ACTIVATIONS

    return ACTIVATIONS


def _layers() -> Collection[str]:
    return ("encoder", "decoder", "transformer")


def _norms() -> Collection[str]:
    return ("post", "pre")


def _norm_kinds() -> Collection[str]:
    return ("layer", "rms")


def _dtypes() -> Collection[str]:
    return ("float64", "float32", "float16")


def _one_of(values: Callable[[], Collection[str]]) -> Callable[[object], str]:
    def read(value: object) -> str:
        word = str(value).strip().casefold()
        if word not in values():
            expected = f"it must be {_alternatives(values())}"
            raise ValueError(f"{expected}{did_you_mean(word, values())}")
        return word

    return read


def _alternatives(values: Iterable[str]) -> str:
    *most, last = values
    return f"{', '.join(most)} or {last}"


def _whole_number(value: object) -> int:
    try:
        number = int(value) if isinstance(value, int | str) else int(_number(value))
    except ValueError:
        number = -1
    if number < 1 or isinstance(value, bool) or (isinstance(value, float) and value != number):
        raise ValueError("it must be a whole number of at least 1")
    return number


def _number(value: object, expected: str = "it must be a number") -> float:
    try:
        number = float(value) if isinstance(value, int | float | str) else None
    except (ValueError, OverflowError):
        number = None
    if number is None or isinstance(value, bool):
        raise ValueError(expected)
    return number


def _lengths(value: object) -> tuple[int, ...]:
    """Lengths as a list, as one number, or in one text with commas."""
    parts = value.split(",") if isinstance(value, str) else value
    numbers = parts if isinstance(parts, list | tuple) else [parts]
    expected = "it must be whole numbers from 0, one a batch entry"
    lengths = [_number(number, expected) for number in numbers]
    if not lengths or any(length < 0 or length != int(length) for length in lengths):
        raise ValueError(expected)
    return tuple(map(int, lengths))


def _scale(value: object) -> float:
    """The factor; `none` is 1, which does nothing."""
    if value is None or (isinstance(value, str) and value.strip().casefold() == "none"):
        return 1.0
    expected = "it must be a number, or none"
    factor = _number(value, expected)
    if not isfinite(factor):
        raise ValueError(expected)
    return factor


def _softcap(value: object) -> float | None:
    """The cap; 0 and `none` are no cap."""
    if value is None or (isinstance(value, str) and value.strip().casefold() == "none"):
        return None
    expected = "it must be a number above 0, or none"
    cap = _number(value, expected)
    if not isfinite(cap) or cap < 0:
        raise ValueError(expected)
    return cap or None


def _temperature(value: object) -> float:
    expected = "it must be a finite number above 0"
    temperature = _number(value, expected)
    if not isfinite(temperature) or temperature <= 0:
        raise ValueError(expected)
    return temperature


def _fill(value: object) -> float:
    expected = "it must be a number, or -inf"
    fill = _number(value, expected)
    if not isfinite(fill) and fill != -inf:
        raise ValueError(expected)
    return fill


def _eps(value: object) -> float:
    expected = "it must be a number of at least 0"
    eps = _number(value, expected)
    if not 0 <= eps < inf:
        raise ValueError(expected)
    return eps


def _yes_or_no(value: object) -> bool:
    words = {"true": True, "yes": True, "false": False, "no": False}
    word = str(value).strip().casefold()
    if word not in words:
        raise ValueError("it must be true or false")
    return words[word]


def _labels(value: object) -> tuple[str, ...]:
    """Labels as a list, or in one text with commas (quoted where a label has one)."""
    if isinstance(value, str):
        import csv

        value = next(csv.reader([value], skipinitialspace=True), [])
    if not isinstance(value, list | tuple) or not all(
        isinstance(label, str | int | float) for label in value
    ):
        raise ValueError("it must be a list of labels, or labels with commas between")
    return tuple(printable(str(label)) for label in value)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError("it must be a text")
    return printable(value)


def _position(value: object) -> object:
    """A kind of position; None for none, and for a learned one, which is an input."""
    from attncli.calculation.positions import read_position

    return read_position(value)


def _as_it_is(value: object) -> object:
    return value


CHOICES: dict[str, Choice] = {
    "score": Choice(
        "NAME", "Scoring function (default: scaled).", _one_of(_scores), _scores, ("scoring",)
    ),
    "heads": Choice("N", "Number of heads.", _whole_number, aliases=("num_heads", "n_heads")),
    "kv_heads": Choice(
        "N",
        "Number of heads of keys and values, shared by those of queries (default: heads).",
        _whole_number,
        aliases=("num_kv_heads", "n_kv_heads", "kv_num_heads", "num_key_value_heads"),
    ),
    "scale": Choice("NUMBER|none", "Factor the scores are multiplied by.", _scale),
    "softcap": Choice("NUMBER|none", "Soft cap c of the scores: c tanh(s / c).", _softcap),
    "normaliser": Choice(
        "NAME",
        "What makes weights of scores (default: softmax).",
        _one_of(_normalisers),
        _normalisers,
        ("normalizer",),
    ),
    "temperature": Choice(
        "NUMBER", "What is normalised is divided by this (default: 1).", _temperature
    ),
    "mask": Choice("MASK", "A mask; repeat to combine several.", _as_it_is, _mask_rules),
    "masks": Choice("LIST", "Several masks, combined.", _as_it_is, is_option=False),
    "mask_kind": Choice(
        "KIND", "What the cells of a mask matrix mean.", _one_of(_mask_kinds), _mask_kinds
    ),
    "fill": Choice("NUMBER", "Score of what may not be attended (default: -inf).", _fill),
    "cache_lens": Choice(
        "N,N,...",
        "K and V are a cache; in each batch entry its first N keys are filled.",
        _lengths,
        aliases=("nonpad_kv_seqlen",),
    ),
    "position": Choice("KIND", "How tokens are told where they stand.", _position, _positions),
    "layout": Choice(
        "NAME", "How matrices are written (default: rows).", _one_of(_layouts), _layouts
    ),
    "dtype": Choice("TYPE", "float64 (default), float32 or float16.", _one_of(_dtypes), _dtypes),
    "softmax_dtype": Choice(
        "TYPE", "Precision of the softmax alone (default: dtype).", _one_of(_dtypes), _dtypes
    ),
    "convention": Choice(
        "NAME",
        "What is meant where frameworks differ (default: paper).",
        _one_of(_conventions),
        _conventions,
    ),
    "layer": Choice(
        "NAME", "A Transformer layer instead of one attention.", _one_of(_layers), _layers
    ),
    "norm": Choice(
        "NAME", "Normalise after each sublayer (post, default) or before.", _one_of(_norms), _norms
    ),
    "norm_kind": Choice(
        "NAME", "Layer normalisation (default) or rms.", _one_of(_norm_kinds), _norm_kinds
    ),
    "eps": Choice("NUMBER", "Added to the variance (default: 1e-5).", _eps),
    "activation": Choice(
        "NAME", "In the feed-forward (default: relu).", _one_of(_activations), _activations
    ),
    "scale_embeddings": Choice(
        "true|false", "Multiply the embeddings by √d_model first.", _yes_or_no
    ),
    "tokens": Choice("LABELS", "Labels of the queries: 'I,love,math'.", _labels),
    "memory_tokens": Choice("LABELS", "Labels of the keys, where they differ.", _labels),
    "title": Choice("TEXT", "A line above the tables.", _text),
    "note": Choice("TEXT", "A line below the title.", _text),
}


def read_choice(name: str, value: object) -> Any:
    """The value of a choice. Raises ProblemError with what was expected for anything else."""
    try:
        return CHOICES[name].read(value)
    except ValueError as error:
        raise ProblemError(f"{name} is {value!r}: {error}.", names=(name,)) from None
