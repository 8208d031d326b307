"""Creating and changing working copies."""

from collections.abc import Sequence
from dataclasses import fields

from django.utils.translation import gettext_lazy as _

from jiyue.core import audit, clock
from jiyue.core.acts import one_act
from jiyue.core.errors import DomainError
from jiyue.library.announcements import RESOURCE_SAVED, ResourceSaved
from jiyue.library.checks import Moment, run_checks
from jiyue.library.completeness import NotSubmittable, content_blockers
from jiyue.library.content import (
    MAX_BODY_CHARS,
    MAX_DETAIL_CHARS,
    MAX_FIELD_CHARS,
    MAX_INDEX_NUMBER_CHARS,
    MAX_TITLE_CHARS,
    MAX_TRANSCRIPT_CHARS,
    ResourceContent,
)
from jiyue.library.enums import EDITABLE_STATUSES, AcquisitionMode, ResourceStatus
from jiyue.library.kinds import KINDS
from jiyue.library.models import MediaFile, Resource, ResourceRevision
from jiyue.library.permissions import require_editor
from jiyue.library.reviewing import SUBJECT_TYPE
from jiyue.library.richtext import clean_html
from jiyue.library.scoping import scope_of
from jiyue.organizations.models import Organization, StaffAccount
from jiyue.policy.selectors import read_rules
from jiyue.review.models import CaseItem
from jiyue.review.reviewable import Pin
from jiyue.review.services import revise_case, take_case_of
from jiyue.sites.selectors import list_open_channels


class NotEditable(DomainError):
    code = "not_editable"


class ConcurrentEdit(DomainError):
    """Somebody saved a newer state while this one was being written."""

    code = "concurrent_edit"

    def __init__(self, newer: ResourceRevision):
        self.newer = newer
        super().__init__(
            _("%(person)s saved a newer version while you were writing.") % {"person": newer.person.name},
            fix=_("Your text is still here. Compare it with the newer version and save again."),
        )


class ChannelNotOpen(DomainError):
    code = "channel_not_open"


class MediaNotYours(DomainError):
    code = "media_not_yours"


class TextTooLong(DomainError):
    code = "text_too_long"


class ModeDisabled(DomainError):
    code = "mode_disabled"


class BackDatingForbidden(DomainError):
    code = "back_dating"


def require_open_channels(channel_ids: Sequence[int], unit: Organization) -> None:
    """Refuse channels that the unit doesn't contribute to.

    Raises:
        ChannelNotOpen: At least one isn't open to the unit.
    """
    chosen = set(channel_ids)
    if not chosen:
        return
    allowed = set(list_open_channels([unit.pk]).filter(pk__in=chosen).values_list("pk", flat=True))
    if chosen - allowed:
        raise ChannelNotOpen(
            _("At least one of the channels isn't open to %(unit)s.") % {"unit": unit.name},
            fix=_("Choose from the channels listed for your unit."),
            field="channel_ids",
        )


def has_foreign_media(content: ResourceContent, unit: Organization) -> bool:
    """Tell whether the content shows or offers a file that isn't among the unit's own."""
    names = content.media_names()
    return bool(names) and MediaFile.objects.filter(unit=unit, name__in=names).count() < len(names)


def require_mode(mode: AcquisitionMode, unit: Organization) -> None:
    """Refuse a way of getting content that the profile switched off.

    Raises:
        ModeDisabled: `intake.disabled_modes` names the mode, or `intake.web_capture` forbids it. Where
            captured content is allowed, it is still a draft for full review.

    Source: HT 一¶4; NB 18 (LIB-13).
    """
    rules = read_rules(unit)
    is_off = mode in rules.value("intake.disabled_modes").items
    is_off |= mode == AcquisitionMode.WEB_CAPTURE and rules.value("intake.web_capture").text == "none"
    if is_off:
        raise ModeDisabled(
            _("Taking in content this way (%(mode)s) is switched off here.") % {"mode": mode.label},
            fix=_("Write the item yourself, or ask the platform manager."),
        )


