"""Telling the cache or CDN in front of the sites which addresses have changed.

Changed files are noted in the batch's own transaction, after the files are in
place; the calls are rows of the outbox of their own. A cache that doesn't answer
raises an alarm and holds up nothing: its addresses wait, one row each however
often they change.

The calls go to the configured address and nowhere else: no proxy of the
environment, no redirect, little time, and the answer's text isn't read.

Source: GL 七(一)2; NT 23 (OPS-03, LIB-16).
"""

import logging
import time
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from datetime import timedelta
from urllib.parse import urlsplit

import requests
from django.conf import settings
from django.db.models import Min
from django.utils.translation import gettext_lazy as _

from jiyue.core import clock, outbox
from jiyue.core.alarms import KINDS, AlarmKind, end_alarm, raise_alarm
from jiyue.core.errors import ExternalFailure
from jiyue.core.models import Alarm, AlarmState, OutboxMessage, OutboxPriority, OutboxStatus
from jiyue.core.schedule import JOBS, Job
from jiyue.publishing.delivery.models import PurgeAddress
from jiyue.publishing.delivery.options import PurgeMethod, PurgeOptions
from jiyue.sites.models import Site

logger = logging.getLogger(__name__)

PURGE = "publishing.purge"  # site id
UNREACHABLE = "cdn.unreachable"
URLS_PER_CALL = 500
INSERT_BATCH = 500  # rows in one statement
CONNECT_SECONDS, READ_SECONDS = 2.0, 5.0
STEP_SECONDS = 20.0  # then other work has its turn
ASK_AGAIN_EVERY = timedelta(minutes=5)
_NOT_CACHED = 404  # answers to PURGE: it never had the address


def note_changes(site_id: int, written: Collection[str], removed: Collection[str]) -> None:
    """Ask for a site's changed addresses to be forgotten, in the transaction of the batch.

    Args:
        site_id: The site.
        written: Paths of files now in place.
        removed: Paths of files now gone; they go before everything else that waits.
    """
    if settings.JIYUE_CDN_PURGE is None or not (written or removed):
        return
    now = clock.now()
    rows = [
        PurgeAddress(site_id=site_id, path=path, is_removed=path in removed, asked_at=now)
        for path in (*sorted(removed), *written)
    ]
    PurgeAddress.objects.bulk_create(
        rows,
        batch_size=INSERT_BATCH,
        update_conflicts=True,
        unique_fields=["site", "path"],
        update_fields=["is_removed", "asked_at"],
    )
    outbox.request(PURGE, site_id, priority=_lane(site_id, is_withdrawal=bool(removed)))


def _lane(site_id: int, *, is_withdrawal: bool) -> OutboxPriority:
    """The lane of the work at hand; while the cache doesn't answer, behind everything else."""
    key = Site.objects.values_list("key", flat=True).get(pk=site_id)
    if Alarm.objects.filter(kind=UNREACHABLE, subject=key, state=AlarmState.OPEN).exists():
        return OutboxPriority.BULK
    if is_withdrawal:
        return OutboxPriority.WITHDRAWAL
    mine = OutboxMessage.objects.filter(status=OutboxStatus.RUNNING, lease_owner=outbox.worker_name())
    found = mine.aggregate(priority=Min("priority"))["priority"]
    return OutboxPriority.URGENT if found is None else OutboxPriority(found)


def purge(keys: Sequence[str]) -> None:
    """Have the cache forget what waits for sites: removed files first, as long as a step may take.

    Raises:
        ExternalFailure: The cache doesn't answer or refuses; an alarm is raised.
    """
    options: PurgeOptions | None = settings.JIYUE_CDN_PURGE
    for site in Site.objects.filter(pk__in=[int(key) for key in keys]).order_by("pk"):
        if options is None:  # switched off meanwhile
            PurgeAddress.objects.filter(site=site).delete()
            continue
        try:
            _purge_site(site, options)
        except requests.RequestException as error:
            reason = f"{type(error).__name__}: {error}"[:300]
            raise_alarm(UNREACHABLE, site.key, site_key=site.key, details={"reason": reason})
            raise ExternalFailure(reason, permanent=False) from error
        end_alarm(UNREACHABLE, site.key, how="the cache took the addresses")


def _purge_site(site: Site, options: PurgeOptions) -> None:
    end = time.monotonic() + STEP_SECONDS
    waiting = PurgeAddress.objects.filter(site=site).order_by("-is_removed", "pk")
    with requests.Session() as session:
        session.trust_env = False  # no proxy and no password file of the environment
        if options.token:
            session.headers[options.header] = options.token
        while rows := list(waiting[:URLS_PER_CALL]):
            if time.monotonic() > end:
                outbox.request(PURGE, site.pk, priority=OutboxPriority.BULK)
                return
            _call(session, options, site, [row.path for row in rows])
            _forget(rows)


def _forget(rows: Sequence[PurgeAddress]) -> None:
    """Delete the rows unless their files changed again meanwhile."""
    by_moment = defaultdict(list)
    for row in rows:
        by_moment[row.asked_at].append(row.pk)
    for asked_at, ids in by_moment.items():
        PurgeAddress.objects.filter(pk__in=ids, asked_at=asked_at).delete()


def _call(session: requests.Session, options: PurgeOptions, site: Site, paths: Sequence[str]) -> None:
    address = options.url.replace("{site}", site.key)
    host = urlsplit(site.base_url).netloc
    places = [place for path in paths for place in _places(path)]
    if options.method == PurgeMethod.JSON:
        urls = [f"{site.base_url}{place}" for place in places]
        _send(session, "POST", address, json={"site": site.key, "host": host, "urls": urls})
        return
    for place in places:
        _send(session, "PURGE", f"{address.rstrip('/')}{place}", headers={"Host": host})


def _places(path: str) -> Iterator[str]:
    """Under which addresses a file may be cached, without the host."""
    folder, _slash, name = f"/{path}".rpartition("/")
    if name == "index.html":
        yield f"{folder}/"
    yield f"/{path}"


def _send(session: requests.Session, method: str, address: str, **values: object) -> None:
    with session.request(
        method,
        address,
        timeout=(CONNECT_SECONDS, READ_SECONDS),
        allow_redirects=False,
        stream=True,
        **values,  # type: ignore[arg-type]  # a body or headers
    ) as response:
        is_done = response.ok and not response.is_redirect
        if not (is_done or (method == "PURGE" and response.status_code == _NOT_CACHED)):
            raise requests.HTTPError(f"answered {response.status_code}", response=response)


def ask_again() -> Iterator[object]:
    """Ask for addresses that still wait after their row was given up."""
    before = clock.now() - ASK_AGAIN_EVERY
    sites = PurgeAddress.objects.filter(asked_at__lt=before).order_by("site").values_list("site", flat=True)
    for site_id in sites.distinct():
        outbox.request(PURGE, site_id, priority=OutboxPriority.BULK)
        yield site_id


def register() -> None:
    """Enter alarm, topic and job."""
    KINDS.register(
        UNREACHABLE,
        AlarmKind(
            _("The cache in front of the site doesn't answer"),
            _(
                "Changed pages are published, but readers may get old copies, withdrawn items too. Check the "
                "purge address and its token with the provider; what waits is sent again by itself."
            ),
        ),
    )
    outbox.TOPICS.register(PURGE, outbox.Topic(purge, 1))
    JOBS.register("publishing.purges", Job(ask_again, every=ASK_AGAIN_EVERY))
