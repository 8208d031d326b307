"""The calendar's screens: reading for everybody, changing by two persons, the calculator."""

from datetime import date

import pytest
from django.test import Client
from django.urls import reverse

from jiyue.backoffice.tests.clients import both_factors
from jiyue.core.models import TwoPersonChange
from jiyue.organizations.enums import StaffRole
from jiyue.policy.work_calendar import services
from jiyue.policy.work_calendar.models import CalendarVersion
from jiyue.policy.work_calendar.selectors import get_calendar
from tests.factories import World, make_account, make_unit

pytestmark = pytest.mark.django_db

MAKEUP = date(2027, 2, 20)
ROWS = [
    ("元旦", "2027-01-01", "2027-01-03", ""),
    ("春节", "2027-02-05", "2027-02-11", "2月20日"),
    ("清明节", "2027-04-05", "", ""),
    ("劳动节", "2027-05-01", "2027-05-05", "2027-05-08"),
    ("端午节", "2027-06-09", "2027-06-09", ""),
    ("中秋节", "2027-09-15", "2027-09-15", ""),
    ("国庆节", "2027-10-01", "2027-10-07", "9月26日、10月9日"),
]


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def manager(world) -> Client:
    return both_factors(world.manager)


@pytest.fixture
def second(world) -> Client:
    return both_factors(make_account("second", world.unit_a, StaffRole.PLATFORM_MANAGER))


def form_data(rows=ROWS, **values: object) -> dict[str, object]:
    data: dict[str, object] = {
        "status": "published",
        "source": "国办发明电〔2026〕测试号",
        "reason": "国务院办公厅已发布2027年安排",
        "base_number": 0,
        "form-TOTAL_FORMS": len(rows),
        "form-INITIAL_FORMS": 0,
    }
    for number, row in enumerate(rows):
        data |= {
            f"form-{number}-{field}": text
            for field, text in zip(("name", "first", "last", "makeup"), row, strict=True)
        }
    return data | values


def address(name: str, *args: object) -> str:
    return reverse(f"backoffice:{name}", args=args)


def propose(client: Client, **values: object) -> TwoPersonChange:
    """Look at the year, then propose what was seen."""
    page = client.post(address("calendar_propose", 2027), form_data(preview="", **values))
    data = form_data(propose="", seen_digest=page.context["digest"], **values)
    client.post(address("calendar_propose", 2027), data)
    return TwoPersonChange.objects.get()


@pytest.mark.req("PROF-04")
def test_every_role_reads_the_year_with_its_source_and_reasons(world, enter):
    page = enter(world.author).get(address("calendar_year", 2026))
    text = page.content.decode()
    assert "国办发明电〔2025〕7号" in text
    assert text.count('<table class="cal-month"') == 12
    assert "春节" in text
    assert page.context["working_days"] == 248
    assert page.context["rest_days"] == 117
    assert address("calendar_propose", 2026) not in text


def test_a_provisional_year_says_so(world, enter):
    client = enter(world.author)
    published, provisional = (client.get(address("calendar_year", year)) for year in (2026, 2027))
    assert provisional.context["plan"].version.is_provisional
    notices = [page.content.decode().count("notice-warning") for page in (published, provisional)]
    assert notices[1] == notices[0] + 1


@pytest.mark.parametrize("year", [1999, 2100, 99_999])
def test_a_year_outside_the_calendar_does_not_exist(world, manager, year):
    for name in ("calendar_year", "calendar_versions", "calendar_propose"):
        assert manager.get(address(name, year)).status_code == 404


def decide(client: Client, change: TwoPersonChange, decision: str = "approve") -> int:
    data = {"decision": decision, "seen_digest": change.digest, "opinion": "已核对"}
    return client.post(address("change_decide", change.pk), data).status_code


@pytest.mark.req("PROF-04")
def test_a_year_is_looked_at_proposed_and_approved_by_another_person(manager, second):
    page = manager.post(address("calendar_propose", 2027), form_data(preview=""))
    assert page.context["entry"].status == "published"
    assert TwoPersonChange.objects.count() == 0
    change = propose(manager)
    decide(manager, change)
    assert not get_calendar().is_working(MAKEUP)
    assert change.title in second.get(address("change_list")).content.decode()
    assert second.get(address("calendar_change", change.pk)).context["working_days"] == 248
    assert decide(second, change) == 302
    assert get_calendar().is_working(MAKEUP)
    assert not get_calendar().plan(2027).version.is_provisional
    assert manager.get(address("calendar_change", change.pk)).status_code == 200


def test_what_was_not_looked_at_is_not_proposed(manager):
    page = manager.post(address("calendar_propose", 2027), form_data(propose="", seen_digest="0" * 64))
    assert page.context["entry"] is not None
    assert TwoPersonChange.objects.count() == 0


