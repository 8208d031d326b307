"""Why a submission or a decision is refused, and texts kept within bounds."""

from django.utils.translation import gettext_lazy as _

from jiyue.core.errors import DomainError
from jiyue.core.text import storable

MAX_OPINION_CHARS = 5_000  # a limit against abuse; forms may be stricter


class ReviewRefused(DomainError):
    """A decision or submission that the rules don't allow."""

    code = "review_refused"


class AlreadyInReview(ReviewRefused):
    code = "already_in_review"


class AlreadyDecided(ReviewRefused):
    code = "already_decided"


class SelfApprovalForbidden(ReviewRefused):
    code = "self_approval"


class NotTheReviewer(ReviewRefused):
    code = "not_the_reviewer"


class ReasonMissing(ReviewRefused):
    code = "reason_missing"


class OpinionTooLong(ReviewRefused):
    code = "opinion_too_long"


class StateChanged(ReviewRefused):
    code = "state_changed"


class ChecksMissing(ReviewRefused):
    """What has to be signed with this decision isn't."""

    code = "checks_missing"


class CaseHeld(ReviewRefused):
    """The case waits for an answer, or for a risk assessment."""

    code = "case_held"


class PaperMissing(ReviewRefused):
    code = "paper_missing"


class NotRecallable(ReviewRefused):
    code = "not_recallable"


class RouteChanged(ReviewRefused):
    """What was changed during review asks for another route than the one the case is on."""

    code = "route_changed"


def clean_opinion(text: str, *, field: str = "opinion") -> str:
    """What a person wrote, without characters no database stores.

    Raises:
        OpinionTooLong: Over `MAX_OPINION_CHARS`.
    """
    text = storable(text).strip()
    if len(text) > MAX_OPINION_CHARS:
        raise OpinionTooLong(
            _("This text has %(length)d characters; at most %(limit)d are possible.")
            % {"length": len(text), "limit": MAX_OPINION_CHARS},
            fix=_("Shorten it and send it again; nothing you typed is lost."),
            field=field,
        )
    return text
