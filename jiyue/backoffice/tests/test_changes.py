"""The board of two-person changes: who sees what, deciding, taking back, two at once."""

import pytest
from django.urls import reverse
from django.utils import translation

from jiyue.core import clock, two_person
from jiyue.core.models import ChangeStatus, TwoPersonChange
from jiyue.organizations.enums import StaffRole
from jiyue.organizations.services.profiles import propose_assignment
from tests.factories import make_account, make_unit

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def english(settings):
    settings.LANGUAGE_CODE = "en"
    with translation.override("en"):
        yield


@pytest.fixture
def second(world):
    return make_account("second", world.unit_a, StaffRole.PLATFORM_MANAGER, name="李")


@pytest.fixture
def change(world):
    return _propose(world.unit_a, world.manager)


def _propose(unit, account):
    return propose_assignment(
        unit=unit,
        profile="NT",
        is_strictest=True,
        effective_on=clock.today(),
        reason="市里<b>要求</b>",
        actor=account.audit_actor(),
    )


def _decide(client, change, decision="approve", **values):
    data = {"decision": decision, "opinion": "", "seen_digest": change.digest, **values}
    return client.post(reverse("backoffice:change_decide", args=[change.pk]), data)


def _titles(client, show="waiting"):
    page = client.get(reverse("backoffice:change_list"), {"show": show})
    return [change.pk for change, _topic, _unit in page.context["rows"]]


def _text(response):
    return response.content.decode()


def test_a_change_appears_to_its_proposer_and_to_those_who_may_decide(world, enter, change, second):
    assert _titles(enter(second)) == [change.pk]
    assert _titles(enter(world.inspector)) == [change.pk]
    assert _titles(enter(world.manager)) == []
    assert _titles(enter(world.manager), "proposed") == [change.pk]
    assert _titles(enter(world.author)) == []
    outsider = make_account("outsider", world.unit_b, StaffRole.PLATFORM_MANAGER)
    for show in ("waiting", "proposed", "decided"):
        assert _titles(enter(outsider), show) == []


def test_the_page_shows_before_after_and_reason_escaped(enter, change, second):
    text = _text(enter(second).get(reverse("backoffice:change_detail", args=[change.pk])))
    assert "南通市政府网站管理办法" in text
    assert "政府网站发展指引" in text
    assert "&lt;b&gt;" in text
    assert "Approve and carry out" in text


def test_approving_carries_out_and_moves_the_change_to_decided(world, enter, change, second):
    client = enter(second)
    assert _decide(client, change).status_code == 302
    change.refresh_from_db()
    assert (change.status, change.decider_name) == (ChangeStatus.APPROVED, "李")
    assert world.unit_a.get_rule_reference(clock.today()).profile == "NT"
    assert _titles(client) == []
    assert _titles(client, "decided") == [change.pk]
    assert "Your decision" not in _text(client.get(reverse("backoffice:change_detail", args=[change.pk])))


def test_refusing_without_an_opinion_is_named_at_the_field(world, enter, change, second):
    response = _decide(enter(second), change, "refuse")
    assert "opinion" in response.context["form"].errors
    assert _decide(enter(second), change, "refuse", opinion="不同意").status_code == 302
    assert world.unit_a.get_rule_reference(clock.today()) is None


def test_a_forged_decision_or_digest_decides_nothing(enter, change, second):
    client = enter(second)
    assert _decide(client, change, "maybe").status_code == 200
    stale = _decide(client, change, seen_digest="0" * 64, opinion="好的")
    assert "another state" in _text(stale)
    assert "好的" in _text(stale)
    change.refresh_from_db()
    assert change.status == ChangeStatus.WAITING


def test_the_second_of_two_deciders_is_told_and_keeps_what_he_typed(world, enter, change, second):
    assert _decide(enter(second), change).status_code == 302
    late = _decide(enter(world.inspector), change, "refuse", opinion="我有不同意见")
    assert "decided already" in _text(late)
    assert "我有不同意见" in _text(late)


def test_the_proposer_cannot_decide_with_a_second_account(world, enter, change):
    from jiyue.organizations.models import StaffAccount  # noqa: PLC0415  # only here

    again = StaffAccount.objects.create(
        login_name="wu-2", person=world.manager.person, unit=world.unit_a, status="active"
    )
    client = enter(again)
    assert "another person must decide" in _text(_decide(client, change))
    assert client.post(reverse("backoffice:change_withdraw", args=[change.pk])).status_code == 302
    change.refresh_from_db()
    assert change.status == ChangeStatus.WITHDRAWN


def test_somebody_else_does_not_take_the_proposal_back(enter, change, second):
    enter(second).post(reverse("backoffice:change_withdraw", args=[change.pk]))
    change.refresh_from_db()
    assert change.status == ChangeStatus.WAITING


def test_what_one_may_not_see_does_not_exist(world, enter, change):
    outsider = enter(make_account("outsider", world.unit_b, StaffRole.PLATFORM_MANAGER))
    address = reverse("backoffice:change_detail", args=[change.pk])
    assert outsider.get(address).status_code == 404
    assert _decide(outsider, change).status_code == 404
    assert outsider.get(reverse("backoffice:change_detail", args=[change.pk + 99])).status_code == 404


def test_long_lists_are_paged(world, enter, second, monkeypatch):
    monkeypatch.setattr("jiyue.backoffice.changes.PAGE_SIZE", 3)
    for number in range(5):
        unit = make_unit(f"G{number:08d}", f"单位{number}", superior=world.unit_a)
        decided = _propose(unit, world.manager)
        two_person.refuse(
            change_id=decided.pk, seen_digest=decided.digest, opinion="不", actor=second.audit_actor()
        )
    ids = list(TwoPersonChange.objects.order_by("-pk").values_list("pk", flat=True))
    for show in ("proposed", "decided"):
        client = enter(world.manager)
        page = client.get(reverse("backoffice:change_list"), {"show": show})
        assert [change.pk for change, *_rest in page.context["rows"]] == ids[:3]
        rest = client.get(reverse("backoffice:change_list"), {"show": show, "older": page.context["older"]})
        assert [change.pk for change, *_rest in rest.context["rows"]] == ids[3:]
        assert rest.context["older"] is None
