"""The demonstration city's content: complete, consistent and dated relative to the day of loading."""

import re
from collections import Counter
from datetime import date
from functools import cache
from itertools import chain
from xml.etree import ElementTree

import pytest

from jiyue.demo import content
from jiyue.demo.content import DemoCity, DemoItem, load_city
from jiyue.demo.images import MOTIFS, PALETTES

TODAY = date(2026, 11, 21)
# New year, leap day, the day after a document's yearly day, an ordinary day, the last of a year.
LOADING_DAYS = [date(2027, 1, 1), date(2028, 2, 29), date(2027, 6, 19), TODAY, date(2026, 12, 31)]
WORK_STATES = {
    "draft": 6,
    "waiting_1": 5,
    "waiting_2": 4,
    "waiting_3": 3,
    "returned": 3,
    "withdrawn": 2,
    "in_case": 15,
}
MINIMUM_BODY = 120  # characters


@cache
def city_on(day: date) -> DemoCity:
    return load_city(day)


@pytest.fixture
def city() -> DemoCity:
    return city_on(TODAY)


def published(city: DemoCity) -> list[DemoItem]:
    return [item for item in city.items if item.state == "published"]


def plain(item: DemoItem) -> str:
    body = ElementTree.fromstring(f"<div>{item.body_html}</div>")  # noqa: S314 (our own files)
    return "".join(body.itertext())


def raw_texts() -> list[tuple[str, str]]:
    return [(path.name, path.read_text("utf-8")) for path in sorted((content.CONTENT / "items").glob("*.md"))]


def luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_there_are_enough_items_for_pages_to_look_alive(city: DemoCity) -> None:
    assert len(city.items) >= 320
    counts = Counter(chain.from_iterable(item.channels for item in published(city)))
    listing = [channel for channel in city.channels if channel.content != "group"]
    short = [channel.path for channel in listing if counts[channel.site, channel.key] < 3]
    assert short == []
    assert sum(count > 60 for count in counts.values()) >= 2


def test_some_items_wait_on_the_workbench(city: DemoCity) -> None:
    counts = Counter(item.state for item in city.items)
    del counts["published"]
    assert counts == WORK_STATES
    for item in city.items:
        assert bool(item.state_reason) == (item.state in ("returned", "withdrawn")), item.key


def test_items_are_shared_between_sites_and_illustrated(city: DemoCity) -> None:
    shared = [item for item in published(city) if len({site for site, _ in item.channels}) > 1]
    assert len(shared) >= 30
    pictures = [item.image for item in published(city) if item.image]
    assert len(pictures) >= 40
    assert len({picture.motif for picture in pictures}) >= 12
    for picture in pictures:
        assert picture.motif in MOTIFS
        assert picture.palette in PALETTES
        assert picture.alt
        assert picture.caption


def test_every_reference_resolves(city: DemoCity) -> None:
    units = {unit.key for unit in city.units}
    assert all({unit.parent, unit.supervisor} <= units | {""} for unit in city.units)
    assert all({person.unit, person.role_unit} <= units for person in city.people)
    assert all(person.role in content.ROLES for person in city.people)
    assert all({site.sponsor, site.operator} <= units for site in city.sites)
    assert all(site.logo.is_file() and site.logo_alt for site in city.sites)
    assert {channel.site for channel in city.channels} == {site.key for site in city.sites}
    assert all(units.issuperset(channel.contributors) for channel in city.channels)
    for item in city.items:
        assert item.kind in content.KINDS
        assert item.state in content.STATES


def test_items_stand_only_in_channels_their_unit_contributes_to(city: DemoCity) -> None:
    contributors = {(channel.site, channel.key): channel.contributors for channel in city.channels}
    strangers = [
        (item.key, channel)
        for item in city.items
        for channel in item.channels
        if item.unit not in contributors[channel]
    ]
    assert strangers == []


def test_each_publishing_unit_has_a_clerk_and_three_leaders(city: DemoCity) -> None:
    roles = {(person.unit, person.role) for person in city.people}
    for unit in city.units:
        if unit.publishes:
            assert {(unit.key, role) for role in content.PUBLISHING_ROLES} <= roles
    assert Counter(person.role for person in city.people)["platform_manager"] == 2  # changes take two persons
    assert Counter(person.role for person in city.people)["inspector"] == 1
    logins = [person.login for person in city.people]
    assert len(set(logins)) == len(logins)
    assert all(re.fullmatch(r"[a-z]{4,12}", login) for login in logins)


