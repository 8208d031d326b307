"""Compares what should be public with what is: files, manifest, placements, editions.

Other rooms add their own comparison (search: its index) to `RECONCILERS`.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass

from django.db.models import F
from django.utils import translation

from jiyue.core import crypto, outbox
from jiyue.core.models import OutboxPriority
from jiyue.core.registries import Registry
from jiyue.publishing import topics
from jiyue.publishing.addresses import (
    UnsafePathError,
    atom_path,
    check_path,
    feed_path,
    index_path,
    list_path,
    media_path,
    sitemap_path,
)
from jiyue.publishing.delivery.local import read_plain
from jiyue.publishing.delivery.stores import open_store, output_root
from jiyue.publishing.error_pages import ERROR_PAGES
from jiyue.publishing.frames import LANGUAGE, SitePages, load_site_pages
from jiyue.publishing.integrity.comparing import unpack
from jiyue.publishing.manifest import forget_files
from jiyue.publishing.models import MediaUse, OutputFile, Placement, PublishedSite
from jiyue.publishing.publisher import exclusive
from jiyue.publishing.selectors import get_full_pages, get_last_shard
from jiyue.publishing.shared_files import asset_paths
from jiyue.publishing.sites_file import FILE_NAME, render_sites_file
from jiyue.publishing.store import OutputStore, is_compressed
from jiyue.publishing.webarchive.captured import FILES, captured_paths
from jiyue.publishing.webarchive.captured_output import ask_for_captured
from jiyue.sites.models import Site

MISSING, EXTRA, STALE = "missing", "extra", "stale"


@dataclass(frozen=True, slots=True)
class Discrepancy:
    """One thing that isn't as it should be.

    Attributes:
        area: Who found it: `pages`, `search`…
        kind: `missing`, `extra` or `stale`.
        site: Key of the site, "" when it belongs to none.
        what: Path or identifier.
        reason: Why, for people who look into it.
    """

    area: str
    kind: str
    site: str
    what: str
    reason: str = ""

    def as_dict(self) -> dict[str, str]:
        """Return plain values for JSON output."""
        return asdict(self)


@dataclass(frozen=True)
class Reconciler:
    """A comparison and its remedy.

    Attributes:
        check: Looks and changes nothing.
        repair: Removes what is too much and asks the outbox for what is missing.
    """

    check: Callable[[], list[Discrepancy]]
    repair: Callable[[Sequence[Discrepancy]], None]


RECONCILERS: Registry[Reconciler] = Registry("reconcilers")
AREA = "pages"


def find_discrepancies() -> list[Discrepancy]:
    """Run every registered comparison."""
    return [found for _name, reconciler in RECONCILERS for found in reconciler.check()]


def repair_discrepancies(found: Sequence[Discrepancy]) -> None:
    """Remedy what was found and carry out what that asks for."""
    for name, reconciler in RECONCILERS:
        own = [discrepancy for discrepancy in found if discrepancy.area == name]
        if own:
            reconciler.repair(own)
    outbox.drain()


def check_pages() -> list[Discrepancy]:
    """Compare the output of every site with placements, editions and manifest."""
    found: list[Discrepancy] = []
    for site in Site.objects.order_by("pk"):
        with translation.override(LANGUAGE), exclusive(site.key), open_store(site.key) as store:
            by_path = {(each.kind, each.what): each for each in _check_site(load_site_pages(site.pk), store)}
            found += by_path.values()
    wanted = render_sites_file()
    try:
        is_right = read_plain(output_root() / FILE_NAME, limit=len(wanted)) == wanted
    except FileNotFoundError:
        found.append(Discrepancy(AREA, MISSING, "", FILE_NAME))
    except OSError as error:
        found.append(Discrepancy(AREA, STALE, "", FILE_NAME, str(error)))
    else:
        if not is_right:
            found.append(Discrepancy(AREA, STALE, "", FILE_NAME, "sites or menus have changed"))
    return found


def _check_site(pages: SitePages, store: OutputStore) -> Iterator[Discrepancy]:
    site = pages.site
    expected = set(_expected_paths(pages))
    manifest = {
        path: (size, sm3)
        for path, size, sm3 in OutputFile.objects.filter(site=site).values_list("path", "size_bytes", "sm3")
    }
    on_disk = set(store.walk())
    store.expect(each for path in sorted(manifest) for each in (path, f"{path}.gz") if each in on_disk)
    for path in sorted(expected | manifest.keys()):
        problem = _problem_of(path, path in expected, manifest.get(path), on_disk, store)
        if problem:
            yield Discrepancy(AREA, problem[0], site.key, path, problem[1])
    copies = {f"{path}.gz" for path in manifest if is_compressed(path)}
    for path in sorted(on_disk - manifest.keys() - copies - expected):
        yield Discrepancy(AREA, EXTRA, site.key, path, "not in the manifest")
    yield from _outdated(site)


def _expected_paths(pages: SitePages) -> Iterator[str]:
    """Every path that should be public on a site now."""
    site = pages.site
    if PublishedSite.objects.filter(site=site).exists():
        yield from ("index.html", "feed.xml", "atom.xml", "robots.txt", "sitemap.html", "sitemap.xml")
        yield from (*ERROR_PAGES, *asset_paths(pages))
        yield from (sitemap_path(shard) for shard in range(get_last_shard(site.pk) + 1))
        for channel_id, frame in pages.channels.items():
            path = frame.channel.path
            yield from (index_path(path), feed_path(path), atom_path(path))
            yield from (list_path(path, number) for number in range(1, get_full_pages(channel_id) + 1))
    live = Placement.objects.filter(site=site, is_live=True, resource__live__isnull=False)
    yield from live.values_list("path", flat=True)
    yield from captured_paths(site.pk)
    names = MediaUse.objects.filter(site=site).values_list("name", flat=True).distinct()
    yield from (media_path(name) for name in names)


def _problem_of(
    path: str, is_expected: bool, row: tuple[int, str] | None, on_disk: set[str], store: OutputStore
) -> tuple[str, str] | None:
    """Say what is wrong with one file, or None."""
    if not is_expected and not path.startswith("assets/"):  # older theme files stay for a while
        return EXTRA, "nothing public needs it"
    if path not in on_disk:
        return MISSING, "no such file"
    if row is None:
        return STALE, "not in the manifest"
    data = store.read(path)
    if data is None or (len(data), crypto.sm3_hex(data)) != row:
        return STALE, "differs from the manifest"
    if is_compressed(path) and unpack(store.read(f"{path}.gz"), len(data)) != data:
        return STALE, "the compressed copy is missing or differs"
    return None


def _outdated(site: Site) -> Iterator[Discrepancy]:
    """Pages that show another edition than the live one, or an item that isn't public."""
    placements = Placement.objects.filter(site=site)
    older = placements.filter(is_live=True, resource__live__isnull=False).exclude(
        rendered_edition_id=F("resource__live__edition_id")
    )
    for path in older.values_list("path", flat=True):
        yield Discrepancy(AREA, STALE, site.key, path, "not the live edition")
    for path in placements.filter(is_live=False, rendered_edition__isnull=False).values_list(
        "path", flat=True
    ):
        yield Discrepancy(AREA, EXTRA, site.key, path, "withdrawn, its removal is waiting")
    frame = PublishedSite.objects.filter(site=site).values_list("frame_digest", flat=True).first()
    if frame is not None and frame != load_site_pages(site.pk).digest:
        yield Discrepancy(AREA, STALE, site.key, "", "site or menu changed, pages not asked for yet")


