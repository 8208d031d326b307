"""Planning the duty roster (GL 八(二)2, REV-31)."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from jiyue.core import audit, clock
from jiyue.core.text import storable
from jiyue.organizations.enums import EDITING_ROLES, REVIEWING_ROLES, AccountStatus, StaffRole
from jiyue.organizations.models import Organization, StaffAccount
from jiyue.organizations.selectors import get_active_roles, has_role
from jiyue.organizations.services.notices import notify
from jiyue.organizations.services.roles import duties_conflict_of
from jiyue.policy.selectors import value
from jiyue.policy.work_calendar.deadlines import deadline
from jiyue.policy.work_calendar.selectors import get_calendar
from jiyue.review.models import DutyShift
from jiyue.review.roster import may_plan
from jiyue.review.services.refusals import ReviewRefused

NOTICE_TOPIC = "review.duty"
MAX_PHONE_CHARS = 40


class DutyRefused(ReviewRefused):
    """A turn of duty that can't be planned, cancelled or handed over like this."""

    code = "duty_refused"


def list_possible_people(unit: Organization, role: StaffRole) -> list[StaffAccount]:
    """Accounts that may have duty in a role: they edit, or review, somewhere in the subtree today."""
    held = get_active_roles().filter(role__in=duty_of(role), unit__path__startswith=unit.path)
    accounts = StaffAccount.objects.filter(person__in=held.values("person_id"), status=AccountStatus.ACTIVE)
    return list(accounts.select_related("person", "unit").order_by("person__name", "pk"))


def duty_of(role: StaffRole) -> frozenset[StaffRole]:
    """The roles whose holders may take a turn in `role`: editors edit, reviewers review."""
    return EDITING_ROLES if role in EDITING_ROLES else REVIEWING_ROLES


@transaction.atomic
def plan_shift(
    *,
    unit: Organization,
    role: StaffRole,
    account: StaffAccount,
    starts_at: datetime,
    ends_at: datetime,
    actor: StaffAccount,
    phone: str = "",
) -> DutyShift:
    """Put somebody on duty for a unit's subtree; duty counts for urgent items only.

    Args:
        unit: Top of the subtree.
        role: What they do on duty: entering, or one level of review.
        account: Who; they must edit, or review, somewhere in the subtree already.
        starts_at: First moment.
        ends_at: Last moment; at most `review.duty_shift_max` later.
        actor: Leader in charge or coordinator of the unit, or its platform manager.
        phone: Number at which they can be reached.

    Raises:
        DutyRefused: One of these rules isn't kept, or they are on duty in that time already.

    Source: GL 八(二)2 (REV-31); GL 七(一)4 (REV-02).
    """
    StaffAccount.objects.select_for_update(of=("self",)).get(pk=account.pk)
    phone = " ".join(storable(phone).split())[:MAX_PHONE_CHARS]
    for refusal in (
        _planner_refusal(unit, actor),
        _time_refusal(unit, starts_at, ends_at),
        _own_turn_refusal(unit, role, account, actor),
        _person_refusal(unit, role, account, starts_at, ends_at),
        _overlap_refusal(account, starts_at, ends_at),
    ):
        if refusal:
            raise refusal
    shift = DutyShift.objects.create(
        unit=unit,
        role=role,
        account=account,
        starts_at=starts_at,
        ends_at=ends_at,
        phone=phone,
        created_by=actor,
        created_at=clock.now(),
    )
    _record("duty.planned", shift, actor)
    _tell(shift, gettext("You are on duty as %(role)s of %(unit)s, from %(first)s to %(last)s."), "planned")
    return shift


def cancel_refusal(shift: DutyShift, actor: StaffAccount) -> DutyRefused | None:
    """Say why `actor` can't cancel the turn, or None. One that is over stays as evidence."""
    if shift.cancelled_at is not None or shift.ends_at <= clock.now():
        return DutyRefused(_("This turn is over or was cancelled already."), fix=_("Reload the page."))
    return _planner_refusal(shift.unit, actor)


@transaction.atomic
def cancel_shift(*, shift_id: int, actor: StaffAccount) -> DutyShift:
    """Cancel a turn that isn't over.

    Raises:
        DutyRefused: It is over or cancelled, or the actor doesn't plan this roster.
    """
    shift = _take(shift_id)
    refusal = cancel_refusal(shift, actor)
    if refusal:
        raise refusal
    shift.cancelled_at = clock.now()
    shift.save(update_fields=["cancelled_at"])
    _record("duty.cancelled", shift, actor)
    _tell(
        shift,
        gettext("Your duty as %(role)s of %(unit)s from %(first)s to %(last)s was cancelled."),
        "cancelled",
    )
    return shift


