"""Which known person a row of a register means."""

from django.db.models import Q

from jiyue.organizations.models import Person


def find_person(name: str, employee_number: str, unit_id: int) -> Person | None:
    """Find the person whom a name in a unit's register means, or None.

    With an employee number that person is meant, if the name is theirs and they
    belong to the unit or to none; without one, the only person of that name in the
    unit. Nobody learns in this way whom another unit knows.
    """
    belongs = Q(roles__unit=unit_id) | Q(accounts__unit=unit_id)
    people = Person.objects.filter(name=name)
    if employee_number:
        is_free = Q(roles=None, accounts=None)
        return people.filter(belongs | is_free, employee_number=employee_number).distinct().first()
    found = list(people.filter(belongs).distinct()[:2])
    return found[0] if len(found) == 1 else None
