"""The story of an item as a PDF: Chinese by the reader's own font, so no font file is needed.

The CID font `STSong-Light` covers the characters of GBK. Any other one is
written as a mark with its code point, never left out: 𠮷 becomes [U+20BB7].
"""

import re
import unicodedata
from collections.abc import Iterator
from datetime import datetime
from functools import cache
from io import BytesIO
from typing import Any
from xml.sax.saxutils import escape

from django.utils.translation import gettext as _
from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable, Paragraph, SimpleDocTemplate, Spacer, Table, TableStyle

from jiyue.backoffice.comparing import FieldDifference
from jiyue.backoffice.comparing import Paragraph as ComparedParagraph
from jiyue.backoffice.item_story import ItemStory, Passage
from jiyue.backoffice.templatetags.backoffice import moment
from jiyue.core import audit, clock
from jiyue.library.accountability import ACTS, Answer
from jiyue.library.models import Resource
from jiyue.organizations.enums import StaffRole
from jiyue.organizations.models import StaffAccount
from jiyue.review.enums import Authority

FONT = "STSong-Light"
MAX_CHARS = 3_000  # of one paragraph in the file; what is cut off is counted, and the page shows it whole
MAX_PARAGRAPHS = 60  # changed paragraphs of one edit told in the file
MARGIN = 18 * mm
_SPACES = re.compile(r"[\t\r\f\v\u00a0\u3000]+")
_WRAPPED = {"del": ("【-", "-】"), "ins": ("【+", "+】"), "from": ("【↑", "↑】"), "to": ("【↓", "↓】")}


@cache
def _register() -> None:
    pdfmetrics.registerFont(UnicodeCIDFont(FONT))


def readable(text: str) -> str:
    """Text in characters that the font has; any other one as a mark with its code point.

    >>> readable("𠮷林")
    '[U+20BB7]林'
    """
    return "".join(_readable(character) for character in _SPACES.sub(" ", text))


@cache
def _readable(character: str) -> str:
    if character == "\n" or " " <= character <= "~":
        return character
    has_glyph = unicodedata.category(character) not in {"Cc", "Cf", "Co", "Cn", "Cs"}
    try:
        is_covered = len(character.encode("gbk")) == 2  # a double-byte character
    except UnicodeEncodeError:
        is_covered = False
    return character if has_glyph and is_covered else f"[U+{ord(character):04X}]"


def export_trail(*, story: ItemStory, actor: StaffAccount) -> bytes:
    """The story as a PDF; the export itself is an entry of the audit trail.

    Args:
        story: Of an item that the actor may see.
        actor: Whose name and account stand on each page.

    Source: NT 14; GL 七(一)4 (REV-03).
    """
    resource = story.resource
    at = clock.now()
    audit.record(
        actor=actor.audit_actor(),
        verb="resource.trail_exported",
        subject_type="resource",
        subject_id=resource.pk,
        number=story.index_number,
        passages=len(story.passages),
    )
    return render_trail(story, at=at, by=f"{actor.person.name}（{actor.login_name}）")


def render_trail(story: ItemStory, *, at: datetime, by: str) -> bytes:
    """The file alone.

    Args:
        story: What it tells.
        at: Time of the export, aware of its time zone.
        by: Who exports it.
    """
    _register()
    buffer = BytesIO()
    number = story.index_number or _("no index number yet")
    foot = _("%(number)s · exported on %(at)s by %(by)s") % {"number": number, "at": moment(at), "by": by}
    document = SimpleDocTemplate(
        buffer,
        pagesize=A4,
        leftMargin=MARGIN,
        rightMargin=MARGIN,
        topMargin=MARGIN,
        bottomMargin=MARGIN + 6 * mm,
        title=readable(story.resource.title),
        author=readable(by),
    )
    document.build(list(_flow(story)), canvasmaker=_numbered(readable(foot)))
    return buffer.getvalue()


def _style(size: float, **values: Any) -> ParagraphStyle:
    leading = size * 1.55
    return ParagraphStyle(f"s{size}", fontName=FONT, fontSize=size, leading=leading, wordWrap="CJK", **values)


def _text(words: str, style: ParagraphStyle) -> Paragraph:
    left = len(words) - MAX_CHARS
    if left > 0:
        words = words[:MAX_CHARS] + _("… (%(count)d more characters)") % {"count": left}
    return Paragraph(escape(readable(words)).replace("\n", "<br/>"), style)


