"""Who writes at an item just now, and how somebody else takes over."""

from datetime import timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from jiyue.core import audit, clock
from jiyue.library.drafting.models import WINDOW_CHARS, EditLock
from jiyue.library.models import Resource
from jiyue.library.permissions import require_editor
from jiyue.organizations.models import StaffAccount
from jiyue.organizations.services import notify

REFRESH_AFTER = timedelta(seconds=45)  # more often, a sign of life isn't written


def hold_lock(*, resource: Resource, actor: StaffAccount, window: str, device: str = "") -> EditLock:
    """Enter the actor as the one who writes, unless somebody else does; return who holds the lock.

    A lock without a sign of life for `LOCK_MINUTES` is free.

    Raises:
        NotYourUnit: The actor isn't an entry clerk of the unit.
    """
    require_editor(actor, resource.unit)
    now = clock.now()
    lock = EditLock.objects.select_related("person").filter(resource=resource).first()
    if lock is None:
        lock, _is_new = EditLock.objects.select_related("person").get_or_create(
            resource=resource,
            defaults={
                "account": actor,
                "person_id": actor.person_id,
                "window": window[:WINDOW_CHARS],
                "device": device[:200],
                "since": now,
                "seen_at": now,
            },
        )
        return lock
    if lock.account_id != actor.pk and lock.is_alive(now):
        return lock
    is_same = lock.account_id == actor.pk and lock.is_alive(now)
    if is_same and lock.window == window and lock.seen_at > now - REFRESH_AFTER:
        return lock
    return _enter(lock, actor, window, device, since=lock.since if is_same else now)


def _enter(lock: EditLock, actor: StaffAccount, window: str, device: str, *, since: object) -> EditLock:
    """Write the actor into the row, if nobody else was quicker."""
    EditLock.objects.filter(pk=lock.pk, account_id=lock.account_id, seen_at=lock.seen_at).update(
        account=actor,
        person_id=actor.person_id,
        window=window[:WINDOW_CHARS],
        device=device[:200],
        since=since,
        seen_at=clock.now(),
    )
    return EditLock.objects.select_related("person").get(pk=lock.pk)


@transaction.atomic
def take_over_lock(*, resource: Resource, actor: StaffAccount, window: str, device: str = "") -> EditLock:
    """Go on in another's place; the other one is told.

    The other's text stays theirs: their unsaved text is kept, and saving it later
    shows both texts.

    Raises:
        NotYourUnit: The actor isn't an entry clerk of the unit.

    Source: product decision, docs/features/editor.md.
    """
    require_editor(actor, resource.unit)
    lock = EditLock.objects.select_for_update(of=("self",)).filter(resource=resource).first()
    if lock is None or lock.account_id == actor.pk or not lock.is_alive(clock.now()):
        return hold_lock(resource=resource, actor=actor, window=window, device=device)
    other = lock.person_id
    now = clock.now()
    lock.account, lock.person_id = actor, actor.person_id
    lock.window, lock.device = window[:WINDOW_CHARS], device[:200]
    lock.since = lock.seen_at = now
    lock.save()
    audit.record(
        actor=actor.audit_actor(),
        verb="resource.lock_taken",
        subject_type="resource",
        subject_id=resource.pk,
        person=other,
    )
    notify(
        person_ids=[other],
        topic="editing",
        title=_("%(person)s went on editing “%(title)s” in your place")
        % {"person": actor.person.name, "title": resource.title},
        body=_("What you had typed is kept. Open the item to take it over or to compare it."),
        key=f"lock:{resource.pk}:{now.isoformat()}",
        path=f"/resources/{resource.pk}/edit/",
    )
    return EditLock.objects.select_related("person").get(pk=lock.pk)


def release_lock(*, resource: Resource, actor: StaffAccount) -> None:
    """Let go of the actor's own lock: the text was saved, or the page was left."""
    EditLock.objects.filter(resource=resource, account=actor).delete()


def get_lock(resource: Resource) -> EditLock | None:
    """Who writes at the item just now; None when nobody does."""
    lock = EditLock.objects.select_related("person").filter(resource=resource).first()
    return lock if lock is not None and lock.is_alive(clock.now()) else None