def test_a_waiting_change_is_named_on_the_year_and_a_second_one_is_refused(manager, second):
    change = propose(manager)
    page = second.get(address("calendar_year", 2027))
    assert address("change_detail", change.pk) in page.content.decode()
    data = form_data(preview="", source="国办发明电〔2026〕另一测试号")
    page = second.post(address("calendar_propose", 2027), data)
    data |= {"propose": "", "seen_digest": page.context["digest"]}
    assert second.post(address("calendar_propose", 2027), data).context["form"].errors
    assert TwoPersonChange.objects.get() == change


@pytest.mark.parametrize(
    ("row", "field"),
    [
        (("元旦", "2027-01-01", "2027-01-03", "某日"), "makeup"),
        (("元旦", "2027-01-01", "2027-01-03", "2027-02-30"), "makeup"),
        (("", "2027-01-01", "2027-01-03", ""), "name"),
        (("元旦", "", "2027-01-03", ""), "first"),
        (("元旦", "2027-13-01", "", ""), "first"),
    ],
)
def test_a_wrong_line_is_marked_and_nothing_typed_is_lost(manager, row, field):
    page = manager.post(address("calendar_propose", 2027), form_data([row, *ROWS[1:]], preview=""))
    assert field in page.context["rows"][0].errors
    assert "国办发明电〔2026〕测试号" in page.content.decode()
    assert TwoPersonChange.objects.count() == 0


@pytest.mark.parametrize(
    "values",
    [
        {"form-TOTAL_FORMS": "100000"},
        {"form-TOTAL_FORMS": "x"},
        {"base_number": "-1"},
        {"status": "forged"},
        {"source": ""},
        {"base_number": 7},
    ],
)
def test_forged_forms_are_refused_without_a_trace(manager, values):
    page = manager.post(address("calendar_propose", 2027), form_data(propose="", **values))
    assert page.status_code == 200
    assert TwoPersonChange.objects.count() == 0


def test_a_platform_manager_below_the_top_reads_but_does_not_change(world, enter):
    below = make_unit("C00000003", supervising_unit=world.unit_a)
    client = enter(make_account("xiaji", below, StaffRole.PLATFORM_MANAGER))
    assert client.get(address("calendar_year", 2027)).status_code == 200
    assert client.get(address("calendar_propose", 2027)).status_code == 403
    assert client.post(address("calendar_propose", 2027), form_data(propose="")).status_code == 403


def test_a_change_of_another_topic_is_not_shown_here(manager, second):
    change = propose(manager)
    other = TwoPersonChange.objects.create(
        topic="other",
        subject_type="x",
        subject_key="1",
        title="x",
        payload={},
        digest="",
        reason="x",
        proposer_account_id=1,
        proposer_person_id=1,
        proposer_name="x",
        proposed_at=change.proposed_at,
    )
    assert second.get(address("calendar_change", other.pk)).status_code == 404


def test_versions_show_who_brought_them_and_what_differs(manager, second):
    services.bring_shipped_year(year=2027)
    change = propose(manager, base_number=1)
    decide(second, change)
    page = manager.get(address("calendar_versions", 2027))
    assert (page.context["old"], page.context["new"]) == (1, 2)
    assert MAKEUP in [row[0] for row in page.context["differences"]]
    assert CalendarVersion.objects.filter(year=2027).count() == 2
    for query in ("?old=9&new=x", "?old=2&new=2", "?old=999999999999999999999"):
        assert manager.get(address("calendar_versions", 2027) + query).status_code == 200


@pytest.mark.req("PROF-04")
def test_the_calculator_shows_the_date_and_each_step(world, enter):
    query = {"start": "2026-09-30T10:00", "number": 5, "unit": "working_days"}
    page = enter(world.author).get(address("calendar_calculator"), query)
    assert page.context["result"].due_on == date(2026, 10, 13)
    text = page.content.decode()
    assert "国庆节" in text
    assert text.count('class="working-makeup"') == 1


@pytest.mark.parametrize(
    "query",
    [
        {"start": "", "number": "", "unit": ""},
        {"start": "x", "number": "x", "unit": "years"},
        {"start": "0001-01-01T00:00", "number": 1, "unit": "days"},
        {"start": "9999-12-31T23:59", "number": 10_000, "unit": "hours"},
        {"start": "9999-12-31T23:59", "number": 1, "unit": "days"},
        {"start": "2099-12-31T09:00", "number": 10_000, "unit": "months"},
        {"start": "1999-01-01T09:00", "number": 1, "unit": "working_days"},
        {"start": "2026-01-01T09:00", "number": 10_001, "unit": "days"},
        {"start": "2026-01-01T09:00", "number": -1, "unit": "days"},
    ],
)
def test_the_calculator_refuses_in_words_what_it_cannot_compute(world, enter, query):
    page = enter(world.author).get(address("calendar_calculator"), query)
    assert page.status_code == 200
    assert page.context["result"] is None
    assert page.context["form"].errors


def test_the_year_costs_few_queries(manager, django_assert_max_num_queries):
    manager.get(address("calendar_year", 2026))
    with django_assert_max_num_queries(12):
        manager.get(address("calendar_year", 2026))
