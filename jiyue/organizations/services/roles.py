"""Giving people roles in units, changing and ending them: the register of responsible persons (ORG-05)."""

from datetime import date

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from jiyue.core import audit, clock
from jiyue.core.audit import AuditActor
from jiyue.core.errors import DomainError
from jiyue.core.text import storable
from jiyue.organizations.enums import EXCLUSIVE_DUTIES, StaffRole, UnitStatus
from jiyue.organizations.models import Organization, Person, PersonnelChangeFiling, StaffAccount, UnitRole
from jiyue.organizations.services import authority, filings
from jiyue.organizations.services.accounts import TwoPersonsNeeded, clean_reason
from jiyue.policy import selectors as policy


class DutiesConflict(DomainError):
    """System administration, editing and reviewing exclude each other (REV-02)."""

    code = "duties_conflict"


class RoleRefused(DomainError):
    """A role can't be given, changed or ended like this."""

    code = "role_refused"


def _overlapping(roles: QuerySet[UnitRole], starts_on: date, ends_on: date | None) -> QuerySet[UnitRole]:
    """Roles that hold on at least one day of the period; both ends belong to it."""
    roles = roles.filter(Q(ends_on=None) | Q(ends_on__gte=starts_on))
    return roles if ends_on is None else roles.filter(starts_on__lte=ends_on)


def duties_conflict_of(
    person: Person, role: StaffRole, starts_on: date, ends_on: date | None, *, besides: int | None = None
) -> str | None:
    """Return the role the person already holds that excludes `role` in the period, if any.

    Duties exclude each other across units too.

    Args:
        person: Who holds roles.
        role: The role to be given.
        starts_on: First day.
        ends_on: Last day; None without end.
        besides: Row that is being changed itself.

    Source: GL 七(一)4.
    """
    own_duty = next((duty for duty in EXCLUSIVE_DUTIES if role in duty), frozenset())
    others = frozenset().union(*EXCLUSIVE_DUTIES) - own_duty if own_duty else frozenset()
    held = _overlapping(person.roles.filter(role__in=others), starts_on, ends_on)
    held = held.exclude(pk=besides) if besides else held
    return held.order_by("starts_on").values_list("role", flat=True).first()


def period_refusal(
    *,
    person: Person,
    unit: Organization,
    role: StaffRole,
    starts_on: date,
    ends_on: date | None,
    besides: int | None = None,
) -> DomainError | None:
    """Say why `person` can't hold `role` in `unit` over this period, whoever gives it, or None.

    Source: GL 七(一)4 (REV-02); HT 一¶3: one leader in charge (ORG-05).
    """
    if ends_on is not None and ends_on < starts_on:
        return RoleRefused(
            _("The last day lies before the first one."), fix=_("Correct the dates."), field="ends_on"
        )
    conflict = duties_conflict_of(person, role, starts_on, ends_on, besides=besides)
    if conflict:
        return DutiesConflict(
            _("%(person)s is already %(held)s; administration, editing and reviewing exclude each other.")
            % {"person": person.name, "held": StaffRole(conflict).label},
            fix=_("End the other role first, or choose another person."),
            field="role",
        )
    same = UnitRole.objects.filter(unit=unit, role=role)
    same = same.exclude(pk=besides) if besides else same
    if _overlapping(same.filter(person=person), starts_on, ends_on).exists():
        return RoleRefused(
            _("%(person)s holds this role in this period already.") % {"person": person.name},
            fix=_("Choose other dates, or change the role that exists."),
            field="starts_on",
        )
    return _leader_refusal(unit, role, _overlapping(same, starts_on, ends_on))


def _leader_refusal(unit: Organization, role: StaffRole, holders: QuerySet[UnitRole]) -> DomainError | None:
    """Count the leaders in charge of a period against the profile's limit; zero stands for none."""
    if role != StaffRole.LEADER_IN_CHARGE:
        return None
    rule = policy.value("personnel.leaders_in_charge", unit)
    found = list(holders.select_related("person"))
    if not rule.number or len(found) < rule.number:
        return None
    return RoleRefused(
        _("%(person)s is the leader in charge of %(unit)s in this period; by %(clause)s there is one.")
        % {"person": found[0].person.name, "unit": unit.name, "clause": rule.clause},
        fix=_("End that role the day before, or choose a later first day."),
        field="starts_on",
    )


