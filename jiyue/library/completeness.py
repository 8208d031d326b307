"""What an item must say before it can be submitted."""

from collections.abc import Sequence

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from jiyue.core import clock
from jiyue.core.errors import DomainError
from jiyue.library.content import ResourceContent
from jiyue.library.kinds import KINDS
from jiyue.library.richtext import html_to_text

_MISSING: dict[str, Promise] = {
    "title": _("Title is empty."),
    "body_html": _("The text is empty."),
    "source": _("Source is missing."),
    "author": _("Author is missing."),
    "issuing_body": _("Issuing body is missing."),
    "written_on": _("Date of writing is missing."),
    "validity_status": _("Validity is not stated."),
    "channel_ids": _("No channel is chosen."),
    "summary": _("Summary is missing."),
    "picture": _("The picture is missing."),
    "attachments": _("No file is attached."),
}


class NotSubmittable(DomainError):
    """What has to be filled in before submission."""

    code = "not_submittable"

    def __init__(self, reasons: Sequence[Promise | str], title: str = ""):
        self.reasons = list(reasons)
        joined = " ".join(str(reason) for reason in reasons)
        super().__init__(
            _("“%(title)s” can't be submitted yet. %(reasons)s") % {"title": title, "reasons": joined},
            fix=_("Complete these points and submit again."),
        )


def content_blockers(content: ResourceContent) -> list[Promise]:
    """List what the content lacks for its kind, in plain words (style: full check at submission)."""
    required = KINDS.get(content.kind).required
    reasons = [text for name, text in _MISSING.items() if name in required and not getattr(content, name)]
    if content.body_html and "body_html" in required and not html_to_text(content.body_html).strip():
        reasons.append(_MISSING["body_html"])
    if content.picture and not content.picture_alt:
        reasons.append(_("The picture has no description for people who can't see it."))
    if content.originally_published_on and content.originally_published_on > clock.today():
        reasons.append(_("The original date of publication lies in the future."))
    return reasons
