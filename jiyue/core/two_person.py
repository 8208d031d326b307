"""Changes that take two persons: one proposes, another one decides.

For what lies below `review`: policy values, calendars, accounts, registers, the
reset of a second factor, the erasure of a text. A room registers a topic; it
says who may decide and carries the change out.

Source: product decision for PROF-05, ORG-08, ORG-12; GL 七(一)4 (separated duties).
"""

from collections.abc import Mapping
from typing import Protocol

from django.db import IntegrityError, transaction
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from jiyue.core import audit, clock, crypto
from jiyue.core.audit import AuditActor
from jiyue.core.errors import DomainError
from jiyue.core.models import ChangeStatus, TwoPersonChange
from jiyue.core.registries import Registry
from jiyue.core.text import storable

MAX_REASON_CHARS = 2_000  # a limit against abuse


class ChangeRefused(DomainError):
    """A proposal or a decision that the rules don't allow."""

    code = "change_refused"


class AlreadyProposed(ChangeRefused):
    code = "already_proposed"


class SamePerson(ChangeRefused):
    code = "same_person"


class ChangeDecided(ChangeRefused):
    code = "change_decided"


class ReasonNeeded(ChangeRefused):
    code = "reason_needed"


class TwoPersonTopic(Protocol):
    """What a room registers for one sort of change."""

    label: Promise

    def refusal(self, change: TwoPersonChange, actor: AuditActor) -> DomainError | None:
        """Say why `actor` may not see and decide the change, or None."""
        ...

    def describe(self, change: TwoPersonChange) -> list[tuple[str, str, str]]:
        """What would change, for the person who decides: (label, before, after)."""
        ...

    def apply(self, change: TwoPersonChange, actor: AuditActor) -> None:
        """Carry the approved change out, in the deciding transaction.

        Raises:
            DomainError: It can't be carried out any more; the decision is undone.
        """
        ...


TOPICS: Registry[TwoPersonTopic] = Registry("two-person changes")


@transaction.atomic
def propose(
    *,
    topic: str,
    subject_type: str,
    subject_key: object,
    title: str,
    payload: Mapping[str, object],
    reason: str,
    actor: AuditActor,
    unit_id: int | None = None,
) -> TwoPersonChange:
    """Ask for a change that another person must approve.

    Args:
        topic: Registered topic.
        subject_type: Kind of thing that would change.
        subject_key: Its identifier; one proposal per topic and subject can wait.
        title: What is asked for, in one line.
        payload: JSON values that `apply` needs.
        reason: Why; kept in the trail.
        actor: Who asks.
        unit_id: Unit it concerns, for the lists of those who decide.

    Raises:
        ReasonNeeded: No reason, or one over `MAX_REASON_CHARS`.
        AlreadyProposed: The same change waits already.
        SamePerson: The platform itself can't propose.

    Source: product decision for PROF-05.
    """
    TOPICS.get(topic)
    if actor.person_id is None or actor.account_id is None:
        raise SamePerson(_("Only a person can propose a change."), fix=_("Sign in and propose it again."))
    reason = _clean(reason, is_needed=True)
    try:
        with transaction.atomic():
            change = TwoPersonChange.objects.create(
                topic=topic,
                subject_type=subject_type,
                subject_key=str(subject_key),
                title=storable(title)[:300],
                payload=dict(payload),
                digest=crypto.sm3_hex(crypto.canonical_json(dict(payload))),
                reason=reason,
                unit_id=unit_id,
                proposer_account_id=actor.account_id,
                proposer_person_id=actor.person_id,
                proposer_name=actor.person_name,
                proposed_at=clock.now(),
            )
    except IntegrityError:
        raise AlreadyProposed(
            _("A change of the same thing waits for approval already."),
            fix=_("Have it decided or withdraw it first."),
        ) from None
    _record("change.proposed", change, actor, reason)
    return change


def decision_refusal(change: TwoPersonChange, actor: AuditActor) -> DomainError | None:
    """Say why `actor` may not decide `change`, or None. Feeds the button, the service and the test."""
    if change.status != ChangeStatus.WAITING:
        return ChangeDecided(_("This change has been decided already."), fix=_("Reload the page."))
    refusal = TOPICS.get(change.topic).refusal(change, actor)
    if refusal:
        return refusal
    if actor.person_id is None or actor.person_id == change.proposer_person_id:
        return SamePerson(
            _("You proposed this change yourself; another person must decide."),
            fix=_("Ask somebody else who may decide on it."),
        )
    return None