@transaction.atomic
def assign_role(
    *,
    person: Person,
    unit: Organization,
    role: StaffRole,
    starts_on: date,
    ends_on: date | None = None,
    section: str = "",
    actor: AuditActor,
) -> UnitRole:
    """Give a person a role in a unit; it holds through its last day.

    The oldest change of personnel that waits for a successor in this role is completed.

    Raises:
        OutsideOwnUnits, GrantRefused: The actor may not give this role.
        DutiesConflict: The person holds an excluding role in the same period.
        RoleRefused: The unit is closed, the period is over or taken.

    Source: GL 七(一)4 (REV-02); GL 二(二)3-4; HT 一¶3 (ORG-05).
    """
    Organization.objects.select_for_update().get(pk=unit.pk)
    Person.objects.select_for_update().get(pk=person.pk)
    refusal = (
        authority.grant_refusal(actor, unit, role, person)
        or _entry_refusal(unit, ends_on)
        or period_refusal(person=person, unit=unit, role=role, starts_on=starts_on, ends_on=ends_on)
    )
    if refusal:
        raise refusal
    assigned = UnitRole.objects.create(
        person=person,
        unit=unit,
        role=role,
        section=storable(section).strip()[:60],
        starts_on=starts_on,
        ends_on=ends_on,
    )
    _record("role.assigned", assigned, actor)
    filings.complete_by_successor(assigned, actor=actor)
    return assigned


def _entry_refusal(unit: Organization, ends_on: date | None) -> DomainError | None:
    if unit.status == UnitStatus.CLOSED:
        return RoleRefused(_("%(unit)s is closed.") % {"unit": unit.name}, fix=_("Choose another unit."))
    if ends_on is not None and ends_on < clock.today():
        return RoleRefused(
            _("This role would be over already."),
            fix=_("Give a last day from today on; earlier holders are in the history."),
            field="ends_on",
        )
    return None


def change_refusal(role: UnitRole, actor: AuditActor) -> DomainError | None:
    """Say why `actor` may not change `role`, or None."""
    refusal = authority.grant_refusal(actor, role.unit, role.role, role.person)
    if refusal:
        return refusal
    if role.ends_on is not None and role.ends_on < clock.today():
        return RoleRefused(
            _("This role ended; it is history."), fix=_("Assign the role again from a later day.")
        )
    if PersonnelChangeFiling.objects.filter(ended_role=role).exists():
        return RoleRefused(
            _("The end of this role is filed already."),
            fix=_("Assign the role again from the day after."),
        )
    return None


@transaction.atomic
def change_role(
    *, role: UnitRole, starts_on: date, ends_on: date | None, section: str, actor: AuditActor
) -> UnitRole:
    """Change the section and the dates of a role; a nearer last day goes through `end_role`.

    Raises:
        OutsideOwnUnits, GrantRefused: The actor may not decide on this role.
        DutiesConflict, RoleRefused: The period doesn't fit, or would become shorter.
    """
    role = lock_role(role)
    before = {"starts_on": role.starts_on.isoformat(), "ends_on": _iso(role.ends_on), "section": role.section}
    refusal = (
        change_refusal(role, actor)
        or _shortening_refusal(role, starts_on, ends_on)
        or period_refusal(
            person=role.person,
            unit=role.unit,
            role=StaffRole(role.role),
            starts_on=starts_on,
            ends_on=ends_on,
            besides=role.pk,
        )
    )
    if refusal:
        raise refusal
    role.starts_on, role.ends_on, role.section = starts_on, ends_on, storable(section).strip()[:60]
    role.save(update_fields=["starts_on", "ends_on", "section"])
    _record("role.changed", role, actor, before=before)
    return role


def _shortening_refusal(role: UnitRole, starts_on: date, ends_on: date | None) -> DomainError | None:
    if ends_on is not None and (role.ends_on is None or ends_on < role.ends_on):
        return RoleRefused(
            _("A nearer last day is the end of the role and is filed with the supervising unit."),
            fix=_("Use “End the role”."),
            field="ends_on",
        )
    today = clock.today()
    if starts_on != role.starts_on and min(starts_on, role.starts_on) <= today:
        return RoleRefused(
            _("The role has begun; its first day stays."), fix=_("Leave the first day."), field="starts_on"
        )
    return None


