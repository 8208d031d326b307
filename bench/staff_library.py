"""A library as staff see it: units with their people, items in every state, written in bulk past review.

For benchmarks only. Import after `open_platform`. By hand, into a platform of
one's own: `python -m bench.staff_library FOLDER COUNT`.
"""

import json
import sqlite3
import sys
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import islice

from bench.corpus import CorpusArticle, articles

if __name__ == "__main__":
    from bench.empty_platform import migrate_platform, open_platform

    open_platform(sys.argv[1])

from django.db import connection, transaction

from bench.published_corpus import without_chain
from jiyue.core import audit, crypto
from jiyue.library.content import ResourceContent
from jiyue.library.models import Resource
from jiyue.organizations.enums import StaffRole, UnitKind, UnitLevel
from jiyue.organizations.models import Organization, Person, StaffAccount
from jiyue.organizations.services import assign_role, create_unit, open_account
from jiyue.sites.enums import ContentClass, SiteRoleName, SiteType
from jiyue.sites.models import Channel, Site
from jiyue.sites.services import assign_site_role

UNITS = 40
BATCH = 5_000
PUBLISHED_OF_TEN = 7
NEWEST = datetime(2026, 11, 1, 1, 30, tzinfo=UTC)
PASSWORD = "only-for-the-benchmark"  # noqa: S105 - of a throw-away database
_MARK = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8"><path d="M0 0h8v8H0z"/></svg>'
_ROLES = (StaffRole.ENTRY_CLERK, StaffRole.REVIEW_LEAD, StaffRole.LEADER_IN_CHARGE)
Staff = dict[StaffRole, StaffAccount]


def make_city() -> tuple[list[Organization], Channel]:
    """Create the units and a site with one channel open to all of them."""
    units = [
        create_unit(
            code=f"{number:09d}",
            name=f"云汀市单位{number}",
            level=UnitLevel.PREFECTURE_CITY,
            kind=UnitKind.DEPARTMENT,
            actor=audit.PLATFORM,
        )
        for number in range(1, UNITS + 1)
    ]
    site = Site.objects.create(
        key="bench",
        name="云汀市人民政府门户网站",
        site_type=SiteType.PORTAL,
        host="www.bench.localhost",
        base_url="https://www.bench.localhost",
        contact="0000-1234567",
        identity_code="0000000001",
        icp_filing="备案号",
        psb_filing="公安备案号",
        technical_supporter="云汀市数据局",
        accent="#0b5563",
        logo_svg=_MARK,
        badge_svg=_MARK,
    )
    for unit in units:  # every unit runs the site, so that its own three levels are the route
        assign_site_role(
            site=site,
            unit=unit,
            role=SiteRoleName.SPONSOR,
            starts_on=date(2020, 1, 1),
            actor=audit.PLATFORM,
        )
    channel = Channel.objects.create(
        site=site, key="news", path="news", name="要闻", content_class=ContentClass.DYNAMIC, home_position=1
    )
    channel.contributors.set(units)
    return units, channel


def make_person(unit: Organization, role: StaffRole, name: str) -> StaffAccount:
    """Create a person with an account and one role."""
    person = Person.objects.create(name=name)
    account = open_account(person=person, unit=unit, login_name=name, password=PASSWORD, actor=audit.PLATFORM)
    assign_role(person=person, unit=unit, role=role, starts_on=date(2020, 1, 1), actor=audit.PLATFORM)
    return account


def make_staff(unit: Organization) -> Staff:
    """Create the three people of a unit's route."""
    return {role: make_person(unit, role, f"{role}-{unit.code}") for role in _ROLES}


def fill_library(units: Sequence[Organization], channel: Channel, author: StaffAccount, upto: int) -> None:
    """Fill the library up to `upto` items with one state each; seven in ten are published.

    Rows go in by bulk copy, in the order of their ids.
    """
    start = Resource.objects.count()
    stream = articles(upto - start, start=start)
    if isinstance(connection.connection, sqlite3.Connection):
        connection.connection.execute("PRAGMA synchronous=OFF")
    first = (Resource.objects.order_by("-pk").values_list("pk", flat=True).first() or 0) + 1
    with without_chain():
        while batch := list(islice(stream, BATCH)):
            with transaction.atomic():
                _add(units, channel, author, batch, first)
            first += len(batch)
    _advance_keys()


