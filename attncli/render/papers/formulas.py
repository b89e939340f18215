"""Formulas of operations as tokens, which each notation writes in its own way.

`operation.formula(layout)` is a text such as `softmax of each row of scaled`, `Q_h K_hᵀ` or
`(sum − mean)² / features of each token`. `read_formula` reads it; a `FormulaWriter` writes it.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from typing import TypeAlias

from attncli.records import record


@record(frozen=True)
class Words:
    """Plain words, with the spaces around them: `softmax of each row of `, ` where causal`."""

    text: str


@record(frozen=True)
class Numeral:
    """A number as the formula writes it: `3`, `0.044715`, `1e-05`, `½`, `−∞`, `π`."""

    text: str


@record(frozen=True)
class Sign:
    """A sign between other tokens: `+`, `−`, `×`, `·`, `/`, `,`, or `Σ` before its summands."""

    text: str


@record(frozen=True)
class Call:
    """The name of a function before its brackets: `tanh`, `exp`, `max`."""

    name: str


@record(frozen=True)
class Variable:
    """The name of a matrix, or a letter that counts: `K_hᵀ`, `self.scores`, `hiddenᵢⱼ`, `i`, `d`.

    `scope` is the sublayer, such as `self.`; `letter` the name, or its part before the subscript
    `below`. `indices` are the letters behind the name, such as `ij`.
    """

    scope: str
    letter: str
    below: str = ""
    indices: str = ""
    is_transposed: bool = False

    @property
    def name(self) -> str:
        """The name as a document writes it: `self.W_q`."""
        return self.scope + "_".join(filter(None, (self.letter, self.below)))


@record(frozen=True)
class Fenced:
    """Tokens between brackets, `|` or `‖`."""

    opening: str
    inside: tuple[Token, ...]
    closing: str


@record(frozen=True)
class Radical:
    """The square root of tokens."""

    inside: tuple[Token, ...]


@record(frozen=True)
class Raised:
    """A token with an exponent."""

    base: Token
    exponent: tuple[Token, ...]


@record(frozen=True)
class Ratio:
    """Tokens above and below the line of a fraction."""

    above: tuple[Token, ...]
    below: tuple[Token, ...]


Token: TypeAlias = Words | Numeral | Sign | Call | Variable | Fenced | Radical | Raised | Ratio

# The words of formulas; any other word is the name of a matrix. The names `sum`, `mean` and `heads`
# are read as words, which look the same.
WORDS = frozenset((
    "all", "alternating", "and", "by", "cache_lens", "causal", "column", "columns", "cos", "each",
    "else", "features", "float16", "float32", "float64", "from", "gelu", "gelu-tanh", "head",
    "heads", "in", "into", "mean", "number", "of", "pairs", "relu", "rotated", "row", "rows",
    "side", "sigmoid", "silu", "sin", "slope", "softmax", "softmax1", "sparsemax", "split",
    "squares", "sum", "the", "then", "times", "to", "token", "where",
))  # fmt: skip

_NUMBER = r"\d+(?:\.\d+)?(?:e[+-]\d+)?"
_NAME = r"[A-Za-z]\w*?(?:\.\w+?)*(?=[ᵢⱼ]|[ᵀ²³]|[^\w.]|\Z|\.(?!\w))"
_TOKEN = re.compile(
    rf"""(?P<space>\s+)
    |(?P<rule>[a-z_]+:-?\w(?:[-\w]|,(?=[-\w]))*)
    |(?P<words>gelu-tanh)
    |(?P<call>[a-z]+)(?=\()
    |(?P<number>[-−]?(?:{_NUMBER}|[½π]|inf\b))
    |(?P<name>{_NAME})(?P<indices>[ᵢⱼ]*)(?P<transposed>ᵀ?)
    |(?P<ratio>/(?=[ ])(?![ ][a-z]+[ ]of))
    |(?P<root>√)|(?P<power>\^|[²³])|(?P<open>[(‖|])|(?P<close>[)])
    |(?P<colon>:)|(?P<sign>[-−+×·/,Σ])
    """,
    re.VERBOSE,
)
_POWERS = {"²": "2", "³": "3"}
_RAISING = ("^", *_POWERS)
_CLOSING = {"(": ")", "‖": "‖", "|": "|"}
_INDICES = {"ᵢ": "i", "ⱼ": "j"}


def read_formula(text: str) -> tuple[Token, ...]:
    """Return the tokens of a formula.

    Raises NotImplementedError for a character that no token has.

    >>> read_formula("scores / √3")[0].below
    (Radical(inside=(Numeral(text='3'),)),)
    >>> read_formula("scaled where causal, else -inf")[1:]
    (Words(text=' where causal, else '), Numeral(text='−∞'))
    """
    return _FormulaReading(text).formula()


class _FormulaReading:
    """Reads the tokens of one formula from left to right."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0

    def formula(self) -> tuple[Token, ...]:
        return self._until("")

    def _until(self, closing: str) -> tuple[Token, ...]:
        """Return the tokens up to the closing bracket, which is read as well."""
        tokens: list[Token] = []
        while self.at < len(self.text):
            if closing and self.text[self.at] == closing:
                self.at += 1
                break
            self._append(tokens)
        if tokens and isinstance(tokens[-1], Words):
            tokens[-1] = Words(tokens[-1].text.rstrip())
        return tuple(tokens)

    def _append(self, tokens: list[Token]) -> None:
        """Read what comes next, and add it to the tokens or to the last of them."""
        found = self._match()
        self.at = found.end()
        kind, text = found.lastgroup, found[0]
        if kind == "space":
            following = _TOKEN.match(self.text, self.at)
            is_sign = following is not None and following.lastgroup == "sign"
            if tokens and isinstance(tokens[-1], Words) and not is_sign:
                _say(tokens, " ")
        elif kind == "power":
            exponent = (Numeral(_POWERS[text]),) if text in _POWERS else self._operand()
            tokens[-1] = Raised(tokens[-1], exponent)
        elif kind == "ratio":
            above = _above(tokens)
            del tokens[len(tokens) - len(above) :]
            tokens.append(Ratio(_bare(above), self._operand()))
        elif self._is_words(found, tokens):
            is_apart = bool(tokens) and not isinstance(tokens[-1], Words | Sign)
            _say(tokens, f" {text}" if is_apart and text not in ",:" else text)
        else:
            tokens.append(self._token(found))

    def _match(self) -> re.Match[str]:
        found = _TOKEN.match(self.text, self.at)
        if not found:
            raise NotImplementedError(f"there is no token for {self.text[self.at]!r}: {self.text}")
        return found

    def _is_words(self, found: re.Match[str], tokens: list[Token]) -> bool:
        """Return True for a word, for a rule of a mask, and for a mark beside words."""
        kind, text = found.lastgroup, found[0]
        if text == ",":
            following = _TOKEN.match(self.text, self.at + 1)
            after_words = bool(tokens) and isinstance(tokens[-1], Words)
            return after_words or (following is not None and self._is_words(following, []))
        return kind in ("rule", "words", "colon") or text in WORDS

    def _operand(self) -> tuple[Token, ...]:
        """Return the tokens below a root or a line, or of an exponent, without their brackets."""
        tokens: list[Token] = []
        while not tokens or isinstance(tokens[-1], Call) or self.text[self.at :][:1] in _RAISING:
            self._append(tokens)
        return _bare(tuple(tokens))

    def _token(self, found: re.Match[str]) -> Token:
        text = found[0]
        if found["name"]:
            return _variable(found["name"], found["indices"], bool(found["transposed"]))
        match found.lastgroup:
            case "call":
                return Call(text)
            case "number":
                return Numeral(text.replace("-", "−", text.startswith("-")).replace("inf", "∞"))
            case "root":
                return Radical(self._operand())
            case "open":
                closing = _CLOSING[text]
                return Fenced(text, self._until(closing), closing)
        return Sign("−" if text == "-" else text)


def _bare(tokens: tuple[Token, ...]) -> tuple[Token, ...]:
    """Return tokens that are alone between brackets without the brackets."""
    match tokens:
        case (Fenced("(", inside),):
            return inside
    return tokens


def _above(tokens: list[Token]) -> tuple[Token, ...]:
    """Return the factors at the end of the tokens, which stand above the line of a fraction."""
    start = len(tokens)
    while start and not isinstance(tokens[start - 1], Words):
        token = tokens[start - 1]
        if isinstance(token, Sign) and token.text != "·":
            break
        start -= 1
    return tuple(tokens[start:])


def _say(tokens: list[Token], text: str) -> None:
    """Add a text to the words at the end of the tokens."""
    last = tokens[-1] if tokens else None
    if isinstance(last, Words):
        tokens[-1] = Words(last.text + text)
    else:
        tokens.append(Words(text))


def _variable(name: str, indices: str = "", is_transposed: bool = False) -> Variable:
    scope, _, own = name.rpartition(".")
    letter, _, below = own.partition("_")
    if len(letter) > 1:
        letter, below = own, ""
    places = "".join(_INDICES[index] for index in indices)
    return Variable(f"{scope}." if scope else "", letter, below, places, is_transposed)


def read_name(name: str) -> Variable:
    """Return the name of a matrix or step as a token: `self.W_q`."""
    return _variable(name)


class FormulaWriter(ABC):
    """Writes the tokens of formulas in one notation: LaTeX, Typst or MathML."""

    between = " "  # the text between two tokens

    def formula(self, tokens: Sequence[Token]) -> str:
        """Return the tokens in this notation; words bring the spaces beside them."""
        written = ""
        for at, part in enumerate(self._each(tokens)):
            written += self.gap(tokens[at - 1], tokens[at]) + part if at else part
        return written

    def gap(self, before: Token, after: Token) -> str:
        """Return the text between two tokens; words bring their own spaces."""
        return "" if Words in (type(before), type(after)) else self.between

    def _each(self, tokens: Sequence[Token]) -> Iterator[str]:
        for token in tokens:
            match token:
                case Words(text):
                    yield self.words(text)
                case Numeral(text):
                    yield self.numeral(text)
                case Sign(text):
                    yield self.sign(text)
                case Call(name):
                    yield self.call(name)
                case Variable():
                    yield self.variable(token)
                case Fenced(opening, inside, closing):
                    yield self.fenced(opening, self.formula(inside), closing)
                case Radical(inside):
                    yield self.radical(self.formula(inside))
                case Ratio(above, below):
                    yield self.ratio(self.formula(above), self.formula(below))
                case Raised(base, exponent):
                    yield self.raised(self.formula((base,)), self.formula(exponent))

    @abstractmethod
    def words(self, text: str) -> str:
        """Return words, upright, with the spaces at their ends."""

    @abstractmethod
    def numeral(self, text: str) -> str:
        """Return a number; `1e-05` is a power of ten."""

    @abstractmethod
    def sign(self, text: str) -> str:
        """Return a sign: one of `+ − × · / , Σ`."""

    @abstractmethod
    def call(self, name: str) -> str:
        """Return the upright name of a function; its brackets follow."""

    @abstractmethod
    def variable(self, variable: Variable) -> str:
        """Return the name of a matrix: one letter in italics, a longer name upright."""

    @abstractmethod
    def fenced(self, opening: str, inside: str, closing: str) -> str:
        """Return a formula between brackets, `|` or `‖`."""

    @abstractmethod
    def radical(self, inside: str) -> str:
        """Return a square root."""

    @abstractmethod
    def raised(self, base: str, exponent: str) -> str:
        """Return a base with its exponent."""

    @abstractmethod
    def ratio(self, above: str, below: str) -> str:
        """Return a fraction."""
