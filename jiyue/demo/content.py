"""The demonstration city as typed data: units, people, sites, channels, items.

The texts are files under `content/`; nothing here knows the database. Dates are
counted back from the day of loading, so that the city always looks alive.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import chain
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from jiyue.demo.markup import ContentError, Dates, Entry, read_entries, render_markdown, shift_month

CONTENT = Path(__file__).parent / "content"
CHINA = ZoneInfo("Asia/Shanghai")
SUMMARY_LENGTH = 90  # characters: two lines of a list on a desktop screen

KINDS = ("article", "notice", "policy_document", "interpretation", "static_page")
STATES = ("published", "draft", "waiting_1", "waiting_2", "waiting_3", "returned", "withdrawn", "in_case")
VALIDITIES = ("valid", "amended", "repealed", "lapsed")
RELATIONS = ("interprets", "amends", "repeals")
ROLES = (
    "entry_clerk",
    "review_lead",
    "leader_in_charge",
    "principal_leader",
    "account_manager",
    "coordinator",
    "co_regulation_contact",
    "platform_manager",
    "inspector",
)
PUBLISHING_ROLES = ROLES[:4]

_KNOWN_FIELDS = {
    *("key", "unit", "kind", "sort", "title", "summary", "channels", "state", "reason", "major"),
    *("days_ago", "on", "years_back", "month_day", "months_back", "follows", "time", "written_before"),
    *("number", "issuer", "validity", "subject", "genre", "audience", "keywords"),
    *("source", "author", "region", "image", "alt", "caption"),
    *RELATIONS,
}


@dataclass(frozen=True, slots=True)
class DemoUnit:
    """A government body; `publishes` is false for the two governments as such."""

    key: str
    name: str
    short_name: str
    code: str  # nine digits, invented; first part of index numbers
    level: str  # city | county | township
    kind: str  # government | office | department | institution
    parent: str  # superior unit: its key, "" for the root
    supervisor: str  # supervising unit at the same level: its key, "" for none
    publishes: bool
    region: str  # "" for the city and the county


@dataclass(frozen=True, slots=True)
class DemoPerson:
    """One member of staff in one role of one unit."""

    unit: str
    role: str  # one of ROLES
    name: str
    login: str
    role_unit: str  # the unit the role is held in; the person's own as a rule


@dataclass(frozen=True, slots=True)
class DemoSite:
    """A website with everything its header and footer show."""

    key: str
    name: str
    short_name: str
    type: str  # portal | department
    accent: str  # "#rrggbb"
    host: str
    logo: Path  # an SVG file
    logo_alt: str
    sponsor: str  # unit key
    operator: str  # unit key
    contact: str
    identity_code: str
    icp_filing: str
    psb_filing: str
    technical_supporter: str


@dataclass(frozen=True, slots=True)
class DemoChannel:
    """A node of a site's channel tree; parents come before their children."""

    site: str
    key: str  # unique within its site
    name: str
    segment: str  # own part of the address
    path: str  # whole address without slashes at its ends: "gongkai/wenjian"
    parent: str  # channel key, "" at the top
    content: str  # news | documents | services | static | group (holds channels only)
    home_page_order: int | None
    contributors: tuple[str, ...]  # unit keys


@dataclass(frozen=True, slots=True)
class DemoImage:
    """A picture to be drawn by `jiyue.demo.images.render_image`."""

    motif: str
    palette: str
    seed: int
    alt: str
    caption: str


@dataclass(frozen=True, slots=True)
class DemoItem:
    """One item of the library, ready to be entered and taken through review."""

    key: str
    unit: str
    kind: str  # one of KINDS
    sort: str  # a sort of content with a route of its own; "" as the kind says
    title: str
    summary: str
    body_html: str  # well-formed XHTML fragment
    published_at: datetime  # Asia/Shanghai; for unpublished states the last change
    written_on: date
    source: str
    author: str
    keywords: tuple[str, ...]
    document_number: str  # "" unless a numbered document
    issuing_body: str
    validity: str  # one of VALIDITIES for policy documents, else ""
    subject_category: str  # levels separated by a backslash
    genre_category: str
    audience: str
    openness: str
    region: str
    language: str
    is_major: bool  # needs the principal leader as well
    channels: tuple[tuple[str, str], ...]  # (site key, channel key)
    image: DemoImage | None
    relations: tuple[tuple[str, str], ...]  # (one of RELATIONS, item key)
    state: str  # one of STATES; "in_case" waits in a case of review.toml
    state_reason: str  # why returned or withdrawn


@dataclass(frozen=True, slots=True)
class DemoCity:
    """Everything the demonstration loads; items run from the oldest to the newest."""

    units: tuple[DemoUnit, ...]
    people: tuple[DemoPerson, ...]
    sites: tuple[DemoSite, ...]
    channels: tuple[DemoChannel, ...]
    items: tuple[DemoItem, ...]


