"""The corpus as published editions, written in bulk past review: for benchmarks only.

Import after `open_platform`.
"""

import sqlite3
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from importlib import import_module
from itertools import islice
from typing import Any

from django.db import connection, transaction

from bench.corpus import CorpusArticle, articles
from jiyue.core import audit
from jiyue.library.content import ResourceContent
from jiyue.library.models import Edition, LiveEdition, Resource, ResourceRevision
from jiyue.organizations.enums import StaffRole, UnitKind, UnitLevel
from jiyue.organizations.models import Organization, Person, StaffAccount
from jiyue.organizations.services import assign_role, create_unit, open_account
from jiyue.publishing.addresses import detail_path, list_page_of, shard_of
from jiyue.publishing.entries import Entry
from jiyue.publishing.models import Placement, PublishedChannel, PublishedSite
from jiyue.sites.enums import ContentClass, SiteRoleName, SiteType
from jiyue.sites.models import Channel, Site
from jiyue.sites.services import assign_site_role

BATCH = 2_000
RELEASED_AT = datetime(2026, 10, 31, 1, 30, tzinfo=UTC)
_MARK = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8"><path d="M0 0h8v8H0z"/></svg>'
_ROLES = (StaffRole.ENTRY_CLERK, StaffRole.REVIEW_LEAD, StaffRole.LEADER_IN_CHARGE)


def make_staff() -> dict[StaffRole, StaffAccount]:
    """Create a unit with the three people of the route."""
    unit = create_unit(
        actor=audit.PLATFORM,
        code="000000001",
        name="云汀市人民政府办公室",
        level=UnitLevel.PREFECTURE_CITY,
        kind=UnitKind.DEPARTMENT,
    )
    staff = {}
    for role in _ROLES:
        person = Person.objects.create(name=role.value)
        staff[role] = open_account(
            person=person,
            unit=unit,
            login_name=role.value,
            password="correct-horse-battery",  # noqa: S106 - of a throw-away database
            actor=audit.PLATFORM,
        )
        assign_role(person=person, unit=unit, role=role, starts_on=date(2020, 1, 1), actor=audit.PLATFORM)
    return staff


def make_site(unit: Organization, channels: int, key: str = "bench") -> tuple[Site, list[Channel]]:
    """Create a site with `channels` channels, all open to the unit and on the home page."""
    site = Site.objects.create(
        key=key,
        name="云汀市人民政府门户网站",
        site_type=SiteType.PORTAL,
        host=f"www.{key}.localhost",
        base_url=f"https://www.{key}.localhost",
        contact="0000-1234567",
        identity_code="0000000001",
        icp_filing="备案号",
        psb_filing="公安备案号",
        technical_supporter="云汀市数据局",
        accent="#0b5563",
        logo_svg=_MARK,
        badge_svg=_MARK,
    )
    assign_site_role(
        site=site,
        unit=unit,
        role=SiteRoleName.SPONSOR,
        starts_on=date(2020, 1, 1),
        actor=audit.PLATFORM,
    )
    made = []
    for number in range(channels):
        channel = Channel.objects.create(
            site=site,
            key=f"c{number}",
            path=f"c{number}",
            name=f"栏目{number}",
            content_class=ContentClass.DYNAMIC,
            position=number,
            home_position=number,
        )
        channel.contributors.add(unit)
        made.append(channel)
    PublishedSite.objects.create(site=site)
    PublishedChannel.objects.bulk_create(PublishedChannel(channel=channel) for channel in made)
    return site, made


def content_of(article: CorpusArticle, channel: Channel) -> ResourceContent:
    """An article of the corpus as library content."""
    return ResourceContent(
        kind="article",
        title=article.title,
        body_html=article.body_html,
        source=article.unit,
        author="编辑部",
        index_number=article.index_number,
        channel_ids=(channel.pk,),
    )


def add_editions(site: Site, channels: Sequence[Channel], author: StaffAccount, upto: int) -> None:
    """Fill the library up to `upto` live editions, placed and counted as rendered."""
    start = Placement.objects.filter(site=site).count()
    stream = articles(upto - start, start=start, sections=len(channels))
    if isinstance(connection.connection, sqlite3.Connection):
        connection.connection.execute("PRAGMA synchronous=OFF")
    with without_chain():
        while batch := list(islice(stream, BATCH)):
            with transaction.atomic():
                _add_batch(site, channels, author, batch)


