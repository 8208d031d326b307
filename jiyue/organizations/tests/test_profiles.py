"""Profiles of units and local values: inheritance, the stricter value, two persons, versions by day."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.db import IntegrityError, transaction

from jiyue.core import audit, two_person
from jiyue.core.errors import DomainError
from jiyue.core.models import AuditEntry, AuditText, ChangeStatus
from jiyue.organizations.enums import StaffRole
from jiyue.organizations.models import ProfileAssignment, UnitRole
from jiyue.organizations.services.profile_values import national_warning, propose_value
from jiyue.organizations.services.profiles import (
    found_profile,
    list_local_profiles,
    propose_assignment,
    rules_refusal,
    set_up_profile,
    usable_profiles,
)
from jiyue.policy.models import LocalProfile, LocalValue
from jiyue.policy.selectors import read_rules, value
from tests.factories import World, make_account, make_unit

CHINA = ZoneInfo("Asia/Shanghai")
TODAY, TOMORROW, YESTERDAY = date(2026, 11, 23), date(2026, 11, 24), date(2026, 11, 22)
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def monday():
    """Everything happens on 23 November 2026, shortly after midnight in Shanghai."""
    with time_machine.travel(datetime(2026, 11, 23, 0, 10, tzinfo=CHINA), tick=False) as moment:
        yield moment


@pytest.fixture
def city(world: World):
    return world.unit_a


@pytest.fixture
def county(city):
    return make_unit("C00000003", "县政府", supervising_unit=city)


@pytest.fixture
def town(county):
    return make_unit("D00000004", "镇政府", superior=county)


@pytest.fixture
def manager(city):
    return make_account("m1", city, StaffRole.PLATFORM_MANAGER).audit_actor()


@pytest.fixture
def second(city):
    return make_account("m2", city, StaffRole.PLATFORM_MANAGER).audit_actor()


def _approve(change, actor):
    return two_person.approve(change_id=change.pk, seen_digest=change.digest, actor=actor)


def _assignment(unit, actor, **values):
    defaults = {"profile": "NT", "is_strictest": False, "effective_on": TODAY, "reason": "市里要求"}
    return propose_assignment(unit=unit, **{**defaults, **values}, actor=actor)


def _value(profile, actor, **values):
    defaults = {
        "key": "message.reply",
        "value": 5,
        "unit": "working_days",
        "clause": "市政府令第1号第3条",
        "effective_on": TODAY,
        "reason": "市里要求",
    }
    return propose_value(profile=profile, **{**defaults, **values}, actor=actor)


@pytest.fixture
def local(city, manager, second):
    """A local profile of the city over NT, assigned to it."""
    profile = found_profile(unit=city, code="city-a", name="市级规则", parent="NT", actor=manager)
    _approve(_assignment(city, manager, profile="city-a"), second)
    return profile


def _facts(verb):
    entry = AuditEntry.objects.filter(verb=verb).latest("pk")
    return AuditText.objects.get(pk=entry.pk).body


@pytest.mark.req("PROF-02")
def test_profile_of_a_unit_is_inherited_by_its_subtree(city, county, town, manager, second) -> None:
    assert value("channel.update.dynamic", town).origin == "default"
    _approve(_assignment(city, manager), second)
    found = value("channel.update.dynamic", town)
    assert (found.origin, str(found.term), found.clause) == ("NT", str(found.term), "NT 6")
    assert found.term.number == 2
    _approve(_assignment(county, manager, profile="HT"), second)
    assert value("channel.update.dynamic", town).term.number == 12
    assert value("channel.update.dynamic", city).term.number == 2
    assert value("correction.reply", town).origin == "GL"  # HT is silent
    assert value("foi.reply", town).origin == "default"  # GL too


@pytest.mark.req("PROF-02")
def test_local_profile_inherits_from_its_parent_then_gl_then_the_default(
    local, city, manager, second
) -> None:
    _approve(_value(local, manager), second)
    assert read_rules(city).line == ("city-a", "NT", "GL", "default")
    assert (value("message.reply", city).origin, value("message.reply", city).number) == ("city-a", 5)
    assert value("channel.update.dynamic", city).origin == "NT"
    assert value("repost.deadline", city).origin == "GL"
    assert value("newmedia.review", city).origin == "default"


def test_blank_assignment_follows_the_unit_above_again(city, county, manager, second, monday) -> None:
    _approve(_assignment(city, manager), second)
    _approve(_assignment(county, manager, profile="HT"), second)
    monday.shift(86400)
    _approve(_assignment(county, manager, profile="", effective_on=TOMORROW), second)
    assert value("channel.update.dynamic", county).origin == "NT"
    assert value("channel.update.dynamic", county, on=TODAY).origin == "HT"


@pytest.mark.req("PROF-03")
@pytest.mark.parametrize(("is_strictest", "origin", "days"), [(False, "city-a", 5), (True, "GL", 3)])
def test_where_the_local_value_is_looser_the_assignment_decides(
    city, manager, second, is_strictest, origin, days
) -> None:
    profile = found_profile(unit=city, code="city-a", name="市级规则", parent="GL", actor=manager)
    _approve(_assignment(city, manager, profile="city-a", is_strictest=is_strictest), second)
    _approve(_value(profile, manager, key="correction.reply", value=5), second)
    found = value("correction.reply", city)
    assert (found.origin, found.number) == (origin, days)
    _approve(_value(profile, manager, key="correction.forward", value=12, unit="hours"), second)
    assert value("correction.forward", city).origin == "city-a"  # stricter: always the local one


@pytest.mark.req("PROF-03")
def test_the_decider_is_warned_of_a_value_looser_than_gl(local, manager) -> None:
    change = _value(local, manager, key="correction.reply", value=5)
    rows = two_person.TOPICS.get(change.topic).describe(change)
    warning = [after for _label, _before, after in rows if "GL" in after and "3" in after]
    assert warning
    assert national_warning("correction.reply", 2, "working_days") == ""
    assert national_warning("message.reply", 99, "working_days") == ""  # GL is silent
    assert national_warning("correction.reply", None, "") == ""


@pytest.mark.req("PROF-05")
def test_old_day_keeps_the_old_value_and_its_version(local, city, manager, second, monday) -> None:
    """What a clock that runs already stored, origin and version, stays true (PROF-05)."""
    _approve(_value(local, manager), second)
    first = value("message.reply", city)
    assert (first.number, first.origin, first.version, first.effective_on) == (5, "city-a", 1, TODAY)
    _approve(_value(local, manager, value=7, effective_on=date(2026, 12, 1)), second)
    assert value("message.reply", city) == first
    monday.move_to(datetime(2026, 12, 1, 0, 0, tzinfo=CHINA))
    later = value("message.reply", city)
    assert (later.number, later.version) == (7, 2)
    assert value("message.reply", city, on=date(2026, 11, 30)) == first
    assert value("message.reply", city, on=YESTERDAY).origin == "default"  # NT is silent


@pytest.mark.req("PROF-05")
def test_one_person_alone_changes_neither_value_nor_profile(local, city, manager) -> None:
    for change in (_value(local, manager), _assignment(city, manager, profile="HT")):
        with pytest.raises(two_person.SamePerson):
            _approve(change, manager)
    assert not LocalValue.objects.exists()
    assert value("channel.update.dynamic", city).origin == "NT"


@pytest.mark.req("PROF-05")
def test_no_change_reaches_back_before_the_day_of_approval(local, city, manager, second, monday) -> None:
    for propose in (lambda day: _value(local, manager, effective_on=day),
                    lambda day: _assignment(city, manager, profile="HT", effective_on=day)):  # fmt: skip
        with pytest.raises(DomainError) as caught:
            propose(YESTERDAY)
        assert caught.value.field == "effective_on"
        change = propose(TODAY)
        monday.shift(86400)
        with pytest.raises(DomainError):
            _approve(change, second)
        change.refresh_from_db()
        assert change.status == ChangeStatus.WAITING
        monday.shift(-86400)


@pytest.mark.req("PROF-05")
def test_profile_falls_silent_again_by_a_version_without_a_value(local, city, manager, second) -> None:
    _approve(_value(local, manager), second)
    _approve(_value(local, manager, value=None, clause=""), second)
    assert value("message.reply", city).origin == "default"
    assert list(LocalValue.objects.order_by("version").values_list("value", flat=True)) == [5, None]
    with pytest.raises(DomainError):
        _value(local, manager, value=None, clause="")


def test_every_change_of_rules_is_in_the_trail(local, manager, second) -> None:
    _approve(_value(local, manager), second)
    assert '"key":"message.reply"' in _facts("policy.value_changed").replace(" ", "")
    assert '"profile":"city-a"' in _facts("policy.profile_assigned").replace(" ", "")
    assert '"parent":"NT"' in _facts("policy.profile_created").replace(" ", "")


@pytest.mark.req("PROF-05")
def test_rows_of_values_and_assignments_are_never_changed_or_deleted(local, manager, second) -> None:
    _approve(_value(local, manager), second)
    for table, values in (
        (LocalValue, {"value": 9}),
        (ProfileAssignment, {"profile": "HT"}),
        (LocalProfile, {"parent": "GL"}),
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            table.objects.update(**values)
        with pytest.raises(IntegrityError), transaction.atomic():
            table.objects.all()._raw_delete("default")


@pytest.mark.parametrize(
    "values",
    [
        {"effective_on": YESTERDAY},
        {"version": 0},
        {"value": None},
        {"clause": ""},
    ],
    ids=["reaches back", "no version", "unit without value", "no clause"],
)
def test_the_database_itself_refuses_impossible_versions(local, values) -> None:
    row = {
        "profile": local,
        "key": "message.reply",
        "version": 1,
        "value": 5,
        "unit": "days",
        "clause": "x",
        "effective_on": TODAY,
        "approved_on": TODAY,
        "change_id": 99,
    }
    with pytest.raises(IntegrityError), transaction.atomic():
        LocalValue.objects.create(**{**row, **values})


@pytest.mark.req("ORG-04")
def test_only_platform_managers_above_the_unit_propose(world, city, county, manager) -> None:
    people = {
        role: make_account(f"r-{role.value[:30]}", city, role).audit_actor()
        for role in StaffRole
        if role != StaffRole.PLATFORM_MANAGER
    }
    below = make_account("below", county, StaffRole.PLATFORM_MANAGER).audit_actor()
    beside = make_account("beside", world.unit_b, StaffRole.PLATFORM_MANAGER).audit_actor()
    for actor in (*people.values(), below, beside, audit.PLATFORM):
        assert rules_refusal(actor, city) is not None
        with pytest.raises(DomainError):
            _assignment(city, actor)
        with pytest.raises(DomainError):
            found_profile(unit=city, code="x-1", name="x", parent="GL", actor=actor)
    assert rules_refusal(manager, county) is None
    assert rules_refusal(below, county) is None


@pytest.mark.req("ORG-04")
def test_deciders_are_managers_and_inspectors_above_the_unit(world, city, county, manager) -> None:
    change = _assignment(county, manager)
    topic = two_person.TOPICS.get(change.topic)
    inspector = make_account("i1", city, StaffRole.INSPECTOR).audit_actor()
    clerk = make_account("c1", city, StaffRole.ENTRY_CLERK).audit_actor()
    elsewhere = make_account("i2", world.unit_b, StaffRole.INSPECTOR).audit_actor()
    assert topic.refusal(change, inspector) is None
    assert topic.refusal(change, clerk) is not None
    assert topic.refusal(change, elsewhere) is not None
    with pytest.raises(DomainError):
        _approve(change, elsewhere)
    _approve(change, inspector)
    assert value("channel.update.dynamic", county).origin == "NT"


def test_a_role_that_ended_yesterday_decides_nothing(city, manager, second, monday) -> None:
    change = _assignment(city, manager, effective_on=TOMORROW)
    person = make_account("ended", city).person
    UnitRole.objects.create(
        person=person,
        unit=city,
        role=StaffRole.PLATFORM_MANAGER,
        starts_on=date(2020, 1, 1),
        ends_on=YESTERDAY,
    )
    with pytest.raises(DomainError):
        _approve(change, person.accounts.get().audit_actor())


def test_local_profile_serves_only_the_subtree_of_its_unit(world, city, county, town, manager) -> None:
    found_profile(unit=county, code="county-c", name="县级规则", parent="GL", actor=manager)
    assert "county-c" in usable_profiles(town)
    assert "county-c" not in usable_profiles(city)
    assert [profile.code for profile in list_local_profiles(county)] == ["county-c"]
    with pytest.raises(DomainError) as caught:
        _assignment(city, manager, profile="county-c")
    assert caught.value.field == "profile"
    with pytest.raises(DomainError) as caught:
        found_profile(unit=city, code="city-x", name="x", parent="county-c", actor=manager)
    assert caught.value.field == "parent"
    found_profile(unit=town, code="town-d", name="镇级规则", parent="county-c", actor=manager)
    assert read_rules(profiles=["town-d"]).line == ("town-d", "county-c", "GL", "default")


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"code": "GL"}, "code"),
        ({"code": "gl"}, "code"),
        ({"code": "default"}, "code"),
        ({"code": "CITY-A"}, "code"),
        ({"code": "1x"}, "code"),
        ({"code": "x" * 41}, "code"),
        ({"code": "../x"}, "code"),
        ({"name": " "}, "name"),
        ({"name": "x" * 101}, "name"),
        ({"parent": "default"}, "parent"),
        ({"parent": "nothing"}, "parent"),
        ({"parent": "new-1"}, "parent"),
    ],
)
def test_local_profiles_with_impossible_names_or_parents_are_refused(
    local, city, manager, values, field
) -> None:
    with pytest.raises(DomainError) as caught:
        found_profile(
            unit=city, **{"code": "new-1", "name": "新规则", "parent": "GL", **values}, actor=manager
        )
    assert caught.value.field == field
    assert LocalProfile.objects.count() == 1


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"key": "no.such"}, "key"),
        ({"value": -1}, "value"),
        ({"value": "5"}, "value"),
        ({"unit": "years"}, "unit"),
        ({"clause": ""}, "clause"),
    ],
)
def test_impossible_values_are_refused_before_anybody_has_to_decide(local, manager, values, field) -> None:
    with pytest.raises(DomainError) as caught:
        _value(local, manager, **values)
    assert caught.value.field == field
    assert not LocalValue.objects.exists()


def test_documents_that_ship_cannot_be_assigned_as_defaults_nor_changed(city, manager) -> None:
    with pytest.raises(DomainError):
        _assignment(city, manager, profile="default")
    with pytest.raises(DomainError):
        _assignment(city, manager, profile="nothing")


@pytest.mark.req("PROF-06")
def test_reminders_of_one_kind_of_clock_can_be_set_locally(local, city, manager, second) -> None:
    key = "reminder.lead.correction.reply"
    _approve(_value(local, manager, key=key, value=[2, 1, 0]), second)
    assert [term.number for term in value(key, city).terms] == [2, 1, 0]
    assert value("reminder.lead", city).origin == "default"
    assert value("reminder.lead.message.reply", city) == value("reminder.lead", city)
    _approve(_value(local, manager, key="reminder.escalation", value=[1, 2]), second)
    assert [term.number for term in value("reminder.escalation", city).terms] == [1, 2]


def test_first_profile_is_set_at_set_up_and_only_then(city, manager) -> None:
    with pytest.raises(DomainError):
        set_up_profile(unit=city, profile="NT", actor=manager)
    set_up_profile(unit=city, profile="NT", actor=audit.PLATFORM)
    assert value("channel.update.dynamic", city).origin == "NT"
    with pytest.raises(DomainError):
        set_up_profile(unit=city, profile="HT", actor=audit.PLATFORM)


def test_reading_a_value_costs_few_queries(local, town, manager, second, django_assert_num_queries) -> None:
    _approve(_value(local, manager), second)
    with django_assert_num_queries(0):
        value("message.reply")
    with django_assert_num_queries(3):
        rules = read_rules(town)
    with django_assert_num_queries(0):
        assert rules.value("message.reply").number == 5
