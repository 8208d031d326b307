"""Noticing what is unusual about a sign-in, and keeping what a person found out about it."""

from datetime import timedelta

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jiyue.core import audit, clock
from jiyue.core.audit import AuditActor
from jiyue.core.errors import DomainError
from jiyue.organizations.services import notify
from jiyue.organizations.sign_ins.enums import FlagKind, FlagResult
from jiyue.organizations.sign_ins.models import FlagReview, SignInFlag, StaffSession
from jiyue.organizations.sign_ins.refusals import acting_account, needed_text, reach_refusal
from jiyue.organizations.sign_ins.selectors import get_responsible_managers
from jiyue.policy.selectors import value

CONCURRENT_WINDOW = "account.concurrent_window"
MAX_NOTE_CHARS = 2_000
TOPIC = "sign_in.flag"


class ReviewRefused(DomainError):
    """A flag that can't be reviewed, or not by this person."""

    code = "flag_review_refused"


def flag_unusual(session: StaffSession) -> list[SignInFlag]:
    """Flag a device or network this person hasn't used before; the first sign-in is the baseline."""
    seen = StaffSession.objects.filter(account__person=session.account.person_id).exclude(pk=session.pk)
    earlier = list(seen.values_list("device", "network").distinct())
    if not earlier:
        return []
    flags = []
    if session.device not in {device for device, _network in earlier}:
        flags.append(_raise(FlagKind.NEW_DEVICE, session))
    if session.network not in {network for _device, network in earlier}:
        flags.append(_raise(FlagKind.NEW_NETWORK, session))
    return flags


def flag_moved(session: StaffSession) -> list[SignInFlag]:
    """Flag a session that went on in a network which this person hasn't used before."""
    seen = StaffSession.objects.filter(
        account__person=session.account.person_id, network=session.network
    ).exclude(pk=session.pk)
    return [] if seen.exists() else [_raise(FlagKind.NEW_NETWORK, session)]


def flag_copied(session: StaffSession, *, address: str, browser: str) -> SignInFlag:
    """Flag a session that somebody tried to go on with in another browser."""
    return _raise(FlagKind.NEW_DEVICE, session, tried_address=address, tried_browser=browser)


def flag_concurrent(session: StaffSession) -> list[SignInFlag]:
    """Flag sessions of the same person that are in use elsewhere at the same time.

    Source: NB 5; NB 26 (ORG-13; detection is derived).
    """
    window = timedelta(minutes=value(CONCURRENT_WINDOW, session.account.unit).number)
    others = (
        StaffSession.objects.filter(
            ~Q(device=session.device) | ~Q(network=session.network),
            account__person=session.account.person_id,
            ended_at=None,
            last_seen_at__gte=session.last_seen_at - window,
        )
        .exclude(pk=session.pk)
        .order_by("id")
    )
    flags = []
    for other in others:
        older, newer = sorted((session, other), key=lambda item: item.pk)
        if not SignInFlag.objects.filter(
            kind=FlagKind.CONCURRENT, session=newer, other_session=older
        ).exists():
            flags.append(_raise(FlagKind.CONCURRENT, newer, older))
    return flags


def review_refusal(flag: SignInFlag, actor: AuditActor) -> DomainError | None:
    """Say why `actor` may not review a flag, or None. Feeds the form, the service and the test."""
    if refusal := reach_refusal(flag.unit_id, actor):
        return refusal
    if actor.person_id == flag.person_id:
        return ReviewRefused(
            gettext_lazy("This flag is about you; another person must review it."),
            fix=gettext_lazy("Ask another account manager of your unit or of the unit above."),
        )
    if not flag.is_open:
        return ReviewRefused(
            gettext_lazy("This flag has been reviewed already."), fix=gettext_lazy("Reload the page.")
        )
    return None


@transaction.atomic
def review_flag(*, flag_id: int, result: FlagResult, note: str, actor: AuditActor) -> FlagReview:
    """Keep what a reviewer found out about a flag; it can't be changed afterwards.

    Raises:
        NotAdministered: The flag belongs to another unit.
        ReviewRefused: It is about the reviewer, or was reviewed already.
        TextNeeded: The note is missing or too long.

    Source: NB 5; NB 26 (ORG-13: the review result is kept).
    """
    flag = SignInFlag.objects.select_for_update().get(pk=flag_id)
    if refusal := review_refusal(flag, actor):
        raise refusal
    note = needed_text(note, field="note", limit=MAX_NOTE_CHARS)
    reviewer = acting_account(actor)
    review = FlagReview.objects.create(
        flag=flag,
        person=flag.person,
        reviewer=reviewer,
        reviewer_person=reviewer.person,
        result=result,
        note=note,
        reviewed_at=clock.now(),
    )
    flag.is_open = False
    flag.save(update_fields=["is_open"])
    audit.record(
        actor=actor,
        verb="sign_in.flag_reviewed",
        subject_type="sign_in_flag",
        subject_id=flag.pk,
        account=flag.account_id,
        result=result.value,
        note=note,
    )
    return review


def _raise(
    kind: FlagKind, session: StaffSession, other: StaffSession | None = None, **facts: str
) -> SignInFlag:
    account = session.account
    flag = SignInFlag.objects.create(
        kind=kind,
        account=account,
        person_id=account.person_id,
        unit_id=account.unit_id,
        session=session,
        other_session=other,
        evidence={"sessions": [_evidence(item) for item in (session, other) if item], **facts},
        raised_at=clock.now(),
    )
    audit.record(
        actor=audit.PLATFORM,
        verb="sign_in.flagged",
        subject_type="sign_in_flag",
        subject_id=flag.pk,
        account=account.pk,
        kind=kind.value,
        address=session.address,
    )
    notify(
        person_ids=get_responsible_managers(account.unit, without_person_id=account.person_id),
        topic=TOPIC,
        title=_("Unusual sign-in of %(person)s: %(kind)s")
        % {"person": account.person.name, "kind": kind.label},
        key=f"{TOPIC}:{flag.pk}",
        path=f"/security/flags/{flag.pk}/",
    )
    return flag


def _evidence(session: StaffSession) -> dict[str, str]:
    """What was known at the moment of the flag; later requests change the session."""
    return {
        "address": session.address,
        "network": session.network,
        "device": session.device[:12],
        "browser": session.browser,
        "started_at": session.started_at.isoformat(),
        "last_seen_at": session.last_seen_at.isoformat(),
    }
