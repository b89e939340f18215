"""English text: plurals, lists, shapes, differing numbers, suggestions; text safe to print."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from math import floor, isfinite, log10

MOST_DECIMALS = 23  # they show all 17 digits of a number of a millionth
LONGEST_TEXT = 1000  # characters of a message, and of its hint
LONGEST_WORD = 300  # characters: no name and no path is as long
MOST_MEANT = 3  # the largest number of names that a message suggests


def shape_text(shape: tuple[int, ...], cells: str = "numbers") -> str:
    """Return a shape as people write it, such as `3 × 4`, or `5 numbers` for a vector."""
    return " × ".join(map(str, shape)) if len(shape) > 1 else count(shape[0], cells)


def option_name(name: str) -> str:
    """Return the option for a choice or a size: `--d-model` for `d_model`."""
    return f"--{name.replace('_', '-')}"


def noun(number: float, things: str) -> str:
    """Return `things` in the singular if `number` is 1: `query` for `queries`."""
    if number != 1:
        return things
    return f"{things[:-3]}y" if things.endswith("ies") else things.removesuffix("s")


def count(number: int, things: str) -> str:
    """Return a number with its noun: `1 number`, `3 numbers`."""
    return f"{number} {noun(number, things)}"


def are(number: int, things: str) -> str:
    """Return a number with its verb and noun: `is 1 number`, `are 3 numbers`."""
    return f"{'is' if number == 1 else 'are'} {count(number, things)}"


def decimals_of(size: float, digits: int) -> int:
    """Return the decimals with which a number of this size has this many significant digits."""
    return max(0, digits - 1 - floor(log10(size))) if size and isfinite(size) else 0


def differing_decimals(first: float, second: float, least: int) -> int:
    """Return the fewest decimals, from `least` on, with which two numbers have different texts.

    If no number of decimals shows a difference, return `least`.
    """
    for decimals in range(least, MOST_DECIMALS + 1):
        if f"{first:z.{decimals}f}" != f"{second:z.{decimals}f}":
            return decimals
    return least


def differing_texts(first: float, second: float) -> tuple[str, str]:
    """Return two numbers with four significant digits, or with as many as show the difference.

    >>> differing_texts(0.87, 1), differing_texts(1 / 3, 0.33335), differing_texts(12, 11.123456)
    (('0.87', '1'), ('0.33333', '0.33335'), ('12', '11.12'))
    """
    size = max(abs(number) if isfinite(number) else 0 for number in (first, second))
    if size >= 1e9 or 0 < size < 1e-6:
        texts = [(f"{first:.{n}g}", f"{second:.{n}g}") for n in range(4, 18)]
        return next((pair for pair in texts if pair[0] != pair[1]), texts[0])
    decimals = differing_decimals(first, second, decimals_of(size, 4))
    return _shortest(first, decimals), _shortest(second, decimals)


def number_in_words(number: float) -> str:
    """Return a number with at most four significant digits, as a sentence has it: `0.6667`."""
    size = abs(number)
    if isfinite(number) and (size >= 1e9 or 0 < size < 1e-6):
        return f"{number:.4g}"
    return _shortest(number, decimals_of(size, 4))


def _shortest(number: float, decimals: int) -> str:
    """Return a number with at most these decimals, and without zeros at the end."""
    if not isfinite(number):
        return {"nan": "NaN", "-inf": "−inf"}.get(str(number), str(number))
    text = f"{number:z.{decimals}f}"
    return text.rstrip("0").removesuffix(".") if "." in text else text


def in_words(names: Sequence[str], word: str = "and") -> str:
    """Return names as a list in words: `W_q, W_k and W_v`."""
    *most, last = names
    return f"{', '.join(most)} {word} {last}" if most else last


def some_in_words(names: Sequence[str], most: int) -> str:
    """Return the first `most` names as a list in words, and count the rest: `Q, K and 3 more`."""
    more = [f"{len(names) - most} more"] if len(names) > most else []
    return in_words([*names[:most], *more])


def outlined(texts: Sequence[str]) -> str:
    """Return the texts; of five and more the first three and the last: `0, 1, 2, …, 9`."""
    return ", ".join(texts if len(texts) < 5 else [*texts[:3], "…", texts[-1]])


def divisors(number: int) -> str:
    """Return the whole numbers that divide `number`: `1, 2, 3 or 6`."""
    *most, last = (str(n) for n in range(1, number + 1) if number % n == 0)
    return f"{', '.join(most)} or {last}" if most else last


def between_commas(text: str) -> list[str]:
    """Return the parts of a printable text between its commas; a part with a comma is quoted.

    Raises ValueError for a part that is too long.

    >>> between_commas('a, "b,c"'), between_commas("a\\nb")
    (['a', 'b,c'], ['a\\\\nb'])
    """
    import csv

    try:
        return next(csv.reader([printable(text)], skipinitialspace=True), [])
    except csv.Error as error:
        raise ValueError(str(error)) from None


def printable(text: str) -> str:
    """Return the text on one line, with an escape for each character that has no picture.

    These are the characters that control a terminal or change the direction of text, and those
    that are not to be seen. A joiner inside a word of another script, or inside an emoji, stays.

    >>> printable("a\\x1b[1m\\u200bb"), printable("خانه\\u200cها") == "خانه\\u200cها"
    ('a\\\\x1b[1m\\\\u200bb', True)
    """
    if text.isprintable() and not _BLANK_LETTERS & set(text):
        return text
    around = zip(text, f" {text}", f"{text[1:]} ", strict=False)
    return "".join(
        character if _is_seen(character, before, after) else _escaped(character)
        for character, before, after in around
    )


_BLANK_LETTERS = frozenset("\u115f\u1160\u3164\uffa0")  # they fill a place in Korean text


def _is_seen(character: str, before: str, after: str) -> bool:
    """Return True if the character has a picture, or joins the two beside it."""
    if character.isprintable():
        return character not in _BLANK_LETTERS
    if character in "\u200c\u200d":
        return all(ord(beside) > 127 and beside.isprintable() for beside in (before, after))
    import unicodedata

    return unicodedata.category(character) not in ("Cc", "Cf", "Cs", "Zl", "Zp")


def _escaped(character: str) -> str:
    return character.encode("unicode_escape").decode()


def in_short(text: str, most: int = LONGEST_TEXT) -> str:
    """Return a printable text of at most `most` characters: the middle of a longer one is left out.

    The middle of a long word is left out first, because the words around it are the message.

    >>> in_short("k" * 5000 + " is unknown.")
    'kkkkkkkkkkkkkkkkkkkk…(4960 characters)…kkkkkkkkkkkkkkkkkkkk is unknown.'
    """
    text = _LONG_WORD.sub(lambda word: _ends(word[0], 20, 20), printable(text))
    return text if len(text) <= most else _ends(text, most * 6 // 10, most * 3 // 10)


_LONG_WORD = re.compile(rf"\S{{{LONGEST_WORD},}}")


def _ends(text: str, begin: int, end: int) -> str:
    """Return the beginning and the end of a text, and the number of characters between them."""
    return f"{text[:begin]}…({len(text) - begin - end} characters)…{text[-end:]}"


def closest(word: str, known: Iterable[str], likeness: float = 0.6) -> str | None:
    """Return the known word that is most similar to `word`, or None if none is similar enough."""
    from difflib import get_close_matches

    if len(word) > LONGEST_WORD:
        return None
    return next(iter(get_close_matches(word, list(known), n=1, cutoff=likeness)), None)


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return ` (did you mean 'causal'?)` if a known word is similar to `word`, else nothing.

    If `word` lacks the layer and the sublayer of several known names, suggest the first few of
    those names: ` (did you mean 'self.weights' or 'cross.weights'?)`.
    """
    known = list(known)
    full = [name for name in known if name.casefold().endswith(f".{word.casefold()}")]
    close = closest(word, known)
    meant = full[:MOST_MEANT] or ([close] if close else [])
    return f" (did you mean {' or '.join(map(repr, meant))}?)" if meant else ""
