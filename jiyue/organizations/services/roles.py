"""Giving people roles in units."""

from datetime import date

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from jiyue.core import audit
from jiyue.core.errors import DomainError
from jiyue.organizations.enums import EXCLUSIVE_DUTIES, StaffRole
from jiyue.organizations.models import Organization, Person, UnitRole


class DutiesConflict(DomainError):
    """System administration, editing and reviewing exclude each other (REV-02)."""

    code = "duties_conflict"


def duties_conflict_of(person: Person, role: StaffRole, starts_on: date, ends_on: date | None) -> str | None:
    """Return the role the person already holds that excludes `role`, if any.

    Source: GL 七(一)4.
    """
    own_duty = next((duty for duty in EXCLUSIVE_DUTIES if role in duty), frozenset())
    others = frozenset().union(*EXCLUSIVE_DUTIES) - own_duty if own_duty else frozenset()
    for held in person.roles.filter(role__in=others):
        starts_before_end = ends_on is None or held.starts_on <= ends_on
        ends_after_start = held.ends_on is None or held.ends_on >= starts_on
        if starts_before_end and ends_after_start:
            return held.role
    return None


@transaction.atomic
def assign_role(
    *,
    person: Person,
    unit: Organization,
    role: StaffRole,
    starts_on: date,
    ends_on: date | None = None,
    actor: audit.AuditActor,
) -> UnitRole:
    """Give a person a role in a unit.

    Raises:
        DutiesConflict: The person holds an excluding role in the same period.

    Source: GL 七(一)4 (REV-02).
    """
    Person.objects.select_for_update().get(pk=person.pk)
    conflict = duties_conflict_of(person, role, starts_on, ends_on)
    if conflict:
        raise DutiesConflict(
            _("%(person)s is already %(held)s; administration, editing and reviewing exclude each other.")
            % {"person": person.name, "held": StaffRole(conflict).label},
            fix=_("End the other role first, or choose another person."),
            field="role",
        )
    assigned = UnitRole.objects.create(
        person=person, unit=unit, role=role, starts_on=starts_on, ends_on=ends_on
    )
    audit.record(
        actor=actor,
        verb="role.assigned",
        subject_type="person",
        subject_id=person.pk,
        role=role,
        unit=unit.pk,
        starts_on=starts_on.isoformat(),
        ends_on=ends_on.isoformat() if ends_on else None,
    )
    return assigned
