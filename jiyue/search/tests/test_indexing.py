from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from jiyue.core import clock, outbox
from jiyue.core.models import OutboxMessage, OutboxPriority, OutboxStatus
from jiyue.library.models import LiveEdition
from jiyue.publishing.models import Placement
from jiyue.search import documents, reconcile, services
from jiyue.search.engine import Delete, SearchResults
from jiyue.search.selectors import get_index, search_site
from jiyue.search.tests.factories import found
from jiyue.sites.models import Channel
from tests.factories import World

pytestmark = pytest.mark.django_db


@pytest.fixture
def world():
    yield World()
    get_index().close()


def ask(text: str, site_key: str = "shi") -> SearchResults:
    return search_site(site_key=site_key, text=text)


def test_published_item_is_found_on_every_site_it_stands_on(world):
    resource = world.publish(
        kind="policy_document",
        title="网站管理办法",
        body_html="<p>推进<b>集约</b>化建设。</p>",
        document_number="云政发〔2026〕7号",
        issuing_body="市政府办公室",
        validity_status="valid",
        written_on=clock.today(),
    )
    for site in (world.portal, world.county):
        [hit] = ask("云政发[2026]7", site.key).hits
        placement = Placement.objects.get(resource=resource, site=site)
        assert hit.public_id == str(resource.pk)
        assert hit.url == f"/{placement.path}"
        assert hit.channel_name == placement.channel.name
        assert (hit.kind, hit.validity_status, hit.issuing_body) == (
            "policy_document",
            "valid",
            "市政府办公室",
        )
    assert "<mark>集约</mark>化" in ask("集约").hits[0].excerpt_html


def test_item_is_found_by_the_index_number_it_was_given(world):
    resource = world.publish()
    index_number = LiveEdition.objects.get(resource=resource).edition.index_number
    assert found(ask(index_number)) == [str(resource.pk)]


def test_drafts_items_in_review_and_returned_items_are_not_found(world):
    draft, case = world.draft(title="集约化草稿"), world.submitted(title="集约化待审")
    services.request_indexing([draft.pk, int(case.items.get().subject_key)])
    outbox.drain()
    assert ask("集约化").total == 0
    assert get_index().entries() == {}


def test_withdrawn_item_is_found_nowhere(world):
    resource = world.publish(title="集约化通报")
    assert ask("集约化通报").total == 1
    world.withdraw(resource)
    assert ask("集约化通报").total == 0
    assert ask("集约化通报", "xian").total == 0
    assert get_index().entries() == {}


def test_item_taken_off_one_site_is_found_on_the_other(world):
    resource = world.publish(title="集约化通报")
    Placement.objects.filter(resource=resource, site=world.portal).update(is_live=False)
    services.index_resources([resource.pk])
    assert ask("集约化通报").total == 0
    assert ask("集约化通报", "xian").total == 1


def test_release_and_withdrawal_ask_for_indexing_in_their_own_transaction(world):
    case = world.submitted()
    world.decide_all(case)
    key = case.items.get().subject_key
    waiting = OutboxMessage.objects.filter(topic="search.index", key=key, status=OutboxStatus.PENDING)
    assert waiting.count() == 1
    assert waiting.get().priority == OutboxPriority.URGENT


def test_indexing_the_same_item_again_changes_nothing(world):
    resource = world.publish()
    before = get_index().entries()
    services.index_resources([resource.pk, resource.pk])
    assert get_index().entries() == before


def test_batch_of_items_is_one_commit(world, django_assert_max_num_queries, monkeypatch):
    resources = [world.publish(title=f"集约化第{number}期") for number in range(4)]
    batches = []
    monkeypatch.setattr(type(get_index()), "apply", lambda self, changes: batches.append(len(changes)))
    services.request_indexing([resource.pk for resource in resources])
    with django_assert_max_num_queries(40):
        outbox.drain()
    assert batches == [4]


def test_documents_of_many_items_take_four_queries(world, django_assert_num_queries):
    resources = [world.publish(title=f"集约化第{number}期") for number in range(3)]
    with django_assert_num_queries(4):
        loaded = documents.load_documents([resource.pk for resource in resources])
    assert sorted(loaded) == [resource.pk for resource in resources]


def test_reconcile_names_what_is_missing_left_over_and_stale_and_repairs_it(world):
    kept, lost, changed = (world.publish(title=f"集约化第{number}期") for number in range(3))
    assert reconcile.check_index() == []
    get_index().apply([Delete(str(lost.pk))])
    Placement.objects.filter(resource=kept).update(is_live=False)
    Channel.objects.filter(pk=world.news.pk).update(name="新栏目名")
    differences = reconcile.check_index()
    assert {(row.area, row.kind, row.what) for row in differences} == {
        ("search", "missing", str(lost.pk)),
        ("search", "extra", str(kept.pk)),
        ("search", "stale", str(changed.pk)),
    }
    reconcile.repair_index(differences)
    outbox.drain()
    assert reconcile.check_index() == []
    assert {hit.channel_name for hit in ask("集约化").hits} == {"新栏目名"}


def test_reconcile_rebuilds_an_index_that_cannot_be_read(world, settings):
    resource = world.publish()
    get_index().close()
    (Path(settings.JIYUE_SEARCH_DIR) / "current" / "meta.json").write_text("{")
    [difference] = reconcile.check_index()
    assert (difference.kind, difference.what) == ("stale", "index")
    reconcile.repair_index([difference])
    assert reconcile.check_index() == []
    assert found(ask("集约化")) == [str(resource.pk)]


def test_reindex_command_rebuilds_from_what_is_public(world, monkeypatch):
    monkeypatch.setattr(documents, "BATCH", 2)
    resources = [world.publish(title=f"集约化第{number}期") for number in range(5)]
    get_index().apply([Delete(str(resource.pk)) for resource in resources])
    out = StringIO()
    call_command("reindex", stdout=out)
    assert "5" in out.getvalue()
    assert ask("集约化").total == 5
    assert reconcile.check_index() == []


def test_reindex_beside_another_one_says_so(world):
    def while_running(number: int) -> None:
        with pytest.raises(CommandError) as refusal:
            call_command("reindex", stdout=StringIO())
        assert str(refusal.value).strip()

    world.publish()
    assert services.rebuild_index(progress=while_running) == 1
