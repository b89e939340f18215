"""A text of a spreadsheet with its encoding, so that it is written as it was read."""

from __future__ import annotations

import codecs

from attncli.errors import DocumentError
from attncli.records import record

MARKS = {
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF16_LE: "utf-16-le",
    codecs.BOM_UTF16_BE: "utf-16-be",
}
OLDER = ("cp1252", "latin-1")
# Signs of feedback that cp1252 and latin-1 lack, as a keyboard writes them.
PLAIN_SIGNS = str.maketrans(
    {"√": "sqrt ", "−": "-", "≈": "~", "≤": "<=", "≥": ">=", "ᵀ": "^T", "Σ": "sum "}
)


@record(frozen=True)
class EncodedText:
    """A text, the name of its encoding, and the byte order mark that it begins with, or none."""

    text: str
    encoding: str
    mark: bytes = b""

    def encode(self, text: str) -> bytes:
        """Return another text with the same mark and in the same encoding."""
        return self.mark + text.encode(self.encoding)

    def known(self, text: str, is_markup: bool) -> str:
        """Return a text with other signs for those that the encoding lacks.

        In HTML, where `is_markup` is True, these are references such as `&#8730;`.
        """
        how = "xmlcharrefreplace" if is_markup else "replace"
        if not is_markup and self.encoding in OLDER:
            text = text.translate(PLAIN_SIGNS)
        return text.encode(self.encoding, how).decode(self.encoding)


def decode_any(data: bytes) -> EncodedText:
    """Return the text of bytes in UTF-8, UTF-16 or the encoding of Windows, cp1252.

    Raises DocumentError for a workbook, and for bytes that contradict their byte order mark.
    """
    if data.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        message = "it is a workbook or a ZIP, not CSV."
        raise DocumentError(message, "Save it as CSV, or export CSV.")
    mark = next((mark for mark in MARKS if data.startswith(mark)), b"")
    own = data[len(mark) :]
    for encoding in [MARKS[mark]] if mark else _likely(own):
        try:
            return EncodedText(own.decode(encoding), encoding, mark)
        except UnicodeDecodeError:
            continue
    raise DocumentError("its bytes are not text.", "Export the file again.")


def _likely(data: bytes) -> tuple[str, ...]:
    """Return the encodings to try: a text in UTF-16 has a zero byte in its first letter."""
    if b"\0" in data[:2]:
        return ("utf-16-be",) if data[0] == 0 else ("utf-16-le",)
    return ("utf-8", *OLDER)
