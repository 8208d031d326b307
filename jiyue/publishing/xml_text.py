"""Text and moments as XML files of the platform write them."""

import re
from datetime import datetime
from email.utils import format_datetime
from xml.sax.saxutils import escape

from django.utils import timezone

from jiyue.publishing.entries import MOMENT_FORMAT

DECLARATION = '<?xml version="1.0" encoding="utf-8"?>\n'
UTC_OFFSET = "+08:00"  # of every moment in public files: Asia/Shanghai has no summer time

# Everything but the characters of XML 1.0; nothing can stand for the others, not even a reference.
_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def xml_text(value: str) -> str:
    """Escape text for elements and quoted attributes and leave out characters that XML can't hold."""
    return escape(_FORBIDDEN.sub("", value), {'"': "&quot;"})


def rfc_3339(moment: str) -> str:
    """Write "2026-11-21 09:30" for Atom feeds and sitemaps: 2026-11-21T09:30:00+08:00."""
    return moment.replace(" ", "T", 1) + f":00{UTC_OFFSET}"


def rfc_2822(moment: str) -> str:
    """Write "2026-11-21 09:30" for RSS: Sat, 21 Nov 2026 09:30:00 +0800."""
    naive = datetime.strptime(moment, MOMENT_FORMAT)  # noqa: DTZ007 - the zone follows
    return format_datetime(timezone.make_aware(naive))
