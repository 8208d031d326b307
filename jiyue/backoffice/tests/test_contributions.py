import pytest
from django.urls import reverse


def rows(client: object, query: str = "") -> list[tuple[str, int, int]]:
    page = client.get(reverse("backoffice:contribution_list") + query)
    assert page.status_code == 200
    return [(row.person, row.submitted, row.adopted) for row in page.context["rows"]]


def test_counts_of_the_own_units_are_shown_and_no_others(world, enter):
    world.publish()
    world.submitted(title="未采用")
    assert rows(enter(world.lead)) == [("甲", 2, 1)]
    assert rows(enter(world.other_lead)) == []
    assert rows(enter(world.lead), "?from=2001-01-01&to=2001-12-31") == []


@pytest.mark.parametrize("query", ["?from=x&to=y", "?from=0001-01-01", "?to=9999-12-31", "?from=2026-13-40"])
def test_days_that_are_none_are_passed_over(world, enter, query):
    assert rows(enter(world.lead), query) == []
