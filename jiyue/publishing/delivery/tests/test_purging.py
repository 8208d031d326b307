"""The cache in front of the sites is told what changed; one that is away holds up nothing."""

from datetime import timedelta

import pytest
import time_machine
from django.db import transaction

from jiyue.core import clock, outbox
from jiyue.core.models import Alarm, AlarmState, OutboxMessage, OutboxPriority, OutboxStatus
from jiyue.publishing.delivery import purging
from jiyue.publishing.delivery.models import PurgeAddress
from jiyue.publishing.delivery.options import PurgeMethod, PurgeOptions
from jiyue.publishing.delivery.tests.recorder import Recorder, listening
from jiyue.publishing.services import refresh_site
from jiyue.publishing.tests.output import detail_path, publish_many, root_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def cache(settings):
    """A cache that hears JSON, configured."""
    recorder = Recorder()
    with listening(recorder):
        settings.JIYUE_CDN_PURGE = PurgeOptions(
            f"{recorder.url}/sites/{{site}}/purge", PurgeMethod.JSON, "X-Token", "secret"
        )
        yield recorder


def urls_of(recorder: Recorder) -> list[str]:
    return [url for *_rest, body in recorder.calls for url in body["urls"]]


@pytest.mark.req("LIB-16")
def test_cache_hears_of_a_withdrawal_after_the_file_is_gone_and_before_other_work(world, cache, monkeypatch):
    [first] = publish_many(world, 1, channels=(world.news,))
    path = detail_path(first, world.news)
    page = root_of(world.portal) / path
    url = f"{world.portal.base_url}/{path}"
    assert url in urls_of(cache)
    assert f"{world.portal.base_url}/" in urls_of(cache)
    assert f"{world.portal.base_url}/index.html" in urls_of(cache)
    method, target, headers, body = cache.calls[0]
    assert (method, target, headers["X-Token"]) == ("POST", f"/sites/{world.portal.key}/purge", "secret")
    assert (body["site"], len(body["urls"])) == (world.portal.key, len(set(body["urls"])))
    assert not PurgeAddress.objects.exists()
    cache.calls.clear()
    seen = []
    send = purging._call
    monkeypatch.setattr(purging, "_call", lambda *given: (seen.append(page.exists()), send(*given)))
    refresh_site(site_id=world.portal.pk, priority=OutboxPriority.BULK)
    world.withdraw(first)
    assert urls_of(cache)[0] == url
    assert seen[0] is False
    done = list(OutboxMessage.objects.filter(status=OutboxStatus.DONE).order_by("finished_at"))[-12:]
    topics = [(row.topic, row.priority) for row in done]
    assert topics.index((purging.PURGE, OutboxPriority.WITHDRAWAL)) < topics.index(
        ("publishing.site", OutboxPriority.BULK)
    )


@pytest.mark.req("OPS-03", "SEC-22")
def test_purge_requests_go_to_the_configured_host_with_the_sites_name(world, cache, settings):
    settings.JIYUE_CDN_PURGE = PurgeOptions(cache.url, PurgeMethod.PURGE, "Authorization", "Bearer x")
    cache.status = 404  # it never had them: as good as forgotten
    [resource] = publish_many(world, 1, channels=(world.news,))
    heard = {(method, path) for method, path, _headers, _body in cache.calls}
    assert ("PURGE", f"/{detail_path(resource, world.news)}") in heard
    assert ("PURGE", f"/{world.news.path}/") in heard
    assert {headers["Host"] for *_, headers, _body in cache.calls} == {
        world.portal.base_url.partition("://")[2]
    }
    assert {headers["Authorization"] for *_, headers, _body in cache.calls} == {"Bearer x"}


@pytest.mark.req("OPS-03")
def test_cache_that_is_away_or_sends_elsewhere_alarms_once_and_holds_up_nothing(world, cache, settings):
    elsewhere = Recorder()
    with listening(elsewhere):
        cache.status, cache.location = 307, f"{elsewhere.url}/"
        [resource] = publish_many(world, 1, channels=(world.news,))
        assert elsewhere.calls == []  # no redirect is followed, no token leaves the configured host
    settings.JIYUE_CDN_PURGE = PurgeOptions("http://127.0.0.1:9", PurgeMethod.JSON, "X-Token", "secret")
    world.withdraw(resource)
    assert not (root_of(world.portal) / detail_path(resource, world.news)).exists()
    alarm = Alarm.objects.get(kind=purging.UNREACHABLE)
    assert (alarm.state, alarm.subject) == (AlarmState.OPEN, world.portal.key)
    waiting = OutboxMessage.objects.get(topic=purging.PURGE, status=OutboxStatus.PENDING)
    assert "ConnectionError" in waiting.last_error or "ConnectTimeout" in waiting.last_error
    OutboxMessage.objects.filter(pk=waiting.pk).update(status=OutboxStatus.FAILED, finished_at=clock.now())
    cache.status, cache.location = 200, ""
    cache.calls.clear()
    settings.JIYUE_CDN_PURGE = PurgeOptions(cache.url, PurgeMethod.JSON, "X-Token", "secret")
    with time_machine.travel(clock.now() + timedelta(minutes=6)):
        list(purging.ask_again())
        outbox.drain()
    assert urls_of(cache)[0].endswith(detail_path(resource, world.news))
    assert not PurgeAddress.objects.exists()
    alarm.refresh_from_db()
    assert alarm.state == AlarmState.OVER


def test_address_that_changes_while_it_is_purged_is_purged_again(world, cache, monkeypatch):
    site = world.portal
    with transaction.atomic():
        purging.note_changes(site.pk, {"index.html"}, set())
    send = purging._call

    def change_meanwhile(*given):
        send(*given)
        monkeypatch.setattr(purging, "_call", send)
        purging.note_changes(site.pk, {"index.html"}, set())

    monkeypatch.setattr(purging, "_call", change_meanwhile)
    outbox.drain()
    assert urls_of(cache).count(f"{site.base_url}/index.html") == 2
    assert not PurgeAddress.objects.exists()