def ending_refusal(role: UnitRole, ends_on: date, actor: AuditActor) -> DomainError | None:
    """Say why `role` can't end on `ends_on` by the will of `actor` and whoever agrees, or None."""
    refusal = change_refusal(role, actor)
    if refusal:
        return refusal
    if ends_on < role.starts_on:
        return RoleRefused(
            _("The last day lies before the first one."), fix=_("Correct the date."), field="ends_on"
        )
    if role.ends_on is not None and ends_on > role.ends_on:
        return RoleRefused(
            _("The role ends earlier than that already."),
            fix=_("Choose an earlier last day, or extend the role."),
            field="ends_on",
        )
    refusal = authority.last_manager_refusal(role=role)
    if refusal:
        return refusal
    accounts = StaffAccount.objects.filter(person=role.person_id, unit=role.unit_id, status="active")
    for account in accounts:
        refusal = authority.last_manager_refusal(account=account)
        if refusal:
            return refusal
    return None


def two_persons_refusal(role: UnitRole, actor: AuditActor) -> DomainError | None:
    """Say that ending a role of an administrator takes two persons, or None."""
    if authority.is_platform(actor) or not authority.is_administrator(role.person_id):
        return None
    return TwoPersonsNeeded(
        _("%(person)s is an administrator; ending a role locks the account and takes two persons.")
        % {"person": role.person.name},
        fix=_("Propose it; another administrator decides."),
    )


@transaction.atomic
def end_role(
    *, role: UnitRole, ends_on: date, reason: str, actor: AuditActor, successor: Person | None = None
) -> PersonnelChangeFiling:
    """End a role after `ends_on` and file the change; the outgoing person's accounts are locked.

    A successor takes over on the day after. Where the last day lies ahead, the
    accounts are locked in the night after it.

    Raises:
        OutsideOwnUnits, GrantRefused: The actor may not decide on this role.
        LastManager: The root unit would have no platform manager.
        TwoPersonsNeeded: The person is an administrator; propose it (`removals`).
        RoleRefused, DutiesConflict, ReasonMissing: Dates, successor or reason don't fit.

    Source: HT 一¶3; NB 8 (ORG-07).
    """
    authority.lock_roots()
    role = lock_role(role)
    refusal = ending_refusal(role, ends_on, actor) or two_persons_refusal(role, actor)
    if refusal:
        raise refusal
    return carry_out_ending(role, ends_on=ends_on, reason=reason, actor=actor, successor=successor)


def carry_out_ending(
    role: UnitRole, *, ends_on: date, reason: str, actor: AuditActor, successor: Person | None = None
) -> PersonnelChangeFiling:
    """End a role that the caller has locked and may end."""
    reason = clean_reason(reason)
    role.ends_on = ends_on
    role.save(update_fields=["ends_on"])
    _record("role.ended", role, actor, reason=reason)
    filing = filings.file_change(role, ends_on, reason=reason, actor=actor)
    if successor is not None:
        first_day = ends_on.fromordinal(ends_on.toordinal() + 1)
        assign_role(
            person=successor,
            unit=role.unit,
            role=StaffRole(role.role),
            section=role.section,
            starts_on=first_day,
            actor=actor,
        )
        filing.refresh_from_db()
    return filing


def lock_role(role: UnitRole) -> UnitRole:
    """The role as it stands now, held with its unit and person until the transaction ends."""
    Organization.objects.select_for_update().get(pk=role.unit_id)
    Person.objects.select_for_update().get(pk=role.person_id)
    found = UnitRole.objects.select_for_update(of=("self",)).select_related("person", "unit")
    return found.get(pk=role.pk)


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _record(verb: str, role: UnitRole, actor: AuditActor, **facts: object) -> None:
    audit.record(
        actor=actor,
        verb=verb,
        subject_type="person",
        subject_id=role.person_id,
        role=role.role,
        unit=role.unit_id,
        section=role.section,
        starts_on=role.starts_on.isoformat(),
        ends_on=_iso(role.ends_on),
        **facts,
    )
