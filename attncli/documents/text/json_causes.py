"""The reasons why a text is not JSON, each with its cure."""

from __future__ import annotations

import re

from attncli.documents.text.excerpts import TextError
from attncli.errors import DocumentError
from attncli.records import by_name, record

NEAR = 60  # characters before the place that the patterns see
CLOSING = {"[": "]", "{": "}"}
WHOLE_TORCH = 'torch.set_printoptions(profile="full")'
WHOLE_NUMPY = "np.set_printoptions(threshold=sys.maxsize)"
PRINT_ALL = f"Print the whole matrix: {WHOLE_TORCH} or {WHOLE_NUMPY}."


@record(frozen=True)
class JsonCause:
    """A reason why a text is not JSON: patterns of the text before and after the place.

    `at` matches the text from the place on, `before` the end of the text before it. In `cause` and
    `cure`, FOUND stands for the match of `at`. `inside` limits the cause to places within brackets
    (True) or after the end of the value (False). `back` are characters before the place to which
    the message points.
    """

    name: str
    at: str
    cause: str
    cure: str
    before: str = ""
    inside: bool | None = None
    back: str = ""


ARITHMETIC = "this is arithmetic, which JSON does not have."
QUOTED = 'Write it in quotes: "1/3".'
_NUMBER = r"(?:\d+\.?\d*|\.\d+)"
_WORD = r"[^\W\d_]\w*"

