"""Sessions begin, are used and end; what is unusual about them becomes a flag."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet

from jiyue.core import audit, clock
from jiyue.core.audit import AuditActor
from jiyue.organizations.models import StaffAccount
from jiyue.organizations.services import authority
from jiyue.organizations.sign_ins.enums import EndReason
from jiyue.organizations.sign_ins.models import StaffSession
from jiyue.organizations.sign_ins.origins import Origin
from jiyue.organizations.sign_ins.refusals import acting_account
from jiyue.organizations.sign_ins.services.flags import flag_concurrent, flag_moved, flag_unusual
from jiyue.policy.selectors import value

IDLE = "account.session_idle"
LENGTH = "account.session_length"
TOUCH_SECONDS = 60  # a request in between writes nothing
CLOCK_SLACK_SECONDS = 120  # clocks of several servers differ by less; more means it was set back


@transaction.atomic
def begin_session(*, account: StaffAccount, origin: Origin, key_hash: str) -> StaffSession:
    """Record a session that both factors have opened, and flag what is unusual about it.

    Args:
        account: Who signed in.
        origin: From where.
        key_hash: SM3 of the session's key.

    Source: NB 5; NB 26 (ORG-13; detection is derived).
    """
    StaffAccount.objects.select_for_update().get(pk=account.pk)  # two sign-ins at once see each other
    now = clock.now()
    session = StaffSession.objects.create(
        account=account,
        key_hash=key_hash,
        device=origin.device,
        address=origin.address,
        network=origin.network,
        browser=origin.browser,
        started_at=now,
        last_seen_at=now,
        idle_minutes=value(IDLE, account.unit).number,
        must_end_at=now + timedelta(minutes=value(LENGTH, account.unit).number),
    )
    flag_unusual(session)
    flag_concurrent(session)
    return session


def over_reason(session: StaffSession, origin: Origin) -> EndReason | None:
    """Say why a session can't go on with this request, or None.

    A session that goes on in another browser was copied. A clock that was set
    back makes idle time uncountable, so the person signs in again.
    """
    now = clock.now()
    if session.ended_at is not None:
        return EndReason(session.end_reason)
    if now < session.last_seen_at - timedelta(seconds=CLOCK_SLACK_SECONDS):
        return EndReason.CLOCK
    if now >= session.must_end_at:
        return EndReason.TOO_LONG
    if now >= session.last_seen_at + timedelta(minutes=session.idle_minutes):
        return EndReason.IDLE
    if origin.device != session.device:
        return EndReason.DEVICE_CHANGED
    return None


def use_session(*, session: StaffSession, origin: Origin) -> None:
    """Note that a session is in use: at most once a minute, and when it moves to another network."""
    now = clock.now()
    has_moved = origin.address != session.address
    if not has_moved and now < session.last_seen_at + timedelta(seconds=TOUCH_SECONDS):
        return
    _write_use(session, origin, now)


@transaction.atomic
def _write_use(session: StaffSession, origin: Origin, now: datetime) -> None:
    has_left_network = origin.network != session.network
    changed = StaffSession.objects.filter(
        pk=session.pk, ended_at=None, last_seen_at=session.last_seen_at
    ).update(last_seen_at=now, address=origin.address, network=origin.network, browser=origin.browser)
    if not changed:
        return  # another request of the same second has done it
    session.last_seen_at, session.address, session.network = now, origin.address, origin.network
    if has_left_network:
        flag_moved(session)
    flag_concurrent(session)


@transaction.atomic
def end_session(
    *, session: StaffSession, reason: EndReason, actor: AuditActor, by: StaffAccount | None = None
) -> bool:
    """End one session; return False where it was over already.

    Its next request meets the sign-in page.
    """
    if not _end(StaffSession.objects.filter(pk=session.pk), reason, by):
        return False
    audit.record(
        actor=actor,
        verb="session.ended",
        subject_type="staff_session",
        subject_id=session.pk,
        account=session.account_id,
        reason=reason.value,
    )
    return True


@transaction.atomic
def end_sessions_of(*, account: StaffAccount, actor: AuditActor, session_ids: Iterable[int] = ()) -> int:
    """End an account's sessions: one's own, or as an administrator over its unit.

    Args:
        account: Whose sessions.
        actor: Its person, or an administrator whose units hold the account.
        session_ids: Only these; without any, all of them.

    Returns:
        How many were ended.

    Raises:
        OutsideOwnUnits, GrantRefused: Somebody else's, and the actor doesn't decide on it.

    Source: NB 2-3 (ORG-04); NB 26 (ORG-13).
    """
    is_own = actor.account_id == account.pk
    if not is_own and (refusal := authority.account_refusal(actor, account)):
        raise refusal
    sessions = StaffSession.objects.filter(account=account, ended_at=None)
    wanted = list(session_ids)
    if wanted:
        sessions = sessions.filter(pk__in=wanted)
    reason = EndReason.ENDED_BY_SELF if is_own else EndReason.ENDED_BY_ADMINISTRATOR
    by = acting_account(actor)
    return sum(
        end_session(session=session, reason=reason, actor=actor, by=by)
        for session in sessions.select_for_update()
    )


@transaction.atomic
def end_quietly(*, account: StaffAccount, reason: EndReason, kept_key_hash: str = "") -> int:
    """End an account's sessions as part of a change that has its own entry in the trail."""
    sessions = StaffSession.objects.filter(account=account)
    if kept_key_hash:
        sessions = sessions.exclude(key_hash=kept_key_hash)
    return _end(sessions, reason, None)


def end_overdue(limit: int = 500) -> int:
    """Close sessions nobody came back to, so that the list shows who is inside.

    Args:
        limit: Sessions to look at; the rest waits for the next step.

    Returns:
        How many were closed.
    """
    now = clock.now()
    ended = 0
    # Nobody's session is idle before the shortest time there is: one minute.
    open_ones = StaffSession.objects.filter(ended_at=None, last_seen_at__lt=now - timedelta(minutes=1))
    for session in open_ones.order_by("last_seen_at")[:limit]:
        if now >= session.must_end_at:
            ended += _end(StaffSession.objects.filter(pk=session.pk), EndReason.TOO_LONG, None)
        elif now >= session.last_seen_at + timedelta(minutes=session.idle_minutes):
            ended += _end(StaffSession.objects.filter(pk=session.pk), EndReason.IDLE, None)
    return ended


def _end(sessions: QuerySet[StaffSession], reason: EndReason, by: StaffAccount | None) -> int:
    return sessions.filter(ended_at=None).update(ended_at=clock.now(), end_reason=reason, ended_by=by)
