"""Failed sign-ins: counted, recorded, and from some number on told to those who administer the unit."""

from django.db import transaction
from django.utils.translation import gettext as _

from jiyue.core import audit, clock
from jiyue.organizations.credentials import helping, throttle
from jiyue.organizations.models import StaffAccount
from jiyue.organizations.services import notify

FAILED_VERB = "account.sign_in_failed"
SUBJECT_CHARS = 16  # of the digest: enough to tell names apart


@transaction.atomic
def record_failed_sign_in(login_name: str, address: str) -> None:
    """Count and record a wrong name or password, and raise the alarm at the limit.

    The trail names a digest of what was typed: it may be a password in the
    wrong field.

    Args:
        login_name: What was typed.
        address: IP address it came from.

    Source: GL 七(一)4; NB 26 (SEC-10, SEC-11).
    """
    failure = throttle.count_failure(login_name, address)
    audit.record(
        actor=audit.AuditActor(source_address=address),
        verb=FAILED_VERB,
        subject_type="account",
        subject_id=throttle.name_digest(login_name)[:SUBJECT_CHARS],
    )
    if failure.is_alarm:
        _raise_alarm(login_name, failure.count, address)


@transaction.atomic
def record_refused_code(account: StaffAccount, address: str, *, method: str) -> None:
    """Record a wrong code after the right password, and warn the owner: somebody may know the password.

    Args:
        account: Whose code was expected.
        address: IP address it came from.
        method: `totp`, `passkey` or `recovery_code`.

    Source: GL 七(一)4 (SEC-09, SEC-11).
    """
    audit.record(
        actor=account.audit_actor(address),
        verb="account.code_refused",
        subject_type="account",
        subject_id=account.pk,
        method=method,
    )
    notify(
        person_ids=[account.person_id],
        topic="account.code_refused",
        title=_("Somebody typed your right password and then a wrong code."),
        body=_("If it wasn't you, change your password and tell those who administer your unit."),
        key=f"account:{account.pk}:code_refused:{clock.today()}",
        path="/account/",
    )


def _raise_alarm(login_name: str, count: int, address: str) -> None:
    account = StaffAccount.objects.select_related("person", "unit").filter(login_name=login_name).first()
    if account is None:
        return
    audit.record(
        actor=audit.AuditActor(source_address=address),
        verb="account.sign_in_alarm",
        subject_type="account",
        subject_id=account.pk,
        count=count,
    )
    notify(
        person_ids=[account.person_id, *helping.list_administrators(account.unit)],
        topic="account.sign_in_alarm",
        title=_("%(count)d failed sign-ins with the name %(name)s")
        % {"count": count, "name": account.login_name},
        body=_("Somebody may be guessing the password. Attempts from unknown addresses are slowed down."),
        key=f"account:{account.pk}:alarm:{clock.now().timestamp()}",
        path="/account/",
    )
