"""A date shown to the public that changes later is written down and alarmed (REV-29).

It is watched at the one place that every door leads to, the release of an
edition: editor, interface, imported files, imported library standards.
"""

from datetime import date

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jiyue.core import audit
from jiyue.library.announcements import EditionReleased
from jiyue.library.models import Edition
from jiyue.library.use.models import DateChange
from jiyue.organizations.enums import StaffRole
from jiyue.organizations.models import Organization
from jiyue.organizations.selectors import get_active_roles, get_line_upward
from jiyue.organizations.services import notify

DISPLAYED_DATES: dict[str, Promise] = {
    "written_on": gettext_lazy("Date written"),
    "originally_published_on": gettext_lazy("First published on"),
    "event_on": gettext_lazy("Date of the event"),
}
_LEADERS = (StaffRole.LEADER_IN_CHARGE, StaffRole.PRINCIPAL_LEADER)


def find_changes(old: Edition, new: Edition) -> dict[str, tuple[date | None, date | None]]:
    """Displayed dates that differ between two editions: field → before, after."""
    before, after = old.content, new.content
    return {
        name: (getattr(before, name), getattr(after, name))
        for name in DISPLAYED_DATES
        if getattr(before, name) != getattr(after, name)
    }


def watch_dates(fact: EditionReleased) -> None:
    """Record and alarm the changed dates of a new edition, in the releasing transaction.

    Source: HT 附件(单项否决7) (REV-29).
    """
    new = fact.edition
    if new.number == 1:
        return
    old = Edition.objects.filter(resource_id=new.resource_id, number__lt=new.number).latest("number")
    changes = find_changes(old, new)
    if not changes:
        return
    writer = new.revision.person
    DateChange.objects.bulk_create(
        DateChange(
            resource_id=new.resource_id,
            edition=new,
            field=name,
            before=before,
            after=after,
            writer=writer,
            noticed_at=new.published_at,
        )
        for name, (before, after) in changes.items()
    )
    audit.record_many(
        actor=audit.PLATFORM,
        verb="edition.date_changed",
        facts=[
            audit.Fact(
                "resource",
                new.resource_id,
                {
                    "field": name,
                    "before": before.isoformat() if before else "",
                    "after": after.isoformat() if after else "",
                    "edition": new.pk,
                    "person": writer.name,
                },
            )
            for name, (before, after) in changes.items()
        ],
    )
    _alarm(new)


def _alarm(edition: Edition) -> None:
    unit = edition.resource.unit
    notify(
        person_ids=_people_to_tell(unit),
        topic="edition.date_changed",
        title=_("A date shown to the public was changed: %(title)s") % {"title": edition.title},
        key=f"edition.date_changed:{edition.pk}",
        body=_("Compare the versions and ask why. A false date of publication is a veto case of inspection."),
        path=f"/resources/{edition.resource_id}/",
    )


def _people_to_tell(unit: Organization) -> list[int]:
    """The unit's leaders, and the inspectors of the unit and of those above it."""
    roles = get_active_roles()
    leaders = roles.filter(unit=unit, role__in=_LEADERS).values_list("person_id", flat=True)
    line = [unit.pk, *(above.pk for above in get_line_upward(unit))]
    inspectors = roles.filter(unit__in=line, role=StaffRole.INSPECTOR).values_list("person_id", flat=True)
    return [*leaders, *inspectors]
