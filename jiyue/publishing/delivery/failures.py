"""Trouble with a store: counted, alarmed once, watched until it is over, and then everything goes on.

A batch that a store doesn't take leaves the old files in place and its rows in
the outbox. Rows that were given up meanwhile are put back when the store works
again, so that nobody has to know which they were.

Source: GL 七(二)1 (SEC-14).
"""

import errno
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from django.db import DatabaseError, transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from jiyue.core import clock, outbox
from jiyue.core.alarms import KINDS, AlarmKind, end_alarm, raise_alarm
from jiyue.core.models import Alarm, AlarmState, OutboxMessage, OutboxStatus
from jiyue.core.schedule import JOBS, Job
from jiyue.publishing.addresses import UnsafePathError
from jiyue.publishing.delivery.models import StoreError
from jiyue.publishing.delivery.stores import open_store
from jiyue.publishing.store import StoreFailed

logger = logging.getLogger(__name__)

UNWRITABLE = "store.unwritable"
WATCH_EVERY = timedelta(minutes=1)
QUIET = timedelta(minutes=2)  # without another error, before an alarm ends: a flapping store alarms once
ERRORS_KEPT = timedelta(days=90)  # what the board may show
_TOPICS = "publishing."
# How the outbox writes down what `noting_failures` lets pass.
_GIVEN_UP = ("StoreFailed:", "StoreUnreachable:", "OSError:", "PermissionError:")
_OF_THE_STORE = outbox.ENVIRONMENT_ERRORS | {errno.EACCES, errno.EPERM, errno.ESTALE, errno.EFBIG}


@contextmanager
def noting_failures(site_key: str) -> Iterator[None]:
    """Count and alarm what a site's store refuses, and let the error pass on.

    To be entered before the site's lock, so that the store is left alone first.
    """
    try:
        yield
    except (StoreFailed, OSError) as error:
        if isinstance(error, StoreFailed) or error.errno in _OF_THE_STORE:
            _note_safely(site_key, error)
        raise


def _note_safely(site_key: str, error: Exception) -> None:
    try:
        _note(site_key, error)
    except DatabaseError:  # the same disk may be full for the database too
        logger.exception("publishing.store_error_unrecorded", extra={"site": site_key})


@transaction.atomic
def _note(site_key: str, error: Exception) -> None:
    reason = f"{type(error).__name__}: {error}"[:300]
    StoreError.objects.create(site_key=site_key, failed_at=clock.now(), reason=reason)
    raise_alarm(UNWRITABLE, site_key, site_key=site_key, details={"reason": reason})


def watch_stores() -> Iterator[object]:
    """Try the stores that are in trouble; where one works again, end the alarm and have the rows go on."""
    open_alarms = Alarm.objects.filter(kind=UNWRITABLE, state=AlarmState.OPEN)
    for site_key in open_alarms.order_by("subject").values_list("subject", flat=True):
        recent = StoreError.objects.filter(site_key=site_key, failed_at__gt=clock.now() - QUIET)
        if not recent.exists() and works(site_key):
            end_alarm(UNWRITABLE, site_key, how="a trial file could be written and removed")
            go_on()
        yield site_key
    StoreError.objects.filter(failed_at__lt=clock.now() - ERRORS_KEPT).delete()


def works(site_key: str) -> bool:
    """Whether a site's store takes a file now."""
    try:
        with open_store(site_key) as store:
            store.probe()
    except (StoreFailed, UnsafePathError, OSError) as error:
        logger.info("publishing.store_still_away", extra={"site": site_key, "reason": str(error)})
        return False
    return True


def go_on() -> int:
    """Put back the rows that were given up because of a store, and wake those that wait; return how many."""
    reason = Q()
    for beginning in _GIVEN_UP:
        reason |= Q(last_error__startswith=beginning)
    rows = OutboxMessage.objects.filter(reason, topic__startswith=_TOPICS)
    woken = rows.filter(status=OutboxStatus.PENDING).update(available_at=clock.now())
    failed = list(rows.filter(status=OutboxStatus.FAILED).order_by("pk").values_list("pk", flat=True))
    return woken + outbox.retry_failed(failed)


def register() -> None:
    """Enter the alarm and the job that watches stores in trouble."""
    KINDS.register(
        UNWRITABLE,
        AlarmKind(
            _("Published files can't be stored"),
            _(
                "Look at the free space and the rights of the output folder, or at the object store and its "
                "key. Nothing is lost: what waits goes on by itself as soon as the store works again."
            ),
        ),
    )
    JOBS.register("publishing.stores", Job(watch_stores, every=WATCH_EVERY))
