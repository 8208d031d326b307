"""Golden table of routes: profile × kind of unit × sort × target × major → who decides on each level.

Source: NT 15-16; HT 一¶3, 二(三); NB 4, 14; GL 七(一)4; CQ (三).
"""

from dataclasses import replace
from datetime import date, timedelta

import pytest
import time_machine

from jiyue.core import audit, clock
from jiyue.organizations.enums import UnitKind
from jiyue.organizations.models import Organization
from jiyue.organizations.services.profiles import set_up_profile
from jiyue.policy.selectors import read_rules
from jiyue.review.enums import Office, SortOfContent
from jiyue.review.models import ReviewRoute
from jiyue.review.routing import (
    Level,
    Route,
    RouteUnusable,
    deciding_unit,
    find_route,
    list_deciding_levels,
    needed_persons,
    read_shipped_routes,
)
from jiyue.review.services.offices import assign_office
from jiyue.review.services.routing import set_up_route
from jiyue.review.submission import Scope
from tests.factories import make_unit

pytestmark = pytest.mark.django_db

G = SortOfContent.GENERAL
OWN_TWO = ["own review_lead", "own leader_in_charge"]
DEPARTMENT, INSTITUTION = UnitKind.DEPARTMENT, UnitKind.PUBLIC_INSTITUTION

# target: "own" a site of the unit's own, "portal" its own portal, "other" another unit's site,
# "higher" another unit's portal
TARGETS = {
    "own": Scope(),
    "portal": Scope(is_for_portal=True),
    "other": Scope(is_for_other_units=True),
    "higher": Scope(is_for_other_units=True, is_for_portal=True),
}
MAJOR_OWN = [*OWN_TWO, "own principal_leader"]
GOVERNMENT_OFFICE = [*OWN_TWO, "government_office leader_in_charge"]
DATA_BUREAU = [*OWN_TWO, "data_bureau review_lead"]

GOLDEN = [
    # NT 15: clerk → lead → leader in charge, for major information the principal leader too
    ("NT", DEPARTMENT, G, "own", False, OWN_TWO),
    ("NT", DEPARTMENT, G, "own", True, MAJOR_OWN),
    ("NT", INSTITUTION, G, "own", False, OWN_TWO),
    ("NT", DEPARTMENT, G, "other", False, OWN_TWO),
    # NT 15-16: the leader's consent before the portal, the big-data bureau proofreads everything else on it
    ("NT", DEPARTMENT, G, "higher", False, DATA_BUREAU),
    ("NT", DEPARTMENT, SortOfContent.NOTICE, "higher", False, DATA_BUREAU),
    ("NT", DEPARTMENT, SortOfContent.INTERPRETATION, "higher", False, DATA_BUREAU),
    ("NT", DEPARTMENT, G, "higher", True, [*MAJOR_OWN, "data_bureau review_lead"]),
    ("NT", DEPARTMENT, G, "portal", False, DATA_BUREAU),
    # NT 16: classes with an approver of their own, wherever they go
    ("NT", DEPARTMENT, SortOfContent.LEADER_PROFILE, "higher", False, GOVERNMENT_OFFICE),
    ("NT", DEPARTMENT, SortOfContent.GOVERNMENT_DOCUMENT, "portal", False, GOVERNMENT_OFFICE),
    ("NT", DEPARTMENT, SortOfContent.GOVERNMENT_MEETING, "higher", False, GOVERNMENT_OFFICE),
    (
        "NT",
        DEPARTMENT,
        SortOfContent.GOVERNMENT_DOCUMENT,
        "higher",
        True,
        [*MAJOR_OWN, "government_office leader_in_charge"],
    ),
    (
        "NT",
        DEPARTMENT,
        SortOfContent.DISCLOSURE_REQUEST,
        "higher",
        False,
        [*OWN_TWO, "disclosure_body leader_in_charge"],
    ),
    (
        "NT",
        DEPARTMENT,
        SortOfContent.MAYORS_MAILBOX,
        "higher",
        False,
        [*OWN_TWO, "letters_bureau leader_in_charge"],
    ),
    (
        "NT",
        DEPARTMENT,
        SortOfContent.MAJOR_LEADER_NEWS,
        "higher",
        False,
        [*OWN_TWO, "data_bureau principal_leader"],
    ),
    # HT 二(三)2: departments and townships release through their own review account
    ("HT", DEPARTMENT, G, "own", False, ["own principal_leader"]),
    ("HT", DEPARTMENT, G, "higher", True, ["own principal_leader"]),
    ("HT", UnitKind.GOVERNMENT, G, "higher", False, ["own principal_leader"]),
    ("HT", UnitKind.DISPATCHED_OFFICE, G, "higher", False, ["own principal_leader"]),
    # HT 二(三)2: other units on signed paper, the portal releases
    ("HT", INSTITUTION, G, "higher", False, ["portal review_lead"]),
    ("HT", UnitKind.SUBORDINATE_UNIT, G, "own", False, ["portal review_lead"]),
    ("HT", UnitKind.VERTICAL, G, "higher", True, ["portal review_lead"]),
    # HT 二(三)3-4: notices and documents, whoever submits them
    ("HT", DEPARTMENT, SortOfContent.NOTICE, "higher", False, ["portal review_lead"]),
    ("HT", INSTITUTION, SortOfContent.NOTICE, "higher", False, ["portal review_lead"]),
    (
        "HT",
        DEPARTMENT,
        SortOfContent.GOVERNMENT_DOCUMENT,
        "higher",
        False,
        ["own principal_leader", "portal review_lead"],
    ),
    # NB 4: provide, review, publish; GL asks for two at least, the default route has three; CQ (三)
    ("NB", DEPARTMENT, G, "higher", False, OWN_TWO),
    ("NB", INSTITUTION, SortOfContent.GOVERNMENT_DOCUMENT, "own", False, OWN_TWO),
    ("NB", DEPARTMENT, G, "own", True, MAJOR_OWN),
    ("GL", DEPARTMENT, G, "own", False, OWN_TWO),
    ("GL", DEPARTMENT, SortOfContent.NOTICE, "higher", True, MAJOR_OWN),
    ("CQ", DEPARTMENT, G, "own", False, OWN_TWO),
    ("CQ", DEPARTMENT, G, "higher", True, MAJOR_OWN),
    ("", DEPARTMENT, G, "portal", False, OWN_TWO),
]


