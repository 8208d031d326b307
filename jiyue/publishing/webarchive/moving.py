"""Channels that move: old list and feed addresses lead to the new ones.

Pages of items stay at their addresses for ever. The public process reads
`.redirects/<site key>.json` and asks it only where nothing is published, so a
live page always wins over a redirect. A mirror asks its nginx, which reads what the
signed copy of the table says.

Source: GL 三(二)3 (addresses keep working); CQ (十一) (PUB-20, stable addresses).
"""

import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from jiyue.core import audit, clock, crypto, outbox, signing
from jiyue.core.errors import DomainError
from jiyue.core.models import OutboxMessage, OutboxPriority, OutboxStatus
from jiyue.organizations.models import StaffAccount
from jiyue.publishing import topics
from jiyue.publishing.addresses import check_channel_path
from jiyue.publishing.delivery.local import LocalStore
from jiyue.publishing.delivery.stores import output_root
from jiyue.publishing.integrity.custody import Custody
from jiyue.publishing.manifest import KEY_NAME
from jiyue.publishing.models import OutputFile
from jiyue.publishing.publisher import publishing
from jiyue.publishing.services import refresh_site
from jiyue.publishing.webarchive.captured import captured_redirects
from jiyue.publishing.webarchive.models import FormerPath
from jiyue.sites.models import Channel, Site
from jiyue.sites.selectors import list_governed_sites

MOVED_TOPIC = "publishing.moved"  # site id: its table of redirects, and old lists taken away
FOLDER = ".redirects"
SIGNED_SUFFIX = ".signed"
_LIST_FILES = re.compile(r"(?:index|[0-9]+)\.html|feed\.xml|atom\.xml")


class MoveRefused(DomainError):
    """A channel can't have this address."""

    code = "channel_move_refused"


def move_refusal(channel: Channel, path: str) -> DomainError | None:
    """Say why a channel can't move to `path`, or None. Feeds the form, the service and the test."""
    fix = _("Choose another address.")
    try:
        Channel._meta.get_field("path").run_validators(path)
        check_channel_path(path)
    except ValidationError as error:
        return MoveRefused(" ".join(error.messages), fix=fix, field="path")
    except DomainError as refusal:
        return refusal
    if path == channel.path:
        return MoveRefused(_("The channel has this address already."), fix=fix, field="path")
    others = Channel.objects.filter(site=channel.site_id, path=path).exclude(pk=channel.pk)
    former = FormerPath.objects.filter(site=channel.site_id, path=path).exclude(channel=channel)
    if others.exists() or former.exists():
        return MoveRefused(
            _("Another channel of the site has or had the address “%(path)s”.") % {"path": path},
            fix=fix,
            field="path",
        )
    return None


@transaction.atomic
def move_channel(*, channel: Channel, path: str, actor: StaffAccount) -> Channel:
    """Give a channel another address; its old list and feed addresses lead there.

    Raises:
        MoveRefused: Not the actor's site, or see `move_refusal`.
        DomainError: The address can't carry pages.

    Source: CQ (十一) (PUB-20); SITE-24 (a change of main columns is filed elsewhere).
    """
    if not list_governed_sites(actor).filter(pk=channel.site_id).exists():
        raise MoveRefused(
            _("Only a platform manager who governs this site moves its channels."),
            fix=_("Ask a platform manager."),
        )
    Site.objects.select_for_update(of=("self",)).get(pk=channel.site_id)
    channel = Channel.objects.select_for_update(of=("self",)).get(pk=channel.pk)
    if refusal := move_refusal(channel, path):
        raise refusal
    before = channel.path
    FormerPath.objects.filter(site=channel.site_id, path=path).delete()  # it comes back
    FormerPath.objects.create(site_id=channel.site_id, channel=channel, path=before, left_on=clock.today())
    channel.path = path
    channel.save(update_fields=["path"])
    audit.record(
        actor=actor.audit_actor(),
        verb="channel.moved",
        subject_type="channel",
        subject_id=channel.pk,
        before=before,
        after=path,
    )
    refresh_site(site_id=channel.site_id)
    outbox.request(topics.CHANNEL, channel.pk, priority=OutboxPriority.URGENT)
    outbox.request(MOVED_TOPIC, channel.site_id, priority=OutboxPriority.URGENT)
    return channel


def get_redirects(site_id: int) -> dict[str, str]:
    """Old addresses of channels, and of pages captured from a former site, and where they lead now."""
    rows = FormerPath.objects.filter(site=site_id).order_by("path").values_list("path", "channel__path")
    return captured_redirects(site_id) | {f"/{old}/": f"/{new}/" for old, new in rows}


@outbox.handles(MOVED_TOPIC)
def publish_moves(keys: Sequence[str]) -> None:
    """Write the tables of redirects and take old lists away once the new ones are out."""
    for key in keys:
        site_id = int(key)
        with publishing(site_id) as publisher:
            waiting = _is_archive_waiting(site_id)
            for old, new in _left_behind(site_id):
                if waiting and not OutputFile.objects.filter(site=site_id, path=new).exists():
                    outbox.request(MOVED_TOPIC, site_id, priority=OutboxPriority.BULK)
                    continue
                publisher.remove(old)
            publisher.flush()
            with transaction.atomic():
                publisher.save_manifest()
            write_table(publisher.pages.site.key, get_redirects(site_id))


def _left_behind(site_id: int) -> Iterator[tuple[str, str]]:
    """Lists and feeds that still lie at former paths, and where their like lies now."""
    for former in FormerPath.objects.filter(site=site_id).select_related("channel").order_by("pk"):
        rows = OutputFile.objects.filter(site=site_id, path__startswith=f"{former.path}/")
        for path in rows.values_list("path", flat=True):
            name = path.removeprefix(f"{former.path}/")
            if _LIST_FILES.fullmatch(name):
                yield path, f"{former.channel.path}/{name}"


def _is_archive_waiting(site_id: int) -> bool:
    channels = Channel.objects.filter(site=site_id).values_list("pk", flat=True)
    rows = OutboxMessage.objects.filter(
        topic=topics.ARCHIVE, status__in=(OutboxStatus.PENDING, OutboxStatus.RUNNING)
    )
    mine = {str(pk) for pk in channels}
    return any(key.partition("/")[0] in mine for key in rows.values_list("key", flat=True))


def write_table(site_key: str, redirects: dict[str, str]) -> None:
    """Replace a site's table; readers see the old one or the new one.

    A mirror takes over the signed copy beside it and nothing else: each is newer than the one before.
    """
    Custody("", output_root()).clear_way(FOLDER)
    signed = f"{FOLDER}/{site_key}{SIGNED_SUFFIX}"
    sequence = max(int(clock.now().timestamp()), _last_sequence(output_root() / signed) + 1)
    statement = crypto.canonical_text({"site": site_key, "sequence": sequence, "moved": redirects})
    copy = {"statement": statement, "signature": signing.sign(KEY_NAME, statement.encode())}
    with LocalStore(output_root()) as store:
        store.put(signed, json.dumps(copy, ensure_ascii=False).encode())
        store.put(f"{FOLDER}/{site_key}.json", json.dumps(redirects, ensure_ascii=False, indent=1).encode())
        store.flush()


def _last_sequence(signed: Path) -> int:
    if signed.is_symlink() or not signed.is_file():
        return 0
    try:
        return int(json.loads(json.loads(signed.read_bytes())["statement"])["sequence"])
    except (OSError, ValueError, KeyError, TypeError):  # damaged: the clock goes on
        return 0
