"""A reviewer lets somebody else decide in their place, for a time (ORG-14: the trail names both)."""

from datetime import date, datetime, time

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from jiyue.core import audit, clock
from jiyue.core.text import storable
from jiyue.organizations.enums import REVIEWING_ROLES, AccountStatus, StaffRole
from jiyue.organizations.models import Organization, StaffAccount
from jiyue.organizations.selectors import get_line_upward, has_role
from jiyue.organizations.services.notices import notify
from jiyue.organizations.services.roles import duties_conflict_of
from jiyue.policy.selectors import value
from jiyue.policy.work_calendar.deadlines import deadline
from jiyue.policy.work_calendar.selectors import get_calendar
from jiyue.review.models import ReviewDelegation
from jiyue.review.services.refusals import ReviewRefused

NOTICE_TOPIC = "review"
MAX_REASON_CHARS = 300


class DelegationRefused(ReviewRefused):
    """A delegation that the rules don't allow."""

    code = "delegation_refused"


def list_possible_delegates(unit: Organization) -> list[StaffAccount]:
    """Accounts of the unit's subtree and of the units above it, by name."""
    above = Q(unit__in=get_line_upward(unit)) | Q(unit__path__startswith=unit.path)
    accounts = StaffAccount.objects.filter(above, status=AccountStatus.ACTIVE)
    return list(accounts.select_related("person", "unit").order_by("person__name", "pk"))


def latest_end(unit: Organization, starts_on: date) -> date:
    """Last day that a delegation which starts on `starts_on` may have.

    Source: product decision; `review.delegation_max` of the policy profile.
    """
    start = timezone.make_aware(datetime.combine(starts_on, time.min))
    return deadline(start, value("review.delegation_max", unit).term, get_calendar()).due_on


@transaction.atomic
def delegate_review(
    *,
    unit: Organization,
    role: StaffRole,
    delegate: StaffAccount,
    starts_on: date,
    ends_on: date,
    reason: str,
    actor: StaffAccount,
) -> ReviewDelegation:
    """Let somebody decide in the actor's place, from the first day up to and including the last.

    What was delegated can't be passed on: only who holds the role themselves delegates it.
    Nobody decides for a delegator what the delegator couldn't decide: own items stay barred.

    Args:
        unit: Where the actor holds the role.
        role: A reviewing role.
        delegate: An account of the unit's subtree or of a unit above it.
        starts_on: First day in Asia/Shanghai; today or later.
        ends_on: Last day; at most `review.delegation_max` after the first.
        reason: Why, for the trail.
        actor: Who holds the role.

    Raises:
        DelegationRefused: One of these rules isn't kept; the field says which.

    Source: NT 15 (REV-01: different persons); GL 七(一)4 (REV-02: editing and reviewing exclude each other).
    """
    StaffAccount.objects.select_for_update(of=("self",)).get(pk=delegate.pk)
    reason = " ".join(storable(reason).split())
    for refusal in (
        _role_refusal(unit, role, actor),
        _person_refusal(unit, role, delegate, starts_on, ends_on, actor),
        _period_refusal(unit, starts_on, ends_on),
        _reason_refusal(reason),
        _overlap_refusal(unit, role, delegate, starts_on, ends_on),
    ):
        if refusal:
            raise refusal
    delegation = ReviewDelegation.objects.create(
        unit=unit,
        role=role,
        delegator=actor.person,
        delegate=delegate,
        starts_on=starts_on,
        ends_on=ends_on,
        reason=reason,
        created_by=actor,
        created_at=clock.now(),
    )
    _record("delegation.given", delegation, actor)
    _tell(
        delegation,
        gettext("You stand in for %(person)s as %(role)s of %(unit)s, from %(first)s to %(last)s."),
        "given",
    )
    return delegation


def ending_refusal(delegation: ReviewDelegation, actor: StaffAccount) -> DelegationRefused | None:
    """Say why `actor` can't end the delegation, or None: it takes the one who gave it, or the delegate."""
    if delegation.ended_at is not None or delegation.ends_on < clock.today():
        return DelegationRefused(_("This delegation is over already."), fix=_("Reload the page."))
    if actor.person_id not in (delegation.delegator_id, delegation.delegate.person_id):
        return DelegationRefused(
            _("Only those whom a delegation concerns end it."), fix=_("Ask the person who gave it.")
        )
    return None


