"""Entering people and keeping their data."""

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from jiyue.core import audit
from jiyue.core.audit import AuditActor
from jiyue.core.errors import DomainError
from jiyue.core.text import storable
from jiyue.organizations.enums import Employment
from jiyue.organizations.models import Organization, Person
from jiyue.organizations.selectors.people import list_people
from jiyue.organizations.services import authority


class PersonRefused(DomainError):
    """A person can't be entered or changed like this."""

    code = "person_refused"


@transaction.atomic
def register_person(
    *,
    unit: Organization,
    name: str,
    employment: Employment,
    actor: AuditActor,
    employee_number: str = "",
    phone: str = "",
    email: str = "",
) -> Person:
    """Enter a person; a role or an application in the same transaction ties them to the unit.

    Raises:
        OutsideOwnUnits: The actor doesn't administer the unit.
        PersonRefused: No name, or the employee number is somebody else's.

    Source: GL 七(一)4; NB 5 (ORG-08): every account belongs to one identified person.
    """
    refusal = authority.administration_refusal(actor, unit)
    if refusal:
        raise refusal
    return enter_person(
        unit=unit,
        name=name,
        employment=employment,
        actor=actor,
        employee_number=employee_number,
        phone=phone,
        email=email,
    )


def enter_person(
    *,
    unit: Organization,
    name: str,
    employment: Employment,
    actor: AuditActor,
    employee_number: str = "",
    phone: str = "",
    email: str = "",
) -> Person:
    """Create the row of a person whom the caller may enter, in the caller's transaction.

    Raises:
        PersonRefused: No name, a number that is somebody else's, or none to tell namesakes apart.
    """
    if not storable(employee_number).strip():
        _require_no_namesake(unit, name)
    person = Person()
    _fill(person, name, employment, employee_number, phone, email)
    audit.record(
        actor=actor, verb="person.registered", subject_type="person", subject_id=person.pk, unit=unit.pk
    )
    return person


def _require_no_namesake(unit: Organization, name: str) -> None:
    """Refuse a second person of this name without a number: most often a form that was sent twice."""
    Organization.objects.select_for_update().get(pk=unit.pk)
    name = storable(name).strip()
    if list_people([unit.pk]).filter(name=name).exists():
        raise PersonRefused(
            _("Somebody called %(name)s is entered in %(unit)s already.") % {"name": name, "unit": unit.name},
            fix=_("Choose that person in the list; for a namesake fill in the employee number."),
            field="employee_number",
        )


def change_person_refusal(person: Person, actor: AuditActor) -> DomainError | None:
    """Say why `actor` may not change the data of `person`, or None.

    The data of a person with accounts are changed where one of the accounts is.
    """
    for account in person.accounts.select_related("unit"):
        if authority.administration_refusal(actor, account.unit) is None:
            return None
    if person.accounts.exists():
        return authority.OutsideOwnUnits(
            _("The accounts of %(person)s belong to another unit.") % {"person": person.name},
            fix=_("Ask an administrator of that unit."),
        )
    units = Organization.objects.filter(Q(roles__person=person) | Q(account_applications__person=person))
    refusals = [authority.administration_refusal(actor, unit) for unit in units.distinct()]
    return next((refusal for refusal in refusals if refusal), None)


@transaction.atomic
def change_person(
    *,
    person: Person,
    name: str,
    employment: Employment,
    employee_number: str,
    phone: str,
    email: str,
    actor: AuditActor,
) -> Person:
    """Change a person's data.

    Raises:
        OutsideOwnUnits: The person belongs to other units.
        GrantRefused: The employment is the actor's own, or of somebody whose roles the actor doesn't decide
            on: an employment that gets no account locks every account of the person (ORG-09).
        PersonRefused: No name, or the employee number is somebody else's.
    """
    person = Person.objects.select_for_update().get(pk=person.pk)
    refusal = change_person_refusal(person, actor)
    if refusal is None and employment != person.employment:
        refusal = authority.standing_refusal(actor, person)
    if refusal:
        raise refusal
    before = {"name": person.name, "employment": person.employment, "number": person.employee_number}
    _fill(person, name, employment, employee_number, phone, email)
    audit.record(
        actor=actor,
        verb="person.changed",
        subject_type="person",
        subject_id=person.pk,
        before=before,
        after={"name": person.name, "employment": person.employment, "number": person.employee_number},
    )
    return person


def _fill(person: Person, name: str, employment: str, employee_number: str, phone: str, email: str) -> None:
    person.name = storable(name).strip()
    if not person.name:
        raise PersonRefused(_("The name is missing."), fix=_("Write the name."), field="name")
    person.employment = Employment(employment)
    person.employee_number = storable(employee_number).strip() or None
    person.phone, person.email = storable(phone).strip(), storable(email).strip()
    try:
        with transaction.atomic():
            person.save()
    except IntegrityError:
        raise PersonRefused(
            _("The employee number %(number)s belongs to a person who is entered already.")
            % {"number": employee_number},
            fix=_("Check the number; if it is the same person, choose them from the list."),
            field="employee_number",
        ) from None
