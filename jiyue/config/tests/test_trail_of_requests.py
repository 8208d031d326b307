"""The settings let the trail know from where somebody acts."""

import pytest

from jiyue.backoffice.tests.clients import both_factors
from jiyue.core.models import AuditEntry
from jiyue.library.models import Resource
from tests.factories import World

pytestmark = pytest.mark.django_db


@pytest.mark.req("SEC-11")
def test_every_act_in_the_back_office_is_recorded_with_who_and_from_where(world: World) -> None:
    resource = world.draft()
    client = both_factors(world.author)
    answer = client.post(
        f"/resources/{resource.pk}/submit/", {"comment": "请审"}, REMOTE_ADDR="192.0.2.7", follow=True
    )
    assert answer.status_code == 200
    assert Resource.objects.get().status == "in_review"
    entry = AuditEntry.objects.get(verb="case.submit")
    assert (entry.person_id, entry.source_address) == (world.author.person_id, "192.0.2.7")
