"""Sizes that the user gives instead of matrices, one entry each in `SIZES`, and their defaults."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

from attncli.calculation.algebra.layouts import Shape
from attncli.calculation.choices.choices import Choices
from attncli.calculation.choices.layer_kinds import LAYERS
from attncli.calculation.scoring.scoring_functions import SCORING
from attncli.errors import ProblemError
from attncli.records import record
from attncli.words import divisors, in_words, option_name

MOST_LAYERS = 1000  # each has its own steps: a second for a hundred of them
MOST = 10**7  # the limit of every size: a list of this length still fits into memory


@record(frozen=True)
class Size:
    """A size: its text for help, its default in words, and the kinds of layers that have it."""

    help: str
    default: str = ""
    kinds: tuple[str, ...] = ("attention", *LAYERS)


SIZES: dict[str, Size] = {
    "n": Size("Tokens of X, or queries"),
    "m": Size(
        "Tokens of memory, or keys",
        "n with Q and K, and for a decoder; else no memory",
        ("attention", *(kind.name for kind in LAYERS.values() if "memory" in kind.inputs)),
    ),
    "d_model": Size("Features of X", "no X; Q, K and V are inputs"),
    "d_q": Size("Features of a query of one head", "d_k"),
    "d_k": Size("Features of a key of one head", "d_model / heads"),
    "d_v": Size("Features of a value of one head", "d_k"),
    "d_out": Size(
        "Features of the output: W_o", "d_model with several heads, else no W_o", ("attention",)
    ),
    "hidden": Size("Hidden units of additive and concat scoring", "d_k"),
    "past": Size("Cached keys and values of earlier tokens", "none"),
    "batch": Size("Batch entries", "no batch"),
    "d_ff": Size("Hidden features of a feed-forward", "4 d_model", tuple(LAYERS)),
    "layers": Size("Layers", "one", tuple(LAYERS)),
    "words": Size("Words after the last layer: W_out", "none", tuple(LAYERS)),
}

# The products with weights that add a bias; the first entry is the default (Vaswani et al. 2017).
BIASES = {"ffn": "in feed-forwards only, as in the paper", "none": "nowhere", "all": "everywhere"}


class Sizes:
    """The sizes that the user gives, and the sizes that follow from them and from the choices."""

    def __init__(self, given: Mapping[str, int], choices: Choices) -> None:
        self.given = given
        self.used: set[str] = set()
        self.choices = choices
        self.kind = choices.layer or "attention"
        self.heads = choices.heads or 1
        self.kv_heads = choices.kv_heads or self.heads
        self.scoring = SCORING[choices.score]
        self._check()

    def _check(self) -> None:
        """Raise ProblemError if a required size is missing, or if a given size has no use."""
        for name, value in self.given.items():
            option = option_name(name)
            if self.kind not in SIZES[name].kinds:
                message = f"{option} is given, but {_thing(self.kind)} does not have this size."
                hint = f"It is for {in_words(SIZES[name].kinds)}: see --layer."
                raise ProblemError(message, hint, (name,))
            most = MOST_LAYERS if name == "layers" else MOST
            if not 1 <= value <= most:
                sizes = "layers" if name == "layers" else "sizes"
                message = f"{option} is {value}: {sizes} are whole numbers from 1 to {most}."
                raise ProblemError(message, "", (name,))
        for name in ("n", "d_model") if self.kind in LAYERS else ("n",):
            if name not in self.given:
                message = f"{option_name(name)} is missing: {_thing(self.kind)} needs it."
                raise ProblemError(message, _meaning(name), (name,))

    def has(self, name: str) -> bool:
        """True if the user gives this size."""
        return name in self.given

    def __getitem__(self, name: str) -> int:
        """Return a size or its default. Raises ProblemError if it has neither."""
        if name in self.given:
            self.used.add(name)
            return self.given[name]
        if name in ("d_q", "d_v", "hidden"):
            return self["d_k"]
        if name == "d_ff":
            return 4 * self["d_model"]
        if name == "m":
            return self["n"]
        if name == "d_k":
            return self._of_head()
        raise KeyError(name)

    def _of_head(self) -> int:
        """Return the width of a head, from d_model and the number of heads."""
        if not self.has("d_model"):
            message = "--d-model and --d-k are missing: one of them is needed."
            hint = "With --d-model, X is projected; with --d-k alone, Q, K and V are inputs."
            raise ProblemError(message, hint, ("d_k",))
        d_model = self["d_model"]
        if d_model % self.heads:
            message = (
                f"d_model is {d_model}, but heads is {self.heads}: without --d-k, a head has "
                "d_model / heads features."
            )
            hint = f"Use --heads {divisors(d_model)}, or give --d-k."
            raise ProblemError(message, hint, ("heads", "d_model"))
        return d_model // self.heads

    @property
    def widths(self) -> tuple[int, int, int]:
        """The widths of Q, K and V, all heads together; d_k need not be d_model / heads."""
        return self.heads * self["d_q"], self.kv_heads * self["d_k"], self.kv_heads * self["d_v"]

    @property
    def batch(self) -> Shape:
        """The axis of batch entries as a tuple; empty if there is no batch."""
        return (self["batch"],) if self.has("batch") else ()

    def check_used(self, spare: Collection[str]) -> None:
        """Raise ProblemError if a given size, other than those in `spare`, was never used."""
        for name in self.given:
            if name not in self.used | set(spare):
                message = f"{option_name(name)} is given, but no matrix here has this size."
                raise ProblemError(message, _meaning(name), (name,))


def _thing(kind: str) -> str:
    return f"{LAYERS[kind].article} {kind}" if kind in LAYERS else "attention without layers"


def _meaning(name: str) -> str:
    """Return a sentence on what the size counts."""
    text = SIZES[name].help
    return f"It is the number of {text[0].lower()}{text[1:]}."


def shape_of(axes: tuple[str, ...], size: Callable[[str], int]) -> Shape:
    """Return the shape of a weight of a scoring function: `d_q + d_k` is a sum of sizes."""
    return tuple(sum(size(name) for name in axis.split(" + ")) for axis in axes)
