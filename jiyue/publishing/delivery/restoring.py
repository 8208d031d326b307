"""Putting kept bytes back: only what the live edition backs, never what was withdrawn or superseded."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from jiyue.core import audit
from jiyue.core.audit import AuditActor
from jiyue.core.errors import DomainError
from jiyue.library.models import LiveEdition
from jiyue.publishing.delivery.keeping import read_kept
from jiyue.publishing.delivery.models import KeptFile
from jiyue.publishing.locks import stretches_of_pages
from jiyue.publishing.models import Placement
from jiyue.publishing.publisher import SitePublisher, publishing

_ITEM_ADDRESS = re.compile(rb"/[0-9]{6}/([0-9]{1,18})\.html")


class RestoreRefused(DomainError):
    """What was kept must not be public now."""

    code = "restore_refused"


def restore_refusal(kept: KeptFile) -> RestoreRefused | None:
    """Say why kept bytes must not be put back, or None.

    Source: GL 八(二)2; NT 23 (LIB-16).
    """
    placement = _placement_of(kept)
    live = getattr(placement.resource, "live", None) if placement else None
    if placement is None or not placement.is_live or live is None:
        return RestoreRefused(
            _("The item isn't public at this address any more."),
            fix=_("Publish it again in the back office, if it may be public."),
        )
    if live.edition_id != kept.edition_id:
        return RestoreRefused(
            _("Another edition of the item is public now."),
            fix=_("To bring back earlier words, correct the item in the back office."),
        )
    return None


def _mentions_refusal(kept: KeptFile, data: bytes) -> RestoreRefused | None:
    """Say why a page mustn't come back that names other items: one of them may read differently by now."""
    named = {int(number) for number in _ITEM_ADDRESS.findall(data)}
    placement = _placement_of(kept)
    others = sorted(named - {placement.resource_id}) if placement else sorted(named)
    same = LiveEdition.objects.filter(resource_id__in=others, edition__published_at__lte=kept.kept_at)
    if same.count() == len(others):
        return None
    return RestoreRefused(
        _("The kept page names items that were withdrawn or changed since."),
        fix=_("Have the page written again from its edition: jiyue reconcile --repair."),
    )


def _placement_of(kept: KeptFile) -> Placement | None:
    found = Placement.objects.filter(site=kept.site_id, path=kept.path)
    return found.select_related("resource__live").first()


def restore_kept(*, kept_id: int, actor: AuditActor) -> KeptFile:
    """Put a kept page back in place, if it shows the edition that is live at its address.

    Args:
        kept_id: The kept page.
        actor: Who restores it.

    Raises:
        RestoreRefused: It isn't what may be public now; nothing is changed.
        KeptFileDamaged: Its bytes are gone or changed; nothing is changed.
    """
    kept = KeptFile.objects.select_related("site").get(pk=kept_id)
    data = read_kept(kept)
    with _writing(kept) as publisher:
        refusal = restore_refusal(kept) or _mentions_refusal(kept, data)
        if refusal is not None:
            raise refusal
        publisher.write(kept.path, data)
        publisher.flush()
        with transaction.atomic():
            publisher.save_manifest()
            _record("kept_file.restored", kept, actor)
    return kept


@contextmanager
def _writing(kept: KeptFile) -> Iterator[SitePublisher]:
    placement = _placement_of(kept)
    pages = [(placement.channel_id, placement.list_page)] if placement else []
    with publishing(kept.site_id) as publisher, stretches_of_pages(kept.site.key, pages):
        yield publisher


def open_kept(*, kept_id: int, actor: AuditActor) -> tuple[KeptFile, bytes]:
    """Return a kept page with its bytes, for evidence; that somebody looked is recorded.

    Raises:
        KeptFileDamaged: Its bytes are gone or changed.
    """
    kept = KeptFile.objects.select_related("site").get(pk=kept_id)
    data = read_kept(kept)
    _record("kept_file.opened", kept, actor)
    return kept, data


def _record(verb: str, kept: KeptFile, actor: AuditActor) -> None:
    audit.record(
        actor=actor,
        verb=verb,
        subject_type="kept_file",
        subject_id=kept.pk,
        site=kept.site.key,
        path=kept.path,
        edition=kept.edition_id,
        sm3=kept.sm3,
    )
