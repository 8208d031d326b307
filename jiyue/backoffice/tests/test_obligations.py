"""To-do lists, one clock, excuses, evidence, messages and the workbench, through the pages."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from jiyue.core import clock
from jiyue.core.models import AuditEntry, ScheduledJob, TwoPersonChange
from jiyue.obligations.models import Obligation
from jiyue.obligations.tests.scenes import run_sweep, start_clock, stop_clock
from jiyue.organizations.enums import StaffRole
from jiyue.organizations.models import StaffNotice
from jiyue.organizations.services import notify
from jiyue.policy.wording import clause_words
from tests.factories import World, make_account, make_unit

pytestmark = pytest.mark.django_db
TASK = {"kind": "content_task.delivery"}


@pytest.fixture
def world(db: None) -> World:
    return World()


@pytest.fixture
def below(world):
    return make_unit("C00000003", "市档案馆", supervising_unit=world.unit_a)


def address(name: str, *args: object) -> str:
    return reverse(f"backoffice:{name}", args=args)


def due_in(**values: int):
    return clock.now() + timedelta(**values)


def text_of(client, name: str, *args: object, query: str = "") -> str:
    response = client.get(address(name, *args) + query)
    assert response.status_code == 200
    return str(response.content.decode())


def test_the_list_says_how_much_is_left_or_by_how_much_it_is_late(world, enter):
    start_clock(world.unit_a, "late", **TASK, due_at=due_in(days=-10), title="迟交的材料")
    start_clock(world.unit_a, "soon", **TASK, due_at=due_in(days=30), title="不急的材料")
    page = text_of(enter(world.leader), "obligation_list")
    assert page.index("迟交的材料") < page.index("不急的材料")
    assert "status-failed" in page


def test_a_list_is_paged_without_counting_and_survives_a_made_up_key(world, enter):
    for number in range(60):
        start_clock(
            world.unit_a, str(number), **TASK, due_at=due_in(days=number + 1), title=f"材料{number:02}"
        )
    client = enter(world.leader)
    response = client.get(address("obligation_list"))
    assert len(response.context["rows"]) == 50
    second = client.get(address("obligation_list") + f"?{response.context['next_query']}")
    assert [row.obligation.title for row in second.context["rows"]] == [f"材料{n}" for n in range(50, 60)]
    for made_up in ("x_1", "2026-99-99T00:00_1", "_", "2026-11-21T00:00:00_9", "9" * 400):
        assert client.get(address("obligation_list"), {"after": made_up}).status_code == 200


def test_a_forged_unit_or_kind_in_the_filter_shows_nothing_of_another_unit(world, below, enter):
    start_clock(world.unit_b, "b", **TASK, due_at=due_in(days=3), title="别的单位的")
    start_clock(below, "below", **TASK, due_at=due_in(days=3), title="下级的")
    client = enter(world.manager)
    for query in (f"?show=below&unit={world.unit_b.path}", "?show=below&kind=no.such", "?show=nobody"):
        assert "别的单位的" not in text_of(client, "obligation_list", query=query)
    assert "下级的" in text_of(client, "obligation_list", query=f"?show=below&unit={below.path}")
    assert "下级的" not in text_of(enter(world.lead), "obligation_list", query="?show=below")


def test_a_clock_shows_its_working_and_its_events(world, enter):
    obligation = start_clock(world.unit_a)
    page = text_of(enter(world.leader), "obligation_detail", obligation.pk)
    assert 'id="working"' in page
    assert "<table" in page
    assert clause_words(obligation.clause) in page


@pytest.mark.parametrize("name", ["obligation_detail", "obligation_excuse"])
def test_a_clock_of_another_unit_does_not_exist(world, enter, name):
    obligation = start_clock(world.unit_a)
    client = enter(world.other_leader)
    assert client.get(address(name, obligation.pk)).status_code == 404
    assert client.get(address(name, obligation.pk + 1)).status_code == 404
    if name == "obligation_excuse":
        assert client.post(address(name, obligation.pk), {"reason": "理由"}).status_code == 404


def test_asking_for_an_excuse_keeps_what_was_typed_and_asks_only_once(world, enter):
    obligation = start_clock(world.unit_a)
    client = enter(world.leader)
    long = "很长的理由" * 500
    page = client.post(address("obligation_excuse", obligation.pk), {"reason": long})
    assert page.status_code == 200
    assert long in page.content.decode()
    assert client.post(address("obligation_excuse", obligation.pk), {"reason": " "}).status_code == 200
    assert client.post(address("obligation_excuse", obligation.pk), {"reason": "停电"}).status_code == 302
    assert client.post(address("obligation_excuse", obligation.pk), {"reason": "停电"}).status_code == 200
    assert TwoPersonChange.objects.count() == 1


def test_an_excuse_is_decided_on_the_board_of_changes(world, below, enter):
    obligation = start_clock(below)
    leader = make_account("chou", below, StaffRole.LEADER_IN_CHARGE, name="丑")
    enter(leader).post(address("obligation_excuse", obligation.pk), {"reason": "停电"})
    change = TwoPersonChange.objects.get()
    client = enter(world.manager)
    assert address("change_detail", change.pk) in text_of(client, "obligation_detail", obligation.pk)
    data = {"decision": "approve", "seen_digest": change.digest, "opinion": ""}
    assert client.post(address("change_decide", change.pk), data).status_code == 302
    assert Obligation.objects.get().status == "excused"


def test_the_evidence_counts_own_units_only_and_its_export_holds_no_formula(world, below, enter):
    start_clock(world.unit_a, "a", **TASK, due_at=due_in(minutes=5), title="=HYPERLINK(1)")
    start_clock(world.unit_b, "b", **TASK, due_at=due_in(minutes=5), title="别的单位的")
    stop_clock("a", **TASK)
    client = enter(world.inspector)
    page = text_of(client, "obligation_evidence")
    assert "市政府办公室" in page
    assert "市交通局" not in page
    response = client.get(address("obligation_evidence_export"))
    content = b"".join(response.streaming_content).decode()
    assert content.startswith("\ufeff")
    assert "'=HYPERLINK(1)" in content
    assert "别的单位的" not in content
    assert AuditEntry.objects.filter(verb="obligation.exported").count() == 1


@pytest.mark.parametrize(
    "query", ["?since=2026-12-01&until=2026-01-01", "?since=0001-01-01", "?until=9999-12-31", "?since=x"]
)
def test_a_period_that_can_not_be_read_is_named_and_nothing_breaks(world, enter, query):
    client = enter(world.inspector)
    assert "field-wrong" in text_of(client, "obligation_evidence", query=query)
    assert client.get(address("obligation_evidence_export") + query).status_code == 302


def test_messages_are_ones_own_and_stay_read(world, enter):
    notify(person_ids=[world.lead.person_id], topic="t", title="给乙的", key="1")
    notify(person_ids=[world.leader.person_id], topic="t", title="给庚的", key="1")
    client = enter(world.lead)
    assert "给乙的" in text_of(client, "notice_list")
    assert "给庚的" not in text_of(client, "notice_list", query="?show=all")
    foreign = StaffNotice.objects.get(title="给庚的")
    client.post(address("notice_read"), {"id": foreign.pk})
    foreign.refresh_from_db()
    assert foreign.read_at is None
    client.post(address("notice_read"), {"all": "1"})
    assert "给乙的" not in text_of(client, "notice_list")
    assert "给乙的" in text_of(client, "notice_list", query="?show=all")


def test_the_board_of_jobs_shows_a_failure_first(world, enter):
    now = clock.now()
    ScheduledJob.objects.create(name="obligations.sweep", next_at=now, last_error="RuntimeError('磁盘已满')")
    page = text_of(enter(world.inspector), "schedule_board")
    assert page.index("磁盘已满") < page.rindex("</tr>")
    assert "status-failed" in page


def test_the_workbench_shows_what_is_late_what_the_unit_owes_and_what_is_new(world, enter):
    start_clock(
        world.unit_a, "mine", **TASK, due_at=due_in(days=-3), person_id=world.lead.person_id, title="我的"
    )
    start_clock(world.unit_a, "unit", **TASK, due_at=due_in(days=9), title="单位的")
    run_sweep()
    response = enter(world.lead).get(address("workbench"))
    assert response.context["mine"].late_count == 1
    assert [row.obligation.title for row in response.context["units"].rows] == ["单位的"]
    assert response.context["unread"].count == StaffNotice.objects.filter(person=world.lead.person).count()


@pytest.mark.parametrize("who", ["lead", "author", "manager", "inspector"])
def test_the_queries_of_the_workbench_do_not_grow(world, enter, who):
    account = getattr(world, who)
    client = enter(account)

    def count(first: int, number: int) -> int:
        for key in range(first, first + number):
            owner = account.person_id if key % 2 else None
            row = start_clock(
                world.unit_a, str(key), **TASK, due_at=due_in(days=key % 7 - 3), person_id=owner
            )
            change = TwoPersonChange(topic="obligation.excuse", subject_type="obligation", subject_key=row.pk)
            change.title, change.payload, change.digest, change.reason = "豁免", {}, "0", "停电"
            change.unit_id, change.proposer_account_id, change.proposer_person_id = world.unit_a.pk, 0, 0
            change.proposed_at = clock.now()
            change.save()
            notify(person_ids=[account.person_id], topic="t", title="消息", key=str(key))
        client.get(address("workbench"))
        with CaptureQueriesContext(connection) as queries:
            assert client.get(address("workbench")).status_code == 200
        return len(queries)

    few, many = count(0, 20), count(20, 60)
    assert few == many
    assert many <= (50 if who in ("manager", "inspector") else 30)


@pytest.mark.parametrize("show", ["mine", "units", "below"])
def test_the_queries_of_the_lists_do_not_grow(world, below, enter, show):
    client = enter(world.manager)

    def count(first: int, number: int) -> int:
        for key in range(first, first + number):
            start_clock(below if key % 2 else world.unit_a, str(key), **TASK, due_at=due_in(days=9))
        client.get(address("obligation_list"))  # the first visit also registers the session
        with CaptureQueriesContext(connection) as queries:
            assert client.get(address("obligation_list") + f"?show={show}").status_code == 200
        return len(queries)

    few, many = count(0, 4), count(4, 40)
    assert few == many <= 20
