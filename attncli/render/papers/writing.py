"""Write the blocks of a document in the form that the user wants."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from attncli.render.papers.latex_notation import LatexNotation
from attncli.render.papers.markdown_notation import MarkdownNotation
from attncli.render.papers.notation import Notation
from attncli.render.papers.paper import Block, texts
from attncli.render.papers.typst.typst_notation import TypstNotation
from attncli.render.view import View
from attncli.words import in_words

PDF = "pdf"
NOTATIONS: dict[str, type[Notation]] = {
    "markdown": MarkdownNotation,
    "latex": LatexNotation,
    "typst": TypstNotation,
    PDF: TypstNotation,
}


def write_paper(blocks: Sequence[Block], form: str, view: View) -> str | bytes:
    """Return a document in a form of `NOTATIONS`.

    Raises AttncliError for PDF if the package typst is not installed.
    """
    written = NOTATIONS[form](view).write(blocks)
    if form != PDF:
        return written
    from attncli.render.papers.typst.pdf import pdf_of

    return pdf_of(written)


def paper_doubts(blocks: Sequence[Block], form: str, view: View) -> Iterator[str]:
    """Yield a warning if the form cannot show some characters of the document."""
    unusual = "".join(sorted({c for text in texts(blocks) for c in text if not c.isascii()}))
    if not unusual:
        return
    if form == PDF:
        from attncli.render.papers.typst.pdf import without_glyph

        missing = without_glyph(unusual)
        if missing:
            yield (
                f"no font on this computer has {_named(missing)}: the PDF file shows boxes. "
                "Install a font with these characters, such as Noto Sans CJK."
            )
        return
    missing = NOTATIONS[form](view).unwritten(unusual)
    if missing:
        yield (
            f"pdfTeX cannot write {_named(missing)}: labels with such characters are numbers in "
            "the LaTeX document, and other texts have a question mark. Write -f pdf or -f markdown."
        )


def _named(characters: str) -> str:
    shown = [*characters[:5], *(["other characters"] if len(characters) > 5 else [])]
    return in_words(shown)
