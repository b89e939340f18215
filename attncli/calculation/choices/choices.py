"""The choices of a problem, in a document or as options: one attribute each of `Choices`.

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
    "keep": "1 may be attended",
    "drop": "1 may not be attended",
    "add": "the numbers are added to the scores",
}

# The headings of the help under which the options of choices stand.
OF_CALCULATION, OF_LAYERS = "What is calculated", "Layers"
OF_READING, OF_OUTPUT = "Reading", "Output"
TOPICS = (OF_CALCULATION, OF_LAYERS, OF_READING, OF_OUTPUT)


class Choice(Generic[Value]):
    """A choice: how its value is shown and read, its default, and its help text.

    `read` takes the value as a document or an option gives it, and raises ValueError with what is
    expected if the value is wrong. `values` returns all possible values if they can be listed.
    `otherwise` replaces the default in the help text, where the option stands under `topic`.

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
        """Return the value. Raises ProblemError, with what is expected, if it is wrong."""
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
    """The choices of one problem: the user's value, else the convention's, else the default.

    `given` are the user's values, as each choice has read them; `framework` is the convention.
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
        "Number of heads of keys and values, shared by those of queries",
        values.whole_number,
        None,
        aliases=("num_kv_heads", "n_kv_heads", "kv_num_heads", "num_key_value_heads"),
        otherwise="heads",
    )
    scale = Choice[float | None](
        "NUMBER|none", "Factor the scores are multiplied by", values.factor, None
    )
    softcap = Choice[float | None](
        "NUMBER|none", "Soft cap c of the scores: c tanh(s / c)", values.cap, None
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
        "A mask; repeat to combine several",
        values.as_it_is,
        None,
        _listed("masks.mask_rules", "MASKS"),
    )
    masks = Choice[object]("LIST", "Several masks, combined", values.as_it_is, (), is_option=False)
    mask_kind = Choice[str | None](
        "KIND",
        "Meaning of the cells of a mask matrix",
        values.one_of(lambda: MASK_KINDS),
        None,
        lambda: MASK_KINDS,
        topic=OF_READING,
    )
    fill = Choice[float]("NUMBER", "Score of a key that may not be attended", values.fill, -inf)
    cache_lens = Choice[tuple[int, ...] | None](
        "N,N,...",
        "K and V are a cache; in each batch entry its first N keys are filled",
        values.lengths,
        None,
        aliases=("nonpad_kv_seqlen",),
    )
    position: Choice[Position | None] = Choice(
        "KIND",
        "Positions that give the tokens an order",
        values.position,
        None,
        _listed("positions.position_schemes", "POSITIONS"),
        otherwise="none",
    )
    layout = _named(
        "How matrices are written", "rows", _listed("algebra.layouts", "LAYOUTS"), topic=OF_READING
    )
    dtype = _named(f"Type of the numbers: {', '.join(DTYPES)}", DTYPES[0], lambda: DTYPES, "TYPE")
    softmax_dtype = Choice[str | None](
        "TYPE",
        "Precision of the softmax alone",
        values.one_of(lambda: DTYPES),
        None,
        lambda: DTYPES,
        otherwise="dtype",
    )
    convention = _named(
        "Framework or paper whose meaning holds where they differ",
        PAPER.name,
        lambda: CONVENTIONS,
        topic=OF_READING,
    )
    layer = Choice[str | None](
        "NAME",
        "A Transformer layer instead of one attention",
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
        f"Kind of the norms: {' or '.join(NORM_KINDS)}",
        NORM_KINDS[0],
        lambda: NORM_KINDS,
        topic=OF_LAYERS,
    )
    eps = Choice[float](
        "NUMBER", "Number added to the variance in a norm", values.eps, 1e-5, topic=OF_LAYERS
    )
    activation = _named(
        "Function in the feed-forward",
        "relu",
        _listed("operations.activations", "ACTIVATIONS"),
        topic=OF_LAYERS,
    )
    scale_embeddings = Choice[bool](
        "true|false",
        "Multiply the embeddings by √d_model first",
        values.yes_or_no,
        False,
        topic=OF_LAYERS,
    )
    tokens = Choice[tuple[str, ...]](
        "LABELS", "Labels of the queries: 'I,love,math'", values.labels, (), topic=OF_READING
    )
    memory_tokens = Choice[tuple[str, ...]](
        "LABELS", "Labels of the keys, where they differ", values.labels, (), topic=OF_READING
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
        """True if the user or the convention sets this choice, and not the default."""
        return name in self.values


CHOICES: dict[str, Choice[Any]] = {
    name: choice for name, choice in vars(Choices).items() if isinstance(choice, Choice)
}
