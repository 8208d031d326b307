"""Which captured pages of former sites are public, and where."""

from collections.abc import Iterator

from django.db.models import QuerySet

from jiyue.publishing.webarchive.models import CapturedFile, CapturedPage

FOLDER = "archive"  # reserved: no channel can have it
FILES = f"{FOLDER}/files"
PART = 100  # pages written in one step
MAP_PART = 1_000  # addresses in one part of the sitemap


def list_captured(site_id: int) -> QuerySet[CapturedPage]:
    """Captured pages that are public on a site: decided, and not withdrawn; the oldest first."""
    return list_all_captured().filter(site=site_id)


def list_all_captured() -> QuerySet[CapturedPage]:
    """The same on every site."""
    rows = CapturedPage.objects.filter(archived_on__isnull=False, withdrawn_on=None)
    return rows.select_related("capture").order_by("pk")


def count_parts(site_id: int, size: int = PART) -> int:
    """How many parts the public captured pages of a site come in."""
    return -(-list_captured(site_id).count() // size)


def file_path(name: str) -> str:
    """Path of a picture or document of a capture."""
    return f"{FILES}/{name}"


def map_path(part: int) -> str:
    """Path of a part of the sitemap that lists captured pages, from 1."""
    return f"sitemap-archive-{part}.xml"


def list_map_paths(site_id: int) -> list[str]:
    """Paths of all those parts."""
    return [map_path(part) for part in range(1, count_parts(site_id, MAP_PART) + 1)]


def captured_paths(site_id: int) -> Iterator[str]:
    """Every path that captured pages need on a site: pages, their files, their part of the sitemap."""
    names: set[str] = set()
    for path, own in list_captured(site_id).values_list("path", "names"):
        yield path
        names.update(own)
    yield from (file_path(name) for name in sorted(names))
    yield from list_map_paths(site_id)


def captured_redirects(site_id: int) -> dict[str, str]:
    """Addresses on the former site and where their pages and files are now."""
    found: dict[str, str] = {}
    names: dict[int, set[str]] = {}
    for key, path, own, capture in list_captured(site_id).values_list("key", "path", "names", "capture_id"):
        found[f"/{key}"] = address_of(path)
        names.setdefault(capture, set()).update(own)
    files = CapturedFile.objects.filter(capture__in=list(names))
    for key, name, capture in files.values_list("key", "name", "capture_id"):
        if name in names[capture]:
            found[f"/{key}"] = f"/{file_path(name)}"
    return found


def address_of(path: str) -> str:
    """Site-relative address of a page."""
    return f"/{path.removesuffix('index.html')}" if path.endswith("/index.html") else f"/{path}"