@contextmanager
def without_chain() -> Iterator[None]:
    """Lift the guard that wants a complete case behind every edition, and put it back.

    Only here, over invented articles in a database of the benchmark's own.
    """
    guard = import_module("jiyue.library.migrations.0006_edition_of_its_own_case").GUARD
    suffix = " ON library_edition" if connection.vendor == "postgresql" else ""
    with connection.cursor() as cursor:
        for name in guard.trigger_names():
            cursor.execute(f"DROP TRIGGER {name}{suffix}")
    try:
        yield
    finally:
        guard.database_forwards("library", _Editor(), None, None)


class _Editor:
    """As much of a schema editor as a guard needs."""

    connection = connection

    def execute(self, sql: str, params: None) -> None:
        """Run one statement."""
        with connection.cursor() as cursor:
            cursor.execute(sql, params)


def resource_row(author: StaffAccount, **values: Any) -> Resource:
    """A published item with one revision."""
    return Resource(
        unit_id=author.unit_id,
        kind="article",
        status="published",
        acquisition_mode="self_written",
        last_revision=1,
        created_by=author,
        created_at=RELEASED_AT,
        updated_by=author,
        updated_at=RELEASED_AT,
        **values,
    )


def revision_row(author: StaffAccount, **values: Any) -> ResourceRevision:
    """Its revision, empty: nothing of the way to the public reads it."""
    return ResourceRevision(
        number=1,
        content_json={},
        digest="",
        account=author,
        person_id=author.person_id,
        created_at=RELEASED_AT,
        **values,
    )


def edition_row(**values: Any) -> Edition:
    """Its only edition."""
    return Edition(number=1, kind="article", body_text="", digest="", published_at=RELEASED_AT, **values)


def placement_row(channel: Channel, **values: Any) -> Placement:
    """Its place in a channel, counted as rendered."""
    return Placement(
        channel=channel, site_id=channel.site_id, placed_at=RELEASED_AT, rendered_at=RELEASED_AT, **values
    )


def _add_batch(
    site: Site, channels: Sequence[Channel], author: StaffAccount, batch: Sequence[CorpusArticle]
) -> None:
    contents = [content_of(article, channels[article.section]) for article in batch]
    resources = Resource.objects.bulk_create(
        resource_row(author, title=content.title) for content in contents
    )
    revisions = ResourceRevision.objects.bulk_create(
        revision_row(author, resource=resource) for resource in resources
    )
    editions = Edition.objects.bulk_create(
        edition_row(
            resource=resource,
            revision=revision,
            title=content.title,
            index_number=content.index_number,
            content_json=content.as_json(),
        )
        for resource, revision, content in zip(resources, revisions, contents, strict=True)
    )
    LiveEdition.objects.bulk_create(
        LiveEdition(resource=resource, edition=edition, first_published_at=RELEASED_AT)
        for resource, edition in zip(resources, editions, strict=True)
    )
    placed = [channels[article.section] for article in batch]
    Placement.objects.bulk_create(_placements(site, placed, editions, contents))


def _placements(
    site: Site, placed: Sequence[Channel], editions: Sequence[Edition], contents: Sequence[ResourceContent]
) -> Iterator[Placement]:
    counts = Counter(dict(PublishedChannel.objects.values_list("channel_id", "last_sequence")))
    on_site = PublishedSite.objects.get(site=site).last_sequence
    for channel, edition, content in zip(placed, editions, contents, strict=True):
        counts[channel.pk] += 1
        on_site += 1
        entry = Entry.of(content, first_published_at=RELEASED_AT, released_at=RELEASED_AT)
        yield placement_row(
            channel,
            resource_id=edition.resource_id,
            sequence=counts[channel.pk],
            list_page=list_page_of(counts[channel.pk]),
            site_sequence=on_site,
            sitemap_shard=shard_of(on_site),
            path=detail_path(channel.path, RELEASED_AT, edition.resource_id),
            rendered_edition=edition,
            entry_json=entry.as_json(),
        )
    PublishedSite.objects.filter(site=site).update(last_sequence=on_site)
    for channel_id, last_sequence in counts.items():
        PublishedChannel.objects.filter(channel=channel_id).update(last_sequence=last_sequence)