# The first cause that fits is the cause, so each pattern may rely on those above it.
CAUSES = by_name(
    JsonCause(
        "ellipsis",
        r"(?:\.\.\.|…|⋯)",
        "FOUND stands for numbers that are left out.",
        PRINT_ALL,
    ),
    JsonCause(
        "comment",
        r"(?://|/\*|#)",
        "JSON has no comments, but one begins here.",
        'Remove it, or write it as an entry: "note": "...".',
    ),
    JsonCause(
        "constructor",
        r"(?:(?:tensor|array|matrix|(?:np|numpy|torch)\.\w+) ?\()",
        "FOUND is Python, not JSON.",
        "Write lists of numbers; name.tolist() gives them in Python.",
    ),
    JsonCause(
        "special blank",
        r"(?:[\u00a0\u2000-\u200f\u202f\u205f\u2060\u3000\ufeff])",
        "this is a special blank (for example a no-break space), which JSON does not allow.",
        "Replace it with an ordinary blank.",
    ),
    JsonCause("None", r"None\b", "JSON has no None.", "Write null for an empty cell."),
    JsonCause(
        "Python's truth values",
        r"(?i:true|false)\b",
        "JSON has no FOUND.",
        "Write true and false in lower case.",
    ),
    JsonCause(
        "infinity",
        r"[+-]?(?i:nan|inf|infinity|oo|∞)(?!\w)|[-−]∞|−(?i:inf|infinity|oo)(?!\w)",
        "JSON has no FOUND.",
        'Write "-inf", "inf" and "nan" in quotes.',
    ),
    JsonCause(
        "tuple",
        r"\((?=[^()]*,)",
        "JSON has no tuples: a list stands in square brackets.",
        "Write [1, 2] instead of (1, 2).",
    ),
    JsonCause(
        "digit grouping",
        r"[_'’](?=\d)",
        "a number in JSON has no mark between its digits.",
        "Write 1000.",
        before=r"\d",
    ),
    JsonCause(
        "single quotes",
        "'",
        "JSON has no single quotes.",
        'Write double quotes: "X".',
    ),
    JsonCause(
        "curly quotes",
        "[“”„‟‘’‚«»]",
        "JSON has no curly quotes such as FOUND.",
        'Write straight double quotes: "X".',
    ),
    JsonCause(
        "trailing comma",
        r"[\]})]",
        "the comma before the closing bracket is one too many.",
        "Remove it.",
        before=r",\s*",
        inside=True,
        back=", \t\r\n",
    ),
    JsonCause(
        "print of R",
        r",1\]",
        "this is a matrix as R prints it.",
        'Write it in R with write.csv(X, "x.csv"), and read x.csv.',
        before=r"\A\s*\[",
    ),
    JsonCause(
        "empty cell",
        ",",
        "a value is missing before this comma.",
        "Remove the comma; in an answer, write null for an empty cell.",
        before=r"[,\[{]\s*",
    ),
    JsonCause(
        "second point",
        r"\.\d",
        "this number has a second point.",
        "Write a number such as 1000.5, without marks between its digits.",
        before=r"\d",
    ),
    JsonCause(
        "bare point",
        r"[+-]?\.\d+",
        "a number in JSON has a digit before its point.",
        "Write 0.5 instead of .5.",
    ),
    JsonCause(
        "point at the end",
        r"\.(?!\d)",
        "a number in JSON has a digit after its point.",
        "Write 1.0 or 1 instead of 1.",
        before=r"\d",
    ),
    JsonCause(
        "leading zero",
        r"\d",
        "a number in JSON does not begin with 0 and another digit.",
        "Write 7 instead of 07.",
        before=r"(?<![\d.])0",
    ),
    JsonCause(
        "base",
        r"[xXoObB][\da-fA-F]",
        "JSON has only decimal numbers.",
        "Write 16 instead of 0x10.",
        before=r"(?<!\d)0",
    ),
    JsonCause(
        "exponent",
        r"[eE][+-]?(?!\d)",
        "the exponent of this number is missing.",
        "Write 1e-5.",
        before=r"\d",
    ),
    JsonCause(
        "percentage",
        r"\s*%",
        "JSON has no percentages.",
        'Write 0.5; in an answer you may also write "50%" in quotes.',
        before=r"\d",
    ),
    JsonCause(
        "assignment",
        rf"{_WORD}[\w.^]{{0,40}}(?=\s{{0,9}}=)",
        "this is an assignment, not JSON.",
        'Write {"FOUND": [[1, 0], [0, 1]]}, or rename the file to .txt.',
        before=r"\A\s*",
    ),
    JsonCause(
        "unquoted key",
        rf"(?:{_WORD}|_\w+)[\w.^ ]{{0,40}}?(?=\s{{0,9}}[:=])",
        "the name FOUND has no quotes.",
        'Write it in double quotes: "FOUND".',
        before=r"[{,]\s*",
    ),
    JsonCause(
        "arithmetic",
        r"[/*^×·⋅÷]|[-+](?=\s)",
        ARITHMETIC,
        QUOTED,
        before=r"[\d)]\s*",
    ),
    JsonCause("difference", r"[-+−](?=\d)", ARITHMETIC, QUOTED, before=r"\d"),
    JsonCause(
        "function",
        r"[-+−]?(?:√|(?:sqrt|exp|ln|log|tanh)\b|(?:e|pi|π)\b\s*[-+*/^,\]]|\(|[½⅓⅔¼¾⅕⅛])",
        ARITHMETIC,
        QUOTED,
    ),
    JsonCause(
        "minus sign",
        rf"[−–—]\s*(?={_NUMBER})",
        "FOUND is not the minus sign of JSON.",
        "Write the minus sign of the keyboard: -1.",
    ),
    JsonCause(
        "plus sign",
        rf"\+(?={_NUMBER})",
        "a number in JSON has no plus sign.",
        "Write 1 instead of +1.",
        before=r"[\[,:{]\s*",
    ),
    JsonCause(
        "blank after the sign",
        r"-\s+(?=\d)",
        "there is a blank between the minus sign and its number.",
        "Write -1.",
    ),
    JsonCause(
        "equals sign",
        "=",
        "an equals sign stands after the name.",
        'Write a colon: "X": [[1, 0]].',
        before=r'"\s*',
    ),
    JsonCause(
        "semicolon",
        ";",
        "JSON has no semicolons.",
        "Write a comma between numbers, and brackets around each row: [[1, 2], [3, 4]].",
    ),
    JsonCause(
        "line break in a text",
        r"[\x00-\x1f]",
        "a text ends here without its closing quote, or holds a control character.",
        'Close the text with ", or write \\n for a line break.',
        before=r'"[^"]*',
    ),
    JsonCause(
        "backslash",
        r"\\|u",
        "a backslash in a text stands for a special character.",
        'Write it twice, as in "C:\\\\data\\\\x.csv", or write /.',
        before=r'"[^"]*',
    ),
    JsonCause(
        "open text",
        r'"(?:[^"\\]|\\.)*$',
        "this text has no closing quote.",
        'Close it with ".',
    ),
    JsonCause(
        "second value",
        r'[\[{"\d-]',
        "a second value begins here, after the end of the first.",
        'Write one object: {"Q": [[1, 0]], "K": [[0, 1]]}.',
        before=r".",
        inside=False,
    ),
    JsonCause(
        "closing bracket",
        r"[\]}]",
        "the bracket FOUND closes no bracket that is open here.",
        "Remove it, or write the bracket that is missing before it.",
        before=r'[\w"\]}]\s*',
    ),
    JsonCause(
        "missing value",
        r"[\]}]",
        "a value is missing after the colon.",
        "Write a matrix: [[1, 0], [0, 1]].",
        before=r":\s*",
    ),
    JsonCause(
        "missing colon",
        r'[\["\d-]',
        "a colon is missing after the name.",
        'Write "X": [[1, 0]].',
        before=r'[{,]\s*"[^"]*"\s*',
    ),
    JsonCause(
        "missing comma",
        r'["\[{\d-]',
        "a comma is missing before this value.",
        "Write a comma between numbers, between rows and between entries: [[1, 2], [3, 4]].",
        before=r'[\d"\]}el]\s*',
        inside=True,
    ),
    JsonCause(
        "unquoted text",
        rf"{_WORD}",
        "the text FOUND has no quotes.",
        'Write it in double quotes: "FOUND".',
    ),
    JsonCause(
        "key",
        r"[\[{\d-]",
        "the name of an entry is missing: in braces, a name stands before each value.",
        'Write {"X": [[1, 0]]}.',
        before=r"[{,]\s*",
    ),
)


