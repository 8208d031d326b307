"""Passwords: set, changed at irregular intervals, never used twice (SEC-10)."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.auth.hashers import check_password as is_password_of
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from jiyue.core import audit, clock
from jiyue.core.errors import DomainError
from jiyue.organizations.credentials import flow, helping
from jiyue.organizations.credentials.models import FormerPassword, InitialPassword
from jiyue.organizations.models import StaffAccount
from jiyue.policy.selectors import read_rules

_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"  # without letters that look like others
_GROUPS, _GROUP_CHARS = 4, 5  # 20 of 31 characters: about 99 bits


class PasswordRefused(DomainError):
    """A new password that the rules don't allow."""

    code = "password_refused"


class WrongPassword(DomainError):
    """The password that a sensitive step asks for again is wrong."""

    code = "wrong_password"


@dataclass(frozen=True)
class Handover:
    """A password that is shown once to whoever hands it over.

    Attributes:
        text: The password; stored nowhere.
        valid_until: Until when it opens the first sign-in.
    """

    text: str
    valid_until: datetime


def change_reason(account: StaffAccount) -> str:
    """Why the account has to change its password now: `initial`, `due`, or blank.

    The day is drawn at random, so that nobody knows it beforehand. An account
    whose password was set without a draw gets one here.

    Source: GL 七(一)4; NB 26 (SEC-10).
    """
    if account.must_change_password:
        return "initial"
    if account.password_change_due_at is None:
        account.password_change_due_at = _draw_due(account, account.password_set_at or clock.now())
        account.save(update_fields=["password_change_due_at"])
    return "due" if account.password_change_due_at <= clock.now() else ""


def initial_password_refusal(account: StaffAccount) -> DomainError | None:
    """Say that the handed-over password is too old to be used, or None."""
    initial = InitialPassword.objects.filter(account=account).first()
    if initial is None or initial.valid_until > clock.now():
        return None
    return PasswordRefused(
        _("The initial password that was handed to you is no longer valid."),
        fix=_("Ask those who administer your unit's accounts for a new one."),
    )


@transaction.atomic
def change_password(
    *, account: StaffAccount, old: str, new: str, actor: audit.AuditActor, kept_session_key: str = ""
) -> StaffAccount:
    """Replace one's own password; every other session ends and the next change is drawn.

    Args:
        account: Whose password; the act is its owner's own.
        old: The present one, asked for again.
        new: The new one.
        actor: Must be the owner.
        kept_session_key: The session at hand; the caller writes the new digest into it.

    Returns:
        The account as it is now.

    Raises:
        WrongPassword: The present password is wrong.
        PasswordRefused: Too weak, a default, or used before.

    Source: GL 七(一)4; NB 26 (SEC-10).
    """
    if actor.account_id != account.pk:
        raise PasswordRefused(
            _("Only its owner changes a password."), fix=_("Hand over an initial password instead.")
        )
    account = (
        StaffAccount.objects.select_for_update(of=("self",))
        .select_related("person", "unit")
        .get(pk=account.pk)
    )
    require_password(account, old, field="old")
    _require_rules(account, new)
    _require_unused(account, new)
    reason = change_reason(account) or "wish"
    _set(account, new, must_change=False)
    InitialPassword.objects.filter(account=account).delete()
    _record(actor, "account.password_changed", account, reason=reason)
    flow.end_sessions(account, reason="password_changed", kept_session_key=kept_session_key)
    return account


@transaction.atomic
def issue_initial_password(*, account: StaffAccount, actor: audit.AuditActor) -> Handover:
    """Give an account a password that is good for one sign-in only, in which its owner replaces it.

    Whoever issues it never learns a lasting one. Every session ends.

    Args:
        account: Of a unit that `actor` administers; never the own one.
        actor: Account or platform manager, or the platform when it opens the account.

    Raises:
        HelpRefused: The account is outside the administered units, or the own one.

    Source: GL 七(一)4; NB 26 (SEC-10).
    """
    account = (
        StaffAccount.objects.select_for_update(of=("self",))
        .select_related("person", "unit")
        .get(pk=account.pk)
    )
    if actor != audit.PLATFORM and (refusal := helping.help_refusal(account, actor)):
        raise refusal
    text = "-".join(
        "".join(secrets.choice(_ALPHABET) for _place in range(_GROUP_CHARS)) for _group in range(_GROUPS)
    )
    now = clock.now()
    hours = read_rules(account.unit).value("account.initial_password").number
    valid_until = now + timedelta(hours=hours)
    _set(account, text, must_change=True)
    InitialPassword.objects.update_or_create(
        account=account,
        defaults={"issued_by_id": actor.account_id, "issued_at": now, "valid_until": valid_until},
    )
    _record(actor, "account.password_reset", account, person=account.person_id)
    flow.end_sessions(account, reason="password_reset")
    return Handover(text, valid_until)


def require_password(account: StaffAccount, password: str, *, field: str = "password") -> None:
    """Ask for the password again before a sensitive step.

    Raises:
        WrongPassword: It is wrong.
    """
    if not account.check_password(password):
        raise WrongPassword(
            _("Your present password is wrong."), fix=_("Type the one you signed in with."), field=field
        )


def _require_rules(account: StaffAccount, password: str) -> None:
    try:
        validate_password(password, account)
    except ValidationError as error:
        raise PasswordRefused(" ".join(error.messages), field="new") from None


def _require_unused(account: StaffAccount, password: str) -> None:
    """Refuse the present and the last passwords; as many as the profile says."""
    kept = read_rules(account.unit).value("account.password_history").number
    former = FormerPassword.objects.filter(account=account).order_by("-pk")[:kept]
    for encoded in (account.password, *(row.encoded for row in former)):
        if encoded and is_password_of(password, encoded):
            raise PasswordRefused(
                _("You have used this password before."),
                fix=_("Choose one that differs from your last %(number)d.") % {"number": kept},
                field="new",
            )


def _set(account: StaffAccount, password: str, *, must_change: bool) -> None:
    """Store the new password; the old one goes to the history, whose oldest rows go."""
    now = clock.now()
    if account.has_usable_password() and account.password:
        FormerPassword.objects.create(account=account, encoded=account.password, retired_at=now)
    kept = read_rules(account.unit).value("account.password_history").number
    recent = FormerPassword.objects.filter(account=account).order_by("-pk").values_list("pk", flat=True)
    FormerPassword.objects.filter(account=account).exclude(pk__in=list(recent[:kept])).delete()
    account.set_password(password)
    account.password_set_at, account.must_change_password = now, must_change
    account.password_change_due_at = _draw_due(account, now)
    account.save(
        update_fields=["password", "password_set_at", "must_change_password", "password_change_due_at"]
    )


def _draw_due(account: StaffAccount, since: datetime) -> datetime:
    """A moment drawn evenly between the profile's shortest and longest interval, to the minute."""
    shortest, longest = read_rules(account.unit).value("account.password_change").numbers
    minutes = secrets.randbelow((longest - shortest) * 24 * 60 + 1)
    return since + timedelta(days=shortest, minutes=minutes)


def _record(actor: audit.AuditActor, verb: str, account: StaffAccount, **facts: object) -> None:
    audit.record(actor=actor, verb=verb, subject_type="account", subject_id=account.pk, **facts)
