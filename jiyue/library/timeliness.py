"""How soon after its event an item must be public, and whether it was (REV-19).

The clock runs from the day of the event, or of the document, whatever happens
to the item meanwhile. Time that an item waited for a signed paper doesn't stop
it; it is shown apart (HT wants news the same day and signed paper as well).

Source: HT 二(二)1; CQ (四) (REV-19, REV-20); product decision for the starting
point, and for paper waiting time.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db.models import Count, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from jiyue.core import audit, clock
from jiyue.library.announcements import EDITION_RELEASED, RESOURCE_SAVED, EditionReleased, ResourceSaved
from jiyue.library.content import ResourceContent
from jiyue.library.enums import TimelinessClass
from jiyue.library.models import LiveEdition, Resource
from jiyue.library.reviewing import SUBJECT_TYPE
from jiyue.library.scoping import sort_of
from jiyue.obligations.enums import Audience, ObligationStatus
from jiyue.obligations.kinds import KINDS, ObligationKind
from jiyue.obligations.models import Obligation
from jiyue.obligations.services import Owed, lapse, open_obligation, satisfy
from jiyue.organizations.enums import EDITING_ROLES, StaffRole
from jiyue.organizations.models import Organization
from jiyue.policy.terms import Term, TermUnit
from jiyue.policy.work_calendar.sources import FIRST_YEAR, LAST_YEAR
from jiyue.review.enums import SortOfContent, StepStatus
from jiyue.review.models import CaseItem, CasePaper, ReviewCase, ReviewStep

LIMITS = {value: f"publish.limit.{value}" for value in TimelinessClass.values}
AIM = "publish.limit.major_event.aim"  # in principle; missing it isn't late
IMPORTANT = (LIMITS[TimelinessClass.MAJOR_EVENT], LIMITS[TimelinessClass.DOCUMENT])
CLASS_OF = {kind: TimelinessClass(value) for value, kind in LIMITS.items()}


@dataclass(frozen=True)
class Starting:
    """From which day which limit counts for an item."""

    sort: TimelinessClass
    on: date

    @property
    def at(self) -> datetime:
        """The first moment of that day in Asia/Shanghai."""
        return timezone.make_aware(datetime.combine(self.on, time.min))


def starting_of(content: ResourceContent) -> Starting | None:
    """Which limit an item falls under, and from which day; None where no day is stated.

    A document counts from its event, or from the day it was written. An event
    that lies outside the calendars owes nothing.

    Source: HT 二(二)1 (REV-19).
    """
    is_document = sort_of(content) == SortOfContent.GOVERNMENT_DOCUMENT
    on = content.event_on or (content.written_on if is_document else None)
    if on is None or not FIRST_YEAR <= on.year < LAST_YEAR:
        return None
    if content.timeliness:
        return Starting(TimelinessClass(content.timeliness), on)
    return Starting(TimelinessClass.DOCUMENT if is_document else TimelinessClass.OTHER, on)


def keep_clocks(fact: ResourceSaved) -> None:
    """Start the clocks of an item when its day is known, and start them anew when it was stated otherwise."""
    resource, actor = fact.resource, fact.actor.audit_actor()
    starting = starting_of(fact.content)
    running = list(_open_clocks([resource.pk]))
    if resource.is_history or not (starting or running) or resource.editions.exists():
        return
    wanted = _wanted_kinds(starting)
    for row in running:
        if starting is None or row.kind not in wanted or row.opened_at != starting.at:
            lapse(
                kind=row.kind,
                subject_type=SUBJECT_TYPE,
                subject_key=str(resource.pk),
                reason=gettext("The day of the event or the sort of news was stated otherwise."),
                actor=actor,
            )
    if starting is None:
        return
    for kind in wanted:
        owed = Owed(
            kind=kind,
            subject_type=SUBJECT_TYPE,
            subject_key=str(resource.pk),
            title=gettext("Publish “%(title)s”") % {"title": fact.content.title},
            unit=resource.unit,
            path=f"/resources/{resource.pk}/",
        )
        open_obligation(owed=owed, opened_at=starting.at, actor=actor)


def stop_clocks(fact: EditionReleased) -> None:
    """The item is public: its clocks stop, and whether it was late is kept."""
    for row in _open_clocks([fact.edition.resource_id]):
        satisfy(
            kind=row.kind,
            subject_type=SUBJECT_TYPE,
            subject_key=row.subject_key,
            actor=audit.PLATFORM,
            at=fact.edition.published_at,
        )


def _wanted_kinds(starting: Starting | None) -> tuple[str, ...]:
    if starting is None:
        return ()
    kind = LIMITS[starting.sort]
    return (kind, AIM) if starting.sort == TimelinessClass.MAJOR_EVENT else (kind,)


def _open_clocks(resource_ids: Collection[int]) -> QuerySet[Obligation]:
    return list_clocks().filter(
        subject_key__in=[str(pk) for pk in resource_ids], status=ObligationStatus.OPEN
    )


def list_clocks() -> QuerySet[Obligation]:
    """All clocks of publication, the aims of major events with them."""
    return Obligation.objects.filter(kind__in=[*CLASS_OF, AIM], subject_type=SUBJECT_TYPE)


@dataclass(frozen=True)
class Limit:
    """The time limit of one item, as pages show it.

    Attributes:
        sort: Which limit applies.
        event_on: Day it counts from.
        due_at: Latest moment; see `obligations` for the working.
        aim_due_at: For a major event, when it should be out in principle.
        released_at: When it went public; None while it didn't.
        is_late: The latest moment passed before the release.
        is_aim_missed: It was, or is, later than in principle.
        late_by: By how much, in working days, or hours; None while in time.
        paper_wait: How long it waited for a signed paper; None where it needed none.
    """

    resource_id: int
    sort: TimelinessClass
    event_on: date
    due_at: datetime
    aim_due_at: datetime | None
    released_at: datetime | None
    is_late: bool
    is_aim_missed: bool
    late_by: Term | None
    paper_wait: timedelta | None


def read_limits(resource_ids: Collection[int]) -> dict[int, Limit]:
    """The limits of many items: two queries, however many there are."""
    rows = list_clocks().filter(subject_key__in=[str(pk) for pk in resource_ids])
    newest: dict[tuple[int, bool], Obligation] = {}
    for row in rows.exclude(status=ObligationStatus.LAPSED).order_by("pk"):
        newest[int(row.subject_key), row.kind == AIM] = row
    waits = read_paper_waits(resource_ids)
    return {
        pk: _limit(row, newest.get((pk, True)), waits.get(pk))
        for (pk, is_aim), row in newest.items()
        if not is_aim
    }


def _limit(row: Obligation, aim: Obligation | None, wait: timedelta | None) -> Limit:
    late_by = None
    if row.late_number is not None and row.late_unit:
        late_by = Term(row.late_number, TermUnit(row.late_unit))
    return Limit(
        resource_id=int(row.subject_key),
        sort=CLASS_OF[row.kind],
        event_on=timezone.localdate(row.opened_at),
        due_at=row.due_at,
        aim_due_at=aim.due_at if aim else None,
        released_at=row.closed_at if row.status == ObligationStatus.SATISFIED else None,
        is_late=_is_late(row),
        is_aim_missed=aim is not None and _is_late(aim),
        late_by=late_by,
        paper_wait=wait,
    )


def _is_late(row: Obligation) -> bool:
    return row.is_late if not row.is_open else row.due_at < clock.now()


def get_late_ids(resource_ids: Collection[int]) -> frozenset[int]:
    """Which of the items are, or went public, later than they may: one query for a whole list."""
    overdue = Q(status=ObligationStatus.OPEN, due_at__lt=clock.now())
    rows = list_clocks().filter(
        overdue | Q(status=ObligationStatus.SATISFIED, is_late=True),
        kind__in=list(CLASS_OF),
        subject_key__in=[str(pk) for pk in resource_ids],
    )
    return frozenset(int(key) for key in rows.values_list("subject_key", flat=True))


def read_paper_waits(resource_ids: Collection[int]) -> dict[int, timedelta]:
    """How long items waited for a signed paper: from their first draft until the last paper was filed.

    Source: product decision for HT 二(二)1 against 二(三)2-3: the clock runs regardless, this is shown apart.
    """
    keys = [str(pk) for pk in resource_ids]
    filed: dict[int, datetime] = {}
    rows = CasePaper.objects.filter(case__items__subject_type=SUBJECT_TYPE, case__items__subject_key__in=keys)
    for key, filed_at in rows.values_list("case__items__subject_key", "filing__filed_at"):
        if key in keys:
            filed[int(key)] = max(filed_at, filed.get(int(key), filed_at))
    created = dict(Resource.objects.filter(pk__in=filed).values_list("pk", "created_at"))
    return {pk: max(timedelta(), at - created[pk]) for pk, at in filed.items()}


@dataclass(frozen=True)
class LateCount:
    """How many items of one class went public in a period, and how many of them too late.

    Attributes:
        sort: The class.
        released: Items that went public for the first time.
        late: Of these, later than the limit.
        overdue: Items whose limit ended in the period and that aren't public yet.
    """

    sort: TimelinessClass
    released: int
    late: int
    overdue: int


def count_late(unit: Organization, start: datetime, end: datetime) -> list[LateCount]:
    """Late items of a unit's subtree by class, from the first moment up to the second one.

    An excused clock counts neither as in time nor as late.

    Source: HT 二(二)1; HT 附件 (REV-19: late items are counted).
    """
    mine = Obligation.objects.filter(
        kind__in=list(CLASS_OF), subject_type=SUBJECT_TYPE, unit__path__startswith=unit.path
    )
    stopped = Q(status=ObligationStatus.SATISFIED, closed_at__gte=start, closed_at__lt=end)
    running = Q(status=ObligationStatus.OPEN, due_at__gte=start, due_at__lt=end, due_at__lte=clock.now())
    found = {
        row["kind"]: row
        for row in mine.values("kind").annotate(
            released=Count("pk", filter=stopped),
            late=Count("pk", filter=stopped & Q(is_late=True)),
            overdue=Count("pk", filter=running),
        )
    }
    rows = [(sort, found.get(kind)) for kind, sort in CLASS_OF.items()]
    return [
        LateCount(sort, row["released"], row["late"], row["overdue"]) if row else LateCount(sort, 0, 0, 0)
        for sort, row in rows
    ]


@dataclass(frozen=True)
class Tracked:
    """One item on its way from the event to the release (REV-20).

    Attributes:
        resource: The item.
        limit: Its time limit, where a day is stated.
        case: Its newest case; its open step says where it waits.
        first_published_at: When it went public.
    """

    resource: Resource
    limit: Limit | None
    case: ReviewCase | None
    first_published_at: datetime | None

    @property
    def step(self) -> ReviewStep | None:
        """The level it waits at."""
        steps = self.case.steps.all() if self.case else []
        return next((step for step in steps if step.status == StepStatus.OPEN), None)


def track(resources: Iterable[Resource]) -> list[Tracked]:
    """What happened to the given items since their event, in their order: a few queries for all."""
    items = list(resources)
    ids = [resource.pk for resource in items]
    limits = read_limits(ids)
    cases: dict[int, ReviewCase] = {}
    rows = CaseItem.objects.filter(subject_type=SUBJECT_TYPE, subject_key__in=[str(pk) for pk in ids])
    for row in rows.select_related("case").prefetch_related("case__steps__unit").order_by("pk"):
        cases[int(row.subject_key)] = row.case
    live = dict(LiveEdition.objects.filter(resource__in=ids).values_list("resource_id", "first_published_at"))
    return [
        Tracked(resource, limits.get(resource.pk), cases.get(resource.pk), live.get(resource.pk))
        for resource in items
    ]


def list_first_moment(unit_ids: Collection[int]) -> QuerySet[Resource]:
    """Items to be released at the first moment: open major events and documents, and urgent ones in review.

    Source: CQ (四) (REV-20: important meetings, activities, documents and policies are tracked).
    """
    due = list_clocks().filter(kind__in=IMPORTANT, status=ObligationStatus.OPEN, unit__in=unit_ids)
    urgent = CaseItem.objects.filter(
        subject_type=SUBJECT_TYPE, case__is_urgent=True, is_open=True, case__unit__in=unit_ids
    )
    keys = {*due.values_list("subject_key", flat=True), *urgent.values_list("subject_key", flat=True)}
    return _resources(keys)


def list_late(unit_ids: Collection[int], since: datetime) -> QuerySet[Resource]:
    """Items that are overdue, and those that went public too late since a moment."""
    overdue = Q(status=ObligationStatus.OPEN, due_at__lt=clock.now())
    released = Q(status=ObligationStatus.SATISFIED, is_late=True, closed_at__gte=since)
    rows = list_clocks().filter(overdue | released, kind__in=list(CLASS_OF), unit__in=unit_ids)
    return _resources(set(rows.values_list("subject_key", flat=True)))


def list_released(unit_ids: Collection[int], since: datetime) -> QuerySet[Resource]:
    """Items with a time limit that went public since a moment."""
    rows = list_clocks().filter(
        kind__in=list(CLASS_OF),
        unit__in=unit_ids,
        status=ObligationStatus.SATISFIED,
        closed_at__gte=since,
    )
    return _resources(set(rows.values_list("subject_key", flat=True)))


def _resources(keys: Iterable[str]) -> QuerySet[Resource]:
    return Resource.objects.filter(pk__in=[int(key) for key in keys]).select_related("unit").order_by("-pk")


def register() -> None:
    """Enter the kinds of clocks and listen, once."""
    for kind, entry in LIMIT_KINDS.items():
        KINDS.register(kind, entry)
    RESOURCE_SAVED.listen(keep_clocks)
    EDITION_RELEASED.listen(stop_clocks)


def _kind(kind: str, sort: TimelinessClass) -> ObligationKind:
    return ObligationKind(
        label=_LABELS[sort],
        clause="HT 二(二)1",
        term_key=kind,
        handlers=EDITING_ROLES | {StaffRole.REVIEW_LEAD},
    )


_LABELS = {
    TimelinessClass.MAJOR_EVENT: _("Publish a major event"),
    TimelinessClass.WORK_NEWS: _("Publish work news"),
    TimelinessClass.DOCUMENT: _("Publish a document or report"),
    TimelinessClass.OTHER: _("Publish an item"),
}
LIMIT_KINDS = {kind: _kind(kind, sort) for kind, sort in CLASS_OF.items()} | {
    AIM: ObligationKind(
        label=_("Publish a major event the same day"),
        clause="HT 二(二)1; CQ (四)",
        term_key=AIM,
        handlers=EDITING_ROLES | {StaffRole.REVIEW_LEAD},
        told=(Audience.OWNER,),
    )
}
