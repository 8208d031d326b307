"""Pages cost the same however many units and changes there are."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from jiyue.core import two_person
from jiyue.organizations.enums import AccountStatus
from jiyue.organizations.models import Organization
from jiyue.organizations.services.removals import TOPIC
from tests.factories import World, make_account, make_unit

pytestmark = pytest.mark.django_db


def cost(client: Client, name: str, *keys: object) -> int:
    """Queries of a page."""
    with CaptureQueriesContext(connection) as queries:
        assert client.get(reverse(f"backoffice:{name}", args=keys)).status_code == 200
    return len(queries)


def warm(client: Client) -> Client:
    """The first request of a session writes things that the next ones don't."""
    client.get(reverse("backoffice:workbench"))
    return client


def add_units(above: Organization, first: int, count: int) -> None:
    for number in range(first, first + count):
        make_unit(f"C{number:08}", superior=above)


def test_the_report_of_posts_is_paged(world: World, enter):
    client = warm(enter(world.manager))
    add_units(world.unit_a, 1, 60)
    few = cost(client, "people_posts")
    add_units(world.unit_a, 100, 60)
    assert cost(client, "people_posts") == few
    page = client.get(reverse("backoffice:people_posts"))
    assert len(page.context["splits"]) == 50
    assert page.context["gap_count"] == 2 * 121


def test_a_deep_unit_costs_no_more_than_a_high_one(world: World, enter):
    client, unit = warm(enter(world.manager)), world.unit_a
    line = [unit := make_unit(f"D{number:08}", superior=unit) for number in range(6)]
    assert cost(client, "unit_detail", line[5].pk) <= cost(client, "unit_detail", line[0].pk)


def test_changes_of_other_units_cost_nothing(world: World, enter):
    client, manager = warm(enter(world.author)), world.manager

    def propose(count: int) -> None:
        for number in range(count):
            account = make_account(f"chen{number}-{count}", world.unit_a)
            two_person.propose(
                topic=TOPIC,
                subject_type="account",
                subject_key=account.pk,
                title="停用",
                payload={"account": account.pk, "status": AccountStatus.SUSPENDED.value},
                reason="调查",
                actor=manager.audit_actor(),
                unit_id=world.unit_a.pk,
            )

    propose(2)
    few = cost(client, "change_list")
    propose(12)
    assert cost(client, "change_list") == few