@transaction.atomic
def approve(*, change_id: int, seen_digest: str, actor: AuditActor, opinion: str = "") -> TwoPersonChange:
    """Approve a change and carry it out.

    Raises:
        ChangeDecided, SamePerson, ChangeRefused, ReasonNeeded, DomainError of the topic.

    Source: product decision for PROF-05.
    """
    change = _take(change_id, seen_digest, actor)
    opinion = _clean(opinion, is_needed=False)
    _decide(change, ChangeStatus.APPROVED, actor, opinion)
    _record("change.approved", change, actor, opinion)
    TOPICS.get(change.topic).apply(change, actor)
    return change


@transaction.atomic
def refuse(*, change_id: int, seen_digest: str, actor: AuditActor, opinion: str) -> TwoPersonChange:
    """Refuse a change with a reason; nothing else happens.

    Raises:
        ChangeDecided, SamePerson, ChangeRefused, ReasonNeeded.
    """
    change = _take(change_id, seen_digest, actor)
    opinion = _clean(opinion, is_needed=True)
    _decide(change, ChangeStatus.REFUSED, actor, opinion)
    _record("change.refused", change, actor, opinion)
    return change


@transaction.atomic
def withdraw(*, change_id: int, actor: AuditActor) -> TwoPersonChange:
    """Take one's own proposal back.

    Raises:
        ChangeDecided: It was decided.
        SamePerson: It is somebody else's.
    """
    change = TwoPersonChange.objects.select_for_update().get(pk=change_id)
    refusal = withdrawal_refusal(change, actor)
    if refusal:
        raise refusal
    change.status, change.decided_at = ChangeStatus.WITHDRAWN, clock.now()
    change.save(update_fields=["status", "decided_at"])
    _record("change.withdrawn", change, actor, "")
    return change


def withdrawal_refusal(change: TwoPersonChange, actor: AuditActor) -> DomainError | None:
    """Say why `actor` may not take `change` back, or None. Feeds the button, the service and the test."""
    if change.status != ChangeStatus.WAITING:
        return ChangeDecided(_("This change has been decided already."), fix=_("Reload the page."))
    if actor.person_id is None or actor.person_id != change.proposer_person_id:
        return SamePerson(
            _("Only the person who proposed a change can take it back."), fix=_("Refuse it instead.")
        )
    return None


def _take(change_id: int, seen_digest: str, actor: AuditActor) -> TwoPersonChange:
    change = TwoPersonChange.objects.select_for_update().get(pk=change_id)
    refusal = decision_refusal(change, actor)
    if refusal:
        raise refusal
    if seen_digest != change.digest:
        raise ChangeRefused(
            _("The page you decided on shows another state of this change."),
            fix=_("Reload the page, read it again and decide then."),
        )
    return change


def _decide(change: TwoPersonChange, status: ChangeStatus, actor: AuditActor, opinion: str) -> None:
    change.status = status
    change.decider_account_id, change.decider_person_id = actor.account_id, actor.person_id
    change.decider_name, change.opinion = actor.person_name, opinion
    change.decided_at = clock.now()
    change.save()


def _clean(text: str, *, is_needed: bool) -> str:
    text = storable(text).strip()
    if is_needed and not text:
        raise ReasonNeeded(_("A reason is missing."), fix=_("Write why."), field="reason")
    if len(text) > MAX_REASON_CHARS:
        raise ReasonNeeded(
            _("This text has %(length)d characters; at most %(limit)d are possible.")
            % {"length": len(text), "limit": MAX_REASON_CHARS},
            fix=_("Shorten it and send it again; nothing you typed is lost."),
            field="reason",
        )
    return text


def _record(verb: str, change: TwoPersonChange, actor: AuditActor, opinion: str) -> None:
    audit.record(
        actor=actor,
        verb=verb,
        subject_type="two_person_change",
        subject_id=change.pk,
        topic=change.topic,
        about=f"{change.subject_type}:{change.subject_key}",
        title=change.title,
        reason=opinion,
        digest=change.digest,
    )