def _require_honest_date(content: ResourceContent, mode: AcquisitionMode | str) -> None:
    """Only history brought in from elsewhere has a date of its own (HT 附件(单项否决7), REV-29)."""
    if content.originally_published_on and mode == AcquisitionMode.SELF_WRITTEN:
        raise BackDatingForbidden(
            _("An item written here can't carry an earlier publication date; the server sets the date."),
            fix=_("Leave the date of the original publication empty, or import the original file."),
            field="originally_published_on",
        )


def _clean(content: ResourceContent, unit: Organization) -> ResourceContent:
    KINDS.get(content.kind)
    require_open_channels(content.channel_ids, unit)
    content = content.storable()
    content = content.with_values(title=" ".join(content.title.split()))
    _require_lengths(content)
    content = content.with_values(body_html=clean_html(content.body_html))
    if has_foreign_media(content, unit):
        raise MediaNotYours(
            _("A picture or attachment isn't among the files of %(unit)s.") % {"unit": unit.name},
            fix=_("Upload the file here and use that copy."),
            field="body_html",
        )
    return content


_LIMITS = {
    "title": MAX_TITLE_CHARS,
    "index_number": MAX_INDEX_NUMBER_CHARS,
    "body_html": MAX_BODY_CHARS,
}


def _require_lengths(content: ResourceContent) -> None:
    for item in fields(content):
        text = getattr(content, item.name)
        if isinstance(text, str):
            _require_length(text, _LIMITS.get(item.name, MAX_FIELD_CHARS), field=item.name)
    for attachment in content.attachments:
        _require_length(attachment.transcript, MAX_TRANSCRIPT_CHARS, field="attachments")
    for name, texts in (
        ("keywords", content.keywords),
        ("attachments", [file.title for file in content.attachments]),
        ("relations", [relation.title for relation in content.relations]),
    ):
        _require_length("".join(texts), MAX_FIELD_CHARS, field=name)
    for name, text in content.details.items():
        _require_length(text, MAX_DETAIL_CHARS, field=f"details.{name}")


def _require_length(text: str, limit: int, *, field: str) -> None:
    if len(text) > limit:
        raise TextTooLong(
            _("This text has %(length)d characters; at most %(limit)d are possible.")
            % {"length": len(text), "limit": limit},
            fix=_("Shorten it and save again; nothing you typed is lost."),
            field=field,
        )


@one_act()
def create_resource(
    *,
    unit: Organization,
    content: ResourceContent,
    actor: StaffAccount,
    acquisition_mode: AcquisitionMode = AcquisitionMode.SELF_WRITTEN,
) -> Resource:
    """Put a new item into the library, as a draft (LIB-02, LIB-13).

    Raises:
        NotYourUnit: The actor isn't an entry clerk of the unit.
        ChannelNotOpen: A chosen channel isn't open to the unit.
        MediaNotYours: A picture or attachment isn't the unit's own.
        TextTooLong: Title, index number or another field is over its limit.
        BackDatingForbidden: An item written here carries a date of its own.
        ModeDisabled: The profile switched this way of getting content off.
        LookupError: The kind isn't registered.

    Source: GL 五(三)1; NB 19.
    """
    require_editor(actor, unit)
    require_mode(acquisition_mode, unit)
    _require_honest_date(content, acquisition_mode)
    content = _clean(content, unit)
    now = clock.now()
    resource = Resource.objects.create(
        unit=unit,
        kind=content.kind,
        title=content.title,
        acquisition_mode=acquisition_mode,
        last_revision=1,
        created_by=actor,
        created_at=now,
        updated_by=actor,
        updated_at=now,
    )
    revision = add_revision(resource, content, actor)
    audit.record(
        actor=actor.audit_actor(),
        verb="resource.created",
        subject_type="resource",
        subject_id=resource.pk,
        title=content.title,
        mode=acquisition_mode,
        digest=revision.digest,
    )
    RESOURCE_SAVED.announce(ResourceSaved(resource, content, actor))
    return resource


