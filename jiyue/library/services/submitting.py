"""Handing items to review: one by one, or many in one batch case."""

from collections.abc import Sequence

from django.db import transaction
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from jiyue.core.errors import DomainError
from jiyue.library.content import ResourceContent
from jiyue.library.enums import EDITABLE_STATUSES, ResourceStatus
from jiyue.library.kinds import KINDS
from jiyue.library.models import Edition, Resource, ResourceRevision
from jiyue.library.permissions import require_editor
from jiyue.library.reviewing import SUBJECT_TYPE
from jiyue.library.richtext import html_to_text
from jiyue.organizations.models import StaffAccount
from jiyue.review.models import ReviewCase
from jiyue.review.reviewable import Pin
from jiyue.review.services import open_case

_MISSING: dict[str, Promise] = {
    "title": _("Title is empty."),
    "body_html": _("The text is empty."),
    "source": _("Source is missing."),
    "author": _("Author is missing."),
    "issuing_body": _("Issuing body is missing."),
    "written_on": _("Date of writing is missing."),
    "validity_status": _("Validity is not stated."),
    "channel_ids": _("No channel is chosen."),
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
    return reasons


def submission_blockers(resource: Resource, *, actor: StaffAccount) -> list[Promise | str]:
    """Say why `actor` can't submit the item now; empty when it can be submitted."""
    require_editor(actor, resource.unit)
    if resource.status not in EDITABLE_STATUSES:
        return [_("This item is in review already.")]
    revision = resource.revisions.get(number=resource.last_revision)
    if Edition.objects.filter(revision=revision).exists() and resource.status == ResourceStatus.PUBLISHED:
        return [_("Nothing has been changed since the published version.")]
    return list(content_blockers(revision.content))


@transaction.atomic
def submit_for_review(*, resource: Resource, actor: StaffAccount, comment: str = "") -> ReviewCase:
    """Pin the newest state and open a case for it.

    Raises:
        NotYourUnit, NotSubmittable, AlreadyInReview, NotTheReviewer.

    Source: NT 15; NB 14 (REV-01).
    """
    return _submit([resource], resource.title, actor, comment)


@transaction.atomic
def submit_batch(
    *, resources: Sequence[Resource], title: str, actor: StaffAccount, comment: str = ""
) -> ReviewCase:
    """Open one batch case over many items of one unit.

    Raises:
        NotYourUnit, NotSubmittable (naming the first item that isn't ready), AlreadyInReview.
    """
    if not resources:
        raise NotSubmittable([_("No item is chosen.")], title)
    if len({resource.unit_id for resource in resources}) > 1:
        raise NotSubmittable([_("The items belong to different units.")], title)
    return _submit(resources, title, actor, comment)


def _submit(resources: Sequence[Resource], title: str, actor: StaffAccount, comment: str) -> ReviewCase:
    unit = resources[0].unit
    require_editor(actor, unit)
    ids = [resource.pk for resource in resources]
    pins = []
    for resource, revision, author_ids, published in _current_states(ids):
        reasons: list[Promise | str] = list(content_blockers(revision.content))
        if resource.status not in EDITABLE_STATUSES:
            reasons = [_("This item is in review already.")]
        elif published and resource.status == ResourceStatus.PUBLISHED:
            reasons = [_("Nothing has been changed since the published version.")]
        if reasons:
            raise NotSubmittable(reasons, resource.title)
        pins.append(Pin(str(resource.pk), str(revision.pk), resource.title, revision.digest, author_ids))
    case = open_case(
        subject_type=SUBJECT_TYPE, pins=pins, unit=unit, title=title, actor=actor, comment=comment
    )
    Resource.objects.filter(pk__in=ids).update(status=ResourceStatus.IN_REVIEW)
    return case


def _current_states(
    ids: Sequence[int],
) -> list[tuple[Resource, ResourceRevision, frozenset[int], bool]]:
    """Resources with newest revision, everyone who wrote since the last edition, and whether it is out."""
    resources = {
        resource.pk: resource for resource in Resource.objects.select_for_update().filter(pk__in=ids)
    }
    last_edition: dict[int, int] = {}
    published: set[int] = set()
    for resource_id, number in Edition.objects.filter(resource_id__in=ids).values_list(
        "resource_id", "revision__number"
    ):
        last_edition[resource_id] = max(number, last_edition.get(resource_id, 0))
        if number == resources[resource_id].last_revision:
            published.add(resource_id)
    newest: dict[int, ResourceRevision] = {}
    authors: dict[int, set[int]] = {}
    for revision in ResourceRevision.objects.filter(resource_id__in=ids).order_by("number"):
        newest[revision.resource_id] = revision
        if revision.number > last_edition.get(revision.resource_id, 0):
            authors.setdefault(revision.resource_id, set()).add(revision.person_id)
    return [
        (resources[pk], newest[pk], frozenset(authors.get(pk, set())), pk in published)
        for pk in ids
        if pk in resources
    ]
