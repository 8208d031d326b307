"""A second platform inside one test: the database as it was, folders of its own."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.db import transaction

from jiyue.core import outbox, two_person
from jiyue.library.models import Resource
from jiyue.publishing.exporting.importing import ImportReport, import_site
from jiyue.publishing.exporting.services import ExportReport, export_site
from jiyue.publishing.exporting.signing import own_key
from jiyue.publishing.exporting.sources import opening
from jiyue.publishing.tests.output import correct, publish_many
from jiyue.publishing.webarchive.services import Target, propose_archiving
from jiyue.sites.models import Site
from tests.factories import World, make_channel

FOLDERS = ("JIYUE_MEDIA_DIR", "JIYUE_PRIVATE_DIR", "JIYUE_OUTPUT_DIR", "JIYUE_SEARCH_DIR")


@contextmanager
def platform(settings: object, root: Path) -> Iterator[None]:
    """Undo in the database whatever the block does; its files stay where they are."""
    before = {name: getattr(settings, name) for name in FOLDERS}
    for name in FOLDERS:
        setattr(settings, name, root / name.lower())
    point = transaction.savepoint()
    try:
        yield
    finally:
        transaction.savepoint_rollback(point)
        for name, value in before.items():
            setattr(settings, name, value)


def export(site: Site, destination: Path, **values: object) -> ExportReport:
    return export_site(site=site, destination=destination, **{"actor": None, "operator": "ops", **values})


def take_in(path: Path, **values: object) -> ImportReport:
    """Import with units founded, have the pages written."""
    with opening(path, trusted=own_key()) as reader:
        for _count in reader.check_all():
            pass
        defaults = {"actor": None, "operator": "ops", "may_create_units": True}
        report = import_site(reader=reader, **{**defaults, **values})
    outbox.drain()
    return report


def archive(world: World, item: Resource) -> None:
    """Put an item's page into the web archive: one proposes, a platform manager decides."""
    page = item.placements.get(site=world.portal)
    change = propose_archiving(
        target=Target(world.portal, placement_ids=(page.pk,)), reason="旧稿归档", actor=world.lead
    )
    actor = world.manager.audit_actor()
    two_person.approve(change_id=change.pk, seen_digest=change.digest, actor=actor)


def fill(world: World) -> dict[str, Resource]:
    """A site with everything that an export has to say: full list pages, channels, all that may happen."""
    sub = make_channel(world.portal, "tongzhi", world.unit_a, parent=world.news, path="yaowen/tongzhi")
    many = publish_many(world, 22, channels=(world.news, world.county_news))
    corrected = world.publish(title="更正前的标题", channels=(sub,))
    correct(world, corrected, title="更正后的标题")
    withdrawn = world.publish(title="已撤下的标题", channels=(world.news,))
    world.withdraw(withdrawn)
    archive(world, many[2])
    outbox.drain()
    return {"first": many[0], "corrected": corrected, "withdrawn": withdrawn}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path
