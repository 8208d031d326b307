"""Handing items to review: one by one, or many in one batch case."""

from collections.abc import Mapping, Sequence, Set
from dataclasses import replace

from django.db.models import Exists, F, OuterRef
from django.db.models.fields.json import KT
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from jiyue.core import audit
from jiyue.core.acts import one_act
from jiyue.library.checks import Moment, run_checks
from jiyue.library.completeness import NotSubmittable, content_blockers
from jiyue.library.content import ResourceContent
from jiyue.library.enums import EDITABLE_STATUSES, ResourceStatus
from jiyue.library.models import Edition, Resource, ResourceRevision
from jiyue.library.permissions import require_editor
from jiyue.library.reviewing import SUBJECT_TYPE
from jiyue.library.scoping import scope_of, sort_of, targets_of, text_of
from jiyue.library.services.editing import add_revision, has_foreign_media
from jiyue.organizations.models import Organization, StaffAccount
from jiyue.policy.selectors import Rules, read_rules
from jiyue.review.enums import CaseForm, SortOfContent
from jiyue.review.major import list_major_rules, plain
from jiyue.review.models import MajorRule, ReviewCase
from jiyue.review.reviewable import Pin
from jiyue.review.routing import Route
from jiyue.review.services import open_case, route_of
from jiyue.review.submission import Handling, Scope, Submission
from jiyue.sites.selectors import list_open_channels

_NO_DATE = "9999-12-31"
MAX_SCOPED_BODIES = 20  # items whose whole text stays in memory; of more only what the rules found in it


def submission_blockers(resource: Resource, *, actor: StaffAccount) -> list[Promise | str]:
    """Say why `actor` can't submit the item now; empty when it can be submitted.

    Raises:
        NotYourUnit: The actor isn't an entry clerk of the item's unit.
    """
    require_editor(actor, resource.unit)
    revision = resource.revisions.get(number=resource.last_revision)
    is_released = Edition.objects.filter(revision=revision).exists()
    return _blockers(
        resource, revision.content, is_released, _open_channel_ids(resource.unit), read_rules(resource.unit)
    )


def _blockers(
    resource: Resource,
    content: ResourceContent,
    is_released: bool,
    open_channel_ids: Set[int],
    rules: Rules,
) -> list[Promise | str]:
    if resource.status not in EDITABLE_STATUSES:
        return [_("This item is in review already.")]
    if is_released and resource.status == ResourceStatus.PUBLISHED:
        return [_("Nothing has been changed since the published version.")]
    reasons: list[Promise | str] = list(content_blockers(content))
    remarks = run_checks(resource, content, unit=resource.unit, moment=Moment.SUBMISSION, rules=rules)
    reasons += [remark.text for remark in remarks if remark.is_blocking]
    if not set(content.channel_ids) <= open_channel_ids:
        reasons.append(_("At least one of the channels isn't open to the unit any more."))
    if has_foreign_media(content, resource.unit):
        reasons.append(_("A picture or attachment isn't among the unit's files."))
    return reasons


def _open_channel_ids(unit: Organization) -> frozenset[int]:
    return frozenset(list_open_channels([unit.pk]).order_by().values_list("pk", flat=True))


@one_act()
def submit_for_review(
    *, resource: Resource, actor: StaffAccount, comment: str = "", handling: Handling | None = None
) -> ReviewCase:
    """Pin the newest state and open a case for it.

    Args:
        resource: The item.
        actor: The entry clerk.
        comment: Words to the reviewers.
        handling: Urgent, major, sensitive, papers; with its comment instead of `comment`.

    Raises:
        NotYourUnit, NotSubmittable, AlreadyInReview, NotTheReviewer, PaperMissing, RouteUnusable.

    Source: NT 15; NB 14 (REV-01).
    """
    return _submit([resource], resource.title, actor, handling or Handling(comment), CaseForm.SINGLE)


@one_act()
def submit_together(
    *, resources: Sequence[Resource], actor: StaffAccount, handling: Handling | None = None
) -> ReviewCase:
    """Open one case over a document and its interpretation; they go out in one transaction.

    Raises:
        NotYourUnit, NotSubmittable, AlreadyInReview, NotTheReviewer, PaperMissing, RouteUnusable.
            Anything but one document and at least one interpretation isn't submittable together.

    Source: HT 二(三)4 (REV-10).
    """
    if not resources:
        raise NotSubmittable([_("No item is chosen.")])
    return _submit(resources, resources[0].title, actor, handling or Handling(), CaseForm.JOINT)


@one_act()
def submit_batch(
    *, resources: Sequence[Resource], title: str, actor: StaffAccount, comment: str = ""
) -> ReviewCase:
    """Open one batch case over many items of one unit.

    Imported history is put in the order of its own dates, and is released and listed in it.

    Raises:
        NotYourUnit, NotSubmittable (naming the first item that isn't ready, or takes another route than
            the others), AlreadyInReview.
    """
    if not resources:
        raise NotSubmittable([_("No item is chosen.")], title)
    form = CaseForm.BATCH if len(resources) > 1 else CaseForm.SINGLE
    return _submit(_oldest_first(resources), title, actor, Handling(comment), form)


def _oldest_first(resources: Sequence[Resource]) -> list[Resource]:
    """Order items by their original date; those without one are new and come last."""
    newest = ResourceRevision.objects.filter(
        resource__in=[resource.pk for resource in resources], number=F("resource__last_revision")
    )
    dates = dict(newest.values_list("resource_id", KT("content_json__originally_published_on")))
    return sorted(resources, key=lambda resource: (dates.get(resource.pk) or _NO_DATE, resource.pk))