@pytest.fixture
def unit() -> Organization:
    return make_unit("A00000001", "市交通局")


def governed(unit: Organization, profile: str, kind: str = DEPARTMENT) -> Organization:
    """The unit under a profile."""
    Organization.objects.filter(pk=unit.pk).update(kind=kind)
    unit.refresh_from_db()
    if profile:
        set_up_profile(unit=unit, profile=profile, actor=audit.PLATFORM)
    return unit


def route_of(unit: Organization, scope: Scope = TARGETS["own"], *, is_major: bool = False) -> Route:
    return find_route(unit, scope, read_rules(unit), is_major=is_major)


def levels(route: Route) -> list[str]:
    return [f"{level.unit} {level.role}" for level in route.levels]


@pytest.mark.req("REV-04", "REV-05", "REV-06", "REV-07", "REV-08", "REV-09", "REV-10", "REV-11")
@pytest.mark.parametrize(("profile", "kind", "sort", "target", "is_major", "expected"), GOLDEN)
def test_route_of(
    unit: Organization,
    profile: str,
    kind: str,
    sort: SortOfContent,
    target: str,
    is_major: bool,
    expected: list[str],
) -> None:
    governed(unit, profile, kind)
    route = route_of(unit, replace(TARGETS[target], sort=sort), is_major=is_major)
    assert levels(route) == expected
    assert route.submitter_role == "entry_clerk"
    assert route.persons >= needed_persons(unit, read_rules(unit))


@pytest.mark.req("REV-13", "REV-14")
def test_every_shipped_route_signs_the_checklist_and_makes_the_secrecy_review() -> None:
    for routes in read_shipped_routes().values():
        for route in routes:
            assert any(level.gates for level in route.levels), route.key
            assert any(level.secrecy for level in route.levels), route.key
            assert route.clause


@pytest.mark.req("REV-08", "REV-09", "REV-10")
def test_papers_are_asked_for_where_the_district_says_so() -> None:
    papers = {route.key: route.papers for route in read_shipped_routes()["HT"]}
    assert papers == {
        "HT.department": (),
        "HT.other_unit": ("stamped_submission",),
        "HT.notice": ("notice_consent",),
        "HT.document": ("document_consent", "interpretation_consent"),
    }
    assert not any(route.papers for route in read_shipped_routes()["NT"])


