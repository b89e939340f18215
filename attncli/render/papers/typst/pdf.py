"""PDF files from Typst, by the package typst; it needs neither TeX nor a network."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attncli.errors import AttncliError
from attncli.render.papers.typst.typst_text import quoted

if TYPE_CHECKING:
    from types import ModuleType

MOST_MISSING = 5  # characters without a glyph that are looked for


def pdf_of(source: str) -> bytes:
    """Return the PDF file of a document in Typst.

    Raises AttncliError if the package typst is not installed.
    """
    pdf: bytes = _library().compile(source.encode(), format="pdf")
    return pdf


def without_glyph(characters: str) -> str:
    """Return those of some characters for which no font has a glyph, at most `MOST_MISSING`.

    In a PDF file, Typst draws a box for each of them, without a warning. It refuses to write
    PDF/A with such a box, and names the first.
    """
    library, missing = _library(), ""
    while characters and len(missing) < MOST_MISSING:
        try:
            # A space between two characters, which are not to be drawn as one.
            source = f"#{quoted(' '.join(characters))}".encode()
            library.compile(source, format="pdf", pdf_standards="a-2b")
            break
        except library.TypstError as error:
            found = [each for each in characters if each in error.message]
            if not found:
                break
            missing += found[0]
            characters = characters.replace(found[0], "")
    return missing


def _library() -> ModuleType:
    try:
        import typst
    except ImportError:
        message = "a PDF file needs the package typst, which is not installed."
        hint = "Write pip install typst, or write the document with -f typst or -f latex."
        raise AttncliError(message, hint) from None
    return typst