@transaction.atomic
def end_delegation(*, delegation_id: int, actor: StaffAccount) -> ReviewDelegation:
    """Take a delegation back before its last day; what was decided under it stays decided.

    Raises:
        DelegationRefused: It is over, or concerns neither side of it.
    """
    delegation = (
        ReviewDelegation.objects.select_for_update(of=("self",))
        .select_related("unit", "delegator", "delegate__person")
        .get(pk=delegation_id)
    )
    refusal = ending_refusal(delegation, actor)
    if refusal:
        raise refusal
    delegation.ended_at = clock.now()
    delegation.save(update_fields=["ended_at"])
    _record("delegation.ended", delegation, actor)
    _tell(delegation, gettext("You no longer stand in for %(person)s as %(role)s of %(unit)s."), "ended")
    return delegation


def _role_refusal(unit: Organization, role: StaffRole, actor: StaffAccount) -> DelegationRefused | None:
    if role in REVIEWING_ROLES and has_role(actor, role, unit_id=unit.pk):
        return None
    return DelegationRefused(
        _("You aren't %(role)s of %(unit)s yourself, so you can't delegate it.")
        % {"role": role.label, "unit": unit.name},
        fix=_("What was delegated to you can't be passed on; ask the person who holds the role."),
        field="role",
    )


def _person_refusal(
    unit: Organization,
    role: StaffRole,
    delegate: StaffAccount,
    starts_on: date,
    ends_on: date,
    actor: StaffAccount,
) -> DelegationRefused | None:
    if delegate.person_id == actor.person_id:
        return DelegationRefused(
            _("You can't stand in for yourself."), fix=_("Choose another person."), field="delegate"
        )
    if delegate.pk not in {account.pk for account in list_possible_delegates(unit)}:
        return DelegationRefused(
            _("This account isn't active in %(unit)s, below it or above it.") % {"unit": unit.name},
            fix=_("Choose from the accounts listed."),
            field="delegate",
        )
    conflict = duties_conflict_of(delegate.person, role, starts_on, ends_on)
    if conflict:
        return DelegationRefused(
            _("%(person)s is %(role)s; entering, reviewing and administering exclude each other.")
            % {"person": delegate.person.name, "role": StaffRole(conflict).label},
            fix=_("Choose somebody who neither enters items nor administers the platform."),
            field="delegate",
        )
    return None


def _period_refusal(unit: Organization, starts_on: date, ends_on: date) -> DelegationRefused | None:
    if starts_on < clock.today():
        return DelegationRefused(
            _("A delegation can't start in the past."),
            fix=_("Choose today or a later day."),
            field="starts_on",
        )
    if ends_on < starts_on:
        return DelegationRefused(
            _("The last day lies before the first one."), fix=_("Check both days."), field="ends_on"
        )
    latest = latest_end(unit, starts_on)
    if ends_on > latest:
        return DelegationRefused(
            _("A delegation lasts at most until %(day)s.") % {"day": latest.isoformat()},
            fix=_("Choose an earlier day; it can be given again afterwards."),
            field="ends_on",
        )
    return None


def _reason_refusal(reason: str) -> DelegationRefused | None:
    if reason and len(reason) <= MAX_REASON_CHARS:
        return None
    return DelegationRefused(
        _("A reason is needed, of at most %(limit)d characters.") % {"limit": MAX_REASON_CHARS},
        fix=_("Write in one sentence why somebody stands in for you."),
        field="reason",
    )


def _overlap_refusal(
    unit: Organization, role: StaffRole, delegate: StaffAccount, starts_on: date, ends_on: date
) -> DelegationRefused | None:
    others = ReviewDelegation.objects.filter(
        unit=unit,
        role=role,
        delegate=delegate,
        ended_at=None,
        starts_on__lte=ends_on,
        ends_on__gte=starts_on,
    )
    if not others.exists():
        return None
    return DelegationRefused(
        _("%(person)s stands in for this role in this time already.") % {"person": delegate.person.name},
        fix=_("Choose other days, or end the earlier delegation first."),
        field="delegate",
    )


def _tell(delegation: ReviewDelegation, words: str, event: str) -> None:
    values = {
        "person": delegation.delegator.name,
        "role": delegation.get_role_display(),
        "unit": delegation.unit.name,
        "first": delegation.starts_on.isoformat(),
        "last": delegation.ends_on.isoformat(),
    }
    notify(
        person_ids=[delegation.delegate.person_id],
        topic=NOTICE_TOPIC,
        title=words % values,
        key=f"delegation:{delegation.pk}:{event}",
        path="/delegations/",
    )


def _record(verb: str, delegation: ReviewDelegation, actor: StaffAccount) -> None:
    audit.record(
        actor=actor.audit_actor(),
        verb=verb,
        subject_type="review_delegation",
        subject_id=delegation.pk,
        unit=delegation.unit_id,
        role=delegation.role,
        delegator=delegation.delegator_id,
        delegate=delegation.delegate_id,
        starts_on=delegation.starts_on.isoformat(),
        ends_on=delegation.ends_on.isoformat(),
        reason=delegation.reason,
    )
