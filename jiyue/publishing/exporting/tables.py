"""Which tables travel with a site, and what of them stays at home.

Without `--with-history` nothing leaves that isn't public on the site: no text
or title of superseded or withdrawn editions, no opinion of a reviewer, no
explanation meant for the office.
"""

from django.db.models import F, Q, QuerySet
from django.utils.translation import gettext as _

from jiyue.core import clock
from jiyue.library.catalogue.models import DocumentRelation, IssuedIndexNumber, TaxonomyVersion
from jiyue.library.enums import ResourceStatus
from jiyue.library.models import (
    Edition,
    IndexCounter,
    LiveEdition,
    MediaFile,
    Resource,
    ResourceRevision,
    Withdrawal,
)
from jiyue.library.richtext import html_to_text
from jiyue.library.use.enums import PickStatus
from jiyue.library.use.models import Pick
from jiyue.publishing.addresses import check_channel_path, check_path
from jiyue.publishing.exporting.layout import HISTORY_MEDIA, PAGES
from jiyue.publishing.exporting.parts import Part, Row, Scope, column_names, register
from jiyue.publishing.models import Placement, PublishedChannel, PublishedSite
from jiyue.publishing.webarchive.models import FormerPath
from jiyue.review.enums import CaseForm, ReviewVerb
from jiyue.review.models import CaseAuthor, CaseItem, ReviewAction, ReviewCase, ReviewStep
from jiyue.sites.models import Channel, ChannelOwner, Site, SiteRole

_RESOURCE_CASE = "resource"  # what library's items are called in review


# Sites and channels


def _checked_channels(rows: list[Row]) -> list[Row]:
    for row in rows:
        check_channel_path(row["path"])
    return rows


# Items and their editions


def _resource(row: Row, scope: Scope) -> Row:
    """An item that isn't public here is a number and dates: its address stays taken."""
    title = row.pop("live__edition__title")
    is_live = row["id"] in scope.live_resource_ids
    row["title"] = title if is_live else ""
    row["status"] = str(ResourceStatus.PUBLISHED if is_live else ResourceStatus.WITHDRAWN)
    return row


def _stored_resources(rows: list[Row]) -> list[Row]:
    """Title and last revision follow from the newest edition, once that is stored."""
    now = clock.now()
    return [{**row, "updated_by": row["created_by"], "updated_at": now} for row in rows]


def _edition(row: Row, scope: Scope) -> Row:
    """Why an author left a finding as it is was said to the reviewers, not to the public."""
    row["revision__index_number"] = row.pop("revision__content_json__index_number") or ""
    if not scope.with_history:
        row["content_json"] = {**row["content_json"], "justifications": {}}
    return row


def _stored_revisions(rows: list[Row]) -> list[Row]:
    return [
        {
            "id": row["revision"],
            "resource": row["resource"],
            "number": row["revision__number"],
            "content_json": {**row["content_json"], "index_number": row["revision__index_number"]},
            "digest": row["revision__digest"],
            "account": row["revision__account"],
            "person": row["revision__person"],
            "created_at": row["revision__created_at"],
        }
        for row in rows
    ]


def _stored_editions(rows: list[Row]) -> list[Row]:
    return [
        {name: value for name, value in row.items() if "__" not in name}
        | {"body_text": html_to_text(row["content_json"].get("body_html", ""))}
        for row in rows
    ]


_EDITION_FIELDS = (
    *column_names(Edition, "body_text"),
    "revision__number",
    "revision__digest",
    "revision__account",
    "revision__person",
    "revision__created_at",
    "revision__content_json__index_number",
)


def _withdrawal(row: Row, scope: Scope) -> Row:
    return row if scope.with_history else {**row, "reason": ""}


def _stored_withdrawals(rows: list[Row]) -> list[Row]:
    """One whose edition stayed at home can't be stored; the item's state and the trail say it."""
    known = set(Edition.objects.filter(pk__in=[row["edition"] for row in rows]).values_list("pk", flat=True))
    return [
        {name: value for name, value in row.items() if "__" not in name}
        for row in rows
        if row["edition"] in known
    ]


def _media(row: Row, scope: Scope) -> Row:
    folder = f"{PAGES}media/" if row["name"] in scope.media_names else HISTORY_MEDIA
    return {**row, "file": f"{folder}{row['name']}"}


