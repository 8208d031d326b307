"""Signing in: name and password, then the second factor; the session is trusted only after both.

What is proven so far waits in the session under `PENDING_KEY`. Its key changes
after each step. Whatever the way, `complete` opens the trusted session.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager

import django_otp
from django.contrib import auth
from django.db import transaction
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django_otp.models import Device

from jiyue.core import audit, clock
from jiyue.core.errors import DomainError
from jiyue.organizations.credentials import (
    attempts,
    flow,
    passkeys,
    passwords,
    recovery,
    second_factor,
    throttle,
)
from jiyue.organizations.enums import AccountStatus
from jiyue.organizations.models import StaffAccount

PENDING_KEY = "sign_in_pending"
PENDING_SECONDS = 300  # long enough to find the telephone
ENROLMENT_SECONDS = 1_800  # long enough to install an authenticator on it
CHALLENGE_KEY = "passkey_challenge"
BACKEND = "jiyue.organizations.authentication.StaffBackend"


class SignInRefused(DomainError):
    """The same words whether the name exists or not."""

    code = "sign_in_refused"


def check_password(request: HttpRequest, login_name: str, password: str) -> None:
    """First step: remember in the session who has to bring the second factor.

    Raises:
        SignInRefused: Wrong name or password.
        TooManyAttempts: The name has to wait.
        DomainError: The initial password is too old, or one of `flow.SIGN_IN_CHECKS` objects.

    Source: GL 七(一)4 (SEC-09, SEC-10).
    """
    address = address_of(request)
    if refusal := throttle.wait_refusal(login_name, address):
        raise refusal
    account = auth.authenticate(request, login_name=login_name, password=password)
    if account is None:
        attempts.record_failed_sign_in(login_name, address)
        raise SignInRefused(
            _("Login name or password is wrong."),
            fix=_("Check both and try again; if you forgot the password, ask the platform manager."),
        )
    if objection := passwords.initial_password_refusal(account):
        raise objection
    accept_first_factor(request, account)
    request.session[PENDING_KEY] |= {"by_password": True}


def accept_first_factor(request: HttpRequest, account: StaffAccount) -> None:
    """The password, or an identity provider, has named the person: remember who owes the second factor.

    Raises:
        DomainError: One of `flow.SIGN_IN_CHECKS` objects.
    """
    if objection := flow.sign_in_refusal(request, account):
        raise objection
    request.session.cycle_key()
    request.session[PENDING_KEY] = {
        "account": account.pk,
        "at": time.time(),
        "hash": account.get_session_auth_hash(),
    }


def pending_account(request: HttpRequest) -> StaffAccount | None:
    """Who has proven the password and owes the rest, or None."""
    pending = request.session.get(PENDING_KEY)
    if not pending:
        return None
    account = (
        StaffAccount.objects.select_related("person", "unit")
        .filter(pk=pending["account"], status=AccountStatus.ACTIVE)
        .first()
    )
    if account is None or pending["hash"] != account.get_session_auth_hash():
        return None
    is_short = "device" not in pending and second_factor.has_second_factor(account)
    limit = PENDING_SECONDS if is_short else ENROLMENT_SECONDS
    return account if 0 <= time.time() - pending["at"] <= limit else None  # a clock set back ends it too


def next_step(request: HttpRequest, account: StaffAccount) -> str:
    """Name of the page on which the pending person goes on."""
    if "device" in request.session[PENDING_KEY]:
        return "sign_in_password"
    return "sign_in_code" if second_factor.has_second_factor(account) else "sign_in_enrol"


def prove_code(request: HttpRequest, account: StaffAccount, code: str) -> None:
    """Second step by the six digits of the authenticator.

    Raises:
        SignInRefused: Wrong or used code, or too many wrong ones.
        DomainError: One of `flow.SIGN_IN_CHECKS` objects.
    """
    _require_no_wait(second_factor.wait_for_code(account), "code")
    device = second_factor.verify(account, code)
    if device is None:
        attempts.record_refused_code(account, address_of(request), method="totp")
        raise SignInRefused(
            _("The code is wrong or was used already."),
            fix=_("Wait for the next code in your authenticator and type that one."),
            field="code",
        )
    accept_factor(request, account, device, "totp")


def prove_recovery_code(request: HttpRequest, account: StaffAccount, text: str) -> None:
    """Second step by a recovery code, which is used up.

    Raises:
        SignInRefused: Not one of those left, or too many wrong ones.
        DomainError: One of `flow.SIGN_IN_CHECKS` objects.
    """
    _require_no_wait(recovery.wait_for_code(account), "recovery_code")
    actor = account.audit_actor(address_of(request))
    sheet = recovery.use_code(account=account, text=text, actor=actor)
    if sheet is None:
        attempts.record_refused_code(account, address_of(request), method="recovery_code")
        raise SignInRefused(
            _("This recovery code is wrong or was used already."),
            fix=_("Take another one from your list."),
            field="recovery_code",
        )
    accept_factor(request, account, sheet, "recovery_code")


def prove_passkey(request: HttpRequest, account: StaffAccount, answer: str) -> None:
    """Second step by a passkey.

    Raises:
        FactorRefused: The answer proves nothing.
        DomainError: One of `flow.SIGN_IN_CHECKS` objects.
    """
    try:
        passkey = passkeys.verify(account=account, answer=answer, challenge=take_challenge(request))
    except second_factor.FactorRefused:
        attempts.record_refused_code(account, address_of(request), method="passkey")
        raise
    accept_factor(request, account, passkey, "passkey")


def accept_factor(request: HttpRequest, account: StaffAccount, device: Device, method: str) -> None:
    """Both factors are proven: open the session, unless the password used must be changed first.

    Raises:
        DomainError: One of `flow.SIGN_IN_CHECKS` objects.
    """
    is_by_password = "by_password" in request.session.get(PENDING_KEY, {})
    if not is_by_password or not passwords.change_reason(account):
        complete(request, account, device, method)
        return
    request.session.cycle_key()
    request.session[PENDING_KEY] |= {"device": device.persistent_id, "method": method, "at": time.time()}
    request.session.modified = True


def change_forced(request: HttpRequest, account: StaffAccount, old: str, new: str) -> None:
    """Last step where a change is due: the new password opens the session.

    Raises:
        WrongPassword, PasswordRefused: As `passwords.change_password`.
        DomainError: One of `flow.SIGN_IN_CHECKS` objects.

    Source: GL 七(一)4; NB 26 (SEC-10).
    """
    pending = request.session[PENDING_KEY]
    device = Device.from_persistent_id(pending["device"])
    if device is None or device.user_id != account.pk:
        raise SignInRefused(_("Your second factor was removed meanwhile."), fix=_("Sign in anew."))
    actor = account.audit_actor(address_of(request))
    with transaction.atomic():
        account = passwords.change_password(account=account, old=old, new=new, actor=actor)
        complete(request, account, device, pending["method"])


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
    auth.login(request, account, backend=BACKEND)
    django_otp.login(request, device)
    StaffAccount.objects.filter(pk=account.pk).update(last_seen_on=clock.today())
    throttle.forget_failures(account.login_name, address_of(request))
    audit.record(
        actor=account.audit_actor(address_of(request)),
        verb="account.signed_in",
        subject_type="account",
        subject_id=account.pk,
        method=method,
    )
    flow.SIGNED_IN.announce(flow.SignedIn(request, account, device, method))


@contextmanager
def asking_again(request: HttpRequest, account: StaffAccount) -> Iterator[None]:
    """Around a step that asks for the password again: whoever sits at a strange session can't guess it.

    Raises:
        TooManyAttempts: The name has to wait at this address, as at the sign-in.

    Source: GL 七(一)4; NB 26 (SEC-10).
    """
    address = address_of(request)
    if refusal := throttle.wait_refusal(account.login_name, address):
        raise refusal
    try:
        yield
    except passwords.WrongPassword:
        attempts.record_failed_sign_in(account.login_name, address)
        raise


def keep_session(request: HttpRequest, account: StaffAccount) -> None:
    """Let the session at hand go on after the password or the epoch has changed."""
    request.session[auth.HASH_SESSION_KEY] = account.get_session_auth_hash()


def keep_challenge(request: HttpRequest, question: passkeys.Question) -> str:
    """Remember what a passkey has to answer; return the question for the browser."""
    request.session[CHALLENGE_KEY] = question.challenge
    return question.options


def take_challenge(request: HttpRequest) -> str:
    """The challenge that was asked last; it is good for one answer."""
    return str(request.session.pop(CHALLENGE_KEY, ""))


def sign_out(request: HttpRequest) -> None:
    """End the session and record it."""
    if request.user.is_authenticated:
        audit.record(
            actor=request.user.audit_actor(address_of(request)),
            verb="account.signed_out",
            subject_type="account",
            subject_id=request.user.pk,
        )
        flow.SIGNED_OUT.announce(flow.SignedOut(request, request.user))
    auth.logout(request)


def address_of(request: HttpRequest) -> str:
    """IP address the request came from."""
    return str(request.META.get("REMOTE_ADDR", ""))


def _require_no_wait(seconds: int, field: str) -> None:
    if seconds:
        raise SignInRefused(
            _("Too many wrong codes."),
            fix=_("Wait %(seconds)d seconds, then type the code that you have then.") % {"seconds": seconds},
            field=field,
        )
