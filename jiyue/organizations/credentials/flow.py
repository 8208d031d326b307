"""The seams of signing in: who may object, and who hears of it.

The steps themselves are screens (`jiyue.backoffice.signing_in`); its
`complete(request, account, device, method)` is the one place where a session
becomes trusted. A part that has a say in it registers here at start-up:

- `SIGN_IN_CHECKS`: callables `(request, account) -> DomainError | None`. They
  are asked before the right password is accepted as the first factor and again
  right before the session is opened. The first refusal is shown to the person.
- `SIGNED_IN`: told of the new session, inside the transaction that opens it.
- `SIGNED_OUT`: told of a deliberate sign-out, before the session goes.
- `SESSIONS_ENDED`: told that every session of an account ends, except one.

Source: GL 七(一)4; NB 5, 26-27 (SEC-08, SEC-09, ORG-13).
"""

from collections.abc import Callable
from dataclasses import dataclass

from django.db import transaction
from django.db.models import F
from django.http import HttpRequest
from django_otp.models import Device

from jiyue.core import audit
from jiyue.core.errors import DomainError
from jiyue.core.registries import Announcement, Registry
from jiyue.organizations.models import StaffAccount

SignInCheck = Callable[[HttpRequest, StaffAccount], DomainError | None]


@dataclass(frozen=True)
class SignedIn:
    """A session that both factors have opened.

    Attributes:
        request: Carries the session, whose key is new.
        account: Who signed in.
        device: What proved the second factor; an identity provider brings a `Device` class of its own.
        method: `totp`, `passkey`, `recovery_code`, or the name an identity provider goes by.
    """

    request: HttpRequest
    account: StaffAccount
    device: Device
    method: str


@dataclass(frozen=True)
class SignedOut:
    """A person leaves a session."""

    request: HttpRequest
    account: StaffAccount


@dataclass(frozen=True)
class SessionsEnded:
    """Every session of an account ends.

    Attributes:
        account: Whose sessions.
        reason: `password_changed`, `password_reset`, `factor_reset`, `factor_removed`, `account_off`
            or `everywhere`.
        kept_session_key: The session that goes on under its own key; blank for none.
    """

    account: StaffAccount
    reason: str
    kept_session_key: str = ""


SIGN_IN_CHECKS: Registry[SignInCheck] = Registry("sign-in checks")
SIGNED_IN: Announcement[SignedIn] = Announcement("signed in")
SIGNED_OUT: Announcement[SignedOut] = Announcement("signed out")
SESSIONS_ENDED: Announcement[SessionsEnded] = Announcement("sessions ended")


def sign_in_refusal(request: HttpRequest, account: StaffAccount) -> DomainError | None:
    """The first objection of a registered check, or None."""
    for _name, check in SIGN_IN_CHECKS:
        refusal = check(request, account)
        if refusal is not None:
            return refusal
    return None


def end_sessions(account: StaffAccount, *, reason: str, kept_session_key: str = "") -> None:
    """End every session of an account, in the caller's transaction.

    Sessions carry a digest over password and epoch; the one that is to go on
    needs `update_session_auth_hash` afterwards.

    Args:
        account: Whose sessions; its epoch is one higher afterwards.
        reason: As `SessionsEnded.reason`.
        kept_session_key: The session that goes on.
    """
    StaffAccount.objects.filter(pk=account.pk).update(session_epoch=F("session_epoch") + 1)
    account.refresh_from_db(fields=["session_epoch"])
    SESSIONS_ENDED.announce(SessionsEnded(account=account, reason=reason, kept_session_key=kept_session_key))


@transaction.atomic
def sign_out_elsewhere(*, account: StaffAccount, actor: audit.AuditActor, kept_session_key: str) -> None:
    """End every session of one's own account but the one at hand; the caller keeps that one going.

    Args:
        account: The owner.
        actor: The owner.
        kept_session_key: The session at hand.

    Source: NB 5 (ORG-13, SEC-11).
    """
    end_sessions(account, reason="everywhere", kept_session_key=kept_session_key)
    audit.record(
        actor=actor, verb="account.signed_out_elsewhere", subject_type="account", subject_id=account.pk
    )
