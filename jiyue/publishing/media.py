"""Media files on a site: there while a live edition needs them, gone with the last use."""

import logging
from collections.abc import Iterable, Mapping

from django.db.models import QuerySet

from jiyue.library.content import ResourceContent
from jiyue.library.models import Edition
from jiyue.library.services import media as private_store
from jiyue.publishing.addresses import media_path
from jiyue.publishing.models import MediaUse, OutputFile, Placement
from jiyue.publishing.publisher import SitePublisher

logger = logging.getLogger(__name__)


def copy_media(publisher: SitePublisher, names: Iterable[str]) -> None:
    """Copy originals to the site unless they are there and in the manifest.

    An original that the private store doesn't have is logged and stays missing
    (`jiyue reconcile` names it): the text is published all the same.
    """
    wanted = {media_path(name): name for name in sorted(names)}
    if not wanted:
        return
    known = set(
        OutputFile.objects.filter(site=publisher.site_id, path__in=list(wanted)).values_list(
            "path", flat=True
        )
    )
    present = publisher.store.which(known)
    for path, name in wanted.items():
        if path in present:
            continue
        try:
            publisher.copy(path, private_store.media_path(name))
        except FileNotFoundError:
            logger.error("publishing.media_missing", extra={"media": name})


def remove_unused(
    publisher: SitePublisher, needs: Mapping[int, frozenset[str]], changed_resources: Iterable[int]
) -> None:
    """Remove files that no page of the site needs any more.

    A killed batch may have copied a file without recording its use, so the
    candidates are all files that any edition of the changed resources ever named.

    Args:
        publisher: The site, locked.
        needs: Media names by placement, for every placement of the batch.
        changed_resources: Resources withdrawn or replaced by a newer edition.
    """
    resource_ids = set(changed_resources)
    if not resource_ids:
        return
    contents = Edition.objects.filter(resource_id__in=resource_ids).values_list("content_json", flat=True)
    candidates = {name for data in contents for name in ResourceContent.from_json(data).media_names()}
    candidates.difference_update(*needs.values())
    elsewhere = MediaUse.objects.filter(site=publisher.site_id, name__in=candidates)
    used = set(elsewhere.exclude(placement__in=list(needs)).values_list("name", flat=True))
    for name in sorted(candidates - used):
        publisher.remove(media_path(name))


def record_uses(site_id: int, needs: Mapping[int, frozenset[str]], placements: QuerySet[Placement]) -> None:
    """Store which placement needs which files, in the caller's transaction.

    Args:
        site_id: The site.
        needs: Media names by placement.
        placements: Selects the same placements.
    """
    stored: dict[int, set[str]] = {placement_id: set() for placement_id in needs}
    uses = MediaUse.objects.filter(placement__in=placements.values("pk"))
    for placement_id, name in uses.values_list("placement_id", "name"):
        stored.setdefault(placement_id, set()).add(name)
    for placement_id, names in needs.items():
        if stored[placement_id] - names:
            MediaUse.objects.filter(placement=placement_id, name__in=stored[placement_id] - names).delete()
    MediaUse.objects.bulk_create(
        MediaUse(site_id=site_id, name=name, placement_id=placement_id)
        for placement_id, names in needs.items()
        for name in sorted(names - stored[placement_id])
    )