def test_nothing_points_to_a_real_place_on_the_network(city: DemoCity) -> None:
    assert all(site.host.endswith(".localhost") for site in city.sites)
    for name, text in raw_texts():
        assert not re.search(r"https?://|www\.|\.(?:cn|com|org)\b", text), name
        assert not re.search(r"(?<![\d-])(?!0000)0?\d{3,4}-\d{7,8}|(?<!\d)1\d{10}(?!\d)", text), name


@pytest.mark.parametrize("today", LOADING_DAYS)
def test_dates_hold_whatever_the_day_of_loading(today: date) -> None:
    city = city_on(today)
    items = {item.key: item for item in city.items}
    for item in city.items:
        age = (today - item.published_at.date()).days
        assert age >= (1 if item.state == "published" else 0), item.key
        assert age <= 2 * 366, item.key
        assert item.written_on <= item.published_at.date(), item.key
        for relation, key in item.relations:
            assert items[key].published_at.date() <= item.published_at.date(), (relation, item.key)
    recent = [item for item in published(city) if (today - item.published_at.date()).days <= 60]
    assert len(recent) > len(published(city)) / 4


@pytest.mark.parametrize("today", LOADING_DAYS)
def test_titles_and_document_numbers_are_unique(today: date) -> None:
    titles = Counter(item.title for item in city_on(today).items)
    assert [title for title, count in titles.items() if count > 1] == []
    numbers = Counter(item.document_number for item in city_on(today).items if item.document_number)
    assert [number for number, count in numbers.items() if count > 1] == []


def test_texts_name_no_year_of_their_own() -> None:
    for name, text in raw_texts():
        assert not re.search(r"20[1-4]\d\s*[年〕-]", text), name


def test_texts_keep_to_the_wording_rules() -> None:
    """REV-22: no first-person unit words, no words for days that depend on the reader."""
    for name, text in raw_texts():
        found = re.search(
            r"我(?:市|县|区|局|委|镇)(?!长)|今天|昨天|昨日|今日|明日|(?<![一二三四五六七八九十\d])日前|近日",
            text,
        )
        assert found is None, (name, found)


def test_titles_are_short_enough_for_a_list(city: DemoCity) -> None:
    lengths = [len(item.title) for item in city.items]
    assert sum(length > 30 for length in lengths) < len(lengths) / 10
    assert max(lengths) <= 60


def test_bodies_are_well_formed_and_say_something(city: DemoCity) -> None:
    for item in city.items:
        text = plain(item)
        assert "{" not in text, item.key
        assert "**" not in text, item.key
        if "<table>" not in item.body_html:
            assert len(text) >= MINIMUM_BODY, item.key
        assert item.summary, item.key
        assert all((item.source, item.author, item.issuing_body)), item.key


def test_policy_documents_carry_their_metadata(city: DemoCity) -> None:
    documents = [item for item in city.items if item.kind == "policy_document"]
    assert {item.validity for item in documents} == set(content.VALIDITIES)
    assert all(item.validity == "" for item in city.items if item.kind != "policy_document")
    assert sum("<table>" in item.body_html for item in documents) >= 10
    assert sum("第一条" in item.body_html for item in documents) >= 10
    assert sum(item.kind == "interpretation" for item in city.items) >= 10


def test_marked_documents_have_the_document_that_changed_them(city: DemoCity) -> None:
    items = {item.key: item for item in city.items}
    targets = {
        (relation, key) for item in city.items for relation, key in item.relations if relation != "interprets"
    }
    assert targets
    for relation, key in targets:
        assert items[key].validity == {"amends": "amended", "repeals": "repealed"}[relation]


def test_accents_are_readable_on_white(city: DemoCity) -> None:
    for site in city.sites:
        assert 1.05 / (luminance(site.accent) + 0.05) >= 4.5, site.key
        assert re.fullmatch(r"\d{10}", site.identity_code)


def test_channel_addresses_are_plain_and_unique(city: DemoCity) -> None:
    addresses = [(channel.site, channel.path) for channel in city.channels]
    assert len(set(addresses)) == len(addresses)
    assert all(re.fullmatch(r"[a-z]+(?:/[a-z]+)*", path) for _, path in addresses)