def _add(
    units: Sequence[Organization],
    channel: Channel,
    author: StaffAccount,
    batch: Sequence[CorpusArticle],
    first: int,
) -> None:
    made = [_Item(first + offset, article, channel) for offset, article in enumerate(batch)]
    copy_rows(
        "library_resource",
        "id, unit_id, kind, title, status, acquisition_mode, last_revision, created_by_id, created_at,"
        " updated_by_id, updated_at",
        (item.resource_row(units, author) for item in made),
    )
    copy_rows(
        "library_resourcerevision",
        "id, resource_id, number, content_json, digest, account_id, person_id, created_at",
        (
            (item.pk, item.pk, 1, item.content, item.digest, author.pk, author.person_id, item.moment)
            for item in made
        ),
    )
    public = [item for item in made if item.status == "published"]
    copy_rows(
        "library_edition",
        "id, resource_id, number, revision_id, kind, title, index_number, content_json, body_text,"
        " body_format, digest, published_at",
        (item.edition_row() for item in public),
    )
    copy_rows(
        "library_liveedition",
        "resource_id, edition_id, first_published_at",
        ((item.pk, item.pk, item.moment) for item in public),
    )


class _Item:
    """One row of each table."""

    def __init__(self, pk: int, article: CorpusArticle, channel: Channel):
        content = ResourceContent(
            kind="article",
            title=article.title,
            body_html=article.body_html,
            source=article.unit,
            author="编辑部",
            index_number=article.index_number,
            channel_ids=(channel.pk,),
        ).as_json()
        self.pk = pk
        self.title = article.title
        self.index_number = article.index_number
        self.content = json.dumps(content, ensure_ascii=False)
        self.digest = crypto.sm3_hex(self.content.encode())
        self.status = "published" if pk // UNITS % 10 < PUBLISHED_OF_TEN else "draft"
        self.moment = (NEWEST - timedelta(seconds=article.number * 37 % 300_000_000)).isoformat(" ")

    def resource_row(self, units: Sequence[Organization], author: StaffAccount) -> tuple[object, ...]:
        unit = units[self.pk % len(units)]
        head = (self.pk, unit.pk, "article", self.title, self.status, "self_written", 1)
        return (*head, author.pk, self.moment, author.pk, self.moment)

    def edition_row(self) -> tuple[object, ...]:
        head = (self.pk, self.pk, 1, self.pk, "article", self.title, self.index_number)
        return (*head, self.content, "", 1, self.digest, self.moment)


def copy_rows(table: str, columns: str, rows: Iterable[tuple[object, ...]]) -> None:
    """Write rows by the fastest way the database has."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with cursor.cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
            return
        marks = ", ".join("?" for _ in columns.split(","))
        statement = f"INSERT INTO {table} ({columns}) VALUES ({marks})"  # noqa: S608 - names of our own
        cursor.connection.executemany(statement, _plain(rows))


def _plain(rows: Iterable[tuple[object, ...]]) -> Iterator[tuple[object, ...]]:
    for row in rows:
        yield tuple(_naive(value) for value in row)


def _naive(value: object) -> object:
    """Moments as SQLite keeps them: in UTC, without saying so."""
    is_moment = isinstance(value, str) and len(value) == len(NEWEST.isoformat())
    return value.removesuffix("+00:00") if is_moment and isinstance(value, str) else value


def _advance_keys() -> None:
    """Let PostgreSQL give the next keys after those that were copied in."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            for table in ("library_resource", "library_resourcerevision", "library_edition"):
                cursor.execute(
                    f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT MAX(id) FROM {table}))"  # noqa: S608
                )
        cursor.execute("ANALYZE")


if __name__ == "__main__":
    migrate_platform()
    city, news = make_city()
    fill_library(city, news, make_staff(city[0])[StaffRole.ENTRY_CLERK], int(sys.argv[2]))