def load_city(today: date) -> DemoCity:
    """Read the city and date its items relative to `today`.

    Published items are dated before `today`, so that none lies in the future
    whatever the hour of loading.

    Raises:
        ContentError: A content file is malformed or names something unknown.
    """
    raw = tomllib.loads((CONTENT / "city.toml").read_text("utf-8"))
    units = tuple(_read_unit(row) for row in raw["units"])
    people = tuple(DemoPerson(*row) for row in _people_rows(raw["people"]["rows"]))
    sites = tuple(DemoSite(**row | {"logo": CONTENT / row["logo"]}) for row in raw["sites"])
    trees = (_read_tree(site, rows, units) for site, rows in raw["channels"].items())
    channels = tuple(chain.from_iterable(trees))
    items = _read_items(today, units=units, people=people, channels=channels)
    return DemoCity(units=units, people=people, sites=sites, channels=channels, items=items)


def _read_unit(row: Mapping[str, Any]) -> DemoUnit:
    defaults: dict[str, Any] = {"parent": "", "supervisor": "", "publishes": True, "region": ""}
    return DemoUnit(**defaults | dict(row))


def _people_rows(rows: list[list[str]]) -> list[tuple[str, str, str, str, str]]:
    return [
        (unit, role, name, login, where[0] if where else unit) for unit, role, name, login, *where in rows
    ]


def _read_tree(site: str, rows: list[list[Any]], units: tuple[DemoUnit, ...]) -> list[DemoChannel]:
    paths = {"": ""}
    tree = []
    for key, name, segment, parent, content, order, contributors in rows:
        if parent not in paths:
            raise ContentError(f"city.toml: channel {site}/{key} comes before its parent {parent!r}.")
        paths[key] = f"{paths[parent]}/{segment}".lstrip("/")
        tree.append(
            DemoChannel(
                site=site,
                key=key,
                name=name,
                segment=segment,
                path=paths[key],
                parent=parent,
                content=content,
                home_page_order=order or None,
                contributors=_expand_contributors(contributors, units),
            )
        )
    return tree


def _expand_contributors(names: list[str], units: tuple[DemoUnit, ...]) -> tuple[str, ...]:
    groups = {
        "city": [unit.key for unit in units if unit.publishes and unit.level == "city"],
        "county": [unit.key for unit in units if unit.publishes and unit.level != "city"],
    }
    return tuple(dict.fromkeys(chain.from_iterable(groups.get(name, [name]) for name in names)))


def _read_items(
    today: date,
    *,
    units: tuple[DemoUnit, ...],
    people: tuple[DemoPerson, ...],
    channels: tuple[DemoChannel, ...],
) -> tuple[DemoItem, ...]:
    entries: dict[str, Entry] = {}
    for path in sorted((CONTENT / "items").glob("*.md")):
        for entry in read_entries(path.read_text("utf-8"), file_name=path.name):
            _check_fields(entry, channels, taken=entries)
            entries[entry.fields["key"]] = entry
    days = _publication_days(entries, today)
    reader = _ItemReader(
        days=days,
        unit_names={unit.key: unit.name for unit in units},
        clerks={person.unit: person.name for person in people if person.role == "entry_clerk"},
        regions={unit.key: unit.region or ("云汀市" if unit.level == "city" else "青苇县") for unit in units},
        references=_references(entries, days),
    )
    items = [reader.read(entry) for entry in entries.values()]
    return tuple(sorted(items, key=lambda item: (item.published_at, item.key)))


def _check_fields(entry: Entry, channels: tuple[DemoChannel, ...], *, taken: Mapping[str, Entry]) -> None:
    unknown = set(entry.fields) - _KNOWN_FIELDS
    if unknown:
        raise ContentError(f"{entry.origin}: unknown fields {sorted(unknown)}.")
    for name in ("key", "unit", "title", "time", "channels"):
        if not entry.fields.get(name):
            raise ContentError(f"{entry.origin}: field '{name}' is missing.")
    if entry.fields["key"] in taken:
        raise ContentError(f"{entry.origin}: key used before in {taken[entry.fields['key']].origin}.")
    holding = {f"{channel.site}/{channel.key}" for channel in channels if channel.content != "group"}
    if not holding.issuperset(entry.fields["channels"]):
        raise ContentError(f"{entry.origin}: unknown channel in {entry.fields['channels']}.")


def _publication_days(entries: Mapping[str, Entry], today: date) -> dict[str, date]:
    """Day of every entry; one that `follows` another appears the day after it."""
    days = {
        key: _published_on(entry.fields, today, origin=entry.origin)
        for key, entry in entries.items()
        if "follows" not in entry.fields
    }
    yesterday = today - timedelta(days=1)
    for key, entry in entries.items():
        if "follows" in entry.fields:
            followed = days.get(entry.fields["follows"])
            if followed is None:
                raise ContentError(f"{entry.origin}: 'follows' names no dated item.")
            days[key] = min(_off_weekend(followed + timedelta(days=1), entry.fields), yesterday)
    return days


