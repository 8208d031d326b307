"""Opening, suspending and closing personal accounts."""

from django.contrib.auth.password_validation import validate_password
from django.db import transaction

from jiyue.core import audit, clock
from jiyue.organizations.models import Organization, Person, StaffAccount


@transaction.atomic
def open_account(
    *, person: Person, unit: Organization, login_name: str, password: str, actor: audit.AuditActor
) -> StaffAccount:
    """Open a personal account; the password must pass the rules.

    Raises:
        ValidationError: The password is too weak.

    Source: GL 七(一)4; NB 26 (ORG-08).
    """
    account = StaffAccount(person=person, unit=unit, login_name=login_name)
    validate_password(password, account)
    account.set_password(password)
    account.opened_at = account.password_set_at = clock.now()
    account.save()
    audit.record(
        actor=actor, verb="account.opened", subject_type="account", subject_id=account.pk, person=person.pk
    )
    return account
