"""What was stated to be public and isn't out yet: a clock for the unit (REV-17)."""

from collections.abc import Iterator
from datetime import datetime

from django.db.models import F, Min
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jiyue.core import audit
from jiyue.library.announcements import EDITION_RELEASED, EditionReleased
from jiyue.library.enums import AcquisitionMode, Openness, ResourceStatus
from jiyue.library.models import Resource, ResourceRevision
from jiyue.obligations.enums import ObligationStatus
from jiyue.obligations.kinds import KINDS, LEADERS, ObligationKind
from jiyue.obligations.models import Obligation
from jiyue.obligations.services import Owed, lapse, open_obligation, satisfy
from jiyue.organizations.enums import StaffRole

KIND = "publish.prompt"
SUBJECT_TYPE = "resource"
UNPUBLISHED_STATUSES = (ResourceStatus.DRAFT, ResourceStatus.RETURNED, ResourceStatus.IN_REVIEW)
STEP_ITEMS = 100  # of the job: well below a second


def _waiting() -> dict[int, datetime]:
    """Items that are to be public and never were, with the moment that was first stated."""
    newest = ResourceRevision.objects.filter(
        number=F("resource__last_revision"),
        resource__status__in=UNPUBLISHED_STATUSES,
        resource__live=None,
        content_json__openness=Openness.ACTIVE,
    ).exclude(resource__acquisition_mode=AcquisitionMode.FILE_IMPORT)
    ids = list(newest.values_list("resource_id", flat=True))
    found: dict[int, datetime] = {}
    for start in range(0, len(ids), STEP_ITEMS):
        stated = ResourceRevision.objects.filter(
            resource__in=ids[start : start + STEP_ITEMS], content_json__openness=Openness.ACTIVE
        )
        rows = stated.order_by().values_list("resource_id").annotate(first=Min("created_at"))
        found.update(dict(rows))
    return found


def prompt_publication() -> Iterator[int]:
    """The daily job: start clocks for what waits, stop those whose reason fell away.

    Source: NB 16; CQ (三) (prompts timely publication once the attribute is set).
    """
    waiting = _waiting()
    running = Obligation.objects.filter(kind=KIND, status=ObligationStatus.OPEN)
    keys = set(running.values_list("subject_key", flat=True))
    for number, (pk, stated_at) in enumerate(sorted(waiting.items())):
        if str(pk) not in keys:
            _start(pk, stated_at)
        if number % STEP_ITEMS == STEP_ITEMS - 1:
            yield number
    for key in sorted(keys - {str(pk) for pk in waiting}):
        lapse(
            kind=KIND,
            subject_type=SUBJECT_TYPE,
            subject_key=key,
            reason=_("It isn't to be public any more, or was taken down."),
            actor=audit.PLATFORM,
        )
    yield len(waiting)


def _start(pk: int, stated_at: datetime) -> None:
    resource = Resource.objects.select_related("unit").get(pk=pk)
    open_obligation(
        owed=Owed(
            KIND,
            SUBJECT_TYPE,
            str(pk),
            _("Publish “%(title)s”, which is to be public") % {"title": resource.title},
            resource.unit,
            path=f"/resources/{pk}/",
        ),
        opened_at=stated_at,
        actor=audit.PLATFORM,
    )


def stop_prompt(fact: EditionReleased) -> None:
    """It is out: the clock stops."""
    if fact.is_first:
        satisfy(
            kind=KIND,
            subject_type=SUBJECT_TYPE,
            subject_key=str(fact.edition.resource_id),
            actor=audit.PLATFORM,
        )


def register() -> None:
    """Enter the kind of clock, and listen."""
    KINDS.register(KIND, _OBLIGATION)
    EDITION_RELEASED.listen(stop_prompt)


_OBLIGATION = ObligationKind(
    label=gettext_lazy("Publish what is to be public"),
    clause="NB 16; CQ (三)",
    term_key="publish.prompt",
    handlers=LEADERS | {StaffRole.ENTRY_CLERK},
)