@one_act()
def save_revision(
    *,
    resource: Resource,
    content: ResourceContent,
    base_number: int,
    actor: StaffAccount,
    during_review: bool = False,
) -> ResourceRevision:
    """Save a new state; drafts may be incomplete.

    Args:
        resource: The item.
        content: The whole new state.
        base_number: Revision the writer started from.
        actor: The writer.
        during_review: Change an item that is in review: all approvals become void, the route starts
            again with the new state, and the writer decides on nothing in this case.

    Raises:
        NotYourUnit: The actor isn't an entry clerk of the unit.
        NotEditable: The item is in review, or waits for its release.
        NotRecallable: It is in review as part of a batch, or its case was closed meanwhile.
        RouteChanged: With the change it would take another route than the one it is on.
        ConcurrentEdit: Somebody saved a newer state; nothing is lost or overwritten.
        ChannelNotOpen, MediaNotYours, TextTooLong, BackDatingForbidden, LookupError: As for a new item.

    Source: NT 14 (REV-03).
    """
    require_editor(actor, resource.unit)
    _require_honest_date(content, resource.acquisition_mode)
    if during_review:
        take_case_of(SUBJECT_TYPE, resource.pk)
    current = resource.revisions.select_related("person").order_by("-number").first()
    content = _clean(content, resource.unit)
    if current is not None and current.content == content:  # values: older rows lack today's keys
        return current
    statuses = {ResourceStatus.IN_REVIEW} if during_review else EDITABLE_STATUSES
    now = clock.now()
    changed = Resource.objects.filter(pk=resource.pk, last_revision=base_number, status__in=statuses).update(
        last_revision=base_number + 1,
        kind=content.kind,
        title=content.title,
        updated_by=actor,
        updated_at=now,
    )
    if not changed:
        resource.refresh_from_db()
        if resource.status not in statuses:
            raise NotEditable(
                _("This item is in review or about to be released, so its text is locked."),
                fix=_("Ask the reviewer to return it if something has to be changed."),
            )
        raise ConcurrentEdit(resource.revisions.select_related("person").latest("number"))
    resource.last_revision, resource.kind, resource.title = base_number + 1, content.kind, content.title
    resource.updated_by, resource.updated_at = actor, now
    revision = add_revision(resource, content, actor)
    audit.record(
        actor=actor.audit_actor(),
        verb="resource.saved",
        subject_type="resource",
        subject_id=resource.pk,
        revision=revision.number,
        digest=revision.digest,
    )
    if during_review:
        _pin_anew(resource, revision, actor)
    RESOURCE_SAVED.announce(ResourceSaved(resource, content, actor))
    return revision


def _pin_anew(resource: Resource, revision: ResourceRevision, actor: StaffAccount) -> None:
    """Let the open case pin the new state, if it may be submitted as it is."""
    remarks = run_checks(resource, revision.content, unit=resource.unit, moment=Moment.SUBMISSION)
    reasons = [*content_blockers(revision.content), *(mark.text for mark in remarks if mark.is_blocking)]
    if reasons:
        raise NotSubmittable(reasons, resource.title)
    item = CaseItem.objects.get(subject_type=SUBJECT_TYPE, subject_key=str(resource.pk), is_open=True)
    before = _list_pinned(item)
    after = {**before, revision.resource_id: revision.content}
    pin = Pin(
        str(resource.pk),
        str(revision.pk),
        revision.content.title,
        revision.digest,
        frozenset({actor.person_id}),
    )
    revise_case(
        item_id=item.pk,
        pin=pin,
        actor=actor,
        before=scope_of([*before.values()], resource.unit),
        after=scope_of([*after.values()], resource.unit),
    )


def _list_pinned(item: CaseItem) -> dict[int, ResourceContent]:
    """What the case of an item pins now, by item, in the order of the case."""
    pins = list(CaseItem.objects.filter(case=item.case_id).order_by("position").values_list("pin", flat=True))
    states = ResourceRevision.objects.in_bulk([int(pin) for pin in pins])
    return {states[int(pin)].resource_id: states[int(pin)].content for pin in pins}


def add_revision(resource: Resource, content: ResourceContent, actor: StaffAccount) -> ResourceRevision:
    """Append the state of number `resource.last_revision`, in the caller's transaction."""
    return ResourceRevision.objects.create(
        resource=resource,
        number=resource.last_revision,
        content_json=content.as_json(),
        digest=content.digest(),
        account=actor,
        person_id=actor.person_id,
        created_at=clock.now(),
    )
