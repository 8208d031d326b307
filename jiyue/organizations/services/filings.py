"""Filing a change of personnel with the unit above, and locking out who left (ORG-07)."""

import logging
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from jiyue.core import audit, clock
from jiyue.core.audit import AuditActor
from jiyue.core.clocks import CLOCK_STARTED, CLOCK_STOPPED, ClockStarted, ClockStopped
from jiyue.core.errors import DomainError
from jiyue.organizations.enums import AccountStatus, StaffRole
from jiyue.organizations.models import PersonnelChangeFiling, StaffAccount, UnitRole
from jiyue.organizations.selectors import get_active_roles
from jiyue.organizations.services import authority
from jiyue.organizations.services.accounts import clean_reason, lock, set_status

logger = logging.getLogger(__name__)

CLOCK_KIND = "personnel.successor"
SUBJECT = "personnel_change"


class FilingRefused(DomainError):
    """A filing can't be completed like this."""

    code = "filing_refused"


def file_change(role: UnitRole, ended_on: date, *, reason: str, actor: AuditActor) -> PersonnelChangeFiling:
    """File that a person leaves a role, in the caller's transaction.

    It goes to the supervising unit, or to the superior one where none is named.
    Where nobody else holds the role, the clock for the successor starts on the
    day after the last one.

    Args:
        role: The role that ends.
        ended_on: Its last day.
        reason: Why; shown to the unit above.
        actor: Who ended it; the platform where its time simply ran out.

    Source: HT 一¶3; NB 8 (ORG-07).
    """
    is_kept_up = (
        get_active_roles(ended_on + timedelta(days=1))
        .filter(unit=role.unit_id, role=role.role)
        .exclude(pk=role.pk)
        .exists()
    )
    filing = PersonnelChangeFiling.objects.create(
        unit=role.unit,
        ended_role=role,
        role=role.role,
        outgoing=role.person,
        changed_on=ended_on,
        filed_with=role.unit.tree_parent,
        reason=reason,
        filed_by_account_id=actor.account_id,
        filed_at=clock.now(),
        completed_at=clock.now() if is_kept_up else None,
    )
    _record("personnel_change.filed", filing, actor)
    if not is_kept_up:
        CLOCK_STARTED.announce(
            ClockStarted(
                kind=CLOCK_KIND,
                subject_type=SUBJECT,
                subject_key=str(filing.pk),
                title=gettext("File the successor: %(role)s of %(unit)s")
                % {"role": StaffRole(role.role).label, "unit": role.unit.name},
                unit_id=role.unit_id,
                opened_at=max(clock.now(), _morning_after(filing)),
                actor=actor,
                path=f"/people/filings/{filing.pk}/",
            )
        )
    if ended_on < clock.today():
        lock_leaver(filing, actor=actor)
    return filing


def _morning_after(filing: PersonnelChangeFiling) -> datetime:
    return timezone.make_aware(datetime.combine(filing.changed_on + timedelta(days=1), time.min))


def complete_by_successor(assigned: UnitRole, *, actor: AuditActor) -> None:
    """Complete the oldest filing that waits for somebody in this role, in the caller's transaction."""
    waiting = PersonnelChangeFiling.objects.select_for_update().filter(
        unit=assigned.unit_id, role=assigned.role, completed_at=None
    )
    filing = waiting.order_by("pk").first()
    if filing is None:
        return
    filing.successor, filing.completed_at = assigned.person, clock.now()
    filing.save(update_fields=["successor", "completed_at"])
    _record("personnel_change.completed", filing, actor, successor=assigned.person_id)
    CLOCK_STOPPED.announce(ClockStopped(CLOCK_KIND, SUBJECT, str(filing.pk), actor))


def waiver_refusal(filing: PersonnelChangeFiling, actor: AuditActor) -> DomainError | None:
    """Say why `actor` can't declare that nobody follows, or None: the unit above decides that."""
    if filing.completed_at is not None:
        return FilingRefused(_("This filing is complete."), fix=_("Reload the page."))
    return authority.administration_refusal(actor, filing.filed_with or filing.unit)


