"""Where sign-ins hook into the flow of signing in: objections before it, records after it.

Source: GL 七(一)3-4; NB 5, 26-27 (SEC-08, ORG-13).
"""

from django.http import HttpRequest

from jiyue.core import audit, crypto
from jiyue.core.errors import DomainError
from jiyue.organizations.credentials import flow
from jiyue.organizations.models import StaffAccount
from jiyue.organizations.sign_ins.enums import EndReason
from jiyue.organizations.sign_ins.models import StaffSession
from jiyue.organizations.sign_ins.origins import Origin, origin_of
from jiyue.organizations.sign_ins.places import PlaceRefused, place_refusal
from jiyue.organizations.sign_ins.services.sessions import begin_session, end_quietly, end_session

SESSION_KEY = "staff_session"  # where the session remembers its row


def register() -> None:
    """Register with the flow, at start-up."""
    flow.SIGN_IN_CHECKS.register("sign_ins.place", check_place)
    flow.SIGNED_IN.listen(start)
    flow.SIGNED_OUT.listen(finish)
    flow.SESSIONS_ENDED.listen(finish_all)


def check_place(request: HttpRequest, account: StaffAccount) -> DomainError | None:
    """Object to a sign-in from a network or terminal that isn't allowed."""
    refusal = place_refusal(account, origin_of(request))
    if refusal is not None:
        record_refusal(account, refusal)
    return refusal


def record_refusal(account: StaffAccount, refusal: PlaceRefused) -> None:
    """Leave in the trail that an account was used from where it mustn't."""
    audit.record(
        actor=account.audit_actor(),
        verb="sign_in.place_refused",
        subject_type="account",
        subject_id=account.pk,
        reason=refusal.code,
    )


def start(fact: flow.SignedIn) -> None:
    """Record the session that was opened just now."""
    attach(fact.request, fact.account, origin_of(fact.request))


def attach(request: HttpRequest, account: StaffAccount, origin: Origin) -> StaffSession:
    """Give a trusted session its row."""
    session = begin_session(account=account, origin=origin, key_hash=key_hash_of(request))
    request.session[SESSION_KEY] = session.pk
    return session


def finish(fact: flow.SignedOut) -> None:
    """Close the row of a session that its person leaves."""
    session = session_of(fact.request)
    if session is not None and session.account_id == fact.account.pk:
        actor = fact.account.audit_actor()
        end_session(session=session, reason=EndReason.SIGNED_OUT, actor=actor, by=fact.account)


def finish_all(fact: flow.SessionsEnded) -> None:
    """Close the rows of sessions that ended with the account, the password or the second factor."""
    kept = crypto.sm3_hex(fact.kept_session_key.encode()) if fact.kept_session_key else ""
    is_off = fact.reason == "account_off"
    reason = EndReason.ACCOUNT_OFF if is_off else EndReason.CREDENTIALS_CHANGED
    end_quietly(account=fact.account, reason=reason, kept_key_hash=kept)


def session_of(request: HttpRequest) -> StaffSession | None:
    """The row of the request's session, if it has one; its key is brought up to date."""
    number = request.session.get(SESSION_KEY)
    if not isinstance(number, int):
        return None
    session = StaffSession.objects.filter(pk=number).first()
    if session is not None and session.ended_at is None:
        now = key_hash_of(request)
        if session.key_hash != now:  # a changed password gives the session another key
            StaffSession.objects.filter(pk=number).update(key_hash=now)
            session.key_hash = now
    return session


def key_hash_of(request: HttpRequest) -> str:
    """SM3 of the session's key: the row recognizes it, but can't be used to get in."""
    if not request.session.session_key:
        request.session.save()
    return crypto.sm3_hex(str(request.session.session_key).encode())