@pytest.mark.req("REV-05")
def test_special_approvers_of_the_profile_are_those_of_its_routes() -> None:
    """The table of classes in the profile and the routes that carry it out name the same five."""
    classes = {
        "leaders_documents_meetings": "NT.leaders_documents_meetings",
        "disclosure_requests": "NT.disclosure_request",
        "mayors_mailbox": "NT.mayors_mailbox",
        "major_leader_news": "NT.major_leader_news",
        "other_portal_content": "NT.portal",
    }
    stated = read_rules(profiles=["NT"]).value("review.special_approvers").items
    assert set(stated) == set(classes)
    assert set(classes.values()) <= {route.key for route in read_shipped_routes()["NT"]}


@pytest.mark.req("REV-06")
def test_own_leader_in_charge_decides_before_an_item_leaves_for_the_portal() -> None:
    for route in read_shipped_routes()["NT"]:
        order = [(level.unit, level.role) for level in route.levels]
        consent = order.index(("own", "leader_in_charge"))
        assert all(unit == "own" for unit, _role in order[: consent + 1]), route.key


def spec(**values: object) -> dict[str, object]:
    """A local route as a platform manager enters it."""
    fields: dict[str, object] = {
        "name": "本地流程",
        "clause": "本地规定第3条",
        "levels": [
            {"role": "review_lead", "unit": "own", "gates": True, "secrecy": True},
            {"role": "principal_leader", "unit": "own"},
        ],
    }
    return {**fields, **values}


@pytest.mark.req("REV-11")
def test_local_routes_come_before_those_of_the_profile(unit: Organization) -> None:
    """By unit kind, sort and site; without touching code."""
    governed(unit, "NT")
    set_up_route(unit=unit, key="all", spec=spec(), actor=audit.PLATFORM)
    assert levels(route_of(unit, TARGETS["higher"])) == ["own review_lead", "own principal_leader"]
    set_up_route(unit=unit, key="school", spec=spec(sites=["jiaoyu"], sorts=["notice"]), actor=audit.PLATFORM)
    scope = Scope(sort=SortOfContent.NOTICE, site_keys=frozenset({"jiaoyu"}))
    assert route_of(unit, scope).key == "school"
    assert route_of(unit, replace(scope, site_keys=frozenset({"portal"}))).key == "all"
    assert route_of(unit, replace(scope, sort=G)).key == "all"


@pytest.mark.req("REV-11")
def test_route_of_a_unit_holds_for_its_subtree_and_a_nearer_one_wins(unit: Organization) -> None:
    below = make_unit("A00000101", superior=unit, kind=INSTITUTION)
    beside = make_unit("B00000001")
    set_up_route(unit=unit, key="top", spec=spec(), actor=audit.PLATFORM)
    assert route_of(below).key == "top"
    assert route_of(beside).key == "default"
    set_up_route(unit=below, key="near", spec=spec(), actor=audit.PLATFORM)
    assert route_of(below).key == "near"
    assert route_of(unit).key == "top"


@pytest.mark.req("REV-11")
def test_newest_version_in_effect_counts_and_an_ended_route_is_gone(unit: Organization) -> None:
    today = clock.today()
    set_up_route(unit=unit, key="x", spec=spec(name="一"), actor=audit.PLATFORM)
    row = ReviewRoute.objects.get()
    later = {"unit": unit, "key": "x", "created_at": clock.now()}
    ReviewRoute.objects.create(
        version=2,
        spec_json={**(row.spec_json or {}), "name": "二"},
        effective_on=today + timedelta(days=1),
        **later,
    )
    ReviewRoute.objects.create(version=3, spec_json=None, effective_on=today + timedelta(days=3), **later)
    names = []
    for days in range(5):
        with time_machine.travel(clock.now() + timedelta(days=days), tick=False):
            names.append(route_of(unit).name)
    assert names == ["一", "二", "二", "", ""]


