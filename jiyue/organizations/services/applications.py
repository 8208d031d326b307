"""Applying for an account and deciding on it: no account without an approved need (ORG-08, ORG-10)."""

from collections.abc import Sequence

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from jiyue.core import audit, clock
from jiyue.core.audit import AuditActor
from jiyue.core.errors import DomainError
from jiyue.core.models import PrivateFile
from jiyue.core.text import storable
from jiyue.organizations.eligibility import eligibility_refusal
from jiyue.organizations.enums import ApplicationStatus, StaffRole, UnitStatus
from jiyue.organizations.login_names import login_name_refusal
from jiyue.organizations.models import AccountApplication, Organization, Person, StaffAccount
from jiyue.organizations.selectors import get_active_roles
from jiyue.organizations.services import authority
from jiyue.organizations.services.accounts import create_account
from jiyue.organizations.services.roles import assign_role, period_refusal
from jiyue.policy import selectors as policy

MAX_TEXT_CHARS = 2_000  # a limit against abuse


class ApplicationRefused(DomainError):
    """An application can't be filed or decided like this."""

    code = "application_refused"


def is_as_of_course(unit: Organization) -> bool:
    """Tell whether the unit receives accounts as a matter of course, without a written application.

    Source: HT 二(三)1 (ORG-10): departments and townships do.
    """
    granted = policy.value("account.opening_as_of_course", unit).items
    return unit.kind in granted or unit.level in granted


def filing_refusal(unit: Organization, actor: AuditActor) -> DomainError | None:
    """Say why `actor` may not apply for accounts of `unit`, or None.

    Whoever holds a role in the unit may state a need, and whoever administers it.
    """
    if unit.status == UnitStatus.CLOSED:
        return ApplicationRefused(
            _("%(unit)s is closed.") % {"unit": unit.name}, fix=_("Choose another unit.")
        )
    if get_active_roles().filter(unit=unit, person=actor.person_id).exists():
        return None
    return authority.administration_refusal(actor, unit)


def application_blockers(
    *,
    person: Person,
    unit: Organization,
    login_name: str,
    roles: Sequence[str],
    need: str,
    has_letter: bool,
    actor: AuditActor,
) -> list[DomainError]:
    """Everything that keeps an application from being filed, each at its field.

    Source: NB 5, 26; HT 二(三)1 (ORG-08 to ORG-10).
    """
    found = [
        filing_refusal(unit, actor) or authority.applicant_refusal(actor, unit, person),
        login_name_refusal(login_name),
        eligibility_refusal(person, unit),
    ]
    if AccountApplication.objects.filter(login_name=login_name, status=ApplicationStatus.WAITING).exists():
        found.append(_login_name_waits(login_name))
    if not roles:
        found.append(
            ApplicationRefused(
                _("No role is chosen."), fix=_("Choose what the account is for."), field="roles"
            )
        )
    today = clock.today()
    found.extend(
        period_refusal(person=person, unit=unit, role=StaffRole(role), starts_on=today, ends_on=None)
        for role in roles
        if not _holds(person, unit, role)
    )
    if not storable(need).strip() or len(need) > MAX_TEXT_CHARS:
        found.append(
            ApplicationRefused(
                _("The need isn't stated, or in more than %(limit)d characters.") % {"limit": MAX_TEXT_CHARS},
                fix=_("Write what the person does in the back office."),
                field="need",
            )
        )
    if not has_letter and not is_as_of_course(unit):
        found.append(
            ApplicationRefused(
                _("%(unit)s doesn't receive accounts as a matter of course.") % {"unit": unit.name},
                fix=_("Upload the written application."),
                field="letter",
            )
        )
    return [refusal for refusal in found if refusal]


def _holds(person: Person, unit: Organization, role: str) -> bool:
    return get_active_roles().filter(person=person, unit=unit, role=role).exists()


def _login_name_waits(login_name: str) -> ApplicationRefused:
    return ApplicationRefused(
        _("An application for the login name %(name)s waits already.") % {"name": login_name},
        fix=_("Choose another name, or have that application decided."),
        field="login_name",
    )


@transaction.atomic
def apply_for_account(
    *,
    person: Person,
    unit: Organization,
    login_name: str,
    roles: Sequence[str],
    need: str,
    letter: PrivateFile | None,
    actor: AuditActor,
) -> AccountApplication:
    """File an application for a personal account with the roles it needs in the unit.

    Args:
        person: Whose account it would be.
        unit: Where.
        login_name: Personal name; default and shared ones are refused.
        roles: Names of `StaffRole`.
        need: What for.
        letter: The written application, where the profile asks for it.
        actor: Who applies; somebody of the unit or its administrator.

    Raises:
        ApplicationRefused, LoginNameRefused, NotEligible, DutiesConflict, OutsideOwnUnits: The first blocker.

    Source: NB 5, 26; HT 二(三)1 (ORG-08 to ORG-10).
    """
    roles = list(dict.fromkeys(roles))
    if actor.account_id is None:
        raise ApplicationRefused(_("Only a person can apply."), fix=_("Sign in and apply again."))
    blockers = application_blockers(
        person=person,
        unit=unit,
        login_name=login_name,
        roles=roles,
        need=need,
        has_letter=letter is not None,
        actor=actor,
    )
    if blockers:
        raise blockers[0]
    try:
        with transaction.atomic():
            application = AccountApplication.objects.create(
                unit=unit,
                person=person,
                login_name=login_name,
                roles=roles,
                need=storable(need).strip(),
                letter=letter,
                is_as_of_course=is_as_of_course(unit),
                applied_by_id=actor.account_id,
                applied_at=clock.now(),
            )
    except IntegrityError:
        raise _login_name_waits(login_name) from None
    _record("account_application.filed", application, actor, roles=roles, login_name=login_name)
    return application