@transaction.atomic
def waive_successor(*, filing: PersonnelChangeFiling, reason: str, actor: AuditActor) -> None:
    """Declare that nobody follows, because the post is gone; the clock stops without being met.

    Raises:
        FilingRefused: It is complete.
        OutsideOwnUnits: The actor doesn't administer the unit it was filed with.
        ReasonMissing: No reason.
    """
    filing = PersonnelChangeFiling.objects.select_for_update(of=("self",)).get(pk=filing.pk)
    refusal = waiver_refusal(filing, actor)
    if refusal:
        raise refusal
    reason = clean_reason(reason)
    filing.completed_at = clock.now()
    filing.save(update_fields=["completed_at"])
    _record("personnel_change.completed", filing, actor, reason=reason)
    CLOCK_STOPPED.announce(
        ClockStopped(CLOCK_KIND, SUBJECT, str(filing.pk), actor, is_satisfied=False, reason=reason)
    )


def lock_leaver(filing: PersonnelChangeFiling, *, actor: AuditActor) -> bool:
    """Suspend the outgoing person's accounts, in the caller's transaction.

    Those of the unit are suspended in any case, so that the unit confirms what
    the person still does there; those of other units only when no role remains.

    Returns:
        Whether all of them could be locked; the last platform manager isn't.
    """
    held = get_active_roles().filter(person=filing.outgoing_id)
    accounts = StaffAccount.objects.filter(person=filing.outgoing_id, status=AccountStatus.ACTIVE)
    if held.filter(unit=filing.unit_id, role=filing.role).exists():
        accounts = accounts.none()  # the person came back to the same role before the night
    elif held.exists():
        accounts = accounts.filter(unit=filing.unit_id)
    for row in accounts.order_by("pk"):
        account = lock(row)
        if authority.last_manager_refusal(account=account):
            logger.warning("personnel.last_manager_kept", extra={"account": account.pk})
            return False
        reason = gettext("Left the role “%(role)s” on %(day)s.") % {
            "role": StaffRole(filing.role).label,
            "day": filing.changed_on.isoformat(),
        }
        set_status(account, AccountStatus.SUSPENDED, reason=reason, verb="account.suspended", actor=actor)
    filing.suspended_at = clock.now()
    filing.save(update_fields=["suspended_at"])
    _record("personnel_change.locked", filing, actor)
    return True


def list_unfiled_ends() -> QuerySet[UnitRole]:
    """Roles whose time ran out without a filing, and that didn't go on in a new row.

    They go on in the same unit, or in the one that a reform put in its place;
    the end of the new row is filed then, not this one's once more.
    """
    begun = UnitRole.objects.filter(
        person=OuterRef("person"), role=OuterRef("role"), starts_on__lte=clock.today()
    )
    renewed = begun.filter(unit=OuterRef("unit"), starts_on__gt=OuterRef("ends_on"))
    carried = begun.filter(
        unit__preceding__predecessor=OuterRef("unit"), starts_on__gte=OuterRef("starts_on")
    )
    ended = UnitRole.objects.filter(ends_on__lt=clock.today(), change_filing=None)
    return ended.exclude(Exists(renewed) | Exists(carried)).select_related("person", "unit").order_by("pk")


@transaction.atomic
def _handle_end(role: UnitRole) -> None:
    authority.lock_roots()
    ended_on = role.ends_on or clock.today()
    file_change(role, ended_on, reason=gettext("The time of the role ran out."), actor=audit.PLATFORM)


@transaction.atomic
def _lock_after_last_day(filing_id: int) -> None:
    authority.lock_roots()
    filing = PersonnelChangeFiling.objects.select_for_update(of=("self",)).get(pk=filing_id)
    if filing.suspended_at is None:
        lock_leaver(filing, actor=audit.PLATFORM)


def work_off_ended_roles() -> Iterator[object]:
    """Each night: file what ended by itself, then lock out those whose last day has passed."""
    for role in list(list_unfiled_ends()):
        _handle_end(role)
        yield role.pk
    passed = PersonnelChangeFiling.objects.filter(changed_on__lt=clock.today(), suspended_at=None)
    for pk in list(passed.order_by("pk").values_list("pk", flat=True)):
        _lock_after_last_day(pk)
        yield pk


def _record(verb: str, filing: PersonnelChangeFiling, actor: AuditActor, **facts: object) -> None:
    audit.record(
        actor=actor,
        verb=verb,
        subject_type=SUBJECT,
        subject_id=filing.pk,
        role=filing.role,
        unit=filing.unit_id,
        person=filing.outgoing_id,
        ends_on=filing.changed_on.isoformat(),
        **facts,
    )
