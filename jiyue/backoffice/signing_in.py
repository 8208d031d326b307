"""Signing in: name and password, then the code; the session is trusted only after both."""

import time
from datetime import timedelta
from typing import cast

import django_otp
from django.contrib import auth
from django.db import transaction
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django_otp.models import Device

from jiyue.backoffice import second_factor
from jiyue.core import audit, clock, crypto
from jiyue.core.errors import DomainError
from jiyue.core.models import AuditEntry
from jiyue.organizations.credentials import flow
from jiyue.organizations.enums import AccountStatus
from jiyue.organizations.models import StaffAccount

PENDING_KEY = "sign_in_pending"
PENDING_SECONDS = 300  # long enough to find the telephone
MAX_FAILURES = 10  # wrong passwords for one name before it has to wait
WAIT_SECONDS = 900
FAILED_VERB = "account.sign_in_failed"


class SignInRefused(DomainError):
    """The same words whether the name exists or not."""

    code = "sign_in_refused"


def _wrong_password() -> SignInRefused:
    return SignInRefused(
        _("Login name or password is wrong."),
        fix=_("Check both and try again; if you forgot the password, ask the platform manager."),
    )


def _subject_of(login_name: str) -> str:
    """How the trail names what was typed: it may be a password in the wrong field."""
    return crypto.sm3_hex(login_name.encode())[:16]


def _must_wait(subject: str) -> bool:
    """Count the recorded failures: they survive a restart and are the same in every process."""
    since = clock.now() - timedelta(seconds=WAIT_SECONDS)
    failures = AuditEntry.objects.filter(
        subject_type="account", subject_id=subject, verb=FAILED_VERB, occurred_at__gt=since
    )
    return failures.count() >= MAX_FAILURES


def check_password(request: HttpRequest, login_name: str, password: str) -> None:
    """First step: remember in the session who has to bring a code.

    Raises:
        SignInRefused: Wrong name or password, or too many attempts.

    Source: GL 七(一)4 (SEC-09).
    """
    subject = _subject_of(login_name)
    if _must_wait(subject):
        raise SignInRefused(
            _("Too many attempts with this login name."), fix=_("Wait a quarter of an hour and try again.")
        )
    account = auth.authenticate(request, login_name=login_name, password=password)
    if account is None:
        audit.record(
            actor=audit.AuditActor(source_address=_address(request)),
            verb=FAILED_VERB,
            subject_type="account",
            subject_id=subject,
        )
        raise _wrong_password()
    if refusal := flow.sign_in_refusal(request, account):
        raise refusal
    request.session.cycle_key()
    request.session[PENDING_KEY] = {"account": account.pk, "at": time.time()}


def pending_account(request: HttpRequest) -> StaffAccount | None:
    """Who has proven the password and owes the code, or None."""
    pending = request.session.get(PENDING_KEY)
    if not pending or time.time() - pending["at"] > PENDING_SECONDS:
        return None
    return (
        StaffAccount.objects.select_related("person", "unit")
        .filter(pk=pending["account"], status=AccountStatus.ACTIVE)
        .first()
    )


def check_code(request: HttpRequest, account: StaffAccount, code: str) -> None:
    """Second step: the code opens the session.

    Raises:
        SignInRefused: Wrong or used code, too many wrong ones, or no authenticator.
    """
    if seconds := second_factor.seconds_to_wait(account):
        raise SignInRefused(
            _("Too many wrong codes."),
            fix=_("Wait %(seconds)d seconds, then type the code that your authenticator shows.")
            % {"seconds": seconds},
            field="code",
        )
    device = second_factor.verify(account, code)
    if device is None:
        audit.record(
            actor=account.audit_actor(_address(request)),
            verb="account.code_refused",
            subject_type="account",
            subject_id=account.pk,
        )
        raise _wrong_code(account)
    complete(request, account, device, "totp")


@transaction.atomic
def complete(request: HttpRequest, account: StaffAccount, device: Device, method: str) -> None:
    """Open the trusted session: the one place where that happens, whatever proved the factors.

    Args:
        request: Gets a new session key.
        account: Who proved both factors.
        device: What proved the second one; without it no page of the back office opens.
        method: `totp`, `passkey`, `recovery_code`, or the name of an identity provider.

    Raises:
        DomainError: One of `flow.SIGN_IN_CHECKS` objects.

    Source: GL 七(一)4 (SEC-09, SEC-11).
    """
    if refusal := flow.sign_in_refusal(request, account):
        raise refusal
    request.session.pop(PENDING_KEY, None)
    auth.login(request, account, backend="jiyue.organizations.authentication.StaffBackend")
    django_otp.login(request, device)
    StaffAccount.objects.filter(pk=account.pk).update(last_seen_on=clock.today())
    audit.record(
        actor=account.audit_actor(_address(request)),
        verb="account.signed_in",
        subject_type="account",
        subject_id=account.pk,
        method=method,
    )
    flow.SIGNED_IN.announce(flow.SignedIn(request, account, device, method))


def _wrong_code(account: StaffAccount) -> SignInRefused:
    if not second_factor.has_second_factor(account):
        return SignInRefused(
            _("No authenticator is set up for your account."), fix=_("Ask the platform manager to set it up.")
        )
    return SignInRefused(
        _("The code is wrong or was used already."),
        fix=_("Wait for the next code in your authenticator and type that one."),
        field="code",
    )


def sign_out(request: HttpRequest) -> None:
    """End the session and record it."""
    if request.user.is_authenticated:
        audit.record(
            actor=request.user.audit_actor(_address(request)),
            verb="account.signed_out",
            subject_type="account",
            subject_id=request.user.pk,
        )
        flow.SIGNED_OUT.announce(flow.SignedOut(request, cast(StaffAccount, request.user)))
    auth.logout(request)


def _address(request: HttpRequest) -> str:
    return str(request.META.get("REMOTE_ADDR", ""))