def _submit(
    resources: Sequence[Resource], title: str, actor: StaffAccount, handling: Handling, form: CaseForm
) -> ReviewCase:
    ids = list(dict.fromkeys(resource.pk for resource in resources))
    # Locked in one order, so that two batches can't wait for each other; what the caller read may be old.
    locked = Resource.objects.select_for_update(of=("self",)).select_related("unit").filter(pk__in=ids)
    current = {resource.pk: resource for resource in locked.order_by("pk")}
    units = {resource.unit_id: resource.unit for resource in current.values()}
    if len(units) > 1:
        raise NotSubmittable([_("The items belong to different units.")], title)
    (unit,) = units.values()
    require_editor(actor, unit, is_urgent=handling.is_urgent)
    pins, found = _pin(current, unit, actor)
    contents = [found[pk] for pk in ids]
    if form == CaseForm.JOINT:
        _require_pair(contents, title)
    if form == CaseForm.BATCH:
        _require_one_route(contents, unit, handling)
    case = open_case(
        Submission(
            subject_type=SUBJECT_TYPE,
            pins=[pins[pk] for pk in ids],
            unit=unit,
            title=title,
            actor=actor,
            form=form,
            scope=scope_of(contents, unit),
            handling=handling,
        )
    )
    Resource.objects.filter(pk__in=ids).update(status=ResourceStatus.IN_REVIEW)
    return case


def _require_pair(contents: Sequence[ResourceContent], title: str) -> None:
    """Together go a document and what interprets it, nothing else (HT 二(三)4, REV-10)."""
    document, *others = [sort_of(content) for content in contents]
    is_pair = document == SortOfContent.GOVERNMENT_DOCUMENT and others
    if not is_pair or any(sort != SortOfContent.INTERPRETATION for sort in others):
        reason = _("Only a government document and its interpretations are submitted together.")
        raise NotSubmittable([reason], title)


def _require_one_route(contents: Sequence[ResourceContent], unit: Organization, handling: Handling) -> None:
    """No item of a batch goes past the approvers of its own sort or site (NT 16, REV-05)."""
    routes: dict[Scope, Route] = {}
    for content, target in zip(contents, targets_of(contents, unit), strict=True):
        if target not in routes:
            routes[target], _reasons = route_of(unit, target, handling)
        if routes[target] != next(iter(routes.values())):
            reason = _("It takes another route of review than “%(first)s”; submit it in a batch of its own.")
            raise NotSubmittable([reason % {"first": contents[0].title}], content.title)


def _pin(
    resources: Mapping[int, Resource], unit: Organization, actor: StaffAccount
) -> tuple[dict[int, Pin], dict[int, ResourceContent]]:
    """Check the newest states and pin them; bodies pass through memory a few hundred at a time.

    Everyone who ever wrote on an item is its author, also after corrections by
    others: nobody reviews an item of their own (REV-02).
    """
    authors: dict[int, set[int]] = {}
    revisions = ResourceRevision.objects.filter(resource_id__in=list(resources))
    for resource_id, person_id in revisions.values_list("resource_id", "person_id").distinct():
        authors.setdefault(resource_id, set()).add(person_id)
    open_channel_ids = _open_channel_ids(unit)
    rules = read_rules(unit)
    pins: dict[int, Pin] = {}
    contents: dict[int, ResourceContent] = {}
    major_rules = list_major_rules(unit) if len(resources) > MAX_SCOPED_BODIES else None
    repeated: list[ResourceRevision] = []
    newest = revisions.filter(number=F("resource__last_revision")).order_by("resource_id")
    newest = newest.annotate(is_released=Exists(Edition.objects.filter(revision=OuterRef("pk"))))
    for revision in newest.iterator(chunk_size=200):
        resource, is_released = resources[revision.resource_id], revision.is_released
        content = revision.content
        contents[resource.pk] = content if major_rules is None else _shortened(content, major_rules)
        reasons = _blockers(resource, content, is_released, open_channel_ids, rules)
        if reasons:
            raise NotSubmittable(reasons, resource.title)
        author_ids = frozenset(authors[resource.pk])
        pins[resource.pk] = Pin(
            str(resource.pk), str(revision.pk), resource.title, revision.digest, author_ids
        )
        if is_released:
            repeated.append(revision)
    for withdrawn in repeated:
        state = _repeat(resources[withdrawn.resource_id], withdrawn, actor)
        pins[state.resource_id] = replace(pins[state.resource_id], pin=str(state.pk), digest=state.digest)
    return pins, contents


def _shortened(content: ResourceContent, major_rules: Sequence[MajorRule]) -> ResourceContent:
    """A state without its long texts; of these only the words stay that a rule looks for."""
    text = plain(text_of(content))
    found = {rule.text for rule in major_rules if plain(rule.text) in text}
    return content.with_values(body_html="", details={}, attachments=(), summary="\n".join(sorted(found)))


def _repeat(resource: Resource, released: ResourceRevision, actor: StaffAccount) -> ResourceRevision:
    """Save the text of a withdrawn item as a new state: every edition has a state of its own."""
    resource.last_revision += 1
    resource.save(update_fields=["last_revision"])
    revision = add_revision(resource, released.content, actor)
    audit.record(
        actor=actor.audit_actor(),
        verb="resource.saved",
        subject_type="resource",
        subject_id=resource.pk,
        revision=revision.number,
        digest=revision.digest,
    )
    return revision
