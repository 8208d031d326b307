"""A displayed date that changes is alarmed, whichever door the change came through (REV-29)."""

import json
from datetime import date
from typing import Any

import pytest

from jiyue.core.models import AuditEntry
from jiyue.library.models import Resource
from jiyue.library.open_intake.clients import ClientPlan, register_client
from jiyue.library.open_intake.formats import Format
from jiyue.library.open_intake.importing import import_standard_file
from jiyue.library.open_intake.models import IntakeItem
from jiyue.library.open_intake.quarantine import accept_item, reading_of
from jiyue.library.open_intake.receiving import door_of, receive_item
from jiyue.library.open_intake.standards import get_standard
from jiyue.library.selectors import get_content
from jiyue.library.services import save_revision, submit_for_review
from jiyue.library.use.models import DateChange
from tests.factories import World, note_correction

pytestmark = pytest.mark.django_db


def sent(world: World, door: str, **values: Any) -> IntakeItem:
    """One item through the interface, or through a file of a library standard."""
    payload = {
        "source_id": "OA-1",
        "title": "历史文件",
        "body_html": "<p>正文</p>",
        "source": "市政府办公室",
        "author": "甲",
        "openness": "active",
        "originally_published_on": "2019-10-14",
        "channels": ["shi/yaowen"],
        **values,
    }
    assert world.news
    if door == "interface":
        clients = world.unit_a.intake_clients.all()
        if not clients:
            plan = ClientPlan("系统", world.unit_a, world.author, [world.news], ["article"])
            register_client(plan=plan, actor=world.manager)
        return receive_item(payload=payload, door=door_of(clients.get()))
    (item,) = import_standard_file(
        data=json.dumps(payload).encode(),
        standard=get_standard("gl-core"),
        form=Format.JSONL,
        unit=world.unit_a,
        kind="article",
        actor=world.author,
    )
    return item


@pytest.mark.req("REV-29")
@pytest.mark.parametrize("door", ["interface", "standard"])
def test_date_that_comes_in_changed_is_logged_and_alarmed_at_release(world: World, door: str):
    first = sent(world, door)
    assert first.state == "accepted", first.problems
    resource = Resource.objects.get()
    world.decide_all(submit_for_review(resource=resource, actor=world.author))
    resource.live.edition.refresh_from_db()
    published_at = resource.live.edition.published_at
    assert published_at.year > 2019
    changed = sent(world, door, originally_published_on="2018-01-01", body_html="<p>正文有改动</p>")
    assert changed.state == "quarantined"
    Resource.objects.filter(pk=resource.pk).update(status="published")
    content = reading_of(changed).content.with_values(channel_ids=(world.news.pk,))
    accept_item(item=changed, content=content, actor=world.author)
    resource.refresh_from_db()
    note_correction(resource, world.author)
    world.decide_all(submit_for_review(resource=resource, actor=world.author))
    (change,) = DateChange.objects.all()
    assert (change.before, change.after) == (date(2019, 10, 14), date(2018, 1, 1))
    assert AuditEntry.objects.filter(verb="edition.date_changed").count() == 1


@pytest.mark.req("REV-29")
def test_editor_cannot_give_an_item_written_here_a_date_and_an_imported_one_is_watched(world: World):
    item = sent(world, "interface")
    resource = item.resource
    assert resource is not None
    assert resource.is_history
    world.decide_all(submit_for_review(resource=resource, actor=world.author))
    Resource.objects.filter(pk=resource.pk).update(status="published")
    resource.refresh_from_db()
    content = get_content(resource).with_values(originally_published_on=date(2017, 1, 1))
    save_revision(resource=resource, content=content, base_number=resource.last_revision, actor=world.author)
    resource.refresh_from_db()
    note_correction(resource, world.author)
    world.decide_all(submit_for_review(resource=resource, actor=world.author))
    assert DateChange.objects.get().after == date(2017, 1, 1)