@transaction.atomic
def swap_shift(*, shift_id: int, account: StaffAccount, actor: StaffAccount) -> DutyShift:
    """Hand a turn to somebody else: the old one is cancelled, the new one holds from now or from its start.

    Raises:
        DutyRefused: As for cancelling and planning; nothing is changed then.
    """
    shift = _take(shift_id)
    refusal = cancel_refusal(shift, actor)
    if refusal:
        raise refusal
    if account.pk == shift.account_id:
        raise DutyRefused(
            _("This person has the turn already."), fix=_("Choose somebody else."), field="account"
        )
    now = clock.now()
    cancel_shift(shift_id=shift.pk, actor=actor)
    successor = plan_shift(
        unit=shift.unit,
        role=StaffRole(shift.role),
        account=account,
        starts_at=max(shift.starts_at, now),
        ends_at=shift.ends_at,
        actor=actor,
    )
    _record("duty.swapped", successor, actor, instead_of=shift.pk)
    return successor


def _take(shift_id: int) -> DutyShift:
    rows = DutyShift.objects.select_for_update(of=("self",)).select_related("unit", "account__person")
    return rows.get(pk=shift_id)


def _planner_refusal(unit: Organization, actor: StaffAccount) -> DutyRefused | None:
    if may_plan(actor, unit):
        return None
    return DutyRefused(
        _("The roster of %(unit)s is planned by its leader in charge, coordinator or platform manager.")
        % {"unit": unit.name},
        fix=_("Ask one of them."),
        field="unit",
    )


def _time_refusal(unit: Organization, starts_at: datetime, ends_at: datetime) -> DutyRefused | None:
    if ends_at <= starts_at:
        return DutyRefused(
            _("The turn ends before it starts."), fix=_("Check both moments."), field="ends_at"
        )
    if ends_at <= clock.now():
        return DutyRefused(
            _("This time has passed already."), fix=_("Plan a turn that is still to come."), field="ends_at"
        )
    longest = value("review.duty_shift_max", unit)
    if ends_at > deadline(starts_at, longest.term, get_calendar()).due_at:
        return DutyRefused(
            _("A turn lasts at most %(length)s.") % {"length": longest.term},
            fix=_("Plan several turns, so that nobody is on duty for too long."),
            field="ends_at",
        )
    return None


def _own_turn_refusal(
    unit: Organization, role: StaffRole, account: StaffAccount, actor: StaffAccount
) -> DutyRefused | None:
    """Nobody gives themselves a level that isn't theirs (REV-01)."""
    if account.person_id != actor.person_id or has_role(account, role, unit_id=unit.pk):
        return None
    return DutyRefused(
        _("You aren't %(role)s of %(unit)s, so you can't put yourself on duty as such.")
        % {"role": role.label, "unit": unit.name},
        fix=_("Choose somebody else, or let another planner enter your turn."),
        field="account",
    )


def _person_refusal(
    unit: Organization, role: StaffRole, account: StaffAccount, starts_at: datetime, ends_at: datetime
) -> DutyRefused | None:
    if account.pk not in {person.pk for person in list_possible_people(unit, role)}:
        return DutyRefused(
            _("%(person)s has no such work in %(unit)s or below: editors edit on duty, reviewers review.")
            % {"person": account.person.name, "unit": unit.name},
            fix=_("Choose from the people listed, or give them the role first."),
            field="account",
        )
    first, last = timezone.localdate(starts_at), timezone.localdate(ends_at)
    conflict = duties_conflict_of(account.person, role, first, last)
    if conflict:
        return DutyRefused(
            _("%(person)s is %(role)s; entering, reviewing and administering exclude each other.")
            % {"person": account.person.name, "role": StaffRole(conflict).label},
            fix=_("Choose somebody else."),
            field="account",
        )
    return None


def _overlap_refusal(account: StaffAccount, starts_at: datetime, ends_at: datetime) -> DutyRefused | None:
    others = DutyShift.objects.filter(
        account__person_id=account.person_id,
        cancelled_at=None,
        starts_at__lt=ends_at,
        ends_at__gt=starts_at,
    )
    if not others.exists():
        return None
    return DutyRefused(
        _("%(person)s is on duty in this time already; one person has one turn at a time.")
        % {"person": account.person.name},
        fix=_("Choose another time or another person."),
        field="account",
    )


def _tell(shift: DutyShift, words: str, event: str) -> None:
    values = {
        "role": shift.get_role_display(),
        "unit": shift.unit.name,
        "first": f"{timezone.localtime(shift.starts_at):%Y-%m-%d %H:%M}",
        "last": f"{timezone.localtime(shift.ends_at):%Y-%m-%d %H:%M}",
    }
    notify(
        person_ids=[shift.account.person_id],
        topic=NOTICE_TOPIC,
        title=words % values,
        key=f"duty:{shift.pk}:{event}",
        path="/duty/",
    )


def _record(verb: str, shift: DutyShift, actor: StaffAccount, **facts: object) -> None:
    audit.record(
        actor=actor.audit_actor(),
        verb=verb,
        subject_type="duty_shift",
        subject_id=shift.pk,
        unit=shift.unit_id,
        role=shift.role,
        account=shift.account_id,
        starts_at=shift.starts_at.isoformat(),
        ends_at=shift.ends_at.isoformat(),
        **facts,
    )