_TRAILING_COMMA = re.compile(r",\s*(?=[\]})])")


def not_json(text: str, position: int, first_line: int) -> DocumentError:
    """Return the error for a text that is not JSON: the cause, the cure, and the line.

    `position` is where Python's parser stopped; `first_line` is the line of the text in its file.
    """
    if not text.strip():
        return DocumentError("it is empty.", 'Write {"X": [[1, 0], [0, 1]]}.')
    if trailing := _TRAILING_COMMA.match(text, position):  # where Python 3.13 stops
        position = trailing.end()
    missing = "".join(CLOSING[bracket] for bracket in reversed([*_open_brackets(text[:position])]))
    # The last number of the text may be cut off as well: `1.` or `1e-`.
    if missing and not text[position:].strip(" \t\r\n.eE+-"):
        end = len(text.rstrip())
        message = f"the text ends here, but {missing} is missing."
        hint = f"Add {missing} at the end; if the file is cut off, copy it again."
        return TextError(text, end, message, hint, first_line)
    near = text[max(0, position - NEAR) : position]
    for cause in CAUSES.values():
        at = re.compile(cause.at).match(text, position)
        fits = cause.inside is None or cause.inside == bool(missing)
        if at and fits and re.search(rf"(?s:{cause.before})\Z", near):
            while text[position : position + 1] != "," and text[position - 1] in cause.back:
                position -= 1
            message, hint = (
                said.replace("FOUND", at[0].strip()) for said in (cause.cause, cause.cure)
            )
            return TextError(text, position, message, hint, first_line)
    message = f"{text[position]!r} does not belong here."
    hint = "Check the commas, quotes and brackets before this place."
    return TextError(text, position, message, hint, first_line)


def _open_brackets(text: str) -> list[str]:
    """Return the brackets that are open at the end of a text; brackets in texts do not count."""
    stack: list[str] = []
    for match in re.finditer(r'"(?:[^"\\]|\\.)*"?|[\[\]{}]', text):
        if match[0] in CLOSING:
            stack.append(match[0])
        elif match[0] in CLOSING.values() and stack:
            stack.pop()
    return stack
