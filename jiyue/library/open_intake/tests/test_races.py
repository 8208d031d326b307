"""The same item handed in twice at the same moment, on a database with several writers."""

import pytest

from jiyue.library.enums import AcquisitionMode
from jiyue.library.kinds import KINDS
from jiyue.library.models import Resource
from jiyue.library.open_intake.enums import ItemState
from jiyue.library.open_intake.models import IntakeItem
from jiyue.library.open_intake.receiving import Door, receive_item
from jiyue.library.open_intake.standards import get_standard
from jiyue.library.tests.test_races import at_once
from tests.factories import World

pytestmark = [pytest.mark.postgres, pytest.mark.slow, pytest.mark.django_db(transaction=True)]


def test_the_same_item_twice_at_once_becomes_one_draft() -> None:
    world = World()
    door = Door(
        unit=world.unit_a,
        account=world.author,
        mode=AcquisitionMode.INTERFACE,
        standard=get_standard("gl-core"),
        kinds=[key for key, _kind in KINDS],
        channel_names={"shi/yaowen": world.news.pk},
    )
    payload = {
        "source_id": "OA-1",
        "kind": "article",
        "title": "办文系统报送的信息",
        "body_text": "第一段。",
        "source": "市政府办公室",
        "author": "甲",
        "openness": "active",
        "channels": ["shi/yaowen"],
    }
    at_once(*[lambda: receive_item(payload=payload, door=door)] * 3)
    assert Resource.objects.count() == 1
    states = sorted(IntakeItem.objects.values_list("state", flat=True))
    assert states == [ItemState.ACCEPTED, ItemState.DUPLICATE, ItemState.DUPLICATE]