def decision_refusal(application: AccountApplication, actor: AuditActor) -> DomainError | None:
    """Say why `actor` may not decide on `application`, or None.

    It takes a second person, who may give every role that is asked for; where
    the unit receives no accounts as a matter of course, the platform manager.

    Source: HT 二(三)1: the portal operator approves (ORG-10).
    """
    if application.status != ApplicationStatus.WAITING:
        return ApplicationRefused(_("This application is decided."), fix=_("Reload the page."))
    if actor.person_id is None or actor.person_id == application.applied_by.person_id:
        return ApplicationRefused(
            _("You filed this application yourself; another person must decide."),
            fix=_("Ask another administrator."),
        )
    roles = list(application.roles)
    if not application.is_as_of_course:
        roles.append(StaffRole.INSPECTOR)  # the rank of a platform manager, who operates the portal
    for role in roles:
        refusal = authority.grant_refusal(actor, application.unit, role, application.person)
        if refusal:
            return refusal
    return None


@transaction.atomic
def approve_application(
    *, application: AccountApplication, actor: AuditActor, opinion: str = ""
) -> StaffAccount:
    """Approve an application: the account and its roles come into being together, or not at all.

    The account has no password yet; an administrator hands over the first one.

    Raises:
        ApplicationRefused, GrantRefused, OutsideOwnUnits: The actor may not decide.
        LoginNameRefused, NotEligible, DutiesConflict, RoleRefused: It doesn't fit any more.

    Source: NB 5, 26; HT 二(三)1 (ORG-08, ORG-10).
    """
    application = _take(application, actor)
    account = create_account(
        person=application.person,
        unit=application.unit,
        login_name=application.login_name,
        password=None,
        actor=actor,
    )
    for role in application.roles:
        if not _holds(application.person, application.unit, role):
            assign_role(
                person=application.person,
                unit=application.unit,
                role=StaffRole(role),
                starts_on=clock.today(),
                actor=actor,
            )
    application.account = account
    _decide(application, ApplicationStatus.APPROVED, actor, opinion)
    _record("account_application.approved", application, actor, opinion=application.opinion)
    return account


@transaction.atomic
def refuse_application(*, application: AccountApplication, actor: AuditActor, opinion: str) -> None:
    """Refuse an application with a reason.

    Raises:
        ApplicationRefused, GrantRefused, OutsideOwnUnits: The actor may not decide, or gives no reason.
    """
    application = _take(application, actor)
    if not storable(opinion).strip():
        raise ApplicationRefused(_("A reason is missing."), fix=_("Write why."), field="opinion")
    _decide(application, ApplicationStatus.REFUSED, actor, opinion)
    _record("account_application.refused", application, actor, opinion=application.opinion)


@transaction.atomic
def withdraw_application(*, application: AccountApplication, actor: AuditActor) -> None:
    """Take one's own application back.

    Raises:
        ApplicationRefused: It is decided, or somebody else's.
    """
    application = _lock(application)
    if application.status != ApplicationStatus.WAITING or application.applied_by.person_id != actor.person_id:
        raise ApplicationRefused(
            _("Only the person who applied can take an application back, before it is decided."),
            fix=_("Reload the page."),
        )
    application.status, application.decided_at = ApplicationStatus.WITHDRAWN, clock.now()
    application.save(update_fields=["status", "decided_at"])
    _record("account_application.withdrawn", application, actor)


def _lock(application: AccountApplication) -> AccountApplication:
    rows = AccountApplication.objects.select_for_update(of=("self",))
    return rows.select_related("person", "unit", "applied_by__person").get(pk=application.pk)


def _take(application: AccountApplication, actor: AuditActor) -> AccountApplication:
    application = _lock(application)
    refusal = decision_refusal(application, actor)
    if refusal:
        raise refusal
    return application


def _decide(
    application: AccountApplication, status: ApplicationStatus, actor: AuditActor, opinion: str
) -> None:
    application.status, application.decided_by_id = status, actor.account_id
    application.decided_at, application.opinion = clock.now(), storable(opinion).strip()[:MAX_TEXT_CHARS]
    application.save()


def _record(verb: str, application: AccountApplication, actor: AuditActor, **facts: object) -> None:
    audit.record(
        actor=actor,
        verb=verb,
        subject_type="account_application",
        subject_id=application.pk,
        person=application.person_id,
        unit=application.unit_id,
        **facts,
    )
