"""What citizens sent, and the way from there to the item it is about."""

import uuid

import pytest
from django.urls import reverse

from jiyue.backoffice.selectors import get_resource_at
from jiyue.core import clock
from jiyue.interaction.models import CorrectionReport
from jiyue.publishing.models import Placement


@pytest.fixture
def report(world):
    resource = world.publish()
    place = Placement.objects.get(resource=resource, site=world.portal)
    return CorrectionReport.objects.create(
        submission_id=uuid.uuid4(),
        site=world.portal,
        page_url=f"/{place.path}",
        page_title="标题",
        text="第三段错了",
        code_hash="c",
        received_at=clock.now(),
    )


def test_report_leads_to_the_item_of_its_page(world, enter, report):
    page = enter(world.author).get(reverse("backoffice:report_detail", args=[report.pk]))
    assert page.context["resource"] == Placement.objects.filter(site=world.portal).get().resource
    assert reverse("backoffice:resource_detail", args=[page.context["resource"].pk]) in page.content.decode()


def test_item_of_another_unit_is_not_named(world, report):
    assert get_resource_at(world.author, world.portal.pk, report.page_url)
    assert get_resource_at(world.other_author, world.portal.pk, report.page_url) is None
    assert get_resource_at(world.author, world.portal.pk, "") is None