def _flow(story: ItemStory) -> Iterator[Flowable]:
    heading, plain, small = (
        _style(15, spaceAfter=6),
        _style(10),
        _style(9, textColor=colors.HexColor("#4d5a5f")),
    )
    yield _text(story.resource.title or _("(no title)"), heading)
    yield _text(f"{_heading_line(story.resource)} · {story.index_number}", small)
    yield Spacer(1, 5 * mm)
    yield _text(_("Who answers for it"), _style(12, spaceAfter=4))
    yield _table(story.answers)
    yield Spacer(1, 5 * mm)
    yield _text(_("What happened"), _style(12, spaceAfter=4))
    yield _text(_("In changes: 【-removed-】 【+added+】 【↑moved away↑】 【↓moved here↓】"), small)
    for passage in story.passages:
        yield from _passage(passage, plain, small)


def _heading_line(resource: Resource) -> str:
    return f"{resource.unit.name} · {resource.get_status_display()}"


def _table(answers: list[Answer]) -> Flowable:
    cell = _style(8.5)
    head = [_("Act"), _("When"), _("Person"), _("Account"), _("Unit"), _("By what")]
    rows = [[_text(words, cell) for words in head]]
    rows += [[_text(words, cell) for words in _cells(answer)] for answer in answers]
    widths = [24 * mm, 30 * mm, 22 * mm, 24 * mm, 40 * mm, 34 * mm]
    table = Table(rows, colWidths=widths, repeatRows=1)
    line = colors.HexColor("#d5dcdf")
    table.setStyle(
        TableStyle(
            [
                ("GRID", (0, 0), (-1, -1), 0.5, line),
                ("BACKGROUND", (0, 0), (-1, 0), colors.HexColor("#f4f6f7")),
                ("VALIGN", (0, 0), (-1, -1), "TOP"),
            ]
        )
    )
    return table


def _cells(answer: Answer) -> list[str]:
    return [
        str(ACTS[answer.act]),
        moment(answer.at),
        answer.who,
        answer.login_name,
        answer.of_unit,
        warrant_words(answer),
    ]


def warrant_words(answer: Answer) -> str:
    """By what somebody acted: the level or office, and delegation or duty; for a unit, which website."""
    parts = [answer.level or (str(StaffRole(answer.role).label) if answer.role else "")]
    if answer.authority in (Authority.DELEGATION, Authority.DUTY):
        parts.append(str(Authority(answer.authority).label))
    if answer.for_whom:
        parts.append(_("for %(person)s") % {"person": answer.for_whom})
    return _(", ").join(part for part in parts if part)


def _passage(passage: Passage, plain: ParagraphStyle, small: ParagraphStyle) -> Iterator[Flowable]:
    yield Spacer(1, 2.5 * mm)
    yield _text(f"{moment(passage.at)}　{passage.sentence}", plain)
    details = [passage.who, *passage.notes]
    yield from (_text(line, small) for line in details if line)
    if passage.opinion:
        yield _text("“" + passage.opinion + "”", plain)
    if passage.differences:
        yield from _differences(passage.differences, small)


def _differences(differences: list[FieldDifference], style: ParagraphStyle) -> Iterator[Flowable]:
    for difference in differences:
        changed = [paragraph for paragraph in difference.paragraphs if paragraph.is_changed]
        shown = changed[:MAX_PARAGRAPHS] or list(difference.paragraphs[:1])
        for paragraph in shown:
            yield _text(f"{difference.label}：{_line(paragraph)}", style)
        if len(changed) > len(shown):
            rest = len(changed) - len(shown)
            yield _text(_("… and %(count)d more changed paragraphs") % {"count": rest}, style)


def _line(paragraph: ComparedParagraph) -> str:
    parts = []
    for piece in paragraph.pieces:
        start, end = _WRAPPED.get(piece.kind, ("", ""))
        parts.append(f"{start}{piece.text}{end}")
    return "".join(parts)


def _numbered(foot: str) -> type[Canvas]:
    """A canvas that writes the foot with “page 2 of 5”: the number of pages is known at the end."""

    class NumberedCanvas(Canvas):
        def __init__(self, *args: Any, **kwargs: Any):
            super().__init__(*args, **kwargs)
            self.pages: list[dict[str, Any]] = []

        def showPage(self) -> None:  # noqa: N802  # reportlab's name
            self.pages.append(dict(self.__dict__))
            self._startPage()

        def save(self) -> None:
            for number, page in enumerate(self.pages, start=1):
                self.__dict__.update(page)
                self.setFont(FONT, 8)
                self.drawString(MARGIN, 12 * mm, foot)
                words = _("page %(number)d of %(all)d") % {"number": number, "all": len(self.pages)}
                self.drawRightString(A4[0] - MARGIN, 12 * mm, words)
                Canvas.showPage(self)
            Canvas.save(self)

    return NumberedCanvas
