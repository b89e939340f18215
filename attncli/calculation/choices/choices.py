"""The choices of a problem, in a document or as options: one attribute of `Choices` each.

A choice knows its default, its reader and its help text. No other module repeats a default.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from math import inf
from typing import TYPE_CHECKING, Any, Generic, TypeVar, overload

from attncli.calculation.choices import choice_values as values
from attncli.calculation.choices.layer_kinds import LAYERS
from attncli.calculation.conventions import CONVENTIONS, PAPER, Convention
from attncli.errors import ProblemError

if TYPE_CHECKING:
    from attncli.calculation.positions.position_schemes import Position

Value = TypeVar("Value")

NORMS = ("post", "pre")
NORM_KINDS = ("layer", "rms")
DTYPES = ("float64", "float32", "float16")
MASK_KINDS = {
    "keep": "1 (true): the query may attend to the key; 0 (false): it may not",
    "drop": "1 (true): the query may not attend to the key; 0 (false): it may",
    "add": "the numbers are added to the scores",
}

# The headings of the help under which the options of choices stand.
OF_CALCULATION, OF_LAYERS = "What is calculated", "Layers"
OF_READING, OF_OUTPUT = "Reading", "Output"
TOPICS = (OF_CALCULATION, OF_LAYERS, OF_READING, OF_OUTPUT)


class Choice(Generic[Value]):
    """A choice: the reader of its value, its default, and its help text.

    `metavar` stands for the value in help; `meaning` is the help text without the default, which
    `otherwise` can replace. `read` takes the value from a document or an option; for a wrong value
    it raises ValueError with the words "it must be …". `values` returns all possible values if they
    can be listed. A choice with `is_option` is also an option of commands, below the heading
    `topic` of their help.

    Choices are descriptors: `Choices.score` is the choice itself, `choices.score` is its value.
    """

    name: str

    def __init__(
        self,
        metavar: str,
        meaning: str,
        read: Callable[[object], Value],
        default: Value,
        values: Callable[[], Collection[str]] = tuple,
        aliases: tuple[str, ...] = (),
        is_option: bool = True,
        otherwise: str = "",
        topic: str = OF_CALCULATION,
    ) -> None:
        self.metavar, self.meaning, self.default = metavar, meaning, default
        self.values, self.aliases, self.is_option = values, aliases, is_option
        self.otherwise = otherwise
        self.understand, self.topic = read, topic

    def __set_name__(self, owner: type[Choices], name: str) -> None:
        self.name = name

    @overload
    def __get__(self, chosen: None, owner: type[Choices]) -> Choice[Value]: ...

    @overload
    def __get__(self, chosen: Choices, owner: type[Choices]) -> Value: ...

    def __get__(self, chosen: Choices | None, owner: type[Choices]) -> Choice[Value] | Value:
        if chosen is None:
            return self
        # `Choices` holds only values that this choice has read, or that a convention sets.
        value: Any = chosen.values.get(self.name, self.default)
        return value  # type: ignore[no-any-return]

    def read(self, value: object) -> Value:
        """Return the value as this choice reads it. Raises ProblemError for a wrong value."""
        try:
            return self.understand(value)
        except ValueError as error:
            raise ProblemError(f"{self.name} is {value!r}: {error}.", names=(self.name,)) from None

    @property
    def help(self) -> str:
        """One sentence of help with the default: `Scoring function (default: scaled).`"""
        shown = self.otherwise or self._shown
        return f"{self.meaning} (default: {shown})." if shown else f"{self.meaning}."

    @property
    def _shown(self) -> str:
        if isinstance(self.default, bool) or not isinstance(self.default, str | float):
            return ""
        is_number = isinstance(self.default, float)
        return f"{self.default:g}".replace("e-0", "e-") if is_number else str(self.default)


def _listed(path: str, registry: str) -> Callable[[], Collection[str]]:
    """Return a function that imports a registry and returns its names."""

    def names() -> Collection[str]:
        from importlib import import_module

        found: Collection[str] = getattr(import_module(f"attncli.calculation.{path}"), registry)
        return found

    return names


def _named(
    meaning: str,
    default: str,
    names: Callable[[], Collection[str]],
    metavar: str = "NAME",
    aliases: tuple[str, ...] = (),
    topic: str = OF_CALCULATION,
) -> Choice[str]:
    """Return a choice of one of several names."""
    read = values.one_of(names)
    return Choice(metavar, meaning, read, default, names, aliases, topic=topic)


class Choices:
    """The choices of one problem.

    The value of a choice is the user's value, else the convention's, else the default. `given` are
    the user's values, as each choice has read them; `framework` is the convention.
    """

    score = _named(
        "Scoring function",
        "scaled",
        _listed("scoring.scoring_functions", "SCORING"),
        aliases=("scoring",),
    )
    heads = Choice[int | None](
        "N", "Number of heads", values.whole_number, None, aliases=("num_heads", "n_heads")
    )
    kv_heads = Choice[int | None](
        "N",
        "Number of key and value heads, if the query heads share them",
        values.whole_number,
        None,
        aliases=("num_kv_heads", "n_kv_heads", "kv_num_heads", "num_key_value_heads"),
        otherwise="heads",
    )
    scale = Choice[float | None](
        "NUMBER|none",
        "Factor for the scores, instead of 1/√d_k in scaled scoring and 1 in other scoring",
        values.factor,
        None,
    )
    softcap = Choice[float | None](
        "NUMBER|none", "Soft cap c: each score s becomes c tanh(s / c)", values.cap, None
    )
    normaliser = _named(
        "Function that turns scores into weights",
        "softmax",
        _listed("operations.normalisers", "NORMALISERS"),
        aliases=("normalizer",),
    )
    temperature = Choice[float](
        "NUMBER", "Divide the scores by this before they are normalised", values.temperature, 1.0
    )
    mask = Choice[object](
        "MASK",
        "Mask rule, or matrix; repeat the option to combine masks",
        values.as_it_is,
        None,
        _listed("masks.mask_rules", "MASKS"),
    )
    masks = Choice[object](
        "LIST", "Several masks, which are combined", values.as_it_is, (), is_option=False
    )
    mask_kind = Choice[str | None](
        "KIND",
        "Meaning of the cells of a mask matrix",
        values.one_of(lambda: MASK_KINDS),
        None,
        lambda: MASK_KINDS,
        topic=OF_READING,
    )
    fill = Choice[float]("NUMBER", "Score that a hidden key gets", values.fill, -inf)
    cache_lens = Choice[tuple[int, ...] | None](
        "N,N,...",
        "K and V are a cache, in which only the first N keys are filled; one N per batch entry",
        values.lengths,
        None,
        aliases=("nonpad_kv_seqlen",),
    )
    position: Choice[Position | None] = Choice(
        "KIND",
        "Positional encoding",
        values.position,
        None,
        _listed("positions.position_schemes", "POSITIONS"),
        otherwise="none",
    )
    layout = _named(
        "Layout of matrices, in input and output",
        "rows",
        _listed("algebra.layouts", "LAYOUTS"),
        topic=OF_READING,
    )
    dtype = _named(f"Type of the numbers: {', '.join(DTYPES)}", DTYPES[0], lambda: DTYPES, "TYPE")
    softmax_dtype = Choice[str | None](
        "TYPE",
        "Type of the numbers in the softmax",
        values.one_of(lambda: DTYPES),
        None,
        lambda: DTYPES,
        otherwise="dtype",
    )
    convention = _named(
        "Framework or paper whose rules hold where they differ",
        PAPER.name,
        lambda: CONVENTIONS,
        topic=OF_READING,
    )
    layer = Choice[str | None](
        "NAME",
        "Calculate a Transformer layer instead of one attention",
        values.one_of(lambda: LAYERS),
        None,
        lambda: LAYERS,
        topic=OF_LAYERS,
    )
    norm = _named(
        "Normalise after each sublayer (post) or before it (pre)",
        NORMS[0],
        lambda: NORMS,
        topic=OF_LAYERS,
    )
    norm_kind = _named(
        f"Kind of norm: {' or '.join(NORM_KINDS)}",
        NORM_KINDS[0],
        lambda: NORM_KINDS,
        topic=OF_LAYERS,
    )
    eps = Choice[float](
        "NUMBER", "Number added to the variance in a norm", values.eps, 1e-5, topic=OF_LAYERS
    )
    activation = _named(
        "Activation in the feed-forward",
        "relu",
        _listed("operations.activations", "ACTIVATIONS"),
        topic=OF_LAYERS,
    )
    scale_embeddings = Choice[bool](
        "true|false",
        "Multiply X, the embeddings, by √d_model first",
        values.yes_or_no,
        False,
        topic=OF_LAYERS,
    )
    tokens = Choice[tuple[str, ...]](
        "LABELS",
        "Labels of the queries, such as 'I,love,math'",
        values.labels,
        (),
        topic=OF_READING,
    )
    memory_tokens = Choice[tuple[str, ...]](
        "LABELS",
        "Labels of the keys, if they differ from the queries",
        values.labels,
        (),
        topic=OF_READING,
    )
    title = Choice[str]("TEXT", "A line above the tables", values.text, "", topic=OF_OUTPUT)
    note = Choice[str]("TEXT", "A line below the title", values.text, "", topic=OF_OUTPUT)

    def __init__(self, given: Mapping[str, object]) -> None:
        self.given = given
        named = given.get("convention", Choices.convention.default)
        self.framework: Convention = CONVENTIONS[str(named)]
        self.values = {**self.framework.choices, **given}

    @staticmethod
    def read(written: Mapping[str, object]) -> Choices:
        """Read the choices among these entries of a document; ignore the other entries.

        Raises ProblemError for a value that its choice cannot read.
        """
        return Choices({n: CHOICES[n].read(value) for n, value in written.items() if n in CHOICES})

    def but(self, **changes: object) -> Choices:
        """Return these choices with some values changed."""
        return Choices({**self.given, **changes})

    def says(self, name: str) -> bool:
        """Return True if the user or the convention sets this choice."""
        return name in self.values


CHOICES: dict[str, Choice[Any]] = {
    name: choice for name, choice in vars(Choices).items() if isinstance(choice, Choice)
}
