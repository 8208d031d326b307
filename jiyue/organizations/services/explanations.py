"""The written way back for an account that was disabled because nobody used it (ORG-12)."""

from django.db import IntegrityError, transaction
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from jiyue.core import audit, clock
from jiyue.core.audit import AuditActor
from jiyue.core.errors import DomainError
from jiyue.core.models import PrivateFile
from jiyue.core.text import storable
from jiyue.organizations.enums import AccountStatus, ApplicationStatus
from jiyue.organizations.models import IdleExplanation, StaffAccount
from jiyue.organizations.selectors import get_active_roles
from jiyue.organizations.services import accounts, authority

MAX_TEXT_CHARS = 2_000  # a limit against abuse


class ExplanationRefused(DomainError):
    """An explanation can't be filed or decided like this."""

    code = "explanation_refused"


def explanation_refusal(account: StaffAccount, actor: AuditActor) -> DomainError | None:
    """Say why `actor` may not explain for `account`, or None.

    The holder can't sign in; somebody of the unit or an administrator files it.
    """
    if account.status != AccountStatus.DISABLED:
        return ExplanationRefused(
            _("Only an account that was disabled needs an explanation."), fix=_("Reload the page.")
        )
    if IdleExplanation.objects.filter(account=account, status=ApplicationStatus.WAITING).exists():
        return _explanation_waits()
    if get_active_roles().filter(unit=account.unit_id, person=actor.person_id).exists():
        return None
    return authority.administration_refusal(actor, account.unit)


def _explanation_waits() -> ExplanationRefused:
    return ExplanationRefused(
        _("An explanation for this account waits for approval already."), fix=_("Have it decided first.")
    )


@transaction.atomic
def file_explanation(
    *, account: StaffAccount, letter: PrivateFile, commitment: str, actor: AuditActor
) -> IdleExplanation:
    """File the written explanation and the commitment to keep the account in use.

    Raises:
        ExplanationRefused: It isn't disabled, one waits already, or the commitment is missing.
        OutsideOwnUnits: The actor belongs to another unit.

    Source: NB 26 (ORG-12); addressee: C18.
    """
    if actor.account_id is None:
        raise ExplanationRefused(_("Only a person can explain."), fix=_("Sign in and file it again."))
    account = accounts.lock(account)
    refusal = explanation_refusal(account, actor)
    if refusal:
        raise refusal
    commitment = storable(commitment).strip()
    if not commitment or len(commitment) > MAX_TEXT_CHARS:
        raise ExplanationRefused(
            _("The commitment is missing, or longer than %(limit)d characters.") % {"limit": MAX_TEXT_CHARS},
            fix=_("Write how the account will be kept in use."),
            field="commitment",
        )
    try:
        with transaction.atomic():
            explanation = IdleExplanation.objects.create(
                account=account,
                letter=letter,
                commitment=commitment,
                filed_by_id=actor.account_id,
                filed_at=clock.now(),
            )
    except IntegrityError:
        raise _explanation_waits() from None
    _record("idle_explanation.filed", explanation, actor, commitment=commitment)
    return explanation


def decision_refusal(explanation: IdleExplanation, actor: AuditActor) -> DomainError | None:
    """Say why `actor` may not decide on `explanation`, or None.

    An administrator of a unit above decides, never the filer or the holder; for
    a unit without one above, another administrator of the unit itself.
    """
    account = explanation.account
    if explanation.status != ApplicationStatus.WAITING:
        return ExplanationRefused(_("This explanation is decided."), fix=_("Reload the page."))
    if actor.person_id is None or actor.person_id == explanation.filed_by.person_id:
        return ExplanationRefused(
            _("You filed this explanation yourself; another person must decide."),
            fix=_("Ask another administrator of the unit above."),
        )
    above = account.unit.tree_parent or account.unit
    refusal = authority.administration_refusal(actor, above)
    if refusal:
        return refusal
    return authority.account_refusal(actor, account)


@transaction.atomic
def accept_explanation(*, explanation: IdleExplanation, actor: AuditActor, opinion: str = "") -> None:
    """Let the account in again; its period starts anew.

    Raises:
        ExplanationRefused, OutsideOwnUnits, GrantRefused: The actor may not decide.
        AccountRefused, NotEligible: The person holds no role, or may hold no account any more.
    """
    explanation = _take(explanation, actor)
    account = accounts.lock(explanation.account)
    refusal = accounts.standing_refusal(account)
    if refusal:
        raise refusal
    _decide(explanation, ApplicationStatus.APPROVED, actor, opinion)
    _record("idle_explanation.approved", explanation, actor, opinion=explanation.opinion)
    accounts.set_status(
        account,
        AccountStatus.ACTIVE,
        reason=gettext("The written explanation was accepted."),
        verb="account.reactivated",
        actor=actor,
    )


@transaction.atomic
def refuse_explanation(*, explanation: IdleExplanation, actor: AuditActor, opinion: str) -> None:
    """Refuse an explanation with a reason; another one may be filed.

    Raises:
        ExplanationRefused, OutsideOwnUnits, GrantRefused: The actor may not decide, or gives no reason.
    """
    explanation = _take(explanation, actor)
    if not storable(opinion).strip():
        raise ExplanationRefused(_("A reason is missing."), fix=_("Write why."), field="opinion")
    _decide(explanation, ApplicationStatus.REFUSED, actor, opinion)
    _record("idle_explanation.refused", explanation, actor, opinion=explanation.opinion)


def _take(explanation: IdleExplanation, actor: AuditActor) -> IdleExplanation:
    rows = IdleExplanation.objects.select_for_update(of=("self",))
    found = rows.select_related("account__person", "account__unit", "filed_by").get(pk=explanation.pk)
    refusal = decision_refusal(found, actor)
    if refusal:
        raise refusal
    return found


def _decide(explanation: IdleExplanation, status: ApplicationStatus, actor: AuditActor, opinion: str) -> None:
    explanation.status, explanation.decided_by_id = status, actor.account_id
    explanation.decided_at, explanation.opinion = clock.now(), storable(opinion).strip()[:MAX_TEXT_CHARS]
    explanation.save()


def _record(verb: str, explanation: IdleExplanation, actor: AuditActor, **facts: object) -> None:
    audit.record(
        actor=actor,
        verb=verb,
        subject_type="idle_explanation",
        subject_id=explanation.pk,
        account=explanation.account_id,
        **facts,
    )
