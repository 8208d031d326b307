"""Who may hold an account at all: a rule of the unit's profile (ORG-09)."""

from collections.abc import Callable, Collection
from datetime import date

from django.utils.translation import gettext_lazy as _

from jiyue.core import clock
from jiyue.core.errors import DomainError
from jiyue.core.registries import Registry
from jiyue.organizations.enums import Employment
from jiyue.organizations.models import Organization, Person
from jiyue.policy import selectors as policy

# Given person ids and a day: those who are named in an outsourcing contract that is live on that
# day. The annex that keeps the contracts registers itself (ORG-17).
ContractReader = Callable[[Collection[int], date], frozenset[int]]
LIVE_CONTRACTS: Registry[ContractReader] = Registry("readers of live outsourcing contracts")


class NotEligible(DomainError):
    """The rules of the unit give such people no account."""

    code = "not_eligible"


def get_contracted_person_ids(person_ids: Collection[int], day: date) -> frozenset[int]:
    """Those of the persons whom a live outsourcing contract names on `day`."""
    return frozenset().union(*(reader(person_ids, day) for _name, reader in LIVE_CONTRACTS))


def eligibility_refusal(
    person: Person, unit: Organization, *, contracted: Collection[int] | None = None
) -> DomainError | None:
    """Say why `person` may not hold an account of `unit`, or None.

    Args:
        person: Whose employment counts.
        unit: Its profile names the sorts of employment that may hold an account.
        contracted: Persons with a live contract, where the caller has read them for many at once.

    Source: NB 26; CQ (十七); GL 八(二)4 (ORG-09, C6).
    """
    rule = policy.value("account.eligibility", unit)
    if person.employment not in rule.items:
        return NotEligible(
            _("By %(clause)s, people employed as “%(employment)s” get no account in %(unit)s.")
            % {
                "clause": rule.clause,
                "employment": Employment(person.employment).label,
                "unit": unit.name,
            },
            fix=_("Choose a person of the permanent staff."),
            field="person",
        )
    if person.employment != Employment.CONTRACTOR:
        return None
    if contracted is None:
        contracted = get_contracted_person_ids([person.pk], clock.today())
    if person.pk in contracted:
        return None
    return NotEligible(
        _("No live outsourcing contract names %(person)s.") % {"person": person.name},
        fix=_("Enter the contract and its persons in the outsourcing register first."),
        field="person",
    )