def _stored_media(rows: list[Row]) -> list[Row]:
    """What the clerk's file was called stays at home."""
    return [
        {name: value for name, value in row.items() if name != "file"} | {"original_name": row["name"]}
        for row in rows
    ]


def _media_rows(scope: Scope) -> QuerySet[MediaFile]:
    names = sorted(scope.media_names | scope.history_media_names)
    return MediaFile.objects.filter(name__in=names, unit__in=scope.resources.values("unit_id"))


def _stored_terms(rows: list[Row]) -> list[Row]:
    """A vocabulary that differs from the platform's becomes its next version."""
    found = []
    for row in rows:
        newest = TaxonomyVersion.objects.filter(taxonomy=row["taxonomy"]).order_by("-number").first()
        if newest is None or newest.digest != row["digest"]:
            number = newest.number + 1 if newest else 1
            found.append({**row, "number": number, "created_at": clock.now()})
    return found


def _newest_terms(_scope: Scope) -> QuerySet[TaxonomyVersion]:
    later = TaxonomyVersion.objects.values_list("taxonomy", "number")
    newest = Q(pk__in=[])
    for taxonomy, number in dict(sorted(later)).items():
        newest |= Q(taxonomy=taxonomy, number=number)
    return TaxonomyVersion.objects.filter(newest)


# How editions were reviewed


def _cases(scope: Scope) -> QuerySet[ReviewCase]:
    return ReviewCase.objects.filter(pk__in=scope.editions.values("case_id"))


def _case(row: Row, scope: Scope) -> Row:
    if not scope.with_history:
        row.update(urgent_reason="", major_reasons=[])
        row["title"] = row["title"] if row["form"] == CaseForm.SINGLE else ""
    return row


def _stored_cases(rows: list[Row]) -> list[Row]:
    return [{**row, "title": row["title"] or _("Review of several items")} for row in rows]


def _case_item(row: Row, scope: Scope) -> Row | None:
    """Of a batch only the items of this site; of these only states whose text goes along."""
    return row if int(row["pin"]) in scope.revision_ids else None


def _steps(scope: Scope) -> QuerySet[ReviewStep]:
    steps = ReviewStep.objects.filter(case__in=_cases(scope))
    return steps if scope.with_history else steps.filter(round=F("case__round"))


def _actions(scope: Scope) -> QuerySet[ReviewAction]:
    """Who submitted and who approved; with history everything that was done."""
    actions = ReviewAction.objects.filter(case__in=_cases(scope))
    chain = Q(verb=ReviewVerb.SUBMIT, step=None) | Q(verb=ReviewVerb.APPROVE, round=F("case__round"))
    return actions if scope.with_history else actions.filter(chain)


def _action(row: Row, scope: Scope) -> Row:
    return row if scope.with_history else {**row, "opinion": "", "record_json": {}}


# Places and addresses


def _placement(row: Row, scope: Scope) -> Row:
    row["is_live"] = row["is_live"] and row["resource"] in scope.live_resource_ids
    return row


def _stored_placements(rows: list[Row]) -> list[Row]:
    for row in rows:
        check_path(row["path"])
    return rows


def _pick(row: Row, scope: Scope) -> Row | None:
    return {**row, "reason": "", "opinion": ""} if row["resource"] in scope.live_resource_ids else None