def _published_on(fields: Mapping[str, Any], today: date, *, origin: str) -> date:
    """Day of publication: so many days ago, the last such day of a year, or of a month."""
    yesterday = today - timedelta(days=1)
    if "days_ago" in fields:
        return today - timedelta(days=fields["days_ago"])
    if "on" in fields:
        month, day = map(int, fields["on"].split("-"))
        latest = date(yesterday.year, month, day)
        years = fields.get("years_back", 0) + (latest > yesterday)
        return _off_weekend(latest.replace(year=latest.year - years), fields)
    if "month_day" in fields:
        months = fields["months_back"] + (fields["month_day"] > yesterday.day)
        return shift_month(yesterday, -months).replace(day=fields["month_day"])
    raise ContentError(f"{origin}: no 'days_ago', 'on', 'month_day' or 'follows'.")


def _off_weekend(day: date, fields: Mapping[str, Any]) -> date:
    """Official documents appear on working days: move one back to Friday."""
    is_document = fields.get("kind") in ("policy_document", "interpretation")
    return day - timedelta(days=max(0, day.weekday() - 4)) if is_document else day


def _written_on(published_on: date, fields: Mapping[str, Any]) -> date:
    return published_on - timedelta(days=fields.get("written_before", 0))


def _references(entries: Mapping[str, Entry], days: Mapping[str, date]) -> dict[tuple[str, str], str]:
    """Titles and document numbers by which entries name each other."""
    found = {}
    for key, entry in entries.items():
        written_on = _written_on(days[key], entry.fields)
        title = Dates(days[key], written_on, {}).fill(entry.fields["title"], origin=entry.origin)
        number = Dates(written_on, written_on, {}).fill(entry.fields.get("number", ""), origin=entry.origin)
        found["title", key] = title
        found["number", key] = number
    return found


@dataclass(frozen=True, slots=True)
class _ItemReader:
    days: Mapping[str, date]
    unit_names: Mapping[str, str]
    clerks: Mapping[str, str]
    regions: Mapping[str, str]
    references: Mapping[tuple[str, str], str]

    def read(self, entry: Entry) -> DemoItem:
        fields = entry.fields
        unit, key = fields["unit"], fields["key"]
        if unit not in self.clerks:
            raise ContentError(f"{entry.origin}: unit {unit!r} has no entry clerk.")
        published_on, written_on = self.days[key], _written_on(self.days[key], fields)
        dates = Dates(published_on, written_on, self.references)
        body = dates.fill(entry.body, origin=entry.origin)
        kind = fields.get("kind", "article")
        return DemoItem(
            key=key,
            unit=unit,
            kind=kind,
            sort=fields.get("sort", ""),
            title=self.references["title", key],
            summary=dates.fill(fields.get("summary", ""), origin=entry.origin) or _summary(body),
            body_html=render_markdown(body),
            published_at=datetime.combine(published_on, time.fromisoformat(fields["time"]), CHINA),
            written_on=written_on,
            source=fields.get("source", self.unit_names[unit]),
            author=fields.get("author", self.clerks[unit]),
            keywords=tuple(fields.get("keywords", ())),
            document_number=self.references["number", key],
            issuing_body=fields.get("issuer", self.unit_names[unit]),
            validity=fields.get("validity", "valid" if kind == "policy_document" else ""),
            subject_category=fields.get("subject", "综合政务\\其他"),
            genre_category=fields.get("genre", "消息"),
            audience=fields.get("audience", "社会公众"),
            openness="active",
            region=fields.get("region", self.regions[unit]),
            language="zh-Hans",
            is_major=fields.get("major", False),
            channels=tuple(_split_channel(channel) for channel in fields["channels"]),
            image=_read_image(fields, dates, origin=entry.origin),
            relations=self._relations(fields, origin=entry.origin),
            state=fields.get("state", "published"),
            state_reason=fields.get("reason", ""),
        )

    def _relations(self, fields: Mapping[str, Any], *, origin: str) -> tuple[tuple[str, str], ...]:
        found = tuple((name, key) for name in RELATIONS for key in fields.get(name, ()))
        for _, key in found:
            if ("title", key) not in self.references:
                raise ContentError(f"{origin}: related item {key!r} does not exist.")
        return found


def _split_channel(address: str) -> tuple[str, str]:
    site, _, channel = address.partition("/")
    return site, channel


def _read_image(fields: Mapping[str, Any], dates: Dates, *, origin: str) -> DemoImage | None:
    """Picture named as "motif/palette"; its seed follows from the item's key."""
    if "image" not in fields:
        return None
    motif, _, palette = fields["image"].partition("/")
    return DemoImage(
        motif=motif,
        palette=palette,
        seed=sum(ord(character) * (place + 1) for place, character in enumerate(fields["key"])),
        alt=dates.fill(fields["alt"], origin=origin),
        caption=dates.fill(fields["caption"], origin=origin),
    )


def _summary(body: str) -> str:
    """First paragraph of running text, cut at `SUMMARY_LENGTH` characters."""
    paragraphs = (part.replace("\n", "").replace("**", "") for part in body.split("\n\n"))
    first = next((part for part in paragraphs if part[:1] not in "#|-→↔>"), "")
    return first if len(first) <= SUMMARY_LENGTH else first[: SUMMARY_LENGTH - 1] + "…"
