"""Which cases exist for whom: asked by lists, pages, files and services alike."""

from django.db.models import Q, QuerySet

from jiyue.organizations.coregulation.models import CoRegulationCase, CoRegulator
from jiyue.organizations.enums import StaffRole
from jiyue.organizations.models import StaffAccount
from jiyue.organizations.selectors import get_unit_ids, list_managed_units


def list_led_cases(account: StaffAccount) -> QuerySet[CoRegulationCase]:
    """Cases of the subtree the account is platform manager of: it leads them, shares and closes them."""
    units = list_managed_units(account).order_by().values("pk")
    return CoRegulationCase.objects.filter(unit__in=units)


def list_visible_cases(account: StaffAccount) -> QuerySet[CoRegulationCase]:
    """Cases the account leads, and those shared with a co-regulator whose contact it is; newest first.

    Source: GL 二(一); NT 3 (ORG-03): they see only cases shared with them.
    """
    contact_for = get_unit_ids(account, {StaffRole.CO_REGULATION_CONTACT})
    led = Q(unit__in=list_managed_units(account).order_by().values("pk"))
    shared = Q(shares__co_regulator__unit__in=contact_for, shares__co_regulator__is_active=True)
    return (
        CoRegulationCase.objects.filter(led | shared)
        .distinct()
        .select_related("unit", "opened_by__person")
        .order_by("-pk")
    )


def list_co_regulators() -> QuerySet[CoRegulator]:
    """The co-regulators that take part, by level and kind."""
    return CoRegulator.objects.filter(is_active=True).select_related("unit").order_by("unit__path", "kind")