register(
    (
        Part(
            "data/site", Site, column_names(Site, "port"), lambda scope: Site.objects.filter(pk=scope.site.pk)
        ),
        Part(
            "data/channels",
            Channel,
            column_names(Channel),
            lambda scope: Channel.objects.filter(site=scope.site),
            incoming=_checked_channels,
        ),
        Part(
            "data/channel_contributors",
            Channel.contributors.through,
            ("channel", "organization"),
            lambda scope: Channel.contributors.through._default_manager.filter(channel__site=scope.site),
        ),
        Part("data/site_roles", SiteRole, column_names(SiteRole), lambda scope: scope.site.roles.all()),
        Part(
            "data/channel_owners",
            ChannelOwner,
            column_names(ChannelOwner),
            lambda scope: ChannelOwner.objects.filter(channel__site=scope.site),
        ),
        Part(
            "data/terms",
            TaxonomyVersion,
            column_names(TaxonomyVersion, "id", "number", "change_id", "created_at"),
            _newest_terms,
            incoming=_stored_terms,
        ),
        Part(
            "data/resources",
            Resource,
            ("id", "unit", "kind", "acquisition_mode", "created_by", "created_at", "live__edition__title"),
            lambda scope: scope.resources,
            outgoing=_resource,
            incoming=_stored_resources,
        ),
        Part("history/cases", ReviewCase, column_names(ReviewCase), _cases, _case, _stored_cases),
        Part(
            "history/case_items",
            CaseItem,
            column_names(CaseItem, "refusal", "is_open"),
            lambda scope: CaseItem.objects.filter(case__in=_cases(scope), subject_type=_RESOURCE_CASE),
            outgoing=_case_item,
            incoming=lambda rows: [{**row, "is_open": False} for row in rows],
        ),
        Part(
            "history/case_authors",
            CaseAuthor,
            column_names(CaseAuthor),
            lambda scope: CaseAuthor.objects.filter(case__in=_cases(scope)),
        ),
        Part("history/steps", ReviewStep, column_names(ReviewStep), _steps),
        Part("history/actions", ReviewAction, column_names(ReviewAction), _actions, outgoing=_action),
        *(
            part
            for name, rows in (
                ("data/editions", lambda scope: scope.live_editions),
                (
                    "history/editions",
                    lambda scope: scope.earlier_editions if scope.with_history else Edition.objects.none(),
                ),
            )
            for part in (
                Part(
                    f"{name}:revisions",
                    ResourceRevision,
                    _EDITION_FIELDS,
                    None,
                    incoming=_stored_revisions,
                    source=name,
                ),
                Part(name, Edition, _EDITION_FIELDS, rows, outgoing=_edition, incoming=_stored_editions),
            )
        ),
        Part("data/live", LiveEdition, column_names(LiveEdition), lambda scope: scope.live),
        Part(
            "data/withdrawals",
            Withdrawal,
            (*column_names(Withdrawal), "edition__number", "edition__digest", "edition__index_number"),
            lambda scope: Withdrawal.objects.filter(resource__in=scope.resources),
            outgoing=_withdrawal,
            incoming=_stored_withdrawals,
        ),
        Part(
            "data/index_numbers",
            IssuedIndexNumber,
            column_names(IssuedIndexNumber),
            lambda scope: IssuedIndexNumber.objects.filter(resource__in=scope.resources),
        ),
        Part(
            "data/index_counters",
            IndexCounter,
            column_names(IndexCounter, "id"),
            lambda scope: IndexCounter.objects.filter(unit__in=scope.resources.values("unit_id")),
        ),
        Part(
            "data/relations",
            DocumentRelation,
            column_names(DocumentRelation),
            lambda scope: DocumentRelation.objects.filter(
                edition__in=scope.editions, target__in=scope.resources
            ),
        ),
        Part(
            "data/picks",
            Pick,
            column_names(Pick),
            lambda scope: Pick.objects.filter(channel__site=scope.site, status=PickStatus.CONFIRMED),
            outgoing=_pick,
        ),
        Part(
            "data/media",
            MediaFile,
            (
                *("id", "name", "unit", "content_type", "size_bytes", "width", "height", "seconds", "sm3"),
                *("uploaded_by", "uploaded_at", "text_state", "extracted_text"),
            ),
            _media_rows,
            outgoing=_media,
            incoming=_stored_media,
        ),
        Part(
            "data/placements",
            Placement,
            column_names(Placement, "rendered_edition", "rendered_at", "entry_json"),
            lambda scope: scope.placements,
            outgoing=_placement,
            incoming=_stored_placements,
        ),
        Part(
            "data/former_paths",
            FormerPath,
            column_names(FormerPath, "id"),
            lambda scope: FormerPath.objects.filter(site=scope.site),
            incoming=_checked_channels,
        ),
        Part(
            "data/site_sequences",
            PublishedSite,
            ("site", "last_sequence"),
            lambda scope: PublishedSite.objects.filter(site=scope.site),
        ),
        Part(
            "data/channel_sequences",
            PublishedChannel,
            ("channel", "last_sequence"),
            lambda scope: PublishedChannel.objects.filter(channel__site=scope.site),
        ),
    )
)
