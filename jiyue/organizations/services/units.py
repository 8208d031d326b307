"""Founding, changing, moving and closing units.

Source: GL 二(一); NB 2-3 (ORG-01, ORG-04).
"""

from dataclasses import dataclass

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from jiyue.core import audit, clock
from jiyue.core.text import storable
from jiyue.organizations.carriers import CARRIERS, UNIT_CHANGED
from jiyue.organizations.enums import UnitKind, UnitLevel, UnitStatus
from jiyue.organizations.models import Organization, StaffAccount
from jiyue.organizations.selectors.units import is_managed
from jiyue.organizations.services.tree import (
    UnitRefused,
    depth_refusal,
    lock_tree,
    move_subtree,
    path_of,
    ring_refusal,
)

__all__ = [
    "NotYourSubtree",
    "UnitRefused",
    "UnitValues",
    "change_unit",
    "close_unit",
    "closing_blockers",
    "create_unit",
    "found_unit",
    "path_of",
]


class NotYourSubtree(UnitRefused):
    """The unit lies outside the subtree the person administers (ORG-04)."""

    code = "not_your_subtree"


@dataclass(frozen=True)
class UnitValues:
    """What is told about a unit, besides its code."""

    name: str
    level: str
    kind: str
    short_name: str = ""
    superior: Organization | None = None
    supervising_unit: Organization | None = None


@transaction.atomic
def create_unit(
    *,
    code: str,
    name: str,
    level: UnitLevel,
    kind: UnitKind,
    actor: audit.AuditActor,
    short_name: str = "",
    superior: Organization | None = None,
    supervising_unit: Organization | None = None,
) -> Organization:
    """Found a unit below its supervising unit, or its superior one where none is named.

    For the first set-up of a platform; people found units through `found_unit`,
    which asks whether they may.

    Raises:
        UnitRefused: The code is in use or contains a slash, a unit above is closed, or the tree is too deep.

    Source: GL 二(一); NB 2-3 (ORG-01).
    """
    lock_tree()
    if not code or "/" in code or Organization.objects.filter(code=code).exists():
        raise UnitRefused(
            _("The unit code %(code)s can't be used: it is taken or contains a slash.") % {"code": code},
            fix=_("Choose another code."),
            field="code",
        )
    for field, above in (("superior", superior), ("supervising_unit", supervising_unit)):
        if above:
            above.refresh_from_db(fields=["path", "status"])  # another writer may have moved it
            _require_active(above, field)
    path = path_of(code, supervising_unit or superior)
    refusal = depth_refusal(path)
    if refusal:
        raise refusal
    unit = Organization.objects.create(
        code=code,
        name=name,
        short_name=short_name,
        level=level,
        kind=kind,
        superior=superior,
        supervising_unit=supervising_unit,
        path=path,
    )
    audit.record(
        actor=actor, verb="unit.created", subject_type="unit", subject_id=unit.pk, code=code, name=name
    )
    return unit


def found_unit(*, code: str, values: UnitValues, actor: StaffAccount) -> Organization:
    """Found a unit inside the own subtree.

    Raises:
        NotYourSubtree: The place, or a unit named above it, isn't in the actor's subtree.
        UnitRefused: As for `create_unit`.

    Source: NB 2-3 (ORG-04).
    """
    parent = values.supervising_unit or values.superior
    if parent is None:
        raise NotYourSubtree(
            _("A new unit needs a place in the tree: no unit above it is named."),
            fix=_("Choose its supervising unit or its superior unit."),
            field="supervising_unit",
        )
    _require_reachable(actor, None, values)
    return create_unit(
        code=storable(code).strip(),
        name=storable(values.name).strip(),
        level=UnitLevel(values.level),
        kind=UnitKind(values.kind),
        short_name=storable(values.short_name).strip(),
        superior=values.superior,
        supervising_unit=values.supervising_unit,
        actor=actor.audit_actor(),
    )


