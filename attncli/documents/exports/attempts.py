"""The order of the attempts of a student: by a time, a date in words, or a number."""

from __future__ import annotations

import re

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
# Sep 24, 2026 926 PM; 24 September, 2026 9:26 PM; 24 Sep 2026 21.26
_IN_WORDS = re.compile(
    r"(?i)(?:(?P<month>[a-z]{3,9})\.? (?P<day>\d{1,2})|(?P<day2>\d{1,2}) (?P<month2>[a-z]{3,9})\.?)"
    r",? (?P<year>\d{4}),? (?P<hour>\d{1,2}?)[:._-]?(?P<minute>\d\d)(?: ?(?P<half>[ap])\.?m\.?)?"
)
_YEAR_FIRST = re.compile(r"\d{4}(?:\D\d{1,2}(?!\d)|\d{4})|\d+$")


def sortable_time(text: str) -> str | None:
    """Return a time as a text that sorts by time, or None if its order cannot be read.

    A date has the year first, or the name of a month in English; a number is an order too.

    >>> sortable_time("Sep 24, 2026 926 PM"), sortable_time("2026-01-30-15-00-00")
    ('2026-09-24 21:26', '2026-01-30-15-00-00')
    >>> sortable_time("24.9.2026 21:26")
    """
    if _YEAR_FIRST.match(text):
        return text
    found = _IN_WORDS.fullmatch(text.strip())
    if not found:
        return None
    month = (found["month"] or found["month2"])[:3].casefold()
    if month not in _MONTHS:
        return None
    day, hour = int(found["day"] or found["day2"]), int(found["hour"])
    if found["half"]:
        hour = hour % 12 + 12 * (found["half"].casefold() == "p")
    date = f"{found['year']}-{_MONTHS.index(month) + 1:02}-{day:02}"
    return f"{date} {hour:02}:{found['minute']}"


def natural(text: str) -> list[tuple[int, str]]:
    """Return a key that sorts the numbers in a text by their size: `2` before `10`.

    >>> sorted(["try 10", "try 2", ""], key=natural)
    ['', 'try 2', 'try 10']
    """
    parts = re.findall(r"([0-9]+)|([^0-9]+)", text)
    return [(len(number.lstrip("0")), number.lstrip("0") or word) for number, word in parts]
