"""Draws the signed papers of the demonstration city: one page that stands for a scan."""

from io import BytesIO

from reportlab.lib.pagesizes import A4
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas

_FONT = "STSong-Light"  # a font every PDF reader brings along for Chinese
_LEFT, _TOP, _LINE = 72, 760, 34  # points


def render_paper(*, title: str, lines: list[str]) -> bytes:
    """One page with a title and lines below it, as a PDF.

    Args:
        title: First line, larger.
        lines: What follows, one below the other.
    """
    pdfmetrics.registerFont(UnicodeCIDFont(_FONT))
    buffer = BytesIO()
    page = Canvas(buffer, pagesize=A4, invariant=True)
    page.setTitle(title)
    page.setFont(_FONT, 20)
    page.drawString(_LEFT, _TOP, title)
    page.setFont(_FONT, 14)
    for number, line in enumerate(lines, start=2):
        page.drawString(_LEFT, _TOP - number * _LINE, line)
    page.save()
    return buffer.getvalue()
