"""Looking at what was published."""

import gzip
from pathlib import Path

from django.conf import settings

from jiyue.core import outbox
from jiyue.library.models import Resource
from jiyue.library.selectors import get_content, get_current_revision
from jiyue.library.services import save_revision, submit_batch, submit_for_review
from jiyue.review.models import ReviewCase
from jiyue.sites.models import Channel, Site
from tests.factories import World, note_correction


def root_of(site: Site) -> Path:
    return Path(settings.JIYUE_OUTPUT_DIR) / site.key


def files_of(site: Site) -> set[str]:
    """Paths of a site's files, compressed copies left out."""
    root = root_of(site)
    paths = {path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()}
    return {path for path in paths if not path.endswith(".gz")}


def read(site: Site, path: str) -> str:
    """Text of a published file; its compressed copy must say the same."""
    file = root_of(site) / path
    data = file.read_bytes()
    assert gzip.decompress(file.with_name(f"{file.name}.gz").read_bytes()) == data
    return data.decode()


def snapshot(site: Site) -> dict[str, bytes]:
    """Every file of a site with its bytes."""
    root = root_of(site)
    return {
        path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()
    }


def occurrences(text: str) -> list[str]:
    """Every file of the output folder, compressed ones unpacked, that contains `text`."""
    found = []
    root = Path(settings.JIYUE_OUTPUT_DIR)
    for path in sorted(root.rglob("*")):
        if path.is_file():
            data = path.read_bytes()
            data = gzip.decompress(data) if path.suffix == ".gz" else data
            if text.encode() in data:
                found.append(path.relative_to(root).as_posix())
    return found


def detail_path(resource: Resource, channel: Channel) -> str:
    return resource.placements.get(channel=channel).path


def publish_many(world: World, count: int, *, channels: tuple[Channel, ...]) -> list[Resource]:
    """Publish items in one batch case; titles are 第001条, 第002条…"""
    resources = [
        world.draft(channels=channels, title=f"第{number:03}条", body_html=f"<p>正文{number:03}。</p>")
        for number in range(1, count + 1)
    ]
    world.decide_all(submit_batch(resources=resources, title="批量", actor=world.author))
    outbox.drain()
    return resources


def correct(world: World, resource: Resource, **values: object) -> ReviewCase:
    """Publish a corrected edition through the whole chain."""
    resource.refresh_from_db()
    revision = get_current_revision(resource)
    save_revision(
        resource=resource,
        content=get_content(resource).with_values(**values),
        base_number=revision.number,
        actor=world.author,
    )
    resource.refresh_from_db()
    note_correction(resource, world.author)
    case = submit_for_review(resource=resource, actor=world.author)
    world.decide_all(case)
    outbox.drain()
    return case
