"""Ways in which content comes in by hand: captured from the web, reported, linked (LIB-13).

Whatever the way, it is recorded with the item for good, and the item is a draft
that passes the full review.
"""

from collections.abc import Sequence
from urllib.parse import urlsplit

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from jiyue.core.errors import DomainError
from jiyue.library.checks import Checked, Remark
from jiyue.library.content import ResourceContent
from jiyue.library.enums import AcquisitionMode
from jiyue.library.models import Resource
from jiyue.library.services import create_resource
from jiyue.organizations.models import Organization, StaffAccount

BY_HAND = (AcquisitionMode.WEB_CAPTURE, AcquisitionMode.REPORTED, AcquisitionMode.LINK)
ADDRESS_NEEDED = frozenset({AcquisitionMode.WEB_CAPTURE, AcquisitionMode.LINK})
CLAUSE = "HT 一¶4; NB 18"


class CaptureRefused(DomainError):
    """Content that can't be taken in this way."""

    code = "capture_refused"


def is_web_address(text: str) -> bool:
    """Tell whether a text is a complete address of a web page."""
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname)


@transaction.atomic
def take_in(
    *, unit: Organization, content: ResourceContent, mode: AcquisitionMode, actor: StaffAccount
) -> Resource:
    """Put content from elsewhere into the library, as a draft whose origin stays recorded.

    Raises:
        CaptureRefused: Not one of the ways by hand, or the address it came from is missing.
        ModeDisabled: The profile switched this way off.
        NotYourUnit, ChannelNotOpen, TextTooLong: As for any item.

    Source: HT 一¶4; NB 18 (LIB-13).
    """
    if mode not in BY_HAND:
        raise CaptureRefused(
            _("Content doesn't come in by hand this way."), fix=_("Choose one of the ways listed.")
        )
    if mode in ADDRESS_NEEDED and not is_web_address(content.source_url):
        raise CaptureRefused(
            _("The address of the original page is missing or isn't complete."),
            fix=_("Copy it from the browser; it begins with http:// or https://."),
            field="source_url",
        )
    return create_resource(
        unit=unit,
        content=content.with_values(is_repost=mode == AcquisitionMode.WEB_CAPTURE),
        actor=actor,
        acquisition_mode=mode,
    )


def check_origin(checked: Checked) -> Sequence[Remark]:
    """Stop captured or linked content whose origin was deleted since."""
    if checked.resource.acquisition_mode not in ADDRESS_NEEDED:
        return ()
    if is_web_address(checked.content.source_url):
        return ()
    return (
        Remark(
            _("This item came from a web page, but its address is missing."),
            field="source_url",
            clause=CLAUSE,
        ),
    )
