"""Naming the offices that routes use, and saying what is major information (REV-04, REV-05)."""

from datetime import date, timedelta

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from jiyue.core import audit, clock
from jiyue.core.audit import AuditActor
from jiyue.core.errors import DomainError
from jiyue.core.text import storable
from jiyue.organizations.enums import UnitStatus
from jiyue.organizations.models import Organization, StaffAccount
from jiyue.organizations.services.profiles import rules_refusal
from jiyue.review.enums import MajorSign, Office
from jiyue.review.models import ApproverOffice, MajorRule
from jiyue.review.services.routing import RouteRefused

MAX_RULE_CHARS = 100


@transaction.atomic
def assign_office(
    *, governed_unit: Organization, office: Office, holder: Organization, starts_on: date, actor: AuditActor
) -> ApproverOffice:
    """Name the unit that is an office for a subtree; whoever held it before does so until the day before.

    Levels that are open or laid out already stay with the unit they were opened for.

    Args:
        governed_unit: Top of the subtree.
        office: The office.
        holder: The unit whose people decide.
        starts_on: First day, in Asia/Shanghai.
        actor: Platform manager of the governed unit or above, or the platform while it is set up.

    Raises:
        RulesRefused: Not the actor's unit.
        RouteRefused: The holder was closed, holds it already, or the day lies in the past.

    Source: NT 16; HT 二(三)2 (REV-05, REV-08).
    """
    refusal = _manager_refusal(actor, governed_unit)
    if refusal:
        raise refusal
    if holder.status != UnitStatus.ACTIVE:
        raise RouteRefused(
            _("%(unit)s was closed.") % {"unit": holder.name}, fix=_("Choose another unit."), field="unit"
        )
    if starts_on < clock.today():
        raise RouteRefused(
            _("An office isn't named for days that have passed."),
            fix=_("Choose today or a later day."),
            field="starts_on",
        )
    running = ApproverOffice.objects.select_for_update().filter(governed_unit=governed_unit, office=office)
    later = Q(ends_on=None) | Q(ends_on__gte=starts_on)
    if running.filter(later, unit=holder, starts_on__lte=starts_on).exists():
        raise RouteRefused(
            _("%(unit)s holds this office already.") % {"unit": holder.name},
            fix=_("Nothing has to be changed."),
            field="unit",
        )
    running.filter(later).update(ends_on=starts_on - timedelta(days=1))
    row = ApproverOffice.objects.create(
        governed_unit=governed_unit, office=office, unit=holder, starts_on=starts_on
    )
    audit.record(
        actor=actor,
        verb="review_office.assigned",
        subject_type="unit",
        subject_id=governed_unit.pk,
        office=office,
        holder=holder.pk,
        starts_on=starts_on.isoformat(),
    )
    return row


@transaction.atomic
def end_office(*, row: ApproverOffice, ends_on: date, actor: AuditActor) -> None:
    """End an office after a day; routes that need it can't be taken until another unit is named.

    Raises:
        RulesRefused: Not the actor's unit.
        RouteRefused: It ended already, or the day lies in the past.
    """
    row = (
        ApproverOffice.objects.select_for_update(of=("self",)).select_related("governed_unit").get(pk=row.pk)
    )
    refusal = _manager_refusal(actor, row.governed_unit)
    if refusal:
        raise refusal
    if ends_on < clock.today() or (row.ends_on is not None and row.ends_on < clock.today()):
        raise RouteRefused(
            _("This office ended already, or the day lies in the past."),
            fix=_("Choose today or a later day."),
            field="ends_on",
        )
    row.ends_on = ends_on
    row.save(update_fields=["ends_on"])
    audit.record(
        actor=actor,
        verb="review_office.ended",
        subject_type="unit",
        subject_id=row.governed_unit_id,
        office=row.office,
        holder=row.unit_id,
        ends_on=ends_on.isoformat(),
    )


@transaction.atomic
def add_major_rule(*, unit: Organization, sign: MajorSign, text: str, actor: StaffAccount) -> MajorRule:
    """Make items with a name, a category or a keyword major information in a unit's subtree.

    Args:
        unit: Top of the subtree.
        sign: What `text` is: a leader's name, the beginning of a subject category, or a keyword.
        text: At least two characters, so that no single character makes everything major.
        actor: Platform manager of the unit or above.

    Raises:
        RulesRefused: Not the actor's unit.
        RouteRefused: No text, one that is too short or too long, or there is such a rule.

    Source: NT 15 (REV-04).
    """
    refusal = rules_refusal(actor.audit_actor(), unit)
    if refusal:
        raise refusal
    text = " ".join(storable(text).split())
    if not 2 <= len(text) <= MAX_RULE_CHARS:
        raise RouteRefused(
            _("The text of such a rule has 2 to %(limit)d characters.") % {"limit": MAX_RULE_CHARS},
            fix=_("Write the whole name, category or keyword."),
            field="text",
        )
    try:
        with transaction.atomic():
            rule = MajorRule.objects.create(
                unit=unit, sign=sign, text=text, created_by=actor, created_at=clock.now()
            )
    except IntegrityError:
        raise RouteRefused(
            _("There is such a rule already."), fix=_("Nothing has to be changed."), field="text"
        ) from None
    _record_rule("major_rule.added", rule, actor)
    return rule


@transaction.atomic
def end_major_rule(*, rule: MajorRule, actor: StaffAccount) -> None:
    """End a rule; what was opened while it held stays major.

    Raises:
        RulesRefused: Not the actor's unit.
        RouteRefused: It ended already.
    """
    refusal = rules_refusal(actor.audit_actor(), rule.unit)
    if refusal:
        raise refusal
    if not MajorRule.objects.filter(pk=rule.pk, ended_at=None).update(ended_at=clock.now()):
        raise RouteRefused(_("This rule ended already."), fix=_("Reload the page."))
    _record_rule("major_rule.ended", rule, actor)


def _record_rule(verb: str, rule: MajorRule, actor: StaffAccount) -> None:
    audit.record(
        actor=actor.audit_actor(),
        verb=verb,
        subject_type="unit",
        subject_id=rule.unit_id,
        rule=rule.pk,
        sign=rule.sign,
        text=rule.text,
    )


def _manager_refusal(actor: AuditActor, unit: Organization) -> DomainError | None:
    """The platform itself names the first offices while it is set up."""
    return None if actor.account_id is None else rules_refusal(actor, unit)
