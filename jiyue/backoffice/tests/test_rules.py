"""Screens of rules and profiles: what people read, what a manager proposes, what is refused."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import translation

from jiyue.core import clock, two_person
from jiyue.core.models import TwoPersonChange
from jiyue.organizations.enums import StaffRole
from jiyue.organizations.services.profile_values import propose_value
from jiyue.organizations.services.profiles import found_profile, propose_assignment
from jiyue.policy.models import LocalProfile
from tests.factories import make_account, make_unit

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def english(settings):
    settings.LANGUAGE_CODE = "en"
    with translation.override("en"):
        yield


@pytest.fixture
def manager(world):
    return world.manager


@pytest.fixture
def second(world):
    return make_account("second", world.unit_a, StaffRole.PLATFORM_MANAGER, name="李")


@pytest.fixture
def profile(world, manager, second):
    made = found_profile(
        unit=world.unit_a, code="city-a", name="市级规则", parent="NT", actor=manager.audit_actor()
    )
    _approve(
        propose_assignment(
            unit=world.unit_a,
            profile="city-a",
            is_strictest=False,
            effective_on=clock.today(),
            reason="试",
            actor=manager.audit_actor(),
        ),
        second,
    )
    return made


def _approve(change, account):
    return two_person.approve(change_id=change.pk, seen_digest=change.digest, actor=account.audit_actor())


def _state(profile, manager, second, key="correction.reply", number=5):
    change = propose_value(
        profile=profile,
        key=key,
        value=number,
        unit="working_days",
        clause="市政府令",
        effective_on=clock.today(),
        reason="试",
        actor=manager.audit_actor(),
    )
    return _approve(change, second)


def _form(**values):
    defaults = {
        "profile": "city-a",
        "value": "5",
        "unit": "working_days",
        "clause": "市政府令",
        "effective_on": clock.today().isoformat(),
        "reason": "提高效率",
    }
    return {**defaults, **values}


def _text(response):
    return response.content.decode()


@pytest.mark.req("PROF-02", "PROF-03")
def test_list_shows_value_origin_clause_and_warns_of_looser_rules(world, enter, profile, manager, second):
    _state(profile, manager, second)
    client = enter(world.author)
    page = client.get(reverse("backoffice:rule_list"))
    text = _text(page)
    assert "5 working days" in text
    assert "市政府令" in text
    assert "looser than GL" in text
    assert page.context["looser_count"] == 2  # the reply, and what NT leaves unpublished
    narrowed = client.get(reverse("backoffice:rule_list"), {"looser": "on"})
    keys = [row.key for _area, rows in narrowed.context["groups"] for row in rows]
    assert keys == ["correction.reply", "correction.unpublished_reasons"]


def test_list_is_searched_by_words_clause_value_and_area(world, enter):
    client = enter(world.author)

    def keys(**query):
        page = client.get(reverse("backoffice:rule_list"), query)
        return {row.key for _area, rows in page.context["groups"] for row in rows}

    assert keys(words="8", area="repost") == set()
    assert keys(words="12 hours") == {"repost.deadline"}
    assert keys(words="NB 26") >= {"account.idle"}
    assert keys(words="REPOST.DEADLINE") == {"repost.deadline"}
    assert keys(area="foi") == {"foi.reply", "foi.extension"}
    assert len(keys(area="no such area")) > 50  # a forged filter narrows nothing


@pytest.mark.req("ORG-04")
def test_rules_of_foreign_units_do_not_exist(world, enter):
    for unit in (world.unit_b.pk, "x", "99999999999999999999"):
        for name, args in (("rule_list", []), ("rule_detail", ["correction.reply"])):
            response = enter(world.author).get(reverse(f"backoffice:{name}", args=args), {"unit": unit})
            assert response.status_code == 404


def test_manager_proposes_and_another_decides(world, enter, profile, manager, second):
    address = reverse("backoffice:rule_detail", args=["message.reply"])
    response = enter(manager).post(address, _form())
    change = TwoPersonChange.objects.get(topic="policy.value")
    assert response.url == reverse("backoffice:change_detail", args=[change.pk])
    decide = reverse("backoffice:change_decide", args=[change.pk])
    form = {"decision": "approve", "opinion": "", "seen_digest": change.digest}
    assert "another person must decide" in _text(enter(manager).post(decide, form))
    assert enter(second).post(decide, form).status_code == 302
    text = _text(enter(world.author).get(address))
    assert "5 working days" in text
    assert "市政府令" in text


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"value": "-1"}, "value"),
        ({"value": ""}, "value"),
        ({"value": "五"}, "value"),
        ({"unit": "years"}, "unit"),
        ({"clause": ""}, "clause"),
        ({"clause": "x" * 301}, "clause"),
        ({"reason": ""}, "reason"),
        ({"effective_on": "2026-02-30"}, "effective_on"),
        ({"effective_on": "9999-01-01"}, "effective_on"),
        ({"profile": "GL"}, "profile"),
        ({"profile": "county-b"}, "profile"),
    ],
)
def test_bad_input_is_named_at_its_field_and_nothing_typed_is_lost(
    world, enter, profile, manager, values, field
):
    other = make_account("other", world.unit_b, StaffRole.PLATFORM_MANAGER)
    found_profile(unit=world.unit_b, code="county-b", name="县级", parent="GL", actor=other.audit_actor())
    data = _form(**values)
    response = enter(manager).post(reverse("backoffice:rule_detail", args=["message.reply"]), data)
    assert response.status_code == 200
    assert field in response.context["form"].errors
    assert data["reason"] in _text(response)
    assert not TwoPersonChange.objects.filter(topic="policy.value").exists()


def test_a_day_that_has_passed_is_refused_at_its_field(enter, profile, manager):
    yesterday = clock.today() - timedelta(days=1)
    address = reverse("backoffice:rule_detail", args=["message.reply"])
    response = enter(manager).post(address, _form(effective_on=yesterday.isoformat()))
    assert "effective_on" in response.context["form"].errors


@pytest.mark.parametrize(
    ("key", "value", "stated"),
    [
        ("reminder.lead", "5，2、1", [5, 2, 1]),
        ("reminder.lead.correction.reply", "2", [2]),
        ("review.gates", ["politics", "law"], ["politics", "law"]),
        ("review.paper_filing", [], []),
        ("inspect.cycle", "yearly", "yearly"),
        ("report.annual_due", "01-15", "01-15"),
        ("site.domain_suffix", ".gov.cn", ".gov.cn"),
        ("inspect.sample", "40", 40),
        ("assess.bonus", "10,5,3", [10, 5, 3]),
    ],
)
def test_every_shape_of_rule_has_its_form(enter, profile, manager, key, value, stated):
    address = reverse("backoffice:rule_detail", args=[key])
    client = enter(manager)
    assert client.get(address).status_code == 200
    response = client.post(address, _form(value=value))
    assert response.status_code == 302, response.context["form"].errors
    assert TwoPersonChange.objects.get(topic="policy.value").payload["value"] == stated


@pytest.mark.parametrize("value", ["1,x", "1;2", "1,,²"])
def test_lists_of_numbers_take_digits_only(enter, profile, manager, value):
    address = reverse("backoffice:rule_detail", args=["reminder.lead"])
    assert "value" in enter(manager).post(address, _form(value=value)).context["form"].errors


def test_profile_can_fall_silent_again(enter, profile, manager, second):
    _state(profile, manager, second)
    address = reverse("backoffice:rule_detail", args=["correction.reply"])
    response = enter(manager).post(address, _form(value="", clause="", is_silent="on"))
    assert response.status_code == 302
    change = TwoPersonChange.objects.latest("pk")
    text = _text(enter(second).get(reverse("backoffice:change_detail", args=[change.pk])))
    assert "the parent profile applies" in text


def test_manager_without_a_local_profile_is_told_the_way(enter, manager):
    text = _text(enter(manager).get(reverse("backoffice:rule_detail", args=["correction.reply"])))
    assert reverse("backoffice:profile_create") in text


def test_profiles_list_the_documents_and_local_ones_of_own_units(world, enter, profile):
    text = _text(enter(world.author).get(reverse("backoffice:profile_list")))
    assert "政府网站发展指引" in text
    assert "市级规则" in text
    assert "市级规则" not in _text(enter(world.other_author).get(reverse("backoffice:profile_list")))


def test_profile_page_shows_what_the_document_states(world, enter, profile):
    client = enter(world.author)
    page = client.get(reverse("backoffice:profile_detail", args=["HT"]))
    keys = {row.key for _area, rows in page.context["groups"] for row in rows}
    assert "style.title_max_chars" in keys
    assert "correction.reply" not in keys
    empty = client.get(reverse("backoffice:profile_detail", args=["city-a"]))
    assert "states nothing yet" in _text(empty)
    assert client.get(reverse("backoffice:profile_detail", args=["nothing"])).status_code == 404
    defaults = client.get(reverse("backoffice:profile_detail", args=["default"]))
    origins = {row.value.origin for _area, rows in defaults.context["groups"] for row in rows}
    assert origins == {"defaults of the platform"}


def test_double_click_makes_one_profile_and_says_so(world, enter, manager):
    data = {"unit": world.unit_a.pk, "code": "city-1", "name": "市级", "parent": "GL"}
    client = enter(manager)
    assert client.post(reverse("backoffice:profile_create"), data).status_code == 302
    again = client.post(reverse("backoffice:profile_create"), data)
    assert "code" in again.context["form"].errors
    assert LocalProfile.objects.count() == 1


def test_forged_unit_or_parent_of_a_new_profile_is_refused(world, enter, manager):
    for values in ({"unit": world.unit_b.pk}, {"parent": "default"}):
        data = {"unit": world.unit_a.pk, "code": "city-1", "name": "市级", "parent": "GL", **values}
        response = enter(manager).post(reverse("backoffice:profile_create"), data)
        assert response.context["form"].errors
    assert not LocalProfile.objects.exists()


def test_assignment_is_proposed_for_a_unit_below(world, enter, manager):
    below = make_unit("E00000005", "区政府", superior=world.unit_a)
    address = f"{reverse('backoffice:profile_assign')}?unit={below.pk}"
    client = enter(manager)
    assert client.get(address).status_code == 200
    data = {
        "profile": "HT",
        "is_strictest": "1",
        "effective_on": clock.today().isoformat(),
        "reason": "试",
    }
    assert client.post(address, data).status_code == 302
    payload = TwoPersonChange.objects.get().payload
    assert (payload["profile"], payload["is_strictest"]) == ("HT", True)
    again = client.post(address, data)
    assert "waits for approval already" in _text(again)


def test_long_lists_cost_a_bounded_number_of_queries(world, enter, profile, django_assert_max_num_queries):
    for number in range(30):
        make_unit(f"F{number:08d}", f"单位{number}", superior=world.unit_a)
    client = enter(world.author)
    client.get(reverse("backoffice:rule_list"))
    with django_assert_max_num_queries(25):
        client.get(reverse("backoffice:rule_list"))
