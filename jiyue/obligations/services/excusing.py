"""Excusing a clock: one person asks with a reason, another one above the unit decides.

An excused clock counts neither as in time nor as late, so whoever owes it never
decides: neither the person named on it, nor anybody who only acts for the unit.

Source: product decision for HT 附件 (deductions need evidence); GL 七(一)4 (separated duties).
"""

from django.db import transaction
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from jiyue.core import clock, two_person
from jiyue.core.audit import AuditActor
from jiyue.core.errors import DomainError
from jiyue.core.models import TwoPersonChange
from jiyue.obligations.enums import ObligationStatus
from jiyue.obligations.models import Obligation
from jiyue.obligations.selectors import (
    EXCUSE_TOPIC,
    SUBJECT_TYPE,
    get_waiting_excuse,
    may_answer_for,
    may_oversee,
)
from jiyue.obligations.services.clocks import ObligationRefused, stop
from jiyue.organizations.models import StaffAccount


class ExcuseRefused(DomainError):
    """A clock can't be excused by this person or any more."""

    code = "excuse_refused"


def excuse_refusal(obligation: Obligation, account: StaffAccount) -> DomainError | None:
    """Say why `account` can't ask to excuse a clock, or None. Feeds the button, the service and the test."""
    if not obligation.is_open:
        return ObligationRefused(_("This task is closed already."), fix=_("Reload the page."))
    if not may_answer_for(obligation, account):
        return ExcuseRefused(
            _("Only who owes this task, a leader of the unit or its supervising unit can ask to excuse it."),
            fix=_("Ask a leader of your unit."),
        )
    if get_waiting_excuse(obligation):
        return two_person.AlreadyProposed(
            _("An excuse of this task waits for approval already."),
            fix=_("Have it decided or withdraw it first."),
        )
    return None


@transaction.atomic
def propose_excuse(
    *, obligation_id: int, reason: str, account: StaffAccount, actor: AuditActor
) -> TwoPersonChange:
    """Ask to excuse a running clock.

    Args:
        obligation_id: The clock.
        reason: Why it should be excused; kept in the trail.
        account: Who asks.
        actor: The same, with the address it came from.

    Raises:
        ExcuseRefused: The person has nothing to do with it.
        ObligationRefused: It has stopped.
        AlreadyProposed, ReasonNeeded: See `two_person.propose`.
    """
    obligation = Obligation.objects.select_for_update().get(pk=obligation_id)
    refusal = excuse_refusal(obligation, account)
    if refusal:
        raise refusal
    return two_person.propose(
        topic=EXCUSE_TOPIC,
        subject_type=SUBJECT_TYPE,
        subject_key=obligation.pk,
        title=gettext("Excuse: %(title)s") % {"title": obligation.title},
        payload={"obligation": obligation.pk, "due_at": obligation.due_at.isoformat()},
        reason=reason,
        unit_id=obligation.unit_id,
        actor=actor,
    )


class Excuse:
    """The two-person topic: who may decide, and what is done then."""

    label: Promise = _("Excuse of a task")

    def refusal(self, change: TwoPersonChange, actor: AuditActor) -> DomainError | None:
        """Only those who oversee the unit decide, and never who owes the task."""
        obligation = Obligation.objects.select_related("unit").get(pk=change.subject_key)
        if not may_oversee(obligation, actor.account_id):
            return ExcuseRefused(
                _("Only the supervising unit's managers and inspectors decide about an excuse."),
                fix=_("Ask them to decide."),
            )
        if obligation.person_id is not None and obligation.person_id == actor.person_id:
            return ExcuseRefused(
                _("You owe this task yourself; another person must decide."),
                fix=_("Ask somebody else who may decide on it."),
            )
        return None

    def describe(self, change: TwoPersonChange) -> list[tuple[str, str, str]]:
        """The clock before and after."""
        obligation = Obligation.objects.get(pk=change.subject_key)
        return [
            (gettext("Status"), str(obligation.get_status_display()), str(ObligationStatus.EXCUSED.label)),
            (gettext("Reason"), "", change.reason),
        ]

    def apply(self, change: TwoPersonChange, actor: AuditActor) -> None:
        """Stop the clock as excused.

        Raises:
            ObligationRefused: It has stopped meanwhile.
        """
        obligation = Obligation.objects.select_for_update().get(pk=change.subject_key)
        if not obligation.is_open:
            raise ObligationRefused(
                _("This task is closed already."), fix=_("Refuse the excuse; nothing is left to excuse.")
            )
        obligation.excused_by_person_id = actor.person_id
        stop(obligation, ObligationStatus.EXCUSED, actor, at=clock.now(), reason=change.reason)


two_person.TOPICS.register(EXCUSE_TOPIC, Excuse())
