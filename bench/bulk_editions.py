"""A million published editions in minutes: rows written past the models, for benchmarks only.

Titles, numbers and places are every edition's own; bodies are drawn from a pool
of the corpus's articles (median 600 characters), so that making the library
doesn't take longer than measuring it. Import after `open_platform`.
"""

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.core.management.color import no_style
from django.db import connection, models, transaction
from django.db.models import Max

from bench.corpus import articles
from bench.published_corpus import (
    RELEASED_AT,
    content_of,
    edition_row,
    placement_row,
    resource_row,
    revision_row,
    without_chain,
)
from jiyue.library.models import Edition, LiveEdition, Resource, ResourceRevision
from jiyue.organizations.models import StaffAccount
from jiyue.publishing.addresses import detail_path, list_page_of, shard_of
from jiyue.publishing.entries import Entry
from jiyue.publishing.models import Placement, PublishedChannel, PublishedSite
from jiyue.sites.models import Channel

POOL = 2_000  # different bodies
BATCH = 5_000  # editions in one transaction
_TITLE = "MarkTitle"
_CHANNEL = 987_654_321_987
_MODELS = (Resource, ResourceRevision, Edition, LiveEdition, Placement)


@dataclass
class Counters:
    """Where a channel and its site stand."""

    channel: Channel
    sequence: int
    site: list[int] = field(default_factory=list)  # shared by the channels of one site


class Insert:
    """INSERT of many rows that are like a sample but for some columns."""

    def __init__(self, sample: models.Model, *varying: str):
        fields = sample._meta.concrete_fields
        self._values = [
            each.get_db_prep_save(getattr(sample, each.attname), connection=connection) for each in fields
        ]
        places = {each.attname: place for place, each in enumerate(fields)}
        self._places = [places[name] for name in varying]
        columns = ", ".join(connection.ops.quote_name(str(each.column)) for each in fields)
        holes = ", ".join(["%s"] * len(fields))
        self._sql = f"INSERT INTO {sample._meta.db_table} ({columns}) VALUES ({holes})"  # noqa: S608 - our own names
        self.rows: list[list[Any]] = []

    def add(self, *values: Any) -> None:
        """Remember one row: values of the varying columns."""
        row = self._values.copy()
        for place, value in zip(self._places, values, strict=True):
            row[place] = value
        self.rows.append(row)

    def write(self) -> None:
        """Insert what was added."""
        with connection.cursor() as cursor:
            cursor.executemany(self._sql, self.rows)
        self.rows.clear()


def add_many_editions(channels: Sequence[Channel], author: StaffAccount, count: int) -> None:
    """Add `count` live editions, placed in the channels in turn and counted as rendered."""
    if isinstance(connection.connection, sqlite3.Connection):
        connection.connection.execute("PRAGMA synchronous=OFF")
    counters = _counters(channels)
    first = (Resource.objects.aggregate(last=Max("pk"))["last"] or 0) + 1
    last_edition = Edition.objects.aggregate(last=Max("pk"))["last"] or 0
    last_revision = ResourceRevision.objects.aggregate(last=Max("pk"))["last"] or 0
    last_placement = Placement.objects.aggregate(last=Max("pk"))["last"] or 0
    inserts, contents = _inserts(author, channels[0]), _contents(channels[0])
    with without_chain():
        for start in range(0, count, BATCH):
            for number in range(start, min(start + BATCH, count)):
                keys = first + number, last_revision + number + 1, last_edition + number + 1
                place = counters[number % len(counters)]
                _add(inserts, contents[number % POOL], keys, last_placement + number + 1, place)
            with transaction.atomic():
                for insert in inserts:
                    insert.write()
    _save(counters)
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), list(_MODELS)):
            cursor.execute(statement)


def _counters(channels: Sequence[Channel]) -> list[Counters]:
    in_channel = dict(PublishedChannel.objects.values_list("channel_id", "last_sequence"))
    on_site = {site: [last] for site, last in PublishedSite.objects.values_list("site_id", "last_sequence")}
    return [Counters(each, in_channel[each.pk], on_site[each.site_id]) for each in channels]


def _save(counters: Sequence[Counters]) -> None:
    for each in counters:
        PublishedChannel.objects.filter(channel=each.channel).update(last_sequence=each.sequence)
        PublishedSite.objects.filter(site=each.channel.site_id).update(last_sequence=each.site[0])


def _contents(channel: Channel) -> list[tuple[str, str, str]]:
    """Content and entry as JSON text with marks, and the title's start, of every article of the pool."""
    found = []
    for article in articles(POOL):
        content = content_of(article, channel).with_values(title=_TITLE, channel_ids=(_CHANNEL,))
        entry = Entry.of(content, first_published_at=RELEASED_AT, released_at=RELEASED_AT)
        texts = (json.dumps(value, ensure_ascii=False) for value in (content.as_json(), entry.as_json()))
        found.append((*texts, article.title.partition("（")[0]))
    return found  # type: ignore[return-value]  # two texts and a title


def _inserts(author: StaffAccount, channel: Channel) -> tuple[Insert, ...]:
    return (
        Insert(resource_row(author), "id", "title"),
        Insert(revision_row(author), "id", "resource_id"),
        Insert(
            edition_row(content_json={}),
            "id",
            "resource_id",
            "revision_id",
            "title",
            "index_number",
            "content_json",
        ),
        Insert(LiveEdition(first_published_at=RELEASED_AT), "resource_id", "edition_id"),
        Insert(
            placement_row(channel),
            *("id", "resource_id", "channel_id", "site_id", "sequence", "list_page", "site_sequence"),
            *("sitemap_shard", "path", "rendered_edition_id", "entry_json"),
        ),
    )


def _add(
    inserts: Sequence[Insert],
    content: tuple[str, str, str],
    keys: tuple[int, int, int],
    placement_id: int,
    place: Counters,
) -> None:
    resource_id, revision_id, edition_id = keys
    body, entry, start = content
    title = f"{start}（{resource_id}号）"
    place.sequence += 1
    place.site[0] += 1
    channel = place.channel
    resources, revisions, editions, live, placements = inserts
    resources.add(resource_id, title)
    revisions.add(revision_id, resource_id)
    text = body.replace(_TITLE, title, 1).replace(str(_CHANNEL), str(channel.pk), 1)
    editions.add(edition_id, resource_id, revision_id, title, f"Y{resource_id:09}", text)
    live.add(resource_id, edition_id)
    placements.add(
        *(placement_id, resource_id, channel.pk, channel.site_id, place.sequence),
        *(list_page_of(place.sequence), place.site[0], shard_of(place.site[0])),
        *(detail_path(channel.path, RELEASED_AT, resource_id), edition_id, entry.replace(_TITLE, title, 1)),
    )