def test_principal_leader_comes_behind_the_own_people_and_only_once(unit: Organization) -> None:
    route = [
        {"role": "review_lead", "gates": True, "secrecy": True},
        {"role": "review_lead", "unit": "portal"},
        {"role": "leader_in_charge"},
    ]
    assign_office(
        governed_unit=unit,
        office=Office.PORTAL,
        holder=unit,
        starts_on=clock.today(),
        actor=audit.PLATFORM,
    )
    set_up_route(unit=unit, key="x", spec=spec(levels=route), actor=audit.PLATFORM)
    assert levels(route_of(unit, is_major=True)) == [
        "own review_lead",
        "own principal_leader",
        "portal review_lead",
        "own leader_in_charge",
    ]


@pytest.mark.req("REV-01")
def test_route_that_passes_fewer_persons_than_the_rules_ask_for_is_not_taken(unit: Organization) -> None:
    """A row written past the service, or a profile that became stricter since."""
    governed(unit, "NB")
    ReviewRoute.objects.create(
        unit=unit,
        key="short",
        version=1,
        spec_json=Route("short", "短", "", (Level("review_lead", gates=True, secrecy=True),)).as_json(),
        effective_on=date(2020, 1, 1),
        created_at=clock.now(),
    )
    with pytest.raises(RouteUnusable):
        route_of(unit)


@pytest.mark.req("REV-05", "REV-08")
def test_office_is_the_unit_named_for_the_nearest_unit_above_on_that_day(unit: Organization) -> None:
    county = make_unit("C00000001", superior=unit)
    town = make_unit("C00000101", superior=county)
    bureau, county_bureau = make_unit("D00000001"), make_unit("D00000002")
    level = Level("review_lead", unit=Office.DATA_BUREAU)
    with pytest.raises(RouteUnusable):
        deciding_unit(level, town)
    today = clock.today()
    name = {"office": Office.DATA_BUREAU, "actor": audit.PLATFORM}
    assign_office(governed_unit=unit, holder=bureau, starts_on=today, **name)  # type: ignore[arg-type]
    assert deciding_unit(level, town) == bureau
    tomorrow = today + timedelta(days=1)
    assign_office(governed_unit=county, holder=county_bureau, starts_on=tomorrow, **name)  # type: ignore[arg-type]
    assert deciding_unit(level, town) == bureau
    with time_machine.travel(clock.now() + timedelta(days=1), tick=False):
        assert deciding_unit(level, town) == county_bureau
        assert deciding_unit(level, unit) == bureau
        assign_office(governed_unit=county, holder=bureau, starts_on=clock.today(), **name)  # type: ignore[arg-type]
        assert deciding_unit(level, town) == bureau


def office(unit: Organization, which: Office, holder: Organization) -> None:
    assign_office(
        governed_unit=unit, office=which, holder=holder, starts_on=clock.today(), actor=audit.PLATFORM
    )


@pytest.mark.req("REV-05")
def test_office_does_not_ask_its_own_post_twice(unit: Organization) -> None:
    """The government office's own documents, the big-data bureau's own news: three persons, no repetition."""
    governed(unit, "NT")
    rules = read_rules(unit)
    for which in (Office.GOVERNMENT_OFFICE, Office.DATA_BUREAU):
        office(unit, which, unit)
    for scope in (Scope(sort=SortOfContent.GOVERNMENT_DOCUMENT), TARGETS["portal"]):
        laid = list_deciding_levels(route_of(unit, scope), unit, rules)
        assert [level.role for level, _unit in laid] == ["review_lead", "leader_in_charge"]
        assert laid[0][0].gates
        assert laid[0][0].secrecy
    below = make_unit("A00000101", superior=unit)
    laid = list_deciding_levels(route_of(below, TARGETS["higher"]), below, rules)
    assert [(level.role, one) for level, one in laid] == [
        ("review_lead", below),
        ("leader_in_charge", below),
        ("review_lead", unit),
    ]


def test_office_asks_twice_where_the_rules_need_as_many_persons(unit: Organization) -> None:
    governed(unit, "NB")
    office(unit, Office.PORTAL, unit)
    levels = [
        {"role": "review_lead", "gates": True},
        {"role": "review_lead", "unit": "portal", "secrecy": True},
    ]
    set_up_route(
        unit=unit, key="x", spec=spec(levels=levels, unit_kinds=["department"]), actor=audit.PLATFORM
    )
    assert len(list_deciding_levels(route_of(unit), unit, read_rules(unit))) == 2