def repair_pages(found: Sequence[Discrepancy]) -> None:
    """Remove what is too much; ask for everything else again."""
    requests = topics.Requests()
    for site in Site.objects.order_by("pk"):
        own = [discrepancy for discrepancy in found if discrepancy.site == site.key]
        if not own:
            continue
        with translation.override(LANGUAGE), exclusive(site.key), open_store(site.key) as store:
            for discrepancy in own:
                if discrepancy.kind == EXTRA:
                    _remove(store, site.pk, discrepancy.what)
                elif discrepancy.what.startswith(("media/", f"{FILES}/")):
                    store.remove(discrepancy.what)  # copied again only where nothing is
            store.flush()
        ask_for_paths(requests, load_site_pages(site.pk), {discrepancy.what for discrepancy in own})
    if any(discrepancy.what == FILE_NAME for discrepancy in found):
        first = Site.objects.order_by("pk").first()
        if first is not None:
            requests.add(topics.SITE, first.pk, OutboxPriority.URGENT)
    requests.send()


def _remove(store: OutputStore, site_id: int, path: str) -> None:
    try:
        store.remove(check_path(path))
    except UnsafePathError:
        store.discard(path)
    forget_files(site_id, [path])


def ask_for_paths(requests: topics.Requests, pages: SitePages, paths: set[str]) -> None:
    """Add whatever writes the files at these paths; paths that nothing writes add nothing."""
    site_id = pages.site.pk
    wanted = Placement.objects.filter(site=site_id)
    names = [path.removeprefix("media/") for path in paths if path.startswith("media/")]
    ids = set(wanted.filter(path__in=paths).values_list("pk", flat=True))
    ids.update(MediaUse.objects.filter(site=site_id, name__in=names).values_list("placement_id", flat=True))
    requests.add_all(topics.PLACEMENT, sorted(ids), OutboxPriority.URGENT)
    for channel_id, frame in pages.channels.items():
        path = frame.channel.path
        if paths & {index_path(path), feed_path(path), atom_path(path)}:
            requests.add(topics.CHANNEL, channel_id, OutboxPriority.URGENT)
        for number in range(1, get_full_pages(channel_id) + 1):
            if list_path(path, number) in paths:
                requests.add(topics.LIST, topics.pair(channel_id, number), OutboxPriority.URGENT)
    for shard in range(1, get_last_shard(site_id) + 1):
        if sitemap_path(shard) in paths:
            requests.add(topics.SITEMAP, topics.pair(site_id, shard), OutboxPriority.URGENT)
    ask_for_captured(requests, site_id, paths)
    if paths & {"index.html", "feed.xml", "atom.xml"}:
        requests.add(topics.HOME, site_id, OutboxPriority.URGENT)
    shared = {"", "robots.txt", "sitemap.html", "sitemap.xml", sitemap_path(0)}
    if paths & {*shared, *ERROR_PAGES, *asset_paths(pages)}:
        requests.add(topics.SITE, site_id, OutboxPriority.URGENT)


RECONCILERS.register(AREA, Reconciler(check_pages, repair_pages))
