"""Mask rules, which hide keys without a matrix: one entry each in `MASKS`."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, ClassVar, TypeAlias, final

import numpy as np

from attncli.calculation.algebra.layouts import Booleans
from attncli.calculation.conventions import PAPER, Convention
from attncli.errors import ProblemError
from attncli.records import record, replace
from attncli.words import are, count, did_you_mean, shape_text

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from attncli.calculation.algebra.layouts import Axes
    from attncli.calculation.positions.places import First

Numbers: TypeAlias = "NDArray[np.int_] | NDArray[np.int32]"

MOST = 10**9  # keys, and cells of a mask: more than fit into memory
_WHOLE = r"[+-]?\d{1,9}"


def distance(n: int, m: int) -> NDArray[np.int_]:
    """Return j − i for every query i and key j: (n, m)."""
    return np.arange(m) - np.arange(n)[:, None]


class Rule(ABC):
    """A mask that is a rule, not a matrix: it decides the keys that each query may attend.

    Queries and keys are counted from 0. `i` is a column of the numbers of some queries, `j` a row
    of the numbers of some keys; `n` and `m` are the numbers of all queries and all keys.
    """

    # True if the rule hides only keys that come after the query.
    hides_later_only: ClassVar[bool] = False

    def __init_subclass__(cls) -> None:
        """Reset `run` and `hides_later_only` to the defaults if a class changes the rule."""
        own = cls.__dict__
        if "sees" in own and "run" not in own:
            cls.run = Rule.run  # type: ignore[method-assign]
        if ("sees" in own or "run" in own) and "hides_later_only" not in own:
            cls.hides_later_only = False

    @property
    @abstractmethod
    def words(self) -> str:
        """The rule as the user writes it: `causal`, `window:1,1`."""

    @abstractmethod
    def sees(self, i: Numbers, j: Numbers, n: int, m: int) -> Booleans:
        """Return True where query i may attend to key j; it broadcasts to (…, queries, keys)."""

    @final
    def may_attend(self, n: int, m: int) -> Booleans:
        """Return True where a query may attend to a key, for all n queries and all m keys."""
        return self.sees(np.arange(n)[:, None], np.arange(m), n, m)

    def run(self, i: Numbers, n: int, m: int) -> tuple[First, First] | None:
        """Return for each query the first key that it may attend, and the key after the last.

        Both broadcast to (…, queries, 1). If the second is not larger, the query may attend to no
        key. Return None if the keys of a query may have gaps between them.
        """
        return None

    @abstractmethod
    def fit(self, axes: Axes, first: First = 0, convention: Convention = PAPER) -> Rule:
        """Return the rule for scores with these axes, as the convention reads it.

        `first` is the position of the first query; conventions that do not count a cache ignore it.
        Raises ProblemError if the rule does not fit the axes.
        """

    @property
    def entries(self) -> tuple[int, ...]:
        """(b,) if the rule has a length for each of b batch entries; empty if it has not."""
        return ()


class OneRun(Rule):
    """A rule by which the keys of each query have no gaps."""

    @abstractmethod
    def run(self, i: Numbers, n: int, m: int) -> tuple[First, First]:
        """Return for each query the first key that it may attend, and the key after the last."""

    def sees(self, i: Numbers, j: Numbers, n: int, m: int) -> Booleans:
        first, end = self.run(i, n, m)
        return np.asarray((j >= first) & (j < end))


@record(frozen=True)
class Causal(OneRun):
    """Query i sees the keys j ≤ i + first.

    `lower_right`: query i sees the keys j ≤ i + m − n, so the last query sees the last key.
    """

    hides_later_only = True

    lower_right: bool = False
    first: First = 0

    @property
    def words(self) -> str:
        return "causal:lower-right" if self.lower_right else "causal"

    def fit(self, axes: Axes, first: First = 0, convention: Convention = PAPER) -> Causal:
        return replace(self, first=first if convention.counts_cache else 0)

    def diagonal(self, n: int, m: int) -> First:
        """Return the largest j − i at which query i sees key j.

        An array `first` has one position per batch entry, and overrides `lower_right`.
        """
        is_filled = isinstance(self.first, np.ndarray)
        return m - n if self.lower_right and not is_filled else self.first

    def run(self, i: Numbers, n: int, m: int) -> tuple[First, First]:
        return 0, i + self.diagonal(n, m) + 1


@record(frozen=True)
class Window(OneRun):
    """Query i sees the keys from i + first − left to i + first + right; −1 means no bound.

    `counts_itself`: `left` and `right` include the query's own key, as in Keras.
    """

    left: int
    right: int
    counts_itself: bool = False
    first: First = 0

    @property
    def words(self) -> str:
        return f"window:{self.left},{self.right}"

    def fit(self, axes: Axes, first: First = 0, convention: Convention = PAPER) -> Window:
        counts_itself = convention.window_counts_itself
        if counts_itself and 0 in (self.left, self.right):
            message = (
                f"{self.words} is empty: in {convention.name}, LEFT and RIGHT include the query's "
                "own key."
            )
            hint = "Give numbers of at least 1, or -1 for no bound."
            raise ProblemError(message, hint, ("mask", "convention"))
        first = first if convention.counts_cache else 0
        return replace(self, first=first, counts_itself=counts_itself)

    def run(self, i: Numbers, n: int, m: int) -> tuple[First, First]:
        own = i + self.first
        first = 0 if self.left < 0 else own - self.left + self.counts_itself
        end = m if self.right < 0 else own + self.right - self.counts_itself + 1
        return first, end


@record(frozen=True)
class Padding(OneRun):
    """Only the first N keys are real.

    `lengths` is one N, or one N per batch entry (b), or one per batch entry and query (b × n).
    """

    text: str
    lengths: NDArray[np.int_]

    @property
    def words(self) -> str:
        return self.text

    @property
    def entries(self) -> tuple[int, ...]:
        return self.lengths.shape[:1]

    def fit(self, axes: Axes, first: First = 0, convention: Convention = PAPER) -> Padding:
        """Return the rule with its lengths reshaped to the leading axes of the scores."""
        n, m = axes[-2].size, axes[-1].size
        batch = [axis.size for axis in axes[:-2] if axis.name == "batch"]
        entries = batch or [1]
        if self.lengths.max() > m:
            raise ProblemError(
                f"{self.words} counts {self.lengths.max()} real keys, but there {are(m, 'keys')}.",
                f"Give lengths from 0 to {m}.",
                ("cache_lens" if self.words == "cache_lens" else "mask",),
            )
        if self.lengths.ndim == 0:
            return self
        if self.lengths.shape not in ((*entries,), (*entries, n)):
            raise ProblemError(
                f"{self.words} gives {shape_text(self.lengths.shape, 'lengths')}, but the scores "
                f"have {count(entries[0], 'batch entries')} and {count(n, 'queries')}.",
                f"Give one length for all, {count(entries[0], 'lengths')} (one per batch entry), "
                f"or {entries[0]} × {n} lengths (one per query).",
                ("mask",),
            )
        heads = [1 for axis in axes[:-2] if axis.name == "heads"]
        queries = self.lengths.shape[1:] or (1,)
        return Padding(self.words, self.lengths.reshape(*batch, *heads, *queries))

    def run(self, i: Numbers, n: int, m: int) -> tuple[First, First]:
        is_by_query = self.lengths.ndim > 0 and self.lengths.shape[-1] > 1
        lengths = self.lengths[..., i[:, 0]] if is_by_query else self.lengths
        return 0, lengths[..., None]


@record(frozen=True)
class MaskKind:
    """A kind of mask rule: its forms, its help text, and the reader of its argument.

    `read` takes the argument after the colon, or of the JSON object, as words and whole numbers,
    and raises ValueError if the argument is wrong. `likely` returns the rules of this kind that a
    mask (n × m booleans) may be, so that `attncli mask FILE` can recognise them.
    """

    signature: str
    help: str
    read: Callable[[object], Rule]
    likely: Callable[[Booleans], Iterable[Rule]] = lambda opened: ()


def _read_causal(argument: object) -> Causal:
    if argument not in (None, "lower-right"):
        raise ValueError
    return Causal(lower_right=argument == "lower-right")


def _read_window(argument: object) -> Window:
    left, right = _whole_numbers(argument, smallest=-1).reshape(-1)
    return Window(int(left), int(right))


def _read_padding(argument: object) -> Padding:
    lengths = _whole_numbers(argument, smallest=0)
    if lengths.ndim > 2 or not lengths.size:
        raise ValueError
    text = str(lengths.tolist()).replace(" ", "")
    return Padding(f"padding:{text[1:-1] if lengths.ndim == 1 else text}", lengths)


def _likely_causal(opened: Booleans) -> Iterable[Rule]:
    return (Causal(), Causal(lower_right=True))


def _likely_paddings(opened: Booleans) -> Iterable[Rule]:
    return (Padding(f"padding:{k}", np.array(k)) for k in range(opened.shape[-1]))


def _likely_windows(opened: Booleans) -> Iterator[Rule]:
    """Yield the smallest window around the open cells, and the same with one side unbounded."""
    distances = [int(j - i) for i, j in np.argwhere(opened)]
    if distances and min(distances) <= 0 <= max(distances):
        left, right = -min(distances), max(distances)
        yield from (Window(left, right), Window(-1, right), Window(left, -1))


MASKS: dict[str, MaskKind] = {
    "causal": MaskKind(
        "causal, causal:lower-right",
        "query i sees the keys j ≤ i; lower-right aligns the last query with the last key",
        _read_causal,
        _likely_causal,
    ),
    "padding": MaskKind(
        "padding:N, padding:N,N,…",
        "only the first N keys are real; N,N,… is one N per batch entry",
        _read_padding,
        _likely_paddings,
    ),
    "window": MaskKind(
        "window:LEFT,RIGHT",
        "query i sees the keys from i − LEFT to i + RIGHT; −1 means no bound",
        _read_window,
        _likely_windows,
    ),
}


def is_rule(text: str) -> bool:
    """Return True if the text names a kind of mask, and so is not a file."""
    return text.strip().casefold().partition(":")[0] in MASKS


def read_rule(value: object) -> Rule:
    """Read a mask rule such as `causal`, `padding:3`, `{"padding": [3, 2]}`.

    Raises ProblemError if the kind is unknown or its argument is wrong.
    """
    kind, argument = _kind_and_argument(value)
    if kind not in MASKS:
        known = ", ".join(entry.signature for entry in MASKS.values())
        raise ProblemError(
            f"{_quoted(value)} is not a mask{did_you_mean(kind, MASKS)}: known kinds are {known}.",
            "Or give a matrix: a file, or a literal that begins with [.",
            ("mask",),
        )
    try:
        return MASKS[kind].read(argument)
    except ValueError:
        entry = MASKS[kind]
        message = f"the mask {_quoted(value)} cannot be read: write it as {entry.signature}."
        raise ProblemError(message, f"Meaning: {entry.help}.", ("mask",)) from None


def _kind_and_argument(value: object) -> tuple[str, object]:
    """Return the two parts of `padding:3` or {"padding": 3}; the kind is empty if unreadable."""
    if isinstance(value, dict) and len(value) == 1:
        kind, argument = next(iter(value.items()))
        return str(kind), argument
    if not isinstance(value, str):
        return "", None
    kind, colon, text = value.strip().casefold().replace("−", "-").partition(":")
    if not colon:
        return kind, None
    words = [part.strip() for part in text.split(",")]
    parts = [int(word) if re.fullmatch(_WHOLE, word) else word for word in words]
    return kind, parts if len(parts) > 1 else parts[0]


def _quoted(value: object) -> str:
    if isinstance(value, str):
        return repr(value)
    import json

    return json.dumps(value, default=str)


def _whole_numbers(value: object, smallest: int) -> NDArray[np.int_]:
    """Return nested lists of whole numbers as an array. Raises ValueError for anything else."""
    numbers = np.array(value)
    if numbers.dtype.kind != "i" or not ((smallest <= numbers) & (numbers <= MOST)).all():
        raise ValueError
    return numbers