@transaction.atomic
def change_unit(*, unit: Organization, values: UnitValues, actor: StaffAccount) -> Organization:
    """Rename a unit, change its level or kind, or move it with everything below it.

    Raises:
        NotYourSubtree: The unit, its old or its new place isn't in the actor's subtree.
        UnitRefused: It would stand above itself, is closed, or gets too deep.

    Source: GL 二(一); NB 2-3 (ORG-01, ORG-04).
    """
    lock_tree()
    unit = Organization.objects.select_for_update(of=("self",)).get(pk=unit.pk)
    if not is_managed(actor, unit):
        raise _outside(unit, None)
    _require_active(unit, None)
    for above in (values.superior, values.supervising_unit):
        if above:
            above.refresh_from_db(fields=["path", "status"])
    _require_reachable(actor, unit, values)
    refusal = ring_refusal(unit, values.superior, values.supervising_unit)
    if refusal:
        raise refusal
    before = _described(unit)
    move_subtree(unit, values.supervising_unit or values.superior)
    unit.name, unit.short_name = storable(values.name).strip(), storable(values.short_name).strip()
    unit.level, unit.kind = values.level, values.kind
    unit.superior, unit.supervising_unit = values.superior, values.supervising_unit
    unit.save()
    after = _described(unit)
    changed = [name for name in before if before[name] != after[name]]
    if changed:
        audit.record(
            actor=actor.audit_actor(),
            verb="unit.changed",
            subject_type="unit",
            subject_id=unit.pk,
            before={name: before[name] for name in changed},
            after={name: after[name] for name in changed},
        )
        UNIT_CHANGED.announce(unit)
    return unit


def closing_blockers(unit: Organization) -> list[UnitRefused]:
    """Say what still belongs to a unit and keeps it from being closed. Feeds button, service and test."""
    if unit.status != UnitStatus.ACTIVE:
        return [UnitRefused(_("%(unit)s is closed already.") % {"unit": unit.name})]
    blockers = []
    for _name, carrier in CARRIERS:
        count = carrier.count(unit)
        if count:
            blockers.append(
                UnitRefused(
                    _("%(what)s: %(count)d.") % {"what": carrier.label, "count": count},
                    fix=_("Merge the unit into another one, or move these away first."),
                )
            )
    return blockers


@transaction.atomic
def close_unit(*, unit: Organization, actor: StaffAccount, reason: str) -> Organization:
    """Close a unit that holds nothing any more; it stays readable with its history.

    Raises:
        NotYourSubtree: It isn't in the actor's subtree.
        UnitRefused: No reason, or something still belongs to it.
    """
    lock_tree()
    unit = Organization.objects.select_for_update(of=("self",)).get(pk=unit.pk)
    if not is_managed(actor, unit) or not is_managed(actor, unit.tree_parent):
        raise _outside(unit, None)
    reason = storable(reason).strip()
    if not reason:
        raise UnitRefused(
            _("A reason is missing."), fix=_("Write on whose decision the unit is closed."), field="reason"
        )
    blockers = closing_blockers(unit)
    if blockers:
        raise blockers[0]
    mark_closed(unit, actor=actor.audit_actor(), reason=reason)
    return unit


def mark_closed(unit: Organization, *, actor: audit.AuditActor, reason: str) -> None:
    """Write that a unit exists no longer, in the caller's transaction and with the tree locked."""
    unit.status, unit.closed_on = UnitStatus.CLOSED, clock.today()
    unit.save(update_fields=["status", "closed_on"])
    audit.record(actor=actor, verb="unit.closed", subject_type="unit", subject_id=unit.pk, reason=reason)


def _require_active(unit: Organization, field: str | None) -> None:
    if unit.status != UnitStatus.ACTIVE:
        raise UnitRefused(
            _("%(unit)s is closed.") % {"unit": unit.name},
            fix=_("Choose the unit that took over its work."),
            field=field,
        )


def _require_reachable(actor: StaffAccount, unit: Organization | None, values: UnitValues) -> None:
    """Refuse a relation to a unit outside the own subtree, unless it was there before.

    A relation may stay as it is; the place in the tree may change only from
    one unit of the own subtree to another one.
    """
    old = {"superior": unit and unit.superior, "supervising_unit": unit and unit.supervising_unit}
    for field, before in old.items():
        above = getattr(values, field)
        if above != before and above is not None:
            if not is_managed(actor, above):
                raise _outside(above, field)
            _require_active(above, field)
    parent, parent_before = values.supervising_unit or values.superior, unit and unit.tree_parent
    if unit is not None and parent != parent_before:
        for place in (parent_before, parent):
            if place is None or not is_managed(actor, place):
                raise _outside(place or unit, "supervising_unit")


def _outside(unit: Organization, field: str | None) -> NotYourSubtree:
    return NotYourSubtree(
        _("%(unit)s isn't in the part of the tree that you administer.") % {"unit": unit.name},
        fix=_("Ask the administrator of a unit above both."),
        field=field,
    )


def _described(unit: Organization) -> dict[str, str]:
    """The unit's values as words that stay readable in the trail."""
    return {
        "name": unit.name,
        "short_name": unit.short_name,
        "level": str(unit.level),
        "kind": str(unit.kind),
        "superior": unit.superior.name if unit.superior else "",
        "supervising_unit": unit.supervising_unit.name if unit.supervising_unit else "",
    }
