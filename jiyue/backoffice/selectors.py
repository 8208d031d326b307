"""What the staff pages show beyond one room's own lists."""

from dataclasses import dataclass
from datetime import UTC, datetime

from django.db.models import Count, Q, QuerySet

from jiyue.backoffice.numbers import read_key
from jiyue.core.models import OutboxMessage, OutboxStatus
from jiyue.library.enums import ResourceStatus
from jiyue.library.models import Edition, LiveEdition, Resource, ResourceRevision
from jiyue.library.reviewing import SUBJECT_TYPE
from jiyue.library.selectors import list_own_resources, list_visible_resources
from jiyue.organizations.models import Organization, Person, StaffAccount
from jiyue.publishing.models import Placement
from jiyue.review.enums import StepStatus
from jiyue.review.models import CaseItem, ReviewCase, ReviewStep
from jiyue.review.services import RELEASE_TOPIC

LIST_SIZE = 50  # rows of a list page
WORKBENCH_ROWS = 8  # rows of each panel


@dataclass(frozen=True)
class ResourceFilter:
    """What the list of the library is narrowed to."""

    status: str = ""
    kind: str = ""
    words: str = ""

    def apply(self, resources: QuerySet[Resource]) -> QuerySet[Resource]:
        """Narrow a list; every word must be in the title."""
        if self.status:
            resources = resources.filter(status=self.status)
        if self.kind:
            resources = resources.filter(kind=self.kind)
        for word in self.words.split():
            resources = resources.filter(title__icontains=word)
        return resources


@dataclass(frozen=True)
class Slice:
    """One page of a list that is read in one direction, without counting it."""

    rows: list[Resource]
    next_key: str


def get_slice(resources: QuerySet[Resource], *, after: str) -> Slice:
    """Return the rows after a key of the form `<seconds>_<id>`; a key nobody gave out means the start."""
    key = _parse_key(after)
    if key:
        moment, pk = key
        resources = resources.filter(Q(updated_at__lt=moment) | Q(updated_at=moment, pk__lt=pk))
    rows = list(resources[: LIST_SIZE + 1])
    is_more = len(rows) > LIST_SIZE
    rows = rows[:LIST_SIZE]
    return Slice(rows, f"{rows[-1].updated_at.isoformat()}_{rows[-1].pk}" if is_more else "")


def _parse_key(text: str) -> tuple[datetime, int] | None:
    stamp, _, number = text.rpartition("_")
    pk = read_key(number)
    try:
        moment = datetime.fromisoformat(stamp)
        in_utc = moment.astimezone(UTC)  # what a database does, and can't do at the ends of the calendar
    except (ValueError, OverflowError):
        return None
    return (in_utc, pk) if moment.tzinfo and pk is not None else None


def get_waiting_steps(resource_ids: list[int]) -> dict[int, ReviewStep]:
    """The open step of each resource in review, by resource id."""
    items = CaseItem.objects.filter(
        subject_type=SUBJECT_TYPE, subject_key__in=[str(pk) for pk in resource_ids], is_open=True
    ).values_list("case_id", "subject_key")
    by_case: dict[int, list[int]] = {}
    for case_id, key in items:
        by_case.setdefault(case_id, []).append(int(key))
    steps = ReviewStep.objects.filter(case_id__in=by_case, status=StepStatus.OPEN).select_related(
        "case__unit"
    )
    return {resource_id: step for step in steps for resource_id in by_case[step.case_id]}


def list_recent_publications(account: StaffAccount) -> QuerySet[LiveEdition]:
    """What the account's units published last; editions are numbered in the order of their release.

    Sorting by that number leaves the long rows of the editions alone.
    """
    return (
        LiveEdition.objects.filter(resource__in=list_own_resources(account).order_by().values("pk"))
        .select_related("edition", "resource__unit")
        .order_by("-edition_id")
    )


def list_work_in_hand(account: StaffAccount) -> QuerySet[Resource]:
    """Drafts and returned items of the account's units; returned ones first."""
    return (
        list_own_resources(account)
        .filter(status__in=(ResourceStatus.DRAFT, ResourceStatus.RETURNED))
        .order_by("-status", "-updated_at")
    )


def list_placements(resource: Resource) -> QuerySet[Placement]:
    """Where the resource is public now."""
    return (
        Placement.objects.filter(resource=resource, is_live=True)
        .select_related("site", "channel")
        .order_by("site_id", "channel_id")
    )


def get_resource_at(account: StaffAccount, site_id: int, page_url: str) -> Resource | None:
    """The item whose page stood at an address of a site, if the account may see it."""
    places = Placement.objects.filter(site=site_id, path=page_url.lstrip("/")).values("resource")
    return list_visible_resources(account).filter(pk__in=places).first() if page_url else None


def address_of(placement: Placement) -> str:
    """The public address of a placement."""
    return f"{placement.site.base_url.rstrip('/')}/{placement.path}"


def count_side_effects() -> dict[str, int]:
    """Outbox rows that wait, run or failed; finished ones are left out."""
    rows = (
        OutboxMessage.objects.filter(
            status__in=(OutboxStatus.PENDING, OutboxStatus.RUNNING, OutboxStatus.FAILED)
        )
        .values_list("status")
        .annotate(number=Count("pk"))
    )
    found = dict(rows)
    return {
        status: found.get(status, 0)
        for status in (OutboxStatus.PENDING, OutboxStatus.RUNNING, OutboxStatus.FAILED)
    }


def list_side_effects(status: str) -> QuerySet[OutboxMessage]:
    """Outbox rows of one status, newest first."""
    return OutboxMessage.objects.filter(status=status).order_by("-pk")


@dataclass(frozen=True)
class ItemProgress:
    """One item of a batch case and how far its release has come."""

    item: CaseItem
    failure: str


def get_release_failures(items: list[CaseItem]) -> dict[int, str]:
    """Last error of each item whose release failed or is being retried, by item id."""
    rows = OutboxMessage.objects.filter(
        topic=RELEASE_TOPIC, key__in=[str(item.pk) for item in items]
    ).exclude(status=OutboxStatus.DONE)
    return {int(row.key): row.last_error for row in rows if row.last_error}


def get_pinned_revision(item: CaseItem) -> ResourceRevision:
    """The immutable state that a case item pins."""
    return ResourceRevision.objects.select_related("resource__unit", "person").get(pk=item.pin)


def get_edition_before(case: ReviewCase, resource: Resource) -> Edition | None:
    """The newest edition that is not the case's own: what reviewers compare with."""
    return (
        Edition.objects.filter(resource=resource).exclude(case__pk__gte=case.pk).order_by("-number").first()
    )


def get_names(model: type[Person] | type[Organization], ids: set[int | None]) -> dict[int, str]:
    """Names by id."""
    return dict(
        model._default_manager.filter(pk__in=[pk for pk in ids if pk is not None]).values_list("pk", "name")
    )
