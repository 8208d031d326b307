"""Who may read and write which unit's registers: one rule for lists, forms, files, imports and services.

Everybody with a role in a unit reads its registers (some are kept to fewer
roles); the register's own roles enter them; administrators do both for their
subtree. What lies outside doesn't exist for the person.

Source: NB 2-3 (ORG-04, data isolation); roles: product decision (docs/features/registers.md).
"""

from collections.abc import Collection
from dataclasses import dataclass

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from jiyue.core.audit import AuditActor
from jiyue.core.errors import DomainError
from jiyue.organizations.enums import ADMINISTRATION_ROLES, UnitStatus
from jiyue.organizations.models import Organization
from jiyue.organizations.registers.base import Register
from jiyue.organizations.selectors import get_held_roles, get_subtree_ids


class NotYourRegister(DomainError):
    """The actor may not write this register for this unit."""

    code = "not_your_register"


@dataclass(frozen=True)
class Holdings:
    """What an actor holds today.

    Attributes:
        is_platform: The platform itself acts: demonstration, nightly jobs.
        pairs: (unit id, role) held.
        administered_ids: Units of the subtrees administered.
    """

    is_platform: bool
    pairs: frozenset[tuple[int, str]]
    administered_ids: frozenset[int]

    def units_with(self, roles: Collection[str] | None) -> frozenset[int]:
        """Units in which one of `roles` is held; `None` for any role."""
        return frozenset(unit for unit, role in self.pairs if roles is None or role in roles)


def get_holdings(actor: AuditActor) -> Holdings:
    """Read what the actor holds today."""
    if actor.account_id is None:
        return Holdings(True, frozenset(), frozenset())
    pairs = frozenset(get_held_roles(actor.account_id).values_list("unit_id", "role"))
    administered = [unit for unit, role in pairs if role in ADMINISTRATION_ROLES]
    return Holdings(False, pairs, get_subtree_ids(administered) if administered else frozenset())


def is_readable_in(register: Register, holdings: Holdings, unit_id: int) -> bool:
    """Tell whether the unit's entries exist for the holder."""
    if holdings.is_platform or unit_id in holdings.administered_ids:
        return True
    return unit_id in holdings.units_with(register.reader_roles)


def is_writable_in(register: Register, holdings: Holdings, unit_id: int) -> bool:
    """Tell whether the holder may enter and change the unit's entries."""
    if holdings.is_platform or unit_id in holdings.administered_ids:
        return True
    return unit_id in holdings.units_with(register.editor_roles)


def readable_units(register: Register, holdings: Holdings) -> QuerySet[Organization]:
    """Units whose entries exist for the holder, in the order of the tree."""
    units = Organization.objects.order_by("path")
    if holdings.is_platform:
        return units
    own = holdings.units_with(register.reader_roles)
    return units.filter(Q(pk__in=own) | Q(pk__in=holdings.administered_ids))


def writable_units(register: Register, holdings: Holdings) -> QuerySet[Organization]:
    """Living units for which the holder may enter something."""
    units = Organization.objects.filter(status=UnitStatus.ACTIVE).order_by("path")
    if holdings.is_platform:
        return units
    own = holdings.units_with(register.editor_roles)
    return units.filter(Q(pk__in=own) | Q(pk__in=holdings.administered_ids))


def writing_refusal(register: Register, holdings: Holdings, unit_id: int) -> DomainError | None:
    """Say why the holder may not write this register for the unit, or None. Feeds button and service."""
    if is_writable_in(register, holdings, unit_id):
        return None
    return NotYourRegister(
        _("You can't enter anything in this register of this unit."),
        fix=_("Ask its information officer, or an administrator of the unit."),
    )
