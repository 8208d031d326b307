from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils.translation import override

from jiyue.backoffice.selectors import LIST_SIZE
from jiyue.backoffice.templatetags.backoffice import exact_moment
from jiyue.core import clock
from jiyue.core.models import OutboxMessage
from jiyue.library.enums import AcquisitionMode
from jiyue.library.models import Resource
from jiyue.publishing.work.planning import plan_release

MAX_QUERIES = 15
WORKBENCH_QUERIES = 22  # a panel each for review, changes, clocks, notices; none grows with the data


def many_drafts(world, count: int) -> None:
    now = clock.now()
    Resource.objects.bulk_create(
        Resource(
            unit=world.unit_a,
            kind="article",
            title=f"稿件{number:03d}",
            acquisition_mode=AcquisitionMode.SELF_WRITTEN,
            created_by=world.author,
            created_at=now,
            updated_by=world.author,
            updated_at=now,
        )
        for number in range(count)
    )


@pytest.mark.parametrize("who", ["author", "lead", "leader", "manager", "inspector"])
def test_workbench_needs_few_queries(world, enter, who, django_assert_max_num_queries):
    for number in range(3):
        world.submitted(title=f"在审{number}")
        world.draft(title=f"草稿{number}")
    world.publish()
    client = enter(getattr(world, who))
    client.get("/sign-out/")  # the first request of a session records it
    with django_assert_max_num_queries(WORKBENCH_QUERIES):
        assert client.get("/").status_code == 200


@pytest.mark.parametrize("name", ["resource_list", "case_list", "report_list", "comment_list"])
def test_lists_need_few_queries(world, enter, name, django_assert_max_num_queries):
    many_drafts(world, LIST_SIZE)
    world.submitted()
    client = enter(world.author)
    client.get("/sign-out/")  # the first request of a session records it
    with django_assert_max_num_queries(MAX_QUERIES):
        assert client.get(reverse(f"backoffice:{name}")).status_code == 200


def test_approved_items_that_wait_for_their_moment_say_so_in_few_queries(
    world, enter, django_assert_max_num_queries
):
    cases = [world.submitted(title=f"定时{number}", channels=(world.news,)) for number in range(3)]
    release_at = clock.now() + timedelta(days=1)
    for case in cases:
        plan_release(case_id=case.pk, release_at=release_at, actor=world.author)
        world.decide_all(case)
    client = enter(world.author)
    client.get("/sign-out/")  # the first request of a session records it
    with override("en"):
        shown = f">approved, goes out at {exact_moment(release_at)}<"
        for address in (reverse("backoffice:resource_list"), reverse("backoffice:case_list") + "?show=all"):
            with django_assert_max_num_queries(MAX_QUERIES + 1):  # one look at the moments
                page = client.get(address).content.decode()
            assert page.count(shown) == len(cases)
        item = reverse("backoffice:resource_detail", args=[Resource.objects.first().pk])
        assert shown in client.get(item).content.decode()


def test_every_item_appears_once_over_the_pages_of_the_list(world, enter):
    many_drafts(world, LIST_SIZE * 2 + 3)
    client = enter(world.author)
    query, seen = "", []
    for _page in range(4):
        page = client.get(f"/resources/?{query}")
        seen += [resource.pk for resource, _step in page.context["rows"]]
        query = page.context["next_query"]
        if not query:
            break
    assert len(seen) == len(set(seen)) == LIST_SIZE * 2 + 3


def test_list_is_narrowed_by_status_kind_and_words(world, enter):
    world.draft(title="公交线路调整公告")
    world.draft(title="森林防火通知", kind="notice")
    world.submitted(title="公交票价公告")
    client = enter(world.author)

    def titles(query: str) -> set[str]:
        return {resource.title for resource, _step in client.get(f"/resources/?{query}").context["rows"]}

    assert titles("q=公交") == {"公交线路调整公告", "公交票价公告"}
    assert titles("q=公交&status=draft") == {"公交线路调整公告"}
    assert titles("kind=notice") == {"森林防火通知"}
    assert titles("q=公交 公告&status=nonsense") == {"公交线路调整公告", "公交票价公告"}


@pytest.mark.parametrize("after", ["x", "2026-01-01_1", "_", "2026-01-01T00:00:00+00:00_x"])
def test_key_that_nobody_gave_out_shows_the_start(world, enter, after):
    world.draft()
    page = enter(world.author).get("/resources/", {"after": after})
    assert len(page.context["rows"]) == 1


def test_reviewer_sees_only_what_waits_for_them(world, enter):
    case = world.submitted()
    assert enter(world.lead).get("/review/").context["waiting_count"] == 1
    assert enter(world.leader).get("/review/").context["waiting_count"] == 0
    assert enter(world.other_lead).get("/review/").context["waiting_count"] == 0
    everything = enter(world.leader).get("/review/?show=all")
    assert [found.pk for found in everything.context["page"]] == [case.pk]


def test_failed_side_effect_is_retried_by_the_platform_manager(world, enter):
    now = clock.now()
    message = OutboxMessage.objects.create(
        topic="x.y", key="1", status="failed", available_at=now, created_at=now, last_error="磁盘已满"
    )
    client = enter(world.manager)
    assert "磁盘已满" in client.get("/side-effects/").content.decode()
    client.post("/side-effects/retry/", {"id": [message.pk]})
    message.refresh_from_db()
    assert message.status == "pending"
    assert not enter(world.inspector).get("/side-effects/").context["may_retry"]
